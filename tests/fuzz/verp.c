/* Rebound: fuzz target: signed and plain return paths.
 *
 * Lines of: a list, a member, a return path, a pattern; then one of which two bytes say what is
 * changed in the return path that is made. All of it is also the top of a message.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verp/verp.h"

#include <string.h>

#include "evidence/address.h"
#include "evidence/trace.h"
#include "fuzz.h"

#define DAY 86400
#define NOW ((gint64) 20779 * DAY)

static ReboundKeys *
keys (void)
{
  static ReboundKeys *shared;

  if (shared == NULL)
    shared = rebound_keys_new_from_text ("keys", "a not-a-secret-at-all-1", NULL);
  return shared;
}

static ReboundVerp *
verify (const char *pattern, const char *return_path, const char *candidate)
{
  const char *const candidates[] = { candidate, NULL };

  return rebound_verp_verify (keys (), pattern, return_path, candidates, G_MAXINT64, NOW, NULL);
}

/* What holds was made with the key: it is what is made of what it says. */
static void
check_any (const char *return_path, const char *member)
{
  g_autoptr (ReboundVerp) verp = verify (NULL, return_path, member);
  g_autofree char *beneath = rebound_address_unwrap (return_path);
  g_autofree char *again = NULL;

  g_free (rebound_verp_get_digest (return_path));
  if (verp == NULL)
    return;
  again = rebound_verp_make (keys (), NULL, verp->list, verp->address, verp->path, verp->day * DAY,
                             NULL);
  fuzz_assert (again != NULL && g_ascii_strcasecmp (again, beneath) == 0,
               "holds, and was not made: %s", return_path);
}

static void
check_changed (const char *pattern, const char *made, const char *member, const char *change)
{
  g_autofree char *other = g_strdup (made);
  g_autoptr (ReboundVerp) verp = NULL;
  gsize at;

  if (change[0] == '\0' || change[1] == '\0')
    return;
  at = (guint8) change[0] % strlen (made);
  other[at] = change[1];
  verp = verify (pattern, other, member);
  fuzz_assert ((verp != NULL) == (g_ascii_tolower (change[1]) == g_ascii_tolower (made[at])),
               "%s holds like %s", other, made);
}

/* What is made fits, and says whom it was made for. */
static void
check_made (const char *pattern, const char *list, const char *member, const char *change)
{
  g_autofree char *made =
      rebound_verp_make (keys (), pattern, list, member, REBOUND_PATH_PROBE, NOW, NULL);
  g_autofree char *digest = made != NULL ? rebound_verp_get_digest (made) : NULL;
  g_autoptr (ReboundVerp) verp = NULL;

  if (made == NULL)
    return;
  fuzz_assert (strchr (made, '@') - made <= REBOUND_LONGEST_LOCAL, "too long: %s", made);
  verp = verify (pattern, made, member);
  fuzz_assert (verp != NULL, "made, and does not hold: %s", made);
  fuzz_assert (g_ascii_strcasecmp (verp->list, list) == 0
                   && g_ascii_strcasecmp (verp->address, member) == 0
                   && verp->path == REBOUND_PATH_PROBE && verp->day == NOW / DAY,
               "says another: %s", made);
  rebound_verp_free (g_steal_pointer (&verp));
  verp = verify (pattern, made, NULL);
  fuzz_assert ((verp == NULL) == (digest != NULL), "a digest is there or not: %s", made);
  check_changed (pattern, made, member, change);
}

static void
check_plain (const char *return_path, const char *pattern)
{
  const char *const patterns[] = { pattern, NULL };
  ReboundPlainPath plain;

  if (!rebound_plain_path_read (rebound_pattern_check (pattern, FALSE) == NULL ? patterns : NULL,
                                return_path, &plain))
    return;
  fuzz_assert (plain.host != NULL && plain.path != REBOUND_PATH_NONE, "half read: %s", return_path);
  rebound_plain_path_clear (&plain);
}

/* What stands on top of a message: without a Received it is its sender's. */
static void
check_trace (const uint8_t *data, size_t size)
{
  static const char *const hosts[] = { "mx.example.org", NULL };
  g_autoptr (GBytes) message = g_bytes_new (data, size);
  g_autofree char *text = g_malloc (size + 1);
  ReboundTrace trace;

  for (size_t i = 0; i < size; i++)
    text[i] = g_ascii_tolower ((char) data[i]);
  rebound_trace_read (message, 4096, hosts, &trace);
  fuzz_assert ((trace.recipients->len == 0 && trace.sender == NULL)
                   || memmem (text, size, "received:", 9) != NULL,
               "a trace of nobody");
  fuzz_assert (!trace.failed || memmem (text, size, "mx.example.org", 14) != NULL,
               "results of nobody");
  rebound_trace_clear (&trace);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_auto (GStrv) lines = g_strsplit (text, "\n", 5);
  const char *line[5];

  for (guint i = 0, n = g_strv_length (lines); i < G_N_ELEMENTS (line); i++)
    line[i] = i < n ? lines[i] : "";
  check_any (line[2], line[1]);
  check_any (line[0], line[1]);
  check_made (NULL, line[0], line[1], line[4]);
  check_plain (line[2], line[3]);
  if (rebound_pattern_check (line[3], TRUE) == NULL)
    check_made (line[3], line[0], line[1], line[4]);
  check_trace (data, size);
  return 0;
}
