/* Rebound: the policies that are built in; their files are in presets/.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy-private.h"

#include <string.h>

#include "translate.h"

/* The default first. */
static const ReboundPreset presets[] = {
  { "default", N_ ("dead addresses at once; others are probed, suspended and warned before"),
    rebound_preset_default },
  { "mailman", N_ ("Mailman 3: suspended after five days with failures, three warnings"),
    rebound_preset_mailman },
  { "sympa", N_ ("Sympa: warned at 45 failed messages, unsubscribed at 75"), rebound_preset_sympa },
  { "ezmlm", N_ ("ezmlm-idx: a warning after ten days, a probe where it bounces"),
    rebound_preset_ezmlm },
  { "mlmmj", N_ ("mlmmj: probes that bounce for five days"), rebound_preset_mlmmj },
  { "esp", N_ ("sending services: hard at once, soft after five in a month"), rebound_preset_esp },
};

const ReboundPreset *
rebound_preset_find (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (presets); i++)
    if (strcmp (presets[i].name, name) == 0)
      return &presets[i];
  return NULL;
}

const char *const *
rebound_policy_presets (void)
{
  static const char *names[G_N_ELEMENTS (presets) + 1];
  static gsize ready;

  if (g_once_init_enter (&ready))
    {
      for (guint i = 0; i < G_N_ELEMENTS (presets); i++)
        names[i] = presets[i].name;
      g_once_init_leave (&ready, 1);
    }
  return names;
}

const char *
rebound_policy_get_summary (const char *preset)
{
  const ReboundPreset *found;

  g_return_val_if_fail (preset != NULL, NULL);

  found = rebound_preset_find (preset);
  return found != NULL ? _ (found->summary) : NULL;
}

ReboundPolicy *
rebound_policy_new (const char *preset, GError **error)
{
  const ReboundPreset *found;
  g_autofree char *names = NULL;

  g_return_val_if_fail (preset != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  found = rebound_preset_find (preset);
  if (found != NULL)
    return rebound_policy_parse (NULL, found->text, strlen (found->text), error);
  names = g_strjoinv (", ", (char **) rebound_policy_presets ());
  g_set_error (error, REBOUND_POLICY_ERROR, REBOUND_POLICY_ERROR_PRESET,
               _ ("“%s” is no preset; one of: %s"), preset, names);
  return NULL;
}
