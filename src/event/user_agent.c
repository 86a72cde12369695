/* user_agent.c - which browser, operating system and device a User-Agent header names.
 *
 * There are three lists of patterns, of which the first that matches counts. Few
 * of the 1,100 are tried: a pattern names words that a text has to contain, and
 * the text's triples of letters are gathered beforehand in a set of hashes
 * (`grams`), so that most patterns are ruled out by looking at a bit or two.
 *
 * Those that remain are run as small programs, trying alternatives in order as
 * backtracking does, but no alternative twice at the same place of the text
 * (`visited`): what failed once fails again. So matching takes at most
 * instructions x bytes steps, whatever the text.
 *
 *   text ─► grams ─► filter ─► match ─► captures ─► replacements ─► struct user_agent
 */
#include "event/user_agent.h"

#include <string.h>

#include "base/bytes.h"
#include "base/map.h"
#include "event/user_agent_tables.h"

#include "base/banned.h"

enum {
  CAPTURES = 10,         /* the whole match and nine groups, which replacements can name */
  STACK_JOBS = 16384,    /* alternatives put off; a match that wants more counts as none */
  NAME_CHARACTERS = 200, /* of one result */
  RESTORE = 0x8000,      /* in a job's place in code: a capture to be set back */
  NOWHERE = 0xffff,      /* a capture that is not set */
};

struct matcher {
  struct slice text;
  const uint32_t *code;
  uint16_t captures[2 * CAPTURES];
  uint32_t *jobs; /* place in code << 16 | place in text */
  size_t job_count;
  uint64_t *visited; /* a bit for each split and place in the text */
};

/* --- the filter --------------------------------------------------------------- */

static unsigned gram(unsigned a, unsigned b, unsigned c) {
  return (a << 10 ^ b << 5 ^ c) & (UA_GRAM_COUNT - 1);
}

static void add_gram(uint64_t *grams, unsigned value) {
  grams[value / 64] |= UINT64_C(1) << value % 64;
}

static void gather_grams(struct slice text, uint64_t *grams) {
  unsigned before = 0, last = 0;
  for (size_t i = 0; i < text.len; i++) {
    unsigned char byte = (unsigned char)text.ptr[i];
    unsigned letter = byte >= 'A' && byte <= 'Z' ? byte + 32u : byte;
    if (i > 0) add_gram(grams, gram(0, last, letter));
    if (i > 1) add_gram(grams, gram(before, last, letter));
    before = last;
    last = letter;
  }
}

static bool may_have_word(const uint64_t *grams, const struct ua_word *word) {
  for (size_t i = 0; i < UA_GRAMS; i++) {
    unsigned value = word->grams[i];
    if (!(grams[value / 64] >> value % 64 & 1)) return false;
  }
  return true;
}

static bool may_match(const uint64_t *grams, const struct ua_pattern *pattern) {
  const uint16_t *clause = &ua_clauses[pattern->clauses];
  while (*clause) {
    const uint16_t *word = clause + 1, *end = word + *clause;
    while (word < end && !may_have_word(grams, &ua_words[*word])) word++;
    if (word == end) return false;
    clause = end;
  }
  return true;
}

/* --- matching ----------------------------------------------------------------- */

static bool in_set(unsigned set, char byte) {
  unsigned char value = (unsigned char)byte;
  return ua_sets[set][value >> 3] >> (value & 7) & 1;
}

static bool is_word_byte(char c) {
  return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_';
}

static bool is_boundary(struct slice text, size_t at) {
  bool before = at > 0 && is_word_byte(text.ptr[at - 1]);
  bool behind = at < text.len && is_word_byte(text.ptr[at]);
  return before != behind;
}

static bool push_job(struct matcher *matcher, size_t pc, size_t at) {
  if (matcher->job_count == STACK_JOBS) return false;
  matcher->jobs[matcher->job_count++] = (uint32_t)(pc << 16 | at);
  return true;
}

/* Whether a split was tried at this place before; it is from now on. */
static bool was_tried(struct matcher *matcher, size_t number, size_t at) {
  size_t bit = number * (matcher->text.len + 1) + at;
  uint64_t mask = UINT64_C(1) << bit % 64;
  bool is_set = (matcher->visited[bit / 64] & mask) != 0;
  matcher->visited[bit / 64] |= mask;
  return is_set;
}

static void save(struct matcher *matcher, size_t bound, size_t at) {
  if (bound >= 2 * CAPTURES) return;
  if (push_job(matcher, RESTORE | bound, matcher->captures[bound]))
    matcher->captures[bound] = (uint16_t)at;
}

/* Follows one alternative to its end. */
static bool run(struct matcher *matcher, size_t pc, size_t at) {
  struct slice text = matcher->text;
  for (;;) {
    uint32_t instruction = matcher->code[pc];
    unsigned a = instruction >> 4 & 0x3fff, b = instruction >> 18;
    bool holds = true;
    pc++;
    switch ((enum ua_operation)(instruction & 15)) {
      case UA_SET: holds = at < text.len && in_set(a, text.ptr[at++]); break;
      case UA_SPLIT:
        if (was_tried(matcher, matcher->code[pc], at)) return false;
        if (!push_job(matcher, b, at)) return false;
        pc = a;
        break;
      case UA_JUMP: pc = a; break;
      case UA_SAVE: save(matcher, a, at); break;
      case UA_START: holds = at == 0; break;
      case UA_END: holds = at == text.len; break;
      case UA_BOUNDARY: holds = is_boundary(text, at); break;
      case UA_NO_BOUNDARY: holds = !is_boundary(text, at); break;
      case UA_MATCH: return true;
    }
    if (!holds) return false;
  }
}

static bool match_from(struct matcher *matcher, size_t start) {
  for (size_t i = 0; i < 2 * CAPTURES; i++) matcher->captures[i] = NOWHERE;
  matcher->captures[0] = (uint16_t)start;
  matcher->job_count = 0;
  if (run(matcher, 0, start)) return true;
  while (matcher->job_count > 0) {
    uint32_t job = matcher->jobs[--matcher->job_count];
    size_t pc = job >> 16, at = job & 0xffff;
    if (pc & RESTORE)
      matcher->captures[pc & ~(size_t)RESTORE] = (uint16_t)at;
    else if (run(matcher, pc, at))
      return true;
  }
  return false;
}

static bool matches(struct matcher *matcher, const struct ua_pattern *pattern) {
  size_t bits = pattern->splits * (matcher->text.len + 1);
  matcher->code = &ua_code[pattern->code];
  memset(matcher->visited, 0, (bits + 63) / 64 * sizeof *matcher->visited);
  for (size_t start = 0; start < matcher->text.len; start++) {
    if (!in_set(pattern->first, matcher->text.ptr[start])) continue;
    if (match_from(matcher, start)) return true;
  }
  return false;
}

/* --- what a match says ---------------------------------------------------------- */

static struct slice group(const struct matcher *matcher, size_t number) {
  size_t start = matcher->captures[2 * number], end = matcher->captures[2 * number + 1];
  if (start == NOWHERE || end == NOWHERE || end < start) return SLICE_EMPTY;
  return slice_of(matcher->text.ptr + start, end - start);
}

/* "$1 for $2" with the groups put in; or, without a replacement, one group. */
static struct slice replaced(struct arena *arena, const struct matcher *matcher, uint16_t text,
                             size_t default_group) {
  struct slice rest = SLICE_EMPTY, result = SLICE_EMPTY;
  if (text == UA_NONE)
    result = default_group ? arena_copy(arena, group(matcher, default_group)) : SLICE_EMPTY;
  else
    rest = slice_of_string(&ua_texts[text]);
  while (!slice_is_empty(rest)) {
    size_t dollar = slice_find_byte(rest, '$');
    result = slice_is_empty(result) ? slice_upto(rest, dollar)
                                    : arena_concat(arena, result, slice_upto(rest, dollar));
    rest = slice_from(rest, dollar + 1);
    if (slice_is_empty(rest) || rest.ptr[0] < '1' || rest.ptr[0] > '9') continue;
    result = arena_concat(arena, result, group(matcher, (size_t)(rest.ptr[0] - '0')));
    rest = slice_from(rest, 1);
  }
  return slice_trim(slice_cut_characters(utf8_repair(arena, result), NAME_CHARACTERS));
}

/* The first pattern that matches, its captures in the matcher; or null. */
static const struct ua_pattern *find(struct matcher *matcher, const uint64_t *grams,
                                     const struct ua_list *list) {
  for (size_t i = 0; i < list->count; i++) {
    if (may_match(grams, &list->patterns[i]) && matches(matcher, &list->patterns[i]))
      return &list->patterns[i];
  }
  return NULL;
}

/* "74.0.3729", of as many parts as are known one after the other. */
static struct slice version_of(struct arena *arena, const struct matcher *matcher,
                               const struct ua_pattern *pattern) {
  struct slice version = SLICE_EMPTY;
  for (size_t i = 1; i < UA_REPLACEMENTS; i++) {
    struct slice part = replaced(arena, matcher, pattern->replacements[i], i + 1);
    if (slice_is_empty(part)) break;
    if (i > 1) version = arena_concat(arena, version, SLICE("."));
    version = arena_concat(arena, version, part);
  }
  return version;
}

static struct slice known(struct slice name) {
  return slice_equal(name, SLICE("Other")) ? SLICE_EMPTY : name;
}

static void read_device(struct arena *arena, const struct matcher *matcher,
                        const struct ua_pattern *pattern, struct user_agent *agent) {
  agent->device = known(replaced(arena, matcher, pattern->replacements[0], 1));
  if (slice_is_empty(agent->device)) return;
  agent->brand = replaced(arena, matcher, pattern->replacements[1], 0);
  agent->model = replaced(arena, matcher, pattern->replacements[2], 1);
}

static void parse(struct arena *arena, struct slice text, struct user_agent *agent) {
  uint64_t grams[UA_GRAM_COUNT / 64] = {0};
  struct matcher matcher = {.text = text};
  const struct ua_pattern *pattern;
  matcher.jobs = arena_alloc_raw(arena, STACK_JOBS * sizeof *matcher.jobs);
  matcher.visited = arena_alloc_raw(arena, UA_SPLIT_LIMIT * (USER_AGENT_BYTES + 64) / 8);
  gather_grams(text, grams);
  if ((pattern = find(&matcher, grams, &ua_browsers))) {
    agent->browser = known(replaced(arena, &matcher, pattern->replacements[0], 1));
    agent->browser_version = version_of(arena, &matcher, pattern);
  }
  if ((pattern = find(&matcher, grams, &ua_systems))) {
    agent->os = known(replaced(arena, &matcher, pattern->replacements[0], 1));
    agent->os_version = version_of(arena, &matcher, pattern);
  }
  if ((pattern = find(&matcher, grams, &ua_devices))) {
    read_device(arena, &matcher, pattern, agent);
  }
}

/* --- what was seen lately ------------------------------------------------------- */

enum { AGENT_FIELDS = sizeof(struct user_agent) / sizeof(struct slice) };

/* An agent is kept at the place that its hash gives, until another one takes the place. Long ones
 * are not kept. */
enum { REMEMBERED = 128, REMEMBERED_BYTES = 320, REMEMBERED_RESULT = 160 };

struct remembered {
  uint16_t length, lengths[AGENT_FIELDS];
  char text[REMEMBERED_BYTES], result[REMEMBERED_RESULT];
};

/* 64 KiB for each thread that parses, and none for others: pages that nobody touches. */
static _Thread_local struct remembered memory[REMEMBERED];

static bool recall(struct arena *arena, const struct remembered *place, struct slice text,
                   struct slice *fields) {
  if (place->length != text.len || memcmp(place->text, text.ptr, text.len) != 0) return false;
  size_t total = 0, at = 0;
  for (size_t i = 0; i < AGENT_FIELDS; i++) total += place->lengths[i];
  struct slice all = arena_copy(arena, slice_of(place->result, total));
  for (size_t i = 0; i < AGENT_FIELDS; i++) {
    if (place->lengths[i] == 0) continue;
    fields[i] = slice_of(all.ptr + at, place->lengths[i]);
    at += place->lengths[i];
  }
  return true;
}

static void remember(struct remembered *place, struct slice text, const struct slice *fields) {
  size_t total = 0, at = 0;
  for (size_t i = 0; i < AGENT_FIELDS; i++) total += fields[i].len;
  if (text.len > REMEMBERED_BYTES || total > REMEMBERED_RESULT) return;
  place->length = (uint16_t)text.len;
  memcpy(place->text, text.ptr, text.len);
  for (size_t i = 0; i < AGENT_FIELDS; i++) {
    place->lengths[i] = (uint16_t)fields[i].len;
    if (fields[i].len) memcpy(place->result + at, fields[i].ptr, fields[i].len);
    at += fields[i].len;
  }
}

struct user_agent user_agent_parse(struct arena *arena, struct slice text) {
  struct user_agent agent = {0};
  _Static_assert(sizeof agent == AGENT_FIELDS * sizeof(struct slice), "only slices");
  text = slice_upto(text, USER_AGENT_BYTES);
  if (slice_is_empty(text)) return agent;
  struct slice *fields = (struct slice *)&agent;
  struct remembered *place = &memory[hash_bytes(text) % REMEMBERED];
  if (recall(arena, place, text, fields)) return agent;
  parse(arena, text, &agent);
  remember(place, text, fields);
  return agent;
}
