/* Rebound: the files of a Maildir.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A Maildir (https://cr.yp.to/proto/maildir.html) holds one message per file: in new/ those that
 * no reader has seen, in cur/ the others. What is in tmp/ is still being written. */
#include "mailbox/mailbox.h"
#include "translate.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

static const char *const folders[] = { "new", "cur" };

static const char *
file_name (const char *name)
{
  return strrchr (name, '/') + 1;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (file_name (*(const char *const *) a), file_name (*(const char *const *) b));
}

static void
set_folder_error (GError **error, const char *maildir, const char *folder, int error_number)
{
  g_autofree char *path = g_build_filename (maildir, folder, NULL);
  g_autofree char *shown = g_filename_display_name (maildir);

  if (error_number == ENOENT || error_number == ENOTDIR)
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_ISDIR,
                 _ ("cannot read “%s”: it is a directory, but no Maildir, which has cur/ and new/"),
                 shown);
  else
    mailbox_set_error (error, path, error_number);
}

/* An entry whose name begins with a dot is none of a Maildir's messages. */
static int
read_names (DIR *dir, const char *folder, GPtrArray *names)
{
  const struct dirent *entry;

  for (errno = 0; (entry = readdir (dir)) != NULL; errno = 0)
    if (entry->d_name[0] != '.')
      g_ptr_array_add (names, g_build_filename (folder, entry->d_name, NULL));
  return errno;
}

static gboolean
list_folder (const char *maildir, const char *folder, GPtrArray *names, GError **error)
{
  g_autofree char *path = g_build_filename (maildir, folder, NULL);
  DIR *dir = opendir (path);
  int error_number = dir != NULL ? read_names (dir, folder, names) : errno;

  if (dir != NULL)
    closedir (dir);
  if (error_number != 0)
    set_folder_error (error, maildir, folder, error_number);
  return error_number == 0;
}

GPtrArray *
maildir_list (const char *path, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);

  for (gsize i = 0; i < G_N_ELEMENTS (folders); i++)
    if (!list_folder (path, folders[i], names, error))
      return NULL;

  g_ptr_array_sort (names, compare_names);
  return g_steal_pointer (&names);
}
