/* Rebound: when a message arrived, as the mailbox has it.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Unlike the Date field, which its sender may forge, both forms here are written by whoever
 * delivered the message. */
#include "mailbox/mailbox.h"

#include <stdlib.h>
#include <string.h>

#define MINUTES(hours) ((hours) *60)

/* What a zone is ahead of UTC, in minutes. Those of RFC 5322 section 4.3, and what ctime() of
 * European, Russian and Japanese systems writes. */
static const struct
{
  const char *name;
  int offset;
} zones[] = {
  { "EST", MINUTES (-5) },  { "EDT", MINUTES (-4) },  { "CST", MINUTES (-6) },
  { "CDT", MINUTES (-5) },  { "MST", MINUTES (-7) },  { "MDT", MINUTES (-6) },
  { "PST", MINUTES (-8) },  { "PDT", MINUTES (-7) },  { "WEST", MINUTES (1) },
  { "BST", MINUTES (1) },   { "CET", MINUTES (1) },   { "MET", MINUTES (1) },
  { "CEST", MINUTES (2) },  { "MEST", MINUTES (2) },  { "EET", MINUTES (2) },
  { "EEST", MINUTES (3) },  { "MSK", MINUTES (3) },   { "JST", MINUTES (9) },
  { "AEST", MINUTES (10) }, { "NZST", MINUTES (12) },
};

/* "EST", also of "EST5EDT" and "GMT+1", in which System V names both times of the year. */
static int
named_offset (const char *zone)
{
  const gsize length = strspn (zone, G_CSET_A_2_Z);

  for (gsize i = 0; i < G_N_ELEMENTS (zones); i++)
    if (strlen (zones[i].name) == length && strncmp (zones[i].name, zone, length) == 0)
      return zones[i].offset;
  return 0;
}

/* Of "+0100", "(CET)", "MET DST". Where a number stands beside a name it is that; an unknown name,
 * or none, is UTC, as RFC 4155 has it. */
static int
zone_offset (const char *zone)
{
  const char *sign = strpbrk (zone, "+-");
  int offset;

  if (sign != NULL && strspn (sign + 1, G_CSET_DIGITS) == 4)
    {
      offset = atoi (sign + 1);
      offset = MINUTES (offset / 100) + offset % 100;
      return *sign == '-' ? -offset : offset;
    }
  offset = named_offset (zone + strcspn (zone, G_CSET_A_2_Z));
  return strstr (zone, " DST") != NULL ? offset + MINUTES (1) : offset;
}

static int
find_month (const char *name)
{
  static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const char *month = strstr (months, name);

  return month != NULL ? (int) (month - months) / 3 + 1 : 0;
}

gint64
mailbox_read_asctime (const MailboxDate *date)
{
  /* 60 is a leap second. */
  g_autoptr (GDateTime) time =
      g_date_time_new_utc (atoi (date->year), find_month (date->month), atoi (date->day),
                           atoi (date->hour), atoi (date->minute), MIN (atoi (date->second), 59));
  gint64 seconds;

  if (time == NULL)
    return 0;
  seconds = g_date_time_to_unix (time) - 60 * zone_offset (date->zone);
  return MAX (seconds, 0);
}

/* "1763740800.M20046P8V2I1.host:2,S". A number of fewer digits is no time, but somebody's own way
 * to count: nine digits are since 1973. */
gint64
mailbox_read_maildir_name (const char *name)
{
  const gsize digits = strspn (name, G_CSET_DIGITS);

  if (digits < 9 || digits > 11 || name[digits] != '.')
    return 0;
  return g_ascii_strtoll (name, NULL, 10);
}
