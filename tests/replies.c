/* Rebound: every reply of corpus/replies gives the reason that stands before it.
 *
 * usage: replies [FOLDER]
 *
 * FOLDER/GROUP.tsv has lines "reason TAB reply": a whole reply or log line as a server writes it,
 * and what a postmaster takes from it. "#" begins a comment.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <rebound.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct
{
  ReboundAnalyzer *analyzer;
  const char *file;
  guint n;
  guint n_failed;
} Replies;

static const char *
reason_of (const ReboundReport *report)
{
  const ReboundRecipient *recipient = rebound_report_get_recipient (report, 0);

  return rebound_reason_to_string (rebound_recipient_get_reason (recipient));
}

static void
check_reply (Replies *self, guint line, const char *reason, const char *reply)
{
  g_autoptr (ReboundReport) report = rebound_analyzer_classify (self->analyzer, reply, NULL);
  const ReboundStyle style = { .explain = TRUE };
  gboolean good = strcmp (reason, reason_of (report)) == 0;

  self->n_failed += !good;
  printf ("%s %u - %s:%u\n", good ? "ok" : "not ok", ++self->n, self->file, line);
  if (!good)
    {
      g_autofree char *text = rebound_report_to_text (report, &style);
      g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

      printf ("# %s is expected; it says:\n", reason);
      for (guint i = 0; lines[i] != NULL; i++)
        printf ("#   %s\n", lines[i]);
    }
}

static void
check_line (Replies *self, guint number, const char *line)
{
  g_auto (GStrv) columns = g_strsplit (line, "\t", 2);
  ReboundReason reason;

  if (*line == '\0' || *line == '#')
    return;
  if (g_strv_length (columns) == 2 && rebound_reason_from_string (columns[0], &reason))
    {
      check_reply (self, number, columns[0], columns[1]);
      return;
    }
  self->n_failed++;
  printf ("not ok %u - %s:%u\n# a line is: a reason, a tab, a reply\n", ++self->n, self->file,
          number);
}

static void
check_file (Replies *self, const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) lines = NULL;

  self->file = name;
  if (!g_file_get_contents (path, &text, NULL, &error))
    {
      self->n_failed++;
      printf ("not ok %u - %s\n# %s\n", ++self->n, name, error->message);
      return;
    }
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    check_line (self, i + 1, lines[i]);
}

static int
check_folder (Replies *self, const char *folder)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = g_dir_open (folder, 0, &error);
  const char *name;

  if (dir == NULL)
    {
      printf ("Bail out! %s\n", error->message);
      return EXIT_FAILURE;
    }
  while ((name = g_dir_read_name (dir)) != NULL)
    if (g_str_has_suffix (name, ".tsv"))
      check_file (self, folder, name);
  printf ("1..%u\n", self->n);
  return self->n_failed == 0 && self->n > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int
main (int argc, char **argv)
{
  const char *top = g_getenv ("top_srcdir");
  g_autofree char *folder = g_build_filename (top != NULL ? top : ".", "corpus", "replies", NULL);
  g_autoptr (ReboundAnalyzer) analyzer = rebound_analyzer_new (NULL, NULL);
  Replies self = { .analyzer = analyzer };

  return check_folder (&self, argc > 1 ? argv[1] : folder);
}
