/* limits.h - every limit of the HTTP layer, with the reason. */
#ifndef CULPRIT_HTTP_LIMITS_H
#define CULPRIT_HTTP_LIMITS_H

/* Request line and headers together. nginx: 8 KiB a line, 32 KiB in all. */
#define HTTP_HEAD_LIMIT (32 * 1024)
/* The request's target alone; nginx and Apache: 8 KiB. */
#define HTTP_TARGET_LIMIT (8 * 1024)
#define HTTP_HEADER_COUNT_LIMIT 100
/* Chunk extensions and trailer fields of one body together; nobody sends any, and all are ignored.
 */
#define HTTP_CHUNK_EXTRA_LIMIT (8 * 1024)
/* Body on the wire of routes that state no limit of their own: forms and API calls. */
#define HTTP_BODY_LIMIT_DEFAULT (1024 * 1024)
/* All bodies in memory at once, so that senders cannot make the process grow without bound. */
#define HTTP_BODIES_LIMIT (24 * 1024 * 1024)
/* When that memory is short, senders who were silent for so long give way to the others. */
#define HTTP_SILENCE_MS 1000
/* Requests that one connection may have answered before others get their turn. */
#define HTTP_REQUESTS_A_TURN 16
#define HTTP_RESPONSE_LIMIT (64 * 1024 * 1024)
/* Responses below this are not worth compressing. nginx: 20 bytes, Caddy: 512. */
#define HTTP_COMPRESS_FROM 1024
/* Longer ones are compressed faster and less well. */
#define HTTP_COMPRESS_BULK_FROM (256 * 1024)
/* A head has to be complete within this time of its first byte. */
#define HTTP_HEAD_TIMEOUT_MS 10000
/* A body has to keep this pace on average, after a grace of HTTP_BODY_GRACE_MS. */
#define HTTP_BODY_BYTES_PER_SECOND 1000
#define HTTP_BODY_GRACE_MS 10000
#define HTTP_IDLE_TIMEOUT_MS 75000
#define HTTP_WRITE_TIMEOUT_MS 30000
/* After the last answer of a connection what the peer still sends is read and dropped, so that a
 * reset does not take the answer from it. nginx: lingering_timeout 5 s. */
#define HTTP_LINGER_TIMEOUT_MS 5000
#define HTTP_LINGER_BYTES (64 * 1024 * 1024)
/* Connections at once; the oldest idle one is closed for a new one. */
#define HTTP_CONNECTION_LIMIT 10000
/* Files that connections leave to the rest of the process, or half of what it may open when that is
 * little: the database has to be opened whatever senders do. */
#define HTTP_FILES_RESERVED 512
/* A parked request whose handler still finds that something is missing after so long is answered
 * with 503: three times the longest wait for another server. */
#define HTTP_PARKED_LIMIT_MS 60000
/* Handlers that block run on this many threads. */
#define HTTP_WORKER_THREADS 4

/* --- requests to other servers (client.h) --------------------------------------------------- */

/* DNS, TCP and TLS together. A server on the other side of the world needs one second. */
#define HTTP_CLIENT_CONNECT_TIMEOUT_MS 5000
/* A whole call that states no other time, waiting for its turn included. Sentry's own limit for an
 * answer is 30 s, but people wait for ours; GitLab's client gives Sentry 10 s a read. */
#define HTTP_CLIENT_TIMEOUT_MS 20000
/* Calls with more time still end when the answer stays below this pace for so long. */
#define HTTP_CLIENT_SLOW_BYTES_PER_SECOND 100
#define HTTP_CLIENT_SLOW_S 30
/* Body of an answer, decoded, of calls that state no other limit: Sentry takes events of 1 MiB and
 * renders them in two to four times as much. GitLab refuses more than 1 MiB. */
#define HTTP_CLIENT_BODY_LIMIT (8 * 1024 * 1024)
/* All answers at once. Apart from HTTP_BODIES_LIMIT, so that what other servers send cannot keep
 * SDKs out. */
#define HTTP_CLIENT_ANSWERS_LIMIT (64 * 1024 * 1024)
/* Headers of an answer, as they are on the wire; GitLab and Sentry send 2 KiB. curl: 300 KiB. */
#define HTTP_CLIENT_HEAD_LIMIT (64 * 1024)
#define HTTP_CLIENT_HEADER_COUNT_LIMIT 200
/* Calls at once to one host and port, as browsers do; Sentry refuses more than some 25 of one
 * organization at once. A silent host keeps no more than these busy. */
#define HTTP_CLIENT_HOST_CALLS_LIMIT 6
/* Calls at once: a socket and some 100 KB each when encrypted. */
#define HTTP_CLIENT_CALLS_LIMIT 100
/* Connections are kept for further calls, idle for so long at most. */
#define HTTP_CLIENT_IDLE_S 60
#define HTTP_CLIENT_CONNECTION_AGE_S 600
/* How long to wait after a 429 that does not tell. Windows of Sentry are seconds, GitLab's one
 * minute. */
#define HTTP_CLIENT_RETRY_DEFAULT_MS (60 * 1000)
/* What is told is obeyed up to this: a wrong clock over there must not end a connection for good.
 */
#define HTTP_CLIENT_RETRY_LIMIT_MS (60 * 60 * 1000)

#endif
