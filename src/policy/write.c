/* Rebound: a policy as a file.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy-private.h"

#include <string.h>

/* Writes those of @keys that have a value in @record, and another one than in @others (nullable).
 */
static void
write_keys (GKeyFile *file, const char *group, const char *prefix, const ReboundSetting *keys,
            gconstpointer record, gconstpointer others)
{
  for (; keys->name != NULL; keys++)
    {
      g_autofree char *name = g_strconcat (prefix, keys->name, NULL);
      g_autofree char *value = rebound_setting_get (keys, record);
      g_autofree char *other = others != NULL ? rebound_setting_get (keys, others) : NULL;

      if (value != NULL && (others == NULL || g_strcmp0 (value, other) != 0))
        g_key_file_set_string (file, group, name, value);
    }
}

static void
write_reasons (GKeyFile *file, const ReboundTerms *terms)
{
  for (guint i = 0; i < REBOUND_N_REASONS; i++)
    {
      g_autofree char *group = g_strconcat ("reason ", rebound_reason_to_string (i), NULL);

      write_keys (file, group, "", rebound_reason_settings, &terms->reasons[i], NULL);
    }
}

/* A list that has another reason by its weight says that, even where it is none of its own. */
static void
write_cells (GKeyFile *file, const char *group, const ReboundSection *section,
             const ReboundSection *all)
{
  for (guint i = 0; i < REBOUND_N_REASONS; i++)
    {
      g_autofree char *prefix = g_strdup_printf ("reason.%s.", rebound_reason_to_string (i));
      const ReboundCell *cell = &section->written.reasons[i], *other = &all->written.reasons[i];
      const gboolean open = cell->weight < 0 && other->weight >= 0;

      write_keys (file, group, prefix, rebound_reason_settings,
                  open ? &section->terms.reasons[i] : cell, other);
    }
}

typedef struct
{
  const ReboundPolicy *policy;
  GKeyFile *file;
} Writing;

/* What a list has otherwise than all; its section is there even where that is nothing, since one
 * of a wider name may be too. */
static gboolean
write_list (gpointer name, gpointer data, gpointer user_data)
{
  const Writing *self = user_data;
  g_autofree char *group = g_strconcat ("list ", name, NULL);

  g_key_file_set_string (self->file, group, "preset", "");
  g_key_file_remove_key (self->file, group, "preset", NULL);
  write_keys (self->file, group, "", rebound_policy_settings, data, &self->policy->all);
  write_cells (self->file, group, data, &self->policy->all);
  return FALSE;
}

/* GKeyFile has no blanks around the "=". */
static char *
space_out (const char *data)
{
  g_auto (GStrv) lines = g_strsplit (data, "\n", -1);
  GString *out = g_string_new (NULL);

  for (guint i = 0; lines[i] != NULL && (*lines[i] != '\0' || lines[i + 1] != NULL); i++)
    {
      const char *equals = *lines[i] != '[' ? strchr (lines[i], '=') : NULL;

      if (equals == NULL)
        g_string_append (out, lines[i]);
      else
        g_string_append_printf (out, "%.*s =%s%s", (int) (equals - lines[i]), lines[i],
                                equals[1] != '\0' ? " " : "", equals + 1);
      g_string_append_c (out, '\n');
    }
  return g_string_free (out, FALSE);
}

char *
rebound_policy_to_string (const ReboundPolicy *self)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *data = NULL;
  Writing writing = { self, file };

  g_return_val_if_fail (self != NULL, NULL);

  write_keys (file, "policy", "", rebound_policy_settings, &self->all, NULL);
  write_keys (file, "site", "", rebound_site_settings, &self->site, NULL);
  write_reasons (file, &self->all.written);
  g_tree_foreach (self->lists, write_list, &writing);
  data = g_key_file_to_data (file, NULL, NULL);
  return space_out (data);
}

/* ---- The digest ----------------------------------------------------------------------------- */

/* All that holds, with nothing left open. */
static gboolean
add_section (gpointer name, gpointer data, gpointer checksum)
{
  ReboundSection section = *(const ReboundSection *) data;
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *text = NULL;
  gsize length;

  section.written = section.terms;
  write_keys (file, "policy", "", rebound_policy_settings, &section, NULL);
  write_reasons (file, &section.terms);
  text = g_key_file_to_data (file, &length, NULL);
  g_checksum_update (checksum, name, strlen (name) + 1);
  g_checksum_update (checksum, (const guchar *) text, length);
  return FALSE;
}

char *
rebound_policy_make_digest (const ReboundPolicy *self)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);

  add_section ((gpointer) "", (gpointer) &self->all, checksum);
  g_tree_foreach (self->lists, add_section, checksum);
  return g_strdup (g_checksum_get_string (checksum));
}
