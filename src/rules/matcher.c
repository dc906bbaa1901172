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

/* Where the pieces of @text, from @p on, end; NULL where one does not follow. */
static const char *
match_pieces (const Match *match, const char *text, gsize length, const char *p)
{
  const char *stop = text + length;
  const char *gap = memchr (text, REBOUND_PATTERN_GAP, length);
  gsize piece = (gap != NULL ? gap : stop) - text;

  if ((gsize) (match->end - p) < piece || memcmp (p, text, piece) != 0)
    return NULL;
  for (p += piece; gap != NULL; p += piece)
    {
      text = gap + 1;
      gap = memchr (text, REBOUND_PATTERN_GAP, stop - text);
      piece = (gap != NULL ? gap : stop) - text;
      p = memmem (p, MIN ((gsize) (match->end - p), REBOUND_PATTERN_MAX_GAP + piece), text, piece);
      if (p == NULL)
        return NULL;
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

  if ((pattern->areas & match->area) == 0 || start < text || !at_word_start (text, start))
    return;
  end = match_pieces (match, literal, pattern->length, start);
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
