/* Rebound: mail addresses, and what return paths hide in them.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "address.h"

#include <stdlib.h>
#include <string.h>

#define LONGEST_LOCAL_PART 128
#define LONGEST_DOMAIN 255
#define MAX_WRAPPERS 8

/* Characters of an atom (RFC 5322 section 3.2.3), the dot, and any of UTF-8 (RFC 6531). */
static gboolean
is_local (char c)
{
  return g_ascii_isalnum (c) || (guint8) c >= 0x80
         || (c != '\0' && strchr ("!#$%&'*+-/=?^_`{|}~.", c) != NULL);
}

static gboolean
is_domain (char c)
{
  return g_ascii_isalnum (c) || (guint8) c >= 0x80 || c == '-' || c == '.' || c == '_';
}

/* Scripts whose words stand side by side without a blank: Thai and Lao, those of East Asia. */
static gboolean
is_unspaced (gunichar c)
{
  return (c >= 0x0e00 && c < 0x0f00) || c >= 0x2e80;
}

/* "（" and "，" stand beside an address as "(" and "," do. The middle dots are letters to
 * RFC 5892 appendix A. */
static gboolean
is_foreign_mark (gunichar c)
{
  switch (c == 0x00b7 || c == 0x30fb ? G_UNICODE_OTHER_LETTER : g_unichar_type (c))
    {
    case G_UNICODE_OPEN_PUNCTUATION:
    case G_UNICODE_CLOSE_PUNCTUATION:
    case G_UNICODE_INITIAL_PUNCTUATION:
    case G_UNICODE_FINAL_PUNCTUATION:
    case G_UNICODE_OTHER_PUNCTUATION:
    case G_UNICODE_SPACE_SEPARATOR:
      return TRUE;
    default:
      return FALSE;
    }
}

/* The character at @p, which is not of ASCII; what is no UTF-8 is one byte of a letter. */
static gunichar
get_foreign (const char *p, const char *end, gsize *length)
{
  gunichar c = g_utf8_get_char_validated (p, end - p);

  *length = 1;
  if (c == (gunichar) -1 || c == (gunichar) -2)
    return 0xe9;
  *length = g_utf8_skip[(guint8) *p];
  return c;
}

/* What is printed (RFC 5321 section 4.1.2): between two columns of a log stands a tab. */
static gboolean
is_quotable (const char *p, const char *end)
{
  return p < end && (guint8) *p >= ' ' && *p != 0x7f;
}

static gsize
scan_quoted (const char *p, const char *end)
{
  const char *start = p;

  for (p++; is_quotable (p, end) && *p != '"'; p++)
    if (*p == '\\' && is_quotable (p + 1, end))
      p++;
  return p < end && *p == '"' && p - start < LONGEST_LOCAL_PART ? p + 1 - start : 0;
}

/* "收件人bob@…" is a sentence that runs into an address. */
static gsize
scan_local (const char *p, const char *end)
{
  gboolean unspaced = FALSE;
  gsize n = 0;

  if (p < end && *p == '"')
    return scan_quoted (p, end);
  while (p + n < end && is_local (p[n]) && n <= LONGEST_LOCAL_PART)
    {
      gsize length = 1;
      gunichar c = (guint8) p[n] >= 0x80 ? get_foreign (p + n, end, &length) : 0;

      if (c != 0 ? is_foreign_mark (c) : unspaced && g_ascii_isalnum (p[n]))
        break;
      unspaced = c != 0 && is_unspaced (c);
      n += length;
    }
  return n <= LONGEST_LOCAL_PART ? n : 0;
}

/* Whether a domain may end here: "@qq.com" of "@qq.com不存在". */
static gboolean
ends_in_name (const char *p, gsize n)
{
  gsize letters = 0;

  while (letters < n && g_ascii_isalpha (p[n - 1 - letters]))
    letters++;
  return letters >= 2 && letters < n && p[n - 1 - letters] == '.';
}

static gsize
scan_domain (const char *p, const char *end)
{
  gsize n = 0;

  if (p < end && *p == '[')
    {
      const char *close = memchr (p, ']', MIN (end - p, 64));

      return close != NULL ? (gsize) (close + 1 - p) : 0;
    }
  while (p + n < end && is_domain (p[n]) && n < LONGEST_DOMAIN)
    {
      gsize length = 1;
      gunichar c = (guint8) p[n] >= 0x80 ? get_foreign (p + n, end, &length) : 0;

      if (c != 0 && (is_foreign_mark (c) || (is_unspaced (c) && ends_in_name (p, n))))
        break;
      n += length;
    }
  while (n > 0 && (p[n - 1] == '.' || p[n - 1] == '-' || p[n - 1] == '_'))
    n--;
  return n;
}

gsize
rebound_address_scan (const char *p, const char *end)
{
  gsize local = scan_local (p, end);
  gsize domain;

  if (local == 0 || p + local >= end || p[local] != '@')
    return 0;
  domain = scan_domain (p + local + 1, end);
  return domain > 0 ? local + 1 + domain : 0;
}

/* Where the character before @p begins. */
static const char *
previous (const char *start, const char *p)
{
  const char *first = p - MIN (p - start, 4);

  for (p--; p > first && ((guint8) *p & 0xc0) == 0x80;)
    p--;
  return p;
}

/* Where the local part that ends before @at begins. */
static const char *
local_start (const char *p, const char *at)
{
  const char *start = at;

  if (start > p && start[-1] == '"')
    {
      for (start--; start > p && at - start < LONGEST_LOCAL_PART && start[-1] != '"';)
        start--;
      return start > p ? start - 1 : at;
    }
  while (start > p && is_local (start[-1]) && at - start < LONGEST_LOCAL_PART)
    {
      const char *before = previous (p, start);
      gsize length;
      gunichar c = (guint8) *before >= 0x80 ? get_foreign (before, at, &length) : 0;

      if (c != 0 && (is_foreign_mark (c) || (is_unspaced (c) && g_ascii_isalnum (*start))))
        break;
      start = before;
    }
  while (start < at && strchr ("'`.=*-", *start) != NULL && start[1] != '?')
    start++;
  if (at - start > 5 && g_ascii_strncasecmp (start, "SMTP=", 5) == 0) /* X.400: dda:SMTP=… */
    start += 5;
  return start;
}

const char *
rebound_address_find (const char *p, const char *end, gsize *length)
{
  for (const char *from = p, *at; (at = memchr (from, '@', end - from)) != NULL; from = at + 1)
    {
      const char *start = local_start (p, at);
      gsize n = start < at ? rebound_address_scan (start, end) : 0;

      if (n > 0 && start + n > at)
        {
          *length = n;
          return start;
        }
    }
  return NULL;
}

/* "rfc822;", also "rfc/822;", "utf-8;", "smtp:", "mailto:" … before an address. */
static const char *
skip_type (const char *p)
{
  const char *semicolon;

  while (g_ascii_isspace (*p))
    p++;
  semicolon = strchr (p, ';');
  if (semicolon != NULL && semicolon - p < 24 && memchr (p, '@', semicolon - p) == NULL
      && memchr (p, '=', semicolon - p) == NULL)
    p = semicolon + 1;
  while (g_ascii_isspace (*p))
    p++;
  if (g_ascii_strncasecmp (p, "mailto:", 7) == 0)
    p += 7;
  else if (g_ascii_strncasecmp (p, "smtp:", 5) == 0)
    p += 5;
  return p;
}

/* \x{HHHH} of RFC 6533 section 3. */
static char *
decode_unitext (const char *text)
{
  GString *out = g_string_new (NULL);

  for (const char *p = text; *p != '\0';)
    {
      char *stop = NULL;
      gunichar c = 0;

      if (g_str_has_prefix (p, "\\x{"))
        c = strtoul (p + 3, &stop, 16);
      if (stop != NULL && *stop == '}' && stop - p <= 9 && c >= 0x20 && g_unichar_validate (c))
        {
          g_string_append_unichar (out, c);
          p = stop + 1;
        }
      else
        g_string_append_c (out, *p++);
    }
  return g_string_free (out, FALSE);
}

static void
lower_domain (char *address)
{
  char *at = strrchr (address, '@');

  for (; at != NULL && *at != '\0'; at++)
    *at = g_ascii_tolower (*at);
}

/* A field that is one address from end to end is taken as it is written. */
static gsize
scan_whole (const char *text)
{
  const char *at = strchr (text, '@');
  const char *p = text;

  if (at == NULL || at == text || at - text > LONGEST_LOCAL_PART || strchr ("'`.=*-", *text) != NULL
      || g_ascii_strncasecmp (text, "SMTP=", 5) == 0)
    return 0;
  while (p < at && is_local (*p))
    p++;
  if (p < at || !is_domain (p[1]))
    return 0;
  for (p++; is_domain (*p);)
    p++;
  while (p[-1] == '.' || p[-1] == '-')
    p--;
  return p[strspn (p, ".->\" \t")] == '\0' && p > at + 1 ? p - text : 0;
}

char *
rebound_address_clean (const char *raw)
{
  const char *bare = skip_type (raw);
  g_autofree char *decoded = strstr (bare, "\\x{") != NULL ? decode_unitext (bare) : NULL;
  const char *text = decoded != NULL ? decoded : bare;
  const char *angle = strrchr (text, '<');
  const char *end = text + strlen (text);
  gsize length = 0;
  const char *start;
  char *address;

  start = angle != NULL ? angle + 1 : text;
  length = scan_whole (start);
  if (length == 0)
    start = rebound_address_find (angle != NULL ? angle : text, end, &length);
  if (start == NULL && angle != NULL)
    start = rebound_address_find (text, end, &length);
  if (start == NULL && *text != '|' && (*text != '/' || strchr (text, '=') != NULL))
    {
      start = text + strspn (text, " <\"'(");
      length = strcspn (start, " >\"'()\t");
    }
  if (length == 0)
    return NULL;
  address = g_strndup (start, length);
  lower_domain (address);
  return address;
}

char *
rebound_address_decode_xtext (const char *xtext)
{
  GString *out = g_string_new (NULL);

  for (const char *p = xtext; *p != '\0'; p++)
    if (*p == '+' && g_ascii_isxdigit (p[1]) && g_ascii_isxdigit (p[2])
        && g_ascii_xdigit_value (p[1]) < 8)
      {
        g_string_append_c (out, g_ascii_xdigit_value (p[1]) * 16 + g_ascii_xdigit_value (p[2]));
        p += 2;
      }
    else
      g_string_append_c (out, *p);
  return g_string_free (out, FALSE);
}

gboolean
rebound_address_equal (const char *a, const char *b)
{
  return a != NULL && b != NULL && g_ascii_strcasecmp (a, b) == 0;
}

static gboolean
is_hexadecimal (const char *p, gsize length)
{
  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isxdigit (p[i]))
      return FALSE;
  return length > 0;
}

/* prvs=KDDDSSSSSS=local@domain, or prvs=local/KDDDSSSSSS@domain as Exim once wrote it; the tag
 * is the field of ten hexadecimal digits on whichever side. */
static char *
unwrap_prvs (const char *local, gsize length, const char *domain)
{
  const char *body = local + 5;
  gsize n = length - 5;

  if (length < 17 || g_ascii_strncasecmp (local, "prvs=", 5) != 0)
    return NULL;
  if (strchr ("=/", body[10]) != NULL && is_hexadecimal (body, 10))
    return g_strdup_printf ("%.*s@%s", (int) (n - 11), body + 11, domain);
  if (strchr ("=/", body[n - 11]) != NULL && is_hexadecimal (body + n - 10, 10))
    return g_strdup_printf ("%.*s@%s", (int) (n - 11), body, domain);
  return NULL;
}

/* btv1==HHHHHHHHHHH==local@domain */
static char *
unwrap_barracuda (const char *local, gsize length, const char *domain)
{
  const char *rest;

  if (length < 8 || g_ascii_strncasecmp (local, "btv1==", 6) != 0)
    return NULL;
  rest = memmem (local + 6, length - 6, "==", 2);
  if (rest == NULL || !is_hexadecimal (local + 6, rest - local - 6))
    return NULL;
  return g_strdup_printf ("%.*s@%s", (int) (local + length - rest - 2), rest + 2, domain);
}

/* SRS0=hash=day=domain=local@forwarder; SRS1=hash=forwarder==hash=day=domain=local@… holds
 * the end of the first. The separator behind SRS0 may be any of = + - */
static char *
unwrap_srs (const char *local, gsize length, G_GNUC_UNUSED const char *domain)
{
  g_autofree char *copy = g_strndup (local, length);
  g_auto (GStrv) fields = NULL;
  const char *body = copy + 5;

  if (length < 10 || g_ascii_strncasecmp (copy, "SRS", 3) != 0 || strchr ("=+-", copy[4]) == NULL
      || (copy[3] != '0' && copy[3] != '1'))
    return NULL;
  if (copy[3] == '1')
    {
      body = strstr (body, "==");
      if (body == NULL)
        body = strstr (copy + 5, "=+");
      if (body == NULL)
        body = strstr (copy + 5, "=-");
      if (body == NULL)
        return NULL;
      body += 2;
    }
  fields = g_strsplit (body, "=", 4);
  if (g_strv_length (fields) != 4 || *fields[2] == '\0' || *fields[3] == '\0')
    return NULL;
  return g_strdup_printf ("%s@%s", fields[3], fields[2]);
}

typedef char *(*Unwrap) (const char *local, gsize length, const char *domain);

static const Unwrap wrappers[] = { unwrap_prvs, unwrap_barracuda, unwrap_srs };

static char *
unwrap_once (const char *address)
{
  const char *at = strrchr (address, '@');

  for (guint i = 0; at != NULL && i < G_N_ELEMENTS (wrappers); i++)
    {
      char *inner = wrappers[i](address, at - address, at + 1);

      if (inner != NULL)
        return inner;
    }
  return NULL;
}

gboolean
rebound_address_is_office (const char *address)
{
  static const char *const offices[] = { "postmaster@", "mailer-daemon@", "abuse@", "hostmaster@" };

  for (guint i = 0; i < G_N_ELEMENTS (offices); i++)
    if (g_ascii_strncasecmp (address, offices[i], strlen (offices[i])) == 0)
      return TRUE;
  return FALSE;
}

char *
rebound_address_unwrap (const char *address)
{
  char *current = g_strdup (address);

  for (guint i = 0; i < MAX_WRAPPERS; i++)
    {
      char *inner = unwrap_once (current);

      if (inner == NULL)
        break;
      g_free (current);
      current = inner;
    }
  lower_domain (current);
  return current;
}

/* bounce+user==a==domain==list[==w|r|envid]@host */
static char *
from_sympa (const char *local)
{
  const char *at = strstr (local, "==a==");
  const char *user = strchr (local, '+');
  const char *stop;

  if (at == NULL || user == NULL || user > at)
    return NULL;
  stop = strstr (at + 5, "==");
  if (stop == NULL || at == user + 1 || stop == at + 5)
    return NULL;
  return g_strdup_printf ("%.*s@%.*s", (int) (at - user - 1), user + 1, (int) (stop - at - 5),
                          at + 5);
}

/* What stands before the subscriber in the return path of a list. */
static const char *const prefixes[] = { "-bounces+", "+bounces-", "-return-", "+return-",
                                        "-bounce+",  "-bounces-", "-bounce-", "-owner+",
                                        "bounces+",  "bounce+",   "return+",  "-owner-",
                                        "-request+", "-errors+",  "bounces-", "bounce-" };

/* Behind ezmlm's and mlmmj's message number, "probe-" or "warn-" and their cookies. */
static const char *
skip_token (const char *p)
{
  static const char *const words[] = { "probe-", "warn-", "receipt-" };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (g_str_has_prefix (p, words[i]))
      {
        const char *cookie = p + strlen (words[i]);

        /* ezmlm's is a time, a dot and 20 letters; mlmmj's probe has none */
        p = cookie + strspn (cookie, "0123456789");
        return *p == '.' && strchr (p, '-') != NULL ? strchr (p, '-') + 1 : cookie;
      }
  if (g_ascii_isdigit (*p) && p[strspn (p, "0123456789")] == '-')
    return p + strspn (p, "0123456789") + 1;
  return p;
}

const char *
rebound_address_skip_signature (const char *p)
{
  gsize n = g_ascii_isalnum (*p) ? 1 : 0;

  while (n > 0 && n < REBOUND_SIGNATURE_LENGTH
         && (g_ascii_isalpha (p[n]) || (p[n] >= '2' && p[n] <= '7')))
    n++;
  return n == REBOUND_SIGNATURE_LENGTH && p[n] == '=' ? p + n + 1 : p;
}

static char *
from_equals (const char *local)
{
  const char *user = NULL;
  const char *equals = strrchr (local, '=');

  for (guint i = 0; i < G_N_ELEMENTS (prefixes) && user == NULL; i++)
    {
      const char *found = strstr (local, prefixes[i]);

      if (found != NULL)
        user = rebound_address_skip_signature (skip_token (found + strlen (prefixes[i])));
    }
  if (user == NULL && g_str_has_prefix (local, "owner-") && strchr (local, '+') != NULL)
    user = strchr (local, '+') + 1;
  if (user == NULL || equals == NULL || equals <= user || strchr (equals, '.') == NULL)
    return NULL;
  return g_strdup_printf ("%.*s@%s", (int) (equals - user), user, equals + 1);
}

char *
rebound_address_from_verp (const char *address)
{
  const char *at = strrchr (address, '@');
  g_autofree char *local = at != NULL ? g_strndup (address, at - address) : NULL;
  char *subscriber = NULL;

  if (local != NULL)
    subscriber = strstr (local, "==a==") != NULL ? from_sympa (local) : from_equals (local);
  if (subscriber != NULL)
    lower_domain (subscriber);
  return subscriber;
}
