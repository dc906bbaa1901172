/* Rebound: all texts of the rules in one pass.
 *
 * Each pattern has a window: four of its bytes, chosen when it was compiled to be rare and
 * little shared. Where the hash of four bytes of the message is that of some window, the
 * patterns of its bucket are compared.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "matcher.h"

#include <string.h>

typedef struct
{
  const ReboundRules *rules;
  ReboundArea area;
  const ReboundFolded *folded;
  const char *end;
  ReboundMatchFunc func;
  gpointer user_data;
} Match;

/* The texts start at a word's start: "full" is not in "successfully". */
static gboolean
at_word_start (const char *text, const char *p)
{
  return !g_ascii_isalnum (*p) || p == text || !g_ascii_isalnum (p[-1]);
}

/* A gap stands for one name or one address; with a second address in it, set apart from the first,
 * the words are about somebody else. */
static gboolean
is_one (const char *p, gsize length)
{
  const char *end = p + length;
  const char *at = memchr (p, '@', length);
  const char *next = at != NULL ? memchr (at + 1, '@', end - at - 1) : NULL;

  for (; next != NULL && at < next; at++)
    if (strchr (" <>,;()", *at) != NULL)
      return FALSE;
  return TRUE;
}

/* Where the pieces of @text end that stand behind gaps, the first of them at @gap, and that have to
 * follow @p; NULL where one does not. */
static const char *
match_gaps (const Match *match, const char *gap, const char *stop, const char *p)
{
  while (gap < stop)
    {
      const char *text = gap + 1;
      const char *before = p;
      gsize piece;

      gap = memchr (text, REBOUND_PATTERN_GAP, stop - text);
      gap = gap != NULL ? gap : stop;
      piece = gap - text;
      p = memmem (p, MIN ((gsize) (match->end - p), REBOUND_PATTERN_MAX_GAP + piece), text, piece);
      if (p == NULL || !is_one (before, p - before))
        return NULL;
      p += piece;
    }
  return p;
}

static void
try_pattern (const Match *match, const ReboundPattern *pattern, const char *window)
{
  const char *text = match->folded->text;
  const char *start = window - pattern->window;
  const char *literal = rebound_rules_string (match->rules, pattern->text);
  const char *end;

  if ((pattern->areas & match->area) == 0 || start < text || match->end - start < pattern->first
      || memcmp (start, literal, pattern->first) != 0 || !at_word_start (text, start))
    return;
  end = match_gaps (match, literal + pattern->first, literal + pattern->length,
                    start + pattern->first);
  if (end != NULL)
    {
      gsize from = rebound_fold_origin (match->folded, start - text);
      gsize to = rebound_fold_origin (match->folded, MIN (end, match->end - 1) - text);

      match->func (match->rules, pattern, from, to - from, match->user_data);
    }
}

static void
try_bucket (const Match *match, guint bucket, guint32 gram, const char *window)
{
  const ReboundRules *rules = match->rules;

  for (guint i = rules->buckets[bucket]; i < rules->buckets[bucket + 1]; i++)
    if (rules->patterns[i].gram == gram)
      try_pattern (match, &rules->patterns[i], window);
}

void
rebound_match (const ReboundRules *rules, ReboundArea area, const ReboundFolded *folded,
               ReboundMatchFunc func, gpointer user_data)
{
  const char *text = folded->text;
  const char *end = text + folded->length;
  Match match = { rules, area, folded, end, func, user_data };

  for (const char *p = text; p + 4 <= end; p++)
    {
      guint32 gram = rebound_gram (p);
      guint hash = rebound_gram_hash (gram);

      if (rules->grams[hash >> 3] & 1 << (hash & 7))
        try_bucket (&match, rebound_gram_bucket (hash), gram, p);
    }
}
