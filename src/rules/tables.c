/* Rebound: looking things up in the tables.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rules.h"

#include <string.h>

static const char *const taxonomies[] = {
  "kumomta", "powermta", "ses", "sisimai", "sparkpost", NULL,
};

G_STATIC_ASSERT (G_N_ELEMENTS (taxonomies) == REBOUND_N_TAXONOMIES + 1);

const char *const *
rebound_rules_taxonomy_names (void)
{
  return taxonomies;
}

const char *
rebound_mark_to_string (ReboundMark mark)
{
  static const char *const names[REBOUND_N_MARKS] = {
    "failed",    "delayed",   "delivered", "returned",   "auto-reply",
    "challenge", "complaint", "system",    "contact",    "forwarded",
    "origin",    "host",      "recipient", "diagnostic", "notice",
  };

  return names[mark];
}

/* In a sorted table of @n members of @size bytes, which begin with their name. */
static gconstpointer
find_name (const ReboundRules *rules, gconstpointer table, guint n, gsize size, const char *name)
{
  guint low = 0;

  while (low < n)
    {
      guint middle = low + (n - low) / 2;
      const ReboundString *member = (gconstpointer) ((const char *) table + middle * size);
      int order = strcmp (name, rebound_rules_string (rules, *member));

      if (order == 0)
        return member;
      if (order < 0)
        n = middle;
      else
        low = middle + 1;
    }
  return NULL;
}

static const ReboundCode *
find_code (const ReboundRules *rules, const ReboundCode *codes, guint n_codes, const char *code)
{
  G_STATIC_ASSERT (offsetof (ReboundCode, code) == 0);
  return find_name (rules, codes, n_codes, sizeof *codes, code);
}

const ReboundCode *
rebound_rules_find_reply (const ReboundRules *rules, const char *code)
{
  return find_code (rules, rules->replies, rules->n_replies, code);
}

/* A vendor's 5.7.509 stands before the registry's X.7.509. */
const ReboundCode *
rebound_rules_find_status (const ReboundRules *rules, const char *code)
{
  const ReboundCode *found = find_code (rules, rules->statuses, rules->n_statuses, code);
  char any_class[16];

  if (found != NULL || strchr ("245X", *code) == NULL || strlen (code) >= sizeof any_class)
    return found;
  g_strlcpy (any_class, code, sizeof any_class);
  any_class[0] = 'X';
  return find_code (rules, rules->statuses, rules->n_statuses, any_class);
}

/* As strcmp(), which is seldom called: most names differ in their first letter. */
static int
compare_names (const char *a, const char *b)
{
  return *a != *b ? (guint8) *a - (guint8) *b : strcmp (a, b);
}

/* A beginning of a name sorts right before the names that begin so. */
gboolean
rebound_rules_knows_field (const ReboundRules *rules, const char *name, ReboundArea area)
{
  guint low = 0, high = rules->n_field_names;
  const ReboundFieldName *before;

  while (low < high)
    {
      guint middle = low + (high - low) / 2;

      if (compare_names (name, rebound_rules_string (rules, rules->field_names[middle].name)) < 0)
        high = middle;
      else
        low = middle + 1;
    }
  if (low == 0)
    return FALSE;
  before = &rules->field_names[low - 1];
  return (before->areas & area) != 0
         && (before->prefix ? g_str_has_prefix (name, rebound_rules_string (rules, before->name))
                            : g_str_equal (name, rebound_rules_string (rules, before->name)));
}

static int
find_host (const ReboundRules *rules, const char *name)
{
  const ReboundProviderHost *host =
      find_name (rules, rules->hosts, rules->n_hosts, sizeof *rules->hosts, name);

  G_STATIC_ASSERT (offsetof (ReboundProviderHost, name) == 0);
  return host != NULL ? host->provider : -1;
}

int
rebound_rules_find_provider (const ReboundRules *rules, const char *host)
{
  int found = find_host (rules, host);

  for (const char *p = strchr (host, '.'); p != NULL && found < 0; p = strchr (p + 1, '.'))
    found = find_host (rules, p);
  return found;
}

const ReboundReasons *
rebound_rules_find_says (const ReboundRules *rules, int provider, const char *code)
{
  for (guint i = 0; i < rules->n_says && provider >= 0; i++)
    if (rules->says[i].provider == provider
        && strcmp (rebound_rules_string (rules, rules->says[i].code), code) == 0)
      return &rules->says[i].reasons;
  return NULL;
}

gboolean
rebound_rules_allows (const ReboundRules *rules, const ReboundString *names, const char *name)
{
  guint i = 0;

  for (; i < REBOUND_MAX_SCOPE && names[i] != 0; i++)
    if (name != NULL && strcmp (rebound_rules_string (rules, names[i]), name) == 0)
      return TRUE;
  return i == 0;
}
