/* Rebound: tests of keys, signed return paths and the patterns of return paths.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "evidence/address.h"
#include "rebound.h"
#include "suite.h"
#include "verp/verp.h"

#define DAY 86400
#define NOW ((gint64) 20779 * DAY + 4711) /* 22 Nov 2026 */
#define AGE (30 * DAY)
#define LIST "news@lists.example.org"

/* ---- Helpers ------------------------------------------------------------------------------ */

static ReboundKeys *
keys_of (const char *text)
{
  g_autoptr (GError) error = NULL;
  ReboundKeys *keys = rebound_keys_new_from_text ("keys", text, &error);

  ck_assert_msg (keys != NULL, "%s", error != NULL ? error->message : "");
  return keys;
}

static ReboundKeys *
keys (void)
{
  static ReboundKeys *shared;

  if (shared == NULL)
    shared = keys_of ("a not-a-secret-at-all-1\n");
  return shared;
}

static char *
make_of (const char *list, const char *address, ReboundPath path)
{
  g_autoptr (GError) error = NULL;
  char *made = rebound_verp_make (keys (), NULL, list, address, path, NOW, &error);

  ck_assert_msg (made != NULL, "%s", error != NULL ? error->message : "");
  return made;
}

/* What @return_path gives, "ok" or the nickname of the error. */
static const char *
try_at (ReboundKeys *with, const char *return_path, const char *candidate, gint64 now)
{
  static const char *const names[] = { "keys",   "address", "too-long", "unsigned",
                                       "forged", "expired", "lookup",   "pattern" };
  const char *const candidates[] = { candidate, NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (ReboundVerp) verp =
      rebound_verp_verify (with, NULL, return_path, candidates, AGE, now, &error);

  ck_assert ((verp != NULL) == (error == NULL));
  if (verp != NULL)
    return "ok";
  ck_assert (error->domain == REBOUND_VERP_ERROR);
  return names[error->code];
}

static const char *
try_path (const char *return_path)
{
  return try_at (keys (), return_path, NULL, NOW);
}

static void
assert_verifies (const char *return_path, const char *list, const char *address, ReboundPath path)
{
  const char *const candidates[] = { "other@example.net", address, NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (ReboundVerp) verp =
      rebound_verp_verify (keys (), NULL, return_path, candidates, AGE, NOW, &error);

  ck_assert_msg (verp != NULL, "%s: %s", return_path, error != NULL ? error->message : "");
  ck_assert_str_eq (verp->list, list);
  ck_assert_str_eq (verp->address, address);
  ck_assert_int_eq (verp->path, path);
  ck_assert_int_eq (verp->day, NOW / DAY);
  ck_assert_ptr_nonnull (strstr (return_path, verp->token));
}

static gsize
local_length (const char *address)
{
  return strchr (address, '@') - address;
}

/* ---- Round trips -------------------------------------------------------------------------- */

START_TEST (test_round_trip)
{
  static const char *const members[] = { "ann@example.net", "ann.b-c_d+e@mail.example.net",
                                         "7@x.example", "a@b" };

  for (guint i = 0; i < G_N_ELEMENTS (members); i++)
    for (ReboundPath path = REBOUND_PATH_POST; path <= REBOUND_PATH_PROBE; path++)
      {
        g_autofree char *made = make_of (LIST, members[i], path);

        ck_assert_uint_le (local_length (made), 64);
        ck_assert_msg (g_str_has_prefix (made, "news-bounces+a"), "%s", made);
        ck_assert_ptr_null (rebound_verp_get_digest (made));
        assert_verifies (made, LIST, members[i], path);
      }
}
END_TEST

/* What mail servers may not carry well, and what is too long, has a digest in its place. */
START_TEST (test_lookup)
{
  static const char *const members[] = {
    "a-name-that-is-rather-long.for-a-mailbox@mail.department.example.net",
    "o'hara@example.net",
    "ann%home@example.net",
    "ann=bob@example.net",
    "\"ann b\"@example.net",
    "ann@[192.0.2.1]",
    "ann..b@example.net",
    "j\303\266rg@example.net",
    "ann@b\303\274cher.example",
    "news!ann@example.net",
  };

  for (guint i = 0; i < G_N_ELEMENTS (members); i++)
    {
      g_autofree char *made = make_of (LIST, members[i], REBOUND_PATH_WARNING);
      g_autofree char *digest = rebound_verp_get_digest (made);

      ck_assert_msg (digest != NULL && strlen (digest) == 16, "%s", made);
      ck_assert_uint_le (local_length (made), 64);
      assert_verifies (made, LIST, members[i], REBOUND_PATH_WARNING);
      ck_assert_str_eq (try_path (made), "lookup");
      ck_assert_str_eq (try_at (keys (), made, "ann@example.net", NOW), "lookup");
    }
}
END_TEST

/* Every day the same, so that one note of it is enough; nothing to be told by without the key. */
START_TEST (test_digest)
{
  const char *member = "\"ann b\"@example.net";
  g_autoptr (ReboundKeys) other = keys_of ("a another-secret-of-all\n");
  g_autofree char *post = make_of (LIST, member, REBOUND_PATH_POST);
  g_autofree char *probe = make_of ("club@lists.example.org", member, REBOUND_PATH_PROBE);
  g_autofree char *later =
      rebound_verp_make (keys (), NULL, LIST, member, REBOUND_PATH_POST, NOW + 9 * DAY, NULL);
  g_autofree char *foreign =
      rebound_verp_make (other, NULL, LIST, member, REBOUND_PATH_POST, NOW, NULL);
  g_autofree char *digest = rebound_verp_get_digest (post);
  const char *const same[] = { probe, later };
  g_autofree char *of_other = rebound_verp_get_digest (foreign);
  g_autofree char *wrapped = g_strconcat ("prvs=0123456789=", post, NULL);
  g_autofree char *beneath = rebound_verp_get_digest (wrapped);

  for (guint i = 0; i < G_N_ELEMENTS (same); i++)
    {
      g_autofree char *found = rebound_verp_get_digest (same[i]);

      ck_assert_str_eq (found, digest);
    }
  ck_assert_str_ne (of_other, digest);
  ck_assert_str_eq (beneath, digest);
  ck_assert_ptr_null (rebound_verp_get_digest ("news-bounces+ann=example.net@lists.example.org"));
  ck_assert_ptr_null (rebound_verp_get_digest ("news@lists.example.org"));
  ck_assert_ptr_null (rebound_verp_get_digest ("news"));
}
END_TEST

/* The address stands in it as long as there are not more than 64 bytes before the @. */
START_TEST (test_length_of_member)
{
  guint plain = 0, lookup = 0;

  for (guint n = 1; n < 60; n++)
    {
      g_autofree char *name = g_strnfill (n, 'x');
      g_autofree char *member = g_strconcat (name, "@example.net", NULL);
      g_autofree char *made = make_of (LIST, member, REBOUND_PATH_POST);
      g_autofree char *digest = rebound_verp_get_digest (made);
      gsize whole = strlen ("news-bounces+") + 17 + 1 + n + 1 + strlen ("example.net");

      ck_assert_uint_eq (digest == NULL, whole <= 64);
      ck_assert_uint_eq (local_length (made), whole <= 64 ? whole : strlen ("news-bounces+") + 33);
      assert_verifies (made, LIST, member, REBOUND_PATH_POST);
      plain += whole == 64;
      lookup += whole == 65;
    }
  ck_assert_uint_eq (plain, 1);
  ck_assert_uint_eq (lookup, 1);
}
END_TEST

START_TEST (test_length_of_list)
{
  for (guint n = 1; n < 40; n++)
    {
      g_autofree char *name = g_strnfill (n, 'y');
      g_autofree char *list = g_strconcat (name, "@lists.example.org", NULL);
      g_autoptr (GError) error = NULL;
      g_autofree char *made = rebound_verp_make (keys (), NULL, list, "ann@mail.example.net",
                                                 REBOUND_PATH_POST, NOW, &error);

      ck_assert_uint_eq (made != NULL, n + strlen ("-bounces+") + 33 <= 64);
      if (made != NULL)
        assert_verifies (made, list, "ann@mail.example.net", REBOUND_PATH_POST);
      else
        ck_assert (g_error_matches (error, REBOUND_VERP_ERROR, REBOUND_VERP_ERROR_TOO_LONG));
    }
}
END_TEST

START_TEST (test_not_made)
{
  static const char *const wrong[] = { "",         "ann",          "@example.net",
                                       "ann@",     "ann@x@y",      "ann b@example.net",
                                       "a\nb@x.y", "<ann@x.y>",    "ann@example.net.",
                                       "\xff@x.y", "\"a\nb\"@x.y", "\"a\1b\"@x.y" };

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_autoptr (GError) of_member = NULL;
      g_autoptr (GError) of_list = NULL;

      ck_assert_msg (
          rebound_verp_make (keys (), NULL, LIST, wrong[i], REBOUND_PATH_POST, NOW, &of_member)
              == NULL,
          "%s", wrong[i]);
      ck_assert (g_error_matches (of_member, REBOUND_VERP_ERROR, REBOUND_VERP_ERROR_ADDRESS));
      ck_assert_ptr_null (rebound_verp_make (keys (), NULL, wrong[i], "ann@example.net",
                                             REBOUND_PATH_POST, NOW, &of_list));
      ck_assert (g_error_matches (of_list, REBOUND_VERP_ERROR, REBOUND_VERP_ERROR_ADDRESS));
    }
  ck_assert_ptr_null (rebound_verp_make (keys (), NULL, "a=b@lists.example.org", "ann@example.net",
                                         REBOUND_PATH_POST, NOW, NULL));
  ck_assert_ptr_null (rebound_verp_make (keys (), NULL, "j\303\266@lists.example.org",
                                         "ann@example.net", REBOUND_PATH_POST, NOW, NULL));
}
END_TEST

/* ---- Forgery ------------------------------------------------------------------------------ */

/* No byte can be another one, but for its case; none can be left out or come on top. */
START_TEST (test_every_byte)
{
  static const char *const members[] = { "ann@example.net", "\"ann b\"@example.net" };

  for (guint m = 0; m < G_N_ELEMENTS (members); m++)
    {
      g_autofree char *made = make_of (LIST, members[m], REBOUND_PATH_PROBE);
      gsize length = strlen (made);

      for (gsize i = 0; i < length; i++)
        for (guint c = 1; c < 256; c++)
          {
            g_autofree char *other = g_strdup (made);
            g_autofree char *longer =
                g_strdup_printf ("%.*s%c%s", (int) i, made, (int) c, made + i);

            other[i] = (char) c;
            ck_assert_msg ((strcmp (try_at (keys (), other, members[m], NOW), "ok") == 0)
                               == (g_ascii_tolower (other[i]) == made[i]),
                           "%s", other);
            ck_assert_msg (strcmp (try_at (keys (), longer, members[m], NOW), "ok") != 0, "%s",
                           longer);
          }
      for (gsize i = 0; i < length; i++)
        {
          g_autofree char *shorter = g_strdup_printf ("%.*s%s", (int) i, made, made + i + 1);

          ck_assert_str_ne (try_at (keys (), shorter, members[m], NOW), "ok");
        }
    }
}
END_TEST

/* Case is that of ASCII alone: KELVIN SIGN, LATIN SMALL LETTER LONG S, fullwidth letters and
 * dotless i are other letters. */
START_TEST (test_case)
{
  g_autofree char *made =
      make_of ("News@Lists.Example.ORG", "Kate.Sims@Example.NET", REBOUND_PATH_POST);
  g_autofree char *upper = g_ascii_strup (made, -1);
  static const char *const tricks[][2] = {
    { "kate", "\342\204\252ate" },
    { "sims", "\305\277ims" },
    { "sims", "s\304\261ms" },
    { "kate", "\357\275\213ate" },
    { "example.net", "example\343\200\202net" },
  };

  assert_verifies (made, LIST, "kate.sims@example.net", REBOUND_PATH_POST);
  ck_assert_str_eq (try_path (upper), "ok");
  for (guint i = 0; i < G_N_ELEMENTS (tricks); i++)
    {
      g_auto (GStrv) halves = g_strsplit (made, tricks[i][0], 2);
      g_autofree char *trick = g_strjoinv (tricks[i][1], halves);

      ck_assert_str_ne (trick, made);
      ck_assert_str_ne (try_path (trick), "ok");
    }
}
END_TEST

/* A digest tells such letters apart as well. */
START_TEST (test_case_of_digest)
{
  g_autofree char *made = make_of (LIST, "\342\204\252ate@example.net", REBOUND_PATH_POST);

  ck_assert_str_eq (try_at (keys (), made, "kate@example.net", NOW), "lookup");
  ck_assert_str_eq (try_at (keys (), made, "Kate@example.net", NOW), "lookup");
  ck_assert_str_eq (try_at (keys (), made, "\342\204\252ATE@EXAMPLE.net", NOW), "ok");
}
END_TEST

/* What was signed for one is not for another, even where the address is put together anew. */
START_TEST (test_recombined)
{
  g_autofree char *made = make_of (LIST, "ann@example.net", REBOUND_PATH_POST);
  g_autofree char *token = g_strndup (made + strlen ("news-bounces+"), 17);
  static const char *const formats[] = {
    "news-bounces+TOKEN=bob@example.net@lists.example.org",
    "news-bounces+TOKEN=bob=example.net@lists.example.org",
    "club-bounces+TOKEN=ann=example.net@lists.example.org",
    "news-bounces+TOKEN=ann=example.net@lists.example.com",
    "news-bounces+TOKEN=ann=example.net@lists.example.org.",
    "x-news-bounces+TOKEN=ann=example.net@lists.example.org",
    "news-bounces+bounces+TOKEN=ann=example.net@lists.example.org",
    "news-bounces+TOKEN=ann=example.net=@lists.example.org",
    "news-bounces+TOKEN=bob-bounces+ann=example.net@lists.example.org",
  };

  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    {
      g_auto (GStrv) halves = g_strsplit (formats[i], "TOKEN", 2);
      g_autofree char *other = g_strjoinv (token, halves);

      ck_assert_msg (strcmp (try_path (other), "ok") != 0, "%s", other);
    }
}
END_TEST

/* A list or a member may look as if the token began elsewhere. */
START_TEST (test_ambiguous)
{
  static const char *const cases[][2] = {
    { "a-bounces+b@lists.example.org", "ann@x.example" },
    { "news@lists.example.org", "a-bounces+b@x.example" },
    { "x-bounces+c@h.example", "a-bounces+b@x.example" },
    { "abcdefghijklmnopq@h.example", "ann@example.net" },
    { "a@h.example", "abcdefghijklmnopqabcdefghijklmnop@x.y" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *made = make_of (cases[i][0], cases[i][1], REBOUND_PATH_POST);
      g_autofree char *digest = rebound_verp_get_digest (made);
      g_autofree char *member = rebound_token_digest (rebound_keys_signer (keys ()), cases[i][1]);

      assert_verifies (made, cases[i][0], cases[i][1], REBOUND_PATH_POST);
      ck_assert_msg (g_strcmp0 (digest, strchr (made, '=') != NULL ? NULL : member) == 0, "%s",
                     made);
    }
}
END_TEST

START_TEST (test_unsigned)
{
  static const char *const others[] = { "",
                                        "news",
                                        "@",
                                        "news@lists.example.org",
                                        "news-bounces@lists.example.org",
                                        "news-bounces+@lists.example.org",
                                        "news-bounces+ann=example.net@lists.example.org",
                                        "news-bounces+abcdefghijklmnopq@lists.example.org",
                                        "-bounces+abcdefghijklmnopq=a=b@lists.example.org" };

  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    ck_assert_str_eq (try_path (others[i]), "unsigned");
  ck_assert_str_eq (try_path ("x-bounces+aaacbbbbbbbbbbbbb=a=b@lists.example.org"), "forged");
}
END_TEST

START_TEST (test_time)
{
  g_autofree char *made = make_of (LIST, "ann@example.net", REBOUND_PATH_POST);
  static const struct
  {
    gint64 days;
    const char *result;
  } cases[] = { { 0, "ok" },        { 1, "ok" },  { 30, "ok" },      { 31, "expired" },
                { 999, "expired" }, { -1, "ok" }, { -2, "expired" }, { -20779, "expired" } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    ck_assert_str_eq (try_at (keys (), made, NULL, NOW + cases[i].days * DAY), cases[i].result);
}
END_TEST

/* ---- What others put around it ------------------------------------------------------------ */

START_TEST (test_wrappers)
{
  static const char *const formats[][2] = {
    { "prvs=0123abcdef=", "" },
    { "PRVS=0123ABCDEF=", "" },
    { "btv1==0123456789a==", "" },
  };
  g_autofree char *made = make_of (LIST, "ann@example.net", REBOUND_PATH_POST);
  g_autofree char *local = g_strndup (made, local_length (made));
  const char *around[] = {
    g_strdup_printf ("prvs=%s/0123456789@lists.example.org", local),
    g_strdup_printf ("prvs=%s=0123456789@lists.example.org", local),
    g_strdup_printf ("SRS0=HHHH=TT=lists.example.org=%s@fwd.example", local),
    g_strdup_printf ("SRS0+HHHH=TT=lists.example.org=%s@fwd.example", local),
    g_strdup_printf ("srs0-hhhh=tt=lists.example.org=%s@fwd.example", local),
    g_strdup_printf ("SRS1=GGGG=fwd.example==HHHH=TT=lists.example.org=%s@next.example", local),
    g_strdup_printf ("SRS1+GGGG=fwd.example=+HHHH=TT=lists.example.org=%s@next.example", local),
    g_strdup_printf ("SRS1-GGGG=fwd.example=-HHHH=TT=lists.example.org=%s@next.example", local),
    g_strdup_printf ("prvs=0123456789=SRS0=HHHH=TT=lists.example.org=%s@fwd.example", local),
    g_strdup_printf ("btv1==0123456789a==prvs=0123456789=%s@lists.example.org", local),
    g_strdup_printf ("SRS0=HHHH=TT=lists.example.org=prvs=0123456789=%s@fwd.example", local),
  };

  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    {
      g_autofree char *wrapped = g_strconcat (formats[i][0], made, formats[i][1], NULL);

      ck_assert_msg (strcmp (try_path (wrapped), "ok") == 0, "%s", wrapped);
    }
  for (guint i = 0; i < G_N_ELEMENTS (around); i++)
    {
      ck_assert_msg (strcmp (try_path (around[i]), "ok") == 0, "%s", around[i]);
      g_free ((char *) around[i]);
    }
}
END_TEST

/* ---- Keys --------------------------------------------------------------------------------- */

START_TEST (test_rotation)
{
  g_autoptr (ReboundKeys) old = keys_of ("a not-a-secret-at-all-1\n");
  g_autoptr (ReboundKeys) both =
      keys_of ("# the new one\nB not-a-secret-at-all-2\n\n  a\tnot-a-secret-at-all-1\r\n");
  g_autoptr (ReboundKeys) new = keys_of ("b not-a-secret-at-all-2");
  g_autofree char *before =
      rebound_verp_make (old, NULL, LIST, "ann@x.example", REBOUND_PATH_POST, NOW, NULL);
  g_autofree char *after =
      rebound_verp_make (both, NULL, LIST, "ann@x.example", REBOUND_PATH_POST, NOW, NULL);

  ck_assert_str_eq (try_at (both, before, NULL, NOW), "ok");
  ck_assert_str_eq (try_at (both, after, NULL, NOW), "ok");
  ck_assert_str_eq (try_at (new, after, NULL, NOW), "ok");
  ck_assert_str_eq (try_at (old, after, NULL, NOW), "forged");
  ck_assert_str_eq (try_at (new, before, NULL, NOW), "forged");
}
END_TEST

/* The ID does not let the secret of another key pass. */
START_TEST (test_key_of_same_secret)
{
  g_autoptr (ReboundKeys) a = keys_of ("a not-a-secret-at-all-1\n");
  g_autoptr (ReboundKeys) b = keys_of ("b not-a-secret-at-all-1\n");
  g_autofree char *made =
      rebound_verp_make (a, NULL, LIST, "ann@x.example", REBOUND_PATH_POST, NOW, NULL);

  made[strlen ("news-bounces+")] = 'b';
  ck_assert_str_eq (try_at (b, made, NULL, NOW), "forged");
}
END_TEST

START_TEST (test_wrong_keys)
{
  static const struct
  {
    const char *text;
    const char *says;
  } cases[] = {
    { "", "keys has no key" },
    { "# only a comment\n\n", "keys has no key" },
    { "a\n", "keys:1: a line is an ID and a secret" },
    { "a 0123456789abcdef more\n", "keys:1: a line is an ID and a secret" },
    { "\nab 0123456789abcdef\n", "keys:2: the ID of a key is one letter or digit" },
    { "- 0123456789abcdef\n", "keys:1: the ID of a key is one letter or digit" },
    { "\303\244 0123456789abcdef\n", "keys:1: the ID of a key is one letter or digit" },
    { "a 0123456789abcdef\nA 0123456789abcdeg\n", "keys:2: there is a key of this ID already" },
    { "a 0123456789abcde\n", "keys:1: the secret is too weak" },
    { "a aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n", "keys:1: the secret is too weak" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      ck_assert_ptr_null (rebound_keys_new_from_text ("keys", cases[i].text, &error));
      ck_assert (g_error_matches (error, REBOUND_VERP_ERROR, REBOUND_VERP_ERROR_KEYS));
      ck_assert_msg (g_str_has_prefix (error->message, cases[i].says), "%s", error->message);
      ck_assert_ptr_null (strstr (error->message, "abcde"));
    }
}
END_TEST

/* Only who reads it, or root, may know or change what is in it. */
START_TEST (test_file)
{
  g_autofree char *folder = g_dir_make_tmp ("rebound-XXXXXX", NULL);
  g_autofree char *file = g_build_filename (folder, "keys", NULL);
  static const struct
  {
    guint mode;
    gboolean good;
  } modes[] = { { 0600, TRUE },  { 0400, TRUE },  { 0640, FALSE }, { 0604, FALSE },
                { 0620, FALSE }, { 0602, FALSE }, { 0700, FALSE }, { 0601, FALSE } };

  ck_assert (g_file_set_contents (file, "a not-a-secret-at-all-1\n", -1, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (modes); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (ReboundKeys) read = NULL;

      g_chmod (file, modes[i].mode);
      read = rebound_keys_new_from_file (file, &error);
      ck_assert_msg ((read != NULL) == modes[i].good, "%o", modes[i].mode);
      if (read == NULL)
        ck_assert_ptr_nonnull (strstr (error->message, "chmod 600"));
    }
  g_unlink (file);
  g_rmdir (folder);
}
END_TEST

START_TEST (test_no_file)
{
  g_autofree char *folder = g_dir_make_tmp ("rebound-XXXXXX", NULL);
  g_autofree char *file = g_build_filename (folder, "keys", NULL);
  g_autoptr (GError) missing = NULL;
  g_autoptr (GError) directory = NULL;
  g_autoptr (GError) fifo = NULL;

  ck_assert_ptr_null (rebound_keys_new_from_file (file, &missing));
  ck_assert (g_error_matches (missing, G_FILE_ERROR, G_FILE_ERROR_NOENT));
  ck_assert_ptr_null (rebound_keys_new_from_file (folder, &directory));
  ck_assert (g_error_matches (directory, REBOUND_VERP_ERROR, REBOUND_VERP_ERROR_KEYS));
  ck_assert_int_eq (mkfifo (file, 0600), 0);
  ck_assert_ptr_null (rebound_keys_new_from_file (file, &fifo));
  ck_assert (g_error_matches (fifo, REBOUND_VERP_ERROR, REBOUND_VERP_ERROR_KEYS));
  g_unlink (file);
  g_rmdir (folder);
}
END_TEST

/* As root only: a file of somebody else, whom the mode lets write it. */
START_TEST (test_owner)
{
  g_autofree char *folder = g_dir_make_tmp ("rebound-XXXXXX", NULL);
  g_autofree char *file = g_build_filename (folder, "keys", NULL);
  g_autoptr (GError) error = NULL;

  ck_assert (g_file_set_contents (file, "a not-a-secret-at-all-1\n", -1, NULL));
  g_chmod (file, 0600);
  if (geteuid () == 0 && chown (file, 65534, -1) == 0)
    {
      ck_assert_ptr_null (rebound_keys_new_from_file (file, &error));
      ck_assert_ptr_nonnull (strstr (error->message, "65534"));
    }
  g_unlink (file);
  g_rmdir (folder);
}
END_TEST

/* A NUL would hide what is behind it. */
START_TEST (test_null_byte)
{
  g_autofree char *folder = g_dir_make_tmp ("rebound-XXXXXX", NULL);
  g_autofree char *file = g_build_filename (folder, "keys", NULL);
  static const char text[] = "a not-a-secret-at-all-1\n\0b not-a-secret-at-all-2\n";

  ck_assert (g_file_set_contents (file, text, sizeof text - 1, NULL));
  g_chmod (file, 0600);
  ck_assert_ptr_null (rebound_keys_new_from_file (file, NULL));
  g_unlink (file);
  g_rmdir (folder);
}
END_TEST

/* ---- Patterns ----------------------------------------------------------------------------- */

START_TEST (test_own_pattern)
{
  static const char *const patterns[] = { "{list}-return-{token}@{host}", "{list}+{token}@{host}",
                                          "b.{token}.{list}@bounces.{host}",
                                          "{list}-bounces-{token}@{host}" };

  for (guint i = 0; i < G_N_ELEMENTS (patterns); i++)
    for (guint lookup = 0; lookup < 2; lookup++)
      {
        const char *member = lookup ? "\"a b\"@x.example" : "ann@x.example";
        const char *const candidates[] = { member, NULL };
        g_autofree char *made =
            rebound_verp_make (keys (), patterns[i], LIST, member, REBOUND_PATH_POST, NOW, NULL);
        g_autoptr (ReboundVerp) verp =
            rebound_verp_verify (keys (), patterns[i], made, candidates, AGE, NOW, NULL);
        g_autofree char *digest = rebound_verp_get_digest (made);

        ck_assert_msg (verp != NULL, "%s", made);
        ck_assert_str_eq (verp->list, LIST);
        ck_assert_str_eq (verp->address, member);
        ck_assert_uint_eq (digest != NULL, lookup);
      }
}
END_TEST

START_TEST (test_pattern_check)
{
  static const struct
  {
    const char *pattern;
    gboolean is_signed;
    gboolean good;
  } cases[] = {
    { REBOUND_SIGNED_PATTERN, TRUE, TRUE },
    { "{list}-bounces+{user}={domain}@{host}", FALSE, TRUE },
    { "bounces+{user}={domain}@{host}", FALSE, TRUE },
    { "{list}-return-{number}-{user}={domain}@{host}", FALSE, TRUE },
    { "bounce+{user}==a=={domain}=={list}@{host}", FALSE, TRUE },
    { "{list}-bounces+{user}={domain}@{host}", TRUE, FALSE },
    { REBOUND_SIGNED_PATTERN, FALSE, FALSE },
    { "", TRUE, FALSE },
    { "{list}-bounces+{token}", TRUE, FALSE },
    { "{list}-bounces+{token}@{host}@{host}", TRUE, FALSE },
    { "{list}{token}@{host}", TRUE, FALSE },
    { "{list}x{token}@{host}", TRUE, FALSE },
    { "{list}={token}@{host}", TRUE, FALSE },
    { "{list}-{token}x@{host}", TRUE, FALSE },
    { "bounces+{token}@{host}", TRUE, FALSE },
    { "{list}-bounces+{token}@lists.example.org", TRUE, FALSE },
    { "{list}-{list}+{token}@{host}", TRUE, FALSE },
    { "{lists}-bounces+{token}@{host}", TRUE, FALSE },
    { "{list} bounces+{token}@{host}", TRUE, FALSE },
    { "{host}-bounces+{token}@{list}", TRUE, FALSE },
    { "{list}-bounces+{token}+{number}@{host}", TRUE, FALSE },
    { "{list}-bounces+{user}@{host}", FALSE, FALSE },
    { "{list}-bounces+{user}={domain}@lists.example.org", FALSE, TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    ck_assert_msg ((rebound_pattern_check (cases[i].pattern, cases[i].is_signed) == NULL)
                       == cases[i].good,
                   "%s", cases[i].pattern);
}
END_TEST

START_TEST (test_wrong_pattern)
{
  g_autoptr (GError) making = NULL;
  g_autoptr (GError) verifying = NULL;

  ck_assert_ptr_null (rebound_verp_make (keys (), "{token}@{host}", LIST, "ann@x.example",
                                         REBOUND_PATH_POST, NOW, &making));
  ck_assert (g_error_matches (making, REBOUND_VERP_ERROR, REBOUND_VERP_ERROR_PATTERN));
  ck_assert_ptr_null (rebound_verp_verify (keys (), "{token}", "a@b", NULL, AGE, NOW, &verifying));
  ck_assert (g_error_matches (verifying, REBOUND_VERP_ERROR, REBOUND_VERP_ERROR_PATTERN));
}
END_TEST

/* ---- Plain return paths ------------------------------------------------------------------- */

START_TEST (test_plain)
{
  static const struct
  {
    const char *address;
    const char *says; /* list, member, path */
  } cases[] = {
    { "news-bounces+ann=example.net@lists.example.org",
      "news@lists.example.org ann@example.net post" },
    { "News-Bounces+Ann=Example.NET@Lists.example.org",
      "news@lists.example.org ann@example.net post" },
    { "news-bounces+a=b=example.net@lists.example.org",
      "news@lists.example.org a=b@example.net post" },
    { "news-bounces+da39a3ee5e6b4b0d3255bfef95601890afd80709@lists.example.org",
      "news@lists.example.org - probe" },
    { "news-return-7-ann=example.net@lists.example.org",
      "news@lists.example.org ann@example.net post" },
    { "news-return-ann=example.net@lists.example.org",
      "news@lists.example.org ann@example.net post" },
    { "news-return-7-a-7=example.net@lists.example.org",
      "news@lists.example.org a-7@example.net post" },
    { "news-return-warn-1700000000.abcdefghijklmnopqrst-ann=example.net@lists.example.org",
      "news@lists.example.org ann@example.net warning" },
    { "news-return-probe-1700000000.abcdefghijklmnopqrst-ann=example.net@lists.example.org",
      "news@lists.example.org ann@example.net probe" },
    { "news-return-receipt-1700000000.abcdefghijklmnopqrst-7-ann=example.net@lists.example.org",
      "news@lists.example.org ann@example.net post" },
    { "news+bounces-7-ann=example.net@lists.example.org",
      "news@lists.example.org ann@example.net post" },
    { "news+bounces-probe-ann=example.net@lists.example.org",
      "news@lists.example.org ann@example.net probe" },
    { "bounce+ann==a==example.net==news@lists.example.org",
      "news@lists.example.org ann@example.net post" },
    { "bounce+ann==a==example.net==news==w@lists.example.org",
      "news@lists.example.org ann@example.net post" },
    { "owner-news+ann=example.net@lists.example.org",
      "news@lists.example.org ann@example.net post" },
    { "bounces+ann=example.net@lists.example.org", "- ann@example.net post" },
    { "prvs=0123456789=news-bounces+ann=example.net@lists.example.org",
      "news@lists.example.org ann@example.net post" },
    { "SRS0=HHHH=TT=lists.example.org=news-bounces+ann=example.net@fwd.example",
      "news@lists.example.org ann@example.net post" },
    { "news@lists.example.org", NULL },
    { "news-bounces@lists.example.org", NULL },
    { "news-bounces+da39a3ee@lists.example.org", NULL },
    { "ann=example.net@lists.example.org", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      ReboundPlainPath plain;
      gboolean read = rebound_plain_path_read (NULL, cases[i].address, &plain);
      g_autofree char *says = g_strdup_printf ("%s %s %s", plain.list != NULL ? plain.list : "-",
                                               plain.address != NULL ? plain.address : "-",
                                               rebound_path_to_string (plain.path));

      ck_assert_msg (read == (cases[i].says != NULL), "%s", cases[i].address);
      if (read)
        ck_assert_str_eq (says, cases[i].says);
      rebound_plain_path_clear (&plain);
    }
}
END_TEST

START_TEST (test_plain_of_site)
{
  static const char *const patterns[] = { "{list}.err.{number}.{user}={domain}@bounces.{host}",
                                          NULL };
  ReboundPlainPath plain;

  ck_assert (rebound_plain_path_read (patterns, "news.err.12.ann=example.net@bounces.example.org",
                                      &plain));
  ck_assert_str_eq (plain.list, "news@example.org");
  ck_assert_str_eq (plain.address, "ann@example.net");
  rebound_plain_path_clear (&plain);
  ck_assert (
      !rebound_plain_path_read (NULL, "news.err.12.ann=example.net@bounces.example.org", &plain));
}
END_TEST

/* Without keys, too, the member of a signed path is known. */
START_TEST (test_subscriber)
{
  g_autofree char *made = make_of (LIST, "ann@example.net", REBOUND_PATH_POST);
  g_autofree char *lookup = make_of (LIST, "\"a b\"@example.net", REBOUND_PATH_POST);
  g_autofree char *subscriber = rebound_address_from_verp (made);

  ck_assert_str_eq (subscriber, "ann@example.net");
  ck_assert_ptr_null (rebound_address_from_verp (lookup));
}
END_TEST

/* Whoever writes an address cannot make it take long to read. */
START_TEST (test_plain_cost)
{
  GString *address = g_string_new (NULL);
  gint64 start = g_get_monotonic_time ();
  ReboundPlainPath plain;

  while (address->len < 300)
    g_string_append (address, "a-return-1-bounces+=");
  g_string_append (address, "@x.example");
  for (guint i = 0; i < 1000; i++)
    {
      rebound_plain_path_read (NULL, address->str, &plain);
      rebound_plain_path_clear (&plain);
    }
  ck_assert_int_lt (g_get_monotonic_time () - start, 10 * G_USEC_PER_SEC);
  g_string_free (address, TRUE);
}
END_TEST

static TCase *
make_case (const char *name, const TTest *const *tests)
{
  TCase *tcase = tcase_create (name);

  for (; *tests != NULL; tests++)
    tcase_add_test (tcase, *tests);
  return tcase;
}

#define MAKE_CASE(name, ...) make_case (name, (const TTest *const[]){ __VA_ARGS__, NULL })

int
main (void)
{
  TCase *cases[] = {
    MAKE_CASE ("made", test_round_trip, test_lookup, test_digest, test_length_of_member,
               test_length_of_list, test_not_made),
    MAKE_CASE ("forged", test_every_byte, test_case, test_case_of_digest, test_recombined,
               test_ambiguous, test_unsigned, test_time, test_wrappers),
    MAKE_CASE ("keys", test_rotation, test_key_of_same_secret, test_wrong_keys, test_file,
               test_no_file, test_owner, test_null_byte),
    MAKE_CASE ("patterns", test_own_pattern, test_pattern_check, test_wrong_pattern, test_plain,
               test_plain_of_site, test_subscriber, test_plain_cost),
    NULL,
  };

  return run_suite ("verp", cases, NULL, NULL);
}
