/* Rebound: fuzz target: what stands before the MIME parser, alone.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "message/guard.h"

#include <string.h>

#include "fuzz.h"
#include "message/digest.h"
#include "message/message.h"
#include "message/warnings.h"

static ReboundGuarded *
guard (const uint8_t *data, size_t size)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  g_autoptr (GArray) warnings = g_array_new (FALSE, FALSE, sizeof (ReboundWarning));
  ReboundLimits limits;

  rebound_message_init ();
  fuzz_limits (&limits);
  return rebound_guard (bytes, &limits, &rebound_builtin_rules, NULL, warnings);
}

static void
check_same (const GByteArray *a, const GByteArray *b)
{
  fuzz_assert (a->len == b->len && (a->len == 0 || memcmp (a->data, b->data, a->len) == 0),
               "CRLF is not LF");
}

static void
check_digest (const uint8_t *data, size_t size, const GByteArray *same)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  g_autoptr (GBytes) other = same != NULL ? g_bytes_new (same->data, same->len) : NULL;
  g_autofree char *of_data = rebound_digest (bytes, G_MAXSIZE);
  g_autofree char *of_same = rebound_digest (other != NULL ? other : bytes, G_MAXSIZE);

  fuzz_assert (g_str_has_prefix (of_data, "sha256:"), "no digest");
  fuzz_assert (strcmp (of_data, of_same) == 0, "%s is not %s", of_data, of_same);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (ReboundGuarded) out = guard (data, size);
  g_autoptr (GByteArray) input = fuzz_with_crlf (data, size);
  g_autoptr (ReboundGuarded) same = input != NULL ? guard (input->data, input->len) : NULL;

  fuzz_assert (memmem (out->bytes->data, out->bytes->len, "\r\n", 2) == NULL, "a CRLF is left");
  if (same != NULL)
    {
      check_same (out->bytes, same->bytes);
      check_same (out->headers, same->headers);
    }
  check_digest (data, size, input);
  return 0;
}
