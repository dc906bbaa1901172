/* Rebound: tests of the rules, their compiler and their matcher.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rules/compiler.h"
#include "rules/fold.h"
#include "rules/matcher.h"

#include "cost.h"
#include "suite.h"

#include <stdlib.h>
#include <string.h>

#define FILE_NAME "site.rules"
#define MAX_GAP 80 /* rebound-rules(5) promises it */

/* ---- Helpers ------------------------------------------------------------------------------ */

static ReboundCompiler *
compile (const char *text)
{
  ReboundCompiler *compiler = rebound_compiler_new (NULL);
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

static const char everything[] = "# a comment, and a file with all that there is\r\n"
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

  assert_string (rules, reason->texts.means, "No # room");
  ck_assert_uint_eq (reason->bounce, REBOUND_BOUNCE_SOFT);
  ck_assert_uint_eq (reason->fault, REBOUND_FAULT_RECIPIENT);
  ck_assert_uint_eq (reason->unsubscribe, REBOUND_UNSUBSCRIBE_COUNT);
  assert_string (rules, reason->taxonomy[taxonomy_index ("sisimai")], "mailboxfull");
  assert_string (rules, reason->taxonomy[taxonomy_index ("ses")], "Transient/MailboxFull");
  assert_string (rules, reason->taxonomy[taxonomy_index ("sparkpost")], "");
  assert_string (rules, rules->reasons[REBOUND_REASON_BLOCKED].texts.means, "");
}
END_TEST

START_TEST (reads_codes)
{
  g_autoptr (ReboundCompiler) compiler = compile (everything);
  const ReboundRules *rules = rebound_compiler_finish (compiler);
  const ReboundCode *code = rebound_rules_find_reply (rules, "552");

  ck_assert_ptr_nonnull (code);
  assert_string (rules, code->texts.means, "Full");
  assert_string (rules, code->texts.source, "RFC 5321");
  assert_reasons (&code->reasons, 2, REBOUND_REASON_MAILBOX_FULL, REBOUND_REASON_MESSAGE_TOO_LARGE);
  assert_reasons (&code->at[REBOUND_STAGE_END_OF_DATA], 1, REBOUND_REASON_MESSAGE_TOO_LARGE, 0);
  assert_reasons (&code->at[REBOUND_STAGE_RCPT], 2, REBOUND_REASON_MAILBOX_FULL,
                  REBOUND_REASON_UNCLASSIFIED);
  assert_reasons (&code->at[REBOUND_STAGE_DATA], 0, 0, 0);
  ck_assert (!code->generic);

  code = rebound_rules_find_reply (rules, "550");
  ck_assert_ptr_nonnull (code);
  assert_string (rules, code->texts.means, "No");
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
  assert_string (rules, any->texts.means, "Mailbox full");
  ck_assert_ptr_nonnull (own);
  ck_assert (!own->generic);
  assert_string (rules, own->texts.means, "Ours");
  assert_string (rules, own->texts.source, "a-word");
}
END_TEST

/* Texts for a person: of several lines each is an item, wherever it stands among the others. */
START_TEST (reads_texts)
{
  g_autoptr (ReboundCompiler) compiler = compile ("reason blocked\n"
                                                  "  causes \"One.\"\n"
                                                  "  list \"Wait.\"\n"
                                                  "  causes \"Two.\"\n"
                                                  "  causes \"Three.\"\n"
                                                  "reply 550\n"
                                                  "  causes \"One.\"\n"
                                                  "  sender \"Ask.\"\n"
                                                  "  example \"550 no\"\n"
                                                  "  example \"550 nobody\"\n");
  const ReboundRules *rules = rebound_compiler_finish (compiler);
  const ReboundTexts *reason = &rules->reasons[REBOUND_REASON_BLOCKED].texts;
  const ReboundTexts *code = &rebound_rules_find_reply (rules, "550")->texts;

  assert_string (rules, reason->causes, "One.\nTwo.\nThree.");
  assert_string (rules, reason->list, "Wait.");
  assert_string (rules, reason->sender, "");
  assert_string (rules, code->causes, "One.");
  assert_string (rules, code->sender, "Ask.");
  assert_string (rules, code->examples, "550 no\n550 nobody");
}
END_TEST

/* A phrase has texts where it is given one, with its source before them or behind. */
START_TEST (reads_phrase_texts)
{
  g_autoptr (ReboundCompiler) compiler = compile ("phrase a/plain blocked\n"
                                                  "  source \"nobody asks\"\n"
                                                  "  \"first words\"\n"
                                                  "phrase a/before blocked\n"
                                                  "  source \"before\"\n"
                                                  "  code \"T1\"\n"
                                                  "  code \"T2\"\n"
                                                  "  \"second words\"\n"
                                                  "phrase a/behind blocked\n"
                                                  "  means \"Refused\"\n"
                                                  "  source \"behind\"\n"
                                                  "  \"third words\"\n"
                                                  "phrase a/without blocked\n"
                                                  "  code \"T3\"\n"
                                                  "  \"fourth words\"\n");
  const ReboundRules *rules = rebound_compiler_finish (compiler);
  const ReboundPhraseTexts *texts = rules->phrase_texts;

  ck_assert_uint_eq (rules->n_phrase_texts, 3);
  ck_assert_uint_eq (texts[0].rule, 1);
  assert_string (rules, texts[0].codes, "T1\nT2");
  assert_string (rules, texts[0].texts.source, "before");
  ck_assert_uint_eq (texts[1].rule, 2);
  assert_string (rules, texts[1].codes, "");
  assert_string (rules, texts[1].texts.means, "Refused");
  assert_string (rules, texts[1].texts.source, "behind");
  assert_string (rules, texts[2].texts.source, "");
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
  ck_assert_uint_eq (alone->areas, REBOUND_AREA_SUBJECT);
  ck_assert_uint_eq (first->areas, REBOUND_AREA_TEXT);
  ck_assert_uint_eq (second->areas, REBOUND_AREA_HEADER);
  ck_assert_uint_eq (first->rule, second->rule);
  ck_assert_uint_ne (first->rule, alone->rule);
  ck_assert_uint_eq (when->type, REBOUND_RULE_WHEN);
  ck_assert_uint_eq (when->value, 0);
  ck_assert_uint_eq (when->n_conditions, 2);
  ck_assert_uint_eq (when->length, strlen ("this is site") + strlen ("x-mailer: site"));
}
END_TEST

/* `in` behind a text is obeyed or refused, but not passed over for that text. */
START_TEST (order_of_lines)
{
  static const char text[] = "mark site/a failed\n  in header\n  \"returned mail\"\n  in subject\n";
  g_autoptr (ReboundCompiler) compiler = rebound_compiler_new (NULL);
  const ReboundRules *rules;

  if (!rebound_compiler_add (compiler, FILE_NAME, text, NULL))
    return;
  rules = rebound_compiler_finish (compiler);
  ck_assert_uint_eq (rules->patterns[0].areas, REBOUND_AREA_SUBJECT | REBOUND_AREA_HEADER);
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
    "1:1: “junk” begins no entry; one of: reason, reply, status, phrase, mark, stage, format, "
    "provider" },
  { "# one\n\n\"text\"", "3:1: “text” begins no entry" },
  { "reason", "1:1: “reason” needs a name" },
  { "reply  # 550", "1:1: “reply” needs a name" },
  { "reason spam", "1:8: “spam” is not one of: unclassified, user-unknown, user-moved, " },
  { "reply 55", "1:7: a reply code has three digits" },
  { "reply  5501", "1:8: a reply code has three digits" },
  { "reply 55x", "1:7: a reply code has three digits" },
  { "reply 577 blocked", "1:11: what belongs to a reply follows on indented lines" },
  { "provider a b", "1:12: what belongs to a provider follows on indented lines" },
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
  { "reply 550\n  means \"abc\\", "2:13: a backslash is written “\\\\”, unless a quote or" },
  { "reply 550\n  means \"abc\\d\"", "2:13: a backslash is written “\\\\”" },
  { "reply 550\n  colour red",
    "2:3: “colour” is no property of this entry; one of: means, causes, sender, list, "
    "example, reasons, at, source" },
  { "phrase a/b blocked\n  no such user",
    "2:3: “no” is no property of this entry; one of: means, causes, sender, list, "
    "example, code, weak, in, only, source, lang, case, a text in quotes" },
  { "reason blocked\n  \"text\"", "2:3: a text belongs to a phrase, a mark or a stage" },
  { "format a\n  \"text\"", "2:3: a text belongs to a phrase, a mark or a stage" },
  { "phrase a blocked", "1:8: there is no text to look for" },
  { "phrase a blocked\n  source \"b\"\nphrase c blocked\n  \"some text\"",
    "1:8: there is no text to look for" },
  { "phrase a blocked\n  \"some text\"\n\nmark  b failed\n", "4:7: there is no text to look for" },
  { "stage a rcpt\n  case b/c", "1:7: there is no text to look for" },
  { "status 5.1.1\n  \"text\"", "2:3: a text belongs to a phrase, a mark or a stage" },
  { "mark a failed\n\n\n   \"some\" \"text\"", "4:11: a text stands alone on its line" },
  { "phrase a blocked\n  \"some\" text", "2:10: a text stands alone on its line" },
  { "phrase a blocked\n  \"dns\"", "2:3: “dns” is too short to look for: 4 bytes are the least" },
  { "phrase a blocked\n  \" dns   x * rest \"", NULL }, /* folded: "dns x", "rest " */
  { "phrase a blocked\n  \"some text * of\"",
    "2:3: “of” is too short to look for: 4 bytes are the least" },
  { "phrase a blocked\n  \"\"", "2:3: “” is too short to look for" },
  /* properties */
  { "phrase a blocked\n  means \"Full stop.\"\n  \"some text\"",
    "2:9: what it means is a line without a full stop" },
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
  { "reply 550\n  reasons blocked expired delivered\n  reasons blocked expired delivered", NULL },
  { "reply 550\n  reasons blocked expired delivered\n  reasons blocked expired delivered blocked",
    "3:11: more than 6 reasons" },
  { "reply 550\n  at rcpt blocked expired delivered blocked\n  at rcpt blocked expired delivered",
    "3:11: more than 6 reasons" },
  { "format a\n  title Acme MailWall",
    "2:14: “title” has at most 1 word after it; one with blanks stands in quotes" },
  { "phrase a blocked\n  weak \"some text\"", "2:8: “weak” has at most 0 words after it" },
  { "reason blocked\n  taxonomy ses a b", "2:18: “taxonomy” has at most 2 words after it" },
  { "phrase a blocked\n  in text body",
    "2:11: “body” is not one of: text, subject, header, status" },
  /* where it holds, and what is taken */
  { "phrase a blocked\n  only body some",
    "2:8: “body” is not one of: format, provider, class, stage" },
  { "phrase a blocked\n  only class 5 4\n  only stage rcpt mail\n  only format b\n  \"some\"", NULL },
  { "phrase a blocked\n  only class 3", "2:14: a class is 2, 4 or 5" },
  { "phrase a blocked\n  only class 55", "2:14: a class is 2, 4 or 5" },
  { "phrase a blocked\n  only stage lunch", "2:14: “lunch” is not one of: connect, " },
  { "phrase a blocked\n  only format a b c d\n  only format e f g", "3:19: more than 6 names" },
  { "mark a host\n  only class 5", "2:8: a mark or a stage may be limited to a format only" },
  { "stage a rcpt\n  only provider b", "2:8: a mark or a stage may be limited to a format only" },
  { "mark a failed\n  take \"(.)\"", "2:3: behind such a mark nothing is read" },
  { "mark a host\n  take \"host\"", "2:8: the expression has no group" },
  { "mark a host\n  take \"\\s*(\\S+)\"", "2:9: a backslash is written “\\\\”" },
  { "mark a host\n  take \"(host\"", "2:8: at byte 5 of the expression: missing closing " },
  { "mark a host\n  take \"(\\\\C)\"", "2:8: at byte 3 of the expression: using \\C is " },
  /* providers */
  { "provider a\n  host example", "2:8: a host has the form mx.example.net, or *.example.net" },
  { "provider a\n  host .example.net", "2:8: a host has the form" },
  { "provider a\n  host a.example.net. b.example.net", "2:8: a host has the form" },
  { "provider a\n  host a.example.net, b.example.net", "2:8: a host has the form" },
  { "provider a\n  host user@example.net", "2:8: a host has the form" },
  { "provider a\n  host *", "2:8: a host has the form" },
  { "provider a\n  host *example.net", "2:8: a host has the form" },
  { "provider a\n  host a.example.net mx.*.net", "2:22: a host has the form" },
  { "provider a\n  sign \"abc\"", "2:8: “abc” is too short to look for" },
  { "provider a\n  says X.7.1 blocked", "2:8: a code has the form 550 or 5.7.1" },
  { "provider a\n  says 5.7.1 spam", "2:14: “spam” is not one of: unclassified, " },
  { "provider a\n  \"text\"", "2:3: a text belongs to a phrase, a mark or a stage" },
  /* conditions */
  { "format a\n  when body \"some text\"",
    "2:8: “body” is not one of: text, subject, header, status" },
  { "format a\n  when text unquoted", "2:8: after “text” comes a quoted text" },
  { "format a\n  when text \"some text\" subject", "2:25: after “subject” comes a quoted text" },
  { "format a\n  when text \"abc\"", "2:13: “abc” is too short to look for" },
  { "format a\n  when text \"aaaa\" text \"bbbb\" text \"cccc\" text \"dddd\" text \"eeee\"",
    "2:3: more than 4 conditions" },
};

/* What `only` names may stand in a later file, but has to be somewhere. */
START_TEST (names_of_scope)
{
  g_autoptr (ReboundCompiler) compiler =
      compile ("phrase a/a blocked\n  only provider b\n  only format c\n  \"some text\"\n");
  g_autoptr (GError) error = NULL;

  ck_assert (!rebound_compiler_check (compiler, &error));
  ck_assert (g_error_matches (error, REBOUND_RULES_ERROR, REBOUND_RULES_ERROR_SYNTAX));
  ck_assert_str_eq (error->message, FILE_NAME ":2:17: no provider is called “b”");
  g_clear_error (&error);
  ck_assert (rebound_compiler_add (compiler, "b.rules", "provider b\n", NULL));
  ck_assert (!rebound_compiler_check (compiler, &error));
  ck_assert_str_eq (error->message, FILE_NAME ":3:15: no format is called “c”");
  ck_assert (rebound_compiler_add (compiler, "c.rules", "format c\n", NULL));
  ck_assert (rebound_compiler_check (compiler, NULL));
}
END_TEST

static const struct
{
  const char *host;
  const char *provider;
} hosts[] = {
  { "mx.example.net", "wide" },
  { "a.mx.example.net", "wide" },
  { "10.mx.example.net", "wide" },
  { "in.mail.example.net", "close" },
  { "example.net", NULL },
  { "notexample.net", NULL },
  { "mx.example.org", "close" }, /* of two the last */
  { "mx.example.com", "wide" },
  { "a.mx.example.org", NULL },
  { "", NULL },
};

START_TEST (host_of_provider)
{
  g_autoptr (ReboundCompiler) compiler =
      compile ("provider wide\n  host *.example.net mx.example.org mx.example.com\n"
               "provider close\n  host *.mail.EXAMPLE.net MX.example.org\n");
  const ReboundRules *rules = rebound_compiler_finish (compiler);
  int provider = rebound_rules_find_provider (rules, hosts[_i].host);

  if (hosts[_i].provider == NULL)
    ck_assert_int_eq (provider, -1);
  else
    assert_string (rules, rules->providers[provider].name, hosts[_i].provider);
}
END_TEST

/* Rules of a site come on top. */
START_TEST (on_top)
{
  g_autoptr (ReboundCompiler) compiler = rebound_compiler_new (&rebound_builtin_rules);
  const ReboundRules *rules;

  ck_assert (rebound_compiler_add (compiler, "first",
                                   "phrase site/full mailbox-full\n  source x\n"
                                   "  \"the silo is filled\"\n  \"the barn is filled\"\n"
                                   "phrase site/moved user-moved\n  \"gone to the seaside\"\n"
                                   "reply 577\n  means \"first\"\n  reasons blocked\n"
                                   "status 5.7.599\n  means \"new\"\n  reasons greylisted\n",
                                   NULL));
  ck_assert (rebound_compiler_add (compiler, "second",
                                   "phrase site/full spam-content\n  \"the silo is filled\"\n"
                                   "phrase generic/user-unknown expired\n"
                                   "reply 577\n  means \"second\"\n  reasons rate-limited\n"
                                   "format postfix\n  when text \"written by our own postfix\"\n"
                                   "provider google\n  host *.example.net\n",
                                   NULL));
  rules = rebound_compiler_finish (compiler);
  ck_assert_uint_eq (count_hits (rules, REBOUND_AREA_TEXT, "the silo is filled"), 1);
  ck_assert_uint_eq (count_hits (rules, REBOUND_AREA_TEXT, "the barn is filled"), 0);
  ck_assert_uint_eq (count_hits (rules, REBOUND_AREA_TEXT, "gone to the seaside"), 1);
  ck_assert_uint_gt (count_hits (&rebound_builtin_rules, REBOUND_AREA_TEXT, "no such user"), 0);
  ck_assert_uint_eq (count_hits (rules, REBOUND_AREA_TEXT, "no such user"), 0);
  ck_assert_uint_gt (count_hits (rules, REBOUND_AREA_TEXT, "mailbox is full"), 0);
  ck_assert_uint_eq (count_hits (rules, REBOUND_AREA_TEXT, "written by our own postfix"), 1);
  ck_assert_uint_eq (count_hits (rules, REBOUND_AREA_TEXT, "bye - gsmtp"), 0);
  ck_assert_uint_gt (count_hits (&rebound_builtin_rules, REBOUND_AREA_TEXT, "bye - gsmtp"), 0);
  ck_assert_int_eq (rebound_rules_find_provider (rules, "mx.google.com"), -1);
  ck_assert_int_ge (rebound_rules_find_provider (rules, "mx.example.net"), 0);
  ck_assert_uint_eq (rules->n_providers, rebound_builtin_rules.n_providers);
  ck_assert_uint_lt (rules->n_patterns, rebound_builtin_rules.n_patterns);
  ck_assert_uint_eq (rules->n_formats, rebound_builtin_rules.n_formats);
  assert_string (rules, rebound_rules_find_reply (rules, "577")->texts.means, "second");
  assert_reasons (&rebound_rules_find_reply (rules, "577")->reasons, 1, REBOUND_REASON_RATE_LIMITED,
                  0);
  assert_string (rules, rebound_rules_find_status (rules, "5.7.599")->texts.means, "new");
}
END_TEST

/* Texts of a site: of a reason those that it gives, of a code and a phrase all. */
START_TEST (on_top_texts)
{
  static const char base_rules[] = "reason blocked\n  causes \"A.\"\n  causes \"B.\"\n"
                                   "  list \"Wait.\"\n"
                                   "reply 550\n  causes \"A.\"\n  sender \"Ask.\"\n"
                                   "phrase a/b blocked\n  code \"T1\"\n  \"some words\"\n"
                                   "phrase a/c blocked\n  code \"T2\"\n  \"more words\"\n";
  static const char site_rules[] = "reason blocked\n  causes \"C.\"\n"
                                   "reply 550\n  causes \"C.\"\n  causes \"D.\"\n"
                                   "phrase a/b blocked\n  code \"T3\"\n  \"some words\"\n";
  g_autoptr (ReboundCompiler) base = compile (base_rules);
  g_autoptr (ReboundCompiler) site = rebound_compiler_new (rebound_compiler_finish (base));
  const ReboundRules *rules;
  const ReboundCode *code;

  ck_assert (rebound_compiler_add (site, "site", site_rules, NULL));
  rules = rebound_compiler_finish (site);
  code = rebound_rules_find_reply (rules, "550");
  assert_string (rules, rules->reasons[REBOUND_REASON_BLOCKED].texts.causes, "C.");
  assert_string (rules, rules->reasons[REBOUND_REASON_BLOCKED].texts.list, "Wait.");
  assert_string (rules, code->texts.causes, "C.\nD.");
  assert_string (rules, code->texts.sender, "");
  ck_assert_uint_eq (rules->n_phrase_texts, 2);
  assert_string (rules, rules->phrase_texts[0].codes, "T2");
  assert_string (rules, rules->phrase_texts[1].codes, "T3");
}
END_TEST

/* Nothing on top is what is built in. */
START_TEST (on_top_nothing)
{
  g_autoptr (ReboundCompiler) compiler = rebound_compiler_new (&rebound_builtin_rules);
  const ReboundRules *rules = rebound_compiler_finish (compiler);
  const ReboundRules *built_in = &rebound_builtin_rules;

  ck_assert_uint_eq (rules->n_patterns, built_in->n_patterns);
  ck_assert_uint_eq (rules->n_field_names, built_in->n_field_names);
  for (guint i = 0; i < built_in->n_patterns; i++)
    {
      const char *text = rebound_rules_string (rules, built_in->patterns[i].text);

      ck_assert_str_eq (text, rebound_rules_string (built_in, built_in->patterns[i].text));
    }
  for (guint i = 0; i < built_in->n_field_names; i++)
    ck_assert_str_eq (rebound_rules_string (rules, rules->field_names[i].name),
                      rebound_rules_string (built_in, built_in->field_names[i].name));
}
END_TEST

START_TEST (on_top_twice)
{
  g_autoptr (ReboundCompiler) compiler = rebound_compiler_new (&rebound_builtin_rules);
  g_autoptr (GError) error = NULL;

  ck_assert (!rebound_compiler_add (compiler, "one", "reply 550\nreply 550\n", &error));
  ck_assert_str_eq (error->message, "one:2:7: reply 550 is already at one:1");
}
END_TEST

/* Tables count with 16 bits. */
static const struct
{
  const char *head;
  const char *separator;
} floods[] = {
  { "phrase a/b blocked", "\n  " },
  { "provider a\n  sign", " " },
};

START_TEST (too_many)
{
  g_autoptr (ReboundCompiler) compiler = rebound_compiler_new (NULL);
  g_autoptr (GString) text = g_string_new (floods[_i].head);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 70000; i++)
    g_string_append_printf (text, "%s\"text %u\"", floods[_i].separator, i);
  ck_assert (!rebound_compiler_add (compiler, "many", text->str, &error));
  ck_assert_msg (strstr (error->message, "more than 65,000") != NULL, "%s", error->message);
}
END_TEST

static void
assert_refusal (const char *text, const char *message)
{
  g_autoptr (ReboundCompiler) compiler = rebound_compiler_new (NULL);
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
  { "5.1.1", NULL },   { "X.7.26", NULL },    { "4.0.0", NULL }, { "2.1.5", NULL },
  { "5.7.509", NULL }, { "X.999.999", NULL }, { "5.1", "" },     { "511", "" },
  { "5", "" },         { "3.1.1", "" },       { "x.1.1", "" },   { "X.X.1", "" },
  { "55.1.1", "" },    { "5.1.", "" },        { "5..1", "" },    { "5...", "" },
  { "5.1.1x", "" },    { "5.1.1.1", "" },     { "5.1111", "" },  { "5.11.", "" },
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
  g_autoptr (ReboundCompiler) compiler = rebound_compiler_new (NULL);
  g_autoptr (GError) error = NULL;

  ck_assert (!rebound_compiler_add (compiler, FILE_NAME, "mark a failed\n  \"f\xfcr\"", &error));
  ck_assert_str_eq (error->message, FILE_NAME ":2:5: the file is not UTF-8");
}
END_TEST

/* As editors on Windows begin a file. */
START_TEST (byte_order_mark)
{
  g_autoptr (ReboundCompiler) compiler = compile ("\xef\xbb\xbf" "mark a failed\r\n  \"no luck\"\r\n");
  const ReboundRules *rules = rebound_compiler_finish (compiler);

  ck_assert_uint_eq (count_hits (rules, REBOUND_AREA_TEXT, "no luck"), 1);
}
END_TEST

/* Each keyword that begins an entry, by a letter. */
static const struct
{
  char letter;
  const char *line;
  const char *text; /* that it needs */
} entries[] = {
  { 'R', "reason blocked", "" },
  { 'C', "reply 550", "" },
  { 'E', "status 5.1.1", "" },
  { 'P', "phrase a blocked", "  \"text\"\n" },
  { 'M', "mark a host", "  \"text\"\n" },
  { 'S', "stage a rcpt", "  \"text\"\n" },
  { 'F', "format a", "" },
  { 'V', "provider a", "" },
};

static const struct
{
  const char *keyword;
  const char *rest;
  const char *letters; /* of the entries it belongs to */
  guint words;         /* that it needs */
} properties[] = {
  { "means", "\"Some\"", "RCEP", 1 },
  { "causes", "\"Some\"", "RCEP", 1 },
  { "sender", "\"Some\"", "RCEP", 1 },
  { "list", "\"Some\"", "RCEP", 1 },
  { "example", "\"Some\"", "RCEP", 1 },
  { "code", "\"T1\"", "P", 1 },
  { "bounce", "hard", "R", 1 },
  { "fault", "sender", "R", 1 },
  { "unsubscribe", "now", "R", 1 },
  { "taxonomy", "ses Permanent/General", "R", 2 },
  { "reasons", "blocked delayed", "CE", 1 },
  { "at", "rcpt blocked", "CE", 2 },
  { "generic", "", "E", 0 },
  { "weak", "", "P", 0 },
  { "in", "text subject", "PMS", 1 },
  { "only", "format b", "PMS", 2 },
  { "take", "\"(.)\"", "M", 1 },
  { "title", "\"Some\"", "FV", 1 },
  { "when", "text \"some\"", "F", 2 },
  { "host", "*.example.net mx.example.org", "V", 1 },
  { "sign", "\"some\" \"other\"", "V", 1 },
  { "says", "5.7.1 blocked", "V", 2 },
  { "source", "\"seen\"", "RCEPMSFV", 1 },
  { "lang", "de", "PMS", 1 },
  { "case", "some/case", "PMSF", 1 },
};

START_TEST (property_belongs)
{
  const char *keyword = properties[_i].keyword;
  g_autofree char *alien = g_strdup_printf ("2:3: “%s” is no property of this entry", keyword);
  g_autofree char *lacks =
      g_strdup_printf (properties[_i].words == 1 ? "2:3: “%s” needs %u word after it"
                                                 : "2:3: “%s” needs %u words after it",
                       keyword, properties[_i].words);

  for (gsize e = 0; e < G_N_ELEMENTS (entries); e++)
    {
      gboolean belongs = strchr (properties[_i].letters, entries[e].letter) != NULL;
      g_autofree char *whole = g_strdup_printf ("%s\n  %s %s\n%s", entries[e].line, keyword,
                                                properties[_i].rest, entries[e].text);
      g_autofree char *bare =
          g_strdup_printf ("%s\n  %s\n%s", entries[e].line, keyword, entries[e].text);

      assert_refusal (whole, belongs ? NULL : alien);
      assert_refusal (bare, !belongs ? alien : properties[_i].words > 0 ? lacks : NULL);
    }
}
END_TEST

/* ---- Folding ------------------------------------------------------------------------------ */

static const struct
{
  const char *text;
  const char *folded; /* without the space before and the one behind it */
} folds[] = {
  { "No Such USER", "no such user" },
  { "a \t\v\f\r\n  b", "a b" },
  { "  a  ", "a" },
  { "ÄÖÜ ÉÇ ẞ", "äöü éç ß" },
  { "ПОЛЬЗОВАТЕЛЬ ΆΓΝΩΣΤΟΣ άγνωστος", "пользователь αγνωστοσ αγνωστοσ" },
  { "ОТКЛЮЧЁН отключен", "отключен отключен" },
  { "نشانی کاربر أإآ ة ى", "نشاني كاربر ااا ه ي" },
  { "ＩＰ地址：（１）", "ip地址:(1)" },
  { "İstanbul", "istanbul" },
  { "ISPARTA ıi", "isparta ii" },
  { "ȺȾ", "ⱥⱦ" }, /* U+023A grows */
  { "“doesn’t” ‘exist’", "\"doesn't\" 'exist'" },
  { "a‐b–c—d", "a-b-c-d" },
  { "mail\u200bbox \u200efull\u200f \ufeffso", "mailbox full so" },
  { "mail\u00adbox", "mailbox" },
  { "a\u00a0b\u2003c\u3000d \u00a0 e", "a b c d e" },
  /* scripts without spaces: a line end in a sentence is none */
  { "宛先が見つか\nりません", "宛先が見つかりません" },
  { "邮箱\r\n 不存在", "邮箱不存在" },
  { "邮箱 不存在", "邮箱 不存在" },
  { "邮箱\nabc", "邮箱 abc" },
  { "abc\n邮箱", "abc 邮箱" },
  { "받는\n사람", "받는 사람" }, /* Korean has spaces */
  { "für\nüber", "für über" },
  { "\n邮箱\n", "邮箱" },
};

static void
assert_offsets (const ReboundFolded *folded, const char *text)
{
  gsize length = strlen (text);

  for (gsize i = 0, last = 0; i < folded->length; i++)
    {
      gsize from = rebound_fold_origin (folded, i);

      if (((guint8) folded->text[i] & 0xc0) == 0x80)
        continue; /* not the first byte of a character */
      ck_assert_uint_le (from, length);
      ck_assert_uint_le (last, from);
      last = from;
      if ((guint8) folded->text[i] > ' ' && (guint8) folded->text[i] < 0x80
          && (guint8) text[from] < 0x80)
        ck_assert_int_eq (folded->text[i], g_ascii_tolower (text[from]));
      ck_assert_msg (((guint8) text[from] & 0xc0) != 0x80,
                     "byte %" G_GSIZE_FORMAT " of “%s” comes from within a character", i, text);
    }
}

START_TEST (fold)
{
  const char *text = folds[_i].text;
  g_autofree char *expected = g_strdup_printf (" %s ", folds[_i].folded);
  g_autofree char *got = NULL;
  g_auto (ReboundFolded) folded = REBOUND_FOLDED_INIT;

  rebound_fold (&folded, text, strlen (text));
  assert_offsets (&folded, text);
  got = g_strndup (folded.text, folded.length);
  ck_assert_str_eq (got, expected);
}
END_TEST

/* The memory of a long text is used again for a short one, and its content is not. */
START_TEST (fold_again)
{
  g_auto (ReboundFolded) folded = REBOUND_FOLDED_INIT;
  g_autofree char *text = g_strnfill (10000, 'X');

  rebound_fold (&folded, "", 0);
  ck_assert_uint_le (folded.length, 2);
  rebound_fold (&folded, text, 10000);
  ck_assert_uint_eq (folded.length, 10002);
  rebound_fold (&folded, "A", 1);
  ck_assert_uint_eq (folded.length, 3);
  ck_assert_mem_eq (folded.text, " a ", 3);
  ck_assert_uint_eq (rebound_fold_origin (&folded, 1), 0);
  ck_assert_uint_eq (rebound_fold_origin (&folded, 2), 1);
}
END_TEST

START_TEST (fold_random)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (_i);
  g_autoptr (GString) text = g_string_new (NULL);
  g_auto (ReboundFolded) folded = REBOUND_FOLDED_INIT;

  for (guint i = 0; i < 5000; i++)
    {
      gunichar c = g_rand_int_range (random, 1,
                                     i % 3 == 0   ? 0x110000
                                     : i % 3 == 1 ? 0x100
                                                  : 0x2100);

      if (g_unichar_validate (c))
        g_string_append_unichar (text, c);
    }
  rebound_fold (&folded, text->str, text->len);
  assert_offsets (&folded, text->str);
  ck_assert (g_utf8_validate (folded.text, (gssize) folded.length, NULL));
}
END_TEST

/* ---- Matching ----------------------------------------------------------------------------- */

static const char few_rules[] = "phrase t/full mailbox-full\n"
                                "  \"full mailbox\"\n"
                                "  \"quota * exceeded\"\n"
                                "  \"one two * three * four five\"\n"
                                "  \"554 \"\n"
                                "  \"(denied)\"\n"
                                "  \"メールボックスがいっぱい\"\n"
                                "phrase t/subject blocked\n"
                                "  in subject header\n"
                                "  \"blocked mail\"\n"
                                "stage t/status rcpt\n"
                                "  in status\n"
                                "  \"x-stage: rcpt\"\n";

static const struct
{
  const char *text;
  guint n; /* texts that are found in it */
} finds[] = {
  { "full mailbox", 1 },
  { "Full\n   Mailbox", 1 },
  { "a FULL MAILBOX.", 1 },
  { "<full mailbox>", 1 },
  { "full mailboxes", 1 }, /* only the start is a word's start */
  { "successfull mailbox", 0 },
  { "4full mailbox", 0 },
  { "full_mailbox", 0 },
  { "full mailbo", 0 },
  { "full  mailbox, full mailbox", 2 },
  { "full full mailbox", 1 },
  { "554 no", 1 },
  { "554", 1 }, /* the end of the text is the end of a word */
  { "554.", 0 },
  { "5540", 0 },
  { "1554 no", 0 },
  { "access(denied)", 1 }, /* a sign needs no word's start before it */
  { "quota exceeded", 1 },
  { "quota of ann@example.org was exceeded", 1 },
  { "quota of ann@bob@example.org was exceeded", 1 }, /* one, and wrong */
  { "quota of ann@example.org is fine, bob@example.org has exceeded", 0 },
  { "quota <ann@example.org> <bob@example.org> exceeded", 0 },
  { "exceeded quota", 0 },
  { "one two x three x four five", 1 },
  { "one two x four five x three", 0 },
  { "one two x three", 0 },
  { "ご案内:メールボック\nスがいっぱいです", 1 },
  { "", 0 },
  { "ful", 0 },
};

START_TEST (find)
{
  g_autoptr (ReboundCompiler) compiler = compile (few_rules);
  const ReboundRules *rules = rebound_compiler_finish (compiler);

  ck_assert_msg (count_hits (rules, REBOUND_AREA_TEXT, finds[_i].text) == finds[_i].n,
                 "“%s”: found %u, expected %u", finds[_i].text,
                 count_hits (rules, REBOUND_AREA_TEXT, finds[_i].text), finds[_i].n);
}
END_TEST

START_TEST (gaps)
{
  g_autoptr (ReboundCompiler) compiler = compile (few_rules);
  const ReboundRules *rules = rebound_compiler_finish (compiler);

  for (gsize n = 1; n <= 2 * MAX_GAP; n++)
    {
      g_autofree char *gap = g_strnfill (n, '-');
      g_autofree char *two = g_strconcat ("quota", gap, "exceeded", NULL);
      g_autofree char *three = g_strconcat ("one two", gap, "three", gap, "four five", NULL);

      ck_assert_uint_eq (count_hits (rules, REBOUND_AREA_TEXT, two), n <= MAX_GAP);
      ck_assert_uint_eq (count_hits (rules, REBOUND_AREA_TEXT, three), n <= MAX_GAP);
    }
}
END_TEST

START_TEST (areas)
{
  static const struct
  {
    ReboundArea area;
    const char *ids;
  } expected[] = {
    { REBOUND_AREA_TEXT, "t/full(full mailbox) " },
    { REBOUND_AREA_SUBJECT, "t/subject(blocked mail) " },
    { REBOUND_AREA_HEADER, "t/subject(blocked mail) " },
    { REBOUND_AREA_STATUS, "t/status(x-stage: rcpt) " },
  };
  static const char text[] = "Full mailbox, blocked mail, X-Stage: rcpt";
  g_autoptr (ReboundCompiler) compiler = compile (few_rules);
  const ReboundRules *rules = rebound_compiler_finish (compiler);

  for (gsize i = 0; i < G_N_ELEMENTS (expected); i++)
    {
      Hits hits = match (rules, expected[i].area, text, strlen (text), NULL);
      g_autofree char *ids = hits.ids;

      ck_assert_str_eq (ids, expected[i].ids);
    }
}
END_TEST

/* What was found is told in bytes of the text as it was. */
static const struct
{
  const char *before, *found, *behind;
} places[] = {
  { "", "full mailbox", "" },
  { "Your ", "Full \n\t mailbox", " is." },
  { "«ÄÖÜ» İ Ⱥ ", "FULL\u00a0Mail\u200bBox", "— ende" },
  { "\u200b\u200b", "full mailbox\u200b", "" }, /* nobody sees where it ends */
  { "宛先\n", "メールボック\r\n  スがいっぱい", "です" },
  { "your ", "quota  of “x” İ was\nexceeded", "" },
  { "  ", "(denied)", "  " },
};

START_TEST (place)
{
  g_autoptr (ReboundCompiler) compiler = compile (few_rules);
  const ReboundRules *rules = rebound_compiler_finish (compiler);
  g_autofree char *text =
      g_strconcat (places[_i].before, places[_i].found, places[_i].behind, NULL);
  Hits hits = match (rules, REBOUND_AREA_TEXT, text, strlen (text), NULL);
  g_autofree char *found = g_strndup (text + hits.start, hits.length);

  g_free (hits.ids);
  ck_assert_uint_eq (hits.n, 1);
  ck_assert_uint_eq (hits.start, strlen (places[_i].before));
  ck_assert_str_eq (found, places[_i].found);
}
END_TEST

/* ---- The rules that are built in ---------------------------------------------------------- */

static const ReboundRules *const builtin = &rebound_builtin_rules;

/* The text of @pattern as a message would have it. */
static char *
sample_of (const ReboundPattern *pattern)
{
  g_auto (GStrv) pieces = g_strsplit (rebound_rules_string (builtin, pattern->text), "\001", -1);

  return g_strjoinv (" x ", pieces);
}

START_TEST (builtin_found)
{
  ck_assert_uint_gt (builtin->n_patterns, 1000);
  for (guint i = 0; i < builtin->n_patterns; i++)
    {
      const ReboundPattern *pattern = &builtin->patterns[i];
      g_autofree char *sample = sample_of (pattern);
      g_autofree char *text = g_strdup_printf ("Hi! %s.", sample);

      for (guint area = REBOUND_AREA_TEXT; area <= REBOUND_AREA_STATUS; area <<= 1)
        {
          gboolean expected = (pattern->areas & area) != 0;
          Hits hits = match (builtin, area, text, strlen (text), pattern);

          g_free (hits.ids);
          ck_assert_msg ((hits.n > 0) == expected, "“%s” %s in area %u", sample,
                         expected ? "is not found" : "is found", area);
          if (expected)
            ck_assert_uint_eq (hits.start, strlen ("Hi! "));
        }
    }
}
END_TEST

/* The matcher looks at folded text only, so a literal that folds to something else is dead. */
START_TEST (builtin_folded)
{
  g_auto (ReboundFolded) folded = REBOUND_FOLDED_INIT;

  for (guint i = 0; i < builtin->n_patterns; i++)
    {
      g_autofree char *sample = sample_of (&builtin->patterns[i]);
      gsize length = strlen (sample);

      rebound_fold (&folded, sample, length);
      ck_assert_uint_ge (folded.length, length + 1);
      ck_assert_msg (memcmp (folded.text + 1, sample, length) == 0, "“%s” is not folded", sample);
    }
}
END_TEST

START_TEST (builtin_patterns)
{
  for (guint i = 0; i < builtin->n_patterns; i++)
    {
      const ReboundPattern *pattern = &builtin->patterns[i];
      const char *text = rebound_rules_string (builtin, pattern->text);
      g_auto (GStrv) pieces = g_strsplit (text, "\001", -1);
      guint hash = rebound_gram_hash (rebound_gram (text + pattern->window));
      guint bucket = rebound_gram_bucket (hash);

      for (guint p = 0; pieces[p] != NULL; p++)
        ck_assert_msg (strlen (pieces[p]) >= 4, "“%s” in “%s” is short", pieces[p], text);
      ck_assert_uint_eq (pattern->length, strlen (text));
      ck_assert_uint_le (pattern->window + 4, strlen (pieces[0]));
      ck_assert_uint_lt (pattern->rule, builtin->n_rules);
      ck_assert_uint_ne (pattern->areas, 0);
      ck_assert (builtin->grams[hash >> 3] & 1 << (hash & 7));
      ck_assert_uint_le (builtin->buckets[bucket], i);
      ck_assert_uint_gt (builtin->buckets[bucket + 1], i);
    }
}
END_TEST

/* A text says one thing, unless `only` says where; that two languages share it does no harm. */
START_TEST (builtin_one_meaning)
{
  g_autoptr (GHashTable) rules = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < builtin->n_patterns; i++)
    {
      const ReboundPattern *pattern = &builtin->patterns[i];
      const ReboundRule *rule = &builtin->rules[pattern->rule];
      const char *text = rebound_rules_string (builtin, pattern->text);
      g_autofree char *key = g_strdup_printf ("%u %u “%s”", rule->type, pattern->areas, text);
      const ReboundRule *other = g_hash_table_lookup (rules, key);

      if (rule->type == REBOUND_RULE_WHEN || rule->type == REBOUND_RULE_MARK || rule->scope != 0)
        continue;
      if (other != NULL)
        ck_assert_msg (memcmp (&other->reasons, &rule->reasons, sizeof rule->reasons) == 0
                           && other->value == rule->value,
                       "%s says two things: %s, %s", key, rebound_rules_string (builtin, other->id),
                       rebound_rules_string (builtin, rule->id));
      g_hash_table_replace (rules, g_steal_pointer (&key), (gpointer) rule);
    }
}
END_TEST

static const struct
{
  const char *language;
  const char *text;
} newsletters[] = {
  { "nothing", "" },
  { "blanks", " \r\n \t \n" },
  { "English",
    "Weekly garden news\n\n"
    "Dear readers,\n\n"
    "May is the month of the roses. On Saturday, 21 May 2022, at 10:30 the old nursery in Mill\n"
    "Lane opens its gates; bring boots, a hat and a friend. Tickets cost 5.10 pounds, children\n"
    "under 12 come for free, and there are 550 sorts to smell at.\n\n"
    "Tomatoes want warm feet: wait until the nights stay above ten degrees. Slugs don't like\n"
    "coffee grounds; a reader from Leeds swears by it. Read more on our web site:\n"
    "https://www.example.org/garden/2022-05?id=4.2.1\n\n"
    "With green regards\nAnn and the whole team\n\n"
    "-- \nYou get this letter since you subscribed at our shop.\n" },
  { "German",
    "Neues aus dem Garten\n\nLiebe Leserinnen und Leser,\n\n"
    "im Mai blühen die Rosen. Am Samstag öffnet die alte Gärtnerei ihre Tore; Stiefel und Hut\n"
    "nicht vergessen. Der Eintritt kostet 5,10 Euro, und 550 Sorten warten auf Sie.\n\n"
    "Tomaten mögen warme Füße. Herzliche Grüße, Ihre Anna\n" },
  { "French",
    "Les nouvelles du jardin\n\nChères lectrices, chers lecteurs,\n\n"
    "En mai, les roses sont en fleur. Samedi, la vieille pépinière ouvre ses portes ; n'oubliez\n"
    "ni bottes ni chapeau. L'entrée coûte 5,10 euros. Bien à vous, Anne\n" },
  { "Russian",
    "Новости сада\n\nДорогие читатели!\n\nВ мае цветут розы. В субботу старый питомник открывает\n"
    "свои ворота; возьмите сапоги и шляпу. Вход стоит 510 рублей. Ваша Анна\n" },
  { "Japanese",
    "庭の便り\n\n読者の皆さま\n\n五月はバラの季節です。土曜日に古い苗園が開きます。長靴と帽子を\n"
    "お持ちください。入場料は五百円です。\n" },
};

START_TEST (builtin_quiet)
{
  const char *text = newsletters[_i].text;

  for (guint area = REBOUND_AREA_TEXT; area <= REBOUND_AREA_STATUS; area <<= 1)
    {
      Hits hits = match (builtin, area, text, strlen (text), NULL);
      g_autofree char *ids = hits.ids;

      ck_assert_msg (hits.n == 0, "%s, area %u: %s", newsletters[_i].language, area, ids);
    }
}
END_TEST

/* Each window of each pattern, and nothing but: the worst that a text can do. */
static void
match_builtin (const char *text, gsize length)
{
  g_free (match (builtin, REBOUND_AREA_TEXT, text, length, NULL).ids);
}

START_TEST (builtin_hostile)
{
  g_autoptr (GString) text = g_string_new (NULL);

  while (text->len < 1024 * 1024)
    for (guint i = 0; i < builtin->n_patterns; i++)
      {
        const ReboundPattern *pattern = &builtin->patterns[i];

        g_string_append_len (text, rebound_rules_string (builtin, pattern->text) + pattern->window,
                             4);
      }
  assert_cheap (match_builtin, text->str, text->len, newsletters[2].text);
}
END_TEST

START_TEST (builtin_rules)
{
  g_autoptr (GHashTable) ids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < builtin->n_rules; i++)
    {
      const ReboundRule *rule = &builtin->rules[i];
      const char *id = rebound_rules_string (builtin, rule->id);

      ck_assert_uint_ne (rule->areas, 0);
      if (rule->type == REBOUND_RULE_WHEN)
        {
          ck_assert_uint_lt (rule->value, builtin->n_formats);
          ck_assert_uint_ge (rule->n_conditions, 1);
          continue;
        }
      if (rule->type == REBOUND_RULE_SIGN)
        {
          ck_assert_str_eq (id,
                            rebound_rules_string (builtin, builtin->providers[rule->value].name));
          continue;
        }
      ck_assert_msg (strchr (id, '/') != NULL, "“%s” is not of the form group/name", id);
      ck_assert_msg (g_hash_table_add (ids, g_strdup_printf ("%u %s", rule->type, id)),
                     "%s is there twice", id);
      ck_assert_uint_eq (rule->reasons.n > 0, rule->type == REBOUND_RULE_PHRASE);
    }
}
END_TEST

/* A rule without a text is never found. */
START_TEST (builtin_rules_have_texts)
{
  g_autofree guint *texts = g_new0 (guint, builtin->n_rules);

  for (guint i = 0; i < builtin->n_patterns; i++)
    texts[builtin->patterns[i].rule]++;
  for (guint i = 0; i < builtin->n_rules; i++)
    {
      const ReboundRule *rule = &builtin->rules[i];

      ck_assert_msg (texts[i] > 0, "%s has no text", rebound_rules_string (builtin, rule->id));
      if (rule->type == REBOUND_RULE_WHEN)
        ck_assert_uint_eq (texts[i], rule->n_conditions);
    }
}
END_TEST

START_TEST (builtin_formats)
{
  g_autoptr (GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);
  g_autofree guint *whens = g_new0 (guint, builtin->n_formats);

  for (guint i = 0; i < builtin->n_rules; i++)
    if (builtin->rules[i].type == REBOUND_RULE_WHEN)
      whens[builtin->rules[i].value]++;
  for (guint i = 0; i < builtin->n_formats; i++)
    {
      const char *name = rebound_rules_string (builtin, builtin->formats[i].name);

      ck_assert_msg (g_hash_table_add (names, (gpointer) name), "%s is there twice", name);
      ck_assert_msg (builtin->formats[i].title != 0, "%s has no title", name);
      ck_assert_msg (whens[i] > 0, "%s is never recognised", name);
    }
}
END_TEST

/* ---- Reasons and codes -------------------------------------------------------------------- */

/* The manual's table. */
static const struct
{
  const char *reason, *bounce, *fault, *unsubscribe;
} verdicts[] = {
  { "user-unknown", "hard", "recipient", "now" },
  { "user-moved", "hard", "recipient", "now" },
  { "user-inactive", "hard", "recipient", "count" },
  { "address-invalid", "hard", "recipient", "now" },
  { "mailbox-full", "soft", "recipient", "count" },
  { "recipient-refused", "soft", "recipient", "count" },
  { "domain-unknown", "hard", "domain", "count" },
  { "domain-refusing", "hard", "domain", "count" },
  { "message-too-large", "soft", "message", "never" },
  { "content-rejected", "soft", "message", "never" },
  { "spam-content", "soft", "message", "never" },
  { "virus-found", "soft", "message", "never" },
  { "auth-failed", "soft", "sender", "never" },
  { "bad-reputation", "soft", "sender", "never" },
  { "blocked", "soft", "sender", "never" },
  { "ptr-missing", "soft", "sender", "never" },
  { "sender-rejected", "soft", "sender", "never" },
  { "relay-denied", "soft", "sender", "never" },
  { "auth-required", "soft", "sender", "never" },
  { "tls-required", "soft", "sender", "never" },
  { "tls-failed", "soft", "sender", "never" },
  { "rate-limited", "soft", "sender", "never" },
  { "too-many-connections", "soft", "sender", "never" },
  { "too-many-recipients", "soft", "sender", "never" },
  { "greylisted", "soft", "receiver", "never" },
  { "policy-refused", "soft", "receiver", "never" },
  { "system-error", "soft", "receiver", "count" },
  { "system-full", "soft", "receiver", "count" },
  { "mailer-error", "soft", "receiver", "count" },
  { "loop-detected", "soft", "receiver", "count" },
  { "network-error", "soft", "network", "count" },
  { "expired", "soft", "network", "count" },
  { "protocol-error", "soft", "sender", "never" },
  { "suppressed", "hard", "recipient", "count" },
  { "delayed", "soft", "network", "never" },
  { "delivered", "none", "none", "never" },
  { "complaint", "none", "recipient", "now" },
  { "unsubscribe-request", "none", "recipient", "now" },
  { "feedback", "none", "none", "never" },
  { "auto-reply", "none", "none", "never" },
  { "unclassified", "soft", "unknown", "count" },
};

START_TEST (verdict)
{
  ReboundReason reason;
  const ReboundReasonRule *rule;

  ck_assert_uint_eq (G_N_ELEMENTS (verdicts), REBOUND_N_REASONS);
  ck_assert_msg (rebound_reason_from_string (verdicts[_i].reason, &reason), "no reason %s",
                 verdicts[_i].reason);
  rule = &builtin->reasons[reason];
  ck_assert_str_eq (rebound_bounce_to_string (rule->bounce), verdicts[_i].bounce);
  ck_assert_str_eq (rebound_fault_to_string (rule->fault), verdicts[_i].fault);
  ck_assert_str_eq (rebound_unsubscribe_to_string (rule->unsubscribe), verdicts[_i].unsubscribe);
  ck_assert_msg (rule->texts.means != 0, "%s has no meaning", verdicts[_i].reason);
}
END_TEST

START_TEST (taxonomy_names)
{
  static const char *const expected[] = {
    "kumomta", "powermta", "ses", "sisimai", "sparkpost", NULL
  };

  for (gsize i = 0; i < G_N_ELEMENTS (expected); i++)
    ck_assert_pstr_eq (rebound_rules_taxonomy_names ()[i], expected[i]);
}
END_TEST

typedef const ReboundCode *(*FindCode) (const ReboundRules *rules, const char *code);

static void
assert_codes (const ReboundCode *codes, guint n_codes, FindCode find_code)
{
  for (guint i = 0; i < n_codes; i++)
    {
      const char *code = rebound_rules_string (builtin, codes[i].code);

      ck_assert_msg (find_code (builtin, code) == &codes[i], "%s is not found", code);
      ck_assert_msg (codes[i].texts.means != 0, "%s has no meaning", code);
      ck_assert_msg (codes[i].texts.source != 0, "%s has no source", code);
      if (i > 0)
        ck_assert_str_gt (code, rebound_rules_string (builtin, codes[i - 1].code));
      for (guint r = 0; r < codes[i].reasons.n; r++)
        ck_assert_uint_lt (codes[i].reasons.reason[r], REBOUND_N_REASONS);
    }
}

START_TEST (all_codes)
{
  ck_assert_uint_gt (builtin->n_replies, 30);
  ck_assert_uint_gt (builtin->n_statuses, 60);
  assert_codes (builtin->replies, builtin->n_replies, rebound_rules_find_reply);
  assert_codes (builtin->statuses, builtin->n_statuses, rebound_rules_find_status);
}
END_TEST

/* RFC 5321 section 4.2.3, RFC 7504 section 3, RFC 4954 section 6, RFC 3207 section 4. */
START_TEST (codes_of_standards)
{
  static const char *const replies[] = { "211", "214", "220", "221", "250", "251", "252", "354",
                                         "421", "450", "451", "452", "455", "500", "501", "502",
                                         "503", "504", "521", "550", "551", "552", "553", "554",
                                         "555", "556", "432", "454", "530", "534", "535", "538" };

  for (gsize i = 0; i < G_N_ELEMENTS (replies); i++)
    ck_assert_msg (rebound_rules_find_reply (builtin, replies[i]) != NULL, "no %s", replies[i]);
}
END_TEST

/* The IANA registry of enhanced status codes: the highest detail of each subject; all below
 * it, 0 included, are taken. */
START_TEST (statuses_of_registry)
{
  static const guint last[] = { 0, 10, 4, 5, 7, 6, 10, 30 };

  for (guint subject = 0; subject < G_N_ELEMENTS (last); subject++)
    for (guint detail = 0; detail <= last[subject]; detail++)
      {
        g_autofree char *code = g_strdup_printf ("5.%u.%u", subject, detail);

        ck_assert_msg (rebound_rules_find_status (builtin, code) != NULL, "no %s", code);
      }
}
END_TEST

static const struct
{
  const char *code;
  const char *found; /* NULL: not */
} lookups[] = {
  { "5.1.1", "X.1.1" },
  { "4.1.1", "X.1.1" },
  { "2.1.5", "X.1.5" },
  { "X.1.1", "X.1.1" },
  { "5.99.99", NULL },
  { "5.1", NULL },
  { "5.1.11111", NULL },
  { "", NULL },
  { "5", NULL },
  { "5.1.1 ", NULL },
  { "5.1.1.1.1.1.1.1.1.1.1.1.1.1.1", NULL },
};

START_TEST (lookup)
{
  const ReboundCode *code = rebound_rules_find_status (builtin, lookups[_i].code);

  ck_assert_pstr_eq (code != NULL ? rebound_rules_string (builtin, code->code) : NULL,
                     lookups[_i].found);
}
END_TEST

START_TEST (no_reply)
{
  static const char *const codes[] = { "", "5", "55", "5500", "999", "x50", "550 ", "000" };

  for (gsize i = 0; i < G_N_ELEMENTS (codes); i++)
    ck_assert_msg (rebound_rules_find_reply (builtin, codes[i]) == NULL, "“%s” is found", codes[i]);
}
END_TEST

/* ---- The suite ---------------------------------------------------------------------------- */

static TCase *
compiler_tests (void)
{
  TCase *tests = tcase_create ("compiler");

  tcase_add_test (tests, reads_reason);
  tcase_add_test (tests, reads_codes);
  tcase_add_test (tests, reads_statuses);
  tcase_add_test (tests, reads_texts);
  tcase_add_test (tests, reads_phrase_texts);
  tcase_add_test (tests, reads_phrase);
  tcase_add_test (tests, reads_mark_and_stage);
  tcase_add_test (tests, reads_format);
  tcase_add_test (tests, order_of_lines);
  tcase_add_test (tests, several_files);
  tcase_add_test (tests, empty_rules);
  tcase_add_test (tests, on_top);
  tcase_add_test (tests, on_top_texts);
  tcase_add_test (tests, on_top_nothing);
  tcase_add_test (tests, on_top_twice);
  tcase_add_loop_test (tests, too_many, 0, G_N_ELEMENTS (floods));
  tcase_add_loop_test (tests, refuses, 0, G_N_ELEMENTS (refusals));
  tcase_add_test (tests, names_of_scope);
  tcase_add_loop_test (tests, host_of_provider, 0, G_N_ELEMENTS (hosts));
  tcase_add_loop_test (tests, status_form, 0, G_N_ELEMENTS (statuses));
  tcase_add_test (tests, length_of_text);
  tcase_add_test (tests, not_utf8);
  tcase_add_test (tests, byte_order_mark);
  tcase_add_loop_test (tests, property_belongs, 0, G_N_ELEMENTS (properties));
  return tests;
}

static TCase *
matcher_tests (void)
{
  TCase *tests = tcase_create ("matcher");

  tcase_add_loop_test (tests, fold, 0, G_N_ELEMENTS (folds));
  tcase_add_test (tests, fold_again);
  tcase_add_loop_test (tests, fold_random, 0, 4);
  tcase_add_loop_test (tests, find, 0, G_N_ELEMENTS (finds));
  tcase_add_test (tests, gaps);
  tcase_add_test (tests, areas);
  tcase_add_loop_test (tests, place, 0, G_N_ELEMENTS (places));
  return tests;
}

static TCase *
builtin_tests (void)
{
  TCase *tests = tcase_create ("built-in rules");

  tcase_add_test (tests, builtin_found);
  tcase_add_test (tests, builtin_folded);
  tcase_add_test (tests, builtin_patterns);
  tcase_add_test (tests, builtin_one_meaning);
  tcase_add_loop_test (tests, builtin_quiet, 0, G_N_ELEMENTS (newsletters));
  tcase_add_test (tests, builtin_hostile);
  tcase_add_test (tests, builtin_rules);
  tcase_add_test (tests, builtin_rules_have_texts);
  tcase_add_test (tests, builtin_formats);
  tcase_add_loop_test (tests, verdict, 0, G_N_ELEMENTS (verdicts));
  tcase_add_test (tests, taxonomy_names);
  tcase_add_test (tests, all_codes);
  tcase_add_test (tests, codes_of_standards);
  tcase_add_test (tests, statuses_of_registry);
  tcase_add_loop_test (tests, lookup, 0, G_N_ELEMENTS (lookups));
  tcase_add_test (tests, no_reply);
  return tests;
}

int
main (void)
{
  TCase *const cases[] = { compiler_tests (), matcher_tests (), builtin_tests (), NULL };

  return run_suite ("rules", cases, NULL, NULL);
}
