/* Rebound: the inside of the store.
 *
 * Each function that runs SQL and returns a gboolean returns %FALSE with @error set where it
 * failed; the transaction is then given up.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "history/database.h"
#include "history/engine.h"
#include "policy/policy.h"
#include "report/report.h"

G_BEGIN_DECLS

/* A member is judged by so many events at most, the newest ones, beside what the list manager has
 * done and what was confirmed: nobody makes a decision slow by writing much. */
#define REBOUND_STORE_MOST_EVENTS 1000

/* Bytes of a list or an address; RFC 5321 section 4.5.3.1 allows 320, and lines of 998. */
#define REBOUND_STORE_LONGEST_NAME 998
/* Bytes of what else others have written, as a Message-ID; the rest is cut off. */
#define REBOUND_STORE_LONGEST_TEXT 250
/* Digits of the digest of a policy by which a member tells who has judged him. */
#define REBOUND_STORE_JUDGE_LENGTH 16
/* Digits of the ID of a step. */
#define REBOUND_STORE_STEP_LENGTH 16

/* The last second of the year 9999: what later is has no form in RFC 3339. */
#define REBOUND_STORE_LATEST G_GINT64_CONSTANT (253402300799)

/* What is waited for and done together until rebound_store_commit(). */
typedef struct _ReboundStoreBatch ReboundStoreBatch;

struct _ReboundStore
{
  ReboundDatabase *database;
  ReboundPolicy *policy; /* %NULL while it is migrated */
  char *judge;           /* short for the policy, as members have it who were judged by it */
  gboolean in_transaction;
  GHashTable *locked; /* the lists that the transaction has locked → the numbers of their rows */
  gboolean has_forgotten; /* somebody, and what is left of him is still to be cleared */
  ReboundStoreBatch *batch; /* %NULL where each call is durable by itself */
};

/* ---- store.c ------------------------------------------------------------------------------ */

gboolean rebound_store_fail (GError **error, ReboundStoreError code, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

/* Whether it is UTF-8: nothing else is kept, or said in an error. */
gboolean rebound_store_is_text (const char *text, GError **error);

/* A list or an address as it is kept: in lower case, of ASCII only, for what another script has in
 * lower case may be another's address. %NULL with @error set where it can be none. */
char *rebound_store_name (const char *name, GError **error);

/* Another text as it is kept: the beginning of it, where it is long. */
char *rebound_store_text (const char *text, GError **error);

/* Whether it is a time that can be kept. */
gboolean rebound_store_takes_time (gint64 time, GError **error);

/* Does not know the store's tables, so does for a migration too. */
ReboundDatabase *rebound_store_open_database (const char *url, GError **error);

/* The parameters of a statement: VALUES (rebound_int (1), rebound_text ("two")). */
#define VALUES(...)                                                                                \
  ((const ReboundValue[]){ __VA_ARGS__ }), G_N_ELEMENTS (((const ReboundValue[]){ __VA_ARGS__ }))

static inline ReboundValue
rebound_int (gint64 integer)
{
  return (ReboundValue){ .type = REBOUND_VALUE_INT, .integer = integer };
}

static inline ReboundValue
rebound_real (double real)
{
  return (ReboundValue){ .type = REBOUND_VALUE_REAL, .real = real };
}

static inline ReboundValue
rebound_text (const char *text)
{
  return (ReboundValue){ .type = text != NULL ? REBOUND_VALUE_TEXT : REBOUND_VALUE_NULL,
                         .text = text };
}

gboolean rebound_store_run (ReboundStore *self, const char *sql, const ReboundValue *values,
                            guint n_values, guint *n_changed, GError **error);
gboolean rebound_store_query (ReboundStore *self, const char *sql, const ReboundValue *values,
                              guint n_values, ReboundRowFunc row, gpointer data, GError **error);
/* The first column of the first row, which is a number; @value stays as it is where there is none.
 */
gboolean rebound_store_ask (ReboundStore *self, const char *sql, const ReboundValue *values,
                            guint n_values, gint64 *value, GError **error);

/* What is done in a transaction. It may be done again, when the first was given up for another's
 * sake, so it sets all that it gives out. */
typedef gboolean (*ReboundStoreWork) (ReboundStore *self, gpointer data, GError **error);

/* @lock: the list whose members it is about; see ReboundDatabaseClass */
gboolean rebound_store_transact (ReboundStore *self, const char *lock, ReboundStoreWork work,
                                 gpointer data, GError **error);
/* All that is read is as it was at one moment; nothing may be written. */
gboolean rebound_store_read (ReboundStore *self, ReboundStoreWork work, gpointer data,
                             GError **error);
/* The first again, of what has to be done anew with the batch it belongs to; takes @data. */
gboolean rebound_store_transact_in_batch (ReboundStore *self, const char *lock,
                                          ReboundStoreWork work, gpointer data,
                                          GDestroyNotify destroy, GError **error);

/* After somebody was forgotten; see rebound_schema_clear(). */
gboolean rebound_store_clear (ReboundStore *self, GError **error);

/* ---- schema.c ----------------------------------------------------------------------------- */

/* Makes the tables where there are none; fails where they are of another version. */
gboolean rebound_schema_open (ReboundStore *self, gboolean create, GError **error);
/* Brings the tables to a version; @from: (out): which they had, 0 where there were none. */
gboolean rebound_schema_migrate (ReboundStore *self, guint to, guint *from, GError **error);
guint rebound_schema_newest (void);

/* After somebody was erased: nothing of him stays in what the database has beside its rows. It takes
 * as long as to write the whole anew. */
gboolean rebound_schema_clear (ReboundStore *self, GError **error);

/* The row of a list, which is locked until the end of the transaction; one that is not there is
 * made. */
gboolean rebound_store_lock_list (ReboundStore *self, const char *list, gint64 *id, GError **error);

/* ---- judge.c ------------------------------------------------------------------------------ */

typedef struct
{
  gint64 id;
  gint64 list_id;
  char *list;
  char *address;
} ReboundStoreMember;

void rebound_store_member_clear (ReboundStoreMember *member);
/* Of an ID; @member->id is 0 where there is none. */
gboolean rebound_store_member_load (ReboundStore *self, gint64 id, ReboundStoreMember *member,
                                    GError **error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ReboundStoreMember, rebound_store_member_clear)

/* The step that a decision leads to. */
char *rebound_store_step_id (const char *list, const char *address, ReboundStep step, gint64 since,
                             guint nth);

/* Of ReboundEvent, the oldest first. */
gboolean rebound_store_load_events (ReboundStore *self, gint64 member, GArray *events,
                                    GError **error);

/* Where he stands, and what is next. Nothing is changed. */
gboolean rebound_store_decide (ReboundStore *self, const ReboundStoreMember *member, gint64 now,
                               ReboundDecision *decision, GError **error);
/* The same, and it is kept; @decision: (out) (optional). The list has to be locked. */
gboolean rebound_store_judge (ReboundStore *self, const ReboundStoreMember *member, gint64 now,
                              ReboundDecision *decision, GError **error);

/* All that there is of him; what is done for each of several takes @now too. The list has to be
 * locked. */
gboolean rebound_store_erase (ReboundStore *self, const ReboundStoreMember *member, gint64 now,
                              GError **error);

/* Of a step. */
typedef enum
{
  REBOUND_STORE_PENDING,
  REBOUND_STORE_DONE,
  REBOUND_STORE_WITHDRAWN,
} ReboundStoreState;

/* ---- record.c ----------------------------------------------------------------------------- */

/* An event with all that is kept of it. */
typedef struct
{
  gint64 id; /* set when it is added, as are the next two */
  gint64 member;
  gint64 list_id;
  const char *list;
  const char *address;
  const char *digest;
  ReboundEvent what;
  ReboundBounce bounce; /* as it was judged when it came */
  ReboundUnsubscribe unsubscribe;
  const char *held; /* (nullable): a storm's ID or "token" */
  const char *reply;
  const char *status;
  const char *provider;
  const char *message_id;
  const char *token;
  const char *evidence;
} ReboundStoreEvent;

/* Adds an event whose list is locked to its member, who may be new. @added: whether it was not
 * there yet. He is not judged. */
gboolean rebound_store_add_event (ReboundStore *self, ReboundStoreEvent *event, gboolean *added,
                                  GError **error);

/* Sets @event->member, to 0 where there is none. */
gboolean rebound_store_find_member (ReboundStore *self, ReboundStoreEvent *event, GError **error);

/* The columns of an event that rebound_store_read_event() takes, as `e`, `m` and `l`. */
#define REBOUND_STORE_EVENT_COLUMNS                                                                \
  "e.id, e.member, m.list, l.address, m.address, e.digest, e.received, e.type, e.reason, "         \
  "e.ceiling, e.grade, e.path, e.done, e.bounce, e.unsubscribe, e.held, e.reply, e.status, "       \
  "e.provider, e.message_id, e.token, e.evidence"

/* The strings are those of the row, or in @strings where that is not %NULL. */
void rebound_store_read_event (const ReboundValue *row, GStringChunk *strings,
                               ReboundStoreEvent *event);

const char *rebound_event_type_to_string (ReboundEventType type);

/* What the caller is given; @digest: its digest, unpacked. */
void rebound_store_show_event (const ReboundStoreEvent *event, const char *digest,
                               ReboundRecord *record);

/* ---- store-json.c ------------------------------------------------------------------------- */

/* In the form of RFC 3339; null where it is 0, which is none. */
void rebound_json_put_time (GString *out, const char *name, gint64 seconds);

/* The members of the object of rebound_record_to_json(). */
void rebound_record_put_json (GString *out, const ReboundRecord *record);

/* ---- record.c, further -------------------------------------------------------------------- */

/* "sha256:" and hexadecimal digits are kept as base64, which is two thirds of it. */
char *rebound_store_pack_digest (const char *digest);
char *rebound_store_unpack_digest (const char *packed);

/* ---- storm.c ------------------------------------------------------------------------------ */

/* Called for each event that was added, before its member is judged. It may hold it, by
 * @event->what.held and @event->held, and those of others, whom it judges anew. */
gboolean rebound_storm_guard (ReboundStore *self, ReboundStoreEvent *event, GError **error);
/* Of the step of a storm, also when it was acknowledged before. */
gboolean rebound_storm_acknowledge (ReboundStore *self, const char *id, ReboundHeld held,
                                    gint64 now, GError **error);
/* Erases what it has of a member. */
gboolean rebound_storm_forget (ReboundStore *self, gint64 member, GError **error);
/* Erases storms that were over before, and tallies. */
gboolean rebound_storm_expire (ReboundStore *self, gint64 before, GError **error);

G_END_DECLS
