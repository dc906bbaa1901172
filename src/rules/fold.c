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

void
rebound_folded_clear (ReboundFolded *self)
{
  g_free (self->text);
  g_free (self->offset);
  *self = (ReboundFolded) REBOUND_FOLDED_INIT;
}

/* Lower case needs at most half as many bytes again (U+023A). */
static void
reserve (ReboundFolded *self, gsize length)
{
  gsize need = 2 * length + 2;

  self->length = 0;
  if (need <= self->capacity)
    return;
  rebound_folded_clear (self);
  self->text = g_malloc (need);
  self->offset = g_new (guint32, need);
  self->capacity = need;
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
put (ReboundFolded *self, char c, guint32 from)
{
  self->text[self->length] = c;
  self->offset[self->length++] = from;
}

static void
put_space (ReboundFolded *self, guint32 from)
{
  if (self->length == 0 || self->text[self->length - 1] != ' ')
    put (self, ' ', from);
}

static gboolean
put_variant (ReboundFolded *self, gunichar c, guint32 from)
{
  for (guint i = 0; i < G_N_ELEMENTS (variants) && c >= variants[i].first; i++)
    if (c <= variants[i].last)
      {
        if (variants[i].fold == ' ')
          put_space (self, from);
        else if (variants[i].fold != 0)
          put (self, variants[i].fold, from);
        return TRUE;
      }
  return FALSE;
}

static void
put_wide (ReboundFolded *self, gunichar c, guint32 from)
{
  char bytes[6];

  if (put_variant (self, c, from))
    return;
  for (int i = 0, n = g_unichar_to_utf8 (g_unichar_tolower (c), bytes); i < n; i++)
    put (self, bytes[i], from);
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
put_ascii (ReboundFolded *self, const char *text, const char *p, const char *end)
{
  for (; p < end && (guint8) *p < 0x80 && !is_blank (*p); p++)
    put (self, g_ascii_tolower (*p), p - text);
  return p;
}

static const char *
put_blanks (ReboundFolded *self, const char *text, const char *p, const char *end)
{
  const char *blanks = p;

  while (p < end && is_blank (*p))
    p++;
  if (p == end || (guint8) *p < 0x80 || !is_soft_wrap (self, text, blanks, p))
    put_space (self, blanks - text);
  return p;
}

void
rebound_fold (ReboundFolded *self, const char *text, gsize length)
{
  const char *end = text + length;

  reserve (self, length);
  put_space (self, 0);
  for (const char *p = text; p < end;)
    if (is_blank (*p))
      p = put_blanks (self, text, p, end);
    else if ((guint8) *p < 0x80)
      p = put_ascii (self, text, p, end);
    else
      {
        put_wide (self, g_utf8_get_char (p), p - text);
        p = g_utf8_next_char (p);
      }
  put_space (self, length);
}
