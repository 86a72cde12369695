/* client.c - the thread that talks to other servers, and whose turn it is. See client.h.
 *
 *   start ─► inbox ─► origin "https://a:443" │▒▒▒│ ─┐ turns    ┌─► libcurl ─► done
 *           (mutex)   origin "https://b:443" │▒│   ─┴─►──►──►──┘ at most HTTP_CLIENT_CALLS_LIMIT,
 *                                                                HTTP_CLIENT_HOST_CALLS_LIMIT each
 *
 * Calls wait by origin. An origin that has a call waiting and fewer running than it may have stands
 * in the queue of turns once, and goes to its end after each call that it starts: a silent server
 * or one with a thousand calls waiting holds nobody else up.
 *
 * All but the inbox belongs to the client's thread. It blocks all signals, and so do the threads
 * that libcurl makes for looking up names.
 */
#include "http/client.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"
#include "http/client_transfer.h"
#include "http/limits.h"

#include "base/banned.h"

/* How often calls that wait are looked through for those whose time is over, and how long the
 * thread sleeps when there is nothing to do. */
enum { EXPIRY_MS = 100, IDLE_MS = 60 * 1000 };

struct origin {
  struct slice name; /* owned; the key in the client's map */
  unsigned running;
  struct http_transfer *first, *last; /* waiting */
  bool is_in_turns;
  struct origin *next; /* of the turns */
};

struct http_client {
  struct http_client_options options;
  pthread_t thread;

  pthread_mutex_t mutex;
  pthread_cond_t performed;
  struct http_call *inbox_first, *inbox_last;
  bool is_stopping;

  CURLM *multi;
  struct map origins;
  struct origin *turns_first, *turns_last;
  struct http_transfer *running; /* with libcurl */
  size_t running_count, waiting_count;
};

/* --- the end of a call ---------------------------------------------------------------------- */

static void finish_call(struct http_client *client, struct http_call *call, int64_t started_us) {
  call->elapsed_us = clock_monotonic_us() - started_us;
  if (!call->is_performed) {
    call->done(call);
    return;
  }
  pthread_mutex_lock(&client->mutex);
  call->is_done = true;
  pthread_cond_broadcast(&client->performed);
  pthread_mutex_unlock(&client->mutex);
}

/* Calls `done` last: the call may be gone then. */
static void finish_transfer(struct http_client *client, struct http_transfer *transfer) {
  struct http_call *call = transfer->call;
  int64_t started_us = transfer->started_us;
  transfer_free(transfer);
  finish_call(client, call, started_us);
}

/* --- origins and turns ------------------------------------------------------------------------ */

static struct origin *origin_get(struct http_client *client, const char *name) {
  struct origin *origin = map_get(&client->origins, slice_of_string(name));
  if (origin) return origin;
  origin = memory_alloc(sizeof *origin);
  *origin = (struct origin){.name = slice_of_string(strdup(name))};
  map_put(&client->origins, origin->name, origin);
  return origin;
}

static void origin_free(struct origin *origin) {
  free((char *)origin->name.ptr);
  free(origin);
}

/* Puts it into the queue of turns, or forgets it when nothing of it is left. */
static void origin_settle(struct http_client *client, struct origin *origin) {
  if (origin->is_in_turns) return;
  if (!origin->first && !origin->running) {
    map_remove(&client->origins, origin->name);
    origin_free(origin);
    return;
  }
  if (!origin->first || origin->running == HTTP_CLIENT_HOST_CALLS_LIMIT) return;
  origin->is_in_turns = true;
  origin->next = NULL;
  if (client->turns_last)
    client->turns_last->next = origin;
  else
    client->turns_first = origin;
  client->turns_last = origin;
}

static struct origin *turn_next(struct http_client *client) {
  struct origin *origin = client->turns_first;
  client->turns_first = origin->next;
  if (!client->turns_first) client->turns_last = NULL;
  origin->is_in_turns = false;
  return origin;
}

static struct http_transfer *origin_take(struct http_client *client, struct origin *origin) {
  struct http_transfer *transfer = origin->first;
  if (!transfer) return NULL;
  origin->first = transfer->next;
  if (!origin->first) origin->last = NULL;
  client->waiting_count--;
  return transfer;
}

static void run_transfer(struct http_client *client, struct http_transfer *transfer) {
  transfer->previous = NULL;
  transfer->next = client->running;
  if (client->running) client->running->previous = transfer;
  client->running = transfer;
  client->running_count++;
  transfer_begin(transfer, &client->options);
  curl_multi_add_handle(client->multi, transfer->easy);
}

static void give_turns(struct http_client *client) {
  while (client->turns_first && client->running_count < HTTP_CLIENT_CALLS_LIMIT) {
    struct origin *origin = turn_next(client);
    struct http_transfer *transfer = origin_take(client, origin);
    if (transfer) {
      origin->running++;
      run_transfer(client, transfer);
    }
    origin_settle(client, origin);
  }
}

/* --- arriving, waiting, ending ------------------------------------------------------------------
 */

static void take_in(struct http_client *client, struct http_call *call) {
  int64_t now_us = call->elapsed_us; /* when it was started */
  struct http_transfer *transfer = transfer_make(call);
  if (!transfer) {
    finish_call(client, call, now_us);
    return;
  }
  transfer->started_us = now_us;
  transfer->deadline_us =
      now_us + (call->timeout_ms ? call->timeout_ms : HTTP_CLIENT_TIMEOUT_MS) * 1000;
  struct origin *origin = origin_get(client, transfer->origin);
  if (origin->last)
    origin->last->next = transfer;
  else
    origin->first = transfer;
  origin->last = transfer;
  client->waiting_count++;
  origin_settle(client, origin);
}

/* False when the client is stopped. */
static bool take_inbox(struct http_client *client) {
  pthread_mutex_lock(&client->mutex);
  struct http_call *call = client->inbox_first;
  bool is_open = !client->is_stopping;
  client->inbox_first = client->inbox_last = NULL;
  pthread_mutex_unlock(&client->mutex);
  while (call) {
    struct http_call *next = call->next;
    take_in(client, call);
    call = next;
  }
  return is_open;
}

static void leave_running(struct http_client *client, struct http_transfer *transfer) {
  struct origin *origin = origin_get(client, transfer->origin);
  curl_multi_remove_handle(client->multi, transfer->easy);
  if (transfer->previous)
    transfer->previous->next = transfer->next;
  else
    client->running = transfer->next;
  if (transfer->next) transfer->next->previous = transfer->previous;
  client->running_count--;
  origin->running--;
  origin_settle(client, origin);
}

/* What libcurl is done with. True when there was something. */
static bool collect_ended(struct http_client *client) {
  CURLMsg *message;
  int left;
  bool has_found = false;
  while ((message = curl_multi_info_read(client->multi, &left))) {
    struct http_transfer *transfer = NULL;
    CURLcode code = message->data.result;
    if (message->msg != CURLMSG_DONE) continue;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
    leave_running(client, transfer);
    transfer_end(transfer, code);
    finish_transfer(client, transfer);
    has_found = true;
  }
  return has_found;
}

/* Takes those out whose time is over before their turn came. Origins stay: each of them is in the
 * queue of turns or has calls running. */
static void expire_waiting(struct http_client *client) {
  int64_t now_us = clock_monotonic_us();
  struct http_transfer *expired = NULL;
  size_t at = 0;
  for (struct map_entry *entry; (entry = map_next(&client->origins, &at));) {
    struct origin *origin = entry->value;
    struct http_transfer **link = &origin->first;
    origin->last = NULL;
    while (*link) {
      struct http_transfer *transfer = *link;
      if (transfer->deadline_us > now_us) {
        origin->last = transfer;
        link = &transfer->next;
        continue;
      }
      *link = transfer->next;
      transfer->next = expired;
      expired = transfer;
      client->waiting_count--;
    }
  }
  while (expired) {
    struct http_transfer *next = expired->next;
    call_fail(expired->call, HTTP_FAILURE_BUSY, "other calls took all of its time");
    finish_transfer(client, expired);
    expired = next;
  }
}

static void stop_all(struct http_client *client) {
  size_t at = 0;
  for (struct map_entry *entry; (entry = map_next(&client->origins, &at));) {
    struct origin *origin = entry->value;
    for (struct http_transfer *waiting; (waiting = origin_take(client, origin));) {
      call_fail(waiting->call, HTTP_FAILURE_STOPPED, "stopped");
      finish_transfer(client, waiting);
    }
  }
  while (client->running) {
    struct http_transfer *transfer = client->running;
    client->running = transfer->next;
    curl_multi_remove_handle(client->multi, transfer->easy);
    http_call_free(transfer->call);
    call_fail(transfer->call, HTTP_FAILURE_STOPPED, "stopped");
    finish_transfer(client, transfer);
  }
  at = 0;
  for (struct map_entry *entry; (entry = map_next(&client->origins, &at));)
    origin_free(entry->value);
  map_free(&client->origins);
}

static void *client_main(void *argument) {
  struct http_client *client = argument;
  int64_t expiry_us = 0;
  while (take_inbox(client)) {
    int running;
    give_turns(client);
    curl_multi_perform(client->multi, &running);
    if (collect_ended(client)) continue;
    if (client->waiting_count && clock_monotonic_us() >= expiry_us) {
      expire_waiting(client);
      expiry_us = clock_monotonic_us() + EXPIRY_MS * 1000;
    }
    curl_multi_poll(client->multi, NULL, 0, client->waiting_count ? EXPIRY_MS : IDLE_MS, NULL);
  }
  stop_all(client);
  return NULL;
}

/* --- for other threads ----------------------------------------------------------------------- */

/* All signals are for others. */
static void start_thread(struct http_client *client) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  if (pthread_create(&client->thread, NULL, client_main, client)) {
    log_write(LOG_ERROR, "cannot start a thread for requests to other servers", "%s", "");
    abort();
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
}

struct http_client *http_client_open(const struct http_client_options *options) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, transfer_prepare_library);
  struct http_client *client = memory_alloc(sizeof *client);
  *client = (struct http_client){.options = *options, .multi = curl_multi_init()};
  if (options->ca_file) client->options.ca_file = strdup(options->ca_file);
  curl_multi_setopt(client->multi, CURLMOPT_MAXCONNECTS, (long)HTTP_CLIENT_CALLS_LIMIT);
  pthread_mutex_init(&client->mutex, NULL);
  pthread_cond_init(&client->performed, NULL);
  start_thread(client);
  return client;
}

void http_client_stop(struct http_client *client) {
  pthread_mutex_lock(&client->mutex);
  bool was_stopping = client->is_stopping;
  client->is_stopping = true;
  pthread_mutex_unlock(&client->mutex);
  if (was_stopping) return;
  curl_multi_wakeup(client->multi);
  pthread_join(client->thread, NULL);
}

void http_client_close(struct http_client *client) {
  if (!client) return;
  http_client_stop(client);
  curl_multi_cleanup(client->multi);
  pthread_cond_destroy(&client->performed);
  pthread_mutex_destroy(&client->mutex);
  free((char *)client->options.ca_file);
  free(client);
}

/* Into the inbox; false when the client is stopped. */
static bool submit(struct http_client *client, struct http_call *call) {
  http_call_free(call);
  call->failure = HTTP_FAILURE_NONE;
  call->failure_text[0] = '\0';
  call->status = 0;
  call->is_done = false;
  call->next = NULL;
  call->elapsed_us = clock_monotonic_us();
  pthread_mutex_lock(&client->mutex);
  bool is_open = !client->is_stopping;
  if (is_open && client->inbox_last)
    client->inbox_last->next = call;
  else if (is_open)
    client->inbox_first = call;
  if (is_open) client->inbox_last = call;
  pthread_mutex_unlock(&client->mutex);
  if (is_open) curl_multi_wakeup(client->multi);
  return is_open;
}

static void refuse(struct http_call *call) {
  call->elapsed_us = 0;
  call_fail(call, HTTP_FAILURE_STOPPED, "stopped");
}

void http_client_start(struct http_client *client, struct http_call *call) {
  assert(call->done);
  call->is_performed = false;
  if (submit(client, call)) return;
  refuse(call);
  call->done(call);
}

void http_client_perform(struct http_client *client, struct http_call *call) {
  assert(!call->done && !pthread_equal(pthread_self(), client->thread));
  call->is_performed = true;
  if (!submit(client, call)) {
    refuse(call);
    return;
  }
  pthread_mutex_lock(&client->mutex);
  while (!call->is_done) pthread_cond_wait(&client->performed, &client->mutex);
  pthread_mutex_unlock(&client->mutex);
}
