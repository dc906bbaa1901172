/* Rebound: what people paste into "rebound classify" gives the refusals that are in it.
 *
 * usage: pastes [FOLDER]
 *
 * FOLDER/NAME.txt, corpus/pastes otherwise, has cases, each of these lines:
 *
 *     %% TITLE
 *     what is pasted, as it is, of any number of lines
 *     %= RECIPIENT REPLY STATUS STAGE HOST REASON UNSUBSCRIBE
 *
 * the last once for each refusal in it, in their order, with "-" for what is not told. Lines before
 * the first "%%", and empty ones before the next, are nobody's. All cases of a file are pasted
 * together as well, with an empty line between them: then all their refusals come out.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gio/gio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "modules.h"

static const char *const members[] = { "address",    "reply",  "status",     "stage",
                                       "remote_mta", "reason", "unsubscribe" };

typedef struct
{
  const char *file;
  char *title;
  GString *paste;
  GString *expected;
  GString *all_pastes;
  GString *all_expected;
  guint n;
  guint n_failed;
} Pastes;

/* The value of a member, which is a string or null, of an object in one line. */
static char *
get_member (const char *object, const char *name)
{
  g_autofree char *key = g_strdup_printf ("\"%s\": \"", name);
  const char *value = strstr (object, key);

  if (value == NULL)
    return g_strdup ("-");
  value += strlen (key);
  return g_strndup (value, strcspn (value, "\""));
}

static char *
summarize (const char *output)
{
  g_auto (GStrv) lines = g_strsplit (output, "\n", -1);
  GString *summary = g_string_new (NULL);

  for (guint i = 0; lines[i] != NULL && *lines[i] != '\0'; i++)
    for (guint m = 0; m < G_N_ELEMENTS (members); m++)
      {
        g_autofree char *value = get_member (lines[i], members[m]);

        g_string_append_printf (summary, "%s%c", value,
                                m + 1 < G_N_ELEMENTS (members) ? ' ' : '\n');
      }
  return g_string_free (summary, FALSE);
}

static char *
classify (const char *paste)
{
  const char *command = g_getenv ("REBOUND");
  g_autoptr (GError) error = NULL;
  g_autofree char *output = NULL;
  g_autoptr (GSubprocess) process =
      g_subprocess_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error,
                        command != NULL ? command : "src/rebound", "classify", "--json", NULL);

  if (process == NULL
      || !g_subprocess_communicate_utf8 (process, paste, NULL, &output, NULL, &error))
    return g_strdup_printf ("%s\n", error->message);
  return summarize (output);
}

static void
print_lines (const char *heading, const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  printf ("# %s\n", heading);
  for (guint i = 0; lines[i] != NULL && *lines[i] != '\0'; i++)
    printf ("#   %s\n", lines[i]);
}

static void
check (Pastes *self, const char *title, const char *paste, const char *expected)
{
  g_autofree char *found = classify (paste);
  gboolean good = strcmp (expected, found) == 0 && *expected != '\0';

  self->n_failed += !good;
  printf ("%s %u - %s: %s\n", good ? "ok" : "not ok", ++self->n, self->file, title);
  if (!good)
    {
      print_lines ("expected:", expected);
      print_lines ("it says:", found);
    }
}

static void
end_case (Pastes *self)
{
  while (g_str_has_suffix (self->paste->str, "\n\n"))
    g_string_truncate (self->paste, self->paste->len - 1);
  if (self->title != NULL)
    {
      check (self, self->title, self->paste->str, self->expected->str);
      g_string_append_printf (self->all_pastes, "%s\n", self->paste->str);
      g_string_append (self->all_expected, self->expected->str);
    }
  g_clear_pointer (&self->title, g_free);
  g_string_truncate (self->paste, 0);
  g_string_truncate (self->expected, 0);
}

static void
check_text (Pastes *self, const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    if (g_str_has_prefix (lines[i], "%% "))
      {
        end_case (self);
        self->title = g_strdup (lines[i] + 3);
      }
    else if (g_str_has_prefix (lines[i], "%= "))
      g_string_append_printf (self->expected, "%s\n", lines[i] + 3);
    else if (self->title != NULL && self->expected->len == 0)
      g_string_append_printf (self->paste, "%s\n", lines[i]);
  end_case (self);
  check (self, "all together", self->all_pastes->str, self->all_expected->str);
}

static void
check_file (const char *folder, const char *name, Pastes *totals)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autofree char *text = NULL;
  Pastes self = {
    .file = name,
    .n = totals->n,
    .n_failed = totals->n_failed,
    .paste = g_string_new (NULL),
    .expected = g_string_new (NULL),
    .all_pastes = g_string_new (NULL),
    .all_expected = g_string_new (NULL),
  };

  if (g_file_get_contents (path, &text, NULL, NULL))
    check_text (&self, text);
  else
    self.n_failed++;
  totals->n = self.n;
  totals->n_failed = self.n_failed;
  g_string_free (self.paste, TRUE);
  g_string_free (self.expected, TRUE);
  g_string_free (self.all_pastes, TRUE);
  g_string_free (self.all_expected, TRUE);
}

int
main (int argc, char **argv)
{
  const char *top = g_getenv ("top_srcdir");
  g_autofree char *own = g_build_filename (top != NULL ? top : ".", "corpus", "pastes", NULL);
  const char *folder = argc > 1 ? argv[1] : own;
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  Pastes totals = { 0 };
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    if (g_str_has_suffix (name, ".txt") && !lacks_module (name))
      check_file (folder, name, &totals);
  printf ("1..%u\n", totals.n);
  return totals.n_failed == 0 && totals.n > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
