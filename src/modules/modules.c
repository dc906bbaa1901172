/* Rebound: libraries that few messages need, opened when the first of these comes.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "modules.h"

#include <gmodule.h>
#include <stdlib.h>

/* Tests and builds that are not installed name their own; who runs us with more rights than his
 * own does not say whose code we run. */
static const char *
module_folder (void)
{
  const char *named = secure_getenv ("REBOUND_MODULE_DIR");

  return named != NULL && *named != '\0' ? named : REBOUND_MODULE_DIR;
}

static gpointer
open_module (gpointer data)
{
  const ReboundModule *self = data;
  g_autofree char *path = g_build_filename (module_folder (), self->name, NULL);
  GModule *module = g_module_open (path, G_MODULE_BIND_LOCAL);
  gpointer function = NULL;

  if (module == NULL)
    return NULL;
  /* the libraries behind it may have left something in each thread */
  g_module_make_resident (module);
  return g_module_symbol (module, self->function, &function) ? function : NULL;
}

/* The once is all the state that the library has and that changes, and it does so once. */
gpointer
rebound_module_function (ReboundModule *self)
{
  return g_once (&self->once, open_module, self);
}
