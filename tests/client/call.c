/* call.c - the HTTP client as a program, for tests/client/run.
 *
 *   call [--guarded] [--ca-file FILE]
 *
 * Reads one call a line: ID METHOD URL TIMEOUT_MS BODY_LIMIT. Starts it at once, and prints a line
 * of JSON when it is done. Ends with its input, when all calls have ended.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "http/client.h"
#include "http/client_problem.h"
#include "json/json.h"

enum { LINE_BYTES = 64 * 1024, SHOWN_BYTES = 200 };

struct job {
  struct http_call call;
  struct arena arena;
  struct slice id;
};

static atomic_int open_jobs;

static void write_answer(struct json_writer *writer, const struct http_call *call) {
  struct problem problem = {0};
  enum status status = http_call_problem(call, "Peer", clock_now_ms(), &problem);
  json_write_key(writer, "failure");
  json_write_integer(writer, call->failure);
  json_write_key(writer, "text");
  json_write_text(writer, slice_of_string(call->failure_text));
  json_write_key(writer, "status");
  json_write_integer(writer, call->status);
  json_write_key(writer, "message");
  json_write_text(writer, slice_of_string(status ? problem.message : ""));
  json_write_key(writer, "bytes");
  json_write_integer(writer, (int64_t)call->answer.len);
  json_write_key(writer, "answer");
  json_write_text(writer, slice_upto(call->answer, SHOWN_BYTES));
  json_write_key(writer, "elapsed_ms");
  json_write_integer(writer, call->elapsed_us / 1000);
}

static void done(struct http_call *call) {
  struct job *job = (struct job *)call;
  struct buffer line = buffer_make(LINE_BYTES);
  struct json_writer writer = {.out = &line};
  json_write_object(&writer);
  json_write_key(&writer, "id");
  json_write_text(&writer, job->id);
  write_answer(&writer, call);
  json_write_object_end(&writer);
  printf("%.*s\n", SLICE_ARGS(buffer_slice(&line)));
  fflush(stdout);
  buffer_free(&line);
  http_call_free(call);
  arena_free(&job->arena);
  free(job);
  atomic_fetch_sub(&open_jobs, 1);
}

static void start(struct http_client *client, struct slice line) {
  struct job *job = memory_alloc(sizeof *job);
  uint64_t timeout_ms = 0, body_limit = 0;
  *job = (struct job){.call = {.done = done}};
  line = arena_copy(&job->arena, line);
  job->id = slice_split(&line, ' ');
  job->call.method = arena_string(&job->arena, slice_split(&line, ' '));
  job->call.url = slice_split(&line, ' ');
  if (!slice_to_u64(slice_split(&line, ' '), &timeout_ms) || !slice_to_u64(line, &body_limit)) {
    fprintf(stderr, "not a call\n");
    exit(2);
  }
  job->call.timeout_ms = (int64_t)timeout_ms;
  job->call.body_limit = body_limit;
  atomic_fetch_add(&open_jobs, 1);
  http_client_start(client, &job->call);
}

int main(int count, char **words) {
  static char line[LINE_BYTES];
  struct http_client_options options = {.allow_private_addresses = true};
  for (int i = 1; i < count; i++) {
    if (strcmp(words[i], "--guarded") == 0) options.allow_private_addresses = false;
    if (strcmp(words[i], "--ca-file") == 0 && i + 1 < count) options.ca_file = words[++i];
  }
  struct http_client *client = http_client_open(&options);
  while (fgets(line, sizeof line, stdin)) start(client, slice_trim(slice_of_string(line)));
  while (atomic_load(&open_jobs)) usleep(1000);
  http_client_close(client);
  return 0;
}
