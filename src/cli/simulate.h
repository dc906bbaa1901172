/* rebound: what policies would have done.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli.h"

typedef struct
{
  char **policies;  /* files and presets */
  char **rules;     /* (nullable) */
  const char *list; /* (nullable) */
  int days;         /* after the last message */
  gboolean as_json;
} CliSimulation;

/* Replays the mailboxes by each policy, and prints what they would have done; returns an exit
 * status. */
int cli_simulate (const CliSimulation *what, int n, char **paths);

/* ---- spool.c: messages in the order in which they arrived ----------------------------------- */

typedef struct _CliSpool CliSpool;

typedef struct
{
  gint64 received;
  const char *source;
  guint index;
  goffset start; /* in the spool */
  gsize length;
} CliSpooled;

/* @analyzer tells the date of messages that nothing else has. */
CliSpool *cli_spool_new (const char *command, ReboundAnalyzer *analyzer);

/* Keeps the messages of a mailbox, on the disk; returns an exit status. */
int cli_spool_read (CliSpool *self, const char *path);

/* They are in order now. */
void cli_spool_sort (CliSpool *self);

guint cli_spool_length (const CliSpool *self);
/* Messages without any date, which are left out. */
guint cli_spool_undated (const CliSpool *self);
const CliSpooled *cli_spool_get (const CliSpool *self, guint i);

/* (transfer full) (nullable): the message; %NULL where the disk fails, which was said. */
GBytes *cli_spool_load (CliSpool *self, guint i);

void cli_spool_free (CliSpool *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CliSpool, cli_spool_free)

/* ---- foresight.c: whether a warning or a probe would have come back ------------------------- */

typedef struct _CliForesight CliForesight;

/* @list: (nullable): whose mail all bounced. */
CliForesight *cli_foresight_new (const char *list);

/* Keeps what a report says of each member. The reports come in the order in which they arrived;
 * @entry: of the spool. */
void cli_foresight_add (CliForesight *self, const ReboundReport *report, gint64 received,
                        guint entry);

/* Whether what is sent to a member then fails: the next that is heard of him is a failure. @entry:
 * (out): which report tells of it. */
gboolean cli_foresight_fails (const CliForesight *self, const char *list, const char *address,
                              gint64 sent, guint *entry);

void cli_foresight_free (CliForesight *self);
