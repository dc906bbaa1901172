/* Rebound: what a person reads, in his language.
 *
 * The language is the locale's of the thread that asks (LC_MESSAGES), as gettext has it; the library
 * sets none. Only text is translated: JSON is the same in every language.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * rebound_translate:
 * @text: a text of the source or of the rule files
 *
 * Returns: (transfer none): the text in the language of the locale, UTF-8; @text itself where there
 *   is no translation
 */
const char *rebound_translate (const char *text) G_GNUC_FORMAT (1);

/* A word that means several things, in what it means here. */
const char *rebound_translate_in (const char *context, const char *text) G_GNUC_FORMAT (2);

const char *rebound_translate_n (const char *one, const char *many, gulong n) G_GNUC_FORMAT (1)
    G_GNUC_FORMAT (2);

/* Names that xgettext looks for; those with an N only mark what is translated later. */
#define _(text) rebound_translate (text)
#define C_(context, text) rebound_translate_in (context, text)
#define P_(one, many, n) rebound_translate_n (one, many, n)
#define N_(text) text
#define NC_(context, text) text

G_END_DECLS
