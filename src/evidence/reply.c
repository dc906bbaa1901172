/* Rebound: the facts of a bare reply, or of the log line that has one.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "address.h"
#include "lines.h"
#include "message/scan.h"
#include "reply.h"

#define LONGEST_WORD 32

/* Of the words before a list that are about each of its entries. */
#define LONGEST_HEAD 200

/* How a paste is dressed */

/* What stands in pastes of HTML and of programs' strings for a character of the text. */
static const struct
{
  const char *from;
  const char *to;
} dresses[] = {
  { "&lt;", "<" },          { "&gt;", ">" },          { "&amp;", "&" },
  { "&quot;", "\"" },       { "&#34;", "\"" },        { "&#39;", "'" },
  { "&#039;", "'" },        { "&nbsp;", " " },        { "\\r\\n", "\n" },
  { "\\u003c", "<" },       { "\\u003e", ">" },       { "\\u003C", "<" },
  { "\\u003E", ">" },       { "\xe2\x80\x9c", "\"" }, { "\xe2\x80\x9d", "\"" },
  { "\xe2\x80\x9e", "\"" }, { "\xe2\x80\x98", "'" },  { "\xe2\x80\x99", "'" },
};

static gsize
undress_one (const char *p, GString *out)
{
  for (guint i = 0; i < G_N_ELEMENTS (dresses); i++)
    if (g_str_has_prefix (p, dresses[i].from))
      {
        g_string_append (out, dresses[i].to);
        return strlen (dresses[i].from);
      }
  /* "\\n" before the next line's code, or at the end of a string */
  if (*p == '\\' && p[1] == 'n' && p[2] != '\0' && strchr ("245'\"", p[2]) != NULL)
    {
      g_string_append_c (out, '\n');
      return 2;
    }
  g_string_append_c (out, *p);
  return 1;
}

/* qmail-send logs what it would put into a report, with "_" for a blank and "/" for a line end. */
static void
unfold_qmail (GString *text)
{
  static const char *const heads[] = { ": failure: ", ": deferral: ", ": success: " };
  char *p = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (heads) && p == NULL; i++)
    p = strstr (text->str, heads[i]);
  if (p == NULL || strstr (text->str, "delivery ") == NULL)
    return;
  for (p += 2; *p != '\0'; p++)
    if (*p == '_')
      *p = ' ';
}

static GString *
undress (const char *text, gsize length)
{
  GString *out = g_string_sized_new (length + 1);
  g_autofree char *copy = g_strndup (text, length);

  for (const char *p = copy; *p != '\0';)
    if (strchr ("&\\\xe2", *p) != NULL)
      p += undress_one (p, out);
    else
      g_string_append_c (out, *p++);
  unfold_qmail (out);
  return out;
}

/* The recipient */

/* "moved to <…>", "please try <…>", "contact …": whom the words before an address name is not he
 * whom the reply is about. */
static gboolean
is_pointed_to (const char *start, const char *p)
{
  static const char *const pointers[] = {
    " moved to",      " changed to", " try",         " use",         " using",
    " contact",       " write to",   " email",       " e-mail",      " from",
    " from:",         "from=",       " sender",      " forward to",  " replaced by",
    " redirected to", " mailto:",    " please mail", " new address", " new address is",
    " new address:",  " now at",
  };
  g_autofree char *before = NULL;

  while (p > start && strchr (" <\"'[(", p[-1]) != NULL)
    p--;
  before = g_ascii_strdown (p - MIN (p - start, LONGEST_WORD), MIN (p - start, LONGEST_WORD));
  for (guint i = 0; i < G_N_ELEMENTS (pointers); i++)
    if (g_str_has_suffix (before, pointers[i]))
      return TRUE;
  return FALSE;
}

/* "…: Sender address rejected", and an accounting file's "sender,recipient,". */
static gboolean
is_followed_as_sender (const char *start, const char *p, const ReboundSpan *text)
{
  const char *after = p + (p < text->end && *p == '>');

  if (rebound_starts_with (after, text->end, ": sender address"))
    return TRUE;
  return start > text->start && start[-1] == ',' && *p == ','
         && rebound_address_scan (p + 1, text->end) > 0;
}

/* Brackets of programs' dictionaries, and the name in "to=ada@example.net", are no part of a local
 * part here. */
static const char *
skip_dress (const char *p, gsize *length)
{
  const char *at = memchr (p, '@', *length);
  const char *start = p;

  for (const char *c = p; c < at; c++)
    if (strchr ("{='`", *c) != NULL)
      start = c + 1;
  if (start == at)
    start = p;
  *length -= start - p;
  return start;
}

static gboolean
is_somebody_else (const ReboundSpan *text, const char *p, gsize length)
{
  return rebound_address_is_office (p) || is_pointed_to (text->start, p)
         || rebound_log_is_other (text->start, p) || is_followed_as_sender (p, p + length, text);
}

static const char *
find_recipient (const ReboundSpan *text, gsize *length)
{
  const char *p = rebound_address_find (text->start, text->end, length);

  while (p != NULL)
    {
      p = skip_dress (p, length);
      if (!is_somebody_else (text, p, *length))
        break;
      p = rebound_address_find (p + *length, text->end, length);
    }
  return p;
}

/* A queue's listing has him on a line of his own, below the reason. */
static ReboundSpan
find_last_line (const ReboundSpan *text)
{
  const char *lf = memrchr (text->start, '\n', text->end - text->start);
  const char *p = lf != NULL ? lf + 1 : text->end;
  gsize n;

  while (p < text->end && strchr (" \t<", *p) != NULL)
    p++;
  n = rebound_address_scan (p, text->end);
  if (n == 0 || text->end - p > (gssize) n + 1)
    return (ReboundSpan){ 0 };
  return (ReboundSpan){ p, p + n };
}

static const char *
keep_address (ReboundEvidence *evidence, const char *start, gsize length)
{
  g_autofree char *raw = start != NULL ? g_strndup (start, length) : NULL;

  return rebound_keep_address (evidence, raw);
}

static const char *
keep_recipient (ReboundEvidence *evidence, const ReboundSpan *text, const ReboundLog *log,
                ReboundStage stage)
{
  ReboundSpan named = log->recipient.start != NULL ? log->recipient : find_last_line (text);
  const char *found = NULL;
  gsize length = 0;

  if (named.start != NULL)
    return keep_address (evidence, named.start, named.end - named.start);
  if (stage != REBOUND_STAGE_MAIL) /* then it is the sender's */
    found = find_recipient (text, &length);
  return keep_address (evidence, found, length);
}

/* The host */

/* What our own server refuses comes from the host that such a line names. */
static gboolean
is_incoming (const ReboundSpan *text)
{
  static const char *const words[] = {
    ": reject: ",     "milter-reject: ", ", reject=",      " rejected RCPT ",
    " rejected MAIL", " rejected EHLO",  " rejected HELO", " rejected after DATA",
  };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (memmem (text->start, text->end - text->start, words[i], strlen (words[i])) != NULL)
      return TRUE;
  return FALSE;
}

/* An accounting file's field "mx.example.net (192.0.2.1)". */
static ReboundSpan
find_in_field (const ReboundSpan *text)
{
  for (const char *p = text->start;
       (p = memmem (p, text->end - p, " (", 2)) != NULL && p + 2 < text->end; p += 2)
    {
      const char *host = p;

      while (host > text->start && host[-1] != ',' && !g_ascii_isspace (host[-1]) && p - host < 255)
        host--;
      if (g_ascii_isdigit (p[2]) && rebound_host_scan (p + 2, text->end) > 0 && host > text->start
          && host[-1] == ',' && rebound_host_scan (host, p) == (gsize) (p - host))
        return (ReboundSpan){ host, p };
    }
  return (ReboundSpan){ 0 };
}

/* The host before @words: qmail's "192.0.2.1 does not like recipient." */
static ReboundSpan
find_before (const ReboundSpan *text, const char *words)
{
  const char *end = memmem (text->start, text->end - text->start, words, strlen (words));
  const char *p = end;

  while (p != NULL && p > text->start && (g_ascii_isalnum (p[-1]) || strchr (".-_", p[-1]) != NULL))
    p--;
  return p != NULL && rebound_host_scan (p, end) > 0 ? (ReboundSpan){ p, end } : (ReboundSpan){ 0 };
}

/* The host behind @words: Postfix's "connect to mx.example.net[192.0.2.1]:25: Connection refused",
 * qmail's "Connected to 192.0.2.1 but sender was rejected." */
static ReboundSpan
find_behind (const ReboundSpan *text, const char *words)
{
  const char *p = memmem (text->start, text->end - text->start, words, strlen (words));
  gsize n = p != NULL ? rebound_host_scan (p + strlen (words), text->end) : 0;

  if (n == 0)
    return (ReboundSpan){ 0 };
  p += strlen (words);
  return (ReboundSpan){ p, p + n };
}

static ReboundSpan
find_by_words (const ReboundSpan *text)
{
  static const struct
  {
    ReboundSpan (*find) (const ReboundSpan *text, const char *words);
    const char *words;
  } ways[] = {
    { find_behind, "connect to " },
    { find_behind, "Connected to " },
    { find_before, " does not like recipient" },
    { find_before, " accepted message" },
    { find_before, " failed after I sent the message" },
  };
  ReboundSpan host = { 0 };

  for (guint i = 0; i < G_N_ELEMENTS (ways) && host.start == NULL; i++)
    host = ways[i].find (text, ways[i].words);
  return host;
}

/* Log lines name the host before its reply: "host mx.example.net[192.0.2.1] said: 550 …",
 * "relay=mx.example.net[192.0.2.1]:25, … dsn=5.1.1". Those in the reply are others. */
static ReboundSpan
find_host (const ReboundSpan *text, const ReboundLog *log, const ReboundCodes *codes)
{
  ReboundSpan host = { 0 };
  gsize n = 0;

  if (is_incoming (text))
    return host;
  host.start = rebound_host_find (text->start, text->start + codes->at, &n);
  if (host.start != NULL)
    host.end = host.start + n;
  else
    host = log->host;
  if (host.start == NULL)
    host = find_by_words (text);
  return host.start != NULL ? host : find_in_field (text);
}

static const char *
keep_span (ReboundEvidence *evidence, const ReboundSpan *span)
{
  g_autofree char *name =
      span->start != NULL ? g_strndup (span->start, span->end - span->start) : NULL;

  return name != NULL ? rebound_keep_host (evidence, name) : NULL;
}

/* Success */

/* RFC 5321 section 4.2.1: 2yz and 3yz; RFC 3463 section 3.1. */
static gboolean
is_positive (const ReboundCodes *codes)
{
  return *codes->reply < '4' && *codes->status < '4';
}

static gboolean
ends_with (const char *start, const char *p, const char *word)
{
  gsize n = strlen (word);

  return (gsize) (p - start) >= n && memcmp (p - n, word, n) == 0;
}

/* "status=sent (250 2.0.0 Ok)", "C=\"250 OK\"", "said: 250 2.1.5 Ok", and sendmail's "dsn=2.0.0,
 * stat=Sent". */
static gboolean
find_positive (const ReboundSpan *text, ReboundCodes *codes)
{
  gboolean stated = FALSE;

  static const char *const before[] = { "(", "\"", ": ", ";", ":_" };

  for (const char *p = memchr (text->start, '2', text->end - text->start); p != NULL;
       p = memchr (p + 1, '2', text->end - p - 1))
    {
      stated |= ends_with (text->start, p, "dsn=");
      for (guint i = 0; i < G_N_ELEMENTS (before); i++)
        if (ends_with (text->start, p, before[i]) && rebound_codes_find (p, text->end - p, codes)
            && is_positive (codes))
          {
            codes->at += p - text->start;
            return TRUE;
          }
    }
  *codes = (ReboundCodes){ 0 };
  return stated;
}

static gboolean
has_mark (ReboundReading *self, const ReboundSpan *text, ReboundMark mark)
{
  g_autoptr (GArray) hits =
      rebound_find_hits (self, REBOUND_AREA_TEXT, text->start, text->end - text->start);

  for (guint i = 0; i < hits->len; i++)
    if (rebound_hit_is_mark (&g_array_index (hits, ReboundHit, i), mark))
      return TRUE;
  return FALSE;
}

static gboolean
is_delivered (ReboundReading *self, const ReboundSpan *text, ReboundCodes *codes)
{
  if (rebound_codes_find (text->start, text->end - text->start, codes))
    return is_positive (codes);
  return find_positive (text, codes) || has_mark (self, text, REBOUND_MARK_DELIVERED);
}

/* The refusal */

static ReboundStage
find_stage (const ReboundEvidenceRecipient *recipient)
{
  for (guint i = 0; i < recipient->clues->len; i++)
    {
      const ReboundClue *clue = &g_array_index (recipient->clues, ReboundClue, i);

      if (clue->type == REBOUND_CLUE_STAGE)
        return clue->stage;
    }
  return REBOUND_STAGE_NONE;
}

static void
add_stage (ReboundEvidence *evidence, ReboundEvidenceRecipient *recipient, ReboundStage stage)
{
  ReboundClue clue = { .type = REBOUND_CLUE_STAGE,
                       .from = REBOUND_SOURCE_TRANSCRIPT,
                       .stage = stage,
                       .value = rebound_stage_to_string (stage),
                       .remote = TRUE };

  if (stage != REBOUND_STAGE_NONE)
    rebound_add_clue (evidence, recipient, &clue);
}

static void
add_status (ReboundEvidence *evidence, ReboundEvidenceRecipient *recipient, const char *status)
{
  ReboundClue clue = { .type = REBOUND_CLUE_STATUS,
                       .from = REBOUND_SOURCE_TEXT,
                       .value = rebound_keep (evidence, status),
                       .remote = TRUE };

  if (clue.value != NULL)
    rebound_add_clue (evidence, recipient, &clue);
}

void
rebound_add_said (ReboundReading *self, const ReboundSaid *said)
{
  ReboundEvidence *evidence = self->evidence;
  ReboundEvidenceRecipient *recipient = rebound_add_recipient (evidence, NULL);
  const ReboundSpan *text = &said->text;
  const ReboundSpan *words = said->words.start != NULL ? &said->words : text;
  ReboundCodes codes = { 0 };
  ReboundSpan host;
  ReboundLog log;
  gboolean delivered;

  if (recipient == NULL)
    return;
  rebound_log_read (text->start, text->end, &log);
  delivered = is_delivered (self, text, &codes);
  recipient->diagnostic = rebound_keep_line (evidence, words->start, words->end - words->start);
  add_stage (evidence, recipient, said->stage);
  rebound_read_refusal (self, recipient, delivered ? text->start + codes.at : text->start,
                        text->end - text->start - (delivered ? codes.at : 0), REBOUND_SOURCE_TEXT,
                        TRUE);
  add_status (evidence, recipient, log.status);
  host = find_host (text, &log, &codes);
  recipient->remote_mta = said->host != NULL ? said->host : keep_span (evidence, &host);
  recipient->address = said->address != NULL
                           ? said->address
                           : keep_recipient (evidence, text, &log, find_stage (recipient));
  recipient->action = delivered ? REBOUND_ACTION_DELIVERED : log.action;
  if (!delivered && codes.at < codes.end && rebound_action_is_success (log.action))
    recipient->action = REBOUND_ACTION_NONE; /* a code of a failure goes before such a word */
}

/* Several recipients */

/* The name of a program's list, "'ada@example.net': (550, …" or "ada@example.net: 550 …", at @p;
 * where its value begins, or %NULL. */
static const char *
skip_entry_name (const char *p, const char *end)
{
  gsize n;

  p += p < end && (*p == '\'' || *p == '"');
  n = rebound_address_scan (p, end);
  p += n;
  p += n > 0 && p < end && (*p == '\'' || *p == '"');
  return n > 0 && end - p > 2 && *p == ':' && p[1] == ' ' ? p + 2 : NULL;
}

/* The next entry of such a list: the first one anywhere, others behind a comma. */
static const char *
find_entry (const char *p, const char *end, gboolean first)
{
  for (; p < end; p++)
    if ((first && (*p == ' ' || *p == '{')) || *p == ',')
      {
        const char *name = p + 1 + (*p == ',' && p + 1 < end && p[1] == ' ');

        if (skip_entry_name (name, end) != NULL)
          return name;
      }
  return NULL;
}

/* Without the brackets and commas that a list has around its values. */
static ReboundSpan
trim_value (const char *p, const char *end)
{
  while (p < end && strchr (" \n([{", *p) != NULL)
    p++;
  while (end > p && strchr (" \n)]},", end[-1]) != NULL)
    end--;
  return (ReboundSpan){ p, end };
}

/* Each entry with the words before the list, which may tell the stage. FALSE where there are not
 * at least two. */
static gboolean
read_entries (ReboundReading *self, const ReboundSpan *text)
{
  const char *first = find_entry (text->start, text->end, TRUE);
  const char *head = first != NULL ? first - MIN (first - text->start, LONGEST_HEAD) : NULL;
  const char *next = first != NULL ? find_entry (first, text->end, FALSE) : NULL;
  g_autoptr (GString) one = g_string_new (NULL);
  gsize length;

  if (next == NULL && *text->start != '{')
    return FALSE;
  for (const char *p = first; p != NULL; p = next)
    {
      ReboundSaid said = { 0 };
      const char *end;

      next = find_entry (p, text->end, FALSE);
      end = next != NULL ? next : text->end;
      g_string_truncate (one, 0);
      g_string_append_len (one, head, first - head);
      g_string_append_len (one, skip_entry_name (p, end), end - skip_entry_name (p, end));
      said.text = (ReboundSpan){ one->str, one->str + one->len };
      said.words = trim_value (skip_entry_name (p, end), end);
      p = rebound_address_find (p, end, &length);
      p = skip_dress (p, &length);
      said.address = keep_address (self->evidence, p, length);
      rebound_add_said (self, &said);
    }
  return first != NULL;
}

/* "550 5.1.1 …" */
static gboolean
is_refusal (const char *p, const char *end)
{
  return end - p > 6 && (*p == '4' || *p == '5') && rebound_count_digits (p, end) == 3
         && p[3] == ' ' && p[4] == *p && p[5] == '.';
}

/* Where the refusal at @p ends: before "; 552 5.2.2 …". */
static const char *
find_refusal_end (const char *p, const char *end)
{
  for (; (p = memmem (p, end - p, "; ", 2)) != NULL; p++)
    if (is_refusal (p + 2, end))
      return p;
  return end;
}

/* The next one, behind the end of one. */
static const char *
skip_refusal (const char *end, const ReboundSpan *text)
{
  return end < text->end ? end + 2 : end;
}

/* Whether each of at least two refusals names somebody, and the next one somebody else. */
static gboolean
are_of_several (const ReboundSpan *text)
{
  const char *last = NULL;
  gsize length = 0, n;
  guint count = 0;

  for (const char *p = text->start, *end; p < text->end; p = skip_refusal (end, text), count++)
    {
      const char *address;

      end = find_refusal_end (p, text->end);
      address = find_recipient (&(ReboundSpan){ p, end }, &n);
      if (address == NULL || (last != NULL && n == length && memcmp (address, last, n) == 0))
        return FALSE;
      last = address;
      length = n;
    }
  return count > 1;
}

/* "550 5.1.1 <…> …; 552 5.2.2 <…> …" */
static gboolean
read_refusals (ReboundReading *self, const ReboundSpan *text)
{
  if (!is_refusal (text->start, text->end) || !are_of_several (text))
    return FALSE;
  for (const char *p = text->start, *end; p < text->end; p = skip_refusal (end, text))
    {
      ReboundSaid said = { 0 };

      end = find_refusal_end (p, text->end);
      said.text = (ReboundSpan){ p, end };
      rebound_add_said (self, &said);
    }
  return TRUE;
}

/* The event of a service to which the recipient's provider has sent a feedback report. */
static gboolean
read_complaint (ReboundReading *self, const ReboundSpan *text)
{
  ReboundEvidence *evidence = self->evidence;
  ReboundEvidenceRecipient *recipient;
  ReboundLog log;

  if (*text->start != '{' || !has_mark (self, text, REBOUND_MARK_COMPLAINT))
    return FALSE;
  rebound_log_read (text->start, text->end, &log);
  recipient = rebound_add_recipient (evidence, NULL);
  if (recipient == NULL)
    return FALSE;
  recipient->address = keep_recipient (evidence, text, &log, REBOUND_STAGE_NONE);
  recipient->diagnostic = rebound_keep_line (evidence, text->start, text->end - text->start);
  evidence->feedback = TRUE;
  evidence->feedback_type = "abuse";
  return TRUE;
}

ReboundEvidence *
rebound_evidence_read_reply (const char *text, const ReboundRules *rules,
                             const ReboundLimits *limits)
{
  gsize length;
  g_autofree char *utf8 = rebound_message_decode (text, &length);
  g_autoptr (GString) plain = undress (utf8, MIN (length, limits->text_bytes));
  g_autofree char *joined = rebound_codes_join (plain->str, plain->len, &length);
  ReboundSpan whole = { plain->str, plain->str + plain->len };
  ReboundSaid said = { .text = { joined, joined + length } };
  ReboundReading reading = {
    .evidence = rebound_evidence_new (rules, limits),
    .folded = REBOUND_FOLDED_INIT,
    .met = g_ptr_array_new (),
  };

  reading.evidence->bare = !read_complaint (&reading, &said.text);
  if (reading.evidence->bare && !rebound_read_conversation (&reading, &whole)
      && !read_entries (&reading, &said.text) && !read_refusals (&reading, &said.text))
    rebound_add_said (&reading, &said);
  rebound_folded_clear (&reading.folded);
  g_ptr_array_unref (reading.met);
  return reading.evidence;
}
