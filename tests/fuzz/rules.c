/* Rebound: fuzz target: the compiler of rule files: any text gives rules or an error.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rules/compiler.h"

#include "fuzz.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (ReboundCompiler) compiler = rebound_compiler_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *text = g_strndup ((const char *) data, size);
  gboolean right = rebound_compiler_add (compiler, "fuzz.rules", text, &error);

  fuzz_assert (right == (error == NULL), "an error that is none, or none where there is one");
  if (right)
    fuzz_assert (rebound_compiler_finish (compiler) != NULL, "no rules");
  else
    fuzz_assert (g_utf8_validate (error->message, -1, NULL), "not UTF-8: %s", error->message);
  return 0;
}
