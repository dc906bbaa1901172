/* Rebound: what happened to the members of lists before, and what is to be done about it.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(REBOUND_INSIDE) && !defined(REBOUND_COMPILATION)
#error "Only <rebound.h> can be included directly."
#endif

#include "rebound-policy.h"
#include "rebound-report.h"

G_BEGIN_DECLS

/**
 * ReboundStore:
 *
 * The history of all members of all lists, in SQLite or PostgreSQL. One thread at a time may use
 * it; other threads, processes and, with PostgreSQL, hosts have their own on the same database.
 * Times are seconds since 1970, and given by the caller. Functions that return %FALSE have changed
 * nothing, unless they say otherwise.
 *
 * Since: 0.1
 */
typedef struct _ReboundStore ReboundStore;

#define REBOUND_STORE_ERROR (rebound_store_error_quark ())
REBOUND_API GQuark rebound_store_error_quark (void);

/**
 * ReboundStoreError:
 * @REBOUND_STORE_ERROR_URL: that is no URL of a store
 * @REBOUND_STORE_ERROR_MODULE: the module of the database is not installed
 * @REBOUND_STORE_ERROR_UNAVAILABLE: the database cannot be reached, written or is locked; it may be
 *   so later
 * @REBOUND_STORE_ERROR_VERSION: the store was made by a newer Rebound, or by an older one and has to
 *   be migrated
 * @REBOUND_STORE_ERROR_CORRUPT: what the database has is not what a store has
 * @REBOUND_STORE_ERROR_NOT_FOUND: there is no such step, member or list
 * @REBOUND_STORE_ERROR_INPUT: what is to be imported, or a value that was given, is wrong
 *
 * Since: 0.1
 */
typedef enum
{
  REBOUND_STORE_ERROR_URL,
  REBOUND_STORE_ERROR_MODULE,
  REBOUND_STORE_ERROR_UNAVAILABLE,
  REBOUND_STORE_ERROR_VERSION,
  REBOUND_STORE_ERROR_CORRUPT,
  REBOUND_STORE_ERROR_NOT_FOUND,
  REBOUND_STORE_ERROR_INPUT,
} ReboundStoreError;

/**
 * rebound_store_open:
 * @url: "sqlite:PATH", "sqlite::memory:", or a URI of libpq, "postgresql://…"
 * @policy: what is to be done when
 * @error: return location for a #ReboundStoreError
 *
 * A store that is not there yet is made.
 *
 * Returns: (transfer full): the store, or %NULL with @error set
 * Since: 0.1
 */
REBOUND_API ReboundStore *rebound_store_open (const char *url, ReboundPolicy *policy,
                                              GError **error);

/**
 * rebound_store_open_existing:
 * @url: as for rebound_store_open()
 * @policy: what is to be done when
 * @error: return location for a #ReboundStoreError, %REBOUND_STORE_ERROR_NOT_FOUND where the database
 *   has no store
 *
 * Makes none: for who asks what is known, so that a mistake in the URL is no empty store.
 *
 * Returns: (transfer full): the store, or %NULL with @error set
 * Since: 0.1
 */
REBOUND_API ReboundStore *rebound_store_open_existing (const char *url, ReboundPolicy *policy,
                                                       GError **error);

REBOUND_API void rebound_store_free (ReboundStore *self);

/**
 * rebound_store_begin:
 * @self: a store
 * @error: return location for a #ReboundStoreError
 *
 * What is done until rebound_store_commit() becomes durable together, and much faster. Without it
 * each call is durable when it returns. Where one fails that was given nothing wrong (that is, not
 * with %REBOUND_STORE_ERROR_INPUT or %REBOUND_STORE_ERROR_NOT_FOUND), nothing of the whole is kept,
 * and all further ones fail until rebound_store_rollback() or rebound_store_commit().
 *
 * Returns: %FALSE with @error set where it failed
 * Since: 0.1
 */
REBOUND_API gboolean rebound_store_begin (ReboundStore *self, GError **error);
REBOUND_API gboolean rebound_store_commit (ReboundStore *self, GError **error);
REBOUND_API void rebound_store_rollback (ReboundStore *self);

/**
 * rebound_store_record:
 * @self: a store
 * @report: what a message says
 * @list: (nullable): the list, where the caller knows it; otherwise that of the return path or of
 *   the returned message; that of a signed return path always
 * @received: when the message arrived
 * @n_recorded: (out) (optional): how many events were not known before
 * @error: return location for a #ReboundStoreError
 *
 * Keeps an event for each recipient who may be a member, and decides what follows. The same message
 * again changes nothing. A member is judged by his newest 1000 events and by all that the list
 * manager has done and was confirmed.
 *
 * Returns: %FALSE with @error set where it could not be kept
 * Since: 0.1
 */
REBOUND_API gboolean rebound_store_record (ReboundStore *self, const ReboundReport *report,
                                           const char *list, gint64 received, guint *n_recorded,
                                           GError **error);

/**
 * rebound_store_suppose:
 * @self: a store
 * @report: what a message says
 * @list: (nullable): as for rebound_store_record()
 * @address: of a member, in lower case
 * @path: %REBOUND_PATH_WARNING or %REBOUND_PATH_PROBE
 * @received: when it would have arrived
 * @error: return location for a #ReboundStoreError
 *
 * Records the failure of that member as if it had come back to a warning or a probe, which nobody
 * has sent: to see, in a store of its own, what a policy would have done. The message itself can
 * still be recorded.
 *
 * Returns: %FALSE with @error set where it could not be kept
 * Since: 0.1
 */
REBOUND_API gboolean rebound_store_suppose (ReboundStore *self, const ReboundReport *report,
                                            const char *list, const char *address, ReboundPath path,
                                            gint64 received, GError **error);

/**
 * ReboundMember:
 * @list: the address of the list, "" where it is not known
 * @address: in lower case
 * @standing: where he stands
 * @score: of the failures that count
 * @first: the first of these, 0 for none
 * @last: the last of these
 * @step: what comes next, %REBOUND_STEP_NONE for nothing
 * @due: when
 *
 * A member of a list, of whom something is known.
 *
 * Since: 0.1
 */
typedef struct
{
  const char *list;
  const char *address;
  ReboundStanding standing;
  double score;
  gint64 first;
  gint64 last;
  ReboundStep step;
  gint64 due;
} ReboundMember;

/**
 * rebound_member_to_json:
 * @self: a member
 *
 * Returns: (transfer full): it in the form of rebound-json(5), one JSON object on one line, without
 *   a line end
 * Since: 0.1
 */
REBOUND_API char *rebound_member_to_json (const ReboundMember *self);

/* Each returns %FALSE to end. What it is given lives until it returns. */
typedef gboolean (*ReboundMemberFunc) (const ReboundMember *member, gpointer data);

/**
 * rebound_store_members:
 * @self: a store
 * @list: (nullable): of this list only
 * @address: (nullable): with this address only
 * @now: the time
 * @each: called for each, by list and address
 * @data: for @each
 * @error: return location for a #ReboundStoreError
 *
 * Returns: %FALSE with @error set where it failed
 * Since: 0.1
 */
REBOUND_API gboolean rebound_store_members (ReboundStore *self, const char *list,
                                            const char *address, gint64 now,
                                            ReboundMemberFunc each, gpointer data, GError **error);

/**
 * ReboundRecord:
 * @list: the address of the list
 * @address: of the member
 * @received: when it arrived
 * @type: "failure", "delivery", "auto-reply", "complaint", "request", "notice", "confirmation" or
 *   "done"
 * @digest: of the message
 * @reason: (nullable): why; %NULL of what is no report
 * @reply: (nullable): the three digits
 * @status: (nullable): the enhanced status code
 * @bounce: (nullable): hard or soft, as it was judged when it came
 * @unsubscribe: (nullable): the same
 * @grade: (nullable): "A" to "D"
 * @path: (nullable): what bounced
 * @provider: (nullable): who refused
 * @message_id: (nullable): of the message that was returned
 * @held: (nullable): why it counts nothing: the storm, by its step's ID, or "token"
 * @step: (nullable): of "done": what was done
 * @evidence: (nullable): the facts behind it, a JSON array
 *
 * An event in the history of a member.
 *
 * Since: 0.1
 */
typedef struct
{
  const char *list;
  const char *address;
  gint64 received;
  const char *type;
  const char *digest;
  const char *reason;
  const char *reply;
  const char *status;
  const char *bounce;
  const char *unsubscribe;
  const char *grade;
  const char *path;
  const char *provider;
  const char *message_id;
  const char *held;
  const char *step;
  const char *evidence;
} ReboundRecord;

/**
 * rebound_record_to_json:
 * @self: a record
 *
 * Returns: (transfer full): it in the form of rebound-json(5), one JSON object on one line, without
 *   a line end
 * Since: 0.1
 */
REBOUND_API char *rebound_record_to_json (const ReboundRecord *self);

typedef gboolean (*ReboundRecordFunc) (const ReboundRecord *record, gpointer data);

/**
 * rebound_store_history:
 * @self: a store
 * @list: (nullable): of this list only
 * @address: the address of the member
 * @each: called for each event, the oldest first
 * @data: for @each
 * @error: return location for a #ReboundStoreError
 *
 * Returns: %FALSE with @error set where it failed
 * Since: 0.1
 */
REBOUND_API gboolean rebound_store_history (ReboundStore *self, const char *list,
                                            const char *address, ReboundRecordFunc each,
                                            gpointer data, GError **error);

/**
 * rebound_store_reset:
 * @self: a store
 * @list: (nullable): on this list only
 * @address: the address of the member
 * @now: the time
 * @error: return location for a #ReboundStoreError, %REBOUND_STORE_ERROR_NOT_FOUND where nothing is
 *   known of him
 *
 * He, or the owner for him, has confirmed that the address is alive: what was counted is forgotten,
 * and a member who was suspended is to be resumed.
 *
 * Returns: %FALSE with @error set where it failed
 * Since: 0.1
 */
REBOUND_API gboolean rebound_store_reset (ReboundStore *self, const char *list, const char *address,
                                          gint64 now, GError **error);

/**
 * rebound_store_forget:
 * @self: a store
 * @list: (nullable): on this list only
 * @address: the address of the member
 * @error: return location for a #ReboundStoreError, %REBOUND_STORE_ERROR_NOT_FOUND where nothing is
 *   known of him
 *
 * Erases all that is known of him. SQLite writes the file anew for it, with a batch once at its end;
 * PostgreSQL has to be told, see rebound-store(5).
 *
 * Returns: %FALSE with @error set where it failed; where it failed after the rows were deleted, as on
 *   a full disk, they stay so
 * Since: 0.1
 */
REBOUND_API gboolean rebound_store_forget (ReboundStore *self, const char *list,
                                           const char *address, GError **error);

/**
 * ReboundDue:
 * @id: by which it is acknowledged
 * @step: what is to be done
 * @list: the address of the list
 * @address: (nullable): of the member; %NULL of a storm
 * @due: since when
 * @reason: (nullable): why; of a storm, the one that there is most of
 * @standing: where the member stands
 * @score: of the member
 * @nth: of the warnings or probes, from 1
 * @of: so many
 * @storm: (nullable): of %REBOUND_STEP_OWNER: "message", "reason", "provider", "share", or "doubt"
 *   for reports that look forged
 * @key: (nullable): the Message-ID, the reason or the provider
 * @provider: (nullable): of a storm, where there is most of it
 * @members: how many members it has hit
 * @held: how many events are held
 *
 * A step that the list manager is to do.
 *
 * Since: 0.1
 */
typedef struct
{
  const char *id;
  ReboundStep step;
  const char *list;
  const char *address;
  gint64 due;
  const char *reason;
  ReboundStanding standing;
  double score;
  guint nth;
  guint of;
  const char *storm;
  const char *key;
  const char *provider;
  guint members;
  guint held;
} ReboundDue;

/**
 * rebound_due_to_json:
 * @self: a step that is due
 *
 * Returns: (transfer full): it in the form of rebound-json(5), one JSON object on one line, without
 *   a line end
 * Since: 0.1
 */
REBOUND_API char *rebound_due_to_json (const ReboundDue *self);

typedef gboolean (*ReboundDueFunc) (const ReboundDue *due, gpointer data);

/**
 * rebound_store_due:
 * @self: a store
 * @list: (nullable): of this list only
 * @now: the time
 * @each: called for each step that is due and was not acknowledged, the oldest first
 * @data: for @each
 * @error: return location for a #ReboundStoreError
 *
 * Members who were judged by another policy than that of @self are judged anew first.
 *
 * Returns: %FALSE with @error set where it failed
 * Since: 0.1
 */
REBOUND_API gboolean rebound_store_due (ReboundStore *self, const char *list, gint64 now,
                                        ReboundDueFunc each, gpointer data, GError **error);

/**
 * rebound_store_claim:
 * @self: a store
 * @id: of a step that is due
 * @now: the time
 * @lease: for how many seconds nobody else gets it
 * @claimed: (out): whether it is the caller's
 * @error: return location for a #ReboundStoreError
 *
 * Before a step is done by a program, so that two that run at once do not both do it.
 *
 * Returns: %FALSE with @error set where it failed
 * Since: 0.1
 */
REBOUND_API gboolean rebound_store_claim (ReboundStore *self, const char *id, gint64 now,
                                          gint64 lease, gboolean *claimed, GError **error);

/**
 * ReboundHeld:
 * @REBOUND_HELD_KEEP: it stays held
 * @REBOUND_HELD_RELEASE: it counts
 * @REBOUND_HELD_DISCARD: it counts nothing, and the storm is over
 *
 * What becomes of what a storm has held.
 *
 * Since: 0.1
 */
typedef enum
{
  REBOUND_HELD_KEEP,
  REBOUND_HELD_RELEASE,
  REBOUND_HELD_DISCARD,
} ReboundHeld;

/**
 * rebound_store_acknowledge:
 * @self: a store
 * @id: of a step
 * @held: of a storm, what becomes of it; otherwise %REBOUND_HELD_KEEP
 * @now: the time
 * @error: return location for a #ReboundStoreError, %REBOUND_STORE_ERROR_NOT_FOUND where there never
 *   was such a step, %REBOUND_STORE_ERROR_INPUT where @held is for a storm and it is none
 *
 * The step is done: it is not handed out again, and what follows is decided. Twice is as once. A
 * step that has been withdrawn since it was handed out is taken too: what it did is undone by the
 * next one.
 *
 * Returns: %FALSE with @error set where it failed
 * Since: 0.1
 */
REBOUND_API gboolean rebound_store_acknowledge (ReboundStore *self, const char *id,
                                                ReboundHeld held, gint64 now, GError **error);

/**
 * rebound_store_note_sent:
 * @self: a store
 * @list: the address of the list
 * @message_id: of a message, without angle brackets
 * @count: to how many members it was sent
 * @now: the time
 * @error: return location for a #ReboundStoreError
 *
 * Returns: %FALSE with @error set where it failed
 * Since: 0.1
 */
REBOUND_API gboolean rebound_store_note_sent (ReboundStore *self, const char *list,
                                              const char *message_id, guint count, gint64 now,
                                              GError **error);

/**
 * rebound_store_note_path:
 * @self: a store
 * @digest: what stands in a signed return path instead of a long address
 * @address: the address
 * @now: the time
 * @error: return location for a #ReboundStoreError
 *
 * Returns: %FALSE with @error set where it failed
 * Since: 0.1
 */
REBOUND_API gboolean rebound_store_note_path (ReboundStore *self, const char *digest,
                                              const char *address, gint64 now, GError **error);

/**
 * rebound_store_find_path:
 * @self: a store
 * @digest: as for rebound_store_note_path()
 *
 * Returns: (transfer full) (nullable): the address that was noted for it
 * Since: 0.1
 */
REBOUND_API char *rebound_store_find_path (ReboundStore *self, const char *digest);

/**
 * rebound_store_check:
 * @self: a store
 * @now: the time
 * @problem: called with each thing that is wrong, for a person
 * @data: for @problem
 * @error: return location for a #ReboundStoreError
 *
 * Whether the database is whole, and what was decided is what follows from the events.
 *
 * Returns: %FALSE with @error set where it could not be checked
 * Since: 0.1
 */
REBOUND_API gboolean rebound_store_check (ReboundStore *self, gint64 now,
                                          void (*problem) (const char *what, gpointer data),
                                          gpointer data, GError **error);

/**
 * rebound_store_migrate:
 * @url: as for rebound_store_open()
 * @from: (out) (optional): the version that it had
 * @to: (out) (optional): the version that it has now
 * @error: return location for a #ReboundStoreError
 *
 * Returns: %FALSE with @error set where it failed
 * Since: 0.1
 */
REBOUND_API gboolean rebound_store_migrate (const char *url, guint *from, guint *to,
                                            GError **error);

/**
 * rebound_store_expire:
 * @self: a store
 * @before: a time
 * @now: the time
 * @n_expired: (out) (optional): how many events
 * @error: return location for a #ReboundStoreError
 *
 * Erases the events that arrived before, unless one is behind where a member stands now; and of
 * members of whom nothing is left, the rest.
 *
 * Returns: %FALSE with @error set where it failed; what had expired until then stays so
 * Since: 0.1
 */
REBOUND_API gboolean rebound_store_expire (ReboundStore *self, gint64 before, gint64 now,
                                           guint *n_expired, GError **error);

/**
 * rebound_store_export:
 * @self: a store
 * @line: called with each object, a line of JSON; returns %FALSE to end. It cannot use @self.
 * @data: for @line
 * @error: return location for a #ReboundStoreError
 *
 * Returns: %FALSE with @error set where it failed
 * Since: 0.1
 */
REBOUND_API gboolean rebound_store_export (ReboundStore *self,
                                           gboolean (*line) (const char *json, gpointer data),
                                           gpointer data, GError **error);

/**
 * rebound_store_import:
 * @self: a store
 * @json: a line that rebound_store_export() gave
 * @added: (out) (optional): whether it was not there yet
 * @error: return location for a #ReboundStoreError, %REBOUND_STORE_ERROR_INPUT where the line is wrong;
 *   its message says why
 *
 * Returns: %FALSE with @error set where it failed
 * Since: 0.1
 */
REBOUND_API gboolean rebound_store_import (ReboundStore *self, const char *json, gboolean *added,
                                           GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ReboundStore, rebound_store_free)

G_END_DECLS
