/* Rebound: what stands before the MIME parser.
 *
 * GMime's memory and time grow with the number of fields, parts and levels, so the lines that
 * make them are counted here, before it sees them. And half of its time goes into fields that
 * nobody reads, and into addresses and dates of which we read a few: where a line is surely of a
 * header, as following the boundaries tells, GMime gets nothing but the fields of the structure,
 * and what else is read is put aside.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard.h"

#include <gmime/gmime.h>
#include <string.h>

#include "fields.h"
#include "line-ends.h"
#include "warnings.h"
#include "translate.h"

/* GMime has none of its own. */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GMimeContentType, g_object_unref)

/* How many full headers a message may have: they are decoded all. */
#define TOGETHER 2

/* A message's header, or that of one it carries, in the order of the bytes. */
typedef struct
{
  gint64 carrier; /* as for rebound_guarded_find_header() */
  gsize start;    /* in the headers */
  gsize length;
} Header;

typedef struct
{
  const ReboundLimits *limits;
  const ReboundRules *rules;
  ReboundConverters *converters;
  GArray *warnings;
  ReboundGuarded *out;
  const char *end;       /* of the message */
  const char *run;       /* what goes to the parser next, … */
  gsize run_length;      /* … and has not gone yet */
  GPtrArray *boundaries; /* of the multiparts that are open, "--" before them */
  guint delimiters;
  gboolean first;    /* header */
  gboolean reported; /* there is a report that a machine can read, in no carried message */
  gboolean carried;  /* a message that is carried has begun, … */
  guint outside;     /* … within so many of the boundaries */
  gboolean skipping; /* its body, which nobody reads */
  /* the header, if there is one */
  gboolean in_header;
  gboolean sure;       /* it is one: of the message, or behind an open boundary */
  gboolean of_message; /* and of a message */
  gboolean of_part;    /* it stands behind a delimiter */
  gboolean doubtful;   /* what its body is: it is encoded, or of two types */
  gboolean digest;     /* the parts without a Content-Type are messages */
  GString *type;       /* its Content-Type, … */
  gint64 carrier;      /* … and where it stands */
  GString *encoding;   /* its Content-Transfer-Encoding */
  gboolean repeats;    /* one of the two is there twice */
  gsize header_bytes;
  guint fields;
  gsize all_header_bytes; /* of the headers before this one */
  guint all_fields;
  /* the field */
  gboolean for_parser;
  gboolean for_reader;
  gboolean content_type; /* it is the Content-Type */
  GString *value;        /* where it is kept too: one of the two above; or NULL */
  gboolean skip;         /* the rest of it, beyond a cap */
  gsize field_bytes;
} Guard;

static ReboundGuarded *
guarded_new (gsize size)
{
  ReboundGuarded *self = g_new0 (ReboundGuarded, 1);

  self->bytes = g_byte_array_sized_new (size + 1);
  self->headers = g_byte_array_sized_new (1024);
  self->index = g_array_new (FALSE, FALSE, sizeof (Header));
  return self;
}

void
rebound_guarded_free (ReboundGuarded *self)
{
  g_byte_array_unref (self->bytes);
  g_byte_array_unref (self->headers);
  g_array_unref (self->index);
  g_free (self->type);
  g_free (self->encoding);
  g_free (self);
}

static void
append_line (GByteArray *to, const char *line, gsize length)
{
  g_byte_array_append (to, (const guint8 *) line, length);
  g_byte_array_append (to, (const guint8 *) "\n", 1);
}

static void
end_run (Guard *guard)
{
  g_byte_array_append (guard->out->bytes, (const guint8 *) guard->run, guard->run_length);
  guard->run_length = 0;
}

/* Lines that stand one after the other, and end with LF already, are copied together. */
static void
put_line (Guard *guard, const char *line, gsize length)
{
  if (line != guard->run + guard->run_length)
    {
      end_run (guard);
      guard->run = line;
    }
  guard->run_length += length;
  if (line + length < guard->end && line[length] == '\n')
    {
      guard->run_length++;
      return;
    }
  end_run (guard);
  g_byte_array_append (guard->out->bytes, (const guint8 *) "\n", 1);
}

static void
begin_header (Guard *guard, gboolean sure, gboolean of_message)
{
  Header header = { guard->carrier, guard->out->headers->len, 0 };

  guard->in_header = TRUE;
  guard->sure = sure;
  guard->of_message = of_message;
  guard->of_part = !of_message;
  guard->doubtful = guard->repeats = FALSE;
  guard->content_type = guard->for_reader = FALSE;
  guard->for_parser = !sure; /* no field yet */
  guard->skip = FALSE;
  g_string_truncate (guard->type, 0);
  g_string_truncate (guard->encoding, 0);
  guard->all_header_bytes += guard->header_bytes;
  guard->all_fields += guard->fields;
  guard->header_bytes = 0;
  guard->fields = 0;
  if (sure && of_message)
    g_array_append_val (guard->out->index, header);
}

static gboolean
header_is_full (Guard *guard, gsize length)
{
  const ReboundLimits *limits = guard->limits;

  if (guard->fields > limits->header_fields
      || (guard->all_fields + guard->fields) / TOGETHER > limits->header_fields)
    rebound_warn (guard->warnings, "truncated", N_ ("header fields beyond the limit"));
  else if (guard->header_bytes + length > limits->header_bytes
           || (guard->all_header_bytes + guard->header_bytes + length) / TOGETHER
                  > limits->header_bytes)
    rebound_warn (guard->warnings, "truncated", N_ ("header bytes beyond the limit"));
  else
    return FALSE;
  return TRUE;
}

static void
put_for_reader (Guard *guard, const char *line, gsize length)
{
  GArray *index = guard->out->index;
  Header *header = &g_array_index (index, Header, index->len - 1);

  append_line (guard->out->headers, line, length);
  header->length = guard->out->headers->len - header->start;
}

/* A line of a field, as much of it as the field may have. */
static void
put_field_line (Guard *guard, const char *line, gsize length)
{
  gsize room = guard->limits->field_bytes - guard->field_bytes;

  if (length > room)
    {
      rebound_warn (guard->warnings, "truncated", N_ ("a header field beyond the limit"));
      guard->skip = TRUE;
      length = room;
    }
  if (guard->content_type && !rebound_converters_allow (guard->converters, line, length))
    return;
  if (length > 0 && guard->value != NULL)
    g_string_append_len (guard->value, line, length);
  if (length > 0 && guard->for_parser)
    put_line (guard, line, length);
  if (length > 0 && guard->for_reader)
    put_for_reader (guard, line, length);
  guard->field_bytes += length;
  guard->header_bytes += length;
}

/* Of a message beside a report nothing but the header is read. */
static gboolean
is_read_no_further (const Guard *guard)
{
  return guard->carried && guard->reported && guard->sure && guard->of_message;
}

/* In a sure header the parser gets what tells it the structure, and the reader what is read. */
static void
route_field (Guard *guard, ReboundFieldId id, gboolean read)
{
  gboolean type = id == REBOUND_FIELD_CONTENT_TYPE;
  gboolean encoding = id == REBOUND_FIELD_CONTENT_TRANSFER_ENCODING;

  guard->for_parser = !guard->sure || ((encoding || type) && !is_read_no_further (guard));
  guard->for_reader = guard->sure && guard->of_message && read;
  guard->content_type = type;
  guard->value = type ? guard->type : encoding ? guard->encoding : NULL;
  guard->repeats = guard->repeats || (guard->value != NULL && guard->value->len > 0);
  if (!type)
    return;
  guard->doubtful = guard->doubtful || guard->type->len > 0;
  guard->carrier = guard->out->bytes->len + guard->run_length;
}

/* Encodings of RFC 2045 that leave a message readable. */
static gboolean
is_plain_encoding (const char *line, gsize length)
{
  g_autofree char *value = g_ascii_strdown (line, length);

  return strstr (value, "bit") != NULL || strstr (value, "binary") != NULL;
}

static void
begin_field (Guard *guard, const char *line, gsize length)
{
  ReboundFieldId id;
  gboolean read;
  gboolean is_field = rebound_fields_identify (guard->rules, line, line + length, &id, &read);

  route_field (guard, id, read);
  if (id == REBOUND_FIELD_CONTENT_TRANSFER_ENCODING && !is_plain_encoding (line, length))
    guard->doubtful = TRUE;
  guard->fields += guard->for_parser || guard->for_reader;
  guard->field_bytes = 0;
  guard->skip = FALSE;
  guard->out->has_header = guard->out->has_header || (guard->first && is_field);
}

static void
put_header_line (Guard *guard, const char *line, gsize length)
{
  if (line[0] != ' ' && line[0] != '\t')
    begin_field (guard, line, length);
  if (!guard->for_parser && !guard->for_reader)
    return;
  guard->skip = guard->skip || header_is_full (guard, length);
  if (!guard->skip)
    put_field_line (guard, line, length);
}

/* What the parser compares with every boundary that is open: any line that begins with two
 * hyphens, but for the one before a signature. */
static gboolean
is_delimiter (const char *line, gsize length)
{
  while (length > 0 && (*line == ' ' || *line == '\t'))
    line++, length--;
  return length >= 2 && line[0] == '-' && line[1] == '-' && (length == 2 || line[2] != ' ');
}

typedef enum
{
  DELIMITER_UNKNOWN,
  DELIMITER_OPENS,  /* a part */
  DELIMITER_CLOSES, /* the multipart */
} Delimiter;

static Delimiter
compare_boundary (const char *boundary, const char *line, gsize length)
{
  gsize n = strlen (boundary);

  if (length < n || memcmp (line, boundary, n) != 0)
    return DELIMITER_UNKNOWN;
  if (rebound_line_is_blank (line + n, length - n))
    return DELIMITER_OPENS;
  return length >= n + 2 && memcmp (line + n, "--", 2) == 0 ? DELIMITER_CLOSES : DELIMITER_UNKNOWN;
}

/* The delimiter of an open multipart ends all that are open within it, messages too. */
static Delimiter
follow_delimiter (Guard *guard, const char *line, gsize length)
{
  for (guint i = guard->boundaries->len; i-- > 0;)
    {
      Delimiter what = compare_boundary (g_ptr_array_index (guard->boundaries, i), line, length);

      if (what == DELIMITER_UNKNOWN)
        continue;
      g_ptr_array_set_size (guard->boundaries, what == DELIMITER_OPENS ? i + 1 : i);
      if (i < guard->outside)
        guard->carried = guard->skipping = FALSE;
      return what;
    }
  return DELIMITER_UNKNOWN;
}

static void
put_delimiter (Guard *guard, const char *line, gsize length)
{
  Delimiter what;

  if (guard->delimiters++ >= guard->limits->delimiters)
    {
      rebound_warn (guard->warnings, "truncated", N_ ("MIME delimiters beyond the limit"));
      return;
    }
  what = follow_delimiter (guard, line, length);
  if (guard->skipping)
    return;
  if (what == DELIMITER_UNKNOWN && guard->in_header && guard->sure)
    return; /* no field, which the parser leaves out as well */
  if (what != DELIMITER_UNKNOWN || !guard->in_header)
    begin_header (guard, what == DELIMITER_OPENS, FALSE);
  guard->first = FALSE;
  put_line (guard, line, length);
}

/* What GMime takes for a message. */
static const char *const messages[] = { "message/rfc822", "message/rfc2822", "message/global",
                                        "message/news", NULL };

/* What is not looked for in a carried message once it stands in the outer one. */
static const char *const reports[] = { "message/delivery-status", "message/global-delivery-status",
                                       "message/feedback-report",
                                       "message/disposition-notification", NULL };

/* @type in lower case, perhaps with parameters. */
static gboolean
is_one_of (const char *type, const char *const *types)
{
  gsize n = strcspn (type, "; \t\r\n");

  for (; *types != NULL; types++)
    if (strlen (*types) == n && memcmp (type, *types, n) == 0)
      return TRUE;
  return FALSE;
}

/* The boundary as nearly all write it, boundary="…", at @name; NULL where comments, escapes or the
 * forms of RFC 2231 leave that to the library. */
static char *
plain_boundary (const char *value, const char *name)
{
  const char *start = name + strlen ("boundary");
  const char *end = start[0] == '=' && start[1] == '"' ? strchr (start + 2, '"') : NULL;

  if (end == NULL || strchr ("; \t", name[-1]) == NULL || strpbrk (value, "(\\*?%") != NULL)
    return NULL;
  return g_strndup (start + 2, end - start - 2);
}

static char *
parse_boundary (const char *value)
{
  g_autoptr (GMimeContentType) type = g_mime_content_type_parse (NULL, value);

  return g_strdup (g_mime_content_type_get_parameter (type, "boundary"));
}

/* @name is where its name stands in @value, behind the type. */
static void
follow_boundary (Guard *guard, const char *value, const char *name)
{
  g_autofree char *boundary = plain_boundary (value, name);

  if (boundary == NULL)
    boundary = parse_boundary (value);
  if (boundary != NULL && *boundary != '\0' && guard->boundaries->len < guard->limits->depth)
    g_ptr_array_add (guard->boundaries, g_strconcat ("--", boundary, NULL));
}

/* The word, and not as a part of a longer name: message/rfc822, but not message/rfc822-headers. */
static gboolean
has_word (const char *text, gsize length, const char *word)
{
  gsize n = strlen (word);
  const char *end = text + length;

  for (const char *p = text; (p = memmem (p, end - p, word, n)) != NULL; p += n)
    if (p + n == end || p[n] != '-')
      return TRUE;
  return FALSE;
}

/* Whether the body of the header begins with a header again; and as surely as the parser sees it.
 */
static gboolean
message_follows (Guard *guard, gboolean *sure)
{
  static const char *const words[] = { "rfc822", "rfc2822", "global", "news" };
  gsize length = guard->type->len;
  g_autofree char *type = g_ascii_strdown (guard->type->str, length);
  const char *value = strchr (type, ':');
  const char *boundary = strstr (type, "boundary");
  gboolean follows = length == 0 && guard->digest && guard->of_part;

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    follows = follows || has_word (type, length, words[i]);
  guard->digest = guard->digest || has_word (type, length, "digest");
  *sure = FALSE;
  if (value == NULL || !guard->sure || guard->doubtful)
    return follows;
  if (boundary > value)
    follow_boundary (guard, guard->type->str + (value + 1 - type),
                     guard->type->str + (boundary - type));
  value += 1 + strspn (value + 1, " \t\n");
  guard->reported = guard->reported || (!guard->carried && is_one_of (value, reports));
  *sure = is_one_of (value, messages);
  return follows;
}

/* What stands behind the name of @field; "" where there is none. */
static char *
value_of (const GString *field)
{
  const char *colon = memchr (field->str, ':', field->len);

  return g_strstrip (g_strdup (colon != NULL ? colon + 1 : ""));
}

/* A message whose header names no structure is one part, and this is what its header says of it. */
static void
note_single (Guard *guard)
{
  ReboundGuarded *out = guard->out;
  g_autofree char *type = g_ascii_strdown (guard->type->str, guard->type->len);

  if (guard->repeats || strstr (type, "multipart") != NULL || strstr (type, "message") != NULL)
    return;
  out->single = TRUE;
  out->type = value_of (guard->type);
  out->encoding = value_of (guard->encoding);
  out->body = out->bytes->len + guard->run_length + 1; /* behind the blank line */
}

/* To the parser a message that is read no further is a part like any other: the objects of a
 * message would be as many as those of the rest. */
static void
hide_message (Guard *guard)
{
  GByteArray *bytes = guard->out->bytes;
  char *field;

  end_run (guard);
  field = (char *) bytes->data + guard->carrier;
  for (gsize left = bytes->len - guard->carrier; left > strlen (REBOUND_CARRIED); left--, field++)
    if (g_ascii_strncasecmp (field, "message/", strlen ("message/")) == 0)
      {
        memcpy (field, REBOUND_CARRIED, strlen (REBOUND_CARRIED));
        return;
      }
}

static void
begin_carried (Guard *guard, gboolean sure)
{
  if (sure && !guard->carried)
    {
      guard->carried = TRUE;
      guard->outside = guard->boundaries->len;
    }
  if (sure && guard->reported)
    hide_message (guard);
  begin_header (guard, sure, TRUE);
}

static void
end_header (Guard *guard, const char *line)
{
  gboolean sure;

  if (guard->first)
    note_single (guard);
  guard->skipping = is_read_no_further (guard);
  if (!guard->skipping && message_follows (guard, &sure))
    begin_carried (guard, sure);
  else
    guard->in_header = FALSE;
  guard->first = FALSE;
  put_line (guard, line, 0);
}

static void
guard_line (Guard *guard, const char *line, gsize length)
{
  gboolean indented = length > 0 && (line[0] == ' ' || line[0] == '\t');

  if (is_delimiter (line, length) && !(guard->in_header && indented))
    put_delimiter (guard, line, length);
  else if (guard->in_header && !rebound_line_is_blank (line, length))
    put_header_line (guard, line, length);
  else if (guard->in_header)
    end_header (guard, line);
  else if (!guard->skipping)
    put_line (guard, line, length);
}

ReboundGuarded *
rebound_guard (GBytes *bytes, const ReboundLimits *limits, const ReboundRules *rules,
               ReboundConverters *converters, GArray *warnings)
{
  gsize size;
  const char *data = g_bytes_get_data (bytes, &size);
  g_autoptr (GPtrArray) boundaries = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GString) type = g_string_new (NULL);
  g_autoptr (GString) encoding = g_string_new (NULL);
  Guard guard = {
    .limits = limits,
    .rules = rules,
    .converters = converters,
    .warnings = warnings,
    .out = guarded_new (MIN (size, limits->message_bytes)),
    .boundaries = boundaries,
    .type = type,
    .encoding = encoding,
    .carrier = REBOUND_NO_CARRIER,
    .first = TRUE,
  };
  ReboundLines lines;
  const char *line;
  gsize length;

  if (size > limits->message_bytes)
    rebound_warn (warnings, "truncated", N_ ("message bytes beyond the limit"));
  rebound_lines_init (&lines, data, MIN (size, limits->message_bytes));
  rebound_lines_skip_preface (&lines);
  guard.end = lines.end;
  guard.run = lines.p;
  begin_header (&guard, TRUE, TRUE);
  while (rebound_lines_next (&lines, &line, &length))
    guard_line (&guard, line, length);
  end_run (&guard);
  return guard.out;
}

static int
compare_carriers (gconstpointer a, gconstpointer b)
{
  gint64 x = ((const Header *) a)->carrier, y = ((const Header *) b)->carrier;

  return (x > y) - (x < y);
}

gboolean
rebound_guarded_find_header (const ReboundGuarded *self, gint64 carrier, const char **text,
                             gsize *length)
{
  Header wanted = { .carrier = carrier };
  const Header *header;
  guint i;

  if (!g_array_binary_search (self->index, &wanted, compare_carriers, &i))
    return FALSE;
  header = &g_array_index (self->index, Header, i);
  *text = (const char *) self->headers->data + header->start;
  *length = header->length;
  return TRUE;
}
