/* Rebound: the store: whether it is whole.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store-private.h"

#include "translate.h"

#define PAGE 500
#define DAY G_GINT64_CONSTANT (86400)

typedef struct
{
  void (*problem) (const char *what, gpointer data);
  gpointer data;
  gint64 now;
} Telling;

static void tell (const Telling *telling, const char *format, ...) G_GNUC_PRINTF (2, 3);

static void
tell (const Telling *telling, const char *format, ...)
{
  va_list arguments;
  g_autofree char *what = NULL;

  va_start (arguments, format);
  what = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  telling->problem (what, telling->data);
}

/* ---- What refers to what is not there ----------------------------------------------------- */

/* Each counts rows that should not be. */
static const struct
{
  const char *sql;
  const char *problem;
} counts[] = {
  { "SELECT COUNT (*) FROM members m WHERE NOT EXISTS "
    "(SELECT 1 FROM lists l WHERE l.id = m.list)",
    N_ ("members of lists that are not there") },
  { "SELECT COUNT (*) FROM events e WHERE NOT EXISTS "
    "(SELECT 1 FROM members m WHERE m.id = e.member)",
    N_ ("events of members who are not there") },
  { "SELECT COUNT (*) FROM steps s WHERE s.member IS NOT NULL AND NOT EXISTS "
    "(SELECT 1 FROM members m WHERE m.id = s.member)",
    N_ ("steps of members who are not there") },
  { "SELECT COUNT (*) FROM events e WHERE e.held IS NOT NULL AND e.held <> 'token' "
    "AND NOT EXISTS (SELECT 1 FROM storms t WHERE t.id = e.held)",
    N_ ("events that are held for a storm that is not there") },
  { "SELECT COUNT (*) FROM members m JOIN (SELECT member, COUNT (*) AS n FROM steps "
    "WHERE state = 0 AND member IS NOT NULL GROUP BY member) s ON s.member = m.id WHERE s.n > 1",
    N_ ("members with more than one step that is to be done") },
};

static gboolean
tell_counts (ReboundStore *self, const Telling *telling, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (counts); i++)
    {
      gint64 n = 0;

      if (!rebound_store_ask (self, counts[i].sql, NULL, 0, &n, error))
        return FALSE;
      if (n > 0)
        tell (telling, "%s: %u", _ (counts[i].problem), (guint) n);
    }
  return TRUE;
}

static gboolean
tell_future (ReboundStore *self, const Telling *telling, GError **error)
{
  gint64 n = 0;

  if (!rebound_store_ask (self, "SELECT COUNT (*) FROM events WHERE received > $1",
                          VALUES (rebound_int (telling->now + DAY)), &n, error))
    return FALSE;
  if (n > 0)
    tell (telling, _ ("events that arrived in the future: %u; the clock of a host is or was wrong"),
          (guint) n);
  return TRUE;
}

/* ---- What was decided --------------------------------------------------------------------- */

/* A member as he is kept. */
typedef struct
{
  ReboundStoreMember who;
  ReboundDecision decision;
  gint64 judged;
  char *step; /* %NULL where none is to be done */
} Kept;

static void
kept_clear (gpointer data)
{
  Kept *kept = data;

  rebound_store_member_clear (&kept->who);
  g_free (kept->step);
}

static gboolean
take_kept (const ReboundValue *row, gpointer data)
{
  const Kept kept = {
    .who = { row[0].integer, row[1].integer, g_strdup (row[2].text), g_strdup (row[3].text) },
    .decision = { .standing = row[4].integer,
                  .score = row[5].real,
                  .first = row[6].integer,
                  .last = row[7].integer,
                  .due = row[10].integer },
    .judged = row[8].integer,
    .step = row[9].type == REBOUND_VALUE_TEXT ? g_strdup (row[9].text) : NULL,
  };

  g_array_append_val ((GArray *) data, kept);
  return TRUE;
}

/* Who was judged by another policy has to be judged anew anyhow. */
static gboolean
load_kept (ReboundStore *self, gint64 after, GArray *members, GError **error)
{
  g_array_set_size (members, 0);
  return rebound_store_query (
      self,
      "SELECT m.id, m.list, l.address, m.address, m.standing, m.score, m.first, m.last, m.judged, "
      "s.id, s.due FROM members m JOIN lists l ON l.id = m.list "
      "LEFT JOIN steps s ON s.member = m.id AND s.state = 0 "
      "WHERE m.id > $1 AND m.policy = $2 ORDER BY m.id LIMIT " G_STRINGIFY (PAGE),
      VALUES (rebound_int (after), rebound_text (self->judge)), take_kept, members, error);
}

static gboolean
is_same (const Kept *kept, const ReboundDecision *decision)
{
  g_autofree char *id = NULL;

  if (decision->standing != kept->decision.standing || decision->first != kept->decision.first
      || decision->last != kept->decision.last
      || ABS (decision->score - kept->decision.score) > 1e-9
      || (decision->step != REBOUND_STEP_NONE) != (kept->step != NULL))
    return FALSE;
  if (kept->step == NULL)
    return TRUE;
  id = rebound_store_step_id (kept->who.list, kept->who.address, decision->step, decision->since,
                              decision->nth);
  return g_str_equal (id, kept->step) && decision->due == kept->decision.due;
}

static gboolean
check_kept (ReboundStore *self, const Kept *kept, const Telling *telling, GError **error)
{
  ReboundDecision decision;

  if (!rebound_store_decide (self, &kept->who, kept->judged, &decision, error))
    return FALSE;
  if (!is_same (kept, &decision))
    tell (telling,
          _ ("%s on “%s”: where he stands, or what is next, does not follow from his events"),
          kept->who.address, kept->who.list);
  return TRUE;
}

static gboolean
check_members (ReboundStore *self, const Telling *telling, GError **error)
{
  g_autoptr (GArray) members = g_array_new (FALSE, FALSE, sizeof (Kept));
  gint64 after = 0;

  g_array_set_clear_func (members, kept_clear);
  do
    {
      if (!load_kept (self, after, members, error))
        return FALSE;
      for (guint i = 0; i < members->len; i++)
        {
          const Kept *kept = &g_array_index (members, Kept, i);

          if (!check_kept (self, kept, telling, error))
            return FALSE;
          after = kept->who.id;
        }
    }
  while (members->len > 0);
  return TRUE;
}

/* While others write, a member and his events have to be those of one moment. */
static gboolean
check_all (ReboundStore *self, gpointer data, GError **error)
{
  return tell_counts (self, data, error) && tell_future (self, data, error)
         && check_members (self, data, error);
}

gboolean
rebound_store_check (ReboundStore *self, gint64 now,
                     void (*problem) (const char *what, gpointer data), gpointer data,
                     GError **error)
{
  Telling telling = { problem, data, now };

  g_return_val_if_fail (self != NULL && problem != NULL, FALSE);

  return rebound_store_takes_time (now, error)
         && self->database->klass->check (self->database, problem, data, error)
         && rebound_store_read (self, check_all, &telling, error);
}
