/* Rebound: facts → verdict.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verdict.h"

#include <string.h>

#include "evidence/address.h"
#include "translate.h"

/* What kind of fact a clue is, in the report. */
static const char *const fact_names[] = {
  [REBOUND_CLUE_PHRASE] = NC_ ("fact", "phrase"), [REBOUND_CLUE_STATUS] = NC_ ("fact", "status"),
  [REBOUND_CLUE_REPLY] = NC_ ("fact", "reply"),   [REBOUND_CLUE_STAGE] = NC_ ("fact", "stage"),
  [REBOUND_CLUE_SIGN] = NC_ ("fact", "provider"),
};

/* The subscriber behind a failing address. */

static gboolean
is_for_one (const ReboundReport *report)
{
  return report->evidence->recipients->len <= 1;
}

static void
find_subscriber (const ReboundReport *report, ReboundRecipient *to)
{
  const ReboundEvidence *evidence = report->evidence;
  const char *returned_to = evidence->original_to_is_list ? NULL : evidence->original.to;
  const struct
  {
    const char *address;
    ReboundSubscriberFrom from;
    gboolean applies;
  } ways[] = {
    { evidence->verp, REBOUND_SUBSCRIBER_FROM_VERP,
      is_for_one (report) || rebound_address_equal (evidence->verp, to->address)
          || rebound_address_equal (evidence->verp, to->original_address) },
    { to->original_address, REBOUND_SUBSCRIBER_FROM_ORIGINAL_RECIPIENT, TRUE },
    { returned_to, REBOUND_SUBSCRIBER_FROM_RETURNED_TO,
      is_for_one (report) || rebound_address_equal (returned_to, to->address) },
    { to->address, REBOUND_SUBSCRIBER_FROM_RECIPIENT, TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (ways) && to->subscriber == NULL; i++)
    if (ways[i].address != NULL && ways[i].applies)
      {
        to->subscriber = ways[i].address;
        to->subscriber_from = ways[i].from;
      }
}

/* The policy: what a reason means for the list. */

static gboolean
is_transient (const ReboundRecipient *to)
{
  return (to->status != NULL && *to->status == '4')
         || (to->status == NULL && to->reply != NULL && *to->reply == '4')
         || (to->reply != NULL && *to->reply == '4' && to->bounce == REBOUND_BOUNCE_HARD);
}

static void
apply_policy (const ReboundReport *report, ReboundRecipient *to)
{
  const ReboundReasonRule *rule = &report->evidence->rules->reasons[to->reason];
  const ReboundCell built_in = { rule->bounce, rule->fault, rule->unsubscribe, 0 };
  const ReboundCell *cell = report->terms != NULL ? &report->terms->reasons[to->reason] : &built_in;

  to->bounce = cell->bounce;
  to->fault = cell->fault;
  to->unsubscribe = cell->unsubscribe;
}

/* The contract's rules beside the table. "User unknown" may be what a host says to all whom it does
 * not like. */
static void
temper (ReboundRecipient *to, const ReboundFinding *finding)
{
  if (to->action == REBOUND_ACTION_DELAYED
      || (is_transient (to) && to->reason == REBOUND_REASON_USER_INACTIVE)
      || (to->bounce == REBOUND_BOUNCE_HARD && !finding->sourced))
    to->bounce = REBOUND_BOUNCE_SOFT;
}

/* The most that what is known of a delivery allows, whatever the policy makes of the reason. */
static ReboundUnsubscribe
delivery_ceiling (const ReboundRecipient *to, const ReboundFinding *finding)
{
  if (to->action == REBOUND_ACTION_DELAYED || rebound_action_is_success (to->action))
    return REBOUND_UNSUBSCRIBE_NEVER;
  if ((to->status != NULL && *to->status == '4') || (to->reply != NULL && *to->reply == '4')
      || to->n_also > 0 || finding->disputed || !finding->sourced)
    return REBOUND_UNSUBSCRIBE_COUNT;
  return REBOUND_UNSUBSCRIBE_NOW;
}

static void
limit_unsubscribe (ReboundRecipient *to, ReboundUnsubscribe ceiling)
{
  to->ceiling = ceiling;
  to->unsubscribe = MIN (to->unsubscribe, ceiling);
}

/* How far a report of each grade may lead, says the policy. */
static void
limit_by_grade (const ReboundReport *report)
{
  static const ReboundUnsubscribe most[] = {
    [REBOUND_REACH_NOTHING] = REBOUND_UNSUBSCRIBE_NEVER,
    [REBOUND_REACH_PROBE] = REBOUND_UNSUBSCRIBE_COUNT,
    [REBOUND_REACH_SUSPEND] = REBOUND_UNSUBSCRIBE_COUNT,
    [REBOUND_REACH_UNSUBSCRIBE] = REBOUND_UNSUBSCRIBE_NOW,
  };

  for (guint i = 0; report->terms != NULL && i < report->recipients->len; i++)
    {
      ReboundRecipient *to = g_ptr_array_index (report->recipients, i);

      to->unsubscribe = MIN (to->unsubscribe, most[report->terms->grades[to->grade]]);
    }
}

/* The evidence */

static ReboundRole
role_of (const ReboundEvidence *evidence, const ReboundClue *clue, const ReboundFinding *finding)
{
  ReboundReasons reasons = rebound_verdict_clue_reasons (evidence, clue, finding);

  if (clue == finding->decisive)
    return REBOUND_ROLE_DECISIVE;
  if (reasons.n == 0 || memchr (reasons.reason, finding->reason, reasons.n) != NULL
      || reasons.reason[0] == REBOUND_REASON_UNCLASSIFIED)
    return REBOUND_ROLE_AGREES;
  return REBOUND_ROLE_CONTRADICTED;
}

static void
add_facts (const ReboundEvidence *evidence, const GArray *clues, const ReboundFinding *finding,
           ReboundRole role, ReboundRecipient *to)
{
  for (guint i = 0; i < clues->len; i++)
    {
      const ReboundClue *clue = &g_array_index (clues, ReboundClue, i);
      ReboundFact fact = { fact_names[clue->type], clue->value, clue->from, NULL, role };

      if (role_of (evidence, clue, finding) != role
          || !rebound_verdict_holds (evidence, clue, finding))
        continue;
      if (clue->type == REBOUND_CLUE_STAGE)
        fact.value = rebound_stage_to_string (clue->stage);
      if (clue->rule != NULL)
        fact.rule = rebound_rules_string (evidence->rules, clue->rule->id);
      g_array_append_val (to->facts, fact);
    }
}

static void
add_action_fact (const ReboundEvidenceRecipient *from, ReboundRecipient *to)
{
  ReboundFact fact = { NC_ ("fact", "action"), rebound_action_to_string (from->action),
                       from->action_from, NULL, REBOUND_ROLE_AGREES };

  if (from->action_from == REBOUND_SOURCE_NONE || from->action == REBOUND_ACTION_NONE)
    return;
  if (to->facts->len == 0)
    fact.role = REBOUND_ROLE_DECISIVE;
  g_array_append_val (to->facts, fact);
}

static void
explain (const ReboundEvidence *evidence, const ReboundEvidenceRecipient *from,
         const ReboundFinding *finding, ReboundRecipient *to)
{
  static const ReboundRole order[] = { REBOUND_ROLE_DECISIVE, REBOUND_ROLE_AGREES,
                                       REBOUND_ROLE_CONTRADICTED };

  for (guint i = 0; i < G_N_ELEMENTS (order); i++)
    {
      add_facts (evidence, from->clues, finding, order[i], to);
      add_facts (evidence, evidence->clues, finding, order[i], to);
    }
  add_action_fact (from, to);
}

/* The kinds of recipients */

static void
copy_recipient (const ReboundEvidenceRecipient *from, ReboundRecipient *to)
{
  to->address = from->address;
  to->original_address = from->original_address;
  to->diagnostic = from->diagnostic;
  to->remote_mta = from->remote_mta;
  to->will_retry_until = from->will_retry_until;
  to->moved_to = from->moved_to;
}

/* What a report of the kind means where it does not state the action. */
static ReboundAction
action_by_kind (ReboundKind kind)
{
  switch (kind)
    {
    case REBOUND_KIND_BOUNCE:
      return REBOUND_ACTION_FAILED;
    case REBOUND_KIND_DELAY:
      return REBOUND_ACTION_DELAYED;
    case REBOUND_KIND_DELIVERED:
      return REBOUND_ACTION_DELIVERED;
    default:
      return REBOUND_ACTION_NONE;
    }
}

static ReboundReason
reason_of (const ReboundRecipient *to, const ReboundFinding *finding)
{
  if (rebound_action_is_success (to->action))
    return REBOUND_REASON_DELIVERED;
  if (to->action == REBOUND_ACTION_DELAYED
      && (finding->reason == REBOUND_REASON_UNCLASSIFIED
          || finding->reason == REBOUND_REASON_EXPIRED))
    return REBOUND_REASON_DELAYED;
  return finding->reason;
}

/* "551 User not local; please try <new@address>" (RFC 5321 section 3.4). */
static const char *
find_new_address (ReboundEvidence *evidence, const ReboundRecipient *to)
{
  const char *p = to->diagnostic;
  const char *end = p != NULL ? p + strlen (p) : NULL;
  gsize length;

  for (p = p != NULL ? rebound_address_find (p, end, &length) : NULL; p != NULL;
       p = rebound_address_find (p + length, end, &length))
    {
      const char *address = g_string_chunk_insert_len (evidence->strings, p, length);

      if (!rebound_address_equal (address, to->address)
          && !rebound_address_equal (address, to->original_address))
        return address;
    }
  return NULL;
}

static void
judge_delivery (ReboundReport *report, const ReboundEvidenceRecipient *from, ReboundRecipient *to)
{
  const ReboundEvidence *evidence = report->evidence;
  ReboundFinding finding;

  rebound_verdict_find_reason (evidence, from, &finding);
  to->action = from->action != REBOUND_ACTION_NONE ? from->action : action_by_kind (report->kind);
  if (to->action == REBOUND_ACTION_DELAYED && rebound_verdict_gave_up (from))
    to->action = REBOUND_ACTION_FAILED;
  to->reply = finding.reply;
  to->status = finding.status;
  to->stage = finding.stage;
  if (finding.provider >= 0)
    to->provider =
        rebound_rules_string (evidence->rules, evidence->rules->providers[finding.provider].name);
  to->reason = reason_of (to, &finding);
  if (to->reason == finding.reason)
    {
      to->n_also = finding.n_also;
      memcpy (to->also, finding.also, sizeof to->also);
    }
  if (to->reason == REBOUND_REASON_USER_MOVED && to->moved_to == NULL)
    to->moved_to = find_new_address (report->evidence, to);
  apply_policy (report, to);
  temper (to, &finding);
  limit_unsubscribe (to, delivery_ceiling (to, &finding));
  explain (evidence, from, &finding, to);
}

/* RFC 5965 section 3.1 and the registry it began. */
static ReboundReason
feedback_reason (const char *type)
{
  static const char *const complaints[] = { "abuse", "fraud", "other" };

  if (g_str_equal (type, "opt-out") || g_str_equal (type, "opt-out-list"))
    return REBOUND_REASON_UNSUBSCRIBE_REQUEST;
  for (guint i = 0; i < G_N_ELEMENTS (complaints); i++)
    if (g_str_equal (type, complaints[i]))
      return REBOUND_REASON_COMPLAINT;
  return REBOUND_REASON_FEEDBACK;
}

/* Who answers is alive, and of several it is not known who complained. */
static ReboundUnsubscribe
answer_ceiling (const ReboundReport *report)
{
  if (report->kind != REBOUND_KIND_COMPLAINT)
    return REBOUND_UNSUBSCRIBE_NEVER;
  return report->evidence->one_of_them ? REBOUND_UNSUBSCRIBE_COUNT : REBOUND_UNSUBSCRIBE_NOW;
}

static void
judge_answer (ReboundReport *report, ReboundRecipient *to)
{
  const ReboundEvidence *evidence = report->evidence;

  switch (report->kind)
    {
    case REBOUND_KIND_COMPLAINT:
      to->reason =
          feedback_reason (evidence->feedback_type != NULL ? evidence->feedback_type : "abuse");
      break;
    case REBOUND_KIND_AUTO_REPLY:
      to->reason = REBOUND_REASON_AUTO_REPLY;
      break;
    default:
      to->reason = REBOUND_REASON_DELIVERED;
      break;
    }
  apply_policy (report, to);
  limit_unsubscribe (to, answer_ceiling (report));
}

static gboolean
is_about_delivery (ReboundKind kind)
{
  return kind == REBOUND_KIND_BOUNCE || kind == REBOUND_KIND_DELAY
         || kind == REBOUND_KIND_DELIVERED;
}

static void
add_recipient (ReboundReport *report, const ReboundEvidenceRecipient *from)
{
  ReboundRecipient *to = rebound_report_add_recipient (report);

  copy_recipient (from, to);
  find_subscriber (report, to);
  if (is_about_delivery (report->kind))
    judge_delivery (report, from, to);
  else
    judge_answer (report, to);
}

/* A report that names nobody: whom the list wrote to stands in its return path, or in the
 * returned message. Who answered by machine wrote the message. */
static const char *
unnamed_recipient (const ReboundReport *report)
{
  const ReboundEvidence *evidence = report->evidence;

  if (report->kind == REBOUND_KIND_AUTO_REPLY)
    return evidence->from;
  if (report->kind == REBOUND_KIND_COMPLAINT || evidence->verp != NULL)
    return evidence->verp;
  return evidence->original_to_is_list ? NULL : evidence->original.to;
}

static void
add_unnamed (ReboundReport *report)
{
  ReboundEvidenceRecipient from = { .address = unnamed_recipient (report) };

  if (from.address == NULL && report->kind != REBOUND_KIND_COMPLAINT)
    return;
  from.clues = g_array_new (FALSE, FALSE, sizeof (ReboundClue));
  add_recipient (report, &from);
  g_array_unref (from.clues);
}

static void
add_recipients (ReboundReport *report)
{
  const ReboundEvidence *evidence = report->evidence;

  if (report->kind != REBOUND_KIND_AUTO_REPLY)
    for (guint i = 0; i < evidence->recipients->len; i++)
      add_recipient (report, rebound_evidence_recipient (evidence, i));
  if (report->recipients->len == 0)
    add_unnamed (report);
}

ReboundReport *
rebound_verdict (ReboundEvidence *evidence, const ReboundPolicy *policy,
                 ReboundAuthenticity *authenticity)
{
  ReboundReport *report = rebound_report_new (evidence);

  report->kind = rebound_verdict_kind (evidence);
  if (report->kind == REBOUND_KIND_OTHER
      || (report->kind == REBOUND_KIND_AUTO_REPLY
          && (evidence->quoted
              || rebound_evidence_has_mark (evidence, REBOUND_AREA_TEXT, REBOUND_MARK_FAILED))))
    evidence->format = NULL;
  if (authenticity != NULL)
    report->list = rebound_authenticity_find_list (authenticity);
  if (policy != NULL)
    report->terms = rebound_policy_terms (
        policy, rebound_policy_has_lists (policy) ? rebound_report_get_list (report) : NULL);
  if (report->kind == REBOUND_KIND_OTHER || report->kind == REBOUND_KIND_CHALLENGE)
    return report;
  add_recipients (report);
  if (authenticity != NULL)
    rebound_authenticity_grade (authenticity, report);
  limit_by_grade (report);
  return report;
}
