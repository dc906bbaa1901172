/* Rebound: the module that reads HTML, and what it has in common with the reader of the library.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <string.h>

G_BEGIN_DECLS

/**
 * ReboundHtmlReader:
 * @html: valid UTF-8
 * @length: its bytes
 * @out_length: (out): bytes of the result
 *
 * The type of `rebound_html_read` of the module `html`; see rebound_html_to_text().
 *
 * Returns: (transfer full) (nullable): the text, %NULL where the page is none that could be read
 *   to its end in decent time
 */
typedef char *(*ReboundHtmlReader) (const char *html, gsize length, gsize *out_length);

/* What these hold is not shown. */
static const char *const rebound_html_hidden[] = { "script", "style", "title", NULL };

/* Where these begin and where they end, a line begins. */
static const char *const rebound_html_lines[] = { "br", "p",  "div",   "tr",  "li",
                                                  "ul", "ol", "table", "h1",  "h2",
                                                  "h3", "h4", "hr",    "pre", "blockquote",
                                                  "td", "th", "dt",    "dd",  NULL };

static inline gboolean
rebound_html_is_one_of (const char *name, gsize length, const char *const *names)
{
  for (guint i = 0; length > 0 && names[i] != NULL; i++)
    if (*names[i] == g_ascii_tolower (*name) && strlen (names[i]) == length
        && g_ascii_strncasecmp (name, names[i], length) == 0)
      return TRUE;
  return FALSE;
}

G_END_DECLS
