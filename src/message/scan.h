/* Rebound: steps within a text.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <string.h>

G_BEGIN_DECLS

/* The LF that ends the line of @p, or @end. */
static inline const char *
rebound_line_end (const char *p, const char *end)
{
  const char *lf = memchr (p, '\n', end - p);

  return lf != NULL ? lf : end;
}

static inline const char *
rebound_skip_blanks (const char *p, const char *end)
{
  while (p < end && (*p == ' ' || *p == '\t'))
    p++;
  return p;
}

G_END_DECLS
