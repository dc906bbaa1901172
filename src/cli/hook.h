/* rebound: a program that does a step for the list manager.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli.h"

/* What a program is told of a step; it outlives what the store gave. */
typedef struct
{
  char *id;
  const char *action;
  char *json;
  char **environment;
} CliTask;

CliTask *cli_task_new (const ReboundDue *due);
void cli_task_free (CliTask *self);

typedef enum
{
  CLI_HOOK_DONE,
  CLI_HOOK_LATER,  /* it did not do the step, which was said unless it asked for that itself */
  CLI_HOOK_UNABLE, /* it cannot be started at all, which was said */
} CliHookResult;

/* Runs @argv with the action and the ID behind it, and waits so many seconds for it. */
CliHookResult cli_hook_run (char *const *argv, const CliTask *task, int patience);

/* From now on SIGTERM, SIGINT and SIGHUP end nothing, and cli_stopping() tells of them. */
void cli_catch_signals (void);
gboolean cli_stopping (void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CliTask, cli_task_free)
