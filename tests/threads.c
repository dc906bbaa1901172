/* Rebound: one analyzer serves many threads.
 *
 * Each thread makes an analyzer, the first of the process among them; then all share one and read
 * every message of the corpus, each from another place on. What one thread alone says comes
 * afterwards, so that nothing was set up by it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <rebound.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THREADS 8
#define ROUNDS 3

typedef struct
{
  ReboundAnalyzer *analyzer;
  const GPtrArray *messages;
  guint first;     /* of @messages */
  GPtrArray *said; /* JSON, in order from @first on */
} Share;

static gboolean
add_file (GPtrArray *messages, const char *path, GError **error)
{
  char *data;
  gsize size;

  if (!g_str_has_suffix (path, ".eml"))
    return TRUE;
  if (!g_file_get_contents (path, &data, &size, error))
    return FALSE;
  g_ptr_array_add (messages, g_bytes_new_take (data, size));
  return TRUE;
}

/* Adds the messages of @folder and of the folders in it. */
static gboolean
add_folder (GPtrArray *messages, const char *folder, GError **error)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, error);
  gboolean good = dir != NULL;
  const char *name;

  while (good && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      good = g_file_test (path, G_FILE_TEST_IS_DIR) ? add_folder (messages, path, error)
                                                    : add_file (messages, path, error);
    }
  return good;
}

static gpointer
make_analyzer (G_GNUC_UNUSED gpointer data)
{
  return rebound_analyzer_new (NULL, NULL);
}

static gpointer
analyze_share (gpointer data)
{
  const ReboundStyle style = { .source = "-" };
  const Share *self = data;
  guint n = self->messages->len;

  for (guint i = self->first; i < self->first + n * ROUNDS; i++)
    {
      g_autoptr (ReboundReport) report
        = rebound_analyzer_analyze (self->analyzer, self->messages->pdata[i % n], NULL, NULL);

      g_ptr_array_add (self->said, rebound_report_to_json (report, &style));
    }
  return NULL;
}

/* An analyzer that was made while others were. */
static ReboundAnalyzer *
make_shared (void)
{
  GThread *threads[THREADS];
  ReboundAnalyzer *shared = NULL;

  for (guint i = 0; i < THREADS; i++)
    threads[i] = g_thread_new ("analyzer", make_analyzer, NULL);
  for (guint i = 0; i < THREADS; i++)
    {
      g_clear_pointer (&shared, rebound_analyzer_unref);
      shared = g_thread_join (threads[i]);
    }
  return shared;
}

/* How often the thread said something else than @alone. */
static guint
count_differences (const Share *self, const GPtrArray *alone)
{
  guint n_wrong = 0;

  for (guint i = 0; i < self->said->len; i++)
    n_wrong += strcmp (self->said->pdata[i],
                       alone->pdata[(self->first + i) % self->messages->len]) != 0;
  return n_wrong;
}

static Share
share_of (ReboundAnalyzer *analyzer, const GPtrArray *messages, guint thread)
{
  return (Share){ .analyzer = analyzer,
                  .messages = messages,
                  .first = thread * messages->len / THREADS,
                  .said = g_ptr_array_new_with_free_func (g_free) };
}

static guint
run_threads (const GPtrArray *messages)
{
  g_autoptr (ReboundAnalyzer) analyzer = make_shared ();
  g_autoptr (ReboundAnalyzer) other = rebound_analyzer_new (NULL, NULL);
  Share alone = share_of (other, messages, 0);
  Share shares[THREADS];
  GThread *threads[THREADS];
  guint n_wrong = 0;

  for (guint i = 0; i < THREADS; i++)
    {
      shares[i] = share_of (analyzer, messages, i);
      threads[i] = g_thread_new ("analysis", analyze_share, &shares[i]);
    }
  for (guint i = 0; i < THREADS; i++)
    g_thread_join (threads[i]);
  analyze_share (&alone);
  for (guint i = 0; i < THREADS; i++)
    {
      n_wrong += count_differences (&shares[i], alone.said);
      g_ptr_array_unref (shares[i].said);
    }
  g_ptr_array_unref (alone.said);
  return n_wrong;
}

int
main (void)
{
  g_autoptr (GPtrArray) messages
    = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  const char *top = g_getenv ("top_srcdir");
  g_autofree char *corpus = g_build_filename (top != NULL ? top : ".", "corpus", NULL);
  g_autoptr (GError) error = NULL;
  guint n_wrong;

  if (!add_folder (messages, corpus, &error) || messages->len == 0)
    {
      printf ("Bail out! %s\n", error != NULL ? error->message : "corpus/ holds no messages");
      return EXIT_FAILURE;
    }
  n_wrong = run_threads (messages);
  if (n_wrong > 0)
    printf ("# %u reports differ from those of one thread\n", n_wrong);
  printf ("1..1\n%s 1 - %d threads, %u messages\n", n_wrong > 0 ? "not ok" : "ok", THREADS,
          messages->len);
  return n_wrong > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
