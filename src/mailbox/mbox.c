/* Rebound: the messages of an mbox, or the one message of a file.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An mbox (RFC 4155 and its elder relatives) is messages one after the other, each behind a line
 * `From SENDER DATE` and followed by a blank line. Writers quote a line of the text that begins
 * with `From ` by a `>` (mboxo), or also those that begin with `>From `, `>>From `, … (mboxrd).
 * Some quote nothing (mboxcl2), and many do not notice a `From ` with the wrong line ending, so a
 * line has to look right from all sides before it is believed. Content-Length is not: it is
 * wrong as soon as any program touches the message.
 *
 * All that matters in an mbox happens at `From `, hence the reader looks for these five bytes
 * only, with memmem(), and copies what is between them in one go. Lines may end at LF, CRLF or
 * CR and be of any length: what a line is, is only asked around a `From `. */
#include "mailbox/mailbox.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#define FROM "From "
#define FROM_LENGTH (sizeof FROM - 1)

#define BUFFER_SIZE (64 * 1024)
/* Before a `From `: the ends of a line and of a blank line, CR LF CR LF. */
#define LOOKBEHIND 4
/* From a `From ` on: its line and the name of the header field behind it. */
#define LOOKAHEAD 2048

#define EOL "(?:\\r\\n|\\n|\\r)"
#define SPACE "[ \\t]++"
/* "+0100", "(CET)", and "EST", "MET DST", "EST5EDT", "GMT+1" of System V */
#define ZONES "(?:" SPACE "(?:[+-]\\d{4}|\\([A-Z ]{1,20}\\)|[A-Z][A-Z0-9+-]{0,9})){0,2}"

enum
{
  LINE_GROUP = 1,
  MONTH_GROUP,
  DAY_GROUP,
  HOUR_GROUP,
  MINUTE_GROUP,
  SECOND_GROUP,
  ZONE_GROUP, /* before the year */
  YEAR_GROUP,
  ZONE_BEHIND_GROUP,
  HEADER_GROUP,
  N_GROUPS
};

/* asctime() in LINE_GROUP. The sender may be missing, or several words ("From John Doe Mon …");
 * the zone stands before the year (date(1), Google Takeout) or behind it (ELM). UUCP adds
 * "remote from HOST". What follows is a header, HEADER_GROUP: after a blank line too many where a
 * filter put one, or after more envelope lines, one for each UUCP host on the way. */
static const char separator_pattern[] =
    "(" FROM "(?:[^ \\t\\r\\n]*+" SPACE ")*?"
    "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)" SPACE
    "(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)" SPACE "(\\d{1,2})" SPACE
    "(\\d{1,2}):(\\d\\d)(?::(\\d\\d))?(" ZONES ")" SPACE "(\\d{4})(" ZONES ")(?:" SPACE
    "remote from" SPACE "[^ \\t\\r\\n]++)?[ \\t]*+" EOL ")"
    "(" EOL "?+(?:[A-Za-z][A-Za-z0-9_.-]{0,99}+[ \\t]*+:|>?" FROM "))?";

struct _MboxReader
{
  int fd;
  char *name;
  gboolean single;
  gsize kept;

  gboolean started;
  gboolean split;        /* it is an mbox */
  gboolean finished;     /* no further message */
  gint64 arrival;        /* of the current message */
  gint64 next_arrival;   /* of the one whose separator was read */
  pcre2_code *separator; /* compiled when first needed */
  pcre2_match_data *match;

  GString *message;    /* of the current one the bytes before @start, at most @kept */
  gboolean line_start; /* from the start of a line to @start there is nothing but '>' */

  gboolean at_end; /* nothing can be read behind @end */
  gsize start;     /* start <= scan <= end: bytes of the message not yet taken */
  gsize scan;      /* no unseen `From ` begins before */
  gsize end;
  char buffer[BUFFER_SIZE];
};

static gboolean
is_eol (char c)
{
  return c == '\n' || c == '\r';
}

/* Where the '>' that stand directly before @at begin. */
static gsize
quotes_before (const MboxReader *self, gsize at)
{
  while (at > self->start && self->buffer[at - 1] == '>')
    at--;
  return at;
}

/* Whether there is nothing but '>' between the start of a line and @at. */
static gboolean
begins_line (const MboxReader *self, gsize at)
{
  gsize line = quotes_before (self, at);

  return line > self->start ? is_eol (self->buffer[line - 1]) : self->line_start;
}

/* Where the line end that stands directly before @at begins. */
static gsize
eol_before (const MboxReader *self, gsize at)
{
  const char *eol = self->buffer + at;
  gsize room = at - self->start;

  if (room >= 2 && eol[-2] == '\r' && eol[-1] == '\n')
    return at - 2;
  return room >= 1 && is_eol (eol[-1]) ? at - 1 : at;
}

/* Where the blank line that stands directly before @at begins; @at where there is none. */
static gsize
blank_line_before (const MboxReader *self, gsize at)
{
  gsize line = eol_before (self, at);
  gboolean blank = line > self->start ? is_eol (self->buffer[line - 1]) : self->line_start;

  return blank ? line : at;
}

/* Adds what is before @upto to the message. */
static void
take (MboxReader *self, gsize upto)
{
  gsize length = upto - self->start;
  gsize room = self->kept - self->message->len;

  g_string_append_len (self->message, self->buffer + self->start, (gssize) MIN (length, room));
  self->line_start = begins_line (self, upto);
  self->start = upto;
}

/* Leaves out what is before @upto, where a line begins, if only with '>' that are taken. */
static void
skip (MboxReader *self, gsize upto)
{
  self->start = self->scan = upto;
  self->line_start = TRUE;
}

/* Reads on behind what is in the buffer. */
static gboolean
fill (MboxReader *self, GError **error)
{
  gssize n;

  if (self->end == BUFFER_SIZE)
    {
      memmove (self->buffer, self->buffer + self->start, self->end - self->start);
      self->scan -= self->start;
      self->end -= self->start;
      self->start = 0;
    }
  do
    n = read (self->fd, self->buffer + self->end, BUFFER_SIZE - self->end);
  while (n < 0 && errno == EINTR);

  if (n < 0)
    {
      mailbox_set_error (error, self->name, errno);
      return FALSE;
    }
  self->end += (gsize) n;
  self->at_end = n == 0;
  return TRUE;
}

static void
compile_separator (MboxReader *self)
{
  int code;
  PCRE2_SIZE offset;

  self->separator = pcre2_compile ((PCRE2_SPTR) separator_pattern, PCRE2_ZERO_TERMINATED,
                                   PCRE2_ANCHORED, &code, &offset, NULL);
  self->match = pcre2_match_data_create (N_GROUPS, NULL);
}

/* A copy, since what stands in the buffer has no end; "" of what is missing. */
static char *
group (const MboxReader *self, const char *text, guint number)
{
  const PCRE2_SIZE *at = pcre2_get_ovector_pointer (self->match) + 2 * number;

  return at[0] == PCRE2_UNSET ? g_strdup ("") : g_strndup (text + at[0], at[1] - at[0]);
}

/* When the message behind the separator that was found in @text arrived. */
static gint64
read_arrival (const MboxReader *self, const char *text)
{
  g_autofree char *month = group (self, text, MONTH_GROUP);
  g_autofree char *day = group (self, text, DAY_GROUP);
  g_autofree char *hour = group (self, text, HOUR_GROUP);
  g_autofree char *minute = group (self, text, MINUTE_GROUP);
  g_autofree char *second = group (self, text, SECOND_GROUP);
  g_autofree char *year = group (self, text, YEAR_GROUP);
  g_autofree char *before = group (self, text, ZONE_GROUP);
  g_autofree char *behind = group (self, text, ZONE_BEHIND_GROUP);
  g_autofree char *zone = g_strconcat (before, behind, NULL);
  const MailboxDate date = { month, day, hour, minute, second, year, zone };

  return mailbox_read_asctime (&date);
}

/* The length of the separator line at @from, or 0. */
static gsize
separator_length (MboxReader *self, gsize from, gboolean with_header)
{
  const char *text = self->buffer + from;
  gsize length = MIN (self->end - from, LOOKAHEAD);
  int n_groups;

  if (length < FROM_LENGTH || memcmp (text, FROM, FROM_LENGTH) != 0)
    return 0;

  if (self->separator == NULL)
    compile_separator (self);
  n_groups = pcre2_match (self->separator, (PCRE2_SPTR) text, length, 0, 0, self->match, NULL);
  if (n_groups < (with_header ? N_GROUPS : HEADER_GROUP))
    return 0;
  self->next_arrival = read_arrival (self, text);
  return pcre2_get_ovector_pointer (self->match)[2 * LINE_GROUP + 1];
}

/* Finds the next `From ` together with what is needed to judge it; the end of the input where
 * there is none. */
static gboolean
find_from (MboxReader *self, gsize *from, GError **error)
{
  for (;;)
    {
      gsize length = self->end - self->scan;
      const char *hit = memmem (self->buffer + self->scan, length, FROM, FROM_LENGTH);

      if (hit != NULL)
        self->scan = (gsize) (hit - self->buffer);
      else if (self->at_end)
        self->scan = self->end;
      else if (length >= FROM_LENGTH)
        self->scan = self->end - (FROM_LENGTH - 1);

      *from = self->scan;
      if (self->at_end || self->end - self->scan >= LOOKAHEAD)
        return TRUE;

      if (self->scan - self->start > LOOKBEHIND)
        take (self, self->scan - LOOKBEHIND);
      if (!fill (self, error))
        return FALSE;
    }
}

/* Takes one message of an mbox, without quoting, and goes behind the separator that ends it. */
static gboolean
take_one (MboxReader *self, GError **error)
{
  gsize from;

  while (find_from (self, &from, error))
    {
      gsize blank = blank_line_before (self, from);
      gsize separator = blank < from ? separator_length (self, from, TRUE) : 0;

      self->finished = from == self->end;
      if (self->finished || separator > 0)
        {
          take (self, blank);
          skip (self, from + separator);
          return TRUE;
        }

      /* Which '>' of several goes makes no difference, and the last one is always at hand. */
      if (quotes_before (self, from) < from && begins_line (self, from))
        {
          take (self, from - 1);
          skip (self, from);
        }
      self->scan = from + FROM_LENGTH;
    }
  return FALSE;
}

/* Takes all there is. */
static gboolean
take_all (MboxReader *self, GError **error)
{
  for (;;)
    {
      take (self, self->end);
      self->scan = self->end;
      self->finished = self->at_end;
      if (self->at_end)
        return TRUE;
      if (!fill (self, error))
        return FALSE;
    }
}

/* Behind a byte-order mark and blank lines, which editors and concatenation leave. */
static gsize
preface_length (const MboxReader *self)
{
  gsize at = self->end >= 3 && memcmp (self->buffer, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

  while (at < self->end && is_eol (self->buffer[at]))
    at++;
  return at;
}

/* Looks at the first line. Here the form of a separator is enough: a message that begins with a
 * `From ` line has it from a program that delivered it. */
static gboolean
start (MboxReader *self, GError **error)
{
  gsize preface, separator;

  while (!self->at_end && self->end < LOOKAHEAD)
    if (!fill (self, error))
      return FALSE;

  preface = self->single ? 0 : preface_length (self);
  separator = separator_length (self, preface, FALSE);
  self->split = separator > 0 && !self->single;
  self->finished = self->end == 0 && !self->single;
  skip (self, separator > 0 ? preface + separator : 0);
  return TRUE;
}

static gboolean
read_message (MboxReader *self, GError **error)
{
  if (!self->started && !start (self, error))
    return FALSE;

  self->started = TRUE;
  if (self->finished)
    return TRUE;

  self->arrival = self->next_arrival;
  self->next_arrival = 0;
  self->message = g_string_new (NULL);
  return self->split ? take_one (self, error) : take_all (self, error);
}

MboxReader *
mbox_reader_new (int fd, const char *name, ReboundMailboxFlags flags, gsize kept)
{
  /* The buffer is not worth clearing for each file of a Maildir. */
  MboxReader *self = g_malloc (sizeof *self);

  memset (self, 0, G_STRUCT_OFFSET (MboxReader, buffer));
  self->fd = fd;
  self->name = g_strdup (name);
  self->single = (flags & REBOUND_MAILBOX_SINGLE) != 0;
  self->kept = kept;
  return self;
}

gboolean
mbox_reader_next (MboxReader *self, GBytes **message, GError **error)
{
  GString *text;
  gboolean ok;

  *message = NULL;
  ok = (self->started && self->finished) || read_message (self, error);
  text = g_steal_pointer (&self->message);
  if (ok && text != NULL)
    *message = g_string_free_to_bytes (g_steal_pointer (&text));
  else if (text != NULL)
    g_string_free (text, TRUE);

  if (!ok)
    self->started = self->finished = TRUE;
  return ok;
}

gint64
mbox_reader_get_arrival (const MboxReader *self)
{
  return self->arrival;
}

void
mbox_reader_free (MboxReader *self)
{
  g_free (self->name);
  pcre2_match_data_free (self->match);
  pcre2_code_free (self->separator);
  g_free (self);
}
