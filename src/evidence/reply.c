/* Rebound: the facts of a bare reply, or of the log line that has one.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "address.h"
#include "lines.h"
#include "reader.h"

#define LONGEST_WORD 32

typedef struct
{
  const char *start;
  const char *end;
} Span;

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

static const char *
find_recipient (const Span *text, gsize *length)
{
  const char *p = rebound_address_find (text->start, text->end, length);

  while (p != NULL && (rebound_address_is_office (p) || is_pointed_to (text->start, p)))
    p = rebound_address_find (p + *length, text->end, length);
  return p;
}

static void
read_recipient (ReboundEvidence *evidence, ReboundEvidenceRecipient *recipient, const Span *text)
{
  gsize length;
  const char *address = find_recipient (text, &length);
  g_autofree char *raw = address != NULL ? g_strndup (address, length) : NULL;

  recipient->address = rebound_keep_address (evidence, raw);
}

/* Log lines name the host before its reply: "host mx.example.net[192.0.2.1] said: 550 …",
 * "relay=mx.example.net[192.0.2.1]:25, … dsn=5.1.1". Those in the reply are others. */
static void
read_host_before (ReboundEvidence *evidence, ReboundEvidenceRecipient *recipient, const Span *text,
                  const ReboundCodes *codes)
{
  gsize n;
  const char *host = rebound_host_find (text->start, text->start + codes->at, &n);
  g_autofree char *name = host != NULL ? g_strndup (host, n) : NULL;

  if (name != NULL)
    recipient->remote_mta = rebound_keep_host (evidence, name);
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
find_positive (const Span *text, ReboundCodes *codes)
{
  static const char *const before[] = { "(", "\"", ": " };

  for (const char *p = memchr (text->start, '2', text->end - text->start); p != NULL;
       p = memchr (p + 1, '2', text->end - p - 1))
    {
      if (ends_with (text->start, p, "dsn="))
        return TRUE;
      for (guint i = 0; i < G_N_ELEMENTS (before); i++)
        if (ends_with (text->start, p, before[i]) && rebound_codes_find (p, text->end - p, codes)
            && is_positive (codes))
          {
            codes->at += p - text->start;
            return TRUE;
          }
    }
  *codes = (ReboundCodes){ 0 };
  return FALSE;
}

static gboolean
says_delivered (ReboundReading *self, const Span *text)
{
  g_autoptr (GArray) hits =
      rebound_find_hits (self, REBOUND_AREA_TEXT, text->start, text->end - text->start);

  for (guint i = 0; i < hits->len; i++)
    {
      const ReboundRule *rule = g_array_index (hits, ReboundHit, i).rule;

      if (rule->type == REBOUND_RULE_MARK && rule->value == REBOUND_MARK_DELIVERED)
        return TRUE;
    }
  return FALSE;
}

static gboolean
is_delivered (ReboundReading *self, const Span *text, ReboundCodes *codes)
{
  if (rebound_codes_find (text->start, text->end - text->start, codes))
    return is_positive (codes);
  return find_positive (text, codes) || says_delivered (self, text);
}

static void
read_reply (ReboundReading *self, const Span *text)
{
  ReboundEvidence *evidence = self->evidence;
  ReboundEvidenceRecipient *recipient = rebound_add_recipient (evidence, NULL);
  ReboundCodes codes = { 0 };
  gboolean delivered = is_delivered (self, text, &codes);
  const char *reply = delivered ? text->start + codes.at : text->start;

  recipient->diagnostic = rebound_keep_line (evidence, text->start, text->end - text->start);
  read_recipient (evidence, recipient, text);
  read_host_before (evidence, recipient, text, &codes);
  rebound_read_refusal (self, recipient, reply, text->end - reply, REBOUND_SOURCE_TEXT, TRUE);
  if (delivered)
    recipient->action = REBOUND_ACTION_DELIVERED;
}

ReboundEvidence *
rebound_evidence_read_reply (const char *text, const ReboundRules *rules,
                             const ReboundLimits *limits)
{
  gsize length;
  g_autofree char *utf8 = rebound_message_decode (text, &length);
  g_autofree char *joined = rebound_codes_join (utf8, MIN (length, limits->text_bytes), &length);
  Span span = { joined, joined + length };
  ReboundReading reading = {
    .evidence = rebound_evidence_new (rules, limits),
    .folded = REBOUND_FOLDED_INIT,
    .met = g_ptr_array_new (),
  };

  reading.evidence->bare = TRUE;
  read_reply (&reading, &span);
  rebound_folded_clear (&reading.folded);
  g_ptr_array_unref (reading.met);
  return reading.evidence;
}
