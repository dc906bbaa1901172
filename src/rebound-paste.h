/* Rebound: what people paste.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined (REBOUND_INSIDE) && !defined (REBOUND_COMPILATION)
#error "Only <rebound.h> can be included directly."
#endif

#include <glib-object.h>

#include "rebound-types.h"

G_BEGIN_DECLS

/**
 * ReboundPaste:
 *
 * Lines as somebody pastes them, put together to the texts that rebound_analyzer_classify() takes:
 * the lines of a reply, of a transcript, of an event in JSON, of a program's error go together;
 * those of a log, and replies one below the other, stay apart. It holds no more than one text.
 */
typedef struct _ReboundPaste ReboundPaste;

/**
 * rebound_paste_new:
 *
 * Returns: (transfer full): a paste without a line
 * Since: 0.1
 */
REBOUND_API ReboundPaste *rebound_paste_new (void);

/**
 * rebound_paste_add:
 * @self: a paste
 * @line: (nullable): the next line, with its line end or without; %NULL behind the last one
 *
 * What is complete now is what rebound_paste_next() returns.
 *
 * Since: 0.1
 */
REBOUND_API void rebound_paste_add (ReboundPaste *self, const char *line);

/**
 * rebound_paste_next:
 * @self: a paste
 *
 * Returns: (transfer full) (nullable): the next text that is complete, %NULL where there is none
 * Since: 0.1
 */
REBOUND_API char *rebound_paste_next (ReboundPaste *self);

/**
 * rebound_paste_free:
 * @self: a paste
 *
 * Since: 0.1
 */
REBOUND_API void rebound_paste_free (ReboundPaste *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ReboundPaste, rebound_paste_free)

G_END_DECLS
