/* Rebound: the store: what is kept no longer.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store-private.h"

/* Members who are looked at in one transaction. */
#define PAGE 200
#define DAY G_GINT64_CONSTANT (86400)

typedef struct
{
  gint64 before;
  gint64 now;
  GArray *ids;
  guint n_page; /* erased of this page */
  guint n_expired;
} Expiry;

/* ---- What a member stands on -------------------------------------------------------------- */

/* Decides over the events up to @end, without the first @n_erased. */
static void
decide (const ReboundTerms *terms, const GArray *events, guint n_erased, guint end, gint64 now,
        ReboundDecision *decision)
{
  const ReboundEvent *event = (const ReboundEvent *) events->data;

  rebound_engine_decide (terms, event + n_erased, end - n_erased, now, decision);
}

static gboolean
is_equal (const ReboundDecision *a, const ReboundDecision *b)
{
  return a->standing == b->standing && ABS (a->score - b->score) < 1e-9 && a->first == b->first
         && a->last == b->last && a->step == b->step && a->due == b->due && a->since == b->since
         && a->nth == b->nth && a->of == b->of && a->reason == b->reason;
}

/* Whether the first events are behind nothing: he stands where he does without them, and would if
 * he bounced again, which is the last event. */
static gboolean
does_without (const ReboundTerms *terms, const GArray *events, guint n_erased, gint64 now)
{
  ReboundDecision with, without;

  for (guint i = 0; i < 2; i++)
    {
      guint end = events->len - 1 + i;

      decide (terms, events, 0, end, now + i * DAY, &with);
      decide (terms, events, n_erased, end, now + i * DAY, &without);
      if (!is_equal (&with, &without))
        return FALSE;
    }
  return TRUE;
}

/* How many of the events of before are behind nothing; it need not be all of those. */
static guint
count_erasable (const ReboundTerms *terms, GArray *events, guint n_old, gint64 now)
{
  const ReboundEvent again = {
    .received = now + DAY,
    .reason = REBOUND_REASON_USER_UNKNOWN,
    .ceiling = REBOUND_UNSUBSCRIBE_COUNT,
    .grade = REBOUND_GRADE_A,
  };

  g_array_append_val (events, again);
  while (n_old > 0 && !does_without (terms, events, n_old, now))
    n_old /= 2;
  g_array_set_size (events, events->len - 1);
  return n_old;
}

/* ---- One member --------------------------------------------------------------------------- */

static gboolean
erase_before (ReboundStore *self, gint64 member, gint64 before, guint *n, GError **error)
{
  return rebound_store_run (self, "DELETE FROM events WHERE member = $1 AND received < $2",
                            VALUES (rebound_int (member), rebound_int (before)), n, error);
}

static gboolean
erase_or_judge (ReboundStore *self, const ReboundStoreMember *member, gint64 now, GError **error)
{
  gint64 n = 0;

  if (!rebound_store_ask (self, "SELECT COUNT (*) FROM events WHERE member = $1",
                          VALUES (rebound_int (member->id)), &n, error))
    return FALSE;
  return n == 0 ? rebound_store_erase (self, member, 0, error)
                : rebound_store_judge (self, member, now, NULL, error);
}

static gboolean
expire_member (ReboundStore *self, const ReboundStoreMember *member, Expiry *expiry, GError **error)
{
  g_autoptr (GArray) events = g_array_new (FALSE, FALSE, sizeof (ReboundEvent));
  const ReboundTerms *terms = rebound_policy_terms (self->policy, member->list);
  gint64 before = expiry->before;
  guint n_old = 0, n_erasable, n = 0;

  if (!rebound_store_load_events (self, member->id, events, error))
    return FALSE;
  while (n_old < events->len
         && g_array_index (events, ReboundEvent, n_old).received < expiry->before)
    n_old++;
  n_erasable = count_erasable (terms, events, n_old, expiry->now);
  if (n_erasable < n_old)
    before = g_array_index (events, ReboundEvent, n_erasable).received;
  if (n_erasable == 0 && n_old > 0)
    return TRUE;
  if (!erase_before (self, member->id, before, &n, error))
    return FALSE;
  expiry->n_page += n;
  return n == 0 || erase_or_judge (self, member, expiry->now, error);
}

static gboolean
expire_page (ReboundStore *self, gpointer data, GError **error)
{
  Expiry *expiry = data;

  expiry->n_page = 0;
  for (guint i = 0; i < expiry->ids->len; i++)
    {
      g_auto (ReboundStoreMember) member = { .id = 0 };
      gint64 list;

      if (!rebound_store_member_load (self, g_array_index (expiry->ids, gint64, i), &member, error))
        return FALSE;
      if (member.id != 0
          && (!rebound_store_lock_list (self, member.list, &list, error)
              || !expire_member (self, &member, expiry, error)))
        return FALSE;
    }
  return TRUE;
}

/* ---- All ---------------------------------------------------------------------------------- */

static gboolean
take_id (const ReboundValue *row, gpointer data)
{
  g_array_append_val ((GArray *) data, row[0].integer);
  return TRUE;
}

static gboolean
expire_members (ReboundStore *self, Expiry *expiry, GError **error)
{
  gint64 after = 0;

  do
    {
      g_array_set_size (expiry->ids, 0);
      if (!rebound_store_query (self,
                                "SELECT DISTINCT member FROM events "
                                "WHERE member > $1 AND received < $2 "
                                "ORDER BY member LIMIT " G_STRINGIFY (PAGE),
                                VALUES (rebound_int (after), rebound_int (expiry->before)), take_id,
                                expiry->ids, error))
        return FALSE;
      if (expiry->ids->len == 0)
        return TRUE;
      after = g_array_index (expiry->ids, gint64, expiry->ids->len - 1);
      if (!rebound_store_transact (self, "", expire_page, expiry, error))
        return FALSE;
      expiry->n_expired += expiry->n_page;
    }
  while (TRUE);
}

/* A step stays as long as the event that tells that it was done, or the storm that it is about. */
static gboolean
expire_rest (ReboundStore *self, gpointer data, GError **error)
{
  static const char *const statements[] = {
    "DELETE FROM steps WHERE state <> 0 AND due < $1 AND NOT EXISTS "
    "(SELECT 1 FROM events e WHERE e.member = steps.member AND e.digest = 'done:' || steps.id) "
    "AND NOT EXISTS (SELECT 1 FROM storms t WHERE t.id = steps.id)",
    "DELETE FROM paths WHERE noted < $1",
    "DELETE FROM sent WHERE noted < $1",
  };
  const Expiry *expiry = data;

  if (!rebound_storm_expire (self, expiry->before, error))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (statements); i++)
    if (!rebound_store_run (self, statements[i], VALUES (rebound_int (expiry->before)), NULL,
                            error))
      return FALSE;
  return TRUE;
}

gboolean
rebound_store_expire (ReboundStore *self, gint64 before, gint64 now, guint *n_expired,
                      GError **error)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  Expiry expiry = { .before = before, .now = now, .ids = ids };
  gboolean good;

  g_return_val_if_fail (self != NULL && before <= now, FALSE);

  good = rebound_store_takes_time (now, error) && expire_members (self, &expiry, error)
         && rebound_store_transact (self, "", expire_rest, &expiry, error);
  if (n_expired != NULL)
    *n_expired = expiry.n_expired;
  return good;
}
