/* Rebound: tests of what becomes of the bytes of a message.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "message/charset.h"
#include "message/guard.h"
#include "message/html.h"
#include "message/message.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MEGABYTE (1024 * 1024)

/* ---- Helpers ------------------------------------------------------------------------------ */

/* Seconds that a linear reader of a megabyte is far from needing. */
static void
assert_fast (clock_t start)
{
  ck_assert_msg ((clock () - start) / CLOCKS_PER_SEC < 3, "that took %ld s of CPU",
                 (long) ((clock () - start) / CLOCKS_PER_SEC));
}

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

static GByteArray *
guard (const char *text, gsize length, const ReboundLimits *limits, GArray *warnings)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, length);
  ReboundLimits usual;

  rebound_limits_init (&usual);
  return rebound_guard (bytes, limits != NULL ? limits : &usual, warnings);
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
  { "A: b\r\nB: c\nC: d\rD: e\r\r\n\nf\r\ng\rh\r\r\ni\n", "A: b\nB: c\nC: d\nD: e\n\nf\ng\nh\ni\n" },
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

/* One unit, as often as it takes, must cost a moment. */
static const char *const floods[] = {
  "\r", "\n", "\r\n", "\r\r\r\n", "From a\n", ">From a\n", " \n", " ", "A: b\n", " b\n", "A", "--a\n",
  "--a\n\n", "--a\nb\n\n", "a\n\n--b\r",
};

START_TEST (guard_floods)
{
  g_autoptr (GString) text = g_string_new (_i % 2 == 0 ? "" : "A: b\n\n");
  g_autoptr (GArray) warnings = new_warnings ();
  clock_t start;

  while (text->len < MEGABYTE / 2)
    g_string_append (text, floods[_i / 2]);
  start = clock ();
  g_byte_array_unref (guard (text->str, text->len, NULL, warnings));
  assert_fast (start);
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
  limits.message_bytes = 0;
  assert_guarded ("A: b\n", &limits, "", "message");
}
END_TEST

START_TEST (limit_fields)
{
  ReboundLimits limits = no_limits ();

  limits.header_fields = 2;
  assert_guarded ("A: 1\n x\nB: 2\n y\n\nz\n", &limits, "A: 1\n x\nB: 2\n y\n\nz\n", NULL);
  assert_guarded ("A: 1\nB: 2\nC: 3\n x\nD: 4\n y\n\nz\nE: 5\n", &limits,
                  "A: 1\nB: 2\n\nz\nE: 5\n", "fields");
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
  assert_guarded ("A: b\n\n--a\n\n--b\n\n-- \n--\n- c\n", &limits,
                  "A: b\n\n--a\n\n--b\n\n-- \n--\n- c\n", NULL);
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
    "Received: from a by b;\n\tMon, 1 Jan 2001 00:00:00 +0000\n" MAIL, TRUE },
  { "RECEIVED: from c\n by d\n with e\nX-Original-To: y@example.org\nEnvelope-To: z\n" MAIL, TRUE },
  { "From: a@example.net\r\nMessage-ID: <1@example.net>\r\nSubject: x\r\n\r\nNo such user\r\n",
    TRUE },
  { "From: a@example.net\rMessage-ID: <1@example.net>\rSubject: x\r\rNo such user", TRUE },
  { "Status: RO\nX-Status: A\nContent-Length: 13\nLines: 1\nX-UID: 7\nX-Keywords: y\n" MAIL, TRUE },
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
  g_autoptr (GArray) warnings = new_warnings ();
  g_autoptr (GByteArray) guarded = guard (text, strlen (text), NULL, warnings);
  char *digest = g_malloc (7 + 64 + 1);

  rebound_guard_digest (guarded, digest);
  return digest;
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
  { "A: b\r\n\r\nC: d\r\n", FALSE, "0 a=b|1 c=d|" },
  { "A: b\n\nC: d\n", TRUE, "0 a=b|" },
  { "\n\nA: b\nC: d\n\nE: f\n", TRUE, "2 a=b|2 c=d|" },
  { "A: b\r\n\r\nC: d\r\n", TRUE, "0 a=b|" },
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
  g_autoptr (ReboundFields) got
    = rebound_fields_parse (blocks[_i].text, strlen (blocks[_i].text), blocks[_i].one_block);
  g_autofree char *shown = show_fields (got);

  ck_assert_str_eq (shown, blocks[_i].expected);
}
END_TEST

START_TEST (fields_get)
{
  static const char text[] = "A: 1\nB: 2\n\nA: 3\nC:\n";
  g_autoptr (ReboundFields) got = rebound_fields_parse (text, strlen (text), FALSE);

  ck_assert_pstr_eq (rebound_fields_get (got, "a"), "1");
  ck_assert_pstr_eq (rebound_fields_get (got, "b"), "2");
  ck_assert_pstr_eq (rebound_fields_get (got, "c"), "");
  ck_assert_pstr_eq (rebound_fields_get (got, "d"), NULL);
}
END_TEST

START_TEST (fields_add)
{
  g_autoptr (ReboundFields) got = rebound_fields_new ();
  g_autofree char *shown = NULL;

  rebound_fields_add (got, "Subject", " a\n b\r\n\t=?utf-8?q?c=C3=A4?= \n", 7);
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
  { "=?utf-8*de?q?f=C3=BCr?=", "für" }, /* RFC 2231 section 5: with a language */
  { "a =? b", "a =? b" },
  { "=?utf-8?q?abc", "=?utf-8?q?abc" },
  { "=?utf-8?x?abc?=", "=?utf-8?x?abc?=" },
  { "a=?b", "a=?b" },
};

START_TEST (encoded_words)
{
  g_autoptr (ReboundFields) got = rebound_fields_new ();

  rebound_fields_add (got, "subject", words[_i].raw, 0);
  ck_assert_str_eq (rebound_fields_get (got, "subject"), words[_i].value);
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
  g_autoptr (ReboundFields) got = rebound_fields_new ();
  const char *value;

  rebound_fields_add (got, "subject", raws[_i].raw, 0);
  value = rebound_fields_get (got, "subject");
  ck_assert (g_utf8_validate (value, -1, NULL));
  ck_assert_ptr_null (strpbrk (value, "\r\n"));
  if (raws[_i].value != NULL)
    ck_assert_str_eq (value, raws[_i].value);
}
END_TEST

START_TEST (fields_floods)
{
  static const char *const units[] = { ":", "a", "a:", "a:\n", "a: b\n c\n", "\n", " ", "=?",
                                       "=?utf-8?q?=C3=BC?= ", "=?a?q?", "a-", "http://" };
  g_autoptr (GString) text = g_string_new ("a: ");
  g_autoptr (ReboundFields) got = NULL;
  clock_t start;

  while (text->len < MEGABYTE / 8)
    g_string_append (text, units[_i]);
  start = clock ();
  got = rebound_fields_parse (text->str, text->len, FALSE);
  assert_fast (start);
}
END_TEST
