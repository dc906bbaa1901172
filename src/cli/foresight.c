/* rebound: whether a warning or a probe, which was never sent, would have come back.
 *
 * It would where the address was dead then, and of that the next message about it tells.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "simulate.h"

#include <string.h>

/* What comes later may be another story. */
#define HORIZON (30 * 86400)

/* What is heard of a member. */
typedef struct
{
  gint64 received;
  guint entry;
  gboolean failed;
} Sign;

struct _CliForesight
{
  const char *list;    /* (nullable) */
  GHashTable *members; /* "list\naddress" → GArray of Sign */
};

CliForesight *
cli_foresight_new (const char *list)
{
  CliForesight *self = g_new0 (CliForesight, 1);

  self->list = list;
  self->members =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_array_unref);
  return self;
}

/* As the store has them. */
static char *
make_key (const char *list, const char *address)
{
  g_autofree char *both = g_strconcat (list != NULL ? list : "", "\n", address, NULL);

  return g_ascii_strdown (both, -1);
}

/* What fails and counts, and what shows that he is alive; all else tells nothing. */
static gboolean
is_sign (ReboundKind kind, const ReboundRecipient *recipient, gboolean *fails)
{
  const ReboundAction action = rebound_recipient_get_action (recipient);

  *fails = action == REBOUND_ACTION_FAILED && kind != REBOUND_KIND_AUTO_REPLY
           && kind != REBOUND_KIND_DISPOSITION && kind != REBOUND_KIND_COMPLAINT;
  if (*fails)
    return rebound_recipient_get_unsubscribe (recipient) != REBOUND_UNSUBSCRIBE_NEVER;
  return kind == REBOUND_KIND_AUTO_REPLY || kind == REBOUND_KIND_DISPOSITION
         || action == REBOUND_ACTION_DELIVERED;
}

static void
add_sign (CliForesight *self, const char *list, const char *address, const Sign *sign)
{
  g_autofree char *key = make_key (list, address);
  GArray *signs = g_hash_table_lookup (self->members, key);

  if (signs == NULL)
    {
      signs = g_array_new (FALSE, FALSE, sizeof (Sign));
      g_hash_table_insert (self->members, g_steal_pointer (&key), signs);
    }
  g_array_append_vals (signs, sign, 1);
}

void
cli_foresight_add (CliForesight *self, const ReboundReport *report, gint64 received, guint entry)
{
  const char *list = self->list != NULL ? self->list : rebound_report_get_list (report);

  for (guint i = 0; i < rebound_report_get_n_recipients (report); i++)
    {
      const ReboundRecipient *recipient = rebound_report_get_recipient (report, i);
      const char *address = rebound_recipient_get_subscriber (recipient);
      Sign sign = { .received = received, .entry = entry };

      if (address == NULL)
        address = rebound_recipient_get_address (recipient);
      if (address != NULL && is_sign (rebound_report_get_kind (report), recipient, &sign.failed))
        add_sign (self, list, address, &sign);
    }
}

/* The first one after a time; their number where there is none. */
static guint
find_next (const GArray *signs, gint64 time)
{
  guint low = 0, high = signs->len;

  while (low < high)
    {
      const guint middle = low + (high - low) / 2;

      if (g_array_index (signs, Sign, middle).received > time)
        high = middle;
      else
        low = middle + 1;
    }
  return low;
}

gboolean
cli_foresight_fails (const CliForesight *self, const char *list, const char *address, gint64 sent,
                     guint *entry)
{
  g_autofree char *key = make_key (list, address);
  const GArray *signs = g_hash_table_lookup (self->members, key);
  const guint next = signs != NULL ? find_next (signs, sent) : 0;
  const Sign *sign;

  if (signs == NULL || next == signs->len)
    return FALSE;
  sign = &g_array_index (signs, Sign, next);
  *entry = sign->entry;
  return sign->failed && sign->received - sent <= HORIZON;
}

void
cli_foresight_free (CliForesight *self)
{
  g_hash_table_unref (self->members);
  g_free (self);
}
