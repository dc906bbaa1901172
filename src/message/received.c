/* Rebound: when the own server took a message.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "line-ends.h"
#include "message.h"
#include "rebound-mailbox.h"
#include "scan.h"

#define FIELD "Received:"

/* A longer one is none that a server writes, and is no reason to copy it. */
#define LONGEST 4096

static gboolean
goes_on (const char *line, gsize length)
{
  return length > 0 && (*line == ' ' || *line == '\t');
}

/* The topmost Received field, unfolded; "" where there is none. */
static GString *
find_received (ReboundLines *lines)
{
  GString *field = g_string_new (NULL);
  const char *line;
  gsize length;

  while (rebound_lines_next (lines, &line, &length) && !rebound_line_is_blank (line, length))
    if (field->len > 0 ? goes_on (line, length) : rebound_starts_with (line, line + length, FIELD))
      g_string_append_len (field, line, MIN (length, LONGEST - MIN (field->len, LONGEST)));
    else if (field->len > 0)
      break;
  return field;
}

gint64
rebound_read_received (GBytes *message)
{
  gsize size;
  const char *data;
  ReboundLimits limits;
  ReboundLines lines;
  char date[REBOUND_DATE_BYTES];
  g_autoptr (GString) field = NULL;
  g_autoptr (GDateTime) time = NULL;
  const char *semicolon;

  g_return_val_if_fail (message != NULL, 0);

  rebound_limits_init (&limits);
  data = g_bytes_get_data (message, &size);
  rebound_lines_init (&lines, data, MIN (size, limits.header_bytes));
  rebound_lines_skip_preface (&lines);
  field = find_received (&lines);
  semicolon = strrchr (field->str, ';');
  if (semicolon != NULL && rebound_message_read_date (semicolon + 1, date))
    time = g_date_time_new_from_iso8601 (date, NULL);
  return time != NULL ? MAX (g_date_time_to_unix (time), 0) : 0;
}
