/* oauth_flows.c - see oauth_flows.h.
 *
 *   oldest ─► flow ─► flow ─► ... ─► newest        at most OAUTH_FLOWS_LIMIT
 *
 * Begun by anybody who presses a button, so bounded in number and in number from one address:
 * whoever begins thousands pushes out their own. States are compared as hashes, which tell nothing
 * by the time that takes. Safe from every thread.
 */
#include "account/oauth_flows.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "account/limits.h"
#include "base/clock.h"

#include "base/banned.h"

struct oauth_flows {
  pthread_mutex_t mutex;
  struct oauth_flow *oldest, **end;
  size_t count;
};

struct oauth_flows *oauth_flows_open(void) {
  struct oauth_flows *flows = memory_alloc(sizeof *flows);
  *flows = (struct oauth_flows){.end = &flows->oldest};
  pthread_mutex_init(&flows->mutex, NULL);
  return flows;
}

void oauth_flow_free(struct oauth_flow *flow) {
  if (!flow) return;
  free(flow->issuer);
  free(flow->return_to);
  free(flow);
}

static struct oauth_flow *unlink_at(struct oauth_flows *flows, struct oauth_flow **at) {
  struct oauth_flow *flow = *at;
  *at = flow->next;
  if (!flow->next) flows->end = at;
  flow->next = NULL;
  flows->count--;
  return flow;
}

void oauth_flows_close(struct oauth_flows *flows) {
  while (flows->oldest) oauth_flow_free(unlink_at(flows, &flows->oldest));
  pthread_mutex_destroy(&flows->mutex);
  free(flows);
}

static void drop_old(struct oauth_flows *flows) {
  int64_t now_ms = clock_now_ms();
  while (flows->oldest && flows->oldest->begun_ms + OAUTH_FLOW_MS <= now_ms)
    oauth_flow_free(unlink_at(flows, &flows->oldest));
}

/* Makes room for one more from that address. */
static void make_room(struct oauth_flows *flows, uint64_t address) {
  size_t count = 0;
  struct oauth_flow **oldest = NULL;
  for (struct oauth_flow **at = &flows->oldest; *at; at = &(*at)->next) {
    if ((*at)->address != address) continue;
    if (!count++) oldest = at;
  }
  if (count >= OAUTH_FLOWS_OF_ADDRESS) oauth_flow_free(unlink_at(flows, oldest));
  if (flows->count >= OAUTH_FLOWS_LIMIT) oauth_flow_free(unlink_at(flows, &flows->oldest));
}

static char *copy_of(const char *text) {
  size_t size = strlen(text) + 1;
  return memcpy(memory_alloc(size), text, size);
}

void oauth_flows_add(struct oauth_flows *flows, const struct oauth_flow *flow) {
  struct oauth_flow *kept = memory_alloc(sizeof *kept);
  *kept = *flow;
  kept->issuer = copy_of(flow->issuer);
  kept->return_to = copy_of(flow->return_to);
  kept->begun_ms = clock_now_ms();
  kept->next = NULL;
  pthread_mutex_lock(&flows->mutex);
  drop_old(flows);
  make_room(flows, flow->address);
  *flows->end = kept;
  flows->end = &kept->next;
  flows->count++;
  pthread_mutex_unlock(&flows->mutex);
}

struct oauth_flow *oauth_flows_take(struct oauth_flows *flows, struct slice state) {
  struct secret_hash hash = secret_hash(state);
  struct oauth_flow *found = NULL;
  pthread_mutex_lock(&flows->mutex);
  drop_old(flows);
  for (struct oauth_flow **at = &flows->oldest; *at && !found; at = &(*at)->next) {
    if (memcmp(&(*at)->state, &hash, sizeof hash) != 0) continue;
    found = unlink_at(flows, at);
    break;
  }
  pthread_mutex_unlock(&flows->mutex);
  return found;
}
