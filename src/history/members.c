/* Rebound: the store: what is known of members, and what they or the owner say themselves.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store-private.h"

#include "translate.h"

/* Rows that are read at once. What is called for each of them may use the store, so no statement
 * runs meanwhile. */
#define PAGE 200

static gboolean
name_or_null (const char *name, char **out, GError **error)
{
  *out = name != NULL ? rebound_store_name (name, error) : NULL;
  return name == NULL || *out != NULL;
}

/* ---- Lists, one page after the other ------------------------------------------------------ */

typedef struct
{
  gint64 id;
  char *address;
} List;

static void
list_clear (gpointer data)
{
  g_free (((List *) data)->address);
}

static gboolean
take_list (const ReboundValue *row, gpointer data)
{
  const List list = { row[0].integer, g_strdup (row[1].text) };

  g_array_append_val ((GArray *) data, list);
  return TRUE;
}

/* @after: (nullable): the last one of the page before */
static gboolean
load_lists (ReboundStore *self, const char *only, const char *after, GArray *lists, GError **error)
{
  g_array_set_size (lists, 0);
  if (only != NULL)
    return after != NULL
           || rebound_store_query (self, "SELECT id, address FROM lists WHERE address = $1",
                                   VALUES (rebound_text (only)), take_list, lists, error);
  if (after != NULL)
    return rebound_store_query (self,
                                "SELECT id, address FROM lists WHERE address > $1 "
                                "ORDER BY address LIMIT " G_STRINGIFY (PAGE),
                                VALUES (rebound_text (after)), take_list, lists, error);
  return rebound_store_query (self,
                              "SELECT id, address FROM lists "
                              "ORDER BY address LIMIT " G_STRINGIFY (PAGE),
                              NULL, 0, take_list, lists, error);
}

typedef struct
{
  const char *address; /* (nullable): of one member */
  gint64 now;
  ReboundMemberFunc each;
  gpointer data;
  gboolean ended;
} Listing;

/* ---- Members ------------------------------------------------------------------------------ */

/* A member as he was when he was judged last. */
typedef struct
{
  ReboundStoreMember who;
  ReboundDecision decision;
  gboolean by_us; /* judged by our policy */
} Kept;

static void
kept_clear (gpointer data)
{
  rebound_store_member_clear (&((Kept *) data)->who);
}

typedef struct
{
  const ReboundStore *store;
  const List *list;
  GArray *members; /* of Kept */
} Page;

static gboolean
take_member (const ReboundValue *row, gpointer data)
{
  const Page *page = data;
  const Kept kept = {
    .who = { row[0].integer, page->list->id, g_strdup (page->list->address),
             g_strdup (row[1].text) },
    .decision = { .standing = row[2].integer,
                  .score = row[3].real,
                  .first = row[4].integer,
                  .last = row[5].integer,
                  .step = row[7].integer },
    .by_us = g_strcmp0 (row[6].text, page->store->judge) == 0,
  };

  g_array_append_val (page->members, kept);
  return TRUE;
}

#define MEMBER_COLUMNS                                                                             \
  "m.id, m.address, m.standing, m.score, m.first, m.last, m.policy, "                              \
  "COALESCE ((SELECT MAX (s.step) FROM steps s WHERE s.member = m.id AND s.state = 0), 0)"

static gboolean
load_members (ReboundStore *self, const List *list, const Listing *listing, const char *after,
              GArray *members, GError **error)
{
  Page page = { self, list, members };

  g_array_set_size (members, 0);
  if (listing->address != NULL)
    return after != NULL
           || rebound_store_query (self,
                                   "SELECT " MEMBER_COLUMNS " FROM members m "
                                   "WHERE m.list = $1 AND m.address = $2",
                                   VALUES (rebound_int (list->id), rebound_text (listing->address)),
                                   take_member, &page, error);
  return rebound_store_query (
      self,
      "SELECT " MEMBER_COLUMNS " FROM members m "
      "WHERE m.list = $1 AND m.address > $2 "
      "ORDER BY m.address LIMIT " G_STRINGIFY (PAGE),
      VALUES (rebound_int (list->id), rebound_text (after != NULL ? after : "")), take_member,
      &page, error);
}

/* Nothing that time alone would change. */
static gboolean
is_settled (const Kept *kept)
{
  return kept->by_us && kept->decision.step == REBOUND_STEP_NONE && kept->decision.score <= 0
         && (kept->decision.standing == REBOUND_STANDING_ACTIVE
             || kept->decision.standing == REBOUND_STANDING_UNSUBSCRIBED);
}

static gboolean
tell_member (ReboundStore *self, Kept *kept, Listing *listing, GError **error)
{
  ReboundDecision *decision = &kept->decision;
  ReboundMember member;

  if (!is_settled (kept) && !rebound_store_decide (self, &kept->who, listing->now, decision, error))
    return FALSE;
  member = (ReboundMember){ kept->who.list,  kept->who.address, decision->standing, decision->score,
                            decision->first, decision->last,    decision->step,     decision->due };
  listing->ended = !listing->each (&member, listing->data);
  return TRUE;
}

static gboolean
tell_page (ReboundStore *self, GArray *members, Listing *listing, GError **error)
{
  for (guint i = 0; i < members->len && !listing->ended; i++)
    if (!tell_member (self, &g_array_index (members, Kept, i), listing, error))
      return FALSE;
  return TRUE;
}

static gboolean
tell_list (ReboundStore *self, const List *list, Listing *listing, GError **error)
{
  g_autoptr (GArray) members = g_array_new (FALSE, FALSE, sizeof (Kept));
  g_autofree char *after = NULL;

  g_array_set_clear_func (members, kept_clear);
  while (!listing->ended)
    {
      if (!load_members (self, list, listing, after, members, error))
        return FALSE;
      if (members->len == 0)
        return TRUE;
      g_free (after);
      after = g_strdup (g_array_index (members, Kept, members->len - 1).who.address);
      if (!tell_page (self, members, listing, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
tell_lists (ReboundStore *self, const char *only, Listing *listing, GError **error)
{
  g_autoptr (GArray) lists = g_array_new (FALSE, FALSE, sizeof (List));
  g_autofree char *after = NULL;

  g_array_set_clear_func (lists, list_clear);
  while (!listing->ended)
    {
      if (!load_lists (self, only, after, lists, error))
        return FALSE;
      if (lists->len == 0)
        return TRUE;
      g_free (after);
      after = g_strdup (g_array_index (lists, List, lists->len - 1).address);
      for (guint i = 0; i < lists->len && !listing->ended; i++)
        if (!tell_list (self, &g_array_index (lists, List, i), listing, error))
          return FALSE;
    }
  return TRUE;
}

gboolean
rebound_store_members (ReboundStore *self, const char *list, const char *address, gint64 now,
                       ReboundMemberFunc each, gpointer data, GError **error)
{
  g_autofree char *list_name = NULL, *name = NULL;
  Listing listing = { .now = now, .each = each, .data = data };

  g_return_val_if_fail (self != NULL && each != NULL, FALSE);

  if (!name_or_null (list, &list_name, error) || !name_or_null (address, &name, error)
      || !rebound_store_takes_time (now, error))
    return FALSE;
  listing.address = name;
  return tell_lists (self, list_name, &listing, error);
}

/* ---- History ------------------------------------------------------------------------------ */

typedef struct
{
  GStringChunk *strings;
  GArray *events; /* of ReboundStoreEvent */
} EventPage;

static gboolean
take_event (const ReboundValue *row, gpointer data)
{
  const EventPage *page = data;
  ReboundStoreEvent event;

  rebound_store_read_event (row, page->strings, &event);
  g_array_append_val (page->events, event);
  return TRUE;
}

static gboolean
tell_event (const ReboundStoreEvent *event, ReboundRecordFunc each, gpointer data)
{
  g_autofree char *digest = rebound_store_unpack_digest (event->digest);
  ReboundRecord record;

  rebound_store_show_event (event, digest, &record);
  return each (&record, data);
}

static gboolean
load_history (ReboundStore *self, const char *list, const char *address,
              const ReboundStoreEvent *after, EventPage *page, GError **error)
{
  gint64 received = after->what.received, id = after->id;

  g_array_set_size (page->events, 0);
  g_string_chunk_clear (page->strings);
  return rebound_store_query (
      self,
      "SELECT " REBOUND_STORE_EVENT_COLUMNS " FROM members m JOIN lists l ON l.id = m.list "
      "JOIN events e ON e.member = m.id "
      "WHERE m.address = $1 AND (CAST ($2 AS TEXT) IS NULL OR l.address = $2) "
      "AND (e.received > $3 OR (e.received = $3 AND e.id > $4)) "
      "ORDER BY e.received, e.id LIMIT " G_STRINGIFY (PAGE),
      VALUES (rebound_text (address), rebound_text (list), rebound_int (received),
              rebound_int (id)),
      take_event, page, error);
}

static gboolean
tell_history (ReboundStore *self, const char *list, const char *address, EventPage *page,
              ReboundRecordFunc each, gpointer data, GError **error)
{
  ReboundStoreEvent last = { .what.received = -1 };

  for (;;)
    {
      if (!load_history (self, list, address, &last, page, error))
        return FALSE;
      if (page->events->len == 0)
        return TRUE;
      for (guint i = 0; i < page->events->len; i++)
        if (!tell_event (&g_array_index (page->events, ReboundStoreEvent, i), each, data))
          return TRUE;
      last = g_array_index (page->events, ReboundStoreEvent, page->events->len - 1);
    }
}

gboolean
rebound_store_history (ReboundStore *self, const char *list, const char *address,
                       ReboundRecordFunc each, gpointer data, GError **error)
{
  g_autofree char *list_name = NULL, *name = NULL;
  EventPage page;
  gboolean good;

  g_return_val_if_fail (self != NULL && address != NULL && each != NULL, FALSE);

  if (!name_or_null (list, &list_name, error) || !name_or_null (address, &name, error))
    return FALSE;
  page.strings = g_string_chunk_new (4096);
  page.events = g_array_new (FALSE, FALSE, sizeof (ReboundStoreEvent));
  good = tell_history (self, list_name, name, &page, each, data, error);
  g_array_unref (page.events);
  g_string_chunk_free (page.strings);
  return good;
}

/* ---- Of one address, on one list or on all ------------------------------------------------ */

typedef struct
{
  const char *list; /* (nullable) */
  const char *address;
  gint64 now;
} Request;

static gboolean
take_id (const ReboundValue *row, gpointer data)
{
  g_array_append_val ((GArray *) data, row[0].integer);
  return TRUE;
}

/* Always in the same order, so that two do not wait for each other. */
static GArray *
find_members (ReboundStore *self, const Request *request, GError **error)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));

  if (!rebound_store_query (
          self,
          "SELECT m.id FROM members m JOIN lists l ON l.id = m.list "
          "WHERE m.address = $1 AND (CAST ($2 AS TEXT) IS NULL OR l.address = $2) "
          "ORDER BY l.address",
          VALUES (rebound_text (request->address), rebound_text (request->list)), take_id, ids,
          error))
    return NULL;
  return g_steal_pointer (&ids);
}

static gboolean
is_unknown (const Request *request, GError **error)
{
  if (request->list != NULL)
    return rebound_store_fail (error, REBOUND_STORE_ERROR_NOT_FOUND,
                               _ ("nothing is known of “%s” on the list “%s”"), request->address,
                               request->list);
  return rebound_store_fail (error, REBOUND_STORE_ERROR_NOT_FOUND, _ ("nothing is known of “%s”"),
                             request->address);
}

typedef gboolean (*MemberWork) (ReboundStore *self, const ReboundStoreMember *member, gint64 now,
                                GError **error);

/* The lists are locked one by one, and who has gone meanwhile is left out. */
static gboolean
do_for_each (ReboundStore *self, const GArray *ids, MemberWork work, gint64 now, GError **error)
{
  for (guint i = 0; i < ids->len; i++)
    {
      g_auto (ReboundStoreMember) member = { .id = 0 };
      gint64 list;

      if (!rebound_store_member_load (self, g_array_index (ids, gint64, i), &member, error))
        return FALSE;
      if (member.id != 0
          && (!rebound_store_lock_list (self, member.list, &list, error)
              || !work (self, &member, now, error)))
        return FALSE;
    }
  return TRUE;
}

static gboolean
request_of (Request *request, const char *list, const char *address, char **list_name, char **name,
            GError **error)
{
  if (!name_or_null (list, list_name, error) || !name_or_null (address, name, error))
    return FALSE;
  request->list = *list_name;
  request->address = *name;
  return TRUE;
}

/* ---- Reset -------------------------------------------------------------------------------- */

static gboolean
confirm (ReboundStore *self, const ReboundStoreMember *member, gint64 now, GError **error)
{
  g_autofree char *digest = g_strdup_printf ("confirmation:%" G_GINT64_FORMAT, now);
  ReboundStoreEvent event = {
    .list_id = member->list_id,
    .list = member->list,
    .address = member->address,
    .digest = digest,
    .what = { .received = now, .type = REBOUND_EVENT_CONFIRMATION },
  };
  gboolean added;

  return rebound_store_add_event (self, &event, &added, error)
         && rebound_store_judge (self, member, now, NULL, error);
}

static gboolean
reset (ReboundStore *self, gpointer data, GError **error)
{
  const Request *request = data;
  g_autoptr (GArray) ids = find_members (self, request, error);

  if (ids == NULL)
    return FALSE;
  if (ids->len == 0)
    return is_unknown (request, error);
  return do_for_each (self, ids, confirm, request->now, error);
}

gboolean
rebound_store_reset (ReboundStore *self, const char *list, const char *address, gint64 now,
                     GError **error)
{
  g_autofree char *list_name = NULL, *name = NULL;
  Request request = { .now = now };

  g_return_val_if_fail (self != NULL && address != NULL, FALSE);

  return request_of (&request, list, address, &list_name, &name, error)
         && rebound_store_takes_time (now, error)
         && rebound_store_transact (self, list_name != NULL ? list_name : "", reset, &request,
                                    error);
}

/* ---- Forget ------------------------------------------------------------------------------- */

gboolean
rebound_store_erase (ReboundStore *self, const ReboundStoreMember *member, G_GNUC_UNUSED gint64 now,
                     GError **error)
{
  static const char *const statements[] = {
    "DELETE FROM events WHERE member = $1",
    "DELETE FROM steps WHERE member = $1",
    "DELETE FROM members WHERE id = $1",
  };

  if (!rebound_storm_forget (self, member->id, error))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (statements); i++)
    if (!rebound_store_run (self, statements[i], VALUES (rebound_int (member->id)), NULL, error))
      return FALSE;
  return TRUE;
}

/* Return paths are of no list: they stay while he is a member of another one. */
static gboolean
erase_paths (ReboundStore *self, const char *address, guint *n_paths, GError **error)
{
  return rebound_store_run (self,
                            "DELETE FROM paths WHERE address = $1 AND NOT EXISTS "
                            "(SELECT 1 FROM members m WHERE m.address = $1)",
                            VALUES (rebound_text (address)), n_paths, error);
}

static gboolean
forget (ReboundStore *self, gpointer data, GError **error)
{
  const Request *request = data;
  g_autoptr (GArray) ids = find_members (self, request, error);
  guint n_paths = 0;

  return ids != NULL && do_for_each (self, ids, rebound_store_erase, 0, error)
         && erase_paths (self, request->address, &n_paths, error)
         && (ids->len > 0 || n_paths > 0 || is_unknown (request, error));
}

gboolean
rebound_store_forget (ReboundStore *self, const char *list, const char *address, GError **error)
{
  g_autofree char *list_name = NULL, *name = NULL;
  Request request = { .now = 0 };

  g_return_val_if_fail (self != NULL && address != NULL, FALSE);

  return request_of (&request, list, address, &list_name, &name, error)
         && rebound_store_transact (self, list_name != NULL ? list_name : "", forget, &request,
                                    error)
         && rebound_store_clear (self, error);
}

/* ---- Return paths ------------------------------------------------------------------------- */

typedef struct
{
  const char *digest;
  const char *address;
  gint64 now;
} Path;

static gboolean
note_path (ReboundStore *self, gpointer data, GError **error)
{
  const Path *path = data;

  return rebound_store_run (
      self,
      "INSERT INTO paths (digest, address, noted) VALUES ($1, $2, $3) "
      "ON CONFLICT (digest) DO UPDATE SET address = excluded.address, "
      "noted = excluded.noted",
      VALUES (rebound_text (path->digest), rebound_text (path->address), rebound_int (path->now)),
      NULL, error);
}

gboolean
rebound_store_note_path (ReboundStore *self, const char *digest, const char *address, gint64 now,
                         GError **error)
{
  g_autofree char *key = NULL, *name = NULL;
  Path path;

  g_return_val_if_fail (self != NULL && digest != NULL && address != NULL, FALSE);

  key = rebound_store_name (digest, error);
  name = key != NULL ? rebound_store_name (address, error) : NULL;
  if (name == NULL || !rebound_store_takes_time (now, error))
    return FALSE;
  path = (Path){ key, name, now };
  return rebound_store_transact (self, "paths", note_path, &path, error);
}

static gboolean
take_address (const ReboundValue *row, gpointer data)
{
  *(char **) data = g_strdup (row[0].text);
  return FALSE;
}

char *
rebound_store_find_path (ReboundStore *self, const char *digest)
{
  g_autofree char *key = NULL;
  char *address = NULL;

  g_return_val_if_fail (self != NULL && digest != NULL, NULL);

  key = rebound_store_name (digest, NULL);
  if (key != NULL)
    rebound_store_query (self, "SELECT address FROM paths WHERE digest = $1",
                         VALUES (rebound_text (key)), take_address, &address, NULL);
  return address;
}

/* ---- Messages that were sent -------------------------------------------------------------- */

typedef struct
{
  const char *list;
  const char *message_id;
  gint64 count;
  gint64 now;
} Sent;

static gboolean
note_sent (ReboundStore *self, gpointer data, GError **error)
{
  const Sent *sent = data;
  gint64 list;

  return rebound_store_lock_list (self, sent->list, &list, error)
         && rebound_store_run (self,
                               "INSERT INTO sent (list, message_id, members, noted) "
                               "VALUES ($1, $2, $3, $4) ON CONFLICT (list, message_id) "
                               "DO UPDATE SET members = excluded.members, noted = excluded.noted",
                               VALUES (rebound_int (list), rebound_text (sent->message_id),
                                       rebound_int (sent->count), rebound_int (sent->now)),
                               NULL, error);
}

gboolean
rebound_store_note_sent (ReboundStore *self, const char *list, const char *message_id, guint count,
                         gint64 now, GError **error)
{
  g_autofree char *name = NULL, *key = NULL;
  Sent sent;

  g_return_val_if_fail (self != NULL && list != NULL && message_id != NULL, FALSE);

  name = rebound_store_name (list, error);
  key = name != NULL ? rebound_store_text (message_id, error) : NULL;
  if (key == NULL || !rebound_store_takes_time (now, error))
    return FALSE;
  sent = (Sent){ name, key, count, now };
  return rebound_store_transact (self, name, note_sent, &sent, error);
}
