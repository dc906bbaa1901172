/* Rebound: what stands before the MIME parser.
 *
 * GMime's memory and time grow with the number of fields, parts and levels, so the lines that
 * make them are counted here, before it sees them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard.h"

#include <string.h>

typedef struct
{
  const char *p;
  const char *end;
  const char *next_lf; /* at or after p, or end: each byte is searched once */
  const char *next_cr;
  const char *bare; /* CRs before it are line ends by themselves */
} Lines;

typedef struct
{
  const ReboundLimits *limits;
  GArray *warnings;
  GByteArray *out;
  gboolean in_header;
  gboolean skip_field; /* the rest of a field that is beyond a cap */
  gsize header_bytes;
  gsize field_bytes;
  guint fields;
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
warn (Guard *guard, const char *code, const char *detail)
{
  ReboundWarning warning = { code, detail };

  for (guint i = 0; i < guard->warnings->len; i++)
    if (g_array_index (guard->warnings, ReboundWarning, i).detail == detail)
      return;
  g_array_append_val (guard->warnings, warning);
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
  guard->skip_field = FALSE;
  guard->header_bytes = 0;
  guard->fields = 0;
}

static gboolean
header_is_full (Guard *guard, gsize length)
{
  if (guard->fields > guard->limits->header_fields)
    warn (guard, "truncated", "header fields beyond the limit");
  else if (guard->header_bytes + length > guard->limits->header_bytes)
    warn (guard, "truncated", "header bytes beyond the limit");
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
      warn (guard, "truncated", "a header field beyond the limit");
      guard->skip_field = TRUE;
      length = room;
    }
  if (length > 0)
    put_line (guard, line, length);
  guard->field_bytes += length;
  guard->header_bytes += length;
}

static void
put_header_line (Guard *guard, const char *line, gsize length)
{
  if (line[0] != ' ' && line[0] != '\t')
    {
      guard->fields++;
      guard->field_bytes = 0;
      guard->skip_field = FALSE;
    }
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

static void
put_body_line (Guard *guard, const char *line, gsize length)
{
  if (is_delimiter (line, length))
    {
      if (guard->delimiters++ >= guard->limits->delimiters)
        {
          warn (guard, "truncated", "MIME delimiters beyond the limit");
          return;
        }
      begin_header (guard);
    }
  put_line (guard, line, length);
}

static void
guard_line (Guard *guard, const char *line, gsize length)
{
  if (!guard->in_header)
    put_body_line (guard, line, length);
  else if (!is_blank_line (line, length))
    put_header_line (guard, line, length);
  else
    {
      guard->in_header = FALSE;
      put_line (guard, "", 0);
    }
}

GByteArray *
rebound_guard (GBytes *bytes, const ReboundLimits *limits, GArray *warnings)
{
  gsize size;
  const char *data = g_bytes_get_data (bytes, &size);
  Guard guard = { .limits = limits, .warnings = warnings };
  Lines lines = { 0 };
  const char *line;
  gsize length;

  if (size > limits->message_bytes)
    {
      warn (&guard, "truncated", "message bytes beyond the limit");
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
