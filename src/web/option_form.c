/* option_form.c - see option_form.h. */
#include "web/option_form.h"

#include "store/option.h"

#include "base/banned.h"

struct pairs option_form_load(struct web *web) {
  struct transaction *tx = store_begin_read(web->application->store);
  struct pairs options = option_list(tx, web->arena, web->project.id);
  store_end_read(tx);
  return options;
}

bool option_form_is_on(struct pairs options, const struct option_switch *choice) {
  struct slice value = pairs_get(options, slice_of_string(choice->name));
  return slice_is_empty(value) ? choice->otherwise : slice_equal(value, SLICE("on"));
}

/* Browsers send text areas with "\r\n". */
static struct slice lines_of(struct arena *arena, struct slice text) {
  text = slice_trim(text);
  char *out = arena_alloc_raw(arena, text.len);
  size_t len = 0;
  for (size_t i = 0; i < text.len; i++) {
    if (text.ptr[i] != '\r') out[len++] = text.ptr[i];
  }
  return slice_of(out, len);
}

struct pairs option_form_read(struct web *web, const struct option_switch *switches, size_t count,
                              const char *const *lists) {
  size_t list_count = 0;
  while (lists[list_count]) list_count++;
  struct pairs options = {ARENA_ARRAY(web->arena, count + list_count, struct pair), 0};
  for (size_t i = 0; i < count; i++) {
    bool is_on = !slice_is_empty(http_form_value(web->request, switches[i].name));
    struct slice value = is_on == switches[i].otherwise ? SLICE_EMPTY
                         : is_on                        ? SLICE("on")
                                                        : SLICE("off");
    options.items[options.count++] = (struct pair){slice_of_string(switches[i].name), value};
  }
  for (size_t i = 0; i < list_count; i++) {
    options.items[options.count++] = (struct pair){
        slice_of_string(lists[i]), lines_of(web->arena, http_form_value(web->request, lists[i]))};
  }
  return options;
}
