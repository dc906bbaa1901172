/* Rebound: text as the rules see it.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fold.h"

#include <string.h>

/* Characters that are written in several ways, or that nobody sees. */
static const struct
{
  gunichar first, last;
  char fold; /* 0: dropped */
} variants[] = {
  { 0x00a0, 0x00a0, ' ' }, { 0x00ad, 0x00ad, 0 },   { 0x2000, 0x200a, ' ' },
  { 0x200b, 0x200f, 0 },   { 0x2010, 0x2015, '-' }, { 0x2018, 0x201b, '\'' },
  { 0x201c, 0x201f, '"' }, { 0x2028, 0x2029, ' ' }, { 0x202a, 0x202e, 0 },
  { 0x2060, 0x2064, 0 },   { 0x3000, 0x3000, ' ' }, { 0xfeff, 0xfeff, 0 },
};

/* Letters that are written for one another: the Turkish "ı", whose capital is "I"; Romanian with
 * the cedilla for the comma below, which older charsets lack; Greek without the accents, as
 * capitals are, and the sigma at the end of a word; Russian without the dots; Arabic on keyboards
 * of other countries and in charsets that lack the Persian letters. And full-width ASCII. */
static gunichar
plain_letter (gunichar c)
{
  static const struct
  {
    gunichar from, to;
  } letters[] = {
    { 0x0131, 'i' },    { 0x0219, 0x015f }, { 0x021b, 0x0163 }, { 0x03ac, 0x03b1 },
    { 0x03ad, 0x03b5 }, { 0x03ae, 0x03b7 }, { 0x03af, 0x03b9 }, { 0x03c2, 0x03c3 },
    { 0x03cc, 0x03bf }, { 0x03cd, 0x03c5 }, { 0x03ce, 0x03c9 }, { 0x0451, 0x0435 },
    { 0x0622, 0x0627 }, { 0x0623, 0x0627 }, { 0x0625, 0x0627 }, { 0x0629, 0x0647 },
    { 0x0649, 0x064a }, { 0x06a9, 0x0643 }, { 0x06cc, 0x064a },
  };

  if (c >= 0xff01 && c <= 0xff5e)
    return g_unichar_tolower (c - 0xff01 + '!');
  if (c < 0x0131 || c > 0x06ff)
    return c;
  for (guint i = 0; i < G_N_ELEMENTS (letters) && c >= letters[i].from; i++)
    if (c == letters[i].from)
      return letters[i].to;
  return c;
}

void
rebound_folded_clear (ReboundFolded *self)
{
  g_free (self->text);
  g_clear_pointer (&self->steps, g_array_unref);
  *self = (ReboundFolded) REBOUND_FOLDED_INIT;
}

/* Lower case needs at most half as many bytes again (U+023A). */
static void
reserve (ReboundFolded *self, gsize length)
{
  gsize need = 2 * length + 2;

  if (self->steps == NULL)
    self->steps = g_array_sized_new (FALSE, FALSE, sizeof (ReboundFoldStep), 32);
  g_array_set_size (self->steps, 0);
  self->length = 0;
  if (need <= self->capacity)
    return;
  g_free (self->text);
  self->text = g_malloc (need);
  self->capacity = need;
}

/* From here on the folded bytes come from @from. */
static void
step (ReboundFolded *self, gsize from)
{
  ReboundFoldStep next = { self->length, from };

  g_array_append_val (self->steps, next);
}

gsize
rebound_fold_origin (const ReboundFolded *self, gsize at)
{
  guint low = 0, high = self->steps->len;
  const ReboundFoldStep *found;

  while (high - low > 1)
    {
      guint middle = low + (high - low) / 2;

      if (g_array_index (self->steps, ReboundFoldStep, middle).folded <= at)
        low = middle;
      else
        high = middle;
    }
  found = &g_array_index (self->steps, ReboundFoldStep, low);
  return found->text + (at - found->folded);
}

static gboolean
is_blank (char c)
{
  return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Scripts that are written without spaces between words. */
static gboolean
is_ideograph (gunichar c)
{
  return c >= 0x2e80 && c <= 0xffdc && !(c >= 0xac00 && c <= 0xd7a3);
}

static inline void
put (ReboundFolded *self, char c)
{
  self->text[self->length++] = c;
}

static void
put_space (ReboundFolded *self)
{
  if (self->length == 0 || self->text[self->length - 1] != ' ')
    put (self, ' ');
}

static gboolean
put_variant (ReboundFolded *self, gunichar c)
{
  for (guint i = 0; i < G_N_ELEMENTS (variants) && c >= variants[i].first; i++)
    if (c <= variants[i].last)
      {
        if (variants[i].fold == ' ')
          put_space (self);
        else if (variants[i].fold != 0)
          put (self, variants[i].fold);
        return TRUE;
      }
  return FALSE;
}

/* Whether the blanks before @p stand between two ideographs and hold a line end. */
static gboolean
is_soft_wrap (const ReboundFolded *self, const char *text, const char *blanks, const char *p)
{
  const char *last = g_utf8_find_prev_char (self->text, self->text + self->length);

  return memchr (blanks, '\n', p - blanks) != NULL && blanks > text && last != NULL
         && is_ideograph (g_utf8_get_char (last)) && is_ideograph (g_utf8_get_char (p));
}

/* The bulk of all mail: a run of ASCII that is not blank. */
static const char *
put_ascii (ReboundFolded *self, const char *p, const char *end)
{
  char *out = self->text + self->length;

  for (; p<end && * p> ' '; p++)
    *out++ = *p >= 'A' && *p <= 'Z' ? *p + ('a' - 'A') : *p;
  self->length = out - self->text;
  return p;
}

static const char *
put_blanks (ReboundFolded *self, const char *text, const char *p, const char *end)
{
  const char *blanks = p;
  gsize before = self->length;

  while (p < end && is_blank (*p))
    p++;
  if (p == end || (guint8) *p < 0x80 || !is_soft_wrap (self, text, blanks, p))
    put_space (self);
  if (self->length - before != (gsize) (p - blanks))
    step (self, p - text);
  return p;
}

static const char *
put_wide (ReboundFolded *self, const char *text, const char *p)
{
  const char *next = g_utf8_next_char (p);
  gunichar c = g_utf8_get_char (p);
  gsize before = self->length;

  if (!put_variant (self, c))
    self->length +=
        g_unichar_to_utf8 (plain_letter (g_unichar_tolower (c)), self->text + self->length);
  if (self->length - before != (gsize) (next - p))
    step (self, next - text);
  return next;
}

void
rebound_fold (ReboundFolded *self, const char *text, gsize length)
{
  const char *end = text + length;

  reserve (self, length);
  step (self, 0);
  put_space (self);
  step (self, 0);
  for (const char *p = text; p < end;)
    if (*p > ' ')
      p = put_ascii (self, p, end);
    else if ((guint8) *p >= 0x80)
      p = put_wide (self, text, p);
    else if (is_blank (*p))
      p = put_blanks (self, text, p, end);
    else
      put (self, *p++);
  put_space (self);
}
