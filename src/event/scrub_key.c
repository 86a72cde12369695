/* scrub_key.c - names under which secrets are kept.
 *
 * A name is compared in lower case and without what separates its words, so that
 * "apikey" finds "api_key", "X-Api-Key" and "apiKey" alike. All words are looked
 * for in one pass. Words that are too short or too common to be looked for within
 * a name have to be the whole of it.
 *
 * Source: the names in Sentry's default rules; docs/scrubbing.md lists ours.
 */
#include <pthread.h>
#include <string.h>

#include "event/limits.h"
#include "event/scrub_parts.h"

#include "base/banned.h"

enum { ANYWHERE = 1, WHOLE = 2, TEXT_ONLY = 4 }; /* of accepts[] */
enum { CLASS_OTHER = 0, CLASS_HIGH = 37, CLASS_SKIP = 255 };
/* States of the default words: their letters at most. */
enum { DEFAULT_STATES = 512 };

static const struct word {
  const char *text;
  unsigned char accept;
} default_words[] = {
    {"password", ANYWHERE},
    {"passwd", ANYWHERE},
    {"passphrase", ANYWHERE},
    {"secret", ANYWHERE},
    {"apikey", ANYWHERE},
    {"auth", ANYWHERE},
    {"credential", ANYWHERE},
    {"mysqlpwd", ANYWHERE},
    {"privatekey", ANYWHERE},
    {"token", ANYWHERE},
    {"bearer", ANYWHERE},
    {"session", ANYWHERE},
    {"sessid", ANYWHERE},
    {"csrf", ANYWHERE},
    {"xsrf", ANYWHERE},
    {"accesskey", ANYWHERE},
    {"encryptionkey", ANYWHERE},
    {"signingkey", ANYWHERE},
    {"sshkey", ANYWHERE},
    {"creditcard", ANYWHERE},
    {"cardnumber", ANYWHERE},
    {"socialsecurity", ANYWHERE},
    {"twofactor", ANYWHERE},
    {"dbpwd", ANYWHERE},
    {"dbpass", ANYWHERE},
    {"userpwd", ANYWHERE},
    {"cookie", TEXT_ONLY},
    {"cvv", WHOLE},
    {"cvv2", WHOLE},
    {"cvc", WHOLE},
    {"ssn", WHOLE},
    {"otp", WHOLE},
    {"jwt", WHOLE},
    {"sid", WHOLE},
    {"connectsid", WHOLE},
    {"pin", WHOLE},
    {"pincode", WHOLE},
    {"pass", WHOLE},
};
enum { DEFAULT_WORDS = sizeof default_words / sizeof default_words[0] };

static unsigned char key_class(unsigned char c) {
  if (c >= 'a' && c <= 'z') return (unsigned char)(c - 'a' + 1);
  if (c >= 'A' && c <= 'Z') return (unsigned char)(c - 'A' + 1);
  if (c >= '0' && c <= '9') return (unsigned char)(c - '0' + 27);
  /* Bytes of other letters share classes: a rare false find does less harm than a large table. */
  if (c >= 0x80) return (unsigned char)(CLASS_HIGH + c % (KEY_CLASSES - CLASS_HIGH));
  return c == '-' || c == '_' || c == ' ' || c == '.' ? CLASS_SKIP : CLASS_OTHER;
}

static unsigned char classes[256];

static void make_classes(void) {
  for (unsigned c = 0; c < 256; c++) classes[c] = key_class((unsigned char)c);
}

/* --- building ---------------------------------------------------------------------- */

struct building {
  uint16_t *next;
  unsigned char *accepts, *depth;
  uint16_t *fail, *queue;
  size_t count;
};

static void add_word(struct building *building, struct slice word, unsigned char accept) {
  size_t state = 0;
  for (size_t i = 0; i < word.len; i++) {
    unsigned char class = classes[(unsigned char)word.ptr[i]];
    if (class == CLASS_SKIP) continue;
    uint16_t *next = &building->next[state * KEY_CLASSES + class];
    if (!*next) {
      building->depth[building->count] = (unsigned char)(building->depth[state] + 1);
      *next = (uint16_t)building->count++;
    }
    state = *next;
  }
  if (state) building->accepts[state] |= accept;
}

/* Fills what is missing by the longest suffix that is a beginning too, level by level. */
static void link_states(struct building *building) {
  size_t head = 0, tail = 0;
  for (size_t class = 0; class < KEY_CLASSES; class ++) {
    uint16_t state = building->next[class];
    if (state) building->queue[tail++] = state;
  }
  while (head < tail) {
    uint16_t state = building->queue[head++];
    uint16_t fail = building->fail[state];
    building->accepts[state] |=
        (unsigned char)(building->accepts[fail] & (unsigned char)(ANYWHERE | TEXT_ONLY));
    for (size_t class = 0; class < KEY_CLASSES; class ++) {
      uint16_t *next = &building->next[(size_t)state * KEY_CLASSES + class];
      uint16_t other = building->next[(size_t)fail * KEY_CLASSES + class];
      if (*next) {
        building->fail[*next] = other;
        building->queue[tail++] = *next;
      } else {
        *next = other;
      }
    }
  }
}

/* How often letters stand in English, in thousandths; others are rare. */
static unsigned frequency(unsigned char class) {
  static const unsigned char of_letter[26] = {82, 15, 28, 43, 127, 22, 20, 61, 70, 2,  8, 40, 24,
                                              67, 75, 19, 1,  60,  63, 91, 28, 10, 24, 2, 20, 1};
  return class >= 1 && class <= 26 ? of_letter[class - 1] : 1;
}

static void add_pair(struct key_matcher *matcher, struct slice word) {
  unsigned char last = CLASS_SKIP, first = CLASS_SKIP, second = CLASS_SKIP;
  unsigned best = UINT32_MAX;
  for (size_t i = 0; i < word.len; i++) {
    unsigned char class = classes[(unsigned char)word.ptr[i]];
    if (class == CLASS_SKIP) continue;
    if (last != CLASS_SKIP && frequency(last) * frequency(class) < best) {
      best = frequency(last) * frequency(class);
      first = last;
      second = class;
    }
    last = class;
  }
  if (first != CLASS_SKIP) {
    matcher->pairs[first] |= UINT64_C(1) << second;
  } else if (last != CLASS_SKIP) { /* a word of one letter: every name has to be read */
    memset(matcher->pairs, 0xff, sizeof matcher->pairs);
  }
}

static struct key_matcher default_matcher;

static void make_default(void) {
  static uint16_t next[DEFAULT_STATES * KEY_CLASSES], fail[DEFAULT_STATES], queue[DEFAULT_STATES];
  static unsigned char accepts[DEFAULT_STATES], depth[DEFAULT_STATES];
  struct building building = {next, accepts, depth, fail, queue, 1};
  make_classes();
  for (size_t i = 0; i < DEFAULT_WORDS; i++) {
    add_word(&building, slice_of_string(default_words[i].text), default_words[i].accept);
  }
  link_states(&building);
  default_matcher = (struct key_matcher){.next = next, .accepts = accepts, .depth = depth};
  for (size_t i = 0; i < DEFAULT_WORDS; i++) {
    add_pair(&default_matcher, slice_of_string(default_words[i].text));
  }
}

const struct key_matcher *key_matcher_default(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, make_default);
  return &default_matcher;
}

const struct key_matcher *key_matcher_make(struct arena *arena, const struct slice *words,
                                           size_t count) {
  size_t states = 1;
  key_matcher_default(); /* makes the classes */
  for (size_t i = 0; i < count; i++) states += words[i].len;
  if (states == 1) return NULL;
  struct building building = {ARENA_ARRAY(arena, states * KEY_CLASSES, uint16_t),
                              ARENA_ARRAY(arena, states, unsigned char),
                              ARENA_ARRAY(arena, states, unsigned char),
                              ARENA_ARRAY(arena, states, uint16_t),
                              ARENA_ARRAY(arena, states, uint16_t),
                              1};
  for (size_t i = 0; i < count; i++) add_word(&building, words[i], ANYWHERE);
  link_states(&building);
  struct key_matcher *matcher = ARENA_NEW(arena, struct key_matcher);
  *matcher = (struct key_matcher){
      .next = building.next, .accepts = building.accepts, .depth = building.depth};
  for (size_t i = 0; i < count; i++) add_pair(matcher, words[i]);
  return matcher;
}

/* --- finding ------------------------------------------------------------------------ */

static bool has_pair(const struct key_matcher *matcher, struct slice name) {
  uint64_t seconds = 0, found = 0; /* letters that make a pair with the last one */
  for (size_t i = 0; i < name.len; i++) {
    unsigned char class = classes[(unsigned char)name.ptr[i]];
    if (class == CLASS_SKIP) continue;
    found |= seconds >> class;
    seconds = matcher->pairs[class];
  }
  return found & 1 || (matcher->pairs[CLASS_OTHER] & 1);
}

enum key_kind key_matcher_find(const struct key_matcher *matcher, struct slice name) {
  if (!has_pair(matcher, name)) return KEY_PLAIN;
  size_t state = 0, length = 0;
  unsigned found = 0;
  for (size_t i = 0; i < name.len; i++) {
    unsigned char class = classes[(unsigned char)name.ptr[i]];
    if (class == CLASS_SKIP) continue;
    length++;
    state = matcher->next[state * KEY_CLASSES + class];
    found |= matcher->accepts[state] & (unsigned)(ANYWHERE | TEXT_ONLY);
  }
  if (found & ANYWHERE) return KEY_SECRET;
  if (matcher->accepts[state] & WHOLE && matcher->depth[state] == length) return KEY_SECRET;
  return found & TEXT_ONLY ? KEY_OF_TEXT : KEY_PLAIN;
}

bool key_is_same(struct slice a, struct slice b) {
  size_t i = 0, j = 0;
  for (;;) {
    while (i < a.len && classes[(unsigned char)a.ptr[i]] == CLASS_SKIP) i++;
    while (j < b.len && classes[(unsigned char)b.ptr[j]] == CLASS_SKIP) j++;
    if (i == a.len || j == b.len) return i == a.len && j == b.len;
    unsigned char class = classes[(unsigned char)a.ptr[i]];
    bool is_exact = class == CLASS_OTHER || class >= CLASS_HIGH;
    if (class != classes[(unsigned char)b.ptr[j]]) return false;
    if (is_exact && a.ptr[i] != b.ptr[j]) return false;
    i++;
    j++;
  }
}

/* Names that hold one of the words and nothing secret. */
static bool is_harmless(struct slice name) {
  static const char *const names[] = {"author",           "authors",           "authority",
                                      "max_tokens",       "total_tokens",      "input_tokens",
                                      "output_tokens",    "completion_tokens", "prompt_tokens",
                                      "public_key_token", "session:duration"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (key_is_same(slice_of_string(names[i]), name)) return true;
  }
  return false;
}

enum key_kind scrubber_key(const struct scrubber *scrubber, struct slice name) {
  enum key_kind kind = KEY_PLAIN;
  if (scrubber->keys) kind = key_matcher_find(scrubber->keys, name);
  if (kind == KEY_SECRET && is_harmless(name)) kind = KEY_PLAIN;
  if (kind != KEY_SECRET && scrubber->fields && key_matcher_find(scrubber->fields, name)) {
    kind = KEY_SECRET;
  }
  for (size_t i = 0; kind && i < scrubber->safe_fields.count; i++) {
    if (key_is_same(scrubber->safe_fields.items[i], name)) kind = KEY_PLAIN;
  }
  return kind;
}
