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

#endif
