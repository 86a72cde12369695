/* regroup_plan.c - see regroup_plan.h. */
#include "tracker/regroup_plan.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

/* --- classes ---------------------------------------------------------------------------- */

static struct slice class_key(const struct regroup_class *one) {
  /* strand_id, hashes and hash_count follow each other. */
  return slice_of((const char *)one, offsetof(struct regroup_class, count));
}

bool regroup_classes_add(struct regroup_classes *classes, const struct regroup_class *one) {
  struct regroup_class *known = map_get(&classes->by_key, class_key(one));
  if (!known) {
    if (classes->count == REGROUP_CLASSES_LIMIT) return false;
    if (classes->count == classes->room) {
      classes->room = classes->room ? 2 * classes->room : 256;
      classes->items = memory_realloc(classes->items, classes->room * sizeof(*classes->items));
    }
    known = ARENA_NEW(&classes->arena, struct regroup_class);
    *known = *one;
    classes->items[classes->count++] = known;
    map_put(&classes->by_key, class_key(known), known);
    return true;
  }
  known->count += one->count;
  if (one->first_ref < known->first_ref) known->first_ref = one->first_ref;
  if (one->latest_ms > known->latest_ms ||
      (one->latest_ms == known->latest_ms && one->latest_ref > known->latest_ref)) {
    known->latest_ms = one->latest_ms;
    known->latest_ref = one->latest_ref;
  }
  return true;
}

void regroup_classes_free(struct regroup_classes *classes) {
  map_free(&classes->by_key);
  free(classes->items);
  arena_free(&classes->arena);
  *classes = (struct regroup_classes){0};
}

/* --- the state while planning ----------------------------------------------------------------- */

struct node { /* a hash, and the part whose events brought it */
  struct group_hash hash;
  size_t cluster, part;
};
struct place { /* a strand of the input */
  const struct regroup_strand *strand;
  size_t main; /* part; SIZE_MAX: all its events have expired */
};
struct planning {
  struct arena *arena;
  const struct regroup_input *input;
  struct regroup_plan *plan;
  struct place *places;
  struct map hashes; /* 16 bytes -> struct node */
  struct node *nodes;
  size_t node_count;
  size_t *parents; /* of clusters that were united */
  size_t raw_clusters;
  size_t *bare; /* by place: the cluster of the group's expired strands; only at its first one */
};

static size_t root_of(const struct planning *p, size_t cluster) {
  while (p->parents[cluster] != cluster) {
    p->parents[cluster] = p->parents[p->parents[cluster]];
    cluster = p->parents[cluster];
  }
  return cluster;
}

/* The earlier one stays. */
static void unite(struct planning *p, size_t a, size_t b) {
  a = root_of(p, a);
  b = root_of(p, b);
  if (a < b)
    p->parents[b] = a;
  else
    p->parents[a] = b;
}

static size_t new_cluster(struct planning *p) {
  p->parents[p->raw_clusters] = p->raw_clusters;
  return p->raw_clusters++;
}

static struct place *place_of(const struct planning *p, int64_t strand_id) {
  size_t low = 0, high = p->input->strand_count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (p->input->strands[middle].id < strand_id)
      low = middle + 1;
    else
      high = middle;
  }
  bool is_found = low < p->input->strand_count && p->input->strands[low].id == strand_id;
  return is_found ? &p->places[low] : NULL;
}

static struct node *node_of(struct planning *p, const struct group_hash *hash) {
  return map_get(&p->hashes, slice_of((const char *)hash->bytes, sizeof hash->bytes));
}

static void attach(struct planning *p, const struct group_hash *hash, size_t cluster, size_t part) {
  struct node *node = &p->nodes[p->node_count++];
  *node = (struct node){*hash, cluster, part};
  map_put(&p->hashes, slice_of((const char *)node->hash.bytes, sizeof node->hash.bytes), node);
}

/* --- parts -------------------------------------------------------------------------------------
 */

static int by_arrival(const void *a, const void *b) {
  const struct regroup_class *x = *(struct regroup_class *const *)a,
                             *y = *(struct regroup_class *const *)b;
  return x->first_ref < y->first_ref ? -1 : x->first_ref > y->first_ref;
}

struct part_key {
  int64_t strand_id;
  struct group_hash hash;
};

/* The part of a class, made when it is the first. */
static size_t part_of(struct planning *p, struct map *parts, const struct regroup_class *one,
                      const struct place *place) {
  struct part_key key = {one->strand_id, one->hashes[0]};
  struct regroup_part *part = map_get(parts, slice_of((const char *)&key, sizeof key));
  if (!part) {
    part = &p->plan->parts[p->plan->part_count++];
    *part = (struct regroup_part){.strand_id = one->strand_id,
                                  .group_id = place->strand->group_id,
                                  .hash = one->hashes[0],
                                  .cluster = SIZE_MAX};
    struct part_key *kept = ARENA_NEW(p->arena, struct part_key);
    *kept = key;
    map_put(parts, slice_of((const char *)kept, sizeof *kept), part);
  }
  part->count += one->count;
  if (one->latest_ms > part->latest_ms ||
      (one->latest_ms == part->latest_ms && one->latest_ref > part->latest_ref)) {
    part->latest_ms = one->latest_ms;
    part->latest_ref = one->latest_ref;
  }
  return (size_t)(part - p->plan->parts);
}

/* As digest_find_group() does it. */
static void take_in(struct planning *p, const struct regroup_class *one, size_t part,
                    bool is_apart) {
  size_t usable = is_apart ? 1 : one->hash_count, cluster = SIZE_MAX;
  struct node *known[GROUPING_MAX_HASHES];
  for (size_t i = 0; i < usable; i++) {
    known[i] = node_of(p, &one->hashes[i]);
    if (known[i] && cluster == SIZE_MAX) cluster = known[i]->cluster;
  }
  if (cluster == SIZE_MAX) cluster = new_cluster(p);
  for (size_t i = 0; i < usable; i++) {
    if (!known[i] && !node_of(p, &one->hashes[i])) attach(p, &one->hashes[i], cluster, part);
  }
  struct node *own = node_of(p, &one->hashes[0]);
  /* A hash that another strand's events brought as a secondary one leads to its own events. */
  if (own->part != SIZE_MAX &&
      memcmp(p->plan->parts[own->part].hash.bytes, own->hash.bytes, sizeof own->hash.bytes) != 0)
    own->part = part;
  p->plan->parts[part].cluster = cluster;
}

static void take_all(struct planning *p) {
  const struct regroup_classes *classes = p->input->classes;
  struct map parts = {0};
  if (classes->count) qsort(classes->items, classes->count, sizeof *classes->items, by_arrival);
  for (size_t i = 0; i < classes->count; i++) {
    const struct regroup_class *one = classes->items[i];
    struct place *place = place_of(p, one->strand_id);
    if (!place || !one->hash_count) continue;
    size_t part = part_of(p, &parts, one, place);
    take_in(p, one, part, place->strand->is_apart);
    p->plan->event_count += one->count;
  }
  map_free(&parts);
  for (size_t i = 0; i < p->plan->part_count; i++) {
    struct place *place = place_of(p, p->plan->parts[i].strand_id);
    if (place->main == SIZE_MAX || p->plan->parts[i].count > p->plan->parts[place->main].count)
      place->main = i;
  }
  for (size_t i = 0; i < p->input->strand_count; i++)
    if (p->places[i].main != SIZE_MAX) p->plan->parts[p->places[i].main].is_main = true;
}

/* --- what holds besides ------------------------------------------------------------------------
 */

/* The first place of each group that has strands whose events have all expired. */
static size_t bare_of(struct planning *p, struct map *groups, const struct place *place) {
  const int64_t *group_id = &place->strand->group_id;
  struct place *first = map_get(groups, slice_of((const char *)group_id, sizeof *group_id));
  if (!first) {
    first = &p->places[place - p->places];
    map_put(groups, slice_of((const char *)group_id, sizeof *group_id), first);
    p->bare[first - p->places] = new_cluster(p);
  }
  return p->bare[first - p->places];
}

static bool has_events(const struct map *live, int64_t strand_id) {
  return map_get(live, slice_of((const char *)&strand_id, sizeof strand_id)) != NULL;
}

static void take_bare(struct planning *p) {
  struct map live = {0}, groups = {0};
  const struct regroup_classes *classes = p->input->classes;
  for (size_t i = 0; i < classes->count; i++) {
    struct regroup_class *one = classes->items[i];
    map_put(&live, slice_of((const char *)&one->strand_id, sizeof one->strand_id), one);
  }
  for (size_t i = 0; i < p->input->strand_count; i++)
    if (!has_events(&live, p->input->strands[i].id)) bare_of(p, &groups, &p->places[i]);
  for (size_t i = 0; i < p->input->known_count; i++) {
    const struct regroup_known_hash *known = &p->input->known[i];
    struct place *place = place_of(p, known->strand_id);
    if (place && !has_events(&live, known->strand_id) && !node_of(p, &known->hash))
      attach(p, &known->hash, bare_of(p, &groups, place), SIZE_MAX);
  }
  map_free(&live);
  map_free(&groups);
}

static void hold_ties(struct planning *p) {
  for (size_t i = 0; i < p->input->strand_count; i++) {
    const struct regroup_strand *strand = &p->input->strands[i];
    struct place *other = strand->tied_to ? place_of(p, strand->tied_to) : NULL;
    if (!other || other->strand->group_id != strand->group_id) continue;
    if (p->places[i].main == SIZE_MAX || other->main == SIZE_MAX) continue;
    unite(p, p->plan->parts[p->places[i].main].cluster, p->plan->parts[other->main].cluster);
  }
}

/* --- sources, and which error a cluster is ------------------------------------------------------
 */

static int by_cluster_and_group(const void *a, const void *b) {
  const struct regroup_source *x = a, *y = b;
  if (x->cluster != y->cluster) return x->cluster < y->cluster ? -1 : 1;
  return x->group_id < y->group_id ? -1 : x->group_id > y->group_id;
}

static int by_size(const void *a, const void *b) {
  const struct regroup_source *x = a, *y = b;
  if (x->count != y->count) return x->count > y->count ? -1 : 1;
  if (x->group_id != y->group_id) return x->group_id < y->group_id ? -1 : 1;
  return x->cluster < y->cluster ? -1 : x->cluster > y->cluster;
}

static int by_cluster_and_size(const void *a, const void *b) {
  const struct regroup_source *x = a, *y = b;
  if (x->cluster != y->cluster) return x->cluster < y->cluster ? -1 : 1;
  return by_size(a, b);
}

static size_t sum_up(struct regroup_source *sources, size_t count) {
  size_t kept = 0;
  if (count) qsort(sources, count, sizeof *sources, by_cluster_and_group);
  for (size_t i = 0; i < count; i++) {
    struct regroup_source *last = kept ? &sources[kept - 1] : NULL;
    if (last && last->cluster == sources[i].cluster && last->group_id == sources[i].group_id)
      last->count += sources[i].count;
    else
      sources[kept++] = sources[i];
  }
  return kept;
}

/* How many events come from which group, by cluster. */
static size_t list_sources(struct planning *p, struct regroup_source **list) {
  size_t count = 0;
  *list =
      ARENA_ARRAY(p->arena, p->plan->part_count + p->input->strand_count, struct regroup_source);
  for (size_t i = 0; i < p->plan->part_count; i++) {
    const struct regroup_part *part = &p->plan->parts[i];
    (*list)[count++] =
        (struct regroup_source){root_of(p, part->cluster), part->group_id, part->count};
  }
  for (size_t i = 0; i < p->input->strand_count; i++) {
    if (p->bare[i] == SIZE_MAX) continue;
    (*list)[count++] =
        (struct regroup_source){root_of(p, p->bare[i]), p->input->strands[i].group_id, 0};
  }
  return sum_up(*list, count);
}

/* Strands without events go where most events of their group go. */
static void hold_bare(struct planning *p) {
  struct regroup_source *sources;
  struct map largest = {0};
  size_t count = list_sources(p, &sources);
  if (count) qsort(sources, count, sizeof *sources, by_size);
  for (size_t i = 0; i < count; i++) {
    struct slice key = slice_of((const char *)&sources[i].group_id, sizeof sources[i].group_id);
    if (!map_get(&largest, key)) map_put(&largest, key, &sources[i]);
  }
  for (size_t i = 0; i < p->input->strand_count; i++) {
    const int64_t *group_id = &p->input->strands[i].group_id;
    if (p->bare[i] == SIZE_MAX) continue;
    struct regroup_source *source =
        map_get(&largest, slice_of((const char *)group_id, sizeof *group_id));
    unite(p, p->bare[i], source->cluster);
  }
  map_free(&largest);
}

/* Numbers the clusters that are left, in their order. */
static void number_clusters(struct planning *p, struct regroup_source *sources, size_t count) {
  size_t *numbers = ARENA_ARRAY(p->arena, p->raw_clusters + 1, size_t), next = 0;
  for (size_t i = 0; i < p->raw_clusters; i++)
    if (root_of(p, i) == i) numbers[i] = next++;
  for (size_t i = 0; i < p->plan->part_count; i++)
    p->plan->parts[i].cluster = numbers[root_of(p, p->plan->parts[i].cluster)];
  for (size_t i = 0; i < count; i++) sources[i].cluster = numbers[sources[i].cluster];
  p->plan->cluster_count = next;
  p->plan->clusters = ARENA_ARRAY(p->arena, next + 1, struct regroup_cluster);
}

static void fill_clusters(struct planning *p, const struct regroup_source *sources, size_t count) {
  for (size_t i = 0; i < count; i++) {
    struct regroup_cluster *cluster = &p->plan->clusters[sources[i].cluster];
    if (!cluster->source_count++) cluster->sources = &sources[i];
    cluster->count += sources[i].count;
  }
  for (size_t i = 0; i < p->plan->part_count; i++) {
    const struct regroup_part *part = &p->plan->parts[i];
    struct regroup_cluster *cluster = &p->plan->clusters[part->cluster];
    if (part->latest_ms < cluster->latest_ms ||
        (part->latest_ms == cluster->latest_ms && part->latest_ref < cluster->latest_ref))
      continue;
    cluster->latest_ms = part->latest_ms;
    cluster->latest_ref = part->latest_ref;
  }
}

/* The largest overlaps decide first. `largest` is sorted by size. */
static void name_clusters(struct planning *p, struct regroup_source *largest, size_t count) {
  struct map taken = {0}, joined = {0};
  struct regroup_plan *plan = p->plan;
  plan->joined = ARENA_ARRAY(p->arena, count + 1, struct regroup_source);
  for (size_t i = 0; i < count; i++) {
    struct slice group = slice_of((const char *)&largest[i].group_id, sizeof largest[i].group_id);
    struct regroup_cluster *cluster = &plan->clusters[largest[i].cluster];
    if (cluster->group_id || map_get(&taken, group)) continue;
    cluster->group_id = largest[i].group_id;
    map_put(&taken, group, &largest[i]);
  }
  plan->group_count = taken.count;
  for (size_t i = 0; i < count; i++) {
    struct slice group = slice_of((const char *)&largest[i].group_id, sizeof largest[i].group_id);
    if (map_get(&taken, group) || map_get(&joined, group)) continue;
    plan->joined[plan->joined_count++] = largest[i];
    map_put(&joined, group, &largest[i]);
  }
  plan->group_count += joined.count;
  map_free(&taken);
  map_free(&joined);
}

static int by_strand(const void *a, const void *b) {
  const struct regroup_part *x = a, *y = b;
  if (x->strand_id != y->strand_id) return x->strand_id < y->strand_id ? -1 : 1;
  if (x->is_main != y->is_main) return x->is_main ? -1 : 1;
  return memcmp(x->hash.bytes, y->hash.bytes, sizeof x->hash.bytes);
}

/* Sorts the parts, and tells the hashes where theirs went. */
static void finish_parts(struct planning *p) {
  struct regroup_plan *plan = p->plan;
  struct part_key *keys = ARENA_ARRAY(p->arena, plan->part_count + 1, struct part_key);
  struct map places = {0};
  plan->hashes = ARENA_ARRAY(p->arena, p->node_count + 1, struct regroup_hash);
  plan->hash_count = p->node_count;
  for (size_t i = 0; i < p->node_count; i++) {
    plan->hashes[i] = (struct regroup_hash){p->nodes[i].hash, p->nodes[i].part};
    if (p->nodes[i].part != SIZE_MAX)
      keys[p->nodes[i].part] = (struct part_key){plan->parts[p->nodes[i].part].strand_id,
                                                 plan->parts[p->nodes[i].part].hash};
  }
  if (plan->part_count) qsort(plan->parts, plan->part_count, sizeof *plan->parts, by_strand);
  struct part_key *sorted = ARENA_ARRAY(p->arena, plan->part_count + 1, struct part_key);
  for (size_t i = 0; i < plan->part_count; i++) {
    sorted[i] = (struct part_key){plan->parts[i].strand_id, plan->parts[i].hash};
    map_put(&places, slice_of((const char *)&sorted[i], sizeof sorted[i]), &plan->parts[i]);
  }
  for (size_t i = 0; i < plan->hash_count; i++) {
    if (plan->hashes[i].part == SIZE_MAX) continue;
    const struct part_key *key = &keys[plan->hashes[i].part];
    struct regroup_part *part = map_get(&places, slice_of((const char *)key, sizeof *key));
    plan->hashes[i].part = (size_t)(part - plan->parts);
  }
  map_free(&places);
}

void regroup_plan_make(struct arena *arena, const struct regroup_input *input,
                       struct regroup_plan *plan) {
  size_t classes = input->classes->count, strands = input->strand_count;
  struct planning p = {.arena = arena, .input = input, .plan = plan};
  *plan = (struct regroup_plan){.parts = ARENA_ARRAY(arena, classes + 1, struct regroup_part)};
  plan->last_strand = strands ? input->strands[strands - 1].id : 0;
  p.places = ARENA_ARRAY(arena, strands + 1, struct place);
  p.bare = ARENA_ARRAY(arena, strands + 1, size_t);
  for (size_t i = 0; i < strands; i++) {
    p.places[i] = (struct place){&input->strands[i], SIZE_MAX};
    p.bare[i] = SIZE_MAX;
  }
  p.nodes = ARENA_ARRAY(arena, classes * GROUPING_MAX_HASHES + input->known_count + 1, struct node);
  p.parents = ARENA_ARRAY(arena, classes + strands + 1, size_t);
  take_bare(&p);
  take_all(&p);
  hold_ties(&p);
  hold_bare(&p);
  struct regroup_source *sources, *largest;
  size_t count = list_sources(&p, &sources);
  number_clusters(&p, sources, count);
  largest = ARENA_ARRAY(arena, count + 1, struct regroup_source);
  if (count) {
    memcpy(largest, sources, count * sizeof *largest);
    qsort(sources, count, sizeof *sources, by_cluster_and_size);
    qsort(largest, count, sizeof *largest, by_size);
  }
  fill_clusters(&p, sources, count);
  name_clusters(&p, largest, count);
  finish_parts(&p);
  map_free(&p.hashes);
}

size_t regroup_plan_split_count(struct arena *arena, const struct regroup_plan *plan) {
  struct map seen = {0};
  size_t split = 0;
  unsigned char *marks =
      ARENA_ARRAY(arena, plan->part_count + plan->joined_count + 1, unsigned char);
  size_t next = 0;
  for (size_t c = 0; c < plan->cluster_count; c++) {
    for (size_t i = 0; i < plan->clusters[c].source_count; i++) {
      const struct regroup_source *source = &plan->clusters[c].sources[i];
      struct slice key = slice_of((const char *)&source->group_id, sizeof source->group_id);
      unsigned char *mark = map_get(&seen, key);
      if (!source->count) continue;
      if (!mark) map_put(&seen, key, &marks[next++]);
      if (mark && !(*mark)++) split++;
    }
  }
  map_free(&seen);
  return split;
}
