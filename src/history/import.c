/* Rebound: the store: what another one exported, line by line (rebound-store(5)).
 *
 * A line is read as a whole and found good before anything is written.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store-private.h"

#include <string.h>

#include "evidence/json.h"
#include "history/transfer.h"
#include "modules/modules.h"
#include "report/json.h"
#include "translate.h"

#define LONGEST_LINE (64 * 1024)
#define MOST_FACTS 16

typedef struct _Importer Importer;

typedef struct
{
  const Importer *importer;
  GHashTable *values;
  GStringChunk *strings;
  gboolean *added; /* %NULL where nobody asks, or not any more */

  ReboundStoreEvent event; /* and what others have in common with it */
  const char *id;
  const char *kind;
  const char *key;
  ReboundStep step;
  gint64 times[3];
  gint64 numbers[3];
  gint64 state;
} Line;

struct _Importer
{
  const char *record;
  gboolean (*read) (Line *line, GError **error);
  gboolean (*write) (ReboundStore *self, Line *line, guint *n, GError **error);
};

/* ---- Values ------------------------------------------------------------------------------- */

static const char *
get (const Line *line, const char *name)
{
  return g_hash_table_lookup (line->values, name);
}

static gboolean
is_missing (const char *name, GError **error)
{
  return rebound_store_fail (error, REBOUND_STORE_ERROR_INPUT, _ ("“%s” is missing"), name);
}

static gboolean
is_wrong (const Line *line, const char *name, const char *expected, GError **error)
{
  return rebound_store_fail (error, REBOUND_STORE_ERROR_INPUT, _ ("“%s” is “%.60s”, not %s"), name,
                             get (line, name), expected);
}

/* A list or an address. */
static gboolean
read_name (Line *line, const char *name, const char **out, GError **error)
{
  const char *text = get (line, name);
  g_autofree char *kept = text != NULL ? rebound_store_name (text, error) : NULL;

  if (text == NULL)
    return is_missing (name, error);
  if (kept != NULL)
    *out = g_string_chunk_insert (line->strings, kept);
  return kept != NULL;
}

static gboolean
read_address (Line *line, GError **error)
{
  return read_name (line, "address", &line->event.address, error)
         && (*line->event.address != '\0' || is_missing ("address", error));
}

static const char *
read_text (Line *line, const char *name)
{
  const char *text = get (line, name);
  g_autofree char *kept = text != NULL ? rebound_store_text (text, NULL) : NULL;

  return kept != NULL ? g_string_chunk_insert (line->strings, kept) : NULL;
}

static gboolean
need_text (Line *line, const char *name, const char **out, GError **error)
{
  *out = read_text (line, name);
  return (*out != NULL && **out != '\0') || is_missing (name, error);
}

/* 0 where it is null and may be. */
static gboolean
read_time (Line *line, const char *name, gboolean needed, gint64 *out, GError **error)
{
  const char *text = get (line, name);
  g_autoptr (GTimeZone) utc = g_time_zone_new_utc ();
  g_autoptr (GDateTime) time = text != NULL ? g_date_time_new_from_iso8601 (text, utc) : NULL;

  *out = time != NULL ? g_date_time_to_unix (time) : 0;
  if (text == NULL)
    return !needed || is_missing (name, error);
  if (time == NULL)
    return is_wrong (line, name, _ ("a time as 2026-11-21T16:40:00Z"), error);
  return rebound_store_takes_time (*out, error);
}

static gboolean
read_number (Line *line, const char *name, gint64 *out, GError **error)
{
  const char *text = get (line, name);
  guint64 number;

  if (text == NULL)
    return is_missing (name, error);
  if (!g_ascii_string_to_unsigned (text, 10, 0, G_MAXINT32, &number, NULL))
    return is_wrong (line, name, _ ("a number"), error);
  *out = number;
  return TRUE;
}

typedef const char *(*NameOf) (guint value);

#define NAMES(type, Type)                                                                          \
  static const char *type##_name (guint value)                                                     \
  {                                                                                                \
    return rebound_##type##_to_string ((Rebound##Type) value);                                     \
  }

NAMES (event_type, EventType)
NAMES (reason, Reason)
NAMES (bounce, Bounce)
NAMES (unsubscribe, Unsubscribe)
NAMES (grade, Grade)
NAMES (path, Path)
NAMES (step, Step)

/* The words of an enumeration: none has more than the reasons. 0 where it is null and may be. */
static gboolean
read_word (Line *line, const char *name, NameOf name_of, gboolean needed, guint *out,
           GError **error)
{
  const char *text = get (line, name);

  *out = 0;
  if (text == NULL)
    return !needed || is_missing (name, error);
  for (guint i = 0; i < REBOUND_N_REASONS; i++)
    if (g_strcmp0 (name_of (i), text) == 0)
      {
        *out = i;
        return TRUE;
      }
  return is_wrong (line, name, _ ("one of the words of rebound-store(5)"), error);
}

/* ---- Events ------------------------------------------------------------------------------- */

static gboolean
put_fact (Line *line, GString *out, guint i)
{
  static const char *const names[] = { "fact", "value", "from", "rule" };
  g_autofree char *first = g_strdup_printf ("evidence.%u.fact", i);

  if (get (line, first) == NULL)
    return FALSE;
  rebound_json_begin (out, NULL, '{');
  for (guint j = 0; j < G_N_ELEMENTS (names); j++)
    {
      g_autofree char *name = g_strdup_printf ("evidence.%u.%s", i, names[j]);
      const char *text = read_text (line, name);

      if (text != NULL || !g_str_equal (names[j], "rule"))
        rebound_json_member (out, names[j], text);
    }
  rebound_json_end (out, '}');
  return TRUE;
}

static const char *
read_evidence (Line *line)
{
  g_autoptr (GString) out = g_string_new (NULL);
  guint n = 0;

  rebound_json_begin (out, NULL, '[');
  while (n < MOST_FACTS && put_fact (line, out, n))
    n++;
  rebound_json_end (out, ']');
  return n > 0 ? g_string_chunk_insert (line->strings, out->str) : NULL;
}

static gboolean
read_words (Line *line, GError **error)
{
  ReboundEvent *what = &line->event.what;
  static const struct
  {
    const char *name;
    NameOf name_of;
    gboolean needed;
  } words[] = {
    { "type", event_type_name, TRUE },     { "reason", reason_name, FALSE },
    { "ceiling", unsubscribe_name, TRUE }, { "grade", grade_name, FALSE },
    { "path", path_name, FALSE },          { "step", step_name, FALSE },
    { "bounce", bounce_name, FALSE },      { "unsubscribe", unsubscribe_name, FALSE },
  };
  guint values[G_N_ELEMENTS (words)];

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (!read_word (line, words[i].name, words[i].name_of, words[i].needed, &values[i], error))
      return FALSE;
  what->type = values[0];
  what->reason = values[1];
  what->ceiling = values[2];
  what->grade = values[3];
  what->path = values[4];
  what->done = values[5];
  line->event.bounce = values[6];
  line->event.unsubscribe = values[7];
  return TRUE;
}

static void
read_texts (Line *line)
{
  ReboundStoreEvent *event = &line->event;

  event->held = read_text (line, "held");
  event->what.held = event->held != NULL;
  event->reply = read_text (line, "reply");
  event->status = read_text (line, "status");
  event->provider = read_text (line, "provider");
  event->message_id = read_text (line, "message_id");
  event->token = read_text (line, "token");
  event->evidence = read_evidence (line);
}

static gboolean
read_event (Line *line, GError **error)
{
  g_autofree char *packed = NULL;
  const char *digest;

  if (!read_name (line, "list", &line->event.list, error) || !read_address (line, error)
      || !need_text (line, "digest", &digest, error)
      || !read_time (line, "received", TRUE, &line->event.what.received, error)
      || !read_words (line, error))
    return FALSE;
  packed = rebound_store_pack_digest (digest);
  line->event.digest = g_string_chunk_insert (line->strings, packed);
  read_texts (line);
  return TRUE;
}

/* Nobody is judged before all is there. */
static gboolean
write_event (ReboundStore *self, Line *line, guint *n, GError **error)
{
  gboolean added = FALSE;

  line->event.member = 0;
  if (!rebound_store_lock_list (self, line->event.list, &line->event.list_id, error)
      || !rebound_store_add_event (self, &line->event, &added, error))
    return FALSE;
  *n = added;
  return !added
         || rebound_store_run (self, "UPDATE members SET policy = '' WHERE id = $1",
                               VALUES (rebound_int (line->event.member)), NULL, error);
}

/* ---- Return paths ------------------------------------------------------------------------- */

static gboolean
read_path (Line *line, GError **error)
{
  return need_text (line, "digest", &line->id, error) && read_address (line, error)
         && read_time (line, "noted", TRUE, &line->times[0], error);
}

static gboolean
write_path (ReboundStore *self, Line *line, guint *n, GError **error)
{
  return rebound_store_run (self,
                            "INSERT INTO paths (digest, address, noted) VALUES ($1, $2, $3) "
                            "ON CONFLICT (digest) DO NOTHING",
                            VALUES (rebound_text (line->id), rebound_text (line->event.address),
                                    rebound_int (line->times[0])),
                            n, error);
}

/* ---- Messages that were sent -------------------------------------------------------------- */

static gboolean
read_sent (Line *line, GError **error)
{
  return read_name (line, "list", &line->event.list, error)
         && need_text (line, "message_id", &line->id, error)
         && read_number (line, "members", &line->numbers[0], error)
         && read_time (line, "noted", TRUE, &line->times[0], error);
}

static gboolean
write_sent (ReboundStore *self, Line *line, guint *n, GError **error)
{
  gint64 list;

  return rebound_store_lock_list (self, line->event.list, &list, error)
         && rebound_store_run (self,
                               "INSERT INTO sent (list, message_id, members, noted) "
                               "VALUES ($1, $2, $3, $4) ON CONFLICT (list, message_id) DO NOTHING",
                               VALUES (rebound_int (list), rebound_text (line->id),
                                       rebound_int (line->numbers[0]),
                                       rebound_int (line->times[0])),
                               n, error);
}

/* ---- Storms ------------------------------------------------------------------------------- */

static gboolean
read_storm (Line *line, GError **error)
{
  guint fate = 0;
  gboolean good = read_name (line, "list", &line->event.list, error)
                  && need_text (line, "id", &line->id, error)
                  && need_text (line, "kind", &line->kind, error)
                  && read_time (line, "opened", TRUE, &line->times[0], error)
                  && read_time (line, "seen", TRUE, &line->times[1], error)
                  && read_time (line, "ended", FALSE, &line->times[2], error)
                  && read_word (line, "fate", rebound_held_to_string, TRUE, &fate, error)
                  && read_number (line, "members", &line->numbers[0], error)
                  && read_number (line, "held", &line->numbers[1], error)
                  && read_number (line, "enough", &line->numbers[2], error);

  line->key = read_text (line, "key");
  line->event.provider = read_text (line, "provider");
  line->state = fate;
  return good && (line->key != NULL || is_missing ("key", error));
}

static gboolean
write_storm (ReboundStore *self, Line *line, guint *n, GError **error)
{
  const ReboundValue ended = line->times[2] != 0 ? rebound_int (line->times[2])
                                                 : (ReboundValue){ .type = REBOUND_VALUE_NULL };
  gint64 list;

  return rebound_store_lock_list (self, line->event.list, &list, error)
         && rebound_store_run (
             self,
             "INSERT INTO storms "
             "(id, list, kind, key, opened, seen, ended, fate, members, held, enough, provider) "
             "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) "
             "ON CONFLICT (id) DO NOTHING",
             VALUES (rebound_text (line->id), rebound_int (list), rebound_text (line->kind),
                     rebound_text (line->key), rebound_int (line->times[0]),
                     rebound_int (line->times[1]), ended, rebound_int (line->state),
                     rebound_int (line->numbers[0]), rebound_int (line->numbers[1]),
                     rebound_int (line->numbers[2]), rebound_text (line->event.provider)),
             n, error);
}

/* ---- Steps -------------------------------------------------------------------------------- */

static gboolean
read_step (Line *line, GError **error)
{
  guint step = 0, reason = 0, state = 0;
  gboolean good = read_name (line, "list", &line->event.list, error)
                  && need_text (line, "id", &line->id, error)
                  && (get (line, "address") == NULL || read_address (line, error))
                  && read_word (line, "step", step_name, TRUE, &step, error)
                  && read_time (line, "due", TRUE, &line->times[0], error)
                  && read_time (line, "since", TRUE, &line->times[1], error)
                  && read_word (line, "reason", reason_name, TRUE, &reason, error)
                  && read_number (line, "nth", &line->numbers[0], error)
                  && read_number (line, "of", &line->numbers[1], error)
                  && read_word (line, "state", rebound_state_to_string, TRUE, &state, error);

  line->step = step;
  line->event.what.reason = reason;
  line->state = state;
  return good
         && (state != REBOUND_STORE_PENDING || line->event.address == NULL
             || is_wrong (line, "state",
                          _ ("“done” or “withdrawn”, for what is to be done follows "
                             "from the events"),
                          error));
}

/* A step that was done anywhere is done. */
static gboolean
insert_step (ReboundStore *self, const Line *line, guint *n, GError **error)
{
  const ReboundStoreEvent *event = &line->event;
  const ReboundValue member = event->member != 0 ? rebound_int (event->member)
                                                 : (ReboundValue){ .type = REBOUND_VALUE_NULL };

  return rebound_store_run (
      self,
      "INSERT INTO steps (id, list, member, due, since, claimed, step, reason, nth, total, state) "
      "VALUES ($1, $2, $3, $4, $5, 0, $6, $7, $8, $9, $10) "
      "ON CONFLICT (id) DO UPDATE SET state = excluded.state "
      "WHERE excluded.state = 1 AND steps.state <> 1",
      VALUES (rebound_text (line->id), rebound_int (event->list_id), member,
              rebound_int (line->times[0]), rebound_int (line->times[1]), rebound_int (line->step),
              rebound_int (event->what.reason), rebound_int (line->numbers[0]),
              rebound_int (line->numbers[1]), rebound_int (line->state)),
      n, error);
}

/* Of a member of whom nothing else is known there is nothing to be told. */
static gboolean
write_step (ReboundStore *self, Line *line, guint *n, GError **error)
{
  ReboundStoreEvent *event = &line->event;

  event->member = 0;
  if (!rebound_store_lock_list (self, event->list, &event->list_id, error)
      || (event->address != NULL && !rebound_store_find_member (self, event, error)))
    return FALSE;
  return (event->address != NULL && event->member == 0) || insert_step (self, line, n, error);
}

/* ---- Lines -------------------------------------------------------------------------------- */

static const Importer importers[] = {
  { "event", read_event, write_event }, { "path", read_path, write_path },
  { "sent", read_sent, write_sent },    { "step", read_step, write_step },
  { "storm", read_storm, write_storm },
};

static void
line_free (gpointer data)
{
  Line *line = data;

  if (line->values != NULL)
    g_hash_table_unref (line->values);
  g_string_chunk_free (line->strings);
  g_free (line);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Line, line_free)

static gboolean
read_values (Line *line, const char *json, GError **error)
{
  static ReboundModule module = REBOUND_MODULE ("json", "rebound_json_read");
  gsize length = strlen (json);

  if (rebound_module_function (&module) == NULL)
    return rebound_store_fail (error, REBOUND_STORE_ERROR_MODULE,
                               _ ("import needs the module “%s”, which is not installed here"),
                               module.name);
  if (length <= LONGEST_LINE && g_utf8_validate (json, length, NULL))
    line->values = rebound_json_find_alone (json, length);
  return line->values != NULL
         || rebound_store_fail (error, REBOUND_STORE_ERROR_INPUT,
                                _ ("it is no JSON object of at most %d bytes in UTF-8"),
                                LONGEST_LINE);
}

static gboolean
find_importer (Line *line, GError **error)
{
  const char *record = get (line, "record");

  if (g_strcmp0 (get (line, "schema"), G_STRINGIFY (REBOUND_TRANSFER_SCHEMA)) != 0)
    return rebound_store_fail (
        error, REBOUND_STORE_ERROR_INPUT,
        _ ("“schema” is not %d: no line of an export, or of a newer Rebound"),
        REBOUND_TRANSFER_SCHEMA);
  for (guint i = 0; i < G_N_ELEMENTS (importers); i++)
    if (g_strcmp0 (record, importers[i].record) == 0)
      line->importer = &importers[i];
  if (line->importer != NULL)
    return TRUE;
  return record == NULL ? is_missing ("record", error)
                        : is_wrong (line, "record", "event, path, sent, step, storm", error);
}

static gboolean
write_line (ReboundStore *self, gpointer data, GError **error)
{
  Line *line = data;
  guint n = 0;

  if (!line->importer->write (self, line, &n, error))
    return FALSE;
  if (line->added != NULL)
    *line->added = n > 0;
  line->added = NULL; /* in a batch it may be done again when the caller has gone on */
  return TRUE;
}

gboolean
rebound_store_import (ReboundStore *self, const char *json, gboolean *added, GError **error)
{
  g_autoptr (Line) line = NULL;
  const char *list;

  g_return_val_if_fail (self != NULL && json != NULL, FALSE);

  if (added != NULL)
    *added = FALSE;
  line = g_new0 (Line, 1);
  line->strings = g_string_chunk_new (512);
  line->added = added;
  if (!read_values (line, json, error) || !find_importer (line, error)
      || !line->importer->read (line, error))
    return FALSE;
  list = line->event.list != NULL ? line->event.list : "";
  return rebound_store_transact_in_batch (self, list, write_line, g_steal_pointer (&line),
                                          line_free, error);
}
