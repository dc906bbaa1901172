/* rebound scan: what the messages of mailboxes report, into the store.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli.h"

/* So many reports become durable together. They are kept until then, and the store is locked only
 * while they are written, not while messages are read. */
#define BATCH 500

/* A report holds on to its message: of long ones fewer make a batch. */
#define BATCH_BYTES (16 * 1024 * 1024)

static char *store_url, *policy_name, *list, **rules;
static gboolean as_json;

static const GOptionEntry options[] = {
  CLI_STORE (&store_url),
  CLI_POLICY (&policy_name),
  { "list", 0, 0, G_OPTION_ARG_FILENAME, &list,
    N_ ("The list whose mail bounced, where the messages need not say"), "ADDRESS" },
  { "json", 0, 0, G_OPTION_ARG_NONE, &as_json, N_ ("The summary as a JSON object"), NULL },
  { "rules", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &rules,
    N_ ("Rules on top of those that are built in and of those of the site"), "FILE" },
  { 0 },
};

typedef struct
{
  ReboundReport *report;
  gint64 received;
  guint new; /* events */
} Pending;

typedef struct
{
  ReboundAnalyzer *analyzer;
  ReboundStore *store;
  GArray *pending; /* of Pending */
  gsize bytes;     /* of their messages */
  guint messages, known, new, skipped;
  int status; /* of the store */
} Scan;

static void
clear_pending (gpointer data)
{
  rebound_report_unref (((Pending *) data)->report);
}

/* How many members it is about: an event for each. */
static guint
count_members (const ReboundReport *report)
{
  g_autoptr (GHashTable) members = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < rebound_report_get_n_recipients (report); i++)
    {
      const ReboundRecipient *recipient = rebound_report_get_recipient (report, i);
      const char *address = rebound_recipient_get_subscriber (recipient);

      if (address == NULL)
        address = rebound_recipient_get_address (recipient);
      if (address != NULL && *address != '\0')
        g_hash_table_add (members, g_ascii_strdown (address, -1));
    }
  return g_hash_table_size (members);
}

static gboolean
record (Scan *self, Pending *pending, GError **error)
{
  return rebound_store_record (self->store, pending->report, list, pending->received, &pending->new,
                               error);
}

/* What has become durable. */
static void
count (Scan *self, const Pending *pending)
{
  const guint members = count_members (pending->report);

  self->messages++;
  self->skipped += members == 0;
  self->new += pending->new;
  self->known += members - MIN (members, pending->new);
}

/* All at once, or nothing. */
static gboolean
record_batch (Scan *self)
{
  gboolean done = rebound_store_begin (self->store, NULL);

  if (!done)
    return FALSE;
  for (guint i = 0; i < self->pending->len && done; i++)
    done = record (self, &g_array_index (self->pending, Pending, i), NULL);
  if (!done)
    rebound_store_rollback (self->store);
  else
    done = rebound_store_commit (self->store, NULL);
  for (guint i = 0; i < self->pending->len && done; i++)
    count (self, &g_array_index (self->pending, Pending, i));
  return done;
}

/* One by one, up to the first that cannot be kept. Who writes at the same time, in another order,
 * may have kept a batch from being written, but not each of these. */
static gboolean
record_each (Scan *self)
{
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < self->pending->len; i++)
    {
      Pending *pending = &g_array_index (self->pending, Pending, i);

      if (!record (self, pending, &error))
        {
          self->status = cli_store_failed ("scan", error);
          return FALSE;
        }
      count (self, pending);
    }
  return TRUE;
}

static gboolean
flush (Scan *self)
{
  const gboolean done = record_batch (self) || record_each (self);

  g_array_set_size (self->pending, 0);
  self->bytes = 0;
  return done;
}

static char *
find_path (const char *digest, gpointer data)
{
  return rebound_store_find_path (data, digest);
}

static gboolean
take_message (const CliMessage *message, gpointer data)
{
  Scan *self = data;
  const ReboundEnvelope envelope = { .received = message->arrival,
                                     .find_path = find_path,
                                     .find_data = self->store };
  const Pending pending = {
    .report = rebound_analyzer_analyze (self->analyzer, message->bytes, &envelope, NULL),
    .received = cli_arrival (message, cli_now ()),
  };

  g_array_append_val (self->pending, pending);
  self->bytes += g_bytes_get_size (message->bytes);
  return (self->pending->len < BATCH && self->bytes < BATCH_BYTES) || flush (self);
}

static void
print_summary (const Scan *self)
{
  if (as_json)
    printf ("{\"messages\": %u, \"new\": %u, \"known\": %u, \"skipped\": %u}\n", self->messages,
            self->new, self->known, self->skipped);
  else
    printf (_ ("messages: %u; events: %u new, %u known; without a member: %u\n"), self->messages,
            self->new, self->known, self->skipped);
}

/* The status is that of the first trouble; without the store nothing goes on. */
static int
scan (Scan *self, int n, char **paths)
{
  int status = EX_OK;

  for (int i = 0; i < n && self->status == EX_OK; i++)
    {
      int result = cli_read_mailbox ("scan", paths[i], take_message, self);

      status = status == EX_OK ? result : status;
    }
  if (self->status == EX_OK)
    flush (self);
  print_summary (self);
  return self->status != EX_OK ? self->status : status;
}

/* Rules that are wrong end it, unlike elsewhere: an event is not read anew, and the mailbox can
 * wait. */
static gboolean
open_all (Scan *self)
{
  g_autoptr (ReboundPolicy) policy = NULL;

  if (cli_find_policy ("scan", policy_name, &policy, &self->status))
    self->analyzer = cli_new_analyzer ("scan", rules, policy, &self->status);
  if (self->analyzer != NULL && self->status == EX_OK)
    self->store = cli_open_store ("scan", store_url, policy, &self->status);
  return self->store != NULL;
}

static void
close_all (Scan *self)
{
  g_array_unref (self->pending);
  g_clear_pointer (&self->store, rebound_store_free);
  g_clear_pointer (&self->analyzer, rebound_analyzer_unref);
}

int
cli_scan (int argc, char **argv)
{
  char *input[] = { (char *) "-", NULL };
  Scan self = { .status = EX_OK };
  int status;

  if (!cli_options ("scan", options, &argc, &argv, &status))
    return status;
  self.pending = g_array_new (FALSE, FALSE, sizeof (Pending));
  g_array_set_clear_func (self.pending, clear_pending);
  status = !open_all (&self) ? self.status
           : argc > 1        ? scan (&self, argc - 1, argv + 1)
                             : scan (&self, 1, input);
  close_all (&self);
  return cli_finish ("scan", status);
}
