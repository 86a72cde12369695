/* config.c - see config.h. */
#include "ingest/config.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/map.h"
#include "store/connection.h"
#include "store/option.h"

#include "base/banned.h"

/* One project's settings, shared by all snapshots in which they are the same. */
struct compiled_project {
  _Atomic size_t uses; /* snapshots */
  struct arena arena;
  struct pairs options; /* what was compiled */
  struct project_config config;
};

struct config_snapshot {
  _Atomic size_t uses; /* requests, and one for being the current one */
  struct arena arena;
  struct map keys;     /* public key -> struct key_config */
  struct map projects; /* the 8 bytes of config.project_id -> struct compiled_project */
};

struct config {
  struct store *store;
  pthread_rwlock_t lock; /* guards the pointer alone */
  struct config_snapshot *current;
};

/* --- compiling ---------------------------------------------------------------------- */

static void warn(const struct project_config *config, const struct problem *problem) {
  char quoted[LOG_QUOTED_BYTES];
  log_write(LOG_WARNING, "a setting is left at its default", "project=%lld reason=%s",
            (long long)config->project_id, log_quote(quoted, slice_of_string(problem->message)));
}

static void compile_grouping(struct arena *arena, struct pairs options,
                             struct project_config *config) {
  struct problem problem = {0};
  const struct grouping_rules_text text = grouping_rules_of_options(options);
  if (!text.enhancements.len && !text.fingerprints.len) return;
  if (!grouping_rules_compile(arena, &text, &config->grouping_rules, &problem)) return;
  config->grouping_rules = NULL;
  warn(config, &problem);
}

static void compile_ingest(struct arena *arena, struct pairs options,
                           struct project_config *config) {
  struct problem problem = {0};
  if (origins_compile(arena, pairs_get(options, SLICE(OPTION_ORIGINS)), &config->origins, &problem))
    warn(config, &problem);
  if (rate_limits_parse(arena, pairs_get(options, SLICE(OPTION_RATE_LIMIT)), &config->limits,
                        &problem))
    warn(config, &problem);
}

void config_compile(struct arena *arena, struct pairs options, struct project_config *config) {
  const struct pairs none = {0};
  struct problem problem = {0};
  enum status status = scrubber_compile(arena, options, &config->scrubber, &problem);
  if (status) {
    warn(config, &problem);
    status = scrubber_compile(arena, none, &config->scrubber, &problem);
  }
  if (!status && filters_compile(arena, options, &config->filters, &problem)) {
    warn(config, &problem);
    status = filters_compile(arena, none, &config->filters, &problem);
  }
  assert(status == STATUS_OK); /* the defaults compile */
  compile_grouping(arena, options, config);
  compile_ingest(arena, options, config);
}

static struct pairs copy_options(struct arena *arena, struct pairs options) {
  struct pairs copy = {ARENA_ARRAY(arena, options.count, struct pair), options.count};
  for (size_t i = 0; i < options.count; i++) {
    copy.items[i] = (struct pair){arena_copy(arena, options.items[i].key),
                                  arena_copy(arena, options.items[i].value)};
  }
  return copy;
}

static bool are_equal(struct pairs a, struct pairs b) {
  if (a.count != b.count) return false;
  for (size_t i = 0; i < a.count; i++) {
    if (!slice_equal(a.items[i].key, b.items[i].key)) return false;
    if (!slice_equal(a.items[i].value, b.items[i].value)) return false;
  }
  return true;
}

/* `before` is the same project under other options, or null. */
static struct compiled_project *compile_project(const struct connection *connection,
                                                struct pairs options,
                                                const struct compiled_project *before) {
  struct compiled_project *project = memory_alloc(sizeof *project);
  *project = (struct compiled_project){
      .config = {.project_id = connection->project_id, .is_off = !connection->is_active}};
  project->options = copy_options(&project->arena, options);
  config_compile(&project->arena, project->options, &project->config);
  if (before) rate_limits_continue(project->config.limits, before->config.limits);
  return project;
}

static void drop_project(struct compiled_project *project) {
  if (atomic_fetch_sub(&project->uses, 1) != 1) return;
  arena_free(&project->arena);
  free(project);
}

/* --- snapshots ------------------------------------------------------------------------ */

static struct slice bytes_of(const int64_t *id) { return slice_of((const char *)id, sizeof *id); }

static void add_project(struct config_snapshot *snapshot, const struct config_snapshot *before,
                        const struct connection *connection, struct pairs options) {
  const int64_t *id = &connection->project_id;
  struct compiled_project *known = before ? map_get(&before->projects, bytes_of(id)) : NULL;
  bool is_same =
      known && are_equal(known->options, options) && known->config.is_off == !connection->is_active;
  struct compiled_project *project = is_same ? known : compile_project(connection, options, known);
  atomic_fetch_add(&project->uses, 1);
  map_put(&snapshot->projects, bytes_of(&project->config.project_id), project);
}

static void add_key(struct config_snapshot *snapshot, const struct config_snapshot *before,
                    const struct client_key *key) {
  const struct key_config *known = before ? map_get(&before->keys, key->public_key) : NULL;
  struct key_config *config = ARENA_NEW(&snapshot->arena, struct key_config);
  config->key = *key;
  config->limits = rate_limits_of_errors(&snapshot->arena, key->rate_count, key->rate_window_s);
  if (known) rate_limits_continue(config->limits, known->limits);
  map_put(&snapshot->keys, config->key.public_key, config);
}

/* `before` may be null. */
static struct config_snapshot *make_snapshot(struct store *store,
                                             const struct config_snapshot *before) {
  struct config_snapshot *snapshot = memory_alloc(sizeof *snapshot);
  *snapshot = (struct config_snapshot){.uses = 1};
  struct arena scratch = {0};
  struct project *projects;
  struct client_key *keys;
  struct transaction *tx = store_begin_read(store);
  size_t count = client_key_list_all(tx, &snapshot->arena, &keys);
  for (size_t i = 0; i < count; i++) {
    if (keys[i].public_key.len) add_key(snapshot, before, &keys[i]);
  }
  count = project_list(tx, &scratch, 0, &projects);
  for (size_t i = 0; i < count; i++) {
    struct connection connection;
    connection_get(tx, &scratch, projects[i].id, &connection);
    add_project(snapshot, before, &connection, option_list(tx, &scratch, projects[i].id));
  }
  store_end_read(tx);
  arena_free(&scratch);
  return snapshot;
}

struct config_snapshot *config_acquire(struct config *config) {
  pthread_rwlock_rdlock(&config->lock);
  struct config_snapshot *snapshot = config->current;
  atomic_fetch_add_explicit(&snapshot->uses, 1, memory_order_relaxed);
  pthread_rwlock_unlock(&config->lock);
  return snapshot;
}

void config_release(struct config_snapshot *snapshot) {
  if (!snapshot || atomic_fetch_sub(&snapshot->uses, 1) != 1) return;
  const struct map_entry *entry;
  size_t at = 0;
  while ((entry = map_next(&snapshot->projects, &at))) drop_project(entry->value);
  map_free(&snapshot->projects);
  map_free(&snapshot->keys);
  arena_free(&snapshot->arena);
  free(snapshot);
}

/* On the writer thread, the only one that replaces the current snapshot. */
static void refresh(void *context) {
  struct config *config = context;
  struct config_snapshot *before = config->current;
  struct config_snapshot *snapshot = make_snapshot(config->store, before);
  pthread_rwlock_wrlock(&config->lock);
  config->current = snapshot;
  pthread_rwlock_unlock(&config->lock);
  config_release(before);
}

/* --- for the server ------------------------------------------------------------------- */

struct config *config_open(struct store *store) {
  struct config *config = memory_alloc(sizeof *config);
  *config = (struct config){.store = store, .current = make_snapshot(store, NULL)};
  pthread_rwlock_init(&config->lock, NULL);
  store_on_project_change(store, refresh, config);
  return config;
}

void config_close(struct config *config) {
  store_on_project_change(config->store, NULL, NULL);
  assert(config->current->uses == 1);
  config_release(config->current);
  pthread_rwlock_destroy(&config->lock);
  free(config);
}

const struct project_config *config_project(const struct config_snapshot *snapshot,
                                            int64_t project_id) {
  const struct compiled_project *project = map_get(&snapshot->projects, bytes_of(&project_id));
  return project ? &project->config : NULL;
}

const struct key_config *config_key(const struct config_snapshot *snapshot,
                                    struct slice public_key) {
  return public_key.len ? map_get(&snapshot->keys, public_key) : NULL;
}
