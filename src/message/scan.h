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

/* In any case. */
static inline gboolean
rebound_starts_with (const char *p, const char *end, const char *words)
{
  gsize n;

  if (p == end || (*p | 0x20) != (*words | 0x20)) /* which letters of either case have in common */
    return FALSE;
  n = strlen (words);
  return (gsize) (end - p) >= n && g_ascii_strncasecmp (p, words, n) == 0;
}

static inline gsize
rebound_count_digits (const char *p, const char *end)
{
  gsize n = 0;

  while (p + n < end && g_ascii_isdigit (p[n]))
    n++;
  return n;
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
