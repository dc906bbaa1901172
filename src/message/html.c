/* Rebound: the text of an HTML body.
 *
 * A bounce in HTML is a few paragraphs and tables of a mail system; what matters is which
 * words stand on one line. A module reads it with a parser of HTML. What is here is for where
 * there is no such module, and for pages that it does not take: no tree is built, so any nesting
 * costs nothing.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "html.h"

#include <stdlib.h>
#include <string.h>

#include "modules/html.h"
#include "modules/modules.h"

#define LONGEST_ENTITY 10

typedef struct
{
  const char *name;
  const char *text;
} Entity;

/* clang-format off */
static const Entity entities[] = {
  { "amp", "&" }, { "lt", "<" }, { "gt", ">" }, { "quot", "\"" }, { "apos", "'" },
  { "nbsp", " " }, { "copy", "©" }, { "reg", "®" }, { "laquo", "«" }, { "raquo", "»" },
  { "ndash", "–" }, { "mdash", "—" }, { "hellip", "…" }, { "lsquo", "‘" }, { "rsquo", "’" },
  { "ldquo", "“" }, { "rdquo", "”" }, { "auml", "ä" }, { "ouml", "ö" }, { "uuml", "ü" },
  { "Auml", "Ä" }, { "Ouml", "Ö" }, { "Uuml", "Ü" }, { "szlig", "ß" }, { "eacute", "é" },
  { "egrave", "è" }, { "ecirc", "ê" }, { "agrave", "à" }, { "acirc", "â" },
  { "ccedil", "ç" }, { "ocirc", "ô" }, { "ucirc", "û" }, { "ugrave", "ù" },
  { "icirc", "î" }, { "aacute", "á" }, { "iacute", "í" }, { "oacute", "ó" },
  { "uacute", "ú" }, { "ntilde", "ñ" }, { "atilde", "ã" }, { "otilde", "õ" },
  { "ograve", "ò" }, { "igrave", "ì" }, { "aring", "å" }, { "oslash", "ø" },
  { "aelig", "æ" }, { "iquest", "¿" }, { "iexcl", "¡" }, { "zwnj", "" }, { "shy", "" },
};
/* clang-format on */

/* "</name>", or @end. */
static const char *
find_close (const char *p, const char *end, const char *name, gsize length)
{
  for (; (p = memchr (p, '<', end - p)) != NULL; p++)
    if ((gsize) (end - p) > length + 2 && p[1] == '/'
        && g_ascii_strncasecmp (p + 2, name, length) == 0)
      break;
  return p != NULL ? p : end;
}

static const char *
skip_comment (const char *p, const char *end)
{
  const char *close = memmem (p, end - p, "-->", 3);

  return close != NULL ? close + 3 : end;
}

static gsize
name_length (const char *p, const char *end)
{
  gsize n = 0;

  while (p + n < end && g_ascii_isalnum (p[n]))
    n++;
  return n;
}

/* Behind the tag at @p; a line begins where it begins one. */
static const char *
read_tag (GString *out, const char *p, const char *end)
{
  gboolean closing = p + 1 < end && p[1] == '/';
  const char *name = p + 1 + closing;
  gsize length = name < end ? name_length (name, end) : 0;
  const char *close;

  if (end - p >= 4 && memcmp (p, "<!--", 4) == 0)
    return skip_comment (p, end);
  if (length == 0 && !(end - p > 1 && (p[1] == '!' || p[1] == '?')))
    {
      g_string_append_c (out, '<');
      return p + 1;
    }
  close = memchr (p, '>', end - p);
  if (rebound_html_is_one_of (name, length, rebound_html_lines))
    g_string_append_c (out, '\n');
  if (close == NULL)
    return end;
  if (!closing && rebound_html_is_one_of (name, length, rebound_html_hidden))
    return find_close (close, end, name, length);
  return close + 1;
}

static gboolean
append_number (GString *out, const char *p)
{
  gboolean hexadecimal = *p == 'x' || *p == 'X';
  gunichar c = strtoul (p + hexadecimal, NULL, hexadecimal ? 16 : 10);

  if ((c < 0x20 && strchr ("\t\n\r", c) == NULL) || c == 0 || !g_unichar_validate (c))
    return FALSE;
  g_string_append_unichar (out, c);
  return TRUE;
}

static gboolean
append_entity (GString *out, const char *name, gsize length)
{
  if (length > 1 && *name == '#')
    return append_number (out, name + 1);
  for (guint i = 0; i < G_N_ELEMENTS (entities); i++)
    if (strlen (entities[i].name) == length && memcmp (entities[i].name, name, length) == 0)
      {
        g_string_append (out, entities[i].text);
        return TRUE;
      }
  return FALSE;
}

static const char *
read_entity (GString *out, const char *p, const char *end)
{
  const char *stop = memchr (p, ';', MIN (end - p, LONGEST_ENTITY + 2));

  if (stop != NULL && append_entity (out, p + 1, stop - p - 1))
    return stop + 1;
  g_string_append_c (out, '&');
  return p + 1;
}

char *
rebound_html_strip (const char *html, gsize length, gsize *out_length)
{
  GString *out = g_string_sized_new (length / 2 + 1);
  const char *end = html + length;

  for (const char *p = html; p < end;)
    if (*p == '<')
      p = read_tag (out, p, end);
    else if (*p == '&')
      p = read_entity (out, p, end);
    else
      {
        gsize run = 1 + strcspn (p + 1, "<&");

        g_string_append_len (out, p, MIN (run, (gsize) (end - p)));
        p += MIN (run, (gsize) (end - p));
      }
  *out_length = out->len;
  return g_string_free (out, FALSE);
}

char *
rebound_html_to_text (const char *html, gsize length, gsize *out_length)
{
  static ReboundModule module = REBOUND_MODULE ("html", "rebound_html_read");
  ReboundHtmlReader read = (ReboundHtmlReader) rebound_module_function (&module);
  char *text = read != NULL ? read (html, length, out_length) : NULL;

  return text != NULL ? text : rebound_html_strip (html, length, out_length);
}
