/* regroup_plan_test.c - which error each event would belong to, without a store. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "tracker/regroup_plan.h"

struct fixture {
  struct arena arena;
  struct regroup_classes classes;
  struct regroup_strand strands[64];
  struct regroup_known_hash known[64];
  struct regroup_input input;
  struct regroup_plan plan;
  int64_t next_ref;
};

static struct group_hash hash_of(char name) {
  struct group_hash hash = {{0}};
  hash.bytes[0] = (unsigned char)name;
  return hash;
}

static int setup(void **state) {
  struct fixture *f = calloc(1, sizeof *f);
  f->input =
      (struct regroup_input){.classes = &f->classes, .strands = f->strands, .known = f->known};
  *state = f;
  return 0;
}

static int teardown(void **state) {
  struct fixture *f = *state;
  regroup_classes_free(&f->classes);
  arena_free(&f->arena);
  free(f);
  return 0;
}

/* Ids have to rise. */
static struct regroup_strand *add_strand(struct fixture *f, int64_t id, int64_t group_id) {
  struct regroup_strand *strand = &f->strands[f->input.strand_count++];
  *strand = (struct regroup_strand){.id = id, .group_id = group_id};
  return strand;
}

/* Events of a strand that get these hashes, one letter each. */
static void add_events(struct fixture *f, int64_t strand_id, const char *hashes, int64_t count) {
  struct regroup_class one = {.strand_id = strand_id,
                              .hash_count = strlen(hashes),
                              .count = count,
                              .first_ref = ++f->next_ref,
                              .latest_ref = f->next_ref,
                              .latest_ms = f->next_ref};
  for (size_t i = 0; i < one.hash_count; i++) one.hashes[i] = hash_of(hashes[i]);
  assert_true(regroup_classes_add(&f->classes, &one));
}

static void make(struct fixture *f) { regroup_plan_make(&f->arena, &f->input, &f->plan); }

static const struct regroup_part *part_of(const struct fixture *f, int64_t strand_id, char hash) {
  for (size_t i = 0; i < f->plan.part_count; i++) {
    const struct regroup_part *part = &f->plan.parts[i];
    if (part->strand_id == strand_id && part->hash.bytes[0] == (unsigned char)hash) return part;
  }
  fail_msg("no part %lld %c", (long long)strand_id, hash);
  return NULL;
}

static int64_t group_after(const struct fixture *f, int64_t strand_id, char hash) {
  return f->plan.clusters[part_of(f, strand_id, hash)->cluster].group_id;
}

static void test_nothing_changes(void **state) {
  struct fixture *f = *state;
  add_strand(f, 1, 10);
  add_strand(f, 2, 20);
  add_events(f, 1, "as", 5);
  add_events(f, 2, "b", 3);
  make(f);
  assert_int_equal(group_after(f, 1, 'a'), 10);
  assert_int_equal(group_after(f, 2, 'b'), 20);
  assert_int_equal(f->plan.event_count, 8);
  assert_int_equal(f->plan.joined_count, 0);
  assert_int_equal(f->plan.hash_count, 3);
  assert_int_equal(regroup_plan_split_count(&f->arena, &f->plan), 0);
}

static void test_join_goes_to_the_largest(void **state) {
  struct fixture *f = *state;
  add_strand(f, 1, 10);
  add_strand(f, 2, 20);
  add_events(f, 1, "t", 3);
  add_events(f, 2, "t", 5);
  make(f);
  assert_int_equal(f->plan.cluster_count, 1);
  assert_int_equal(f->plan.clusters[0].group_id, 20);
  assert_int_equal(f->plan.joined_count, 1);
  assert_int_equal(f->plan.joined[0].group_id, 10);
}

static void test_split_keeps_the_largest(void **state) {
  struct fixture *f = *state;
  add_strand(f, 1, 10);
  add_events(f, 1, "x", 2);
  add_events(f, 1, "y", 7);
  make(f);
  assert_int_equal(f->plan.cluster_count, 2);
  assert_int_equal(group_after(f, 1, 'y'), 10);
  assert_int_equal(group_after(f, 1, 'x'), 0);
  assert_true(part_of(f, 1, 'y')->is_main);
  assert_false(part_of(f, 1, 'x')->is_main);
  assert_int_equal(regroup_plan_split_count(&f->arena, &f->plan), 1);
}

/* As ingest does: the first known hash decides, unknown ones are attached. */
static void test_secondary_hashes_locate(void **state) {
  struct fixture *f = *state;
  add_strand(f, 1, 10);
  add_strand(f, 2, 20);
  add_events(f, 1, "as", 4);
  add_events(f, 2, "bs", 1);
  make(f);
  assert_int_equal(f->plan.cluster_count, 1);
  assert_int_equal(group_after(f, 2, 'b'), 10);
}

static void test_what_people_split_stays_apart(void **state) {
  struct fixture *f = *state;
  add_strand(f, 1, 10);
  add_strand(f, 2, 20)->is_apart = true;
  add_events(f, 1, "as", 4);
  add_events(f, 2, "bs", 1);
  make(f);
  assert_int_equal(group_after(f, 1, 'a'), 10);
  assert_int_equal(group_after(f, 2, 'b'), 20);
}

/* Also when all hashes are others now. */
static void test_what_people_merged_stays_together(void **state) {
  struct fixture *f = *state;
  add_strand(f, 1, 10);
  add_strand(f, 2, 10)->tied_to = 1;
  add_events(f, 1, "x", 4);
  add_events(f, 2, "y", 9);
  add_events(f, 2, "z", 1);
  make(f);
  assert_int_equal(group_after(f, 1, 'x'), 10);
  assert_int_equal(group_after(f, 2, 'y'), 10);
  assert_int_equal(group_after(f, 2, 'z'), 0);
}

static void test_expired_strands_stay_with_their_error(void **state) {
  struct fixture *f = *state;
  add_strand(f, 1, 10);
  add_strand(f, 2, 10); /* all of its events have expired */
  add_strand(f, 3, 30);
  f->known[f->input.known_count++] = (struct regroup_known_hash){hash_of('e'), 2};
  add_events(f, 1, "x", 4);
  add_events(f, 3, "e", 1);
  make(f);
  assert_int_equal(group_after(f, 1, 'x'), 10);
  assert_int_equal(group_after(f, 3, 'e'), 10);
  assert_int_equal(f->plan.joined_count, 1);
  assert_int_equal(f->plan.joined[0].group_id, 30);
}

/* Whatever comes in: nothing is lost, no error is used twice, one hash has one cluster. */
static void test_random(void **state) {
  (void)state;
  unsigned seed = (unsigned)(getenv("REGROUP_SEED") ? atoi(getenv("REGROUP_SEED")) : 20261);
  print_message("REGROUP_SEED=%u\n", seed);
  srand(seed);
  for (int round = 0; round < 300; round++) {
    void *fresh = NULL;
    setup(&fresh);
    struct fixture *f = fresh;
    int64_t sum = 0, planned = 0;
    int strands = 1 + rand() % 20;
    for (int i = 1; i <= strands; i++) {
      struct regroup_strand *strand = add_strand(f, i, 1 + rand() % 8);
      strand->is_apart = rand() % 5 == 0;
      if (rand() % 4 == 0) strand->tied_to = 1 + rand() % i;
    }
    for (int i = 0; i < 60; i++) {
      char hashes[4] = {(char)('a' + rand() % 12), 0};
      if (rand() % 2) hashes[1] = (char)('n' + rand() % 6);
      int64_t count = 1 + rand() % 9;
      add_events(f, 1 + rand() % strands, hashes, count);
      sum += count;
    }
    make(f);
    for (size_t i = 0; i < f->plan.cluster_count; i++) {
      const struct regroup_cluster *cluster = &f->plan.clusters[i];
      int64_t from_sources = 0;
      planned += cluster->count;
      for (size_t k = 0; k < cluster->source_count; k++) from_sources += cluster->sources[k].count;
      assert_int_equal(from_sources, cluster->count);
      for (size_t k = 0; cluster->group_id && k < i; k++)
        assert_true(f->plan.clusters[k].group_id != cluster->group_id);
      for (size_t k = 0; k < f->plan.joined_count; k++)
        assert_true(f->plan.joined[k].group_id != cluster->group_id);
    }
    assert_int_equal(planned, sum);
    assert_int_equal(f->plan.event_count, sum);
    for (size_t i = 0; i < f->plan.part_count; i++)
      for (size_t k = 0; k < i; k++)
        if (memcmp(&f->plan.parts[i].hash, &f->plan.parts[k].hash, sizeof(struct group_hash)) == 0)
          assert_int_equal(f->plan.parts[i].cluster, f->plan.parts[k].cluster);
    teardown(&fresh);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_nothing_changes, setup, teardown),
      cmocka_unit_test_setup_teardown(test_join_goes_to_the_largest, setup, teardown),
      cmocka_unit_test_setup_teardown(test_split_keeps_the_largest, setup, teardown),
      cmocka_unit_test_setup_teardown(test_secondary_hashes_locate, setup, teardown),
      cmocka_unit_test_setup_teardown(test_what_people_split_stays_apart, setup, teardown),
      cmocka_unit_test_setup_teardown(test_what_people_merged_stays_together, setup, teardown),
      cmocka_unit_test_setup_teardown(test_expired_strands_stay_with_their_error, setup, teardown),
      cmocka_unit_test(test_random),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
