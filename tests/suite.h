/* Rebound: the main program of a Check suite.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <check.h>
#include <glib.h>

/* Seconds after which a test hangs. */
#define SUITE_PATIENCE 120

/* Runs the NULL-terminated @cases, each between @before and @after where there are any; returns
 * what main() does. */
static inline int
run_suite (const char *name, TCase *const *cases, void (*before) (void), void (*after) (void))
{
  Suite *suite = suite_create (name);
  SRunner *runner;
  int n_failed;

  for (; *cases != NULL; cases++)
    {
      tcase_add_unchecked_fixture (*cases, before, after);
      tcase_set_timeout (*cases, SUITE_PATIENCE);
      suite_add_tcase (suite, *cases);
    }
  runner = srunner_create (suite);
  srunner_run_all (runner, CK_ENV);
  n_failed = srunner_ntests_failed (runner);
  srunner_free (runner);
  return n_failed != 0;
}
