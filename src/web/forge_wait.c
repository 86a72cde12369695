/* forge_wait.c - see forge_wait.h. */
#include "web/forge_wait.h"

#include "base/clock.h"
#include "forge/forge.h"
#include "forge/limits.h"

#include "base/banned.h"

bool web_wait_for_forge(struct web *web) {
  struct forge *forge = web->application->forge;
  if (!forge_is_asking(forge, web->project.id)) return false;
  int64_t now_us = clock_monotonic_us(), *until_us = web->pending;
  if (!until_us) {
    web->pending = until_us = ARENA_NEW(web->arena, int64_t);
    *until_us = now_us + FORGE_PAGE_WAIT_MS * 1000;
  }
  if (now_us >= *until_us) return false;
  forge_wait(forge, web->request, web->project.id, *until_us);
  return true;
}
