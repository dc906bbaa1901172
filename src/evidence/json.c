/* Rebound: a JSON object that stands in a text.
 *
 * json-glib's parser calls itself for what is nested, takes more than is JSON, and reads behind the
 * end of a string whose last escape is half a character. So it is given nothing but what has been
 * found here to be well-formed in all that tells where strings and objects end, and counted.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "json.h"

#include <string.h>

#include "message/warnings.h"
#include "modules/json.h"
#include "modules/modules.h"
#include "translate.h"

/* Amazon's notices have a depth of 4, and at most some hundred values. */
#define DEEPEST 16
#define MOST_VALUES 4096

/* Where lines get too long for SMTP (RFC 5321 section 4.5.3.1.6) a server breaks them in the middle
 * of a word, and begins the next with a blank. */
#define LONG_LINE 900

typedef struct
{
  char *p; /* the text ends with NUL */
  guint depth;
  guint values;
} Scan;

static gboolean
is_blank (char c)
{
  return c == ' ' || c == '\t';
}

/* Behind the line end at @p: "!\n " of sendmail, "\n " of Postfix; any other stands for a blank.
 * %NULL where there is none. */
static const char *
skip_break (const char *p, const char *end, const char *line, GString *out)
{
  gboolean marked = *p == '!';
  gboolean indented;

  p += marked;
  indented = end - p > 1 && is_blank (p[1]);
  if (p == end || *p != '\n' || (marked && !indented))
    return NULL;
  if (!marked && !(indented && p - line >= LONG_LINE))
    g_string_append_c (out, ' ');
  for (p++; p < end && is_blank (*p);)
    p++;
  return p;
}

/* The text in one line, without control characters. */
static GString *
unfold (const char *p, const char *end)
{
  GString *out = g_string_sized_new (end - p);

  for (const char *line = p; p < end;)
    {
      const char *next = skip_break (p, end, line, out);

      if (next != NULL)
        p = line = next;
      else
        {
          g_string_append_c (out, (guchar) *p < ' ' ? ' ' : *p);
          p++;
        }
    }
  return out;
}

/* Four digits, or -1. */
static int
read_unit (const char *p)
{
  int unit = 0;

  for (guint i = 0; i < 4; i++)
    {
      if (!g_ascii_isxdigit (p[i]))
        return -1;
      unit = unit << 4 | g_ascii_xdigit_value (p[i]);
    }
  return unit;
}

/* "\u0061", or two of UTF-16; half of such a pair becomes U+FFFD, as does NUL. */
static gboolean
skip_unicode (Scan *self)
{
  char *next = self->p + 6;
  int unit = read_unit (self->p + 2);
  int low = unit >= 0 && next[0] == '\\' && next[1] == 'u' ? read_unit (next + 2) : -1;

  if (unit < 0)
    return FALSE;
  if (unit >= 0xd800 && unit <= 0xdbff && low >= 0xdc00 && low <= 0xdfff)
    next += 6;
  else if (unit == 0 || (unit >= 0xd800 && unit <= 0xdfff))
    memcpy (self->p + 2, "fffd", 4);
  self->p = next;
  return TRUE;
}

static gboolean
skip_escape (Scan *self)
{
  char c = self->p[1];

  if (c == 'u')
    return skip_unicode (self);
  if (c == '\0' || strchr ("\"\\/bfnrt", c) == NULL)
    return FALSE;
  self->p += 2;
  return TRUE;
}

static gboolean
skip_string (Scan *self)
{
  self->p++;
  while (*self->p != '"')
    if (*self->p == '\0')
      return FALSE;
    else if (*self->p != '\\')
      self->p++;
    else if (!skip_escape (self))
      return FALSE;
  self->p++;
  return TRUE;
}

/* Outside of strings. What else the parser would take, as strings in single quotes, could hide
 * brackets from us. */
static gboolean
skip_bare (Scan *self)
{
  char c = *self->p;

  if (c == '\0' || strchr ("{}[]:, 0123456789+-.eEtrufalsn", c) == NULL)
    return FALSE;
  self->depth += c == '{' || c == '[';
  self->depth -= c == '}' || c == ']';
  self->values += c == ',' || c == '{' || c == '[';
  self->p++;
  return TRUE;
}

static gboolean
is_beyond (const Scan *self)
{
  return self->depth > DEEPEST || self->values > MOST_VALUES;
}

/* To the end of the object. */
static gboolean
skip_object (Scan *self)
{
  do
    if (!(*self->p == '"' ? skip_string (self) : skip_bare (self)))
      return FALSE;
  while (self->depth > 0 && !is_beyond (self));
  return self->depth == 0 && !is_beyond (self);
}

static const char *
skip_to_object (const char *p, const char *end)
{
  if (end - p > 3 && memcmp (p, "\xef\xbb\xbf", 3) == 0)
    p += 3;
  while (p < end && g_ascii_isspace (*p))
    p++;
  return p < end && *p == '{' ? p : NULL;
}

/* @alone: (out): whether nothing follows it */
static GHashTable *
find (const char *text, gsize length, GArray *warnings, gboolean *alone)
{
  static ReboundModule module = REBOUND_MODULE ("json", "rebound_json_read");
  const char *start = skip_to_object (text, text + length);
  g_autoptr (GString) line = start != NULL ? unfold (start, text + length) : g_string_new (NULL);
  Scan scan = { .p = line->str };
  gboolean complete = start != NULL && skip_object (&scan);
  ReboundJsonReader read;

  if (is_beyond (&scan) && warnings != NULL)
    rebound_warn (warnings, "truncated", N_ ("JSON beyond the limits"));
  if (!complete)
    return NULL;
  *alone = strspn (scan.p, " ") == strlen (scan.p);
  read = (ReboundJsonReader) rebound_module_function (&module);
  return read != NULL ? read (line->str, scan.p - line->str) : NULL;
}

GHashTable *
rebound_json_find (const char *text, gsize length, GArray *warnings)
{
  gboolean alone;

  return find (text, length, warnings, &alone);
}

GHashTable *
rebound_json_find_alone (const char *text, gsize length)
{
  gboolean alone = FALSE;
  GHashTable *values = find (text, length, NULL, &alone);

  if (!alone)
    g_clear_pointer (&values, g_hash_table_unref);
  return values;
}
