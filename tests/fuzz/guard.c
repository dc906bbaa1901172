/* Rebound: fuzz target: what stands before the MIME parser, alone.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "message/guard.h"

#include <string.h>

#include "fuzz.h"
#include "message/message.h"
#include "message/warnings.h"

static GByteArray *
guard (const uint8_t *data, size_t size)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  g_autoptr (GArray) warnings = g_array_new (FALSE, FALSE, sizeof (ReboundWarning));
  ReboundLimits limits;

  rebound_message_init ();
  fuzz_limits (&limits);
  return rebound_guard (bytes, &limits, &rebound_builtin_rules, warnings);
}

static void
check_same (const GByteArray *a, const GByteArray *b)
{
  g_autofree char *of_a = rebound_guard_digest (a);
  g_autofree char *of_b = rebound_guard_digest (b);

  fuzz_assert (a->len == b->len && memcmp (a->data, b->data, a->len) == 0, "CRLF is not LF");
  fuzz_assert (strcmp (of_a, of_b) == 0, "%s is not %s", of_a, of_b);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GByteArray) out = guard (data, size);
  g_autoptr (GByteArray) input = fuzz_with_crlf (data, size);
  g_autoptr (GByteArray) same = input != NULL ? guard (input->data, input->len) : NULL;
  g_autofree char *digest = rebound_guard_digest (out);

  fuzz_assert (g_str_has_prefix (digest, "sha256:"), "no digest");
  fuzz_assert (memmem (out->data, out->len, "\r\n", 2) == NULL, "a CRLF is left");
  if (same != NULL)
    check_same (out, same);
  return 0;
}
