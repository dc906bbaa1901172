/* Rebound: the store: all that it knows and that does not follow from the rest, a line of JSON for
 * each (rebound-store(5)).
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store-private.h"

#include <string.h>

#include "history/transfer.h"
#include "report/json.h"

/* Rows that are read at once. */
#define PAGE 200

const char *
rebound_state_to_string (guint state)
{
  static const char *const names[] = {
    [REBOUND_STORE_PENDING] = "pending",
    [REBOUND_STORE_DONE] = "done",
    [REBOUND_STORE_WITHDRAWN] = "withdrawn",
  };

  return state < G_N_ELEMENTS (names) ? names[state] : NULL;
}

const char *
rebound_held_to_string (guint held)
{
  static const char *const names[] = {
    [REBOUND_HELD_KEEP] = "keep",
    [REBOUND_HELD_RELEASE] = "release",
    [REBOUND_HELD_DISCARD] = "discard",
  };

  return held < G_N_ELEMENTS (names) ? names[held] : NULL;
}

/* ---- Rows as JSON; each begins behind its two keys ---------------------------------------- */

static void
put_event (GString *out, const ReboundValue *row)
{
  ReboundStoreEvent event;
  ReboundRecord record;
  g_autofree char *digest = NULL;

  rebound_store_read_event (row, NULL, &event);
  digest = rebound_store_unpack_digest (event.digest);
  rebound_store_show_event (&event, digest, &record);
  rebound_record_put_json (out, &record);
  rebound_json_member (out, "ceiling", rebound_unsubscribe_to_string (event.what.ceiling));
  rebound_json_member (out, "token", event.token);
}

static void
put_path (GString *out, const ReboundValue *row)
{
  rebound_json_member (out, "digest", row[0].text);
  rebound_json_member (out, "address", row[1].text);
  rebound_json_put_time (out, "noted", row[2].integer);
}

static void
put_sent (GString *out, const ReboundValue *row)
{
  rebound_json_member (out, "list", row[0].text);
  rebound_json_member (out, "message_id", row[1].text);
  rebound_json_number (out, "members", row[2].integer);
  rebound_json_put_time (out, "noted", row[3].integer);
}

static void
put_storm (GString *out, const ReboundValue *row)
{
  rebound_json_member (out, "id", row[0].text);
  rebound_json_member (out, "list", row[1].text);
  rebound_json_member (out, "kind", row[2].text);
  rebound_json_member (out, "key", row[3].text);
  rebound_json_put_time (out, "opened", row[4].integer);
  rebound_json_put_time (out, "seen", row[5].integer);
  rebound_json_put_time (out, "ended", row[6].integer);
  rebound_json_member (out, "fate", rebound_held_to_string (row[7].integer));
  rebound_json_number (out, "members", row[8].integer);
  rebound_json_number (out, "held", row[9].integer);
  rebound_json_number (out, "enough", row[10].integer);
  rebound_json_member (out, "provider", row[11].type == REBOUND_VALUE_TEXT ? row[11].text : NULL);
}

static void
put_step (GString *out, const ReboundValue *row)
{
  rebound_json_member (out, "id", row[0].text);
  rebound_json_member (out, "list", row[1].text);
  rebound_json_member (out, "address", row[2].type == REBOUND_VALUE_TEXT ? row[2].text : NULL);
  rebound_json_member (out, "step", rebound_step_to_string (row[3].integer));
  rebound_json_put_time (out, "due", row[4].integer);
  rebound_json_put_time (out, "since", row[5].integer);
  rebound_json_member (out, "reason", rebound_reason_to_string (row[6].integer));
  rebound_json_number (out, "nth", row[7].integer);
  rebound_json_number (out, "of", row[8].integer);
  rebound_json_member (out, "state", rebound_state_to_string (row[9].integer));
}

/* ---- The tables --------------------------------------------------------------------------- */

#define NEXT_PAGE " LIMIT " G_STRINGIFY (PAGE)

/* In this order nothing comes before what it refers to. What is still to be done follows from the
 * events, but for what is about no member. */
static const struct
{
  const char *record;
  const char *sql; /* the first two columns are the keys of the next page */
  guint first_key; /* 0 the number, 1 the text */
  guint n_keys;
  void (*put) (GString *out, const ReboundValue *row);
} tables[] = {
  { "sent",
    "SELECT s.list, s.message_id, l.address, s.message_id, s.members, s.noted FROM sent s "
    "JOIN lists l ON l.id = s.list WHERE (s.list, s.message_id) > ($1, $2) "
    "ORDER BY s.list, s.message_id" NEXT_PAGE,
    0, 2, put_sent },
  { "path",
    "SELECT 0, digest, digest, address, noted FROM paths WHERE digest > $1 "
    "ORDER BY digest" NEXT_PAGE,
    1, 1, put_path },
  { "storm",
    "SELECT 0, t.id, t.id, l.address, t.kind, t.key, t.opened, t.seen, t.ended, t.fate, t.members, "
    "t.held, t.enough, t.provider FROM storms t JOIN lists l ON l.id = t.list WHERE t.id > $1 "
    "ORDER BY t.id" NEXT_PAGE,
    1, 1, put_storm },
  { "event",
    "SELECT e.id, '', " REBOUND_STORE_EVENT_COLUMNS " FROM events e "
    "JOIN members m ON m.id = e.member JOIN lists l ON l.id = m.list WHERE e.id > $1 "
    "ORDER BY e.id" NEXT_PAGE,
    0, 1, put_event },
  { "step",
    "SELECT 0, s.id, s.id, l.address, m.address, s.step, s.due, s.since, s.reason, s.nth, s.total, "
    "s.state FROM steps s JOIN lists l ON l.id = s.list LEFT JOIN members m ON m.id = s.member "
    "WHERE s.id > $1 AND (s.state <> 0 OR s.member IS NULL) ORDER BY s.id" NEXT_PAGE,
    1, 1, put_step },
};

typedef struct
{
  guint table;
  gint64 number; /* the keys of the last row */
  char *text;
  GPtrArray *lines;
} Page;

static gboolean
take_row (const ReboundValue *row, gpointer data)
{
  Page *page = data;
  GString *out = g_string_sized_new (512);

  rebound_json_begin (out, NULL, '{');
  rebound_json_number (out, "schema", REBOUND_TRANSFER_SCHEMA);
  rebound_json_member (out, "record", tables[page->table].record);
  tables[page->table].put (out, row + 2);
  rebound_json_end (out, '}');
  g_ptr_array_add (page->lines, g_string_free (out, FALSE));
  page->number = row[0].integer;
  g_free (page->text);
  page->text = g_strdup (row[1].text);
  return TRUE;
}

static gboolean
load_page (ReboundStore *self, Page *page, GError **error)
{
  g_autofree char *text = g_strdup (page->text);
  const ReboundValue keys[] = { rebound_int (page->number), rebound_text (text) };

  g_ptr_array_set_size (page->lines, 0);
  return rebound_store_query (self, tables[page->table].sql, keys + tables[page->table].first_key,
                              tables[page->table].n_keys, take_row, page, error);
}

typedef struct
{
  gboolean (*line) (const char *json, gpointer data);
  gpointer data;
  gboolean ended; /* it wanted no more */
} Exporting;

static gboolean
export_table (ReboundStore *self, Page *page, Exporting *exporting, GError **error)
{
  page->number = 0;
  g_free (page->text);
  page->text = g_strdup ("");
  do
    {
      if (!load_page (self, page, error))
        return FALSE;
      for (guint i = 0; i < page->lines->len && !exporting->ended; i++)
        exporting->ended = !exporting->line (g_ptr_array_index (page->lines, i), exporting->data);
    }
  while (page->lines->len > 0 && !exporting->ended);
  return TRUE;
}

static gboolean
export_all (ReboundStore *self, gpointer data, GError **error)
{
  Exporting *exporting = data;
  Page page = { .lines = g_ptr_array_new_with_free_func (g_free) };
  gboolean good = TRUE;

  for (; page.table < G_N_ELEMENTS (tables) && good && !exporting->ended; page.table++)
    good = export_table (self, &page, exporting, error);
  g_ptr_array_unref (page.lines);
  g_free (page.text);
  return good;
}

gboolean
rebound_store_export (ReboundStore *self, gboolean (*line) (const char *json, gpointer data),
                      gpointer data, GError **error)
{
  Exporting exporting = { line, data, FALSE };

  g_return_val_if_fail (self != NULL && line != NULL, FALSE);

  return rebound_store_read (self, export_all, &exporting, error);
}
