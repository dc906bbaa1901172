/* Rebound: tests of how far reports are trusted: who forges one unsubscribes nobody.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <glib/gstdio.h>
#include <string.h>

#include "evidence/trace.h"
#include "rebound.h"
#include "suite.h"

#define DAY 86400
#define NOW ((gint64) 20779 * DAY + 4711) /* 22 Nov 2026 */
#define LIST "news@lists.example.org"
#define LONG_NAME "somebody-with-a.rather-long-name@department.mail.example.net"

/* ---- The site ----------------------------------------------------------------------------- */

static char *folder;
static ReboundKeys *keys, *other_keys;
static ReboundAnalyzer *with_keys, *without_keys;

static ReboundKeys *
write_keys (const char *name, const char *text)
{
  g_autofree char *file = g_build_filename (folder, name, NULL);
  g_autoptr (GError) error = NULL;
  ReboundKeys *made;

  ck_assert (g_file_set_contents (file, text, -1, NULL));
  g_chmod (file, 0600);
  made = rebound_keys_new_from_file (file, &error);
  ck_assert_msg (made != NULL, "%s", error != NULL ? error->message : "");
  return made;
}

static ReboundAnalyzer *
analyzer_of (const char *site)
{
  g_autofree char *file = g_build_filename (folder, "policy.conf", NULL);
  g_autofree char *text =
      g_strdup_printf ("[site]\ndomains = lists.example.org\nhosts = mx.example.org\n%s", site);
  g_autoptr (GError) error = NULL;
  g_autoptr (ReboundPolicy) policy = NULL;
  ReboundAnalyzer *analyzer;

  ck_assert (g_file_set_contents (file, text, -1, NULL));
  policy = rebound_policy_new_from_file (file, &error);
  ck_assert_msg (policy != NULL, "%s", error != NULL ? error->message : "");
  analyzer = rebound_analyzer_new_for_site (NULL, NULL, policy, &error);
  ck_assert_msg (analyzer != NULL, "%s", error != NULL ? error->message : "");
  g_unlink (file);
  return analyzer;
}

static void
set_up (void)
{
  g_autofree char *site = NULL;

  folder = g_dir_make_tmp ("rebound-XXXXXX", NULL);
  keys = write_keys ("keys", "a not-a-secret-at-all-1\n");
  other_keys = write_keys ("others", "a not-a-secret-at-all-2\n");
  site = g_strdup_printf ("keys = %s/keys\n", folder);
  with_keys = analyzer_of (site);
  without_keys = analyzer_of ("");
}

static void
tear_down (void)
{
  static const char *const names[] = { "keys", "others" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *file = g_build_filename (folder, names[i], NULL);

      g_unlink (file);
    }
  g_rmdir (folder);
  g_free (folder);
  rebound_keys_unref (keys);
  rebound_keys_unref (other_keys);
  rebound_analyzer_unref (with_keys);
  rebound_analyzer_unref (without_keys);
}

static char *
make_path (ReboundKeys *with, const char *list, const char *address, ReboundPath path, gint64 now)
{
  g_autoptr (GError) error = NULL;
  char *made = rebound_verp_make (with, NULL, list, address, path, now, &error);

  ck_assert_msg (made != NULL, "%s", error != NULL ? error->message : "");
  return made;
}

/* ---- Words of the mails below ------------------------------------------------------------- */

static char *
path_of (const char *address)
{
  return make_path (keys, LIST, address, REBOUND_PATH_POST, NOW);
}

static char *
word_ann (void)
{
  return path_of ("ann@example.net");
}

static char *
word_eve (void)
{
  return path_of ("eve@example.com");
}

static char *
word_kate (void)
{
  return path_of ("kate@example.net");
}

static char *
word_long (void)
{
  return path_of (LONG_NAME);
}

static char *
word_probe (void)
{
  return make_path (keys, LIST, "ann@example.net", REBOUND_PATH_PROBE, NOW);
}

static char *
word_old (void)
{
  return make_path (keys, LIST, "ann@example.net", REBOUND_PATH_POST, NOW - 40 * DAY);
}

static char *
word_future (void)
{
  return make_path (keys, LIST, "ann@example.net", REBOUND_PATH_POST, NOW + 5 * DAY);
}

static char *
word_stranger (void)
{
  return make_path (other_keys, LIST, "ann@example.net", REBOUND_PATH_POST, NOW);
}

static char *
replaced (char *text, const char *what, const char *by)
{
  g_auto (GStrv) pieces = g_strsplit (text, what, -1);
  char *made = g_strjoinv (by, pieces);

  g_free (text);
  return made;
}

/* Eve's own with the name of another. */
static char *
word_swapped (void)
{
  return replaced (word_eve (), "eve=example.com", "ann=example.net");
}

static char *
word_changed (void)
{
  char *made = word_ann ();
  char *last = strstr (made, "=ann") - 1;

  *last = *last == 'a' ? 'b' : 'a';
  return made;
}

static char *
word_other_list (void)
{
  char *made =
      make_path (keys, "club@lists.example.org", "ann@example.net", REBOUND_PATH_POST, NOW);

  return replaced (made, "club-", "news-");
}

static const struct
{
  const char *word;
  char *(*make) (void);
} words[] = {
  { "$ANN", word_ann },
  { "$EVE", word_eve },
  { "$KATE", word_kate },
  { "$LONG", word_long },
  { "$PROBE", word_probe },
  { "$OLD", word_old },
  { "$FUTURE", word_future },
  { "$STRANGER", word_stranger },
  { "$SWAPPED", word_swapped },
  { "$CHANGED", word_changed },
  { "$OTHERLIST", word_other_list },
};

static char *
fill_in (const char *text)
{
  char *made = g_strdup (text);

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (strstr (made, words[i].word) != NULL)
      {
        g_autofree char *value = words[i].make ();

        made = replaced (made, words[i].word, value);
      }
  return made;
}

/* ---- The mails ---------------------------------------------------------------------------- */

#define OUR_RECEIVED                                                                               \
  "Received: from mx.example.net (mx.example.net [192.0.2.1])\n\tby mx.example.org (Postfix) "     \
  "with "                                                                                          \
  "ESMTP id 4711\n\tfor <x@lists.example.org>; Sun, 22 Nov 2026 01:18:31 +0000\n"
#define THEIR_RECEIVED                                                                             \
  "Received: by mx.example.net (Postfix)\n\tid 0815; Sun, 22 Nov 2026 01:18:30 +0000\n"
#define ARRIVED(address) "Return-Path: <>\nDelivered-To: " address "\n" OUR_RECEIVED THEIR_RECEIVED
#define FAILED(address)                                                                            \
  "\nFinal-Recipient: rfc822; " address "\nAction: failed\nStatus: 5.1.1\n"                        \
  "Diagnostic-Code: smtp; 550 5.1.1 <" address ">: no such user\n"
#define POST                                                                                       \
  "Message-ID: <1@lists.example.org>\nList-Id: News <news.lists.example.org>\n"                    \
  "From: bob@example.com\nTo: " LIST "\nSubject: Hello\n"

/* What is NULL is as a mail server of a member writes it. */
typedef struct
{
  const char *name;
  const char *top;        /* the trace; of Ann's signed path */
  const char *header;     /* more of it */
  const char *recipients; /* Ann */
  const char *returned;   /* a post */
  const char *expected;   /* grade, unsubscribe, words against it */
} Case;

static char *
make_mail (const Case *self)
{
  g_autofree char *mail = g_strdup_printf (
      "%sFrom: MAILER-DAEMON@mx.example.net\nTo: news-bounces@lists.example.org\n%s"
      "Subject: Undelivered Mail Returned to Sender\nMIME-Version: 1.0\n"
      "Content-Type: multipart/report; report-type=delivery-status; boundary=\"=b\"\n\n"
      "--=b\n\nYour message could not be delivered.\n\n"
      "--=b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.net\n%s\n"
      "--=b\nContent-Type: message/rfc822\n\n%s\n--=b--\n",
      self->top != NULL ? self->top : ARRIVED ("$ANN"), self->header != NULL ? self->header : "",
      self->recipients != NULL ? self->recipients : FAILED ("ann@example.net"),
      self->returned != NULL ? self->returned : POST "\nText\n");

  return fill_in (mail);
}

static ReboundReport *
analyze (ReboundAnalyzer *analyzer, const char *mail, const ReboundEnvelope *envelope)
{
  g_autoptr (GBytes) bytes = g_bytes_new (mail, strlen (mail));
  g_autoptr (GError) error = NULL;
  ReboundReport *report = rebound_analyzer_analyze (analyzer, bytes, envelope, &error);

  ck_assert_ptr_nonnull (report);
  return report;
}

/* "A now", "D never forged-token" */
static char *
describe (const ReboundRecipient *recipient)
{
  g_autofree char *json = rebound_recipient_to_json (recipient, NULL);
  const char *against = strstr (json, "\"against\":");
  g_autofree char *list = NULL;
  GString *out = g_string_new (rebound_grade_to_string (rebound_recipient_get_grade (recipient)));

  g_string_append_printf (
      out, " %s", rebound_unsubscribe_to_string (rebound_recipient_get_unsubscribe (recipient)));
  if (against == NULL)
    return g_string_free (out, FALSE);
  against = strchr (against, '[') + 1;
  list = g_strndup (against, strcspn (against, "]"));
  for (char *word = strtok (list, " ,\""); word != NULL; word = strtok (NULL, " ,\""))
    g_string_append_printf (out, " %s", word);
  return g_string_free (out, FALSE);
}

static void
assert_case (ReboundAnalyzer *analyzer, const Case *self, const ReboundEnvelope *envelope)
{
  g_autofree char *mail = make_mail (self);
  g_autoptr (ReboundReport) report = analyze (analyzer, mail, envelope);
  g_autoptr (GString) found = g_string_new (NULL);

  for (guint i = 0; i < rebound_report_get_n_recipients (report); i++)
    {
      g_autofree char *one = describe (rebound_report_get_recipient (report, i));

      g_string_append_printf (found, "%s%s", i > 0 ? "; " : "", one);
    }
  ck_assert_msg (strcmp (found->str, self->expected) == 0, "%s: got \"%s\", not \"%s\" for\n%s",
                 self->name, found->str, self->expected, mail);
}

/* ---- Attacks ------------------------------------------------------------------------------ */

static const Case attacks[] = {
  { "no path at all", ARRIVED ("news-bounces@lists.example.org"), NULL, NULL, NULL, "C count" },
  { "a plain path, where the site signs",
    ARRIVED ("news-bounces+ann=example.net@lists.example.org"), NULL, NULL, NULL, "B count" },
  { "another's token, and a victim alone", ARRIVED ("$EVE"), NULL, NULL, NULL,
    "B count other-recipient" },
  { "another's token, and a victim among others", ARRIVED ("$EVE"), NULL,
    FAILED ("eve@example.com") FAILED ("ann@example.net"), NULL, "A now; D never other-recipient" },
  { "one token, and many victims", ARRIVED ("$EVE"), NULL,
    FAILED ("ann@example.net") FAILED ("kate@example.net") FAILED ("bob@example.net"), NULL,
    "D never other-recipient; D never other-recipient; D never other-recipient" },
  { "a token that was changed", ARRIVED ("$CHANGED"), NULL, NULL, NULL, "D never forged-token" },
  { "a token with the name of another", ARRIVED ("$SWAPPED"), NULL, NULL, NULL,
    "D never forged-token" },
  { "a token of another list", ARRIVED ("$OTHERLIST"), NULL, NULL, NULL, "D never forged-token" },
  { "a token of other keys", ARRIVED ("$STRANGER"), NULL, NULL, NULL, "D never forged-token" },
  { "a token that has expired", ARRIVED ("$OLD"), NULL, NULL, NULL, "D never expired-token" },
  { "a token of the future", ARRIVED ("$FUTURE"), NULL, NULL, NULL, "D never expired-token" },
  { "a made-up token", ARRIVED ("news-bounces+aaaababcdefghijkl=ann=example.net@lists.example.org"),
    NULL, NULL, NULL, "D never forged-token" },
  { "a made-up digest",
    ARRIVED ("news-bounces+aaaababcdefghijklabcdefghijklmnop@lists.example.org"), NULL, NULL, NULL,
    "D never forged-token" },
  { "a digest of nobody whom it names", ARRIVED ("$LONG"), NULL, NULL, NULL,
    "D never unknown-token" },
  /* tokens that do not stand where the own server writes */
  { "in To", ARRIVED ("news-bounces@lists.example.org"), "To: $ANN\n", NULL, NULL, "C count" },
  { "in Cc", ARRIVED ("news-bounces@lists.example.org"), "Cc: $ANN\n", NULL, NULL, "C count" },
  { "in Apparently-To", ARRIVED ("news-bounces@lists.example.org"), "Apparently-To: $ANN\n", NULL,
    NULL, "C count" },
  { "in Delivered-To below Received", ARRIVED ("news-bounces@lists.example.org"),
    "Delivered-To: $ANN\n", NULL, NULL, "C count" },
  { "in X-Original-To below Received",
    "Return-Path: <>\n" OUR_RECEIVED "X-Original-To: $ANN\n" THEIR_RECEIVED, NULL, NULL, NULL,
    "C count" },
  { "in Delivered-To below a Received that claims to be ours",
    "Return-Path: <>\n" OUR_RECEIVED "Delivered-To: $ANN\n" OUR_RECEIVED, NULL, NULL, NULL,
    "C count" },
  { "in a body", ARRIVED ("news-bounces@lists.example.org"), NULL,
    FAILED ("ann@example.net") "X-Envelope: $ANN\n", POST "\n$ANN\n", "C count" },
  { "in the Return-Path of what is returned", ARRIVED ("news-bounces@lists.example.org"), NULL,
    NULL, "Return-Path: <$ANN>\n" POST "\n", "C count" },
  { "without a Received", "Return-Path: <>\nDelivered-To: $ANN\n", NULL, NULL, NULL, "C count" },
  { "only as part of another address", ARRIVED ("x$ANN.example.com"), NULL, NULL, NULL,
    "D never forged-token" },
  /* letters that only look the same */
  { "a Kelvin sign in the token", ARRIVED ("news-bounces+\342\204\252@lists.example.org"), NULL,
    FAILED ("kate@example.net"), NULL, "C count" },
  { "a victim with a Kelvin sign", ARRIVED ("$KATE"), NULL, FAILED ("\342\204\252ate@example.net"),
    NULL, "B count other-recipient" },
  { "a victim in fullwidth letters", ARRIVED ("$KATE"), NULL,
    FAILED ("\357\275\213ate@example.net"), NULL, "B count other-recipient" },
  { "a victim whose domain has another dot", ARRIVED ("$KATE"), NULL,
    FAILED ("kate@example\343\200\202net"), NULL, "B count other-recipient" },
  /* who wrote it */
  { "with a sender and no token",
    "Return-Path: <eve@example.com>\nDelivered-To: news-bounces@lists.example.org\n" OUR_RECEIVED,
    NULL, NULL, NULL, "D never sender" },
  { "with a sender and a plain path",
    "Return-Path: <eve@example.com>\n"
    "Delivered-To: news-bounces+ann=example.net@lists.example.org\n" OUR_RECEIVED,
    NULL, NULL, NULL, "D never sender" },
  { "with a null sender below Received",
    "Return-Path: <eve@example.com>\nDelivered-To: news-bounces@lists.example.org\n" OUR_RECEIVED
    "Return-Path: <>\n",
    NULL, NULL, NULL, "D never sender" },
  { "DMARC has failed",
    "Authentication-Results: mx.example.org; dmarc=fail header.from=mx.example.net\n" ARRIVED (
        "$ANN"),
    NULL, NULL, NULL, "D never authentication" },
  { "DMARC has failed, SPF not",
    "Authentication-Results: mx.example.org; spf=pass; dmarc=fail header.from=x.example\n" ARRIVED (
        "$ANN"),
    NULL, NULL, NULL, "D never authentication" },
  { "SPF has failed",
    "Authentication-Results: MX.Example.org 1; spf=fail smtp.helo=x\n" ARRIVED ("$ANN"), NULL, NULL,
    NULL, "D never authentication" },
  { "authentication has failed, says a milter",
    "Return-Path: <>\nDelivered-To: $ANN\n" OUR_RECEIVED
    "Authentication-Results: mx.example.org;\n\tdkim=fail (signature (of x); bad) "
    "header.d=x\n" THEIR_RECEIVED,
    NULL, NULL, NULL, "D never authentication" },
  { "DMARC has failed, and below it is claimed that it has not",
    "Authentication-Results: mx.example.org; dmarc=fail\n" ARRIVED (
        "$ANN") "Authentication-Results: mx.example.org; dmarc=pass\n",
    NULL, NULL, NULL, "D never authentication" },
  /* what came back */
  { "a message of another list", NULL, NULL, NULL,
    "Message-ID: <1@lists.example.org>\nList-Id: <news.lists.example.com>\nSubject: x\n\n",
    "D never foreign-message" },
  { "a message of others, and no token", ARRIVED ("news-bounces@lists.example.org"), NULL, NULL,
    "Message-ID: <1@example.com>\nFrom: eve@example.com\nTo: ann@example.net\n\n",
    "D never foreign-message" },
  { "a List-Id that ends like ours", NULL, NULL, NULL,
    "Message-ID: <1@x>\nList-Id: <news.badlists.example.org>\nSubject: x\n\n",
    "D never foreign-message" },
};

START_TEST (test_attack)
{
  assert_case (with_keys, &attacks[_i], NULL);
}
END_TEST

/* Whatever the attack, nobody but the owner of a token can be unsubscribed by it. */
START_TEST (test_attack_hits_nobody)
{
  g_autofree char *mail = make_mail (&attacks[_i]);
  g_autoptr (ReboundReport) report = analyze (with_keys, mail, NULL);

  for (guint i = 0; i < rebound_report_get_n_recipients (report); i++)
    {
      const ReboundRecipient *to = rebound_report_get_recipient (report, i);

      ck_assert_msg (rebound_recipient_get_unsubscribe (to) != REBOUND_UNSUBSCRIBE_NOW
                         || strcmp (rebound_recipient_get_subscriber (to), "eve@example.com") == 0,
                     "%s", attacks[_i].name);
    }
}
END_TEST

/* Behind another's token stands the other, whoever the report names, and wherever. */
START_TEST (test_subscriber_of_token)
{
  static const Case cases[] = {
    { "alone", ARRIVED ("$EVE"), NULL, NULL, NULL, NULL },
    { "with a plain path below", ARRIVED ("$EVE"),
      "Delivered-To: news-bounces+ann=example.net@lists.example.org\n", NULL, NULL, NULL },
    { "with a plain path in To", "Return-Path: <>\nX-Original-To: $EVE\n" OUR_RECEIVED,
      "X-Envelope-To: news-bounces+ann=example.net@lists.example.org\n", NULL, NULL, NULL },
    { "with an original recipient", ARRIVED ("$EVE"), NULL,
      FAILED ("ann@example.net") "Original-Recipient: rfc822; ann@example.net\n", NULL, NULL },
    { "with a returned To", ARRIVED ("$EVE"), NULL, NULL,
      "Message-ID: <1@lists.example.org>\nTo: ann@example.net\n\n", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *mail = make_mail (&cases[i]);
      g_autoptr (ReboundReport) report = analyze (with_keys, mail, NULL);
      const ReboundRecipient *to = rebound_report_get_recipient (report, 0);

      ck_assert_msg (strcmp (rebound_recipient_get_subscriber (to), "eve@example.com") == 0,
                     "%s: %s", cases[i].name, rebound_recipient_get_subscriber (to));
      ck_assert_int_ne (rebound_recipient_get_unsubscribe (to), REBOUND_UNSUBSCRIBE_NOW);
    }
}
END_TEST

/* A report within the returned message is not this one's, though by their delimiters its parts may
 * seem to be; and a wrapped one is somebody's words. */
START_TEST (test_nested)
{
  static const Case inner = { .name = "inner" };
  g_autofree char *nested = make_mail (&inner);
  g_autofree char *apart = replaced (g_strdup (nested), "=b", "=c");
  g_autofree char *returned =
      g_strconcat (POST "MIME-Version: 1.0\nContent-Type: message/rfc822\n\n", apart, NULL);
  g_autofree char *mixed =
      g_strconcat (POST "MIME-Version: 1.0\nContent-Type: message/rfc822\n\n", nested, NULL);
  const Case outer = { "outer",  ARRIVED ("$EVE"), NULL, FAILED ("eve@example.com"),
                       returned, "A now" };
  const Case same = { "the same delimiter",
                      ARRIVED ("$EVE"),
                      NULL,
                      FAILED ("eve@example.com"),
                      mixed,
                      "A now; D never other-recipient" };

  assert_case (with_keys, &outer, NULL);
  assert_case (with_keys, &same, NULL);
}
END_TEST

START_TEST (test_wrapped)
{
  static const Case inner = { .name = "inner" };
  g_autofree char *nested = make_mail (&inner);
  g_autofree char *wrapped =
      g_strconcat (ARRIVED ("$EVE") "From: MAILER-DAEMON@mx.example.net\nTo: x@lists.example.org\n"
                                    "Subject: Undelivered Mail\nMIME-Version: 1.0\n"
                                    "Content-Type: message/rfc822\n\n",
                   nested, NULL);
  g_autofree char *filled = fill_in (wrapped);
  g_autoptr (ReboundReport) report = analyze (with_keys, filled, NULL);
  g_autofree char *found = describe (rebound_report_get_recipient (report, 0));

  ck_assert_uint_eq (rebound_report_get_n_recipients (report), 1);
  ck_assert_str_eq (found, "B count other-recipient");
}
END_TEST

/* ---- Honest reports ----------------------------------------------------------------------- */

static const Case honest[] = {
  { "of Postfix", NULL, NULL, NULL, NULL, "A now" },
  { "in X-Original-To", "X-Original-To: $ANN\nDelivered-To: rebound@mx.example.org\n" OUR_RECEIVED,
    NULL, NULL, NULL, "A now" },
  { "in Envelope-To", "Return-path: <>\nEnvelope-to: $ANN\n" OUR_RECEIVED, NULL, NULL, NULL,
    "A now" },
  { "in Envelope-To beside others", "Envelope-to: x@lists.example.org,\n\t$ANN\n" OUR_RECEIVED,
    NULL, NULL, NULL, "A now" },
  { "in X-Envelope-To, in angle brackets", "X-Envelope-To: <$ANN>\n" OUR_RECEIVED, NULL, NULL, NULL,
    "A now" },
  { "behind an mbox From line", "From MAILER-DAEMON Sun Nov 22 01:18:31 2026\n" ARRIVED ("$ANN"),
    NULL, NULL, NULL, "A now" },
  { "a probe", ARRIVED ("$PROBE"), NULL, NULL, NULL, "A now" },
  { "BATV", ARRIVED ("prvs=0123456789=$ANN"), NULL, NULL, NULL, "A now" },
  { "a digest whose address it names", ARRIVED ("$LONG"), NULL, FAILED (LONG_NAME), NULL, "A now" },
  { "another case", NULL, NULL, FAILED ("Ann@Example.NET"), NULL, "A now" },
  { "an original recipient", NULL, NULL,
    FAILED ("ann@home.example") "Original-Recipient: rfc822; ann@example.net\n", NULL, "A now" },
  { "a returned To", NULL, NULL, FAILED ("ann@home.example"),
    "Message-ID: <1@lists.example.org>\nTo: ann@example.net\n\n", "A now" },
  { "behind a forwarding", NULL, NULL, FAILED ("ann@home.example"), NULL,
    "B count other-recipient" },
  { "with a sender, and a token",
    "Return-Path: <bounces@mx.example.net>\nDelivered-To: $ANN\n" OUR_RECEIVED, NULL, NULL, NULL,
    "A now" },
  { "authenticated",
    "Authentication-Results: mx.example.org; dmarc=pass; spf=fail; dkim=pass\n" ARRIVED ("$ANN"),
    NULL, NULL, NULL, "A now" },
  { "one signature of two is broken",
    "Authentication-Results: mx.example.org; dkim=fail; dkim=pass; spf=softfail\n" ARRIVED ("$ANN"),
    NULL, NULL, NULL, "A now" },
  { "what others say of authentication", NULL,
    "Authentication-Results: mx.example.net; dmarc=fail\nAuthentication-Results: mx.example.org;"
    " dmarc=fail\n",
    NULL, NULL, "A now" },
  { "a host of that name in a comment",
    "Authentication-Results: mx.example.net (mx.example.org;"
    " dmarc=fail); dmarc=pass\n" ARRIVED ("$ANN"),
    NULL, NULL, NULL, "A now" },
  { "a host of that name with a comment in it",
    "Authentication-Results: mx.ex(\\)ample)ample.org; dmarc=fail\n" ARRIVED ("$ANN"), NULL, NULL,
    NULL, "A now" },
  { "results in a quoted string",
    "Authentication-Results: mx.example.org; spf=pass reason=\"x\\\"; dmarc=fail\"\n" ARRIVED (
        "$ANN"),
    NULL, NULL, NULL, "A now" },
  { "a message of a member's own program", NULL, NULL, NULL,
    "Message-ID: <1@laptop>\nList-Id: <news.lists.example.org>\n\n", "A now" },
  { "a message without a List-Id", NULL, NULL, NULL, "Message-ID: <1@laptop>\nTo: " LIST "\n\n",
    "A now" },
  { "refused for what it is", NULL, NULL,
    "\nFinal-Recipient: rfc822; ann@example.net\nAction: failed\nStatus: 5.7.1\n"
    "Diagnostic-Code: smtp; 550 5.7.1 message content rejected as spam\n",
    NULL, "A never" },
};

START_TEST (test_honest)
{
  assert_case (with_keys, &honest[_i], NULL);
}
END_TEST

static const Case plain[] = {
  { "Mailman's", ARRIVED ("news-bounces+ann=example.net@lists.example.org"), NULL, NULL, NULL,
    "B now" },
  { "ezmlm's", ARRIVED ("news-return-7-ann=example.net@lists.example.org"), NULL, NULL, NULL,
    "B now" },
  { "Sympa's", ARRIVED ("bounce+ann==a==example.net==news@lists.example.org"), NULL, NULL, NULL,
    "B now" },
  { "of a domain that is not ours", ARRIVED ("news-bounces+ann=example.net@lists.example.com"),
    NULL, NULL, NULL, "C count" },
  { "that returns nothing of ours", ARRIVED ("news-bounces+ann=example.net@lists.example.org"),
    NULL, NULL, "Subject: Hello\n\n", "C count" },
  { "whose sender is not known",
    "Delivered-To: news-bounces+ann=example.net@lists.example.org\n" OUR_RECEIVED, NULL, NULL, NULL,
    "C count" },
  { "of another alone", ARRIVED ("news-bounces+eve=example.com@lists.example.org"), NULL, NULL,
    NULL, "C count other-recipient" },
  { "of another with others", ARRIVED ("news-bounces+eve=example.com@lists.example.org"), NULL,
    FAILED ("eve@example.com") FAILED ("ann@example.net"), NULL, "B now; D never other-recipient" },
  { "only words", ARRIVED ("news-bounces@lists.example.org"), NULL, NULL, NULL, "C count" },
};

START_TEST (test_plain)
{
  assert_case (without_keys, &plain[_i], NULL);
}
END_TEST

/* ---- The envelope ------------------------------------------------------------------------- */

static char *
know_long (G_GNUC_UNUSED const char *digest, gpointer data)
{
  return g_strdup (data);
}

static const char *
grade_with (const char *recipient, const char *sender, gint64 received, const char *known,
            const Case *mail)
{
  g_autofree char *filled = fill_in (recipient);
  g_autofree char *text = make_mail (mail);
  ReboundEnvelope envelope = { .sender = sender, .recipient = filled, .received = received };
  g_autoptr (ReboundReport) report = NULL;

  if (known != NULL)
    {
      envelope.find_path = know_long;
      envelope.find_data = (gpointer) known;
    }
  report = analyze (with_keys, text, &envelope);
  return rebound_grade_to_string (
      rebound_recipient_get_grade (rebound_report_get_recipient (report, 0)));
}

/* What the caller knows needs no trace. */
START_TEST (test_envelope)
{
  const Case bare = { .name = "without a trace", .top = "" };
  const Case eve = { .name = "to another", .top = ARRIVED ("$EVE") };

  ck_assert_str_eq (grade_with ("$ANN", "", NOW, NULL, &bare), "A");
  ck_assert_str_eq (grade_with ("$ANN", NULL, NOW, NULL, &bare), "A");
  ck_assert_str_eq (grade_with ("$CHANGED", "", NOW, NULL, &bare), "D");
  ck_assert_str_eq (
      grade_with ("news-bounces@lists.example.org", "eve@x.example", NOW, NULL, &bare), "D");
  ck_assert_str_eq (grade_with ("news-bounces@lists.example.org", "", NOW, NULL, &bare), "C");
  ck_assert_str_eq (grade_with ("$ANN", "", NOW, NULL, &eve), "A");
}
END_TEST

/* The age of a token is that at arrival: of the caller, or of the own Received. */
START_TEST (test_received)
{
  const Case bare = { .name = "without a trace", .top = "" };
  const Case traced = { .name = "with one" };

  ck_assert_str_eq (grade_with ("$ANN", "", 0, NULL, &bare), "B");
  ck_assert_str_eq (grade_with ("$ANN", "", 0, NULL, &traced), "A");
  ck_assert_str_eq (grade_with ("$ANN", "", NOW + 14 * DAY, NULL, &traced), "A");
  ck_assert_str_eq (grade_with ("$ANN", "", NOW + 15 * DAY, NULL, &traced), "D");
  ck_assert_str_eq (grade_with ("$ANN", "", NOW - 2 * DAY, NULL, &traced), "D");
}
END_TEST

/* A store knows whose digest it is where the report does not. */
START_TEST (test_find_path)
{
  const Case forwarded = { .top = "", .recipients = FAILED ("x@home.example") };

  ck_assert_str_eq (grade_with ("$LONG", "", NOW, LONG_NAME, &forwarded), "B");
  ck_assert_str_eq (grade_with ("$LONG", "", NOW, "ann@example.net", &forwarded), "D");
  ck_assert_str_eq (grade_with ("$LONG", "", NOW, NULL, &forwarded), "D");
}
END_TEST

/* ---- Others than bounces ------------------------------------------------------------------ */

static void
assert_other (const char *mail, ReboundKind kind, const char *expected)
{
  g_autofree char *filled = fill_in (mail);
  g_autoptr (ReboundReport) report = analyze (with_keys, filled, NULL);
  g_autofree char *found = NULL;

  ck_assert_int_eq (rebound_report_get_kind (report), kind);
  found = describe (rebound_report_get_recipient (report, 0));
  ck_assert_msg (strcmp (found, expected) == 0, "got \"%s\", not \"%s\" for\n%s", found, expected,
                 filled);
}

#define AWAY                                                                                       \
  "Subject: Out of office\nAuto-Submitted: auto-replied\nMIME-Version: 1.0\n\n"                    \
  "I am out of the office until Monday.\n"

START_TEST (test_auto_reply)
{
  assert_other (ARRIVED ("$ANN") "From: Ann <ann@example.net>\nTo: $ANN\n" AWAY,
                REBOUND_KIND_AUTO_REPLY, "A never");
  assert_other ("Return-Path: <ann@example.net>\nDelivered-To: $ANN\n" OUR_RECEIVED
                "From: Ann <ann@example.net>\n" AWAY,
                REBOUND_KIND_AUTO_REPLY, "A never");
  assert_other (ARRIVED ("$ANN") "From: Ann at home <ann@home.example>\n" AWAY,
                REBOUND_KIND_AUTO_REPLY, "B never other-recipient");
  assert_other (ARRIVED ("$CHANGED") "From: Ann <ann@example.net>\n" AWAY, REBOUND_KIND_AUTO_REPLY,
                "D never forged-token");
}
END_TEST

#define COMPLAINT(fields, returned)                                                                \
  "Return-Path: <fbl@isp.example>\nDelivered-To: fbl@lists.example.org\n" OUR_RECEIVED             \
  "From: fbl@isp.example\nTo: fbl@lists.example.org\nSubject: complaint\nMIME-Version: 1.0\n"      \
  "Content-Type: multipart/report; report-type=feedback-report; boundary=\"=b\"\n\n"               \
  "--=b\n\nA complaint.\n\n--=b\nContent-Type: message/feedback-report\n\n"                        \
  "Feedback-Type: abuse\nUser-Agent: x/1\nVersion: 1\n" fields                                     \
  "\n--=b\nContent-Type: message/rfc822\n\n" returned "\n--=b--\n"

START_TEST (test_complaint)
{
  assert_other (COMPLAINT ("Original-Mail-From: <$ANN>\n", POST), REBOUND_KIND_COMPLAINT, "A now");
  assert_other (COMPLAINT ("Original-Mail-From: <$ANN>\nOriginal-Rcpt-To: ann@example.net\n", POST),
                REBOUND_KIND_COMPLAINT, "A now");
  assert_other (COMPLAINT ("", "Return-Path: <$ANN>\n" POST), REBOUND_KIND_COMPLAINT, "A now");
  assert_other (COMPLAINT ("Original-Mail-From: <$CHANGED>\n", POST), REBOUND_KIND_COMPLAINT,
                "D never forged-token");
  assert_other (COMPLAINT ("Original-Mail-From: <$EVE>\nOriginal-Rcpt-To: ann@example.net\n", POST),
                REBOUND_KIND_COMPLAINT, "B count other-recipient");
  assert_other (COMPLAINT ("Original-Rcpt-To: ann@example.net\n", POST), REBOUND_KIND_COMPLAINT,
                "C count");
}
END_TEST

/* ---- What is told of it ------------------------------------------------------------------- */

START_TEST (test_list)
{
  static const struct
  {
    const char *top;
    const char *returned;
    const char *of_site;
    const char *of_nobody;
  } cases[] = {
    { ARRIVED ("$ANN"), "\n", LIST, LIST },
    { ARRIVED ("News-bounces+ann=example.net@Lists.Example.ORG"), "\n", LIST, LIST },
    { ARRIVED ("x@lists.example.org"), POST "\n", LIST, NULL },
    { ARRIVED ("x@lists.example.org"), "List-Post: <mailto:Club@lists.example.org>\nSubject: x\n\n",
      "club@lists.example.org", "club@lists.example.org" },
    { ARRIVED ("x@lists.example.org"), "List-Post: <mailto:club@lists.example.com>\nSubject: x\n\n",
      NULL, "club@lists.example.com" },
    { ARRIVED ("x@lists.example.org"), "List-Post: NO\nSubject: x\n\n", NULL, NULL },
    { ARRIVED ("club-bounces+ann=example.net@lists.example.com"), "\n", NULL,
      "club@lists.example.com" },
  };
  g_autoptr (ReboundAnalyzer) nobody = rebound_analyzer_new (NULL, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const Case one = { .top = cases[i].top, .returned = cases[i].returned };
      g_autofree char *mail = make_mail (&one);
      g_autoptr (ReboundReport) graded = analyze (with_keys, mail, NULL);
      g_autoptr (ReboundReport) ungraded = analyze (nobody, mail, NULL);

      ck_assert_msg (g_strcmp0 (rebound_report_get_list (graded), cases[i].of_site) == 0, "%s: %s",
                     mail, rebound_report_get_list (graded));
      if (i > 0)
        ck_assert_msg (g_strcmp0 (rebound_report_get_list (ungraded), cases[i].of_nobody) == 0,
                       "%s: %s", mail, rebound_report_get_list (ungraded));
    }
}
END_TEST

START_TEST (test_path)
{
  static const struct
  {
    const char *top;
    ReboundPath path;
  } cases[] = {
    { ARRIVED ("$ANN"), REBOUND_PATH_POST },
    { ARRIVED ("$PROBE"), REBOUND_PATH_PROBE },
    { ARRIVED (
          "news-return-warn-1700000000.abcdefghijklmnopqrst-ann=example.net@lists.example.org"),
      REBOUND_PATH_WARNING },
    { ARRIVED ("news+bounces-probe-ann=example.net@lists.example.org"), REBOUND_PATH_PROBE },
    { ARRIVED ("news-bounces+da39a3ee5e6b4b0d3255bfef95601890afd80709@lists.example.org"),
      REBOUND_PATH_PROBE },
    { ARRIVED ("news-bounces@lists.example.org"), REBOUND_PATH_NONE },
    { ARRIVED ("$CHANGED"), REBOUND_PATH_NONE },
    { ARRIVED ("news-return-7-@lists.example.org"), REBOUND_PATH_NONE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const Case one = { .top = cases[i].top };
      g_autofree char *mail = make_mail (&one);
      g_autoptr (ReboundReport) report = analyze (with_keys, mail, NULL);

      ck_assert_msg (rebound_recipient_get_path (rebound_report_get_recipient (report, 0))
                         == cases[i].path,
                     "%s", mail);
    }
}
END_TEST

/* Who has told nothing of his site gets no grades. */
START_TEST (test_ungraded)
{
  const Case one = { .name = "ungraded" };
  g_autofree char *mail = make_mail (&one);
  g_autoptr (ReboundAnalyzer) nobody = rebound_analyzer_new (NULL, NULL);
  g_autoptr (ReboundReport) report = analyze (nobody, mail, NULL);
  const ReboundRecipient *to = rebound_report_get_recipient (report, 0);
  g_autofree char *json = rebound_recipient_to_json (to, NULL);

  ck_assert_int_eq (rebound_recipient_get_grade (to), REBOUND_GRADE_NONE);
  ck_assert_int_eq (rebound_recipient_get_path (to), REBOUND_PATH_NONE);
  ck_assert_ptr_nonnull (strstr (json, "\"authenticity\": null"));
}
END_TEST

START_TEST (test_text)
{
  const Case one = { .top = ARRIVED ("$CHANGED") };
  const ReboundStyle explain = { .explain = TRUE };
  g_autofree char *mail = make_mail (&one);
  g_autoptr (ReboundReport) report = analyze (with_keys, mail, NULL);
  g_autofree char *brief = rebound_report_to_text (report, NULL);
  g_autofree char *whole = rebound_report_to_text (report, &explain);

  ck_assert_ptr_nonnull (
      strstr (brief, "\n    trusted as D · the signature of the return path is wrong\n"));
  ck_assert_ptr_nonnull (strstr (whole, "\n    trusted as D\n"));
  ck_assert_ptr_nonnull (strstr (whole, "\n      for           the null sender\n"));
  ck_assert_ptr_nonnull (
      strstr (whole, "\n      against       the signature of the return path is wrong\n"));
}
END_TEST

/* Keys that cannot be used end the analyzer; who needs none does not read them. */
START_TEST (test_keys_of_policy)
{
  g_autofree char *file = g_build_filename (folder, "p.conf", NULL);
  g_autoptr (ReboundPolicy) with_site = NULL;
  g_autoptr (ReboundPolicy) without_site = NULL;
  g_autoptr (ReboundAnalyzer) without = NULL;
  g_autoptr (GError) error = NULL;

  ck_assert (
      g_file_set_contents (file, "[site]\ndomains = x.example\nkeys = /no/such/file\n", -1, NULL));
  with_site = rebound_policy_new_from_file (file, NULL);
  ck_assert_ptr_null (rebound_analyzer_new_for_site (NULL, NULL, with_site, &error));
  ck_assert (g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT));
  ck_assert (g_file_set_contents (file, "[site]\nkeys = /no/such/file\n", -1, NULL));
  without_site = rebound_policy_new_from_file (file, NULL);
  without = rebound_analyzer_new_for_site (NULL, NULL, without_site, NULL);
  ck_assert_ptr_nonnull (without);
  g_unlink (file);
}
END_TEST

/* ---- The corpus --------------------------------------------------------------------------- */

/* The reports that mail systems write are of grade A where they come to a signed path of whom they
 * are about; all of one recipient, of whom the corpus knows what he is. */
static void
check_report (const char *name, GBytes *bytes)
{
  g_autoptr (ReboundAnalyzer) nobody = rebound_analyzer_new (NULL, NULL);
  g_autoptr (ReboundReport) before = rebound_analyzer_analyze (nobody, bytes, NULL, NULL);
  g_autoptr (ReboundReport) after = NULL;
  g_autofree char *path = NULL;
  ReboundEnvelope envelope = { .sender = "", .received = NOW };
  const ReboundRecipient *to;
  g_autofree char *found = NULL;

  if (rebound_report_get_n_recipients (before) != 1)
    return;
  to = rebound_report_get_recipient (before, 0);
  path = rebound_verp_make (keys, NULL, LIST, rebound_recipient_get_subscriber (to),
                            REBOUND_PATH_POST, NOW, NULL);
  if (path == NULL)
    return;
  envelope.recipient = path;
  after = rebound_analyzer_analyze (with_keys, bytes, &envelope, NULL);
  found = describe (rebound_report_get_recipient (after, 0));
  ck_assert_msg (*found == 'A', "%s: %s", name, found);
  ck_assert_int_eq (rebound_recipient_get_unsubscribe (rebound_report_get_recipient (after, 0)),
                    rebound_recipient_get_unsubscribe (to));
}

static const char *const formats[] = { "postfix",      "exim",     "qmail",   "exchange-online",
                                       "exchange2007", "sendmail", "courier", "opensmtpd" };

START_TEST (test_corpus)
{
  g_autofree char *place = g_build_filename (g_getenv ("top_srcdir"), "corpus", formats[_i], NULL);
  g_autoptr (GDir) dir = g_dir_open (place, 0, NULL);
  const char *name;
  guint n = 0;

  ck_assert_ptr_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *file = g_build_filename (place, name, NULL);
      g_autoptr (GBytes) bytes = NULL;
      char *text;
      gsize length;

      if (!g_str_has_suffix (name, ".eml"))
        continue;
      ck_assert (g_file_get_contents (file, &text, &length, NULL));
      bytes = g_bytes_new_take (text, length);
      check_report (file, bytes);
      n++;
    }
  ck_assert_uint_gt (n, 0);
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
  TCase *attacked = MAKE_CASE ("attacks", test_subscriber_of_token, test_nested, test_wrapped);
  TCase *trusted = MAKE_CASE ("honest", test_envelope, test_received, test_find_path,
                              test_auto_reply, test_complaint);
  TCase *told =
      MAKE_CASE ("told", test_list, test_path, test_ungraded, test_text, test_keys_of_policy);
  TCase *const cases[] = { attacked, trusted, told, NULL };

  tcase_add_loop_test (attacked, test_attack, 0, G_N_ELEMENTS (attacks));
  tcase_add_loop_test (attacked, test_attack_hits_nobody, 0, G_N_ELEMENTS (attacks));
  tcase_add_loop_test (trusted, test_honest, 0, G_N_ELEMENTS (honest));
  tcase_add_loop_test (trusted, test_plain, 0, G_N_ELEMENTS (plain));
  tcase_add_loop_test (trusted, test_corpus, 0, G_N_ELEMENTS (formats));
  return run_suite ("authenticity", cases, set_up, tear_down);
}
