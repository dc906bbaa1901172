/* Rebound: what a message is.
 *
 * The kinds are asked for in the order of how hard they are to mistake.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verdict.h"

#include <string.h>

#include "evidence/address.h"

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

/* Of an operator's own system, on other people's mail. */
static gboolean
is_notice (const ReboundEvidence *evidence)
{
  return in_subject (evidence, REBOUND_MARK_NOTICE);
}

static gboolean
is_complaint (const ReboundEvidence *evidence)
{
  return evidence->feedback;
}

/* Somebody passes on what he got: his mail program says so in the subject, or the text does. */
static gboolean
is_forwarded (const ReboundEvidence *evidence)
{
  return in_text (evidence, REBOUND_MARK_FORWARDED)
         || in_subject (evidence, REBOUND_MARK_FORWARDED);
}

/* The return path of a list: list-bounces@, bounces+member=host@, list-admin@ (Mailman 2.0),
 * owner-list@ (Majordomo), list-return-7-member=host@ (ezmlm). */
static gboolean
is_return_path (const char *address)
{
  static const char *const signs[] = { "bounce", "-admin@", "-errors@", "-return-" };
  g_autofree char *lower = g_ascii_strdown (address != NULL ? address : "", -1);

  if (g_str_has_prefix (lower, "owner-"))
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (signs); i++)
    if (strstr (lower, signs[i]) != NULL)
      return TRUE;
  return FALSE;
}

/* To where nobody writes himself. */
static gboolean
is_for_bounces (const ReboundEvidence *evidence)
{
  return evidence->verp != NULL || is_return_path (evidence->to)
         || is_return_path (evidence->envelope_recipient);
}

static gboolean
is_by_list (const ReboundEvidence *evidence)
{
  return evidence->through_list && !is_for_bounces (evidence);
}

/* What comes through a list or a ticket system somebody else wrote. */
static gboolean
is_passed_on (const ReboundEvidence *evidence)
{
  return is_by_list (evidence) || in_header (evidence, REBOUND_MARK_FORWARDED);
}

/* Reports come with the null reverse-path (RFC 5321 section 4.5.5), or that of some daemon; who has
 * his own there wrote himself. */
static gboolean
is_personal (const ReboundEvidence *evidence)
{
  const char *sender = evidence->envelope_sender;

  return is_passed_on (evidence)
         || (!is_for_bounces (evidence) && sender != NULL && *sender != '\0'
             && rebound_address_equal (sender, evidence->from));
}

static gboolean
is_from (const ReboundEvidence *evidence, const char *local)
{
  return evidence->from != NULL && g_ascii_strncasecmp (evidence->from, local, strlen (local)) == 0;
}

/* As multipart/report, or by the sender's name. Nobody but a mail system is MAILER-DAEMON, and its
 * reports are sometimes passed on; a postmaster may be a person. */
static gboolean
is_by_system (const ReboundEvidence *evidence)
{
  return evidence->report
         || (in_header (evidence, REBOUND_MARK_SYSTEM)
             && (!is_personal (evidence) || is_from (evidence, "mailer-daemon")
                 || (is_from (evidence, "postmaster@") && !is_passed_on (evidence))));
}

static gboolean
has_action (const ReboundEvidence *evidence, ReboundAction action)
{
  for (guint i = 0; i < evidence->recipients->len; i++)
    if (rebound_evidence_recipient (evidence, i)->action == action)
      return TRUE;
  return FALSE;
}

/* A mail system quotes what it was told, and the subject of what it returns: "Undeliverable: Please
 * confirm your address". A challenge may be dressed as a report, as Boxbe's is. */
static gboolean
is_challenge (const ReboundEvidence *evidence)
{
  if (in_header (evidence, REBOUND_MARK_CHALLENGE))
    return TRUE;
  if (is_by_system (evidence)
      && (evidence->delivery_status || in_text (evidence, REBOUND_MARK_FAILED)))
    return FALSE;
  return in_text (evidence, REBOUND_MARK_CHALLENGE)
         || (in_subject (evidence, REBOUND_MARK_CHALLENGE)
             && !in_subject (evidence, REBOUND_MARK_FAILED));
}

static gboolean
is_report (const ReboundEvidence *evidence)
{
  return evidence->delivery_status && evidence->recipients->len > 0
         && (is_by_system (evidence) || !(is_forwarded (evidence) || is_personal (evidence)));
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

/* A mail system does not write in the name of whom it could not reach. */
static gboolean
is_by_subscriber (const ReboundEvidence *evidence)
{
  return evidence->verp != NULL && rebound_address_equal (evidence->from, evidence->verp);
}

static gboolean
opens_as_auto_reply (const ReboundEvidence *evidence)
{
  return (evidence->opening & 1u << REBOUND_MARK_AUTO_REPLY) != 0;
}

/* An answering machine says so first; "Invitation: out of office" and "How to write an out of
 * office reply" are about one. With the null reverse-path it may stand anywhere: responders use
 * that (RFC 3834 section 3.3), and people cannot. */
static gboolean
has_auto_subject (const ReboundEvidence *evidence)
{
  return in_subject (evidence, REBOUND_MARK_AUTO_REPLY)
         && (opens_as_auto_reply (evidence) || g_strcmp0 (evidence->envelope_sender, "") == 0);
}

/* Both the header and the words are an answering machine's, whose owner may have put a report that
 * he got into them; a mail system that calls its report an answer says nothing of offices. */
static gboolean
answers_for_person (const ReboundEvidence *evidence)
{
  return in_header (evidence, REBOUND_MARK_AUTO_REPLY)
         && in_text (evidence, REBOUND_MARK_AUTO_REPLY) && evidence->from != NULL
         && !rebound_address_is_office (evidence->from) && !evidence->report
         && !in_subject (evidence, REBOUND_MARK_FAILED)
         && !in_subject (evidence, REBOUND_MARK_DELAYED);
}

/* RFC 3834 and the many without it. A bounce may say auto-replied too: Exim, Domino, Postfix
 * and Exchange do; then a mail system has written it, and it tells of a failure. Where only what
 * it answers does, that is in its subject as well. */
static gboolean
is_auto_reply (const ReboundEvidence *evidence)
{
  gboolean failed =
      in_text (evidence, REBOUND_MARK_FAILED) || in_subject (evidence, REBOUND_MARK_FAILED)
      || in_text (evidence, REBOUND_MARK_DELAYED) || in_subject (evidence, REBOUND_MARK_DELAYED);

  if (evidence->quoted || is_by_subscriber (evidence) || answers_for_person (evidence))
    failed = FALSE;
  if (is_by_list (evidence))
    return FALSE;
  if (opens_as_auto_reply (evidence) && in_text (evidence, REBOUND_MARK_AUTO_REPLY))
    return TRUE;
  if (has_auto_subject (evidence))
    return !(in_header (evidence, REBOUND_MARK_SYSTEM) && failed);
  return (in_header (evidence, REBOUND_MARK_AUTO_REPLY)
          || in_text (evidence, REBOUND_MARK_AUTO_REPLY))
         && !failed;
}

/* In a text alone: a mail system writes, or a sender that we do not know, who quotes nobody and
 * names a recipient, or wrote to one's own return path; and it tells of a failure. */
static gboolean
is_told (const ReboundEvidence *evidence, ReboundMark mark)
{
  if (is_by_system (evidence))
    return in_text (evidence, mark) || in_subject (evidence, mark);
  return in_text (evidence, mark) && !is_forwarded (evidence) && !is_personal (evidence)
         && (evidence->recipients->len > 0 || evidence->format != NULL || evidence->verp != NULL);
}

/* "Transient Delivery Failure" has the words of a failure in it. */
static gboolean
is_told_delay (const ReboundEvidence *evidence)
{
  return is_told (evidence, REBOUND_MARK_DELAYED)
         && (!in_subject (evidence, REBOUND_MARK_FAILED)
             || (in_subject (evidence, REBOUND_MARK_DELAYED)
                 && in_text (evidence, REBOUND_MARK_DELAYED)));
}

static gboolean
has_clue (const ReboundEvidence *evidence)
{
  for (guint i = 0; i < evidence->recipients->len; i++)
    {
      const GArray *clues = rebound_evidence_recipient (evidence, i)->clues;

      for (guint n = 0; n < clues->len; n++)
        if (g_array_index (clues, ReboundClue, n).type != REBOUND_CLUE_SIGN)
          return TRUE;
    }
  return FALSE;
}

/* A mail system that names a recipient and a reason needs no sentence that we know. */
static gboolean
is_told_failure (const ReboundEvidence *evidence)
{
  return is_told (evidence, REBOUND_MARK_FAILED)
         || (in_header (evidence, REBOUND_MARK_SYSTEM) && has_clue (evidence)
             && !is_personal (evidence));
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
  { REBOUND_KIND_BOUNCE, is_bare_reply },       { REBOUND_KIND_OTHER, is_notice },
  { REBOUND_KIND_COMPLAINT, is_complaint },     { REBOUND_KIND_CHALLENGE, is_challenge },
  { REBOUND_KIND_BOUNCE, is_refusal },          { REBOUND_KIND_DISPOSITION, is_disposition },
  { REBOUND_KIND_BOUNCE, is_reported_failure }, { REBOUND_KIND_DELAY, is_reported_delay },
  { REBOUND_KIND_DELIVERED, is_report },        { REBOUND_KIND_AUTO_REPLY, is_auto_reply },
  { REBOUND_KIND_DELAY, is_told_delay },        { REBOUND_KIND_BOUNCE, is_told_failure },
  { REBOUND_KIND_DELIVERED, is_told_delivery },
};

ReboundKind
rebound_verdict_kind (const ReboundEvidence *evidence)
{
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (kinds[i].is (evidence))
      return kinds[i].kind;
  return REBOUND_KIND_OTHER;
}
