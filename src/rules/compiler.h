/* Rebound: from rule files to tables.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rules.h"

G_BEGIN_DECLS

/* Collects rule files. */
typedef struct _ReboundCompiler ReboundCompiler;

/**
 * rebound_compiler_new:
 * @base: (nullable): rules that the files come on top of; what a file says of a name goes before
 *   what they say, and a later file before an earlier one
 *
 * Without @base a name is given once, in all files together.
 *
 * Returns: (transfer full): a compiler; its tables need @base no more
 */
ReboundCompiler *rebound_compiler_new (const ReboundRules *base);
void rebound_compiler_free (ReboundCompiler *self);

/**
 * rebound_compiler_add:
 * @self: a compiler
 * @name: the file's name, for messages
 * @text: (transfer none): its content, UTF-8
 * @error: says file, line and column, what is wrong and what would be right
 *
 * Returns: whether the file is right
 */
gboolean rebound_compiler_add (ReboundCompiler *self, const char *name, const char *text,
                               GError **error);

/**
 * rebound_compiler_check:
 * @self: a compiler
 * @error: says file, line and column
 *
 * Returns: whether all names that `only` gives are known, once all files are added
 */
gboolean rebound_compiler_check (ReboundCompiler *self, GError **error);

/**
 * rebound_compiler_finish:
 * @self: a compiler
 *
 * Returns: (transfer none): the tables; they live as long as @self
 */
const ReboundRules *rebound_compiler_finish (ReboundCompiler *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ReboundCompiler, rebound_compiler_free)

G_END_DECLS
