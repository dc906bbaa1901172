/* Rebound: the rules as text.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "listing.h"

static const char *const keywords[] = {
  [REBOUND_RULE_PHRASE] = "phrase",
  [REBOUND_RULE_MARK] = "mark",
  [REBOUND_RULE_STAGE] = "stage",
};

static void
put_reasons (GString *out, const ReboundReasons *reasons)
{
  for (guint i = 0; i < reasons->n; i++)
    g_string_append_printf (out, "%s%s", i > 0 ? " " : "",
                            rebound_reason_to_string (reasons->reason[i]));
}

static void
put_verdicts (GString *out, const ReboundRules *rules)
{
  for (guint i = 0; i < REBOUND_N_REASONS; i++)
    g_string_append_printf (out, "reason\t%s\t%s %s %s\n", rebound_reason_to_string (i),
                            rebound_bounce_to_string (rules->reasons[i].bounce),
                            rebound_fault_to_string (rules->reasons[i].fault),
                            rebound_unsubscribe_to_string (rules->reasons[i].unsubscribe));
}

static void
put_codes (GString *out, const ReboundRules *rules, const char *keyword, const ReboundCode *codes,
           guint n)
{
  for (guint i = 0; i < n; i++)
    {
      g_string_append_printf (out, "%s\t%s\t", keyword,
                              rebound_rules_string (rules, codes[i].code));
      put_reasons (out, &codes[i].reasons);
      g_string_append_c (out, '\n');
    }
}

static void
put_rule (GString *out, const ReboundRules *rules, const ReboundRule *rule)
{
  g_string_append_printf (out, "%s\t%s\t", keywords[rule->type],
                          rebound_rules_string (rules, rule->id));
  if (rule->type == REBOUND_RULE_PHRASE)
    put_reasons (out, &rule->reasons);
  else if (rule->type == REBOUND_RULE_MARK)
    g_string_append (out, rebound_mark_to_string (rule->value));
  else
    g_string_append (out, rebound_stage_to_string (rule->value));
  g_string_append_c (out, '\n');
}

/* Which rules have a text: those that a later file took away have none. */
static gboolean *
find_live (const ReboundRules *rules)
{
  gboolean *live = g_new0 (gboolean, rules->n_rules + 1);

  for (guint i = 0; i < rules->n_patterns; i++)
    live[rules->patterns[i].rule] = TRUE;
  return live;
}

static void
put_providers (GString *out, const ReboundRules *rules)
{
  for (guint i = 0; i < rules->n_providers; i++)
    g_string_append_printf (out, "provider\t%s\t%s\n",
                            rebound_rules_string (rules, rules->providers[i].name),
                            rebound_rules_string (rules, rules->providers[i].title));
}

static void
put_formats (GString *out, const ReboundRules *rules)
{
  for (guint i = 0; i < rules->n_formats; i++)
    g_string_append_printf (out, "format\t%s\t%s\n",
                            rebound_rules_string (rules, rules->formats[i].name),
                            rebound_rules_string (rules, rules->formats[i].title));
}

char *
rebound_rules_list (const ReboundRules *rules)
{
  GString *out = g_string_new (NULL);
  g_autofree gboolean *live = find_live (rules);

  put_verdicts (out, rules);
  put_codes (out, rules, "reply", rules->replies, rules->n_replies);
  put_codes (out, rules, "status", rules->statuses, rules->n_statuses);
  put_formats (out, rules);
  put_providers (out, rules);
  for (guint i = 0; i < rules->n_rules; i++)
    if (live[i] && rules->rules[i].type <= REBOUND_RULE_STAGE)
      put_rule (out, rules, &rules->rules[i]);
  return g_string_free (out, FALSE);
}
