/* Rebound: libraries that few messages need, opened when the first of these comes.
 *
 * The program starts once for each mail, and most mail needs none of them. So neither the library
 * nor the command links them: what uses one is a module beside the library, and what a message
 * loses where the module is missing is up to who asks for it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A module and the function that is wanted of it. A static variable of whoever calls it. */
typedef struct
{
  const char *name;
  const char *function;
  GOnce once;
} ReboundModule;

/* clang-format off */
#define REBOUND_MODULE(name, function) { name, function, G_ONCE_INIT }
/* clang-format on */

/**
 * rebound_module_function:
 * @self: what is wanted
 *
 * Opens the module when it is called first, from whatever thread. The module then stays, and one
 * that is missing is not looked for again.
 *
 * Returns: (nullable): the function, %NULL where it is not to be had
 */
gpointer rebound_module_function (ReboundModule *self);

G_END_DECLS
