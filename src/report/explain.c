/* Rebound: what a code or a reason means.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "json.h"
#include "report.h"
#include "rules/rules.h"

/* A code or a reason, looked up. */
typedef struct
{
  const char *topic;
  const char *type; /* reply, status or reason */
  const char *means;
  const char *source;
  const ReboundCode *code; /* %NULL for a reason */
  ReboundReasons reasons;
} Topic;

static const ReboundRules *const rules = &rebound_builtin_rules;

static const char *
string (ReboundString offset)
{
  return offset != 0 ? rebound_rules_string (rules, offset) : NULL;
}

/* RFC 5321 section 4.2.1, RFC 3463 section 3.1. */
static const char *
class_of (const Topic *topic)
{
  if (topic->code == NULL)
    return NULL;
  switch (*topic->topic)
    {
    case '2':
      return "success";
    case '3':
      return "intermediate";
    case '4':
      return "temporary";
    case '5':
      return "permanent";
    default:
      return NULL;
    }
}

/* What is "X.1.1" for a failure is no reason in a 2.1.1. */
static gboolean
is_failure (const Topic *topic)
{
  return strchr ("23", *topic->topic) == NULL;
}

static gboolean
find_code (const char *text, Topic *topic)
{
  gboolean is_reply = strlen (text) == 3;
  const ReboundCode *code =
      is_reply ? rebound_rules_find_reply (rules, text) : rebound_rules_find_status (rules, text);

  if (code == NULL)
    return FALSE;
  *topic = (Topic){ .topic = text,
                    .type = is_reply ? "reply" : "status",
                    .means = string (code->texts.means),
                    .source = string (code->texts.source),
                    .code = code };
  if (is_failure (topic))
    topic->reasons = code->reasons;
  return TRUE;
}

static gboolean
find_topic (const char *text, Topic *topic)
{
  ReboundReason reason;

  if (!rebound_reason_from_string (text, &reason))
    return find_code (text, topic);
  *topic = (Topic){ .topic = text,
                    .type = "reason",
                    .means = string (rules->reasons[reason].texts.means),
                    .reasons = { 1, { reason } } };
  return TRUE;
}

/* The verdict of @reason, behind a code that says "for now" the milder one. */
static void
put_reason_text (GString *out, guint reason, gboolean temporary)
{
  const ReboundReasonRule *rule = &rules->reasons[reason];
  ReboundUnsubscribe unsubscribe = rule->unsubscribe;
  ReboundBounce bounce = rule->bounce;

  if (temporary)
    unsubscribe = MIN (unsubscribe, REBOUND_UNSUBSCRIBE_COUNT);
  if (temporary && reason == REBOUND_REASON_USER_INACTIVE)
    bounce = REBOUND_BOUNCE_SOFT;

  g_string_append_printf (out, "%s: %s. ", rebound_reason_to_string (reason), string (rule->texts.means));
  if (bounce == REBOUND_BOUNCE_NONE)
    g_string_append (out, "No failure, ");
  else
    g_string_append_printf (out, "%s bounce, ", rebound_bounce_to_string (bounce));
  rebound_append_fault (out, rule->fault);
  g_string_append_printf (out, ", unsubscribe %s.\n", rebound_unsubscribe_to_string (unsubscribe));
}

static char *
join_reasons (const ReboundReasons *reasons)
{
  const char *names[REBOUND_MAX_REASONS + 1] = { NULL };

  for (guint i = 0; i < reasons->n; i++)
    names[i] = rebound_reason_to_string (reasons->reason[i]);
  return g_strjoinv (", ", (char **) names);
}

static void
put_stages_text (GString *out, const ReboundCode *code)
{
  for (guint stage = 0; stage < REBOUND_N_STAGES; stage++)
    if (code->at[stage].n > 0)
      {
        g_autofree char *reasons = join_reasons (&code->at[stage]);

        g_string_append_printf (out, "  at %s: %s\n", rebound_stage_to_string (stage), reasons);
      }
}

static void
put_taxonomies_text (GString *out, guint reason)
{
  const char *const *names = rebound_taxonomies ();

  for (guint i = 0; names[i] != NULL; i++)
    {
      const char *name = rebound_reason_in_taxonomy (reason, names[i]);

      if (name != NULL)
        g_string_append_printf (out, "  in %s: %s\n", names[i], name);
    }
}

char *
rebound_explain_to_text (const char *topic)
{
  Topic found;
  GString *out;

  g_return_val_if_fail (topic != NULL, NULL);

  if (!find_topic (topic, &found))
    return NULL;
  out = g_string_new (NULL);
  if (found.code == NULL)
    {
      put_reason_text (out, found.reasons.reason[0], FALSE);
      put_taxonomies_text (out, found.reasons.reason[0]);
      return g_string_free (out, FALSE);
    }
  g_string_append_printf (out, "%s: %s", topic, found.means);
  if (class_of (&found) != NULL)
    g_string_append_printf (out, " (%s)", class_of (&found));
  g_string_append_c (out, '\n');
  for (guint i = 0; i < found.reasons.n; i++)
    {
      g_string_append (out, i == 0 ? "  by itself: " : "  or: ");
      put_reason_text (out, found.reasons.reason[i], *topic == '4');
    }
  put_stages_text (out, found.code);
  if (found.code->generic && is_failure (&found))
    g_string_append (out, "  says little: the reply code, the stage and the text decide\n");
  if (found.source != NULL)
    g_string_append_printf (out, "  source: %s\n", found.source);
  return g_string_free (out, FALSE);
}

static void
put_reason_names (GString *out, const char *name, const ReboundReasons *reasons)
{
  rebound_json_begin (out, name, '[');
  for (guint i = 0; i < reasons->n; i++)
    rebound_json_item (out, rebound_reason_to_string (reasons->reason[i]));
  rebound_json_end (out, ']');
}

static void
put_code_json (GString *out, const Topic *topic)
{
  rebound_json_member (out, "class", class_of (topic));
  put_reason_names (out, "reasons", &topic->reasons);
  rebound_json_begin (out, "at", '{');
  for (guint stage = 0; stage < REBOUND_N_STAGES; stage++)
    if (topic->code->at[stage].n > 0)
      put_reason_names (out, rebound_stage_to_string (stage), &topic->code->at[stage]);
  rebound_json_end (out, '}');
  rebound_json_member (out, "source", topic->source);
}

static void
put_reason_json (GString *out, guint reason)
{
  const ReboundReasonRule *rule = &rules->reasons[reason];
  const char *const *names = rebound_taxonomies ();

  rebound_json_member (out, "bounce", rebound_bounce_to_string (rule->bounce));
  rebound_json_member (out, "fault", rebound_fault_to_string (rule->fault));
  rebound_json_member (out, "unsubscribe", rebound_unsubscribe_to_string (rule->unsubscribe));
  rebound_json_begin (out, "taxonomies", '{');
  for (guint i = 0; names[i] != NULL; i++)
    rebound_json_member (out, names[i], rebound_reason_in_taxonomy (reason, names[i]));
  rebound_json_end (out, '}');
}

char *
rebound_explain_to_json (const char *topic)
{
  Topic found;
  GString *out;

  g_return_val_if_fail (topic != NULL, NULL);

  if (!find_topic (topic, &found))
    return NULL;
  out = g_string_new (NULL);
  rebound_json_begin (out, NULL, '{');
  rebound_json_member (out, "topic", topic);
  rebound_json_member (out, "type", found.type);
  rebound_json_member (out, "means", found.means);
  if (found.code != NULL)
    put_code_json (out, &found);
  else
    put_reason_json (out, found.reasons.reason[0]);
  rebound_json_end (out, '}');
  return g_string_free (out, FALSE);
}

const char *const *
rebound_taxonomies (void)
{
  return rebound_rules_taxonomy_names ();
}

const char *
rebound_reason_in_taxonomy (ReboundReason reason, const char *taxonomy)
{
  const char *const *names = rebound_taxonomies ();

  g_return_val_if_fail (reason < REBOUND_N_REASONS && taxonomy != NULL, NULL);

  for (guint i = 0; names[i] != NULL; i++)
    if (strcmp (names[i], taxonomy) == 0)
      return string (rules->reasons[reason].taxonomy[i]);
  return NULL;
}
