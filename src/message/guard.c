/* Rebound: what stands before the MIME parser.
 *
 * GMime's memory and time grow with the number of fields, parts and levels, so the lines that
 * make them are counted here, before it sees them. And half of its time goes into fields that
 * nobody reads: where a line is surely of a header, as nothing but following the boundaries can
 * tell, such fields are left out.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard.h"

#include <gmime/gmime.h>
#include <string.h>

#include "fields.h"
#include "warnings.h"

/* GMime has none of its own. */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GMimeContentType, g_object_unref)

typedef struct
{
  const char *p;
  const char *end;
  const char *next_lf; /* at or after p, or end: each byte is searched once */
  const char *next_cr;
  const char *bare; /* CRs before it are line ends by themselves */
} Lines;

/* Bytes of a Content-Type in which a boundary is looked for, as the parser does. */
#define LONGEST_TYPE 4096

/* How many full headers a message may have: the parser decodes them all. */
#define TOGETHER 2

typedef struct
{
  const ReboundLimits *limits;
  const ReboundRules *rules; /* whose fields are read; NULL: all are */
  GArray *warnings;
  GByteArray *out;
  GPtrArray *boundaries; /* of the multiparts that are open, "--" before them */
  GString *type;         /* the Content-Type of a sure header */
  gboolean sure;         /* the header is one: of the message, or behind an open boundary */
  gboolean encoded;      /* its body is */
  gboolean any_field;
  gboolean in_header;
  gboolean of_part;         /* the header stands behind a delimiter */
  gboolean content_type;    /* the field is the Content-Type */
  gboolean says_type;       /* there is one in this header */
  gboolean message_follows; /* its body begins with a header again */
  gboolean digest;          /* the parts without a Content-Type are messages */
  gboolean skip_field;      /* the rest of a field that is beyond a cap */
  gsize header_bytes;
  gsize field_bytes;
  guint fields;
  gsize all_header_bytes; /* of the headers before this one */
  guint all_fields;
  guint delimiters;
} Guard;

static const char *
find (const char *p, const char *end, char c)
{
  const char *found = p < end ? memchr (p, c, end - p) : NULL;

  return found != NULL ? found : end;
}

/* CRs and the LF they belong to: some relays make CR CR LF of a line end. */
static gboolean
is_crlf (Lines *lines, const char **lf)
{
  const char *p = MAX (*lf, lines->bare);

  if (*lf < lines->bare)
    return FALSE;
  while (p < lines->end && *p == '\r')
    p++;
  if (p == lines->end || *p != '\n')
    lines->bare = p;
  *lf = p;
  return p > lines->bare;
}

/* The next line without its end; FALSE behind the last. */
static gboolean
next_line (Lines *lines, const char **line, gsize *length)
{
  const char *stop;

  if (lines->p >= lines->end)
    return FALSE;
  if (lines->next_lf < lines->p)
    lines->next_lf = find (lines->p, lines->end, '\n');
  if (lines->next_cr < lines->p)
    lines->next_cr = find (lines->p, lines->end, '\r');
  stop = MIN (lines->next_lf, lines->next_cr);
  *line = lines->p;
  *length = stop - lines->p;
  lines->p = stop;
  if (stop < lines->end && *stop == '\r' && is_crlf (lines, &stop))
    lines->p = stop;
  lines->p++;
  return TRUE;
}

static gboolean
is_blank_line (const char *line, gsize length)
{
  for (gsize i = 0; i < length; i++)
    if (line[i] != ' ' && line[i] != '\t')
      return FALSE;
  return TRUE;
}

static gboolean
is_from_line (const char *line, gsize length)
{
  return (length > 5 && memcmp (line, "From ", 5) == 0)
         || (length > 6 && memcmp (line, ">From ", 6) == 0);
}

/* Goes to the first line of the header. */
static void
skip_preface (Lines *lines)
{
  Lines ahead = *lines;
  const char *line;
  gsize length;

  while (next_line (&ahead, &line, &length)
         && (is_blank_line (line, length) || is_from_line (line, length)))
    *lines = ahead;
}

static void
put_line (Guard *guard, const char *line, gsize length)
{
  g_byte_array_append (guard->out, (const guint8 *) line, length);
  g_byte_array_append (guard->out, (const guint8 *) "\n", 1);
}

static void
begin_header (Guard *guard)
{
  guard->in_header = TRUE;
  guard->of_part = FALSE;
  guard->content_type = guard->says_type = guard->message_follows = guard->encoded = FALSE;
  g_string_truncate (guard->type, 0);
  guard->skip_field = FALSE;
  guard->all_header_bytes += guard->header_bytes;
  guard->all_fields += guard->fields;
  guard->header_bytes = 0;
  guard->fields = 0;
}

static gboolean
header_is_full (Guard *guard, gsize length)
{
  const ReboundLimits *limits = guard->limits;

  if (guard->fields > limits->header_fields
      || (guard->all_fields + guard->fields) / TOGETHER > limits->header_fields)
    rebound_warn (guard->warnings, "truncated", "header fields beyond the limit");
  else if (guard->header_bytes + length > limits->header_bytes
           || (guard->all_header_bytes + guard->header_bytes + length) / TOGETHER
                  > limits->header_bytes)
    rebound_warn (guard->warnings, "truncated", "header bytes beyond the limit");
  else
    return FALSE;
  return TRUE;
}

/* A line of a field, as much of it as the field may have. */
static void
put_field_line (Guard *guard, const char *line, gsize length)
{
  gsize room = guard->limits->field_bytes - guard->field_bytes;

  if (length > room)
    {
      rebound_warn (guard->warnings, "truncated", "a header field beyond the limit");
      guard->skip_field = TRUE;
      length = room;
    }
  if (length > 0)
    put_line (guard, line, length);
  guard->field_bytes += length;
  guard->header_bytes += length;
}

/* The word in any case of letters, and not a part of a longer name: message/rfc822, but not
 * message/rfc822-headers. */
static gboolean
has_word (const char *line, gsize length, const char *word)
{
  gsize n = strlen (word);

  for (gsize i = 0; i + n <= length; i++)
    if (g_ascii_tolower (line[i]) == word[0] && g_ascii_strncasecmp (line + i, word, n) == 0
        && (i + n == length || line[i + n] != '-'))
      return TRUE;
  return FALSE;
}

static void
note_content_type (Guard *guard, const char *line, gsize length)
{
  static const char *const messages[] = { "rfc822", "global", "news" };

  guard->says_type = TRUE;
  if (guard->sure && guard->type->len < LONGEST_TYPE)
    {
      g_string_append_len (guard->type, line, MIN (length, LONGEST_TYPE));
      g_string_append_c (guard->type, '\n');
    }
  for (guint i = 0; i < G_N_ELEMENTS (messages); i++)
    guard->message_follows = guard->message_follows || has_word (line, length, messages[i]);
  guard->digest = guard->digest || has_word (line, length, "digest");
}

static gboolean
is_field (const char *line, gsize length, const char *name)
{
  gsize n = strlen (name);

  return length > n && g_ascii_strncasecmp (line, name, n) == 0;
}

static void
begin_field (Guard *guard, const char *line, gsize length)
{
  guard->skip_field = guard->sure && rebound_fields_is_unread (guard->rules, line, line + length);
  guard->fields += !guard->skip_field;
  guard->field_bytes = 0;
  guard->any_field =
      guard->any_field || (guard->sure && rebound_fields_is_start (line, line + length));
  guard->content_type = is_field (line, length, "content-type");
  if (is_field (line, length, "content-transfer-encoding"))
    guard->encoded = has_word (line, length, "base64") || has_word (line, length, "printable");
}

static void
put_header_line (Guard *guard, const char *line, gsize length)
{
  if (line[0] != ' ' && line[0] != '\t')
    begin_field (guard, line, length);
  if (guard->content_type)
    note_content_type (guard, line, length);
  guard->skip_field = guard->skip_field || header_is_full (guard, length);
  if (!guard->skip_field)
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

/* Whether a part of an open multipart begins behind the line. Those within it, or where the line
 * closes it, the multipart itself, are open no longer. */
static gboolean
begins_part (Guard *guard, const char *line, gsize length)
{
  for (guint i = guard->boundaries->len; i-- > 0;)
    {
      const char *boundary = g_ptr_array_index (guard->boundaries, i);
      gsize n = strlen (boundary);
      gboolean part;

      if (length < n || memcmp (line, boundary, n) != 0)
        continue;
      part = is_blank_line (line + n, length - n);
      if (!part && (length < n + 2 || memcmp (line + n, "--", 2) != 0))
        continue;
      g_ptr_array_set_size (guard->boundaries, part ? i + 1 : i);
      return part;
    }
  return FALSE;
}

static void
put_delimiter (Guard *guard, const char *line, gsize length)
{
  if (guard->delimiters++ >= guard->limits->delimiters)
    {
      rebound_warn (guard->warnings, "truncated", "MIME delimiters beyond the limit");
      return;
    }
  if (!guard->in_header)
    {
      begin_header (guard);
      guard->of_part = TRUE;
    }
  guard->sure = begins_part (guard, line, length);
  put_line (guard, line, length);
}

static void
open_multipart (Guard *guard)
{
  const char *value = strchr (guard->type->str, ':');
  g_autoptr (GMimeContentType) type = NULL;
  const char *boundary;

  if (value == NULL || guard->boundaries->len >= guard->limits->depth)
    return;
  type = g_mime_content_type_parse (NULL, value + 1);
  boundary = g_mime_content_type_get_parameter (type, "boundary");
  if (boundary != NULL && *boundary != '\0')
    g_ptr_array_add (guard->boundaries, g_strconcat ("--", boundary, NULL));
}

static void
end_header (Guard *guard)
{
  if (has_word (guard->type->str, guard->type->len, "boundary"))
    open_multipart (guard);
  if (guard->message_follows || (guard->digest && guard->of_part && !guard->says_type))
    {
      guard->sure = guard->sure && !guard->encoded;
      begin_header (guard);
    }
  else
    guard->in_header = FALSE;
  put_line (guard, "", 0);
}

static void
guard_line (Guard *guard, const char *line, gsize length)
{
  gboolean indented = length > 0 && (line[0] == ' ' || line[0] == '\t');

  if (is_delimiter (line, length) && !(guard->in_header && indented))
    put_delimiter (guard, line, length);
  else if (!guard->in_header)
    put_line (guard, line, length);
  else if (!is_blank_line (line, length))
    put_header_line (guard, line, length);
  else
    end_header (guard);
}

GByteArray *
rebound_guard (GBytes *bytes, const ReboundLimits *limits, const ReboundRules *rules,
               GArray *warnings)
{
  gsize size;
  const char *data = g_bytes_get_data (bytes, &size);
  g_autoptr (GPtrArray) boundaries = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GString) type = g_string_new (NULL);
  Guard guard = {
    .limits = limits,
    .rules = rules,
    .warnings = warnings,
    .boundaries = boundaries,
    .type = type,
    .sure = TRUE,
  };
  Lines lines = { 0 };
  const char *line;
  gsize length;

  if (size > limits->message_bytes)
    {
      rebound_warn (warnings, "truncated", "message bytes beyond the limit");
      size = limits->message_bytes;
    }
  if (data == NULL) /* of no bytes */
    data = "";
  guard.out = g_byte_array_sized_new (size + 1);
  lines = (Lines){ .p = data, .end = data + size };
  lines.next_lf = find (data, lines.end, '\n');
  lines.next_cr = find (data, lines.end, '\r');
  skip_preface (&lines);
  begin_header (&guard);
  while (next_line (&lines, &line, &length))
    guard_line (&guard, line, length);
  if (!guard.any_field)
    rebound_warn (warnings, "no-header", "no header field was found; is it a message?");
  return guard.out;
}

/* Fields that a delivery or a mailbox adds. */
static gboolean
is_trace_field (const char *line, gsize length)
{
  static const char *const names[] = {
    "Return-Path:",
    "Received:",
    "Delivered-To:",
    "X-Original-To:",
    "Envelope-To:",
    "Delivery-Date:",
    "Status:",
    "X-Status:",
    "X-UID:",
    "X-Keywords:",
    "Content-Length:",
    "Received-SPF:",
    "Authentication-Results:",
    "ARC-",
    "Lines:",
    "X-Envelope-To:",
    "X-Envelope-From:",
  };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (length >= strlen (names[i]) && g_ascii_strncasecmp (line, names[i], strlen (names[i])) == 0)
      return TRUE;
  return FALSE;
}

/* The end of the header of @message, in the digest without trace fields. */
static const char *
digest_header (GChecksum *checksum, const char *p, const char *end)
{
  gboolean skip = FALSE;

  while (p < end && *p != '\n')
    {
      const char *next = find (p, end, '\n');

      next += next < end;
      if (*p != ' ' && *p != '\t')
        skip = is_trace_field (p, next - p);
      if (!skip)
        g_checksum_update (checksum, (const guchar *) p, next - p);
      p = next;
    }
  return p;
}

char *
rebound_guard_digest (const GByteArray *message)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  const char *p = (const char *) message->data;
  const char *end = p + message->len;

  while (end > p && end[-1] == '\n')
    end--;
  p = digest_header (checksum, p, end);
  g_checksum_update (checksum, (const guchar *) p, end - p);
  return g_strconcat ("sha256:", g_checksum_get_string (checksum), NULL);
}
