/* Rebound: tests of what the readers of facts find.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "evidence/evidence.h"

#include <string.h>

#include "evidence/address.h"
#include "evidence/codes.h"
#include "evidence/lines.h"
#include "message/message.h"
#include "message/scan.h"
#include "rebound.h"

#include "cost.h"
#include "suite.h"

typedef struct
{
  const char *input;
  const char *expected;
} Row;

/* ---- Helpers ------------------------------------------------------------------------------ */

static const ReboundLimits *
default_limits (void)
{
  static ReboundLimits limits;

  rebound_limits_init (&limits);
  return &limits;
}

static ReboundEvidence *
read_with (const char *mail, const ReboundEnvelope *envelope)
{
  g_autoptr (GBytes) bytes = g_bytes_new (mail, strlen (mail));
  g_autoptr (ReboundMessage) message = NULL;

  rebound_message_init ();
  message = rebound_message_parse (bytes, NULL, &rebound_builtin_rules, default_limits ());
  return rebound_evidence_read (message, envelope, &rebound_builtin_rules, default_limits ());
}

static ReboundEvidence *
read_mail (const char *mail)
{
  return read_with (mail, NULL);
}

#define REPORT_HEADER                                                                              \
  "From: MAILER-DAEMON@mx.example.net (Mail Delivery System)\n"                                    \
  "To: news-owner@lists.example.org\n"                                                             \
  "Subject: Undelivered Mail Returned to Sender\n"                                                 \
  "MIME-Version: 1.0\n"

/* A multipart/report of @type around @status. */
static char *
make_report (const char *type, const char *status)
{
  return g_strdup_printf (REPORT_HEADER "Content-Type: multipart/report; report-type=%s;\n"
                                        " boundary=\"=b\"\n\n"
                                        "--=b\nContent-Type: text/plain\n\nSee below.\n"
                                        "--=b\nContent-Type: message/%s\n\n%s\n--=b--\n",
                          type, type, status);
}

static ReboundEvidence *
read_status (const char *status)
{
  g_autofree char *mail = make_report ("delivery-status", status);

  return read_mail (mail);
}

static ReboundEvidence *
read_text (const char *text)
{
  g_autofree char *mail = g_strconcat (REPORT_HEADER "\n", text, NULL);

  return read_mail (mail);
}

/* Codes of a recipient, each once, replies first. */
static void
append_codes (GString *out, const GArray *clues, ReboundClueType type)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < clues->len; i++)
    {
      const ReboundClue *clue = &g_array_index (clues, ReboundClue, i);

      if (clue->type == type && g_hash_table_add (seen, (gpointer) clue->value))
        g_string_append_printf (out, " %s", clue->value);
    }
}

/* address[<original] action codes; … */
static char *
describe (const ReboundEvidence *evidence)
{
  GString *out = g_string_new (NULL);

  for (guint i = 0; i < evidence->recipients->len; i++)
    {
      const ReboundEvidenceRecipient *recipient = rebound_evidence_recipient (evidence, i);
      const char *action = rebound_action_to_string (recipient->action);

      g_string_append_printf (out, "%s%s", i > 0 ? "; " : "",
                              recipient->address != NULL ? recipient->address : "?");
      if (recipient->original_address != NULL)
        g_string_append_printf (out, "<%s", recipient->original_address);
      if (action != NULL)
        g_string_append_printf (out, " %s", action);
      append_codes (out, recipient->clues, REBOUND_CLUE_REPLY);
      append_codes (out, recipient->clues, REBOUND_CLUE_STATUS);
    }
  return g_string_free (out, FALSE);
}

static void
assert_describes (const ReboundEvidence *evidence, const char *expected, const char *input)
{
  g_autofree char *found = describe (evidence);

  ck_assert_msg (strcmp (found, expected) == 0, "got \"%s\", not \"%s\", for:\n%s", found, expected,
                 input);
}

static const ReboundClue *
find_clue (const ReboundEvidenceRecipient *recipient, ReboundClueType type)
{
  for (guint i = 0; i < recipient->clues->len; i++)
    if (g_array_index (recipient->clues, ReboundClue, i).type == type)
      return &g_array_index (recipient->clues, ReboundClue, i);
  return NULL;
}

/* Whether a text of the rules that means @reason is among what is known of @recipient. */
static gboolean
has_phrase (const ReboundEvidenceRecipient *recipient, ReboundReason reason)
{
  for (guint i = 0; i < recipient->clues->len; i++)
    {
      const ReboundClue *clue = &g_array_index (recipient->clues, ReboundClue, i);

      if (clue->type == REBOUND_CLUE_PHRASE && clue->rule->reasons.reason[0] == reason)
        return TRUE;
    }
  return FALSE;
}

/* ---- Codes -------------------------------------------------------------------------------- */

static const Row codes[] = {
  /* as a server says them */
  { "550 5.1.1 <bob@example.net>: no such user", "550 5.1.1" },
  { "550 no such user", "550 -" },
  { "5.1.1 no such user", "- 5.1.1" },
  { "452 4.2.2 over quota", "452 4.2.2" },
  { "554", "554 -" },
  { "  550 5.7.1 indented", "550 5.7.1" },
  { "550-5.1.1 first of several lines", "550 5.1.1" },
  { "554-no status here", "554 -" },
  { "550: user unknown", "550 -" },
  /* as others quote them */
  { "host mx.example.net[192.0.2.1] said: 550 5.1.1 no (in reply to RCPT TO command)",
    "550 5.1.1" },
  { "192.0.2.1 does not like recipient.\nRemote host said: 550 no mailbox\nGiving up.", "550 -" },
  { "(reason: 550 5.1.1 <bob@example.net>... User unknown)", "550 5.1.1" },
  { "SMTP error from remote mail server after RCPT TO:<bob@example.net>: 550 no", "550 -" },
  { "smtp;550 5.2.2 over quota", "550 5.2.2" },
  { "Remote Server returned '550 5.4.1 Recipient address rejected'", "550 5.4.1" },
  { "<mx.example.net #5.1.1 smtp; 550 5.1.1 unknown>", "550 5.1.1" },
  { "#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##", "550 5.1.1" },
  { "SMTP error code 550", "550 -" },
  { "The error was: 421 come back later", "421 -" },
  { "<<< 553 sorry", "553 -" },
  { "status=bounced (host mx said: 554 5.7.1 no)", "554 5.7.1" },
  { "delivery failed (5.4.4)", "- 5.4.4" },
  { "Status: 4.4.1.", "- 4.4.1" },
  /* a positive reply, where there is no refusal */
  { "250 2.1.5 OK", "250 2.1.5" },
  { "250 2.1.5 OK; then 550 5.7.1 no", "550 5.7.1" },
  /* details of vendors */
  { "550 5.7.509 Access denied", "550 5.7.509" },
  { "451 4.7.650 The mail server has been temporarily rate limited", "451 4.7.650" },
  { "5.4.316 Message expired", "- 5.4.316" },
  { "550 5.1.10 not found", "550 5.1.10" },
  /* the classes disagree: both are kept */
  { "454 5.5.1 Error: TLS not available", "454 5.5.1" },
  { "550 4.2.1 mailbox disabled", "550 4.2.1" },
  /* the first refusal of several */
  { "550 5.1.1 no such user; 452 4.2.2 full", "550 5.1.1" },
  /* that of the reply, quoted as IronPort does, and whole */
  { "5.1.0 - Unknown address error 550-'5.1.1 <bob@example.net>... no'", "550 5.1.1" },
  { "5.7.509 was what they meant by 550 5.1.1 no", "550 5.1.1" },
};

START_TEST (codes_found)
{
  const Row *row = &codes[_i];
  g_autofree char *found = NULL;
  ReboundCodes result;

  ck_assert_msg (rebound_codes_find (row->input, strlen (row->input), &result), "none in: %s",
                 row->input);
  found = g_strdup_printf ("%s %s", result.reply[0] != '\0' ? result.reply : "-",
                           result.status[0] != '\0' ? result.status : "-");
  ck_assert_msg (strcmp (found, row->expected) == 0, "got %s for: %s", found, row->input);
}
END_TEST

/* Numbers that are no codes. */
static const char *const no_codes[] = {
  "",
  "user unknown",
  "they took it with 250 OK",
  "connect to mx.example.net[192.0.2.1]:465: Connection refused",
  "connect to mx.example.net[192.0.2.1]:587: Connection timed out",
  "The server listens on port 465 and port 587.",
  "Arrival-Date: Mon, 21 Nov 2026 16:45:51 -0500",
  "on 2026-04-21 at 04:45:54.451",
  "The limit is 450 MB, the message has 552000 bytes.",
  "Message size: 552 KB",
  "Exim 4.96.2",
  "Microsoft Exchange Server version 5.5.1",
  "see RFC 5321 section 4.5.3",
  "client [4.2.2.1] was here",
  "address 5.1.1.77 and 192.5.1.1",
  "Call 450-555-0199",
  "Phone: 450-555-0199",
  "Tel. +1 450 555 0199",
  "queue id 4C5501F2A0",
  "message 550abc was kept",
  "Ticket #550 has been opened",
  "550@example.net",
  "user-550@example.net wrote",
  "host mx450.example.net",
  "host 5.1.1.example.net",
  "Message-ID: <450.20261121@example.net>",
  "waited 451 seconds",
  "5.8.1 has no such subject",
  "5.1.1234 is too long",
  "599 is no reply of SMTP",
};

START_TEST (codes_not_found)
{
  const char *text = no_codes[_i];
  ReboundCodes result;

  ck_assert_msg (!rebound_codes_find (text, strlen (text), &result), "got %s/%s for: %s",
                 result.reply, result.status, text);
}
END_TEST

START_TEST (codes_places)
{
  static const char text[] = "host said: 550 5.1.1 no";
  ReboundCodes result;

  ck_assert (rebound_codes_find (text, strlen (text), &result));
  ck_assert_uint_eq (result.at, 11);
  ck_assert_uint_eq (result.end, 20);
}
END_TEST

static const Row statuses[] = {
  { "5.1.1", "5.1.1" },    { "4.7.650 x", "4.7.650" },
  { "5.1.10;", "5.1.10" }, { "5.2.2.", "5.2.2" },
  { "2.1.5", "" },         { "5.1", "" },
  { "5.1.", "" },          { "5.10.1", "" },
  { "5.1.1.1", "" },       { "5.1.1a", "" },
  { "x5.1.1", "" },        { "5.9.1", "" },
};

START_TEST (status_begins)
{
  const Row *row = &statuses[_i];
  gsize length = 0;
  gboolean is = rebound_codes_is_status (row->input, row->input + strlen (row->input), &length);

  ck_assert_msg (is == (*row->expected != '\0'), "%s", row->input);
  if (is)
    ck_assert_uint_eq (length, strlen (row->expected));
}
END_TEST

static const Row joins[] = {
  { "550-5.7.1 first\n550 5.7.1 second", "550 5.7.1 first second" },
  { "550-5.7.1 a\n550-5.7.1 b\n550 5.7.1 c\nafter", "550 5.7.1 a b c after" },
  { "550-5.7.1 first 550 5.7.1 second", "550 5.7.1 first second" },
  { "said: 554-one 554-two 554 three (end)", "said: 554 one two three (end)" },
  { "550-5.1.1 one\n550 two", "550 5.1.1 one two" },
  { "550 5.1.1 alone", "550 5.1.1 alone" },
  { "550-5.1.1 a\n450 4.1.1 b", "550 5.1.1 a 450 4.1.1 b" },
  { "550 5.1.1 a\n550 5.1.1 b", "550 5.1.1 a 550 5.1.1 b" },
  { "no code\n", "no code " },
  { "", "" },
};

/* Whether the lines of one reply are put on one line or not does not matter. */
START_TEST (codes_joined)
{
  const Row *row = &joins[_i];
  gsize length;
  g_autofree char *joined = rebound_codes_join (row->input, strlen (row->input), &length);

  ck_assert_uint_eq (length, strlen (joined));
  ck_assert_str_eq (g_strdelimit (joined, "\n", ' '), row->expected);
}
END_TEST

/* ---- Addresses ---------------------------------------------------------------------------- */

/* What is expected is the address itself, "" for none. */
static const Row scans[] = {
  { "bob@example.net", "bob@example.net" },
  { "bob@example.net>: no", "bob@example.net" },
  { "bob@example.net. Next", "bob@example.net" },
  { "bob@example.net, carol@example.net", "bob@example.net" },
  { "o'neil+tag=x@example.net", "o'neil+tag=x@example.net" },
  { "\"bob at home\"@example.net rest", "\"bob at home\"@example.net" },
  { "\"a\\\"b\"@example.net", "\"a\\\"b\"@example.net" },
  { "\"a@b\"@example.net", "\"a@b\"@example.net" },
  { "a@b@example.net", "a@b" },
  { "büro@exämple.net", "büro@exämple.net" },
  { "bob@[192.0.2.1]:25", "bob@[192.0.2.1]" },
  { "bob@[IPv6:2001:db8::1]", "bob@[IPv6:2001:db8::1]" },
  { "bob@localhost", "bob@localhost" },
  { "bob..dots.@example.net", "bob..dots.@example.net" },
  { "bob@example.net不存在", "bob@example.net" },
  { "bob@example.net（不存在）", "bob@example.net" },
  { "张三@例子.example", "张三@例子.example" },
  { "bob@例子.example", "bob@例子.example" },
  { "ジョン・スミス@example.net", "ジョン・スミス@example.net" },
  { "收件人bob@example.net", "" },
  { "bob@", "" },
  { "@example.net", "" },
  { "bob", "" },
  { "", "" },
  { "bob @example.net", "" },
  { "<bob@example.net>", "" },
  { "\"bob@example.net", "" },
  { "\"bob\tat home\"@example.net", "" },
  { "bob@[192.0.2.1", "" },
  { "bob@-", "" },
};

START_TEST (address_scanned)
{
  const Row *row = &scans[_i];
  gsize length = rebound_address_scan (row->input, row->input + strlen (row->input));

  ck_assert_msg (length == strlen (row->expected), "%u of: %s", (guint) length, row->input);
}
END_TEST

static const Row finds[] = {
  { "write to <bob@example.net>, please", "bob@example.net" },
  { "bob@example.net and carol@example.net", "bob@example.net" },
  { "'bob@example.net'", "bob@example.net" },
  { "to=bob@example.net", "to=bob@example.net" }, /* '=' belongs to local parts */
  { "<\"bob at home\"@example.net>", "\"bob at home\"@example.net" },
  { "meet @ noon, bob@example.net", "bob@example.net" },
  { "mailto:bob@example.net", "bob@example.net" },
  { "<@relay.example:bob@example.net>", "bob@example.net" },
  { "--bob@example.net--", "bob@example.net" },
  { "地址（bob@example.net）不存在", "bob@example.net" },
  { "收件人bob@example.net不存在", "bob@example.net" },
  { "宛先：bob@example.netへ送信できません", "bob@example.net" },
  { "“bob@example.net”", "bob@example.net" },
  { "für büro@example.net", "büro@example.net" },
  { "nobody here", "" },
  { "a @ b", "" },
  { "@", "" },
  { "\"@", "" },
};

START_TEST (address_found)
{
  const Row *row = &finds[_i];
  gsize length = 0;
  const char *p = rebound_address_find (row->input, row->input + strlen (row->input), &length);
  g_autofree char *found = p != NULL ? g_strndup (p, length) : g_strdup ("");

  ck_assert_str_eq (found, row->expected);
}
END_TEST

static const Row cleans[] = {
  { "bob@example.net", "bob@example.net" },
  { "Bob@Example.NET", "Bob@example.net" },
  { "<bob@example.net>", "bob@example.net" },
  { "rfc822; bob@example.net", "bob@example.net" },
  { "RFC822;<bob@example.net>", "bob@example.net" },
  { "rfc822 ; bob@example.net", "bob@example.net" },
  { "rfc/822; bob@example.net", "bob@example.net" },
  { "smtp;bob@example.net", "bob@example.net" },
  { "SMTP:bob@example.net", "bob@example.net" },
  { "mailto:bob@example.net", "bob@example.net" },
  { "<mailto:bob@example.net>", "bob@example.net" },
  { "Bob Doe <bob@example.net>", "bob@example.net" },
  { "\"Doe, Bob\" <bob@example.net>", "bob@example.net" },
  { "\"carol@example.org\" <bob@example.net>", "bob@example.net" },
  { "bob@example.net (Bob Doe)", "bob@example.net" },
  { "bob@example.net (was carol@example.org)", "bob@example.net" },
  { "<@relay.example:bob@example.net>", "bob@example.net" },
  { "\"bob at home\"@example.net", "\"bob at home\"@example.net" },
  { "bob@[192.0.2.1]", "bob@[192.0.2.1]" },
  { "utf-8; bob@example.net", "bob@example.net" },
  { "bob@example.net_", "bob@example.net_" },
  { "bob@example.net.", "bob@example.net" },
  { "'bob@example.net'", "bob@example.net" },
  { "SMTP=bob@example.net", "bob@example.net" },
  { "utf-8; 王wang@example.net", "王wang@example.net" },
  { "utf-8; \\x{5F20}\\x{4E09}@example.net", "张三@example.net" },
  { "utf-8; b\\x{F6}b@example.net", "böb@example.net" },
  { "utf-8; 张三@例子.example", "张三@例子.example" },
  { "x400; /G=Bob/S=Doe/O=Example/", "/G=Bob/S=Doe/O=Example/" },
  { "bob", "bob" },
  { "<bob>", "bob" },
  { "unknown; bob", "bob" },
  { "", NULL },
  { "   ", NULL },
  { "<>", NULL },
  { "rfc822;", NULL },
  { "rfc822; <>", NULL },
};

START_TEST (address_cleaned)
{
  const Row *row = &cleans[_i];
  g_autofree char *found = rebound_address_clean (row->input);

  ck_assert_msg (g_strcmp0 (found, row->expected) == 0, "got %s for: %s", found, row->input);
}
END_TEST

/* Escapes that stand for no character of an address are left as they are. */
START_TEST (address_unitext_invalid)
{
  static const char *const escapes[] = { "\\x{D800}", "\\x{110000}", "\\x{0A}", "\\x{0}",
                                         "\\x{}",     "\\x{41",      "\\x41" };
  g_autofree char *raw = g_strconcat ("utf-8; a", escapes[_i], "b@example.net", NULL);
  g_autofree char *found = rebound_address_clean (raw);

  ck_assert_ptr_nonnull (found);
  ck_assert (g_utf8_validate (found, -1, NULL));
  for (const char *p = found; *p != '\0'; p++)
    ck_assert (!g_ascii_iscntrl (*p));
  ck_assert (g_str_has_suffix (found, "b@example.net"));
}
END_TEST

static const Row xtexts[] = {
  { "bob@example.net", "bob@example.net" },
  { "bob+2Btag@example.net", "bob+tag@example.net" },
  { "a+3Db+3d", "a=b=" },
  { "100+25", "100%" },
  { "a+zz", "a+zz" },
  { "a+", "a+" },
  { "a+4", "a+4" },
  { "a+E9", "a+E9" }, /* xtext is of ASCII */
  { "", "" },
};

START_TEST (address_xtext)
{
  g_autofree char *found = rebound_address_decode_xtext (xtexts[_i].input);

  ck_assert_str_eq (found, xtexts[_i].expected);
}
END_TEST

START_TEST (address_equality)
{
  ck_assert (rebound_address_equal ("bob@example.net", "BOB@Example.Net"));
  ck_assert (!rebound_address_equal ("bob@example.net", "bob@example.ne"));
  ck_assert (!rebound_address_equal (NULL, "bob@example.net"));
  ck_assert (!rebound_address_equal ("bob@example.net", NULL));
  ck_assert (!rebound_address_equal (NULL, NULL));
}
END_TEST

static const Row unwraps[] = {
  /* BATV, the tag on either side */
  { "prvs=190694bd6d=bob@example.net", "bob@example.net" },
  { "PRVS=2987A7B7C7=bob@Example.Net", "bob@example.net" },
  { "prvs=bob/190694bd6d@example.net", "bob@example.net" },
  { "prvs=bob=190694bd6d@example.net", "bob@example.net" },
  { "prvs=190694bd6d=a=b@example.net", "a=b@example.net" },
  { "btv1==0123456789a==bob@example.net", "bob@example.net" },
  /* SRS */
  { "SRS0=HHH=TT=example.net=bob@forwarder.example", "bob@example.net" },
  { "srs0=HHH=TT=example.net=bob@forwarder.example", "bob@example.net" },
  { "SRS0+HHH=TT=example.net=bob@forwarder.example", "bob@example.net" },
  { "SRS0-HHH=TT=example.net=bob@forwarder.example", "bob@example.net" },
  { "SRS0=HHH=TT=Example.NET=a=b@forwarder.example", "a=b@example.net" },
  { "SRS1=GGG=first.example==HHH=TT=example.net=bob@second.example", "bob@example.net" },
  { "SRS1=GGG=first.example=+HHH=TT=example.net=bob@second.example", "bob@example.net" },
  { "SRS1=GGG=first.example=-HHH=TT=example.net=bob@second.example", "bob@example.net" },
  { "SRS1+GGG=first.example==HHH=TT=example.net=bob@second.example", "bob@example.net" },
  /* one in the other */
  { "prvs=0123456789=SRS0=HHH=TT=example.net=bob@forwarder.example", "bob@example.net" },
  { "SRS0=HHH=TT=example.net=prvs=0123456789=bob@forwarder.example", "bob@example.net" },
  { "btv1==0123456789a==prvs=0123456789=bob@example.net", "bob@example.net" },
  { "SRS0=HHH=TT=lists.example=news-bounces+bob=example.net@forwarder.example",
    "news-bounces+bob=example.net@lists.example" },
  /* none */
  { "bob@example.net", "bob@example.net" },
  { "prvs=short=bob@example.net", "prvs=short=bob@example.net" },
  { "prvs=zzzzzzzzzz=bob@example.net", "prvs=zzzzzzzzzz=bob@example.net" },
  { "prvs=0123456789=@example.net", "prvs=0123456789=@example.net" },
  { "prvs@example.net", "prvs@example.net" },
  { "btv1=bob@example.net", "btv1=bob@example.net" },
  { "btv1==xyz==bob@example.net", "btv1==xyz==bob@example.net" },
  { "srs0@example.net", "srs0@example.net" },
  { "SRS0=only@example.net", "SRS0=only@example.net" },
  { "SRS0=a=b=example.net=@forwarder.example", "SRS0=a=b=example.net=@forwarder.example" },
  { "srsly=a=b=example.net=bob@example.net", "srsly=a=b=example.net=bob@example.net" },
  { "SRS2=a=b=example.net=bob@example.net", "SRS2=a=b=example.net=bob@example.net" },
  { "SRS1=a=b=c=d=e@example.net", "SRS1=a=b=c=d=e@example.net" },
  { "no-at-sign", "no-at-sign" },
};

START_TEST (address_unwrapped)
{
  g_autofree char *found = rebound_address_unwrap (unwraps[_i].input);

  ck_assert_str_eq (found, unwraps[_i].expected);
}
END_TEST

/* However deep: it ends, and what is left is an address. */
START_TEST (address_unwrapped_deeply)
{
  g_autoptr (GString) wrapped = g_string_new (NULL);
  g_autofree char *found = NULL;

  for (guint i = 0; i < 1000; i++)
    g_string_append (wrapped, "prvs=0123456789=");
  g_string_append (wrapped, "bob@example.net");
  found = rebound_address_unwrap (wrapped->str);
  ck_assert (g_str_has_suffix (found, "bob@example.net"));
}
END_TEST

static const Row verps[] = {
  /* Mailman */
  { "news-bounces+bob=example.net@lists.example.org", "bob@example.net" },
  { "news-bounces+Bob=Example.NET@lists.example.org", "Bob@example.net" },
  { "news-bounces+a=b=example.net@lists.example.org", "a=b@example.net" },
  { "news-bounces+bob+tag=example.net@lists.example.org", "bob+tag@example.net" },
  /* ezmlm and qmail: RETURN.7, owner- */
  { "news-return-7-bob=example.net@lists.example.org", "bob@example.net" },
  { "news-return-12345-jean-luc=example.net@lists.example.org", "jean-luc@example.net" },
  { "news-return-probe-1163000000.abcdefghijklmnopqrst-bob=example.net@lists.example.org",
    "bob@example.net" },
  { "news-return-warn-1163000000.abcdefghijklmnopqrst-jean-luc=example.net@lists.example.org",
    "jean-luc@example.net" },
  { "news-owner-bob=example.net@lists.example.org", "bob@example.net" },
  /* Sympa */
  { "bounce+bob==a==example.net==news@lists.example.org", "bob@example.net" },
  { "bounce+bob==a==example.net==news==w@lists.example.org", "bob@example.net" },
  { "bounce+bob==a==example.net==news==4711@lists.example.org", "bob@example.net" },
  /* mlmmj */
  { "news+bounces-7-bob=example.net@lists.example.org", "bob@example.net" },
  { "news+bounces-7-jean-luc=example.net@lists.example.org", "jean-luc@example.net" },
  { "news+bounces-probe-bob=example.net@lists.example.org", "bob@example.net" },
  /* Postfix: VERP_README's owner-listname+user=domain */
  { "owner-news+bob=example.net@lists.example.org", "bob@example.net" },
  /* none */
  { "bob@example.net", NULL },
  { "bob+tag@example.net", NULL },
  { "a=b@example.net", NULL },
  { "a=b.example@example.net", NULL },
  { "news-bounces@lists.example.org", NULL },
  { "news-bounces+0123456789abcdef@lists.example.org", NULL },
  { "news-bounces+=example.net@lists.example.org", NULL },
  { "news-bounces+bob=@lists.example.org", NULL },
  { "news-return-7-@lists.example.org", NULL },
  { "news-owner@lists.example.org", NULL },
  { "bounce+bob==a==example.net@lists.example.org", NULL },
  { "bounce+==a==example.net==news@lists.example.org", NULL },
  { "bounce-bob@example.net", NULL },
  { "no-at-sign", NULL },
  { "", NULL },
};

START_TEST (address_verp)
{
  g_autofree char *found = rebound_address_from_verp (verps[_i].input);

  ck_assert_msg (g_strcmp0 (found, verps[_i].expected) == 0, "got %s for: %s", found,
                 verps[_i].input);
}
END_TEST

/* ---- Lines -------------------------------------------------------------------------------- */

static const struct
{
  const char *line;
  ReboundNaming naming;
} namings[] = {
  { "<bob@example.net>: host mx.example.net said no", REBOUND_NAMING_LINE },
  { "<bob@example.net>:", REBOUND_NAMING_LINE },
  { "bob@example.net", REBOUND_NAMING_LINE },
  { "  bob@example.net", REBOUND_NAMING_LINE },
  { "\tbob@example.net", REBOUND_NAMING_LINE },
  { "* bob@example.net", REBOUND_NAMING_LINE },
  { "  - <bob@example.net>", REBOUND_NAMING_LINE },
  { "'bob@example.net' on Mon, 21 Nov 2026", REBOUND_NAMING_LINE },
  { "bob@example.net on 11/21/26 8:02:05 AM", REBOUND_NAMING_LINE },
  { "bob@example.net am 21.11.2026 08:02", REBOUND_NAMING_LINE },
  { "bob@example.net dnia 2026-11-21 08:02", REBOUND_NAMING_LINE },
  { "bob@example.net на 21.11.2026 8:02", REBOUND_NAMING_LINE },
  { "bob@example.net 2026/11/21 8:02", REBOUND_NAMING_LINE },
  { "bob@example.net at 192.0.2.1", REBOUND_NAMING_NONE },
  { "bob@example.net is 5.1.10", REBOUND_NAMING_NONE },
  { "bob@example.net (Bob Doe)", REBOUND_NAMING_LINE },
  { "<bob@example.net>... Deferred", REBOUND_NAMING_LINE },
  { "<bob@example.net> (expanded from <staff@example.org>): no", REBOUND_NAMING_LINE },
  { "<mailto:bob@example.net>", REBOUND_NAMING_LINE },
  { "SMTP:bob@example.net", REBOUND_NAMING_LINE },
  { "\"bob at home\"@example.net", REBOUND_NAMING_LINE },
  { "Failed recipient: bob@example.net", REBOUND_NAMING_LABEL },
  { "Recipient: <bob@example.net>", REBOUND_NAMING_LABEL },
  { "Empfänger: bob@example.net", REBOUND_NAMING_LABEL },
  { "To: bob@example.net", REBOUND_NAMING_FIELD },
  { "An: bob@example.net", REBOUND_NAMING_FIELD },
  { "550 5.1.1 <bob@example.net>... User unknown", REBOUND_NAMING_REPLY },
  { "550 bob@example.net... User unknown", REBOUND_NAMING_REPLY },
  { ">>> RCPT To:<bob@example.net>", REBOUND_NAMING_COMMAND },
  { "RCPT TO:<bob@example.net>", REBOUND_NAMING_COMMAND },
  /* other people, and sentences */
  { "From: bob@example.net", REBOUND_NAMING_NONE },
  { "Sender: bob@example.net", REBOUND_NAMING_NONE },
  { "Reply-To: <bob@example.net>", REBOUND_NAMING_NONE },
  { "Return-Path: <bob@example.net>", REBOUND_NAMING_NONE },
  { "Message-ID: <bob@example.net>", REBOUND_NAMING_NONE },
  { "Von: bob@example.net", REBOUND_NAMING_NONE },
  { "Sender Address: bob@example.net", REBOUND_NAMING_NONE },
  { "Absender: bob@example.net", REBOUND_NAMING_NONE },
  { "Expéditeur : bob@example.net", REBOUND_NAMING_NONE },
  { "收件人bob@example.net不存在", REBOUND_NAMING_NONE },
  { "bob@example.net wrote:", REBOUND_NAMING_NONE },
  { "Please write to bob@example.net.", REBOUND_NAMING_NONE },
  { ">>> MAIL From:<bob@example.net>", REBOUND_NAMING_NONE },
  { "no address here", REBOUND_NAMING_NONE },
  { "", REBOUND_NAMING_NONE },
  { "@", REBOUND_NAMING_NONE },
};

START_TEST (line_names)
{
  const char *line = namings[_i].line;
  ReboundNamed named = { .naming = REBOUND_NAMING_NONE };
  gboolean names = rebound_line_names (line, line + strlen (line), FALSE, &named);

  ck_assert_msg (names == (namings[_i].naming != REBOUND_NAMING_NONE), "%s", line);
  if (!names)
    return;
  ck_assert_msg (named.naming == namings[_i].naming, "got %d for: %s", named.naming, line);
  ck_assert_msg (g_str_has_prefix (named.address, "bob@example.net")
                     || g_str_has_prefix (named.address, "\"bob at home\"@example.net"),
                 "%s", line);
}
END_TEST

static const struct
{
  const char *line;
  gboolean spoken;
  gboolean reply, marked;
  ReboundStage stage; /* of a command */
} spokens[] = {
  { ">>> RCPT To:<bob@example.net>", TRUE, FALSE, TRUE, REBOUND_STAGE_RCPT },
  { ">>> MAIL From:<news@example.org>", TRUE, FALSE, TRUE, REBOUND_STAGE_MAIL },
  { ">>> DATA", TRUE, FALSE, TRUE, REBOUND_STAGE_DATA },
  { ">>> STARTTLS", TRUE, FALSE, TRUE, REBOUND_STAGE_STARTTLS },
  { ">>> EHLO mx.example.org", TRUE, FALSE, TRUE, REBOUND_STAGE_HELO },
  { ">>> QUIT", TRUE, FALSE, TRUE, REBOUND_STAGE_NONE },
  { "<<< 550 5.1.1 no", TRUE, TRUE, TRUE, REBOUND_STAGE_NONE },
  { "<<< 550-5.1.1 no", TRUE, TRUE, TRUE, REBOUND_STAGE_NONE },
  { "RCPT TO:<bob@example.net>", TRUE, FALSE, FALSE, REBOUND_STAGE_RCPT },
  { "DATA", TRUE, FALSE, FALSE, REBOUND_STAGE_DATA },
  { "550 5.1.1 no", TRUE, TRUE, FALSE, REBOUND_STAGE_NONE },
  { "550", TRUE, TRUE, FALSE, REBOUND_STAGE_NONE },
  { "Data protection is important to us", FALSE, FALSE, FALSE, REBOUND_STAGE_NONE },
  { "a plain line", FALSE, FALSE, FALSE, REBOUND_STAGE_NONE },
  { ">>> hello", FALSE, FALSE, FALSE, REBOUND_STAGE_NONE },
  { "<<< hello", FALSE, FALSE, FALSE, REBOUND_STAGE_NONE },
  { "> > quoted", FALSE, FALSE, FALSE, REBOUND_STAGE_NONE },
  { "5501 things", FALSE, FALSE, FALSE, REBOUND_STAGE_NONE },
  { "quit smoking", FALSE, FALSE, FALSE, REBOUND_STAGE_NONE },
  { "", FALSE, FALSE, FALSE, REBOUND_STAGE_NONE },
};

START_TEST (line_is_spoken)
{
  const char *line = spokens[_i].line;
  ReboundSpoken found;
  gboolean spoken = rebound_line_is_spoken (line, line + strlen (line), &found);

  ck_assert_msg (spoken == spokens[_i].spoken, "%s", line);
  if (!spoken)
    return;
  ck_assert_msg (found.reply == spokens[_i].reply, "%s", line);
  ck_assert_msg (found.marked == spokens[_i].marked, "%s", line);
  if (!found.reply)
    ck_assert_msg (found.stage == spokens[_i].stage, "%s", line);
}
END_TEST

/* Where the mail was first sent to. */
static const Row origins[] = {
  { "<bob@example.net> (expanded from <staff@example.org>): no", "staff@example.org" },
  { "bob@example.net (generated from staff@example.org)", "staff@example.org" },
  { "  bob@example.net\n    (generated from staff@example.org)\n    no", "staff@example.org" },
  { "<bob@example.net>\n    (expanded from: <staff@example.org>)", "staff@example.org" },
  { "<bob@example.net>: expanded from nothing", NULL },
  { "<bob@example.net>: no", NULL },
};

START_TEST (line_origin)
{
  g_autofree char *text =
      g_strconcat ("Your message could not be delivered to:\n\n", origins[_i].input, "\n", NULL);
  g_autoptr (ReboundEvidence) evidence = read_text (text);

  ck_assert_uint_eq (evidence->recipients->len, 1);
  ck_assert_pstr_eq (rebound_evidence_recipient (evidence, 0)->original_address,
                     origins[_i].expected);
}
END_TEST

/* The host that refused. */
static const Row hosts[] = {
  { "host mx.example.net[192.0.2.1] said: 550 no", "mx.example.net" },
  { "host MX.example.net [192.0.2.1]: 550 no", "mx.example.net" },
  { "connect to mx.example.net[192.0.2.1]:25: Connection refused", "mx.example.net" },
  { "Remote host said: 550 no. Giving up on 192.0.2.1.", "192.0.2.1" },
  { "host not found", NULL },
  { "no such user", NULL },
};

START_TEST (line_host)
{
  g_autofree char *text = g_strconcat ("Your message could not be delivered to:\n\n"
                                       "<bob@example.net>: ",
                                       hosts[_i].input, "\n", NULL);
  g_autoptr (ReboundEvidence) evidence = read_text (text);

  ck_assert_uint_eq (evidence->recipients->len, 1);
  ck_assert_pstr_eq (rebound_evidence_recipient (evidence, 0)->remote_mta, hosts[_i].expected);
}
END_TEST

/* ---- Delivery status ---------------------------------------------------------------------- */

START_TEST (status_every_field)
{
  g_autoptr (ReboundEvidence) evidence =
      read_status ("Original-Envelope-Id: QQ+3D314159\n"
                   "Reporting-MTA: dns; MX.example.net\n"
                   "DSN-Gateway: dns; gw.example.net\n"
                   "Received-From-MTA: dns; lists.example.org\n"
                   "Arrival-Date: Sat, 21 Nov 2026 16:00:00 +0000\n"
                   "\n"
                   "Original-Recipient: rfc822;staff+2Bx@example.org\n"
                   "Final-Recipient: RFC822; Bob@Example.NET\n"
                   "Action: failed\n"
                   "Status: 5.1.1 (bad mailbox)\n"
                   "Remote-MTA: dns; mail.Example.net (192.0.2.1)\n"
                   "Diagnostic-Code: smtp; 550 5.1.1 <bob@example.net>:\n no such user\n"
                   "Last-Attempt-Date: Sat, 21 Nov 2026 16:30:00 +0000\n"
                   "Final-Log-ID: 4711\n"
                   "Will-Retry-Until: Sat, 28 Nov 2026 17:00:00 +0100\n");
  const ReboundEvidenceRecipient *bob;

  ck_assert (evidence->delivery_status);
  ck_assert (evidence->report);
  ck_assert_pstr_eq (evidence->original.envelope_id, "QQ=314159");
  ck_assert_pstr_eq (evidence->reporting_mta, "mx.example.net");
  assert_describes (evidence, "Bob@example.net<staff+x@example.org failed 550 5.1.1",
                    "every field");
  bob = rebound_evidence_recipient (evidence, 0);
  ck_assert_pstr_eq (bob->remote_mta, "mail.example.net");
  ck_assert_pstr_eq (bob->diagnostic, "550 5.1.1 <bob@example.net>: no such user");
  ck_assert_pstr_eq (bob->will_retry_until, "2026-11-28T16:00:00Z");
  ck_assert_int_eq (bob->action_from, REBOUND_SOURCE_DELIVERY_STATUS);
  ck_assert (has_phrase (bob, REBOUND_REASON_USER_UNKNOWN));
  ck_assert (find_clue (bob, REBOUND_CLUE_REPLY)->remote);
}
END_TEST

/* What is not stated is not known. */
START_TEST (status_few_fields)
{
  g_autoptr (ReboundEvidence) evidence =
      read_status ("Final-Recipient: rfc822; bob@example.net\nAction: failed\n");
  const ReboundEvidenceRecipient *bob = rebound_evidence_recipient (evidence, 0);

  assert_describes (evidence, "bob@example.net failed", "few fields");
  ck_assert_ptr_null (evidence->reporting_mta);
  ck_assert_ptr_null (evidence->original.envelope_id);
  ck_assert_ptr_null (bob->remote_mta);
  ck_assert_ptr_null (bob->diagnostic);
  ck_assert_ptr_null (bob->will_retry_until);
  ck_assert_ptr_null (bob->moved_to);
}
END_TEST

#define MTA "Reporting-MTA: dns; mx.example.net\n\n"

static const Row status_parts[] = {
  /* several groups, each with its own fate */
  { MTA "Final-Recipient: rfc822; bob@example.net\nAction: failed\nStatus: 5.1.1\n\n"
        "Final-Recipient: rfc822; carol@example.net\nAction: delayed\nStatus: 4.4.1\n\n"
        "Final-Recipient: rfc822; dave@example.net\nAction: delivered\nStatus: 2.1.5\n",
    "bob@example.net failed 5.1.1; carol@example.net delayed 4.4.1; "
    "dave@example.net delivered 2.1.5" },
  { MTA "Final-Recipient: rfc822; bob@example.net\nAction: relayed\nStatus: 2.1.9\n\n"
        "Final-Recipient: rfc822; carol@example.net\nAction: expanded\nStatus: 2.0.0\n",
    "bob@example.net relayed 2.1.9; carol@example.net expanded 2.0.0" },
  /* a blank line within a group */
  { MTA "Final-Recipient: rfc822; bob@example.net\n\nAction: failed\n\nStatus: 5.1.1\n",
    "bob@example.net failed 5.1.1" },
  { MTA "Original-Recipient: rfc822; staff@example.org\n\n"
        "Final-Recipient: rfc822; bob@example.net\nAction: failed\nStatus: 5.1.1\n",
    "bob@example.net<staff@example.org failed 5.1.1" },
  /* none between two */
  { MTA "Final-Recipient: rfc822; bob@example.net\nAction: failed\nStatus: 5.1.1\n"
        "Final-Recipient: rfc822; carol@example.net\nAction: failed\nStatus: 5.2.2\n",
    "bob@example.net failed 5.1.1; carol@example.net failed 5.2.2" },
  { "Reporting-MTA: dns; mx.example.net\n"
    "Final-Recipient: rfc822; bob@example.net\nAction: failed\nStatus: 5.1.1\n",
    "bob@example.net failed 5.1.1" },
  { MTA "Original-Recipient: rfc822; staff@example.org\n"
        "Final-Recipient: rfc822; bob@example.net\nAction: failed\nStatus: 5.1.1\n"
        "Original-Recipient: rfc822; boss@example.org\n"
        "Final-Recipient: rfc822; carol@example.net\nAction: failed\nStatus: 5.2.2\n",
    "bob@example.net<staff@example.org failed 5.1.1; "
    "carol@example.net<boss@example.org failed 5.2.2" },
  /* Original-Recipient behind the Final-Recipient, as some write it */
  { MTA "Final-Recipient: rfc822; bob@example.net\nOriginal-Recipient: rfc822;staff@example.org\n"
        "Action: failed\nStatus: 5.1.1\n",
    "bob@example.net<staff@example.org failed 5.1.1" },
  /* the O/R address of a gateway, and the address behind it; alone it stays */
  { "Reporting-MTA: x400; mta mx.example.net in /ADMD= /C=GB/\n\n"
    "Original-Recipient: rfc822; bob@example.net\n"
    "Final-Recipient: x400; /RFC-822=bob(a)example.net/ADMD= /C=GB/\n"
    "Action: failed\nStatus: 5.1.1\n",
    "bob@example.net<bob@example.net failed 5.1.1" },
  { MTA "Final-Recipient: x400; /G=Bob/S=Doe/\nAction: failed\nStatus: 5.1.1\n",
    "/G=Bob/S=Doe/ failed 5.1.1" },
  /* only an Original-Recipient */
  { MTA "Original-Recipient: rfc822; bob@example.net\nAction: failed\nStatus: 5.1.1\n",
    "bob@example.net<bob@example.net failed 5.1.1" },
  /* continuations that are not indented */
  { MTA "Final-Recipient: rfc822; bob@example.net\nAction: failed\nStatus: 5.1.1\n"
        "Diagnostic-Code: smtp; 550 5.1.1 there is\nnobody of that name\n",
    "bob@example.net failed 550 5.1.1" },
  /* a '+' of the address itself: no space is meant */
  { MTA "Original-Recipient: rfc822;bob+2024@example.net\n"
        "Final-Recipient: rfc822;bob+2024@example.net\nAction: failed\nStatus: 5.1.1\n",
    "bob+2024@example.net<bob+2024@example.net failed 5.1.1" },
  /* codes with comments, and forms that are none */
  { MTA "Final-Recipient: rfc822; bob@example.net\nAction: failed (permanent)\n"
        "Status: 5.2.2 (mailbox full)\n",
    "bob@example.net failed 5.2.2" },
  { MTA "Final-Recipient: rfc822; bob@example.net\nAction: FAILED\nStatus: unknown\n",
    "bob@example.net failed" },
  { MTA "Final-Recipient: rfc822; bob@example.net\nAction: what\nStatus: 9.9.9\n",
    "bob@example.net" },
  /* blanks before colons, names in any case, CRLF in a body of LF */
  { MTA "FINAL-RECIPIENT : rfc822;bob@example.net\naction : failed\nstatus : 5.1.1\n",
    "bob@example.net failed 5.1.1" },
  /* the remote server's words are joined */
  { MTA "Final-Recipient: rfc822; bob@example.net\nAction: failed\nStatus: 5.0.0\n"
        "Diagnostic-Code: smtp; 550-5.1.1 first\n 550 5.1.1 second\n",
    "bob@example.net failed 550 5.0.0 5.1.1" },
  /* one that two groups name */
  { MTA "Final-Recipient: rfc822; bob@example.net\nAction: delayed\nStatus: 4.4.1\n\n"
        "Final-Recipient: rfc822; BOB@example.net\nAction: failed\nStatus: 5.1.1\n",
    "bob@example.net failed 4.4.1 5.1.1" },
  /* nobody is named */
  { MTA "Action: failed\nStatus: 5.1.1\n", "" },
  { MTA, "" },
};

START_TEST (status_part)
{
  const Row *row = &status_parts[_i];
  g_autoptr (ReboundEvidence) evidence = read_status (row->input);

  assert_describes (evidence, row->expected, row->input);
  ck_assert_pstr_eq (evidence->reporting_mta, "mx.example.net");
}
END_TEST

START_TEST (status_types_of_diagnostic)
{
  static const char *const types[] = { "smtp", "SMTP", "x-postfix", "x-unix", "X-Notes", "lmtp" };
  g_autofree char *status = g_strdup_printf ("Final-Recipient: rfc822; bob@example.net\n"
                                             "Action: failed\nStatus: 5.0.0\n"
                                             "Diagnostic-Code: %s; user unknown\n",
                                             types[_i]);
  g_autoptr (ReboundEvidence) evidence = read_status (status);
  const ReboundEvidenceRecipient *bob = rebound_evidence_recipient (evidence, 0);

  ck_assert_pstr_eq (bob->diagnostic, "user unknown");
  ck_assert (has_phrase (bob, REBOUND_REASON_USER_UNKNOWN));
}
END_TEST

/* RFC 6533: the part's type, the address type and UTF-8 as it is. */
START_TEST (status_global)
{
  g_autofree char *mail = make_report ("global-delivery-status",
                                       "Reporting-MTA: dns; mx.example.net\n\n"
                                       "Original-Recipient: utf-8; \\x{5F20}\\x{4E09}@example.net\n"
                                       "Final-Recipient: utf-8; büro@example.net\n"
                                       "Action: failed\nStatus: 5.6.7\n"
                                       "Diagnostic-Code: smtp; 550 5.6.7 kein SMTPUTF8, bitte\n");
  g_autoptr (ReboundEvidence) evidence = read_mail (mail);

  assert_describes (evidence, "büro@example.net<张三@example.net failed 550 5.6.7", mail);
}
END_TEST

/* Gateways show the fields in the text of the message. */
START_TEST (status_in_text)
{
  g_autoptr (ReboundEvidence) evidence =
      read_text ("The following is what the mail system said:\n\n"
                 "Reporting-MTA: dns; mx.example.net\n\n"
                 "Final-Recipient: rfc822; bob@example.net\n"
                 "Action: failed\nStatus: 5.1.1\n");

  ck_assert (evidence->delivery_status);
  ck_assert_pstr_eq (evidence->reporting_mta, "mx.example.net");
  assert_describes (evidence, "bob@example.net failed 5.1.1", "status in a text");
}
END_TEST

/* Not every multipart/report is well-formed: the part counts, wherever it stands. */
START_TEST (status_elsewhere)
{
  static const char *const types[] = {
    "multipart/mixed; boundary=\"=b\"",
    "multipart/report; boundary=\"=b\"",
    "multipart/report; report-type=\"disposition-notification\"; boundary=\"=b\"",
  };
  g_autofree char *mail =
      g_strdup_printf (REPORT_HEADER "Content-Type: %s\n\n"
                                     "--=b\nContent-Type: message/delivery-status\n\n"
                                     "Final-Recipient: rfc822; bob@example.net\n"
                                     "Action: failed\nStatus: 5.1.1\n"
                                     "--=b\nContent-Type: text/plain\n\nSorry.\n--=b--\n",
                       types[_i]);
  g_autoptr (ReboundEvidence) evidence = read_mail (mail);

  assert_describes (evidence, "bob@example.net failed 5.1.1", mail);
}
END_TEST

/* ---- Feedback ----------------------------------------------------------------------------- */

static ReboundEvidence *
read_feedback (const char *report, const char *returned)
{
  g_autofree char *mail =
      g_strdup_printf ("From: feedback@provider.example\nTo: abuse@lists.example.org\n"
                       "Subject: FW: Weekly news\nMIME-Version: 1.0\n"
                       "Content-Type: multipart/report; report-type=feedback-report;\n"
                       " boundary=\"=b\"\n\n"
                       "--=b\n\nThis is an email abuse report.\n"
                       "--=b\nContent-Type: message/feedback-report\n\n%s\n"
                       "--=b\nContent-Type: message/rfc822\n\n%s\n--=b--\n",
                       report, returned);

  return read_mail (mail);
}

#define NEWS                                                                                       \
  "From: News <news@lists.example.org>\nTo: bob@example.net\nSubject: Weekly news\n"               \
  "Message-ID: <abc@lists.example.org>\nDate: Sat, 21 Nov 2026 17:00:00 +0100\n\nHello\n"

static const struct
{
  const char *report;
  const char *type;
  const char *recipients;
} feedbacks[] = {
  { "Feedback-Type: abuse\nUser-Agent: Gadget/1.0\nVersion: 1\n"
    "Original-Rcpt-To: <carol@example.net>\n",
    "abuse", "carol@example.net" },
  { "Feedback-Type: Fraud\nVersion: 1\nOriginal-Rcpt-To: carol@example.net\n"
    "Original-Rcpt-To: rfc822; dave@example.net\nOriginal-Rcpt-To: CAROL@example.net\n",
    "fraud", "carol@example.net; dave@example.net" },
  { "Feedback-Type: opt-out\nVersion: 1\nRemoval-Recipient: carol@example.net\n", "opt-out",
    "carol@example.net" },
  { "Feedback-Type: not-spam\nVersion: 1\nOriginal-Rcpt-To: carol@example.net\n", "not-spam",
    "carol@example.net" },
  /* RFC 6591 */
  { "Feedback-Type: auth-failure\nVersion: 1\nAuth-Failure: dmarc\nDelivery-Result: reject\n"
    "Original-Rcpt-To: carol@example.net\nReported-Domain: example.org\n",
    "auth-failure", "carol@example.net" },
  /* nobody is named, or what is named has been redacted (RFC 6590): the returned message tells */
  { "Feedback-Type: abuse\nVersion: 1\n", "abuse", "bob@example.net" },
  { "Feedback-Type: abuse\nVersion: 1\nOriginal-Rcpt-To: [redacted]\n", "abuse",
    "bob@example.net" },
  { "Version: 1\nOriginal-Rcpt-To: carol@example.net\n", "abuse", "carol@example.net" },
};

START_TEST (feedback_report)
{
  g_autoptr (ReboundEvidence) evidence = read_feedback (feedbacks[_i].report, NEWS);

  ck_assert (evidence->feedback);
  ck_assert_pstr_eq (evidence->feedback_type, feedbacks[_i].type);
  assert_describes (evidence, feedbacks[_i].recipients, feedbacks[_i].report);
  ck_assert_pstr_eq (evidence->original.message_id, "abc@lists.example.org");
}
END_TEST

START_TEST (feedback_fields)
{
  g_autoptr (ReboundEvidence) evidence =
      read_feedback ("Feedback-Type: abuse\nVersion: 1\nReporting-MTA: dns; mx.provider.example\n"
                     "Original-Envelope-Id: QQ314159\nOriginal-Rcpt-To: bob@example.net\n",
                     NEWS);

  ck_assert_pstr_eq (evidence->reporting_mta, "mx.provider.example");
  ck_assert_pstr_eq (evidence->original.envelope_id, "QQ314159");
  ck_assert_pstr_eq (evidence->original.from, "news@lists.example.org");
  ck_assert_pstr_eq (evidence->original.to, "bob@example.net");
  ck_assert_pstr_eq (evidence->original.subject, "Weekly news");
  ck_assert_pstr_eq (evidence->original.date, "2026-11-21T16:00:00Z");
}
END_TEST

/* Hotmail's Junk Mail Reporting Program: no feedback part, but a field of its own. */
START_TEST (feedback_hotmail)
{
  g_autoptr (ReboundEvidence) evidence =
      read_mail ("From: staff@hotmail.com\nTo: abuse@lists.example.org\n"
                 "Subject: complaint about message from 192.0.2.9\nMIME-Version: 1.0\n"
                 "X-HmXmrOriginalRecipient: bob@example.net\n"
                 "Content-Type: multipart/mixed; boundary=\"=b\"\n\n"
                 "--=b\nContent-Type: message/rfc822\n\n" NEWS "\n--=b--\n");

  ck_assert (evidence->feedback);
  ck_assert_pstr_eq (evidence->feedback_type, "abuse");
  assert_describes (evidence, "bob@example.net", "hotmail");
}
END_TEST

/* AOL's older reports say what they are in the subject only, and redact the recipient. */
START_TEST (feedback_aol)
{
  g_autoptr (ReboundEvidence) evidence =
      read_mail ("From: scomp@aol.net\nTo: abuse@lists.example.org\n"
                 "Subject: Email Feedback Report for IP 192.0.2.9\nMIME-Version: 1.0\n"
                 "Content-Type: multipart/mixed; boundary=\"=b\"\n\n"
                 "--=b\nContent-Type: message/rfc822\n\n" NEWS "\n--=b--\n");

  ck_assert (evidence->feedback);
  ck_assert_pstr_eq (evidence->feedback_type, "abuse");
}
END_TEST

/* ---- Disposition -------------------------------------------------------------------------- */

static const struct
{
  const char *disposition;
  gboolean refused;
} dispositions[] = {
  { "manual-action/MDN-sent-manually; displayed", FALSE },
  { "automatic-action/MDN-sent-automatically; displayed", FALSE },
  { "automatic-action/MDN-sent-automatically; processed", FALSE },
  /* a person throws mail away: that refuses nothing */
  { "manual-action/MDN-sent-manually; deleted", FALSE },
  { "automatic-action/MDN-sent-automatically; deleted", TRUE },
  { "automatic-action/MDN-sent-automatically;deleted", TRUE },
  { "automatic-action/MDN-sent-automatically; denied", TRUE },
  { "nonsense", FALSE },
};

START_TEST (disposition)
{
  g_autofree char *status = g_strdup_printf ("Reporting-UA: mx.example.net; Dovecot\n"
                                             "Original-Recipient: rfc822;staff@example.org\n"
                                             "Final-Recipient: rfc822; bob@example.net\n"
                                             "Original-Message-ID: <abc@lists.example.org>\n"
                                             "Disposition: %s\n",
                                             dispositions[_i].disposition);
  g_autofree char *mail = make_report ("disposition-notification", status);
  g_autoptr (ReboundEvidence) evidence = read_mail (mail);

  ck_assert (evidence->disposition);
  ck_assert (!evidence->delivery_status);
  ck_assert_int_eq (evidence->refused, dispositions[_i].refused);
  assert_describes (evidence,
                    dispositions[_i].refused ? "bob@example.net<staff@example.org failed"
                                             : "bob@example.net<staff@example.org",
                    status);
}
END_TEST

/* What Dovecot's delivery agent says when the quota is reached, and Sieve's reject (RFC 5429). */
static const struct
{
  const char *text;
  ReboundReason reason;
} refusals[] = {
  { "Quota exceeded (mailbox for user is full)", REBOUND_REASON_MAILBOX_FULL },
  { "Your message to <bob@example.net> was automatically rejected:\nrefused by recipient",
    REBOUND_REASON_RECIPIENT_REFUSED },
};

START_TEST (disposition_refuses)
{
  g_autofree char *mail = g_strdup_printf (
      REPORT_HEADER "Content-Type: multipart/report; report-type=disposition-notification;\n"
                    " boundary=\"=b\"\n\n"
                    "--=b\n\n%s\n--=b\nContent-Type: message/disposition-notification\n\n"
                    "Final-Recipient: rfc822; bob@example.net\n"
                    "Disposition: automatic-action/MDN-sent-automatically; deleted\n--=b--\n",
      refusals[_i].text);
  g_autoptr (ReboundEvidence) evidence = read_mail (mail);

  ck_assert (evidence->refused);
  ck_assert_uint_eq (evidence->recipients->len, 1);
  ck_assert (has_phrase (rebound_evidence_recipient (evidence, 0), refusals[_i].reason));
}
END_TEST

/* ---- Notices ------------------------------------------------------------------------------ */

#define MAIL "\"mail\":{\"messageId\":\"0102-000000\",\"destination\":[\"x@example.net\"]}"
#define BOUNCE(recipients)                                                                         \
  "{\"notificationType\":\"Bounce\",\"bounce\":{\"bouncedRecipients\":" recipients "}," MAIL "}"
#define ONE(address) "[{\"emailAddress\":\"" address "\"}]"

/* What a text body gives: the recipients, or "-" where it is no notice. */
static const Row notices[] = {
  { BOUNCE (ONE ("a@example.net")), "a@example.net" },
  { "\xef\xbb\xbf \n" BOUNCE (ONE ("a@example.net")) "\n\n--\nunsubscribe: {", "a@example.net" },
  { BOUNCE ("[{\"emailAddress\":\"a@example.net\"},{\"emailAddress\":\"b@example.net\"}]"),
    "a@example.net b@example.net" },
  { BOUNCE ("[\"a@example.net\"]"), "a@example.net" },
  { BOUNCE ("[\"a@example.net\",\"b@example.net\",\"A@EXAMPLE.NET\"]"),
    "a@example.net b@example.net" }, /* one whom it names twice */
  { BOUNCE (ONE ("\\u0061@example.net")), "a@example.net" },
  { BOUNCE (ONE ("a@exam!\n ple.net")), "a@example.net" },
  { BOUNCE (ONE ("a@example.net")) BOUNCE (ONE ("b@example.net")), "a@example.net" },
  { "{\"eventType\":\"Open\",\"open\":{}," MAIL "}", "" },
  { "{\"eventType\":\"Reject\",\"reject\":{}," MAIL "}", "x@example.net" },
  { "{\"Type\":\"Notification\",\"TopicArn\":\"arn\",\"Message\":\"{\\\"eventType\\\":"
    "\\\"Reject\\\","
    "\\\"mail\\\":{\\\"messageId\\\":\\\"1\\\",\\\"destination\\\":[\\\"x@example.net\\\"]}}\"}",
    "x@example.net" },
  /* of other types than they should be */
  { BOUNCE ("\"a@example.net\""), "" },
  { BOUNCE ("{\"emailAddress\":\"a@example.net\"}"), "" },
  { BOUNCE ("[[{\"emailAddress\":\"a@example.net\"}]]"), "" },
  { BOUNCE ("[{\"emailAddress\":[\"a@example.net\"]},null,1e999,-0,true]"), "" },
  { BOUNCE ("[null,{\"emailAddress\":\"a@example.net\"}]"), "" },
  { "{\"notificationType\":[\"Bounce\"],\"bounce\":{}," MAIL "}", "-" },
  { "{\"notificationType\":\"Bounce\",\"bounce\":null," MAIL "}", "" },
  /* of other bytes: a field cannot be added, nor half a character, nor the end of a string */
  { BOUNCE (ONE ("a@example.net\\nAction: delivered\\n\\nFinal-Recipient: rfc822; b@example.net")),
    "a@example.net" },
  { BOUNCE (ONE ("\\ud800a@example.net")), "\xef\xbf\xbd"
                                           "a@example.net" },
  { BOUNCE (ONE ("\\udc00a@example.net")), "\xef\xbf\xbd"
                                           "a@example.net" },
  { BOUNCE (ONE ("\\ud83d\\ude00a@example.net")), "\xf0\x9f\x98\x80"
                                                  "a@example.net" },
  { BOUNCE (ONE ("a@example.net\",\"status\":\"\\ud800")), "a@example.net" },
  { BOUNCE (ONE ("a@example.net\\u00")), "-" },
  { BOUNCE (ONE ("a@example.net\\x41")), "-" },
  { BOUNCE (ONE ("a@example.net\\u0000b")), "a@example.net\xef\xbf\xbd"
                                              "b" },
  { BOUNCE (ONE ("a@example.net\x01")), "a@example.net" },
  /* no JSON, or not what it is about */
  { &BOUNCE (ONE ("a@example.net"))[1], "-" },
  { "Hello\n" BOUNCE (ONE ("a@example.net")), "-" },
  { "{\"notificationType\":\"Bounce\"", "-" },
  { "{\"notificationType\":\"Bounce\\", "-" },
  { "{\"notificationType\":\"", "-" },
  { "{'notificationType':'Bounce'," MAIL "}", "-" },
  { "{\"a\":'\"[[[[',\"notificationType\":\"Bounce\"," MAIL "}", "-" },
  { "{/*\"*/\"notificationType\":\"Bounce\"," MAIL "}", "-" },
  { "{\"notificationType\":\"Bounce\"]", "-" },
  { "{\"notificationType\":\"Bounce\"," MAIL ",}}", "-" },
  { "{\"notificationType\":\"Bounce\"}", "-" },
  { "{\"Type\":\"Notification\",\"TopicArn\":\"arn\",\"Message\":\"You have chosen to subscribe\"}",
    "-" },
};

/* Only where the module is built. */
static gboolean
has_json (void)
{
  const char *modules = g_getenv ("REBOUND_MODULES");

  return modules != NULL && strstr (modules, "json") != NULL;
}

static ReboundEvidence *
read_notice (const char *body)
{
  g_autofree char *mail = g_strconcat ("From: ses <no-reply@sns.amazonaws.com>\n"
                                       "Subject: AWS Notification Message\n"
                                       "Content-Type: text/plain; charset=UTF-8\n\n",
                                       body, NULL);

  return read_mail (mail);
}

START_TEST (notice)
{
  g_autoptr (ReboundEvidence) evidence = read_notice (notices[_i].input);
  g_autoptr (GString) found = g_string_new (evidence->notice ? NULL : "-");

  if (!has_json ())
    return;
  for (guint i = 0; i < evidence->recipients->len && evidence->notice; i++)
    g_string_append_printf (found, "%s%s", i > 0 ? " " : "",
                            rebound_evidence_recipient (evidence, i)->address);
  ck_assert_str_eq (found->str, notices[_i].expected);
}
END_TEST

/* What would take a parser that calls itself too deep, or too long: @unit again and again. */
static const struct
{
  const char *head;
  const char *unit;
  guint n;
  gboolean read;
} notice_floods[] = {
  { "{\"eventType\":", "[", 400000, FALSE },
  { "{\"eventType\":", "{\"a\":", 80000, FALSE },
  { "{\"eventType\":\"Open\"," MAIL ",\"a\":[0", ",0", 200000, FALSE },
  { "{\"eventType\":\"Open\"," MAIL, ",\"a\":0", 70000, FALSE },
  { "{\"eventType\":\"Open\"," MAIL ",\"a\":\"", "\\\"", 200000, FALSE },
  { "{\"eventType\":\"Open\"," MAIL ",\"a\":\"", "!\n ", 130000, FALSE },
  { "{\"eventType\":", " ", 400000, FALSE },
  { "{\"eventType\":\"Open\"," MAIL ",\"a\":[\"\\ud800\",\",", "[", 400000, FALSE },
  { "", BOUNCE (ONE ("a@example.net")), 1000, TRUE },
};

START_TEST (notice_flood)
{
  g_autoptr (GString) body = g_string_new (notice_floods[_i].head);
  g_autoptr (ReboundEvidence) evidence = NULL;

  for (guint i = 0; i < notice_floods[_i].n; i++)
    g_string_append (body, notice_floods[_i].unit);
  evidence = read_notice (body->str);
  ck_assert_int_eq (evidence->notice, notice_floods[_i].read && has_json ());
}
END_TEST

/* As deep as it may be, and deeper. */
START_TEST (notice_depth)
{
  g_autoptr (ReboundEvidence) evidence = NULL;
  g_autofree char *body = NULL;
  const char *const ends[] = { "[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]",
                               "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]" };

  body = g_strdup_printf ("{\"eventType\":\"Open\"," MAIL ",\"a\":%s}", ends[_i]);
  evidence = read_notice (body);
  ck_assert_int_eq (evidence->notice, _i == 0 && has_json ());
  ck_assert_uint_eq (evidence->warnings->len, _i);
}
END_TEST

/* ---- Header and envelope ------------------------------------------------------------------ */

static const Row failed_recipients[] = {
  { "X-Failed-Recipients: bob@example.net\n", "bob@example.net" },
  { "X-Failed-Recipients: bob@example.net, carol@example.net,\n dave@example.net\n",
    "bob@example.net; carol@example.net; dave@example.net" },
  { "X-Failed-Recipients: <bob@example.net>, BOB@example.net\n", "bob@example.net" },
  { "X-Failed-Recipients: nobody, ,\n", "" },
  { "", "" },
};

START_TEST (header_failed_recipients)
{
  g_autofree char *mail =
      g_strconcat (REPORT_HEADER, failed_recipients[_i].input, "\nA plain text.\n", NULL);
  g_autoptr (ReboundEvidence) evidence = read_mail (mail);

  assert_describes (evidence, failed_recipients[_i].expected, mail);
}
END_TEST

/* The fields that may say where the report was delivered to, each before those after it. */
static const struct
{
  const char *header;
  const char *recipient;
} delivered[] = {
  { "To: five@example.org\n", "five@example.org" },
  { "To: five@example.org\nEnvelope-To: three@example.org\n", "three@example.org" },
  { "To: five@example.org\nEnvelope-To: three@example.org\nX-Original-To: two@example.org\n",
    "two@example.org" },
  { "To: five@example.org\nX-Original-To: two@example.org\nDelivered-To: one@example.org\n",
    "one@example.org" },
  { "Subject: nothing\n", NULL },
};

START_TEST (header_delivered_to)
{
  g_autofree char *mail =
      g_strconcat ("From: MAILER-DAEMON@mx.example.net\n", delivered[_i].header, "\nText\n", NULL);
  g_autoptr (ReboundEvidence) evidence = read_mail (mail);

  ck_assert_pstr_eq (evidence->envelope_recipient, delivered[_i].recipient);
}
END_TEST

/* A return path that hides a subscriber is the one that matters, wherever it stands. */
START_TEST (header_verp_wherever)
{
  g_autoptr (ReboundEvidence) evidence =
      read_mail ("From: MAILER-DAEMON@mx.example.net\nDelivered-To: archive@lists.example.org\n"
                 "To: news-bounces+bob=example.net@lists.example.org\n\nText\n");

  ck_assert_pstr_eq (evidence->verp, "bob@example.net");
  ck_assert_pstr_eq (evidence->envelope_recipient,
                     "news-bounces+bob=example.net@lists.example.org");
}
END_TEST

START_TEST (header_verp_wrapped)
{
  g_autoptr (ReboundEvidence) evidence = read_mail (
      "From: MAILER-DAEMON@mx.example.net\n"
      "Delivered-To: prvs=0123456789=news-bounces+bob=example.net@lists.example.org\n\nText\n");

  ck_assert_pstr_eq (evidence->verp, "bob@example.net");
}
END_TEST

START_TEST (envelope_of_the_caller)
{
  ReboundEnvelope envelope = { .sender = "",
                               .recipient = "news-bounces+carol=example.net@lists.example.org" };
  g_autoptr (ReboundEvidence) evidence =
      read_with ("Return-Path: <someone@example.org>\nFrom: MAILER-DAEMON@mx.example.net\n"
                 "Delivered-To: news-bounces+bob=example.net@lists.example.org\n\nText\n",
                 &envelope);

  ck_assert_pstr_eq (evidence->envelope_sender, "");
  ck_assert_pstr_eq (evidence->envelope_recipient, envelope.recipient);
  ck_assert_pstr_eq (evidence->verp, "carol@example.net");
}
END_TEST

/* The caller knows to whom the report came: no field says better, VERP or not. */
START_TEST (envelope_of_the_caller_plain)
{
  ReboundEnvelope envelope = { .sender = NULL, .recipient = "postmaster@lists.example.org" };
  g_autoptr (ReboundEvidence) evidence = read_with (
      "From: MAILER-DAEMON@mx.example.net\nTo: one@lists.example.org\n\nText\n", &envelope);

  ck_assert_pstr_eq (evidence->envelope_recipient, envelope.recipient);
  ck_assert_ptr_null (evidence->verp);
}
END_TEST

static const struct
{
  const char *field;
  const char *sender;
} senders[] = {
  { "Return-Path: <>\n", "" },
  { "Return-Path: <bob@example.net>\n", "bob@example.net" },
  { "", NULL },
};

START_TEST (envelope_sender)
{
  g_autofree char *mail =
      g_strconcat (senders[_i].field, "From: MAILER-DAEMON@mx.example.net\n\nText\n", NULL);
  g_autoptr (ReboundEvidence) evidence = read_mail (mail);

  ck_assert_pstr_eq (evidence->envelope_sender, senders[_i].sender);
}
END_TEST

/* The null reverse-path given by the caller is no "not known". */
START_TEST (envelope_null_sender)
{
  ReboundEnvelope envelope = { .sender = "", .recipient = NULL };
  g_autoptr (ReboundEvidence) evidence =
      read_with ("From: MAILER-DAEMON@mx.example.net\n\nText\n", &envelope);

  ck_assert_pstr_eq (evidence->envelope_sender, "");
}
END_TEST

START_TEST (returned_header)
{
  g_autoptr (ReboundEvidence) evidence =
      read_mail (REPORT_HEADER
                 "Date: Sat, 21 Nov 2026 17:40:00 +0100\nMessage-ID: <77@mx.example.net>\n"
                 "Content-Type: multipart/report; report-type=delivery-status; boundary=\"=b\"\n\n"
                 "--=b\n\nSorry\n--=b\nContent-Type: text/rfc822-headers\n\n"
                 "From: News <news@lists.example.org>\nTo: Bob <bob@example.net>\n"
                 "Subject: =?utf-8?q?W=C3=B6chentlich?=\nMessage-ID: <abc@lists.example.org>\n"
                 "Date: Fri, 20 Nov 2026 10:00:00 -0500\n"
                 "List-Id: Weekly news <news.lists.example.org>\n--=b--\n");

  ck_assert_pstr_eq (evidence->date, "2026-11-21T16:40:00Z");
  ck_assert_pstr_eq (evidence->message_id, "77@mx.example.net");
  ck_assert_pstr_eq (evidence->original.message_id, "abc@lists.example.org");
  ck_assert_pstr_eq (evidence->original.from, "news@lists.example.org");
  ck_assert_pstr_eq (evidence->original.to, "bob@example.net");
  ck_assert_pstr_eq (evidence->original.subject, "Wöchentlich");
  ck_assert_pstr_eq (evidence->original.date, "2026-11-20T15:00:00Z");
  ck_assert_pstr_eq (evidence->original.list_id, "news.lists.example.org");
}
END_TEST

/* A program's own line below a field of its quotation; a long field that a gateway has wrapped. */
START_TEST (returned_in_text)
{
  g_autoptr (ReboundEvidence) evidence =
      read_text ("Sorry.\n\nReturn-Path: <news@lists.example.org>\nMessage-ID:\n"
                 " <abc@lists.example.org>\nSubject: Weekly news\nIn quarantine as: 77\n"
                 "List-Id: News of the harbour, of its ships, its people and its weather,\n"
                 "weekly <news.lists.example.org>\nDate: Fri, 20 Nov 2026 10:00:00\n\n"
                 "Subject: another\n");

  ck_assert_pstr_eq (evidence->original.subject, "Weekly news");
  ck_assert_pstr_eq (evidence->original.message_id, "abc@lists.example.org");
  ck_assert_pstr_eq (evidence->original.list_id, "news.lists.example.org");
  ck_assert_pstr_eq (evidence->original.date, NULL);
}
END_TEST

/* Each mark once in each area, and whether the subject begins with it. */
START_TEST (signs)
{
  static const struct
  {
    const char *subject;
    gboolean opens;
  } subjects[] = {
    { "Out of office", TRUE },
    { "  [News] ***SPAM*** Out of office: Weekly news", TRUE },
    { "Invitation: out of office, out of office", FALSE },
    { "[News out of office", FALSE },
  };
  const ReboundMarked *sign;

  for (guint i = 0; i < G_N_ELEMENTS (subjects); i++)
    {
      g_autofree char *mail =
          g_strdup_printf ("From: ann@example.org\nSubject: %s\n\nHello\n", subjects[i].subject);
      g_autoptr (ReboundEvidence) evidence = read_mail (mail);

      ck_assert_uint_eq (evidence->marked->len, 1);
      sign = &g_array_index (evidence->marked, ReboundMarked, 0);
      ck_assert_int_eq (sign->area, REBOUND_AREA_SUBJECT);
      ck_assert_int_eq (sign->rule->value, REBOUND_MARK_AUTO_REPLY);
      ck_assert_int_eq (g_ascii_strcasecmp (sign->value, "out of office"), 0);
      ck_assert_msg ((evidence->opening != 0) == subjects[i].opens, "%s", subjects[i].subject);
    }
}
END_TEST

/* ---- Text --------------------------------------------------------------------------------- */

#define POSTFIX                                                                                    \
  "This is the mail system at host mx.example.org.\n\n"                                            \
  "I'm sorry to have to inform you that your message could not\n"                                  \
  "be delivered to one or more recipients. It's attached below.\n\n"                               \
  "For further assistance, please send mail to postmaster.\n\n"                                    \
  "                   The mail system\n\n"

START_TEST (text_postfix)
{
  g_autoptr (ReboundEvidence) evidence = read_text (
      POSTFIX "<bob@example.net>: host mx.example.net[192.0.2.1] said: 550 5.1.1\n"
              "    <bob@example.net>: Recipient address rejected: User unknown (in reply to\n"
              "    RCPT TO command)\n\n"
              "<carol@example.com> (expanded from <staff@example.org>): host\n"
              "    mx.example.com[192.0.2.2] said: 452 4.2.2 The mailbox is full (in reply to\n"
              "    RCPT TO command)\n");
  const ReboundEvidenceRecipient *bob, *carol;

  assert_describes (evidence,
                    "bob@example.net 550 5.1.1; carol@example.com<staff@example.org 452 4.2.2",
                    "postfix");
  ck_assert_pstr_eq (evidence->format, "postfix");
  bob = rebound_evidence_recipient (evidence, 0);
  carol = rebound_evidence_recipient (evidence, 1);
  ck_assert_pstr_eq (bob->remote_mta, "mx.example.net");
  ck_assert_pstr_eq (carol->remote_mta, "mx.example.com");
  ck_assert_pstr_eq (bob->diagnostic, "550 5.1.1 <bob@example.net>: Recipient address rejected: "
                                      "User unknown (in reply to RCPT TO command)");
  ck_assert_int_eq (find_clue (bob, REBOUND_CLUE_STAGE)->stage, REBOUND_STAGE_RCPT);
  ck_assert (has_phrase (bob, REBOUND_REASON_USER_UNKNOWN));
  ck_assert (!has_phrase (bob, REBOUND_REASON_MAILBOX_FULL));
  ck_assert (has_phrase (carol, REBOUND_REASON_MAILBOX_FULL));
  ck_assert (!has_phrase (carol, REBOUND_REASON_USER_UNKNOWN));
}
END_TEST

#define EXIM                                                                                       \
  "This message was created automatically by mail delivery software.\n\n"                          \
  "A message that you sent could not be delivered to one or more of its\n"                         \
  "recipients. This is a permanent error. The following address(es) failed:\n\n"

START_TEST (text_exim)
{
  g_autoptr (ReboundEvidence) evidence =
      read_text (EXIM "  bob@example.net\n    (generated from staff@example.org)\n"
                      "    host mx.example.net [192.0.2.1]\n"
                      "    SMTP error from remote mail server after RCPT TO:<bob@example.net>:\n"
                      "    550 5.1.1 no such user here\n"
                      "  carol@example.com\n"
                      "    mailbox is full: retry timeout exceeded\n\n"
                      "------ This is a copy of the message, including all the headers. ------\n\n"
                      "Return-path: <news@lists.example.org>\nFrom: news@lists.example.org\n"
                      "To: dave@example.net\nSubject: 553 things\n\n550 5.7.1 spam detected\n");
  const ReboundEvidenceRecipient *bob, *carol;

  assert_describes (evidence, "bob@example.net<staff@example.org 550 5.1.1; carol@example.com",
                    "exim");
  ck_assert_pstr_eq (evidence->format, "exim");
  bob = rebound_evidence_recipient (evidence, 0);
  carol = rebound_evidence_recipient (evidence, 1);
  ck_assert_pstr_eq (bob->remote_mta, "mx.example.net");
  ck_assert_ptr_null (carol->remote_mta);
  ck_assert_int_eq (find_clue (bob, REBOUND_CLUE_STAGE)->stage, REBOUND_STAGE_RCPT);
  ck_assert_pstr_eq (bob->diagnostic, "550 5.1.1 no such user here");
  ck_assert_pstr_eq (carol->diagnostic, "mailbox is full: retry timeout exceeded");
  ck_assert (has_phrase (carol, REBOUND_REASON_MAILBOX_FULL));
  ck_assert (!has_phrase (bob, REBOUND_REASON_SPAM_CONTENT));
  ck_assert_pstr_eq (evidence->original.to, "dave@example.net");
}
END_TEST

START_TEST (text_qmail)
{
  g_autoptr (ReboundEvidence) evidence = read_text (
      "Hi. This is the qmail-send program at mx.example.org.\n"
      "I'm afraid I wasn't able to deliver your message to the following addresses.\n"
      "This is a permanent error; I've given up. Sorry it didn't work out.\n\n"
      "<bob@example.net>:\n192.0.2.1 does not like recipient.\n"
      "Remote host said: 550 5.1.1 no such user\nGiving up on 192.0.2.1.\n\n"
      "<carol@example.com>:\nSorry, I couldn't find any host named example.com. (#5.1.2)\n\n"
      "--- Below this line is a copy of the message.\n\n"
      "Return-Path: <news@lists.example.org>\nMessage-ID: <abc@lists.example.org>\n"
      "From: news@lists.example.org\nTo: dave@example.net\n\nHello\n");

  assert_describes (evidence, "bob@example.net 550 5.1.1; carol@example.com 5.1.2", "qmail");
  ck_assert_pstr_eq (evidence->format, "qmail");
  ck_assert_pstr_eq (evidence->original.message_id, "abc@lists.example.org");
  ck_assert_pstr_eq (rebound_evidence_recipient (evidence, 0)->remote_mta, "192.0.2.1");
}
END_TEST

#define SENDMAIL                                                                                   \
  "The original message was received at Sat, 21 Nov 2026 16:00:00 GMT\n"                           \
  "from lists.example.org [192.0.2.9]\n\n"

START_TEST (text_sendmail_8)
{
  g_autoptr (ReboundEvidence) evidence =
      read_text (SENDMAIL "   ----- The following addresses had permanent fatal errors -----\n"
                          "<bob@example.net>\n"
                          "    (reason: 550 5.1.1 <bob@example.net>... no such user)\n"
                          "    (expanded from: <staff@example.org>)\n"
                          "<carol@example.net>\n"
                          "    (reason: 552 5.2.2 mailbox full)\n\n"
                          "   ----- Transcript of session follows -----\n"
                          "... while talking to mx.example.net.:\n"
                          ">>> RCPT To:<bob@example.net>\n"
                          "<<< 550 5.1.1 <bob@example.net>... no such user\n"
                          "550 5.1.1 <bob@example.net>... User unknown\n"
                          ">>> RCPT To:<carol@example.net>\n"
                          "<<< 552 5.2.2 mailbox full\n"
                          "554 5.0.0 Service unavailable\n");
  const ReboundEvidenceRecipient *bob = rebound_evidence_recipient (evidence, 0);
  const ReboundEvidenceRecipient *carol = rebound_evidence_recipient (evidence, 1);

  ck_assert_uint_eq (evidence->recipients->len, 2);
  ck_assert_pstr_eq (evidence->format, "sendmail");
  ck_assert_pstr_eq (bob->address, "bob@example.net");
  ck_assert_pstr_eq (bob->original_address, "staff@example.org");
  ck_assert_pstr_eq (carol->address, "carol@example.net");
  ck_assert_ptr_null (carol->original_address);
  ck_assert_pstr_eq (find_clue (bob, REBOUND_CLUE_STATUS)->value, "5.1.1");
  ck_assert_pstr_eq (find_clue (carol, REBOUND_CLUE_REPLY)->value, "552");
  ck_assert_pstr_eq (find_clue (carol, REBOUND_CLUE_STATUS)->value, "5.2.2");
  ck_assert (find_clue (carol, REBOUND_CLUE_REPLY)->remote);
  ck_assert_int_eq (find_clue (carol, REBOUND_CLUE_STAGE)->stage, REBOUND_STAGE_RCPT);
  ck_assert (!has_phrase (bob, REBOUND_REASON_MAILBOX_FULL));
  ck_assert (!has_phrase (carol, REBOUND_REASON_USER_UNKNOWN));
}
END_TEST

/* A reply of several lines is the server's to its end. */
START_TEST (text_sendmail_multiline)
{
  g_autoptr (ReboundEvidence) evidence =
      read_text (SENDMAIL "   ----- The following addresses had permanent fatal errors -----\n"
                          "<bob@example.net>\n<carol@example.net>\n\n"
                          "   ----- Transcript of session follows -----\n"
                          "... while talking to mx.example.net.:\n"
                          ">>> RCPT To:<bob@example.net>\n"
                          "<<< 550-5.1.1 We are sorry:\n"
                          "<<< 550 5.1.1 no such user\n"
                          ">>> RCPT To:<carol@example.net>\n"
                          "<<< 552-5.2.2 We are sorry:\n"
                          "<<< 552 5.2.2 mailbox full\n");
  const ReboundEvidenceRecipient *bob = rebound_evidence_recipient (evidence, 0);
  const ReboundEvidenceRecipient *carol = rebound_evidence_recipient (evidence, 1);

  ck_assert_uint_eq (evidence->recipients->len, 2);
  ck_assert (has_phrase (bob, REBOUND_REASON_USER_UNKNOWN));
  ck_assert (!has_phrase (bob, REBOUND_REASON_MAILBOX_FULL));
  ck_assert (has_phrase (carol, REBOUND_REASON_MAILBOX_FULL));
  ck_assert (!has_phrase (carol, REBOUND_REASON_USER_UNKNOWN));
}
END_TEST

START_TEST (text_sendmail_5)
{
  g_autoptr (ReboundEvidence) evidence =
      read_text ("   ----- Transcript of session follows -----\n"
                 "While talking to mx.example.net:\n"
                 ">>> RCPT To:<bob@example.net>\n"
                 "<<< 550 <bob@example.net>... User unknown\n"
                 "550 <bob@example.net>... User unknown\n\n"
                 "   ----- Unsent message follows -----\n"
                 "Received: by lists.example.org (5.65/1.0)\n"
                 "Message-Id: <abc@lists.example.org>\nTo: carol@example.net\n\nHello\n");

  assert_describes (evidence, "bob@example.net 550", "sendmail 5");
  ck_assert_pstr_eq (evidence->format, "sendmail");
  ck_assert_pstr_eq (rebound_evidence_recipient (evidence, 0)->remote_mta, "mx.example.net");
}
END_TEST

/* Named one right below the other, they share what follows. */
START_TEST (text_shared_reason)
{
  g_autoptr (ReboundEvidence) evidence =
      read_text ("Your message could not be delivered to the following recipients:\n\n"
                 "  bob@example.net\n  carol@example.net\n\n"
                 "The reason: 550 5.1.1 no such user\n");

  assert_describes (evidence, "bob@example.net 550 5.1.1; carol@example.net 550 5.1.1",
                    "a reason that two share");
}
END_TEST

static const Row texts[] = {
  /* a sentence, where no line names him */
  { "Your message to bob@example.net could not be delivered.\n", "bob@example.net" },
  /* a labelled recipient is surer than an address in a line of a copied header */
  { "Delivery failed.\nFailed recipient: bob@example.net\nFrom: carol@example.org\n"
    "To: dave@example.net\n",
    "bob@example.net" },
  /* contacts are no recipients */
  { "Delivery has failed to these recipients or groups:\n\n<bob@example.net>: no such user\n\n"
    "postmaster@example.net\n",
    "bob@example.net" },
  /* markers of the returned message, and what stands behind them */
  { "<bob@example.net>: no such user\n\n--- Below this line is a copy of the message.\n\n"
    "<carol@example.net>: a line of the message\n",
    "bob@example.net" },
  { "<bob@example.net>: no such user\n\n--- The message ---\nReceived: from x by y\n"
    "To: carol@example.net\n\n<dave@example.net>: hello\n",
    "bob@example.net" },
  { "Your message could not be delivered.\n\nReceived: from x by y\nMessage-ID: <1@example.org>\n\n"
    "It was originally addressed to bob@example.net.\n",
    "" },
  { "An ordinary text without anybody.\n", "" },
  { "\n\n\n", "" },
};

START_TEST (text_recipients)
{
  g_autoptr (ReboundEvidence) evidence = read_text (texts[_i].input);

  assert_describes (evidence, texts[_i].expected, texts[_i].input);
}
END_TEST

/* The status part says who; the text only adds to what is known of him. */
START_TEST (text_beside_status)
{
  g_autoptr (ReboundEvidence) evidence = read_mail (
      REPORT_HEADER
      "Content-Type: multipart/report; report-type=delivery-status; boundary=\"=b\"\n\n"
      "--=b\n\n" POSTFIX "<carol@example.net>: host mx.example.net[192.0.2.1] said: 550\n"
      "    mailbox full (in reply to RCPT TO command)\n"
      "--=b\nContent-Type: message/delivery-status\n\n"
      "Reporting-MTA: dns; mx.example.org\n\n"
      "Final-Recipient: rfc822; bob@example.net\nAction: failed\nStatus: 5.1.1\n"
      "--=b--\n");

  ck_assert_uint_eq (evidence->recipients->len, 1);
  ck_assert_pstr_eq (rebound_evidence_recipient (evidence, 0)->address, "bob@example.net");
}
END_TEST

/* A bare reply. */
START_TEST (text_reply)
{
  g_autoptr (ReboundEvidence) evidence =
      rebound_evidence_read_reply ("550-5.1.1 <Bob@Example.NET>\r\n550 5.1.1 no such user\r\n",
                                   &rebound_builtin_rules, default_limits ());

  ck_assert (evidence->bare);
  assert_describes (evidence, "Bob@example.net 550 5.1.1", "a reply");
  ck_assert (has_phrase (rebound_evidence_recipient (evidence, 0), REBOUND_REASON_USER_UNKNOWN));
}
END_TEST

/* ---- Limits ------------------------------------------------------------------------------- */

static gboolean
has_warning (const ReboundEvidence *evidence, const char *code)
{
  for (guint i = 0; i < evidence->warnings->len; i++)
    if (strcmp (g_array_index (evidence->warnings, ReboundWarning, i).code, code) == 0)
      return TRUE;
  return FALSE;
}

START_TEST (limit_of_recipients)
{
  g_autoptr (GString) status = g_string_new (MTA);
  g_autofree char *mail = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (ReboundMessage) message = NULL;
  g_autoptr (ReboundEvidence) evidence = NULL;
  ReboundLimits limits = *default_limits ();

  limits.recipients = 3;
  for (guint i = 0; i < 5; i++)
    g_string_append_printf (status, "Final-Recipient: rfc822; r%u@example.net\nAction: failed\n\n",
                            i);
  mail = make_report ("delivery-status", status->str);
  bytes = g_bytes_new (mail, strlen (mail));
  rebound_message_init ();
  message = rebound_message_parse (bytes, NULL, &rebound_builtin_rules, &limits);
  evidence = rebound_evidence_read (message, NULL, &rebound_builtin_rules, &limits);
  assert_describes (evidence, "r0@example.net failed; r1@example.net failed; r2@example.net failed",
                    status->str);
  ck_assert (has_warning (evidence, "truncated"));
}
END_TEST

/* Each conversation is about all of many recipients. */
START_TEST (limit_of_conversations)
{
  g_autoptr (GString) mail = g_string_new (REPORT_HEADER "\n");
  g_autoptr (ReboundEvidence) evidence = NULL;

  for (guint i = 0; i < 900; i++)
    g_string_append_printf (mail, "<r%u@example.net>:\n", i);
  for (guint i = 0; i < 200; i++)
    g_string_append (mail, "... while talking to mx.example.net:\n<<< 550 5.1.1 user unknown\n");
  evidence = read_mail (mail->str);
  ck_assert_uint_eq (evidence->recipients->len, 900);
  ck_assert_str_eq (rebound_evidence_recipient (evidence, 899)->diagnostic,
                    "550 5.1.1 user unknown");
  ck_assert (has_warning (evidence, "truncated"));
}
END_TEST

/* What a notice says of all is read for each: up to the limit of a text. */
START_TEST (limit_of_notices)
{
  g_autoptr (GString) body = g_string_new ("{\"notificationType\":\"Bounce\"," MAIL
                                           ",\"bounce\":{\"smtpResponse\":\"550 ");
  g_autoptr (ReboundEvidence) evidence = NULL;

  for (guint i = 0; i < 990; i++)
    g_string_append_c (body, 'x');
  g_string_append (body, "\",\"bouncedRecipients\":[\"r0@example.net\"");
  for (guint i = 1; i < 900; i++)
    g_string_append_printf (body, ",\"r%u@example.net\"", i);
  g_string_append (body, "]}}");
  evidence = read_notice (body->str);
  if (!has_json ())
    return;
  ck_assert_uint_gt (evidence->recipients->len, 400);
  ck_assert_uint_lt (evidence->recipients->len, 600);
  ck_assert (has_warning (evidence, "truncated"));
}
END_TEST

/* Cut at any byte, a report is read as far as it goes. */
START_TEST (cut_anywhere)
{
  g_autofree char *mail =
      make_report ("delivery-status",
                   MTA "Original-Recipient: rfc822;staff+2B@example.org\n"
                       "Final-Recipient: utf-8; b\\x{F6}b@example.net\nAction: failed\n"
                       "Status: 5.1.1 (x)\nDiagnostic-Code: smtp; 550-5.1.1 a\n 550 5.1.1 b\n");

  for (gsize n = strlen (mail); n-- > 0;)
    {
      g_autoptr (ReboundEvidence) evidence = NULL;

      mail[n] = '\0';
      evidence = read_mail (mail);
      ck_assert_uint_le (evidence->recipients->len, 1);
    }
}
END_TEST

/* ---- Pastes ------------------------------------------------------------------------------- */

/* As paste.c has it: beyond this a text is no refusal. */
#define LONGEST_TEXT 65536

static void
assert_bounded (ReboundPaste *paste, gsize longest_line)
{
  char *text;

  for (; (text = rebound_paste_next (paste)) != NULL; g_free (text))
    ck_assert_uint_le (strlen (text), LONGEST_TEXT + longest_line + 1);
}

static void
paste_lines (const char *text, gsize length)
{
  g_autoptr (ReboundPaste) paste = rebound_paste_new ();
  const char *end = text + length;
  gsize longest = 0;

  for (const char *stop; text < end; text = stop + 1)
    {
      g_autofree char *line = NULL;

      stop = rebound_line_end (text, end);
      longest = MAX (longest, (gsize) (stop - text));
      line = g_strndup (text, stop - text);
      rebound_paste_add (paste, line);
      assert_bounded (paste, longest);
    }
  rebound_paste_add (paste, NULL);
  assert_bounded (paste, longest);
}

/* Units that go on with what is before, as often as it takes. */
static const struct
{
  const char *head;
  const char *unit;
} paste_floods[] = {
  { "", "550-a\n" },
  { "550 ", "a line that is broken, and broken, and broken, and broken again=\n" },
  { "550 a line that is broken, and broken, and broken, and so on =\n", "a=\n" },
  { "550 a\n", " a\n" },
  { "550 a\n", "  at a(b)\n" },
  { "{", "\"a\": 1,\n" },
  { "{", "{" },
  { "", "{\n" },
  { "", "[{" },
  { "[", "{\"recipient\": \"a@example.net\", \"status\": \"5.1.1\"},\n" },
  { "{\"a\": [", "[ " },
  { "a {\n", "'a': 1,\n" },
  { "", ">>> RCPT TO:<a@example.net>\n<<< 250 Ok\n" },
  { "<<< 354 Go on\n", "a\n" },
  { "Reporting-MTA: dns; a\n\n", "\n" },
  { "Status: 5.1.1\n", "Status: 5.1.1\n" },
  { "Status: 5.1.1\n", " 5.1.1\n" },
  { "4dB7Vq1x*    4711 Sat Nov 21 16:40:00  a@example.net\n", "a\n" },
  { "4dB7Vq1x*    4711 Sat Nov 21 16:40:00  a@example.net\n", "(\n" },
  { "Traceback (most recent call last):\n", "a\n" },
  { "to=<a@example.net>, status=bounced (", "a\n" },
  { "to=<a@example.net>, status=bounced (", "(,\n" },
  { "", "a" },
};

START_TEST (paste_flood)
{
  g_autoptr (GString) text = g_string_new (paste_floods[_i].head);

  while (text->len < 8 * LONGEST_TEXT)
    g_string_append (text, paste_floods[_i].unit);
  assert_cheap (paste_lines, text->str, text->len, "550 5.1.1 <ada@example.net>: no such user\n");
}
END_TEST

/* ---- The suite ---------------------------------------------------------------------------- */

static TCase *
code_tests (void)
{
  TCase *tests = tcase_create ("codes");

  tcase_add_loop_test (tests, codes_found, 0, G_N_ELEMENTS (codes));
  tcase_add_loop_test (tests, codes_not_found, 0, G_N_ELEMENTS (no_codes));
  tcase_add_test (tests, codes_places);
  tcase_add_loop_test (tests, status_begins, 0, G_N_ELEMENTS (statuses));
  tcase_add_loop_test (tests, codes_joined, 0, G_N_ELEMENTS (joins));
  return tests;
}

static TCase *
address_tests (void)
{
  TCase *tests = tcase_create ("addresses");

  tcase_add_loop_test (tests, address_scanned, 0, G_N_ELEMENTS (scans));
  tcase_add_loop_test (tests, address_found, 0, G_N_ELEMENTS (finds));
  tcase_add_loop_test (tests, address_cleaned, 0, G_N_ELEMENTS (cleans));
  tcase_add_loop_test (tests, address_unitext_invalid, 0, 7);
  tcase_add_loop_test (tests, address_xtext, 0, G_N_ELEMENTS (xtexts));
  tcase_add_test (tests, address_equality);
  tcase_add_loop_test (tests, address_unwrapped, 0, G_N_ELEMENTS (unwraps));
  tcase_add_test (tests, address_unwrapped_deeply);
  tcase_add_loop_test (tests, address_verp, 0, G_N_ELEMENTS (verps));
  return tests;
}

static TCase *
line_tests (void)
{
  TCase *tests = tcase_create ("lines");

  tcase_add_loop_test (tests, line_names, 0, G_N_ELEMENTS (namings));
  tcase_add_loop_test (tests, line_is_spoken, 0, G_N_ELEMENTS (spokens));
  tcase_add_loop_test (tests, line_origin, 0, G_N_ELEMENTS (origins));
  tcase_add_loop_test (tests, line_host, 0, G_N_ELEMENTS (hosts));
  return tests;
}

static TCase *
status_tests (void)
{
  TCase *tests = tcase_create ("delivery status");

  tcase_add_test (tests, status_every_field);
  tcase_add_test (tests, status_few_fields);
  tcase_add_loop_test (tests, status_part, 0, G_N_ELEMENTS (status_parts));
  tcase_add_loop_test (tests, status_types_of_diagnostic, 0, 6);
  tcase_add_test (tests, status_global);
  tcase_add_test (tests, status_in_text);
  tcase_add_loop_test (tests, status_elsewhere, 0, 3);
  tcase_add_test (tests, limit_of_recipients);
  tcase_add_test (tests, limit_of_conversations);
  tcase_add_test (tests, limit_of_notices);
  tcase_add_test (tests, cut_anywhere);
  return tests;
}

static TCase *
answer_tests (void)
{
  TCase *tests = tcase_create ("feedback, notice and disposition");

  tcase_add_loop_test (tests, feedback_report, 0, G_N_ELEMENTS (feedbacks));
  tcase_add_test (tests, feedback_fields);
  tcase_add_test (tests, feedback_hotmail);
  tcase_add_test (tests, feedback_aol);
  tcase_add_loop_test (tests, notice, 0, G_N_ELEMENTS (notices));
  tcase_add_loop_test (tests, notice_flood, 0, G_N_ELEMENTS (notice_floods));
  tcase_add_loop_test (tests, notice_depth, 0, 2);
  tcase_add_loop_test (tests, disposition, 0, G_N_ELEMENTS (dispositions));
  tcase_add_loop_test (tests, disposition_refuses, 0, G_N_ELEMENTS (refusals));
  return tests;
}

static TCase *
header_tests (void)
{
  TCase *tests = tcase_create ("header and envelope");

  tcase_add_loop_test (tests, header_failed_recipients, 0, G_N_ELEMENTS (failed_recipients));
  tcase_add_loop_test (tests, header_delivered_to, 0, G_N_ELEMENTS (delivered));
  tcase_add_test (tests, header_verp_wherever);
  tcase_add_test (tests, header_verp_wrapped);
  tcase_add_test (tests, envelope_of_the_caller);
  tcase_add_test (tests, envelope_of_the_caller_plain);
  tcase_add_loop_test (tests, envelope_sender, 0, G_N_ELEMENTS (senders));
  tcase_add_test (tests, envelope_null_sender);
  tcase_add_test (tests, returned_header);
  tcase_add_test (tests, returned_in_text);
  tcase_add_test (tests, signs);
  return tests;
}

static TCase *
text_tests (void)
{
  TCase *tests = tcase_create ("text");

  tcase_add_test (tests, text_postfix);
  tcase_add_test (tests, text_exim);
  tcase_add_test (tests, text_qmail);
  tcase_add_test (tests, text_sendmail_8);
  tcase_add_test (tests, text_sendmail_multiline);
  tcase_add_test (tests, text_sendmail_5);
  tcase_add_test (tests, text_shared_reason);
  tcase_add_loop_test (tests, text_recipients, 0, G_N_ELEMENTS (texts));
  tcase_add_test (tests, text_beside_status);
  tcase_add_test (tests, text_reply);
  tcase_add_loop_test (tests, paste_flood, 0, G_N_ELEMENTS (paste_floods));
  return tests;
}

int
main (void)
{
  TCase *const cases[] = { code_tests (),   address_tests (), line_tests (), status_tests (),
                           answer_tests (), header_tests (),  text_tests (), NULL };

  return run_suite ("evidence", cases, NULL, NULL);
}
