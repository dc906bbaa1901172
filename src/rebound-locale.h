/* Rebound: the language of what a person reads.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined (REBOUND_INSIDE) && !defined (REBOUND_COMPILATION)
#error "Only <rebound.h> can be included directly."
#endif

#include "rebound-types.h"

G_BEGIN_DECLS

/**
 * rebound_locale_folder:
 *
 * Texts for a person, and errors, are in the language of the locale (LC_MESSAGES) where there is
 * a catalogue; the library finds it by itself, and sets no locale. JSON is the same in every
 * language. The folder has it as LANGUAGE/LC_MESSAGES/rebound.mo. A program that binds the text
 * domain "rebound" to another folder, by bindtextdomain(), calls this before.
 *
 * Returns: (transfer none) (nullable): the folder of the catalogues; %NULL where the library was
 *   built without
 * Since: 0.1
 */
REBOUND_API const char *rebound_locale_folder (void);

G_END_DECLS
