/* Rebound: what a report's text says of each recipient.
 *
 * From the line that names a recipient to the line that names the next, the text is about him;
 * what stands elsewhere is about all. In the transcript of a conversation the words of the
 * server are regions of their own: they are believed before the summary below them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "address.h"
#include "message/scan.h"
#include "message/warnings.h"
#include "text.h"
#include "translate.h"

/* Facts that are told to recipients, all together. */
#define MAX_TOLD 200000

/* A stretch of the text that is about some recipients; about all where there are none. */
typedef struct
{
  const char *start;
  const char *end;
  GPtrArray *recipients;
  gboolean remote;  /* a reply of the server, in a transcript */
  gboolean summary; /* what the reporting system makes of such a reply */
  gboolean field;   /* the returned message's own "To:", after which its other fields stand */
  ReboundStage stage;
  const char *host; /* behind "while talking to " */
  const char *name; /* the line that names its recipient, where that is the last */
} Region;

typedef struct
{
  ReboundText *text;
  ReboundEvidence *evidence;
  GPtrArray *regions;
  /* where the conversation stands */
  gboolean transcript; /* a heading announced one */
  gboolean unmarked;   /* its lines have no ">>>" */
  ReboundStage stage;
  const char *host;
  ReboundEvidenceRecipient *spoken_of;
  gboolean refused;   /* … in this conversation */
  gboolean settled;   /* the refusal's recipient was named: the next is another's */
  const char *above;  /* where names follow: what is about the next one begins here */
  Region *nameless;   /* a refusal of which the line after it may say whom it met */
  const char *common; /* the diagnostic that a rule finds outside of what is about one */
  guint n_told;       /* facts, to each recipient */
} Regions;

static void
region_free (gpointer data)
{
  Region *region = data;

  g_ptr_array_unref (region->recipients);
  g_free (region);
}

static Region *
last_region (Regions *self)
{
  return g_ptr_array_index (self->regions, self->regions->len - 1);
}

static Region *
begin_region (Regions *self, const char *start)
{
  Region *region = g_new0 (Region, 1);

  if (self->regions->len > 0)
    {
      start = MAX (start, last_region (self)->start); /* words above may be another's already */
      last_region (self)->end = start;
    }
  region->start = start;
  region->end = self->text->end;
  region->recipients = g_ptr_array_new ();
  g_ptr_array_add (self->regions, region);
  return region;
}

/* The array itself, for there may be many of both: more are only added to a region that the next
 * name follows at once. */
static void
share_recipients (Region *region, const Region *before)
{
  g_ptr_array_unref (region->recipients);
  region->recipients = g_ptr_array_ref (before->recipients);
}

/* A region about the same recipients as the one before. */
static Region *
continue_region (Regions *self, const char *start, const Region *before)
{
  Region *region = begin_region (self, start);

  share_recipients (region, before);
  return region;
}

static gboolean
is_empty (const char *p, const char *end)
{
  while (p < end && (g_ascii_isspace (*p) || strchr ("*-=~_|#<>:;,.\"'()[]", *p) != NULL))
    p++;
  return p >= end;
}

/* Recipients that are named one right after the other share what follows. */
static gboolean
shares_region (Regions *self, guint n)
{
  const ReboundCandidate *candidate = rebound_text_candidate (self->text, n);

  return n > 0 && last_region (self)->recipients->len > 0
         && rebound_find_recipient (self->evidence, candidate[-1].address) != NULL
         && candidate->naming >= REBOUND_NAMING_LABEL
         && is_empty (candidate[-1].after, rebound_text_line (self->text, candidate->line)->start);
}

/* A refusal that is folded into indented lines, as Postfix does, may name its recipient again at
 * the start of one. */
static gboolean
continues (Regions *self, const ReboundCandidate *candidate,
           const ReboundEvidenceRecipient *recipient)
{
  const Region *region = last_region (self);

  return candidate->naming == REBOUND_NAMING_LINE && !region->remote && region->recipients->len == 1
         && g_ptr_array_index (region->recipients, 0) == recipient
         && g_ascii_isspace (*rebound_text_line (self->text, candidate->line)->start);
}

/* A code, or words for a reason; not those that only say that delivery failed. */
static gboolean
has_refusal (const ReboundTextLine *line)
{
  ReboundCodes codes;

  if ((line->flags & (LINE_FAILS | LINE_FAILED)) == LINE_FAILS)
    return TRUE;
  return rebound_codes_find (line->start, line->end - line->start, &codes) && *codes.reply >= '4';
}

/* Where each refusal stands above the line that names whom it met, the first refusal; else %NULL.
 * Then there is one above each name, and none below the last. */
static const char *
find_above (const Regions *self)
{
  const ReboundText *text = self->text;
  const char *first = NULL;
  guint next = 0, names = 0, refusals = 0;

  for (guint i = 0; i < text->lines->len && text->candidates->len > 1; i++)
    {
      const ReboundTextLine *line = rebound_text_line (text, i);
      gboolean refused = has_refusal (line);

      if (next < text->candidates->len && rebound_text_candidate (text, next)->line == i)
        {
          const ReboundCandidate *candidate = rebound_text_candidate (text, next++);

          if (refused || refusals == 0 || candidate->naming == REBOUND_NAMING_COMMAND
              || candidate->naming == REBOUND_NAMING_REPLY
              || rebound_find_recipient (self->evidence, candidate->address) == NULL)
            return NULL;
          names++;
          refusals = 0;
        }
      else if (refused)
        {
          first = first != NULL ? first : line->start;
          refusals++;
        }
    }
  return names > 1 && refusals == 0 ? first : NULL;
}

static void
enter_recipient (Regions *self, guint n)
{
  const ReboundCandidate *candidate = rebound_text_candidate (self->text, n);
  const ReboundTextLine *line = rebound_text_line (self->text, candidate->line);
  ReboundEvidenceRecipient *recipient = rebound_find_recipient (self->evidence, candidate->address);

  if (recipient == NULL || continues (self, candidate, recipient))
    return;
  if (candidate->naming == REBOUND_NAMING_REPLY)
    {
      self->settled = TRUE;
      if (self->nameless != NULL)
        g_ptr_array_add (self->nameless->recipients, recipient);
    }
  if (!shares_region (self, n))
    begin_region (self, self->above != NULL ? self->above : line->start);
  if (self->above != NULL)
    {
      last_region (self)->name = line->start;
      self->above = MIN (line->end + 1, self->text->end);
    }
  last_region (self)->summary = candidate->naming == REBOUND_NAMING_REPLY;
  last_region (self)->field = candidate->naming == REBOUND_NAMING_FIELD;
  g_ptr_array_add (last_region (self)->recipients, recipient);
}

/* All that the line of candidate @n names. Returns the last. */
static guint
enter_recipients (Regions *self, guint n)
{
  const ReboundText *text = self->text;
  guint line = rebound_text_candidate (text, n)->line;

  enter_recipient (self, n);
  while (n + 1 < text->candidates->len && rebound_text_candidate (text, n + 1)->line == line)
    enter_recipient (self, ++n);
  return n;
}

/* "----- Transcript of session follows -----" ends what is said of the last recipient. */
static gboolean
is_heading (const ReboundTextLine *line)
{
  const char *p = line->start;

  while (p < line->end && *p == ' ')
    p++;
  return line->end - p > 6 && memcmp (p, "---", 3) == 0 && !is_empty (p, line->end);
}

static void
enter_heading (Regions *self, const ReboundTextLine *line)
{
  if (memmem (line->start, line->end - line->start, "ranscript", 9) != NULL)
    self->transcript = TRUE;
  if (last_region (self)->recipients->len > 0)
    begin_region (self, line->start);
}

/* The server's words, a region of their own; then what was before goes on. A refused RCPT is
 * about the one it names; Courier shows a conversation below the recipient that it is about;
 * sendmail, whose conversations stand by themselves, says below a refusal whom it met. */
static void
enter_refusal (Regions *self, const ReboundTextLine *line)
{
  Region *before = last_region (self);
  Region *region = begin_region (self, line->start);

  region->remote = TRUE;
  region->stage = self->stage;
  region->host = self->host;
  self->refused = TRUE;
  self->settled = FALSE;
  if (self->spoken_of != NULL && self->stage == REBOUND_STAGE_RCPT)
    g_ptr_array_add (region->recipients, self->spoken_of);
  else if (!self->transcript && before->recipients->len > 0)
    share_recipients (region, before);
  else
    self->nameless = region;
  continue_region (self, MIN (line->end + 1, self->text->end), before)->summary = TRUE;
}

static void
enter_command (Regions *self, const ReboundTextLine *line, const ReboundSpoken *spoken)
{
  gsize length;
  const char *address = rebound_address_find (line->start, line->end, &length);
  g_autofree char *raw = address != NULL ? g_strndup (address, length) : NULL;

  self->unmarked = !spoken->marked;
  if (spoken->stage == REBOUND_STAGE_NONE)
    return;
  self->stage = spoken->stage;
  if (spoken->stage == REBOUND_STAGE_RCPT)
    {
      self->spoken_of = raw != NULL ? rebound_find_recipient (self->evidence, raw) : NULL;
      self->refused = FALSE;
    }
}

/* "503 need RCPT" and "554 5.5.1 no valid recipients" only follow from a refused RCPT. */
static gboolean
is_consequence (const Regions *self, const char *p, const char *end)
{
  return self->refused
         && (!self->settled || memcmp (p, "503", 3) == 0
             || memmem (p, end - p, "5.5.1", 5) != NULL);
}

static void
enter_reply (Regions *self, const ReboundTextLine *line, const char *words)
{
  if ((*words == '4' || *words == '5') && !is_consequence (self, words, line->end))
    enter_refusal (self, line);
}

/* "... while talking to mx.example.net.:" begins another conversation. The host, or %NULL. */
static const char *
begins_conversation (const ReboundTextLine *line)
{
  const char *p = line->start;

  while (p < line->end && (*p == '.' || *p == ' '))
    p++;
  return rebound_starts_with (p, line->end, "while talking to ") ? p + 17 : NULL;
}

static void
enter_line (Regions *self, const ReboundTextLine *line)
{
  ReboundSpoken spoken;
  const char *host = begins_conversation (line);

  if (host != NULL)
    {
      self->host = host;
      self->refused = self->settled = FALSE;
      self->stage = REBOUND_STAGE_CONNECT;
    }
  else if (!rebound_line_is_spoken (line->start, line->end, &spoken))
    return;
  else if (!spoken.reply)
    enter_command (self, line, &spoken);
  else if (spoken.marked || self->unmarked)
    enter_reply (self, line, spoken.words);
  else if (self->transcript) /* a code and no arrow: the reporting system's own line */
    continue_region (self, line->start, last_region (self))->summary = TRUE;
}

static void
find_regions (Regions *self)
{
  const ReboundText *text = self->text;
  guint next = 0;

  begin_region (self, text->text);
  for (guint i = 0; i < text->lines->len; i++)
    {
      const ReboundTextLine *line = rebound_text_line (text, i);
      gboolean names;

      while (next < text->candidates->len && rebound_text_candidate (text, next)->line < i)
        next++;
      names = next < text->candidates->len && rebound_text_candidate (text, next)->line == i
              && rebound_text_candidate (text, next)->naming != REBOUND_NAMING_COMMAND;
      if (!names)
        self->nameless = NULL;
      if (names)
        next = enter_recipients (self, next);
      else if (is_heading (line))
        enter_heading (self, line);
      else
        enter_line (self, line);
    }
}

/* What a region says, read once for all its recipients. */
typedef struct
{
  GArray *clues; /* of ReboundClue */
  gboolean remote;
  const char *diagnostic;
  gboolean announced; /* a rule found it */
  const char *words;  /* where there is none */
  const char *origin;
  const char *host;
} Sayings;

static ReboundSource
source_of (const Region *region)
{
  return region->remote ? REBOUND_SOURCE_TRANSCRIPT : REBOUND_SOURCE_TEXT;
}

/* The end of the paragraph that @p is in. */
static const char *
paragraph_end (const char *p, const char *end)
{
  const char *blank = p < end ? memmem (p, end - p, "\n\n", 2) : NULL;

  return blank != NULL ? blank : end;
}

/* Without what Exchange puts around a refusal: "#550 5.1.1 no ##rfc822;x@example.net" and
 * "<mx.example.net #5.5.0 smtp;550 no>", the bracket having been opened before @p. */
static const char *
without_frame (const char *p, const char *end)
{
  const char *hashes = memmem (p, end - p, " ##", 3);
  const char *stop = hashes != NULL ? hashes : end;
  gint open = 0;

  while (stop > p && g_ascii_isspace (stop[-1]))
    stop--;
  for (const char *c = p; c < stop; c++)
    open += *c == '<' ? 1 : *c == '>' ? -1 : 0;
  return stop > p && stop[-1] == '>' && open == -1 ? stop - 1 : stop;
}

/* The end of a refusal: sendmail puts it into "(reason: …)" at the end of a line, others just
 * into parentheses, and Openfind into square brackets. */
static const char *
refusal_end (const Region *region, const char *p)
{
  const char *stop = rebound_line_end (p, region->end);
  const char *start = p - MIN (p - region->start, 9);

  if (stop > p && stop[-1] == ']' && p > start && p[-1] == '[')
    return stop - 1;
  if (stop > p && stop[-1] == ')'
      && ((p > start && p[-1] == '(') || memmem (start, p - start, "(reason: ", 9) != NULL))
    return stop - 1;
  return without_frame (
      p, paragraph_end (p, region->name != NULL && p < region->name ? region->name : region->end));
}

static void
read_codes (const Regions *self, const Region *region, Sayings *sayings)
{
  ReboundClue stage = { .type = REBOUND_CLUE_STAGE,
                        .from = REBOUND_SOURCE_TRANSCRIPT,
                        .stage = region->stage,
                        .value = rebound_stage_to_string (region->stage),
                        .remote = TRUE };
  const char *refusal;
  ReboundCodes codes;

  if (!rebound_codes_find (region->start, region->end - region->start, &codes))
    return;
  rebound_append_codes (self->evidence, sayings->clues, &codes, source_of (region), region->remote);
  refusal = region->start + codes.at;
  if (codes.reply[0] != '\0' || region->remote)
    sayings->diagnostic =
        rebound_keep_line (self->evidence, refusal, refusal_end (region, refusal) - refusal);
  if (region->remote && region->stage != REBOUND_STAGE_NONE)
    g_array_append_val (sayings->clues, stage);
}

static void
keep_host (const Regions *self, const char *host, gsize length, Sayings *sayings)
{
  g_autofree char *name = length > 0 ? g_ascii_strdown (host, length) : NULL;

  if (sayings->host == NULL)
    sayings->host = rebound_keep (self->evidence, name);
}

/* What a rule says stands behind its words, and what of it is not one of @skipped. */
static const char *
find_announced (const Regions *self, const Region *region, const ReboundHit *hit,
                const char *skipped, const char **end)
{
  gsize length;
  const char *p = rebound_text_value (self->text, hit->rule, rebound_text_behind (self->text, hit),
                                      region->end, &length);

  if (p == NULL)
    return NULL;
  *end = p + length;
  while (p < *end && strchr (skipped, *p) != NULL)
    p++;
  return p < *end ? p : NULL;
}

/* Behind "while talking to ". */
static void
read_announced_host (const Regions *self, const Region *region, const ReboundHit *hit,
                     Sayings *sayings)
{
  const char *end;
  const char *p = find_announced (self, region, hit, "[( ", &end);

  if (p != NULL)
    keep_host (self, p, rebound_host_scan (p, end), sayings);
}

/* Where a rule knows the words before it, no code has to be looked for. */
static void
read_announced_diagnostic (const Regions *self, const Region *region, const ReboundHit *hit,
                           Sayings *sayings)
{
  const char *end;
  const char *p = find_announced (self, region, hit, " \t\n", &end);

  if (p == NULL)
    return;
  sayings->diagnostic = rebound_keep_line (self->evidence, p, paragraph_end (p, end) - p);
  sayings->announced = TRUE;
}

/* qmail: "192.0.2.1 does not like recipient." */
static void
read_host_before (const Regions *self, const char *start, const char *p, Sayings *sayings)
{
  const char *end;

  while (p > start && p[-1] == ' ')
    p--;
  for (end = p; p > start && (g_ascii_isalnum (p[-1]) || strchr (".-_:", p[-1]) != NULL);)
    p--;
  if (p == start || p[-1] != '@')
    keep_host (self, p, rebound_host_scan (p, end), sayings);
}

static void
read_hits (const Regions *self, const Region *region, Sayings *sayings)
{
  ReboundText *text = self->text;

  for (guint i = rebound_text_first_hit (text, region->start);
       i < text->hits->len && text->text + rebound_text_hit (text, i)->start < region->end; i++)
    {
      const ReboundHit *hit = rebound_text_hit (text, i);
      const char *start = text->text + hit->start;

      if (hit->rule->type == REBOUND_RULE_STAGE && hit->rule->value != REBOUND_STAGE_LOCAL)
        read_host_before (self, region->start, start, sayings);
      if (rebound_hit_is_mark (hit, REBOUND_MARK_HOST))
        read_announced_host (self, region, hit, sayings);
      else if (rebound_hit_is_mark (hit, REBOUND_MARK_DIAGNOSTIC))
        read_announced_diagnostic (self, region, hit, sayings);
      else if (rebound_hit_is_mark (hit, REBOUND_MARK_ORIGIN) && sayings->origin == NULL)
        sayings->origin = rebound_text_keep_address (self->text, hit);
      else if (sayings->clues->len < self->evidence->limits->facts)
        rebound_append_hit (self->evidence, sayings->clues, text->text, hit, source_of (region),
                            region->remote);
    }
}

/* Behind the addresses that the region begins with. */
static const char *
skip_addresses (const Region *region)
{
  const char *p = region->start;
  gsize length;

  for (guint i = 0; i < region->recipients->len; i++)
    {
      const char *address = rebound_address_find (p, region->end, &length);

      if (address == NULL || (i > 0 && address - p > (gssize) strspn (p, ">:\"')]. \t\r\n<")))
        break;
      p = address + length;
    }
  return p;
}

static const char *
skip_separators (const char *p, const char *end)
{
  while (p < end && strchr (">:\"')]. \t\n", *p) != NULL)
    p++;
  return p;
}

/* Where no code is given, the words after the recipient are the diagnostic. */
static void
read_words (const Regions *self, const Region *region, Sayings *sayings)
{
  const char *start = skip_addresses (region);
  const char *end;

  if (sayings->diagnostic != NULL || region->recipients->len == 0 || region->remote
      || region->field)
    return;
  start = skip_separators (start, region->end);
  if (rebound_line_is_date (start, rebound_line_end (start, region->end)))
    start = skip_separators (rebound_line_end (start, region->end), region->end);
  end = paragraph_end (start, region->end);
  while (end > start && g_ascii_isspace (end[-1]))
    end--;
  if (end > start && *start == '(' && memchr (start, ')', end - start) == end - 1)
    {
      start++;
      end--;
    }
  sayings->words = rebound_keep_line (self->evidence, start, end - start);
}

/* Before "[192.0.2.1]". */
static void
read_literal_host (const Regions *self, const Region *region, Sayings *sayings)
{
  gsize length = 0;
  const char *host = rebound_host_find (region->start, region->end, &length);

  if (host != NULL)
    keep_host (self, host, length, sayings);
}

static gboolean
tells_stage (const Sayings *sayings)
{
  for (guint i = 0; i < sayings->clues->len; i++)
    if (g_array_index (sayings->clues, ReboundClue, i).type == REBOUND_CLUE_STAGE)
      return TRUE;
  return FALSE;
}

static void
read_sayings (const Regions *self, const Region *region, Sayings *sayings)
{
  read_codes (self, region, sayings);
  read_hits (self, region, sayings);
  read_words (self, region, sayings);
  if (region->recipients->len > 0 || tells_stage (sayings))
    read_literal_host (self, region, sayings);
  if (region->host != NULL && sayings->host == NULL)
    keep_host (self, region->host, rebound_host_scan (region->host, self->text->end), sayings);
}

/* Sendmail's Diagnostic-Code is the first line of a reply that may have several, its transcript has
 * them all. */
static gboolean
is_beginning (const char *diagnostic, const Sayings *sayings)
{
  gsize length = strlen (diagnostic);

  return sayings->remote && sayings->diagnostic != NULL
         && g_str_has_prefix (sayings->diagnostic, diagnostic)
         && sayings->diagnostic[length] == ' ';
}

static void
tell (const Regions *self, ReboundEvidenceRecipient *recipient, const Sayings *sayings)
{
  for (guint i = 0; i < sayings->clues->len; i++)
    rebound_add_clue (self->evidence, recipient, &g_array_index (sayings->clues, ReboundClue, i));
  if (recipient == NULL)
    return;
  if (recipient->diagnostic == NULL || is_beginning (recipient->diagnostic, sayings))
    recipient->diagnostic = sayings->diagnostic;
  if (recipient->said == NULL)
    recipient->said = sayings->words;
  if (recipient->original_address == NULL)
    recipient->original_address = sayings->origin;
  if (recipient->remote_mta == NULL)
    recipient->remote_mta = sayings->host;
}

/* Sendmail adds "550 5.1.1 User unknown" of its own to a transcript whose real refusal is
 * another line, and "554 5.0.0 Service unavailable" to any; the server's line counts. */
static gboolean
is_overruled (const Region *region, const ReboundEvidenceRecipient *recipient)
{
  for (guint i = 0; region->summary && i < recipient->clues->len; i++)
    {
      const ReboundClue *clue = &g_array_index (recipient->clues, ReboundClue, i);

      if (clue->remote && clue->type == REBOUND_CLUE_REPLY)
        return TRUE;
    }
  return FALSE;
}

/* Many conversations may be about many. */
static gboolean
may_tell (Regions *self, const Sayings *sayings)
{
  self->n_told += 1 + sayings->clues->len;
  if (self->n_told <= MAX_TOLD)
    return TRUE;
  rebound_warn (self->evidence->warnings, "truncated",
                N_ ("facts on many recipients beyond the limit"));
  return FALSE;
}

/* A report about one recipient is about him from end to end. */
static void
read_region (Regions *self, const Region *region)
{
  const GPtrArray *recipients = region->recipients;
  Sayings sayings = { .clues = g_array_new (FALSE, FALSE, sizeof (ReboundClue)),
                      .remote = region->remote };

  if (recipients->len == 0 && self->evidence->recipients->len == 1)
    recipients = self->evidence->recipients;
  read_sayings (self, region, &sayings);
  for (guint i = 0; i < recipients->len && may_tell (self, &sayings); i++)
    if (!is_overruled (region, g_ptr_array_index (recipients, i)))
      tell (self, g_ptr_array_index (recipients, i), &sayings);
  if (recipients->len == 0)
    tell (self, NULL, &sayings);
  if (recipients->len == 0 && self->common == NULL && sayings.announced)
    self->common = sayings.diagnostic;
  g_array_unref (sayings.clues);
}

void
rebound_text_read_regions (ReboundText *text)
{
  Regions self = {
    .text = text,
    .evidence = text->evidence,
    .regions = g_ptr_array_new_with_free_func (region_free),
  };

  self.above = find_above (&self);
  find_regions (&self);
  for (guint summary = 0; summary < 2; summary++)
    for (guint remote = 2; remote-- > 0;)
      for (guint i = 0; i < self.regions->len; i++)
        {
          const Region *region = g_ptr_array_index (self.regions, i);

          if (region->remote == (gboolean) remote && region->summary == (gboolean) summary)
            read_region (&self, region);
        }
  for (guint i = 0; i < self.evidence->recipients->len; i++)
    {
      ReboundEvidenceRecipient *recipient = rebound_evidence_recipient (self.evidence, i);

      if (recipient->diagnostic == NULL && !rebound_action_is_success (recipient->action))
        recipient->diagnostic = self.common != NULL ? self.common : recipient->said;
    }
  g_ptr_array_unref (self.regions);
}
