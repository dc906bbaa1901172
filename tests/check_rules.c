/* Rebound: tests of the rules, their compiler and their matcher.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rules/compiler.h"
#include "rules/fold.h"
#include "rules/matcher.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FILE_NAME "site.rules"
#define MAX_GAP 80 /* rebound-rules(5) promises it */

/* ---- Helpers ------------------------------------------------------------------------------ */

static ReboundCompiler *
compile (const char *text)
{
  ReboundCompiler *compiler = rebound_compiler_new ();
  g_autoptr (GError) error = NULL;

  ck_assert_msg (rebound_compiler_add (compiler, FILE_NAME, text, &error), "%s",
                 error != NULL ? error->message : "no error set");
  ck_assert_ptr_null (error);
  return compiler;
}

typedef struct
{
  const ReboundPattern *wanted; /* NULL: any */
  guint n;
  gsize start;
  gsize length;
  char *ids; /* of the rules that fired */
} Hits;

static void
note_hit (const ReboundRules *rules, const ReboundPattern *pattern, gsize start, gsize length,
          gpointer user_data)
{
  Hits *hits = user_data;
  g_autofree char *ids = hits->ids;

  hits->ids = g_strdup_printf ("%s%s(%s) ", ids != NULL ? ids : "",
                               rebound_rules_string (rules, rules->rules[pattern->rule].id),
                               rebound_rules_string (rules, pattern->text));
  if (hits->wanted != NULL && hits->wanted != pattern)
    return;
  if (hits->n++ == 0)
    {
      hits->start = start;
      hits->length = length;
    }
}

static Hits
match (const ReboundRules *rules, ReboundArea area, const char *text, gsize length,
       const ReboundPattern *wanted)
{
  Hits hits = { .wanted = wanted };
  g_auto (ReboundFolded) folded = REBOUND_FOLDED_INIT;

  rebound_fold (&folded, text, length);
  rebound_match (rules, area, &folded, note_hit, &hits);
  return hits;
}

static guint
count_hits (const ReboundRules *rules, ReboundArea area, const char *text)
{
  Hits hits = match (rules, area, text, strlen (text), NULL);

  g_free (hits.ids);
  return hits.n;
}

/* ---- The compiler: what it reads ---------------------------------------------------------- */

static const char everything[] =
  "# a comment, and a file with all that there is\r\n"
  "\n"
  "reason mailbox-full  # over quota\n"
  "    means \"No # room\"\n"
  "\tbounce soft\n"
  "    fault recipient\n"
  "    unsubscribe count\n"
  "    taxonomy sisimai mailboxfull\n"
  "    taxonomy ses Transient/MailboxFull\n"
  "    source \"RFC 3463\"\n"
  "reply 552\n"
  "    means \"Full\"\n"
  "    reasons mailbox-full message-too-large\n"
  "    at end-of-data message-too-large\n"
  "    at rcpt mailbox-full unclassified\n"
  "    source \"RFC 5321\"\n"
  "reply 550\r\n"
  "    means \"No\"\r\n"
  "    source \"RFC 5321\"\r\n"
  "status X.2.2\n"
  "    means \"Mailbox full\"\n"
  "    reasons mailbox-full\n"
  "    generic\n"
  "    source \"RFC 3463\"\n"
  "status 5.2.2\n"
  "    means \"Ours\"\n"
  "    source a-word\n"
  "phrase site/full mailbox-full user-inactive\n"
  "    in subject text\n"
  "    weak\n"
  "    lang en\n"
  "    case site/full-01\n"
  "    source \"seen\"\n"
  "    \"Mailbox  Is FULL\"\n"
  "    \"say \\\"no\\\" * to c:\\\\\"\n"
  "    \"five \\* stars\"\n"
  "    \"word \"\n"
  "mark site/failed failed\n"
  "    in header\n"
  "    \"x-failed:\"\n"
  "stage site/rcpt rcpt\n"
  "    \"rcpt to\"\n"
  "format site\n"
  "    title \"The Site\"\n"
  "    case site/01\n"
  "    when subject \"returned mail\"\n"
  "    when text \"this is site\" header \"x-mailer: site\"\n"
  "    source \"seen\"";

static void
assert_string (const ReboundRules *rules, ReboundString string, const char *expected)
{
  ck_assert_str_eq (rebound_rules_string (rules, string), expected);
}

static void
assert_reasons (const ReboundReasons *reasons, guint n, ReboundReason first, ReboundReason second)
{
  ck_assert_uint_eq (reasons->n, n);
  if (n > 0)
    ck_assert_uint_eq (reasons->reason[0], first);
  if (n > 1)
    ck_assert_uint_eq (reasons->reason[1], second);
}

static guint
taxonomy_index (const char *name)
{
  const char *const *names = rebound_rules_taxonomy_names ();

  for (guint i = 0; names[i] != NULL; i++)
    if (strcmp (names[i], name) == 0)
      return i;
  ck_abort_msg ("no taxonomy %s", name);
  return 0;
}

START_TEST (reads_reason)
{
  g_autoptr (ReboundCompiler) compiler = compile (everything);
  const ReboundRules *rules = rebound_compiler_finish (compiler);
  const ReboundReasonRule *reason = &rules->reasons[REBOUND_REASON_MAILBOX_FULL];

  assert_string (rules, reason->means, "No # room");
  ck_assert_uint_eq (reason->bounce, REBOUND_BOUNCE_SOFT);
  ck_assert_uint_eq (reason->fault, REBOUND_FAULT_RECIPIENT);
  ck_assert_uint_eq (reason->unsubscribe, REBOUND_UNSUBSCRIBE_COUNT);
  assert_string (rules, reason->taxonomy[taxonomy_index ("sisimai")], "mailboxfull");
  assert_string (rules, reason->taxonomy[taxonomy_index ("ses")], "Transient/MailboxFull");
  assert_string (rules, reason->taxonomy[taxonomy_index ("sparkpost")], "");
  assert_string (rules, rules->reasons[REBOUND_REASON_BLOCKED].means, "");
}
END_TEST

START_TEST (reads_codes)
{
  g_autoptr (ReboundCompiler) compiler = compile (everything);
  const ReboundRules *rules = rebound_compiler_finish (compiler);
  const ReboundCode *code = rebound_rules_find_reply (rules, "552");

  ck_assert_ptr_nonnull (code);
  assert_string (rules, code->means, "Full");
  assert_string (rules, code->source, "RFC 5321");
  assert_reasons (&code->reasons, 2, REBOUND_REASON_MAILBOX_FULL,
                  REBOUND_REASON_MESSAGE_TOO_LARGE);
  assert_reasons (&code->at[REBOUND_STAGE_END_OF_DATA], 1, REBOUND_REASON_MESSAGE_TOO_LARGE, 0);
  assert_reasons (&code->at[REBOUND_STAGE_RCPT], 2, REBOUND_REASON_MAILBOX_FULL,
                  REBOUND_REASON_UNCLASSIFIED);
  assert_reasons (&code->at[REBOUND_STAGE_DATA], 0, 0, 0);
  ck_assert (!code->generic);

  code = rebound_rules_find_reply (rules, "550");
  ck_assert_ptr_nonnull (code);
  assert_string (rules, code->means, "No");
  assert_reasons (&code->reasons, 0, 0, 0);
}
END_TEST

START_TEST (reads_statuses)
{
  g_autoptr (ReboundCompiler) compiler = compile (everything);
  const ReboundRules *rules = rebound_compiler_finish (compiler);
  const ReboundCode *any = rebound_rules_find_status (rules, "4.2.2");
  const ReboundCode *own = rebound_rules_find_status (rules, "5.2.2");

  ck_assert_ptr_nonnull (any);
  ck_assert (any->generic);
  assert_string (rules, any->code, "X.2.2");
  assert_string (rules, any->means, "Mailbox full");
  ck_assert_ptr_nonnull (own);
  ck_assert (!own->generic);
  assert_string (rules, own->means, "Ours");
  assert_string (rules, own->source, "a-word");
}
END_TEST

static const ReboundRule *
find_rule (const ReboundRules *rules, ReboundRuleType type, const char *id)
{
  for (guint i = 0; i < rules->n_rules; i++)
    if (rules->rules[i].type == type
        && strcmp (rebound_rules_string (rules, rules->rules[i].id), id) == 0)
      return &rules->rules[i];
  ck_abort_msg ("no rule %s", id);
  return NULL;
}

static const ReboundPattern *
find_pattern (const ReboundRules *rules, const char *text)
{
  for (guint i = 0; i < rules->n_patterns; i++)
    if (strcmp (rebound_rules_string (rules, rules->patterns[i].text), text) == 0)
      {
        ck_assert_uint_eq (rules->patterns[i].length, strlen (text));
        return &rules->patterns[i];
      }
  ck_abort_msg ("no pattern “%s”", text);
  return NULL;
}

START_TEST (reads_phrase)
{
  static const char *const texts[] = { "mailbox is full", "say \"no\"\001to c:\\", "five * stars",
                                       "word " };
  g_autoptr (ReboundCompiler) compiler = compile (everything);
  const ReboundRules *rules = rebound_compiler_finish (compiler);
  const ReboundRule *rule = find_rule (rules, REBOUND_RULE_PHRASE, "site/full");

  assert_reasons (&rule->reasons, 2, REBOUND_REASON_MAILBOX_FULL, REBOUND_REASON_USER_INACTIVE);
  ck_assert (rule->weak);
  ck_assert (rule->sourced);
  ck_assert_uint_eq (rule->areas, REBOUND_AREA_SUBJECT | REBOUND_AREA_TEXT);
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      const ReboundPattern *pattern = find_pattern (rules, texts[i]);

      ck_assert_ptr_eq (&rules->rules[pattern->rule], rule);
      ck_assert_uint_eq (pattern->areas, rule->areas);
    }
}
END_TEST

START_TEST (reads_mark_and_stage)
{
  g_autoptr (ReboundCompiler) compiler = compile (everything);
  const ReboundRules *rules = rebound_compiler_finish (compiler);
  const ReboundRule *mark = find_rule (rules, REBOUND_RULE_MARK, "site/failed");
  const ReboundRule *stage = find_rule (rules, REBOUND_RULE_STAGE, "site/rcpt");

  ck_assert_uint_eq (mark->value, REBOUND_MARK_FAILED);
  ck_assert_uint_eq (mark->areas, REBOUND_AREA_HEADER);
  ck_assert (!mark->sourced);
  ck_assert (!mark->weak);
  ck_assert_uint_eq (find_pattern (rules, "x-failed:")->areas, REBOUND_AREA_HEADER);
  ck_assert_uint_eq (stage->value, REBOUND_STAGE_RCPT);
  ck_assert_uint_eq (stage->areas, REBOUND_AREA_TEXT);
  ck_assert_ptr_eq (&rules->rules[find_pattern (rules, "rcpt to")->rule], stage);
}
END_TEST

START_TEST (reads_format)
{
  g_autoptr (ReboundCompiler) compiler = compile (everything);
  const ReboundRules *rules = rebound_compiler_finish (compiler);
  const ReboundPattern *alone = find_pattern (rules, "returned mail");
  const ReboundPattern *first = find_pattern (rules, "this is site");
  const ReboundPattern *second = find_pattern (rules, "x-mailer: site");
  const ReboundRule *when = &rules->rules[first->rule];

  ck_assert_uint_eq (rules->n_formats, 1);
  assert_string (rules, rules->formats[0].name, "site");
  assert_string (rules, rules->formats[0].title, "The Site");
  ck_assert_uint_eq (rules->n_conditions, 3);
  ck_assert_uint_eq (alone->areas, REBOUND_AREA_SUBJECT);
  ck_assert_uint_eq (first->areas, REBOUND_AREA_TEXT);
  ck_assert_uint_eq (second->areas, REBOUND_AREA_HEADER);
  ck_assert_uint_ne (first->condition, second->condition);
  ck_assert_uint_eq (first->rule, second->rule);
  ck_assert_uint_ne (first->rule, alone->rule);
  ck_assert_uint_eq (when->type, REBOUND_RULE_WHEN);
  ck_assert_uint_eq (when->value, 0);
  ck_assert_uint_eq (when->n_conditions, 2);
  ck_assert_uint_eq (when->length, strlen ("this is site") + strlen ("x-mailer: site"));
}
END_TEST

/* What an entry says does not depend on the order in which it says it. */
START_TEST (order_of_lines)
{
  g_autoptr (ReboundCompiler) compiler
    = compile ("mark site/a failed\n  \"returned mail\"\n  in subject\n");
  const ReboundRules *rules = rebound_compiler_finish (compiler);

  ck_assert_uint_eq (rules->rules[0].areas, REBOUND_AREA_SUBJECT);
  ck_assert_uint_eq (rules->patterns[0].areas, REBOUND_AREA_SUBJECT);
}
END_TEST

START_TEST (several_files)
{
  g_autoptr (ReboundCompiler) compiler = compile ("phrase a/a user-unknown\n  \"no such user\"\n");
  g_autoptr (GError) error = NULL;
  const ReboundRules *rules;

  ck_assert (rebound_compiler_add (compiler, "b.rules", "", NULL));
  ck_assert (!rebound_compiler_add (compiler, "c.rules", "  \"text\"\n", NULL));
  ck_assert (rebound_compiler_add (compiler, "d.rules", "mark a/a failed\n  \"returned\"\n", NULL));
  ck_assert (!rebound_compiler_add (compiler, "e.rules", "\n\nphrase a/a blocked\n", &error));
  ck_assert (g_error_matches (error, REBOUND_RULES_ERROR, REBOUND_RULES_ERROR_SYNTAX));
  ck_assert_str_eq (error->message, "e.rules:3:8: phrase a/a is already at " FILE_NAME ":1");
  rules = rebound_compiler_finish (compiler);
  ck_assert_uint_eq (count_hits (rules, REBOUND_AREA_TEXT, "No such user, returned."), 2);
}
END_TEST

START_TEST (empty_rules)
{
  g_autoptr (ReboundCompiler) compiler = compile ("");
  const ReboundRules *rules = rebound_compiler_finish (compiler);

  ck_assert_uint_eq (count_hits (rules, REBOUND_AREA_TEXT, "no such user"), 0);
  ck_assert_ptr_null (rebound_rules_find_reply (rules, "550"));
  ck_assert_ptr_null (rebound_rules_find_status (rules, "5.1.1"));
}
END_TEST

/* ---- The compiler: what it refuses -------------------------------------------------------- */

typedef struct
{
  const char *text;
  const char *message; /* its beginning, behind the file's name */
} Refusal;

static const Refusal refusals[] = {
  /* entries */
  { "junk 1",
    "1:1: “junk” begins no entry; one of: reason, reply, status, phrase, mark, stage, format" },
  { "# one\n\n\"text\"", "3:1: “text” begins no entry" },
  { "reason", "1:1: “reason” needs a name" },
  { "reply  # 550", "1:1: “reply” needs a name" },
  { "reason spam", "1:8: “spam” is not one of: unclassified, user-unknown, user-moved, " },
  { "reply 55", "1:7: a reply code has three digits" },
  { "reply  5501", "1:8: a reply code has three digits" },
  { "reply 55x", "1:7: a reply code has three digits" },
  { "phrase a/b", "1:8: a phrase needs at least one reason after its id" },
  { "phrase a/b user-unknown nobody", "1:25: “nobody” is not one of: unclassified, " },
  { "phrase a/b blocked blocked blocked blocked blocked blocked blocked",
    "1:12: more than 6 reasons" },
  { "mark a/b", "1:6: after the id comes one of: failed, delayed, delivered, returned, auto-reply, "
                "challenge, complaint, system, contact, forwarded" },
  { "mark a/b failed delayed", "1:6: after the id comes one of: failed" },
  { "mark a/b broken", "1:10: “broken” is not one of: failed, " },
  { "stage a/b", "1:7: after the id comes one of: connect, helo, starttls, auth, mail, rcpt, data, "
                 "end-of-data, local" },
  { "stage a/b rctp", "1:11: “rctp” is not one of: connect, " },
  { "reply 550\nreply 551\n\nreply 550\n", "4:7: reply 550 is already at " FILE_NAME ":1" },
  { "status 5.1.1\nstatus 5.1.1", "2:8: status 5.1.1 is already at " FILE_NAME ":1" },
  { "format a\nformat a", "2:8: format a is already at " FILE_NAME ":1" },
  { "reason blocked\nreason blocked", "2:8: reason blocked is already at " FILE_NAME ":1" },
  /* lines */
  { "\n  lang de", "2:3: an indented line before the first entry" },
  { "\t\"no such user\"", "1:2: an indented line before the first entry" },
  { "reply 550\n  means \"abc", "2:9: the quoted text has no closing quote" },
  { "reply 550\n  means \"abc\\\"\n\"", "2:9: the quoted text has no closing quote" },
  { "reply 550\n  colour red", "2:3: “colour” is no property of this entry" },
  { "reason blocked\n  \"text\"", "2:3: a text belongs to a phrase, a mark or a stage" },
  { "format a\n  \"text\"", "2:3: a text belongs to a phrase, a mark or a stage" },
  { "status 5.1.1\n  \"text\"", "2:3: a text belongs to a phrase, a mark or a stage" },
  { "mark a failed\n\n\n   \"some\" \"text\"", "4:11: a text stands alone on its line" },
  { "phrase a blocked\n  \"some\" text", "2:10: a text stands alone on its line" },
  { "phrase a blocked\n  \"dns\"", "2:3: “dns” is too short to look for: 4 bytes are the least" },
  { "phrase a blocked\n  \" dns   x * rest \"", NULL }, /* folded: "dns x", "rest " */
  { "phrase a blocked\n  \"some text * of\"",
    "2:3: “of” is too short to look for: 4 bytes are the least" },
  { "phrase a blocked\n  \"\"", "2:3: “” is too short to look for" },
  /* properties */
  { "reason blocked\n  bounce hrad", "2:10: “hrad” is not one of: none, soft, hard" },
  { "reason blocked\n  fault mine", "2:9: “mine” is not one of: unknown, none, recipient, domain, "
                                    "message, sender, receiver, network" },
  { "reason blocked\n  unsubscribe yes", "2:15: “yes” is not one of: never, count, now" },
  { "reason blocked\n  taxonomy mine x",
    "2:12: “mine” is not one of: kumomta, powermta, ses, sisimai, sparkpost" },
  { "reply 550\n  reasons blocked spam", "2:19: “spam” is not one of: unclassified, " },
  { "reply 550\n  at lunch blocked", "2:6: “lunch” is not one of: connect, " },
  { "reply 550\n  at rcpt spam", "2:11: “spam” is not one of: unclassified, " },
  { "reply 550\n  reasons a b c d e f g", "2:11: more than 6 reasons" },
  { "phrase a blocked\n  in text body", "2:11: “body” is not one of: text, subject, header, status" },
  /* conditions */
  { "format a\n  when body \"some text\"", "2:8: “body” is not one of: text, subject, header, status" },
  { "format a\n  when text unquoted", "2:8: after “text” comes a quoted text" },
  { "format a\n  when text \"some text\" subject", "2:25: after “subject” comes a quoted text" },
  { "format a\n  when text \"abc\"", "2:13: “abc” is too short to look for" },
  { "format a\n  when text \"aaaa\" text \"bbbb\" text \"cccc\" text \"dddd\" text \"eeee\"",
    "2:3: more than 4 conditions" },
};

static void
assert_refusal (const char *text, const char *message)
{
  g_autoptr (ReboundCompiler) compiler = rebound_compiler_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *expected = g_strconcat (FILE_NAME ":", message, NULL);
  gboolean right = rebound_compiler_add (compiler, FILE_NAME, text, &error);

  ck_assert_msg (right == (message == NULL), "“%s” is %s", text, right ? "taken" : "refused");
  ck_assert_msg (right == (error == NULL), "“%s”: wrong error", text);
  if (right)
    return;
  ck_assert (g_error_matches (error, REBOUND_RULES_ERROR, REBOUND_RULES_ERROR_SYNTAX));
  ck_assert_msg (g_str_has_prefix (error->message, expected), "got “%s”, expected “%s”",
                 error->message, expected);
}

START_TEST (refuses)
{
  assert_refusal (refusals[_i].text, refusals[_i].message);
}
END_TEST

/* RFC 3463 section 2: class "." subject "." detail, each of the last two of 1 to 3 digits. */
static const Refusal statuses[] = {
  { "5.1.1", NULL },   { "X.7.26", NULL },    { "4.0.0", NULL },     { "2.1.5", NULL },
  { "5.7.509", NULL }, { "X.999.999", NULL }, { "5.1", "" },         { "511", "" },
  { "5", "" },         { "3.1.1", "" },       { "x.1.1", "" },       { "X.X.1", "" },
  { "55.1.1", "" },    { "5.1.", "" },        { "5..1", "" },        { "5...", "" },
  { "5.1.1x", "" },    { "5.1.1.1", "" },     { "5.1111", "" },      { "5.11.", "" },
  { "5.1.1111", "" },
};

START_TEST (status_form)
{
  g_autofree char *text = g_strconcat ("status ", statuses[_i].text, NULL);

  assert_refusal (text, statuses[_i].message == NULL
                          ? NULL
                          : "1:8: an enhanced status code has the form 5.1.1, or X.1.1 for any "
                            "class");
}
END_TEST

START_TEST (length_of_text)
{
  g_autofree char *fits = g_strnfill (250, 'x');
  g_autofree char *right = g_strdup_printf ("mark a failed\n  \"%s\"", fits);
  g_autofree char *wrong = g_strdup_printf ("mark a failed\n  \"%sy\"", fits);

  assert_refusal (right, NULL);
  assert_refusal (wrong, "2:3: the text is longer than 250 bytes");
}
END_TEST

START_TEST (not_utf8)
{
  g_autoptr (ReboundCompiler) compiler = rebound_compiler_new ();
  g_autoptr (GError) error = NULL;

  ck_assert (!rebound_compiler_add (compiler, FILE_NAME, "mark a failed\n  \"f\xfcr\"", &error));
  ck_assert_msg (g_str_has_prefix (error->message, FILE_NAME ":"), "%s", error->message);
  ck_assert_msg (strstr (error->message, "the file is not UTF-8") != NULL, "%s", error->message);
}
END_TEST

static const char *const entry_lines[]
  = { "reason blocked", "reply 550", "status 5.1.1", "phrase a blocked",
      "mark a failed",  "stage a rcpt", "format a" };

/* A letter for each of the entries above to which the property belongs. */
static const struct
{
  const char *line;
  const char *entries;
  guint words;
} properties[] = {
  { "means \"Means\"", "0123", 1 - 1 + 1 },
};
