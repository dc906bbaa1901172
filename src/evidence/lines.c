/* Rebound: what a line of a report is.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lines.h"

#include <string.h>

#include "address.h"
#include "codes.h"
#include "message/scan.h"

#define LONGEST_LABEL 48
#define LONGEST_PREPOSITION 12

/* Naming a recipient */

/* What may stand before the address that a line begins with: bullets, quotes, brackets and the
 * types of X.400 gateways. */
static const char *
skip_bullets (const char *line, const char *end)
{
  const char *p = line;
  static const char *const types[] = {
    "[SMTP:", "SMTP:", "smtp;", "rfc822;", "mailto:", "<mailto:"
  };

  while (p < end && strchr (" \t*>-<\"'|[(", *p) != NULL)
    p++;
  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    if (rebound_starts_with (p, end, types[i]))
      return p + strlen (types[i]);
  /* the quote may be that of a local part */
  return p > line && p[-1] == '"' && rebound_address_scan (p - 1, end) > 0 ? p - 1 : p;
}

/* 17.11.2026, 11/17/26, 2026-11-17; but neither 5.1.10 nor 192.0.2.1. */
static gboolean
is_numeric_date (const char *p, const char *end)
{
  gsize lengths[3];
  char separator = '\0';

  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
    {
      if (i > 0 && (p == end || strchr ("./-", *p) == NULL || (i > 1 && *p != separator)))
        return FALSE;
      separator = i > 0 ? *p++ : separator;
      lengths[i] = rebound_count_digits (p, end);
      p += lengths[i];
    }
  if ((p < end && *p == separator) || lengths[1] == 0 || lengths[1] > 2)
    return FALSE;
  if (lengths[0] == 4)
    return lengths[2] == 1 || lengths[2] == 2;
  return (lengths[0] == 1 || lengths[0] == 2)
         && (lengths[2] == 4 || (lengths[2] == 2 && separator == '/'));
}

/* When it failed, as Exchange says behind the recipient: "on Tue, 17 Nov 2026", "am 17.11.2026",
 * "le 17/11/2026", "dnia 2026-11-17"; the word before is that of any language. */
gboolean
rebound_line_is_date (const char *line, const char *end)
{
  static const char *const weekdays[] = { "on mon,", "on tue,", "on wed,", "on thu,",
                                          "on fri,", "on sat,", "on sun," };
  const char *p = rebound_skip_blanks (line, end);
  const char *word = p;

  for (guint i = 0; i < G_N_ELEMENTS (weekdays); i++)
    if (rebound_starts_with (p, end, weekdays[i]))
      return TRUE;
  while (p < end && (g_ascii_isalpha (*p) || (guint8) *p >= 0x80))
    p++;
  if (p - word > LONGEST_PREPOSITION || (p > word && (p == end || *p != ' ')))
    return FALSE;
  return is_numeric_date (rebound_skip_blanks (p, end), end);
}

/* What may follow it: nothing, or something that tells of its fate. */
static gboolean
is_followed (const char *p, const char *end)
{
  static const char *const followers[] = {
    " - ", " (", " <", " |", " ...", " ..", " :", " \"("
  };

  while (p < end && strchr (">\"')]", *p) != NULL)
    p++;
  if (rebound_skip_blanks (p, end) >= end || strchr (":;,.(<[", *p) != NULL)
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (followers); i++)
    if (rebound_starts_with (p, end, followers[i]))
      return TRUE;
  return *p == ' ' && rebound_line_is_date (p, end);
}

static gboolean
names_at_start (const char *line, const char *end, gboolean fails, ReboundNamed *named)
{
  const char *p = skip_bullets (line, end);

  named->length = rebound_address_scan (p, end);
  named->address = p;
  named->naming = REBOUND_NAMING_LINE;
  return named->length > 0 && (fails || is_followed (p + named->length, end));
}

/* Labels that name somebody else, and those of the returned message's own recipients. */
static const struct
{
  const char *label;
  ReboundNaming naming;
} labels[] = {
  { "from", REBOUND_NAMING_NONE },
  { "sender", REBOUND_NAMING_NONE },
  { "reply-to", REBOUND_NAMING_NONE },
  { "return-path", REBOUND_NAMING_NONE },
  { "errors-to", REBOUND_NAMING_NONE },
  { "message-id", REBOUND_NAMING_NONE },
  { "message id", REBOUND_NAMING_NONE },
  { "original message id", REBOUND_NAMING_NONE },
  { "orginal message id", REBOUND_NAMING_NONE }, /* Postal */
  { "message token", REBOUND_NAMING_NONE },
  { "subject", REBOUND_NAMING_NONE },
  { "von", REBOUND_NAMING_NONE },
  { "de", REBOUND_NAMING_NONE },
  { "da", REBOUND_NAMING_NONE },
  { "mail from", REBOUND_NAMING_NONE },
  { "contact", REBOUND_NAMING_NONE },
  { "e-mail", REBOUND_NAMING_NONE },
  { "email", REBOUND_NAMING_NONE },
  { "originator", REBOUND_NAMING_NONE },
  { "system contact", REBOUND_NAMING_NONE },
  { "envelope-from", REBOUND_NAMING_NONE },
  { "x-envelope-from", REBOUND_NAMING_NONE },
  { "list-post", REBOUND_NAMING_NONE },
  { "x-sender", REBOUND_NAMING_NONE },
  { "smtp sender", REBOUND_NAMING_NONE },
  { "sender address", REBOUND_NAMING_NONE },
  { "sender's address", REBOUND_NAMING_NONE },
  { "envelope sender", REBOUND_NAMING_NONE },
  { "original sender", REBOUND_NAMING_NONE },
  { "original address", REBOUND_NAMING_NONE },
  { "message sender", REBOUND_NAMING_NONE },
  { "absender", REBOUND_NAMING_NONE },
  { "absenderadresse", REBOUND_NAMING_NONE },
  { "expéditeur", REBOUND_NAMING_NONE },
  { "remitente", REBOUND_NAMING_NONE },
  { "remetente", REBOUND_NAMING_NONE },
  { "mittente", REBOUND_NAMING_NONE },
  { "van", REBOUND_NAMING_NONE },
  { "afzender", REBOUND_NAMING_NONE },
  { "od", REBOUND_NAMING_NONE },
  { "nadawca", REBOUND_NAMING_NONE },
  { "odesílatel", REBOUND_NAMING_NONE },
  { "от", REBOUND_NAMING_NONE },
  { "отправитель", REBOUND_NAMING_NONE },
  { "от кого", REBOUND_NAMING_NONE },
  { "差出人", REBOUND_NAMING_NONE },
  { "送信者", REBOUND_NAMING_NONE },
  { "发件人", REBOUND_NAMING_NONE },
  { "寄件者", REBOUND_NAMING_NONE },
  { "보낸 사람", REBOUND_NAMING_NONE },
  { "to", REBOUND_NAMING_FIELD },
  { "cc", REBOUND_NAMING_FIELD },
  { "an", REBOUND_NAMING_FIELD },
  { "para", REBOUND_NAMING_FIELD },
  { "a", REBOUND_NAMING_FIELD },
  { "rcpt to", REBOUND_NAMING_COMMAND },
};

static ReboundNaming
naming_by_label (const char *label, gsize length)
{
  for (guint i = 0; i < G_N_ELEMENTS (labels); i++)
    if (strlen (labels[i].label) == length
        && g_ascii_strncasecmp (label, labels[i].label, length) == 0)
      return labels[i].naming;
  return REBOUND_NAMING_LABEL;
}

/* "Sender Address:" alone, as the cells of a table are: the next line is somebody else's. */
gboolean
rebound_line_announces_other (const char *line, const char *end)
{
  const char *label = skip_bullets (line, end);
  const char *stop = end;

  while (stop > label && (stop[-1] == ' ' || stop[-1] == '\t' || stop[-1] == '\r'))
    stop--;
  if (stop == label || stop[-1] != ':' || stop - label > LONGEST_LABEL)
    return FALSE;
  for (stop--; stop > label && stop[-1] == ' ';)
    stop--;
  return naming_by_label (label, stop - label) == REBOUND_NAMING_NONE;
}

/* Label: <address>, and nothing more that is not punctuation */
static gboolean
names_by_label (const char *line, const char *end, ReboundNamed *named)
{
  const char *label = skip_bullets (line, end);
  const char *colon = memchr (label, ':', MIN (end - label, LONGEST_LABEL));
  const char *p;

  if (colon == NULL || colon == label)
    return FALSE;
  p = skip_bullets (rebound_skip_blanks (colon + 1, end), end);
  named->length = rebound_address_scan (p, end);
  named->address = p;
  while (colon > label && colon[-1] == ' ')
    colon--;
  named->naming = naming_by_label (label, colon - label);
  if (named->length == 0 || named->naming == REBOUND_NAMING_NONE)
    return FALSE;
  return is_followed (p + named->length, end);
}

/* 550 5.1.1 <address>... User unknown */
static gboolean
names_by_reply (const char *line, const char *end, ReboundNamed *named)
{
  const char *p = rebound_skip_blanks (line, end);
  gsize status;

  if (end - p < 5 || (*p != '4' && *p != '5') || !g_ascii_isdigit (p[1]) || !g_ascii_isdigit (p[2])
      || p[3] != ' ')
    return FALSE;
  p = rebound_skip_blanks (p + 4, end);
  if (rebound_codes_is_status (p, end, &status))
    p = rebound_skip_blanks (p + status, end);
  p += p < end && *p == '<';
  named->length = rebound_address_scan (p, end);
  named->address = p;
  named->naming = REBOUND_NAMING_REPLY;
  p += named->length;
  p += p < end && *p == '>';
  return named->length > 0 && rebound_starts_with (p, end, "...");
}

static gboolean
names_by_command (const char *line, const char *end, ReboundNamed *named)
{
  ReboundSpoken spoken;

  if (!rebound_line_is_spoken (line, end, &spoken) || spoken.reply
      || spoken.stage != REBOUND_STAGE_RCPT)
    return FALSE;
  named->naming = REBOUND_NAMING_COMMAND;
  named->address = rebound_address_find (line, end, &named->length);
  return named->address != NULL;
}

gboolean
rebound_line_names (const char *line, const char *end, gboolean fails, ReboundNamed *named)
{
  if (memchr (line, '@', end - line) == NULL)
    return FALSE;
  return names_by_command (line, end, named) || names_by_reply (line, end, named)
         || names_at_start (line, end, fails, named) || names_by_label (line, end, named);
}

/* Conversations */

/* What stands before a command or a reply: sendmail's ">>>" and "<<<" (the other way round in
 * InterScan's reports), ZMailer's "<<-" and "->>", hMailServer's words, and others' arrows. */
static const struct
{
  const char *prefix;
  gboolean reply;
} speakers[] = {
  { ">>>", FALSE },
  { "<<<", TRUE },
  { "sent <<<", FALSE },
  { "received >>>", TRUE },
  { "sent >>>", FALSE },
  { "received <<<", TRUE },
  { "-->", FALSE },
  { "<--", TRUE },
  { "<<- ", FALSE },
  { "->> ", TRUE },
  { "c: ", FALSE },
  { "s: ", TRUE },
  { "hmailserver sent:", FALSE },
  { "remote server replied:", TRUE },
  { "sent: ", FALSE },
  { "server replied:", TRUE },
};

static const struct
{
  const char *verb;
  ReboundStage stage;
  gboolean alone; /* the verb is the whole line */
} commands[] = {
  { "rcpt to:", REBOUND_STAGE_RCPT, FALSE },     { "mail from:", REBOUND_STAGE_MAIL, FALSE },
  { "ehlo ", REBOUND_STAGE_HELO, FALSE },        { "helo ", REBOUND_STAGE_HELO, FALSE },
  { "lhlo ", REBOUND_STAGE_HELO, FALSE },        { "auth ", REBOUND_STAGE_AUTH, FALSE },
  { "data", REBOUND_STAGE_DATA, TRUE },          { "starttls", REBOUND_STAGE_STARTTLS, TRUE },
  { "bdat ", REBOUND_STAGE_END_OF_DATA, FALSE }, { ".", REBOUND_STAGE_END_OF_DATA, TRUE },
  { "quit", REBOUND_STAGE_NONE, TRUE },          { "rset", REBOUND_STAGE_NONE, TRUE },
};

static gboolean
find_command (const char *p, const char *end, ReboundSpoken *spoken)
{
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    if (rebound_starts_with (p, end, commands[i].verb))
      {
        const char *after = p + strlen (commands[i].verb);

        spoken->stage = commands[i].stage;
        if (!commands[i].alone || rebound_skip_blanks (after, end) == end
            || (spoken->marked && *after == ' '))
          return TRUE;
      }
  return FALSE;
}

/* MDaemon puts the time before each line: "Tue 2026-11-17 08:07:53: --> RCPT To:…". */
static const char *
skip_time (const char *p, const char *end)
{
  for (guint i = 4; i < 40 && p + i + 4 < end; i++)
    if (p[i] == ' ' && p[i - 1] == ':' && g_ascii_isdigit (p[i - 2])
        && (memcmp (p + i, " --> ", 4) == 0 || memcmp (p + i, " <-- ", 4) == 0))
      return p + i + 1;
  return p;
}

static gboolean
is_bare_reply (const char *p, const char *end)
{
  return end - p >= 3 && *p >= '2' && *p <= '5' && g_ascii_isdigit (p[1]) && g_ascii_isdigit (p[2])
         && (p + 3 == end || p[3] == ' ' || p[3] == '-');
}

gboolean
rebound_line_is_spoken (const char *line, const char *end, ReboundSpoken *spoken)
{
  const char *p = skip_time (rebound_skip_blanks (line, end), end);

  *spoken = (ReboundSpoken){ .words = p };
  if (p == end)
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (speakers); i++)
    if (rebound_starts_with (p, end, speakers[i].prefix))
      {
        p = rebound_skip_blanks (p + strlen (speakers[i].prefix), end);
        spoken->words = p;
        spoken->marked = TRUE;
        spoken->reply = speakers[i].reply;
        return spoken->reply ? is_bare_reply (p, end) : find_command (p, end, spoken);
      }
  spoken->reply = is_bare_reply (p, end);
  if (spoken->reply)
    return TRUE;
  return find_command (p, end, spoken) && spoken->stage != REBOUND_STAGE_NONE
         && spoken->stage != REBOUND_STAGE_END_OF_DATA;
}

/* How programs mark the lines of a conversation in what they log or print: swaks, curl, Python's
 * smtplib, PHPMailer, hMailServer, MDaemon, Exchange's protocol log, Postfix with debug_peer_list. */
static const struct
{
  const char *mark;
  gboolean reply;
} marks[] = {
  { "<<< ", TRUE },       { ">>> ", FALSE },
  { "<** ", TRUE },       { "<~* ", TRUE },
  { "<- ", TRUE },        { "-> ", FALSE },
  { "<~ ", TRUE },        { "~> ", FALSE },
  { "<-- ", TRUE },       { "--> ", FALSE },
  { "< ", TRUE },         { "> ", FALSE },
  { "s: ", TRUE },        { "c: ", FALSE },
  { "server: ", TRUE },   { "client: ", FALSE },
  { "received: ", TRUE }, { "sent: ", FALSE },
  { "reply: b'", TRUE },  { "send: '", FALSE },
  { "reply: '", TRUE },   { "server -> client: ", TRUE },
  { "[in] ", TRUE },      { "client -> server: ", FALSE },
  { "response: ", TRUE }, { "[out] ", FALSE },
  { "<,", TRUE },         { ">,", FALSE },
  { "inbound: ", TRUE },
};

/* Time, program and session stand before the mark. */
#define MARK_REACH 160

static gboolean
is_said (const char *p, const char *end, ReboundSpoken *spoken)
{
  p += p < end && *p == '"';
  spoken->words = p;
  return spoken->reply ? is_bare_reply (p, end) : find_command (p, end, spoken);
}

/* "> mx.example.net[192.0.2.1]:25: RCPT TO:<…>": the host may stand behind the mark. */
static gboolean
is_marked (const char *p, const char *end, ReboundSpoken *spoken)
{
  for (guint i = 0; i < G_N_ELEMENTS (marks); i++)
    if (rebound_starts_with (p, end, marks[i].mark))
      {
        const char *words = rebound_skip_blanks (p + strlen (marks[i].mark), end);
        gsize reach = MIN ((gsize) (end - words), MARK_REACH);
        const char *colon = memmem (words, reach, ": ", 2);

        *spoken = (ReboundSpoken){ .reply = marks[i].reply, .marked = TRUE };
        if (is_said (words, end, spoken))
          return TRUE;
        if (colon != NULL && memchr (words, ' ', colon - words) == NULL
            && is_said (colon + 2, end, spoken))
          return TRUE;
      }
  return FALSE;
}

gboolean
rebound_line_is_logged_speech (const char *line, const char *end, ReboundSpoken *spoken)
{
  if (rebound_line_is_spoken (line, end, spoken))
    return TRUE;
  for (const char *p = line; p < end && p - line < MARK_REACH; p++)
    if (strchr ("<>-~[SCRIscri", *p) != NULL && (p == line || strchr (" \t\",", p[-1]) != NULL)
        && is_marked (p, end, spoken))
      return TRUE;
  return FALSE;
}

gboolean
rebound_line_is_marked (const char *line, const char *end)
{
  const char *p = rebound_skip_blanks (line, end);

  for (guint i = 0; i < G_N_ELEMENTS (marks); i++)
    if (rebound_starts_with (p, end, marks[i].mark))
      return TRUE;
  return FALSE;
}

/* Hosts */

/* 192.0.2.1, and not 5.1.1. */
static gboolean
is_code (const char *p, gsize n)
{
  guint dots = 0;

  for (gsize i = 0; i < n; i++)
    if (p[i] == '.')
      dots++;
    else if (!g_ascii_isdigit (p[i]))
      return FALSE;
  return dots != 3;
}

gsize
rebound_host_scan (const char *p, const char *end)
{
  gsize n = 0;

  while (p + n < end && (g_ascii_isalnum (p[n]) || strchr (".-_:", p[n]) != NULL) && n < 255)
    n++;
  while (n > 0 && strchr (".:-", p[n - 1]) != NULL)
    n--;
  return n > 3 && memchr (p, '.', n) != NULL && !is_code (p, n) ? n : 0;
}

/* "from x (x [192.0.2.1])" is the host that the mail came from. */
static gboolean
is_origin (const char *p, const char *host)
{
  return (host > p && host[-1] == '(')
         || (host - p >= 5 && g_ascii_strncasecmp (host - 5, "from ", 5) == 0);
}

/* The name before "[192.0.2.1]". */
const char *
rebound_host_find (const char *p, const char *end, gsize *length)
{
  for (const char *from = p, *open; (open = memchr (from, '[', end - from)) != NULL;
       from = open + 1)
    {
      const char *stop = open > p && open[-1] == ' ' ? open - 1 : open;
      const char *host = stop;

      if (end - open < 4 || !g_ascii_isxdigit (open[1]) || rebound_host_scan (open + 1, end) == 0)
        continue; /* no address literal */
      while (host > p && (g_ascii_isalnum (host[-1]) || strchr (".-_", host[-1]) != NULL)
             && stop - host < 255)
        host--;
      *length = rebound_host_scan (host, stop);
      if (*length > 0 && !g_ascii_isdigit (stop[-1]) && !is_origin (p, host))
        return host;
    }
  return NULL;
}
