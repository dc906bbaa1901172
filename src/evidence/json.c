/* Rebound: a JSON object that stands in a text.
 *
 * The parser of the module reads no object before its depth and its values have been counted here,
 * by what stands outside of its strings.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "json.h"

#include <string.h>

#include "message/warnings.h"
#include "modules/json.h"
#include "modules/modules.h"

/* Amazon's notices have a depth of 4, and at most some hundred values. */
#define DEEPEST 16
#define MOST_VALUES 4096

/* Where lines get too long for SMTP (RFC 5321 section 4.5.3.1.6) a server breaks them in the middle
 * of a word, and begins the next with a blank. */
#define LONG_LINE 900

typedef struct
{
  const char *p;
  const char *end;
  const char *line; /* where it begins */
  GString *out;
  guint depth;
  guint values;
} Scan;

static gboolean
is_blank (char c)
{
  return c == ' ' || c == '\t';
}

/* Behind a line end: "!\n " of sendmail, "\n " of Postfix; any other stands for a blank. */
static gboolean
skip_break (Scan *self)
{
  gboolean marked = *self->p == '!';
  const char *p = self->p + marked;
  gboolean indented = self->end - p > 1 && is_blank (p[1]);

  if (p == self->end || *p != '\n' || (marked && !indented))
    return FALSE;
  if (!marked && !(indented && p - self->line >= LONG_LINE))
    g_string_append_c (self->out, ' ');
  for (self->line = ++p; p < self->end && is_blank (*p);)
    p++;
  self->p = p;
  return TRUE;
}

/* One character of a string, or a line end within it, that is none of JSON's. */
static void
copy_in_string (Scan *self)
{
  if (skip_break (self))
    return;
  g_string_append_c (self->out, (guchar) *self->p < ' ' ? ' ' : *self->p);
  self->p++;
}

static gboolean
copy_string (Scan *self)
{
  for (copy_in_string (self); self->p < self->end && *self->p != '"'; copy_in_string (self))
    if (*self->p == '\\')
      {
        copy_in_string (self);
        while (self->p < self->end && skip_break (self))
          continue;
        if (self->p == self->end)
          return FALSE;
      }
  if (self->p == self->end)
    return FALSE;
  copy_in_string (self);
  return TRUE;
}

/* Outside of strings. What else the parser would take, as strings in single quotes, could hide
 * brackets from us. */
static gboolean
copy_bare (Scan *self)
{
  char c = *self->p;

  if (skip_break (self))
    return TRUE;
  if (c == '\0' || strchr ("{}[]:, \t\r\n0123456789+-.eEtrufalsn", c) == NULL)
    return FALSE;
  self->depth += c == '{' || c == '[';
  self->depth -= c == '}' || c == ']';
  self->values += c == ',' || c == '{' || c == '[';
  g_string_append_c (self->out, c);
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
copy_object (Scan *self)
{
  do
    if (!(*self->p == '"' ? copy_string (self) : copy_bare (self)))
      return FALSE;
  while (self->depth > 0 && !is_beyond (self) && self->p < self->end);
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

GHashTable *
rebound_json_find (const char *text, gsize length, GArray *warnings)
{
  static ReboundModule module = REBOUND_MODULE ("json", "rebound_json_read");
  const char *start = skip_to_object (text, text + length);
  g_autoptr (GString) object = g_string_new (NULL);
  Scan scan = { .p = start, .end = text + length, .line = start, .out = object };
  gboolean complete = start != NULL && copy_object (&scan);
  ReboundJsonReader read;

  if (is_beyond (&scan) && warnings != NULL)
    rebound_warn (warnings, "truncated", "JSON beyond the limits");
  if (!complete)
    return NULL;
  read = (ReboundJsonReader) rebound_module_function (&module);
  return read != NULL ? read (object->str, object->len) : NULL;
}
