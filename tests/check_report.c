/* Rebound: tests of how a report is written, and of the names it uses.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <json-glib/json-glib.h>
#include <string.h>

#include "rebound.h"
#include "report/json.h"
#include "suite.h"

/* ---- Helpers ------------------------------------------------------------------------------ */

static ReboundReport *
analyze (const char *mail, gssize length)
{
  g_autoptr (GBytes) bytes = g_bytes_new (mail, length >= 0 ? (gsize) length : strlen (mail));
  g_autoptr (ReboundAnalyzer) analyzer = rebound_analyzer_new (NULL, NULL);
  ReboundReport *report = rebound_analyzer_analyze (analyzer, bytes, NULL, NULL);

  ck_assert_ptr_nonnull (report);
  return report;
}

static ReboundReport *
classify (const char *text)
{
  g_autoptr (ReboundAnalyzer) analyzer = rebound_analyzer_new (NULL, NULL);
  ReboundReport *report = rebound_analyzer_classify (analyzer, text, NULL);

  ck_assert_ptr_nonnull (report);
  return report;
}

/* Parses one object on one line; JSON that another program cannot read is none. */
static JsonObject *
parse (const char *json)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  g_autoptr (GError) error = NULL;

  ck_assert (g_utf8_validate (json, -1, NULL));
  for (const char *p = json; *p != '\0'; p++)
    ck_assert_msg ((guint8) *p >= 0x20 && *p != 0x7f, "a control character in: %s", json);
  ck_assert_msg (json_parser_load_from_data (parser, json, -1, &error), "%s in: %s",
                 error != NULL ? error->message : "?", json);
  ck_assert (JSON_NODE_HOLDS_OBJECT (json_parser_get_root (parser)));
  return json_object_ref (json_node_get_object (json_parser_get_root (parser)));
}

static JsonObject *
report_object (const ReboundReport *report, const ReboundStyle *style)
{
  g_autofree char *json = rebound_report_to_json (report, style);

  return parse (json);
}

static JsonObject *
first_recipient (JsonObject *object)
{
  return json_array_get_object_element (json_object_get_array_member (object, "recipients"), 0);
}

static void
assert_members (JsonObject *object, const char *expected)
{
  g_autoptr (GList) members = json_object_get_members (object);
  g_autoptr (GString) found = g_string_new (NULL);

  for (const GList *m = members; m != NULL; m = m->next)
    g_string_append_printf (found, "%s%s", found->len > 0 ? " " : "", (const char *) m->data);
  ck_assert_str_eq (found->str, expected);
}

/* %NULL for null. */
static const char *
get_string (JsonObject *object, const char *member)
{
  JsonNode *node = json_object_get_member (object, member);

  ck_assert_msg (node != NULL, "no member %s", member);
  if (JSON_NODE_HOLDS_NULL (node))
    return NULL;
  ck_assert_msg (json_node_get_value_type (node) == G_TYPE_STRING, "%s is no string", member);
  return json_node_get_string (node);
}

static const char bounce[] =
    "Return-Path: <>\n"
    "Delivered-To: news-bounces+bob=example.net@lists.example.org\n"
    "From: MAILER-DAEMON@mx.example.org\n"
    "To: news-bounces+bob=example.net@lists.example.org\n"
    "Subject: Undelivered Mail Returned to Sender\n"
    "Date: Sat, 21 Nov 2026 17:40:00 +0100\n"
    "Message-ID: <77@mx.example.org>\n"
    "MIME-Version: 1.0\n"
    "Content-Type: multipart/report; report-type=delivery-status; boundary=\"=b\"\n\n"
    "--=b\n\nThis is the mail system at host mx.example.org.\n\n"
    "<bob@example.net>: host mx.example.net[192.0.2.1] said: 550 5.1.1 no such user\n"
    "    (in reply to RCPT TO command)\n"
    "--=b\nContent-Type: message/delivery-status\n\n"
    "Reporting-MTA: dns; mx.example.org\nOriginal-Envelope-Id: QQ314159\n\n"
    "Final-Recipient: rfc822; bob@example.net\n"
    "Original-Recipient: rfc822;robert@example.net\n"
    "Action: failed\nStatus: 5.1.1\nRemote-MTA: dns; mx.example.net\n"
    "Diagnostic-Code: smtp; 550 5.1.1 no such user\n"
    "--=b\nContent-Type: text/rfc822-headers\n\n"
    "From: News <news@lists.example.org>\nTo: bob@example.net\nSubject: Weekly \"news\"\n"
    "Message-ID: <abc@lists.example.org>\nDate: Fri, 20 Nov 2026 10:00:00 -0500\n"
    "List-Id: <news.lists.example.org>\n"
    "List-Unsubscribe: <https://lists.example.org/news/bob>\n--=b--\n";

/* ---- JSON --------------------------------------------------------------------------------- */

#define RECIPIENT_MEMBERS                                                                          \
  "address original_address subscriber subscriber_from action reply status diagnostic "            \
  "remote_mta provider stage will_retry_until moved_to reason also bounce fault unsubscribe "      \
  "authenticity evidence"

/* The order and the names of the contract. */
START_TEST (json_members)
{
  g_autoptr (ReboundReport) report = analyze (bounce, -1);
  g_autoptr (JsonObject) object = report_object (report, NULL);

  assert_members (object, "schema source index digest kind format date message_id envelope "
                          "reporting_mta feedback_type original recipients warnings");
  assert_members (json_object_get_object_member (object, "envelope"), "sender recipient");
  assert_members (json_object_get_object_member (object, "original"),
                  "message_id from to subject date list_id list_unsubscribe envelope_id");
  assert_members (first_recipient (object), RECIPIENT_MEMBERS);
}
END_TEST

START_TEST (json_values)
{
  const ReboundStyle style = { .source = "corpus/bounce.eml", .index = 3 };
  g_autoptr (ReboundReport) report = analyze (bounce, -1);
  g_autoptr (JsonObject) object = report_object (report, &style);
  JsonObject *envelope = json_object_get_object_member (object, "envelope");

  ck_assert_int_eq (json_object_get_int_member (object, "schema"), 1);
  ck_assert_str_eq (get_string (object, "source"), "corpus/bounce.eml");
  ck_assert_int_eq (json_object_get_int_member (object, "index"), 3);
  ck_assert_str_eq (get_string (object, "digest"), rebound_report_get_digest (report));
  ck_assert_uint_eq (strlen (get_string (object, "digest")), strlen ("sha256:") + 64);
  ck_assert_str_eq (get_string (object, "kind"), "bounce");
  ck_assert_str_eq (get_string (object, "format"), "postfix");
  ck_assert_str_eq (get_string (object, "date"), "2026-11-21T16:40:00Z");
  ck_assert_str_eq (get_string (object, "message_id"), "77@mx.example.org");
  ck_assert_str_eq (get_string (envelope, "sender"), "");
  ck_assert_str_eq (get_string (envelope, "recipient"),
                    "news-bounces+bob=example.net@lists.example.org");
  ck_assert_str_eq (get_string (object, "reporting_mta"), "mx.example.org");
  ck_assert_ptr_null (get_string (object, "feedback_type"));
  ck_assert_uint_eq (json_array_get_length (json_object_get_array_member (object, "warnings")), 0);
}
END_TEST

static const struct
{
  const char *member;
  const char *value;
} originals[] = {
  { "message_id", "abc@lists.example.org" }, { "from", "news@lists.example.org" },
  { "to", "bob@example.net" },               { "subject", "Weekly \"news\"" },
  { "date", "2026-11-20T15:00:00Z" },        { "list_id", "news.lists.example.org" },
  { "envelope_id", "QQ314159" },
  { "list_unsubscribe", "<https://lists.example.org/news/bob>" },
}, recipients[] = {
  { "address", "bob@example.net" },
  { "original_address", "robert@example.net" },
  { "subscriber", "bob@example.net" },
  { "subscriber_from", "verp" },
  { "action", "failed" },
  { "reply", "550" },
  { "status", "5.1.1" },
  { "diagnostic", "550 5.1.1 no such user" },
  { "remote_mta", "mx.example.net" },
  { "provider", NULL },
  { "stage", "rcpt" },
  { "will_retry_until", NULL },
  { "moved_to", NULL },
  { "reason", "user-unknown" },
  { "bounce", "hard" },
  { "fault", "recipient" },
  { "unsubscribe", "now" },
};

START_TEST (json_original)
{
  g_autoptr (ReboundReport) report = analyze (bounce, -1);
  g_autoptr (JsonObject) object = report_object (report, NULL);

  ck_assert_pstr_eq (
      get_string (json_object_get_object_member (object, "original"), originals[_i].member),
      originals[_i].value);
}
END_TEST

START_TEST (json_recipient)
{
  g_autoptr (ReboundReport) report = analyze (bounce, -1);
  g_autoptr (JsonObject) object = report_object (report, NULL);

  ck_assert_pstr_eq (get_string (first_recipient (object), recipients[_i].member),
                     recipients[_i].value);
}
END_TEST

/* A rule stands where there is one; the decisive fact comes first. */
START_TEST (json_evidence)
{
  g_autoptr (ReboundReport) report = analyze (bounce, -1);
  g_autoptr (JsonObject) object = report_object (report, NULL);
  JsonArray *facts = json_object_get_array_member (first_recipient (object), "evidence");
  guint n;

  rebound_recipient_get_evidence (rebound_report_get_recipient (report, 0), &n);
  ck_assert_uint_eq (json_array_get_length (facts), n);
  ck_assert_uint_ge (n, 3);
  ck_assert_str_eq (get_string (json_array_get_object_element (facts, 0), "role"), "decisive");
  for (guint i = 0; i < n; i++)
    {
      JsonObject *fact = json_array_get_object_element (facts, i);

      assert_members (fact, json_object_has_member (fact, "rule") ? "fact value from rule role"
                                                                  : "fact value from role");
      ck_assert_int_eq (json_object_has_member (fact, "rule"),
                        strcmp (get_string (fact, "fact"), "phrase") == 0
                            || strcmp (get_string (fact, "fact"), "stage") == 0);
    }
}
END_TEST

/* Unknown is null, and what is a list is an empty one. */
START_TEST (json_unknown)
{
  g_autoptr (ReboundReport) report = analyze ("\n", -1);
  g_autoptr (JsonObject) object = report_object (report, NULL);
  JsonObject *original = json_object_get_object_member (object, "original");
  static const char *const members[] = { "source",     "format",        "date",
                                         "message_id", "reporting_mta", "feedback_type" };

  for (guint i = 0; i < G_N_ELEMENTS (members); i++)
    ck_assert_ptr_null (get_string (object, members[i]));
  ck_assert_int_eq (json_object_get_int_member (object, "index"), 0);
  ck_assert_str_eq (get_string (object, "kind"), "other");
  ck_assert_uint_eq (json_array_get_length (json_object_get_array_member (object, "recipients")),
                     0);
  for (guint i = 0; i < G_N_ELEMENTS (originals); i++)
    ck_assert_ptr_null (get_string (original, originals[i].member));
}
END_TEST

/* The same members, whatever is known. */
START_TEST (json_unknown_recipient)
{
  g_autoptr (ReboundReport) report = classify ("no clue");
  g_autoptr (JsonObject) object = report_object (report, NULL);
  JsonObject *recipient = first_recipient (object);
  static const char *const members[] = {
    "address",    "original_address", "subscriber", "subscriber_from",  "reply",   "status",
    "remote_mta", "provider",         "stage",      "will_retry_until", "moved_to"
  };

  assert_members (recipient, RECIPIENT_MEMBERS);
  for (guint i = 0; i < G_N_ELEMENTS (members); i++)
    ck_assert_ptr_null (get_string (recipient, members[i]));
  ck_assert_str_eq (get_string (recipient, "reason"), "unclassified");
  ck_assert_uint_eq (json_array_get_length (json_object_get_array_member (recipient, "also")), 0);
}
END_TEST

START_TEST (json_also)
{
  g_autoptr (ReboundReport) report = classify ("550 user unknown or mailbox full");
  g_autoptr (JsonObject) object = report_object (report, NULL);
  JsonArray *also = json_object_get_array_member (first_recipient (object), "also");

  ck_assert_uint_eq (json_array_get_length (also), 1);
  ck_assert_str_eq (json_array_get_string_element (also, 0), "mailbox-full");
}
END_TEST

START_TEST (json_taxonomy)
{
  const ReboundStyle style = { .taxonomy = rebound_taxonomies ()[_i] };
  g_autoptr (ReboundReport) report = classify ("550 5.1.1 no such user");
  g_autoptr (JsonObject) object = report_object (report, &style);

  ck_assert_pstr_eq (get_string (first_recipient (object), style.taxonomy),
                     rebound_reason_in_taxonomy (REBOUND_REASON_USER_UNKNOWN, style.taxonomy));
}
END_TEST

/* The object of a recipient alone is that of the report. */
START_TEST (json_of_recipient)
{
  g_autoptr (ReboundReport) report = analyze (bounce, -1);
  g_autofree char *whole = rebound_report_to_json (report, NULL);
  g_autofree char *alone =
      rebound_recipient_to_json (rebound_report_get_recipient (report, 0), NULL);
  g_autoptr (JsonObject) object = parse (alone);

  assert_members (object, RECIPIENT_MEMBERS);
  ck_assert_ptr_nonnull (strstr (whole, alone));
}
END_TEST

static const char *const hostile[] = {
  "",
  "plain",
  "\"quoted\"",
  "back\\slash \\u0041 \\",
  "line\nfeed\rreturn\ttab\bback\fform",
  "\001\002\033[31m\037\177",
  "slash / </script>",
  "{\"a\": [1, null]}, [",
  "büro 张三 \xe2\x80\xa8 \xef\xbf\xbd",
  "beyond the BMP: \xf0\x9f\x98\x80",
};

START_TEST (json_string)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_autoptr (JsonObject) object = NULL;

  rebound_json_begin (out, NULL, '{');
  rebound_json_member (out, "one", hostile[_i]);
  rebound_json_member (out, "two", NULL);
  rebound_json_number (out, "three", -3);
  rebound_json_begin (out, "four", '[');
  rebound_json_item (out, hostile[_i]);
  rebound_json_item (out, "last");
  rebound_json_end (out, ']');
  rebound_json_begin (out, "five", '{');
  rebound_json_end (out, '}');
  rebound_json_end (out, '}');
  object = parse (out->str);
  assert_members (object, "one two three four five");
  ck_assert_str_eq (get_string (object, "one"), hostile[_i]);
  ck_assert_ptr_null (get_string (object, "two"));
  ck_assert_int_eq (json_object_get_int_member (object, "three"), -3);
  ck_assert_str_eq (
      json_array_get_string_element (json_object_get_array_member (object, "four"), 0),
      hostile[_i]);
}
END_TEST

/* A value that ends as a bracket would is still followed by a comma. */
START_TEST (json_separators)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_autoptr (JsonObject) object = NULL;

  rebound_json_begin (out, NULL, '{');
  rebound_json_member (out, "a", "{");
  rebound_json_member (out, "b", "[");
  rebound_json_member (out, "c", "\"");
  rebound_json_end (out, '}');
  object = parse (out->str);
  ck_assert_str_eq (get_string (object, "a"), "{");
  ck_assert_str_eq (get_string (object, "b"), "[");
  ck_assert_str_eq (get_string (object, "c"), "\"");
}
END_TEST

START_TEST (json_hostile_source)
{
  const ReboundStyle style = { .source = hostile[_i] };
  g_autoptr (ReboundReport) report = classify ("550 5.1.1 no such user");
  g_autoptr (JsonObject) object = report_object (report, &style);

  ck_assert_str_eq (get_string (object, "source"), hostile[_i]);
}
END_TEST

/* A file's name may be of any bytes, the JSON must be UTF-8 all the same. */
START_TEST (json_latin1_source)
{
  const ReboundStyle style = { .source = "caf\xe9.eml" };
  g_autoptr (ReboundReport) report = classify ("550 5.1.1 no such user");
  g_autoptr (JsonObject) object = report_object (report, &style);

  ck_assert (g_str_has_prefix (get_string (object, "source"), "caf"));
}
END_TEST

/* Whatever stands in a message, what is said of it can be read. */
static const char hostile_mail[] =
    "From: MAILER-DAEMON@mx.example.org\nTo: news@lists.example.org\n"
    "Subject: Undelivered Mail\nMessage-ID: <\"a\\b\">\n"
    "Content-Type: multipart/report; report-type=delivery-status; boundary=\"=b\"\n\n"
    "--=b\n\n\x1b[31mred\x07 \xff\xfe\x80 text\n"
    "--=b\nContent-Type: message/delivery-status\n\n"
    "Final-Recipient: rfc822; \"b\\\"o\x01 b\"@example.net\nAction: failed\nStatus: 5.1.1\n"
    "Diagnostic-Code: smtp; 550 5.1.1 \x1b[2Jno \"such\" \\ user \x07\x7f\xe9\xff\n"
    "--=b\nContent-Type: text/rfc822-headers\n\n"
    "Subject: =?utf-8?b?8J+YgCAi?= \x1b]0;title\x07 \xff\nFrom: \xe9@example.net\n--=b--\n";

START_TEST (json_hostile_mail)
{
  g_autoptr (ReboundReport) report = analyze (hostile_mail, sizeof hostile_mail - 1);
  g_autoptr (JsonObject) object = report_object (report, NULL);
  const char *subject = get_string (json_object_get_object_member (object, "original"), "subject");

  ck_assert (g_str_has_prefix (subject, "\xf0\x9f\x98\x80 \""));
  ck_assert_str_eq (get_string (first_recipient (object), "reason"), "user-unknown");
  ck_assert_ptr_nonnull (
      strstr (get_string (first_recipient (object), "diagnostic"), "no \"such\" \\ user"));
}
END_TEST

/* ---- Text --------------------------------------------------------------------------------- */

static char *
write_text (const char *mail, const ReboundStyle *style)
{
  g_autoptr (ReboundReport) report = analyze (mail, -1);

  return rebound_report_to_text (report, style);
}

static void
assert_contains (const char *text, const char *part)
{
  ck_assert_msg (strstr (text, part) != NULL, "no \"%s\" in:\n%s", part, text);
}

START_TEST (text_plain)
{
  static const char *const parts[] = {
    "bob@example.net",        "user-unknown",   "hard",    "recipient's fault", "unsubscribe now",
    "550 5.1.1 no such user", "mx.example.net", "because", "no such user",      "5.1.1"
  };
  g_autofree char *text = write_text (bounce, NULL);

  ck_assert (g_str_has_prefix (text, "bounce · postfix at mx.example.org · 21 Nov 2026 16:40"));
  ck_assert (g_str_has_suffix (text, "\n"));
  ck_assert_ptr_null (strchr (text, '\033'));
  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    assert_contains (text, parts[i]);
}
END_TEST

/* Without its colours it is the plain text. */
START_TEST (text_color)
{
  const ReboundStyle style = { .color = TRUE };
  g_autofree char *plain = write_text (bounce, NULL);
  g_autofree char *colored = write_text (bounce, &style);
  g_autoptr (GRegex) regex = g_regex_new ("\033\\[[0-9;]*m", 0, 0, NULL);
  g_autofree char *bare = g_regex_replace_literal (regex, colored, -1, 0, "", 0, NULL);

  ck_assert_str_ne (colored, plain);
  ck_assert_str_eq (bare, plain);
  assert_contains (colored, "\033[0m");
}
END_TEST

START_TEST (text_taxonomy)
{
  const ReboundStyle style = { .taxonomy = "ses" };
  g_autofree char *text = write_text (bounce, &style);

  assert_contains (text, "Permanent/NoEmail");
}
END_TEST

/* Every fact, with its place and its rule. */
START_TEST (text_explain)
{
  const ReboundStyle style = { .explain = TRUE };
  g_autoptr (ReboundReport) report = analyze (bounce, -1);
  g_autofree char *text = rebound_report_to_text (report, &style);
  guint n;
  const ReboundFact *facts =
      rebound_recipient_get_evidence (rebound_report_get_recipient (report, 0), &n);

  for (guint i = 0; i < n; i++)
    {
      assert_contains (text, facts[i].value);
      assert_contains (text, rebound_role_to_string (facts[i].role));
      assert_contains (text, rebound_source_to_string (facts[i].from));
      if (facts[i].rule != NULL)
        assert_contains (text, facts[i].rule);
    }
}
END_TEST

START_TEST (text_source)
{
  const ReboundStyle style = { .source = "box.mbox", .index = 7 };
  g_autofree char *text = write_text (bounce, &style);

  assert_contains (text, "box.mbox #8: ");
}
END_TEST

START_TEST (text_of_recipient)
{
  g_autoptr (ReboundReport) report = analyze (bounce, -1);
  g_autofree char *whole = rebound_report_to_text (report, NULL);
  g_autofree char *alone =
      rebound_recipient_to_text (rebound_report_get_recipient (report, 0), NULL);

  ck_assert (g_str_has_suffix (whole, alone));
  ck_assert_uint_lt (strlen (alone), strlen (whole));
}
END_TEST

START_TEST (text_other)
{
  g_autofree char *text = write_text ("From: Ann <ann@example.org>\nSubject: Hi\n\nHello\n", NULL);

  ck_assert_str_eq (text, "other\n");
}
END_TEST

START_TEST (text_also)
{
  g_autoptr (ReboundReport) report = classify ("550 user unknown or mailbox full");
  g_autofree char *text = rebound_report_to_text (report, NULL);

  assert_contains (text, "user-unknown or mailbox-full");
  assert_contains (text, "unsubscribe count");
}
END_TEST

START_TEST (text_delayed)
{
  g_autofree char *text =
      write_text ("From: MAILER-DAEMON@mx.example.org\nTo: news@lists.example.org\n"
                  "Content-Type: multipart/report; report-type=delivery-status; boundary=\"=b\"\n\n"
                  "--=b\nContent-Type: message/delivery-status\n\n"
                  "Final-Recipient: rfc822; bob@example.net\nAction: delayed\nStatus: 4.4.1\n"
                  "Will-Retry-Until: Sat, 28 Nov 2026 17:00:00 +0100\n--=b--\n",
                  NULL);

  ck_assert (g_str_has_prefix (text, "delay"));
  assert_contains (text, "unsubscribe never");
  assert_contains (text, "2026-11-28T16:00:00Z");
}
END_TEST

START_TEST (text_complaint)
{
  g_autofree char *text =
      write_text ("From: feedback@provider.example\nTo: abuse@lists.example.org\n"
                  "Content-Type: multipart/report; report-type=feedback-report; boundary=\"=b\"\n\n"
                  "--=b\nContent-Type: message/feedback-report\n\n"
                  "Feedback-Type: abuse\nOriginal-Rcpt-To: bob@example.net\n--=b--\n",
                  NULL);

  ck_assert (g_str_has_prefix (text, "complaint (abuse)"));
  assert_contains (text, "unsubscribe now");
}
END_TEST

/* Mail must not steer the terminal it is shown on. */
START_TEST (text_hostile_mail)
{
  g_autoptr (ReboundReport) report = analyze (hostile_mail, sizeof hostile_mail - 1);
  g_autofree char *text = rebound_report_to_text (report, NULL);

  ck_assert (g_utf8_validate (text, -1, NULL));
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    ck_assert_msg (*p == '\n' || !g_unichar_iscntrl (g_utf8_get_char (p)),
                   "the control character %02x", *p);
}
END_TEST

/* ---- Getters and references --------------------------------------------------------------- */

START_TEST (report_getters)
{
  g_autoptr (ReboundReport) report = analyze (bounce, -1);
  guint n_warnings = 99;

  ck_assert_int_eq (rebound_report_get_kind (report), REBOUND_KIND_BOUNCE);
  ck_assert_str_eq (rebound_report_get_format (report), "postfix");
  ck_assert_str_eq (rebound_report_get_date (report), "2026-11-21T16:40:00Z");
  ck_assert_str_eq (rebound_report_get_message_id (report), "77@mx.example.org");
  ck_assert_str_eq (rebound_report_get_envelope_sender (report), "");
  ck_assert_str_eq (rebound_report_get_envelope_recipient (report),
                    "news-bounces+bob=example.net@lists.example.org");
  ck_assert_str_eq (rebound_report_get_reporting_mta (report), "mx.example.org");
  ck_assert_ptr_null (rebound_report_get_feedback_type (report));
  ck_assert_str_eq (rebound_report_get_original (report)->subject, "Weekly \"news\"");
  ck_assert_uint_eq (rebound_report_get_n_recipients (report), 1);
  rebound_report_get_warnings (report, &n_warnings);
  ck_assert_uint_eq (n_warnings, 0);
}
END_TEST

START_TEST (recipient_getters)
{
  g_autoptr (ReboundReport) report = analyze (bounce, -1);
  const ReboundRecipient *bob = rebound_report_get_recipient (report, 0);
  guint n;

  ck_assert_str_eq (rebound_recipient_get_address (bob), "bob@example.net");
  ck_assert_str_eq (rebound_recipient_get_original_address (bob), "robert@example.net");
  ck_assert_str_eq (rebound_recipient_get_subscriber (bob), "bob@example.net");
  ck_assert_int_eq (rebound_recipient_get_subscriber_from (bob), REBOUND_SUBSCRIBER_FROM_VERP);
  ck_assert_int_eq (rebound_recipient_get_action (bob), REBOUND_ACTION_FAILED);
  ck_assert_str_eq (rebound_recipient_get_reply (bob), "550");
  ck_assert_str_eq (rebound_recipient_get_status (bob), "5.1.1");
  ck_assert_str_eq (rebound_recipient_get_diagnostic (bob), "550 5.1.1 no such user");
  ck_assert_str_eq (rebound_recipient_get_remote_mta (bob), "mx.example.net");
  ck_assert_ptr_null (rebound_recipient_get_provider (bob));
  ck_assert_int_eq (rebound_recipient_get_stage (bob), REBOUND_STAGE_RCPT);
  ck_assert_ptr_null (rebound_recipient_get_will_retry_until (bob));
  ck_assert_ptr_null (rebound_recipient_get_moved_to (bob));
  ck_assert_int_eq (rebound_recipient_get_reason (bob), REBOUND_REASON_USER_UNKNOWN);
  rebound_recipient_get_also (bob, &n);
  ck_assert_uint_eq (n, 0);
  ck_assert_int_eq (rebound_recipient_get_bounce (bob), REBOUND_BOUNCE_HARD);
  ck_assert_int_eq (rebound_recipient_get_fault (bob), REBOUND_FAULT_RECIPIENT);
  ck_assert_int_eq (rebound_recipient_get_unsubscribe (bob), REBOUND_UNSUBSCRIBE_NOW);
}
END_TEST

/* A report lives on without its analyzer and as long as somebody holds it. */
START_TEST (references)
{
  ReboundReport *report = classify ("550 5.1.1 <bob@example.net>: no such user");
  ReboundReport *second = rebound_report_ref (report);
  ReboundReport *third = g_boxed_copy (REBOUND_TYPE_REPORT, report);

  ck_assert_ptr_eq (second, report);
  ck_assert_ptr_eq (third, report);
  rebound_report_unref (report);
  rebound_report_unref (second);
  ck_assert_str_eq (rebound_recipient_get_address (rebound_report_get_recipient (third, 0)),
                    "bob@example.net");
  g_boxed_free (REBOUND_TYPE_REPORT, third);
}
END_TEST

START_TEST (analyzer_references)
{
  ReboundAnalyzer *analyzer = rebound_analyzer_new (NULL, NULL);
  ReboundAnalyzer *second = rebound_analyzer_ref (analyzer);
  ReboundAnalyzer *third = g_boxed_copy (REBOUND_TYPE_ANALYZER, analyzer);
  g_autoptr (ReboundReport) report = NULL;

  ck_assert_ptr_eq (second, analyzer);
  ck_assert_ptr_eq (third, analyzer);
  rebound_analyzer_unref (analyzer);
  g_boxed_free (REBOUND_TYPE_ANALYZER, second);
  report = rebound_analyzer_classify (third, "550", NULL);
  rebound_analyzer_unref (third);
  ck_assert_uint_eq (rebound_report_get_n_recipients (report), 1);
}
END_TEST

START_TEST (boxed_types)
{
  GType types[] = { REBOUND_TYPE_REPORT, REBOUND_TYPE_ANALYZER };
  static const char *const names[] = { "ReboundReport", "ReboundAnalyzer" };

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    {
      ck_assert (G_TYPE_IS_BOXED (types[i]));
      ck_assert_str_eq (g_type_name (types[i]), names[i]);
    }
}
END_TEST

/* ---- Names -------------------------------------------------------------------------------- */

static const char *
kind_name (guint value)
{
  return rebound_kind_to_string (value);
}

static const char *
reason_name (guint value)
{
  return rebound_reason_to_string (value);
}

static const char *
bounce_name (guint value)
{
  return rebound_bounce_to_string (value);
}

static const char *
fault_name (guint value)
{
  return rebound_fault_to_string (value);
}

static const char *
unsubscribe_name (guint value)
{
  return rebound_unsubscribe_to_string (value);
}

static const char *
action_name (guint value)
{
  return rebound_action_to_string (value);
}

static const char *
stage_name (guint value)
{
  return rebound_stage_to_string (value);
}

static const char *
subscriber_from_name (guint value)
{
  return rebound_subscriber_from_to_string (value);
}

static const char *
role_name (guint value)
{
  return rebound_role_to_string (value);
}

/* Each enumeration in the order of the contract, "-" for the value that is null. */
static const struct
{
  const char *(*name) (guint value);
  const char *names;
} enumerations[] = {
  { kind_name, "other bounce delay delivered auto-reply challenge disposition complaint" },
  { reason_name,
    "unclassified user-unknown user-moved user-inactive address-invalid mailbox-full "
    "recipient-refused domain-unknown domain-refusing message-too-large content-rejected "
    "spam-content virus-found auth-failed bad-reputation blocked ptr-missing sender-rejected "
    "relay-denied auth-required tls-required tls-failed rate-limited too-many-connections "
    "too-many-recipients greylisted policy-refused system-error system-full mailer-error "
    "loop-detected network-error expired protocol-error suppressed delayed delivered complaint "
    "unsubscribe-request feedback auto-reply" },
  { bounce_name, "none soft hard" },
  { fault_name, "unknown none recipient domain message sender receiver network" },
  { unsubscribe_name, "never count now" },
  { action_name, "- failed delayed delivered relayed expanded" },
  { stage_name, "- connect helo starttls auth mail rcpt data end-of-data local" },
  { subscriber_from_name, "- verp original-recipient returned-to recipient" },
  { role_name, "agrees decisive contradicted" },
};

START_TEST (enumeration)
{
  g_auto (GStrv) names = g_strsplit (enumerations[_i].names, " ", -1);
  guint n = g_strv_length (names);

  for (guint value = 0; value < n; value++)
    ck_assert_pstr_eq (enumerations[_i].name (value),
                       strcmp (names[value], "-") != 0 ? names[value] : NULL);
  ck_assert_ptr_null (enumerations[_i].name (n));
  ck_assert_ptr_null (enumerations[_i].name (G_MAXUINT));
}
END_TEST

/* The contract names two of the places where a fact is read; the others differ from them. */
START_TEST (enumeration_source)
{
  ck_assert_str_eq (rebound_source_to_string (REBOUND_SOURCE_DELIVERY_STATUS), "delivery-status");
  ck_assert_str_eq (rebound_source_to_string (REBOUND_SOURCE_TEXT), "text");
  ck_assert_ptr_null (rebound_source_to_string (REBOUND_SOURCE_NONE));
  for (guint i = REBOUND_SOURCE_DELIVERY_STATUS; i <= REBOUND_SOURCE_ENVELOPE; i++)
    for (guint k = REBOUND_SOURCE_DELIVERY_STATUS; k < i; k++)
      ck_assert_str_ne (rebound_source_to_string (i), rebound_source_to_string (k));
}
END_TEST

START_TEST (reason_from_string)
{
  ReboundReason reason = 99;

  for (guint i = 0; i <= REBOUND_REASON_AUTO_REPLY; i++)
    {
      ck_assert (rebound_reason_from_string (rebound_reason_to_string (i), &reason));
      ck_assert_uint_eq (reason, i);
    }
  ck_assert (rebound_reason_from_string ("user-unknown", NULL));
  ck_assert (!rebound_reason_from_string ("USER-UNKNOWN", &reason));
  ck_assert (!rebound_reason_from_string ("", &reason));
  ck_assert (!rebound_reason_from_string ("user", &reason));
}
END_TEST

/* ---- Explaining --------------------------------------------------------------------------- */

/* Every topic has all of them. */
#define EXPLAIN_MEMBERS                                                                            \
  "topic type means class reasons at providers bounce fault unsubscribe taxonomies provider rule " \
  "causes list sender examples source"

static JsonObject *
explain_object (const char *topic)
{
  g_autofree char *json = rebound_explain_to_json (NULL, topic);

  ck_assert_msg (json != NULL, "nothing is known of %s", topic);
  return parse (json);
}

START_TEST (explain_reply)
{
  g_autofree char *text = rebound_explain_to_text (NULL, "550", NULL);
  g_autoptr (JsonObject) object = explain_object ("550");
  JsonArray *at_rcpt =
      json_object_get_array_member (json_object_get_object_member (object, "at"), "rcpt");

  assert_members (object, EXPLAIN_MEMBERS);
  ck_assert_str_eq (get_string (object, "topic"), "550");
  ck_assert_str_eq (get_string (object, "type"), "reply");
  ck_assert_str_eq (get_string (object, "class"), "permanent");
  ck_assert_str_eq (json_array_get_string_element (at_rcpt, 0), "user-unknown");
  ck_assert (g_str_has_prefix (text, "550: "));
  assert_contains (text, "mailbox unavailable");
  assert_contains (text, "permanent");
  assert_contains (text, "at rcpt: user-unknown");
  assert_contains (text, "RFC 5321");
}
END_TEST

/* topic, class, first reason; details of a class of their own stand before the registry's X */
static const struct
{
  const char *topic;
  const char *class;
  const char *reason;
} explained[] = {
  { "5.1.1", "permanent", "user-unknown" },    { "4.1.1", "temporary", "user-unknown" },
  { "4.2.2", "temporary", "mailbox-full" },    { "5.7.509", "permanent", "auth-failed" },
  { "4.7.650", "temporary", "rate-limited" },  { "5.7.25", "permanent", "ptr-missing" },
  { "452", "temporary", "system-full" },       { "535", "permanent", "auth-required" },
  { "422", "temporary", "message-too-large" }, { "522", "permanent", "mailbox-full" },
};

START_TEST (explain_code)
{
  g_autoptr (JsonObject) object = explain_object (explained[_i].topic);
  g_autofree char *text = rebound_explain_to_text (NULL, explained[_i].topic, NULL);
  JsonArray *reasons = json_object_get_array_member (object, "reasons");

  ck_assert_str_eq (get_string (object, "topic"), explained[_i].topic);
  ck_assert_str_eq (get_string (object, "type"),
                    strchr (explained[_i].topic, '.') != NULL ? "status" : "reply");
  ck_assert_str_eq (get_string (object, "class"), explained[_i].class);
  ck_assert_str_eq (json_array_get_string_element (reasons, 0), explained[_i].reason);
  ck_assert (g_str_has_prefix (text, explained[_i].topic));
  assert_contains (text, explained[_i].reason);
}
END_TEST

START_TEST (explain_success)
{
  static const char *const topics[] = { "250", "354", "2.1.5", "2.0.0" };
  static const char *const classes[] = { "success", "intermediate", "success", "success" };
  g_autoptr (JsonObject) object = explain_object (topics[_i]);
  g_autofree char *text = rebound_explain_to_text (NULL, topics[_i], NULL);

  ck_assert_str_eq (get_string (object, "class"), classes[_i]);
  ck_assert_uint_eq (json_array_get_length (json_object_get_array_member (object, "reasons")), 0);
  ck_assert_ptr_null (strstr (text, "unsubscribe"));
  ck_assert_ptr_null (strstr (text, "Who has to act"));
}
END_TEST

/* What a verdict is for the code of a day, and for one for good. */
START_TEST (explain_temporary)
{
  const ReboundStyle style = { .width = 200 };
  g_autofree char *temporary = rebound_explain_to_text (NULL, "4.1.1", &style);
  g_autofree char *permanent = rebound_explain_to_text (NULL, "5.1.1", &style);
  g_autofree char *inactive = rebound_explain_to_text (NULL, "4.2.1", &style);

  assert_contains (temporary, "hard bounce, recipient's fault, unsubscribe count");
  assert_contains (permanent, "hard bounce, recipient's fault, unsubscribe now");
  assert_contains (inactive, "soft bounce, recipient's fault, unsubscribe count");
}
END_TEST

START_TEST (explain_reason)
{
  g_autoptr (JsonObject) object = explain_object ("user-unknown");
  g_autofree char *text = rebound_explain_to_text (NULL, "user-unknown", NULL);
  g_autofree char *complaint = rebound_explain_to_text (NULL, "complaint", NULL);

  assert_members (object, EXPLAIN_MEMBERS);
  ck_assert_str_eq (get_string (object, "type"), "reason");
  ck_assert_str_eq (get_string (object, "bounce"), "hard");
  ck_assert_str_eq (get_string (object, "fault"), "recipient");
  ck_assert_str_eq (get_string (object, "unsubscribe"), "now");
  assert_members (json_object_get_object_member (object, "taxonomies"),
                  "kumomta powermta ses sisimai sparkpost");
  assert_contains (text, "hard bounce, recipient's fault, unsubscribe now");
  assert_contains (text, "in sisimai: userunknown");
  assert_contains (text, "\n  Who has to act\n    The recipient");
  assert_contains (complaint, "\n  Who has to act\n    The manager of the list.");
}
END_TEST

/* Each reason has an explanation. */
START_TEST (explain_reasons)
{
  const char *name = rebound_reason_to_string (_i);
  g_autoptr (JsonObject) object = explain_object (name);
  g_autofree char *text = rebound_explain_to_text (NULL, name, NULL);

  ck_assert_str_eq (get_string (object, "topic"), name);
  ck_assert_ptr_nonnull (get_string (object, "means"));
  ck_assert (g_str_has_prefix (text, name));
}
END_TEST

/* As people write it: the first topic, the number of topics. */
static const struct
{
  const char *text;
  const char *topic; /* NULL: the text, a refusal */
  guint n;
} asked[] = {
  { "550 ", "550", 1 },
  { "#5.1.1", "5.1.1", 1 },
  { "(#5.1.1)", "5.1.1", 1 },
  { "5.1.1.", "5.1.1", 1 },
  { "550-5.1.1", "550", 2 },
  { "550 5.7.1", "550", 2 },
  { "550 #5.7.1", "550", 2 },
  { "x.1.1", "X.1.1", 1 },
  { "User-Unknown", "user-unknown", 1 },
  { "user unknown", "user-unknown", 1 },
  { "S3140", "S3140", 1 },
  { "s3150", "S3150", 1 },
  { "tss04", "TSS04", 1 },
  { "[TSS04]", "TSS04", 1 },
  { "yahoo/tss04", "yahoo/tss04", 1 },
  { "550 5.7.1 Relay access denied", NULL, 3 },
  { "550 5.7.1 Message rejected due to local policy", NULL, 3 },
  { "421 4.7.0 TLS required for RCPT domain, closing connection", NULL, 3 },
  { "relay access denied", NULL, 1 },
  { "550-5.7.26 Refused for the\n550-5.7.26 DMARC policy. 550 5.7.26 x", NULL, 3 }, /* each once */
  { "550 550 5.1.1", "550", 2 },
  { "CXCNCT", "CXCNCT", 1 },
  { "AUP#CXCNCT", "CXCNCT", 1 }, /* as Cox writes it */
  { "aup#1300", "AUP#1300", 1 },
  { "BRBL", "BRBL", 2 },
  { "userunknown", "user-unknown", 1 },
  { "NoEmail", "user-unknown", 1 },
  { "Permanent/NoEmail", "user-unknown", 1 },
  { "mailboxfull", "mailbox-full", 1 },
  { "bad-mailbox", "bad-mailbox", 1 },
  { "BAD_MAILBOX", "bad-mailbox", 1 },
};

START_TEST (explain_asked)
{
  g_autofree char *json = rebound_explain_to_json (NULL, asked[_i].text);
  g_auto (GStrv) lines = NULL;
  g_autoptr (JsonObject) first = NULL;

  ck_assert_msg (json != NULL, "nothing is known of %s", asked[_i].text);
  lines = g_strsplit (json, "\n", -1);
  first = parse (lines[0]);
  ck_assert_uint_eq (g_strv_length (lines), asked[_i].n);
  ck_assert_str_eq (get_string (first, "topic"),
                    asked[_i].topic != NULL ? asked[_i].topic : asked[_i].text);
  ck_assert_int_eq (strcmp (get_string (first, "type"), "refusal") == 0, asked[_i].topic == NULL);
}
END_TEST

/* A whole refusal: its verdict, with what it leaves open, then its codes by name only. */
static const struct
{
  const char *text;
  const char *shown;
  const char *codes;
} refused[] = {
  { "550 5.1.1 User unknown",
    "user-unknown: No such mailbox. hard bounce, recipient's fault, unsubscribe now.\n\n",
    "\n\n550: Requested action not taken: mailbox unavailable (permanent)\n"
    "5.1.1: Bad destination mailbox address (permanent)\n" },
  { "450 4.1.1 User unknown",
    "user-unknown: No such mailbox. hard bounce, recipient's fault, unsubscribe count.\n\n",
    "\n\n450: " },
  { "421-4.7.0 Try again later, closing connection.",
    "rate-limited: Too much mail too fast, from the sender or to the recipient. soft bounce, "
    "sender's fault, unsubscribe never.\n  or: system-error: ",
    "\n\n421: " },
};

START_TEST (explain_refusal)
{
  const ReboundStyle style = { .width = 200 };
  g_autofree char *text = rebound_explain_to_text (NULL, refused[_i].text, &style);
  g_autofree char *json = rebound_explain_to_json (NULL, refused[_i].text);
  g_auto (GStrv) lines = g_strsplit (json, "\n", -1);
  g_autoptr (JsonObject) object = parse (lines[0]);

  ck_assert_msg (g_str_has_prefix (text, refused[_i].shown), "%s", text);
  assert_contains (text, refused[_i].codes);
  ck_assert_ptr_null (strstr (text, "by itself"));
  assert_members (object, EXPLAIN_MEMBERS);
}
END_TEST

/* The first digits of codes. */
static const struct
{
  const char *text;
  const char *topic;
  const char *class;
  const char *says;
} classes[] = {
  { "5xx", "5xx", "permanent", "5xx: The first digit, 5, says that the command failed, and" },
  { "4", "4", "temporary", "4: The first digit, 4, says that the command failed for now" },
  { "2yz", "2yz", "success", "the command was done" },
  { "52x", "52x", "permanent", "  The second digit, 2, is that of connections." },
  { "5.1", "5.1", "permanent", "  The second number, 1, is that of the addresses" },
  { "x.7", "X.7", NULL, "  The second number, 7, is that of security" },
  { "4.2.X", "4.2.X", "temporary", "  The second number, 2, is that of the mailbox." },
};

START_TEST (explain_class)
{
  const ReboundStyle style = { .width = 200 };
  g_autofree char *text = rebound_explain_to_text (NULL, classes[_i].text, &style);
  g_autoptr (JsonObject) object = explain_object (classes[_i].text);

  assert_contains (text, classes[_i].says);
  assert_members (object, EXPLAIN_MEMBERS);
  ck_assert_str_eq (get_string (object, "topic"), classes[_i].topic);
  ck_assert_str_eq (get_string (object, "type"), "class");
  ck_assert_pstr_eq (get_string (object, "class"), classes[_i].class);
}
END_TEST

/* What has expired is not tried again, nor is what was refused for good. */
START_TEST (explain_given_up)
{
  static const char *const codes[] = { "expired", "547", "5.4.7", "531", "CON:B1", "IB607" };
  const ReboundStyle style = { .width = 500 };
  g_autofree char *text = rebound_explain_to_text (NULL, codes[_i], &style);

  ck_assert_ptr_null (strstr (text, "Nobody at first"));
  ck_assert_ptr_null (strstr (text, "Let the queue try again.\n"));
  ck_assert_ptr_null (strstr (text, "and let the queue try again.\n"));
}
END_TEST

/* What a code says at its stages only, it does not say by itself. */
START_TEST (explain_no_clue)
{
  static const char *const codes[] = { "554", "557" };
  g_autofree char *text = rebound_explain_to_text (NULL, codes[_i], NULL);
  g_autoptr (JsonObject) object = explain_object (codes[_i]);

  assert_contains (text, "\n  by itself: unclassified: ");
  ck_assert_str_eq (get_string (object, "bounce"), "soft");
  ck_assert_str_eq (get_string (object, "unsubscribe"), "count");
}
END_TEST

/* The texts of a provider's code. */
START_TEST (explain_phrase)
{
  g_autoptr (JsonObject) object = explain_object ("s3140");
  g_autofree char *text = rebound_explain_to_text (NULL, "s3140", NULL);

  assert_members (object, EXPLAIN_MEMBERS);
  ck_assert_str_eq (get_string (object, "type"), "phrase");
  ck_assert_str_eq (get_string (object, "provider"), "microsoft");
  ck_assert_str_eq (get_string (object, "rule"), "microsoft/s3140");
  ck_assert_str_eq (get_string (object, "class"), "permanent");
  ck_assert_str_eq (get_string (object, "fault"), "sender");
  ck_assert (g_str_has_prefix (text, "S3140: "));
  assert_contains (text, "Microsoft, permanent");
  assert_contains (text, "\n  What the sending postmaster does\n    - ");
  assert_contains (text, "SNDS");
}
END_TEST

/* Examples are those of the class, where there are any. */
START_TEST (explain_examples)
{
  g_autofree char *temporary = rebound_explain_to_text (NULL, "4.2.2", NULL);
  g_autofree char *permanent = rebound_explain_to_text (NULL, "5.2.2", NULL);
  g_autofree char *any = rebound_explain_to_text (NULL, "X.2.2", NULL);
  g_autofree char *success = rebound_explain_to_text (NULL, "2.1.1", NULL);

  assert_contains (temporary, "    452 4.2.2 ");
  ck_assert_ptr_null (strstr (temporary, "552 5.2.2"));
  assert_contains (permanent, "    552 5.2.2 ");
  ck_assert_ptr_null (strstr (permanent, "452 4.2.2"));
  assert_contains (any, "    - 452 4.2.2 ");
  assert_contains (any, "    - 552 5.2.2 ");
  assert_contains (success, "command was done");
  ck_assert_ptr_null (strstr (success, "Examples"));
}
END_TEST

/* A name that stands for several reasons has no texts of its own; a code says what a provider
 * makes of it. */
START_TEST (explain_names)
{
  g_autoptr (JsonObject) object = explain_object ("bad-mailbox");
  g_autofree char *text = rebound_explain_to_text (NULL, "bad-mailbox", NULL);
  g_autofree char *code = rebound_explain_to_text (NULL, "5.4.1", NULL);
  g_autoptr (JsonObject) said = explain_object ("5.4.1");

  ck_assert_str_eq (get_string (object, "type"), "name");
  ck_assert_uint_eq (json_array_get_length (json_object_get_array_member (object, "reasons")), 3);
  ck_assert (json_object_get_null_member (object, "bounce"));
  assert_contains (text, "or: user-moved: ");
  ck_assert_ptr_null (strstr (text, "Who has to act"));
  assert_contains (code, "\n  at Microsoft: user-unknown, policy-refused");
  assert_contains (code, "\n    - The recipient");
  assert_contains (code, "\n    - The sending side");
  ck_assert (
      json_object_has_member (json_object_get_object_member (said, "providers"), "microsoft"));
}
END_TEST

/* What leaves several reasons open drops nobody at once, and its list text is that of none of them.
 */
START_TEST (explain_open)
{
  g_autoptr (JsonObject) open = explain_object ("511");
  g_autoptr (JsonObject) sure = explain_object ("5.1.1");
  g_autofree char *now = rebound_explain_to_text (NULL, "4.1.1", NULL);
  const char *told = json_array_get_string_element (json_object_get_array_member (open, "list"), 0);

  ck_assert_str_eq (get_string (open, "unsubscribe"), "count");
  assert_contains (told, "several reasons");
  ck_assert_str_eq (get_string (sure, "unsubscribe"), "now");
  assert_contains (now, "for now only");
}
END_TEST

/* What a code's digits say where nobody has registered it, RFC 5321 section 4.2.1, RFC 3463. */
static const struct
{
  const char *code;
  const char *class;
  const char *reason; /* that of X.y.0 */
  const char *says;
} unregistered[] = {
  { "419", "temporary", NULL, "tries" },
  { "599", "permanent", NULL, "message back" },
  { "548", "permanent", NULL, "network and routing" },
  { "418", "temporary", NULL, "with dots: 4.1.8: Bad sender's system" },
  { "290", "success", NULL, "was done" },
  { "5.2.99", "permanent", "unclassified", "the mailbox" },
  { "4.4.99", "temporary", "network-error", "the network" },
  { "2.1.99", "success", NULL, "the addresses" },
  { "5.9.9", "permanent", NULL, "No such second number" },
};

START_TEST (explain_unregistered)
{
  g_autoptr (JsonObject) object = explain_object (unregistered[_i].code);
  g_autofree char *text = rebound_explain_to_text (NULL, unregistered[_i].code, NULL);
  JsonArray *reasons = json_object_get_array_member (object, "reasons");

  ck_assert_str_eq (get_string (object, "class"), unregistered[_i].class);
  if (unregistered[_i].reason != NULL)
    ck_assert_str_eq (json_array_get_string_element (reasons, 0), unregistered[_i].reason);
  else
    ck_assert_uint_eq (json_array_get_length (reasons), 0);
  assert_contains (text, unregistered[_i].says);
}
END_TEST

/* Lines are as wide as they may be; a word that is wider stands alone. */
START_TEST (explain_width)
{
  const ReboundStyle style = { .width = _i };
  g_autofree char *text = rebound_explain_to_text (NULL, "421 4.7.0 TSS04", &style);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_autofree char *line = g_strchug (g_strdup (lines[i]));

      ck_assert_msg (strlen (lines[i]) <= (guint) _i || strchr (line, ' ') == NULL, "%s", lines[i]);
    }
}
END_TEST

static const struct
{
  const char *text;
  const char *suggestion; /* the first */
} alike[] = {
  { "user-unkown", "user-unknown" },
  { "greylist", "greylisted" },
  { "mailboxful", "mailbox-full" },
  { "S3141", "S3140" },
  { "spamdetectd", "spamdetected" },
  { "nonsense", NULL },
  { "", NULL },
  { "\xff\xfe", NULL },
};

START_TEST (explain_suggest)
{
  g_auto (GStrv) near = rebound_explain_suggest (NULL, alike[_i].text);

  ck_assert_pstr_eq (near[0], alike[_i].suggestion);
  ck_assert_uint_le (g_strv_length (near), 3);
}
END_TEST

static const char *const unknown[] = {
  "",         "999",  "55",
  "5500",     "099",  "9.1.1",
  "5.",       "x",    "5.1.1.1",
  "5xxx",     "6xx",  "5x",
  "#",        "x#y",  "52xx",
  "\"",       "- -",  "5.1.1234567890123456789012345678901234567890",
  "\xff\065", "5..1", "nonsense and more",
};

START_TEST (explain_unknown)
{
  ck_assert_ptr_null (rebound_explain_to_text (NULL, unknown[_i], NULL));
  ck_assert_ptr_null (rebound_explain_to_json (NULL, unknown[_i]));
}
END_TEST

START_TEST (taxonomies)
{
  static const char *const expected[] = { "kumomta", "powermta", "ses", "sisimai", "sparkpost" };
  const char *const *names = rebound_taxonomies ();

  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    ck_assert_pstr_eq (names[i], expected[i]);
  ck_assert_ptr_null (names[G_N_ELEMENTS (expected)]);
}
END_TEST

static const struct
{
  ReboundReason reason;
  const char *taxonomy;
  const char *name;
} names[] = {
  { REBOUND_REASON_USER_UNKNOWN, "sisimai", "userunknown" },
  { REBOUND_REASON_USER_UNKNOWN, "kumomta", "InvalidRecipient" },
  { REBOUND_REASON_USER_UNKNOWN, "powermta", "bad-mailbox" },
  { REBOUND_REASON_USER_UNKNOWN, "sparkpost", "10" },
  { REBOUND_REASON_USER_UNKNOWN, "ses", "Permanent/NoEmail" },
  { REBOUND_REASON_MAILBOX_FULL, "sisimai", "mailboxfull" },
  { REBOUND_REASON_MAILBOX_FULL, "sparkpost", "22" },
  { REBOUND_REASON_MAILBOX_FULL, "ses", "Transient/MailboxFull" },
  { REBOUND_REASON_RELAY_DENIED, "sparkpost", "54" },
  { REBOUND_REASON_MESSAGE_TOO_LARGE, "ses", "Transient/MessageTooLarge" },
  { REBOUND_REASON_USER_UNKNOWN, "nobody", NULL },
  { REBOUND_REASON_USER_UNKNOWN, "", NULL },
};

START_TEST (taxonomy_names)
{
  ck_assert_pstr_eq (rebound_reason_in_taxonomy (names[_i].reason, names[_i].taxonomy),
                     names[_i].name);
}
END_TEST

/* ---- The suite ---------------------------------------------------------------------------- */

static TCase *
json_tests (void)
{
  TCase *tests = tcase_create ("json");

  tcase_add_test (tests, json_members);
  tcase_add_test (tests, json_values);
  tcase_add_loop_test (tests, json_original, 0, G_N_ELEMENTS (originals));
  tcase_add_loop_test (tests, json_recipient, 0, G_N_ELEMENTS (recipients));
  tcase_add_test (tests, json_evidence);
  tcase_add_test (tests, json_unknown);
  tcase_add_test (tests, json_unknown_recipient);
  tcase_add_test (tests, json_also);
  tcase_add_loop_test (tests, json_taxonomy, 0, 5);
  tcase_add_test (tests, json_of_recipient);
  tcase_add_loop_test (tests, json_string, 0, G_N_ELEMENTS (hostile));
  tcase_add_test (tests, json_separators);
  tcase_add_loop_test (tests, json_hostile_source, 0, G_N_ELEMENTS (hostile));
  tcase_add_test (tests, json_latin1_source);
  tcase_add_test (tests, json_hostile_mail);
  return tests;
}

static TCase *
text_tests (void)
{
  TCase *tests = tcase_create ("text");

  tcase_add_test (tests, text_plain);
  tcase_add_test (tests, text_color);
  tcase_add_test (tests, text_taxonomy);
  tcase_add_test (tests, text_explain);
  tcase_add_test (tests, text_source);
  tcase_add_test (tests, text_of_recipient);
  tcase_add_test (tests, text_other);
  tcase_add_test (tests, text_also);
  tcase_add_test (tests, text_delayed);
  tcase_add_test (tests, text_complaint);
  tcase_add_test (tests, text_hostile_mail);
  return tests;
}

static TCase *
type_tests (void)
{
  TCase *tests = tcase_create ("types and names");

  tcase_add_test (tests, report_getters);
  tcase_add_test (tests, recipient_getters);
  tcase_add_test (tests, references);
  tcase_add_test (tests, analyzer_references);
  tcase_add_test (tests, boxed_types);
  tcase_add_loop_test (tests, enumeration, 0, G_N_ELEMENTS (enumerations));
  tcase_add_test (tests, enumeration_source);
  tcase_add_test (tests, reason_from_string);
  return tests;
}

static TCase *
explain_tests (void)
{
  TCase *tests = tcase_create ("explain");

  tcase_add_test (tests, explain_reply);
  tcase_add_loop_test (tests, explain_code, 0, G_N_ELEMENTS (explained));
  tcase_add_loop_test (tests, explain_success, 0, 4);
  tcase_add_loop_test (tests, explain_asked, 0, G_N_ELEMENTS (asked));
  tcase_add_loop_test (tests, explain_refusal, 0, G_N_ELEMENTS (refused));
  tcase_add_loop_test (tests, explain_class, 0, G_N_ELEMENTS (classes));
  tcase_add_loop_test (tests, explain_no_clue, 0, 2);
  tcase_add_loop_test (tests, explain_given_up, 0, 6);
  tcase_add_test (tests, explain_phrase);
  tcase_add_test (tests, explain_examples);
  tcase_add_test (tests, explain_names);
  tcase_add_test (tests, explain_open);
  tcase_add_loop_test (tests, explain_unregistered, 0, G_N_ELEMENTS (unregistered));
  tcase_add_loop_test (tests, explain_width, 40, 101);
  tcase_add_loop_test (tests, explain_suggest, 0, G_N_ELEMENTS (alike));
  tcase_add_test (tests, explain_temporary);
  tcase_add_test (tests, explain_reason);
  tcase_add_loop_test (tests, explain_reasons, 0, REBOUND_REASON_AUTO_REPLY + 1);
  tcase_add_loop_test (tests, explain_unknown, 0, G_N_ELEMENTS (unknown));
  tcase_add_test (tests, taxonomies);
  tcase_add_loop_test (tests, taxonomy_names, 0, G_N_ELEMENTS (names));
  return tests;
}

int
main (void)
{
  TCase *const cases[] = { json_tests (), text_tests (), type_tests (), explain_tests (), NULL };

  return run_suite ("report", cases, NULL, NULL);
}
