/* Rebound: the text of an HTML body.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * rebound_html_to_text:
 * @html: valid UTF-8
 * @length: its bytes
 * @out_length: (out): bytes of the result
 *
 * Tags go, those that begin a line begin one, entities become characters, and what is
 * not shown (title, style, script, comments) is left out. An address that only the target of a
 * `mailto:` link holds is not lost: reports show the same address in the text.
 *
 * Returns: (transfer full): the text
 */
char *rebound_html_to_text (const char *html, gsize length, gsize *out_length);

/* The same without a module, and less well: of entities it knows the most usual, and a tag ends
 * at the first '>'. */
char *rebound_html_strip (const char *html, gsize length, gsize *out_length);

G_END_DECLS
