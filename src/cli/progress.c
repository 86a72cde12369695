/* progress.c - see progress.h. */
#include "cli/progress.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "cli/control.h"

#include "base/banned.h"

/* Logs get a line this often, terminals have one that changes. */
#define LINE_EVERY_MS (10 * SECOND_MS)

static struct {
  pthread_mutex_t mutex;
  struct progress *first;
} commands_running = {.mutex = PTHREAD_MUTEX_INITIALIZER};

/* --- in the server ------------------------------------------------------------------------ */

void progress_begin(struct progress *progress, struct slice name) {
  *progress = (struct progress){0};
  if (name.len != PROGRESS_NAME_BYTES - 1) return;
  memcpy(progress->name, name.ptr, name.len);
  pthread_mutex_lock(&commands_running.mutex);
  progress->next = commands_running.first;
  commands_running.first = progress;
  pthread_mutex_unlock(&commands_running.mutex);
}

void progress_end(struct progress *progress) {
  pthread_mutex_lock(&commands_running.mutex);
  struct progress **at = &commands_running.first;
  while (*at && *at != progress) at = &(*at)->next;
  if (*at) *at = progress->next;
  pthread_mutex_unlock(&commands_running.mutex);
}

static void print(struct progress *progress) {
  int64_t now_ms = clock_now_ms();
  bool is_terminal = isatty(STDERR_FILENO);
  if (!is_terminal && now_ms - progress->printed_ms < LINE_EVERY_MS) return;
  progress->printed_ms = now_ms;
  fprintf(stderr, is_terminal ? "\r\033[K%s\r" : "%s\n", progress->text);
  fflush(stderr);
}

void progress_note(struct progress *progress, struct slice text) {
  text = slice_cut_utf8(text, PROGRESS_TEXT_BYTES - 1);
  pthread_mutex_lock(&commands_running.mutex);
  memcpy(progress->text, text.ptr, text.len);
  progress->text[text.len] = '\0';
  pthread_mutex_unlock(&commands_running.mutex);
  if (!progress->name[0]) print(progress);
}

void progress_handler(struct http_request *request, struct http_response *response) {
  struct slice name = http_parameter(request, "name");
  response->status = 404;
  if (!request->is_control) return;
  http_set_header(response, "Content-Type", SLICE("text/plain; charset=utf-8"));
  pthread_mutex_lock(&commands_running.mutex);
  for (struct progress *at = commands_running.first; at; at = at->next) {
    if (!slice_equal_string(name, at->name)) continue;
    response->status = 200;
    buffer_append_slice(&response->body, slice_of_string(at->text));
  }
  pthread_mutex_unlock(&commands_running.mutex);
}

/* --- where the command was typed ------------------------------------------------------------- */

struct progress_watch {
  const char *directory;
  struct progress progress; /* what was printed last; its name is not set */
  char name[PROGRESS_NAME_BYTES];
  pthread_t thread;
  pthread_mutex_t mutex;
  pthread_cond_t ended;
  bool is_over;
};

static void ask(struct progress_watch *watch) {
  struct arena arena = {0};
  struct control_answer answer;
  struct problem ignored;
  struct slice path = arena_printf(&arena, PROGRESS_PATH "%s", watch->name);
  const struct control_request request = {watch->directory, "GET", arena_string(&arena, path),
                                          SLICE_EMPTY, false};
  if (!control_call(&arena, &request, &answer, &ignored) && answer.code == 200 && answer.body.len)
    progress_note(&watch->progress, answer.body);
  arena_free(&arena);
}

static void *run(void *context) {
  struct progress_watch *watch = context;
  pthread_mutex_lock(&watch->mutex);
  while (!watch->is_over) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec++;
    pthread_cond_timedwait(&watch->ended, &watch->mutex, &until);
    if (watch->is_over) break;
    pthread_mutex_unlock(&watch->mutex);
    ask(watch);
    pthread_mutex_lock(&watch->mutex);
  }
  pthread_mutex_unlock(&watch->mutex);
  return NULL;
}

struct progress_watch *progress_watch(const char *directory) {
  unsigned char random[(PROGRESS_NAME_BYTES - 1) / 2];
  struct progress_watch *watch = memory_alloc(sizeof *watch);
  *watch = (struct progress_watch){.directory = directory,
                                   .mutex = PTHREAD_MUTEX_INITIALIZER,
                                   .ended = PTHREAD_COND_INITIALIZER};
  random_fill(random, sizeof random);
  hex_encode(random, sizeof random, watch->name);
  pthread_create(&watch->thread, NULL, run, watch);
  return watch;
}

const char *progress_watch_name(const struct progress_watch *watch) { return watch->name; }

void progress_unwatch(struct progress_watch *watch) {
  pthread_mutex_lock(&watch->mutex);
  watch->is_over = true;
  pthread_cond_signal(&watch->ended);
  pthread_mutex_unlock(&watch->mutex);
  pthread_join(watch->thread, NULL);
  pthread_mutex_destroy(&watch->mutex);
  pthread_cond_destroy(&watch->ended);
  free(watch);
}
