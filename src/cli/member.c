/* rebound member: what is known of members, and what the owner of a list says of them.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "cli.h"

static char *store_url, *policy_name, *only_list, *only_stage;
static gboolean as_json;

static const GOptionEntry options[] = {
  CLI_STORE (&store_url),
  CLI_POLICY (&policy_name),
  { "list", 0, 0, G_OPTION_ARG_FILENAME, &only_list, N_ ("On this list only"), "ADDRESS" },
  { "stage", 0, 0, G_OPTION_ARG_STRING, &only_stage,
    N_ ("With list: active, warned, probing, suspended or unsubscribed ones only"), "STAGE" },
  { "json", 0, 0, G_OPTION_ARG_NONE, &as_json,
    N_ ("One JSON object for each member or event, one a line"), NULL },
  { 0 },
};

static ReboundStore *
open_store (int *status)
{
  *status = EX_OK;
  return cli_open_history ("member", store_url, policy_name, FALSE, status);
}

static int
unknown (const char *address)
{
  if (only_list != NULL)
    cli_error ("member", "nothing is known of “%s” on the list “%s”", address, only_list);
  else
    cli_error ("member", "nothing is known of “%s”", address);
  return EX_DATAERR;
}

static void
print_json (char *json)
{
  puts (json);
  g_free (json);
}

/* show and list */

/* someone@example.net on news@lists.example.org
 *   warned · score 3 · failures from 2026-11-02 08:00 to 2026-11-20 16:40 UTC
 *   next: suspend, from 2026-11-23 16:40 UTC */
static void
print_member (const ReboundMember *member)
{
  g_autofree char *address = cli_shown (member->address);
  g_autofree char *list = cli_shown (*member->list != '\0' ? member->list : _ ("no known list"));
  g_autofree char *score = cli_score (member->score);
  g_autofree char *first = cli_time (member->first);
  g_autofree char *last = cli_time (member->last);
  g_autofree char *due = cli_time (member->due);

  /* TRANSLATORS: a member on a list */
  printf (_ ("%s on %s\n"), address, list);
  printf (_ ("  %s · score %s"), C_ ("standing", rebound_standing_to_string (member->standing)),
          score);
  if (member->first != 0)
    printf (_ (" · failures from %s to %s UTC"), first, last);
  putchar ('\n');
  if (member->step != REBOUND_STEP_NONE)
    printf (_ ("  next: %s, from %s UTC\n"), C_ ("step", rebound_step_to_string (member->step)),
            due);
}

/* suspended      5.5  2026-11-20  someone@example.net  news@lists.example.org */
static void
print_line (const ReboundMember *member)
{
  g_autofree char *address = cli_shown (member->address);
  g_autofree char *list = cli_shown (*member->list != '\0' ? member->list : "-");
  g_autofree char *score = cli_score (member->score);
  g_autofree char *last = cli_time (member->last);

  cli_print_cell (C_ ("standing", rebound_standing_to_string (member->standing)), 14);
  printf ("%5s  %-10.10s  %s  %s\n", score, last, address, list);
}

typedef struct
{
  void (*print) (const ReboundMember *member);
  guint n;
} Printing;

static gboolean
take_member (const ReboundMember *member, gpointer data)
{
  Printing *printing = data;

  if (only_stage != NULL && strcmp (rebound_standing_to_string (member->standing), only_stage) != 0)
    return TRUE;
  printing->n++;
  if (as_json)
    print_json (rebound_member_to_json (member));
  else
    printing->print (member);
  return !ferror (stdout);
}

static int
print_members (const char *address, Printing *printing)
{
  int status;
  g_autoptr (ReboundStore) store = open_store (&status);
  g_autoptr (GError) error = NULL;

  if (store != NULL
      && !rebound_store_members (store, only_list, address, cli_now (), take_member, printing,
                                 &error))
    status = cli_store_failed ("member", error);
  return status;
}

static int
show (G_GNUC_UNUSED int n, char **arguments)
{
  Printing printing = { print_member, 0 };
  int status = print_members (arguments[0], &printing);

  return status == EX_OK && printing.n == 0 ? unknown (arguments[0]) : status;
}

/* Whether @stage is one, or %NULL; says so where it is not. */
static gboolean
check_stage (const char *stage)
{
  g_autoptr (GString) known = g_string_new (NULL);
  const char *name;

  for (guint i = 0; stage != NULL && (name = rebound_standing_to_string (i)) != NULL; i++)
    {
      if (strcmp (name, stage) == 0)
        return TRUE;
      g_string_append_printf (known, "%s%s", i > 0 ? ", " : "", name);
    }
  if (stage != NULL)
    cli_error ("member", "“%s” is no stage; one of: %s", stage, known->str);
  return stage == NULL;
}

static int
list (G_GNUC_UNUSED int n, G_GNUC_UNUSED char **arguments)
{
  Printing printing = { print_line, 0 };

  return check_stage (only_stage) ? print_members (NULL, &printing) : EX_USAGE;
}

/* history */

/* What has a @context is one of our words. */
static void
put_detail (const char *label, const char *context, const char *value)
{
  const char *said = value != NULL && context != NULL ? C_ (context, value) : value;
  g_autofree char *shown = said != NULL ? cli_shown (said) : NULL;

  if (shown != NULL)
    printf (" · %s%s%s", label, *label != '\0' ? " " : "", shown);
}

/* 2026-11-20 16:40  failure · user-unknown · 550 · 5.1.1 · hard · unsubscribe now · grade A */
static void
print_record (const ReboundRecord *record)
{
  const gboolean is_used = g_strcmp0 (record->held, "token") == 0;
  const struct
  {
    const char *label, *context, *value;
  } details[] = {
    { "", "step", record->step },
    { "", NULL, record->reason },
    { "", NULL, record->reply },
    { "", NULL, record->status },
    { "", "bounce", record->bounce },
    { _ ("unsubscribe"), "unsubscribe", record->unsubscribe },
    { _ ("grade"), NULL, record->grade },
    /* TRANSLATORS: what came back: of a post, of a warning, of a probe */
    { _ ("of a"), "path", record->path },
    { "", NULL, is_used ? _ ("its token was used before") : NULL },
    /* TRANSLATORS: and its ID follows */
    { _ ("held by the storm"), NULL, is_used ? NULL : record->held },
    { "", NULL, *record->list != '\0' ? record->list : NULL },
  };
  g_autofree char *received = cli_time (record->received);

  printf ("%s  %s", received, C_ ("event", record->type));
  for (guint i = 0; i < G_N_ELEMENTS (details); i++)
    put_detail (details[i].label, details[i].context, details[i].value);
  putchar ('\n');
}

static gboolean
take_record (const ReboundRecord *record, gpointer data)
{
  guint *n = data;

  ++*n;
  if (as_json)
    print_json (rebound_record_to_json (record));
  else
    print_record (record);
  return !ferror (stdout);
}

static int
history (G_GNUC_UNUSED int n, char **arguments)
{
  int status;
  g_autoptr (ReboundStore) store = open_store (&status);
  g_autoptr (GError) error = NULL;
  guint n_records = 0;

  if (store == NULL)
    return status;
  if (!rebound_store_history (store, only_list, arguments[0], take_record, &n_records, &error))
    return cli_store_failed ("member", error);
  return n_records > 0 ? EX_OK : unknown (arguments[0]);
}

/* reset and forget */

static int
reset (G_GNUC_UNUSED int n, char **arguments)
{
  int status;
  g_autoptr (ReboundStore) store = open_store (&status);
  g_autoptr (GError) error = NULL;

  if (store != NULL && !rebound_store_reset (store, only_list, arguments[0], cli_now (), &error))
    status = cli_store_failed ("member", error);
  return status;
}

static int
forget (G_GNUC_UNUSED int n, char **arguments)
{
  int status;
  g_autoptr (ReboundStore) store = open_store (&status);
  g_autoptr (GError) error = NULL;

  if (store != NULL && !rebound_store_forget (store, only_list, arguments[0], &error))
    status = cli_store_failed ("member", error);
  return status;
}

/* The command */

static const CliVerb verbs[] = {
  { "show", "ADDRESS", "store policy list json", 1, 1, show },
  { "history", "ADDRESS", "store policy list json", 1, 1, history },
  { "list", "", "store policy list stage json", 0, 0, list },
  { "reset", "ADDRESS", "store policy list", 1, 1, reset },
  { "forget", "ADDRESS", "store policy list", 1, 1, forget },
  { 0 },
};

int
cli_member (int argc, char **argv)
{
  return cli_run_verb ("member", verbs, options, argc, argv);
}
