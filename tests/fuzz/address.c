/* Rebound: fuzz target: mail addresses, and what return paths hide in them.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "evidence/address.h"

#include <string.h>

#include "fuzz.h"

static void
find_all (const char *p, const char *end)
{
  const char *found;
  gsize length = 0;

  for (; (found = rebound_address_find (p, end, &length)) != NULL; p = found + length)
    {
      fuzz_assert (found >= p && length >= 3 && length <= (gsize) (end - found), "out of the text");
      fuzz_assert (memchr (found, '@', length) != NULL, "no address: %.*s", (int) length, found);
      fuzz_assert (rebound_address_scan (found, end) == length, "found is not scanned");
    }
}

/* All of these keep UTF-8 what was UTF-8, as a report needs it. */
static void
decode_all (const char *text)
{
  g_autofree char *clean = rebound_address_clean (text);
  g_autofree char *plain = rebound_address_decode_xtext (text);
  g_autofree char *inner = rebound_address_unwrap (text);
  g_autofree char *subscriber = rebound_address_from_verp (inner);
  const char *made[] = { clean, plain, inner, subscriber };

  for (guint i = 0; i < G_N_ELEMENTS (made); i++)
    if (made[i] != NULL && g_utf8_validate (text, -1, NULL))
      fuzz_assert (g_utf8_validate (made[i], -1, NULL), "not UTF-8: %s", made[i]);
  fuzz_assert (rebound_address_equal (inner, inner), "not itself: %s", inner);
  fuzz_assert (subscriber == NULL || strchr (subscriber, '@') != NULL, "no address");
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);

  find_all ((const char *) data, (const char *) data + size);
  decode_all (text);
  return 0;
}
