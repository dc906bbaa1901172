/* rebound store: the database itself.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "cli.h"

/* So many lines become durable together. */
#define BATCH 1000

#define DAY 86400

static char *store_url, *policy_name;
static int keep;

static const GOptionEntry options[] = {
  CLI_STORE (&store_url),
  CLI_POLICY (&policy_name),
  { "keep", 0, 0, G_OPTION_ARG_INT, &keep, N_ ("With expire: keep the events of so many days"),
    "DAYS" },
  { 0 },
};

static ReboundStore *
open_store (gboolean create, int *status)
{
  *status = EX_OK;
  return cli_open_history ("store", store_url, policy_name, create, status);
}

/* check */

static void
tell_problem (const char *what, gpointer data)
{
  guint *n = data;

  ++*n;
  cli_error ("store", "%s", what);
}

static int
check (G_GNUC_UNUSED int n, G_GNUC_UNUSED char **arguments)
{
  int status;
  g_autoptr (ReboundStore) store = open_store (FALSE, &status);
  g_autoptr (GError) error = NULL;
  guint problems = 0;

  if (store == NULL)
    return status;
  if (!rebound_store_check (store, cli_now (), tell_problem, &problems, &error))
    return cli_store_failed ("store", error);
  return problems == 0 ? EX_OK : EX_DATAERR;
}

/* migrate */

static int
migrate (G_GNUC_UNUSED int n, G_GNUC_UNUSED char **arguments)
{
  const char *url = cli_store_url (store_url);
  g_autoptr (GError) error = NULL;
  guint from, to;

  if (url == NULL)
    return cli_lacks_store ("store");
  if (!rebound_store_migrate (url, &from, &to, &error))
    return cli_store_failed ("store", error);
  if (from == to)
    printf (_ ("the store has version %u already\n"), to);
  else
    printf (_ ("the store had version %u, and has version %u now\n"), from, to);
  return EX_OK;
}

/* expire */

static int
expire (G_GNUC_UNUSED int n, G_GNUC_UNUSED char **arguments)
{
  const gint64 now = cli_now ();
  int status;
  g_autoptr (ReboundStore) store = NULL;
  g_autoptr (GError) error = NULL;
  guint expired;

  if (keep < 1)
    {
      cli_error ("store", "say how many days to keep, as in: rebound store expire --keep 730");
      return EX_USAGE;
    }
  store = open_store (FALSE, &status);
  if (store == NULL)
    return status;
  if (!rebound_store_expire (store, now - keep * (gint64) DAY, now, &expired, &error))
    return cli_store_failed ("store", error);
  printf (_ ("events erased: %u\n"), expired);
  return EX_OK;
}

/* export */

static gboolean
print_line (const char *json, G_GNUC_UNUSED gpointer data)
{
  return puts (json) != EOF;
}

static int export(G_GNUC_UNUSED int n, G_GNUC_UNUSED char **arguments)
{
  int status;
  g_autoptr (ReboundStore) store = open_store (FALSE, &status);
  g_autoptr (GError) error = NULL;

  if (store != NULL && !rebound_store_export (store, print_line, NULL, &error))
    status = cli_store_failed ("store", error);
  return status;
}

/* import [FILE] */

typedef struct
{
  ReboundStore *store;
  const char *name;     /* of the file */
  guint line;           /* its number */
  guint pending, fresh; /* lines since the last commit, and those that were new */
  guint known, added;   /* durable */
} Import;

static gboolean
commit (Import *self, GError **error)
{
  if (self->pending == 0)
    return TRUE;
  if (!rebound_store_commit (self->store, error))
    return FALSE;
  self->added += self->fresh;
  self->known += self->pending - self->fresh;
  self->pending = self->fresh = 0;
  return TRUE;
}

static gboolean
import_line (Import *self, const char *line, GError **error)
{
  gboolean added;

  if (self->pending == 0 && !rebound_store_begin (self->store, error))
    return FALSE;
  self->pending++;
  if (!rebound_store_import (self->store, line, &added, error))
    {
      g_prefix_error (error, "%s:%u: ", self->name, self->line);
      return FALSE;
    }
  self->fresh += added;
  return self->pending < BATCH || commit (self, error);
}

static gboolean
import_lines (Import *self, FILE *in, GError **error)
{
  g_autofree char *line = NULL;
  gboolean done = TRUE;
  size_t size = 0;

  while (done && getline (&line, &size, in) >= 0)
    {
      self->line++;
      if (*g_strchomp (line) != '\0')
        done = import_line (self, line, error);
    }
  return done && commit (self, error);
}

static int
import_file (ReboundStore *store, const char *name, FILE *in)
{
  Import self = { .store = store, .name = name };
  g_autoptr (GError) error = NULL;
  int status = EX_OK;

  if (!import_lines (&self, in, &error))
    {
      rebound_store_rollback (store);
      status = cli_store_failed ("store", error);
    }
  else if (ferror (in))
    {
      cli_error ("store", "cannot read “%s”: %s", name, g_strerror (errno));
      status = EX_IOERR;
    }
  printf (_ ("events: %u new, %u known\n"), self.added, self.known);
  return status;
}

static int
import (int n, char **arguments)
{
  const char *name = n > 0 ? arguments[0] : "-";
  FILE *in = strcmp (name, "-") == 0 ? stdin : fopen (name, "re");
  g_autoptr (ReboundStore) store = NULL;
  int status;

  if (in == NULL)
    {
      cli_error ("store", "cannot open “%s”: %s", name, g_strerror (errno));
      return EX_NOINPUT;
    }
  store = open_store (TRUE, &status);
  if (store != NULL)
    status = import_file (store, name, in);
  if (in != stdin)
    fclose (in);
  return status;
}

/* The command */

static const CliVerb verbs[] = {
  { "check", "", "store policy", 0, 0, check },
  { "migrate", "", "store", 0, 0, migrate },
  { "expire", "--keep DAYS", "store policy keep", 0, 0, expire },
  { "export", "", "store policy", 0, 0, export },
  { "import", "[FILE]", "store policy", 0, 1, import },
  { 0 },
};

int
cli_store (int argc, char **argv)
{
  return cli_run_verb ("store", verbs, options, argc, argv);
}
