/* Rebound: bytes in any charset → UTF-8.
 *
 * Mail systems quote refusals in the charset of their country and declare another, or none.
 * Where neither the declared charset nor UTF-8 fits, each usual charset is tried and the
 * result weighed: letters that are common in a language that is written in that charset speak
 * for it, signs that nobody writes speak against it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "charset.h"

#include <string.h>

#include "latin.h"

/* Tried in this order; the first of equal weight wins. */
static const char *const usual[] = {
  "ISO-2022-JP", "ISO-2022-KR",  "GB18030",      "SHIFT_JIS",    "EUC-JP",       "EUC-KR",
  "BIG5",        "KOI8-U",       "WINDOWS-1251", "WINDOWS-1254", "WINDOWS-1252", "WINDOWS-1250",
  "ISO-8859-2",  "WINDOWS-1253", "WINDOWS-1255", "WINDOWS-1256", "ISO-8859-5",   "ISO-8859-6",
};

/* How much of a text is weighed. */
#define SAMPLE 4096

/* Conversions for one message. The worst take 0.1 ms: the C library loads a module and unloads it
 * again. Twenty guesses are far more than a report needs. */
#define MOST_TRIES 300

gboolean
rebound_charsets_take (ReboundCharsets *self, guint n)
{
  if (self->tries + n > MOST_TRIES)
    return FALSE;
  self->tries += n;
  return TRUE;
}

static gboolean
is_ascii (const char *bytes, gsize length)
{
  guint64 high = 0;
  gsize i = 0;

  for (; i + 8 <= length; i += 8)
    {
      guint64 eight;

      memcpy (&eight, bytes + i, 8);
      high |= eight;
    }
  for (; i < length; i++)
    high |= (guint8) bytes[i];
  return (high & G_GUINT64_CONSTANT (0x8080808080808080)) == 0
         && memchr (bytes, 0x1b, length) == NULL && memchr (bytes, '\0', length) == NULL;
}

static char *
drop_nul (char *text, gsize *length)
{
  char *out = text;

  for (gsize i = 0; i < *length; i++)
    if (text[i] != '\0')
      *out++ = text[i];
  *out = '\0';
  *length = out - text;
  return text;
}

/* Strictly: %NULL where a byte does not fit; @cut allows a character that the end cuts off. */
static char *
convert (ReboundCharsets *self, const char *bytes, gsize length, const char *charset, gboolean cut,
         gsize *out_length)
{
  GIConv converter = (GIConv) -1;
  gsize read; /* who asks for it is not told of a cut character as an error */
  char *out;

  if (rebound_charsets_take (self, 1))
    converter = rebound_converters_take (self->converters, charset);
  if (converter == (GIConv) -1)
    return NULL;
  out = g_convert_with_iconv (bytes, length, converter, cut ? &read : NULL, out_length, NULL);
  rebound_converters_give (self->converters, charset, converter);
  if (out == NULL)
    return NULL;
  drop_nul (out, out_length);
  if (!g_utf8_validate (out, *out_length, NULL))
    g_clear_pointer (&out, g_free);
  return out;
}

/* The weight of a character: what is often written is light, what never is weighs much. */
static const struct
{
  gunichar first, last;
  int weight;
} weights[] = {
  { 0x0080, 0x009f, -20 }, /* C1 controls */
  { 0x00a0, 0x00bf, -3 },  /* signs of Latin-1; its letters and more: see latin.h */
  { 0x0370, 0x03ab, 1 },   /* Greek capitals */
  { 0x03ac, 0x03ce, 6 },   { 0x0400, 0x040f, 0 }, { 0x0410, 0x042f, 1 }, /* Cyrillic capitals */
  { 0x0430, 0x0430, 8 }, /* small Cyrillic letters: а в д е и к to у are the frequent ones */
  { 0x0431, 0x0431, 4 },   { 0x0432, 0x0432, 8 }, { 0x0433, 0x0433, 4 },
  { 0x0434, 0x0435, 8 },   { 0x0436, 0x0437, 4 }, { 0x0438, 0x0438, 8 },
  { 0x0439, 0x0439, 4 },   { 0x043a, 0x0443, 8 }, { 0x0444, 0x044f, 4 },
  { 0x0450, 0x045f, 2 },   { 0x0490, 0x0491, 2 }, { 0x05d0, 0x05ea, 8 }, /* Hebrew */
  { 0x0627, 0x062a, 6 },   { 0x0631, 0x0631, 6 }, { 0x0644, 0x064a, 6 },
  { 0x0600, 0x06ff, 3 },   /* Arabic */
  { 0x2010, 0x2026, 1 },   /* dashes, quotation marks, … */
  { 0x2500, 0x259f, -5 },  /* box drawing, which KOI8-R has */
  { 0x3000, 0x3002, 6 },   /* ideographic full stop and comma */
  { 0x3040, 0x30ff, 7 },   /* kana */
  { 0x4e00, 0x9fff, 4 },   /* ideographs; but see weigh_ideographs() */
  { 0xac00, 0xd7a3, 8 },   /* Hangul: its bytes are common ideographs in GB 2312 as well */
  { 0xe000, 0xf8ff, -20 }, /* private use */
  { 0xff01, 0xff5e, 4 },   /* full-width forms */
  { 0xff61, 0xff9f, -3 },  /* half-width kana: what Shift_JIS makes of other charsets */
};

static int
weigh (gunichar c)
{
  for (guint i = 0; i < G_N_ELEMENTS (weights); i++)
    if (c >= weights[i].first && c <= weights[i].last)
      return weights[i].weight;
  return -8;
}

/* What is known of a charset's language: which first bytes are ideographs, which of those are in
 * daily use (the legacy charsets put them first) and from which second byte on (what GBK added to
 * GB 2312 is below), what one weighs, and whether there is kana. */
typedef struct
{
  const char *charset;
  guint8 first, last;
  guint8 common, second;
  int ideograph;
  int kana;
} Asian;

static const Asian asian[] = {
  { "GB18030", 0xb0, 0xf7, 0xd7, 0xa1, 7, -4 }, { "BIG5", 0xa4, 0xf9, 0xc6, 0, 7, -4 },
  { "EUC-KR", 0xca, 0xfd, 0, 0, 0, -4 },        { "EUC-JP", 0xb0, 0xf4, 0xcf, 0, 7, 8 },
  { "SHIFT_JIS", 0x88, 0x9f, 0x97, 0, 6, 7 },
};

static const Asian *
find_asian (const char *charset)
{
  for (guint i = 0; i < G_N_ELEMENTS (asian); i++)
    if (g_ascii_strcasecmp (asian[i].charset, charset) == 0)
      return &asian[i];
  return NULL;
}

/* The mean weight of an ideograph in @bytes: daily use speaks for the charset, the rest against. */
static int
weigh_ideographs (const Asian *of, const char *bytes, gsize length)
{
  int common = 0, all = 0;

  for (gsize i = 0; i + 1 < length; i++)
    {
      guint8 lead = bytes[i];

      if (lead < 0x80)
        continue;
      all += lead >= of->first && lead <= of->last;
      common += lead >= of->first && lead <= of->common && (guint8) bytes[i + 1] >= of->second;
      i++;
    }
  return all > 0 ? (common * of->ideograph - 4 * (all - common)) / all : 0;
}

/* A capital after a small letter, or a Hebrew final letter before another: text of one charset
 * read as another of the same size. */
static gboolean
is_unnatural (const char *text, const char *character)
{
  static const gunichar finals[] = { 0x05da, 0x05dd, 0x05df, 0x05e3, 0x05e5 };
  const char *before = g_utf8_find_prev_char (text, character);
  gunichar last = before != NULL ? g_utf8_get_char (before) : 0;
  gunichar c = g_utf8_get_char (character);

  for (guint i = 0; i < G_N_ELEMENTS (finals); i++)
    if (last == finals[i] && c >= 0x05d0 && c <= 0x05ea)
      return TRUE;
  return last != 0 && g_unichar_isupper (c) && g_unichar_islower (last);
}

/* "remise à cette": between blanks, rather an accented letter than one of another script. */
static gboolean
is_alone (const char *text, const char *character)
{
  return (character == text || (guint8) character[-1] < 0x80)
         && (guint8) *g_utf8_next_char (character) < 0x80;
}

/* Neither Chinese nor Japanese has spaces between words; what looks so is KOI8-R. */
static gboolean
is_behind_word (const char *text, const char *character)
{
  return character > text + 1 && character[-1] == ' ' && (guint8) character[-2] >= 0x80;
}

/* A letter of any Latin alphabet; at the end of a text there is none. */
static gboolean
is_latin (const char *p)
{
  gunichar c = g_utf8_get_char (p);

  return c < 0x250 && g_unichar_isalpha (c);
}

/* An accented letter stands among plain ones; a letter of another script does not, nor an
 * ideograph within a word, and seldom beside one: "u\277ytkownika" is Latin-2. */
static int
weigh_neighbours (const char *text, const char *character)
{
  gunichar c = g_utf8_get_char (character);
  const char *next = g_utf8_next_char (character);
  const char *last = character > text ? g_utf8_prev_char (character) : "";
  gboolean before = g_ascii_isalpha (*last);
  gboolean after = g_ascii_isalpha (*next);

  if (c >= 0x3040)
    return before && after ? -12 : g_ascii_islower (*last) || g_ascii_islower (*next) ? -6 : 0;
  if (c >= 0xc0 && c <= 0x17f)
    return before || after ? 4 : 0;
  if (c < 0x370 || c > 0x6ff)
    return 0;
  if (is_alone (text, character))
    return -8;
  return is_latin (last) || is_latin (next) ? -10 : 0;
}

/* What speaks against a letter that its language has elsewhere. */
#define ODD 3

/* Mean weight of the characters beyond ASCII in @text, which @bytes are in @charset; in
 * thousandths. */
static int
weigh_text (const char *text, const char *charset, const char *bytes, gsize length)
{
  const Asian *of = find_asian (charset);
  int ideograph = of != NULL ? weigh_ideographs (of, bytes, length) : 0;
  ReboundLatin latin = { 0 };
  int sum = 0;
  int n = 0;

  for (const char *p = text; *p != '\0' && n < 200; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (c < 0x80)
        continue;
      n++;
      sum += weigh_neighbours (text, p) - (is_unnatural (text, p) ? 20 : 0);
      if (of != NULL && c >= 0x4e00 && c <= 0x9fff)
        sum += is_behind_word (text, p) ? -20 : ideograph;
      else if (of != NULL && c >= 0x3040 && c <= 0x30ff)
        sum += of->kana;
      else if (rebound_latin_count (&latin, c))
        sum -= rebound_latin_is_odd (p) ? ODD : 0;
      else
        sum += weigh (c);
    }
  return n > 0 ? (sum + rebound_latin_weigh (&latin)) * 1000 / n : 0;
}

static int
weigh_as (ReboundCharsets *self, const char *charset, const char *bytes, gsize length, gboolean cut)
{
  gsize n;
  g_autofree char *text = convert (self, bytes, length, charset, cut, &n);

  return text != NULL ? weigh_text (text, charset, bytes, length) : G_MININT;
}

/* What speaks for the charset of a neighbour. */
#define NEIGHBOURLY 800

/* Of @n @charsets the one that makes most sense of @bytes, rather @hint. */
static const char *
guess_among (ReboundCharsets *self, const char *const *charsets, guint n, const char *hint,
             const char *bytes, gsize length)
{
  gsize sample = MIN (length, SAMPLE);
  gboolean cut = sample < length;
  int hinted = hint != NULL ? weigh_as (self, hint, bytes, sample, cut) : G_MININT;
  int best_weight = hinted > G_MININT ? hinted + NEIGHBOURLY : G_MININT;
  const char *best = hinted > G_MININT ? hint : NULL;

  for (guint i = 0; i < n; i++)
    {
      int weight = weigh_as (self, charsets[i], bytes, sample, cut);

      if (weight > best_weight)
        {
          best = charsets[i];
          best_weight = weight;
        }
    }
  return best;
}

static const char *
guess (ReboundCharsets *self, const char *bytes, gsize length)
{
  return guess_among (self, usual, G_N_ELEMENTS (usual), self->hint, bytes, length);
}

/* As who declares Latin-1, or nothing that fits, may mean that of another language. */
static const char *
guess_latin (ReboundCharsets *self, const char *bytes, gsize length)
{
  static const char *const latin[] = { "WINDOWS-1254", "WINDOWS-1252", "WINDOWS-1250",
                                       "ISO-8859-2" };
  const char *best = guess_among (self, latin, G_N_ELEMENTS (latin), NULL, bytes, length);

  return best != NULL ? best : "WINDOWS-1252";
}

/* Charsets that fit any bytes, or that are declared out of habit. */
gboolean
rebound_charset_tells (const char *charset)
{
  static const char *const vague[] = { "",
                                       "us-ascii",
                                       "ascii",
                                       "iso-8859-1",
                                       "iso8859-1",
                                       "latin1",
                                       "windows-1252",
                                       "cp1252",
                                       "utf-8",
                                       "utf8",
                                       "default",
                                       "8bit",
                                       "iso-8859-1-windows-3.1-latin-1" };
  static const char *const prefixes[] = { "unknown", "x-unknown", "ansi_x3" };

  for (guint i = 0; i < G_N_ELEMENTS (vague); i++)
    if (g_ascii_strcasecmp (charset, vague[i]) == 0)
      return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (prefixes); i++)
    if (g_ascii_strncasecmp (charset, prefixes[i], strlen (prefixes[i])) == 0)
      return FALSE;
  return TRUE;
}

/* Four letters beyond ASCII in a row are no Western text, nor are six in a word. */
static gboolean
looks_western (const char *bytes, gsize length)
{
  guint run = 0, word = 0;

  for (gsize i = 0; i < length; i++)
    {
      gboolean high = (guint8) bytes[i] >= 0xa0;

      run = high ? run + 1 : 0;
      word = bytes[i] != '\n' && bytes[i] != ' ' ? word + high : 0;
      if (run >= 4 || word >= 6)
        return FALSE;
    }
  return memchr (bytes, 0x1b, length) == NULL;
}

/* With room for a NUL behind it; g_strndup() would stop at one. */
static char *
copy (const char *bytes, gsize length)
{
  char *text = g_malloc (length + 1);

  memcpy (text, bytes, length);
  text[length] = '\0';
  return text;
}

static char *
decode_guessed (ReboundCharsets *self, const char *bytes, gsize length, gsize *n)
{
  const char *charset = guess (self, bytes, length);
  char *text;

  if (charset != self->hint && length > self->guessed_length)
    {
      self->guessed = charset;
      self->guessed_length = length;
    }
  text = charset != NULL ? convert (self, bytes, length, charset, FALSE, n) : NULL;

  if (text == NULL)
    {
      text = g_utf8_make_valid (bytes, length);
      *n = strlen (text);
    }
  return text;
}

static gboolean
has_high_bytes (const char *bytes, gsize length)
{
  for (gsize i = 0; i < length; i++)
    if ((guint8) bytes[i] >= 0x80)
      return TRUE;
  return FALSE;
}

/* The length without a character of UTF-8 that the end cuts off; behind nothing but ASCII it is
 * rather the "ß" of another charset. */
static gsize
without_cut (const char *bytes, gsize length)
{
  const char *end;

  if (!g_utf8_validate (bytes, length, &end) && has_high_bytes (bytes, end - bytes)
      && g_utf8_get_char_validated (end, bytes + length - end) == (gunichar) -2)
    return end - bytes;
  return length;
}

static char *
decode (ReboundCharsets *self, const char *bytes, gsize length, const char *charset, gsize *n)
{
  gboolean vague = charset == NULL || !rebound_charset_tells (charset);
  gsize whole = without_cut (bytes, length);
  char *text = NULL;

  if (!vague)
    text = convert (self, bytes, length, charset, FALSE, n);
  /* ISO-2022 is of seven bits, with escapes */
  if (text == NULL && (has_high_bytes (bytes, length) || memchr (bytes, 0x1b, length) == NULL)
      && g_utf8_validate (bytes, whole, NULL))
    {
      text = copy (bytes, whole);
      *n = whole;
    }
  if (text == NULL && !vague)
    text = convert (self, bytes, length, charset, TRUE, n);
  if (text == NULL && charset != NULL && looks_western (bytes, length))
    text = convert (self, bytes, length, vague ? guess_latin (self, bytes, length) : charset, FALSE,
                    n);
  return text != NULL ? text : decode_guessed (self, bytes, length, n);
}

/* The name that UTF-7 had in RFC 1642, under which Windows' SMTP service writes its reports. */
static const char *
known_name (const char *charset)
{
  return charset != NULL && g_ascii_strcasecmp (charset, "unicode-1-1-utf-7") == 0 ? "utf-7"
                                                                                   : charset;
}

char *
rebound_decode (ReboundCharsets *self, const char *bytes, gsize length, const char *declared,
                gsize *out_length)
{
  ReboundCharsets alone = { 0 };
  const char *charset = known_name (declared);
  gboolean multibyte = charset != NULL
                       && (g_ascii_strncasecmp (charset, "utf-16", 6) == 0
                           || g_ascii_strncasecmp (charset, "utf-7", 5) == 0
                           || g_ascii_strncasecmp (charset, "unicode", 7) == 0);
  g_autofree char *clean = NULL;
  gsize n = length;
  char *text;

  if (!multibyte && memchr (bytes, '\0', length) != NULL)
    bytes = clean = drop_nul (copy (bytes, length), &n);
  if (!multibyte && is_ascii (bytes, n))
    text = copy (bytes, n);
  else
    text = decode (self != NULL ? self : &alone, bytes, n, charset, &n);
  if (out_length != NULL)
    *out_length = n;
  return text;
}
