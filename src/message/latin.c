/* Rebound: which language a text with accented letters may be in.
 *
 * The charsets of one byte have letters in the same places: what is "ř" in one is "ø" in another.
 * No language has "ø" and "ì", so the letters of a text together tell which charset it is in.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "latin.h"

#include <string.h>

#define WEIGHT_IN 2
#define WEIGHT_OUT -4

/* Small letters beyond ASCII that are in daily use. */
static const char *const alphabets[] = {
  "àâçéèêëîïôùûüœ",    /* French */
  "äöüß",              /* German */
  "àèéìòù",            /* Italian */
  "áéíñóúü",           /* Spanish */
  "áâãàçéêíóôõú",      /* Portuguese */
  "éèëïöüêó",          /* Dutch */
  "åäöé",              /* Swedish, Finnish */
  "æøåéòô",            /* Danish, Norwegian */
  "áéíóúýðþæö",        /* Icelandic */
  "àçéèíïóòúü",        /* Catalan */
  "çğıöşüâîİ",         /* Turkish */
  "ąćęłńóśźż",         /* Polish */
  "áčďéěíňóřšťúůýž",   /* Czech */
  "áäčďéíĺľňóôŕšťúýž", /* Slovak */
  "áéíóöőúüű",         /* Hungarian */
  "ăâîşţ",             /* Romanian */
  "čćđšž",             /* Croatian, Serbian, Slovene */
  "äöõüšž",            /* Estonian */
};

gboolean
rebound_latin_count (ReboundLatin *self, gunichar c)
{
  gunichar small = c == 0x130 ? c : g_unichar_tolower (c); /* "İ" would become "i" */

  if (small < REBOUND_LATIN_FIRST || small > REBOUND_LATIN_LAST || !g_unichar_isalpha (small))
    return FALSE;
  self->counts[small - REBOUND_LATIN_FIRST]++;
  return TRUE;
}

static int
count_alphabet (const ReboundLatin *self, const char *alphabet)
{
  int n = 0;

  for (const char *p = alphabet; *p != '\0'; p = g_utf8_next_char (p))
    n += self->counts[g_utf8_get_char (p) - REBOUND_LATIN_FIRST];
  return n;
}

int
rebound_latin_weigh (const ReboundLatin *self)
{
  int all = 0, best = 0;

  for (guint i = 0; i < G_N_ELEMENTS (self->counts); i++)
    all += self->counts[i];
  for (guint i = 0; i < G_N_ELEMENTS (alphabets) && best < all; i++)
    best = MAX (best, count_alphabet (self, alphabets[i]));
  return best * WEIGHT_IN + (all - best) * WEIGHT_OUT;
}

/* Portuguese has "ãe", "ão", "õe" and these at the end of a word, with "s" behind; elsewhere they
 * are rather the "ă" and "ő" of Romanian and Hungarian. */
gboolean
rebound_latin_is_odd (const char *p)
{
  gunichar c = g_unichar_tolower (g_utf8_get_char (p));
  const char *next = g_utf8_next_char (p);
  char last = g_ascii_tolower (*next);

  if (c != 0xe3 && c != 0xf5)
    return FALSE;
  if (last == 's')
    return g_ascii_isalpha (next[1]);
  return (guint8) last >= 0x80 || (g_ascii_isalpha (last) && strchr ("eio", last) == NULL);
}
