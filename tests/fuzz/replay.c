/* Rebound: a fuzz target without a fuzzer: reads each file it is given.
 *
 * For "make check", for a finding under a debugger, and for AFL++ (afl-fuzz … TARGET @@).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"

static gboolean
replay (const char *path, double *seconds)
{
  g_autofree char *data = NULL;
  g_autoptr (GError) error = NULL;
  gint64 start;
  gsize size;

  if (!g_file_get_contents (path, &data, &size, &error))
    {
      fprintf (stderr, "%s\n", error->message);
      return FALSE;
    }
  start = g_get_monotonic_time ();
  LLVMFuzzerTestOneInput ((const uint8_t *) data, size);
  *seconds = (g_get_monotonic_time () - start) / 1e6;
  return TRUE;
}

int
main (int argc, char **argv)
{
  const char *slowest = "";
  double longest = 0;

  for (int i = 1; i < argc; i++)
    {
      double seconds = 0;

      if (!replay (argv[i], &seconds))
        return EXIT_FAILURE;
      if (seconds > longest)
        {
          longest = seconds;
          slowest = argv[i];
        }
    }
  printf ("%d files; the slowest took %.3f s: %s\n", argc - 1, longest, slowest);
  return EXIT_SUCCESS;
}
