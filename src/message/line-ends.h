/* Rebound: lines, whatever ends them.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  const char *p;
  const char *end;
  const char *next_lf; /* at or after p, or end: each byte is searched once */
  const char *next_cr;
  const char *bare; /* CRs before it are line ends by themselves */
} ReboundLines;

void rebound_lines_init (ReboundLines *self, const char *text, gsize length);

/* The next line without its end; %FALSE behind the last. */
gboolean rebound_lines_next (ReboundLines *self, const char **line, gsize *length);

/* Goes to the first line of a message's header, behind blank lines and mbox `From ` lines. */
void rebound_lines_skip_preface (ReboundLines *self);

/* Nothing but blanks. */
gboolean rebound_line_is_blank (const char *line, gsize length);

G_END_DECLS
