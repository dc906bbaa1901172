/* Rebound: text as the rules see it.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A place from which on the folded bytes are those of the text again, one by one. */
typedef struct
{
  guint32 folded;
  guint32 text;
} ReboundFoldStep;

/* Lower case, every run of blanks one space, line ends between two ideographs dropped, curly
 * quotes straight, invisible characters gone. */
typedef struct
{
  char *text; /* not NUL-terminated */
  gsize length;
  gsize capacity;
  GArray *steps; /* of ReboundFoldStep */
} ReboundFolded;

#define REBOUND_FOLDED_INIT                                                                        \
  {                                                                                                \
    NULL, 0, 0, NULL                                                                               \
  }

void rebound_folded_clear (ReboundFolded *self);

/**
 * rebound_fold:
 * @self: where the folded text goes; its old content is dropped, its memory used again
 * @text: valid UTF-8
 * @length: its bytes
 *
 * A space is put before and after the text, so that a word's start is always seen.
 */
void rebound_fold (ReboundFolded *self, const char *text, gsize length);

/* Where in the text the folded byte at @at came from. */
gsize rebound_fold_origin (const ReboundFolded *self, gsize at);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ReboundFolded, rebound_folded_clear)

G_END_DECLS
