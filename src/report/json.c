/* Rebound: writing JSON (RFC 8259).
 *
 * Ours because a library of it would take longer to start than a message takes to read.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "json.h"

#include <string.h>

static void
separate (GString *out)
{
  if (out->len > 0 && out->str[out->len - 1] != '{' && out->str[out->len - 1] != '[')
    g_string_append (out, ", ");
}

static void
put_escaped (GString *out, gunichar c)
{
  switch (c)
    {
    case '"':
    case '\\':
      g_string_append_c (out, '\\');
      g_string_append_c (out, (char) c);
      break;
    case '\n':
      g_string_append (out, "\\n");
      break;
    case '\t':
      g_string_append (out, "\\t");
      break;
    default:
      g_string_append_printf (out, "\\u%04x", c);
    }
}

/* What has to be escaped, and the eight-bit controls, which move a terminal's cursor too. */
static gboolean
is_special (const char *p)
{
  guint8 c = *p;

  return c < 0x20 || c == '"' || c == '\\' || c == 0x7f || (c == 0xc2 && ((guint8) p[1] & 0xe0) == 0x80);
}

void
rebound_json_string (GString *out, const char *value)
{
  const char *run = value;

  if (value == NULL)
    {
      g_string_append (out, "null");
      return;
    }
  g_string_append_c (out, '"');
  for (const char *p = value; *p != '\0'; p++)
    if (is_special (p))
      {
        g_string_append_len (out, run, p - run);
        put_escaped (out, g_utf8_get_char (p));
        run = g_utf8_next_char (p);
        p = run - 1;
      }
  g_string_append (out, run);
  g_string_append_c (out, '"');
}

static void
put_name (GString *out, const char *name)
{
  separate (out);
  if (name != NULL)
    {
      rebound_json_string (out, name);
      g_string_append (out, ": ");
    }
}

void
rebound_json_begin (GString *out, const char *name, char bracket)
{
  put_name (out, name);
  g_string_append_c (out, bracket);
}

void
rebound_json_end (GString *out, char bracket)
{
  g_string_append_c (out, bracket);
}

void
rebound_json_member (GString *out, const char *name, const char *value)
{
  put_name (out, name);
  rebound_json_string (out, value);
}

void
rebound_json_number (GString *out, const char *name, gint64 value)
{
  put_name (out, name);
  g_string_append_printf (out, "%" G_GINT64_FORMAT, value);
}

void
rebound_json_item (GString *out, const char *value)
{
  rebound_json_member (out, NULL, value);
}

/* To a thousandth, and without zeros at the end; the point is one in every locale. */
void
rebound_json_real (GString *out, const char *name, double value)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE + 8];
  gsize length;

  g_ascii_formatd (text, sizeof text, "%.3f", value);
  for (length = strlen (text); text[length - 1] == '0';)
    length--;
  length -= text[length - 1] == '.';
  put_name (out, name);
  g_string_append_len (out, text, length);
}

void
rebound_json_raw (GString *out, const char *name, const char *json)
{
  put_name (out, name);
  g_string_append (out, json);
}
