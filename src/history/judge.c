/* Rebound: the store: from the events of a member to what is kept of the decision over him.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store-private.h"

#include <string.h>

#define MOST G_STRINGIFY (REBOUND_STORE_MOST_EVENTS)

/* ---- Who he is ---------------------------------------------------------------------------- */

void
rebound_store_member_clear (ReboundStoreMember *member)
{
  g_clear_pointer (&member->list, g_free);
  g_clear_pointer (&member->address, g_free);
}

static gboolean
take_member (const ReboundValue *row, gpointer data)
{
  ReboundStoreMember *member = data;

  member->id = row[0].integer;
  member->list_id = row[1].integer;
  member->list = g_strdup (row[2].text);
  member->address = g_strdup (row[3].text);
  return FALSE;
}

gboolean
rebound_store_member_load (ReboundStore *self, gint64 id, ReboundStoreMember *member,
                           GError **error)
{
  *member = (ReboundStoreMember){ .id = 0 };
  return rebound_store_query (self,
                              "SELECT m.id, l.id, l.address, m.address FROM members m "
                              "JOIN lists l ON l.id = m.list WHERE m.id = $1",
                              VALUES (rebound_int (id)), take_member, member, error);
}

/* ---- What is known of him ----------------------------------------------------------------- */

/* The order of the columns is that of the indexes, so that nothing else is read. */
#define COLUMNS                                                                                    \
  "received, type, reason, ceiling, grade, path, CASE WHEN held IS NULL THEN 0 ELSE 1 END, done"

static gboolean
is_known (const ReboundEvent *event)
{
  return event->type < REBOUND_N_EVENT_TYPES && event->reason < REBOUND_N_REASONS
         && event->ceiling <= REBOUND_UNSUBSCRIBE_NOW && event->grade < REBOUND_N_GRADES
         && event->path <= REBOUND_PATH_PROBE && event->done <= REBOUND_STEP_OWNER;
}

/* What a damaged database says is left out. */
static gboolean
take_event (const ReboundValue *row, gpointer data)
{
  const ReboundEvent event = {
    .received = row[0].integer,
    .type = row[1].integer,
    .reason = row[2].integer,
    .ceiling = row[3].integer,
    .grade = row[4].integer,
    .path = row[5].integer,
    .held = row[6].integer != 0,
    .done = row[7].integer,
  };

  if (is_known (&event))
    g_array_append_val ((GArray *) data, event);
  return TRUE;
}

static void
reverse (GArray *events)
{
  ReboundEvent *event = (ReboundEvent *) events->data;

  for (guint i = 0, j = events->len; i + 1 < j; i++)
    {
      ReboundEvent other = event[--j];

      event[j] = event[i];
      event[i] = other;
    }
}

gboolean
rebound_store_load_events (ReboundStore *self, gint64 member, GArray *events, GError **error)
{
  gint64 oldest;

  g_array_set_size (events, 0);
  if (!rebound_store_query (self,
                            "SELECT " COLUMNS
                            " FROM events WHERE member = $1 ORDER BY received DESC LIMIT " MOST,
                            VALUES (rebound_int (member)), take_event, events, error))
    return FALSE;
  if (events->len == REBOUND_STORE_MOST_EVENTS)
    {
      oldest = g_array_index (events, ReboundEvent, events->len - 1).received;
      if (!rebound_store_query (self,
                                "SELECT " COLUMNS " FROM events "
                                "WHERE member = $1 AND type >= 6 AND received < $2 "
                                "ORDER BY received DESC LIMIT " MOST,
                                VALUES (rebound_int (member), rebound_int (oldest)), take_event,
                                events, error))
        return FALSE;
    }
  reverse (events);
  return TRUE;
}

/* ---- What follows ------------------------------------------------------------------------- */

/* A message may arrive after one that was received later, by another host or out of a mailbox. */
static void
decide (const ReboundStore *self, const char *list, const GArray *events, gint64 *now,
        ReboundDecision *decision)
{
  const ReboundEvent *event = (const ReboundEvent *) events->data;

  if (events->len > 0)
    *now = MAX (*now, event[events->len - 1].received);
  rebound_engine_decide (rebound_policy_terms (self->policy, list), event, events->len, *now,
                         decision);
}

gboolean
rebound_store_decide (ReboundStore *self, const ReboundStoreMember *member, gint64 now,
                      ReboundDecision *decision, GError **error)
{
  g_autoptr (GArray) events = g_array_new (FALSE, FALSE, sizeof (ReboundEvent));

  if (!rebound_store_load_events (self, member->id, events, error))
    return FALSE;
  decide (self, member->list, events, &now, decision);
  return TRUE;
}

char *
rebound_store_step_id (const char *list, const char *address, ReboundStep step, gint64 since,
                       guint nth)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree char *rest =
      g_strdup_printf ("%s %" G_GINT64_FORMAT " %u", rebound_step_to_string (step), since, nth);

  /* each with its NUL, so that no address can be that of another list */
  g_checksum_update (checksum, (const guchar *) list, strlen (list) + 1);
  g_checksum_update (checksum, (const guchar *) address, strlen (address) + 1);
  g_checksum_update (checksum, (const guchar *) rest, -1);
  return g_strndup (g_checksum_get_string (checksum), REBOUND_STORE_STEP_LENGTH);
}

/* A step that was withdrawn comes back when the decision does; one that was done does not. */
static gboolean
keep_step (ReboundStore *self, const ReboundStoreMember *member, const ReboundDecision *decision,
           GError **error)
{
  g_autofree char *id = rebound_store_step_id (member->list, member->address, decision->step,
                                               decision->since, decision->nth);

  return rebound_store_run (
             self, "UPDATE steps SET state = 2 WHERE member = $1 AND state = 0 AND id <> $2",
             VALUES (rebound_int (member->id), rebound_text (id)), NULL, error)
         && rebound_store_run (
             self,
             "INSERT INTO steps "
             "(id, list, member, due, since, claimed, step, reason, nth, total, state) "
             "VALUES ($1, $2, $3, $4, $5, 0, $6, $7, $8, $9, 0) "
             "ON CONFLICT (id) DO UPDATE SET due = excluded.due, reason = excluded.reason, "
             "total = excluded.total, "
             "state = CASE WHEN steps.state = 2 THEN 0 ELSE steps.state END",
             VALUES (rebound_text (id), rebound_int (member->list_id), rebound_int (member->id),
                     rebound_int (decision->due), rebound_int (decision->since),
                     rebound_int (decision->step), rebound_int (decision->reason),
                     rebound_int (decision->nth), rebound_int (decision->of)),
             NULL, error);
}

static gboolean
withdraw_steps (ReboundStore *self, const ReboundStoreMember *member, GError **error)
{
  return rebound_store_run (self, "UPDATE steps SET state = 2 WHERE member = $1 AND state = 0",
                            VALUES (rebound_int (member->id)), NULL, error);
}

static gboolean
keep (ReboundStore *self, const ReboundStoreMember *member, gint64 now,
      const ReboundDecision *decision, GError **error)
{
  return rebound_store_run (self,
                            "UPDATE members SET standing = $2, score = $3, first = $4, last = $5, "
                            "judged = $6, policy = $7 WHERE id = $1",
                            VALUES (rebound_int (member->id), rebound_int (decision->standing),
                                    rebound_real (decision->score), rebound_int (decision->first),
                                    rebound_int (decision->last), rebound_int (now),
                                    rebound_text (self->judge)),
                            NULL, error)
         && (decision->step != REBOUND_STEP_NONE ? keep_step (self, member, decision, error)
                                                 : withdraw_steps (self, member, error));
}

gboolean
rebound_store_judge (ReboundStore *self, const ReboundStoreMember *member, gint64 now,
                     ReboundDecision *decision, GError **error)
{
  g_autoptr (GArray) events = g_array_new (FALSE, FALSE, sizeof (ReboundEvent));
  ReboundDecision made;

  if (!rebound_store_load_events (self, member->id, events, error))
    return FALSE;
  decide (self, member->list, events, &now, &made);
  if (decision != NULL)
    *decision = made;
  return keep (self, member, now, &made, error);
}
