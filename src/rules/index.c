/* Rebound: what finds the texts of the rules in one pass.
 *
 * A text is looked for by four of its bytes, its window: the rarer these are in mail, and the
 * fewer texts share them, the less often a text is compared in vain.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "index.h"

#include <stdlib.h>
#include <string.h>

typedef struct
{
  const char *strings;
  guint *counts; /* how often each four bytes stand in all texts */
  guint *shared; /* how many windows have them */
} Index;

/* How rare four such bytes are in mail, by the letters: those of English by frequency; the rest is
 * rare. */
static guint
commonness (const char *window)
{
  static const char frequent[] = "zqxjkvbpygfwmucldrhsnioate ";
  guint sum = 0;

  for (guint i = 0; i < 4; i++)
    {
      const char *place = strchr (frequent, window[i]);

      sum += place != NULL && window[i] != '\0' ? place - frequent + 1 : 4;
    }
  return sum;
}

/* The texts of the rules are in the language of reports. */
static void
count_grams (Index *self, const ReboundPattern *pattern)
{
  const char *text = self->strings + pattern->text;

  for (gsize i = 0; i + 4 <= pattern->length; i++)
    self->counts[rebound_gram_hash (rebound_gram (text + i))]++;
}

/* Patterns that were built in have theirs: choosing anew would cost a site with a rule or two more
 * than reading its mail. */
static void
choose_window (Index *self, ReboundPattern *pattern)
{
  const char *text = self->strings + pattern->text;
  guint best = G_MAXUINT;

  for (gsize i = 0; i + 4 <= pattern->first && pattern->gram == 0; i++)
    {
      guint hash = rebound_gram_hash (rebound_gram (text + i));
      guint cost = commonness (text + i) + 4 * self->counts[hash] + 2 * self->shared[hash];

      if (cost < best)
        {
          best = cost;
          pattern->window = i;
        }
    }
  pattern->gram = rebound_gram (text + pattern->window);
  self->shared[rebound_gram_hash (pattern->gram)]++;
}

static int
compare_patterns (gconstpointer a, gconstpointer b)
{
  const ReboundPattern *x = a, *y = b;
  guint hash_x = rebound_gram_hash (x->gram);
  guint hash_y = rebound_gram_hash (y->gram);

  if (hash_x != hash_y)
    return hash_x < hash_y ? -1 : 1;
  return x->rule < y->rule ? -1 : x->rule > y->rule;
}

static void
fill_buckets (const ReboundPattern *patterns, guint n, guint16 *buckets, guint8 *grams)
{
  guint next = 0;

  for (guint i = 0; i < n; i++)
    {
      guint hash = rebound_gram_hash (patterns[i].gram);

      grams[hash >> 3] |= 1 << (hash & 7);
      while (next <= rebound_gram_bucket (hash))
        buckets[next++] = i;
    }
  while (next <= 1 << REBOUND_BUCKET_BITS)
    buckets[next++] = n;
}

void
rebound_index_patterns (ReboundPattern *patterns, guint n, const char *strings, guint16 *buckets,
                        guint8 *grams)
{
  g_autofree guint *counts = g_new0 (guint, 1 << REBOUND_GRAM_BITS);
  g_autofree guint *shared = g_new0 (guint, 1 << REBOUND_GRAM_BITS);
  Index self = { strings, counts, shared };

  for (guint i = 0; i < n; i++)
    count_grams (&self, &patterns[i]);
  for (guint i = 0; i < n; i++)
    choose_window (&self, &patterns[i]);
  if (n > 0) /* qsort() takes no NULL */
    qsort (patterns, n, sizeof *patterns, compare_patterns);
  fill_buckets (patterns, n, buckets, grams);
}
