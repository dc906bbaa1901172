/* Rebound: libraries that few messages need, opened when the first of these comes.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "modules.h"

#include <gmodule.h>
#include <stdlib.h>

/* Where libtool leaves the modules of a build that is not installed, as seen from the program. */
static char *
folder_of_build (void)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *folder = program != NULL ? g_path_get_dirname (program) : NULL;

  return folder != NULL ? g_build_filename (folder, "modules", ".libs", NULL) : NULL;
}

static GModule *
open_in (const char *folder, const char *name)
{
  g_autofree char *path = folder != NULL ? g_build_filename (folder, name, NULL) : NULL;

  return path != NULL ? g_module_open (path, G_MODULE_BIND_LOCAL) : NULL;
}

/* A folder that is named is the only one; who runs us with more rights than his own does not say
 * whose code we run. */
static GModule *
find_module (const char *name)
{
  const char *named = secure_getenv ("REBOUND_MODULE_DIR");
  g_autofree char *of_build = NULL;
  GModule *module;

  if (named != NULL && *named != '\0')
    return open_in (named, name);
  module = open_in (REBOUND_MODULE_DIR, name);
  of_build = module == NULL ? folder_of_build () : NULL;
  return module != NULL ? module : open_in (of_build, name);
}

static gpointer
open_module (gpointer data)
{
  const ReboundModule *self = data;
  GModule *module = find_module (self->name);
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
