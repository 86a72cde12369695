/* ledger_reasons.h - what the reasons in the ledger mean, in plain words. */
#ifndef CULPRIT_WEB_LEDGER_REASONS_H
#define CULPRIT_WEB_LEDGER_REASONS_H

#include "store/ledger.h"

/* "Rate limited" */
const char *ledger_outcome_title(enum outcome outcome);
/* What happened and what to do about it, one or two sentences; never null. Reasons that clients
 * made up are explained by their outcome. */
const char *ledger_explanation(enum outcome outcome, struct slice reason);

#endif
