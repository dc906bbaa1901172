/* Rebound: lines, whatever ends them.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "line-ends.h"

#include <string.h>

static const char *
find (const char *p, const char *end, char c)
{
  const char *found = p < end ? memchr (p, c, end - p) : NULL;

  return found != NULL ? found : end;
}

/* CRs and the LF they belong to: some relays make CR CR LF of a line end. */
static gboolean
is_crlf (ReboundLines *self, const char **lf)
{
  const char *p = MAX (*lf, self->bare);

  if (*lf < self->bare)
    return FALSE;
  while (p < self->end && *p == '\r')
    p++;
  if (p == self->end || *p != '\n')
    self->bare = p;
  *lf = p;
  return p > self->bare;
}

void
rebound_lines_init (ReboundLines *self, const char *text, gsize length)
{
  text = text != NULL ? text : ""; /* of no bytes */
  *self = (ReboundLines){ .p = text, .end = text + length };
  self->next_lf = find (text, self->end, '\n');
  self->next_cr = find (text, self->end, '\r');
}

gboolean
rebound_lines_next (ReboundLines *self, const char **line, gsize *length)
{
  const char *stop;

  if (self->p >= self->end)
    return FALSE;
  if (self->next_lf < self->p)
    self->next_lf = find (self->p, self->end, '\n');
  if (self->next_cr < self->p)
    self->next_cr = find (self->p, self->end, '\r');
  stop = MIN (self->next_lf, self->next_cr);
  *line = self->p;
  *length = stop - self->p;
  self->p = stop;
  if (stop < self->end && *stop == '\r' && is_crlf (self, &stop))
    self->p = stop;
  self->p += self->p < self->end;
  return TRUE;
}

gboolean
rebound_line_is_blank (const char *line, gsize length)
{
  for (gsize i = 0; i < length; i++)
    if (line[i] != ' ' && line[i] != '\t')
      return FALSE;
  return TRUE;
}

static gboolean
is_from_line (const char *line, gsize length)
{
  return (length > 5 && memcmp (line, "From ", 5) == 0)
         || (length > 6 && memcmp (line, ">From ", 6) == 0);
}

void
rebound_lines_skip_preface (ReboundLines *self)
{
  ReboundLines ahead = *self;
  const char *line;
  gsize length;

  while (rebound_lines_next (&ahead, &line, &length)
         && (rebound_line_is_blank (line, length) || is_from_line (line, length)))
    *self = ahead;
}
