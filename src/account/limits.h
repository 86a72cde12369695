/* limits.h - every limit of accounts and of signing in elsewhere, with the reason. */
#ifndef CULPRIT_ACCOUNT_LIMITS_H
#define CULPRIT_ACCOUNT_LIMITS_H

/* An identity token has 1-2 KB; with many groups GitLab's gets longer. */
#define JWT_BYTES_LIMIT (64 * 1024)
/* Keys of a set that are looked at. GitLab publishes two or three. */
#define JWT_KEYS_LIMIT 32
/* RSA keys: 2048 bits is the least that RFC 7518 allows; verifying with more than 8192 is slow. */
#define JWT_RSA_BYTES_LEAST 256
#define JWT_RSA_BYTES_LIMIT 1024
/* How far the clocks of two servers may be apart. GitLab's tokens live two minutes. */
#define JWT_SKEW_MS (60 * INT64_C(1000))
/* OpenID Connect Core, 2: "sub". */
#define JWT_SUBJECT_BYTES_LIMIT 255

/* One question to a provider; a person waits for three of them at most. */
#define OIDC_TIMEOUT_MS 10000
/* Discovery documents and key sets have some KB. */
#define OIDC_ANSWER_BYTES (1024 * 1024)
/* A token of ours as others write them: GitLab's have 64 characters, those of others may be signed
 * texts. */
#define OIDC_TOKEN_BYTES_LIMIT (16 * 1024)
/* What a provider says about itself is remembered so long. */
#define OIDC_REMEMBER_MS (60 * INT64_C(60000))
/* Unknown keys: anybody could make them up, so they do not have the keys fetched oftener. */
#define OIDC_KEYS_PAUSE_MS (30 * INT64_C(1000))

/* An access token that ends sooner is refreshed before it is used: as long as one call may take. */
#define GRANT_LEAST_MS (30 * INT64_C(1000))

/* Time to sign in at GitLab, a second factor and a look for the phone included. */
#define OAUTH_FLOW_MS (10 * INT64_C(60000))
/* Sign-ins under way, some 500 bytes each; and of one address, behind which an office may be. */
#define OAUTH_FLOWS_LIMIT 5000
#define OAUTH_FLOWS_OF_ADDRESS 100
/* An address to return to; longer ones are forgotten. */
#define OAUTH_RETURN_BYTES 2000
/* What GitLab sends back: codes have 64 characters there, some hundreds elsewhere. */
#define OAUTH_CODE_BYTES 4096
/* Threads that wait for other servers at once. Each has one request under way. */
#define OAUTH_JOBS_LIMIT 32

/* Settings of a forge. Secrets of GitLab have 70 characters. */
#define FORGE_NAME_BYTES 60
#define FORGE_URL_BYTES 255
#define FORGE_SECRET_BYTES 1000
/* One question to GitLab's API; a page of 100 members has 40 KB. */
#define GITLAB_TIMEOUT_MS 10000
#define GITLAB_ANSWER_BYTES (2 * 1024 * 1024)

/* How often members of a linked project are looked up: where somebody was at work lately, and
 * elsewhere. Each is one request, and gitlab.com allows 200 of them a minute. */
#define ROLES_EVERY_MS (2 * INT64_C(60000))
#define ROLES_IDLE_EVERY_MS (5 * INT64_C(60000))
#define ROLES_USE_MS (10 * INT64_C(60000))
#define ROLES_TICK_S 2
/* GitLab gives no more members at once, and so many pages are asked for: 10,000 members. */
#define ROLES_PAGE 100
#define ROLES_PAGES_LIMIT 100
/* Servers that are asked at once. */
#define ROLES_JOBS_LIMIT 16
/* How long a sign-in waits to learn roles. */
#define ROLES_SIGN_IN_MS 3000

#endif
