/* Rebound: what a message is.
 *
 * The kinds are asked for in the order of how hard they are to mistake.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verdict.h"

#include <string.h>

static gboolean
in_text (const ReboundEvidence *evidence, ReboundMark mark)
{
  return rebound_evidence_has_mark (evidence, REBOUND_AREA_TEXT, mark);
}

static gboolean
in_subject (const ReboundEvidence *evidence, ReboundMark mark)
{
  return rebound_evidence_has_mark (evidence, REBOUND_AREA_SUBJECT, mark);
}

static gboolean
in_header (const ReboundEvidence *evidence, ReboundMark mark)
{
  return rebound_evidence_has_mark (evidence, REBOUND_AREA_HEADER, mark);
}

static gboolean
is_bare_reply (const ReboundEvidence *evidence)
{
  return evidence->bare;
}

static gboolean
is_complaint (const ReboundEvidence *evidence)
{
  return evidence->feedback;
}

static gboolean
is_challenge (const ReboundEvidence *evidence)
{
  return in_text (evidence, REBOUND_MARK_CHALLENGE) || in_subject (evidence, REBOUND_MARK_CHALLENGE)
         || in_header (evidence, REBOUND_MARK_CHALLENGE);
}

static gboolean
has_action (const ReboundEvidence *evidence, ReboundAction action)
{
  for (guint i = 0; i < evidence->recipients->len; i++)
    if (rebound_evidence_recipient (evidence, i)->action == action)
      return TRUE;
  return FALSE;
}

static gboolean
is_report (const ReboundEvidence *evidence)
{
  return evidence->delivery_status && evidence->recipients->len > 0;
}

/* Outlook, too, says "deleted" by itself, when a reader throws a mail away unread. */
static gboolean
is_refusal (const ReboundEvidence *evidence)
{
  return evidence->disposition && evidence->refused
         && (in_header (evidence, REBOUND_MARK_SYSTEM) || in_text (evidence, REBOUND_MARK_FAILED)
             || in_subject (evidence, REBOUND_MARK_FAILED));
}

static gboolean
is_disposition (const ReboundEvidence *evidence)
{
  return evidence->disposition;
}

static gboolean
gave_up (const ReboundEvidence *evidence)
{
  for (guint i = 0; i < evidence->recipients->len; i++)
    if (rebound_verdict_gave_up (rebound_evidence_recipient (evidence, i)))
      return TRUE;
  return FALSE;
}

static gboolean
is_reported_failure (const ReboundEvidence *evidence)
{
  return is_report (evidence)
         && (has_action (evidence, REBOUND_ACTION_FAILED) || gave_up (evidence)
             || (has_action (evidence, REBOUND_ACTION_NONE)
                 && !in_text (evidence, REBOUND_MARK_DELAYED)
                 && !in_text (evidence, REBOUND_MARK_DELIVERED)));
}

static gboolean
is_reported_delay (const ReboundEvidence *evidence)
{
  return is_report (evidence)
         && (has_action (evidence, REBOUND_ACTION_DELAYED)
             || (has_action (evidence, REBOUND_ACTION_NONE)
                 && in_text (evidence, REBOUND_MARK_DELAYED)));
}

/* RFC 3834 and the many without it. A bounce may say auto-replied too: Exim, Domino, Postfix
 * and Exchange do; then a mail system has written it, and it tells of a failure. */
static gboolean
is_auto_reply (const ReboundEvidence *evidence)
{
  gboolean failed =
      in_text (evidence, REBOUND_MARK_FAILED) || in_subject (evidence, REBOUND_MARK_FAILED)
      || in_text (evidence, REBOUND_MARK_DELAYED) || in_subject (evidence, REBOUND_MARK_DELAYED);

  if (in_subject (evidence, REBOUND_MARK_AUTO_REPLY))
    return !(in_header (evidence, REBOUND_MARK_SYSTEM) && failed);
  return (in_header (evidence, REBOUND_MARK_AUTO_REPLY)
          || in_text (evidence, REBOUND_MARK_AUTO_REPLY))
         && !failed;
}

/* In a text alone: a mail system writes, or nobody is quoted; and it tells of a failure. */
static gboolean
is_told (const ReboundEvidence *evidence, ReboundMark mark)
{
  gboolean system = in_header (evidence, REBOUND_MARK_SYSTEM) || evidence->report;

  if (!in_text (evidence, mark) && !in_subject (evidence, mark))
    return FALSE;
  return system || (in_text (evidence, mark) && !in_text (evidence, REBOUND_MARK_FORWARDED));
}

static gboolean
is_told_delay (const ReboundEvidence *evidence)
{
  return is_told (evidence, REBOUND_MARK_DELAYED) && !in_subject (evidence, REBOUND_MARK_FAILED);
}

static gboolean
has_clue (const ReboundEvidence *evidence)
{
  for (guint i = 0; i < evidence->recipients->len; i++)
    if (rebound_evidence_recipient (evidence, i)->clues->len > 0)
      return TRUE;
  return FALSE;
}

/* A mail system that names a recipient and a reason needs no sentence that we know. */
static gboolean
is_told_failure (const ReboundEvidence *evidence)
{
  return is_told (evidence, REBOUND_MARK_FAILED)
         || (in_header (evidence, REBOUND_MARK_SYSTEM) && has_clue (evidence));
}

static gboolean
is_told_delivery (const ReboundEvidence *evidence)
{
  return is_told (evidence, REBOUND_MARK_DELIVERED);
}

static const struct
{
  ReboundKind kind;
  gboolean (*is) (const ReboundEvidence *evidence);
} kinds[] = {
  { REBOUND_KIND_BOUNCE, is_bare_reply },       { REBOUND_KIND_COMPLAINT, is_complaint },
  { REBOUND_KIND_CHALLENGE, is_challenge },     { REBOUND_KIND_BOUNCE, is_refusal },
  { REBOUND_KIND_DISPOSITION, is_disposition }, { REBOUND_KIND_BOUNCE, is_reported_failure },
  { REBOUND_KIND_DELAY, is_reported_delay },    { REBOUND_KIND_DELIVERED, is_report },
  { REBOUND_KIND_AUTO_REPLY, is_auto_reply },   { REBOUND_KIND_DELAY, is_told_delay },
  { REBOUND_KIND_BOUNCE, is_told_failure },     { REBOUND_KIND_DELIVERED, is_told_delivery },
};

ReboundKind
rebound_verdict_kind (const ReboundEvidence *evidence)
{
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (kinds[i].is (evidence))
      return kinds[i].kind;
  return REBOUND_KIND_OTHER;
}
