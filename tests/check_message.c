/* Rebound: tests of what becomes of the bytes of a message.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "message/charset.h"
#include "message/converters.h"
#include "message/digest.h"
#include "message/guard.h"
#include "message/html.h"
#include "message/message.h"
#include "modules/html.h"
#include "modules/modules.h"

#include "cost.h"
#include "suite.h"

#include <stdlib.h>
#include <string.h>

#define MEGABYTE (1024 * 1024)

/* Lines that are worth nothing, of which flooding ones are told. */
#define PLAIN "It could not be delivered to one of those that you had named\n"
#define PLAIN_PAGE "<p>It could not be delivered to one of those that you had named</p>\n"

/* ---- Helpers ------------------------------------------------------------------------------ */

static GArray *
new_warnings (void)
{
  return g_array_new (FALSE, FALSE, sizeof (ReboundWarning));
}

static gboolean
has_warning (const GArray *warnings, const char *code, const char *detail)
{
  for (guint i = 0; i < warnings->len; i++)
    {
      const ReboundWarning *warning = &g_array_index (warnings, ReboundWarning, i);

      if (strcmp (warning->code, code) == 0
          && (detail == NULL || strstr (warning->detail, detail) != NULL))
        return TRUE;
    }
  return FALSE;
}

/* The header, and what the parser gets. */
static GByteArray *
guard (const char *text, gsize length, const ReboundLimits *limits, GArray *warnings)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, length);
  g_autoptr (ReboundGuarded) guarded = NULL;
  ReboundLimits usual;

  rebound_message_init ();
  rebound_limits_init (&usual);
  guarded = rebound_guard (bytes, limits != NULL ? limits : &usual, NULL, NULL, warnings);
  g_byte_array_append (guarded->headers, guarded->bytes->data, guarded->bytes->len);
  return g_byte_array_ref (guarded->headers);
}

static char *
guard_string (const char *text, const ReboundLimits *limits, GArray *warnings)
{
  g_autoptr (GByteArray) got = guard (text, strlen (text), limits, warnings);

  return g_strndup ((const char *) got->data, got->len);
}

/* ---- Before the parser: lines ------------------------------------------------------------- */

static const struct
{
  const char *text;
  const char *expected;
} lines[] = {
  { "", "" },
  { "A: b\n\nc\n", "A: b\n\nc\n" },
  { "A: b\r\n\r\nc\r\n", "A: b\n\nc\n" },
  { "A: b\r\rc\r", "A: b\n\nc\n" },
  { "A: b\r\r\n\r\r\nc\r\r\n", "A: b\n\nc\n" },
  { "A: b\r\nB: c\nC: d\rD: e\r\r\n\nf\r\ng\rh\r\r\ni\n",
    "A: b\nB: c\nC: d\nD: e\n\nf\ng\nh\ni\n" },
  { "A: b\n\nc\n\r\nd\r\n\r\n", "A: b\n\nc\n\nd\n\n" },
  { "A: b\n\nc", "A: b\n\nc\n" },
  { "A: b\n\nc\r", "A: b\n\nc\n" },
  { "A: b", "A: b\n" },
  /* what an mbox puts before a message */
  { "From a@b Mon Jan  1 00:00:00 2001\nA: b\n\nc\n", "A: b\n\nc\n" },
  { ">From a@b Mon Jan  1 00:00:00 2001\nA: b\n\nc\n", "A: b\n\nc\n" },
  { "From a@b Mon Jan  1 00:00:00 2001\r\nA: b\r\n\r\nc\r\n", "A: b\n\nc\n" },
  { "From a\n>From b\n\nFrom c\nA: b\n", "A: b\n" },
  { "\n\r\n \t\n\rA: b\n\nc\n", "A: b\n\nc\n" },
  { "From: a@b\n\nFrom c\n>From d\n", "From: a@b\n\nFrom c\n>From d\n" },
  { "Fromage: a\n", "Fromage: a\n" },
  { "\n\n", "" },
  /* a header ends where nothing but blanks stands */
  { "A: b\n \t\nc\n", "A: b\n\nc\n" },
  { "A: b\n c\n\td\n\ne\n", "A: b\n c\n\td\n\ne\n" },
  { "A: b\n\nc\n \t\nd\n", "A: b\n\nc\n \t\nd\n" },
};

START_TEST (guard_lines)
{
  g_autoptr (GArray) warnings = new_warnings ();
  g_autofree char *got = guard_string (lines[_i].text, NULL, warnings);

  ck_assert_str_eq (got, lines[_i].expected);
  ck_assert_uint_eq (warnings->len, 0);
}
END_TEST

START_TEST (guard_nul)
{
  static const char text[] = "A: \0b\n\n\0c\r\n";
  g_autoptr (GArray) warnings = new_warnings ();
  g_autoptr (GByteArray) got = guard (text, sizeof text - 1, NULL, warnings);

  ck_assert_uint_eq (got->len, sizeof text - 2);
  ck_assert_mem_eq (got->data, "A: \0b\n\n\0c\n", got->len);
}
END_TEST

/* Before the parser: of what is surely a header it gets the structure, and what is read is put
 * aside. "X:" stands for fields that nobody reads. */
#define MIXED "Content-Type: multipart/mixed; boundary=b\n"
#define RFC822 "Content-Type: message/rfc822\n"
#define HIDDEN "Content-Type: " REBOUND_CARRIED "/rfc822\n"
#define STATUS_TYPE "Content-Type: message/delivery-status\n"

static const struct
{
  const char *text;
  const char *headers; /* one after the other */
  const char *bytes;
} routed[] = {
  { "X: 1\nTo: a\nDKIM-Signature: 2\n b=3\n\tc=4\nSUBJECT: 5\n 6\n\nX: 7\n",
    "To: a\nSUBJECT: 5\n 6\n", "\nX: 7\n" },
  { "X: 1\n\na\n", "", "\na\n" },
  { "X : 1\nTo : a\nDate:\n", "To : a\nDate:\n", "" },
  { "X: 1\n 2\nno field\n 3\nX\nhttp://x\nTo: a\n", "To: a\n", "" },
  { " 1\nTo: a\n", "To: a\n", "" },
  { "Content-Type: text/plain\nContent-Transfer-Encoding: 8bit\nContent-Language: en\n\na\n",
    "Content-Type: text/plain\nContent-Transfer-Encoding: 8bit\n",
    "Content-Type: text/plain\nContent-Transfer-Encoding: 8bit\n\na\n" },
  { "Content-Type: text/plain\nContent-Type: text/html\n",
    "Content-Type: text/plain\nContent-Type: text/html\n",
    "Content-Type: text/plain\nContent-Type: text/html\n" },
  { MIXED RFC822 "\nTo: 1\n\n--b\nX: 2\n", MIXED RFC822, MIXED RFC822 "\nTo: 1\n\n--b\nX: 2\n" },
  /* those that rules read, by name or by its beginning */
  { "X-Mailer: a\nX-Mailers: b\nX-MS-Exchange-CrossTenant-Id: c\n",
    "X-Mailer: a\nX-MS-Exchange-CrossTenant-Id: c\n", "" },
  { "Received: from a by b\n for <c@d>;\nReceived: (qmail 7 invoked for bounce)\nReceived:\n",
    "Received: (qmail 7 invoked for bounce)\n", "" },
  /* parts */
  { MIXED "\nX: 1\n--b\nX: 2\nTo: 3\nContent-Type: text/plain\n\nX: 4\n--b--\nX: 5\n", MIXED,
    MIXED "\nX: 1\n--b\nContent-Type: text/plain\n\nX: 4\n--b--\nX: 5\n" },
  { "Content-type:\n\tmultipart/mixed;\n\tboundary=\"b c\"\n\n--b c \nX: 1\n\n2\n",
    "Content-type:\n\tmultipart/mixed;\n\tboundary=\"b c\"\n",
    "Content-type:\n\tmultipart/mixed;\n\tboundary=\"b c\"\n\n--b c \n\n2\n" },
  { MIXED "--c\nTo: a\n--b\nX: 1\n", MIXED "To: a\n", MIXED },
  { MIXED "\n--bc\nX: 1\n\n----\nX: 2\n", MIXED, MIXED "\n--bc\nX: 1\n\n----\nX: 2\n" },
  { "To: a\n\n----- Reasons -----\nX: mailbox full\n\n--b\nX: 1\n", "To: a\n",
    "\n----- Reasons -----\nX: mailbox full\n\n--b\nX: 1\n" },
  /* an empty part, the end of a multipart without a blank line before it */
  { MIXED "\n--b\nX: 1\n--b\nX: 2\n--b--\nX: 3\n", MIXED, MIXED "\n--b\n--b\n--b--\nX: 3\n" },
  /* of two multiparts the inner one ends with the outer part */
  { MIXED "\n--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\nX: 1\n\n--b\nX: 2\n\n--c\n"
          "X: 3\n",
    MIXED, MIXED "\n--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\n--b\n\n--c\nX: 3\n" },
  /* the message that is returned, and what only looks like one */
  { MIXED "\n--b\nTo: 0\n" RFC822 "\nX: 1\nTo: 2\n\nTo: 3\n--b\n" RFC822 "\nTo: 4\n",
    MIXED "To: 2\nTo: 4\n", MIXED "\n--b\n" RFC822 "\n\nTo: 3\n--b\n" RFC822 "\n" },
  { RFC822 "\nTo: 1\n" RFC822 "\nTo: 2\n\na\n", RFC822 "To: 1\n" RFC822 "To: 2\n",
    RFC822 "\n" RFC822 "\n\na\n" },
  { MIXED "\n--b\nContent-Type: text/rfc822-headers\n\nX: 1\nTo: 2\n", MIXED,
    MIXED "\n--b\nContent-Type: text/rfc822-headers\n\nX: 1\nTo: 2\n" },
  { MIXED "\n--b\nContent-Type: text/rfc822\n\nX: 1\nTo: 2\n", MIXED,
    MIXED "\n--b\nContent-Type: text/rfc822\n\nX: 1\nTo: 2\n" },
  { MIXED "\n--b\n" RFC822 "Content-Transfer-Encoding: Base64\n\nX: 1\n", MIXED,
    MIXED "\n--b\n" RFC822 "Content-Transfer-Encoding: Base64\n\nX: 1\n" },
  { MIXED "\n--b\n" RFC822 "Content-Transfer-Encoding: x-uue\n\nX: 1\n", MIXED,
    MIXED "\n--b\n" RFC822 "Content-Transfer-Encoding: x-uue\n\nX: 1\n" },
  { "To: a\n\n--b\n" RFC822 "\nX: 1\n", "To: a\n", "\n--b\n" RFC822 "\nX: 1\n" },
  /* a message beside a report is read no further than its header … */
  { MIXED "\n--b\n" STATUS_TYPE "\nTo: 0\n\n--b\n" RFC822 "\nTo: 1\nContent-Type: multipart/mixed; "
          "boundary=c\n\n--c\n" STATUS_TYPE "\nX: 2\n--b\nX: 3\n\n4\n",
    MIXED "To: 1\nContent-Type: multipart/mixed; boundary=c\n",
    MIXED "\n--b\n" STATUS_TYPE "\nTo: 0\n\n--b\n" HIDDEN "\n\n--b\n\n4\n" },
  /* … and the whole of one that is a report itself, with what that returns */
  { RFC822 "\n" MIXED "\n--b\n" STATUS_TYPE "\nTo: 0\n\n--b\n" RFC822 "\nTo: 1\n\n2\n",
    RFC822 MIXED "To: 1\n",
    RFC822 "\n" MIXED "\n--b\n" STATUS_TYPE "\nTo: 0\n\n--b\n" RFC822 "\n\n2\n" },
  { MIXED "\n--b\n" RFC822 "\nTo: 1\n\n2\n--b\n" STATUS_TYPE "\nTo: 3\n\n--b\n" RFC822
          "\nTo: 4\n\n5\n",
    MIXED "To: 1\nTo: 4\n",
    MIXED "\n--b\n" RFC822 "\n\n2\n--b\n" STATUS_TYPE "\nTo: 3\n\n--b\n" HIDDEN "\n\n" },
  { "Content-Type: multipart/digest; boundary=b\n\n--b\n\nX: 1\n",
    "Content-Type: multipart/digest; boundary=b\n",
    "Content-Type: multipart/digest; boundary=b\n\n--b\n\nX: 1\n" },
};

static ReboundGuarded *
guard_with_rules (const char *text, gsize length, GArray *warnings)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, length);
  ReboundLimits limits;

  rebound_message_init ();
  rebound_limits_init (&limits);
  return rebound_guard (bytes, &limits, &rebound_builtin_rules, NULL, warnings);
}

START_TEST (guard_routes)
{
  g_autoptr (GArray) warnings = new_warnings ();
  g_autoptr (ReboundGuarded) got =
      guard_with_rules (routed[_i].text, strlen (routed[_i].text), warnings);
  g_autofree char *headers = g_strndup ((char *) got->headers->data, got->headers->len);
  g_autofree char *bytes = g_strndup ((char *) got->bytes->data, got->bytes->len);

  ck_assert_str_eq (headers, routed[_i].headers);
  ck_assert (got->has_header);
  ck_assert_str_eq (bytes, routed[_i].bytes);
  ck_assert_uint_eq (warnings->len, 0);
}
END_TEST

/* A message of one part has no structure that a parser has to find. */
static const struct
{
  const char *text;
  const char *type; /* NULL where it has, or may have */
  const char *encoding;
  const char *body;
} singles[] = {
  { "To: a\n\nb\n", "", "", "b\n" },
  { "Content-Type: text/html;\n charset=x\nContent-Transfer-Encoding:\n\tbase64 \n\nb\nc\n",
    "text/html; charset=x", "base64", "b\nc\n" },
  { MIXED "\nb\n", NULL, NULL, NULL },
  { RFC822 "\nb\n", NULL, NULL, NULL },
  { "Content-Type: text/html\nContent-Type: text/plain\n\nb\n", NULL, NULL, NULL },
  { "Content-Transfer-Encoding: base64\nContent-Transfer-Encoding: 8bit\n\nb\n", NULL, NULL, NULL },
  { "To: a\n", NULL, NULL, NULL },
};

START_TEST (guard_singles)
{
  g_autoptr (GArray) warnings = new_warnings ();
  g_autoptr (ReboundGuarded) got =
      guard_with_rules (singles[_i].text, strlen (singles[_i].text), warnings);

  ck_assert_int_eq (got->single, singles[_i].type != NULL);
  if (!got->single)
    return;
  ck_assert_str_eq (got->type, singles[_i].type);
  ck_assert_str_eq (got->encoding, singles[_i].encoding);
  ck_assert_uint_eq (got->bytes->len - got->body, strlen (singles[_i].body));
  ck_assert_mem_eq (got->bytes->data + got->body, singles[_i].body, strlen (singles[_i].body));
}
END_TEST

/* The header of each message by the place of the field that announces it. */
START_TEST (guard_finds_headers)
{
  static const char text[] =
      MIXED "To: 1\n\n--b\n" RFC822 "\nTo: 2\n" MIXED "\n--b\n" RFC822 "\n\na\n";
  g_autoptr (GArray) warnings = new_warnings ();
  g_autoptr (ReboundGuarded) got = guard_with_rules (text, strlen (text), warnings);
  g_autofree char *bytes = g_strndup ((char *) got->bytes->data, got->bytes->len);
  const char *first = strstr (bytes, RFC822);
  const char *second = strstr (first + 1, RFC822);
  const char *found;
  gsize length;

  ck_assert (rebound_guarded_find_header (got, REBOUND_NO_CARRIER, &found, &length));
  ck_assert_uint_eq (length, strlen (MIXED "To: 1\n"));
  ck_assert_mem_eq (found, MIXED "To: 1\n", length);
  ck_assert (rebound_guarded_find_header (got, first - bytes, &found, &length));
  ck_assert_uint_eq (length, strlen ("To: 2\n" MIXED));
  ck_assert_mem_eq (found, "To: 2\n" MIXED, length);
  ck_assert (rebound_guarded_find_header (got, second - bytes, &found, &length));
  ck_assert_uint_eq (length, 0);
  ck_assert (!rebound_guarded_find_header (got, first - bytes + 1, &found, &length));
}
END_TEST

/* They count nothing. */
START_TEST (guard_unread)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GArray) warnings = new_warnings ();
  g_autoptr (ReboundGuarded) got = NULL;
  ReboundLimits limits;

  rebound_limits_init (&limits);
  for (guint i = 0; i <= 2 * limits.header_fields; i++)
    g_string_append (text,
                     "X: a long value of a field that nobody reads, a long value of a field\n");
  ck_assert_uint_gt (text->len, limits.header_bytes);
  g_string_append (text, "To: a\n");
  got = guard_with_rules (text->str, text->len, warnings);
  ck_assert_uint_eq (got->headers->len, 6);
  ck_assert_uint_eq (got->bytes->len, 0);
  ck_assert_uint_eq (warnings->len, 0);
}
END_TEST

/* One unit, as often as it takes, must cost a moment. */
static const char *const floods[] = {
  "\r",     "\n",   "\r\n", "\r\r\r\n", "From a\n", ">From a\n",  " \n",        " ",
  "A: b\n", " b\n", "A",    "--a\n",    "--a\n\n",  "--a\nb\n\n", "a\n\n--b\r",
};

static void
guard_text (const char *text, gsize length)
{
  g_autoptr (GArray) warnings = new_warnings ();

  g_byte_array_unref (guard (text, length, NULL, warnings));
}

START_TEST (guard_floods)
{
  g_autoptr (GString) text = g_string_new (_i % 2 == 0 ? "" : "A: b\n\n");

  while (text->len < MEGABYTE / 4)
    g_string_append (text, floods[_i / 2]);
  assert_cheap (guard_text, text->str, text->len, PLAIN);
}
END_TEST

/* ---- Before the parser: limits ------------------------------------------------------------ */

static ReboundLimits
no_limits (void)
{
  ReboundLimits limits;

  memset (&limits, 0x3f, sizeof limits);
  return limits;
}

static void
assert_guarded (const char *text, const ReboundLimits *limits, const char *expected,
                const char *warning)
{
  g_autoptr (GArray) warnings = new_warnings ();
  g_autofree char *got = guard_string (text, limits, warnings);

  ck_assert_str_eq (got, expected);
  ck_assert_uint_eq (warnings->len, warning != NULL);
  ck_assert_msg (warning == NULL || has_warning (warnings, "truncated", warning),
                 "the warning is not about %s", warning);
}

START_TEST (limit_message)
{
  ReboundLimits limits = no_limits ();

  limits.message_bytes = 10;
  assert_guarded ("A: b\n\ncdef", &limits, "A: b\n\ncdef\n", NULL);
  assert_guarded ("A: b\n\ncdefg", &limits, "A: b\n\ncdef\n", "message");
  assert_guarded ("A: b\n\ncde\r\n", &limits, "A: b\n\ncde\n", "message");
  limits.message_bytes = 5;
  assert_guarded ("A: b\nC: d\n", &limits, "A: b\n", "message");
}
END_TEST

START_TEST (limit_fields)
{
  ReboundLimits limits = no_limits ();

  limits.header_fields = 2;
  assert_guarded ("A: 1\n x\nB: 2\n y\n\nz\n", &limits, "A: 1\n x\nB: 2\n y\n\nz\n", NULL);
  assert_guarded ("A: 1\nB: 2\nC: 3\n x\nD: 4\n y\n\nz\nE: 5\n", &limits, "A: 1\nB: 2\n\nz\nE: 5\n",
                  "fields");
  /* each part has a header of its own */
  assert_guarded ("A: 1\nB: 2\n\n--b\nC: 3\nD: 4\nE: 5\n\nz\n", &limits,
                  "A: 1\nB: 2\n\n--b\nC: 3\nD: 4\n\nz\n", "fields");
}
END_TEST

START_TEST (limit_field)
{
  ReboundLimits limits = no_limits ();

  limits.field_bytes = 6;
  assert_guarded ("A: 123\nB: 4\n\nlong line\n", &limits, "A: 123\nB: 4\n\nlong line\n", NULL);
  assert_guarded ("A: 1234\nB: 5\n\nz\n", &limits, "A: 123\nB: 5\n\nz\n", "field");
  assert_guarded ("A: 1\n 2345\n 6\nB: 5\n\nz\n", &limits, "A: 1\n 2\nB: 5\n\nz\n", "field");
}
END_TEST

/* What is left of a field that is full is not an empty line, which would end the header. */
START_TEST (limit_field_full)
{
  ReboundLimits limits = no_limits ();

  limits.field_bytes = 6;
  assert_guarded ("A: 123\n 456\n 7\nB: 5\n\nz\n", &limits, "A: 123\nB: 5\n\nz\n", "field");
}
END_TEST

START_TEST (limit_header)
{
  ReboundLimits limits = no_limits ();
  g_autoptr (GArray) warnings = new_warnings ();
  g_autofree char *got = NULL;
  const char *body;

  limits.header_bytes = 20;
  assert_guarded ("A: 1234567\nB: 1234567\n\nz\n", &limits, "A: 1234567\nB: 1234567\n\nz\n", NULL);
  got = guard_string ("A: 1234567\nB: 1234567\nC: 1234567\nD: 1234567\n\nz\n", &limits, warnings);
  body = strstr (got, "\n\nz\n");
  ck_assert_ptr_nonnull (body);
  ck_assert_msg (body - got <= 20 + 1, "more than 20 bytes of header: “%s”", got);
  ck_assert (g_str_has_prefix (got, "A: 1234567\n"));
  ck_assert (has_warning (warnings, "truncated", "header bytes"));
}
END_TEST

START_TEST (limit_delimiters)
{
  ReboundLimits limits = no_limits ();

  limits.delimiters = 2;
  assert_guarded ("A: b\n\n--a\n\n--b\n\n-- \n- c\n", &limits, "A: b\n\n--a\n\n--b\n\n-- \n- c\n",
                  NULL);
  assert_guarded ("A: b\n\n--a\n\n--b\n\n--\nc\n", &limits, "A: b\n\n--a\n\n--b\n\nc\n",
                  "delimiter");
  assert_guarded ("A: b\n\n--a\n\n --b\n\n--c\nd\n\t--e\n", &limits, "A: b\n\n--a\n\n --b\n\nd\n",
                  "delimiters");
}
END_TEST

/* ---- The digest --------------------------------------------------------------------------- */

#define MAIL "From: a@example.net\nMessage-ID: <1@example.net>\nSubject: x\n\nNo such user\n"

static const struct
{
  const char *text;
  gboolean same; /* as that of MAIL */
} deliveries[] = {
  { MAIL, TRUE },
  { "From a@b Mon Jan  1 00:00:00 2001\n" MAIL, TRUE },
  { "\n" MAIL "\n\n", TRUE },
  { "Return-Path: <>\nDelivered-To: x@example.org\n"
    "Received: from a by b;\n\tMon, 1 Jan 2001 00:00:00 +0000\n" MAIL,
    TRUE },
  { "RECEIVED: from c\n by d\n with e\nX-Original-To: y@example.org\nEnvelope-To: z\n" MAIL, TRUE },
  { "From: a@example.net\r\nMessage-ID: <1@example.net>\r\nSubject: x\r\n\r\nNo such user\r\n",
    TRUE },
  { "From: a@example.net\rMessage-ID: <1@example.net>\rSubject: x\r\rNo such user", TRUE },
  { "Status: RO\nX-Status: A\nContent-Length: 13\nLines: 1\nX-UID: 7\nX-Keywords: y\n" MAIL, TRUE },
  { "X-Spam-Status: No,\n\tscore=1\nX-Virus-Scanned: y\n" MAIL, TRUE },
  { "From: a@example.net\nMessage-ID: <2@example.net>\nSubject: x\n\nNo such user\n", FALSE },
  { "From: a@example.net\nMessage-ID: <1@example.net>\nSubject: y\n\nNo such user\n", FALSE },
  { "From: a@example.net\nMessage-ID: <1@example.net>\nSubject: x\n\nNo such users\n", FALSE },
  { "From: a@example.net\nMessage-ID: <1@example.net>\nSubject: x\n No such user\n", FALSE },
  { "To: b@example.org\n" MAIL, FALSE },
  { "Receiver: b@example.org\n" MAIL, FALSE },
  { MAIL "Received: from a by b\n", FALSE }, /* in the text it is text */
  { "", FALSE },
};

static char *
digest_of (const char *text)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));

  return rebound_digest (bytes, strlen (text));
}

START_TEST (digest)
{
  g_autofree char *first = digest_of (MAIL);
  g_autofree char *other = digest_of (deliveries[_i].text);

  ck_assert (g_str_has_prefix (other, "sha256:"));
  ck_assert_uint_eq (strlen (other), 7 + 64);
  ck_assert_uint_eq (strspn (other + 7, "0123456789abcdef"), 64);
  ck_assert_msg ((strcmp (first, other) == 0) == deliveries[_i].same, "%s", deliveries[_i].text);
}
END_TEST

/* ---- The topmost Received ----------------------------------------------------------------- */

/* 1763743200 is 2025-11-21 16:40:00 in UTC. */
static const struct
{
  const char *text;
  gint64 received;
} trace[] = {
  { "Received: from a by b; Fri, 21 Nov 2025 16:40:00 +0000\n\n", 1763743200 },
  { "Received: from a by b; Fri, 21 Nov 2025 17:40:00 +0100 (CET)\n\n", 1763743200 },
  { "Return-Path: <>\r\nreceived: from a (x; y)\r\n\tby b;\r\n Fri, 21 Nov 2025\r\n 16:40:00 GMT\r\n"
    "Subject: x\r\n\r\n",
    1763743200 },
  { "From a@b Mon Jan  1 00:00:00 2001\nReceived: (qmail 7 invoked by alias); 21 Nov 2025 16:40:00 "
    "-0000\n\n",
    1763743200 },
  /* the topmost only, and nothing else instead of it */
  { "Received: from b by c; Fri, 21 Nov 2025 16:40:00 +0000\n"
    "Received: from a by b; Thu, 20 Nov 2025 16:40:00 +0000\n\n",
    1763743200 },
  { "Received: from b by c\nReceived: from a by b; Fri, 21 Nov 2025 16:40:00 +0000\n\n", 0 },
  { "Received: from b by c; one day\nDate: Fri, 21 Nov 2025 16:40:00 +0000\n\n", 0 },
  { "Received: from b by c; Fri, 21 Nov 2025 16:40:00\n\n", 0 },
  { "X-Received: by b; Fri, 21 Nov 2025 16:40:00 +0000\n\n", 0 },
  { "Date: Fri, 21 Nov 2025 16:40:00 +0000\n\nReceived: by b; Fri, 21 Nov 2025 16:40:00 +0000\n", 0 },
  { "Received: by b; Mon, 1 Dec 1969 16:40:00 +0000\n\n", 0 },
  { "Received:", 0 },
  { "", 0 },
};

START_TEST (received)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static (trace[_i].text, strlen (trace[_i].text));

  ck_assert_int_eq (rebound_read_received (bytes), trace[_i].received);
}
END_TEST

START_TEST (received_long)
{
  g_autofree char *words = g_strnfill (10000, 'x');
  g_autofree char *text =
      g_strconcat ("Received: ", words, "\n ", words, "; Fri, 21 Nov 2025 16:40:00 +0000\n\n", NULL);
  g_autoptr (GBytes) bytes = g_bytes_new_static (text, strlen (text));

  ck_assert_int_eq (rebound_read_received (bytes), 0);
}
END_TEST

/* ---- Fields ------------------------------------------------------------------------------- */

static const struct
{
  const char *text;
  gboolean one_block;
  const char *expected; /* "group name=value|", one after the other */
} blocks[] = {
  { "", FALSE, "" },
  { "Action: failed\n", FALSE, "0 action=failed|" },
  { "Action: failed", FALSE, "0 action=failed|" },
  { "ACTION:failed\nX-a_1: \t b \n", FALSE, "0 action=failed|0 x-a_1=b|" },
  { "Action : failed\nStatus\t:5.1.1\n", FALSE, "0 action=failed|0 status=5.1.1|" },
  { "Action:\nStatus: 5.1.1\n", FALSE, "0 action=|0 status=5.1.1|" },
  { "A: b: c\n", FALSE, "0 a=b: c|" },
  /* folding */
  { "A: b\n c\n\td\nB: e\n", FALSE, "0 a=b c d|0 b=e|" },
  { "A:\n b\n", FALSE, "0 a=b|" },
  { "A: b\n c: d\nB: e\n", FALSE, "0 a=b c: d|0 b=e|" },
  { "Diagnostic-Code: smtp; 550\nno such user here\nStatus: 5.1.1\n", FALSE,
    "0 diagnostic-code=smtp; 550 no such user here|0 status=5.1.1|" },
  { "A: see\nhttp://example.org/x\nB: c\n", FALSE, "0 a=see http://example.org/x|0 b=c|" },
  { "A: b\n<ann@example.org>: c\n", FALSE, "0 a=b <ann@example.org>: c|" },
  { "A: b\n550 5.1.1: c\n", FALSE, "0 a=b 550 5.1.1: c|" },
  { "A: b\r\n c\r\nB: d\r\n", FALSE, "0 a=b c|0 b=d|" },
  /* groups */
  { "A: b\n\nC: d\nE: f\n\n\nG: h\n", FALSE, "0 a=b|1 c=d|1 e=f|3 g=h|" },
  { "\nA: b\n", FALSE, "1 a=b|" },
  { "A: b\n \t\nC: d\n", FALSE, "0 a=b|1 c=d|" },
  { "A: b\n\nC: d\n", TRUE, "0 a=b|" },
  { "\n\nA: b\nC: d\n\nE: f\n", TRUE, "2 a=b|2 c=d|" },
  /* what is no field */
  { "no field here\nA: b\n", FALSE, "0 a=b|" },
  { ": b\n-a: c\n1a: d\nhttp://a: b\n a: b\n", FALSE, "" },
  { "a b: c\n", FALSE, "" },
  { "https://example.org\n", FALSE, "" },
};

static char *
show_fields (const ReboundFields *fields)
{
  GString *out = g_string_new (NULL);

  for (guint i = 0; i < fields->fields->len; i++)
    {
      const ReboundField *field = &g_array_index (fields->fields, ReboundField, i);

      g_string_append_printf (out, "%u %s=%s|", field->group, field->name, field->value);
    }
  return g_string_free (out, FALSE);
}

START_TEST (fields)
{
  g_autoptr (ReboundFields) got = rebound_fields_parse (blocks[_i].text, strlen (blocks[_i].text),
                                                        blocks[_i].one_block, NULL, NULL);
  g_autofree char *shown = show_fields (got);

  ck_assert_str_eq (shown, blocks[_i].expected);
}
END_TEST

START_TEST (fields_get)
{
  static const char text[] = "To: 1\nCc: 2\n\nTO: 3\nFrom:\n";
  g_autoptr (ReboundFields) got = rebound_fields_parse (text, strlen (text), FALSE, NULL, NULL);

  ck_assert_pstr_eq (rebound_fields_get (got, REBOUND_FIELD_TO), "1");
  ck_assert_pstr_eq (rebound_fields_get (got, REBOUND_FIELD_CC), "2");
  ck_assert_pstr_eq (rebound_fields_get (got, REBOUND_FIELD_FROM), "");
  ck_assert_pstr_eq (rebound_fields_get (got, REBOUND_FIELD_DATE), NULL);
}
END_TEST

START_TEST (fields_add)
{
  g_autoptr (ReboundFields) got = rebound_fields_new (NULL, NULL);
  g_autofree char *shown = NULL;
  const char *raw = " a\n b\r\n\t=?utf-8?q?c=C3=A4?= \n";

  rebound_fields_add (got, "Subject", raw, strlen (raw), 7);
  shown = show_fields (got);
  ck_assert_str_eq (shown, "7 subject=a b cä|");
}
END_TEST

/* RFC 2047, and what is written instead of it. */
static const struct
{
  const char *raw;
  const char *value;
} words[] = {
  { "=?UTF-8?Q?Postfach_voll=3A_=C3=BCber_Quota?=", "Postfach voll: über Quota" },
  { "=?utf-8?B?UG9zdGbDpGNoZXI=?=", "Postfächer" },
  { "=?iso-8859-1?q?F=FCr?= Sie", "Für Sie" },
  { "a =?iso-8859-1?q?=FC?= b =?iso-8859-1?q?=E4?= c", "a ü b ä c" },
  { "=?utf-8?q?a?= =?utf-8?q?b?=", "ab" }, /* section 6.2: blanks between two words go */
  { "=?utf-8?q?a?=\n =?utf-8?q?b?=", "ab" },
  { "=?utf-8?q?a_?= =?utf-8?q?b?=", "a b" },
  { "=?ISO-2022-JP?B?GyRCJSglaSE8GyhC?=", "エラー" },
  { "=?utf-8?B?Tm9uIHI=?= =?UTF-8?b?ZW1pcw==?= x", "Non remis x" }, /* each is padded */
  { "=?utf-8?B?w6k=?= =?iso-8859-1?B?6Q==?=", "éé" },
  { "=?utf-8?B?w6k=?= =?utf-8?Q?=C3=A9?=", "éé" },
  { "=?utf-8?B?w6k=?= =?utf-8?B?", "é =?utf-8?B?" },
  { "=?utf-8*de?q?f=C3=BCr?=", "für" }, /* RFC 2231 section 5: with a language */
  { "a =? b", "a =? b" },
  { "=?utf-8?q?abc", "=?utf-8?q?abc" },
  { "=?utf-8?x?abc?=", "=?utf-8?x?abc?=" },
  { "a=?b", "a=?b" },
};

START_TEST (encoded_words)
{
  g_autoptr (ReboundFields) got = rebound_fields_new (NULL, NULL);

  rebound_fields_add (got, "subject", words[_i].raw, strlen (words[_i].raw), 0);
  ck_assert_str_eq (rebound_fields_get (got, REBOUND_FIELD_SUBJECT), words[_i].value);
}
END_TEST

/* Raw bytes beyond ASCII stand in real headers; any bytes give UTF-8 without line ends. */
static const struct
{
  const char *raw;
  const char *value;
} raws[] = {
  { "F\xc3\xbcr Sie", "Für Sie" },
  { "Unzustellbar: F\xfcr Sie", "Unzustellbar: Für Sie" },
  { "=?utf-8?q?=C3?= =?utf-8?q?=BC?=", NULL }, /* a character cut in two: 5. (3) forbids it */
  { "=?utf-8?b?w=?= x", NULL },
  { "=?no-such-charset?q?a=FCb?=", NULL },
  { "=?utf-8?q?=00=FF=FE?=", NULL },
  { "=?utf-16?b?//4=?=", NULL },
  { "=?iso-2022-jp?b?GyRC?=", NULL },
  { "=?utf-8?q?a=0Ab=0D=0AC:_d?=", NULL },
};

START_TEST (raw_bytes)
{
  g_autoptr (ReboundFields) got = rebound_fields_new (NULL, NULL);
  const char *value;

  rebound_fields_add (got, "subject", raws[_i].raw, strlen (raws[_i].raw), 0);
  value = rebound_fields_get (got, REBOUND_FIELD_SUBJECT);
  ck_assert (g_utf8_validate (value, -1, NULL));
  ck_assert_ptr_null (strpbrk (value, "\r\n"));
  if (raws[_i].value != NULL)
    ck_assert_str_eq (value, raws[_i].value);
}
END_TEST

static void
parse_fields (const char *text, gsize length)
{
  ReboundCharsets charsets = { 0 };

  rebound_fields_free (rebound_fields_parse (text, length, FALSE, NULL, &charsets));
}

START_TEST (fields_floods)
{
  static const char *const units[] = { ":",
                                       "a",
                                       "a:",
                                       "a:\n",
                                       "a: b\n c\n",
                                       "\n",
                                       " ",
                                       "=?",
                                       "=?utf-8?q?=C3=BC?= ",
                                       "=?a?q?",
                                       "a-",
                                       "http://",
                                       "a: \261\343\360\n",
                                       "a: \033x\n",
                                       "a: =?big5?q?=b1?= =?koi8-r?q?=b1?=\n" };
  g_autoptr (GString) text = g_string_new ("a: ");

  while (text->len < MEGABYTE / 8)
    g_string_append (text, units[_i]);
  assert_cheap (parse_fields, text->str, text->len, "Subject: It cannot be delivered\n");
}
END_TEST

/* ---- Charsets ----------------------------------------------------------------------------- */

static char *
encode (const char *text, const char *charset, gsize *length)
{
  g_autoptr (GError) error = NULL;
  char *bytes = g_convert (text, -1, charset, "UTF-8", NULL, length, &error);

  ck_assert_msg (bytes != NULL, "%s: %s", charset, error != NULL ? error->message : "");
  return bytes;
}

static void
assert_decoded (const char *bytes, gsize length, const char *declared, const char *expected,
                const char *what)
{
  gsize got_length;
  g_autofree char *got = rebound_decode (NULL, bytes, length, declared, &got_length);

  ck_assert_msg (strcmp (got, expected) == 0, "%s, declared as %s: got “%.200s”, expected “%.200s”",
                 what, declared != NULL ? declared : "nothing", got, expected);
  ck_assert_uint_eq (got_length, strlen (expected));
}

/* What receivers say, in the charset they say it in. */
static const struct
{
  const char *charset;
  const char *text;
  gboolean told; /* it can be told from its bytes */
} sentences[] = {
  { "ISO-2022-JP", "宛先のメールアドレスが見つかりませんでした。", TRUE },
  { "ISO-2022-JP", "550 受信者のメールボックスがいっぱいです (quota)", TRUE },
  { "EUC-JP", "宛先のメールアドレスが見つかりませんでした。", TRUE },
  { "EUC-JP", "ご指定のユーザーは存在しません。送信先をご確認ください。", TRUE },
  { "SHIFT_JIS", "宛先のメールアドレスが見つかりませんでした。", TRUE },
  { "SHIFT_JIS", "メールボックスの容量を超えたため、配信できませんでした。", TRUE },
  { "GBK", "您的邮件被退回，收件人的邮箱不存在，请核对地址后再发送。", TRUE },
  { "GB18030", "对方邮箱空间已满，邮件无法投递到该用户。", TRUE },
  { "BIG5", "收件人的信箱空間已滿，您的郵件無法送達。", TRUE },
  { "BIG5", "使用者不存在，請確認收件人的電子郵件地址。", TRUE },
  { "EUC-KR", "받는 사람의 메일 주소를 찾을 수 없습니다.", TRUE },
  { "EUC-KR", "수신자의 메일함 용량이 초과되어 메일을 보낼 수 없습니다.", TRUE },
  { "KOI8-R", "Почтовый ящик получателя переполнен, письмо не доставлено.", TRUE },
  { "KOI8-R", "Пользователь с таким адресом не найден", TRUE },
  { "KOI8-U", "Поштова скринька одержувача переповнена, її власник не відповідає", TRUE },
  { "ISO-8859-5", "Почтовый ящик получателя переполнен, письмо не доставлено.", TRUE },
  { "ISO-2022-KR", "받는 사람의 메일 주소를 찾을 수 없습니다.", TRUE },
  { "ISO-8859-6", "صندوق بريد المستلم ممتلئ ولم يتم تسليم الرسالة", TRUE },
  { "WINDOWS-1251", "Почтовый ящик получателя переполнен, письмо не доставлено.", TRUE },
  { "WINDOWS-1251", "Пользователь с таким адресом не найден", TRUE },
  { "WINDOWS-1251", "Пощенската кутия на получателя е пълна", TRUE },
  { "WINDOWS-1252", "Das Postfach des Empfängers ist überfüllt – bitte später erneut senden",
    TRUE },
  { "ISO-8859-1", "La boîte aux lettres du destinataire est pleine, message non délivré", TRUE },
  { "ISO-8859-1", "El buzón está lleno; dirección errónea; señor Núñez", TRUE },
  { "ISO-8859-1", "A caixa do destinatário está cheia; endereço não existe", TRUE },
  { "ISO-8859-1", "Mottagarens brevlåda är full; användaren är okänd för oss", TRUE },
  { "WINDOWS-1253", "Το γραμματοκιβώτιο του παραλήπτη είναι γεμάτο", TRUE },
  { "WINDOWS-1255", "תיבת הדואר של הנמען מלאה ולכן ההודעה לא נמסרה", TRUE },
  { "WINDOWS-1256", "صندوق بريد المستلم ممتلئ ولم يتم تسليم الرسالة", TRUE },
  /* short ones, whose last letter, read as UTF-8 or as an Eastern charset, misleads */
  { "WINDOWS-1252", "Nachricht zu groß", TRUE },
  { "WINDOWS-1252", "Relais non autorisé", TRUE },
  { "WINDOWS-1252", "La remise à cette adresse est restreinte", TRUE },
  { "WINDOWS-1252", "A mensagem é muito grande", TRUE },
  { "KOI8-R", "Ящик не найден", TRUE },
  { "EUC-JP", "アドレスが見つかりませんでした", TRUE },
  { "EUC-JP", "ドメインが存在しません", TRUE },
  /* Central Europe's letters are Western letters with other accents */
  { "ISO-8859-2", "Schránka příjemce je plná, zpráva nebyla doručena", FALSE },
  { "WINDOWS-1250", "Skrzynka odbiorcy jest przepełniona, użytkownik nie istnieje", FALSE },
  { "WINDOWS-1250", "A címzett postafiókja megtelt, a levél nem kézbesíthető", FALSE },
  { "ISO-8859-15", "Das Postfach fasst 5 € mehr, Empfänger ungültig", FALSE },
  { "ISO-8859-9", "Alıcının posta kutusu dolu, kullanıcı bulunamadı, geçersiz", FALSE },
  { "UTF-16LE", "Почтовый ящик переполнен", FALSE },
  { "UTF-16BE", "宛先が見つかりません", FALSE },
  { "UTF-16", "Postfach überfüllt", FALSE },
  { "UTF-7", "Empfänger unbekannt", FALSE },
};

START_TEST (declared)
{
  gsize length;
  g_autofree char *bytes = encode (sentences[_i].text, sentences[_i].charset, &length);
  g_autofree char *lower = g_ascii_strdown (sentences[_i].charset, -1);

  assert_decoded (bytes, length, sentences[_i].charset, sentences[_i].text, sentences[_i].charset);
  assert_decoded (bytes, length, lower, sentences[_i].text, sentences[_i].charset);
}
END_TEST

START_TEST (undeclared)
{
  gsize length;
  g_autofree char *bytes = encode (sentences[_i].text, sentences[_i].charset, &length);

  if (sentences[_i].told)
    assert_decoded (bytes, length, NULL, sentences[_i].text, sentences[_i].charset);
}
END_TEST

/* A gateway's default is declared, the text is not in it. */
START_TEST (wrongly_declared)
{
  static const char *const defaults[] = { "us-ascii",        "utf-8", "UTF-8",     "unknown-8bit",
                                          "no-such-charset", "",      "iso-8859-1" };
  gsize length;
  g_autofree char *bytes = encode (sentences[_i].text, sentences[_i].charset, &length);

  for (gsize i = 0; i < G_N_ELEMENTS (defaults); i++)
    if (sentences[_i].told)
      assert_decoded (bytes, length, defaults[i], sentences[_i].text, sentences[_i].charset);
}
END_TEST

/* Pairs of which the declared one cannot be: its bytes do not allow it. */
static const struct
{
  const char *charset;
  const char *declared;
  const char *text;
} impossible[] = {
  { "SHIFT_JIS", "iso-2022-jp", "宛先のメールアドレスが見つかりませんでした。" },
  { "EUC-JP", "iso-2022-jp", "宛先のメールアドレスが見つかりませんでした。" },
  { "UTF-8", "iso-2022-jp", "宛先のメールアドレスが見つかりませんでした。" },
  { "UTF-8", "shift_jis", "メールボックスの容量を超えたため、配信できませんでした。" },
  { "UTF-8", "euc-kr", "받는 사람의 메일 주소를 찾을 수 없습니다." },
  { "UTF-8", "us-ascii", "Почтовый ящик переполнен" },
  { "UTF-8", "iso-8859-1", "Das Postfach des Empfängers ist überfüllt" },
  { "UTF-8", "windows-1252", "Das Postfach des Empfängers ist überfüllt" },
  { "UTF-8", "iso-8859-1", "Почтовый ящик переполнен" },
  { "UTF-8", "no-such-charset", "Das Postfach des Empfängers ist überfüllt" },
};

START_TEST (impossibly_declared)
{
  gsize length;
  g_autofree char *bytes = encode (impossible[_i].text, impossible[_i].charset, &length);

  assert_decoded (bytes, length, impossible[_i].declared, impossible[_i].text,
                  impossible[_i].charset);
}
END_TEST

/* However long a text is and wherever a reader's window ends in it. */
START_TEST (long_text)
{
  for (guint shift = 0; shift < 4; shift++)
    {
      g_autoptr (GString) text = g_string_new (NULL);
      g_autofree char *bytes = NULL;
      gsize length;

      for (guint i = 0; i < shift; i++)
        g_string_append_c (text, 'x');
      while (text->len < 20000)
        g_string_append (text, sentences[_i].text);
      bytes = encode (text->str, sentences[_i].charset, &length);
      if (sentences[_i].told)
        assert_decoded (bytes, length, NULL, text->str, sentences[_i].charset);
    }
}
END_TEST

/* A text that a cap cut within a character stays readable up to there. */
static const struct
{
  const char *charset;
  const char *text;
  const char *half; /* of a character */
} cuts[] = {
  { "UTF-8", "Das Postfach des Empfängers ist überfüllt", "\xc3" },
  { "UTF-8", "Почтовый ящик получателя переполнен, письмо не доставлено", "\xd0" },
  { "UTF-8", "宛先のメールアドレスが見つかりませんでした", "\xe5\xae" },
  { "GBK", "您的邮件被退回，收件人的邮箱不存在", "\xca" },
  { "SHIFT_JIS", "宛先のメールアドレスが見つかりませんでした", "\x88" },
  { "EUC-KR", "받는 사람의 메일 주소를 찾을 수 없습니다", "\xb9" },
};

START_TEST (cut)
{
  gsize length;
  g_autofree char *bytes = encode (cuts[_i].text, cuts[_i].charset, &length);
  g_autofree char *half = g_strconcat (bytes, cuts[_i].half, NULL);
  g_autofree char *got = rebound_decode (NULL, half, strlen (half), cuts[_i].charset, NULL);

  ck_assert_msg (g_str_has_prefix (got, cuts[_i].text), "%s: got “%s”", cuts[_i].charset, got);
}
END_TEST

START_TEST (nul_bytes)
{
  static const char text[] = "No \0such\0 user";
  static const char umlaut[] = "f\xc3\xbcr\0Sie";

  assert_decoded ("a\0\0\0b\0", 6, "utf-16le", "ab", "NUL");
  assert_decoded (text, sizeof text - 1, NULL, "No such user", "NUL");
  assert_decoded (text, sizeof text - 1, "us-ascii", "No such user", "NUL");
  assert_decoded (umlaut, sizeof umlaut - 1, "utf-8", "fürSie", "NUL");
  assert_decoded ("\0\0", 2, NULL, "", "NUL");
  assert_decoded ("", 0, NULL, "", "nothing");
  assert_decoded ("", 0, "utf-16", "", "nothing");
  assert_decoded ("a", 1, "no-such-charset", "a", "ASCII");
  assert_decoded ("a", 1, "", "a", "ASCII");
  assert_decoded ("+ANw-ber", 8, "unicode-1-1-utf-7", "Über", "Windows");
}
END_TEST

START_TEST (random_bytes)
{
  static const char *const names[] = { NULL,
                                       "",
                                       "utf-8",
                                       "us-ascii",
                                       "iso-8859-1",
                                       "windows-1255",
                                       "gb2312",
                                       "gb18030",
                                       "big5",
                                       "shift_jis",
                                       "euc-jp",
                                       "euc-kr",
                                       "iso-2022-jp",
                                       "iso-2022-kr",
                                       "koi8-r",
                                       "utf-16",
                                       "utf-16le",
                                       "utf-32",
                                       "utf-7",
                                       "hz-gb-2312",
                                       "unicode-1-1-utf-7",
                                       "x-user-defined",
                                       "%s",
                                       "//IGNORE" };
  g_autoptr (GRand) random = g_rand_new_with_seed (_i);

  for (guint n = 0; n < 100 * G_N_ELEMENTS (names); n++)
    {
      gsize length = g_rand_int_range (random, 0, 300);
      g_autofree char *bytes = g_malloc (length + 1);
      g_autofree char *got = NULL;
      gsize got_length;

      for (gsize i = 0; i < length; i++)
        bytes[i] = (char) (g_rand_int (random) >> (n % 2 == 0 ? 8 : 25));
      got = rebound_decode (NULL, bytes, length, names[n % G_N_ELEMENTS (names)], &got_length);
      ck_assert_uint_eq (strlen (got), got_length);
      ck_assert_msg (g_utf8_validate (got, (gssize) got_length, NULL), "%s",
                     names[n % G_N_ELEMENTS (names)]);
    }
}
END_TEST

/* ---- HTML --------------------------------------------------------------------------------- */

static const struct
{
  const char *html;
  const char *lines; /* the text's lines that are not blank, trimmed, with a '|' between */
} pages[] = {
  { "", "" },
  { "No such user", "No such user" },
  { "a &lt;b@example.org&gt; &amp; c &quot;d&quot; &apos;", "a <b@example.org> & c \"d\" '" },
  { "f&uuml;r &Auml; &szlig; &eacute; &ntilde;", "für Ä ß é ñ" },
  { "&#60;b&#x40;example.org&#X3E; &#252; &#x4e00; &#x1F4E7;", "<b@example.org> ü 一 📧" },
  { "a&#10;b&#13;&#10;c", "a|b|c" },
  { "a&#9;b", "a\tb" },
  { "a&b &; &# &#; &#x; &nosuch; &lt &#xD800; &#1114112; &#0;x", NULL },
  { "a &amp;lt; b", "a &lt; b" },
  { "?a=1&b=2&copy_to=3", "?a=1&b=2&copy_to=3" },
  /* lines */
  { "a<br>b<BR/>c<br />d", "a|b|c|d" },
  { "<p>a</p><p>b <b>c</b> d<p class=x>e", "a|b c d|e" },
  { "<div>a</div><DIV>b</DIV>", "a|b" },
  { "<table><tr><td>User</td></tr><tr><td>a@b</td></tr></table>", "User|a@b" },
  { "<ul><li>a<li>b</ul><h1>c</h1>d<hr>e<blockquote>f</blockquote>g", "a|b|c|d|e|f|g" },
  { "mail<b>box</b> is <i>full</i>", "mailbox is full" },
  { "<a href=\"mailto:a@b\">a@b</a>", "a@b" },
  /* what is not shown */
  { "a<!-- no such user -->b", "ab" },
  { "a<!-- <p> -- > x -->b<!---->c", "abc" },
  { "<script>if (a<b) no ('such')</script>a<SCRIPT type=x>b</Script>c", "ac" },
  { "<style>p { color: red }</style>a", "a" },
  { "<html><head><title>T</title><style>x</style></head><body>a</body></html>", "a" },
  { "<!DOCTYPE html><?xml version=\"1.0\"?>a", "a" },
  { "<header>a</header><scripture>b</scripture>", "ab" },
  /* what is not closed; the end tag of head may be left out (HTML, 13.1.2.4) */
  { "<html><head><title>T</title><body>No such user", "No such user" },
  { "<p>a<p>b<table><tr><td>c", "a|b|c" },
  { "a<script>b", "a" },
  { "a<!-- b", "a" },
  { "a<br", "a" },
  { "a < b <! c", NULL },
  { "a<", "a<" },
  { "a&", "a&" },
};

static char *
show_lines (const char *text)
{
  g_auto (GStrv) all = g_strsplit (text, "\n", -1);
  g_autoptr (GString) out = g_string_new (NULL);

  for (guint i = 0; all[i] != NULL; i++)
    if (*g_strstrip (all[i]) != '\0')
      g_string_append_printf (out, "%s%s", out->len > 0 ? "|" : "", all[i]);
  return g_string_free (g_steal_pointer (&out), FALSE);
}

/* What the module reads better. */
static const struct
{
  const char *html;
  const char *lines;
} module_pages[] = {
  /* an entity that no table of ours has, and the charset that nothing in the page changes */
  { "&rarr; &Scaron; 5&euro; &alpha;", "→ Š 5€ α" },
  { "<meta charset=utf-16><meta http-equiv=Content-Type content='text/html; charset=big5'>für",
    "für" },
  { "<?xml version=\"1.0\" encoding=\"iso-8859-1\"?><p>für</p>", "für" },
  /* a tag ends behind its values */
  { "<img alt=\"a>b\">c", "c" },
  { "<p title='No > way' class=x>c", "c" },
  /* what is closed in other ways than it should be */
  { "<title>T<body>No such user", "No such user" },
  { "<!-- a --!> b", "b" },
  { "<div/>a<title/>b", "ab" },
  { "</html>a<html>b", "ab" },
};

/* Nothing is lost on pages that libxml2 stops in, or half of which it takes for a tag. */
static const struct
{
  const char *html;
  const char *lines;
} lost_pages[] = {
  { "<a href=\"x>No such user</a> z", "No such user z" },
  { "<a href=\"x>No such user</a><a href=\"y\">z</a>", "No such userz" },
  { "<!-->No such user", "No such user" },
  { "<!--->No such user<!-- -->", "No such user" },
};

static void
assert_page (ReboundHtmlReader read, const char *html, const char *expected)
{
  gsize length;
  g_autofree char *text = read (html, strlen (html), &length);
  g_autofree char *shown = show_lines (text);

  ck_assert_uint_eq (strlen (text), length);
  ck_assert (g_utf8_validate (text, (gssize) length, NULL));
  if (expected != NULL)
    ck_assert_str_eq (shown, expected);
}

/* With the module, where it is built, and without. */
static const ReboundHtmlReader html_readers[] = { rebound_html_to_text, rebound_html_strip };

START_TEST (html)
{
  for (guint i = 0; i < G_N_ELEMENTS (html_readers); i++)
    assert_page (html_readers[i], pages[_i].html, pages[_i].lines);
}
END_TEST

START_TEST (html_lost)
{
  for (guint i = 0; i < G_N_ELEMENTS (html_readers); i++)
    assert_page (html_readers[i], lost_pages[_i].html, lost_pages[_i].lines);
}
END_TEST

/* The build says which modules there are. */
static ReboundHtmlReader
html_module (void)
{
  static ReboundModule module = REBOUND_MODULE ("html", "rebound_html_read");
  const char *modules = g_getenv ("REBOUND_MODULES");

  if (modules == NULL || strstr (modules, "html") == NULL)
    return NULL;
  ck_assert_ptr_nonnull (rebound_module_function (&module));
  return (ReboundHtmlReader) rebound_module_function (&module);
}

START_TEST (html_module_pages)
{
  ReboundHtmlReader read = html_module ();

  if (read != NULL)
    assert_page (read, module_pages[_i].html, module_pages[_i].lines);
}
END_TEST

/* No page of a mail system is like these; the stripper reads them in linear time. */
static const struct
{
  const char *head;
  const char *unit;
} module_floods[] = {
  { "", "<div>" },
  { "", "<table><tr><td>" },
  { "", "<a href=x><b title=y " },
  { "<b", " a" },
  { "<b ", "x=\">\" " },
  { "<a href=\"", "x" },
  { "<!--", "x" },
  { "", "</p>" },
  { "", "<o:p></o:p>" },
  { "", "<a></a>" },
  { "", "<a b=\"<\"></a>" },
};

static void
read_html_with_module (const char *page, gsize size)
{
  ReboundHtmlReader read = html_module ();
  gsize length;

  if (read != NULL)
    g_free (read (page, size, &length));
}

START_TEST (html_module_gives_up)
{
  ReboundHtmlReader read = html_module ();
  g_autoptr (GString) page = g_string_new (module_floods[_i].head);
  gsize length;

  while (page->len < MEGABYTE / 2 - 100)
    g_string_append (page, module_floods[_i].unit);
  if (read != NULL)
    ck_assert_ptr_null (read (page->str, page->len, &length));
  assert_cheap (read_html_with_module, page->str, page->len, PLAIN_PAGE);
}
END_TEST

/* No page should have a NUL, and what stands behind one is not lost. */
START_TEST (html_nul)
{
  static const char page[] = "<p>No such\0 user</p>";
  gsize length;
  g_autofree char *text = rebound_html_to_text (page, sizeof page - 1, &length);

  ck_assert_ptr_nonnull (memmem (text, length, "user", 4));
}
END_TEST

/* Every beginning of every page: nothing is read behind the end. */
START_TEST (html_cut)
{
  for (gsize i = 0; i < strlen (pages[_i].html); i++)
    {
      g_autofree char *page = g_strndup (pages[_i].html, i);

      for (guint k = 0; k < G_N_ELEMENTS (html_readers); k++)
        assert_page (html_readers[k], page, NULL);
    }
}
END_TEST

static gpointer
read_all_pages (G_GNUC_UNUSED gpointer data)
{
  for (guint round = 0; round < 200; round++)
    for (guint i = 0; i < G_N_ELEMENTS (pages); i++)
      assert_page (rebound_html_to_text, pages[i].html, pages[i].lines);
  return NULL;
}

START_TEST (html_threads)
{
  GThread *threads[4];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("html", read_all_pages, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}
END_TEST

static const char *const html_floods[] = {
  "<",        ">",     "&",    "&#",   "&#x",      "&a",
  "&amp",     "</",    "<!",   "<!--", "-->",      "<a",
  "<a>",      "<p>",   "</p>", "<br",  "<script>", "<script></scrip",
  "</script", "<!---", "<?",   "\"",   "x",        "<style></style>",
  "<a <!--",
};

static void
strip_html (const char *page, gsize size)
{
  gsize length;
  g_autofree char *text = rebound_html_strip (page, size, &length);

  ck_assert_ptr_nonnull (text);
  ck_assert_uint_le (length, 2 * size);
}

static void
read_html (const char *page, gsize size)
{
  gsize length;
  g_autofree char *text = rebound_html_to_text (page, size, &length);

  ck_assert_ptr_nonnull (text);
  ck_assert_uint_le (length, 2 * size);
}

static void
assert_cheap_page (CostRead read, const char *unit, gsize size)
{
  g_autoptr (GString) page = g_string_new (NULL);

  while (page->len + strlen (unit) <= size)
    g_string_append (page, unit);
  assert_cheap (read, page->str, page->len, PLAIN_PAGE);
}

/* The module takes no page of a megabyte. */
START_TEST (html_flood)
{
  assert_cheap_page (strip_html, html_floods[_i], MEGABYTE);
  assert_cheap_page (read_html, html_floods[_i], MEGABYTE);
  assert_cheap_page (read_html, html_floods[_i], MEGABYTE / 2);
}
END_TEST

/* ---- Messages ----------------------------------------------------------------------------- */

static ReboundMessage *
parse_limited (const char *text, gsize length, const ReboundLimits *limits)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, length);

  return rebound_message_parse (bytes, NULL, &rebound_builtin_rules, limits);
}

static ReboundMessage *
parse (const char *text)
{
  ReboundLimits limits;

  rebound_limits_init (&limits);
  return parse_limited (text, strlen (text), &limits);
}

/* A letter for each part: T, S, F, D, R; a small one where it is nested. */
static char *
show_roles (const ReboundMessage *message)
{
  GString *out = g_string_new (NULL);

  for (guint i = 0; i < message->parts->len; i++)
    {
      const ReboundPart *part = g_ptr_array_index (message->parts, i);
      char letter = "TSFDR"[part->role];

      g_string_append_c (out, part->nested ? g_ascii_tolower (letter) : letter);
    }
  return g_string_free (out, FALSE);
}

#define HEAD "From: mailer@example.net\nSubject: failed\nMIME-Version: 1.0\n"
#define REPORT "Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\n"
#define TEXT "--b\n\nNo such user\n"
#define STATUS_FIELDS                                                                              \
  "Reporting-MTA: dns; mx.example.net\n\n"                                                         \
  "Final-Recipient: rfc822; a@example.net\nAction: failed\nStatus: 5.1.1\n"
#define STATUS "--b\nContent-Type: message/delivery-status\n\n" STATUS_FIELDS
#define MAIL_FIELDS "From: news@example.org\nSubject: News\n"
#define RETURNED "--b\nContent-Type: message/rfc822\n\n" MAIL_FIELDS "\nRead this\n"
#define HEADERS "--b\nContent-Type: text/rfc822-headers\n\n" MAIL_FIELDS
#define END "--b--\n"
#define PARTS TEXT STATUS "\n" RETURNED "\n" END

/* "Reporting-MTA: dns; mx.example.net", an empty line, "Status: 5.1.1", as it is sent: with
 * CRLF (RFC 2045 section 6.8). */
#define STATUS_BASE64 "UmVwb3J0aW5nLU1UQTogZG5zOyBteC5leGFtcGxlLm5ldA0KDQpTdGF0dXM6\nIDUuMS4xDQo=\n"
#define MAIL_BASE64 "U3ViamVjdDogTmV3cw0KDQpUbzogeW91DQo=\n" /* "Subject: News", "", "To: you" */

static const struct
{
  const char *text;
  const char *roles;
} messages[] = {
  { "", "" },
  { HEAD "\nNo such user\n", "T" },
  { "Subject: no MIME-Version\n\nNo such user\n", "T" },
  { HEAD "Content-Type: text/plain; charset=utf-8\n\nx\n", "T" },
  { HEAD "Content-Type: text/html\n\n<p>x\n", "T" },
  { HEAD "Content-Type: application/pdf\n\nx\n", "" },
  /* reports */
  { HEAD REPORT "\n" PARTS, "TSR" },
  { HEAD "Content-Type: multipart/report; boundary=b\n\n" PARTS, "TSR" },
  { HEAD "Content-Type: MULTIPART/Report; BOUNDARY=\"b\"\n\n" PARTS, "TSR" },
  { HEAD "Content-Type: multipart/mixed; boundary=b\n\n" PARTS, "TSR" },
  { HEAD REPORT "\nThis is a MIME message.\n\n" PARTS "\nbehind it\n", "TSR" },
  { HEAD REPORT "\n" TEXT STATUS "\n" HEADERS "\n" END, "TSR" },
  { HEAD REPORT "\n" TEXT STATUS "\n" END, "TS" },
  { HEAD REPORT "\n" STATUS "\n" RETURNED "\n" TEXT END, "SRT" },
  { HEAD REPORT "\n" RETURNED "\n" STATUS END, "RtS" },
  { HEAD REPORT "\n" TEXT STATUS "\n" RETURNED, "TSR" }, /* no last delimiter */
  { HEAD REPORT "\n" TEXT "\n" STATUS, "TS" },
  { HEAD REPORT "\n--b\n", "" },
  { HEAD "Content-Type: message/delivery-status\n\n" STATUS_FIELDS, "S" },
  /* wrapped */
  { HEAD "Content-Type: multipart/mixed; boundary=o\n\n--o\n" REPORT "\n" PARTS
         "\n--o\nContent-Type: text/plain\n\nA footer\n--o--\n",
    "TSRT" },
  { HEAD "Content-Type: multipart/related; boundary=o\n\n--o\n" REPORT "\n" PARTS "\n--o--\n",
    "TSR" },
  { HEAD "Content-Type: multipart/signed; boundary=o\n\n--o\n" REPORT "\n" PARTS
         "\n--o\nContent-Type: application/pgp-signature\n\nx\n--o--\n",
    "TSR" },
  { HEAD "Content-Type: message/rfc822\n\n" HEAD REPORT "\n" PARTS, "Rtsr" },
  { HEAD
    "Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: message/rfc822\n\n" HEAD REPORT
    "\n" PARTS "\n--o--\n",
    "Rtsr" },
  /* types with other names */
  { HEAD REPORT "\n" TEXT "--b\nContent-Type: message/xdelivery-status\n\n" STATUS_FIELDS END,
    "TS" },
  { HEAD REPORT "\n" TEXT "--b\nContent-Type: Message/Delivery-Status\n\n" STATUS_FIELDS END,
    "TS" },
  { HEAD REPORT "\n--b\nContent-Type: message/global-delivery-status\n\n" STATUS_FIELDS
                "\n--b\nContent-Type: message/global-headers\n\n" MAIL_FIELDS END,
    "SR" },
  { HEAD REPORT "\n--b\nContent-Type: message/global\n\n" MAIL_FIELDS "\nx\n" END, "Rt" },
  { HEAD REPORT "\n--b\nContent-Type: message/rfc822-headers\n\n" MAIL_FIELDS
                "\n--b\nContent-Type: text/rfc822\n\n" MAIL_FIELDS "\n" END,
    "RR" },
  { HEAD REPORT "\n" TEXT "--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\n"
                "\n" HEADERS END,
    "TFR" },
  { HEAD REPORT "\n" TEXT "--b\nContent-Type: message/disposition-notification\n\n"
                "Disposition: automatic-action/MDN-sent-automatically; deleted\n\n" END,
    "TD" },
  { HEAD REPORT "\n" TEXT "--b\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\n"
                "AAAA\n" STATUS END,
    "TS" },
  /* two versions of one text */
  { HEAD "Content-Type: multipart/alternative; boundary=b\n\n" TEXT
         "--b\nContent-Type: text/html\n\n<p>No</p>\n" END,
    "T" },
  { HEAD "Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/html\n\n"
         "<p>No</p>\n" TEXT END,
    "T" },
  { HEAD "Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/html\n\n"
         "<p>No</p>\n" END,
    "T" },
  /* a returned message in a returned message */
  { HEAD "Content-Type: message/rfc822\n\nA: 1\nContent-Type: message/rfc822\n\nB: 2\n\nx\n",
    "Rr" },
};

START_TEST (part_roles)
{
  g_autoptr (ReboundMessage) message = parse (messages[_i].text);
  g_autofree char *roles = show_roles (message);

  ck_assert_msg (strcmp (roles, messages[_i].roles) == 0, "got %s, expected %s: %s", roles,
                 messages[_i].roles, messages[_i].text);
}
END_TEST

/* The same with other line ends, a From line and blank lines before. */
START_TEST (roles_of_crlf)
{
  g_auto (GStrv) split = g_strsplit (messages[_i].text, "\n", -1);
  g_autofree char *crlf = g_strjoinv ("\r\n", split);
  g_autofree char *cr = g_strjoinv ("\r", split);
  g_autofree char *text = g_strconcat ("From a@b Mon Jan  1 00:00:00 2001\r\n\r\n", crlf, NULL);
  g_autoptr (ReboundMessage) message = parse (text);
  g_autoptr (ReboundMessage) with_cr = parse (cr);
  g_autofree char *roles = show_roles (message);
  g_autofree char *cr_roles = show_roles (with_cr);

  ck_assert_str_eq (roles, messages[_i].roles);
  ck_assert_str_eq (cr_roles, messages[_i].roles);
}
END_TEST

/* Cut behind each byte. */
START_TEST (cut_message)
{
  ReboundLimits limits;

  rebound_limits_init (&limits);
  for (gsize i = 0; i < strlen (messages[_i].text); i++)
    {
      g_autoptr (ReboundMessage) message = parse_limited (messages[_i].text, i, &limits);

      ck_assert_ptr_nonnull (message->header);
    }
}
END_TEST

/* The boundary parameter is missing, or the delimiters are indented, or all is plain text. */
static const struct
{
  const char *text;
  const char *roles;
} broken[] = {
  { HEAD "Content-Type: multipart/report; report-type=delivery-status\n\n" PARTS, "TSRt" },
  { HEAD "Content-Type: multipart/report\n\n--b\nContent-Type: text/plain\n\nx\n" STATUS END,
    "TS" },
  { HEAD REPORT "\n  --b\n  Content-Type: text/plain\n\n  No such user\n\n  --b\n"
                "  Content-Type: message/delivery-status\n\n  Status: 5.1.1\n\n  --b--\n",
    "TS" },
  { HEAD "\n--b\nContent-Type: text/plain\n\nNo\n" STATUS "\n" RETURNED END, "TSRt" },
  { HEAD "Content-Type: text/plain\n\nThis is a MIME message.\n\n--b\nContent-Type: text/plain\n\n"
         "No\n" STATUS "\n" HEADERS "\n" END,
    "TSR" },
  { HEAD REPORT "\n--other\nContent-Type: text/plain\n\nNo\n"
                "--other\nContent-Type: message/delivery-status\n\n" STATUS_FIELDS "\n--other--\n",
    "TS" },
  { HEAD "Content-Type: text/plain; charset=koi8-r\n\n--b\nContent-Type: text/plain\n\n"
         "\xee\xc5\xd4\n" STATUS "\n" HEADERS "\n" END,
    "TSR" },
};

START_TEST (salvaged)
{
  g_autoptr (ReboundMessage) message = parse (broken[_i].text);
  g_autofree char *roles = show_roles (message);
  const ReboundPart *status = rebound_message_find_part (message, REBOUND_PART_DELIVERY_STATUS);

  ck_assert_msg (strcmp (roles, broken[_i].roles) == 0, "got %s, expected %s: %s", roles,
                 broken[_i].roles, broken[_i].text);
  ck_assert_ptr_nonnull (status);
  ck_assert (strstr (status->text, "\nStatus: 5.1.1") != NULL
             || g_str_has_prefix (status->text, "Status: 5.1.1"));
  ck_assert (has_warning (message->warnings, "mime-salvaged", NULL));
  ck_assert_pstr_eq (rebound_fields_get (message->header, REBOUND_FIELD_SUBJECT), "failed");
}
END_TEST

/* A plain report that quotes a MIME message further down is a plain report. */
START_TEST (not_salvaged)
{
  g_autoptr (ReboundMessage) message =
      parse (HEAD "\nHi. This is the program at example.net.\nI could not deliver it.\n\n"
                  "<a@example.net>:\nno such user\n\n"
                  "--- Below this line is a copy of the message.\n\n" MAIL_FIELDS
                  "MIME-Version: 1.0\nContent-Type: multipart/alternative; boundary=b\n\n"
                  "--b\nContent-Type: text/plain\n\nRead this\n--b--\n");
  g_autofree char *roles = show_roles (message);

  ck_assert_str_eq (roles, "T");
  ck_assert_uint_eq (message->warnings->len, 0);
}
END_TEST

static const ReboundPart *
find (const ReboundMessage *message, ReboundPartRole role)
{
  const ReboundPart *part = rebound_message_find_part (message, role);

  ck_assert_ptr_nonnull (part);
  ck_assert_uint_eq (part->role, role);
  ck_assert (!part->nested);
  return part;
}

START_TEST (contents)
{
  g_autoptr (ReboundMessage) message = parse (HEAD REPORT "\n" PARTS);
  const ReboundPart *part = find (message, REBOUND_PART_TEXT);

  ck_assert (message->report);
  ck_assert_uint_eq (message->warnings->len, 0);
  ck_assert_pstr_eq (rebound_fields_get (message->header, REBOUND_FIELD_SUBJECT), "failed");
  ck_assert_str_eq (g_strchomp (part->text), "No such user");
  part = find (message, REBOUND_PART_DELIVERY_STATUS);
  ck_assert (g_str_has_prefix (part->text, STATUS_FIELDS));
  ck_assert_uint_eq (part->length, strlen (part->text));
  part = find (message, REBOUND_PART_RETURNED);
  ck_assert_pstr_eq (rebound_fields_get (part->fields, REBOUND_FIELD_FROM), "news@example.org");
  ck_assert_pstr_eq (rebound_fields_get (part->fields, REBOUND_FIELD_SUBJECT), "News");
  ck_assert_ptr_null (rebound_message_find_part (message, REBOUND_PART_FEEDBACK));
}
END_TEST

/* Only the outer parts are found, the nested ones are there. */
START_TEST (nested)
{
  g_autoptr (ReboundMessage) message =
      parse (HEAD "Content-Type: message/rfc822\n\n" HEAD REPORT "\n" PARTS);
  const ReboundPart *returned = find (message, REBOUND_PART_RETURNED);
  const ReboundPart *status = g_ptr_array_index (message->parts, 2);

  ck_assert_pstr_eq (rebound_fields_get (returned->fields, REBOUND_FIELD_SUBJECT), "failed");
  ck_assert_ptr_null (rebound_message_find_part (message, REBOUND_PART_DELIVERY_STATUS));
  ck_assert_ptr_null (rebound_message_find_part (message, REBOUND_PART_TEXT));
  ck_assert (g_str_has_prefix (status->text, STATUS_FIELDS));
}
END_TEST

/* A short subject of raw bytes says too little of its charset; the body says more. */
START_TEST (subject_as_body)
{
  static const char *const types[] = { "", "Content-Type: text/plain; charset=euc-jp\n" };
  gsize n_subject, n_body;
  g_autofree char *subject = encode ("不在通知", "EUC-JP", &n_subject);
  g_autofree char *body = encode ("お問い合わせありがとうございます。", "EUC-JP", &n_body);

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    {
      g_autofree char *text =
          g_strdup_printf ("From: a@b.example\nSubject: %s\n%s\n%s\n", subject, types[i], body);
      g_autoptr (ReboundMessage) message = parse (text);

      ck_assert_str_eq (rebound_fields_get (message->header, REBOUND_FIELD_SUBJECT), "不在通知");
    }
}
END_TEST

/* Parts that are encoded; their lines end with LF whatever the encoding holds. */
static const struct
{
  const char *header;
  const char *body;
  const char *expected; /* the text, trimmed */
} encoded[] = {
  { "message/delivery-status\nContent-Transfer-Encoding: base64", STATUS_BASE64,
    "Reporting-MTA: dns; mx.example.net\n\nStatus: 5.1.1" },
  { "message/delivery-status\nContent-Transfer-Encoding: BASE64", STATUS_BASE64,
    "Reporting-MTA: dns; mx.example.net\n\nStatus: 5.1.1" },
  { "message/xdelivery-status\nContent-Transfer-Encoding: quoted-printable",
    "Reporting-MTA: dns; mx.exa=\nmple.net\n\nStatus=3A 5.1.1\n",
    "Reporting-MTA: dns; mx.example.net\n\nStatus: 5.1.1" },
  { "text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable", "f=C3=BCr=20Sie =\nx",
    "für Sie x" },
  { "text/plain\nContent-Transfer-Encoding: quoted-printable", "a=0D=0Ab=XYc=\n=", NULL },
  { "text/plain; charset=\"iso-8859-1\"\nContent-Transfer-Encoding: base64", "Zvxy\n", "für" },
  { "text/plain; charset=utf-8\nContent-Transfer-Encoding: base64", "Zs O8 cg==", "für" },
  { "text/plain; charset=utf-8\nContent-Transfer-Encoding: base64", "", "" },
  { "text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit", "f\xc3\xbcr", "für" },
  { "text/plain\nContent-Transfer-Encoding: 7bit", "f\xfcr", "für" },
  { "text/plain; charset=iso-2022-jp", "\x1b$B%(%i!<\x1b(B", "エラー" },
  { "text/plain; charset*=utf-8''iso-8859-1", "f\xfcr", "für" }, /* RFC 2231 */
  { "text/plain; charset*0=iso-8859-; charset*1=1", "f\xfcr", "für" },
  { "text/plain; charset=", "f\xfcr", "für" },
  { "text/html; charset=utf-8\nContent-Transfer-Encoding: quoted-printable",
    "<style>p {}</style><p class=3D\"x\">No such<br>user &lt;a@b&gt;</p>", "No such\nuser <a@b>" },
  { "text/plain\nContent-Transfer-Encoding: uuencode", "begin 644 x\n#9CQS\n`\nend\n", NULL },
  { "text/plain\nContent-Transfer-Encoding: x-unknown", "No such user", "No such user" },
};

START_TEST (encoding)
{
  g_autofree char *text =
      g_strconcat (HEAD "Content-Type: ", encoded[_i].header, "\n\n", encoded[_i].body, NULL);
  g_autofree char *wrapped = g_strconcat (HEAD REPORT "\n--b\nContent-Type: ", encoded[_i].header,
                                          "\n\n", encoded[_i].body, "\n--b--\n", NULL);
  g_autoptr (ReboundMessage) alone = parse (text);
  g_autoptr (ReboundMessage) part = parse (wrapped);
  const ReboundMessage *both[] = { alone, part };

  for (gsize i = 0; i < G_N_ELEMENTS (both); i++)
    {
      const ReboundPart *got;

      ck_assert_uint_eq (both[i]->parts->len, 1);
      got = g_ptr_array_index (both[i]->parts, 0);
      ck_assert_uint_eq (strlen (got->text), got->length);
      ck_assert (g_utf8_validate (got->text, (gssize) got->length, NULL));
      if (encoded[_i].expected != NULL)
        ck_assert_str_eq (g_strstrip (got->text), encoded[_i].expected);
    }
}
END_TEST

/* RFC 2046 section 5.2.1 forbids it, mail systems do it. */
START_TEST (encoded_message)
{
  static const char *const types[] = { "message/rfc822", "text/rfc822-headers" };

  for (gsize i = 0; i < G_N_ELEMENTS (types); i++)
    {
      g_autofree char *text =
          g_strconcat (HEAD REPORT "\n" TEXT STATUS "\n--b\nContent-Type: ", types[i],
                       "\nContent-Transfer-Encoding: base64\n\n" MAIL_BASE64 END, NULL);
      g_autoptr (ReboundMessage) message = parse (text);
      const ReboundPart *returned = find (message, REBOUND_PART_RETURNED);

      ck_assert_ptr_nonnull (returned->fields);
      ck_assert_pstr_eq (rebound_fields_get (returned->fields, REBOUND_FIELD_SUBJECT), "News");
      ck_assert_pstr_eq (rebound_fields_get (returned->fields, REBOUND_FIELD_TO), NULL);
    }
}
END_TEST

START_TEST (alternatives)
{
  static const char *const texts[] = {
    HEAD "Content-Type: multipart/alternative; boundary=b\n\n" TEXT
         "--b\nContent-Type: text/html\n\n<p>other\n" END,
    HEAD "Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\n\n"
         "--b\nContent-Type: text/html\n\n<p>No such user</p>\n" END,
    HEAD "Content-Type: multipart/alternative; boundary=b\n\n"
         "--b\nContent-Type: text/html\n\n<b>No such</b> user\n" END,
  };
  gboolean found = FALSE;
  g_autoptr (ReboundMessage) message = parse (texts[_i]);

  for (guint i = 0; i < message->parts->len; i++)
    {
      const ReboundPart *part = g_ptr_array_index (message->parts, i);

      found = found || strstr (part->text, "No such user") != NULL;
      ck_assert_ptr_null (strstr (part->text, "other"));
      ck_assert_ptr_null (strchr (part->text, '<'));
    }
  ck_assert (found);
}
END_TEST

START_TEST (says_report)
{
  static const struct
  {
    const char *type;
    gboolean report;
  } types[] = {
    { "multipart/report; report-type=delivery-status; boundary=b", TRUE },
    { "Multipart/Report; boundary=b", TRUE },
    { "multipart/mixed; boundary=b", FALSE },
    { "message/delivery-status", TRUE },
    { "Message/Delivery-Status", TRUE },
    { "text/plain", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (types); i++)
    {
      g_autofree char *text = g_strconcat (HEAD "Content-Type: ", types[i].type, "\n\nx\n", NULL);
      g_autoptr (ReboundMessage) message = parse (text);

      ck_assert_msg (message->report == types[i].report, "%s", types[i].type);
    }
}
END_TEST

START_TEST (header_only)
{
  static const char *const texts[] = { HEAD, HEAD "\n", HEAD "\n\n", "Subject: failed" };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (ReboundMessage) message = parse (texts[i]);

      ck_assert_pstr_eq (rebound_fields_get (message->header, REBOUND_FIELD_SUBJECT), "failed");
      for (guint p = 0; p < message->parts->len; p++)
        ck_assert_str_eq (g_strstrip (((ReboundPart *) message->parts->pdata[p])->text), "");
    }
}
END_TEST

START_TEST (empty)
{
  g_autoptr (ReboundMessage) message = parse ("");
  g_autoptr (ReboundMessage) blank = parse ("\r\n\n \n");

  ck_assert_ptr_nonnull (message->header);
  ck_assert_uint_eq (message->header->fields->len, 0);
  ck_assert_uint_eq (message->parts->len, 0);
  ck_assert (!message->report);
  ck_assert_uint_eq (blank->header->fields->len, 0);
}
END_TEST

/* g_bytes_new() gives no address for nothing. */
START_TEST (no_address)
{
  g_autoptr (GBytes) bytes = g_bytes_new (NULL, 0);
  g_autoptr (ReboundMessage) message = NULL;
  ReboundLimits limits;

  rebound_limits_init (&limits);
  message = rebound_message_parse (bytes, NULL, &rebound_builtin_rules, &limits);
  ck_assert_uint_eq (message->parts->len, 0);
}
END_TEST

/* ---- Messages: limits and hostile ones ---------------------------------------------------- */

static char *
nest (guint depth)
{
  GString *text = g_string_new (HEAD);

  for (guint i = 0; i < depth; i++)
    g_string_append_printf (text, "Content-Type: multipart/mixed; boundary=b%u\n\n--b%u\n", i, i);
  g_string_append (text, "Content-Type: text/plain\n\nNo such user\n");
  return g_string_free (text, FALSE);
}

START_TEST (limit_depth)
{
  ReboundLimits limits;

  rebound_limits_init (&limits);
  limits.depth = 5;
  for (guint depth = 0; depth < 10; depth++)
    {
      g_autofree char *text = nest (depth);
      g_autoptr (ReboundMessage) message = parse_limited (text, strlen (text), &limits);

      ck_assert_uint_eq (message->parts->len, depth <= 5);
      ck_assert (has_warning (message->warnings, "truncated", "nested") == (depth > 5));
    }
}
END_TEST

START_TEST (limit_depth_default)
{
  g_autofree char *text = nest (64);
  g_autofree char *deep = nest (1900);
  g_autoptr (ReboundMessage) message = parse (text);
  g_autoptr (ReboundMessage) deeper = parse (deep);

  ck_assert_uint_eq (message->parts->len, 1);
  ck_assert_uint_eq (deeper->parts->len, 0);
  ck_assert_uint_ge (deeper->warnings->len, 1);
}
END_TEST

/* Of parts, and of a notice that came without a header. */
static const char *const long_texts[] = {
  HEAD "Content-Type: multipart/mixed; boundary=b\n\n"
       "--b\n\n1234567\n--b\n\n89abcdef\n--b\n\nghi\n--b--\n",
  "{\"a\":\"1234567\"}",
};

START_TEST (limit_text)
{
  const char *text = long_texts[_i];
  ReboundLimits limits;
  g_autoptr (ReboundMessage) message = NULL;
  gsize sum = 0;

  rebound_limits_init (&limits);
  limits.text_bytes = 10;
  message = parse_limited (text, strlen (text), &limits);
  for (guint i = 0; i < message->parts->len; i++)
    sum += ((ReboundPart *) message->parts->pdata[i])->length;
  ck_assert_uint_eq (sum, 10);
  ck_assert (has_warning (message->warnings, "truncated", "text"));
}
END_TEST

/* Bytes without sense, alone and between what a message has. */
START_TEST (random_message)
{
  static const char *const heads[] = {
    "", HEAD "\n", HEAD REPORT "\n" TEXT STATUS, HEAD "Content-Type: text/html\n\n",
    HEAD "Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n"
  };
  static const char *const pieces[] = { "\n--b\n",
                                        "\n--b--\n",
                                        "\n\n",
                                        "Content-Type: ",
                                        "\r",
                                        "=?",
                                        "message/rfc822\n\n",
                                        "multipart/mixed; boundary=b\n" };
  g_autoptr (GRand) random = g_rand_new_with_seed (_i);
  g_autoptr (GString) text = g_string_new (heads[_i % G_N_ELEMENTS (heads)]);
  g_autoptr (ReboundMessage) message = NULL;
  ReboundLimits limits;

  while (text->len < 64 * 1024)
    if (_i >= 10 && g_rand_int_range (random, 0, 8) == 0)
      g_string_append (text, pieces[g_rand_int_range (random, 0, G_N_ELEMENTS (pieces))]);
    else
      g_string_append_c (text, (char) g_rand_int (random));
  rebound_limits_init (&limits);
  message = parse_limited (text->str, text->len, &limits);
  for (guint i = 0; i < message->parts->len; i++)
    {
      const ReboundPart *part = g_ptr_array_index (message->parts, i);

      if (part->text != NULL)
        ck_assert (g_utf8_validate (part->text, (gssize) part->length, NULL));
    }
}
END_TEST

static const char *const message_floods[] = {
  "--b\n\n",
  "--b\nA: b\n\n",
  "--b\n",
  "A: b\n",
  "--b--\n\n",
  "=\n",
  "\r",
  "=?utf-8?q?=C3?=",
  "--b\nContent-Type: message/rfc822\n\n",
  "--b\nContent-Type: multipart/mixed; boundary=b\n\n",
};

static void
parse_text (const char *text, G_GNUC_UNUSED gsize length)
{
  g_autoptr (ReboundMessage) message = parse (text);

  ck_assert_ptr_nonnull (message);
}

START_TEST (message_flood)
{
  g_autoptr (GString) text = g_string_new (HEAD "Content-Type: multipart/mixed; boundary=b\n\n");

  while (text->len < MEGABYTE / 4)
    g_string_append (text, message_floods[_i]);
  assert_cheap (parse_text, text->str, text->len, PLAIN);
}
END_TEST

/* Many headers, each within its limits: what they have in common has limits too. */
START_TEST (headers_flood)
{
  static const struct
  {
    const char *type;
    const char *part;
    const char *field;
  } kinds[] = {
    { "mixed", "--b\nContent-Type: message/rfc822\n\n", "To: \261\343\360\n" },
    { "mixed", "--b\ncontent-type:\n MESSAGE/RFC822\n\n", "To: \261\343\360\n" },
    { "mixed", "--b\nContent-Type: message/global\n\n", "To: \261\343\360\n" },
    { "mixed", "--b\nContent-Type: message/rfc822\n--c\n\n", "To: \261\343\360\n" },
    { "digest", "--b\n\n", "To: \261\343\360\n" },
    { "mixed", "--b\nContent-Type: message/rfc822\n\n", "To: =?big5?q?=b1?= <a@b>\n" },
    { "mixed", "--b\nContent-Type: message/rfc822\n\n", "Subject: =?koi8-r?q?=b1?=\n" },
  };
  g_autoptr (GString) text = g_string_new (HEAD);
  g_autoptr (ReboundMessage) message = NULL;

  g_string_append_printf (text, "Content-Type: multipart/%s; boundary=b\n\n", kinds[_i].type);
  while (text->len < MEGABYTE)
    {
      g_string_append (text, kinds[_i].part);
      for (guint n = 0; n < 1000; n++)
        g_string_append (text, kinds[_i].field);
      g_string_append (text, "\na\n");
    }
  assert_cheap (parse_text, text->str, text->len, PLAIN);
  message = parse (text->str);
  ck_assert (has_warning (message->warnings, "truncated", "header"));
}
END_TEST

START_TEST (dates)
{
  static const struct
  {
    const char *value;
    const char *utc;
  } values[] = {
    { "Sat, 21 Nov 2026 16:40:00 +0000", "2026-11-21T16:40:00Z" },
    { "Sat, 21 Nov 2026 18:40:00 +0200", "2026-11-21T16:40:00Z" },
    { "21 Nov 2026 11:40 EST", "2026-11-21T16:40:00Z" },
    { "Sat, 21 Nov 2026 08:40:00 -0800 (PST)", "2026-11-21T16:40:00Z" },
    { "21 Nov 2026 16:40:00 GMT", "2026-11-21T16:40:00Z" },
    { "Sat, 21 Nov 2026 16:40:00 -0000", "2026-11-21T16:40:00Z" },
    { "Sat, 21 Nov 2026 16:40:00", NULL }, /* in which zone? */
    { "Sat Nov 21 16:40:00 2026", NULL },
    { "Saturday, November 21, 2026 4:40 PM", NULL },
    { "Sat, 21 Nov 2026 17:40:00 MEZ", NULL },
    { "Sat, 21 Nov 99999 16:40:00 +0000", NULL },
    { "", NULL },
    { "soon", NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (values); i++)
    {
      char date[REBOUND_DATE_BYTES];
      gboolean read = rebound_message_read_date (values[i].value, date);

      ck_assert_pstr_eq (read ? date : NULL, values[i].utc);
    }
}
END_TEST

/* ---- The suite ---------------------------------------------------------------------------- */

/* ---- Converters --------------------------------------------------------------------------- */

/* What nobody knows may be asked for a while, what is known always. */
START_TEST (converters_allow)
{
  static const struct
  {
    const char *text;
    gboolean allowed; /* after many unknown names */
  } named[] = {
    { "plain", TRUE },
    { "=?iso-8859-2?q?a?= =?UTF-8*de?b?YQ==?=", TRUE },
    { "name*=windows-1251'ru'x; size*=7", TRUE },
    { "name*0*=koi8-r''x", TRUE },
    { "=?iso-8859-2?b?YTo=?= behind the padding of a word stands no name of a charset", TRUE },
    { "=?iso-8859-2?q?a?= =?unheard-of?q?a?=", FALSE },
    { "=?iso-8859-2?b?YTo=?=unheard-of?q?a?=", FALSE },
    { "name*=unheard-of''x", FALSE },
    { "name*0*=unheard-of''x", FALSE },
    { "name*=", FALSE },
    { "=?a-name-that-is-longer-than-that-of-any-charset?q?a?=", FALSE },
  };
  ReboundConverters *converters = rebound_converters_new ();
  guint refused = 0;

  for (guint i = 0; i < 1000; i++)
    {
      g_autofree char *word = g_strdup_printf ("=?unknown-%u?q?a?=", i);

      refused += !rebound_converters_allow (converters, word, strlen (word));
    }
  ck_assert_uint_gt (refused, 400);
  ck_assert_uint_lt (refused, 1000);
  ck_assert (rebound_converters_allow (converters, "=?unknown-0?q?a?=", 17));
  for (gsize i = 0; i < G_N_ELEMENTS (named); i++)
    ck_assert_msg (rebound_converters_allow (converters, named[i].text, strlen (named[i].text))
                       == named[i].allowed,
                   "“%s”", named[i].text);
  rebound_converters_free (converters);
}
END_TEST

/* One is kept and given again, in its initial state. */
START_TEST (converters_are_kept)
{
  ReboundConverters *converters = rebound_converters_new ();
  GIConv first = rebound_converters_take (converters, "iso-2022-jp");
  GIConv second = rebound_converters_take (converters, "ISO-2022-JP");
  char shift[] = "\033$B", *in = shift, buffer[16], *out = buffer;
  gsize left = strlen (shift), room = sizeof buffer;

  ck_assert (first != (GIConv) -1 && second != (GIConv) -1 && first != second);
  ck_assert (g_iconv (first, &in, &left, &out, &room) != (gsize) -1);
  rebound_converters_give (converters, "iso-2022-jp", first);
  first = rebound_converters_take (converters, "Iso-2022-Jp");
  in = (char[]){ "$\"" }, left = 2;
  ck_assert (g_iconv (first, &in, &left, &out, &room) != (gsize) -1);
  ck_assert_uint_eq (out - buffer, 2);
  ck_assert_mem_eq (buffer, "$\"", 2);
  rebound_converters_give (converters, "iso-2022-jp", first);
  rebound_converters_give (converters, "iso-2022-jp", second);
  ck_assert (rebound_converters_take (converters, "unheard-of") == (GIConv) -1);
  rebound_converters_free (converters);
}
END_TEST

static TCase *
guard_tests (void)
{
  TCase *tests = tcase_create ("guard");

  tcase_add_loop_test (tests, guard_lines, 0, G_N_ELEMENTS (lines));
  tcase_add_test (tests, guard_nul);
  tcase_add_loop_test (tests, guard_routes, 0, G_N_ELEMENTS (routed));
  tcase_add_loop_test (tests, guard_singles, 0, G_N_ELEMENTS (singles));
  tcase_add_test (tests, guard_finds_headers);
  tcase_add_test (tests, guard_unread);
  tcase_add_loop_test (tests, guard_floods, 0, 2 * G_N_ELEMENTS (floods));
  tcase_add_test (tests, limit_message);
  tcase_add_test (tests, limit_fields);
  tcase_add_test (tests, limit_field);
  tcase_add_test (tests, limit_field_full);
  tcase_add_test (tests, limit_header);
  tcase_add_test (tests, limit_delimiters);
  tcase_add_loop_test (tests, digest, 0, G_N_ELEMENTS (deliveries));
  tcase_add_loop_test (tests, received, 0, G_N_ELEMENTS (trace));
  tcase_add_test (tests, received_long);
  return tests;
}

static TCase *
fields_tests (void)
{
  TCase *tests = tcase_create ("fields");

  tcase_add_loop_test (tests, fields, 0, G_N_ELEMENTS (blocks));
  tcase_add_test (tests, fields_get);
  tcase_add_test (tests, fields_add);
  tcase_add_loop_test (tests, encoded_words, 0, G_N_ELEMENTS (words));
  tcase_add_loop_test (tests, raw_bytes, 0, G_N_ELEMENTS (raws));
  tcase_add_loop_test (tests, fields_floods, 0, 15);
  return tests;
}

static TCase *
charset_tests (void)
{
  TCase *tests = tcase_create ("charset");

  tcase_add_loop_test (tests, declared, 0, G_N_ELEMENTS (sentences));
  tcase_add_loop_test (tests, undeclared, 0, G_N_ELEMENTS (sentences));
  tcase_add_loop_test (tests, wrongly_declared, 0, G_N_ELEMENTS (sentences));
  tcase_add_loop_test (tests, impossibly_declared, 0, G_N_ELEMENTS (impossible));
  tcase_add_loop_test (tests, long_text, 0, G_N_ELEMENTS (sentences));
  tcase_add_loop_test (tests, cut, 0, G_N_ELEMENTS (cuts));
  tcase_add_test (tests, nul_bytes);
  tcase_add_loop_test (tests, random_bytes, 0, 4);
  return tests;
}

static TCase *
html_tests (void)
{
  TCase *tests = tcase_create ("html");

  tcase_add_loop_test (tests, html, 0, G_N_ELEMENTS (pages));
  tcase_add_loop_test (tests, html_lost, 0, G_N_ELEMENTS (lost_pages));
  tcase_add_loop_test (tests, html_module_pages, 0, G_N_ELEMENTS (module_pages));
  tcase_add_loop_test (tests, html_module_gives_up, 0, G_N_ELEMENTS (module_floods));
  tcase_add_test (tests, html_nul);
  tcase_add_test (tests, html_threads);
  tcase_add_loop_test (tests, html_cut, 0, G_N_ELEMENTS (pages));
  tcase_add_loop_test (tests, html_flood, 0, G_N_ELEMENTS (html_floods));
  return tests;
}

static TCase *
message_tests (void)
{
  TCase *tests = tcase_create ("message");

  tcase_add_loop_test (tests, part_roles, 0, G_N_ELEMENTS (messages));
  tcase_add_loop_test (tests, roles_of_crlf, 0, G_N_ELEMENTS (messages));
  tcase_add_loop_test (tests, cut_message, 0, G_N_ELEMENTS (messages));
  tcase_add_loop_test (tests, salvaged, 0, G_N_ELEMENTS (broken));
  tcase_add_test (tests, not_salvaged);
  tcase_add_test (tests, contents);
  tcase_add_test (tests, nested);
  tcase_add_test (tests, subject_as_body);
  tcase_add_loop_test (tests, encoding, 0, G_N_ELEMENTS (encoded));
  tcase_add_test (tests, encoded_message);
  tcase_add_loop_test (tests, alternatives, 0, 3);
  tcase_add_test (tests, says_report);
  tcase_add_test (tests, header_only);
  tcase_add_test (tests, empty);
  tcase_add_test (tests, no_address);
  tcase_add_test (tests, limit_depth);
  tcase_add_test (tests, limit_depth_default);
  tcase_add_loop_test (tests, limit_text, 0, G_N_ELEMENTS (long_texts));
  tcase_add_loop_test (tests, random_message, 0, 20);
  tcase_add_loop_test (tests, headers_flood, 0, 7);
  tcase_add_loop_test (tests, message_flood, 0, G_N_ELEMENTS (message_floods));
  tcase_add_test (tests, dates);
  tcase_add_test (tests, converters_allow);
  tcase_add_test (tests, converters_are_kept);
  return tests;
}

int
main (void)
{
  TCase *const cases[] = { guard_tests (), fields_tests (),  charset_tests (),
                           html_tests (),  message_tests (), NULL };

  return run_suite ("message", cases, rebound_message_init, NULL);
}
