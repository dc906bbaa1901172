/* Rebound: what a policy may say, and perhaps does not mean.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy-private.h"

#include "translate.h"

#define DAY 86400

typedef struct
{
  const ReboundPolicy *policy;
  const char *section;
  const ReboundTerms *terms;
  GPtrArray *found;
  GHashTable *of_all; /* what was found of all lists is not told of one again */
} Doubting;

/* ---- The terms of a list -------------------------------------------------------------------- */

static gboolean
is_guarded (const ReboundTerms *terms)
{
  return terms->storm_message > 0 || terms->storm_reason > 0 || terms->storm_provider > 0
         || terms->storm_share > 0;
}

static gboolean
has_no_guard (const ReboundTerms *terms)
{
  return terms->storm_window == 0 || !is_guarded (terms);
}

static gboolean
is_hasty (const ReboundTerms *terms)
{
  return !has_no_guard (terms) && terms->grace < terms->storm_window;
}

static gboolean
has_threshold (const ReboundTerms *terms)
{
  return terms->warn_at > 0 || terms->probe_at > 0 || terms->suspend_at > 0
         || terms->unsubscribe_at > 0;
}

static gboolean
counts (const ReboundCell *cell)
{
  return cell->unsubscribe != REBOUND_UNSUBSCRIBE_NEVER && cell->bounce != REBOUND_BOUNCE_NONE
         && cell->weight > 0;
}

static gboolean
counts_nothing (const ReboundTerms *terms)
{
  for (guint i = 0; i < REBOUND_N_REASONS; i++)
    if (counts (&terms->reasons[i]))
      return FALSE;
  return has_threshold (terms);
}

/* Who failed on the day before is forgotten already. */
static gboolean
forgets_too_soon (const ReboundTerms *terms)
{
  return has_threshold (terms) && !terms->count_messages && terms->stale_after > 0
         && terms->stale_after < DAY;
}

/* Nothing is sent to him then, so nothing fails any more. */
static gboolean
suspends_before (const ReboundTerms *terms)
{
  return terms->suspend_at > 0 && terms->unsubscribe_at > terms->suspend_at;
}

static gboolean
has_no_probes (const ReboundTerms *terms)
{
  return terms->probes == 0
         && (terms->probe_at > 0 || terms->warning_bounced == REBOUND_STEP_PROBE);
}

static gboolean
has_no_pause (const ReboundTerms *terms)
{
  return (terms->probes > 0 && terms->probe_interval == 0)
         || (terms->warnings > 0 && terms->warning_interval == 0);
}

static gboolean
does_nothing (const ReboundTerms *terms)
{
  return !has_threshold (terms);
}

static gboolean
believes_contradictions (const ReboundTerms *terms)
{
  return terms->grades[REBOUND_GRADE_D] != REBOUND_REACH_NOTHING;
}

static gboolean
believes_the_worse (const ReboundTerms *terms)
{
  return terms->grades[REBOUND_GRADE_A] < terms->grades[REBOUND_GRADE_B]
         || terms->grades[REBOUND_GRADE_B] < terms->grades[REBOUND_GRADE_C];
}

/* RFC 5321 section 4.5.4.1: a server tries for four to five days. */
static gboolean
expires_too_soon (const ReboundTerms *terms)
{
  return terms->token_age < 5 * DAY;
}

static const struct
{
  gboolean (*holds) (const ReboundTerms *terms);
  const char *text;
} of_terms[] = {
  { is_hasty, N_ ("grace is shorter than storm-window: members may be off the list before a storm "
                  "is seen") },
  { has_no_guard, N_ ("storm-window, or all of storm-message, storm-reason, storm-provider and "
                      "storm-share, are 0: there is no storm guard") },
  { does_nothing, N_ ("warn-at, probe-at, suspend-at and unsubscribe-at are 0: what is counted "
                      "leads to nothing") },
  { counts_nothing, N_ ("no reason that is counted has a weight: no score is ever reached") },
  { forgets_too_soon, N_ ("stale-after is less than a day, and one failure a day is counted: no "
                          "score above one failure is ever reached") },
  { suspends_before, N_ ("unsubscribe-at is above suspend-at: nothing is sent to members who are "
                         "suspended, so that it is never reached") },
  { has_no_probes, N_ ("probes is 0, though something leads to a probe") },
  { has_no_pause, N_ ("probe-interval or warning-interval is 0: there is no time for an answer") },
  { believes_contradictions, N_ ("grade-d is not nothing: reports that contradict themselves are "
                                 "believed") },
  { believes_the_worse, N_ ("a grade may do more than a better one") },
  { expires_too_soon, N_ ("token-age is less than the five days for which servers try to deliver "
                          "(RFC 5321 section 4.5.4.1): late bounces are taken for forged") },
};

static void G_GNUC_PRINTF (2, 3) add (Doubting *self, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  if (g_hash_table_contains (self->of_all, text))
    return;
  g_ptr_array_add (self->found, g_strdup_printf ("[%s] %s", self->section, text));
  if (self->terms == &self->policy->all.terms)
    g_hash_table_add (self->of_all, g_steal_pointer (&text));
}

static void
doubt_reason (Doubting *self, ReboundReason reason)
{
  const ReboundCell *cell = &self->terms->reasons[reason];
  const char *name = rebound_reason_to_string (reason);

  if (cell->unsubscribe == REBOUND_UNSUBSCRIBE_NEVER)
    return;
  if (cell->fault == REBOUND_FAULT_SENDER || cell->fault == REBOUND_FAULT_MESSAGE)
    add (self, _ ("reason %s: members may go for what is the sender's or the message's fault"),
         name);
  if (cell->bounce != REBOUND_BOUNCE_NONE && cell->weight <= 0
      && cell->unsubscribe == REBOUND_UNSUBSCRIBE_COUNT)
    add (self, _ ("reason %s: it is counted, and its weight is 0"), name);
}

static void
doubt_terms (Doubting *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (of_terms); i++)
    if (of_terms[i].holds (self->terms))
      add (self, "%s", _ (of_terms[i].text));
  for (guint i = 0; i < REBOUND_N_REASONS; i++)
    doubt_reason (self, i);
}

static gboolean
doubt_list (gpointer name, gpointer section, gpointer data)
{
  Doubting *self = data;
  g_autofree char *title = g_strconcat ("list ", name, NULL);

  self->section = title;
  self->terms = &((const ReboundSection *) section)->terms;
  doubt_terms (self);
  return FALSE;
}

/* ---- The site ------------------------------------------------------------------------------- */

static void
doubt_site (Doubting *self)
{
  const ReboundSite *site = &self->policy->site;

  self->section = "site";
  if (rebound_policy_knows_site (self->policy))
    return;
  if (site->keys != NULL || *site->hosts != NULL || *site->return_paths != NULL)
    add (self, "%s", _ ("domains is empty: no report is graded, whatever else is said here"));
}

char **
rebound_policy_find_doubts (const ReboundPolicy *self)
{
  g_autoptr (GHashTable) of_all = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  Doubting doubting = { .policy = self, .section = "policy", .of_all = of_all };

  g_return_val_if_fail (self != NULL, NULL);

  doubting.found = g_ptr_array_new ();
  doubting.terms = &self->all.terms;
  doubt_terms (&doubting);
  g_tree_foreach (self->lists, doubt_list, &doubting);
  doubt_site (&doubting);
  g_ptr_array_add (doubting.found, NULL);
  return (char **) g_ptr_array_free (doubting.found, FALSE);
}
