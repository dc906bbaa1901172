/* Rebound: the store: from a report to events.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store-private.h"

#include <string.h>

#include "report/json.h"
#include "translate.h"

#define DAY G_GINT64_CONSTANT (86400)

#define HEXADECIMAL "sha256:"
#define DIGEST_BYTES 32
#define DIGEST_BASE64 43 /* without what fills it up to 44 */

/* Decisive facts that are kept of an event. */
#define MOST_FACTS 4

static const char *const type_names[] = {
  [REBOUND_EVENT_FAILURE] = NC_ ("event", "failure"),
  [REBOUND_EVENT_DELIVERY] = NC_ ("event", "delivery"),
  [REBOUND_EVENT_AUTO_REPLY] = NC_ ("event", "auto-reply"),
  [REBOUND_EVENT_COMPLAINT] = NC_ ("event", "complaint"),
  [REBOUND_EVENT_REQUEST] = NC_ ("event", "request"),
  [REBOUND_EVENT_NOTICE] = NC_ ("event", "notice"),
  [REBOUND_EVENT_CONFIRMATION] = NC_ ("event", "confirmation"),
  [REBOUND_EVENT_DONE] = NC_ ("event", "done"),
};

const char *
rebound_event_type_to_string (ReboundEventType type)
{
  return type < G_N_ELEMENTS (type_names) ? type_names[type] : NULL;
}

/* ---- Digests ------------------------------------------------------------------------------ */

char *
rebound_store_pack_digest (const char *digest)
{
  const char *p = digest + strlen (HEXADECIMAL);
  guint8 bytes[DIGEST_BYTES];
  char *packed;

  if (!g_str_has_prefix (digest, HEXADECIMAL) || strlen (p) != 2 * DIGEST_BYTES
      || strspn (p, "0123456789abcdef") != 2 * DIGEST_BYTES)
    return g_strdup (digest);
  for (guint i = 0; i < DIGEST_BYTES; i++, p += 2)
    bytes[i] = g_ascii_xdigit_value (p[0]) << 4 | g_ascii_xdigit_value (p[1]);
  packed = g_base64_encode (bytes, DIGEST_BYTES);
  packed[DIGEST_BASE64] = '\0';
  return packed;
}

char *
rebound_store_unpack_digest (const char *packed)
{
  g_autofree char *padded = g_strconcat (packed, "=", NULL);
  g_autofree guint8 *bytes = NULL;
  GString *digest;
  gsize length;

  if (strlen (packed) != DIGEST_BASE64 || strchr (packed, ':') != NULL)
    return g_strdup (packed);
  bytes = g_base64_decode (padded, &length);
  digest = g_string_new (HEXADECIMAL);
  for (gsize i = 0; i < length; i++)
    g_string_append_printf (digest, "%02x", bytes[i]);
  return g_string_free (digest, FALSE);
}

/* ---- Out of a report ---------------------------------------------------------------------- */

/* The events of one message. */
typedef struct
{
  GStringChunk *strings;
  GArray *events; /* of ReboundStoreEvent */
  guint *n_recorded;
} Recording;

static void
recording_free (gpointer data)
{
  Recording *self = data;

  g_string_chunk_free (self->strings);
  g_array_unref (self->events);
  g_free (self);
}

/* No more than the longest text. */
static const char *
keep_text (Recording *self, const char *text)
{
  g_autofree char *kept = text != NULL ? rebound_store_text (text, NULL) : NULL;

  return kept != NULL ? g_string_chunk_insert (self->strings, kept) : NULL;
}

static void
put_fact (Recording *self, GString *out, const ReboundFact *fact)
{
  rebound_json_begin (out, NULL, '{');
  rebound_json_member (out, "fact", fact->fact);
  rebound_json_member (out, "value", keep_text (self, fact->value));
  rebound_json_member (out, "from", rebound_source_to_string (fact->from));
  if (fact->rule != NULL)
    rebound_json_member (out, "rule", fact->rule);
  rebound_json_end (out, '}');
}

static const char *
decisive_facts (Recording *self, const ReboundRecipient *recipient)
{
  g_autoptr (GString) out = g_string_new (NULL);
  guint n = 0;

  rebound_json_begin (out, NULL, '[');
  for (guint i = 0; i < recipient->facts->len && n < MOST_FACTS; i++)
    {
      const ReboundFact *fact = &g_array_index (recipient->facts, ReboundFact, i);

      if (fact->role != REBOUND_ROLE_DECISIVE)
        continue;
      put_fact (self, out, fact);
      n++;
    }
  rebound_json_end (out, ']');
  return n > 0 ? g_string_chunk_insert (self->strings, out->str) : NULL;
}

/* RFC 3464 section 2.3.3: "relayed" and "expanded" do not tell that it has arrived. */
static ReboundEventType
type_by_action (ReboundAction action)
{
  switch (action)
    {
    case REBOUND_ACTION_FAILED:
      return REBOUND_EVENT_FAILURE;
    case REBOUND_ACTION_DELIVERED:
      return REBOUND_EVENT_DELIVERY;
    default:
      return REBOUND_EVENT_NOTICE;
    }
}

static ReboundEventType
type_by_reason (ReboundReason reason)
{
  switch (reason)
    {
    case REBOUND_REASON_COMPLAINT:
      return REBOUND_EVENT_COMPLAINT;
    case REBOUND_REASON_UNSUBSCRIBE_REQUEST:
      return REBOUND_EVENT_REQUEST;
    default:
      return REBOUND_EVENT_NOTICE;
    }
}

static ReboundEventType
type_of (const ReboundReport *report, const ReboundRecipient *recipient)
{
  switch (report->kind)
    {
    case REBOUND_KIND_AUTO_REPLY:
      return REBOUND_EVENT_AUTO_REPLY;
    case REBOUND_KIND_DISPOSITION:
      return REBOUND_EVENT_DELIVERY;
    case REBOUND_KIND_COMPLAINT:
      return type_by_reason (recipient->reason);
    default:
      return type_by_action (recipient->action);
    }
}

/* Of several that a message says of one member: that he is alive comes before that he is dead, and
 * what says less before what says more. */
static guint
weight_of (const ReboundStoreEvent *event)
{
  static const guint weights[REBOUND_N_EVENT_TYPES] = {
    [REBOUND_EVENT_DELIVERY] = 0,
    [REBOUND_EVENT_FAILURE] = 1,
    [REBOUND_EVENT_NOTICE] = 9,
  };

  return weights[event->what.type]
         + (event->what.type == REBOUND_EVENT_FAILURE ? event->what.ceiling : 0);
}

static void
add_or_replace (Recording *self, const ReboundStoreEvent *event)
{
  for (guint i = 0; i < self->events->len; i++)
    {
      ReboundStoreEvent *other = &g_array_index (self->events, ReboundStoreEvent, i);

      if (!g_str_equal (other->address, event->address))
        continue;
      if (weight_of (event) < weight_of (other))
        *other = *event;
      return;
    }
  g_array_append_val (self->events, *event);
}

static void
add_recipient (Recording *self, const ReboundReport *report, const ReboundRecipient *recipient,
               const char *address, ReboundStoreEvent event)
{
  const char *message_id = report->evidence->original.message_id;

  event.address = g_string_chunk_insert (self->strings, address);
  event.what.type = type_of (report, recipient);
  event.what.reason = recipient->reason;
  event.what.ceiling = recipient->ceiling;
  event.what.grade = recipient->grade;
  event.what.path = recipient->path;
  event.bounce = recipient->bounce;
  event.unsubscribe = recipient->unsubscribe;
  event.reply = keep_text (self, recipient->reply);
  event.status = keep_text (self, recipient->status);
  event.provider = keep_text (self, recipient->provider);
  event.message_id = keep_text (self, message_id);
  event.token = keep_text (self, recipient->token);
  event.evidence = decisive_facts (self, recipient);
  add_or_replace (self, &event);
}

/* What is no address of a member is left out. */
static void
add_recipients (Recording *self, const ReboundReport *report, const ReboundStoreEvent *common)
{
  for (guint i = 0; i < report->recipients->len; i++)
    {
      const ReboundRecipient *recipient = g_ptr_array_index (report->recipients, i);
      const char *whom = recipient->subscriber != NULL ? recipient->subscriber : recipient->address;
      g_autofree char *address =
          whom != NULL && *whom != '\0' ? rebound_store_name (whom, NULL) : NULL;

      if (address != NULL)
        add_recipient (self, report, recipient, address, *common);
    }
}

static Recording *
prepare (const ReboundReport *report, const char *list, gint64 received, guint *n_recorded)
{
  Recording *self = g_new0 (Recording, 1);
  g_autofree char *digest = rebound_store_pack_digest (rebound_report_get_digest (report));
  ReboundStoreEvent common = { .what.received = received };

  self->strings = g_string_chunk_new (512);
  self->events = g_array_new (FALSE, FALSE, sizeof (ReboundStoreEvent));
  self->n_recorded = n_recorded;
  common.list = g_string_chunk_insert (self->strings, list);
  common.digest = g_string_chunk_insert (self->strings, digest);
  add_recipients (self, report, &common);
  return self;
}

/* ---- Into the database -------------------------------------------------------------------- */

gboolean
rebound_store_find_member (ReboundStore *self, ReboundStoreEvent *event, GError **error)
{
  event->member = 0;
  return rebound_store_ask (self, "SELECT id FROM members WHERE list = $1 AND address = $2",
                            VALUES (rebound_int (event->list_id), rebound_text (event->address)),
                            &event->member, error);
}

/* One who was not found before is looked for again. */
static gboolean
find_or_add_member (ReboundStore *self, ReboundStoreEvent *event, GError **error)
{
  if (event->member == 0 && !rebound_store_find_member (self, event, error))
    return FALSE;
  return event->member != 0
         || rebound_store_ask (self,
                               "INSERT INTO members "
                               "(list, address, standing, score, first, last, judged, policy) "
                               "VALUES ($1, $2, 0, 0, 0, 0, 0, '') RETURNING id",
                               VALUES (rebound_int (event->list_id), rebound_text (event->address)),
                               &event->member, error);
}

/* Gives no row where it is there already. */
static gboolean
insert (ReboundStore *self, ReboundStoreEvent *event, GError **error)
{
  const ReboundEvent *what = &event->what;

  event->id = 0;
  return rebound_store_ask (
      self,
      "INSERT INTO events (member, received, type, reason, ceiling, grade, path, done, bounce, "
      "unsubscribe, digest, held, reply, status, provider, message_id, token, evidence) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18) "
      "ON CONFLICT (member, digest) DO NOTHING RETURNING id",
      VALUES (rebound_int (event->member), rebound_int (what->received), rebound_int (what->type),
              rebound_int (what->reason), rebound_int (what->ceiling), rebound_int (what->grade),
              rebound_int (what->path), rebound_int (what->done), rebound_int (event->bounce),
              rebound_int (event->unsubscribe), rebound_text (event->digest),
              rebound_text (event->held), rebound_text (event->reply), rebound_text (event->status),
              rebound_text (event->provider), rebound_text (event->message_id),
              rebound_text (event->token), rebound_text (event->evidence)),
      &event->id, error);
}

gboolean
rebound_store_add_event (ReboundStore *self, ReboundStoreEvent *event, gboolean *added,
                         GError **error)
{
  if (!find_or_add_member (self, event, error) || !insert (self, event, error))
    return FALSE;
  *added = event->id != 0;
  return TRUE;
}

/* What is sent to him alone, and may be sent again on the same day with the same signature. */
static const ReboundStep steps_of_paths[] = {
  [REBOUND_PATH_NONE] = REBOUND_STEP_NONE,
  [REBOUND_PATH_POST] = REBOUND_STEP_NONE,
  [REBOUND_PATH_WARNING] = REBOUND_STEP_WARN,
  [REBOUND_PATH_PROBE] = REBOUND_STEP_PROBE,
};

/* All posts of a day have the same signature; so reports on them share it. */
static gboolean
shares_token (const ReboundStoreEvent *event)
{
  return steps_of_paths[event->what.path] == REBOUND_STEP_NONE;
}

static gint64
day_of (const ReboundStoreEvent *event)
{
  return event->what.received - event->what.received % DAY;
}

/* A signature is good for one report of a kind: who has got hold of one cannot send it every day.
 * mlmmj probes twice a day, so that of a probe it is good for one report of each. */
static gboolean
hold_used_token (ReboundStore *self, ReboundStoreEvent *event, GError **error)
{
  const gint64 day = shares_token (event) ? day_of (event) : G_MAXINT64 - DAY;
  gint64 other = 0;

  if (event->token != NULL && event->member != 0
      && !rebound_store_ask (self,
                             "SELECT e.id FROM events e "
                             "WHERE e.member = $1 AND e.token = $2 AND e.type = $3 "
                             "AND (e.received < $5 OR e.received >= $6) "
                             "AND NOT EXISTS (SELECT 1 FROM events d WHERE d.member = $1 "
                             "AND d.type >= 6 AND d.received >= e.received AND d.done = $4 "
                             "AND d.type = 7 AND $4 <> 0) LIMIT 1",
                             VALUES (rebound_int (event->member), rebound_text (event->token),
                                     rebound_int (event->what.type),
                                     rebound_int (steps_of_paths[event->what.path]),
                                     rebound_int (day), rebound_int (day + DAY)),
                             &other, error))
    return FALSE;
  event->what.held = other != 0;
  event->held = event->what.held ? "token" : NULL;
  return TRUE;
}

/* Of the failures of a day behind one signature the one that says most counts, whichever came
 * first: who has got hold of it gains nothing by sending many. */
static gboolean
count_one_of_day (ReboundStore *self, const ReboundStoreEvent *event, GError **error)
{
  return rebound_store_run (
      self,
      "UPDATE events SET held = CASE WHEN id = (SELECT o.id FROM events o WHERE o.member = $1 "
      "AND o.token = $2 AND o.type = $3 AND o.received >= $4 AND o.received < $5 "
      "ORDER BY o.unsubscribe DESC, o.bounce DESC, o.reason, o.digest LIMIT 1) "
      "THEN NULL ELSE 'token' END "
      "WHERE member = $1 AND token = $2 AND type = $3 AND received >= $4 AND received < $5 "
      "AND (held IS NULL OR held = 'token')",
      VALUES (rebound_int (event->member), rebound_text (event->token),
              rebound_int (event->what.type), rebound_int (day_of (event)),
              rebound_int (day_of (event) + DAY)),
      NULL, error);
}

/* Where they do not say the same, it decides nothing at once: one of them may be forged. */
static gboolean
doubt_contradiction (ReboundStore *self, const ReboundStoreEvent *event, GError **error)
{
  return rebound_store_run (
      self,
      "UPDATE events SET ceiling = $1 WHERE member = $2 AND token = $3 AND type = $4 "
      "AND received >= $5 AND received < $6 AND ceiling > $1 "
      "AND EXISTS (SELECT 1 FROM events other WHERE other.member = $2 AND other.token = $3 "
      "AND other.type = $4 AND other.received >= $5 AND other.received < $6 "
      "AND other.reason <> $7)",
      VALUES (rebound_int (REBOUND_UNSUBSCRIBE_COUNT), rebound_int (event->member),
              rebound_text (event->token), rebound_int (event->what.type),
              rebound_int (day_of (event)), rebound_int (day_of (event) + DAY),
              rebound_int (event->what.reason)),
      NULL, error);
}

static gboolean
weigh_shared_token (ReboundStore *self, const ReboundStoreEvent *event, GError **error)
{
  return event->token == NULL || event->what.type != REBOUND_EVENT_FAILURE || event->what.held
         || !shares_token (event)
         || (count_one_of_day (self, event, error) && doubt_contradiction (self, event, error));
}

static gboolean
judge (ReboundStore *self, const ReboundStoreEvent *event, GError **error)
{
  const ReboundStoreMember member = { event->member, event->list_id, (char *) event->list,
                                      (char *) event->address };

  return rebound_store_judge (self, &member, event->what.received, NULL, error);
}

static gboolean
record_event (ReboundStore *self, ReboundStoreEvent *event, gboolean *added, GError **error)
{
  if (!rebound_store_lock_list (self, event->list, &event->list_id, error)
      || !rebound_store_find_member (self, event, error) || !hold_used_token (self, event, error)
      || !rebound_store_add_event (self, event, added, error))
    return FALSE;
  return !*added
         || (weigh_shared_token (self, event, error) && rebound_storm_guard (self, event, error)
             && judge (self, event, error));
}

static gboolean
record_all (ReboundStore *self, gpointer data, GError **error)
{
  Recording *recording = data;
  guint n = 0;

  for (guint i = 0; i < recording->events->len; i++)
    {
      gboolean added = FALSE;

      if (!record_event (self, &g_array_index (recording->events, ReboundStoreEvent, i), &added,
                         error))
        return FALSE;
      n += added;
    }
  if (recording->n_recorded != NULL)
    *recording->n_recorded = n;
  recording->n_recorded = NULL; /* in a batch it may be done again when the caller has gone on */
  return TRUE;
}

/* What comes back to a warning or a probe. */
typedef struct
{
  const char *address;
  ReboundPath path;
} Supposing;

/* Keeps the failure of that member only; nothing of a warning where the policy does not ask whether
 * it came back. A site that has keys would have signed the return path. */
static void
suppose (const ReboundStore *self, Recording *recording, const Supposing *supposing,
         const ReboundTerms *terms)
{
  const gboolean is_ignored =
      supposing->path == REBOUND_PATH_WARNING && terms->warning_bounced == REBOUND_STEP_NONE;
  const gboolean has_keys =
      rebound_policy_knows_site (self->policy) && rebound_policy_site (self->policy)->keys != NULL;

  for (guint i = recording->events->len; i > 0; i--)
    {
      ReboundStoreEvent *event = &g_array_index (recording->events, ReboundStoreEvent, i - 1);
      g_autofree char *digest =
          g_strdup_printf ("supposed:%" G_GINT64_FORMAT ":%s", event->what.received, event->digest);

      event->digest = g_string_chunk_insert (recording->strings, digest);
      event->what.path = supposing->path;
      event->token = NULL;
      if (has_keys && event->what.grade != REBOUND_GRADE_D)
        event->what.grade = REBOUND_GRADE_A;
      if (is_ignored || event->what.type != REBOUND_EVENT_FAILURE
          || !g_str_equal (event->address, supposing->address))
        g_array_remove_index (recording->events, i - 1);
    }
}

/* What was signed for one list says nothing of another one, whatever the caller takes it for. */
static const char *
list_of (const ReboundReport *report, const char *given)
{
  const char *own = rebound_report_get_list (report);

  for (guint i = 0; i < report->recipients->len && own != NULL; i++)
    if (((const ReboundRecipient *) g_ptr_array_index (report->recipients, i))->token != NULL)
      return own;
  if (given != NULL)
    return given;
  return own != NULL ? own : "";
}

static gboolean
record (ReboundStore *self, const ReboundReport *report, const char *list, gint64 received,
        const Supposing *supposing, guint *n_recorded, GError **error)
{
  g_autofree char *name = NULL;
  Recording *recording;

  if (n_recorded != NULL)
    *n_recorded = 0;
  if (rebound_report_get_digest (report) == NULL)
    return rebound_store_fail (error, REBOUND_STORE_ERROR_INPUT,
                               _ ("a bare reply cannot be told from another one: record the report "
                                  "on a message"));
  name = rebound_store_name (list_of (report, list), error);
  if (name == NULL || !rebound_store_takes_time (received, error))
    return FALSE;
  recording = prepare (report, name, received, n_recorded);
  if (supposing != NULL)
    suppose (self, recording, supposing, rebound_policy_terms (self->policy, name));
  if (recording->events->len == 0)
    {
      recording_free (recording);
      return TRUE;
    }
  return rebound_store_transact_in_batch (self, name, record_all, recording, recording_free, error);
}

gboolean
rebound_store_record (ReboundStore *self, const ReboundReport *report, const char *list,
                      gint64 received, guint *n_recorded, GError **error)
{
  g_return_val_if_fail (self != NULL && report != NULL, FALSE);

  return record (self, report, list, received, NULL, n_recorded, error);
}

gboolean
rebound_store_suppose (ReboundStore *self, const ReboundReport *report, const char *list,
                       const char *address, ReboundPath path, gint64 received, GError **error)
{
  const Supposing supposing = { address, path };

  g_return_val_if_fail (self != NULL && report != NULL && address != NULL, FALSE);

  return record (self, report, list, received, &supposing, NULL, error);
}

/* ---- Out of the database ------------------------------------------------------------------ */

static const char *
text_of (const ReboundValue *value, GStringChunk *strings)
{
  if (value->type != REBOUND_VALUE_TEXT)
    return NULL;
  return strings != NULL ? g_string_chunk_insert (strings, value->text) : value->text;
}

void
rebound_store_read_event (const ReboundValue *row, GStringChunk *strings, ReboundStoreEvent *event)
{
  *event = (ReboundStoreEvent){
    .id = row[0].integer,
    .member = row[1].integer,
    .list_id = row[2].integer,
    .list = text_of (&row[3], strings),
    .address = text_of (&row[4], strings),
    .digest = text_of (&row[5], strings),
    .what = {
      .received = row[6].integer,
      .type = row[7].integer,
      .reason = row[8].integer,
      .ceiling = row[9].integer,
      .grade = row[10].integer,
      .path = row[11].integer,
      .held = row[15].type == REBOUND_VALUE_TEXT,
      .done = row[12].integer,
    },
    .bounce = row[13].integer,
    .unsubscribe = row[14].integer,
    .held = text_of (&row[15], strings),
    .reply = text_of (&row[16], strings),
    .status = text_of (&row[17], strings),
    .provider = text_of (&row[18], strings),
    .message_id = text_of (&row[19], strings),
    .token = text_of (&row[20], strings),
    .evidence = text_of (&row[21], strings),
  };
}

static gboolean
is_report (ReboundEventType type)
{
  return type != REBOUND_EVENT_CONFIRMATION && type != REBOUND_EVENT_DONE;
}

void
rebound_store_show_event (const ReboundStoreEvent *event, const char *digest, ReboundRecord *record)
{
  const gboolean of_report = is_report (event->what.type);

  *record = (ReboundRecord){
    .list = event->list,
    .address = event->address,
    .received = event->what.received,
    .type = rebound_event_type_to_string (event->what.type),
    .digest = digest,
    .reason = of_report ? rebound_reason_to_string (event->what.reason) : NULL,
    .reply = event->reply,
    .status = event->status,
    .bounce = of_report ? rebound_bounce_to_string (event->bounce) : NULL,
    .unsubscribe = of_report ? rebound_unsubscribe_to_string (event->unsubscribe) : NULL,
    .grade = rebound_grade_to_string (event->what.grade),
    .path = rebound_path_to_string (event->what.path),
    .provider = event->provider,
    .message_id = event->message_id,
    .held = event->held,
    .step = rebound_step_to_string (event->what.done),
    .evidence = event->evidence,
  };
}
