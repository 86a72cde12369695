/* static_file.c - the assets that are built into the program.
 *
 * Nothing is copied or compressed here: both forms of each file lie in the
 * program's own memory.
 */
#include "web/static_file.h"

#include "assets.h"
#include "web/web.h"

#include "base/banned.h"

void static_file_show(struct http_request *request, struct http_response *response) {
  const struct asset *asset = asset_find(request->path);
  if (!asset) {
    struct problem problem = {.status = STATUS_NOT_FOUND, .message = "There is no such file."};
    web_on_problem(request, response, &problem);
    return;
  }
  http_set_header(response, "Content-Type", slice_of_string(asset->content_type));
  http_set_header(response, "Cache-Control", SLICE("public, max-age=31536000, immutable"));
  http_set_header(response, "X-Content-Type-Options", SLICE("nosniff"));
  http_set_header(response, "Vary", SLICE("Accept-Encoding"));
  response->static_body = asset->plain;
  if (web_accepts_gzip(request)) {
    http_set_header(response, "Content-Encoding", SLICE("gzip"));
    response->static_body = asset->gzip;
  }
}
