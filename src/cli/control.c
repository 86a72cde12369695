/* control.c - see control.h. The client's side blocks and speaks just enough HTTP for our own
 * server. */
#include "cli/control.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>
#include <yyjson.h>

#include "ingest/application.h"

#include "base/banned.h"

enum { ANSWER_LIMIT = 2 * OUTPUT_LIMIT, TIMEOUT_S = 60, LONG_TIMEOUT_S = 24 * 60 * 60 };

const char *control_socket_path(struct arena *arena, const char *directory) {
  static const char name[] = "control.sock";
  const size_t limit = sizeof((struct sockaddr_un *)NULL)->sun_path - sizeof name - 1;
  if (strlen(directory) < limit)
    return arena_string(arena, arena_printf(arena, "%s/%s", directory, name));
  int fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
  return arena_string(arena, arena_printf(arena, "/proc/self/fd/%d/%s", fd, name));
}

/* --- the client's side ----------------------------------------------------------------------- */

static enum status connect_to(struct arena *arena, const struct control_request *request, int *fd,
                              struct problem *problem) {
  const char *directory = request->directory;
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  struct timeval timeout = {.tv_sec = request->is_long ? LONG_TIMEOUT_S : TIMEOUT_S};
  struct slice path = slice_of_string(control_socket_path(arena, directory));
  memcpy(address.sun_path, path.ptr, path.len);
  *fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (*fd < 0)
    return problem_set(problem, STATUS_FAILED, "No socket could be made: %s.", strerror(errno));
  setsockopt(*fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  setsockopt(*fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
  if (connect(*fd, (struct sockaddr *)&address, sizeof address) == 0) return STATUS_OK;
  int error = errno;
  close(*fd);
  if (error == ENOENT || error == ECONNREFUSED || error == ENOTDIR)
    return problem_set(problem, STATUS_UNAVAILABLE, "No server runs on %s.", directory);
  return problem_set(problem, STATUS_FAILED,
                     "The server's control socket %.*s cannot be used: %s. Run this as the user "
                     "that the server runs as.",
                     SLICE_ARGS(path), strerror(error));
}

static bool send_all(int fd, struct slice bytes) {
  while (bytes.len) {
    ssize_t sent = send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes = slice_from(bytes, (size_t)sent);
  }
  return true;
}

static bool receive_all(int fd, struct buffer *into) {
  enum { CHUNK = 16 * 1024 };
  while (true) {
    char *room = buffer_reserve(into, CHUNK);
    if (!room) return false;
    ssize_t got = recv(fd, room, CHUNK, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return false;
    if (got == 0) return true;
    into->len += (size_t)got;
  }
}

/* "HTTP/1.1 200 OK", headers, an empty line, the body until the end. */
static bool answer_parse(struct slice bytes, struct control_answer *answer) {
  int64_t code;
  size_t head_end = slice_find(bytes, SLICE("\r\n\r\n"));
  size_t blank = slice_find_byte(bytes, ' ');
  if (head_end == bytes.len || !slice_starts_with(bytes, SLICE("HTTP/1.")) ||
      !slice_to_i64(slice_upto(slice_from(bytes, blank + 1), 3), &code))
    return false;
  *answer = (struct control_answer){(int)code, slice_from(bytes, head_end + 4)};
  return true;
}

enum status control_call(struct arena *arena, const struct control_request *request,
                         struct control_answer *answer, struct problem *problem) {
  int fd;
  enum status status = connect_to(arena, request, &fd, problem);
  if (status) return status;
  struct slice head = arena_printf(arena,
                                   "%s %s HTTP/1.1\r\nHost: culprit\r\nConnection: close\r\n"
                                   "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
                                   request->method, request->path, request->body.len);
  struct buffer received = buffer_make(ANSWER_LIMIT);
  bool is_answered = send_all(fd, head) && send_all(fd, request->body) &&
                     receive_all(fd, &received) &&
                     answer_parse(arena_copy(arena, buffer_slice(&received)), answer);
  buffer_free(&received);
  close(fd);
  if (is_answered) return STATUS_OK;
  return problem_set(problem, STATUS_FAILED,
                     "The server on %s did not answer; its log may say why.", request->directory);
}

/* Frees the document. */
static struct slice json_text(struct arena *arena, yyjson_mut_doc *document) {
  size_t len;
  char *text = yyjson_mut_write(document, 0, &len);
  struct slice copy = text ? arena_copy(arena, slice_of(text, len)) : SLICE_EMPTY;
  free(text);
  yyjson_mut_doc_free(document);
  return copy;
}

static struct slice request_body(struct arena *arena, const struct control_run *run) {
  struct slice words[WORDS_LIMIT];
  size_t count = arguments_words(run->arguments, arena, words);
  yyjson_mut_doc *document = yyjson_mut_doc_new(NULL);
  yyjson_mut_val *root = yyjson_mut_obj(document), *list = yyjson_mut_arr(document);
  for (size_t i = 0; i < count; i++)
    yyjson_mut_arr_add_strncpy(document, list, words[i].len ? words[i].ptr : "", words[i].len);
  yyjson_mut_obj_add_val(document, root, "words", list);
  yyjson_mut_obj_add_strncpy(document, root, "input", run->input.len ? run->input.ptr : "",
                             run->input.len);
  if (run->progress) yyjson_mut_obj_add_str(document, root, "progress", run->progress);
  yyjson_mut_doc_set_root(document, root);
  return json_text(arena, document);
}

static struct slice json_string(struct arena *arena, yyjson_val *object, const char *name) {
  yyjson_val *value = yyjson_obj_get(object, name);
  if (!yyjson_is_str(value)) return SLICE_EMPTY;
  return arena_copy(arena, slice_of(yyjson_get_str(value), yyjson_get_len(value)));
}

enum status control_run(struct arena *arena, const struct control_run *run,
                        struct control_result *result, struct problem *problem) {
  struct control_answer answer;
  struct control_request request = {run->directory, "POST", CONTROL_RUN_PATH,
                                    request_body(arena, run), true};
  if (!request.body.len)
    return problem_set(problem, STATUS_BAD_INPUT, "The command is not valid UTF-8.");
  enum status status = control_call(arena, &request, &answer, problem);
  if (status) return status;
  yyjson_doc *document = yyjson_read(answer.body.ptr, answer.body.len, 0);
  yyjson_val *exit_status = yyjson_obj_get(yyjson_doc_get_root(document), "exit");
  if (answer.code == 200 && yyjson_is_int(exit_status)) {
    result->exit_status = yyjson_get_int(exit_status);
    result->output = json_string(arena, yyjson_doc_get_root(document), "output");
    result->error = json_string(arena, yyjson_doc_get_root(document), "error");
  } else {
    status = problem_set(problem, STATUS_FAILED,
                         "The server on %s answered with status %d; its log may say why.",
                         run->directory, answer.code);
  }
  yyjson_doc_free(document);
  return status;
}

/* --- the server's side -------------------------------------------------------------------------
 */

static size_t words_of(struct arena *arena, yyjson_val *list, struct slice words[WORDS_LIMIT]) {
  size_t count = 0, index, max;
  yyjson_val *word;
  yyjson_arr_foreach(list, index, max, word) {
    if (count < WORDS_LIMIT && yyjson_is_str(word))
      words[count++] = arena_copy(arena, slice_of(yyjson_get_str(word), yyjson_get_len(word)));
  }
  return count;
}

static enum status run_words(struct command_context *context, struct arguments *arguments,
                             const struct slice *words, size_t count) {
  enum status status = arguments_parse(words, count, arguments, context->problem);
  if (status) return status;
  if (!arguments->command || arguments->command->kind == COMMAND_LOCAL)
    return problem_set(context->problem, STATUS_BAD_INPUT,
                       "The server does not run this command. Is it of another version?");
  if (arguments_is_set(arguments, OPTION_URL)) {
    context->public_url = arguments->values[OPTION_URL];
    status = url_check(&context->public_url, context->problem);
  }
  return status ? status : arguments->command->run(context);
}

static void answer_write(struct http_response *response, const struct control_result *result) {
  yyjson_mut_doc *document = yyjson_mut_doc_new(NULL);
  yyjson_mut_val *root = yyjson_mut_obj(document);
  yyjson_mut_obj_add_int(document, root, "exit", result->exit_status);
  yyjson_mut_obj_add_strncpy(document, root, "output", result->output.len ? result->output.ptr : "",
                             result->output.len);
  yyjson_mut_obj_add_strncpy(document, root, "error", result->error.len ? result->error.ptr : "",
                             result->error.len);
  yyjson_mut_doc_set_root(document, root);
  http_set_header(response, "Content-Type", SLICE("application/json"));
  buffer_append_slice(&response->body, json_text(response->arena, document));
}

void control_handler(struct http_request *request, struct http_response *response) {
  const struct application *application = request->application;
  struct slice words[WORDS_LIMIT];
  struct arguments arguments;
  struct problem problem = {0};
  if (!request->is_control) {
    response->status = 404;
    return;
  }
  yyjson_doc *document = yyjson_read(request->body.ptr, request->body.len, 0);
  yyjson_val *root = yyjson_doc_get_root(document);
  size_t count = words_of(request->arena, yyjson_obj_get(root, "words"), words);
  struct buffer output = buffer_make(OUTPUT_LIMIT);
  struct command_context context = {.arguments = &arguments,
                                    .arena = request->arena,
                                    .store = application->store,
                                    .client = application->client,
                                    .allow_private_addresses = application->allow_private_addresses,
                                    .public_url = application->public_url,
                                    .input = json_string(request->arena, root, "input"),
                                    .output = &output,
                                    .problem = &problem};
  struct progress progress;
  progress_begin(&progress, json_string(request->arena, root, "progress"));
  context.progress = progress.name[0] ? &progress : NULL;
  yyjson_doc_free(document);
  enum status status = run_words(&context, &arguments, words, count);
  progress_end(&progress);
  struct control_result result = {command_exit_status(status), buffer_slice(&output),
                                  status ? slice_of_string(problem.message) : SLICE_EMPTY};
  answer_write(response, &result);
  buffer_free(&output);
}
