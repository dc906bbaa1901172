/* Rebound: which language a text with accented letters may be in.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#define REBOUND_LATIN_FIRST 0xc0
#define REBOUND_LATIN_LAST 0x17f

/* How often each letter occurs, capitals among the small ones; all zero at first. */
typedef struct
{
  guint16 counts[REBOUND_LATIN_LAST - REBOUND_LATIN_FIRST + 1];
} ReboundLatin;

/* Whether @c is a Latin letter beyond ASCII; then it is counted. */
gboolean rebound_latin_count (ReboundLatin *self, gunichar c);

/* The weight of all letters together: those of the language that fits best speak for the text, the
 * others against it. */
int rebound_latin_weigh (const ReboundLatin *self);

/* Whether the letter at @p stands where its own language does not have it. */
gboolean rebound_latin_is_odd (const char *p);
