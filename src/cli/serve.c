/* serve.c - the server: opens everything in order, waits for a signal, closes in reverse.
 *
 *   store ─► set-up ─► forge, client, ingest ─► HTTP (and the control socket) ─► signal
 *
 * SIGTERM and SIGINT are blocked in every thread and taken by sigwait() here, so that stopping is
 * ordinary code. Once stopping has begun a second signal ends the process at once; what was
 * acknowledged is on disk all the same.
 */
#include <assert.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "account/oauth.h"
#include "api/gitlab/gitlab.h"
#include "api/gitlab_hook.h"
#include "api/sentry/api.h"
#include "base/clock.h"
#include "base/log.h"
#include "cli/command.h"
#include "cli/control.h"
#include "cli/operations.h"
#include "cli/set_up.h"
#include "forge/issue.h"
#include "http/client.h"
#include "http/listen.h"
#include "http/proxy.h"
#include "import/import.h"
#include "ingest/application.h"
#include "ingest/ingest.h"
#include "source/actions.h"
#include "source/remote.h"
#include "source/source.h"
#include "store/feedback.h"
#include "tracker/monitor.h"
#include "tracker/regroup.h"
#include "web/report_dialog.h"
#include "web/web.h"

#include "base/banned.h"

enum { THREADS_LIMIT = 64, STOP_TIMEOUT_MS = 10000, CA_FILE_LIMIT = 4 * 1024 * 1024 };

/* Handlers run once this is set: then `application` is complete. */
static atomic_bool is_open;
static struct application application;
static struct sources sources;
static struct store_tick monitor_watch = {.run = monitor_tick};
static struct store_tick feedback_linking = {.run = feedback_tick};

/* --- routes
 * --------------------------------------------------------------------------------------- */

static const struct http_route own_routes[] = {
    {"GET", "/-/health", health_handler, ROUTE_INLINE, 0, 0},
    {"GET", "/-/ready", ready_handler, ROUTE_INLINE, 0, 0},
    {"GET", "/-/metrics", metrics_handler, ROUTE_WORKER, 0, 0},
    {"POST", CONTROL_RUN_PATH, control_handler, ROUTE_WORKER, 0, 0},
    {"GET", PROGRESS_PATH "{name}", progress_handler, ROUTE_WORKER, 0, 0},
    {"POST", GITLAB_HOOK_PATH "{project}", gitlab_hook_receive, ROUTE_WORKER, 0, 0},
    {"GET", "/robots.txt", robots_handler, ROUTE_INLINE, 0, 0},
    {"POST", "/api/{project}/envelope", ingest_envelope, ROUTE_INLINE, 0, INGEST_BODY_LIMIT},
    {"POST", "/api/{project}/store", ingest_store, ROUTE_INLINE, 0, INGEST_BODY_LIMIT},
    /* The key says which project. */
    {"POST", "/api/store", ingest_store, ROUTE_INLINE, 0, INGEST_BODY_LIMIT},
    {"GET", "/api/{project}/store", ingest_store_query, ROUTE_INLINE, 0, 0},
    {"GET", "/api/store", ingest_store_query, ROUTE_INLINE, 0, 0},
    {"OPTIONS", "/api/store", ingest_preflight, ROUTE_INLINE, 0, 0},
    {"GET", "/api/{project}/cron/{slug}", ingest_cron, ROUTE_INLINE, 0, 0},
    {"GET", "/api/{project}/cron/{slug}/{key}", ingest_cron, ROUTE_INLINE, 0, 0},
    {"POST", "/api/{project}/cron/{slug}", ingest_cron, ROUTE_INLINE, 0, 0},
    {"POST", "/api/{project}/cron/{slug}/{key}", ingest_cron, ROUTE_INLINE, 0, 0},
    {"GET", "/api/embed/error-page", report_dialog_show, ROUTE_INLINE, 0, 0},
    {"POST", "/api/embed/error-page", ingest_report_dialog, ROUTE_INLINE, 0, 0},
    {"GET", "/api/relay/healthcheck/live", relay_live_handler, ROUTE_INLINE, 0, 0},
    {"GET", "/api/relay/healthcheck/ready", relay_ready_handler, ROUTE_INLINE, 0, 0},
    {"POST", "/api/{project}/security", ingest_security, ROUTE_INLINE, 0, INGEST_BODY_LIMIT},
    {"POST", "/api/{project}/csp-report", ingest_security, ROUTE_INLINE, 0, INGEST_BODY_LIMIT},
    {"POST", "/api/{project}/nel", ingest_security, ROUTE_INLINE, 0, INGEST_BODY_LIMIT},
    {"OPTIONS", "/api/{project}/security", ingest_preflight, ROUTE_INLINE, 0, 0},
    {"OPTIONS", "/api/{project}/csp-report", ingest_preflight, ROUTE_INLINE, 0, 0},
    {"OPTIONS", "/api/{project}/nel", ingest_preflight, ROUTE_INLINE, 0, 0},
    {"POST", "/api/{project}/minidump", ingest_minidump, ROUTE_INLINE, 0, INGEST_BODY_LIMIT},
    {"POST", "/api/{project}/events/{event}/attachments", ingest_attachments, ROUTE_INLINE, 0,
     INGEST_BODY_LIMIT},
    {"OPTIONS", "/api/{project}/events/{event}/attachments", ingest_preflight, ROUTE_INLINE, 0, 0},
    {"OPTIONS", "/api/{project}/envelope", ingest_preflight, ROUTE_INLINE, 0, 0},
    {"OPTIONS", "/api/{project}/store", ingest_preflight, ROUTE_INLINE, 0, 0},
    {0},
};

static size_t route_count(const struct http_route *routes) {
  size_t count = 0;
  while (routes[count].pattern) count++;
  return count;
}

/* All tables as one, in this order: pages come last because theirs begin with any organization. */
static struct http_route *all_routes(struct arena *arena) {
  const struct http_route *const tables[] = {own_routes, api_routes, gitlab_routes, web_routes};
  size_t count = 0, at = 0;
  for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) count += route_count(tables[i]);
  struct http_route *routes = ARENA_ARRAY(arena, count + 1, struct http_route);
  for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
    size_t some = route_count(tables[i]);
    memcpy(routes + at, tables[i], some * sizeof *routes);
    at += some;
  }
  return routes;
}

/* Each table's routes are let in by its own rules; this file's are open to everybody. */
static bool before(struct http_request *request, struct http_response *response) {
  if (!atomic_load_explicit(&is_open, memory_order_acquire)) {
    response->status = 503;
    http_set_header(response, "Retry-After", SLICE("1"));
    return false;
  }
  if (request->route->access & WEB_ROUTE) return web_before(request, response);
  if (request->route->access & GITLAB_ROUTE) return gitlab_before(request, response);
  if (slice_starts_with(slice_of_string(request->route->pattern), SLICE(API_PREFIX)))
    return api_before(request, response);
  return true;
}

static void on_problem(struct http_request *request, struct http_response *response,
                       const struct problem *problem) {
  struct slice path = request->path;
  bool is_for_programs = slice_starts_with(path, SLICE("/api/")) ||
                         slice_starts_with(path, SLICE("/-/")) ||
                         !atomic_load_explicit(&is_open, memory_order_acquire);
  if (gitlab_is_path(path)) {
    gitlab_on_problem(request, response, problem);
    return;
  }
  /* The endpoints of SDKs; Sentry's API is below /api/0/. */
  if (slice_starts_with(path, SLICE("/api/")) && !slice_starts_with(path, SLICE(API_PREFIX)))
    ingest_allow_origin(request, response);
  if (is_for_programs)
    api_on_problem(request, response, problem);
  else
    web_on_problem(request, response, problem);
}

/* --- settings
 * -------------------------------------------------------------------------------------- */

struct serve_settings {
  const char *directory, *listen, *trusted_proxies;
  struct slice url; /* empty: from the address */
  uint64_t threads;
  struct forge_options forge;
  struct http_client_options client;
};

static enum status read_log_level(struct slice name, struct problem *problem) {
  static const char *const names[] = {"debug", "info", "warning", "error"};
  for (unsigned level = LOG_DEBUG; level <= LOG_ERROR; level++) {
    if (!slice_equal_string(name, names[level])) continue;
    log_set_level((enum log_level)level);
    return STATUS_OK;
  }
  return problem_set(problem, STATUS_BAD_INPUT,
                     "There is no log level \"%.*s\". Levels are debug, info, warning and error.",
                     SLICE_ARGS(slice_cut_utf8(name, 80)));
}

/* Addresses are read again where they are used; wrong ones are refused before anything is made. */
static enum status check_addresses(const struct serve_settings *settings, struct problem *problem) {
  struct listen_address address;
  struct proxy_list proxies = {0};
  enum status status = listen_parse(&address, settings->listen, problem);
  if (!status) status = proxy_list_parse(&proxies, settings->trusted_proxies, problem);
  proxy_list_free(&proxies);
  return status;
}

/* libcurl would say that the file is no good only when the first connection is made. */
static enum status read_ca_file(struct command_context *context, struct serve_settings *settings) {
  struct slice name = context->arguments->values[OPTION_CA_FILE], text;
  if (!name.len) return STATUS_OK;
  enum status status = file_read(context, name, CA_FILE_LIMIT, &text);
  if (status) return status;
  if (slice_find(text, SLICE("-----BEGIN CERTIFICATE-----")) == text.len)
    return problem_set(context->problem, STATUS_BAD_INPUT,
                       "%.*s, which --ca-file names, holds no certificate in PEM form.",
                       SLICE_ARGS(slice_cut_utf8(name, 200)));
  settings->client.ca_file = settings->forge.ca_file = arena_string(context->arena, name);
  return STATUS_OK;
}

static enum status read_settings(struct command_context *context, struct serve_settings *settings) {
  const struct arguments *arguments = context->arguments;
  const struct slice *values = arguments->values;
  bool allows_private = arguments_is_set(arguments, OPTION_ALLOW_PRIVATE_ADDRESSES);
  enum status status;
  *settings = (struct serve_settings){
      .directory = arena_string(context->arena, values[OPTION_DATA]),
      .listen = "127.0.0.1:9000",
      .url = values[OPTION_URL],
      .forge = {.allow_private_addresses = allows_private,
                .repository_root = values[OPTION_REPOSITORY_ROOT]},
      .client = {.allow_private_addresses = allows_private},
  };
  if (values[OPTION_LISTEN].len)
    settings->listen = arena_string(context->arena, values[OPTION_LISTEN]);
  if (values[OPTION_TRUSTED_PROXIES].len)
    settings->trusted_proxies = arena_string(context->arena, values[OPTION_TRUSTED_PROXIES]);
  status = check_addresses(settings, context->problem);
  if (!status) status = read_ca_file(context, settings);
  if (!status && settings->url.len) status = url_check(&settings->url, context->problem);
  if (!status && values[OPTION_LOG_LEVEL].len)
    status = read_log_level(values[OPTION_LOG_LEVEL], context->problem);
  if (!status && values[OPTION_THREADS].len &&
      (!slice_to_u64(values[OPTION_THREADS], &settings->threads) ||
       settings->threads > THREADS_LIMIT))
    status = problem_set(context->problem, STATUS_BAD_INPUT,
                         "--threads takes a number from 1 to %d, or 0 for one each core.",
                         THREADS_LIMIT);
  return status;
}

/* Where people and SDKs find a server that was given no URL. Addresses that stand for all of this
 * machine's become its name. */
static struct slice url_of_address(struct arena *arena, const char *address) {
  struct slice text = slice_of_string(address);
  if (slice_starts_with(text, SLICE("unix:"))) return SLICE("http://localhost");
  size_t colon = slice_find_last_byte(text, ':');
  struct slice host = slice_upto(text, colon);
  if (slice_equal_string(host, "0.0.0.0") || slice_equal_string(host, "[::]"))
    host = SLICE("localhost");
  return arena_printf(arena, "http://%.*s%.*s", SLICE_ARGS(host),
                      SLICE_ARGS(slice_from(text, colon)));
}

/* Passwords and events in the clear on a network are worth a warning. */
static void warn_about_exposure(const char *address, struct slice url) {
  struct slice text = slice_of_string(address);
  if (slice_starts_with(text, SLICE("127.")) || slice_starts_with(text, SLICE("[::1]")) ||
      slice_starts_with(text, SLICE("unix:")) || slice_starts_with(url, SLICE("https://")))
    return;
  log_write(LOG_WARNING,
            "serving without encryption on a network; put a proxy with TLS before it and name its "
            "address with --url",
            "address=%s", address);
}

/* --- running
 * ---------------------------------------------------------------------------------------- */

/* Tokens of other servers are in memory in the clear while they are used. Sanitizers look into
 * their own process as a debugger does, and cannot when this is on. */
static void forbid_core_dumps(void) {
#ifndef SANITIZED
  const struct rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
  prctl(PR_SET_DUMPABLE, 0);
#endif
}

static void prepare_process(sigset_t *signals) {
  struct rlimit files;
  forbid_core_dumps();
  /* Few malloc arenas and a fixed threshold keep the resident size near what is used. */
  mallopt(M_ARENA_MAX, 2);
  mallopt(M_MMAP_THRESHOLD, 256 * 1024);
  mallopt(M_TRIM_THRESHOLD, 1024 * 1024);
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
  sigemptyset(signals);
  sigaddset(signals, SIGTERM);
  sigaddset(signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, signals, NULL);
}

static void release_signals(const sigset_t *signals) {
  signal(SIGTERM, SIG_DFL);
  signal(SIGINT, SIG_DFL);
  pthread_sigmask(SIG_UNBLOCK, signals, NULL);
}

/* A command may have the directory for a moment; a server keeps it. */
static enum status open_store(struct command_context *context, const char *directory) {
  enum { TRIES = 40, PAUSE_MS = 50 };
  const struct control_request ping = {directory, "GET", "/-/health", SLICE_EMPTY, false};
  enum status status = STATUS_OK;
  for (int i = 0; i < TRIES; i++) {
    struct control_answer answer;
    struct problem problem;
    status = store_open(directory, &context->store, context->problem);
    if (status != STATUS_CONFLICT ||
        control_call(context->arena, &ping, &answer, &problem) != STATUS_UNAVAILABLE)
      break;
    nanosleep(&(struct timespec){.tv_nsec = PAUSE_MS * 1000000L}, NULL);
  }
  return status;
}

static enum status start_server(struct command_context *context,
                                const struct serve_settings *settings) {
  const struct http_server_options server_options = {
      .listen = settings->listen,
      .control_path = control_socket_path(context->arena, settings->directory),
      .threads = (unsigned)settings->threads,
      .routes = all_routes(context->arena),
      .before = before,
      .on_problem = on_problem,
      .trusted_proxies = settings->trusted_proxies,
      .application = &application,
  };
  enum status status = http_server_start(&application.server, &server_options, context->problem);
  if (status == STATUS_CONFLICT) {
    struct problem taken = *context->problem;
    return problem_set(context->problem, status, "%s It is chosen with --listen or CULPRIT_LISTEN.",
                       taken.message);
  }
  if (status) return status;
  const char *address = http_server_address(application.server);
  application.public_url =
      settings->url.len ? settings->url : url_of_address(context->arena, address);
  forge_set_public_url(application.forge, application.public_url);
  atomic_store_explicit(&is_open, true, memory_order_release);
  warn_about_exposure(address, application.public_url);
  return STATUS_OK;
}

/* Plain lines that people and scripts read. */
static enum status print_welcome(struct command_context *context) {
  struct welcome welcome;
  enum status status = set_up_welcome(context->store, context->arena, application.public_url,
                                      &welcome, context->problem);
  if (status) return status;
  const char *address = http_server_address(application.server);
  printf("Listening on %s%s\n", strncmp(address, "unix:", 5) ? "http://" : "", address);
  if (welcome.sign_in_link.len) printf("Sign in:  %.*s\n", SLICE_ARGS(welcome.sign_in_link));
  if (welcome.dsn.len) printf("DSN:      %.*s\n", SLICE_ARGS(welcome.dsn));
  fflush(stdout);
  return STATUS_OK;
}

static void wait_for_signal(const sigset_t *signals) {
  int received = 0;
  while (sigwait(signals, &received)) {
  }
  log_write(LOG_INFO, "stopping", "signal=%s", received == SIGINT ? "SIGINT" : "SIGTERM");
  release_signals(signals);
}

static void *resume_regrouping(void *store) {
  tracker_regroup_resume(store);
  return NULL;
}

/* Once it is known what links to this server start with: tasks write them to others. */
static struct outbox *open_outbox(struct store *store) {
  const struct outbox_kind *tables[] = {forge_outbox_kinds(application.forge), action_kinds, NULL};
  return outbox_open(store, application.client, tables);
}

static enum status serve(struct command_context *context, const struct serve_settings *settings,
                         const sigset_t *signals) {
  application.store = context->store;
  application.started_us = clock_monotonic_us();
  enum status status = set_up(context->store, context->problem);
  if (status) return status;
  store_add_tick(context->store, &monitor_watch);
  store_add_tick(context->store, &feedback_linking);
  application.client = http_client_open(&settings->client);
  application.allow_private_addresses = settings->client.allow_private_addresses;
  struct forge_options forge_options = settings->forge;
  application.oauth = oauth_open(context->store, application.client);
  forge_options.client = application.client;
  forge_options.grants = oauth_grants(application.oauth);
  forge_options.follow_remote = actions_follow_issue;
  application.forge = forge_open(context->store, &forge_options);
  application.ingest = ingest_open(context->store);
  sources.store = context->store;
  sources.remote = remote_open(context->store, application.client);
  application.sources = &sources;
  pthread_t resuming;
  pthread_create(&resuming, NULL, resume_regrouping, context->store);
  status = start_server(context, settings);
  if (!status) {
    status = print_welcome(context);
    struct outbox *outbox = open_outbox(context->store);
    if (!status) {
      log_write(LOG_INFO, "listening", "address=%s", http_server_address(application.server));
      wait_for_signal(signals);
    }
    tracker_regroup_stop();
    import_stop();
    outbox_stop(outbox);
    remote_stop(sources.remote); /* pages may wait for other servers */
    forge_stop_waiting(application.forge);
    http_client_stop(application.client);
    http_server_stop(application.server, STOP_TIMEOUT_MS);
    outbox_close(outbox);
  }
  tracker_regroup_stop();
  remote_stop(sources.remote);
  pthread_join(resuming, NULL);
  ingest_close(application.ingest);
  http_client_stop(application.client);
  forge_close(application.forge);
  oauth_close(application.oauth);
  http_client_close(application.client);
  return status;
}

enum status serve_command(struct command_context *context) {
  struct serve_settings settings;
  sigset_t signals;
  char quoted[LOG_QUOTED_BYTES];
  enum status status = read_settings(context, &settings);
  if (status) return status;
  prepare_process(&signals);
  status = open_store(context, settings.directory);
  if (!status) {
    log_write(LOG_INFO, "starting", "data=%s version=%s",
              log_quote(quoted, slice_of_string(settings.directory)), CULPRIT_VERSION);
    status = serve(context, &settings, &signals);
    store_close(context->store);
    remote_close(sources.remote); /* the store writes its last answers until it is closed */
  }
  if (status && !isatty(STDERR_FILENO)) {
    log_write(LOG_ERROR, "not serving", "reason=%s",
              log_quote(quoted, slice_of_string(context->problem->message)));
  } else if (!status) {
    log_write(LOG_INFO, "stopped", "uptime_s=%lld",
              (long long)((clock_monotonic_us() - application.started_us) / 1000000));
  }
  return status;
}
