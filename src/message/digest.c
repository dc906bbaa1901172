/* Rebound: which messages are the same.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "digest.h"

#include <string.h>

#include "line-ends.h"

/* Fields that a delivery adds, with its filters, or a mailbox. */
static gboolean
is_trace_field (const char *line, gsize length)
{
  static const char *const names[] = {
    "Return-Path:",
    "Received:",
    "Delivered-To:",
    "X-Original-To:",
    "Envelope-To:",
    "Delivery-Date:",
    "Status:",
    "X-Status:",
    "X-UID:",
    "X-Keywords:",
    "Content-Length:",
    "Received-SPF:",
    "Authentication-Results:",
    "ARC-",
    "Lines:",
    "X-Envelope-To:",
    "X-Envelope-From:",
    "X-Spam-",
    "X-Virus-",
  };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (length >= strlen (names[i]) && g_ascii_strncasecmp (line, names[i], strlen (names[i])) == 0)
      return TRUE;
  return FALSE;
}

/* Empty lines wait for a line behind them. */
static void
add_line (GChecksum *checksum, const char *line, gsize length, guint *line_ends)
{
  if (length > 0)
    for (; *line_ends > 0; --*line_ends)
      g_checksum_update (checksum, (const guchar *) "\n", 1);
  g_checksum_update (checksum, (const guchar *) line, length);
  ++*line_ends;
}

/* The header without trace fields. */
static void
add_header (GChecksum *checksum, ReboundLines *lines, guint *line_ends)
{
  gboolean skip = FALSE;
  const char *line;
  gsize length;

  while (rebound_lines_next (lines, &line, &length) && !rebound_line_is_blank (line, length))
    {
      if (*line != ' ' && *line != '\t')
        skip = is_trace_field (line, length);
      if (!skip)
        add_line (checksum, line, length, line_ends);
    }
  ++*line_ends;
}

char *
rebound_digest (GBytes *message, gsize most)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  gsize size;
  const char *data = g_bytes_get_data (message, &size);
  guint line_ends = 0;
  ReboundLines lines;
  const char *line;
  gsize length;

  rebound_lines_init (&lines, data, MIN (size, most));
  rebound_lines_skip_preface (&lines);
  add_header (checksum, &lines, &line_ends);
  while (rebound_lines_next (&lines, &line, &length))
    add_line (checksum, line, length, &line_ends);
  return g_strconcat ("sha256:", g_checksum_get_string (checksum), NULL);
}
