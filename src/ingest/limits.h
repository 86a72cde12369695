/* limits.h - what one request of an SDK may cost, with the reason.
 *
 * Together they keep the server's memory below 64 MB: bodies and what is decoded of
 * them share HTTP_BODIES_LIMIT, and only one large body is decoded at a time.
 */
#ifndef CULPRIT_INGEST_LIMITS_H
#define CULPRIT_INGEST_LIMITS_H

/* A body on the wire. The largest seen had 0.9 MB; attachments and replays come on top. Sentry:
 * 100 MiB. */
#define INGEST_BODY_LIMIT (8 * 1024 * 1024)
/* The same, decoded. Sentry: 100 MiB, later 200. */
#define INGEST_DECODED_LIMIT (16 * 1024 * 1024)
/* Bodies of a coding that does not say how long they are get so much at first. */
#define INGEST_DECODED_FIRST_TRY (2 * 1024 * 1024)

/* What a network thread takes on by itself, so that others do not wait: about half a millisecond at
 * worst. Everything larger goes to the heavy lane, a thread of its own. */
#define INGEST_INLINE_WIRE (64 * 1024)
#define INGEST_INLINE_DECODED (256 * 1024)

/* Items by type, decoded; Sentry: the same. A larger item refuses its envelope. */
#define ITEM_EVENT_LIMIT (1024 * 1024)
#define ITEM_CHECK_IN_LIMIT (100 * 1024)
#define ITEM_CLIENT_REPORT_LIMIT (4 * 1024)
/* Sessions in one envelope; SDKs that gather them send 100 at most. */
#define ITEM_SESSIONS_LIMIT 100

/* Files, compressed, that wait to be written, beside the bodies they came in. The next large
 * request is held until there is room, for so long at most. */
#define INGEST_FILES_WAITING (8 * 1024 * 1024)
#define INGEST_FILES_WAIT_MS 3000

/* Requests that may wait for the heavy lane; more are answered 503. */
#define INGEST_LANE_LIMIT 64

/* What senders are told to wait after 503. */
#define INGEST_RETRY_AFTER "2"

#endif
