/* Rebound: every message of the corpus gives the report that is kept beside it.
 *
 * usage: corpus [--update] [CORPUS_DIR]
 *
 * CORPUS_DIR/FORMAT/CASE.eml is a message, CASE.json beside it its report as a reviewer has
 * accepted it: sorted by key, so that a difference is a difference of content, and without what
 * depends on the place of the file. --update writes the reports anew.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <rebound.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "modules.h"

#define MESSAGE ".eml"
#define GOLDEN ".json"
#define MAKE_GOLDEN "\"make golden-update\" writes it; then read it: what it says becomes the law"

/* Lines of a difference that are shown, around it and in all, and how far apart two equal
 * passages may be to be seen as such. */
#define CONTEXT 3
#define SHOWN 40
#define REACH 24

/* Mail is cut off wherever a disk was full or a connection lost. */
#define CUT_STEP 64

typedef struct
{
  const char *name;
  const char *preface;
  const char *eol; /* (nullable): what every line ends with; as it is */
} Variant;

/* What relays and mailboxes do to a message on its way must not change what it says. */
static const Variant variants[] = {
  { "with LF", "", "\n" },
  { "with CRLF", "", "\r\n" },
  { "with bare CR", "", "\r" },
  { "behind an mbox From line", "From MAILER-DAEMON Sat Nov 21 16:40:00 2026\n", NULL },
};

typedef struct
{
  ReboundAnalyzer *analyzer;
  const char *folder;
  guint n_cases;
  guint n_failed;
} Corpus;

/* ---- TAP ---- */

static void G_GNUC_PRINTF (2, 3)
complain (gboolean *good, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  printf ("# ");
  vprintf (format, args);
  va_end (args);
  putchar ('\n');
  *good = FALSE;
}

/* ---- Canonical JSON ---- */

static void sort_node (JsonNode *node);

static void
sort_object (JsonObject *object)
{
  g_autoptr (GList) names = g_list_sort (json_object_get_members (object), (GCompareFunc) strcmp);
  g_autoptr (GPtrArray) sorted = g_ptr_array_new_with_free_func (g_free);

  for (GList *l = names; l != NULL; l = l->next)
    g_ptr_array_add (sorted, g_strdup (l->data));
  for (guint i = 0; i < sorted->len; i++)
    {
      const char *name = g_ptr_array_index (sorted, i);
      JsonNode *member = json_object_dup_member (object, name);

      sort_node (member);
      json_object_remove_member (object, name);
      json_object_set_member (object, name, member);
    }
}

static void
sort_node (JsonNode *node)
{
  if (JSON_NODE_HOLDS_OBJECT (node))
    sort_object (json_node_get_object (node));
  else if (JSON_NODE_HOLDS_ARRAY (node))
    for (guint i = 0; i < json_array_get_length (json_node_get_array (node)); i++)
      sort_node (json_array_get_element (json_node_get_array (node), i));
}

static char *
canonical (const char *json, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (JsonGenerator) generator = json_generator_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *text = NULL;

  if (!json_parser_load_from_data (parser, json, -1, error))
    return NULL;
  root = json_parser_steal_root (parser);
  json_object_remove_member (json_node_get_object (root), "source");
  json_object_remove_member (json_node_get_object (root), "index");
  sort_node (root);
  json_generator_set_pretty (generator, TRUE);
  json_generator_set_indent (generator, 2);
  json_generator_set_root (generator, root);
  text = json_generator_to_data (generator, NULL);
  return g_strconcat (text, "\n", NULL);
}

/* ---- Reports ---- */

/* The report on @message, or NULL where it is not what every message gets: an object, in valid
 * JSON and valid UTF-8. */
static char *
report_on (const Corpus *self, GBytes *message, GError **error)
{
  const ReboundStyle style = { .source = "-" };
  g_autoptr (ReboundReport) report
    = rebound_analyzer_analyze (self->analyzer, message, NULL, error);
  g_autofree char *json = NULL;

  if (report == NULL)
    return NULL;
  json = rebound_report_to_json (report, &style);
  if (json[0] == '{' && g_utf8_validate (json, -1, NULL) && strchr (json, '\n') == NULL)
    return canonical (json, error);
  g_set_error (error, JSON_PARSER_ERROR, JSON_PARSER_ERROR_INVALID_DATA,
               "no object, more than one line or no UTF-8: %s", json);
  return NULL;
}

static GBytes *
make_variant (GBytes *message, const Variant *variant)
{
  gsize size;
  const char *p = g_bytes_get_data (message, &size);
  GString *out = g_string_new (variant->preface);

  if (variant->eol == NULL)
    g_string_append_len (out, p, size);
  else
    for (gsize i = 0; i < size; i++)
      if (p[i] == '\r' && i + 1 < size && p[i + 1] == '\n')
        continue;
      else if (p[i] == '\n' || p[i] == '\r')
        g_string_append (out, variant->eol);
      else
        g_string_append_c (out, p[i]);
  return g_string_free_to_bytes (out);
}

/* ---- Differences ---- */

typedef struct
{
  char **want;
  char **have;
  guint shown;
} Difference;

static void
show (Difference *self, char mark, const char *line)
{
  if (self->shown++ < SHOWN)
    printf ("#   %c%s\n", mark, line);
}

/* Of two lines, or NULL where a text has ended. */
static gboolean
same (const char *want, const char *have)
{
  return g_strcmp0 (want, have) == 0;
}

/* Whether both go on alike, for two lines: one alone, a bracket, says nothing. */
static gboolean
alike (char **want, char **have)
{
  return same (want[0], have[0]) && (want[0] == NULL || same (want[1], have[1]));
}

/* Whether this line, the same in both, is the context of a difference. */
static gboolean
differs_soon (char **want, char **have)
{
  for (guint i = 0; i <= CONTEXT; i++)
    if (!same (want[i], have[i]))
      return TRUE;
    else if (want[i] == NULL)
      return FALSE;
  return FALSE;
}

/* How many lines of each differ from here on: to where they meet again, within REACH, or all. */
static void
find_end (char **want, char **have, guint *n_want, guint *n_have)
{
  guint want_length = g_strv_length (want), have_length = g_strv_length (have);

  for (guint sum = 1; sum <= REACH; sum++)
    for (guint i = sum > have_length ? sum - have_length : 0; i <= MIN (sum, want_length); i++)
      if (alike (want + i, have + sum - i))
        {
          *n_want = i;
          *n_have = sum - i;
          return;
        }
  *n_want = want_length;
  *n_have = have_length;
}

/* Shows the difference that begins here and goes behind it. */
static void
show_hunk (Difference *self)
{
  guint n_want, n_have;

  find_end (self->want, self->have, &n_want, &n_have);
  while (n_want-- > 0)
    show (self, '-', *self->want++);
  while (n_have-- > 0)
    show (self, '+', *self->have++);
  for (guint i = 0; i < CONTEXT && *self->want != NULL && same (*self->want, *self->have); i++)
    {
      show (self, ' ', *self->want++);
      self->have++;
    }
}

static void
show_difference (const char *want, const char *have)
{
  g_auto (GStrv) want_lines = g_strsplit (want, "\n", -1);
  g_auto (GStrv) have_lines = g_strsplit (have, "\n", -1);
  Difference self = { want_lines, have_lines, 0 };

  while (self.want[0] != NULL || self.have[0] != NULL)
    if (!same (self.want[0], self.have[0]))
      show_hunk (&self);
    else
      {
        if (differs_soon (self.want, self.have))
          show (&self, ' ', self.want[0]);
        self.want++;
        self.have++;
      }
  if (self.shown > SHOWN)
    printf ("#   … and %u lines more\n", self.shown - SHOWN);
}

/* ---- Checks ---- */

static gboolean
check_golden (const char *path, const char *have)
{
  gboolean good = TRUE;
  g_autofree char *want = NULL;
  g_autoptr (GError) error = NULL;

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    complain (&good, "%s is missing; %s", path, MAKE_GOLDEN);
  else if (!g_file_get_contents (path, &want, NULL, &error))
    complain (&good, "%s", error->message);
  else if (strcmp (want, have) != 0)
    {
      complain (&good, "- is expected in %s, + is what the analysis says:", path);
      show_difference (want, have);
    }
  return good;
}

static gboolean
check_variants (const Corpus *self, GBytes *message, const char *want)
{
  gboolean good = TRUE;

  for (guint i = 0; i < G_N_ELEMENTS (variants); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) changed = make_variant (message, &variants[i]);
      g_autofree char *have = report_on (self, changed, &error);

      if (have == NULL)
        complain (&good, "%s: %s", variants[i].name, error->message);
      else if (strcmp (want, have) != 0)
        {
          complain (&good, "- is said of the message as it is, + of it %s:", variants[i].name);
          show_difference (want, have);
        }
    }
  return good;
}

static gboolean
check_cuts (const Corpus *self, GBytes *message)
{
  gboolean good = TRUE;

  for (gsize cut = 0; cut < g_bytes_get_size (message) && good; cut += CUT_STEP)
    {
      g_autoptr (GError) error = NULL;
      /* A copy: whoever reads behind its end is found out. */
      g_autoptr (GBytes) head = g_bytes_new (g_bytes_get_data (message, NULL), cut);
      g_autofree char *have = report_on (self, head, &error);

      if (have == NULL)
        complain (&good, "cut off after %" G_GSIZE_FORMAT " bytes: %s", cut, error->message);
    }
  return good;
}

/* ---- Cases ---- */

static GBytes *
read_message (const Corpus *self, const char *name, GError **error)
{
  g_autofree char *path = g_strconcat (self->folder, "/", name, MESSAGE, NULL);
  char *data;
  gsize size;

  return g_file_get_contents (path, &data, &size, error) ? g_bytes_new_take (data, size) : NULL;
}

static gboolean
check_case (const Corpus *self, const char *name)
{
  g_autofree char *golden = g_strconcat (self->folder, "/", name, GOLDEN, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) message = read_message (self, name, &error);
  g_autofree char *report = message != NULL ? report_on (self, message, &error) : NULL;
  gboolean good = TRUE;

  if (report == NULL)
    complain (&good, "%s%s: %s", name, MESSAGE, error->message);
  else
    {
      good = check_golden (golden, report);
      good = check_variants (self, message, report) && good;
      good = check_cuts (self, message) && good;
    }
  return good;
}

static void
run_case (Corpus *self, const char *name)
{
  gboolean skipped = lacks_module (name);
  gboolean good = skipped || check_case (self, name);

  self->n_cases++;
  self->n_failed += !good;
  printf ("%s %u - %s%s\n", good ? "ok" : "not ok", self->n_cases, name,
          skipped ? " # SKIP its module has not been built" : "");
}

static void
update_case (Corpus *self, const char *name)
{
  g_autofree char *golden = g_strconcat (self->folder, "/", name, GOLDEN, NULL);
  g_autofree char *old = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) message = read_message (self, name, &error);
  g_autofree char *report = message != NULL ? report_on (self, message, &error) : NULL;
  gboolean there = g_file_get_contents (golden, &old, NULL, NULL);

  self->n_cases++;
  if (lacks_module (name) || (report != NULL && g_strcmp0 (old, report) == 0))
    return;
  if (report != NULL && g_file_set_contents (golden, report, -1, &error))
    printf ("%s %s\n", there ? "changed" : "new", golden);
  else
    {
      self->n_failed++;
      fprintf (stderr, "corpus: %s: %s\n", name, error->message);
    }
}

/* ---- The corpus ---- */

/* Adds FORMAT/CASE for every message of a format and every golden file: one that is left
 * without its message is a case that fails. */
static gboolean
add_format (GHashTable *names, const char *folder, const char *format, GError **error)
{
  static const char *const suffixes[] = { MESSAGE, GOLDEN };
  g_autofree char *path = g_build_filename (folder, format, NULL);
  g_autoptr (GDir) dir = NULL;
  const char *file;

  if (!g_file_test (path, G_FILE_TEST_IS_DIR))
    return TRUE;
  dir = g_dir_open (path, 0, error);
  while (dir != NULL && (file = g_dir_read_name (dir)) != NULL)
    for (guint i = 0; i < G_N_ELEMENTS (suffixes); i++)
      if (g_str_has_suffix (file, suffixes[i]))
        g_hash_table_add (names,
                          g_strdup_printf ("%s/%.*s", format,
                                           (int) (strlen (file) - strlen (suffixes[i])), file));
  return dir != NULL;
}

static GList *
list_cases (const char *folder, GHashTable *names, GError **error)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, error);
  const char *format;

  if (dir == NULL)
    return NULL;
  while ((format = g_dir_read_name (dir)) != NULL)
    if (!add_format (names, folder, format, error))
      return NULL;
  if (g_hash_table_size (names) == 0)
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "%s: no FORMAT/CASE" MESSAGE " there",
                 folder);
  return g_list_sort (g_hash_table_get_keys (names), (GCompareFunc) strcmp);
}

static const char *
default_folder (char **allocated)
{
#ifdef CORPUS_DIR
  (void) allocated;
  return CORPUS_DIR;
#else
  const char *top = g_getenv ("top_srcdir");

  return *allocated = g_build_filename (top != NULL ? top : ".", "corpus", NULL);
#endif
}

static int
run (Corpus *self, gboolean update)
{
  g_autoptr (GHashTable) names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GList) cases = list_cases (self->folder, names, &error);

  if (cases == NULL)
    {
      printf ("Bail out! %s\n", error->message);
      return EXIT_FAILURE;
    }
  if (!update)
    printf ("1..%u\n", g_list_length (cases));
  for (GList *l = cases; l != NULL; l = l->next)
    (update ? update_case : run_case) (self, l->data);
  printf ("# %u cases, %u failed\n", self->n_cases, self->n_failed);
  return self->n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int
main (int argc, char **argv)
{
  gboolean update = argc > 1 && strcmp (argv[1], "--update") == 0;
  g_autofree char *folder = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (ReboundAnalyzer) analyzer = NULL;
  Corpus corpus = { 0 };

  /* After a crash the last line names the case before. */
  setvbuf (stdout, NULL, _IOLBF, BUFSIZ);
  if (argc > 2 + update || (argc == 2 + update && argv[1 + update][0] == '-'))
    {
      fprintf (stderr, "usage: corpus [--update] [CORPUS_DIR]\n");
      return EXIT_FAILURE;
    }
  analyzer = rebound_analyzer_new (NULL, &error);
  if (analyzer == NULL)
    {
      printf ("Bail out! %s\n", error->message);
      return EXIT_FAILURE;
    }
  corpus.analyzer = analyzer;
  corpus.folder = argc == 2 + update ? argv[1 + update] : default_folder (&folder);
  return run (&corpus, update);
}
