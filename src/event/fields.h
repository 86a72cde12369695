/* fields.h - tables that say which JSON member goes to which field of a structure.
 *
 * One table serves reading and writing, so that both always agree. What does not
 * fit a table (lists of structures, old names) is read and written by hand beside
 * it, in decode.c and write.c.
 *
 * Reading never fails: a member of the wrong type is dropped and noted in the
 * event's `errors` with its path ("exception.values.0.type").
 */
#ifndef CULPRIT_EVENT_FIELDS_H
#define CULPRIT_EVENT_FIELDS_H

#include "event/event.h"
#include "json/json.h"

enum field_kind {
  FIELD_TEXT,     /* struct slice; numbers are taken as text. `limit` characters */
  FIELD_LINE,     /* the same, told apart from absent when empty (ptr is not null) */
  FIELD_INTEGER,  /* int64_t; also a number in quotes */
  FIELD_TRISTATE, /* enum tristate */
  FIELD_BOOL,     /* bool */
  FIELD_TIME,     /* int64_t, milliseconds; seconds or RFC 3339 in JSON */
  FIELD_LINES,    /* struct lines: `count` texts of `limit` characters */
  FIELD_MAP,      /* struct pairs, written as an object: `count` pairs, values of `limit` */
  FIELD_PAIRS,    /* the same, written as a list of pairs, since names may repeat */
  FIELD_OBJECT,   /* yyjson_val *, an object: `count` bytes, texts of `limit` */
  FIELD_ANY,      /* yyjson_val *, any value, limited alike */
};

struct field {
  const char *name;
  unsigned char name_length;
  unsigned char kind; /* enum field_kind */
  unsigned short offset;
  unsigned limit, count;
  bool is_read_by_hand; /* the table serves writing alone */
};

struct field_set {
  const struct field *fields;
  size_t count;
};

/* All structures that are read and written by table; in fields.c. */
extern const struct field_set frame_fields, stacktrace_fields, mechanism_fields, exception_fields,
    thread_fields, breadcrumb_fields, request_fields, user_fields, event_fields;

/* --- reading ------------------------------------------------------------------ */

/* Where the reader is; a chain on the C stack that becomes a path when something is noted. */
struct place {
  const struct place *outer;
  const char *name; /* null for an index */
  size_t index;
};

struct reader {
  struct arena *arena;
  struct event *event;
  const struct place *place;
  unsigned seen_attributes; /* bits: which of decode.c's attributes were read */
  size_t frame_count;       /* of all stack traces so far */
  bool is_all_read;         /* what is noted now is of the event as a whole */
  bool is_kept;             /* reads what event_write() wrote, with what grouping decided */
};

/* What to do with members that are not in the table. */
typedef void field_other(struct reader *reader, void *structure, yyjson_val *key,
                         yyjson_val *value);

/* Reads the members of `object` into `structure`. Null counts as absent. */
void fields_read(struct reader *reader, const struct field_set *set, yyjson_val *object,
                 void *structure, field_other *other);

/* Notes that an attribute was dropped or changed; `name` and `value` may be null. Returns the note,
 * whose value may be set still, or null when there are too many. */
struct event_error *reader_note(struct reader *reader, const char *type, const char *name,
                                yyjson_val *value, const char *reason);

/* At most `limit` characters, the last three of them dots when something was cut. */
struct slice reader_cut(struct reader *reader, struct slice text, size_t limit);

/* Name and value pairs from an object, a list of pairs or a list of {key, value}. */
struct pairs reader_pairs(struct reader *reader, yyjson_val *value, size_t limit, size_t count);

#endif
