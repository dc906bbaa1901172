/* Rebound: bytes → parts of known role, in UTF-8.
 *
 * The raw bytes of a part are taken from the parser's buffer and decoded here:
 * g_mime_text_part_get_text() drops bytes of undeclared charsets, stops at NUL and may return
 * invalid UTF-8.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "message.h"

#include <gmime/gmime.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "charset.h"
#include "guard.h"
#include "html.h"
#include "line-ends.h"
#include "scan.h"
#include "warnings.h"
#include "translate.h"

/* GMime has none of its own. */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GMimeStream, g_object_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GMimeParser, g_object_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GMimeObject, g_object_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GMimeContentType, g_object_unref)

typedef struct
{
  ReboundMessage *message;
  const ReboundLimits *limits;
  const ReboundRules *rules;
  const ReboundGuarded *guarded; /* NULL where the parser reads other bytes */
  const GByteArray *bytes;       /* what the parser reads */
  gsize text_left;
  gboolean salvaged;
  gboolean nested;
  const char *header; /* as it came */
  gsize header_length;
} Walk;

static void walk (Walk *self, GMimeObject *object, guint depth);

void
rebound_message_init (void)
{
  static gsize done;

  if (g_once_init_enter (&done))
    {
      void (*before) (int) = signal (SIGPIPE, SIG_DFL); /* GMime's OpenPGP library ignores it */

      g_mime_init ();
      signal (SIGPIPE, before);
      g_once_init_leave (&done, 1);
    }
}

static void
part_free (gpointer data)
{
  ReboundPart *part = data;

  g_free (part->text);
  g_clear_pointer (&part->fields, rebound_fields_free);
  g_free (part);
}

void
rebound_message_free (ReboundMessage *self)
{
  g_clear_pointer (&self->header, rebound_fields_free);
  g_ptr_array_unref (self->parts);
  g_array_unref (self->warnings);
  g_free (self->charsets);
  g_free (self);
}

const ReboundPart *
rebound_message_find_part (const ReboundMessage *self, ReboundPartRole role)
{
  for (guint i = 0; i < self->parts->len; i++)
    {
      const ReboundPart *part = g_ptr_array_index (self->parts, i);

      if (part->role == role && !part->nested)
        return part;
    }
  return NULL;
}

/* What a Content-Type says the part is for. RFC 3462 and 6522, 3464, 6533, 5965, 8098; the x
 * forms and message/rfc822-headers are mistakes that real systems make. */
static const struct
{
  const char *type;
  const char *subtype;
  ReboundPartRole role;
} roles[] = {
  { "message", "delivery-status", REBOUND_PART_DELIVERY_STATUS },
  { "message", "xdelivery-status", REBOUND_PART_DELIVERY_STATUS },
  { "message", "global-delivery-status", REBOUND_PART_DELIVERY_STATUS },
  { "text", "delivery-status", REBOUND_PART_DELIVERY_STATUS },
  { "message", "feedback-report", REBOUND_PART_FEEDBACK },
  { "message", "disposition-notification", REBOUND_PART_DISPOSITION },
  { "message", "global-disposition-notification", REBOUND_PART_DISPOSITION },
  { "text", "rfc822-headers", REBOUND_PART_RETURNED },
  { "text", "rfc822-header", REBOUND_PART_RETURNED },
  { "text", "rfc822", REBOUND_PART_RETURNED },
  { "message", "rfc822-headers", REBOUND_PART_RETURNED },
  { "message", "global-headers", REBOUND_PART_RETURNED },
  { "message", "global", REBOUND_PART_RETURNED },
  { "message", "rfc822", REBOUND_PART_RETURNED },
  { "message", "partial", REBOUND_PART_RETURNED },
  { "text", "html", REBOUND_PART_TEXT },
  { "text", NULL, REBOUND_PART_TEXT },
};

static gboolean
find_role (GMimeContentType *type, ReboundPartRole *role)
{
  for (guint i = 0; i < G_N_ELEMENTS (roles); i++)
    if (g_mime_content_type_is_type (type, roles[i].type,
                                     roles[i].subtype != NULL ? roles[i].subtype : "*"))
      {
        *role = roles[i].role;
        return TRUE;
      }
  return FALSE;
}

/* The bytes of a part as they stand in the message. */
static const char *
raw_bytes (const Walk *self, GMimePart *part, gsize *length)
{
  GMimeDataWrapper *content = g_mime_part_get_content (part);
  GMimeStream *stream = content != NULL ? g_mime_data_wrapper_get_stream (content) : NULL;
  gint64 end;

  *length = 0;
  if (stream == NULL || stream->bound_start < 0)
    return "";
  end = stream->bound_end < 0 ? (gint64) self->bytes->len : stream->bound_end;
  *length = MIN (end, (gint64) self->bytes->len) - MIN (stream->bound_start, end);
  return (const char *) self->bytes->data + stream->bound_start;
}

/* CRLF and CR become LF: the guard has not seen what an encoding hid. */
static void
unify_line_ends (char *text, gsize *length)
{
  char *out = text;

  for (gsize i = 0; i < *length; i++)
    if (text[i] != '\r')
      *out++ = text[i];
    else if (text[i + 1] != '\n')
      *out++ = '\n';
  *out = '\0';
  *length = out - text;
}

/* Undoes base64, quoted-printable or uuencode. */
static GByteArray *
undo_encoding (GMimeContentEncoding encoding, const char *raw, gsize length)
{
  GByteArray *out = g_byte_array_new ();
  GMimeEncoding decoder;

  g_mime_encoding_init_decode (&decoder, encoding);
  g_byte_array_set_size (out, g_mime_encoding_outlen (&decoder, length));
  g_byte_array_set_size (out, g_mime_encoding_flush (&decoder, raw, length, (char *) out->data));
  return out;
}

/* How much of @length bytes of text are read. */
static gsize
limit_text (Walk *self, gsize length)
{
  if (length > self->text_left)
    rebound_warn (self->message->warnings, "truncated", N_ ("text beyond the limit"));
  length = MIN (length, self->text_left);
  self->text_left -= length;
  return length;
}

/* A part that holds no others. */
typedef struct
{
  GMimeContentType *type;
  GMimeContentEncoding encoding;
  const char *raw;
  gsize length;
} Leaf;

/* At most what is left of the limit of text. */
static char *
decode_leaf (Walk *self, const Leaf *leaf, gsize *length)
{
  const char *charset = g_mime_content_type_get_parameter (leaf->type, "charset");
  gsize raw_length = limit_text (self, leaf->length);
  g_autoptr (GByteArray) decoded = NULL;
  char *text;

  if (charset != NULL && self->message->charsets->hint == NULL && rebound_charset_tells (charset))
    self->message->charsets->hint = charset;
  if (leaf->encoding != GMIME_CONTENT_ENCODING_BASE64
      && leaf->encoding != GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE
      && leaf->encoding != GMIME_CONTENT_ENCODING_UUENCODE)
    return rebound_decode (self->message->charsets, leaf->raw, raw_length, charset, length);
  decoded = undo_encoding (leaf->encoding, leaf->raw, raw_length);
  text = rebound_decode (self->message->charsets, (char *) decoded->data, decoded->len, charset,
                         length);
  unify_line_ends (text, length);
  return text;
}

static ReboundPart *
add_part (Walk *self, ReboundPartRole role)
{
  ReboundPart *part = g_new0 (ReboundPart, 1);

  part->role = role;
  part->nested = self->nested;
  g_ptr_array_add (self->message->parts, part);
  return part;
}

static void
add_header (ReboundFields *fields, GMimeObject *object)
{
  GMimeHeaderList *list = g_mime_object_get_header_list (object);

  for (int i = 0, n = g_mime_header_list_get_count (list); i < n; i++)
    {
      GMimeHeader *header = g_mime_header_list_get_header_at (list, i);
      const char *name = g_mime_header_get_name (header);
      const char *raw = g_mime_header_get_raw_value (header);

      rebound_fields_add (fields, name, raw, strlen (raw), 0);
    }
}

/* The offset of its Content-Type. */
static gint64
carrier_of (GMimeObject *object)
{
  GMimeHeaderList *list = g_mime_object_get_header_list (object);
  GMimeHeader *header = g_mime_header_list_get_header (list, "Content-Type");

  return header != NULL ? g_mime_header_get_offset (header) : REBOUND_NO_CARRIER;
}

/* What the guard has put aside of the message that @object carries. */
static ReboundFields *
guarded_header (const Walk *self, GMimeObject *object)
{
  gint64 carrier = carrier_of (object);
  const char *text;
  gsize length;

  if (self->guarded == NULL || carrier == REBOUND_NO_CARRIER
      || !rebound_guarded_find_header (self->guarded, carrier, &text, &length))
    return NULL;
  return rebound_fields_parse (text, length, TRUE, NULL,
                               self->message->charsets); /* all are read */
}

/* The header of a message that @part carries. GMime keeps its Content- fields with the body. */
static ReboundFields *
carried_header (const Walk *self, GMimeMessagePart *part)
{
  GMimeMessage *message = g_mime_message_part_get_message (part);
  ReboundFields *fields = guarded_header (self, GMIME_OBJECT (part));

  if (fields != NULL)
    return fields;
  fields = rebound_fields_new (self->rules, self->message->charsets);
  if (message != NULL)
    add_header (fields, GMIME_OBJECT (message));
  if (message != NULL && g_mime_message_get_mime_part (message) != NULL)
    add_header (fields, g_mime_message_get_mime_part (message));
  return fields;
}

/* A returned newsletter, of which hardly a word is looked at, is not worth a module. */
static void
decode_html (ReboundPart *part)
{
  gsize length;
  char *text = part->nested ? rebound_html_strip (part->text, part->length, &length)
                            : rebound_html_to_text (part->text, part->length, &length);

  g_free (part->text);
  part->text = text;
  part->length = length;
}

static void
read_leaf (Walk *self, const Leaf *leaf)
{
  ReboundPartRole role;
  ReboundPart *part;

  if (!find_role (leaf->type, &role))
    return;
  part = add_part (self, role);
  part->text = decode_leaf (self, leaf, &part->length);
  if (g_mime_content_type_is_type (leaf->type, "text", "html"))
    decode_html (part);
  if (role == REBOUND_PART_RETURNED)
    part->fields =
        rebound_fields_parse (part->text, part->length, TRUE, self->rules, self->message->charsets);
}

/* A returned message of which the guard has left the header. */
static gboolean
walk_carried (Walk *self, GMimePart *object)
{
  ReboundFields *fields = guarded_header (self, GMIME_OBJECT (object));

  if (fields != NULL)
    add_part (self, REBOUND_PART_RETURNED)->fields = fields;
  return fields != NULL;
}

static void
walk_part (Walk *self, GMimePart *object)
{
  Leaf leaf = { .type = g_mime_object_get_content_type (GMIME_OBJECT (object)),
                .encoding = g_mime_part_get_content_encoding (object) };

  if (g_mime_content_type_is_type (leaf.type, REBOUND_CARRIED, "*") && walk_carried (self, object))
    return;
  leaf.raw = raw_bytes (self, object, &leaf.length);
  read_leaf (self, &leaf);
}

/* The returned message. What it holds is not this report's, unless a gateway has wrapped the
 * report as a whole; the reader of the facts decides. */
static void
walk_message (Walk *self, GMimeMessagePart *object, guint depth)
{
  GMimeMessage *inner = g_mime_message_part_get_message (object);
  gboolean outer_nested = self->nested;
  ReboundPart *part = add_part (self, REBOUND_PART_RETURNED);

  part->fields = carried_header (self, object);
  if (inner == NULL)
    return;
  self->nested = TRUE;
  if (!outer_nested && g_mime_message_get_mime_part (inner) != NULL)
    walk (self, g_mime_message_get_mime_part (inner), depth + 1);
  self->nested = outer_nested;
}

/* Of two versions of one text the plain one, if there is anything in it. */
static GMimeObject *
best_alternative (Walk *self, GMimeMultipart *multipart)
{
  for (int i = 0, n = g_mime_multipart_get_count (multipart); i < n; i++)
    {
      GMimeObject *object = g_mime_multipart_get_part (multipart, i);
      gsize length;

      if (!GMIME_IS_TEXT_PART (object)
          || !g_mime_content_type_is_type (g_mime_object_get_content_type (object), "text",
                                           "plain"))
        continue;
      raw_bytes (self, GMIME_PART (object), &length);
      if (length > 2)
        return object;
    }
  return NULL;
}

static void
walk_multipart (Walk *self, GMimeMultipart *multipart, guint depth)
{
  GMimeContentType *type = g_mime_object_get_content_type (GMIME_OBJECT (multipart));
  GMimeObject *best = NULL;

  if (g_mime_content_type_is_type (type, "multipart", "alternative"))
    best = best_alternative (self, multipart);
  if (best != NULL)
    walk (self, best, depth + 1);
  else
    for (int i = 0, n = g_mime_multipart_get_count (multipart); i < n; i++)
      walk (self, g_mime_multipart_get_part (multipart, i), depth + 1);
}

static void
walk (Walk *self, GMimeObject *object, guint depth)
{
  if (depth > self->limits->depth)
    rebound_warn (self->message->warnings, "truncated", N_ ("MIME parts nested beyond the limit"));
  else if (GMIME_IS_MULTIPART (object))
    walk_multipart (self, GMIME_MULTIPART (object), depth);
  else if (GMIME_IS_MESSAGE_PART (object))
    walk_message (self, GMIME_MESSAGE_PART (object), depth);
  else if (GMIME_IS_PART (object))
    walk_part (self, GMIME_PART (object));
}

/* Of the message's header the parser gets no more than a part has. */
static GMimeObject *
parse_bytes (GByteArray *bytes)
{
  g_autoptr (GMimeStream) stream = g_mime_stream_mem_new_with_byte_array (bytes);
  g_autoptr (GMimeParser) parser = g_mime_parser_new_with_stream (stream);

  g_mime_stream_mem_set_owner (GMIME_STREAM_MEM (stream), FALSE);
  return g_mime_parser_construct_part (parser, NULL);
}

static void
read_header (Walk *self)
{
  g_clear_pointer (&self->message->header, rebound_fields_free);
  self->message->header =
      rebound_fields_parse (self->header, self->header_length, TRUE, NULL, self->message->charsets);
}

/* A short subject of raw bytes may be in many charsets; the body knows in which. */
static void
read_header_as_body (Walk *self)
{
  ReboundCharsets *charsets = self->message->charsets;

  if (g_utf8_validate (self->header, self->header_length, NULL))
    return;
  if (charsets->hint == NULL)
    charsets->hint = charsets->guessed;
  if (charsets->hint != NULL)
    read_header (self);
}

static void
parse_and_walk (Walk *self, GByteArray *bytes)
{
  g_autoptr (GMimeObject) body = parse_bytes (bytes);
  const GByteArray *outer = self->bytes;

  self->bytes = bytes;
  if (body != NULL)
    walk (self, body, 0);
  self->bytes = outer;
  read_header_as_body (self);
  self->message->charsets->hint = NULL; /* it was the parser's */
}

/* A message of one part has no structure to parse. */
static void
read_single (Walk *self)
{
  const ReboundGuarded *guarded = self->guarded;
  g_autoptr (GMimeContentType) type = *guarded->type != '\0'
                                          ? g_mime_content_type_parse (NULL, guarded->type)
                                          : g_mime_content_type_new ("text", "plain");
  Leaf leaf = { .type = type,
                .encoding = g_mime_content_encoding_from_string (guarded->encoding),
                .raw = (const char *) guarded->bytes->data + guarded->body,
                .length = guarded->bytes->len - guarded->body };

  read_leaf (self, &leaf);
  read_header_as_body (self);
  self->message->charsets->hint = NULL; /* it was the type's */
}

/* Reports whose MIME structure was lost: the delimiters stand in the text, because a gateway
 * dropped the Content-Type, its boundary parameter, or indented the body. */

static const char *
after_header (const GByteArray *bytes)
{
  const char *start = (const char *) bytes->data;
  const char *blank;

  if (bytes->len > 0 && start[0] == '\n')
    return start + 1;
  blank = memmem (start, bytes->len, "\n\n", 2);
  return blank != NULL ? blank + 2 : start + bytes->len;
}

/* Delimiters further down belong to the message that a plain text report quotes. */
#define PREAMBLE_LINES 12

/* "--boundary" before a line "Content-…: "; returns the boundary. */
static char *
find_boundary (const char *p, const char *end)
{
  for (guint n = 0; p < end && n < PREAMBLE_LINES; p = rebound_line_end (p, end) + 1, n++)
    {
      const char *line = rebound_skip_blanks (p, end);
      const char *stop = rebound_line_end (p, end);
      const char *next = stop < end ? rebound_skip_blanks (stop + 1, end) : end;

      if (stop - line > 2 && line[0] == '-' && line[1] == '-' && end - next > 8
          && g_ascii_strncasecmp (next, "Content-", 8) == 0
          && rebound_fields_is_start (next, rebound_line_end (next, end)))
        return g_strchomp (g_strndup (line + 2, stop - line - 2));
    }
  return NULL;
}

/* How far the delimiters are indented is how far all lines are. */
static void
append_dedented (GByteArray *out, const char *p, const char *end, const char *boundary)
{
  gsize length = strlen (boundary);

  for (gsize indent = 0; p < end; p = rebound_line_end (p, end) + 1)
    {
      const char *stop = rebound_line_end (p, end);
      const char *line = rebound_skip_blanks (p, stop);

      if ((gsize) (stop - line) >= length + 2 && memcmp (line, "--", 2) == 0
          && memcmp (line + 2, boundary, length) == 0)
        indent = line - p;
      line = MIN (line, p + indent);
      g_byte_array_append (out, (const guint8 *) line, stop - line);
      g_byte_array_append (out, (const guint8 *) "\n", 1);
    }
}

static void
salvage (Walk *self, const GByteArray *bytes)
{
  const char *body = after_header (bytes);
  const char *end = (const char *) bytes->data + bytes->len;
  g_autofree char *boundary = find_boundary (body, end);
  g_autofree char *header = NULL;
  g_autoptr (GByteArray) rebuilt = g_byte_array_new ();

  if (boundary == NULL || strpbrk (boundary, "\"\\") != NULL)
    return;
  rebound_warn (self->message->warnings, "mime-salvaged",
                N_ ("the parts were found by their delimiters only"));
  g_ptr_array_set_size (self->message->parts, 0);
  self->text_left = self->limits->text_bytes;
  header = g_strdup_printf ("Content-Type: multipart/mixed; boundary=\"%s\"\n\n", boundary);
  g_byte_array_append (rebuilt, (const guint8 *) header, strlen (header));
  append_dedented (rebuilt, body, end, boundary);
  self->guarded = NULL;
  parse_and_walk (self, rebuilt);
}

/* A text without a header is read where it is JSON: a notice as it comes to a web hook. */
static void
read_bare (Walk *self, GBytes *bytes)
{
  ReboundLines lines;
  ReboundPart *part;
  gsize size;
  const char *data = g_bytes_get_data (bytes, &size);
  g_autofree char *text = NULL;

  rebound_warn (self->message->warnings, "no-header",
                N_ ("no header field was found; is it a message?"));
  rebound_lines_init (&lines, data, size);
  rebound_lines_skip_preface (&lines);
  while (lines.p < lines.end && g_ascii_isspace (*lines.p))
    lines.p++;
  if (lines.p == lines.end || *lines.p != '{')
    return;
  part = add_part (self, REBOUND_PART_TEXT);
  size = limit_text (self, lines.end - lines.p);
  text = g_malloc0 (size + 1);
  memcpy (text, lines.p, size);
  unify_line_ends (text, &size); /* before its charset is guessed: line ends are bytes of it */
  part->text = rebound_decode (self->message->charsets, text, size, NULL, &part->length);
}

/* Whether the parser found less than a report has: a plain text, or a multipart of nothing. */
static gboolean
lacks_structure (const ReboundMessage *message)
{
  const char *type = rebound_fields_get (message->header, REBOUND_FIELD_CONTENT_TYPE);

  if (type != NULL && g_ascii_strncasecmp (type, "multipart/", 10) == 0)
    return message->parts->len == 0;
  return message->parts->len == 1
         && ((ReboundPart *) message->parts->pdata[0])->role == REBOUND_PART_TEXT;
}

static gboolean
says_report (const ReboundMessage *message)
{
  const char *field = rebound_fields_get (message->header, REBOUND_FIELD_CONTENT_TYPE);
  g_autofree char *type = field != NULL ? g_ascii_strdown (field, -1) : NULL;

  return type != NULL
         && (g_str_has_prefix (type, "multipart/report")
             || strstr (type, "delivery-status") != NULL);
}

ReboundMessage *
rebound_message_parse (GBytes *bytes, ReboundConverters *converters, const ReboundRules *rules,
                       const ReboundLimits *limits)
{
  ReboundMessage *self = g_new0 (ReboundMessage, 1);
  Walk state = {
    .message = self, .limits = limits, .rules = rules, .text_left = limits->text_bytes
  };
  g_autoptr (ReboundGuarded) guarded = NULL;

  self->charsets = g_new0 (ReboundCharsets, 1);
  self->charsets->converters = converters;
  self->parts = g_ptr_array_new_with_free_func (part_free);
  self->warnings = g_array_new (FALSE, FALSE, sizeof (ReboundWarning));
  state.guarded = guarded = rebound_guard (bytes, limits, rules, converters, self->warnings);
  rebound_guarded_find_header (guarded, REBOUND_NO_CARRIER, &state.header, &state.header_length);
  read_header (&state);
  if (!guarded->has_header)
    read_bare (&state, bytes);
  else if (guarded->single)
    read_single (&state);
  else
    parse_and_walk (&state, guarded->bytes);
  self->report = says_report (self);
  if (lacks_structure (self))
    salvage (&state, guarded->bytes);
  return self;
}

/* Whether the zone that GMime reads stands behind the time: an offset, or one of the names of
 * RFC 5322 section 4.3. Without one it is not known when that was. */
static gboolean
has_zone (const char *value)
{
  static const char *const zones[] = { "UT",  "UTC", "GMT", "Z",   "EST", "EDT",
                                       "CST", "CDT", "MST", "MDT", "PST", "PDT" };
  const char *p = strchr (value, ':');
  gsize n;

  if (p == NULL)
    return FALSE;
  p += strspn (p, "0123456789:.");
  p += strspn (p, " \t");
  if ((*p == '+' || *p == '-') && g_ascii_isdigit (p[1]))
    return TRUE;
  for (n = 0; g_ascii_isalpha (p[n]);)
    n++;
  for (guint i = 0; i < G_N_ELEMENTS (zones); i++)
    if (strlen (zones[i]) == n && g_ascii_strncasecmp (p, zones[i], n) == 0)
      return TRUE;
  return FALSE;
}

/* That of RFC 3339, too: 2026-11-21T16:40:00.123Z */
static GDateTime *
parse_date (const char *value)
{
  g_autoptr (GTimeZone) utc = NULL;

  if (strlen (value) < 11 || value[4] != '-' || value[10] != 'T')
    return has_zone (value) ? g_mime_utils_header_decode_date (value) : NULL;
  utc = g_time_zone_new_utc ();
  return g_date_time_new_from_iso8601 (value, utc);
}

gboolean
rebound_message_read_date (const char *value, char date[REBOUND_DATE_BYTES])
{
  g_autoptr (GDateTime) parsed = parse_date (value);
  time_t seconds = parsed != NULL ? g_date_time_to_unix (parsed) : 0;
  struct tm utc;

  return parsed != NULL && gmtime_r (&seconds, &utc) != NULL
         && strftime (date, REBOUND_DATE_BYTES, "%Y-%m-%dT%H:%M:%SZ", &utc) > 0;
}

char *
rebound_message_decode (const char *bytes, gsize *length)
{
  char *text = rebound_decode (NULL, bytes, strlen (bytes), NULL, length);

  unify_line_ends (text, length);
  return text;
}
