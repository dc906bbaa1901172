/* Rebound: the lines of a paste that belong together.
 *
 * A line begins a text of its own, unless it is known for one that goes on with the lines before
 * it. How many lines a text may have is bounded by its length alone.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rebound-paste.h"

#include <string.h>

#include "address.h"
#include "codes.h"
#include "evidence.h"
#include "lines.h"
#include "log.h"
#include "message/scan.h"

/* Bytes of one text; what is longer is no refusal. */
#define LONGEST_TEXT 65536

/* … that are looked at again for each line: a log's line, the fields on a message. */
#define LONGEST_BEGINNING 4096

typedef enum
{
  KIND_PLAIN,
  KIND_OPENING,      /* a program's words before the refusal */
  KIND_CONVERSATION, /* a transcript */
  KIND_FIELDS,       /* of a delivery status */
  KIND_QUEUE,        /* what a queue lists of a message */
  KIND_OBJECT,       /* a JSON object */
  KIND_BRACES,       /* an object or a dictionary as programs print them */
} Kind;

struct _ReboundPaste
{
  GString *text;
  GQueue *ready; /* of char* */
  Kind kind;
  gsize last;      /* where its last line begins */
  gsize indent;    /* of its first line */
  gint depth;      /* of braces */
  gboolean string; /* within a string of JSON */
  gboolean escape;
  gboolean coded; /* a code of a failure was there */
  gboolean data;  /* the mail itself is being sent */
};

ReboundPaste *
rebound_paste_new (void)
{
  ReboundPaste *self = g_new0 (ReboundPaste, 1);

  self->text = g_string_new (NULL);
  self->ready = g_queue_new ();
  return self;
}

void
rebound_paste_free (ReboundPaste *self)
{
  if (self == NULL)
    return;
  g_string_free (self->text, TRUE);
  g_queue_free_full (self->ready, g_free);
  g_free (self);
}

char *
rebound_paste_next (ReboundPaste *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return g_queue_pop_head (self->ready);
}

/* Lists in JSON */

/* Arrays of an object that are looked at for events. */
#define MOST_ARRAYS 8

/* Behind the object at @p; the end of the text where it has no end. */
static const char *
skip_object (const char *p, const char *end)
{
  gboolean string = FALSE;
  guint depth = 0;

  for (; p < end; p++)
    {
      string ^= *p == '"';
      if (string)
        p += *p == '\\';
      else if (*p == '{')
        depth++;
      else if (*p == '}' && --depth == 0)
        return p + 1;
    }
  return end;
}

static const char *
skip_between (const char *p, const char *end)
{
  while (p < end && (g_ascii_isspace (*p) || *p == ','))
    p++;
  return p;
}

/* It names a recipient, and says what became of the mail to him. */
static gboolean
is_event (const char *start, const char *end)
{
  static const char *const names[] = { "\"event\"",  "\"type\"", "\"status\"",
                                       "\"reason\"", "\"code\"", "\"diagnosticcode\"" };
  g_autofree char *text = g_ascii_strdown (start, end - start);
  ReboundLog log;

  rebound_log_read (start, end, &log);
  for (guint i = 0; i < G_N_ELEMENTS (names) && log.recipient.start != NULL; i++)
    if (strstr (text, names[i]) != NULL)
      return TRUE;
  return FALSE;
}

/* The objects of the array behind @p that are events. */
static GPtrArray *
list_events (const char *p, const char *end)
{
  GPtrArray *events = g_ptr_array_new_with_free_func (g_free);

  for (p = skip_between (p, end); p < end && *p == '{'; p = skip_between (p, end))
    {
      const char *start = p;

      p = skip_object (p, end);
      if (is_event (start, p))
        g_ptr_array_add (events, g_strndup (start, p - start));
    }
  return events;
}

/* What a service's interface lists in an array are texts of their own. A notice's recipients have
 * more in common than the array, and are taken apart by who reads it. */
static gboolean
split (ReboundPaste *self)
{
  const char *end = self->text->str + self->text->len;
  const char *p = self->text->str;

  if (rebound_evidence_may_be_notice (p, self->text->len))
    return FALSE;
  for (guint i = 0; i < MOST_ARRAYS && (p = strchr (p, '[')) != NULL;)
    {
      g_autoptr (GPtrArray) events = list_events (++p, end);

      i += *skip_between (p, end) == '{';
      for (guint n = 0; n < events->len && events->len > 1; n++)
        g_queue_push_tail (self->ready, g_steal_pointer (&events->pdata[n]));
      if (events->len > 1)
        return TRUE;
    }
  return FALSE;
}

static void
finish (ReboundPaste *self)
{
  if (self->text->len > 0 && !split (self))
    g_queue_push_tail (self->ready, g_strchomp (g_strdup (self->text->str)));
  g_string_truncate (self->text, 0);
  self->kind = KIND_PLAIN;
  self->depth = 0;
  self->string = self->escape = self->coded = self->data = FALSE;
}

/* What lines are */

typedef struct
{
  const char *start;
  const char *words; /* behind its indentation */
  const char *end;
  gboolean is_spoken; /* it is one of a conversation */
  ReboundSpoken spoken;
} Line;

static Line
make_line (const char *start, const char *end)
{
  Line line = { .start = start, .words = rebound_skip_blanks (start, end), .end = end };

  line.is_spoken = rebound_line_is_logged_speech (start, end, &line.spoken);
  return line;
}

static gboolean
is_blank (const Line *line)
{
  return line->words == line->end;
}

static gboolean
has_words (const Line *line, const char *words)
{
  return memmem (line->words, line->end - line->words, words, strlen (words)) != NULL;
}

static gboolean
begins_with_one (const Line *line, const char *const *words)
{
  for (guint i = 0; words[i] != NULL; i++)
    if (rebound_starts_with (line->words, line->end, words[i]))
      return TRUE;
  return FALSE;
}

/* Behind "> " of a quotation. */
static const char *
skip_quotation (const char *p, const char *end)
{
  while (p < end && strchr (" \t>|\"'", *p) != NULL)
    p++;
  return p;
}

/* The code at the beginning of a line, or behind what quotes or marks it; %NULL. */
static const char *
find_code (const Line *line)
{
  const char *p = skip_quotation (line->words, line->end);

  if (line->is_spoken && line->spoken.reply)
    p = line->spoken.words;
  if (line->end - p >= 3 && *p >= '2' && *p <= '5' && g_ascii_isdigit (p[1])
      && g_ascii_isdigit (p[2]) && (p + 3 == line->end || p[3] == ' ' || p[3] == '-'))
    return p;
  return NULL;
}

/* "at com.example.Mail.send(Mail.java:42)", PHP's "#0 /srv/www/send.php(42): mail()" */
static gboolean
is_stack_frame (const Line *line)
{
  if (line->end - line->words > 3 && *line->words == '#' && g_ascii_isdigit (line->words[1]))
    return line->words[2] == ' ' || (g_ascii_isdigit (line->words[2]) && line->words[3] == ' ');
  return line->words > line->start && rebound_starts_with (line->words, line->end, "at ")
         && memchr (line->words, '(', line->end - line->words) != NULL;
}

/* Fields of RFC 3464 and of those who add to them. */
static gboolean
is_field (const Line *line)
{
  static const char *const names[] = {
    "reporting-mta:", "final-recipient:", "original-recipient:", "action:",
    "status:",        "remote-mta:",      "diagnostic-code:",    "last-attempt-date:",
    "arrival-date:",  "will-retry-until", "received-from-mta:",  "original-envelope-id:",
    "x-postfix-",     "x-supplementary",  "x-display-name:",     NULL,
  };

  return begins_with_one (line, names);
}

/* "4dB7Vq1x*    4711 Sat Nov 21 16:40:00  news@example.org" of Postfix and sendmail. */
static gboolean
is_queue_entry (const Line *line)
{
  const char *p = line->words;
  const char *id = p;

  while (p < line->end && g_ascii_isalnum (*p))
    p++;
  if (p - id < 6)
    return FALSE;
  p += p < line->end && strchr ("*!-", *p) != NULL;
  id = p;
  p = rebound_skip_blanks (p, line->end);
  if (p == id || rebound_count_digits (p, line->end) == 0)
    return FALSE;
  p += rebound_count_digits (p, line->end);
  p = rebound_skip_blanks (p, line->end);
  return line->end - p > 8 && g_ascii_isalpha (*p) && p[3] == ' ' && g_ascii_isalpha (p[4])
         && p[7] == ' ';
}

/* What programs say before they quote a refusal, on lines of their own. */
static gboolean
is_opening (const Line *line)
{
  static const char *const words[] = {
    "traceback (most recent call last)",
    "your message did not reach some or all of the intended recipients",
    "javax.mail.sendfailedexception: ",
    "jakarta.mail.sendfailedexception: ",
    "msmtp: recipient address ",
    "msmtp: envelope from address ",
    NULL,
  };

  return line->end[-1] == ':' || begins_with_one (line, words);
}

/* What they say behind it. */
static gboolean
is_closing (const Line *line)
{
  static const char *const words[] = {
    "' in /",
    "message rejected by:",
    "msmtp: server message:",
    "msmtp: could not send mail",
    "please check the message recipient",
    NULL,
  };

  return strchr (";)}]", *line->words) != NULL || begins_with_one (line, words);
}

/* Lines of a transcript that are nobody's words. */
static gboolean
is_stage_direction (const Line *line)
{
  static const char *const words[] = {
    "===",
    "***",
    "* ",
    "escape character",
    "connection closed",
    "trying ",
    "connected ",
    "connecting ",
    "... while talking to ",
    "reply: retcode",
    "quit",
    "rset",
    "noop",
    "starttls",
    "data: (",
    "connect: ",
    "----- ",
    NULL,
  };

  return begins_with_one (line, words) || rebound_line_is_marked (line->start, line->end)
         || has_words (line, "... Deferred") || has_words (line, "SMTP ERROR: ");
}

static gboolean
begins_conversation (const Line *line)
{
  static const char *const words[] = {
    "220 ",
    "220-",
    "trying ",
    "=== trying",
    "=== connected",
    "... while talking to ",
    "----- transcript of session",
    NULL,
  };

  if (begins_with_one (line, words) || has_words (line, "... Connecting to "))
    return TRUE;
  return line->is_spoken && (line->spoken.marked || !line->spoken.reply);
}

/* An address and nothing more. */
static gboolean
is_address (const char *p, const char *end)
{
  p = rebound_skip_blanks (p, end);
  p += p < end && *p == '<';
  p += rebound_address_scan (p, end);
  p += p < end && *p == '>';
  return p == end && p[-1] != ' ' && p[-1] != '\t';
}

/* A line of a log begins with its time, or its queue's name. */
static gboolean
begins_log_line (const Line *line)
{
  static const char *const months[] = { "jan ", "feb ", "mar ", "apr ", "may ", "jun ", "jul ",
                                        "aug ", "sep ", "oct ", "nov ", "dec ", NULL };

  return begins_with_one (line, months)
         || (line->end - line->words > 8 && rebound_count_digits (line->words, line->end) >= 4);
}

/* What belongs together */

/* "Error: Invalid login: 535-5.7.8 …": a program's words before the first line of a reply of which
 * @next is another. */
static gboolean
is_begun_behind_words (const Line *last, const char *next)
{
  char open[7] = { ':', ' ', next[0], next[1], next[2], '-' };
  const char *code = memmem (last->words, last->end - last->words, open, 6);

  open[5] = ' ';
  return code != NULL && memmem (code, last->end - code, open + 1, 5) == NULL;
}

/* "550-first": the next line belongs to it, unless it begins with another code (RFC 5321
 * section 4.2.1). */
static gboolean
continues_reply (const Line *last, const Line *line)
{
  const char *code = find_code (last);
  const char *next = find_code (line);

  if (code == NULL && next != NULL)
    return is_begun_behind_words (last, next);
  return code != NULL && code + 3 < last->end && code[3] == '-'
         && (next == NULL || memcmp (code, next, 3) == 0);
}

/* A soft line end of quoted-printable. */
static gboolean
is_broken_softly (const Line *last)
{
  return last->end - last->start > 40 && last->end[-1] == '=' && last->end[-2] != ' '
         && last->end[-2] != '=';
}

static gboolean
has_open_bracket (const char *p)
{
  gint depth = 0;

  for (; *p != '\0'; p++)
    depth += *p == '(' ? 1 : *p == ')' ? -1 : 0;
  return depth > 0;
}

/* A terminal, or a mail program, has broken a line of Postfix's or sendmail's log. */
static gboolean
is_wrapped_log (const ReboundPaste *self, const Line *last, const Line *line)
{
  return self->text->len < LONGEST_BEGINNING && !begins_log_line (line)
         && strstr (self->text->str, "to=<") != NULL
         && (last->end[-1] == ',' || has_open_bracket (self->text->str));
}

/* A group of a delivery status ends before another recipient, and not before a refusal is told. */
static gboolean
goes_on_with_field (const ReboundPaste *self, const Line *line)
{
  gsize n = strcspn (line->words, ":");
  g_autofree char *name = g_strndup (line->words, MIN (n, (gsize) (line->end - line->words)));

  if (line->words > line->start)
    return TRUE;
  return is_field (line) && self->text->len < LONGEST_BEGINNING
         && strcasestr (self->text->str, name) == NULL;
}

static gboolean
goes_on_in_conversation (const ReboundPaste *self, const Line *line)
{
  return self->data || line->is_spoken || is_stage_direction (line);
}

/* "(…)" is another reason for others of the same message. */
static gboolean
goes_on_in_queue (const ReboundPaste *self, const Line *line)
{
  return !is_queue_entry (line) && (*line->words != '(' || strchr (self->text->str, '(') == NULL);
}

/* Empty lines within a text. */
static gboolean
goes_on_behind_blank (const ReboundPaste *self)
{
  switch (self->kind)
    {
    case KIND_OBJECT:
    case KIND_BRACES:
      return self->depth > 0;
    case KIND_CONVERSATION:
      return self->data;
    case KIND_FIELDS:
      return self->text->len < LONGEST_BEGINNING && !self->coded
             && strcasestr (self->text->str, "final-recipient:") == NULL;
    case KIND_OPENING:
      return !self->coded;
    default:
      return FALSE;
    }
}

static gboolean
goes_on_by_kind (const ReboundPaste *self, const Line *line)
{
  switch (self->kind)
    {
    case KIND_BRACES:
      return self->depth > 0;
    case KIND_CONVERSATION:
      return goes_on_in_conversation (self, line);
    case KIND_FIELDS:
      return goes_on_with_field (self, line);
    case KIND_QUEUE:
      return goes_on_in_queue (self, line);
    case KIND_OPENING:
      return !self->coded;
    default:
      return FALSE;
    }
}

static gboolean
belongs (const ReboundPaste *self, const Line *line)
{
  const char *text = self->text->str;
  Line last = make_line (text + self->last, text + self->text->len - 1);

  if (is_blank (line) || is_blank (&last))
    return goes_on_behind_blank (self);
  if (goes_on_by_kind (self, line) || is_closing (line) || is_stack_frame (line)
      || is_broken_softly (&last) || continues_reply (&last, line)
      || (gsize) (line->words - line->start) > self->indent)
    return TRUE;
  if (is_address (last.start, last.end))
    return *line->words == '#' || find_code (line) != NULL;
  if (find_code (&last) != NULL && *find_code (&last) < '4') /* a greeting, or an earlier reply */
    return line->is_spoken && !line->spoken.reply;
  return is_wrapped_log (self, &last, line);
}

/* Taking a line in */

static Kind
kind_of (const Line *line)
{
  if (is_queue_entry (line))
    return KIND_QUEUE;
  if (is_field (line))
    return KIND_FIELDS;
  if (begins_conversation (line))
    return KIND_CONVERSATION;
  return is_opening (line) ? KIND_OPENING : KIND_PLAIN;
}

/* Braces outside of strings; those that programs print have strings in both quotes. */
static void
count_braces (ReboundPaste *self, const Line *line)
{
  char quote = '\0';

  for (const char *p = line->words; p < line->end; p++)
    if (quote != '\0')
      quote = *p == quote ? '\0' : quote;
    else if (*p == '"' || *p == '\'')
      quote = memchr (p + 1, *p, line->end - p - 1) != NULL ? *p : '\0';
    else if (*p == '{' || *p == '}')
      self->depth += *p == '{' ? 1 : -1;
}

static void
note_line (ReboundPaste *self, const Line *line)
{
  ReboundCodes codes;

  if (rebound_codes_find (line->words, line->end - line->words, &codes)
      && (*codes.reply >= '4' || *codes.status >= '4'))
    self->coded = TRUE;
  if (line->is_spoken)
    {
      if (self->kind == KIND_PLAIN && (line->spoken.marked || !line->spoken.reply))
        self->kind = KIND_CONVERSATION;
      self->data = line->spoken.reply && memcmp (line->spoken.words, "354", 3) == 0;
    }
  else if (line->end - line->words == 1 && *line->words == '.')
    self->data = FALSE;
  if (self->kind == KIND_PLAIN && line->end[-1] == '{')
    self->kind = KIND_BRACES;
  if (self->kind == KIND_BRACES)
    count_braces (self, line);
}

static void
append (ReboundPaste *self, const Line *line)
{
  const char *text = self->text->str;
  Line last = { .start = text + self->last, .end = text + self->text->len - 1 };

  if (self->text->len == 0)
    {
      self->kind = kind_of (line);
      self->indent = line->words - line->start;
    }
  if (self->text->len > 0 && is_broken_softly (&last))
    g_string_truncate (self->text, self->text->len - 2);
  else
    self->last = self->text->len;
  g_string_append_len (self->text, line->start, line->end - line->start);
  g_string_append_c (self->text, '\n');
  if (!is_blank (line))
    note_line (self, line);
}

/* JSON */

/* "{", or "[{", of which each object is a text. Programs that print what looks like it have no
 * double quotes around names. */
static gboolean
begins_object (const Line *line)
{
  const char *p = line->words;

  p += *p == '[';
  p = rebound_skip_blanks (p, line->end);
  if (p == line->end)
    return *line->words == '[';
  if (*p != '{')
    return FALSE;
  p = rebound_skip_blanks (p + 1, line->end);
  return p == line->end || *p == '"';
}

static void
take_character (ReboundPaste *self, char c)
{
  if (self->depth == 0 && c != '{')
    return;
  g_string_append_c (self->text, c);
  if (self->escape)
    self->escape = FALSE;
  else if (self->string)
    {
      self->escape = c == '\\';
      self->string = c != '"';
    }
  else if (c == '"')
    self->string = TRUE;
  else if (c == '{')
    self->depth++;
  else if (c == '}' && --self->depth == 0)
    finish (self);
}

static void
take_json (ReboundPaste *self, const Line *line)
{
  for (const char *p = line->start; p < line->end; p++)
    {
      take_character (self, *p);
      if (self->text->len >= LONGEST_TEXT)
        finish (self);
    }
  if (self->depth > 0)
    {
      self->kind = KIND_OBJECT;
      g_string_append_c (self->text, '\n');
    }
}

/* What stands between the texts and is about none. */
static gboolean
is_filling (const Line *line)
{
  static const char *const words[] = { "-queue id-", "-----q-id-----", NULL };

  return is_blank (line) || is_stack_frame (line) || begins_with_one (line, words)
         || line->words + strspn (line->words, " []{},") >= line->end;
}

static void
take_line (ReboundPaste *self, const Line *line)
{
  if (self->kind == KIND_OBJECT)
    {
      take_json (self, line);
      return;
    }
  if (self->text->len > 0 && (self->text->len >= LONGEST_TEXT || !belongs (self, line)))
    finish (self);
  if (self->text->len == 0 && !is_blank (line) && begins_object (line))
    take_json (self, line);
  else if (self->text->len > 0 || !is_filling (line))
    append (self, line);
}

void
rebound_paste_add (ReboundPaste *self, const char *text)
{
  const char *end;
  Line line;

  g_return_if_fail (self != NULL);

  if (text == NULL)
    {
      finish (self);
      return;
    }
  for (end = text + strlen (text); end > text && g_ascii_isspace (end[-1]);)
    end--;
  line = make_line (text, end);
  take_line (self, &line);
}
