/* rebound: messages in the order in which they arrived.
 *
 * A mailbox may have any order, and be larger than memory; so its messages are kept in a file that
 * has no name, and sorted by where they stand in it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "simulate.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct _CliSpool
{
  const char *command;
  ReboundAnalyzer *analyzer;
  FILE *file;
  goffset end;
  GArray *entries; /* of CliSpooled */
  GStringChunk *sources;
  guint undated;
  gboolean failed;
};

/* It has no name any more, so nothing is left of it whatever happens. %NULL where there can be
 * none. */
static FILE *
open_file (void)
{
  g_autofree char *name = NULL;
  const int fd = g_file_open_tmp ("rebound-XXXXXX", &name, NULL);

  if (fd < 0)
    return NULL;
  unlink (name);
  return fdopen (fd, "w+");
}

CliSpool *
cli_spool_new (const char *command, ReboundAnalyzer *analyzer)
{
  CliSpool *self = g_new0 (CliSpool, 1);

  self->command = command;
  self->analyzer = rebound_analyzer_ref (analyzer);
  self->file = open_file ();
  self->entries = g_array_new (FALSE, FALSE, sizeof (CliSpooled));
  self->sources = g_string_chunk_new (1024);
  return self;
}

/* The sender's word, where there is nothing else. */
static gint64
read_date (const CliSpool *self, GBytes *message)
{
  g_autoptr (ReboundReport) report = rebound_analyzer_analyze (self->analyzer, message, NULL, NULL);
  const char *date = rebound_report_get_date (report);
  g_autoptr (GDateTime) time = date != NULL ? g_date_time_new_from_iso8601 (date, NULL) : NULL;

  return time != NULL ? g_date_time_to_unix (time) : 0;
}

static gint64
find_arrival (const CliSpool *self, const CliMessage *message)
{
  gint64 received = message->arrival;

  if (received <= 0)
    received = rebound_read_received (message->bytes);
  return received > 0 ? received : read_date (self, message->bytes);
}

static gboolean
keep (CliSpool *self, const CliSpooled *entry, GBytes *message)
{
  gsize length;
  const void *data = g_bytes_get_data (message, &length);

  if (self->file == NULL || fwrite (data, 1, length, self->file) != length)
    {
      cli_error (self->command, "cannot keep messages in a temporary file: %s", g_strerror (errno));
      self->failed = TRUE;
      return FALSE;
    }
  g_array_append_val (self->entries, *entry);
  self->end += length;
  return TRUE;
}

static gboolean
take_message (const CliMessage *message, gpointer data)
{
  CliSpool *self = data;
  const CliSpooled entry = {
    .received = find_arrival (self, message),
    .source = g_string_chunk_insert_const (self->sources, message->source),
    .index = message->index,
    .start = self->end,
    .length = g_bytes_get_size (message->bytes),
  };

  if (entry.received > 0)
    return keep (self, &entry, message->bytes);
  self->undated++;
  return TRUE;
}

int
cli_spool_read (CliSpool *self, const char *path)
{
  int status = cli_read_mailbox (self->command, path, take_message, self);

  return self->failed ? EX_CANTCREAT : status;
}

/* Of one second, as they were read. */
static int
compare_arrival (gconstpointer a, gconstpointer b)
{
  const CliSpooled *left = a, *right = b;

  if (left->received != right->received)
    return left->received < right->received ? -1 : 1;
  return left->start < right->start ? -1 : left->start > right->start;
}

void
cli_spool_sort (CliSpool *self)
{
  g_array_sort (self->entries, compare_arrival);
}

guint
cli_spool_length (const CliSpool *self)
{
  return self->entries->len;
}

guint
cli_spool_undated (const CliSpool *self)
{
  return self->undated;
}

const CliSpooled *
cli_spool_get (const CliSpool *self, guint i)
{
  return &g_array_index (self->entries, CliSpooled, i);
}

GBytes *
cli_spool_load (CliSpool *self, guint i)
{
  const CliSpooled *entry = cli_spool_get (self, i);
  g_autofree char *data = g_malloc (entry->length + 1);

  if (fseeko (self->file, entry->start, SEEK_SET) == 0
      && fread (data, 1, entry->length, self->file) == entry->length)
    return g_bytes_new_take (g_steal_pointer (&data), entry->length);
  cli_error (self->command, "cannot read the temporary file: %s", g_strerror (errno));
  return NULL;
}

void
cli_spool_free (CliSpool *self)
{
  if (self->file != NULL)
    fclose (self->file);
  rebound_analyzer_unref (self->analyzer);
  g_array_unref (self->entries);
  g_string_chunk_free (self->sources);
  g_free (self);
}
