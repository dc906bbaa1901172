/* Rebound: tests of the verdicts, by the public functions.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <glib/gstdio.h>
#include <string.h>

#include "rebound.h"
#include "rules/rules.h"
#include "suite.h"

/* ---- Helpers ------------------------------------------------------------------------------ */

static ReboundAnalyzer *
analyzer (void)
{
  static ReboundAnalyzer *shared;

  if (shared == NULL)
    shared = rebound_analyzer_new (NULL, NULL);
  ck_assert_ptr_nonnull (shared);
  return shared;
}

static ReboundReport *
analyze_with (const char *mail, const ReboundEnvelope *envelope)
{
  g_autoptr (GBytes) bytes = g_bytes_new (mail, strlen (mail));
  g_autoptr (GError) error = NULL;
  ReboundReport *report = rebound_analyzer_analyze (analyzer (), bytes, envelope, &error);

  ck_assert_ptr_nonnull (report);
  ck_assert_ptr_null (error);
  return report;
}

static ReboundReport *
analyze (const char *mail)
{
  return analyze_with (mail, NULL);
}

static ReboundReport *
classify (const char *text)
{
  g_autoptr (GError) error = NULL;
  ReboundReport *report = rebound_analyzer_classify (analyzer (), text, &error);

  ck_assert_ptr_nonnull (report);
  ck_assert_ptr_null (error);
  ck_assert_uint_eq (rebound_report_get_n_recipients (report), 1);
  return report;
}

static const ReboundRecipient *
recipient_of (const ReboundReport *report)
{
  ck_assert_uint_ge (rebound_report_get_n_recipients (report), 1);
  return rebound_report_get_recipient (report, 0);
}

/* reason bounce fault unsubscribe */
static char *
describe (const ReboundRecipient *recipient)
{
  return g_strdup_printf (
      "%s %s %s %s", rebound_reason_to_string (rebound_recipient_get_reason (recipient)),
      rebound_bounce_to_string (rebound_recipient_get_bounce (recipient)),
      rebound_fault_to_string (rebound_recipient_get_fault (recipient)),
      rebound_unsubscribe_to_string (rebound_recipient_get_unsubscribe (recipient)));
}

static void
assert_verdict (const ReboundRecipient *recipient, const char *expected, const char *input)
{
  g_autofree char *found = describe (recipient);

  ck_assert_msg (strcmp (found, expected) == 0, "got \"%s\", not \"%s\", for:\n%s", found, expected,
                 input);
}

static gboolean
leaves_open (const ReboundRecipient *recipient, ReboundReason reason)
{
  guint n;
  const ReboundReason *also = rebound_recipient_get_also (recipient, &n);

  for (guint i = 0; i < n; i++)
    if (also[i] == reason)
      return TRUE;
  return FALSE;
}

static const ReboundFact *
find_fact (const ReboundRecipient *recipient, const char *fact, const char *value)
{
  guint n;
  const ReboundFact *facts = rebound_recipient_get_evidence (recipient, &n);

  for (guint i = 0; i < n; i++)
    if (strcmp (facts[i].fact, fact) == 0 && strcmp (facts[i].value, value) == 0)
      return &facts[i];
  return NULL;
}

/* A delivery status notification; @fields are those of one recipient or of several. */
static char *
make_status (const char *text, const char *fields)
{
  return g_strdup_printf ("From: MAILER-DAEMON@mx.example.org\nTo: news-owner@lists.example.org\n"
                          "Subject: Delivery report\nMIME-Version: 1.0\n"
                          "Content-Type: multipart/report; report-type=delivery-status;\n"
                          " boundary=\"=b\"\n\n--=b\n\n%s\n"
                          "--=b\nContent-Type: message/delivery-status\n\n"
                          "Reporting-MTA: dns; mx.example.org\n\n%s\n--=b--\n",
                          text, fields);
}

static ReboundReport *
analyze_status (const char *fields)
{
  g_autofree char *mail = make_status ("Some text.", fields);

  return analyze (mail);
}

#define BOB "Final-Recipient: rfc822; bob@example.net\n"

/* ---- One refusal -------------------------------------------------------------------------- */

typedef struct
{
  const char *text;
  const char *verdict;
} Refusal;

static const Refusal refusals[] = {
  /* what a host may say to all whom it does not like drops nobody at once */
  { "550 5.1.1 User unknown; your IP is listed in zen.spamhaus.org",
    "user-unknown hard recipient count" },
  { "535 5.1.1 no such user", "user-unknown hard recipient count" },
  /* RFC 7504 */
  { "521 5.3.2 mx.example.net does not want it", "domain-refusing hard domain count" },
  { "450 4.3.2 not now", "system-error soft receiver count" },
  /* plain */
  { "550 5.1.1 <bob@example.net>: no such user", "user-unknown hard recipient now" },
  /* texts without a source call nobody dead; 550 says no more than that it is over */
  { "550 No such email", "user-unknown soft recipient count" },
  { "550 5.1.1 No such email", "user-unknown hard recipient now" },
  { "550 he no longer works here", "user-moved soft recipient count" },
  /* whose address is it? */
  { "554 5.7.1 sender ann@example.org: no such user", "sender-rejected soft sender never" },
  { "550 return path: mailbox unavailable", "sender-rejected soft sender never" },
  { "550 Reverse path is not a known user", "sender-rejected soft sender never" },
  { "550 originator address does not exist", "sender-rejected soft sender never" },
  { "550 5.7.1 Client is not a known user of this relay", "sender-rejected soft sender never" },
  { "550 remitente ann@example.org: usuario desconocido", "sender-rejected soft sender never" },
  { "550 remitente ann@example.org, destinatario: usuario desconocido",
    "user-unknown hard recipient now" },
  { "550 5.1.1 sender ann@example.org: no such user", "user-unknown hard recipient count" },
  { "550 user unknown in return path", "sender-rejected soft sender never" },
  { "550 sending user unknown", "sender-rejected soft sender never" },
  { "550 user unknown in sending group", "user-unknown hard recipient now" },
  /* a code alone beside words that tell of something else */
  { "550 5.1.1 Message classified as phishing", "user-unknown hard recipient count" },
  { "550 5.1.1 Service temporarily unavailable", "user-unknown hard recipient count" },
  { "550 5.1.1 Bob, no: mailbox unavailable", "user-unknown hard recipient now" },
  { "550 Sender verified. No such user", "user-unknown hard recipient now" },
  { "550 mail from:<ann@example.org> to <bob@example.net>: no such user",
    "user-unknown hard recipient now" },
  { "550 5.1.6 Destination mailbox has moved, no forwarding address",
    "user-moved hard recipient now" },
  { "550 5.7.17 Mailbox owner has changed", "user-moved hard recipient now" },
  { "550 5.2.1 mailbox disabled", "user-inactive hard recipient count" },
  { "553 5.1.3 bad destination mailbox address syntax", "address-invalid hard recipient now" },
  { "552 5.2.2 mailbox full", "mailbox-full soft recipient count" },
  { "550 5.1.2 Host not found", "domain-unknown hard domain count" },
  { "556 5.1.10 Recipient address has a null MX", "domain-refusing hard domain count" },
  { "552 5.3.4 Message too large", "message-too-large soft message never" },
  { "550 5.6.7 non-ASCII addresses not permitted", "content-rejected soft message never" },
  { "554 5.7.1 Message rejected as spam", "spam-content soft message never" },
  { "554 5.7.1 virus found: Eicar", "virus-found soft message never" },
  { "550 5.7.26 DMARC policy violation", "auth-failed soft sender never" },
  { "550 5.7.25 Client host has no reverse DNS", "ptr-missing soft sender never" },
  { "554 5.7.1 Client host blocked using zen.spamhaus.org", "blocked soft sender never" },
  { "553 5.1.8 Sender address rejected: domain not found", "sender-rejected soft sender never" },
  { "554 5.7.1 Relay access denied", "relay-denied soft sender never" },
  { "530 5.7.0 Must issue a STARTTLS command first", "tls-required soft sender never" },
  { "454 4.7.0 TLS not available due to temporary reason", "tls-failed soft sender never" },
  { "452 4.5.3 Too many recipients", "too-many-recipients soft sender never" },
  { "450 4.2.0 Greylisted, please try again later", "greylisted soft receiver never" },
  { "452 4.3.1 Insufficient system storage", "system-full soft receiver count" },
  { "554 5.4.6 Too many hops", "loop-detected soft receiver count" },
  { "no clue at all", "unclassified soft unknown count" },
  /* bare codes */
  { "5.1.1", "user-unknown hard recipient now" },
  { "5.2.2", "mailbox-full soft recipient count" },
  { "535", "auth-required soft sender never" },
  { "550", "unclassified soft unknown count" },
  { "550 5.0.0", "unclassified soft unknown count" },
  { "550 5.7.509 Access denied", "auth-failed soft sender never" },
  { "550 5.7.606 Access denied", "blocked soft sender never" },

  /* a specific phrase before an enhanced code */
  { "454 5.5.1 TLS not available due to temporary reason", "tls-failed soft sender never" },
  { "550 5.2.1 The user you are trying to contact is receiving mail at a rate that prevents "
    "additional messages from being delivered.",
    "rate-limited soft sender never" },
  { "450 4.2.1 The user you are trying to contact is receiving mail too quickly. Please resend "
    "your message at a later time.",
    "rate-limited soft sender never" },
  { "550 5.1.1 Message rejected as spam", "spam-content soft message never" },
  { "550 5.1.1 Message contains a virus", "virus-found soft message never" },
  { "550 5.1.1 relay access denied", "relay-denied soft sender never" },
  { "550 5.1.1 Client host blocked using zen.spamhaus.org", "blocked soft sender never" },
  { "552 5.2.2 Message size exceeds fixed maximum message size",
    "message-too-large soft message never" },
  { "552 5.3.4 mailbox is full", "mailbox-full soft recipient count" },
  { "550 5.7.1 no such user here", "user-unknown hard recipient now" },
  { "550 5.0.0 mailbox is full", "mailbox-full soft recipient count" },
  { "554 5.7.1 <bob@example.net>: Recipient address rejected: User unknown in local recipient "
    "table",
    "user-unknown hard recipient now" },
  /* "user unknown" said of the sender */
  { "550 5.1.1 Sender address rejected: User unknown in local recipient table",
    "sender-rejected soft sender never" },

  /* a specific enhanced code before the reply code and the stage */
  { "552 5.2.2 sorry", "mailbox-full soft recipient count" },
  { "552 5.3.4 sorry", "message-too-large soft message never" },
  { "552 5.2.3 sorry", "message-too-large soft message never" },
  { "550 5.2.2 sorry (in reply to end of DATA command)", "mailbox-full soft recipient count" },
  /* at MAIL no recipient is known yet: what the code says of him drops nobody at once */
  { "550 5.1.1 sorry (in reply to MAIL FROM command)", "user-unknown hard recipient count" },
  /* a code alone calls nobody dead beside vague words of something else */
  { "550 5.1.1 access denied", "user-unknown hard recipient count" },
  { "550 5.1.1 mailbox temporarily unavailable", "user-unknown hard recipient count" },
  { "550 5.1.1 your host is not allowed here", "user-unknown hard recipient count" },
  { "550 5.1.1 <bob@example.net>: Not Permitted", "user-unknown hard recipient count" },
  { "550 5.1.1 Ihr Server ist hier NICHT ERLAUBT", "user-unknown hard recipient count" },
  { "550 5.1.2 Это Спам", "domain-unknown hard domain count" },
  { "550 5.1.1 User lookup temporarily failed", "user-unknown hard recipient count" },
  { "550 5.1.1 This address accepts internal mail only", "user-unknown hard recipient count" },
  /* nor do words that leave another thing open, that a passing fault explains, or that only may
   * be so; nor those of a callout, which may be the sender's */
  { "550 5.1.1 User unknown or not allowed to receive mail", "user-unknown hard recipient count" },
  { "550 Either the user does not exist or the mailbox is full",
    "user-unknown hard recipient count" },
  { "550 Benutzer unbekannt oder Postfach gesperrt", "user-unknown hard recipient count" },
  { "550 5.1.1 User unknown (temporary)", "user-unknown hard recipient count" },
  { "550 5.1.1 User unknown: LDAP lookup error", "user-unknown hard recipient count" },
  { "550 This might be because the user does not exist", "user-unknown hard recipient count" },
  { "550 Callout verification failed: 550 5.1.1 <bob@example.net>: User unknown",
    "user-unknown hard recipient count" },
  { "550 5.1.1 User unknown. Write to help@example.net or call us",
    "user-unknown hard recipient now" },
  /* 5.7.27 is the recipient's where the words are */
  { "550 5.7.27 Sender domain has a NULL MX", "sender-rejected soft sender never" },
  { "550 5.1.1 <bob@example.net> sorry", "user-unknown hard recipient now" },
  /* nor do a code that names the sender and words for either */
  { "550 5.1.7 user unknown", "sender-rejected soft sender never" },
  { "550 5.1.8 <bob@example.net>: no such domain", "sender-rejected soft sender never" },
  /* of codes that say little the reply and the stage decide */
  { "550 sorry (in reply to MAIL FROM command)", "sender-rejected soft sender never" },
  { "550 5.0.0 sorry (in reply to MAIL FROM command)", "sender-rejected soft sender never" },
  { "550 sorry (in reply to EHLO command)", "blocked soft sender never" },
  { "552 sorry (in reply to MAIL FROM command)", "message-too-large soft message never" },
  { "550 5.7.1 sorry (in reply to end of DATA command)", "policy-refused soft receiver never" },

  /* codes that providers use for something else */
  { "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
    "user-unknown hard recipient now" },

  /* a hard reason against which a 4yz or 4.x.x code stands */
  { "450 4.1.1 <bob@example.net>: user unknown", "user-unknown hard recipient count" },
  { "450 user unknown", "user-unknown hard recipient count" },
  { "450 5.1.1 user unknown", "user-unknown hard recipient count" },
  { "550 4.1.1 user unknown", "user-unknown hard recipient count" },
  { "4.1.1", "user-unknown hard recipient count" },
  { "451 4.1.6 mailbox has moved, no forwarding address", "user-moved hard recipient count" },
  /* and an inactive user is soft then */
  { "450 4.2.1 mailbox disabled", "user-inactive soft recipient count" },
  { "450 5.2.1 mailbox disabled", "user-inactive soft recipient count" },
  { "450 mailbox disabled", "user-inactive soft recipient count" },
  { "550 4.2.1 mailbox disabled", "user-inactive soft recipient count" },
  { "4.2.1", "user-inactive soft recipient count" },
  { "550 mailbox disabled", "user-inactive hard recipient count" },
};

START_TEST (refusal)
{
  g_autoptr (ReboundReport) report = classify (refusals[_i].text);

  ck_assert_int_eq (rebound_report_get_kind (report), REBOUND_KIND_BOUNCE);
  assert_verdict (recipient_of (report), refusals[_i].verdict, refusals[_i].text);
}
END_TEST

/* The facts that lost are shown as such, the decisive one first. */
START_TEST (contradicted)
{
  g_autoptr (ReboundReport) report = classify ("550 5.1.1 Message rejected as spam");
  const ReboundRecipient *recipient = recipient_of (report);
  guint n;
  const ReboundFact *facts = rebound_recipient_get_evidence (recipient, &n);

  ck_assert_uint_ge (n, 3);
  ck_assert_str_eq (facts[0].fact, "phrase");
  ck_assert_int_eq (facts[0].role, REBOUND_ROLE_DECISIVE);
  ck_assert_ptr_nonnull (facts[0].rule);
  for (guint i = 1; i < n; i++)
    ck_assert_int_ne (facts[i].role, REBOUND_ROLE_DECISIVE);
  ck_assert_int_eq (find_fact (recipient, "status", "5.1.1")->role, REBOUND_ROLE_CONTRADICTED);
  ck_assert_str_eq (rebound_recipient_get_status (recipient), "5.1.1");
  ck_assert_str_eq (rebound_recipient_get_reply (recipient), "550");
}
END_TEST

START_TEST (agrees)
{
  g_autoptr (ReboundReport) report = classify ("550 5.1.1 no such user");
  const ReboundRecipient *recipient = recipient_of (report);

  ck_assert_int_eq (find_fact (recipient, "phrase", "no such user")->role, REBOUND_ROLE_DECISIVE);
  ck_assert_int_eq (find_fact (recipient, "status", "5.1.1")->role, REBOUND_ROLE_AGREES);
}
END_TEST

START_TEST (nothing_invented)
{
  g_autoptr (ReboundReport) report = classify ("no such user");
  const ReboundRecipient *recipient = recipient_of (report);

  assert_verdict (recipient, "user-unknown hard recipient now", "no code");
  ck_assert_ptr_null (rebound_recipient_get_reply (recipient));
  ck_assert_ptr_null (rebound_recipient_get_status (recipient));
  ck_assert_ptr_null (rebound_recipient_get_address (recipient));
  ck_assert_ptr_null (rebound_recipient_get_subscriber (recipient));
  ck_assert_int_eq (rebound_recipient_get_stage (recipient), REBOUND_STAGE_NONE);
}
END_TEST

/* Microsoft's 5.4.1 with "Access denied" is of an address that is not in the directory. */
START_TEST (provider_code)
{
  g_autoptr (ReboundReport) report =
      classify ("550 5.4.1 Recipient address rejected: Access denied. AS(201806281) "
                "[AM5EUR02FT016.eop-EUR02.prod.protection.outlook.com]");
  const ReboundRecipient *recipient = recipient_of (report);

  ck_assert_int_eq (rebound_recipient_get_reason (recipient), REBOUND_REASON_USER_UNKNOWN);
  ck_assert_int_eq (rebound_recipient_get_bounce (recipient), REBOUND_BOUNCE_HARD);
  ck_assert_int_ne (rebound_recipient_get_unsubscribe (recipient), REBOUND_UNSUBSCRIBE_NEVER);
}
END_TEST

static const struct
{
  const char *text;
  ReboundReason one, other;
} ambiguous[] = {
  { "550 user unknown or mailbox full", REBOUND_REASON_USER_UNKNOWN, REBOUND_REASON_MAILBOX_FULL },
  { "550 user unknown or not available", REBOUND_REASON_USER_UNKNOWN,
    REBOUND_REASON_USER_INACTIVE },
  { "550 Destinatario desconocido o mailbox lleno", REBOUND_REASON_USER_UNKNOWN,
    REBOUND_REASON_MAILBOX_FULL },
  { "550 Adressat unbekannt oder Mailbox deaktiviert", REBOUND_REASON_USER_UNKNOWN,
    REBOUND_REASON_USER_INACTIVE },
  { "552 Requested mail action aborted: exceeded storage allocation", REBOUND_REASON_MAILBOX_FULL,
    REBOUND_REASON_MESSAGE_TOO_LARGE },
  { "552", REBOUND_REASON_MAILBOX_FULL, REBOUND_REASON_MESSAGE_TOO_LARGE },
  { "550 5.1.10", REBOUND_REASON_DOMAIN_REFUSING, REBOUND_REASON_USER_UNKNOWN },
};

/* What is open stays open, and calls for no unsubscription at once. */
START_TEST (ambiguity)
{
  g_autoptr (ReboundReport) report = classify (ambiguous[_i].text);
  const ReboundRecipient *recipient = recipient_of (report);
  ReboundReason reason = rebound_recipient_get_reason (recipient);
  ReboundReason open = reason == ambiguous[_i].one ? ambiguous[_i].other : ambiguous[_i].one;

  ck_assert_msg (reason == ambiguous[_i].one || reason == ambiguous[_i].other, "%s: %s",
                 ambiguous[_i].text, rebound_reason_to_string (reason));
  ck_assert_msg (leaves_open (recipient, open), "%s", ambiguous[_i].text);
  ck_assert_int_ne (rebound_recipient_get_unsubscribe (recipient), REBOUND_UNSUBSCRIBE_NOW);
}
END_TEST

/* ---- The table ---------------------------------------------------------------------------- */

/* contract: reason, bounce, fault, unsubscribe */
static const char *const policy[] = {
  "user-unknown hard recipient now",
  "user-moved hard recipient now",
  "user-inactive hard recipient count",
  "address-invalid hard recipient now",
  "mailbox-full soft recipient count",
  "recipient-refused soft recipient count",
  "domain-unknown hard domain count",
  "domain-refusing hard domain count",
  "message-too-large soft message never",
  "content-rejected soft message never",
  "spam-content soft message never",
  "virus-found soft message never",
  "auth-failed soft sender never",
  "bad-reputation soft sender never",
  "blocked soft sender never",
  "ptr-missing soft sender never",
  "sender-rejected soft sender never",
  "relay-denied soft sender never",
  "auth-required soft sender never",
  "tls-required soft sender never",
  "tls-failed soft sender never",
  "rate-limited soft sender never",
  "too-many-connections soft sender never",
  "too-many-recipients soft sender never",
  "greylisted soft receiver never",
  "policy-refused soft receiver never",
  "system-error soft receiver count",
  "system-full soft receiver count",
  "mailer-error soft receiver count",
  "loop-detected soft receiver count",
  "network-error soft network count",
  "expired soft network count",
  "protocol-error soft sender never",
  "suppressed hard recipient count",
  "delayed soft network never",
  "delivered none none never",
  "complaint none recipient now",
  "unsubscribe-request none recipient now",
  "feedback none none never",
  "auto-reply none none never",
  "unclassified soft unknown count",
};

START_TEST (policy_complete)
{
  ck_assert_uint_eq (G_N_ELEMENTS (policy), REBOUND_N_REASONS);
}
END_TEST

START_TEST (policy_of_reason)
{
  g_autofree char *name = g_strndup (policy[_i], strcspn (policy[_i], " "));
  g_autofree char *found = NULL;
  const ReboundReasonRule *rule;
  ReboundReason reason;

  ck_assert (rebound_reason_from_string (name, &reason));
  rule = &rebound_builtin_rules.reasons[reason];
  found = g_strdup_printf ("%s %s %s %s", name, rebound_bounce_to_string (rule->bounce),
                           rebound_fault_to_string (rule->fault),
                           rebound_unsubscribe_to_string (rule->unsubscribe));
  ck_assert_str_eq (found, policy[_i]);
}
END_TEST

/* What must hold of any verdict on a failure. */
static void
assert_sane (const ReboundRecipient *recipient, const char *text)
{
  ReboundFault fault = rebound_recipient_get_fault (recipient);
  ReboundUnsubscribe unsubscribe = rebound_recipient_get_unsubscribe (recipient);
  const char *status = rebound_recipient_get_status (recipient);
  const char *reply = rebound_recipient_get_reply (recipient);
  guint n_also;

  rebound_recipient_get_also (recipient, &n_also);
  if (fault == REBOUND_FAULT_SENDER || fault == REBOUND_FAULT_MESSAGE)
    ck_assert_msg (unsubscribe == REBOUND_UNSUBSCRIBE_NEVER, "%s", text);
  if (unsubscribe != REBOUND_UNSUBSCRIBE_NOW)
    return;
  ck_assert_msg (rebound_recipient_get_bounce (recipient) == REBOUND_BOUNCE_HARD, "%s", text);
  ck_assert_msg (n_also == 0, "%s", text);
  ck_assert_msg (status == NULL || *status != '4', "%s", text);
  ck_assert_msg (reply == NULL || *reply != '4', "%s", text);
}

/* A text of the rules as a server would write it. */
static char *
write_pattern (const ReboundPattern *pattern)
{
  const char *text = rebound_rules_string (&rebound_builtin_rules, pattern->text);
  GString *out = g_string_new (NULL);

  for (guint i = 0; i < pattern->length; i++)
    if (text[i] == REBOUND_PATTERN_GAP)
      g_string_append (out, "xyz");
    else
      g_string_append_c (out, text[i]);
  return g_string_free (out, FALSE);
}

/* All texts of the rules, around codes that say another thing. */
START_TEST (sane_for_all_phrases)
{
  static const char *const codes[] = { "", "550 5.1.1 ", "450 4.1.1 ", "554 5.7.1 " };
  const ReboundRules *rules = &rebound_builtin_rules;

  for (guint i = 0; i < rules->n_patterns; i++)
    {
      g_autofree char *phrase = write_pattern (&rules->patterns[i]);
      g_autofree char *text = g_strconcat (codes[_i], phrase, NULL);
      g_autoptr (ReboundReport) report = NULL;

      if (rules->rules[rules->patterns[i].rule].type != REBOUND_RULE_PHRASE)
        continue;
      report = classify (text);
      assert_sane (recipient_of (report), text);
    }
}
END_TEST

START_TEST (sane_for_all_codes)
{
  static const char *const stages[] = { "", " (in reply to MAIL FROM command)",
                                        " (in reply to RCPT TO command)",
                                        " (in reply to end of DATA command)" };
  const ReboundRules *rules = &rebound_builtin_rules;

  for (guint i = 0; i < rules->n_replies + rules->n_statuses; i++)
    {
      ReboundString code = i < rules->n_replies ? rules->replies[i].code
                                                : rules->statuses[i - rules->n_replies].code;
      g_autofree char *text = g_strconcat (rebound_rules_string (rules, code), stages[_i], NULL);
      g_autoptr (ReboundReport) report = NULL;

      if (*text == 'X')
        *text = '5';
      report = classify (text);
      assert_sane (recipient_of (report), text);
    }
}
END_TEST

static const ReboundRule *
find_rule (const char *id)
{
  const ReboundRules *rules = &rebound_builtin_rules;

  for (guint i = 0; i < rules->n_rules; i++)
    if (strcmp (rebound_rules_string (rules, rules->rules[i].id), id) == 0)
      return &rules->rules[i];
  return NULL;
}

static gboolean
has_sourced_phrase (const ReboundRecipient *recipient)
{
  guint n;
  const ReboundFact *facts = rebound_recipient_get_evidence (recipient, &n);

  for (guint i = 0; i < n; i++)
    if (facts[i].rule != NULL && find_rule (facts[i].rule)->sourced)
      return TRUE;
  return FALSE;
}

/* What nobody has seen may name a reason, but calls no address dead. */
START_TEST (unverified_phrases)
{
  const ReboundRules *rules = &rebound_builtin_rules;
  guint n = 0;

  for (guint i = 0; i < rules->n_patterns; i++)
    {
      const ReboundRule *rule = &rules->rules[rules->patterns[i].rule];
      g_autofree char *text = write_pattern (&rules->patterns[i]);
      g_autoptr (ReboundReport) report = NULL;

      if (rule->type != REBOUND_RULE_PHRASE || rule->sourced)
        continue;
      report = classify (text);
      if (has_sourced_phrase (recipient_of (report)))
        continue;
      n++;
      ck_assert_msg (rebound_recipient_get_bounce (recipient_of (report)) != REBOUND_BOUNCE_HARD,
                     "%s", text);
      ck_assert_msg (rebound_recipient_get_unsubscribe (recipient_of (report))
                         != REBOUND_UNSUBSCRIBE_NOW,
                     "%s", text);
    }
  ck_assert_uint_gt (n, 0);
}
END_TEST

/* ---- Reports ------------------------------------------------------------------------------ */

static const struct
{
  const char *action;
  const char *status;
  ReboundKind kind;
  const char *verdict;
} actions[] = {
  { "failed", "5.1.1", REBOUND_KIND_BOUNCE, "user-unknown hard recipient now" },
  /* delayed: soft and never, whatever the reason */
  { "delayed", "5.1.1", REBOUND_KIND_DELAY, "user-unknown soft recipient never" },
  { "delayed", "4.1.1", REBOUND_KIND_DELAY, "user-unknown soft recipient never" },
  { "delayed", "4.2.2", REBOUND_KIND_DELAY, "mailbox-full soft recipient never" },
  { "delayed", "4.2.1", REBOUND_KIND_DELAY, "user-inactive soft recipient never" },
  { "delayed", "4.1.2", REBOUND_KIND_DELAY, "domain-unknown soft domain never" },
  { "delayed", "4.0.0", REBOUND_KIND_DELAY, "delayed soft network never" },
  { "delayed", "4.4.7", REBOUND_KIND_DELAY, "delayed soft network never" },
  /* delivered, relayed, expanded: nothing failed */
  { "delivered", "2.1.5", REBOUND_KIND_DELIVERED, "delivered none none never" },
  { "relayed", "2.0.0", REBOUND_KIND_DELIVERED, "delivered none none never" },
  { "expanded", "2.0.0", REBOUND_KIND_DELIVERED, "delivered none none never" },
  { "delivered", "5.1.1", REBOUND_KIND_DELIVERED, "delivered none none never" },
};

START_TEST (action)
{
  g_autofree char *fields =
      g_strdup_printf (BOB "Action: %s\nStatus: %s\n", actions[_i].action, actions[_i].status);
  g_autoptr (ReboundReport) report = analyze_status (fields);
  const ReboundRecipient *bob = recipient_of (report);

  ck_assert_int_eq (rebound_report_get_kind (report), actions[_i].kind);
  assert_verdict (bob, actions[_i].verdict, fields);
  ck_assert_str_eq (rebound_action_to_string (rebound_recipient_get_action (bob)),
                    actions[_i].action);
  ck_assert_str_eq (rebound_recipient_get_status (bob), actions[_i].status);
}
END_TEST

/* Every reason, delayed. */
START_TEST (delayed_whatever)
{
  const ReboundRules *rules = &rebound_builtin_rules;

  for (guint i = 0; i < rules->n_statuses; i++)
    {
      const char *code = rebound_rules_string (rules, rules->statuses[i].code);
      g_autofree char *fields = g_strdup_printf (BOB "Action: delayed\nStatus: %c%s\n",
                                                 *code == 'X' ? '4' : *code, code + 1);
      g_autoptr (ReboundReport) report = analyze_status (fields);
      const ReboundRecipient *bob = recipient_of (report);

      ck_assert_msg (rebound_recipient_get_bounce (bob) == REBOUND_BOUNCE_SOFT, "%s", fields);
      ck_assert_msg (rebound_recipient_get_unsubscribe (bob) == REBOUND_UNSUBSCRIBE_NEVER, "%s",
                     fields);
    }
}
END_TEST

/* One failure among others makes a bounce; each recipient keeps his own verdict. */
START_TEST (several_recipients)
{
  g_autoptr (ReboundReport) report = analyze_status (
      "Final-Recipient: rfc822; ann@example.net\nAction: delivered\nStatus: 2.1.5\n\n" BOB
      "Action: failed\nStatus: 5.1.1\n\n"
      "Final-Recipient: rfc822; carol@example.net\nAction: delayed\nStatus: 4.2.2\n\n"
      "Final-Recipient: rfc822; dave@example.net\nAction: failed\nStatus: 5.7.1\n"
      "Diagnostic-Code: smtp; 554 5.7.1 Message rejected as spam\n");
  static const char *const verdicts[] = { "delivered none none never",
                                          "user-unknown hard recipient now",
                                          "mailbox-full soft recipient never",
                                          "spam-content soft message never" };

  ck_assert_int_eq (rebound_report_get_kind (report), REBOUND_KIND_BOUNCE);
  ck_assert_uint_eq (rebound_report_get_n_recipients (report), 4);
  for (guint i = 0; i < 4; i++)
    assert_verdict (rebound_report_get_recipient (report, i), verdicts[i], "several");
}
END_TEST

/* The remote server's specific code beats the summary of the reporting one. */
START_TEST (remote_before_summary)
{
  g_autoptr (ReboundReport) report =
      analyze_status (BOB "Action: failed\nStatus: 5.0.0\nRemote-MTA: dns; mx.example.net\n"
                          "Diagnostic-Code: smtp; 550 5.1.1 sorry\n");
  const ReboundRecipient *bob = recipient_of (report);

  assert_verdict (bob, "user-unknown hard recipient now", "a summary");
  ck_assert_str_eq (rebound_recipient_get_status (bob), "5.1.1");
  ck_assert_str_eq (rebound_recipient_get_reply (bob), "550");
}
END_TEST

/* The machine-readable part before prose. */
START_TEST (status_before_prose)
{
  g_autofree char *mail =
      make_status ("Your message could not be delivered. Perhaps there is no such user.",
                   BOB "Action: failed\nStatus: 5.2.2\nDiagnostic-Code: smtp; 552 5.2.2 mailbox "
                       "full\n");
  g_autoptr (ReboundReport) report = analyze (mail);

  assert_verdict (recipient_of (report), "mailbox-full soft recipient count", mail);
}
END_TEST

/* Sendmail adds "550 5.1.1 User unknown" of its own below the line that refused. */
START_TEST (sendmail_adds)
{
  g_autoptr (ReboundReport) report =
      analyze ("From: MAILER-DAEMON@mx.example.org\nTo: news-owner@lists.example.org\n"
               "Subject: Returned mail: see transcript for details\n\n"
               "The original message was received at Sat, 21 Nov 2026 16:00:00 GMT\n\n"
               "   ----- The following addresses had permanent fatal errors -----\n"
               "<bob@example.net>\n\n"
               "   ----- Transcript of session follows -----\n"
               "... while talking to mx.example.net.:\n"
               ">>> RCPT To:<bob@example.net>\n"
               "<<< 554 5.7.1 Service unavailable; Client host [192.0.2.9] blocked using "
               "zen.spamhaus.org\n"
               "550 5.1.1 <bob@example.net>... User unknown\n");

  assert_verdict (recipient_of (report), "blocked soft sender never", "sendmail");
}
END_TEST

/* ---- Kinds -------------------------------------------------------------------------------- */

#define PERSON "From: Ann <ann@example.org>\nTo: news@lists.example.org\n"
#define DAEMON                                                                                     \
  "From: MAILER-DAEMON@mx.example.net (Mail Delivery System)\nReturn-Path: <>\n"                   \
  "To: news-owner@lists.example.org\n"
#define POSTFIX                                                                                    \
  "This is the mail system at host mx.example.net.\n\n"                                            \
  "I'm sorry to have to inform you that your message could not\n"                                  \
  "be delivered to one or more recipients. It's attached below.\n\n"                               \
  "<bob@example.net>: host mx.example.com[192.0.2.1] said: 550 5.1.1 no such user\n"               \
  "    (in reply to RCPT TO command)\n"

static const struct
{
  ReboundKind kind;
  const char *mail;
} kinds[] = {
  { REBOUND_KIND_BOUNCE, DAEMON "Subject: Undelivered Mail Returned to Sender\n\n" POSTFIX },
  /* as many systems mark real bounces */
  { REBOUND_KIND_BOUNCE, DAEMON "Auto-Submitted: auto-replied\n"
                                "Subject: Undelivered Mail Returned to Sender\n\n" POSTFIX },
  { REBOUND_KIND_BOUNCE,
    "From: Mail Delivery System <Mailer-Daemon@mx.example.net>\nTo: news@lists.example.org\n"
    "Auto-Submitted: auto-replied\nX-Failed-Recipients: bob@example.net\n"
    "Subject: Mail delivery failed: returning message to sender\n\n"
    "This message was created automatically by mail delivery software.\n\n"
    "A message that you sent could not be delivered to one or more of its\n"
    "recipients. This is a permanent error. The following address(es) failed:\n\n"
    "  bob@example.net\n    no such user\n" },
  /* of a sender that is not known for a mail system, one that kept the list's fields; but not what
   * comes through a list, is forwarded, or is written under the writer's own return path */
  { REBOUND_KIND_BOUNCE, "From: gateway@mx.example.net\nTo: news-bounces@lists.example.org\n"
                         "Subject: Failure\nList-Id: <news.lists.example.org>\n\n" POSTFIX },
  { REBOUND_KIND_BOUNCE, "From: gateway@mx.example.net\nReturn-Path: <gateway@mx.example.net>\n"
                         "To: news-admin@lists.example.org\nSubject: Failure\n\n" POSTFIX },
  { REBOUND_KIND_BOUNCE, "From: gateway@mx.example.net\nReturn-Path: <>\n"
                         "To: news-owner@lists.example.org\nSubject: Failure\n\n" POSTFIX },
  { REBOUND_KIND_OTHER, "From: greta@mx.example.net\nTo: news@lists.example.org\n"
                        "Subject: Failure\nList-Id: <news.lists.example.org>\n\n" POSTFIX },
  { REBOUND_KIND_OTHER, "From: greta@mx.example.net\nReturn-Path: <greta@mx.example.net>\n"
                        "To: news-owner@lists.example.org\nSubject: Failure\n\n" POSTFIX },
  { REBOUND_KIND_OTHER, "From: greta@mx.example.net\nTo: news-owner@lists.example.org\n"
                        "Subject: Fwd: Undelivered Mail Returned to Sender\n\n" POSTFIX },
  { REBOUND_KIND_OTHER, "From: Postmaster <postmaster@mx.example.net>\n"
                        "Return-Path: <postmaster@mx.example.net>\nTo: greta@example.org\n"
                        "Subject: Your list\n\nWe answer 550 5.1.1 user unknown to\n"
                        "<bob@example.net>.\n" },
  /* delays */
  { REBOUND_KIND_DELAY,
    "From: Mail Delivery System <Mailer-Daemon@mx.example.net>\nTo: news@lists.example.org\n"
    "Auto-Submitted: auto-replied\nSubject: Warning: message 1kGx-00 delayed 24 hours\n\n"
    "This message was created automatically by mail delivery software.\n"
    "A message that you sent has not yet been delivered to one or more of its\n"
    "recipients after more than 24 hours on the queue on mx.example.net.\n\n"
    "The address to which the message has not yet been delivered is:\n\n  bob@example.net\n\n"
    "No action is required on your part. Delivery attempts will continue for\n"
    "some time, and this warning may be repeated at intervals if the message\n"
    "remains undelivered.\n" },
  { REBOUND_KIND_DELAY,
    DAEMON "Subject: Delayed Mail (still being retried)\n\n"
           "This is the mail system at host mx.example.net.\n\n"
           "####################################################################\n"
           "# THIS IS A WARNING ONLY.  YOU DO NOT NEED TO RESEND YOUR MESSAGE. #\n"
           "####################################################################\n\n"
           "Your message could not be delivered for more than 4 hour(s).\n"
           "It will be retried until it is 5 day(s) old.\n\n"
           "<bob@example.net>: connect to mx.example.com[192.0.2.1]:25: Connection refused\n" },
  /* answers of machines */
  { REBOUND_KIND_AUTO_REPLY,
    "From: Bob <bob@example.net>\nTo: news-owner@lists.example.org\n"
    "Auto-Submitted: auto-replied\nSubject: Out of office\n\nI am back on Monday.\n" },
  { REBOUND_KIND_AUTO_REPLY,
    "From: Bob <bob@example.net>\nTo: news-owner@lists.example.org\n"
    "Auto-Submitted: auto-replied\nX-Autoreply: yes\nSubject: Re: Weekly news\n\n"
    "I am away. Something you sent me last week was refused with\n"
    "550 5.7.1 Message rejected as spam, so please write to Ann.\n" },
  { REBOUND_KIND_AUTO_REPLY,
    "From: Bob <bob@example.net>\nTo: news-owner@lists.example.org\n"
    "Subject: Abwesenheitsnotiz: Weekly news\n\nIch bin bis Montag nicht im Haus.\n" },
  { REBOUND_KIND_AUTO_REPLY,
    "From: Bob <bob@example.net>\nTo: news-owner@lists.example.org\nReturn-Path: <>\n"
    "Subject: Bob is out of the office (returning 30/11/2026)\n\nBack on Monday.\n" },
  { REBOUND_KIND_AUTO_REPLY,
    "From: Bob <bob@example.net>\nTo: news-owner@lists.example.org\n"
    "Subject: [Harbour #77] Automatic reply: Weekly news\n\nBack on Monday.\n" },
  /* who answer a bounce, or a mail that quotes one */
  { REBOUND_KIND_AUTO_REPLY,
    "From: Bob <bob@example.net>\nTo: news-bounces@lists.example.org\nReturn-Path: <>\n"
    "Subject: Automatic reply: Undelivered Mail Returned to Sender\n\n"
    "I am out of the office until Monday.\n\n" POSTFIX },
  { REBOUND_KIND_AUTO_REPLY,
    "From: Bob's help desk <bob@example.net>\nTo: news-bounces@lists.example.org\nReturn-Path: <>\n"
    "Auto-Submitted: auto-replied\nSubject: [#77] Undelivered Mail Returned to Sender\n\n"
    "We have got your request.\n\n> Your mail could not be delivered.\n>\n"
    "> <ann@example.com>: 550 5.1.1 user unknown\n" },
  { REBOUND_KIND_AUTO_REPLY,
    "From: Bob <bob@example.net>\nTo: news-bounces+bob=example.net@lists.example.org\n"
    "Return-Path: <>\nX-Autoreply: yes\nSubject: Re: Weekly news\n\nThanks.\n\n"
    "Dear readers,\nyour mail could not be delivered to\n"
    "<ann@example.com>: 550 5.1.1 user unknown\n" },
  /* people */
  { REBOUND_KIND_OTHER,
    PERSON "Return-Path: <ann@example.org>\n"
           "Subject: Invitation: Out of office @ Mon 30 Nov\n\nBob's day off.\n" },
  { REBOUND_KIND_OTHER, PERSON "Subject: How to write an out of office reply\n"
                               "List-Unsubscribe: <mailto:stop@example.org>\n\n"
                               "Write: \"I am out of the office until Monday.\"\n" },
  { REBOUND_KIND_OTHER, PERSON "Subject: Hello\n\nHow are you?\n" },
  { REBOUND_KIND_OTHER, PERSON "Subject: Fwd: Undelivered Mail Returned to Sender\n\n"
                               "Can you help with this?\n\n"
                               "---------- Forwarded message ---------\n"
                               "From: Mail Delivery System <MAILER-DAEMON@mx.example.net>\n"
                               "Subject: Undelivered Mail Returned to Sender\n\n" POSTFIX },
  { REBOUND_KIND_OTHER,
    PERSON "Subject: Re: Undelivered Mail Returned to Sender\n\n"
           "What does this mean?\n\n"
           "On Sat, 21 Nov 2026 at 16:40, Mail Delivery System wrote:\n"
           "> This is the mail system at host mx.example.net.\n>\n"
           "> I'm sorry to have to inform you that your message could not\n"
           "> be delivered to one or more recipients. It's attached below.\n>\n"
           "> <bob@example.net>: host mx.example.com[192.0.2.1] said: 550 5.1.1 no such\n"
           "> user (in reply to RCPT TO command)\n" },
  { REBOUND_KIND_OTHER,
    PERSON "Subject: a bounce\nMIME-Version: 1.0\n"
           "Content-Type: multipart/mixed; boundary=\"=f\"\n\n"
           "--=f\n\nSee the attachment.\n--=f\nContent-Type: message/rfc822\n\n"
           "From: MAILER-DAEMON@mx.example.net\nSubject: Undelivered Mail Returned to Sender\n"
           "Content-Type: multipart/report; report-type=delivery-status; boundary=\"=b\"\n\n"
           "--=b\n\n" POSTFIX "--=b\nContent-Type: message/delivery-status\n\n"
           "Reporting-MTA: dns; mx.example.net\n\n" BOB "Action: failed\nStatus: 5.1.1\n"
           "--=b--\n--=f--\n" },
  { REBOUND_KIND_OTHER, "" },
  { REBOUND_KIND_OTHER, "\n\n\n" },
  { REBOUND_KIND_OTHER, "no header at all" },
  /* challenge */
  { REBOUND_KIND_CHALLENGE,
    "From: Bob <bob@example.net>\nTo: news-owner@lists.example.org\n"
    "Subject: Please confirm your message\nX-TMDA-Confirm-Done: no\n\n"
    "This message was created automatically by mail delivery software (TMDA).\n\n"
    "Your message attached below is being held because the address\n"
    "<news@lists.example.org> has not been verified.\n\n"
    "To release your message for delivery, please send an empty message\n"
    "to the following address, or use your mailer's \"Reply\" feature.\n" },
  /* receipts */
  { REBOUND_KIND_DISPOSITION,
    "From: Bob <bob@example.net>\nTo: news-owner@lists.example.org\n"
    "Subject: Read: Weekly news\nMIME-Version: 1.0\n"
    "Content-Type: multipart/report; report-type=disposition-notification; boundary=\"=b\"\n\n"
    "--=b\n\nYour message was read.\n"
    "--=b\nContent-Type: message/disposition-notification\n\n" BOB
    "Disposition: manual-action/MDN-sent-manually; displayed\n--=b--\n" },
  { REBOUND_KIND_BOUNCE,
    "From: Postmaster <postmaster@mx.example.net>\nTo: news-owner@lists.example.org\n"
    "Subject: Rejected: Weekly news\nMIME-Version: 1.0\nAuto-Submitted: auto-replied (rejected)\n"
    "Content-Type: multipart/report; report-type=disposition-notification; boundary=\"=b\"\n\n"
    "--=b\n\nYour message to <bob@example.net> was automatically rejected:\nQuota exceeded\n"
    "--=b\nContent-Type: message/disposition-notification\n\n" BOB
    "Disposition: automatic-action/MDN-sent-automatically; deleted\n--=b--\n" },
};

START_TEST (kind)
{
  g_autoptr (ReboundReport) report = analyze (kinds[_i].mail);
  ReboundKind found = rebound_report_get_kind (report);

  ck_assert_msg (found == kinds[_i].kind, "got %s, not %s, for:\n%s",
                 rebound_kind_to_string (found), rebound_kind_to_string (kinds[_i].kind),
                 kinds[_i].mail);
  if (found == REBOUND_KIND_OTHER || found == REBOUND_KIND_CHALLENGE)
    ck_assert_uint_eq (rebound_report_get_n_recipients (report), 0);
  else
    ck_assert_str_eq (rebound_recipient_get_address (recipient_of (report)), "bob@example.net");
}
END_TEST

static const char *const kind_verdicts[] = {
  [REBOUND_KIND_BOUNCE] = NULL,
  [REBOUND_KIND_DELAY] = "soft never",
  [REBOUND_KIND_DELIVERED] = "none never",
  [REBOUND_KIND_AUTO_REPLY] = "none never",
  [REBOUND_KIND_DISPOSITION] = "none never",
};

/* What is no failure counts against nobody. */
START_TEST (kind_counts)
{
  g_autoptr (ReboundReport) report = analyze (kinds[_i].mail);
  const char *expected =
      kinds[_i].kind < G_N_ELEMENTS (kind_verdicts) ? kind_verdicts[kinds[_i].kind] : NULL;

  for (guint i = 0; i < rebound_report_get_n_recipients (report); i++)
    {
      const ReboundRecipient *recipient = rebound_report_get_recipient (report, i);
      g_autofree char *found = g_strdup_printf (
          "%s %s", rebound_bounce_to_string (rebound_recipient_get_bounce (recipient)),
          rebound_unsubscribe_to_string (rebound_recipient_get_unsubscribe (recipient)));

      if (expected != NULL)
        ck_assert_str_eq (found, expected);
    }
}
END_TEST

START_TEST (auto_reply_is_his)
{
  g_autoptr (ReboundReport) report =
      analyze ("From: Bob <bob@example.net>\nAuto-Submitted: auto-replied\n"
               "To: news-bounces+robert=example.com@lists.example.org\n"
               "Subject: Out of office\n\nBack on Monday.\n");
  const ReboundRecipient *recipient = recipient_of (report);

  assert_verdict (recipient, "auto-reply none none never", "auto-reply");
  ck_assert_str_eq (rebound_recipient_get_address (recipient), "bob@example.net");
  ck_assert_str_eq (rebound_recipient_get_subscriber (recipient), "robert@example.com");
  ck_assert_int_eq (rebound_recipient_get_subscriber_from (recipient),
                    REBOUND_SUBSCRIBER_FROM_VERP);
}
END_TEST

START_TEST (refusing_receipt)
{
  g_autoptr (ReboundReport) report =
      analyze ("From: postmaster@mx.example.net\nTo: news-owner@lists.example.org\n"
               "Subject: Automatically rejected mail\nMIME-Version: 1.0\n"
               "Content-Type: multipart/report; report-type=disposition-notification;\n"
               " boundary=\"=b\"\n\n"
               "--=b\n\nYour message to <bob@example.net> was automatically rejected:\n"
               "Quota exceeded (mailbox for user is full)\n"
               "--=b\nContent-Type: message/disposition-notification\n\n" BOB
               "Disposition: automatic-action/MDN-sent-automatically; deleted\n--=b--\n");

  ck_assert_int_eq (rebound_report_get_kind (report), REBOUND_KIND_BOUNCE);
  assert_verdict (recipient_of (report), "mailbox-full soft recipient count", "Dovecot");
}
END_TEST

/* ---- Feedback ----------------------------------------------------------------------------- */

static const struct
{
  const char *type;
  const char *verdict;
} feedbacks[] = {
  { "abuse", "complaint none recipient now" },
  { "fraud", "complaint none recipient now" },
  { "opt-out", "unsubscribe-request none recipient now" },
  { "not-spam", "feedback none none never" },
  { "auth-failure", "feedback none none never" },
  { "virus", "feedback none none never" },
  { "dmarc", "feedback none none never" },
};

START_TEST (feedback)
{
  g_autofree char *mail = g_strdup_printf (
      "From: feedback@provider.example\nTo: abuse@lists.example.org\nSubject: FW: News\n"
      "MIME-Version: 1.0\n"
      "Content-Type: multipart/report; report-type=feedback-report; boundary=\"=b\"\n\n"
      "--=b\n\nA report.\n--=b\nContent-Type: message/feedback-report\n\n"
      "Feedback-Type: %s\nVersion: 1\nOriginal-Rcpt-To: bob@example.net\n"
      "--=b\nContent-Type: text/rfc822-headers\n\nFrom: news@lists.example.org\n--=b--\n",
      feedbacks[_i].type);
  g_autoptr (ReboundReport) report = analyze (mail);

  ck_assert_int_eq (rebound_report_get_kind (report), REBOUND_KIND_COMPLAINT);
  ck_assert_str_eq (rebound_report_get_feedback_type (report), feedbacks[_i].type);
  assert_verdict (recipient_of (report), feedbacks[_i].verdict, feedbacks[_i].type);
}
END_TEST

/* ---- Subscribers -------------------------------------------------------------------------- */

static const struct
{
  const char *header;   /* of the report */
  const char *original; /* in the status part */
  const char *returned; /* fields */
  const char *subscriber;
  ReboundSubscriberFrom from;
} subscribers[] = {
  { "Delivered-To: news-bounces+verp=example.com@lists.example.org\n",
    "Original-Recipient: rfc822;first@example.com\n", "To: to@example.com\n", "verp@example.com",
    REBOUND_SUBSCRIBER_FROM_VERP },
  { "", "Original-Recipient: rfc822;first@example.com\n", "To: to@example.com\n",
    "first@example.com", REBOUND_SUBSCRIBER_FROM_ORIGINAL_RECIPIENT },
  { "", "", "To: to@example.com\n", "to@example.com", REBOUND_SUBSCRIBER_FROM_RETURNED_TO },
  { "", "", "Subject: no To\n", "bob@example.net", REBOUND_SUBSCRIBER_FROM_RECIPIENT },
  /* the list's own address is no subscriber */
  { "", "", "To: news@lists.example.org\nList-Id: <news.lists.example.org>\n", "bob@example.net",
    REBOUND_SUBSCRIBER_FROM_RECIPIENT },
  { "", "", "To: to@example.com, other@example.com\n", "bob@example.net",
    REBOUND_SUBSCRIBER_FROM_RECIPIENT },
};

START_TEST (subscriber)
{
  g_autofree char *mail = g_strdup_printf (
      "From: MAILER-DAEMON@mx.example.org\n%sTo: news-owner@lists.example.org\n"
      "Subject: Returned mail\nMIME-Version: 1.0\n"
      "Content-Type: multipart/report; report-type=delivery-status; boundary=\"=b\"\n\n"
      "--=b\n\nSorry.\n--=b\nContent-Type: message/delivery-status\n\n"
      "Reporting-MTA: dns; mx.example.org\n\n%s" BOB "Action: failed\nStatus: 5.1.1\n"
      "--=b\nContent-Type: text/rfc822-headers\n\nFrom: news@lists.example.org\n%s--=b--\n",
      subscribers[_i].header, subscribers[_i].original, subscribers[_i].returned);
  g_autoptr (ReboundReport) report = analyze (mail);
  const ReboundRecipient *recipient = recipient_of (report);

  ck_assert_str_eq (rebound_recipient_get_address (recipient), "bob@example.net");
  ck_assert_pstr_eq (rebound_recipient_get_subscriber (recipient), subscribers[_i].subscriber);
  ck_assert_int_eq (rebound_recipient_get_subscriber_from (recipient), subscribers[_i].from);
}
END_TEST

/* The envelope that the caller knows comes before the header's. */
START_TEST (subscriber_of_envelope)
{
  ReboundEnvelope envelope = { .sender = "",
                               .recipient = "news-bounces+ann=example.com@lists.example.org" };
  g_autofree char *mail = make_status ("Sorry.", BOB "Action: failed\nStatus: 5.1.1\n");
  g_autoptr (ReboundReport) report = analyze_with (mail, &envelope);

  ck_assert_str_eq (rebound_recipient_get_subscriber (recipient_of (report)), "ann@example.com");
  ck_assert_str_eq (rebound_report_get_envelope_recipient (report), envelope.recipient);
  ck_assert_str_eq (rebound_report_get_envelope_sender (report), "");
}
END_TEST

/* One return path stands for one subscriber: of two recipients it is him whom it names. */
START_TEST (subscriber_of_several)
{
  ReboundEnvelope envelope = { .sender = "",
                               .recipient = "news-bounces+bob=example.net@lists.example.org" };
  g_autofree char *mail =
      make_status ("Sorry.", BOB "Action: failed\nStatus: 5.1.1\n\n"
                                 "Final-Recipient: rfc822; carol@example.net\nAction: failed\n"
                                 "Status: 5.1.1\n");
  g_autoptr (ReboundReport) report = analyze_with (mail, &envelope);

  ck_assert_uint_eq (rebound_report_get_n_recipients (report), 2);
  ck_assert_int_eq (
      rebound_recipient_get_subscriber_from (rebound_report_get_recipient (report, 0)),
      REBOUND_SUBSCRIBER_FROM_VERP);
  ck_assert_str_ne (rebound_recipient_get_subscriber (rebound_report_get_recipient (report, 1)),
                    "bob@example.net");
}
END_TEST

/* A bounce that names nobody: the return path tells. */
START_TEST (subscriber_of_nobody)
{
  ReboundEnvelope envelope = { .sender = "",
                               .recipient = "news-bounces+bob=example.net@lists.example.org" };
  g_autoptr (ReboundReport) report =
      analyze_with ("From: MAILER-DAEMON@mx.example.net\nSubject: Delivery failure\n\n"
                    "Your message could not be delivered: no such user.\n",
                    &envelope);
  const ReboundRecipient *recipient = recipient_of (report);

  ck_assert_int_eq (rebound_report_get_kind (report), REBOUND_KIND_BOUNCE);
  ck_assert_str_eq (rebound_recipient_get_subscriber (recipient), "bob@example.net");
  ck_assert_int_eq (rebound_recipient_get_subscriber_from (recipient),
                    REBOUND_SUBSCRIBER_FROM_VERP);
  ck_assert_int_eq (rebound_recipient_get_reason (recipient), REBOUND_REASON_USER_UNKNOWN);
}
END_TEST

/* ---- Purity ------------------------------------------------------------------------------- */

static char *
analyze_to_json (ReboundAnalyzer *self, const char *mail)
{
  g_autoptr (GBytes) bytes = g_bytes_new (mail, strlen (mail));
  g_autoptr (ReboundReport) report = rebound_analyzer_analyze (self, bytes, NULL, NULL);

  ck_assert_ptr_nonnull (report);
  return rebound_report_to_json (report, NULL);
}

START_TEST (pure)
{
  g_autoptr (ReboundAnalyzer) other = rebound_analyzer_new (NULL, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      g_autofree char *first = analyze_to_json (analyzer (), kinds[i].mail);
      g_autofree char *second = analyze_to_json (analyzer (), kinds[i].mail);
      g_autofree char *third = analyze_to_json (other, kinds[i].mail);

      ck_assert_str_eq (first, second);
      ck_assert_str_eq (first, third);
    }
}
END_TEST

/* What was read before leaves no trace. */
START_TEST (pure_in_any_order)
{
  g_autoptr (ReboundAnalyzer) other = rebound_analyzer_new (NULL, NULL);

  for (guint i = G_N_ELEMENTS (kinds); i-- > 0;)
    {
      g_autofree char *shared = analyze_to_json (other, kinds[i].mail);
      g_autoptr (ReboundAnalyzer) fresh = rebound_analyzer_new (NULL, NULL);
      g_autofree char *alone = analyze_to_json (fresh, kinds[i].mail);

      ck_assert_str_eq (shared, alone);
    }
}
END_TEST

/* ---- Rules of a site ---------------------------------------------------------------------- */

static char *
write_rules (const char *text)
{
  char *path;
  int fd = g_file_open_tmp ("rebound-XXXXXX.rules", &path, NULL);

  ck_assert_int_ge (fd, 0);
  ck_assert (g_file_set_contents (path, text, -1, NULL));
  g_close (fd, NULL);
  return path;
}

/* A report has the names of its rules for as long as it lives. */
START_TEST (rules_of_a_site)
{
  g_autofree char *path = write_rules ("phrase site/full mailbox-full\n  \"the silo is filled\"\n");
  const char *const files[] = { path, NULL };
  ReboundAnalyzer *own = rebound_analyzer_new_with_rules (NULL, files, NULL);
  g_autoptr (ReboundReport) report = NULL;
  const ReboundRecipient *recipient;
  guint n;

  ck_assert_ptr_nonnull (own);
  g_unlink (path);
  report = rebound_analyzer_classify (own, "550 the silo is filled", NULL);
  rebound_analyzer_unref (own);
  recipient = rebound_report_get_recipient (report, 0);
  ck_assert_int_eq (rebound_recipient_get_reason (recipient), REBOUND_REASON_MAILBOX_FULL);
  ck_assert_str_eq (rebound_recipient_get_evidence (recipient, &n)->rule, "site/full");
}
END_TEST

static const char site_rules[] =
    "format silo\n  when text \"the silo speaks\"\n"
    "mark silo/recipient recipient\n  only format silo\n"
    "  take \"\\\\s+of (\\\\S+)\"\n  \"the box\"\n"
    "mark silo/host host\n  only format silo\n  take \"[^<]*<(.*?)>\"\n  \"it was told by\"\n"
    "mark silo/diagnostic diagnostic\n  only format silo\n  \"these words:\"\n"
    "mark silo/returned returned\n  only format silo\n  \"== your letter ==\"\n"
    "phrase silo/full mailbox-full\n  source x\n  only format silo\n  \"filled to the brim\"\n"
    "phrase silo/late greylisted\n  source x\n  only class 4\n  \"come and see\"\n"
    "phrase silo/mail sender-rejected\n  source x\n  only stage mail\n  \"come and see\"\n"
    "phrase silo/barn virus-found\n  source x\n  only provider barn\n  \"come and see us\"\n"
    "provider barn\n  host *.barn.example\n  sign \"(the barn)\"\n  says 5.7.77 mailbox-full\n"
    "  says 552 blocked\n";

static ReboundAnalyzer *
site_analyzer (void)
{
  g_autofree char *path = write_rules (site_rules);
  const char *const files[] = { path, NULL };
  g_autoptr (GError) error = NULL;
  ReboundAnalyzer *own = rebound_analyzer_new_with_rules (NULL, files, &error);

  ck_assert_msg (own != NULL, "%s", error != NULL ? error->message : "");
  g_unlink (path);
  return own;
}

#define SILO(FIRST)                                                                                \
  "From: MAILER-DAEMON@relay.example\nSubject: hello\n\n" FIRST "\n"                               \
  "Alas, the box\n of someone@example.net\nis filled to the brim.\n"                               \
  "It was told by the other one <mx.example.net>.\n\nThese words: go away,\nwill you\n\n"          \
  "== your letter ==\nother@example.org: not a recipient\n"

/* Where the values of a format stand, said by rules alone. */
START_TEST (values_by_rules)
{
  static const char mail[] = SILO ("The silo speaks.");
  g_autoptr (ReboundAnalyzer) own = site_analyzer ();
  g_autoptr (GBytes) bytes = g_bytes_new_static (mail, strlen (mail));
  g_autoptr (ReboundReport) report = rebound_analyzer_analyze (own, bytes, NULL, NULL);
  const ReboundRecipient *recipient = recipient_of (report);

  ck_assert_str_eq (rebound_report_get_format (report), "silo");
  ck_assert_uint_eq (rebound_report_get_n_recipients (report), 1);
  ck_assert_str_eq (rebound_recipient_get_address (recipient), "someone@example.net");
  ck_assert_str_eq (rebound_recipient_get_remote_mta (recipient), "mx.example.net");
  ck_assert_str_eq (rebound_recipient_get_diagnostic (recipient), "go away, will you");
  ck_assert_int_eq (rebound_recipient_get_reason (recipient), REBOUND_REASON_MAILBOX_FULL);
}
END_TEST

/* The same words of another system are nothing. */
START_TEST (values_of_others)
{
  static const char mail[] = SILO ("The barn speaks.");
  g_autoptr (ReboundAnalyzer) own = site_analyzer ();
  g_autoptr (GBytes) bytes = g_bytes_new_static (mail, strlen (mail));
  g_autoptr (ReboundReport) report = rebound_analyzer_analyze (own, bytes, NULL, NULL);

  ck_assert_ptr_null (rebound_report_get_format (report));
  for (guint i = 0; i < rebound_report_get_n_recipients (report); i++)
    ck_assert_int_ne (rebound_recipient_get_reason (rebound_report_get_recipient (report, i)),
                      REBOUND_REASON_MAILBOX_FULL);
}
END_TEST

/* Where a phrase or a meaning holds: the reply, its reason by the rules of the site, the provider.
 */
static const struct
{
  const char *reply;
  ReboundReason reason;
  const char *provider;
} scopes[] = {
  { "450 come and see", REBOUND_REASON_GREYLISTED, NULL },
  { "599 come and see", REBOUND_REASON_UNCLASSIFIED, NULL },
  { "599 filled to the brim", REBOUND_REASON_UNCLASSIFIED, NULL },
  { "host a[192.0.2.1] said: 599 no (in reply to MAIL FROM command): come and see",
    REBOUND_REASON_SENDER_REJECTED, NULL },
  { "599 come and see us (the barn)", REBOUND_REASON_VIRUS_FOUND, "barn" },
  { "599 come and see us", REBOUND_REASON_UNCLASSIFIED, NULL },
  { "552 no (the barn)", REBOUND_REASON_BLOCKED, "barn" },
  { "550 5.7.77 no (the barn)", REBOUND_REASON_MAILBOX_FULL, "barn" },
  { "550 5.7.77 <someone@mail.barn.example> no", REBOUND_REASON_MAILBOX_FULL, "barn" },
};

START_TEST (scope)
{
  g_autoptr (ReboundAnalyzer) own = site_analyzer ();
  g_autoptr (ReboundReport) report = rebound_analyzer_classify (own, scopes[_i].reply, NULL);
  const ReboundRecipient *recipient = recipient_of (report);

  ck_assert_msg (rebound_recipient_get_reason (recipient) == scopes[_i].reason, "%s: %s",
                 scopes[_i].reply,
                 rebound_reason_to_string (rebound_recipient_get_reason (recipient)));
  ck_assert_pstr_eq (rebound_recipient_get_provider (recipient), scopes[_i].provider);
}
END_TEST

START_TEST (wrong_rules)
{
  g_autofree char *path = write_rules ("phrase site/full full\n");
  const char *const wrong[] = { path, NULL };
  const char *const missing[] = { "/nowhere/to/be.rules", NULL };
  g_autoptr (GError) error = NULL;

  ck_assert_ptr_null (rebound_analyzer_new_with_rules (NULL, wrong, &error));
  ck_assert (g_error_matches (error, REBOUND_RULES_ERROR, REBOUND_RULES_ERROR_SYNTAX));
  ck_assert (g_str_has_prefix (error->message, path));
  g_unlink (path);
  g_clear_error (&error);
  ck_assert_ptr_null (rebound_analyzer_new_with_rules (NULL, missing, &error));
  ck_assert (g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT));
}
END_TEST

/* What is said of whom, in replies and in lines of logs. */
static const struct
{
  const char *text;
  const char *address;
  ReboundReason reason;
} lines_of_logs[] = {
  { "to=<a@example.net>, relay=mx[192.0.2.1]:25, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued)",
    "a@example.net", REBOUND_REASON_DELIVERED },
  { "x: to=<a@example.net>, dsn=2.0.0, stat=Sent (ok 1400 qp 55)", "a@example.net",
    REBOUND_REASON_DELIVERED },
  { "1abc => a@example.net T=remote_smtp H=mx.example.net [192.0.2.1] C=\"250 OK id=1x\"",
    "a@example.net", REBOUND_REASON_DELIVERED },
  { "host mx.example.net said: 250 2.1.5 Ok", NULL, REBOUND_REASON_DELIVERED },
  { "250-mx.example.net", NULL, REBOUND_REASON_DELIVERED },
  { "sent 250 messages to <a@example.net>", "a@example.net", REBOUND_REASON_UNCLASSIFIED },
  { "to=<a@example.net>, dsn=5.1.1, status=bounced (host mx said: 550 5.1.1 no such user (250 of "
    "them))",
    "a@example.net", REBOUND_REASON_USER_UNKNOWN },
  { "550 5.1.6 User has moved to b@example.net", NULL, REBOUND_REASON_USER_MOVED },
  { "550 5.1.6 <a@example.net> has moved to b@example.net", "a@example.net",
    REBOUND_REASON_USER_MOVED },
  { "550 5.1.1 contact postmaster@example.net for help: unknown user", NULL,
    REBOUND_REASON_USER_UNKNOWN },
  { "from=<b@example.org>, to=<a@example.net>, dsn=5.1.1, stat=User unknown", "a@example.net",
    REBOUND_REASON_USER_UNKNOWN },
  { "550 Unknown address: <a@example.net>", "a@example.net", REBOUND_REASON_USER_UNKNOWN },
  { "550 5.1.1 rejected because <a@example.net> is unknown", "a@example.net",
    REBOUND_REASON_USER_UNKNOWN },
  { "550 5.1.6 moved; new address: b@example.net", NULL, REBOUND_REASON_USER_MOVED },
  { "550 5.1.1 contact help@example.net: unknown user <a@example.net>", "a@example.net",
    REBOUND_REASON_USER_UNKNOWN },
};

START_TEST (line_of_log)
{
  g_autoptr (ReboundReport) report = classify (lines_of_logs[_i].text);
  const ReboundRecipient *recipient = recipient_of (report);

  ck_assert_pstr_eq (rebound_recipient_get_address (recipient), lines_of_logs[_i].address);
  ck_assert_str_eq (rebound_reason_to_string (rebound_recipient_get_reason (recipient)),
                    rebound_reason_to_string (lines_of_logs[_i].reason));
}
END_TEST

/* ---- The suite ---------------------------------------------------------------------------- */

static TCase *
refusal_tests (void)
{
  TCase *tests = tcase_create ("refusals");

  tcase_add_loop_test (tests, line_of_log, 0, G_N_ELEMENTS (lines_of_logs));
  tcase_add_loop_test (tests, refusal, 0, G_N_ELEMENTS (refusals));
  tcase_add_test (tests, contradicted);
  tcase_add_test (tests, agrees);
  tcase_add_test (tests, nothing_invented);
  tcase_add_test (tests, provider_code);
  tcase_add_loop_test (tests, ambiguity, 0, G_N_ELEMENTS (ambiguous));
  return tests;
}

static TCase *
policy_tests (void)
{
  TCase *tests = tcase_create ("policy");

  tcase_add_test (tests, policy_complete);
  tcase_add_loop_test (tests, policy_of_reason, 0, G_N_ELEMENTS (policy));
  tcase_add_loop_test (tests, sane_for_all_phrases, 0, 4);
  tcase_add_loop_test (tests, sane_for_all_codes, 0, 4);
  tcase_add_test (tests, unverified_phrases);
  tcase_add_loop_test (tests, action, 0, G_N_ELEMENTS (actions));
  tcase_add_test (tests, delayed_whatever);
  return tests;
}

static TCase *
report_tests (void)
{
  TCase *tests = tcase_create ("reports");

  tcase_add_test (tests, several_recipients);
  tcase_add_test (tests, remote_before_summary);
  tcase_add_test (tests, status_before_prose);
  tcase_add_test (tests, sendmail_adds);
  tcase_add_loop_test (tests, feedback, 0, G_N_ELEMENTS (feedbacks));
  tcase_add_loop_test (tests, subscriber, 0, G_N_ELEMENTS (subscribers));
  tcase_add_test (tests, subscriber_of_envelope);
  tcase_add_test (tests, subscriber_of_several);
  tcase_add_test (tests, subscriber_of_nobody);
  return tests;
}

static TCase *
kind_tests (void)
{
  TCase *tests = tcase_create ("kinds");

  tcase_add_loop_test (tests, kind, 0, G_N_ELEMENTS (kinds));
  tcase_add_loop_test (tests, kind_counts, 0, G_N_ELEMENTS (kinds));
  tcase_add_test (tests, auto_reply_is_his);
  tcase_add_test (tests, refusing_receipt);
  return tests;
}

static TCase *
purity_tests (void)
{
  TCase *tests = tcase_create ("purity");

  tcase_add_test (tests, pure);
  tcase_add_test (tests, pure_in_any_order);
  tcase_add_test (tests, values_by_rules);
  tcase_add_test (tests, values_of_others);
  tcase_add_loop_test (tests, scope, 0, G_N_ELEMENTS (scopes));
  tcase_add_test (tests, rules_of_a_site);
  tcase_add_test (tests, wrong_rules);
  return tests;
}

int
main (void)
{
  TCase *const cases[] = { refusal_tests (), policy_tests (), report_tests (),
                           kind_tests (),    purity_tests (), NULL };

  return run_suite ("verdict", cases, NULL, NULL);
}
