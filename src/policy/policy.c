/* Rebound: what a site makes of what happened.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy-private.h"

#include <string.h>

#include "verp/verp.h"

G_DEFINE_BOXED_TYPE (ReboundPolicy, rebound_policy, rebound_policy_ref, rebound_policy_unref)

static int
compare_names (gconstpointer a, gconstpointer b, G_GNUC_UNUSED gpointer data)
{
  return strcmp (a, b);
}

/* The table of the contract, which the rules have; each weighs what its kind of bounce does. */
static void
init_reasons (ReboundTerms *terms)
{
  for (guint i = 0; i < REBOUND_N_REASONS; i++)
    {
      const ReboundReasonRule *rule = &rebound_builtin_rules.reasons[i];

      terms->reasons[i] = (ReboundCell){ rule->bounce, rule->fault, rule->unsubscribe, -1 };
    }
}

ReboundPolicy *
rebound_policy_new_empty (void)
{
  ReboundPolicy *self = g_new0 (ReboundPolicy, 1);

  g_atomic_ref_count_init (&self->references);
  self->lists = g_tree_new_full (compare_names, NULL, g_free, g_free);
  init_reasons (&self->all.written);
  self->site.domains = g_new0 (char *, 1);
  self->site.hosts = g_new0 (char *, 1);
  self->site.return_paths = g_new0 (char *, 1);
  self->site.signed_path = g_strdup (REBOUND_SIGNED_PATTERN);
  return self;
}

static void
finish_section (const ReboundPolicy *self, ReboundSection *section)
{
  const ReboundReach by_keys =
      self->site.keys != NULL ? REBOUND_REACH_SUSPEND : REBOUND_REACH_UNSUBSCRIBE;
  ReboundTerms *terms = &section->terms;

  *terms = section->written;
  for (guint i = 0; i < REBOUND_N_REASONS; i++)
    if (terms->reasons[i].weight < 0)
      terms->reasons[i].weight = section->weights[terms->reasons[i].bounce];
  for (guint i = 0; i < REBOUND_N_GRADES; i++)
    if ((guint) terms->grades[i] == REBOUND_REACH_BY_KEYS)
      terms->grades[i] = by_keys;
}

static gboolean
finish_list (G_GNUC_UNUSED gpointer name, gpointer section, gpointer self)
{
  finish_section (self, section);
  return FALSE;
}

void
rebound_policy_finish (ReboundPolicy *self)
{
  finish_section (self, &self->all);
  g_tree_foreach (self->lists, finish_list, self);
}

ReboundPolicy *
rebound_policy_ref (ReboundPolicy *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->references);
  return self;
}

void
rebound_policy_unref (ReboundPolicy *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->references))
    return;
  g_tree_unref (self->lists);
  g_strfreev (self->site.domains);
  g_strfreev (self->site.hosts);
  g_strfreev (self->site.return_paths);
  g_free (self->site.signed_path);
  g_free (self->site.keys);
  g_free (self->digest);
  g_free (self);
}

gboolean
rebound_policy_has_lists (const ReboundPolicy *self)
{
  return g_tree_nnodes (self->lists) > 0;
}

const ReboundTerms *
rebound_policy_terms (const ReboundPolicy *self, const char *list)
{
  g_autofree char *name = NULL;
  const ReboundSection *section;
  char *at;

  if (list == NULL || !rebound_policy_has_lists (self))
    return &self->all.terms;
  name = g_ascii_strdown (list, -1);
  section = g_tree_lookup (self->lists, name);
  at = strrchr (name, '@');
  if (section == NULL && at != NULL)
    {
      *at = '\0';
      section = g_tree_lookup (self->lists, name);
    }
  return section != NULL ? &section->terms : &self->all.terms;
}

const ReboundSite *
rebound_policy_site (const ReboundPolicy *self)
{
  return &self->site;
}

gboolean
rebound_policy_knows_site (const ReboundPolicy *self)
{
  return *self->site.domains != NULL;
}

/* Who keeps no history does not need it. Of two threads that ask at once one throws its work away.
 */
const char *
rebound_policy_digest (const ReboundPolicy *self)
{
  char **place = &((ReboundPolicy *) self)->digest;
  char *made;

  if (g_atomic_pointer_get (place) == NULL)
    {
      made = rebound_policy_make_digest (self);
      if (!g_atomic_pointer_compare_and_exchange (place, NULL, made))
        g_free (made);
    }
  return g_atomic_pointer_get (place);
}

const char *
rebound_policy_get_keys (const ReboundPolicy *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->site.keys;
}

const char *
rebound_policy_get_signed_path (const ReboundPolicy *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->site.signed_path;
}

gint64
rebound_policy_get_token_age (const ReboundPolicy *self, const char *list)
{
  g_return_val_if_fail (self != NULL, 0);

  return rebound_policy_terms (self, list)->token_age;
}
