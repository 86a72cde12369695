/* handlers.h - the handlers behind the routes. */
#ifndef CULPRIT_API_GITLAB_HANDLERS_H
#define CULPRIT_API_GITLAB_HANDLERS_H

#include "http/http.h"

/* settings.c */
http_handler gitlab_settings_get, gitlab_settings_patch, gitlab_settings_put;
/* client_keys.c */
http_handler gitlab_key_list, gitlab_key_create, gitlab_key_delete;
/* graphql_endpoint.c */
http_handler gitlab_graphql;
/* {"errors": [{"message": "..."}]} */
void gitlab_graphql_fail(struct http_response *response, const struct problem *problem);

#endif
