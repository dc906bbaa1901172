/* Rebound: whether the worst text is cheap, beside others that are read in the same run. Thus a
 * slow machine, a busy one or a sanitizer says nothing against it.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <check.h>
#include <glib.h>
#include <string.h>
#include <time.h>

/* Less is cheap anywhere, and no more than noise. */
#define COST_NOISE (CLOCKS_PER_SEC / 100)

/* Of a text, when a quarter of it costs 1: four, where it is linear, sixteen, where it is not. */
#define COST_GROWTH 10

/* … when plain text of the same length, which is hardly more than copied, costs 1. */
#define COST_RATIO 1000

/* Something else may have been going on. */
#define COST_TRIES 5

/* Reads a text, which has a NUL behind its end. */
typedef void (*CostRead) (const char *text, gsize length);

static inline clock_t
cost_of (CostRead read, const char *text, gsize length)
{
  g_autofree char *copy = g_malloc (length + 1);
  clock_t start;

  memcpy (copy, text, length);
  copy[length] = '\0';
  start = clock ();
  read (copy, length);
  return clock () - start;
}

/* @line as often as @length takes. */
static inline clock_t
cost_of_lines (CostRead read, const char *line, gsize length)
{
  g_autoptr (GString) text = g_string_sized_new (length);

  while (text->len < length)
    g_string_append (text, line);
  return cost_of (read, text->str, length);
}

/* @line is of plain text. */
static inline void
assert_cheap (CostRead read, const char *text, gsize length, const char *line)
{
  clock_t whole = 0, quarter = 0, plain = 0;

  for (guint i = 0; i < COST_TRIES; i++)
    {
      whole = cost_of (read, text, length);
      quarter = cost_of (read, text, length / 4);
      plain = cost_of_lines (read, line, length);
      if (whole < COST_NOISE || (whole < COST_GROWTH * quarter && whole < COST_RATIO * plain))
        return;
    }
  ck_abort_msg ("%" G_GSIZE_FORMAT
                " bytes take %ld µs of CPU, a quarter of them %ld, plain text %ld",
                length, (long) whole, (long) quarter, (long) plain);
}
