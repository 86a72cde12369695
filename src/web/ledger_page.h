/* ledger_page.h - "Why was my event dropped?": what became of everything that was sent. */
#ifndef CULPRIT_WEB_LEDGER_PAGE_H
#define CULPRIT_WEB_LEDGER_PAGE_H

#include "store/ledger.h"
#include "web/web.h"

#define LEDGER_PERIODS 4
struct ledger_period {
  const char *name, *title; /* of the address; for people: "24 hours" */
  const char *words;        /* "last 24 hours" */
  int64_t interval_hours;   /* of a bar */
  size_t bars;
};
extern const struct ledger_period ledger_periods[LEDGER_PERIODS];

/* One kind of outcome, with its share of each interval. */
struct ledger_row {
  enum outcome outcome;
  struct slice category, reason;
  int64_t quantity;
  int64_t *bars; /* oldest first */
};

/* Kinds that are told apart, since clients may have made up any number of reasons; and those that
 * are shown of them. What is rarest is left out. */
#define LEDGER_KINDS_LIMIT 1000
#define LEDGER_ROWS_SHOWN 100

/* What templates/ledger_page.html draws. */
struct ledger_view {
  const struct page *page;
  struct slice base;
  const struct ledger_period *period;
  int64_t totals[OUTCOME_COUNT];
  int64_t *total_bars[OUTCOME_COUNT];
  struct ledger_row *rows; /* by outcome, then the most first */
  size_t row_count, left_out;
};

void ledger_show(struct http_request *request, struct http_response *response);

#endif
