/* rules_index.c - the automaton, and which rule goes into which.
 *
 * One automaton for each family and field. Its table has a row for each state and a column for each
 * class of bytes; states are the places of their rows, those that report something stand last:
 *
 *   next[state + class] ─► state       state >= first_report: reports
 *
 * The start of a text is a byte of its own, so that texts which have to be at the start are found
 * there alone; when there are no others the automaton stops as soon as it is back at its root.
 * Relative paths are read as if a slash stood before them.
 */
#include "grouping/rules_index.h"

#include <string.h>

#include "base/banned.h"

/* Longer texts are known by so many bytes of them: it bounds the table. */
enum { MAX_KEY_BYTES = 12 };

enum { CLASS_OTHER, CLASS_START, FIRST_CLASS };

struct report {
  uint32_t rule;
  bool is_key_enough;
  uint32_t next; /* report of the same state, or NO_REPORT */
};
#define NO_REPORT UINT32_MAX

struct automaton {
  const uint32_t *next;
  const uint32_t *report_of; /* by number of the state behind the first that reports */
  const struct report *reports;
  uint32_t start;        /* after CLASS_START */
  uint32_t nothing_left; /* the root, when everything has to be at the start; else no state */
  uint32_t first_report;
  unsigned shift; /* a row has 1 << shift columns */
  bool is_path;
  unsigned char class_of[256];
};

/* --- building -------------------------------------------------------------------- */

struct key {
  struct slice text;
  bool is_at_start, is_enough;
  uint32_t rule;
};

struct builder {
  struct arena scratch;
  struct key *keys;
  size_t key_count;
  unsigned char class_of[256];
  unsigned shift;
  uint32_t *next; /* by numbers of states; 0 (the root) stands for "none" at first */
  uint32_t *fail;
  uint32_t *report_of;
  uint32_t state_count;
  struct report *reports;
  uint32_t report_count;
  bool has_floating; /* a key that may be anywhere */
};

static void choose_classes(struct builder *builder, const unsigned char *fold) {
  unsigned char of_byte[256] = {0};
  unsigned classes = FIRST_CLASS;
  for (size_t i = 0; i < builder->key_count; i++) {
    struct slice text = builder->keys[i].text;
    for (size_t j = 0; j < text.len; j++) {
      unsigned char *class = &of_byte[(unsigned char)text.ptr[j]];
      /* UTF-8 has fewer than 250 distinct bytes. */
      if (*class == CLASS_OTHER && classes < 256) *class = (unsigned char)classes++;
    }
  }
  for (unsigned c = 0; c < 256; c++) builder->class_of[c] = of_byte[fold[c]];
  while (1u << builder->shift < classes) builder->shift++;
}

static uint32_t *cell(struct builder *builder, uint32_t state, unsigned class) {
  return &builder->next[((size_t)state << builder->shift) + class];
}

static uint32_t child(struct builder *builder, uint32_t state, unsigned class) {
  uint32_t *next = cell(builder, state, class);
  if (!*next) *next = builder->state_count++;
  return *next;
}

static void insert(struct builder *builder, const struct key *key) {
  uint32_t state = key->is_at_start ? child(builder, 0, CLASS_START) : 0;
  for (size_t i = 0; i < key->text.len; i++) {
    state = child(builder, state, builder->class_of[(unsigned char)key->text.ptr[i]]);
  }
  builder->reports[builder->report_count] =
      (struct report){key->rule, key->is_enough, builder->report_of[state]};
  builder->report_of[state] = builder->report_count++;
  builder->has_floating |= !key->is_at_start;
}

/* Appends the reports of `from` behind those of `state`: what ends there ends here too. */
static void inherit_reports(struct builder *builder, uint32_t state, uint32_t from) {
  uint32_t *end = &builder->report_of[state];
  while (*end != NO_REPORT) end = &builder->reports[*end].next;
  *end = builder->report_of[from];
}

/* Fills the gaps of the tree: where to go on when a text does not. */
static void link_states(struct builder *builder) {
  uint32_t *queue = ARENA_ARRAY(&builder->scratch, builder->state_count, uint32_t);
  size_t head = 0, tail = 0;
  unsigned classes = 1u << builder->shift;
  for (unsigned column = 0; column < classes; column++) {
    uint32_t state = *cell(builder, 0, column);
    if (state) queue[tail++] = state;
  }
  while (head < tail) {
    uint32_t state = queue[head++], fail = builder->fail[state];
    inherit_reports(builder, state, fail);
    for (unsigned column = 0; column < classes; column++) {
      uint32_t *next = cell(builder, state, column), beyond = *cell(builder, fail, column);
      if (*next) {
        builder->fail[*next] = beyond;
        queue[tail++] = *next;
      } else {
        *next = beyond;
      }
    }
  }
}

/* Numbers the states anew, those that report last, and copies the tables. */
static const struct automaton *finish(struct arena *arena, struct builder *builder) {
  uint32_t count = builder->state_count, silent = 0, at = 0;
  uint32_t *place = ARENA_ARRAY(&builder->scratch, count, uint32_t);
  for (uint32_t i = 0; i < count; i++) silent += builder->report_of[i] == NO_REPORT;
  uint32_t loud_at = silent;
  for (uint32_t i = 0; i < count; i++) {
    place[i] = (builder->report_of[i] == NO_REPORT ? at++ : loud_at++) << builder->shift;
  }
  size_t row = (size_t)1 << builder->shift;
  uint32_t *next = arena_alloc_raw(arena, count * row * sizeof *next);
  uint32_t *report_of = arena_alloc_raw(arena, (count - silent + 1) * sizeof *report_of);
  for (uint32_t i = 0; i < count; i++) {
    for (size_t column = 0; column < row; column++) {
      next[place[i] + column] = place[*cell(builder, i, (unsigned)column)];
    }
    if (builder->report_of[i] != NO_REPORT) {
      report_of[(place[i] >> builder->shift) - silent] = builder->report_of[i];
    }
  }
  struct report *reports = ARENA_ARRAY(arena, builder->report_count, struct report);
  memcpy(reports, builder->reports, builder->report_count * sizeof *reports);
  struct automaton *automaton = ARENA_NEW(arena, struct automaton);
  *automaton = (struct automaton){.next = next,
                                  .report_of = report_of,
                                  .reports = reports,
                                  .start = next[place[0] + CLASS_START],
                                  .nothing_left = builder->has_floating ? UINT32_MAX : place[0],
                                  .first_report = silent << builder->shift,
                                  .shift = builder->shift};
  memcpy(automaton->class_of, builder->class_of, sizeof automaton->class_of);
  return automaton;
}

static const struct automaton *build(struct arena *arena, const struct key *keys, size_t count,
                                     enum pattern_style style) {
  struct builder builder = {.key_count = count};
  builder.keys = ARENA_ARRAY(&builder.scratch, count, struct key);
  memcpy(builder.keys, keys, count * sizeof *keys);
  choose_classes(&builder, pattern_fold(style));
  size_t states = 2;
  for (size_t i = 0; i < count; i++) states += keys[i].text.len;
  builder.next = ARENA_ARRAY(&builder.scratch, states << builder.shift, uint32_t);
  builder.fail = ARENA_ARRAY(&builder.scratch, states, uint32_t);
  builder.report_of = ARENA_ARRAY(&builder.scratch, states, uint32_t);
  memset(builder.report_of, 0xFF, states * sizeof *builder.report_of);
  builder.reports = ARENA_ARRAY(&builder.scratch, count, struct report);
  builder.state_count = 1;
  for (size_t i = 0; i < count; i++) insert(&builder, &builder.keys[i]);
  link_states(&builder);
  struct automaton *automaton = (struct automaton *)(uintptr_t)finish(arena, &builder);
  automaton->is_path = style == PATTERN_PATH;
  arena_free(&builder.scratch);
  return automaton;
}

/* --- which rule by what ---------------------------------------------------------- */

static bool takes_part(const struct rule *rule, enum rule_pass pass) {
  for (size_t i = 0; i < rule->action_count; i++) {
    enum rule_verb verb = rule->actions[i].verb;
    bool is_mark = verb == VERB_APP || verb == VERB_CATEGORY;
    if (is_mark == (pass == PASS_MARK)) return true;
  }
  return false;
}

/* The matcher that is looked for: the one with the longest text. Null: there is none. */
static const struct matcher *key_matcher(const struct rule *rule) {
  const struct matcher *best = NULL;
  for (size_t i = 0; i < rule->matcher_count; i++) {
    const struct matcher *matcher = &rule->matchers[i];
    if (matcher->field >= RULE_INDEXED_FIELDS || matcher->is_negated) continue;
    if (slice_is_empty(matcher->pattern.key.text)) continue;
    if (!best || matcher->pattern.key.text.len > best->pattern.key.text.len) best = matcher;
  }
  return best;
}

static const struct matcher *category_matcher(const struct rule *rule) {
  for (size_t i = 0; i < rule->matcher_count; i++) {
    const struct matcher *matcher = &rule->matchers[i];
    if (matcher->field == RULE_CATEGORY && !matcher->is_negated &&
        matcher->pattern.kind == PATTERN_EXACT && matcher->pattern.literal.len)
      return matcher;
  }
  return NULL;
}

static struct key make_key(struct arena *scratch, const struct pattern *pattern, uint32_t rule) {
  struct key key = {pattern->key.text, pattern->key.is_at_start, pattern->key.is_all_there_is,
                    rule};
  if (pattern->style == PATTERN_PATH && key.is_at_start && key.text.ptr[0] != '/') {
    key.text = arena_concat(scratch, SLICE("/"), key.text); /* as relative paths are read */
    key.is_enough = false;
  }
  if (key.text.len > MAX_KEY_BYTES) {
    key.text = slice_upto(key.text, MAX_KEY_BYTES);
    key.is_enough = false;
  }
  return key;
}

static void add_bit(uint64_t *words, size_t bit) { words[bit / 64] |= UINT64_C(1) << bit % 64; }

static void add_category_rule(struct arena *arena, struct rule_index *index, struct slice name,
                              size_t rule) {
  size_t at = 0;
  while (at < index->category_count && !slice_equal(index->categories[at].name, name)) at++;
  if (at == index->category_count) {
    index->categories[index->category_count++] =
        (struct category_rules){name, ARENA_ARRAY(arena, index->words, uint64_t)};
  }
  add_bit(index->categories[at].rules, rule);
}

struct key_list {
  struct key *keys;
  size_t count;
};

static struct key_list list_keys(struct arena *scratch, const struct rule_index *index,
                                 struct rule_list list, unsigned family, enum rule_field field) {
  struct key_list keys = {ARENA_ARRAY(scratch, list.count, struct key), 0};
  for (size_t i = 0; i < list.count; i++) {
    const struct matcher *matcher = key_matcher(&list.rules[i]);
    bool is_member = index->is_keyed[i] && (list.rules[i].families & family) != 0;
    if (is_member && matcher->field == field) {
      keys.keys[keys.count++] = make_key(scratch, &matcher->pattern, (uint32_t)i);
    }
  }
  return keys;
}

static bool are_same(const struct key_list *a, const struct key_list *b) {
  if (a->count != b->count) return false;
  for (size_t i = 0; i < a->count; i++) {
    if (a->keys[i].rule != b->keys[i].rule) return false;
  }
  return true;
}

static void build_automata(struct arena *arena, struct rule_list list, struct rule_index *index) {
  struct arena scratch = {0};
  for (enum rule_field field = 0; field < RULE_INDEXED_FIELDS; field++) {
    struct key_list keys[RULE_FAMILIES];
    for (unsigned family = 0; family < RULE_FAMILIES; family++) {
      const struct automaton **automaton = &index->automata[family][field];
      keys[family] = list_keys(&scratch, index, list, 1u << family, field);
      if (keys[family].count == 0) continue;
      /* Rules that name no family need one automaton for all. */
      for (unsigned other = 0; other < family && !*automaton; other++) {
        if (are_same(&keys[other], &keys[family])) *automaton = index->automata[other][field];
      }
      bool is_path = field == RULE_PATH || field == RULE_PACKAGE;
      if (!*automaton) {
        *automaton = build(arena, keys[family].keys, keys[family].count,
                           is_path ? PATTERN_PATH : PATTERN_PLAIN);
      }
    }
  }
  arena_free(&scratch);
}

const struct rule_index *rule_index_build(struct arena *arena, struct rule_list list,
                                          enum rule_pass pass) {
  struct rule_index *index = ARENA_NEW(arena, struct rule_index);
  bool is_needed = false;
  index->rule_count = list.count;
  index->words = list.count / 64 + 1;
  index->is_keyed = ARENA_ARRAY(arena, list.count, bool);
  index->always = ARENA_ARRAY(arena, index->words, uint64_t);
  index->categories = ARENA_ARRAY(arena, list.count, struct category_rules);
  for (size_t i = 0; i < list.count; i++) {
    const struct rule *rule = &list.rules[i];
    if (!takes_part(rule, pass)) continue;
    is_needed = true;
    const struct matcher *category = category_matcher(rule);
    if (key_matcher(rule)) {
      index->is_keyed[i] = true;
    } else if (category) {
      add_category_rule(arena, index, category->pattern.literal, i);
    } else {
      add_bit(index->always, i);
    }
  }
  if (!is_needed) return NULL;
  build_automata(arena, list, index);
  return index;
}

/* --- finding --------------------------------------------------------------------- */

void rule_hits_start(struct arena *arena, const struct rule_index *index, struct rule_hits *hits) {
  *hits = (struct rule_hits){.arena = arena, .index = index};
  hits->rules = ARENA_ARRAY(arena, index->words, uint64_t);
  hits->first = arena_alloc_raw(arena, index->rule_count * sizeof *hits->first);
}

static void add_hit(struct rule_hits *hits, const struct report *report, uint32_t frame) {
  uint32_t rule = report->rule;
  bool is_first = (hits->rules[rule / 64] >> rule % 64 & 1) == 0;
  if (!is_first && hits->hits[hits->first[rule]].frame == frame) return;
  if (hits->count == hits->capacity) {
    uint32_t capacity = hits->capacity ? hits->capacity * 2 : 64;
    struct rule_hit *grown = arena_alloc_raw(hits->arena, capacity * sizeof *grown);
    if (hits->count) memcpy(grown, hits->hits, hits->count * sizeof *grown);
    hits->hits = grown;
    hits->capacity = capacity;
  }
  uint32_t next = is_first ? RULE_HIT_NONE : hits->first[rule];
  hits->hits[hits->count] = (struct rule_hit){rule, frame, next, report->is_key_enough};
  hits->rules[rule / 64] |= UINT64_C(1) << rule % 64;
  hits->first[rule] = hits->count++;
}

static void add_reports(struct rule_hits *hits, const struct automaton *automaton, uint32_t state,
                        uint32_t frame) {
  uint32_t at = automaton->report_of[(state - automaton->first_report) >> automaton->shift];
  for (; at != NO_REPORT; at = automaton->reports[at].next) {
    add_hit(hits, &automaton->reports[at], frame);
  }
}

void rule_hits_find(struct rule_hits *hits, unsigned family_number, enum rule_field field,
                    uint32_t frame, struct slice text) {
  const struct automaton *automaton = hits->index->automata[family_number][field];
  if (!automaton) return;
  const uint32_t *next = automaton->next;
  uint32_t state = automaton->start, first_report = automaton->first_report;
  bool is_relative = automaton->is_path && text.len && text.ptr[0] != '/' && text.ptr[0] != '\\';
  if (is_relative) state = next[state + automaton->class_of['/']];
  if (state >= first_report) add_reports(hits, automaton, state, frame);
  for (size_t i = 0; i < text.len; i++) {
    if (state == automaton->nothing_left) return;
    state = next[state + automaton->class_of[(unsigned char)text.ptr[i]]];
    if (state >= first_report) add_reports(hits, automaton, state, frame);
  }
}
