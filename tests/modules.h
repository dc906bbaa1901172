/* Rebound: what of the corpus only a module can read.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <string.h>

/* Amazon SES's notices, which are JSON; the build says in REBOUND_MODULES what it has made. */
static inline gboolean
lacks_module (const char *name)
{
  const char *modules = g_getenv ("REBOUND_MODULES");

  return (strstr (name, "amazon-ses/sns-") != NULL || strcmp (name, "notices.txt") == 0)
         && (modules == NULL || strstr (modules, "json") == NULL);
}
