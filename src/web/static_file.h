/* static_file.h - the assets that are built into the program. */
#ifndef CULPRIT_WEB_STATIC_FILE_H
#define CULPRIT_WEB_STATIC_FILE_H

#include "http/http.h"

/* GET /assets/{file}: kept by browsers for ever, since the name holds a hash of the content. */
void static_file_show(struct http_request *request, struct http_response *response);

#endif
