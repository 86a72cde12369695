/* ledger_page.c - the ledger of a project, summed over a period.
 *
 * Hours and days are UTC, as they are counted.
 */
#include "web/ledger_page.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/map.h"
#include "templates.h"

#include "base/banned.h"

const struct ledger_period ledger_periods[LEDGER_PERIODS] = {
    {"24h", "24 hours", "last 24 hours", 1, 24},
    {"7d", "7 days", "last 7 days", 24, 7},
    {"30d", "30 days", "last 30 days", 24, 30},
    {"90d", "90 days", "last 90 days", 24, 90},
};

static const struct ledger_period *find_period(struct slice name) {
  for (size_t i = 0; i < LEDGER_PERIODS; i++) {
    if (slice_equal_string(name, ledger_periods[i].name)) return &ledger_periods[i];
  }
  return &ledger_periods[0];
}

/* --- summing ------------------------------------------------------------------------------ */

struct summing {
  struct arena *arena;
  const struct ledger_period *period;
  int64_t first_hour; /* of the first bar */
  struct map by_kind; /* "outcome category reason" -> struct ledger_row */
};

static struct ledger_row *find_row(struct summing *summing, const struct ledger_entry *entry) {
  bool is_full = summing->by_kind.count >= LEDGER_KINDS_LIMIT;
  struct slice reason = is_full ? SLICE("other") : entry->reason;
  struct slice key = arena_printf(summing->arena, "%d %.*s %.*s", (int)entry->outcome,
                                  SLICE_ARGS(entry->category), SLICE_ARGS(reason));
  struct ledger_row *row = map_get(&summing->by_kind, key);
  if (row) return row;
  row = ARENA_NEW(summing->arena, struct ledger_row);
  *row = (struct ledger_row){
      .outcome = entry->outcome,
      .category = entry->category,
      .reason = reason,
      .bars = ARENA_ARRAY(summing->arena, summing->period->bars, int64_t),
  };
  map_put(&summing->by_kind, key, row);
  return row;
}

static void add_entry(struct summing *summing, struct ledger_view *view,
                      const struct ledger_entry *entry) {
  int64_t bar = (entry->hour - summing->first_hour) / summing->period->interval_hours;
  if (bar < 0 || bar >= (int64_t)summing->period->bars) return;
  if ((unsigned)entry->outcome >= OUTCOME_COUNT) return;
  struct ledger_row *row = find_row(summing, entry);
  row->quantity += entry->quantity;
  row->bars[bar] += entry->quantity;
  view->totals[entry->outcome] += entry->quantity;
  view->total_bars[entry->outcome][bar] += entry->quantity;
}

static int compare_rows(const void *a, const void *b) {
  const struct ledger_row *left = a, *right = b;
  if (left->outcome != right->outcome) return left->outcome < right->outcome ? -1 : 1;
  if (left->quantity != right->quantity) return left->quantity > right->quantity ? -1 : 1;
  int order = slice_compare(left->category, right->category);
  return order ? order : slice_compare(left->reason, right->reason);
}

static void fill_rows(struct summing *summing, struct ledger_view *view) {
  const struct map_entry *entry;
  size_t at = 0;
  view->rows = ARENA_ARRAY(summing->arena, summing->by_kind.count, struct ledger_row);
  while ((entry = map_next(&summing->by_kind, &at)))
    view->rows[view->row_count++] = *(struct ledger_row *)entry->value;
  if (view->row_count) qsort(view->rows, view->row_count, sizeof *view->rows, compare_rows);
  if (view->row_count <= LEDGER_ROWS_SHOWN) return;
  view->left_out = view->row_count - LEDGER_ROWS_SHOWN;
  view->row_count = LEDGER_ROWS_SHOWN;
}

static void fill(struct web *web, struct ledger_view *view) {
  const struct ledger_period *period = view->period;
  struct store *store = web->application->store;
  struct ledger_entry *entries;
  int64_t hour = web->now_ms / HOUR_MS;
  int64_t last_bar = hour / period->interval_hours * period->interval_hours;
  struct summing summing = {
      .arena = web->arena,
      .period = period,
      .first_hour = last_bar - (int64_t)(period->bars - 1) * period->interval_hours,
  };
  const struct ledger_query query = {.project_id = web->project.id,
                                     .from_hour = summing.first_hour,
                                     .to_hour = hour,
                                     .interval_hours = period->interval_hours};
  for (size_t i = 0; i < OUTCOME_COUNT; i++)
    view->total_bars[i] = ARENA_ARRAY(web->arena, period->bars, int64_t);
  ledger_settle(store);
  struct transaction *tx = store_begin_read(store);
  size_t count = ledger_list(tx, web->arena, &query, &entries);
  store_end_read(tx);
  for (size_t i = 0; i < count; i++) add_entry(&summing, view, &entries[i]);
  fill_rows(&summing, view);
  map_free(&summing.by_kind);
}

void ledger_show(struct http_request *request, struct http_response *response) {
  struct web *web = web_of(request);
  struct page page = web_page_open(web, SECTION_INGEST, SLICE("What was received"));
  struct ledger_view view = {
      .page = &page,
      .base = arena_concat(web->arena, web_project_path(web), SLICE("/-/ingest")),
      .period = find_period(http_query_value(request, "period")),
  };
  fill(web, &view);
  template_ledger_page(&response->body, &view);
  web_finish_html(web);
}
