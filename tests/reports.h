/* Rebound: the reports of corpus/languages, as messages.
 *
 * LANG.tsv has a line "charsets TAB NAME…", the usual ones of the language, and then lines
 * "reason TAB subject TAB text": what a mail system writes to a person, or for auto-reply what a
 * person's machine answers; "\n" in the text is a line end. "#" begins a comment.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Who could not be reached: the first address of @text. */
typedef struct
{
  guint line;
  char *reason;
  char *subject;
  char *text;
  char *recipient; /* (nullable) */
} Wording;

typedef struct
{
  char *name; /* as in src/rules/phrases/ */
  GStrv charsets;
  GPtrArray *wordings; /* of Wording */
} Wordings;

/* %NULL, and in @error why: also where a line has another form. */
Wordings *wordings_read (const char *path, GError **error);
void wordings_free (Wordings *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Wordings, wordings_free)

/* A message with these words in @charset, which its header calls @declared, if anything; @turn
 * chooses its transfer encoding. %NULL where @charset cannot encode them. */
GBytes *wording_to_message (const Wording *self, const char *charset, const char *declared,
                            guint turn);
