/* operations.h - what watches the server: health, readiness, metrics. */
#ifndef CULPRIT_CLI_OPERATIONS_H
#define CULPRIT_CLI_OPERATIONS_H

#include "http/http.h"

/* GET /-/health: the process answers. */
void health_handler(struct http_request *request, struct http_response *response);
/* GET /-/ready: events would be taken now; else 503 with the reason. */
void ready_handler(struct http_request *request, struct http_response *response);
/* GET /-/metrics: the text format of Prometheus. */
void metrics_handler(struct http_request *request, struct http_response *response);
/* GET /api/relay/healthcheck/live/ and ready/: the same as a Relay answers them. */
void relay_live_handler(struct http_request *request, struct http_response *response);
void relay_ready_handler(struct http_request *request, struct http_response *response);
/* GET /robots.txt: nothing here is for search engines. */
void robots_handler(struct http_request *request, struct http_response *response);

#endif
