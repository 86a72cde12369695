/* report_dialog.h - the script that shows the browser SDK's form after an error. */
#ifndef CULPRIT_WEB_REPORT_DIALOG_H
#define CULPRIT_WEB_REPORT_DIALOG_H

#include "http/http.h"

/* GET /api/embed/error-page/?dsn=…&eventId=…: JavaScript, for pages of every origin. What its form
 * sends is taken by ingest_report_dialog(). */
http_handler report_dialog_show;

#endif
