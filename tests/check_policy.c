/* Rebound: tests of policies: their files, the presets, and what they do to a verdict.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "policy/policy-private.h"
#include "report/report.h"
#include "suite.h"

#define DAY 86400

/* ---- Helpers ------------------------------------------------------------------------------ */

static ReboundPolicy *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  ReboundPolicy *policy = rebound_policy_parse ("p.conf", text, strlen (text), &error);

  ck_assert_msg (policy != NULL, "%s\nfor:\n%s", error != NULL ? error->message : "?", text);
  ck_assert_ptr_null (error);
  return policy;
}

static char *
error_of (const char *text, gsize length)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ReboundPolicy) policy = rebound_policy_parse ("p.conf", text, length, &error);

  ck_assert_msg (policy == NULL, "no mistake in:\n%s", text);
  ck_assert (g_error_matches (error, REBOUND_POLICY_ERROR, REBOUND_POLICY_ERROR_SYNTAX));
  return g_strdup (error->message);
}

static void
assert_wrong (const char *text, const char *begins)
{
  g_autofree char *message = error_of (text, strlen (text));

  ck_assert_msg (g_str_has_prefix (message, begins), "got:\n%s\nnot:\n%s", message, begins);
}

static ReboundPolicy *
preset (const char *name)
{
  g_autoptr (GError) error = NULL;
  ReboundPolicy *policy = rebound_policy_new (name, &error);

  ck_assert_msg (policy != NULL, "%s", error != NULL ? error->message : "?");
  return policy;
}

static const ReboundTerms *
terms_of (const ReboundPolicy *policy)
{
  return rebound_policy_terms (policy, NULL);
}

/* ---- Each key, good and bad --------------------------------------------------------------- */

static const struct
{
  const char *section;
  const char *key;
  const char *good;
  const char *shown; /* as it is written again; %NULL for the same */
  const char *bad;
  const char *allowed; /* begins so */
} keys[] = {
  { "policy", "count", "message", NULL, "week", "one of: day, message" },
  { "policy", "hard-weight", "1000", NULL, "1001", "a number from 0 to 1000" },
  { "policy", "soft-weight", "0.25", NULL, "-1", "a number from 0 to 1000" },
  { "policy", "decay", "0.050", "0.05", "1e1", "a number from 0 to 1000" },
  { "policy", "stale-after", "48h", "2d", "48", "a time up to 3650d" },
  { "policy", "resets", "delivery,confirmation", "delivery; confirmation", "delivery; prayer",
    "nothing, or some of these" },
  { "policy", "warn-at", "2.5", NULL, "soon", "a number from 0 to 1000000" },
  { "policy", "probe-at", "0", NULL, "inf", "a number from 0 to 1000000" },
  { "policy", "suspend-at", "1000000", NULL, "1000000.5", "a number from 0 to 1000000" },
  { "policy", "unsubscribe-at", "75", NULL, "0x10", "a number from 0 to 1000000" },
  { "policy", "min-bounces", "10", NULL, "1.5", "a whole number from 0 to 10000" },
  { "policy", "min-period", "132h", NULL, "1.5d", "a time up to 3650d" },
  { "policy", "grace", "90m", NULL, "1w", "a time up to 3650d" },
  { "policy", "warnings", "0", NULL, "101", "a whole number from 0 to 100" },
  { "policy", "warning-interval", "604800s", "7d", "-7d", "a time up to 3650d" },
  { "policy", "warning-bounced", "probe", NULL, "resume", "one of: ignore, probe" },
  { "policy", "probes", "100", NULL, "two", "a whole number from 0 to 100" },
  { "policy", "probe-interval", "0", NULL, "3651d", "a time up to 3650d" },
  { "policy", "probe-bounced", "unsubscribe", NULL, "probe", "one of: ignore, suspend" },
  { "policy", "complaints", "owner", NULL, "warn", "one of: ignore, owner, unsubscribe" },
  { "policy", "grade-a", "suspend", NULL, "all", "one of: nothing, probe" },
  { "policy", "grade-b", "unsubscribe-without-keys", NULL, "A", "one of: nothing, probe" },
  { "policy", "grade-c", "probe", NULL, "warn", "one of: nothing, probe" },
  { "policy", "grade-d", "nothing", NULL, "", "one of: nothing, probe" },
  { "policy", "ungraded", "unsubscribe", NULL, "now", "one of: nothing, probe" },
  { "policy", "token-age", "3000000s", "50000m", "3000000", "a time up to 3650d" },
  { "policy", "storm-window", "168h", "7d", "169h", "a time up to 7d" },
  { "policy", "storm-message", "1000000000", NULL, "1000000001", "a whole number from 0 to 1000000000" },
  { "policy", "storm-reason", "1", NULL, "1 2", "a whole number from 0 to 1000000000" },
  { "policy", "storm-provider", "0", NULL, "+1", "a whole number from 0 to 1000000000" },
  { "policy", "storm-jump", "1.5", NULL, "1,5", "a number from 0 to 1000000" },
  { "policy", "storm-share", "12.5%", NULL, "0.125", "a share up to 100%" },
  { "reason user-unknown", "bounce", "none", NULL, "softish", "one of: none, soft, hard" },
  { "reason mailbox-full", "fault", "unknown", NULL, "mine", "one of: recipient, domain" },
  { "reason expired", "unsubscribe", "now", NULL, "Now", "one of: never, count, now" },
  { "reason expired", "weight", "3", NULL, "heavy", "a number from 0 to 1000" },
  { "site", "domains", "Lists.Example.org;b.example,", "lists.example.org; b.example",
    "news@lists.example.org", "names of hosts or domains" },
  { "site", "hosts", "mx1.example.org", NULL, "mx 1", "names of hosts or domains" },
  { "site", "return-paths", "b+{user}={domain}@{host}; {user}-{domain}@{host}", NULL,
    "b+{user}@{host}", "addresses with “;” between" },
  { "site", "signed-path", "{list}+{token}@{host}", NULL, "{list}@{host}", "an address, as in: " },
  { "site", "keys", "/etc/rebound/keys", NULL, NULL, NULL },
};

/* Where the section has two keys, the second is on the line behind. */
START_TEST (a_good_value)
{
  g_autofree char *text =
      g_strdup_printf ("# one\n[%s]\n%s = %s\n", keys[_i].section, keys[_i].key, keys[_i].good);
  g_autoptr (ReboundPolicy) policy = parse (text);
  g_autofree char *out = rebound_policy_to_string (policy);
  g_autofree char *section = g_strdup_printf ("[%s]\n", keys[_i].section);
  g_autofree char *line = g_strdup_printf ("\n%s = %s\n", keys[_i].key,
                                           keys[_i].shown != NULL ? keys[_i].shown : keys[_i].good);
  const char *start = strstr (out, section), *end, *found;

  ck_assert_ptr_nonnull (start);
  end = strstr (start, "\n\n");
  found = strstr (start, line);
  ck_assert_msg (found != NULL && (end == NULL || found <= end), "no %s in\n%s", line, out);
}
END_TEST

START_TEST (a_bad_value)
{
  g_autofree char *text = NULL;
  g_autofree char *expected = NULL;

  if (keys[_i].bad == NULL)
    return;
  text = g_strdup_printf ("# one\n\n[%s]\n\t%s=%s\n", keys[_i].section, keys[_i].key, keys[_i].bad);
  expected = g_strdup_printf ("p.conf:4: [%s] %s: “%s” is not allowed; allowed: %s",
                              keys[_i].section, keys[_i].key, keys[_i].bad, keys[_i].allowed);
  assert_wrong (text, expected);
}
END_TEST

static void
assert_tried (const ReboundSetting *settings, const char *section)
{
  for (; settings->name != NULL; settings++)
    {
      gboolean found = FALSE;

      for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
        if (g_str_has_prefix (keys[i].section, section)
            && strcmp (keys[i].key, settings->name) == 0)
          found = TRUE;
      ck_assert_msg (found, "[%s] %s is not tried", section, settings->name);
    }
}

START_TEST (all_are_tried)
{
  assert_tried (rebound_policy_settings, "policy");
  assert_tried (rebound_reason_settings, "reason");
  assert_tried (rebound_site_settings, "site");
}
END_TEST

/* ---- Mistakes ------------------------------------------------------------------------------- */

static const struct
{
  const char *text;
  const char *begins;
} mistakes[] = {
  { "grace = 1d\n", "p.conf:1: grace stands in no section" },
  { "[policy]\ngrace 1d\n", "p.conf:2: “grace 1d” is no line of a policy" },
  { "[policy]\n= 1d\n", "p.conf:2: “= 1d” is no line of a policy" },
  { "[policy\ngrace = 1d\n", "p.conf:1: “[policy” is no section" },
  { "[policy] # all\n", "p.conf:1: “[policy] # all” is no section" },
  { "[]\n", "p.conf:1: there is no section []; one of: [policy], [reason NAME]" },
  { "\n[Policy]\n", "p.conf:2: there is no section [Policy]" },
  { "[policy]\n[lists]\n", "p.conf:2: there is no section [lists]" },
  { "[reason]\n", "p.conf:1: there is no section [reason]" },
  { "[reason user-gone]\n",
    "p.conf:1: “user-gone” is no reason; one of: unclassified, user-unknown, " },
  { "[list ]\n", "p.conf:1: “” is no list" },
  { "[list a b]\n", "p.conf:1: “a b” is no list" },
  { "[list news@]\n", "p.conf:1: “news@” is no list" },
  { "[list a@b@c]\n", "p.conf:1: “a@b@c” is no list" },
  { "[policy]\nwarn_at = 1\n",
    "p.conf:2: [policy] has no key “warn_at”; one of: count, hard-weight, " },
  { "[policy]\nreason.expired.weight = 1\n",
    "p.conf:2: [policy] has no key “reason.expired.weight”" },
  { "[policy]\ngrace[de] = 1d\n", "p.conf:2: [policy] has no key “grace[de]”" },
  { "[reason expired]\ngrace = 1d\n",
    "p.conf:2: [reason expired] has no key “grace”; one of: bounce, fault, unsubscribe, weight" },
  { "[site]\npreset = esp\n", "p.conf:2: [site] has no key “preset”; one of: domains, hosts, " },
  { "[list news]\nkeys = k\n", "p.conf:2: [list news] has no key “keys”" },
  { "[list news]\nreason.gone.weight = 1\n", "p.conf:2: “gone” is no reason" },
  { "[list news]\nreason.expired = 1\n",
    "p.conf:2: [list news] has no key “reason.expired”; one of: bounce, " },
  { "[list news]\nreason.expired.weight = x\n",
    "p.conf:2: [list news] reason.expired.weight: “x” is not allowed; allowed: a number" },
  { "[policy]\n\npreset = mailmen\n",
    "p.conf:3: [policy] preset: “mailmen” is not allowed; allowed: "
    "one of: default, mailman, sympa, ezmlm, mlmmj, esp" },
  { "[list a]\npreset =\n", "p.conf:2: [list a] preset: “” is not allowed" },
  { "[policy]\ngrace = 1d\n[site]\n[policy]\ngrace = 2d\n",
    "p.conf:5: [policy] grace stands on line 2 already" },
  { "[list A]\ngrace = 1d\n[list a]\ngrace = 2d\n", "p.conf:4: [list a] grace stands on line 2" },
  { "[site]\nkeys = \\q\n", "p.conf:2: [site] keys: " },
  { "[policy]\n# \xc3\xa4\ngrace = \xe4\n", "p.conf:3: the line is no UTF-8" },
  /* what is said of all comes before what is said of a list, but the mistake tells its own line */
  { "[list a]\ngrace = 1x\n[policy]\nwarnings = 1\n", "p.conf:2: [list a] grace: “1x”" },
};

START_TEST (a_mistake)
{
  assert_wrong (mistakes[_i].text, mistakes[_i].begins);
}
END_TEST

START_TEST (a_null_byte)
{
  static const char text[] = "[policy]\ngrace = 1d\nwarn\0ings = 3\n";
  g_autofree char *message = error_of (text, sizeof text - 1);

  ck_assert_str_eq (message, "p.conf:3: the file has a null byte");
}
END_TEST

START_TEST (files_of_other_systems)
{
  g_autoptr (ReboundPolicy) policy = parse (
      "\xef\xbb\xbf[policy]\r\n  # a comment\r\n\r\ngrace = 2d\r\n[site]\r\ndomains = a.example");

  ck_assert_int_eq (terms_of (policy)->grace, 2 * DAY);
  ck_assert_str_eq (rebound_policy_site (policy)->domains[0], "a.example");
  ck_assert_ptr_null (rebound_policy_site (policy)->domains[1]);
}
END_TEST

START_TEST (a_file_that_is_not_there)
{
  g_autoptr (GError) error = NULL;

  ck_assert_ptr_null (rebound_policy_new_from_file ("/nowhere/policy.conf", &error));
  ck_assert (g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT));
}
END_TEST

START_TEST (no_such_preset)
{
  g_autoptr (GError) error = NULL;

  ck_assert_ptr_null (rebound_policy_new ("nobody", &error));
  ck_assert (g_error_matches (error, REBOUND_POLICY_ERROR, REBOUND_POLICY_ERROR_PRESET));
  ck_assert_ptr_nonnull (strstr (error->message, "one of: default, mailman"));
  ck_assert_ptr_null (rebound_policy_get_summary ("nobody"));
}
END_TEST

/* ---- Presets -------------------------------------------------------------------------------- */

/* What a preset does not say would be 0. */
START_TEST (presets_say_all)
{
  for (const char *const *name = rebound_policy_presets (); *name != NULL; name++)
    {
      const char *text = rebound_preset_find (*name)->text;

      for (const ReboundSetting *key = rebound_policy_settings; key->name != NULL; key++)
        {
          g_autofree char *line = g_strdup_printf ("\n%s = ", key->name);

          ck_assert_msg (strstr (text, line) != NULL, "%s does not say %s", *name, key->name);
        }
    }
}
END_TEST

START_TEST (presets_are_sound)
{
  for (const char *const *name = rebound_policy_presets (); *name != NULL; name++)
    {
      g_autoptr (ReboundPolicy) policy = preset (*name);
      g_auto (GStrv) doubts = rebound_policy_find_doubts (policy);
      const ReboundTerms *terms = terms_of (policy);

      ck_assert_msg (doubts[0] == NULL, "%s: %s", *name, doubts[0]);
      ck_assert_int_ge (terms->grace, terms->storm_window);
      ck_assert_ptr_nonnull (rebound_policy_get_summary (*name));
      ck_assert (!rebound_policy_knows_site (policy));
    }
}
END_TEST

START_TEST (the_default_comes_first)
{
  ck_assert_str_eq (rebound_policy_presets ()[0], "default");
}
END_TEST

/* The contract's table: the rules have it, and nothing of it is told twice. */
START_TEST (the_default_is_the_contract)
{
  g_autoptr (ReboundPolicy) policy = preset ("default");

  for (guint i = 0; i < REBOUND_N_REASONS; i++)
    {
      const ReboundReasonRule *rule = &rebound_builtin_rules.reasons[i];
      const ReboundCell *cell = &terms_of (policy)->reasons[i];
      const double weight = rule->bounce == REBOUND_BOUNCE_HARD   ? 1
                            : rule->bounce == REBOUND_BOUNCE_SOFT ? 0.5
                                                                  : 0;

      ck_assert_int_eq (cell->bounce, rule->bounce);
      ck_assert_int_eq (cell->fault, rule->fault);
      ck_assert_int_eq (cell->unsubscribe, rule->unsubscribe);
      ck_assert_double_eq (cell->weight, weight);
    }
}
END_TEST

/* The managers' numbers, as their sources have them. */
static const struct
{
  const char *preset;
  const char *line;
} numbers[] = {
  { "mailman", "count = day" },
  { "mailman", "suspend-at = 5" },
  { "mailman", "stale-after = 7d" },
  { "mailman", "warnings = 3" },
  { "mailman", "warning-interval = 7d" },
  { "sympa", "count = message" },
  { "sympa", "warn-at = 45" },
  { "sympa", "unsubscribe-at = 75" },
  { "sympa", "min-bounces = 10" },
  { "sympa", "min-period = 10d" },
  { "sympa", "soft-weight = 0.5" },
  { "ezmlm", "grace = 10d" },
  { "ezmlm", "warning-bounced = probe" },
  { "ezmlm", "probe-bounced = unsubscribe" },
  { "ezmlm", "stale-after = 30d" },
  { "ezmlm", "token-age = 50000m" }, /* 3,000,000 seconds */
  { "mlmmj", "probe-interval = 12h" },
  { "mlmmj", "min-period = 132h" }, /* 5 days and 12 hours */
  { "mlmmj", "probe-bounced = unsubscribe" },
  { "esp", "unsubscribe-at = 5" },
  { "esp", "min-period = 7d" },
  { "esp", "stale-after = 30d" },
  { "esp", "complaints = unsubscribe" },
};

START_TEST (a_number)
{
  g_autoptr (ReboundPolicy) policy = preset (numbers[_i].preset);
  g_autofree char *text = rebound_policy_to_string (policy);
  g_autofree char *line = g_strdup_printf ("\n%s\n", numbers[_i].line);

  ck_assert_msg (strstr (text, line) != NULL, "%s: no %s in\n%s", numbers[_i].preset,
                 numbers[_i].line, text);
}
END_TEST

/* Only services for senders take somebody off at the first failure, and "default", which has the
 * contract. */
START_TEST (who_unsubscribes_at_once)
{
  for (const char *const *name = rebound_policy_presets (); *name != NULL; name++)
    {
      g_autoptr (ReboundPolicy) policy = preset (*name);
      const gboolean now = strcmp (*name, "default") == 0 || strcmp (*name, "esp") == 0;

      ck_assert_int_eq (terms_of (policy)->reasons[REBOUND_REASON_USER_UNKNOWN].unsubscribe,
                        now ? REBOUND_UNSUBSCRIBE_NOW : REBOUND_UNSUBSCRIBE_COUNT);
    }
}
END_TEST

START_TEST (grades_of_presets)
{
  for (const char *const *name = rebound_policy_presets (); *name != NULL; name++)
    {
      g_autofree char *plain = g_strdup_printf ("[policy]\npreset = %s\n", *name);
      g_autofree char *text = g_strconcat (plain, "[site]\nkeys = k\n", NULL);
      g_autoptr (ReboundPolicy) without = parse (plain);
      g_autoptr (ReboundPolicy) with = parse (text);
      const ReboundReach *grades = terms_of (without)->grades;

      ck_assert_int_eq (grades[REBOUND_GRADE_NONE], REBOUND_REACH_UNSUBSCRIBE);
      ck_assert_int_eq (grades[REBOUND_GRADE_A], REBOUND_REACH_UNSUBSCRIBE);
      ck_assert_int_eq (grades[REBOUND_GRADE_B], REBOUND_REACH_UNSUBSCRIBE);
      ck_assert_int_eq (grades[REBOUND_GRADE_C], REBOUND_REACH_SUSPEND);
      ck_assert_int_eq (grades[REBOUND_GRADE_D], REBOUND_REACH_NOTHING);
      ck_assert_int_eq (terms_of (with)->grades[REBOUND_GRADE_B], REBOUND_REACH_SUSPEND);
    }
}
END_TEST

/* ---- Sections of a list -----------------------------------------------------------------------
 */

START_TEST (lists)
{
  g_autoptr (ReboundPolicy) policy = parse ("[list News@Lists.Example.org]\n"
                                            "grace = 2d\n"
                                            "reason.expired.unsubscribe = never\n"
                                            "[list news]\n"
                                            "warnings = 9\n"
                                            "[list shop]\n"
                                            "preset = esp\n"
                                            "reason.mailbox-full.weight = 7\n"
                                            "[policy]\n"
                                            "preset = mailman\n"
                                            "probes = 5\n"
                                            "[reason network-error]\n"
                                            "unsubscribe = never\n");
  const ReboundTerms *all = rebound_policy_terms (policy, NULL);
  const ReboundTerms *one = rebound_policy_terms (policy, "NEWS@lists.example.ORG");
  const ReboundTerms *local = rebound_policy_terms (policy, "news@elsewhere.example");
  const ReboundTerms *shop = rebound_policy_terms (policy, "Shop");

  ck_assert_ptr_eq (all, rebound_policy_terms (policy, "other@lists.example.org"));
  ck_assert_ptr_eq (local, rebound_policy_terms (policy, "news"));
  ck_assert_double_eq (all->suspend_at, 5);
  ck_assert_int_eq (all->grace, 6 * 3600);
  ck_assert_int_eq (all->reasons[REBOUND_REASON_EXPIRED].unsubscribe, REBOUND_UNSUBSCRIBE_COUNT);

  ck_assert_int_eq (one->grace, 2 * DAY);
  ck_assert_uint_eq (one->warnings, 3); /* [list news] says nothing of it */
  ck_assert_uint_eq (one->probes, 5);
  ck_assert_int_eq (one->reasons[REBOUND_REASON_EXPIRED].unsubscribe, REBOUND_UNSUBSCRIBE_NEVER);
  ck_assert_int_eq (one->reasons[REBOUND_REASON_NETWORK_ERROR].unsubscribe,
                    REBOUND_UNSUBSCRIBE_NEVER);

  ck_assert_uint_eq (local->warnings, 9);
  ck_assert_int_eq (local->grace, 6 * 3600);

  ck_assert_double_eq (shop->unsubscribe_at, 5); /* all of it is the preset's */
  ck_assert_uint_eq (shop->probes, 0);
  ck_assert_int_eq (shop->reasons[REBOUND_REASON_NETWORK_ERROR].unsubscribe,
                    REBOUND_UNSUBSCRIBE_COUNT);
  ck_assert_double_eq (shop->reasons[REBOUND_REASON_MAILBOX_FULL].weight, 7);
  ck_assert_double_eq (shop->reasons[REBOUND_REASON_EXPIRED].weight, 1);
}
END_TEST

/* What a cell of a list says, the verdict says of its mail. */
START_TEST (a_list_in_a_verdict)
{
  static const char mail[] = "From: MAILER-DAEMON@mx.example.net\n"
                             "To: news-bounces+ann=example.net@lists.example.org\n"
                             "Content-Type: multipart/report; report-type=delivery-status;"
                             " boundary=b\n\n"
                             "--b\nContent-Type: message/delivery-status\n\n"
                             "Reporting-MTA: dns; mx.example.net\n\n"
                             "Final-Recipient: rfc822; ann@example.net\n"
                             "Action: failed\nStatus: 5.1.1\n"
                             "Diagnostic-Code: smtp; 550 5.1.1 User unknown\n\n--b--\n";
  g_autoptr (ReboundPolicy) policy =
      parse ("[list news@lists.example.org]\nreason.user-unknown.unsubscribe = never\n");
  g_autoptr (ReboundPolicy) other =
      parse ("[list other@lists.example.org]\nreason.user-unknown.unsubscribe = never\n");
  g_autoptr (ReboundAnalyzer) one = rebound_analyzer_new_for_site (NULL, NULL, policy, NULL);
  g_autoptr (ReboundAnalyzer) two = rebound_analyzer_new_for_site (NULL, NULL, other, NULL);
  g_autoptr (GBytes) bytes = g_bytes_new_static (mail, strlen (mail));
  g_autoptr (ReboundReport) here = rebound_analyzer_analyze (one, bytes, NULL, NULL);
  g_autoptr (ReboundReport) there = rebound_analyzer_analyze (two, bytes, NULL, NULL);

  ck_assert_str_eq (rebound_report_get_list (here), "news@lists.example.org");
  ck_assert_int_eq (rebound_recipient_get_unsubscribe (rebound_report_get_recipient (here, 0)),
                    REBOUND_UNSUBSCRIBE_NEVER);
  ck_assert_int_eq (rebound_recipient_get_unsubscribe (rebound_report_get_recipient (there, 0)),
                    REBOUND_UNSUBSCRIBE_NOW);
}
END_TEST

START_TEST (a_list_with_keys)
{
  g_autoptr (ReboundPolicy) policy =
      parse ("[policy]\ngrade-b = probe\n[list a]\ngrade-b = unsubscribe-without-keys\n"
             "[site]\nkeys = k\n");

  ck_assert_int_eq (terms_of (policy)->grades[REBOUND_GRADE_B], REBOUND_REACH_PROBE);
  ck_assert_int_eq (rebound_policy_terms (policy, "a")->grades[REBOUND_GRADE_B],
                    REBOUND_REACH_SUSPEND);
}
END_TEST

/* ---- Weights -------------------------------------------------------------------------------- */

START_TEST (weights)
{
  g_autoptr (ReboundPolicy) policy = parse ("[policy]\n"
                                            "hard-weight = 4\n"
                                            "soft-weight = 2\n"
                                            "[reason user-unknown]\n"
                                            "bounce = soft\n"
                                            "[reason expired]\n"
                                            "bounce = hard\n"
                                            "[reason mailbox-full]\n"
                                            "weight = 0\n"
                                            "[reason loop-detected]\n"
                                            "bounce = none\n");
  const ReboundCell *cells = terms_of (policy)->reasons;

  ck_assert_double_eq (cells[REBOUND_REASON_USER_UNKNOWN].weight, 2);
  ck_assert_double_eq (cells[REBOUND_REASON_EXPIRED].weight, 4);
  ck_assert_double_eq (cells[REBOUND_REASON_MAILBOX_FULL].weight, 0);
  ck_assert_double_eq (cells[REBOUND_REASON_LOOP_DETECTED].weight, 0);
  ck_assert_double_eq (cells[REBOUND_REASON_DOMAIN_UNKNOWN].weight, 4);
}
END_TEST

/* ---- The site ---------------------------------------------------------------------------------
 */

START_TEST (a_site)
{
  g_autoptr (ReboundPolicy) none = parse ("[policy]\n");
  g_autoptr (ReboundPolicy) policy = parse ("[site]\ndomains = a.example\n");
  g_autoptr (ReboundPolicy) beside =
      rebound_policy_parse ("/etc/rebound/policy.conf", "[site]\nkeys = verp.keys\n", 24, NULL);

  ck_assert (!rebound_policy_knows_site (none));
  ck_assert (rebound_policy_knows_site (policy));
  ck_assert_str_eq (rebound_policy_site (none)->signed_path, "{list}-bounces+{token}@{host}");
  ck_assert_ptr_null (rebound_policy_site (none)->keys);
  ck_assert_ptr_null (rebound_policy_site (none)->return_paths[0]);
  ck_assert_str_eq (rebound_policy_site (beside)->keys, "/etc/rebound/verp.keys");
}
END_TEST

/* ---- Writing ----------------------------------------------------------------------------------
 */

static void
assert_fixed_point (const ReboundPolicy *policy)
{
  g_autofree char *first = rebound_policy_to_string (policy);
  g_autoptr (ReboundPolicy) again = parse (first);
  g_autofree char *second = rebound_policy_to_string (again);

  ck_assert_str_eq (first, second);
  ck_assert_str_eq (rebound_policy_digest (policy), rebound_policy_digest (again));
}

START_TEST (presets_come_back)
{
  for (const char *const *name = rebound_policy_presets (); *name != NULL; name++)
    {
      g_autoptr (ReboundPolicy) policy = preset (*name);

      assert_fixed_point (policy);
    }
}
END_TEST

START_TEST (files_come_back)
{
  g_autoptr (ReboundPolicy) policy =
      parse ("[policy]\npreset = ezmlm\nresets =\nstorm-share = 33.3%\n"
             "[reason expired]\nweight = 3\nfault = receiver\n"
             "[site]\ndomains = a.example; b.example\n"
             "keys = /a b/c\\\\d\n"
             "return-paths = {user}={domain}@{host}\n"
             "[list news@a.example]\n"
             "[list news]\npreset = esp\n"
             "[list other]\nreason.expired.weight = 4\ndecay = 0.1\n");

  assert_fixed_point (policy);
}
END_TEST

/* [list news] is none of this one's, whose section says nothing. */
START_TEST (an_empty_section_comes_back)
{
  g_autoptr (ReboundPolicy) policy =
      parse ("[list news@a.example]\n[list news]\ngrace = 9d\n[policy]\ngrace = 2d\n");
  g_autofree char *text = rebound_policy_to_string (policy);
  g_autoptr (ReboundPolicy) again = parse (text);

  ck_assert_int_eq (rebound_policy_terms (again, "news@a.example")->grace, 2 * DAY);
  ck_assert_int_eq (rebound_policy_terms (again, "news@b.example")->grace, 9 * DAY);
}
END_TEST

/* ---- The digest -------------------------------------------------------------------------------
 */

static const struct
{
  const char *one;
  const char *other;
  gboolean same;
} digests[] = {
  { "[policy]\n", "[policy]\npreset = default\n", TRUE },
  { "[policy]\ngrace = 1d\nwarnings = 2\n", "[policy]\nwarnings = 2\n#\n[policy]\ngrace = 24h\n",
    TRUE },
  { "[policy]\n", "[policy]\npreset = esp\n", FALSE },
  { "[policy]\n", "[policy]\ngrace = 9d\n", FALSE },
  { "[policy]\n", "[reason expired]\nweight = 9\n", FALSE },
  { "[policy]\n", "[list a]\ngrace = 9d\n", FALSE },
  { "[list b]\ngrace = 9d\n", "[list a]\ngrace = 9d\n", FALSE },
  { "[policy]\n", "[site]\ndomains = a.example\n", TRUE }, /* events have their grades already */
  { "[policy]\n", "[site]\nkeys = k\n", FALSE },           /* and B does less now */
};

START_TEST (a_digest)
{
  g_autoptr (ReboundPolicy) one = parse (digests[_i].one);
  g_autoptr (ReboundPolicy) other = parse (digests[_i].other);
  const gboolean same = strcmp (rebound_policy_digest (one), rebound_policy_digest (other)) == 0;

  ck_assert_msg (same == digests[_i].same, "%s%s", digests[_i].one, digests[_i].other);
}
END_TEST

/* ---- Doubts -----------------------------------------------------------------------------------
 */

static const struct
{
  const char *text;
  const char *doubt; /* begins so; %NULL for none */
} doubts[] = {
  { "[policy]\n", NULL },
  { "[policy]\ngrace = 1h\n", "[policy] grace is shorter than storm-window" },
  { "[policy]\ngrace = 1h\nstorm-window = 1h\n", NULL },
  { "[policy]\ngrace = 0\nstorm-window = 0\n", "[policy] storm-window, or all of" },
  { "[policy]\nstorm-message = 0\nstorm-reason = 0\nstorm-provider = 0\nstorm-share = 0%\n",
    "[policy] storm-window, or all of" },
  { "[policy]\nsuspend-at = 0\nprobe-at = 0\n", "[policy] warn-at, probe-at, suspend-at and" },
  { "[policy]\nhard-weight = 0\nsoft-weight = 0\n", "[policy] no reason that is counted" },
  { "[policy]\nstale-after = 23h\n", "[policy] stale-after is less than a day" },
  { "[policy]\nunsubscribe-at = 9\n", "[policy] unsubscribe-at is above suspend-at" },
  { "[policy]\nprobes = 0\n", "[policy] probes is 0, though" },
  { "[policy]\nprobe-interval = 0\n", "[policy] probe-interval or warning-interval is 0" },
  { "[policy]\ngrade-d = probe\n", "[policy] grade-d is not nothing" },
  { "[policy]\ngrade-a = probe\n", "[policy] a grade may do more than a better one" },
  { "[policy]\ntoken-age = 4d\n", "[policy] token-age is less than the five days" },
  { "[reason blocked]\nunsubscribe = count\n", "[policy] reason blocked: members may go" },
  { "[reason expired]\nweight = 0\n",
    "[policy] reason expired: it is counted, and its weight is 0" },
  { "[list a]\ngrace = 1h\n", "[list a] grace is shorter than storm-window" },
  { "[site]\nhosts = a.example\n", "[site] domains is empty" },
};

START_TEST (a_doubt)
{
  g_autoptr (ReboundPolicy) policy = parse (doubts[_i].text);
  g_auto (GStrv) found = rebound_policy_find_doubts (policy);

  if (doubts[_i].doubt == NULL)
    ck_assert_msg (found[0] == NULL, "%s\nfor:\n%s", found[0], doubts[_i].text);
  else
    ck_assert_msg (found[0] != NULL && g_str_has_prefix (found[0], doubts[_i].doubt),
                   "got %s, not %s", found[0], doubts[_i].doubt);
}
END_TEST

START_TEST (doubts_of_all_are_told_once)
{
  g_autoptr (ReboundPolicy) policy = parse ("[policy]\ngrace = 1h\n[list a]\nwarnings = 1\n"
                                            "[list b]\nprobes = 0\n[list c]\nprobes = 0\n");
  g_auto (GStrv) found = rebound_policy_find_doubts (policy);

  ck_assert_uint_eq (g_strv_length (found), 3);
  ck_assert (g_str_has_prefix (found[0], "[policy] grace"));
  ck_assert (g_str_has_prefix (found[1], "[list b] probes"));
  ck_assert (g_str_has_prefix (found[2], "[list c] probes"));
}
END_TEST

/* ---- Verdicts ---------------------------------------------------------------------------------
 */

/* A message of the corpus for each reason, with as high a ceiling as there is. */
typedef struct
{
  GBytes *bytes;
  char *reply; /* or a reply by itself */
  guint index; /* of the recipient */
  ReboundUnsubscribe ceiling;
  gboolean found;
} Sample;

static Sample samples[REBOUND_N_REASONS];

static void
offer_sample (ReboundReport *report, GBytes *bytes, const char *reply)
{
  for (guint i = 0; i < report->recipients->len; i++)
    {
      const ReboundRecipient *recipient = g_ptr_array_index (report->recipients, i);
      Sample *sample = &samples[recipient->reason];

      if (sample->found && sample->ceiling >= recipient->ceiling)
        continue;
      g_clear_pointer (&sample->bytes, g_bytes_unref);
      g_clear_pointer (&sample->reply, g_free);
      sample->bytes = bytes != NULL ? g_bytes_ref (bytes) : NULL;
      sample->reply = g_strdup (reply);
      sample->index = i;
      sample->ceiling = recipient->ceiling;
      sample->found = TRUE;
    }
}

static void
read_folder (ReboundAnalyzer *analyzer, const char *folder)
{
  g_autoptr (ReboundMailbox) mailbox =
      rebound_mailbox_open (folder, REBOUND_MAILBOX_SINGLE, NULL, NULL);
  g_autoptr (GBytes) bytes = NULL;

  if (mailbox != NULL && rebound_mailbox_next (mailbox, &bytes, NULL) && bytes != NULL)
    {
      g_autoptr (ReboundReport) report = rebound_analyzer_analyze (analyzer, bytes, NULL, NULL);

      offer_sample (report, bytes, NULL);
    }
}

static void
read_replies (ReboundAnalyzer *analyzer, const char *file)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  ck_assert (g_file_get_contents (file, &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      const char *reply = *lines[i] != '#' ? strchr (lines[i], '\t') : NULL;
      g_autoptr (ReboundReport) report = NULL;

      if (reply == NULL)
        continue;
      report = rebound_analyzer_classify (analyzer, reply + 1, NULL);
      offer_sample (report, NULL, reply + 1);
    }
}

static void
read_corpus (ReboundAnalyzer *analyzer, const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);

  for (const char *name; dir != NULL && (name = g_dir_read_name (dir)) != NULL;)
    {
      g_autofree char *file = g_build_filename (path, name, NULL);

      if (g_str_has_suffix (name, ".eml"))
        read_folder (analyzer, file);
      else if (g_str_has_suffix (path, "/replies") && g_str_has_suffix (name, ".tsv"))
        read_replies (analyzer, file);
      else
        read_corpus (analyzer, file);
    }
}

static void
find_samples (void)
{
  g_autoptr (ReboundAnalyzer) analyzer = rebound_analyzer_new (NULL, NULL);
  g_autofree char *corpus = g_build_filename (g_getenv ("top_srcdir"), "corpus", NULL);

  read_corpus (analyzer, corpus);
}

static void
free_samples (void)
{
  for (guint i = 0; i < REBOUND_N_REASONS; i++)
    {
      g_clear_pointer (&samples[i].bytes, g_bytes_unref);
      g_clear_pointer (&samples[i].reply, g_free);
      samples[i].found = FALSE;
    }
}

static ReboundReport *
judge_sample (const Sample *sample, ReboundPolicy *policy)
{
  g_autoptr (ReboundAnalyzer) analyzer = rebound_analyzer_new_for_site (NULL, NULL, policy, NULL);

  return sample->bytes != NULL ? rebound_analyzer_analyze (analyzer, sample->bytes, NULL, NULL)
                               : rebound_analyzer_classify (analyzer, sample->reply, NULL);
}

/* What a policy says of a reason is what the verdict is, as far as the facts allow. */
static void
assert_cell (ReboundReason reason, const char *key, guint value, const char *name)
{
  const Sample *sample = &samples[reason];
  g_autofree char *text =
      g_strdup_printf ("[reason %s]\n%s = %s\n", rebound_reason_to_string (reason), key, name);
  g_autoptr (ReboundPolicy) policy = parse (text);
  g_autoptr (ReboundReport) report = judge_sample (sample, policy);
  const ReboundRecipient *recipient = g_ptr_array_index (report->recipients, sample->index);

  ck_assert_int_eq (recipient->reason, reason);
  ck_assert_int_eq (recipient->ceiling, sample->ceiling);
  if (strcmp (key, "fault") == 0)
    ck_assert_uint_eq (recipient->fault, value);
  else if (strcmp (key, "unsubscribe") == 0)
    ck_assert_uint_eq (recipient->unsubscribe, MIN (value, sample->ceiling));
  else if (recipient->action != REBOUND_ACTION_DELAYED
           && (value != REBOUND_BOUNCE_HARD || sample->ceiling == REBOUND_UNSUBSCRIBE_NOW))
    ck_assert_uint_eq (recipient->bounce, value);
}

START_TEST (cells)
{
  find_samples ();
  for (guint reason = 0; reason < REBOUND_N_REASONS; reason++)
    {
      ck_assert_msg (samples[reason].found, "no case of %s in the corpus",
                     rebound_reason_to_string (reason));
      for (const ReboundSetting *key = rebound_reason_settings; key->name != NULL; key++)
        for (const ReboundSettingWord *word = key->words; word != NULL && word->name != NULL;
             word++)
          assert_cell (reason, key->name, word->value, word->name);
    }
  free_samples ();
}
END_TEST

/* Of replies that are judged with all reasons at "now". */
static const struct
{
  const char *reply;
  ReboundUnsubscribe unsubscribe;
} ceilings[] = {
  { "550 5.1.1 <a@example.net>: Recipient address rejected: User unknown",
    REBOUND_UNSUBSCRIBE_NOW },
  { "450 4.1.1 <a@example.net>: Recipient address rejected: User unknown",
    REBOUND_UNSUBSCRIBE_COUNT },
  { "552 5.2.2 mailbox full", REBOUND_UNSUBSCRIBE_NOW },
  { "452 4.2.2 mailbox full", REBOUND_UNSUBSCRIBE_COUNT },
  { "550 5.1.2 <a@example.net>: Recipient address rejected: Domain not found",
    REBOUND_UNSUBSCRIBE_NOW },
};

START_TEST (a_ceiling)
{
  GString *text = g_string_new (NULL);
  g_autoptr (ReboundPolicy) policy = NULL;
  g_autoptr (ReboundAnalyzer) analyzer = NULL;
  g_autoptr (ReboundReport) report = NULL;
  g_autofree char *made = NULL;

  for (guint i = 0; i < REBOUND_N_REASONS; i++)
    g_string_append_printf (text, "[reason %s]\nunsubscribe = now\n", rebound_reason_to_string (i));
  made = g_string_free (text, FALSE);
  policy = parse (made);
  analyzer = rebound_analyzer_new_for_site (NULL, NULL, policy, NULL);
  report = rebound_analyzer_classify (analyzer, ceilings[_i].reply, NULL);
  ck_assert_msg (rebound_recipient_get_unsubscribe (rebound_report_get_recipient (report, 0))
                     == ceilings[_i].unsubscribe,
                 "%s", ceilings[_i].reply);
}
END_TEST

static const struct
{
  const char *reach;
  ReboundUnsubscribe unsubscribe;
} reaches[] = {
  { "unsubscribe", REBOUND_UNSUBSCRIBE_NOW },
  { "suspend", REBOUND_UNSUBSCRIBE_COUNT },
  { "probe", REBOUND_UNSUBSCRIBE_COUNT },
  { "nothing", REBOUND_UNSUBSCRIBE_NEVER },
};

START_TEST (a_reach)
{
  g_autofree char *text = g_strdup_printf ("[policy]\nungraded = %s\n", reaches[_i].reach);
  g_autoptr (ReboundPolicy) policy = parse (text);
  g_autoptr (ReboundAnalyzer) analyzer = rebound_analyzer_new_for_site (NULL, NULL, policy, NULL);
  g_autoptr (ReboundReport) report = rebound_analyzer_classify (
      analyzer, "550 5.1.1 <a@example.net>: Recipient address rejected: User unknown", NULL);
  const ReboundRecipient *recipient = rebound_report_get_recipient (report, 0);

  ck_assert_int_eq (rebound_recipient_get_unsubscribe (recipient), reaches[_i].unsubscribe);
  ck_assert_int_eq (recipient->ceiling, REBOUND_UNSUBSCRIBE_NOW);
}
END_TEST

/* ---- The suite --------------------------------------------------------------------------------
 */

static TCase *
file_cases (void)
{
  TCase *self = tcase_create ("files");

  tcase_add_loop_test (self, a_good_value, 0, G_N_ELEMENTS (keys));
  tcase_add_loop_test (self, a_bad_value, 0, G_N_ELEMENTS (keys));
  tcase_add_test (self, all_are_tried);
  tcase_add_loop_test (self, a_mistake, 0, G_N_ELEMENTS (mistakes));
  tcase_add_test (self, a_null_byte);
  tcase_add_test (self, files_of_other_systems);
  tcase_add_test (self, a_file_that_is_not_there);
  tcase_add_test (self, lists);
  tcase_add_test (self, a_list_with_keys);
  tcase_add_test (self, weights);
  tcase_add_test (self, a_site);
  tcase_add_test (self, presets_come_back);
  tcase_add_test (self, files_come_back);
  tcase_add_test (self, an_empty_section_comes_back);
  tcase_add_loop_test (self, a_digest, 0, G_N_ELEMENTS (digests));
  tcase_add_loop_test (self, a_doubt, 0, G_N_ELEMENTS (doubts));
  tcase_add_test (self, doubts_of_all_are_told_once);
  return self;
}

static TCase *
preset_cases (void)
{
  TCase *self = tcase_create ("presets");

  tcase_add_test (self, no_such_preset);
  tcase_add_test (self, presets_say_all);
  tcase_add_test (self, presets_are_sound);
  tcase_add_test (self, the_default_comes_first);
  tcase_add_test (self, the_default_is_the_contract);
  tcase_add_loop_test (self, a_number, 0, G_N_ELEMENTS (numbers));
  tcase_add_test (self, who_unsubscribes_at_once);
  tcase_add_test (self, grades_of_presets);
  return self;
}

static TCase *
verdict_cases (void)
{
  TCase *self = tcase_create ("verdicts");

  tcase_add_test (self, cells);
  tcase_add_test (self, a_list_in_a_verdict);
  tcase_add_loop_test (self, a_ceiling, 0, G_N_ELEMENTS (ceilings));
  tcase_add_loop_test (self, a_reach, 0, G_N_ELEMENTS (reaches));
  return self;
}

int
main (void)
{
  TCase *const cases[] = { file_cases (), preset_cases (), verdict_cases (), NULL };

  return run_suite ("policy", cases, NULL, NULL);
}
