/* rebound policy simulate: what policies would have done with what came in.
 *
 * Each policy has a store of its own, in memory. Messages are taken in the order in which they
 * arrived; before each one, all that is due until then is done, at the time when it is due. A
 * warning or a probe, which nobody has sent, comes back where the next message about the member is
 * a failure.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "simulate.h"

#include <string.h>

#define N_STEPS (REBOUND_STEP_OWNER + 1)
#define DAY 86400

/* A server that refuses says so at once. */
#define RETURNS_AFTER 600

/* A policy, and what it does. */
typedef struct
{
  const char *name;
  ReboundPolicy *policy;
  ReboundAnalyzer *analyzer;
  ReboundStore *store;
  CliForesight *foresight;
  guint members[N_STEPS]; /* whom a step has hit */
} Side;

/* What was done for a member. */
typedef struct
{
  char *id;
  char *json;
  gint64 time;
  ReboundStep step;
  const char *list; /* of the member who has it */
  const char *address;
} Done;

typedef struct
{
  char *list;
  char *address;     /* "" where a step is about the whole list */
  GPtrArray *done[]; /* of Done, one for each side */
} Member;

/* Reports that the sides judge otherwise. */
typedef struct
{
  ReboundReason reason;
  char **verdicts; /* a JSON object each */
  char **shown;
  guint n;
  const char *source; /* of the first one */
  guint index;
} Dispute;

typedef struct
{
  const CliSimulation *what;
  guint n_sides;
  Side *sides;
  CliSpool *spool;
  GTree *members;    /* "list\naddress" → Member */
  GTree *disputes;   /* → Dispute */
  guint differing;   /* members */
  gint64 settled_at; /* up to when all is done that was due */
  int status;
} Replay;

static void
done_free (gpointer data)
{
  Done *self = data;

  g_free (self->id);
  g_free (self->json);
  g_free (self);
}

static gboolean
free_member (G_GNUC_UNUSED gpointer key, gpointer data, gpointer replay)
{
  Member *self = data;

  for (guint i = 0; i < ((Replay *) replay)->n_sides; i++)
    g_ptr_array_unref (self->done[i]);
  g_free (self->list);
  g_free (self->address);
  g_free (self);
  return FALSE;
}

static void
dispute_free (gpointer data)
{
  Dispute *self = data;

  g_strfreev (self->verdicts);
  g_strfreev (self->shown);
  g_free (self);
}

static int
compare_keys (gconstpointer a, gconstpointer b, G_GNUC_UNUSED gpointer data)
{
  return strcmp (a, b);
}

/* ---- What is done ---------------------------------------------------------------------------- */

static Member *
find_member (Replay *self, const char *list, const char *address)
{
  g_autofree char *key = g_strconcat (list, "\n", address, NULL);
  Member *member = g_tree_lookup (self->members, key);

  if (member != NULL)
    return member;
  member = g_malloc0 (sizeof *member + self->n_sides * sizeof *member->done);
  member->list = g_strdup (list);
  member->address = g_strdup (address);
  for (guint i = 0; i < self->n_sides; i++)
    member->done[i] = g_ptr_array_new_with_free_func (done_free);
  g_tree_insert (self->members, g_steal_pointer (&key), member);
  return member;
}

typedef struct
{
  Replay *replay;
  guint side;
  GPtrArray *found; /* of Done, which the members have */
} Finding;

/* The store is not to be changed while it hands out what is due. */
static gboolean
take_due (const ReboundDue *due, gpointer data)
{
  Finding *self = data;
  Member *member = find_member (self->replay, due->list, due->address != NULL ? due->address : "");
  Done *done = g_new0 (Done, 1);

  done->id = g_strdup (due->id);
  done->json = rebound_due_to_json (due);
  done->time = due->due;
  done->step = due->step;
  done->list = member->list;
  done->address = member->address;
  g_ptr_array_add (member->done[self->side], done);
  g_ptr_array_add (self->found, done);
  return TRUE;
}

static ReboundReport *
analyze (const Side *side, GBytes *message, const CliSpooled *entry)
{
  const ReboundEnvelope envelope = { .received = entry->received };

  return rebound_analyzer_analyze (side->analyzer, message, &envelope, NULL);
}

static gboolean
failed (Replay *self, const GError *error)
{
  self->status = cli_store_failed ("policy", error);
  return FALSE;
}

/* What a warning or a probe would have come to. */
static gboolean
suppose_return (Replay *self, const Side *side, const Done *done)
{
  const ReboundPath path =
      done->step == REBOUND_STEP_PROBE ? REBOUND_PATH_PROBE : REBOUND_PATH_WARNING;
  g_autoptr (GBytes) message = NULL;
  g_autoptr (ReboundReport) report = NULL;
  g_autoptr (GError) error = NULL;
  guint entry;

  if ((done->step != REBOUND_STEP_WARN && done->step != REBOUND_STEP_PROBE)
      || !cli_foresight_fails (side->foresight, done->list, done->address, done->time, &entry))
    return TRUE;
  message = cli_spool_load (self->spool, entry);
  if (message == NULL)
    {
      self->status = EX_IOERR;
      return FALSE;
    }
  report = analyze (side, message, cli_spool_get (self->spool, entry));
  return rebound_store_suppose (side->store, report, self->what->list, done->address, path,
                                done->time + RETURNS_AFTER, &error)
         || failed (self, error);
}

static gboolean
do_step (Replay *self, const Side *side, const Done *done)
{
  g_autoptr (GError) error = NULL;

  return (rebound_store_acknowledge (side->store, done->id, REBOUND_HELD_KEEP, done->time, &error)
          || failed (self, error))
         && suppose_return (self, side, done);
}

/* All that is due until then, each at its time; what follows may be due as well. */
static gboolean
settle_side (Replay *self, guint side, gint64 until)
{
  ReboundStore *store = self->sides[side].store;
  g_autoptr (GPtrArray) found = g_ptr_array_new ();
  Finding finding = { self, side, found };
  g_autoptr (GError) error = NULL;

  do
    {
      g_ptr_array_set_size (found, 0);
      if (!rebound_store_due (store, NULL, until, take_due, &finding, &error))
        return failed (self, error);
      for (guint i = 0; i < found->len; i++)
        if (!do_step (self, &self->sides[side], g_ptr_array_index (found, i)))
          return FALSE;
    }
  while (found->len > 0);
  return TRUE;
}

static gboolean
settle (Replay *self, gint64 until)
{
  gboolean settled = TRUE;

  for (guint i = 0; i < self->n_sides && settled && until > self->settled_at; i++)
    settled = settle_side (self, i, until);
  self->settled_at = until;
  return settled;
}

/* ---- What the verdicts are --------------------------------------------------------------------
 */

static char *
show_verdict (const ReboundRecipient *recipient)
{
  return g_strdup_printf (
      "%s, %s, %s", rebound_bounce_to_string (rebound_recipient_get_bounce (recipient)),
      rebound_fault_to_string (rebound_recipient_get_fault (recipient)),
      rebound_unsubscribe_to_string (rebound_recipient_get_unsubscribe (recipient)));
}

static char *
verdict_to_json (const ReboundRecipient *recipient)
{
  return g_strdup_printf (
      "\"bounce\": \"%s\", \"fault\": \"%s\", \"unsubscribe\": \"%s\"",
      rebound_bounce_to_string (rebound_recipient_get_bounce (recipient)),
      rebound_fault_to_string (rebound_recipient_get_fault (recipient)),
      rebound_unsubscribe_to_string (rebound_recipient_get_unsubscribe (recipient)));
}

static char **
each_verdict (const Replay *self, ReboundReport *const *reports, guint recipient,
              char *(*write) (const ReboundRecipient *) )
{
  char **texts = g_new0 (char *, self->n_sides + 1);

  for (guint i = 0; i < self->n_sides; i++)
    texts[i] = write (rebound_report_get_recipient (reports[i], recipient));
  return texts;
}

static gboolean
are_same (char **texts)
{
  for (guint i = 1; texts[i] != NULL; i++)
    if (strcmp (texts[i], texts[0]) != 0)
      return FALSE;
  return TRUE;
}

static void
compare_verdicts (Replay *self, ReboundReport *const *reports, guint recipient,
                  const CliSpooled *entry)
{
  g_auto (GStrv) shown = each_verdict (self, reports, recipient, show_verdict);
  const ReboundReason reason =
      rebound_recipient_get_reason (rebound_report_get_recipient (reports[0], recipient));
  g_autofree char *all = g_strjoinv ("\n", shown);
  g_autofree char *key = g_strconcat (rebound_reason_to_string (reason), "\n", all, NULL);
  Dispute *dispute;

  if (are_same (shown))
    return;
  dispute = g_tree_lookup (self->disputes, key);
  if (dispute == NULL)
    {
      dispute = g_new0 (Dispute, 1);
      dispute->reason = reason;
      dispute->verdicts = each_verdict (self, reports, recipient, verdict_to_json);
      dispute->shown = g_steal_pointer (&shown);
      dispute->source = entry->source;
      dispute->index = entry->index;
      g_tree_insert (self->disputes, g_steal_pointer (&key), dispute);
    }
  dispute->n++;
}

/* ---- A message --------------------------------------------------------------------------------
 */

static gboolean
record (Replay *self, ReboundReport *const *reports, const CliSpooled *entry)
{
  for (guint i = 0; i < self->n_sides; i++)
    {
      g_autoptr (GError) error = NULL;

      if (!rebound_store_record (self->sides[i].store, reports[i], self->what->list,
                                 entry->received, NULL, &error))
        return failed (self, error);
    }
  for (guint i = 0; i < rebound_report_get_n_recipients (reports[0]); i++)
    compare_verdicts (self, reports, i, entry);
  return TRUE;
}

static gboolean
replay (Replay *self, GBytes *message, const CliSpooled *entry)
{
  g_autofree ReboundReport **reports = g_new0 (ReboundReport *, self->n_sides);
  gboolean done;

  if (!settle (self, entry->received))
    return FALSE;
  for (guint i = 0; i < self->n_sides; i++)
    reports[i] = analyze (&self->sides[i], message, entry);
  done = record (self, reports, entry);
  for (guint i = 0; i < self->n_sides; i++)
    rebound_report_unref (reports[i]);
  return done;
}

static gboolean
foresee_message (Replay *self, GBytes *message, guint i)
{
  const CliSpooled *entry = cli_spool_get (self->spool, i);

  for (guint side = 0; side < self->n_sides; side++)
    {
      g_autoptr (ReboundReport) report = analyze (&self->sides[side], message, entry);

      cli_foresight_add (self->sides[side].foresight, report, entry->received, i);
    }
  return TRUE;
}

static gboolean
replay_message (Replay *self, GBytes *message, guint i)
{
  return replay (self, message, cli_spool_get (self->spool, i));
}

static gboolean
each_message (Replay *self, gboolean (*each) (Replay *, GBytes *, guint))
{
  for (guint i = 0; i < cli_spool_length (self->spool); i++)
    {
      g_autoptr (GBytes) message = cli_spool_load (self->spool, i);

      if (message == NULL)
        self->status = EX_IOERR;
      if (message == NULL || !each (self, message, i))
        return FALSE;
    }
  return TRUE;
}

static gboolean
replay_all (Replay *self)
{
  const guint n = cli_spool_length (self->spool);

  if (!each_message (self, foresee_message) || !each_message (self, replay_message))
    return FALSE;
  return n == 0
         || settle (self,
                    cli_spool_get (self->spool, n - 1)->received + (gint64) self->what->days * DAY);
}

/* ---- What it comes to -------------------------------------------------------------------------
 */

/* Whether the same was done on the same days. */
static gboolean
is_same (const GPtrArray *left, const GPtrArray *right)
{
  if (left->len != right->len)
    return FALSE;
  for (guint i = 0; i < left->len; i++)
    {
      const Done *one = g_ptr_array_index (left, i), *other = g_ptr_array_index (right, i);

      if (one->step != other->step || one->time / DAY != other->time / DAY)
        return FALSE;
    }
  return TRUE;
}

static gboolean
is_different (const Replay *self, const Member *member)
{
  for (guint i = 1; i < self->n_sides; i++)
    if (!is_same (member->done[0], member->done[i]))
      return TRUE;
  return FALSE;
}

static guint
count_step (const GPtrArray *done, ReboundStep step, gint64 *first)
{
  guint n = 0;

  for (guint i = 0; i < done->len; i++)
    {
      const Done *one = g_ptr_array_index (done, i);

      if (one->step == step && n++ == 0)
        *first = one->time;
    }
  return n;
}

static gboolean
sum_up (G_GNUC_UNUSED gpointer key, gpointer data, gpointer replay)
{
  Replay *self = replay;
  const Member *member = data;
  gint64 first;

  self->differing += is_different (self, member);
  for (guint i = 0; i < self->n_sides; i++)
    for (ReboundStep step = REBOUND_STEP_WARN; step < N_STEPS; step++)
      self->sides[i].members[step] += count_step (member->done[i], step, &first) > 0;
  return FALSE;
}

/* ---- For a person ------------------------------------------------------------------------------
 */

#define LABEL_WIDTH 24
#define COLUMN_WIDTH 24

static void
print_row (const Replay *self, const char *label, char *(*write) (const Replay *, guint, gpointer),
           gpointer data)
{
  cli_print_cell (label, LABEL_WIDTH);
  for (guint i = 0; i < self->n_sides; i++)
    {
      g_autofree char *text = write (self, i, data);

      if (i + 1 < self->n_sides)
        cli_print_cell (text, COLUMN_WIDTH);
      else
        puts (text);
    }
}

static char *
write_name (const Replay *self, guint side, G_GNUC_UNUSED gpointer data)
{
  return cli_shown (self->sides[side].name);
}

typedef struct
{
  const Member *member;
  ReboundStep step;
} Row;

/* When it was done first, and how often. */
static char *
write_step (G_GNUC_UNUSED const Replay *self, guint side, gpointer data)
{
  const Row *row = data;
  gint64 first = 0;
  const guint n = count_step (row->member->done[side], row->step, &first);
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (first);
  g_autofree char *day = g_date_time_format (time, "%Y-%m-%d");

  if (n == 0)
    return g_strdup ("-");
  return n == 1 ? g_steal_pointer (&day) : g_strdup_printf ("%s ×%u", day, n);
}

static gboolean
has_step (const Replay *self, const Row *row)
{
  gint64 first;

  for (guint i = 0; i < self->n_sides; i++)
    if (count_step (row->member->done[i], row->step, &first) > 0)
      return TRUE;
  return FALSE;
}

static char *
label_step (ReboundStep step)
{
  return g_strdup_printf ("    %s", C_ ("step", rebound_step_to_string (step)));
}

static gboolean
print_member (G_GNUC_UNUSED gpointer key, gpointer data, gpointer replay)
{
  const Replay *self = replay;
  const Member *member = data;
  g_autofree char *list = cli_shown (*member->list != '\0' ? member->list : "-");
  g_autofree char *address =
      *member->address != '\0' ? cli_shown (member->address) : g_strdup (_ ("the whole list"));

  printf ("%c %s, %s\n", is_different (self, member) ? '*' : ' ', address, list);
  for (ReboundStep step = REBOUND_STEP_WARN; step < N_STEPS; step++)
    {
      g_autofree char *label = label_step (step);
      Row row = { member, step };

      if (has_step (self, &row))
        print_row (self, label, write_step, &row);
    }
  return FALSE;
}

static char *
write_shown (G_GNUC_UNUSED const Replay *self, guint side, gpointer data)
{
  return g_strdup (((const Dispute *) data)->shown[side]);
}

static gboolean
print_dispute (G_GNUC_UNUSED gpointer key, gpointer data, gpointer replay)
{
  Dispute *dispute = data;
  g_autofree char *source = cli_shown (dispute->source);

  /* TRANSLATORS: a reason, how many reports, and where the first of them stands */
  printf (_ ("* %s, reports: %u, the first is %s #%u\n"),
          rebound_reason_to_string (dispute->reason), dispute->n, source, dispute->index + 1);
  print_row (replay, "", write_shown, dispute);
  return FALSE;
}

static char *
write_members (const Replay *self, guint side, gpointer data)
{
  return g_strdup_printf ("%u", self->sides[side].members[GPOINTER_TO_UINT (data)]);
}

static void
print_text (const Replay *self)
{
  print_row (self, "", write_name, NULL);
  g_tree_foreach (self->members, print_member, (gpointer) self);
  if (g_tree_nnodes (self->disputes) > 0)
    printf ("\n%s\n", _ ("Verdicts that differ: bounce, fault, unsubscribe"));
  g_tree_foreach (self->disputes, print_dispute, (gpointer) self);
  printf ("\n%s\n", _ ("Members, by what would have been done:"));
  for (ReboundStep step = REBOUND_STEP_WARN; step < N_STEPS; step++)
    {
      g_autofree char *label = label_step (step);

      print_row (self, label, write_members, GUINT_TO_POINTER (step));
    }
  printf (_ ("messages: %u; without a date: %u; members with steps: %d; different (*): %u\n"),
          cli_spool_length (self->spool), cli_spool_undated (self->spool),
          g_tree_nnodes (self->members), self->differing);
}

/* ---- For a program -----------------------------------------------------------------------------
 */

/* RFC 8259 section 7 */
static char *
quote (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  GString *out = g_string_new ("\"");

  for (const char *p = valid; *p != '\0'; p++)
    if (*p == '"' || *p == '\\')
      g_string_append_printf (out, "\\%c", *p);
    else if ((guchar) *p < 0x20 || *p == 0x7f)
      g_string_append_printf (out, "\\u%04x", *p);
    else
      g_string_append_c (out, *p);
  g_string_append_c (out, '"');
  return g_string_free (out, FALSE);
}

/* "policies": an object for each side, with what @write gives behind its name. */
static void
put_sides (const Replay *self, char *(*write) (const Replay *, guint, gpointer), gpointer data)
{
  printf ("\"policies\": [");
  for (guint i = 0; i < self->n_sides; i++)
    {
      g_autofree char *name = quote (self->sides[i].name);
      g_autofree char *text = write (self, i, data);

      printf ("%s{\"policy\": %s, %s}", i > 0 ? ", " : "", name, text);
    }
  puts ("]}");
}

static char *
steps_to_json (G_GNUC_UNUSED const Replay *self, guint side, gpointer data)
{
  const GPtrArray *done = ((const Member *) data)->done[side];
  GString *out = g_string_new ("\"steps\": [");

  for (guint i = 0; i < done->len; i++)
    g_string_append_printf (out, "%s%s", i > 0 ? ", " : "",
                            ((const Done *) g_ptr_array_index (done, i))->json);
  g_string_append_c (out, ']');
  return g_string_free (out, FALSE);
}

static gboolean
put_member (G_GNUC_UNUSED gpointer key, gpointer data, gpointer replay)
{
  const Member *member = data;
  g_autofree char *list = quote (member->list);
  g_autofree char *address = *member->address != '\0' ? quote (member->address) : g_strdup ("null");

  printf ("{\"list\": %s, \"address\": %s, \"differs\": %s, ", list, address,
          is_different (replay, member) ? "true" : "false");
  put_sides (replay, steps_to_json, data);
  return FALSE;
}

static char *
dispute_to_json (G_GNUC_UNUSED const Replay *self, guint side, gpointer data)
{
  return g_strdup (((const Dispute *) data)->verdicts[side]);
}

static gboolean
put_dispute (G_GNUC_UNUSED gpointer key, gpointer data, gpointer replay)
{
  const Dispute *dispute = data;
  g_autofree char *source = quote (dispute->source);

  printf ("{\"reason\": \"%s\", \"reports\": %u, \"source\": %s, \"index\": %u, ",
          rebound_reason_to_string (dispute->reason), dispute->n, source, dispute->index);
  put_sides (replay, dispute_to_json, data);
  return FALSE;
}

static char *
members_to_json (const Replay *self, guint side, G_GNUC_UNUSED gpointer data)
{
  GString *out = g_string_new (NULL);

  for (ReboundStep step = REBOUND_STEP_WARN; step < N_STEPS; step++)
    g_string_append_printf (out, "%s\"%s\": %u", out->len > 0 ? ", " : "",
                            rebound_step_to_string (step), self->sides[side].members[step]);
  return g_string_free (out, FALSE);
}

static void
print_json (const Replay *self)
{
  g_tree_foreach (self->members, put_member, (gpointer) self);
  g_tree_foreach (self->disputes, put_dispute, (gpointer) self);
  printf ("{\"messages\": %u, \"undated\": %u, \"members\": %d, \"differing\": %u, ",
          cli_spool_length (self->spool), cli_spool_undated (self->spool),
          g_tree_nnodes (self->members), self->differing);
  put_sides (self, members_to_json, NULL);
}

/* ---- The whole ---------------------------------------------------------------------------------
 */

/* Rules that are wrong end it: the sides have to know the same. */
static gboolean
open_side (Replay *self, Side *side)
{
  g_autoptr (GError) error = NULL;

  side->policy = cli_policy ("policy", side->name, &self->status);
  if (side->policy != NULL)
    side->analyzer = cli_new_analyzer ("policy", self->what->rules, side->policy, &self->status);
  if (side->analyzer == NULL || self->status != EX_OK)
    return FALSE;
  side->store = rebound_store_open ("sqlite::memory:", side->policy, &error);
  return side->store != NULL || failed (self, error);
}

static gboolean
open_all (Replay *self)
{
  self->n_sides = g_strv_length (self->what->policies);
  self->sides = g_new0 (Side, self->n_sides);
  self->members = g_tree_new_full (compare_keys, NULL, g_free, NULL);
  self->disputes = g_tree_new_full (compare_keys, NULL, g_free, dispute_free);
  for (guint i = 0; i < self->n_sides; i++)
    {
      self->sides[i].name = self->what->policies[i];
      self->sides[i].foresight = cli_foresight_new (self->what->list);
      if (!open_side (self, &self->sides[i]))
        return FALSE;
    }
  return TRUE;
}

static void
close_all (Replay *self)
{
  g_clear_pointer (&self->spool, cli_spool_free);
  g_tree_foreach (self->members, free_member, self);
  g_tree_unref (self->members);
  g_tree_unref (self->disputes);
  for (guint i = 0; i < self->n_sides; i++)
    {
      g_clear_pointer (&self->sides[i].foresight, cli_foresight_free);
      g_clear_pointer (&self->sides[i].store, rebound_store_free);
      g_clear_pointer (&self->sides[i].analyzer, rebound_analyzer_unref);
      g_clear_pointer (&self->sides[i].policy, rebound_policy_unref);
    }
  g_free (self->sides);
}

/* What cannot be read is told of, and the rest goes on. */
static int
read_all (CliSpool *spool, int n, char **paths)
{
  int status = EX_OK;

  for (int i = 0; i < n; i++)
    {
      int result = cli_spool_read (spool, paths[i]);

      status = status == EX_OK ? result : status;
    }
  cli_spool_sort (spool);
  return status;
}

static int
replay_mailboxes (Replay *self, int n, char **paths)
{
  int status;

  self->spool = cli_spool_new ("policy", self->sides[0].analyzer);
  status = read_all (self->spool, n, paths);
  if (status == EX_CANTCREAT || !replay_all (self))
    return status == EX_CANTCREAT ? status : self->status;
  g_tree_foreach (self->members, sum_up, self);
  if (self->what->as_json)
    print_json (self);
  else
    print_text (self);
  return status;
}

int
cli_simulate (const CliSimulation *what, int n, char **paths)
{
  Replay self = { .what = what, .settled_at = G_MININT64, .status = EX_OK };
  const int status = open_all (&self) ? replay_mailboxes (&self, n, paths) : self.status;

  close_all (&self);
  return status;
}
