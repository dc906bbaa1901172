/* Rebound: the facts of a bare transcript.
 *
 * A refused RCPT is about the one it names, a refusal after the content about all that were
 * accepted; one before any command is the greeting. What only follows from a refusal, and the
 * sending program's own summary below it, is left out.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "address.h"
#include "lines.h"
#include "message/scan.h"
#include "reply.h"

/* A reply may be about many recipients, and is read for each. */
#define LONGEST_REPLY 8192

typedef struct
{
  ReboundReading *reading;
  const char *end;
  const char *host;
  const char *spoken_of; /* whom the last RCPT named */
  GPtrArray *accepted;   /* of const char*, kept */
  ReboundStage stage;
  ReboundSpan last;    /* the last reply that was positive */
  const char *refusal; /* the last one that was not */
  guint n_refused;     /* in this mail */
  gboolean begun;      /* there was a line of it */
  gboolean marked;     /* replies have marks */
  gboolean data;       /* the mail itself is being sent */
} Conversation;

static const char *
keep_span (const Conversation *self, const char *start, gsize length)
{
  g_autofree char *copy = g_strndup (start, length);

  return rebound_keep (self->reading->evidence, copy);
}

static void
enter_command (Conversation *self, const ReboundSpoken *spoken, const char *end)
{
  gsize n = 0;
  const char *address = rebound_address_find (spoken->words, end, &n);

  self->data = FALSE;
  self->refusal = NULL;
  if (spoken->stage == REBOUND_STAGE_NONE)
    return;
  self->stage = spoken->stage;
  if (spoken->stage == REBOUND_STAGE_MAIL)
    {
      g_ptr_array_set_size (self->accepted, 0);
      self->n_refused = 0;
    }
  if (spoken->stage == REBOUND_STAGE_RCPT)
    self->spoken_of = address != NULL ? keep_span (self, address, n) : NULL;
}

/* All lines of the reply that begins at @p. */
static const char *
find_reply_end (const Conversation *self, const char *p)
{
  const char *stop = rebound_line_end (p, self->end);
  gboolean more = stop - p > 3 && p[3] == '-';

  while (more && stop < self->end)
    {
      const char *end = rebound_line_end (stop + 1, self->end);
      ReboundSpoken spoken;

      if (!rebound_line_is_logged_speech (stop + 1, end, &spoken) || !spoken.reply
          || memcmp (spoken.words, p, 3) != 0)
        break;
      more = end - spoken.words > 3 && spoken.words[3] == '-';
      stop = end;
    }
  return stop;
}

static void
add (const Conversation *self, const ReboundSpan *text, const char *address)
{
  ReboundSaid said = { *text, { 0 }, address, self->host, self->stage };

  said.text.end = text->start + MIN (text->end - text->start, LONGEST_REPLY);
  rebound_add_said (self->reading, &said);
}

static void
add_for_accepted (const Conversation *self, const ReboundSpan *text)
{
  guint limit = self->reading->evidence->limits->recipients;

  for (guint i = 0; i < self->accepted->len && self->reading->evidence->recipients->len < limit;
       i++)
    add (self, text, g_ptr_array_index (self->accepted, i));
}

/* "503 need RCPT" and "554 5.5.1 no valid recipients" only follow. */
static gboolean
is_consequence (const Conversation *self)
{
  return self->n_refused > 0 && self->stage > REBOUND_STAGE_RCPT && self->accepted->len == 0;
}

/* PHPMailer, where it shows all that it can, has each reply twice: its lines as they come in,
 * quoted, and the whole. */
static gboolean
is_repeated (const Conversation *self, const char *reply)
{
  return self->refusal != NULL && self->refusal[-1] == '"' && reply[-1] != '"'
         && memcmp (self->refusal, reply, 3) == 0;
}

static void
enter_refusal (Conversation *self, const ReboundSpan *text)
{
  gboolean repeated = is_repeated (self, text->start);

  self->refusal = self->marked && !repeated ? text->start : NULL;
  if (repeated || is_consequence (self))
    return;
  self->n_refused++;
  if (self->stage == REBOUND_STAGE_RCPT || self->accepted->len == 0)
    add (self, text, self->stage >= REBOUND_STAGE_RCPT ? self->spoken_of : NULL);
  else
    add_for_accepted (self, text);
}

static void
enter_success (Conversation *self, const ReboundSpan *text)
{
  self->last = *text;
  self->data = *text->start == '3' && memcmp (text->start, "354", 3) == 0;
  if (self->data)
    self->stage = REBOUND_STAGE_END_OF_DATA;
  else if (self->stage == REBOUND_STAGE_RCPT && self->spoken_of != NULL)
    g_ptr_array_add (self->accepted, (gpointer) self->spoken_of);
  else if (self->stage == REBOUND_STAGE_END_OF_DATA && *text->start == '2')
    {
      self->stage = REBOUND_STAGE_NONE;
      add_for_accepted (self, text);
      g_ptr_array_set_size (self->accepted, 0);
    }
}

/* The end of what was read. */
static const char *
enter_reply (Conversation *self, const ReboundSpoken *spoken)
{
  ReboundSpan text = { spoken->words, find_reply_end (self, spoken->words) };

  if (!self->begun && self->host != NULL)
    self->stage = REBOUND_STAGE_CONNECT;
  if (!spoken->marked && (self->marked || self->data))
    return text.end;
  self->marked |= spoken->marked;
  if (*spoken->words >= '4')
    enter_refusal (self, &text);
  else
    enter_success (self, &text);
  return text.end;
}

/* "Connected to mx.example.net." of telnet, "... while talking to mx.example.net.:" of sendmail,
 * "Connecting to mx.example.net. via esmtp..." of its -v, and the server's own greeting. */
static void
read_host (Conversation *self, const char *line, const char *end)
{
  static const char *const words[] = { "onnected to ", "onnecting to ", "while talking to ", "220 ",
                                       "220-" };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    {
      const char *p = memmem (line, end - line, words[i], strlen (words[i]));
      gsize n = p != NULL ? rebound_host_scan (p + strlen (words[i]), end) : 0;

      if (n == 0 || (*words[i] == '2' && (self->host != NULL || self->begun)))
        continue;
      self->host = keep_span (self, p + strlen (words[i]), n);
      if (*words[i] == 'w') /* the next host's */
        {
          self->stage = REBOUND_STAGE_CONNECT;
          self->n_refused = 0;
        }
      return;
    }
}

static gboolean
is_conversation (const ReboundSpan *text)
{
  gboolean command = FALSE, reply = FALSE;

  for (const char *p = text->start; p < text->end && !(command && reply);)
    {
      const char *end = rebound_line_end (p, text->end);
      ReboundSpoken spoken;

      if (rebound_line_is_logged_speech (p, end, &spoken))
        {
          command |= !spoken.reply || spoken.marked;
          reply |= spoken.reply;
        }
      command |= rebound_starts_with (p, end, "Connected to ");
      p = end + 1;
    }
  return command && reply;
}

static const char *
enter_line (Conversation *self, const char *line)
{
  const char *end = rebound_line_end (line, self->end);
  ReboundSpoken spoken;

  read_host (self, line, end);
  if (!rebound_line_is_logged_speech (line, end, &spoken))
    return end;
  if (spoken.reply)
    end = enter_reply (self, &spoken);
  else
    enter_command (self, &spoken, end);
  self->begun = TRUE;
  return end;
}

gboolean
rebound_read_conversation (ReboundReading *reading, const ReboundSpan *text)
{
  Conversation self = { .reading = reading, .end = text->end };

  if (memchr (text->start, '\n', text->end - text->start) == NULL || !is_conversation (text))
    return FALSE;
  self.accepted = g_ptr_array_new ();
  for (const char *p = text->start; p < text->end; p++)
    p = enter_line (&self, p);
  if (reading->evidence->recipients->len == 0 && self.last.start != NULL)
    {
      self.stage = REBOUND_STAGE_NONE;
      add (&self, &self.last, self.spoken_of);
    }
  g_ptr_array_unref (self.accepted);
  return reading->evidence->recipients->len > 0;
}
