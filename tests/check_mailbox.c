/* Rebound: tests of where messages come from.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rebound-mailbox.h"
#include "suite.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#define LINE "From a@b Mon Jan  1 00:00:00 2001"
#define FROM LINE "\n"
#define BUFFER (64 * 1024) /* what the reader holds at a time */

static char *tmp_dir;

/* ---- Helpers ------------------------------------------------------------------------------ */

static char *
tmp_path (const char *name)
{
  return g_build_filename (tmp_dir, name, NULL);
}

static void
write_file (const char *path, const char *text, gssize length)
{
  ck_assert (g_file_set_contents (path, text, length, NULL));
}

static void
assert_end (ReboundMailbox *mailbox)
{
  for (int i = 0; i < 2; i++)
    {
      GBytes *message = (GBytes *) &message;

      ck_assert (rebound_mailbox_next (mailbox, &message, NULL));
      ck_assert_ptr_null (message);
    }
}

/* All messages, each with a '|' behind it. */
static GString *
read_all (ReboundMailbox *mailbox)
{
  GString *all = g_string_new (NULL);

  for (;;)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) message = NULL;
      gsize length;
      const char *data;

      ck_assert_msg (rebound_mailbox_next (mailbox, &message, &error), "%s",
                     error != NULL ? error->message : "no error set");
      ck_assert_ptr_null (error);
      if (message == NULL)
        return all;

      data = g_bytes_get_data (message, &length);
      g_string_append_len (all, data, (gssize) length);
      g_string_append_c (all, '|');
    }
}

static GString *
read_file (const char *text, gsize length, ReboundMailboxFlags flags, const ReboundLimits *limits)
{
  g_autofree char *path = tmp_path ("file");
  g_autoptr (ReboundMailbox) mailbox = NULL;

  write_file (path, text, (gssize) length);
  mailbox = rebound_mailbox_open (path, flags, limits, NULL);
  ck_assert_ptr_nonnull (mailbox);
  return read_all (mailbox);
}

typedef struct
{
  int fd;
  const char *text;
  gsize length;
} Writer;

static gpointer
write_bytes (gpointer data)
{
  Writer *writer = data;

  for (gsize i = 0; i < writer->length; i++)
    ck_assert_int_eq (write (writer->fd, writer->text + i, 1), 1);
  close (writer->fd);
  return NULL;
}

/* Through a socket that keeps packets apart, so that each read() gives one byte. */
static GString *
read_bytewise (const char *text, gsize length, ReboundMailboxFlags flags)
{
  int fds[2];
  Writer writer = { .text = text, .length = length };
  g_autoptr (ReboundMailbox) mailbox = NULL;
  GThread *thread;
  GString *all;

  ck_assert_int_eq (socketpair (AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
  writer.fd = fds[1];
  thread = g_thread_new ("writer", write_bytes, &writer);
  mailbox = rebound_mailbox_open_fd (fds[0], flags, NULL);
  all = read_all (mailbox);
  g_thread_join (thread);
  close (fds[0]);
  return all;
}

static void
assert_text (const GString *got, const char *expected, const char *what)
{
  g_autofree char *shown_got = g_strescape (got->str, NULL);
  g_autofree char *shown_expected = g_strescape (expected, NULL);

  ck_assert_msg (got->len == strlen (expected) && strcmp (got->str, expected) == 0,
                 "%s: got \"%s\", expected \"%s\"", what, shown_got, shown_expected);
}

static void
assert_messages (const char *text, ReboundMailboxFlags flags, const char *expected)
{
  g_autoptr (GString) from_file = read_file (text, strlen (text), flags, NULL);
  g_autoptr (GString) from_fd = read_bytewise (text, strlen (text), flags);

  assert_text (from_file, expected, "file");
  assert_text (from_fd, expected, "byte by byte");
}

/* ---- mbox --------------------------------------------------------------------------------- */

typedef struct
{
  const char *text;
  const char *expected; /* each message with a '|' behind it */
} Case;

static const Case mboxes[] = {
  /* what editors and concatenation leave before the first line */
  { "\n\r\n" FROM "S: 1\n\na\n\n" FROM "S: 2\n\nb\n", "S: 1\n\na\n|S: 2\n\nb\n|" },
  { "\357\273\277" FROM "S: 1\n\na\n\n" FROM "S: 2\n\nb\n", "S: 1\n\na\n|S: 2\n\nb\n|" },
  { "\357\273\277S: 1\n", "\357\273\277S: 1\n|" },
  /* the blank line that ends a message goes, no other */
  { FROM "S: 1\n\na\n\n" FROM "S: 2\n\nb\n\n", "S: 1\n\na\n|S: 2\n\nb\n|" },
  { FROM "S: 1\n\na\n\n\n" FROM "S: 2\n\nb\n\n\n", "S: 1\n\na\n\n|S: 2\n\nb\n\n|" },
  { FROM "S: 1\n\na\n\n" FROM "S: 2\n\nb\n", "S: 1\n\na\n|S: 2\n\nb\n|" },
  { FROM "S: 1\n\na\n\n" FROM "S: 2\n\nb", "S: 1\n\na\n|S: 2\n\nb|" },
  { FROM "S: 1\n\n" FROM "S: 2\n\n", "S: 1\n|S: 2\n|" },
  /* other line ends stay as they are */
  { LINE "\r\nS: 1\r\n\r\na\r\n" LINE "\r\nS: 2\r\n", "S: 1\r\n\r\na\r\n" LINE "\r\nS: 2\r\n|" },
  { LINE "\r\nS: 1\r\n\r\na\r\n\r\n" LINE "\r\nS: 2\r\n\r\nb\r\n\r\n",
    "S: 1\r\n\r\na\r\n|S: 2\r\n\r\nb\r\n|" },
  { LINE "\rS: 1\r\ra\r>From b\r\r" LINE "\rS: 2\r\rb\r\r", "S: 1\r\ra\rFrom b\r|S: 2\r\rb\r|" },
  { FROM "S: 1\r\n\r\na\r\n\n" FROM "S: 2\r\n\r\nb\r\n\n", "S: 1\r\n\r\na\r\n|S: 2\r\n\r\nb\r\n|" },
  /* quoting: one '>' goes, at the start of a line only */
  { FROM "S: 1\n\n>From a\n>>From b\n>>>From c\n", "S: 1\n\nFrom a\n>From b\n>>From c\n|" },
  { FROM "S: 1\r\n\r\n>From a\r\n", "S: 1\r\n\r\nFrom a\r\n|" },
  { FROM "S: 1\n\n >From a\n> >From b\na>From c\n>From\n>from d\n",
    "S: 1\n\n >From a\n> >From b\na>From c\n>From\n>from d\n|" },
  { FROM ">From a\nS: 1\n\n>From From \n>From ", "From a\nS: 1\n\nFrom From \nFrom |" },
  { FROM "S: 1\n\na\n\n>" FROM "S: 2\n", "S: 1\n\na\n\n" FROM "S: 2\n|" },
  /* a From line in a text: no blank line before it, no date, no header behind it */
  { FROM "S: 1\n\na\n" FROM "S: 2\n", "S: 1\n\na\n" FROM "S: 2\n|" },
  { FROM "S: 1\n\nFrom now on: no\nS: 2\n", "S: 1\n\nFrom now on: no\nS: 2\n|" },
  { FROM "S: 1\n\n" FROM "and so on\n", "S: 1\n\n" FROM "and so on\n|" },
  { FROM "S: 1\n\n" FROM "\nand so on\n", "S: 1\n\n" FROM "\nand so on\n|" },
  { FROM "S: 1\n\n" FROM "\n\nS: 2\n", "S: 1\n\n" FROM "\n\nS: 2\n|" },
  { FROM "S: 1\n\n" FROM "<a@b>: unknown\n", "S: 1\n\n" FROM "<a@b>: unknown\n|" },
  { FROM "S: 1\n\n" FROM, "S: 1\n\n" FROM "|" },
  { FROM "S: 1\n\n" LINE, "S: 1\n\n" LINE "|" },
  { FROM "S: 1\n\n " FROM "S: 2\n", "S: 1\n\n " FROM "S: 2\n|" },
  /* what may stand between a separator and the header */
  { FROM "S: 1\n\n" FROM "\nS: 2\n", "S: 1\n|\nS: 2\n|" },
  { FROM "S: 1\n\n" FROM "\r\nS: 2\n", "S: 1\n|\r\nS: 2\n|" },
  { FROM "S: 1\n\n" FROM ">From b Mon Jan  1 00:00:00 2001 remote from c\nS: 2\n",
    "S: 1\n|From b Mon Jan  1 00:00:00 2001 remote from c\nS: 2\n|" },
  { FROM "S: 1\n\n" FROM "S : 2\n", "S: 1\n|S : 2\n|" },
  /* Content-Length lies */
  { FROM "Content-Length: 999\n\na\n\n" FROM "Content-Length: 0\n\nb\n\n",
    "Content-Length: 999\n\na\n|Content-Length: 0\n\nb\n|" },
  /* messages without a text, or with nothing at all */
  { FROM, "|" },
  { FROM "\n", "|" },
  { FROM "\n" FROM "S: 2\n", "|S: 2\n|" },
  { FROM FROM "S: 2\n", FROM "S: 2\n|" },
  /* the first line needs no header behind it */
  { FROM "text\n", "text\n|" },
};

START_TEST (mbox)
{
  assert_messages (mboxes[_i].text, REBOUND_MAILBOX_DEFAULT, mboxes[_i].expected);
}
END_TEST

static const char *const separators[] = {
  "From a@b Mon Jan  1 00:00:00 2001",
  "From - Tue Feb 01 00:00:00 2001",
  "From a@b  Wed Mar 31 23:59 2001",
  "From a@b Thu Apr 10 1:02:03 2001",
  "From  Fri May 10 01:02:03 2001",
  "From Sat Jun 10 01:02:03 2001",
  "From a@b Sun Jul 10 01:02:03 +0200 2001",
  "From a@b Mon Aug 10 01:02:03 2001 -0700",
  "From a@b Tue Sep 10 01:02:03 MET DST 2001",
  "From a@b Wed Oct 10 01:02:03 2001 EST5EDT",
  "From a@b Thu Nov 10 01:02:03 2001 +0100 (CET)",
  "From uucp Fri Dec 10 01:02:03 2001 remote from host",
  "From uucp Fri Dec 10 01:02:03 EST 2001 remote from host",
  "From \"John Q. Doe\"@example.org Mon Jan  1 00:00:00 2001",
  "From John Doe Mon Jan  1 00:00:00 2001",
  "From Mon Tue Mon Jan  1 00:00:00 2001",
  "From =?x?= (a b) \xff Mon Jan  1 00:00:00 2001  \t",
};

START_TEST (separator)
{
  g_autofree char *first = g_strconcat (separators[_i], "\nS: 1\n", NULL);
  g_autofree char *second = g_strconcat (FROM "S: 1\n\n", separators[_i], "\nS: 2\n", NULL);

  assert_messages (first, REBOUND_MAILBOX_DEFAULT, "S: 1\n|");
  assert_messages (second, REBOUND_MAILBOX_DEFAULT, "S: 1\n|S: 2\n|");
}
END_TEST

static const char *const no_separators[] = {
  "From a@b",
  "From a@b Mon Jan  1 00:00:00",
  "From a@b Mon Jan  1 2001",
  "From a@b Mon Jan  1 00:00:00 01",
  "From a@b Jan  1 00:00:00 2001",
  "From a@b Mon 1 00:00:00 2001",
  "From a@bMon Jan  1 00:00:00 2001",
  "From a@b Mon Jan  1 00:00:00 2001 he wrote",
  "From a@b Mon Jan  1 00:00:00 2001 remote from",
  "From a@b Mon Jan  1 00:00:00 +0100 +0100 +0100 2001",
  "From: a@b Mon Jan  1 00:00:00 2001",
  "from a@b Mon Jan  1 00:00:00 2001",
  " From a@b Mon Jan  1 00:00:00 2001",
  "From\ta@b Mon Jan  1 00:00:00 2001",
};

START_TEST (no_separator)
{
  g_autofree char *first = g_strconcat (no_separators[_i], "\nS: 1\n\n" FROM "S: 2\n\n", NULL);
  g_autofree char *second = g_strconcat ("S: 1\n\n", no_separators[_i], "\nS: 2\n", NULL);
  g_autofree char *behind = g_strconcat (FROM, second, NULL);
  g_autofree char *whole = g_strconcat (first, "|", NULL);
  g_autofree char *one = g_strconcat (second, "|", NULL);

  assert_messages (first, REBOUND_MAILBOX_DEFAULT, whole);
  assert_messages (behind, REBOUND_MAILBOX_DEFAULT, one);
}
END_TEST

/* 978310923 is 2001-01-01 01:02:03 in UTC. */
static const struct
{
  const char *line;
  gint64 arrival;
} dates[] = {
  { "From a@b Mon Jan  1 01:02:03 2001", 978310923 },
  { "From a@b Mon Jan  1 01:02 2001", 978310920 },
  { "From a@b Mon Jan  1 1:02:03 2001", 978310923 },
  { "From a@b Mon Jan  1 01:02:03 2001 +0000", 978310923 },
  { "From a@b Mon Jan  1 01:02:03 2001 GMT", 978310923 },
  { "From a@b Mon Jan  1 02:02:03 +0100 2001", 978310923 },
  { "From a@b Sun Dec 31 20:32:03 2000 -0430", 978310923 },
  { "From a@b Mon Jan  1 02:02:03 2001 +0100 (CET)", 978310923 },
  { "From a@b Mon Jan  1 02:02:03 2001 (CET)", 978310923 },
  { "From a@b Mon Jan  1 02:02:03 CET 2001", 978310923 },
  { "From a@b Mon Jan  1 03:02:03 MET DST 2001", 978310923 },
  { "From a@b Sun Dec 31 20:02:03 2000 EST5EDT", 978310923 },
  { "From a@b Mon Jan  1 01:02:03 2001 GMT+1", 978310923 },
  { "From uucp Sun Dec 31 17:02:03 PST 2000 remote from host", 978310923 },
  { "From a@b Mon Jan  1 01:02:03 XYZ 2001", 978310923 },
  { "From a@b Mon Jan  1 01:02:60 2001", 978310979 },
  /* a name that looks like a date */
  { "From Mon Jan  1 00:00:00 1999 Mon Jan  1 01:02:03 2001", 978310923 },
  /* the weekday is not believed, a day that is none is not known */
  { "From a@b Fri Jan  1 01:02:03 2001", 978310923 },
  { "From a@b Sat Feb 30 01:02:03 2001", 0 },
  { "From a@b Mon Jan  1 25:02:03 2001", 0 },
  { "From a@b Mon Jan  1 01:02:03 0000", 0 },
  { "From a@b Thu Jan  1 00:30:00 1970 +0100", 0 },
  { "From a@b Fri Dec 31 23:59:59 1999", 946684799 },
  { "From a@b Thu Feb 29 00:00:00 2024", 1709164800 },
};

static void
assert_arrivals (const char *text, ReboundMailboxFlags flags, gint64 first, gint64 second)
{
  g_autofree char *path = tmp_path ("file");
  g_autoptr (ReboundMailbox) mailbox = NULL;
  const gint64 expected[] = { first, second };

  write_file (path, text, -1);
  mailbox = rebound_mailbox_open (path, flags, NULL, NULL);
  ck_assert_int_eq (rebound_mailbox_get_arrival (mailbox), 0);
  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    {
      g_autoptr (GBytes) message = NULL;

      ck_assert (rebound_mailbox_next (mailbox, &message, NULL));
      if (message != NULL)
        ck_assert_int_eq (rebound_mailbox_get_arrival (mailbox), expected[i]);
    }
}

START_TEST (arrival)
{
  g_autofree char *one = g_strconcat (dates[_i].line, "\nDate: x\n", NULL);
  g_autofree char *first = g_strconcat (one, "\n" FROM "S: 2\n", NULL);
  g_autofree char *second = g_strconcat (FROM "S: 1\n\n", one, NULL);

  assert_arrivals (first, REBOUND_MAILBOX_DEFAULT, dates[_i].arrival, 978307200);
  assert_arrivals (second, REBOUND_MAILBOX_DEFAULT, 978307200, dates[_i].arrival);
  assert_arrivals (one, REBOUND_MAILBOX_SINGLE, dates[_i].arrival, 0);
}
END_TEST

START_TEST (no_arrival)
{
  assert_arrivals ("Date: Mon, 1 Jan 2001 00:00:00 +0000\n\n" FROM "S: 2\n",
                   REBOUND_MAILBOX_DEFAULT, 0, 0);
}
END_TEST

/* A line that only ends far away is none, however well it begins and ends. */
START_TEST (long_separator)
{
  g_autofree char *words = g_strnfill (3000, 'x');
  g_autofree char *text =
      g_strconcat (FROM "S: 1\n\nFrom ", words, " Mon Jan  1 00:00:00 2001\nS: 2\n", NULL);
  g_autofree char *expected = g_strconcat (text + strlen (FROM), "|", NULL);

  assert_messages (text, REBOUND_MAILBOX_DEFAULT, expected);
}
END_TEST

/* So far from each other that the reader sees only one of them at a time. */
static const Case pieces[] = {
  { "\n\n" FROM "S: 2\n", "\n|S: 2\n" },          { "\n" FROM "S: 2\n", "\n" FROM "S: 2\n" },
  { "\n\n" FROM "text\n", "\n\n" FROM "text\n" }, { "\n>From a\n", "\nFrom a\n" },
  { "\n>>>>>>From a\n", "\n>>>>>From a\n" },      { ">>>>>>From a\n", ">>>>>>From a\n" },
  { "\n\n\n" FROM "S: 3\n", "\n\n|S: 3\n" },
};

static char *
with_line_ends (const GString *text, const char *eol)
{
  g_auto (GStrv) lines = g_strsplit (text->str, "\n", -1);

  return g_strjoinv (eol, lines);
}

START_TEST (far_apart)
{
  static const char *const eols[] = { "\n", "\r\n", "\r" };
  g_autofree char *filler = g_strnfill (5000, 'x');
  g_autoptr (GString) text = g_string_new (FROM "S: 1\n\n");
  g_autoptr (GString) messages = g_string_new ("S: 1\n\n");
  g_autofree char *given = NULL;
  g_autofree char *expected = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (pieces); i++)
    {
      g_string_append_printf (text, "%s%s", filler, pieces[i].text);
      g_string_append_printf (messages, "%s%s", filler, pieces[i].expected);
    }
  g_string_append_c (messages, '|');
  given = with_line_ends (text, eols[_i]);
  expected = with_line_ends (messages, eols[_i]);
  assert_messages (given, REBOUND_MAILBOX_DEFAULT, expected);
}
END_TEST

/* Whatever falls on the end of the buffer. */
START_TEST (buffer_end)
{
  static const char tail[] = "\r\n\r\n>>From c\r\n\r\n" LINE "\r\nS: 2\r\n\r\nb\r\n\r\n";
  static const char end[] = "\r\n\r\n>From c\r\n|S: 2\r\n\r\nb\r\n|";

  for (gsize fill = BUFFER - sizeof FROM - sizeof tail - 4; fill < BUFFER + 4; fill++)
    {
      g_autofree char *filler = g_strnfill (fill, _i);
      g_autofree char *text = g_strconcat (FROM "S: 1\n\n", filler, tail, NULL);
      g_autofree char *expected = g_strconcat ("S: 1\n\n", filler, end, NULL);
      g_autoptr (GString) got = read_file (text, strlen (text), REBOUND_MAILBOX_DEFAULT, NULL);

      ck_assert_msg (strcmp (got->str, expected) == 0, "with %zu times '%c'", fill, _i);
    }
}
END_TEST

/* A run of '>' longer than the buffer is quoting like any other. */
START_TEST (long_quote)
{
  g_autofree char *quotes = g_strnfill (3 * BUFFER, '>');
  g_autofree char *text =
      g_strconcat (FROM "S: 1\n\n", quotes, "From a\nx", quotes, "From b\n", NULL);
  g_autofree char *expected =
      g_strconcat ("S: 1\n\n", quotes + 1, "From a\nx", quotes, "From b\n|", NULL);
  g_autoptr (GString) got = read_file (text, strlen (text), REBOUND_MAILBOX_DEFAULT, NULL);

  ck_assert_str_eq (got->str, expected);
}
END_TEST

START_TEST (many_messages)
{
  const guint n = 100000;
  g_autofree char *path = tmp_path ("many");
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (ReboundMailbox) mailbox = NULL;

  for (guint i = 0; i < n; i++)
    g_string_append_printf (text, FROM "Subject: %u\n\ntext\n\n", i);
  write_file (path, text->str, (gssize) text->len);
  mailbox = rebound_mailbox_open (path, REBOUND_MAILBOX_DEFAULT, NULL, NULL);

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (GBytes) message = NULL;
      g_autofree char *expected = g_strdup_printf ("Subject: %u\n\ntext\n", i);

      ck_assert (rebound_mailbox_next (mailbox, &message, NULL));
      ck_assert_ptr_nonnull (message);
      ck_assert_uint_eq (g_bytes_get_size (message), strlen (expected));
      ck_assert_mem_eq (g_bytes_get_data (message, NULL), expected, strlen (expected));
      ck_assert_uint_eq (rebound_mailbox_get_index (mailbox), i);
      ck_assert_str_eq (rebound_mailbox_get_source (mailbox), path);
    }
  assert_end (mailbox);
}
END_TEST

/* Random bytes give the same messages however they arrive; nothing is lost of a single one. */
START_TEST (random_bytes)
{
  g_autoptr (GRand) random = g_rand_new_with_seed ((guint32) _i);
  g_autoptr (GString) text = g_string_new (_i % 2 == 0 ? FROM : "");
  g_autoptr (GString) whole = NULL;
  g_autoptr (GString) bytewise = NULL;

  for (guint i = 0; i < 20000; i++)
    {
      static const char *const words[] = { FROM, ">", "From ", "\n", "\r\n", "\r", "S: x\n" };
      guint32 choice = g_rand_int (random);

      if (choice % 8 == 0)
        g_string_append (text, words[(choice >> 8) % G_N_ELEMENTS (words)]);
      else
        g_string_append_c (text, (char) (choice >> 8));
    }
  whole = read_file (text->str, text->len, REBOUND_MAILBOX_DEFAULT, NULL);
  bytewise = read_bytewise (text->str, text->len, REBOUND_MAILBOX_DEFAULT);
  ck_assert_uint_eq (whole->len, bytewise->len);
  ck_assert_mem_eq (whole->str, bytewise->str, whole->len);
  if (_i % 2 != 0)
    ck_assert_mem_eq (whole->str, text->str, text->len);
}
END_TEST

/* ---- Single messages ---------------------------------------------------------------------- */

static const Case singles[] = {
  { "S: 1\n\na\n\n" FROM "S: 2\n\n>From b\n\n", "S: 1\n\na\n\n" FROM "S: 2\n\n>From b\n\n|" },
  { "S", "S|" },
  { "\n", "\n|" },
};

START_TEST (single)
{
  assert_messages (singles[_i].text, REBOUND_MAILBOX_DEFAULT, singles[_i].expected);
  assert_messages (singles[_i].text, REBOUND_MAILBOX_SINGLE, singles[_i].expected);
}
END_TEST

START_TEST (single_flag)
{
  assert_messages (FROM "S: 1\n\n>From a\n\n" FROM "S: 2\n\n", REBOUND_MAILBOX_SINGLE,
                   "S: 1\n\n>From a\n\n" FROM "S: 2\n\n|");
}
END_TEST

START_TEST (empty)
{
  assert_messages ("", REBOUND_MAILBOX_DEFAULT, "");
  assert_messages ("", REBOUND_MAILBOX_SINGLE, "|");
}
END_TEST

/* ---- Limits ------------------------------------------------------------------------------- */

START_TEST (limits_cut)
{
  static const char text[] = FROM "S: 1\n\n>From a\n\n" FROM "S: 22\n\n" FROM "S: 3\n";
  static const struct
  {
    gsize limit;
    const char *expected;
  } cuts[] = {
    { 0, "S|S|S|" },
    { 4, "S: 1\n|S: 22|S: 3\n|" },
    { 5, "S: 1\n\n|S: 22\n|S: 3\n|" },
    { 7, "S: 1\n\nFr|S: 22\n|S: 3\n|" },
    { G_MAXSIZE, "S: 1\n\nFrom a\n|S: 22\n|S: 3\n|" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cuts); i++)
    {
      ReboundLimits limits = { .message_bytes = cuts[i].limit };
      g_autoptr (GString) got = read_file (text, strlen (text), REBOUND_MAILBOX_DEFAULT, &limits);

      assert_text (got, cuts[i].expected, "cut");
    }
}
END_TEST

START_TEST (limits_default)
{
  ReboundLimits limits;
  g_autofree char *text = NULL;
  g_autoptr (GString) got = NULL;

  rebound_limits_init (&limits);
  text = g_strnfill (limits.message_bytes + 2, 'x');
  got = read_file (text, limits.message_bytes + 2, REBOUND_MAILBOX_DEFAULT, NULL);
  ck_assert_uint_eq (got->len, limits.message_bytes + 1 + strlen ("|"));
}
END_TEST

static long
peak_memory (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

/* A line of 100 MB, which takes no room on the disk, nor in memory. */
START_TEST (long_line)
{
  static const char head[] = FROM "S: 1\n\n";
  static const char tail[] = "\n\n" FROM "S: 2\n\n";
  const off_t hole = 100 * 1024 * 1024;
  const ReboundLimits limits = { .message_bytes = 10 };
  g_autofree char *path = tmp_path ("long");
  g_autoptr (ReboundMailbox) mailbox = NULL;
  int fd = open (path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  long before = peak_memory ();
  g_autoptr (GString) got = NULL;

  ck_assert_int_eq (pwrite (fd, head, strlen (head), 0), (gssize) strlen (head));
  ck_assert_int_eq (pwrite (fd, tail, strlen (tail), hole), (gssize) strlen (tail));
  close (fd);

  mailbox = rebound_mailbox_open (path, REBOUND_MAILBOX_DEFAULT, &limits, NULL);
  got = read_all (mailbox);
  ck_assert_uint_eq (got->len, 11 + 1 + strlen ("S: 2\n|"));
  ck_assert_str_eq (got->str + 12, "S: 2\n|");
  ck_assert_int_lt (peak_memory () - before, 10 * 1024);
}
END_TEST

/* ---- Maildir ------------------------------------------------------------------------------ */

static char *
make_maildir (const char *name)
{
  static const char *const folders[] = { "cur", "new", "tmp" };
  char *maildir = tmp_path (name);

  for (gsize i = 0; i < G_N_ELEMENTS (folders); i++)
    {
      g_autofree char *folder = g_build_filename (maildir, folders[i], NULL);

      ck_assert_int_eq (g_mkdir_with_parents (folder, 0700), 0);
    }
  return maildir;
}

static void
deliver (const char *maildir, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (maildir, name, NULL);

  write_file (path, text, -1);
}

static void
remove_file (const char *maildir, const char *name)
{
  g_autofree char *path = g_build_filename (maildir, name, NULL);

  ck_assert_int_eq (g_unlink (path), 0);
}

static void
assert_next (ReboundMailbox *mailbox, const char *maildir, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (maildir, name, NULL);
  g_autoptr (GBytes) message = NULL;

  ck_assert (rebound_mailbox_next (mailbox, &message, NULL));
  ck_assert_ptr_nonnull (message);
  ck_assert_uint_eq (g_bytes_get_size (message), strlen (text));
  ck_assert_mem_eq (g_bytes_get_data (message, NULL), text, strlen (text));
  ck_assert_str_eq (rebound_mailbox_get_source (mailbox), path);
  ck_assert_uint_eq (rebound_mailbox_get_index (mailbox), 0);
}

static void
assert_fails (ReboundMailbox *mailbox, int code, const char *maildir, const char *name)
{
  g_autofree char *path = g_build_filename (maildir, name, NULL);
  g_autofree char *begin = g_strdup_printf ("cannot read “%s”: ", path);
  g_autoptr (GBytes) message = NULL;
  g_autoptr (GError) error = NULL;

  ck_assert (!rebound_mailbox_next (mailbox, &message, &error));
  ck_assert_ptr_null (message);
  ck_assert_msg (g_error_matches (error, G_FILE_ERROR, code), "%s", error->message);
  ck_assert_msg (g_str_has_prefix (error->message, begin), "%s", error->message);
  ck_assert_str_eq (rebound_mailbox_get_source (mailbox), path);
}

static int
first_free_descriptor (void)
{
  int fd = open ("/dev/null", O_RDONLY);

  close (fd);
  return fd;
}

START_TEST (maildir)
{
  g_autofree char *path = make_maildir ("maildir");
  ReboundMailbox *mailbox;
  int fd = first_free_descriptor ();

  deliver (path, "cur/1002.b.host:2,S", "S: 2\n\n" FROM "S: x\n\n>From a\n\n");
  deliver (path, "new/1003.c.host", "S: 3\n");
  deliver (path, "new/1001.a.host", "");
  deliver (path, "cur/1004.d.host:2,", FROM "S: 4\n\n" FROM "S: x\n");
  deliver (path, "tmp/1000.e.host", "S: unfinished\n");
  deliver (path, "new/.hidden", "S: none\n");

  mailbox = rebound_mailbox_open (path, REBOUND_MAILBOX_DEFAULT, NULL, NULL);
  ck_assert_ptr_nonnull (mailbox);
  assert_next (mailbox, path, "new/1001.a.host", "");
  assert_next (mailbox, path, "cur/1002.b.host:2,S", "S: 2\n\n" FROM "S: x\n\n>From a\n\n");
  assert_next (mailbox, path, "new/1003.c.host", "S: 3\n");
  assert_next (mailbox, path, "cur/1004.d.host:2,", "S: 4\n\n" FROM "S: x\n");
  assert_end (mailbox);
  rebound_mailbox_free (mailbox);
  ck_assert_int_eq (first_free_descriptor (), fd);
}
END_TEST

static const struct
{
  const char *name;
  gint64 arrival;
} names[] = {
  { "new/978310923.M1P2.host", 978310923 },
  { "cur/978310923.M1P2.host:2,S", 978310923 },
  { "new/1763740800.a", 1763740800 },
  /* no time, so the line counts */
  { "new/1001.a.host", 978307200 },
  { "new/978310923", 978307200 },
  { "new/978310923-a.host", 978307200 },
  { "new/999999999999999999999.a", 978307200 },
  { "new/a.978310923.host", 978307200 },
};

START_TEST (maildir_arrival)
{
  g_autofree char *path = make_maildir ("arrivals");
  g_autoptr (ReboundMailbox) mailbox = NULL;

  deliver (path, names[_i].name, FROM "S: 1\n");
  mailbox = rebound_mailbox_open (path, REBOUND_MAILBOX_DEFAULT, NULL, NULL);
  ck_assert_ptr_nonnull (mailbox);
  ck_assert_int_eq (rebound_mailbox_get_arrival (mailbox), 0);
  assert_next (mailbox, path, names[_i].name, "S: 1\n");
  ck_assert_int_eq (rebound_mailbox_get_arrival (mailbox), names[_i].arrival);
  remove_file (path, names[_i].name);
}
END_TEST

START_TEST (maildir_empty)
{
  g_autofree char *path = make_maildir ("empty");
  g_autoptr (ReboundMailbox) mailbox =
      rebound_mailbox_open (path, REBOUND_MAILBOX_SINGLE, NULL, NULL);

  ck_assert_ptr_nonnull (mailbox);
  assert_end (mailbox);
}
END_TEST

/* Modes do not stop root, who may run the tests, so the files are of the wrong kind. */
START_TEST (maildir_unreadable)
{
  g_autofree char *path = make_maildir ("unreadable");
  g_autofree char *gone = g_build_filename (path, "new/1", NULL);
  g_autofree char *directory = g_build_filename (path, "cur/2", NULL);
  g_autofree char *fifo = g_build_filename (path, "cur/4", NULL);
  g_autoptr (ReboundMailbox) mailbox = NULL;

  ck_assert_int_eq (symlink ("nowhere", gone), 0);
  ck_assert_int_eq (mkdir (directory, 0700), 0);
  deliver (path, "cur/3", "S: 3\n");
  ck_assert_int_eq (mkfifo (fifo, 0600), 0);
  deliver (path, "new/5", "S: 5\n");

  mailbox = rebound_mailbox_open (path, REBOUND_MAILBOX_DEFAULT, NULL, NULL);
  ck_assert_ptr_nonnull (mailbox);
  assert_fails (mailbox, G_FILE_ERROR_NOENT, path, "new/1");
  assert_fails (mailbox, G_FILE_ERROR_INVAL, path, "cur/2");
  assert_next (mailbox, path, "cur/3", "S: 3\n");
  assert_fails (mailbox, G_FILE_ERROR_INVAL, path, "cur/4");
  assert_next (mailbox, path, "new/5", "S: 5\n");
  assert_end (mailbox);
}
END_TEST

/* ---- Errors and descriptors --------------------------------------------------------------- */

static void
assert_no_mailbox (const char *path, int code, const char *reason)
{
  g_autofree char *expected = g_strdup_printf ("cannot read “%s”: %s", path, reason);
  g_autoptr (GError) error = NULL;

  ck_assert_ptr_null (rebound_mailbox_open (path, REBOUND_MAILBOX_DEFAULT, NULL, &error));
  ck_assert (g_error_matches (error, G_FILE_ERROR, code));
  ck_assert_str_eq (error->message, expected);
}

START_TEST (open_errors)
{
  g_autofree char *missing = tmp_path ("missing");
  g_autofree char *half = tmp_path ("half");
  g_autofree char *half_cur = g_build_filename (half, "cur", NULL);

  assert_no_mailbox (missing, G_FILE_ERROR_NOENT, g_strerror (ENOENT));

  ck_assert_int_eq (g_mkdir_with_parents (half_cur, 0700), 0);
  assert_no_mailbox (half, G_FILE_ERROR_ISDIR,
                     "it is a directory, but no Maildir, which has cur/ and new/");
}
END_TEST

START_TEST (read_errors)
{
  g_autoptr (ReboundMailbox) mailbox = rebound_mailbox_open_fd (-1, REBOUND_MAILBOX_SINGLE, NULL);
  g_autoptr (GError) error = NULL;
  GBytes *message = NULL;

  ck_assert (!rebound_mailbox_next (mailbox, &message, &error));
  ck_assert_ptr_null (message);
  ck_assert (g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_BADF));
  ck_assert (g_str_has_prefix (error->message, "cannot read “file descriptor -1”: "));
  assert_end (mailbox);
}
END_TEST

/* A message that breaks off in an error is not handed out as if it were whole. */
START_TEST (read_error_within)
{
  int fds[2];
  g_autofree char *text = g_strnfill (5000, 'x');
  g_autoptr (ReboundMailbox) mailbox = NULL;
  g_autoptr (GError) error = NULL;
  GBytes *message = NULL;

  ck_assert_int_eq (pipe (fds), 0);
  ck_assert_int_eq (write (fds[1], text, 5000), 5000);
  ck_assert_int_eq (fcntl (fds[0], F_SETFL, O_NONBLOCK), 0);
  mailbox = rebound_mailbox_open_fd (fds[0], REBOUND_MAILBOX_DEFAULT, NULL);
  ck_assert (!rebound_mailbox_next (mailbox, &message, &error));
  ck_assert_ptr_null (message);
  ck_assert (g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_AGAIN));
  assert_end (mailbox);
}
END_TEST

START_TEST (descriptor)
{
  g_autofree char *path = tmp_path ("descriptor");
  ReboundMailbox *mailbox;
  g_autoptr (GString) got = NULL;
  int fd;

  write_file (path, FROM "S: 1\n\n" FROM "S: 2\n\n", -1);
  fd = open (path, O_RDONLY);
  mailbox = rebound_mailbox_open_fd (fd, REBOUND_MAILBOX_DEFAULT, NULL);
  got = read_all (mailbox);
  assert_text (got, "S: 1\n|S: 2\n|", "descriptor");
  ck_assert_ptr_null (rebound_mailbox_get_source (mailbox));
  ck_assert_uint_eq (rebound_mailbox_get_index (mailbox), 1);
  rebound_mailbox_free (mailbox);
  ck_assert_msg (fcntl (fd, F_GETFD) >= 0, "the caller's descriptor was closed");
  close (fd);
}
END_TEST

static volatile sig_atomic_t n_alarms;

static void
count_alarm (int signal_number)
{
  (void) signal_number;
  n_alarms++;
}

/* Writes only once a signal has come in while the other side was waiting. */
static gpointer
write_late (gpointer data)
{
  const Writer *writer = data;

  while (n_alarms < 3)
    g_usleep (1000);
  ck_assert_int_eq (write (writer->fd, writer->text, writer->length), (gssize) writer->length);
  close (writer->fd);
  return NULL;
}

START_TEST (interrupted)
{
  static const char text[] = "S: 1\n";
  const struct sigaction action = { .sa_handler = count_alarm };
  const struct itimerval often = { .it_interval.tv_usec = 5000, .it_value.tv_usec = 5000 };
  const struct itimerval never = { .it_value.tv_usec = 0 };
  int fds[2];
  Writer writer = { .text = text, .length = strlen (text) };
  g_autoptr (ReboundMailbox) mailbox = NULL;
  sigset_t alarms;
  GThread *thread;
  g_autoptr (GString) got = NULL;

  ck_assert_int_eq (pipe (fds), 0);
  writer.fd = fds[1];
  ck_assert_int_eq (sigaction (SIGALRM, &action, NULL), 0);
  sigemptyset (&alarms);
  sigaddset (&alarms, SIGALRM);
  pthread_sigmask (SIG_BLOCK, &alarms, NULL);
  thread = g_thread_new ("writer", write_late, &writer);
  pthread_sigmask (SIG_UNBLOCK, &alarms, NULL);

  setitimer (ITIMER_REAL, &often, NULL);
  mailbox = rebound_mailbox_open_fd (fds[0], REBOUND_MAILBOX_DEFAULT, NULL);
  got = read_all (mailbox);
  setitimer (ITIMER_REAL, &never, NULL);

  assert_text (got, "S: 1\n|", "interrupted");
  g_thread_join (thread);
}
END_TEST

/* ---- The suite ---------------------------------------------------------------------------- */

static void
make_tmp_dir (void)
{
  tmp_dir = g_dir_make_tmp ("check-mailbox-XXXXXX", NULL);
  ck_assert_ptr_nonnull (tmp_dir);
}

static int
remove_entry (const char *path, const struct stat *status, int type, struct FTW *position)
{
  (void) status;
  (void) type;
  (void) position;
  return remove (path);
}

static void
remove_tmp_dir (void)
{
  nftw (tmp_dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
  g_free (tmp_dir);
}

static TCase *
mbox_tests (void)
{
  TCase *tests = tcase_create ("mbox");

  tcase_add_loop_test (tests, mbox, 0, G_N_ELEMENTS (mboxes));
  tcase_add_loop_test (tests, separator, 0, G_N_ELEMENTS (separators));
  tcase_add_loop_test (tests, no_separator, 0, G_N_ELEMENTS (no_separators));
  tcase_add_loop_test (tests, arrival, 0, G_N_ELEMENTS (dates));
  tcase_add_test (tests, no_arrival);
  tcase_add_test (tests, long_separator);
  tcase_add_loop_test (tests, far_apart, 0, 3);
  tcase_add_loop_test (tests, buffer_end, '>', '>' + 1);
  tcase_add_loop_test (tests, buffer_end, 'x', 'x' + 1);
  tcase_add_test (tests, long_quote);
  tcase_add_test (tests, many_messages);
  tcase_add_loop_test (tests, random_bytes, 0, 4);
  return tests;
}

static TCase *
other_tests (void)
{
  TCase *tests = tcase_create ("others");

  tcase_add_loop_test (tests, single, 0, G_N_ELEMENTS (singles));
  tcase_add_test (tests, single_flag);
  tcase_add_test (tests, empty);
  tcase_add_test (tests, limits_cut);
  tcase_add_test (tests, limits_default);
  tcase_add_test (tests, long_line);
  tcase_add_test (tests, maildir);
  tcase_add_loop_test (tests, maildir_arrival, 0, G_N_ELEMENTS (names));
  tcase_add_test (tests, maildir_empty);
  tcase_add_test (tests, maildir_unreadable);
  tcase_add_test (tests, open_errors);
  tcase_add_test (tests, read_errors);
  tcase_add_test (tests, read_error_within);
  tcase_add_test (tests, descriptor);
  tcase_add_test (tests, interrupted);
  return tests;
}

int
main (void)
{
  TCase *const cases[] = { mbox_tests (), other_tests (), NULL };

  return run_suite ("mailbox", cases, make_tmp_dir, remove_tmp_dir);
}
