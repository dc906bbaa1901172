/* Rebound: why a delivery failed.
 *
 * A specific phrase is believed before an enhanced code, a specific enhanced code before the
 * reply code and the stage; of two equal ones the server's own words before the summary of the
 * one that reports them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "verdict.h"

/* All clues that bear on a recipient: his own, then those on everybody. */
typedef struct
{
  const ReboundEvidence *evidence;
  const GArray *own;
  const GArray *common;
  int provider;
} Clues;

static guint
n_clues (const Clues *self)
{
  return self->own->len + self->common->len;
}

static const ReboundClue *
clue_at (const Clues *self, guint i)
{
  return i < self->own->len ? &g_array_index (self->own, ReboundClue, i)
                            : &g_array_index (self->common, ReboundClue, i - self->own->len);
}

static gboolean
has_reason (const ReboundReasons *reasons, guint reason)
{
  return memchr (reasons->reason, reason, reasons->n) != NULL;
}

/* How far a clue's place can be trusted. */
static guint
trust (const Clues *self, guint i)
{
  const ReboundClue *clue = clue_at (self, i);
  guint own = i < self->own->len;

  switch (clue->from)
    {
    case REBOUND_SOURCE_DELIVERY_STATUS:
      return clue->remote ? 6 : 3 + own;
    case REBOUND_SOURCE_TRANSCRIPT:
      return own ? 5 : 4;
    default:
      return own ? 2 : 1;
    }
}

/* RFC 3463 section 2: a detail that is not known falls back to that of its subject. */
static const ReboundCode *
find_status (const ReboundRules *rules, const char *status)
{
  const ReboundCode *code = rebound_rules_find_status (rules, status);
  const char *detail = strrchr (status, '.');
  g_autofree char *general = NULL;

  if (code != NULL || detail == NULL)
    return code;
  general = g_strdup_printf ("%.*s.0", (int) (detail - status), status);
  return rebound_rules_find_status (rules, general);
}

/* A provider's own meaning is always one. */
static gboolean
is_specific (const Clues *self, const char *status)
{
  const ReboundRules *rules = self->evidence->rules;
  const ReboundCode *code = find_status (rules, status);

  if (rebound_rules_find_says (rules, self->provider, status) != NULL)
    return TRUE;
  return code != NULL && !code->generic && code->reasons.n > 0 && *status != '2';
}

/* 5.0.0 says nothing, and 5.5.0 is what Exchange and Outlook write for it. */
static gboolean
is_empty (const char *status)
{
  return g_str_has_suffix (status, ".0.0") || g_str_has_suffix (status, ".5.0");
}

/* The most specific code that is stated; the server's own before the reporting one's, which
 * sendmail for one makes up from the reply. */
static guint
rank_status (const Clues *self, guint i)
{
  const ReboundClue *clue = clue_at (self, i);
  guint rank = 1 + trust (self, i);

  if (is_empty (clue->value))
    return rank;
  return rank + 10 + (is_specific (self, clue->value) ? 10 : 0) + (clue->remote ? 20 : 0);
}

static const ReboundClue *
best_status (const Clues *self)
{
  const ReboundClue *best = NULL;
  guint best_rank = 0;

  for (guint i = 0; i < n_clues (self); i++)
    if (clue_at (self, i)->type == REBOUND_CLUE_STATUS && rank_status (self, i) > best_rank)
      {
        best = clue_at (self, i);
        best_rank = rank_status (self, i);
      }
  return best;
}

/* Of equally trusted ones the first; of stages the last, for a report on several hosts tells of
 * the last one what became of the message. */
static const ReboundClue *
best_of (const Clues *self, ReboundClueType type)
{
  const ReboundClue *best = NULL;
  guint best_rank = 0;

  for (guint i = 0; i < n_clues (self); i++)
    {
      guint rank = trust (self, i);

      if (clue_at (self, i)->type != type || rank < best_rank
          || (rank == best_rank && type != REBOUND_CLUE_STAGE))
        continue;
      best = clue_at (self, i);
      best_rank = rank;
    }
  return best;
}

/* Of phrases that are equally trusted the one that a specific code bears out, else one that was
 * written for such a place or leaves nothing open, else the longest: it is the most precise. */
static const ReboundClue *
best_phrase (const Clues *self, gboolean weak, const ReboundReasons *by_code,
             const ReboundFinding *finding)
{
  const ReboundClue *best = NULL;
  gsize best_rank = 0;

  for (guint i = 0; i < n_clues (self); i++)
    {
      const ReboundClue *clue = clue_at (self, i);
      gsize rank;

      if (clue->type != REBOUND_CLUE_PHRASE || clue->rule->weak != weak
          || !rebound_verdict_holds (self->evidence, clue, finding))
        continue;
      rank = trust (self, i) * 1000 + MIN (strlen (clue->value), 400);
      if (has_reason (by_code, clue->rule->reasons.reason[0]))
        rank += 450;
      if (clue->rule->reasons.n == 1)
        rank += 50;
      if (clue->rule->scope != 0)
        rank += 10;
      if (rank > best_rank)
        {
          best = clue;
          best_rank = rank;
        }
    }
  return best;
}

static ReboundReasons
reply_reasons (const ReboundRules *rules, const char *reply, ReboundStage stage)
{
  const ReboundCode *code = rebound_rules_find_reply (rules, reply);

  if (code == NULL)
    return (ReboundReasons){ 0 };
  return code->at[stage].n > 0 ? code->at[stage] : code->reasons;
}

/* The digit of the reply, else that of the status code. */
static guint
class_bit (const ReboundFinding *finding)
{
  const char *code = finding->reply != NULL ? finding->reply : finding->status;

  return code != NULL ? 1u << (*code - '0') : 0;
}

gboolean
rebound_verdict_holds (const ReboundEvidence *evidence, const ReboundClue *clue,
                       const ReboundFinding *finding)
{
  const ReboundRules *rules = evidence->rules;
  const ReboundScope *scope = &rules->scopes[clue->rule != NULL ? clue->rule->scope : 0];
  const char *provider =
      finding->provider >= 0
          ? rebound_rules_string (rules, rules->providers[finding->provider].name)
          : NULL;

  return scope == rules->scopes
         || (rebound_rules_allows (rules, scope->formats, evidence->format)
             && rebound_rules_allows (rules, scope->providers, provider)
             && (scope->classes == 0 || (scope->classes & class_bit (finding)) != 0)
             && (scope->stages == 0 || (scope->stages & 1u << finding->stage) != 0));
}

ReboundReasons
rebound_verdict_clue_reasons (const ReboundEvidence *evidence, const ReboundClue *clue,
                              const ReboundFinding *finding)
{
  const ReboundRules *rules = evidence->rules;
  const ReboundReasons *says = NULL;
  const ReboundCode *code;

  if (clue->type == REBOUND_CLUE_STATUS || clue->type == REBOUND_CLUE_REPLY)
    says = rebound_rules_find_says (rules, finding->provider, clue->value);
  if (says != NULL)
    return *says;
  switch (clue->type)
    {
    case REBOUND_CLUE_PHRASE:
      return clue->rule->reasons;
    case REBOUND_CLUE_STATUS:
      code = *clue->value != '2' ? find_status (rules, clue->value) : NULL;
      return code != NULL ? code->reasons : (ReboundReasons){ 0 };
    case REBOUND_CLUE_REPLY:
      return reply_reasons (rules, clue->value, finding->stage);
    default:
      return (ReboundReasons){ 0 };
    }
}

/* A vague code leaves open what the reply and its stage say; together they may say one thing. */
static ReboundReasons
combine (const ReboundReasons *reply, const ReboundReasons *status)
{
  ReboundReasons both = { 0 };

  if (status->n == 0 || status->reason[0] == REBOUND_REASON_UNCLASSIFIED)
    return reply->n > 0 ? *reply : *status;
  if (reply->n == 0 || reply->reason[0] == REBOUND_REASON_UNCLASSIFIED)
    return *status;
  for (guint i = 0; i < status->n; i++)
    if (has_reason (reply, status->reason[i]))
      both.reason[both.n++] = status->reason[i];
  return both.n > 0 ? both : *status;
}

gboolean
rebound_verdict_gave_up (const ReboundEvidenceRecipient *recipient)
{
  for (guint i = 0; i < recipient->clues->len; i++)
    {
      const ReboundClue *clue = &g_array_index (recipient->clues, ReboundClue, i);

      if (clue->type == REBOUND_CLUE_PHRASE && !clue->rule->weak
          && clue->rule->reasons.reason[0] == REBOUND_REASON_EXPIRED)
        return TRUE;
    }
  return FALSE;
}

static void
decide (ReboundFinding *finding, const ReboundClue *clue, const ReboundReasons *reasons)
{
  finding->decisive = clue;
  finding->reason = reasons->reason[0];
  finding->n_also = reasons->n - 1;
  for (guint i = 1; i < reasons->n; i++)
    finding->also[i - 1] = reasons->reason[i];
}

/* Of the reasons an ambiguous text leaves open, a specific code picks one. */
static void
prefer (ReboundFinding *finding, const ReboundReasons *by_code)
{
  for (guint i = 0; i < finding->n_also; i++)
    if (by_code->n > 0 && finding->also[i] == by_code->reason[0])
      {
        finding->also[i] = finding->reason;
        finding->reason = by_code->reason[0];
      }
}

static gboolean
blames_sender (const ReboundRules *rules, guint reason)
{
  return rules->reasons[reason].fault == REBOUND_FAULT_SENDER
         || rules->reasons[reason].fault == REBOUND_FAULT_MESSAGE;
}

/* X.1.7 and X.1.8; X.7.27, which sendmail uses for a recipient's domain without MX, where the words
 * are about the sender too. */
static gboolean
is_sender_address (const ReboundReasons *by_code, const char *status, gboolean of_sender)
{
  return by_code->reason[0] == REBOUND_REASON_SENDER_REJECTED
         && (of_sender || strcmp (status + 1, ".1.7") == 0 || strcmp (status + 1, ".1.8") == 0);
}

/* What is said of the sender's address is nothing against the recipient's, unless a code is; and
 * where the code is that of the sender's address, the words are about him too. */
static void
blame_sender (const Clues *self, const ReboundClue *phrase, const ReboundReasons *by_code,
              ReboundFinding *finding)
{
  const ReboundReasonRule *rule = &self->evidence->rules->reasons[finding->reason];
  gboolean of_sender = by_code->n > 0
                           ? is_sender_address (by_code, finding->status, phrase->of_sender)
                           : phrase->of_sender;

  if (!of_sender || rule->bounce != REBOUND_BOUNCE_HARD || finding->n_also == REBOUND_MAX_REASONS)
    return;
  finding->also[finding->n_also++] = finding->reason;
  finding->reason = REBOUND_REASON_SENDER_REJECTED;
}

static void
decide_by_codes (const Clues *clues, ReboundFinding *finding)
{
  const ReboundClue *status = best_status (clues);
  const ReboundClue *reply = best_of (clues, REBOUND_CLUE_REPLY);
  ReboundReasons of_status = { 0 };
  ReboundReasons of_reply = { 0 };
  ReboundReasons both;

  if (status != NULL)
    of_status = rebound_verdict_clue_reasons (clues->evidence, status, finding);
  if (reply != NULL)
    of_reply = rebound_verdict_clue_reasons (clues->evidence, reply, finding);
  both = combine (&of_reply, &of_status);
  if (both.n > 0)
    decide (finding, of_reply.n > 0 && has_reason (&of_reply, both.reason[0]) ? reply : status,
            &both);
}

static void
decide_by_rank (const Clues *clues, ReboundFinding *finding)
{
  const ReboundClue *status = best_status (clues);
  gboolean specific = status != NULL && is_specific (clues, status->value);
  ReboundReasons of_status = { 0 };
  const ReboundClue *phrase, *weak;

  if (specific)
    of_status = rebound_verdict_clue_reasons (clues->evidence, status, finding);
  phrase = best_phrase (clues, FALSE, &of_status, finding);
  weak = best_phrase (clues, TRUE, &of_status, finding);
  if (phrase != NULL)
    {
      decide (finding, phrase, &phrase->rule->reasons);
      prefer (finding, &of_status);
      blame_sender (clues, phrase, &of_status, finding);
    }
  else if (specific)
    decide (finding, status, &of_status);
  else if (weak != NULL)
    {
      decide (finding, weak, &weak->rule->reasons);
      blame_sender (clues, weak, &of_status, finding);
    }
  else
    decide_by_codes (clues, finding);
}

static gboolean
is_sourced (const Clues *clues, const ReboundFinding *finding)
{
  for (guint i = 0; i < n_clues (clues); i++)
    {
      const ReboundClue *clue = clue_at (clues, i);
      ReboundReasons reasons = rebound_verdict_clue_reasons (clues->evidence, clue, finding);

      if (!rebound_verdict_holds (clues->evidence, clue, finding))
        continue;
      if (clue->type == REBOUND_CLUE_PHRASE
              ? clue->rule->sourced && has_reason (&reasons, finding->reason)
              : reasons.n > 0 && reasons.reason[0] == finding->reason)
        return TRUE;
    }
  return FALSE;
}

/* Vague words for something else, where a code alone calls the address dead. */
static gboolean
doubts_code (const ReboundClue *clue, const ReboundFinding *finding)
{
  return clue->rule->weak && finding->decisive != NULL
         && finding->decisive->type == REBOUND_CLUE_STATUS
         && !has_reason (&clue->rule->reasons, finding->reason);
}

/* Words as trusted as those that decided, which blame the sender; or vague ones for something else,
 * where a code alone decided. */
static gboolean
words_dispute (const Clues *self, const ReboundFinding *finding)
{
  guint least = 0;

  for (guint i = 0; i < n_clues (self); i++)
    if (clue_at (self, i) == finding->decisive)
      least = trust (self, i);
  for (guint i = 0; i < n_clues (self); i++)
    {
      const ReboundClue *clue = clue_at (self, i);

      if (clue->type == REBOUND_CLUE_PHRASE && trust (self, i) >= least
          && (clue->rule->weak
                  ? doubts_code (clue, finding)
                  : blames_sender (self->evidence->rules, clue->rule->reasons.reason[0]))
          && rebound_verdict_holds (self->evidence, clue, finding))
        return TRUE;
    }
  return FALSE;
}

/* Words that no phrase knows in their place, and that nobody uses of an address that does not
 * exist, in small letters: of a policy, of a fault that passes, of the sender. */
static const char *const doubts[] = {
  "not allowed",   "not permitted",  "not authori",   "unauthori",
  "denied",        "forbidden",      "prohibit",      "blocked",
  "blocking",      "block list",     "blocklist",     "black list",
  "blacklist",     "banned",         "policy",        "policies",
  "spam",          "reputation",     "suspicious",    "unsolicited",
  "abuse",         "filter",         "virus",         "malware",
  "phish",         "complain",       "security",      "quarantine",
  "throttl",       "too many",       "too much",      "rate limit",
  "greylist",      "your ip",        "your host",     "your server",
  "your domain",   "client host",    "reverse dns",   "dmarc",
  "dkim",          "spf ",           "nicht erlaubt", "nicht gestattet",
  "verboten",      "gesperrt",       "richtlinie",    "blockiert",
  "interdit",      "non autoris",    "bloqu",         "politique",
  "no permitid",   "no autorizad",   "denegad",       "política",
  "non consentit", "bloccat",        "não permitid",  "negado",
  "запрещ",        "спам",           "заблокир",      "垃圾",
  "禁止",          "timed out",      "timeout",       "temporar",
  "lookup",        "ldap",           "database",      "internal",
  "unreachable",   "not be reached", "misconfig",     "disk",
  "try again",     "outside",        "external",      " only",
  "monitored",     "opted out",      "encrypt",       "not accept",
  "not receive",   "sender",         "return path",   "helo",
  "not handle",    "header",         "expired",       "may not",
  "probably",      "not paid",       "send-only",
};

/* @words in small letters, and blanks for the address, which may be policy@example.net. */
static char *
words_without_address (const char *words, const char *address)
{
  char *folded = g_utf8_casefold (words, -1);
  g_autofree char *name = g_utf8_casefold (address != NULL ? address : "", -1);

  for (char *p = folded; *name != '\0' && (p = strstr (p, name)) != NULL;)
    memset (p, ' ', strlen (name));
  return folded;
}

/* An address is known for dead by a bare code alone, and the server's words say that it does not
 * like the mail, or cannot tell: "550 5.1.1 your host is not allowed here". */
static gboolean
words_doubt_code (const ReboundEvidenceRecipient *recipient, const ReboundFinding *finding)
{
  const char *words = recipient->diagnostic;
  g_autofree char *folded = NULL;

  if (words == NULL || finding->decisive == NULL || finding->decisive->type != REBOUND_CLUE_STATUS)
    return FALSE;
  folded = words_without_address (words, recipient->address);
  for (guint i = 0; i < G_N_ELEMENTS (doubts); i++)
    if (strstr (folded, doubts[i]) != NULL)
      return TRUE;
  return FALSE;
}

/* 530, 535 and their like are about the sender's login, whoever "no such user" is. */
static gboolean
reply_blames_sender (const Clues *self, const ReboundClue *reply, const ReboundFinding *finding)
{
  ReboundReasons reasons = { 0 };

  if (reply != NULL)
    reasons = rebound_verdict_clue_reasons (self->evidence, reply, finding);
  for (guint i = 0; i < reasons.n; i++)
    if (!blames_sender (self->evidence->rules, reasons.reason[i]))
      return FALSE;
  return reasons.n > 0;
}

/* Words that leave something open. What prose leaves open, as Gmail's "was not found, or cannot
 * receive mail", the server's code may settle. */
static gboolean
is_left_open (const Clues *self, const ReboundFinding *finding)
{
  const ReboundClue *decisive = finding->decisive;
  const ReboundClue *status = best_status (self);
  ReboundReasons of_status = { 0 };

  if (decisive == NULL || !decisive->open)
    return FALSE;
  if (status != NULL && is_specific (self, status->value))
    of_status = rebound_verdict_clue_reasons (self->evidence, status, finding);
  return decisive->remote || decisive->from != REBOUND_SOURCE_TEXT
         || !has_reason (&of_status, finding->reason);
}

/* Who runs the host that refused: by its name, by what he alone writes, and where no host is named
 * by the recipient's domain. */
static int
find_provider (const Clues *self, const ReboundEvidenceRecipient *recipient)
{
  const ReboundRules *rules = self->evidence->rules;
  const char *domain = recipient->address != NULL ? strrchr (recipient->address, '@') : NULL;
  int provider = -1;

  if (recipient->remote_mta != NULL)
    provider = rebound_rules_find_provider (rules, recipient->remote_mta);
  for (guint i = 0; i < n_clues (self) && provider < 0; i++)
    if (clue_at (self, i)->type == REBOUND_CLUE_SIGN)
      provider = clue_at (self, i)->rule->value;
  if (provider < 0 && recipient->remote_mta == NULL && domain != NULL)
    provider = rebound_rules_find_provider (rules, domain + 1);
  return provider;
}

void
rebound_verdict_find_reason (const ReboundEvidence *evidence,
                             const ReboundEvidenceRecipient *recipient, ReboundFinding *finding)
{
  Clues clues = { evidence, recipient->clues, evidence->clues, -1 };
  const ReboundClue *status, *reply, *stage;

  clues.provider = find_provider (&clues, recipient);
  status = best_status (&clues);
  reply = best_of (&clues, REBOUND_CLUE_REPLY);
  stage = best_of (&clues, REBOUND_CLUE_STAGE);
  *finding = (ReboundFinding){ .reason = REBOUND_REASON_UNCLASSIFIED };
  finding->provider = clues.provider;
  finding->status = status != NULL ? status->value : NULL;
  finding->reply = reply != NULL ? reply->value : NULL;
  finding->stage = stage != NULL ? stage->stage : REBOUND_STAGE_NONE;
  decide_by_rank (&clues, finding);
  finding->sourced = is_sourced (&clues, finding);
  finding->disputed = words_dispute (&clues, finding) || words_doubt_code (recipient, finding)
                      || reply_blames_sender (&clues, reply, finding)
                      || is_left_open (&clues, finding)
                      || (finding->decisive != NULL && finding->decisive->of_sender);
}
