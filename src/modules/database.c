/* Rebound: what the modules of the databases have in common.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "modules/database.h"

gboolean
rebound_database_fail (GError **error, ReboundStoreError code, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  if (error != NULL)
    *error = g_error_new_valist (g_quark_from_static_string (REBOUND_DATABASE_ERROR), (int) code,
                                 format, arguments);
  va_end (arguments);
  return FALSE;
}

gboolean
rebound_database_takes (const ReboundValue *values, guint n_values, GError **error)
{
  for (guint i = 0; i < n_values; i++)
    if (values[i].type == REBOUND_VALUE_TEXT && !g_utf8_validate (values[i].text, -1, NULL))
      return rebound_database_fail (error, REBOUND_STORE_ERROR_INPUT,
                                    _ ("a value that is to be kept is no UTF-8; convert it first"));
  return TRUE;
}

ReboundValue
rebound_database_integer (gint64 integer)
{
  return (ReboundValue){ .type = REBOUND_VALUE_INT, .integer = integer, .real = (double) integer };
}

/* What is out of the range of an integer has none. */
ReboundValue
rebound_database_real (double real)
{
  gboolean fits = real > -0x1p63 && real < 0x1p63;

  return (ReboundValue){ .type = REBOUND_VALUE_REAL,
                         .integer = fits ? (gint64) real : 0,
                         .real = real };
}
