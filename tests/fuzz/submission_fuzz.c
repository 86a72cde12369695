/* submission_fuzz.c - whole bodies of the envelope and store endpoints, read by all handlers of
 * items with a project's settings, up to what would be written: the first byte chooses the
 * endpoint.
 *
 * Reading ends, what it refuses it explains, and no two limits are counted at odds.
 */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "ingest/item.h"
#include "store/option.h"

#include "base/banned.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ingest ingest;
static int64_t project_id;
static char key_text[33];
static char directory[] = "/tmp/culprit-fuzz-XXXXXX";

static void check(bool is_true) {
  if (!is_true) abort();
}

static enum status add_project(struct transaction *tx, void *context, struct problem *problem) {
  struct arena arena = {0};
  struct client_key *keys;
  int64_t organization;
  (void)context;
  enum status status =
      organization_create(tx, SLICE("main"), SLICE("Main"), &organization, problem);
  const struct project_draft draft = {organization, SLICE("app"), SLICE("App"), SLICE("python")};
  if (!status) status = project_create(tx, &draft, &project_id, problem);
  option_set(tx, project_id, SLICE(OPTION_RATE_LIMIT), SLICE("transaction 0\nsession 100/s"));
  size_t count = status ? 0 : client_key_list(tx, &arena, project_id, &keys);
  if (count) snprintf(key_text, sizeof key_text, "%.*s", SLICE_ARGS(keys[0].public_key));
  arena_free(&arena);
  return status;
}

static void remove_directory(void) {
  char command[100];
  config_close(ingest.config);
  store_close(ingest.store);
  snprintf(command, sizeof command, "rm -rf %s", directory);
  if (system(command)) fprintf(stderr, "%s is left\n", directory);
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  struct problem problem = {0};
  (void)argc;
  (void)argv;
  check(mkdtemp(directory) != NULL);
  check(store_open(directory, &ingest.store, &problem) == STATUS_OK);
  check(store_write(ingest.store, add_project, NULL, &problem) == STATUS_OK);
  ingest.config = config_open(ingest.store);
  atexit(remove_directory);
  return 0;
}

/* What submission_run() does, but for the writing. */
static void read_body(struct upload *upload, struct slice body) {
  struct arena scratch = {0};
  struct problem problem = {0};
  struct submission submission = {.upload = upload,
                                  .arena = upload->request->arena,
                                  .scratch = &scratch,
                                  .config = upload->project};
  enum status status = upload->endpoint->read(&submission, body, &problem);
  if (!status && !slice_is_empty(submission.event_json) && !submission.is_event_dropped) {
    status = submission_take_event(&submission, submission.event_json, submission.event_category,
                                   &problem);
  }
  check(!status || problem.message[0]);
  check(!status || status == problem.status);
  for (size_t i = 0; i < submission.item_count; i++) {
    const struct submission_item *item = &submission.items[i];
    check((item->outcome == OUTCOME_ACCEPTED) == slice_is_empty(item->reason));
  }
  arena_free(&scratch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct arena arena = {0};
  struct problem problem = {0};
  struct http_header headers[] = {{SLICE("User-Agent"), SLICE("Mozilla/5.0 Firefox/120.0")}};
  struct http_request request = {.arena = &arena,
                                 .method = SLICE("POST"),
                                 .path = SLICE("/api/1/envelope/"),
                                 .headers = headers,
                                 .header_count = 1,
                                 .client_address = SLICE("192.0.2.1")};
  struct http_response response = {.arena = &arena};
  if (!size) return 0;
  struct upload upload = {.ingest = &ingest,
                          .request = &request,
                          .response = &response,
                          .endpoint = data[0] % 2 ? &store_endpoint : &envelope_endpoint,
                          .project_id = project_id,
                          .received_ms = clock_now_ms(),
                          .snapshot = config_acquire(ingest.config)};
  check(upload_use_key(&upload, slice_of_string(key_text), &problem) == STATUS_OK);
  read_body(&upload, slice_of((const char *)data + 1, size - 1));
  config_release(upload.snapshot);
  arena_free(&arena);
  return 0;
}
