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

/* The bytes of a string of UTF-8, or as many whole characters of it as @most bytes hold. */
static inline gsize
rebound_cut_length (const char *string, gsize most)
{
  gsize length = strnlen (string, most + 1);

  if (length <= most)
    return length;
  for (length = most; length > 0 && (string[length] & 0xc0) == 0x80;)
    length--;
  return length;
}

G_END_DECLS
