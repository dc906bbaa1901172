/* Rebound: the storm guard.
 *
 * Many members who fail for one cause are no dead members. So of each failure it is counted how
 * many members a message, a reason or a provider has hit within the window, each member once; from
 * so many on a storm is open, and what it covers is held, back to the beginning of the window.
 *
 * All that is done for one event is bounded by the hours of the window and of the week before, but
 * for the opening of a storm, which holds what the window has.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store-private.h"

#include <string.h>

#include "translate.h"

#define HOUR G_GINT64_CONSTANT (3600)
#define DAY (24 * HOUR)
#define WEEK (7 * DAY)
#define WEEK_HOURS 168

/* A storm that comes back so soon is the same one: lists sleep at night. */
#define LULL (2 * DAY)

/* Of a share: less says nothing. */
#define LEAST_MEMBERS 10

/* ---- The kinds ---------------------------------------------------------------------------- */

/* The broadest first: what one covers is not looked at by those below it. Anybody can write many
 * reports that no signature proves: they are counted apart, and keep none from its effect that may
 * unsubscribe. */
typedef enum
{
  KIND_REASON,
  KIND_PROVIDER,
  KIND_MESSAGE,
  KIND_SHARE,
  KIND_UNPROVEN_REASON,
  KIND_UNPROVEN_PROVIDER,
  KIND_UNPROVEN_MESSAGE,
  KIND_UNPROVEN_SHARE,
  KIND_DOUBT,
} Kind;

#define N_GUARDS KIND_UNPROVEN_REASON

typedef struct
{
  ReboundStore *store;
  const ReboundTerms *terms;
  ReboundStoreEvent *event;
  gint64 hour;
  gint64 window; /* in hours */
  gint64 sent;   /* to how many members the message was sent, 0 where it is not known */
  Kind first;    /* of the kinds that count the event */
  GArray *open;  /* of Storm */
} Guard;

/* What of an event counts for a kind; %NULL for nothing. */
typedef char *(*KeyFunc) (const Guard *guard);

/* So many members are a storm; 0 for never. */
typedef gint64 (*LimitFunc) (const Guard *guard);

typedef struct
{
  const char *name;
  KeyFunc key;   /* that is counted */
  KeyFunc cover; /* that an event has to have to be held */
  LimitFunc limit;
  gboolean jumps; /* whether it has to be more than usual, too */
  const char *hold;
} KindClass;

static ReboundFault
fault_of (const Guard *guard)
{
  return guard->terms->reasons[guard->event->what.reason].fault;
}

static char *
reason_key (const Guard *guard)
{
  ReboundFault fault = fault_of (guard);

  if (fault != REBOUND_FAULT_SENDER && fault != REBOUND_FAULT_MESSAGE)
    return NULL;
  return g_strdup (rebound_reason_to_string (guard->event->what.reason));
}

static char *
provider_key (const Guard *guard)
{
  const ReboundStoreEvent *event = guard->event;
  const char *at = strrchr (event->address, '@');

  return g_strdup (event->provider != NULL ? event->provider : at != NULL ? at + 1 : "");
}

static char *
share_key (const Guard *guard)
{
  return g_strdup (guard->event->message_id);
}

/* Dead addresses of a stale list are no storm. */
static char *
message_key (const Guard *guard)
{
  ReboundFault fault = fault_of (guard);

  if (fault == REBOUND_FAULT_RECIPIENT || fault == REBOUND_FAULT_DOMAIN)
    return NULL;
  return share_key (guard);
}

static gint64
ceil_of (double members)
{
  gint64 whole = (gint64) members;

  return whole + (members > (double) whole);
}

static gint64
reason_limit (const Guard *guard)
{
  return guard->terms->storm_reason;
}

static gint64
provider_limit (const Guard *guard)
{
  return guard->terms->storm_provider;
}

static gint64
message_limit (const Guard *guard)
{
  return guard->terms->storm_message;
}

static gint64
share_limit (const Guard *guard)
{
  gint64 share = ceil_of (guard->terms->storm_share * (double) guard->sent);

  return share > 0 ? MAX (share, LEAST_MEMBERS) : 0;
}

/* Who has failed lately is in the tallies; who was counted in the window before, and not again
 * since, too. */
#define HOLD                                                                                       \
  "UPDATE events SET held = $1 WHERE held IS NULL AND type = 0 AND received >= $2 "                \
  "AND received < $3 AND $7 LIKE '%' || CAST (grade AS TEXT) || '%' "                              \
  "AND member IN (SELECT member FROM tallied WHERE list = $4 AND hour >= $5 "                      \
  "AND kind IN ('provider', 'unproven-provider')"

#define KINDS(KIND, NAME, ...)                                                                     \
  [KIND] = { NAME, __VA_ARGS__ }, [N_GUARDS + (KIND)] = { "unproven-" NAME, __VA_ARGS__ }

static const KindClass kinds[] = {
  KINDS (KIND_REASON, "reason", reason_key, NULL, reason_limit, TRUE,
         HOLD " AND CAST ($6 AS TEXT) <> '')"),
  KINDS (KIND_PROVIDER, "provider", provider_key, provider_key, provider_limit, TRUE,
         HOLD " AND key = $6) AND (provider IS NULL OR provider = $6)"),
  KINDS (KIND_MESSAGE, "message", message_key, share_key, message_limit, FALSE,
         HOLD ") AND message_id = $6"),
  KINDS (KIND_SHARE, "share", share_key, share_key, share_limit, FALSE,
         HOLD ") AND message_id = $6"),
  [KIND_DOUBT] = { "doubt", NULL, NULL, NULL, FALSE, NULL },
};

static gboolean
is_either (Kind kind, Kind of)
{
  return kind == of || kind == N_GUARDS + of;
}

/* The grades of which a storm holds reports, as digits. */
static char *
grades_held (const Guard *guard, Kind kind)
{
  GString *grades = g_string_new (NULL);

  for (guint i = 0; i < REBOUND_N_GRADES; i++)
    if (kind < N_GUARDS || guard->terms->grades[i] < REBOUND_REACH_UNSUBSCRIBE)
      g_string_append_printf (grades, "%u", i);
  return g_string_free (grades, FALSE);
}

/* ---- Storms that are open ----------------------------------------------------------------- */

typedef struct
{
  char *id;
  Kind kind;
  char *key;
  gint64 opened;
  gint64 seen;
  ReboundHeld fate;
  gint64 enough; /* members by which it opened */
} Storm;

static void
storm_clear (gpointer data)
{
  Storm *self = data;

  g_clear_pointer (&self->id, g_free);
  g_clear_pointer (&self->key, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Storm, storm_clear)

#define STORM_COLUMNS "id, kind, key, opened, seen, fate, enough"

static gboolean
take_storm (const ReboundValue *row, gpointer data)
{
  Storm storm = {
    .kind = KIND_REASON,
    .opened = row[3].integer,
    .seen = row[4].integer,
    .fate = row[5].integer,
    .enough = row[6].integer,
  };

  while (storm.kind < KIND_DOUBT && g_strcmp0 (kinds[storm.kind].name, row[1].text) != 0)
    storm.kind++;
  storm.id = g_strdup (row[0].text);
  storm.key = g_strdup (row[2].text);
  g_array_append_val ((GArray *) data, storm);
  return TRUE;
}

static gboolean
end_storm (ReboundStore *self, const char *id, gint64 ended, GError **error)
{
  return rebound_store_run (self, "UPDATE storms SET ended = $2 WHERE id = $1 AND ended IS NULL",
                            VALUES (rebound_text (id), rebound_int (ended)), NULL, error);
}

/* Members within so many hours until that of the event. */
static gboolean
count_members (const Guard *guard, Kind kind, const char *key, gint64 hours, gint64 *members,
               GError **error)
{
  *members = 0;
  return rebound_store_ask (guard->store,
                            "SELECT CAST (COALESCE (SUM (members), 0) AS BIGINT) FROM tallies "
                            "WHERE list = $1 AND kind = $2 AND key = $3 AND hour > $4 "
                            "AND hour <= $5",
                            VALUES (rebound_int (guard->event->list_id),
                                    rebound_text (kinds[kind].name), rebound_text (key),
                                    rebound_int (guard->hour - hours), rebound_int (guard->hour)),
                            members, error);
}

/* It is over when nothing new has come for a window; where it was a jump, when not even half of it
 * is left, or when it has become what is usual. A member who fails on and on is counted again after
 * a window, hence the two. */
static gboolean
find_end (const Guard *guard, const Storm *storm, gint64 *ended, GError **error)
{
  gint64 now = guard->event->what.received;
  gint64 quiet = storm->seen + guard->window * HOUR;
  gint64 members = 0;

  *ended = 0;
  if (now > quiet)
    *ended = quiet;
  else if (now >= storm->seen && kinds[storm->kind].jumps)
    {
      if (!count_members (guard, storm->kind, storm->key, 2 * guard->window, &members, error))
        return FALSE;
      if (now >= storm->opened + WEEK || 2 * members < storm->enough)
        *ended = now;
    }
  return TRUE;
}

static gboolean
end_those_over (Guard *guard, GError **error)
{
  for (guint i = guard->open->len; i > 0; i--)
    {
      const Storm *storm = &g_array_index (guard->open, Storm, i - 1);
      gint64 ended;

      if (!find_end (guard, storm, &ended, error))
        return FALSE;
      if (ended == 0)
        continue;
      if (!end_storm (guard->store, storm->id, ended, error))
        return FALSE;
      g_array_remove_index (guard->open, i - 1);
    }
  return TRUE;
}

static gboolean
load_open (Guard *guard, GError **error)
{
  return rebound_store_query (guard->store,
                              "SELECT " STORM_COLUMNS " FROM storms "
                              "WHERE list = $1 AND ended IS NULL",
                              VALUES (rebound_int (guard->event->list_id)), take_storm, guard->open,
                              error)
         && end_those_over (guard, error);
}

static gboolean
is_covered (const Guard *guard, const Storm *storm)
{
  KeyFunc cover = kinds[storm->kind].cover;
  g_autofree char *key = cover != NULL ? cover (guard) : NULL;

  if (storm->kind == KIND_DOUBT || (storm->kind >= N_GUARDS && guard->first < N_GUARDS)
      || guard->event->what.received < storm->opened - guard->window * HOUR)
    return FALSE;
  return cover == NULL || g_strcmp0 (key, storm->key) == 0;
}

/* The broadest that covers the event. */
static Storm *
find_cover (const Guard *guard)
{
  Storm *found = NULL;

  for (guint i = 0; i < guard->open->len; i++)
    {
      Storm *storm = &g_array_index (guard->open, Storm, i);

      if ((found == NULL || storm->kind < found->kind) && is_covered (guard, storm))
        found = storm;
    }
  return found;
}

static Storm *
find_open (const Guard *guard, Kind kind, const char *key)
{
  for (guint i = 0; i < guard->open->len; i++)
    {
      Storm *storm = &g_array_index (guard->open, Storm, i);

      if (storm->kind == kind && g_str_equal (storm->key, key))
        return storm;
    }
  return NULL;
}

/* ---- Counting ----------------------------------------------------------------------------- */

/* A member counts once in a window. */
static gboolean
tally_member (const Guard *guard, Kind kind, const char *key, gboolean *counted, GError **error)
{
  guint n = 0;

  if (!rebound_store_run (
          guard->store,
          "INSERT INTO tallied (list, kind, key, member, hour) "
          "VALUES ($1, $2, $3, $4, $5) "
          "ON CONFLICT (list, kind, key, member) DO UPDATE SET hour = excluded.hour "
          "WHERE tallied.hour <= $6 OR tallied.hour >= $7",
          VALUES (rebound_int (guard->event->list_id), rebound_text (kinds[kind].name),
                  rebound_text (key), rebound_int (guard->event->member), rebound_int (guard->hour),
                  rebound_int (guard->hour - guard->window),
                  rebound_int (guard->hour + guard->window)),
          &n, error))
    return FALSE;
  *counted = n > 0;
  return TRUE;
}

/* What is older than it is ever looked at. */
static gboolean
clear_old (const Guard *guard, GError **error)
{
  static const char *const statements[] = {
    "DELETE FROM tallies WHERE list = $1 AND hour < $2",
    "DELETE FROM tallied WHERE list = $1 AND hour < $2",
  };
  gint64 hour = guard->hour - WEEK_HOURS - 2 * guard->window;

  for (guint i = 0; i < G_N_ELEMENTS (statements); i++)
    if (!rebound_store_run (guard->store, statements[i],
                            VALUES (rebound_int (guard->event->list_id), rebound_int (hour)), NULL,
                            error))
      return FALSE;
  return TRUE;
}

static gboolean
tally_hour (const Guard *guard, Kind kind, const char *key, GError **error)
{
  return rebound_store_run (guard->store,
                            "INSERT INTO tallies (list, kind, key, hour, members) "
                            "VALUES ($1, $2, $3, $4, 1) ON CONFLICT (list, kind, key, hour) "
                            "DO UPDATE SET members = tallies.members + 1",
                            VALUES (rebound_int (guard->event->list_id),
                                    rebound_text (kinds[kind].name), rebound_text (key),
                                    rebound_int (guard->hour)),
                            NULL, error);
}

static gboolean
tally (const Guard *guard, Kind kind, const char *key, gboolean *counted, GError **error)
{
  return tally_member (guard, kind, key, counted, error)
         && (!*counted || tally_hour (guard, kind, key, error));
}

/* ---- What is usual ------------------------------------------------------------------------ */

typedef struct
{
  gint64 members;
  gint64 days;
} Usual;

static gboolean
take_usual (const ReboundValue *row, gpointer data)
{
  *(Usual *) data = (Usual){ row[0].integer, row[1].integer };
  return FALSE;
}

/* The mean of the days of the week before on which there was something: a list that is sent once a
 * week, at ten, bounces at ten. */
static gboolean
find_usual (const Guard *guard, Kind kind, const char *key, double *usual, GError **error)
{
  gint64 until = guard->hour - guard->window;
  Usual found = { 0, 0 };

  if (!rebound_store_query (
          guard->store,
          "SELECT CAST (COALESCE (SUM (members), 0) AS BIGINT), COUNT (DISTINCT hour / 24) "
          "FROM tallies WHERE list = $1 AND kind = $2 AND key = $3 AND hour > $4 AND hour <= $5",
          VALUES (rebound_int (guard->event->list_id), rebound_text (kinds[kind].name),
                  rebound_text (key), rebound_int (until - WEEK_HOURS), rebound_int (until)),
          take_usual, &found, error))
    return FALSE;
  *usual = found.days > 0 ? (double) found.members / (double) found.days : 0;
  *usual *= MAX (1, (double) guard->window / 24);
  return TRUE;
}

/* The same storm, which has slept. */
static gboolean
find_sleeping (const Guard *guard, Kind kind, const char *key, GArray *found, GError **error)
{
  gint64 now = guard->event->what.received;

  return rebound_store_query (guard->store,
                              "SELECT " STORM_COLUMNS " FROM storms "
                              "WHERE list = $1 AND ended >= $2 AND kind = $3 AND key = $4 "
                              "AND opened > $5 AND fate <> $6 ORDER BY ended DESC LIMIT 1",
                              VALUES (rebound_int (guard->event->list_id), rebound_int (now - LULL),
                                      rebound_text (kinds[kind].name), rebound_text (key),
                                      rebound_int (now - WEEK), rebound_int (REBOUND_HELD_DISCARD)),
                              take_storm, found, error);
}

static gboolean
find_enough (const Guard *guard, Kind kind, const char *key, const GArray *sleeping, gint64 *enough,
             GError **error)
{
  double usual = 0;

  *enough = kinds[kind].limit (guard);
  if (sleeping->len > 0)
    *enough = (g_array_index (sleeping, Storm, 0).enough + 1) / 2;
  else if (kinds[kind].jumps)
    {
      if (!find_usual (guard, kind, key, &usual, error))
        return FALSE;
      *enough = MAX (*enough, ceil_of (guard->terms->storm_jump * usual));
    }
  return TRUE;
}

/* ---- A storm opens ------------------------------------------------------------------------ */

static gboolean
take_member (const ReboundValue *row, gpointer data)
{
  g_array_append_val ((GArray *) data, row[0].integer);
  return TRUE;
}

/* But for the member of the event that is recorded, who is judged afterwards. */
static gboolean
judge_held (ReboundStore *self, const char *id, gint64 but, gint64 now, GArray *members,
            GError **error)
{
  if (members->len == 0
      && !rebound_store_query (self, "SELECT DISTINCT member FROM events WHERE held = $1",
                               VALUES (rebound_text (id)), take_member, members, error))
    return FALSE;
  for (guint i = 0; i < members->len; i++)
    {
      g_auto (ReboundStoreMember) member = { .id = 0 };
      gint64 number = g_array_index (members, gint64, i);

      if (number != but
          && (!rebound_store_member_load (self, number, &member, error)
              || !rebound_store_judge (self, &member, now, NULL, error)))
        return FALSE;
    }
  return TRUE;
}

static gboolean
hold_before (const Guard *guard, const Storm *storm, GError **error)
{
  gint64 from = guard->hour - guard->window + 1;
  const ReboundStoreEvent *event = guard->event;
  g_autofree char *grades = grades_held (guard, storm->kind);
  g_autoptr (GArray) members = g_array_new (FALSE, FALSE, sizeof (gint64));
  guint n = 0;

  return rebound_store_run (guard->store, kinds[storm->kind].hold,
                            VALUES (rebound_text (storm->id), rebound_int (from * HOUR),
                                    rebound_int ((guard->hour + 1) * HOUR),
                                    rebound_int (event->list_id),
                                    rebound_int (from - guard->window), rebound_text (storm->key),
                                    rebound_text (grades)),
                            &n, error)
         && rebound_store_run (guard->store, "UPDATE storms SET held = held + $2 WHERE id = $1",
                               VALUES (rebound_text (storm->id), rebound_int (n)), NULL, error)
         && judge_held (guard->store, storm->id, event->member, event->what.received, members,
                        error);
}

static gboolean
insert_storm (const Guard *guard, const Storm *storm, gint64 members, GError **error)
{
  const ReboundStoreEvent *event = guard->event;

  return rebound_store_run (
      guard->store,
      "INSERT INTO storms (id, list, kind, key, provider, opened, seen, fate, "
      "members, held, enough) VALUES ($1, $2, $3, $4, $8, $5, $5, 0, $6, 0, $7) "
      "ON CONFLICT (id) DO UPDATE SET ended = NULL, seen = excluded.seen",
      VALUES (rebound_text (storm->id), rebound_int (event->list_id),
              rebound_text (kinds[storm->kind].name), rebound_text (storm->key),
              rebound_int (storm->opened), rebound_int (members), rebound_int (storm->enough),
              rebound_text (event->provider)),
      NULL, error);
}

/* The owner is told at once. */
static gboolean
tell_owner (const Guard *guard, const Storm *storm, GError **error)
{
  const ReboundStoreEvent *event = guard->event;

  return rebound_store_run (
      guard->store,
      "INSERT INTO steps (id, list, member, due, since, claimed, step, reason, "
      "nth, total, state) VALUES ($1, $2, NULL, $3, $3, 0, $4, $5, 0, 0, 0) "
      "ON CONFLICT (id) DO NOTHING",
      VALUES (rebound_text (storm->id), rebound_int (event->list_id), rebound_int (storm->opened),
              rebound_int (REBOUND_STEP_OWNER), rebound_int (event->what.reason)),
      NULL, error);
}

/* Of what it holds, what there is most of. */
static gboolean
describe (const Guard *guard, const Storm *storm, GError **error)
{
  static const char *const statements[] = {
    "UPDATE storms SET provider = COALESCE ((SELECT e.provider FROM events e WHERE e.held = $1 "
    "AND e.provider IS NOT NULL GROUP BY e.provider ORDER BY COUNT (*) DESC, e.provider LIMIT 1), "
    "provider) WHERE id = $1",
    "UPDATE steps SET reason = COALESCE ((SELECT e.reason FROM events e WHERE e.held = $1 "
    "GROUP BY e.reason ORDER BY COUNT (*) DESC, e.reason LIMIT 1), reason) WHERE id = $1",
  };

  for (guint i = 0; i < G_N_ELEMENTS (statements); i++)
    if (!rebound_store_run (guard->store, statements[i], VALUES (rebound_text (storm->id)), NULL,
                            error))
      return FALSE;
  return TRUE;
}

static Storm
new_storm (const Guard *guard, Kind kind, const char *key, gint64 enough)
{
  const ReboundStoreEvent *event = guard->event;
  /* what is no address, so that it is no member's step */
  g_autofree char *whose = g_strdup_printf (" %s %s", kinds[kind].name, key);

  return (Storm){
    .id = rebound_store_step_id (event->list, whose, REBOUND_STEP_OWNER, event->what.received, 0),
    .kind = kind,
    .key = g_strdup (key),
    .opened = event->what.received,
    .seen = event->what.received,
    .fate = REBOUND_HELD_KEEP,
    .enough = enough,
  };
}

/* What another one has becomes this one's, unless the owner was told of it already. */
static gboolean
take_over (const Guard *guard, const Storm *storm, const Storm *other, GError **error)
{
  static const char *const statements[] = {
    "UPDATE events SET held = $1 WHERE held = $2",
    "UPDATE storms SET held = held + (SELECT o.held FROM storms o WHERE o.id = $2) WHERE id = $1",
  };
  guint n = 0;

  if (!rebound_store_run (guard->store, "UPDATE steps SET state = 2 WHERE id = $1 AND state = 0",
                          VALUES (rebound_text (other->id)), &n, error))
    return FALSE;
  if (n == 0)
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (statements); i++)
    if (!rebound_store_run (guard->store, statements[i],
                            VALUES (rebound_text (storm->id), rebound_text (other->id)), NULL,
                            error))
      return FALSE;
  return rebound_store_run (
      guard->store, "UPDATE storms SET ended = $2, fate = $3, held = 0 WHERE id = $1",
      VALUES (rebound_text (other->id), rebound_int (guard->event->what.received),
              rebound_int (REBOUND_HELD_DISCARD)),
      NULL, error);
}

/* A reason covers the whole list, so that the owner is told of one storm, not of each message. */
static gboolean
take_over_all (const Guard *guard, const Storm *storm, GError **error)
{
  for (guint i = 0; is_either (storm->kind, KIND_REASON) && i < guard->open->len; i++)
    {
      const Storm *other = &g_array_index (guard->open, Storm, i);

      if (other->kind > storm->kind && other->kind < KIND_DOUBT && other->fate == REBOUND_HELD_KEEP
          && !take_over (guard, storm, other, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
open_new (Guard *guard, Kind kind, const char *key, gint64 members, gint64 enough, GError **error)
{
  Storm storm = new_storm (guard, kind, key, enough);

  g_array_append_val (guard->open, storm);
  return insert_storm (guard, &storm, members, error) && tell_owner (guard, &storm, error)
         && (kinds[kind].hold == NULL
             || (hold_before (guard, &storm, error) && take_over_all (guard, &storm, error)
                 && describe (guard, &storm, error)));
}

static gboolean
wake (Guard *guard, GArray *sleeping, GError **error)
{
  Storm storm = g_array_index (sleeping, Storm, 0);

  memset (sleeping->data, 0, sizeof storm);
  g_array_append_val (guard->open, storm);
  return rebound_store_run (
             guard->store, "UPDATE storms SET ended = NULL, seen = $2 WHERE id = $1",
             VALUES (rebound_text (storm.id), rebound_int (guard->event->what.received)), NULL,
             error)
         && (storm.fate == REBOUND_HELD_RELEASE
             || (hold_before (guard, &storm, error) && take_over_all (guard, &storm, error)));
}

static gboolean
open_where_many (Guard *guard, Kind kind, const char *key, GError **error)
{
  g_autoptr (GArray) sleeping = g_array_new (FALSE, FALSE, sizeof (Storm));
  gint64 limit = kinds[kind].limit (guard);
  gint64 members = 0;
  gint64 enough;

  g_array_set_clear_func (sleeping, storm_clear);
  if (limit == 0)
    return TRUE;
  if (!count_members (guard, kind, key, guard->window, &members, error))
    return FALSE;
  if (2 * members < limit)
    return TRUE;
  if (!find_sleeping (guard, kind, key, sleeping, error)
      || !find_enough (guard, kind, key, sleeping, &enough, error))
    return FALSE;
  if (members < enough)
    return TRUE;
  return sleeping->len > 0 ? wake (guard, sleeping, error)
                           : open_new (guard, kind, key, members, enough, error);
}

/* ---- One event ---------------------------------------------------------------------------- */

/* Another member, or another event, of a storm that goes on. */
static gboolean
touch (const Guard *guard, const Storm *storm, gboolean counted, GError **error)
{
  return rebound_store_run (guard->store,
                            "UPDATE storms SET members = members + $2, "
                            "seen = CASE WHEN seen < $3 THEN $3 ELSE seen END WHERE id = $1",
                            VALUES (rebound_text (storm->id), rebound_int (counted),
                                    rebound_int (guard->event->what.received)),
                            NULL, error);
}

static gboolean
look_at (Guard *guard, Kind kind, GError **error)
{
  g_autofree char *key = kinds[kind].key (guard);
  const Storm *open = key != NULL ? find_open (guard, kind, key) : NULL;
  gboolean counted = FALSE;

  if (key == NULL || (is_either (kind, KIND_SHARE) && guard->sent == 0))
    return TRUE;
  if (!tally (guard, kind, key, &counted, error))
    return FALSE;
  if (is_either (kind, KIND_PROVIDER) && counted && !clear_old (guard, error))
    return FALSE;
  if (open != NULL)
    return touch (guard, open, counted, error);
  return !counted || open_where_many (guard, kind, key, error);
}

/* What is covered by a kind is looked at by that and by broader ones only. */
static gboolean
look_at_all (Guard *guard, GError **error)
{
  for (Kind kind = guard->first; kind < guard->first + N_GUARDS; kind++)
    {
      const Storm *cover = find_cover (guard);

      if (cover != NULL && cover->kind < kind)
        return TRUE;
      if (!look_at (guard, kind, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
hold_event (const Guard *guard, const char *id, GError **error)
{
  ReboundStoreEvent *event = guard->event;
  guint n = 0;

  if (!rebound_store_run (guard->store,
                          "UPDATE events SET held = $2 WHERE id = $1 AND held IS NULL",
                          VALUES (rebound_int (event->id), rebound_text (id)), &n, error)
      || !rebound_store_run (guard->store, "UPDATE storms SET held = held + $2 WHERE id = $1",
                             VALUES (rebound_text (id), rebound_int (n)), NULL, error))
    return FALSE;
  event->what.held = TRUE;
  return TRUE;
}

static gboolean
find_sent (Guard *guard, GError **error)
{
  return guard->event->message_id == NULL
         || rebound_store_ask (
             guard->store, "SELECT members FROM sent WHERE list = $1 AND message_id = $2",
             VALUES (rebound_int (guard->event->list_id), rebound_text (guard->event->message_id)),
             &guard->sent, error);
}

static gboolean
guard_failure (Guard *guard, GError **error)
{
  const Storm *cover;

  if (!find_sent (guard, error) || !look_at_all (guard, error))
    return FALSE;
  cover = find_cover (guard);
  return cover == NULL || cover->fate == REBOUND_HELD_RELEASE
         || hold_event (guard, cover->id, error);
}

/* What looks forged counts nothing anyhow; that somebody tries is worth knowing. */
static gboolean
guard_doubt (Guard *guard, GError **error)
{
  const Storm *open = find_open (guard, KIND_DOUBT, "");

  return open != NULL ? touch (guard, open, TRUE, error)
                      : open_new (guard, KIND_DOUBT, "", 1, 1, error);
}

gboolean
rebound_storm_guard (ReboundStore *self, ReboundStoreEvent *event, GError **error)
{
  const ReboundTerms *terms = rebound_policy_terms (self->policy, event->list);
  gboolean doubt = event->what.grade == REBOUND_GRADE_D;
  g_autoptr (GArray) open = g_array_new (FALSE, FALSE, sizeof (Storm));
  Guard guard = {
    .store = self,
    .terms = terms,
    .event = event,
    .hour = event->what.received / HOUR,
    .window = (terms->storm_window + HOUR - 1) / HOUR,
    .open = open,
    .first = terms->grades[event->what.grade] < REBOUND_REACH_UNSUBSCRIBE ? KIND_UNPROVEN_REASON
                                                                          : KIND_REASON,
  };

  g_array_set_clear_func (open, storm_clear);
  if (guard.window == 0
      || (!doubt && (event->what.type != REBOUND_EVENT_FAILURE || event->what.held)))
    return TRUE;
  return load_open (&guard, error)
         && (doubt ? guard_doubt (&guard, error) : guard_failure (&guard, error));
}

/* ---- What becomes of it ------------------------------------------------------------------- */

typedef struct
{
  gint64 list_id;
  char *list;
  char *kind;
  char *key;
  gint64 opened;
} Found;

static void
found_clear (Found *self)
{
  g_free (self->list);
  g_free (self->kind);
  g_free (self->key);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Found, found_clear)

static gboolean
take_found (const ReboundValue *row, gpointer data)
{
  *(Found *) data = (Found){ row[0].integer, g_strdup (row[1].text), g_strdup (row[2].text),
                             g_strdup (row[3].text), row[4].integer };
  return FALSE;
}

static gboolean
set_fate (ReboundStore *self, const char *id, ReboundHeld fate, GError **error)
{
  return rebound_store_run (self, "UPDATE storms SET fate = $2 WHERE id = $1",
                            VALUES (rebound_text (id), rebound_int (fate)), NULL, error);
}

/* What was held counts, and so does what still comes. */
static gboolean
release (ReboundStore *self, const char *id, G_GNUC_UNUSED const Found *found, gint64 now,
         GError **error)
{
  g_autoptr (GArray) members = g_array_new (FALSE, FALSE, sizeof (gint64));

  return set_fate (self, id, REBOUND_HELD_RELEASE, error)
         && rebound_store_query (self, "SELECT DISTINCT member FROM events WHERE held = $1",
                                 VALUES (rebound_text (id)), take_member, members, error)
         && rebound_store_run (self, "UPDATE events SET held = NULL WHERE held = $1",
                               VALUES (rebound_text (id)), NULL, error)
         && rebound_store_run (self, "UPDATE storms SET held = 0 WHERE id = $1",
                               VALUES (rebound_text (id)), NULL, error)
         && (members->len == 0 || judge_held (self, id, 0, now, members, error));
}

/* It is over at once, and what it was made of does not make another one. */
static gboolean
discard (ReboundStore *self, const char *id, const Found *found, gint64 now, GError **error)
{
  static const char *const statements[] = {
    "DELETE FROM tallies WHERE list = $1 AND kind = $2 AND key = $3 AND hour > $4",
    "DELETE FROM tallied WHERE list = $1 AND kind = $2 AND key = $3 AND hour > $4",
  };
  const ReboundTerms *terms = rebound_policy_terms (self->policy, found->list);
  gint64 before = (found->opened - terms->storm_window) / HOUR;

  for (guint i = 0; i < G_N_ELEMENTS (statements); i++)
    if (!rebound_store_run (self, statements[i],
                            VALUES (rebound_int (found->list_id), rebound_text (found->kind),
                                    rebound_text (found->key), rebound_int (before)),
                            NULL, error))
      return FALSE;
  return set_fate (self, id, REBOUND_HELD_DISCARD, error) && end_storm (self, id, now, error);
}

gboolean
rebound_storm_acknowledge (ReboundStore *self, const char *id, ReboundHeld held, gint64 now,
                           GError **error)
{
  g_auto (Found) found = { 0 };
  gint64 list;

  if (held == REBOUND_HELD_KEEP)
    return TRUE;
  if (!rebound_store_query (self,
                            "SELECT l.id, l.address, s.kind, s.key, s.opened FROM storms s "
                            "JOIN lists l ON l.id = s.list WHERE s.id = $1",
                            VALUES (rebound_text (id)), take_found, &found, error))
    return FALSE;
  if (found.list == NULL)
    return rebound_store_fail (error, REBOUND_STORE_ERROR_NOT_FOUND,
                               _ ("nothing is known of the storm “%s”"), id);
  if (!rebound_store_lock_list (self, found.list, &list, error))
    return FALSE;
  return held == REBOUND_HELD_RELEASE ? release (self, id, &found, now, error)
                                      : discard (self, id, &found, now, error);
}

/* ---- Erasing ------------------------------------------------------------------------------ */

gboolean
rebound_storm_forget (ReboundStore *self, gint64 member, GError **error)
{
  return rebound_store_run (self, "DELETE FROM tallied WHERE member = $1",
                            VALUES (rebound_int (member)), NULL, error);
}

gboolean
rebound_storm_expire (ReboundStore *self, gint64 before, GError **error)
{
  static const char *const statements[] = {
    "DELETE FROM tallies WHERE hour < $1",
    "DELETE FROM tallied WHERE hour < $1",
  };

  for (guint i = 0; i < G_N_ELEMENTS (statements); i++)
    if (!rebound_store_run (self, statements[i], VALUES (rebound_int (before / HOUR)), NULL, error))
      return FALSE;
  return rebound_store_run (self,
                            "DELETE FROM storms WHERE ended < $1 "
                            "AND NOT EXISTS (SELECT 1 FROM events e WHERE e.held = storms.id)",
                            VALUES (rebound_int (before)), NULL, error);
}
