/* Rebound: the facts of the report's own header, of its envelope and of the returned message.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "address.h"
#include "reader.h"

static void
note_marks (ReboundEvidence *evidence, ReboundArea area, const char *text, const GArray *hits)
{
  for (guint i = 0; i < hits->len; i++)
    {
      const ReboundHit *hit = &g_array_index (hits, ReboundHit, i);

      if (hit->rule->type == REBOUND_RULE_MARK)
        rebound_note_mark (evidence, area, text, hit);
    }
}

/* Bytes of labels before what a subject says. */
#define LONGEST_LABELS 200

/* Whether only labels like "[Ticket 7]" or "***SPAM***" stand before it. */
static gboolean
opens_subject (const char *subject, gsize start)
{
  const char *p = subject + strspn (subject, " ");
  const char *hit = subject + start;

  if (start > LONGEST_LABELS)
    return FALSE;
  while (p < hit && (*p == '[' || *p == '*'))
    {
      const char *close = *p == '[' ? "]" : "*";

      p += strspn (p, "[*");
      if (p == hit)
        break;
      p += strcspn (p, close);
      p += strspn (p, close);
      p += strspn (p, " ");
    }
  return p == hit;
}

static void
note_subject (ReboundEvidence *evidence, const char *subject, const GArray *hits)
{
  note_marks (evidence, REBOUND_AREA_SUBJECT, subject, hits);
  for (guint i = 0; i < hits->len; i++)
    {
      const ReboundHit *hit = &g_array_index (hits, ReboundHit, i);

      if (hit->rule->type == REBOUND_RULE_MARK && opens_subject (subject, hit->start))
        evidence->opening |= 1u << hit->rule->value;
    }
}

/* X-Failed-Recipients of Exim, Gmail and others. */
static void
read_failed_recipients (ReboundEvidence *evidence, const char *value)
{
  g_auto (GStrv) addresses = g_strsplit (value, ",", -1);

  for (guint i = 0; addresses[i] != NULL; i++)
    rebound_add_address (evidence, addresses[i]);
}

void
rebound_read_header (ReboundReading *self)
{
  const ReboundFields *header = self->message->header;
  const char *subject = rebound_fields_get (header, REBOUND_FIELD_SUBJECT);
  const char *failed = rebound_fields_get (header, REBOUND_FIELD_X_FAILED_RECIPIENTS);
  const GString *text = rebound_known_fields (self, header, REBOUND_AREA_HEADER);
  g_autoptr (GArray) header_hits = NULL;
  g_autoptr (GArray) subject_hits = NULL;

  header_hits = rebound_find_hits (self, REBOUND_AREA_HEADER, text->str, text->len);
  note_marks (self->evidence, REBOUND_AREA_HEADER, text->str, header_hits);
  if (subject != NULL)
    {
      subject_hits = rebound_find_hits (self, REBOUND_AREA_SUBJECT, subject, strlen (subject));
      note_subject (self->evidence, subject, subject_hits);
    }
  if (failed != NULL && self->evidence->recipients->len == 0)
    read_failed_recipients (self->evidence, failed);
}

/* Where the report was delivered to: RFC 9228 and its forerunners, the best known first. */
static const ReboundFieldId recipient_fields[] = {
  REBOUND_FIELD_DELIVERED_TO,  REBOUND_FIELD_X_ORIGINAL_TO, REBOUND_FIELD_ENVELOPE_TO,
  REBOUND_FIELD_X_ENVELOPE_TO, REBOUND_FIELD_APPARENTLY_TO, REBOUND_FIELD_TO
};

void
rebound_read_return_path (ReboundEvidence *evidence, const char *raw)
{
  g_autofree char *address = raw != NULL ? rebound_address_clean (raw) : NULL;
  g_autofree char *beneath = address != NULL ? rebound_address_unwrap (address) : NULL;
  g_autofree char *subscriber = beneath != NULL ? rebound_address_from_verp (beneath) : NULL;

  if (evidence->verp == NULL)
    evidence->verp = rebound_keep (evidence, subscriber);
}

/* The first address is the best known, unless a later one tells the subscriber. */
static void
read_recipient (ReboundEvidence *evidence, const char *raw)
{
  gboolean known = evidence->verp != NULL;

  if (raw == NULL)
    return;
  rebound_read_return_path (evidence, raw);
  if (evidence->envelope_recipient == NULL || (!known && evidence->verp != NULL))
    evidence->envelope_recipient = rebound_keep_address (evidence, raw);
}

void
rebound_read_envelope (ReboundReading *self)
{
  ReboundEvidence *evidence = self->evidence;
  const ReboundFields *header = self->message->header;
  const char *sender = rebound_fields_get (header, REBOUND_FIELD_RETURN_PATH);

  if (self->envelope != NULL && self->envelope->sender != NULL)
    sender = self->envelope->sender;
  if (sender != NULL)
    {
      const char *address = rebound_keep_address (evidence, sender);

      evidence->envelope_sender = address != NULL ? address : "";
    }
  if (self->envelope != NULL)
    read_recipient (evidence, self->envelope->recipient);
  for (guint i = 0; i < G_N_ELEMENTS (recipient_fields); i++)
    read_recipient (evidence, rebound_fields_get (header, recipient_fields[i]));
}

void
rebound_read_returned (ReboundReading *self)
{
  for (guint i = 0; i < self->message->parts->len; i++)
    {
      const ReboundPart *part = g_ptr_array_index (self->message->parts, i);

      if (part->role == REBOUND_PART_RETURNED && rebound_reading_sees (self, part))
        rebound_keep_original (self->evidence, part->fields);
    }
}
