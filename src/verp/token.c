/* Rebound: what is signed in a return path.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verp.h"

#include <string.h>

#include "evidence/address.h"

/* How many characters of five bits each. */
#define STAMP_LENGTH 4
#define MAC_LENGTH 12
#define DIGEST_LENGTH 16
#define HEAD_LENGTH REBOUND_SIGNATURE_LENGTH

G_STATIC_ASSERT (HEAD_LENGTH == 1 + STAMP_LENGTH + MAC_LENGTH);

#define BITS_OF_PATH 2

static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";

/* The lowest bits of @value, the highest of these first. */
static void
append_digits (GString *out, guint64 value, guint n)
{
  while (n-- > 0)
    g_string_append_c (out, digits[value >> (5 * n) & 31]);
}

/* Of one digit; 32 of what is none. */
static guint
digit_value (char c)
{
  const char *found = c != '\0' ? strchr (digits, c) : NULL;

  return found != NULL ? found - digits : 32;
}

static gboolean
are_digits (const char *p, gsize n)
{
  for (gsize i = 0; i < n; i++)
    if (digit_value (p[i]) == 32)
      return FALSE;
  return TRUE;
}

/* HMAC-SHA-256 (RFC 2104) cut to @n digits, as its section 5 allows. */
static void
append_mac (GString *out, const ReboundSigner *key, const char *text, guint n)
{
  guint8 sum[32];
  gsize length = sizeof sum;
  GHmac *hmac = g_hmac_new (G_CHECKSUM_SHA256, (const guchar *) key->secret, strlen (key->secret));

  g_hmac_update (hmac, (const guchar *) text, -1);
  g_hmac_get_digest (hmac, sum, &length);
  g_hmac_unref (hmac);
  for (guint at = 0; n > 0; at += 5)
    {
      guint64 bits = 0;
      guint now = MIN (n, 8);

      for (guint i = 0; i < 5; i++)
        bits = bits << 8 | sum[at + i];
      append_digits (out, bits >> (5 * (8 - now)), now);
      n -= now;
    }
}

/* What local parts and domains are of that everything on the way takes as it is: no quotes, no
 * "%" and "!" of old routes, and no "=", which divides. */
static gboolean
is_plain (const char *text, gsize length, const char *also)
{
  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isalnum (text[i]) && strchr (also, text[i]) == NULL)
      return FALSE;
  return length > 0 && *text != '.' && text[length - 1] != '.'
         && memmem (text, length, "..", 2) == NULL;
}

char *
rebound_token_member (const char *address)
{
  const char *at = strrchr (address, '@');

  if (!is_plain (address, at - address, ".-_+") || !is_plain (at + 1, strlen (at + 1), ".-"))
    return NULL;
  return g_strdup_printf ("%.*s=%s", (int) (at - address), address, at + 1);
}

char *
rebound_token_digest (const ReboundSigner *key, const char *address)
{
  GString *out = g_string_new (NULL);
  g_autofree char *text = g_strconcat ("rebound member 1\n", address, NULL);

  append_mac (out, key, text, DIGEST_LENGTH);
  return g_string_free (out, FALSE);
}

/* The version, the key, day and path, the list and the member; none has a line end in it. */
static void
append_signature (GString *out, const ReboundSigner *key, const char *stamp, const char *list,
                  const char *member)
{
  g_autofree char *text = g_strdup_printf ("rebound return path 1\n%c%.*s\n%s\n%s", key->id,
                                           STAMP_LENGTH, stamp, list, member);

  append_mac (out, key, text, MAC_LENGTH);
}

char *
rebound_token_sign (const ReboundSigner *key, const char *list, const char *member,
                    ReboundPath path, gint64 day)
{
  GString *out = g_string_new (NULL);
  char stamp[STAMP_LENGTH + 1];

  g_string_append_c (out, key->id);
  append_digits (out, (guint64) day << BITS_OF_PATH | path, STAMP_LENGTH);
  memcpy (stamp, out->str + 1, sizeof stamp);
  append_signature (out, key, stamp, list, member);
  if (strchr (member, '=') != NULL)
    g_string_append_c (out, '=');
  g_string_append (out, member);
  return g_string_free (out, FALSE);
}

static gboolean
has_form (const char *text)
{
  const char *rest = text + HEAD_LENGTH;

  if (rebound_address_skip_signature (text) > text)
    return rest[1] != '=' && strchr (rest + 1, '=') != NULL;
  return strlen (text) == HEAD_LENGTH + DIGEST_LENGTH && g_ascii_isalnum (*text)
         && are_digits (text + 1, HEAD_LENGTH + DIGEST_LENGTH - 1);
}

gboolean
rebound_token_parse (const char *text, ReboundToken *token)
{
  guint64 stamp = 0;

  if (!has_form (text))
    return FALSE;
  for (guint i = 1; i <= STAMP_LENGTH; i++)
    stamp = stamp << 5 | digit_value (text[i]);
  if ((stamp & ((1 << BITS_OF_PATH) - 1)) == REBOUND_PATH_NONE)
    return FALSE;
  *token = (ReboundToken){ .text = g_strdup (text),
                           .digest = text[HEAD_LENGTH] != '=',
                           .path = stamp & ((1 << BITS_OF_PATH) - 1),
                           .day = stamp >> BITS_OF_PATH };
  token->member = g_strdup (text + HEAD_LENGTH + !token->digest);
  return TRUE;
}

void
rebound_token_clear (ReboundToken *self)
{
  g_clear_pointer (&self->text, g_free);
  g_clear_pointer (&self->member, g_free);
}

gboolean
rebound_token_holds (const ReboundToken *self, const ReboundSigner *key, const char *list)
{
  g_autoptr (GString) expected = g_string_new (NULL);
  const char *given = self->text + 1 + STAMP_LENGTH;
  volatile guint8 differences = 0;

  append_signature (expected, key, self->text + 1, list, self->member);
  for (guint i = 0; i < MAC_LENGTH; i++)
    differences |= given[i] ^ expected->str[i];
  return differences == 0;
}
