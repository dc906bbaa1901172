/* Rebound: whose mail it was that was returned.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "evidence.h"

#include <string.h>

#include "verp/verp.h"

char *
rebound_evidence_find_list (const ReboundEvidence *self)
{
  const char *path = self->mail_from != NULL ? self->mail_from : self->envelope_recipient;
  ReboundPlainPath plain = { 0 };
  char *list = NULL;

  if (path != NULL && rebound_plain_path_read (NULL, path, &plain))
    list = g_steal_pointer (&plain.list);
  rebound_plain_path_clear (&plain);
  if (list == NULL && self->list_post != NULL && strchr (self->list_post, '@') != NULL)
    list = g_ascii_strdown (self->list_post, -1);
  return list;
}
