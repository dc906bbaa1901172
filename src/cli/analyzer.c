/* rebound: the rules of the site, on top of those that are built in.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "cli.h"

/* Tests and builds that are not installed name their own. */
static const char *
rules_folder (void)
{
  const char *named = g_getenv ("REBOUND_RULES_DIR");

  return named != NULL && *named != '\0' ? named : REBOUND_RULES_DIR;
}

static int
compare_paths (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* The files of the folder by name. FALSE where it is there and cannot be read. */
static gboolean
add_folder (const char *command, GPtrArray *files)
{
  const char *folder = rules_folder ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = g_dir_open (folder, 0, &error);
  const char *name;

  if (dir == NULL && !g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    {
      cli_error (command, "%s; its rules are left out", error->message);
      return FALSE;
    }
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    if (*name != '.' && g_str_has_suffix (name, ".rules"))
      g_ptr_array_add (files, g_build_filename (folder, name, NULL));
  g_ptr_array_sort (files, compare_paths);
  return TRUE;
}

static ReboundAnalyzer *
try_files (GPtrArray *files, ReboundPolicy *policy, GError **error)
{
  ReboundAnalyzer *analyzer;

  if (files->len == 0)
    return rebound_analyzer_new_for_site (NULL, NULL, policy, error);
  g_ptr_array_add (files, NULL);
  analyzer =
      rebound_analyzer_new_for_site (NULL, (const char *const *) files->pdata, policy, error);
  g_ptr_array_set_size (files, files->len - 1);
  return analyzer;
}

/* Which of @files @error is about: that with the longest name it tells; the last where it tells
 * none. */
static guint
find_wrong (const GPtrArray *files, const GError *error)
{
  guint wrong = files->len - 1;
  gsize longest = 0;

  for (guint i = 0; i < files->len; i++)
    {
      const char *file = files->pdata[i];
      g_autofree char *shown = g_filename_display_name (file);

      if (strlen (file) > longest
          && (g_str_has_prefix (error->message, file) || strstr (error->message, shown) != NULL))
        {
          longest = strlen (file);
          wrong = i;
        }
    }
  return wrong;
}

/* Without the files that are wrong, each of which is told of. All are tried together, for one may
 * name a format of a later one. */
static ReboundAnalyzer *
leave_out_wrong (const char *command, GPtrArray *files, ReboundPolicy *policy)
{
  for (;;)
    {
      g_autoptr (GError) error = NULL;
      ReboundAnalyzer *analyzer = try_files (files, policy, &error);

      if (analyzer != NULL)
        return analyzer;
      cli_error (command, "%s; the file is left out, the other rules are in force", error->message);
      g_ptr_array_remove_index (files, find_wrong (files, error));
    }
}

/* Whether it is not the rules that are wrong. */
static gboolean
check_site (const char *command, ReboundPolicy *policy)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ReboundAnalyzer) analyzer = rebound_analyzer_new_for_site (NULL, NULL, policy, &error);

  if (analyzer == NULL)
    cli_error (command, "%s", error->message);
  return analyzer != NULL;
}

ReboundAnalyzer *
cli_new_analyzer (const char *command, char **given, ReboundPolicy *policy, int *status)
{
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_free);
  ReboundAnalyzer *analyzer;

  *status = add_folder (command, files) ? EX_OK : EX_CONFIG;
  for (guint i = 0; given != NULL && given[i] != NULL; i++)
    g_ptr_array_add (files, g_strdup (given[i]));
  analyzer = try_files (files, policy, NULL);
  if (analyzer != NULL)
    return analyzer;
  *status = EX_CONFIG;
  return check_site (command, policy) ? leave_out_wrong (command, files, policy) : NULL;
}
