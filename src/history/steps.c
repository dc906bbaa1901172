/* Rebound: the store: the steps that a list manager is to do.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store-private.h"

#include <string.h>

#include "translate.h"

/* Rows that are read at once, and members that are judged in one transaction. */
#define PAGE 200

/* ---- Another policy ----------------------------------------------------------------------- */

typedef struct
{
  const char *list; /* (nullable) */
  gint64 now;
  GArray *ids;
} Rejudging;

static gboolean
take_id (const ReboundValue *row, gpointer data)
{
  g_array_append_val ((GArray *) data, row[0].integer);
  return TRUE;
}

/* Both sides of the index, since "other than" is none. */
static gboolean
find_misjudged (ReboundStore *self, const Rejudging *rejudging, GError **error)
{
  g_array_set_size (rejudging->ids, 0);
  if (rejudging->list != NULL)
    return rebound_store_query (self,
                                "SELECT m.id FROM lists l JOIN members m ON m.list = l.id "
                                "WHERE (m.policy < $1 OR m.policy > $1) AND l.address = $2 "
                                "LIMIT " G_STRINGIFY (PAGE),
                                VALUES (rebound_text (self->judge), rebound_text (rejudging->list)),
                                take_id, rejudging->ids, error);
  return rebound_store_query (self,
                              "SELECT id FROM members WHERE policy < $1 OR policy > $1 "
                              "LIMIT " G_STRINGIFY (PAGE),
                              VALUES (rebound_text (self->judge)), take_id, rejudging->ids, error);
}

static gboolean
judge_anew (ReboundStore *self, gint64 id, gint64 now, GError **error)
{
  g_auto (ReboundStoreMember) member = { .id = 0 };
  gint64 list;

  if (!rebound_store_member_load (self, id, &member, error))
    return FALSE;
  return member.id == 0
         || (rebound_store_lock_list (self, member.list, &list, error)
             && rebound_store_judge (self, &member, now, NULL, error));
}

static gboolean
judge_all_anew (ReboundStore *self, gpointer data, GError **error)
{
  const Rejudging *rejudging = data;

  for (guint i = 0; i < rejudging->ids->len; i++)
    if (!judge_anew (self, g_array_index (rejudging->ids, gint64, i), rejudging->now, error))
      return FALSE;
  return TRUE;
}

static gboolean
judge_misjudged (ReboundStore *self, Rejudging *rejudging, GError **error)
{
  do
    if (!find_misjudged (self, rejudging, error)
        || (rejudging->ids->len > 0
            && !rebound_store_transact (self, "", judge_all_anew, rejudging, error)))
      return FALSE;
  while (rejudging->ids->len > 0);
  return TRUE;
}

/* ---- What is due -------------------------------------------------------------------------- */

/* A step as it is kept. */
typedef struct
{
  char *id;
  ReboundStoreMember who; /* id is 0 of a step that is about no member */
  ReboundDecision decision;
  char *storm;
  char *key;
  char *provider;
  guint members;
  guint held;
} Step;

static void
step_clear (gpointer data)
{
  Step *step = data;

  g_free (step->id);
  rebound_store_member_clear (&step->who);
  g_free (step->storm);
  g_free (step->key);
  g_free (step->provider);
}

static gboolean
take_step (const ReboundValue *row, gpointer data)
{
  const Step step = {
    .id = g_strdup (row[0].text),
    .who = { row[1].integer, row[2].integer, g_strdup (row[3].text), g_strdup (row[4].text) },
    .decision = { .due = row[5].integer,
                  .step = row[6].integer,
                  .reason = row[7].integer,
                  .nth = row[8].integer,
                  .of = row[9].integer },
    .storm = g_strdup (row[10].text),
    .key = g_strdup (row[11].text),
    .provider = g_strdup (row[12].text),
    .members = row[13].integer,
    .held = row[14].integer,
  };

  g_array_append_val ((GArray *) data, step);
  return TRUE;
}

typedef struct
{
  const char *list; /* (nullable) */
  gint64 now;
  ReboundDueFunc each;
  gpointer data;
  gboolean ended;
} Handing;

/* The page behind a step, by the time since when it is due and its ID. */
static gboolean
load_due (ReboundStore *self, const Handing *handing, const char *after_id, gint64 after_due,
          GArray *steps, GError **error)
{
  g_array_set_size (steps, 0);
  return rebound_store_query (
      self,
      "SELECT s.id, s.member, s.list, l.address, m.address, s.due, s.step, s.reason, s.nth, "
      "s.total, t.kind, t.key, t.provider, t.members, t.held "
      "FROM steps s JOIN lists l ON l.id = s.list LEFT JOIN members m ON m.id = s.member "
      "LEFT JOIN storms t ON t.id = s.id "
      "WHERE s.state = 0 AND s.due <= $1 AND (CAST ($2 AS TEXT) IS NULL OR l.address = $2) "
      "AND s.due >= $3 AND (s.due > $3 OR s.id > $4) ORDER BY s.due, s.id "
      "LIMIT " G_STRINGIFY (PAGE),
      VALUES (rebound_int (handing->now), rebound_text (handing->list), rebound_int (after_due),
              rebound_text (after_id)),
      take_step, steps, error);
}

/* Where his member stands now; whether the step is still what comes next. */
static gboolean
decide_now (ReboundStore *self, Step *step, gint64 now, gboolean *holds, GError **error)
{
  g_autofree char *id = NULL;
  ReboundDecision *decision = &step->decision;

  *holds = TRUE;
  if (step->who.id == 0)
    return TRUE;
  if (!rebound_store_decide (self, &step->who, now, decision, error))
    return FALSE;
  id = rebound_store_step_id (step->who.list, step->who.address, decision->step, decision->since,
                              decision->nth);
  *holds =
      decision->step != REBOUND_STEP_NONE && decision->due <= now && g_str_equal (id, step->id);
  return TRUE;
}

static void
hand_out (const Step *step, Handing *handing)
{
  const ReboundDecision *decision = &step->decision;
  const ReboundDue due = {
    .id = step->id,
    .step = decision->step,
    .list = step->who.list,
    .address = step->who.address,
    .due = decision->due,
    .reason = rebound_reason_to_string (decision->reason),
    .standing = decision->standing,
    .score = decision->score,
    .nth = decision->nth,
    .of = decision->of,
    .storm = step->storm,
    .key = step->key,
    .provider = step->provider,
    .members = step->members,
    .held = step->held,
  };

  handing->ended = !handing->each (&due, handing->data);
}

typedef gboolean (*PageWork) (ReboundStore *self, GArray *steps, Handing *handing, GError **error);

static gboolean
for_each_page (ReboundStore *self, Handing *handing, PageWork work, GError **error)
{
  g_autoptr (GArray) steps = g_array_new (FALSE, FALSE, sizeof (Step));
  g_autofree char *after_id = g_strdup ("");
  gint64 after_due = 0;

  g_array_set_clear_func (steps, step_clear);
  while (!handing->ended)
    {
      if (!load_due (self, handing, after_id, after_due, steps, error))
        return FALSE;
      if (steps->len == 0)
        return TRUE;
      g_free (after_id);
      after_id = g_strdup (g_array_index (steps, Step, steps->len - 1).id);
      after_due = g_array_index (steps, Step, steps->len - 1).decision.due;
      if (!work (self, steps, handing, error))
        return FALSE;
    }
  return TRUE;
}

/* Time has passed since it was decided: who comes to nothing by it, or to something else. */
static gboolean
check_page (ReboundStore *self, GArray *steps, Handing *handing, GError **error)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  Rejudging rejudging = { handing->list, handing->now, ids };

  for (guint i = 0; i < steps->len; i++)
    {
      Step *step = &g_array_index (steps, Step, i);
      gboolean holds;

      if (!decide_now (self, step, handing->now, &holds, error))
        return FALSE;
      if (!holds)
        g_array_append_val (ids, step->who.id);
    }
  return ids->len == 0 || rebound_store_transact (self, "", judge_all_anew, &rejudging, error);
}

static gboolean
hand_out_page (ReboundStore *self, GArray *steps, Handing *handing, GError **error)
{
  for (guint i = 0; i < steps->len && !handing->ended; i++)
    {
      Step *step = &g_array_index (steps, Step, i);
      gboolean holds;

      if (!decide_now (self, step, handing->now, &holds, error))
        return FALSE;
      if (holds)
        hand_out (step, handing);
    }
  return TRUE;
}

gboolean
rebound_store_due (ReboundStore *self, const char *list, gint64 now, ReboundDueFunc each,
                   gpointer data, GError **error)
{
  g_autofree char *name = NULL;
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  Handing handing = { .now = now, .each = each, .data = data };
  Rejudging rejudging = { .now = now, .ids = ids };

  g_return_val_if_fail (self != NULL && each != NULL, FALSE);

  name = list != NULL ? rebound_store_name (list, error) : NULL;
  if ((list != NULL && name == NULL) || !rebound_store_takes_time (now, error))
    return FALSE;
  handing.list = rejudging.list = name;
  return judge_misjudged (self, &rejudging, error)
         && for_each_page (self, &handing, check_page, error)
         && for_each_page (self, &handing, hand_out_page, error);
}

/* ---- One step ----------------------------------------------------------------------------- */

typedef struct
{
  const char *id;
  gint64 now;
  gint64 lease;
  ReboundHeld held;
  gboolean claimed;
} Handling;

typedef struct
{
  gboolean found;
  gint64 member; /* 0 of a step that is about no member */
  ReboundStep step;
  ReboundReason reason;
  ReboundStoreState state;
} Found;

static gboolean
take_found (const ReboundValue *row, gpointer data)
{
  *(Found *) data = (Found){ TRUE, row[0].integer, row[1].integer, row[2].integer, row[3].integer };
  return FALSE;
}

static gboolean
find_step (ReboundStore *self, const char *id, Found *found, GError **error)
{
  *found = (Found){ .found = FALSE };
  return rebound_store_is_text (id, error)
         && rebound_store_query (self,
                                 "SELECT member, step, reason, state FROM steps WHERE id = $1",
                                 VALUES (rebound_text (id)), take_found, found, error)
         && (found->found
             || rebound_store_fail (error, REBOUND_STORE_ERROR_NOT_FOUND,
                                    _ ("there never was a step “%s”"), id));
}

static gboolean
claim (ReboundStore *self, gpointer data, GError **error)
{
  Handling *handling = data;
  Found found;
  guint n = 0;

  if (!find_step (self, handling->id, &found, error)
      || !rebound_store_run (self,
                             "UPDATE steps SET claimed = $3 "
                             "WHERE id = $1 AND state = 0 AND due <= $2 AND claimed <= $2",
                             VALUES (rebound_text (handling->id), rebound_int (handling->now),
                                     rebound_int (handling->now + handling->lease)),
                             &n, error))
    return FALSE;
  handling->claimed = n > 0;
  return TRUE;
}

gboolean
rebound_store_claim (ReboundStore *self, const char *id, gint64 now, gint64 lease,
                     gboolean *claimed, GError **error)
{
  Handling handling = { .id = id, .now = now, .lease = lease };

  g_return_val_if_fail (self != NULL && id != NULL && lease > 0 && claimed != NULL, FALSE);

  *claimed = FALSE;
  if (!rebound_store_takes_time (now, error) || !rebound_store_takes_time (lease, error)
      || !rebound_store_transact (self, "", claim, &handling, error))
    return FALSE;
  *claimed = handling.claimed;
  return TRUE;
}

/* ---- What was done ------------------------------------------------------------------------ */

static gboolean
add_done (ReboundStore *self, const ReboundStoreMember *member, const Found *found,
          const Handling *handling, GError **error)
{
  g_autofree char *digest = g_strconcat ("done:", handling->id, NULL);
  ReboundStoreEvent event = {
    .list = member->list,
    .address = member->address,
    .digest = digest,
    .what = { .received = handling->now,
              .type = REBOUND_EVENT_DONE,
              .reason = found->reason,
              .done = found->step },
  };
  gboolean added;

  return rebound_store_lock_list (self, member->list, &event.list_id, error)
         && rebound_store_add_event (self, &event, &added, error);
}

static gboolean
set_done (ReboundStore *self, const char *id, GError **error)
{
  return rebound_store_run (self, "UPDATE steps SET state = 1 WHERE id = $1",
                            VALUES (rebound_text (id)), NULL, error);
}

static gboolean
acknowledge_of_member (ReboundStore *self, const Found *found, const Handling *handling,
                       GError **error)
{
  g_auto (ReboundStoreMember) member = { .id = 0 };

  if (handling->held != REBOUND_HELD_KEEP)
    return rebound_store_fail (error, REBOUND_STORE_ERROR_INPUT,
                               _ ("the step “%s” is of no storm: nothing is held to be released or "
                                  "discarded"),
                               handling->id);
  if (found->state == REBOUND_STORE_DONE)
    return TRUE;
  return rebound_store_member_load (self, found->member, &member, error)
         && add_done (self, &member, found, handling, error) && set_done (self, handling->id, error)
         && rebound_store_judge (self, &member, handling->now, NULL, error);
}

static gboolean
acknowledge (ReboundStore *self, gpointer data, GError **error)
{
  const Handling *handling = data;
  Found found;

  if (!find_step (self, handling->id, &found, error))
    return FALSE;
  if (found.member != 0)
    return acknowledge_of_member (self, &found, handling, error);
  return set_done (self, handling->id, error)
         && rebound_storm_acknowledge (self, handling->id, handling->held, handling->now, error);
}

gboolean
rebound_store_acknowledge (ReboundStore *self, const char *id, ReboundHeld held, gint64 now,
                           GError **error)
{
  Handling handling = { .id = id, .now = now, .held = held };

  g_return_val_if_fail (self != NULL && id != NULL, FALSE);

  return rebound_store_takes_time (now, error)
         && rebound_store_transact (self, "", acknowledge, &handling, error);
}
