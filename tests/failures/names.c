/* names.c - getaddrinfo() with a test's own names, for LD_PRELOAD.
 *
 * The file that CULPRIT_TEST_NAMES names has lines of the form "host address"; it is read at each
 * look-up, so that names can change. Other names that end in ".test" are not known. All else is the
 * system's.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int lookup(const char *, const char *, const struct addrinfo *, struct addrinfo **);

int getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
                struct addrinfo **found) {
  lookup *real = (lookup *)dlsym(RTLD_NEXT, "getaddrinfo");
  const char *path = getenv("CULPRIT_TEST_NAMES");
  size_t len = host ? strlen(host) : 0;
  char line[512], name[256], address[256];
  if (!path || len < 5 || strcmp(host + len - 5, ".test") != 0)
    return real(host, port, hints, found);
  FILE *file = fopen(path, "re");
  int result = EAI_NONAME;
  while (file && result == EAI_NONAME && fgets(line, sizeof line, file)) {
    if (sscanf(line, "%255s %255s", name, address) == 2 && strcmp(name, host) == 0)
      result = real(address, port, hints, found);
  }
  if (file) fclose(file);
  return result;
}
