/* rate_limit.c - see rate_limit.h. */
#include "ingest/rate_limit.h"

#include <stdatomic.h>

#include "base/buffer.h"

#include "base/banned.h"

/* Bits by enum category. */
typedef uint32_t category_set;
#define BIT(category) (UINT32_C(1) << (category))
#define ALL_CATEGORIES (BIT(CATEGORY_COUNT) - 1)
/* What Sentry counts as errors. */
#define ERRORS (BIT(CATEGORY_ERROR) | BIT(CATEGORY_DEFAULT) | BIT(CATEGORY_SECURITY))

struct rate_limit {
  category_set categories;
  uint32_t count;
  int64_t window_s;
  _Atomic uint64_t state; /* the window's number in the upper half, what was taken in the lower */
};

struct rate_limits {
  size_t count;
  struct rate_limit items[RATE_LIMITS_LIMIT];
};

/* --- reading ------------------------------------------------------------------------------ */

static enum status line_problem(struct problem *problem, size_t line, const char *what) {
  return problem_set(problem, STATUS_BAD_INPUT,
                     "Line %zu of the rate limits: %s A limit reads like \"error 1000/minute\", "
                     "\"session,monitor 50/10s\" or \"transaction 0\".",
                     line, what);
}

static bool parse_categories(struct slice text, category_set *categories) {
  *categories = 0;
  while (text.len) {
    enum category category;
    struct slice name = slice_trim(slice_split(&text, ','));
    if (slice_equal_string(name, "all")) {
      *categories = ALL_CATEGORIES;
      continue;
    }
    if (!category_parse(name, &category) || category >= CATEGORY_UNKNOWN) return false;
    *categories |= ERRORS & BIT(category) ? ERRORS : BIT(category);
  }
  return *categories != 0;
}

/* "minute", "m" or "10m". */
static bool parse_window(struct slice text, int64_t *window_s) {
  static const struct {
    const char *word;
    char letter;
    int64_t seconds;
  } units[] = {{"second", 's', 1}, {"minute", 'm', 60}, {"hour", 'h', 3600}, {"day", 'd', 86400}};
  for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
    uint64_t number = 1;
    bool is_word = slice_equal_string(text, units[i].word);
    bool has_letter = text.len && text.ptr[text.len - 1] == units[i].letter;
    struct slice digits = slice_upto(text, has_letter ? text.len - 1 : 0);
    bool is_short = has_letter && (!digits.len || slice_to_u64(digits, &number));
    if (!is_word && !is_short) continue;
    if (!number || number > RATE_WINDOW_LIMIT_S) return false;
    *window_s = (int64_t)number * units[i].seconds;
    return *window_s <= RATE_WINDOW_LIMIT_S;
  }
  return false;
}

static enum status parse_line(struct slice line, size_t number, struct rate_limit *limit,
                              struct problem *problem) {
  size_t blank = slice_find_last_byte(line, ' ');
  struct slice amount = slice_from(line, blank + 1);
  struct slice count_text = slice_split(&amount, '/');
  uint64_t count;
  if (blank == line.len ||
      !parse_categories(slice_trim(slice_upto(line, blank)), &limit->categories))
    return line_problem(problem, number,
                        "It has to begin with \"all\" or categories like error, session, monitor, "
                        "attachment, feedback, transaction.");
  if (!slice_to_u64(count_text, &count) || count > RATE_COUNT_LIMIT)
    return line_problem(problem, number, "The count has to be a number up to 1000000000.");
  limit->count = (uint32_t)count;
  limit->window_s = RATE_OFF_RETRY_S;
  if (!count && !amount.len) return STATUS_OK;
  if (parse_window(amount, &limit->window_s)) return STATUS_OK;
  return line_problem(problem, number,
                      "The time has to be second, minute, hour, day, or a number with s, m, h or d "
                      "behind it, up to 30 days.");
}

enum status rate_limits_parse(struct arena *arena, struct slice text, struct rate_limits **result,
                              struct problem *problem) {
  struct rate_limits *limits = ARENA_NEW(arena, struct rate_limits);
  *result = NULL;
  for (size_t number = 1; text.len; number++) {
    struct slice line = slice_trim(slice_split(&text, '\n'));
    if (!line.len) continue;
    if (limits->count == RATE_LIMITS_LIMIT)
      return line_problem(problem, number, "There may be 20 limits, not more.");
    enum status status = parse_line(line, number, &limits->items[limits->count++], problem);
    if (status) return status;
  }
  if (limits->count) *result = limits;
  return STATUS_OK;
}

struct rate_limits *rate_limits_of_errors(struct arena *arena, int64_t count, int64_t window_s) {
  if (window_s <= 0) return NULL;
  struct rate_limits *limits = ARENA_NEW(arena, struct rate_limits);
  limits->count = 1;
  limits->items[0].categories = ERRORS;
  limits->items[0].count = count > RATE_COUNT_LIMIT ? RATE_COUNT_LIMIT : (uint32_t)count;
  limits->items[0].window_s = window_s;
  return limits;
}

void rate_limits_continue(struct rate_limits *limits, struct rate_limits *before) {
  for (size_t i = 0; limits && before && i < limits->count; i++) {
    for (size_t k = 0; k < before->count; k++) {
      if (limits->items[i].categories != before->items[k].categories) continue;
      if (limits->items[i].window_s != before->items[k].window_s) continue;
      limits->items[i].state = before->items[k].state;
    }
  }
}

/* --- taking ------------------------------------------------------------------------------- */

static bool take(struct rate_limit *limit, int64_t now_s) {
  uint64_t window = (uint64_t)(now_s / limit->window_s) << 32;
  uint64_t state = atomic_load_explicit(&limit->state, memory_order_relaxed);
  for (;;) {
    uint64_t current = state >> 32 == window >> 32 ? state : window;
    if ((uint32_t)current >= limit->count) return false;
    if (atomic_compare_exchange_weak_explicit(&limit->state, &state, current + 1,
                                              memory_order_relaxed, memory_order_relaxed))
      return true;
  }
}

/* A window that began since has nothing of ours. */
static void give_back(struct rate_limit *limit, int64_t now_s) {
  uint64_t window = (uint64_t)(now_s / limit->window_s) << 32;
  uint64_t state = atomic_load_explicit(&limit->state, memory_order_relaxed);
  while (state >> 32 == window >> 32 && (uint32_t)state) {
    if (atomic_compare_exchange_weak_explicit(&limit->state, &state, state - 1,
                                              memory_order_relaxed, memory_order_relaxed))
      return;
  }
}

static void add_hit(struct rate_hits *hits, const struct rate_hit *hit) {
  for (size_t i = 0; i < hits->count; i++) {
    if (hits->items[i].limits == hit->limits && hits->items[i].index == hit->index) return;
  }
  if (hits->count < RATE_HITS_LIMIT) hits->items[hits->count++] = *hit;
}

/* Takes from the first `upto` limits that cover the category; how many it could. */
static size_t take_all(struct rate_limits *limits, category_set bit, int64_t now_s) {
  size_t at = 0;
  while (at < limits->count &&
         (!(limits->items[at].categories & bit) || take(&limits->items[at], now_s)))
    at++;
  return at;
}

static void give_all_back(struct rate_limits *limits, size_t count, category_set bit,
                          int64_t now_s) {
  for (size_t i = 0; i < count; i++) {
    if (limits->items[i].categories & bit) give_back(&limits->items[i], now_s);
  }
}

bool rate_limits_take(const struct rate_owners *owners, enum category category, int64_t now_s,
                      struct rate_hits *hits) {
  struct rate_limits *const both[] = {owners->key, owners->project};
  category_set bit = BIT(category);
  for (size_t i = 0; i < 2; i++) {
    if (!both[i]) continue;
    size_t taken = take_all(both[i], bit, now_s);
    if (taken == both[i]->count) continue;
    int64_t window_s = both[i]->items[taken].window_s;
    const struct rate_hit hit = {both[i], taken, i == 0, window_s - now_s % window_s};
    add_hit(hits, &hit);
    give_all_back(both[i], taken, bit, now_s);
    if (i == 1 && both[0]) give_all_back(both[0], both[0]->count, bit, now_s);
    return false;
  }
  return true;
}

/* --- telling ------------------------------------------------------------------------------ */

static struct slice reason_of(const struct rate_hit *hit) {
  return hit->is_of_key ? SLICE("key_quota") : SLICE("project_quota");
}

struct slice rate_hits_reason(const struct rate_hits *hits) {
  return hits->count ? reason_of(&hits->items[hits->count - 1]) : SLICE("project_quota");
}

static void append_categories(struct buffer *out, category_set categories) {
  bool is_first = true;
  if (categories == ALL_CATEGORIES) return; /* the empty list stands for all */
  for (unsigned i = 0; i < CATEGORY_COUNT; i++) {
    if (!(categories & BIT(i))) continue;
    if (!is_first) buffer_append_byte(out, ';');
    buffer_append_slice(out, category_name((enum category)i));
    is_first = false;
  }
}

struct slice rate_hits_header(struct arena *arena, const struct rate_hits *hits) {
  struct buffer text = buffer_make(RATE_HITS_LIMIT * 300);
  for (size_t i = 0; i < hits->count; i++) {
    const struct rate_hit *hit = &hits->items[i];
    if (i) BUFFER_APPEND_LITERAL(&text, ", ");
    buffer_printf(&text, "%lld:", (long long)hit->retry_after_s);
    append_categories(&text, hit->limits->items[hit->index].categories);
    buffer_printf(&text, ":%s:", hit->is_of_key ? "key" : "project");
    buffer_append_slice(&text, reason_of(hit));
  }
  struct slice header = arena_copy(arena, buffer_slice(&text));
  buffer_free(&text);
  return header;
}

int64_t rate_hits_retry_after_s(const struct rate_hits *hits) {
  int64_t longest = 1;
  for (size_t i = 0; i < hits->count; i++) {
    if (hits->items[i].retry_after_s > longest) longest = hits->items[i].retry_after_s;
  }
  return longest;
}
