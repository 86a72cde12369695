/* regroup_plan.h - which error each stored event would belong to: pure, no store.
 *
 *   classes                               parts                      clusters
 *   (strand, new hashes) × events  ──►  (strand, primary hash)  ──►  errors as they would be
 *
 * The events are taken in again in the order in which they came, as ingest would take them with
 * nothing known: by any hash that is known, else a new cluster. What people decided holds: strands
 * that they merged stay together by most of their events, strands that they split off are found by
 * their primary hash alone. Strands whose events have all expired stay with their error, and their
 * hashes are known from the start.
 *
 * Then each cluster gets the error that most of its events come from, and each error goes to one
 * cluster; a cluster without one is a new error, an error without one is joined into the cluster
 * that most of its events go to. The same input gives the same plan.
 */
#ifndef CULPRIT_TRACKER_REGROUP_PLAN_H
#define CULPRIT_TRACKER_REGROUP_PLAN_H

#include "base/map.h"
#include "store/regroup.h"

/* Different (strand, hashes) of one project: about 150 bytes each while events are
 * read, and some 400 with the plan. */
#define REGROUP_CLASSES_LIMIT 1000000

struct regroup_class {
  int64_t strand_id;
  struct group_hash hashes[GROUPING_MAX_HASHES]; /* the primary first */
  size_t hash_count;
  int64_t count, first_ref, latest_ref, latest_ms; /* events; latest: by time, then by arrival */
};

/* Filled event by event; one for each thread. */
struct regroup_classes {
  struct arena arena;
  struct map by_key;
  struct regroup_class **items;
  size_t count, room;
};
/* False when there are too many. */
bool regroup_classes_add(struct regroup_classes *classes, const struct regroup_class *one);
void regroup_classes_free(struct regroup_classes *classes);

struct regroup_part {
  int64_t strand_id, group_id; /* as they are */
  struct group_hash hash;      /* the new primary hash */
  int64_t count, latest_ref, latest_ms;
  bool is_main; /* most events of its strand: the strand itself stays with them */
  size_t cluster;
};
struct regroup_source { /* events that go from an error to a cluster */
  size_t cluster;
  int64_t group_id, count;
};
struct regroup_cluster {
  int64_t group_id; /* 0: a new error */
  int64_t count;
  const struct regroup_source *sources; /* the largest first */
  size_t source_count;
  int64_t latest_ref, latest_ms; /* 0: all events have expired */
};
struct regroup_hash { /* what a hash leads to */
  struct group_hash hash;
  size_t part; /* SIZE_MAX: as before */
};
struct regroup_plan {
  struct regroup_part *parts; /* by strand, the main one first */
  size_t part_count;
  struct regroup_cluster *clusters; /* in the order in which their first events came */
  size_t cluster_count;
  struct regroup_hash *hashes;
  size_t hash_count;
  struct regroup_source *joined; /* errors that vanish, and the cluster that takes them */
  size_t joined_count;
  int64_t event_count;
  int64_t last_strand; /* the newest one that was known */
  size_t group_count;  /* errors before */
};

struct regroup_input {
  const struct regroup_classes *classes;
  const struct regroup_strand *strands; /* all of the project, by id */
  size_t strand_count;
  const struct regroup_known_hash *known; /* all of the project */
  size_t known_count;
};
/* Everything from the arena. Classes of strands that are not in the input are left out. */
void regroup_plan_make(struct arena *arena, const struct regroup_input *input,
                       struct regroup_plan *plan);

/* How many errors are split, joined. */
size_t regroup_plan_split_count(struct arena *arena, const struct regroup_plan *plan);

#endif
