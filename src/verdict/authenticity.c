/* Rebound: how far a report can be trusted, since anyone can write one.
 *
 * What a site has signed and sent to one member alone comes back from where his mail goes, and from
 * nobody else. Everything else in a report can be written by anyone who knows the site.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "authenticity.h"

#include <string.h>

#include "evidence/address.h"
#include "evidence/trace.h"
#include "verp/verp.h"

#define SECONDS_OF_DAY 86400
#define MOST_CANDIDATES 100

struct _ReboundAuthenticity
{
  const ReboundPolicy *policy;
  const ReboundSite *site;
  ReboundKeys *keys; /* (nullable) */
  const ReboundEnvelope *envelope;
  ReboundEvidence *evidence;
  ReboundTrace trace;
  gint64 received; /* 0 where not known */
  /* the return path */
  ReboundVerp *verp;      /* (nullable): a signed one that holds */
  const char *problem;    /* (nullable): of one that does not */
  ReboundPlainPath plain; /* without a host: none */
  /* what is so of all recipients */
  GArray *common; /* of ReboundTrust */
  gboolean doubtful;
};

static void
note (GArray *trust, const char *what, gboolean against)
{
  ReboundTrust word = { what, against };

  g_array_append_val (trust, word);
}

/* ---- What is the site's own --------------------------------------------------------------- */

/* One of its domains, or below one. */
static gboolean
is_own_domain (const ReboundAuthenticity *self, const char *domain)
{
  for (char **own = self->site->domains; own != NULL && *own != NULL; own++)
    {
      gssize before = strlen (domain) - strlen (*own);

      if (before >= 0 && g_ascii_strcasecmp (domain + before, *own) == 0
          && (before == 0 || domain[before - 1] == '.'))
        return TRUE;
    }
  return FALSE;
}

/* Also of a Message-ID. */
static gboolean
is_own_address (const ReboundAuthenticity *self, const char *address)
{
  const char *at = address != NULL ? strrchr (address, '@') : NULL;

  return at != NULL && is_own_domain (self, at + 1);
}

static gboolean
is_own_list_id (const ReboundAuthenticity *self, const char *list_id)
{
  return list_id != NULL && is_own_domain (self, list_id);
}

/* A message that goes through a list keeps the Message-ID of who wrote it; a list of others has its
 * own List-Id. */
static gboolean
is_foreign (const ReboundAuthenticity *self)
{
  const ReboundEvidence *evidence = self->evidence;
  const ReboundOriginal *original = &evidence->original;

  if (original->list_id != NULL)
    return !is_own_list_id (self, original->list_id);
  return original->message_id != NULL && self->verp == NULL
         && !is_own_address (self, original->message_id) && !is_own_address (self, original->from)
         && !is_own_address (self, original->to) && !is_own_address (self, evidence->list_post)
         && !is_own_address (self, evidence->returned_path);
}

/* ---- The return path ---------------------------------------------------------------------- */

static ReboundVerp *
verify (const ReboundAuthenticity *self, const char *path, const char *const *candidates,
        GError **error)
{
  gint64 now = self->received > 0 ? self->received : G_MAXINT64 / 2;

  return rebound_verp_verify (self->keys, self->site->signed_path, path, candidates, G_MAXINT64,
                              now, error);
}

static void
add_candidate (GPtrArray *candidates, const char *address)
{
  if (address != NULL && candidates->len < MOST_CANDIDATES)
    g_ptr_array_add (candidates, (gpointer) address);
}

/* Whom the report names: one of them may be the member of a digest. */
static ReboundVerp *
verify_by_report (const ReboundAuthenticity *self, const char *path)
{
  const ReboundEvidence *evidence = self->evidence;
  g_autoptr (GPtrArray) candidates = g_ptr_array_new ();

  add_candidate (candidates, evidence->original.to);
  add_candidate (candidates, evidence->from);
  for (guint i = 0; i < evidence->recipients->len; i++)
    {
      add_candidate (candidates, rebound_evidence_recipient (evidence, i)->original_address);
      add_candidate (candidates, rebound_evidence_recipient (evidence, i)->address);
    }
  g_ptr_array_add (candidates, NULL);
  return verify (self, path, (const char *const *) candidates->pdata, NULL);
}

/* Behind a forwarding it does not name him. */
static ReboundVerp *
verify_by_caller (const ReboundAuthenticity *self, const char *path)
{
  g_autofree char *digest = rebound_verp_get_digest (path);
  g_autofree char *address = NULL;
  const char *candidates[] = { NULL, NULL };

  if (digest == NULL || self->envelope == NULL || self->envelope->find_path == NULL)
    return NULL;
  candidates[0] = address = self->envelope->find_path (digest, self->envelope->find_data);
  return verify (self, path, candidates, NULL);
}

static const char *
problem_of (const GError *error)
{
  switch (error->code)
    {
    case REBOUND_VERP_ERROR_FORGED:
      return "forged-token";
    case REBOUND_VERP_ERROR_EXPIRED:
      return "expired-token";
    case REBOUND_VERP_ERROR_LOOKUP:
      return "unknown-token";
    default:
      return NULL;
    }
}

static gboolean
is_expired (const ReboundAuthenticity *self, const ReboundVerp *verp)
{
  const ReboundTerms *terms = rebound_policy_terms (self->policy, verp->list);

  return self->received > 0
         && (self->received / SECONDS_OF_DAY - verp->day) * SECONDS_OF_DAY > terms->token_age;
}

/* Of several addresses that its own servers named, the first that holds. */
static void
read_signed (ReboundAuthenticity *self, const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ReboundVerp) verp = verify (self, path, NULL, &error);

  if (g_error_matches (error, REBOUND_VERP_ERROR, REBOUND_VERP_ERROR_LOOKUP))
    verp = verify_by_report (self, path);
  if (verp == NULL && g_error_matches (error, REBOUND_VERP_ERROR, REBOUND_VERP_ERROR_LOOKUP))
    verp = verify_by_caller (self, path);
  if (verp == NULL)
    self->problem = self->problem != NULL ? self->problem : problem_of (error);
  else if (is_expired (self, verp))
    self->problem = "expired-token";
  else
    self->verp = g_steal_pointer (&verp);
}

static void
read_plain (ReboundAuthenticity *self, const char *path)
{
  if (rebound_plain_path_read ((const char *const *) self->site->return_paths, path, &self->plain)
      && is_own_domain (self, self->plain.host))
    return;
  rebound_plain_path_clear (&self->plain);
}

/* To where the report really came; a complaint comes elsewhere, and quotes it. */
static GPtrArray *
find_paths (const ReboundAuthenticity *self)
{
  const ReboundEvidence *evidence = self->evidence;
  GPtrArray *paths = g_ptr_array_new ();

  if (self->envelope != NULL)
    add_candidate (paths, self->envelope->recipient);
  for (guint i = 0; i < self->trace.recipients->len; i++)
    add_candidate (paths, g_ptr_array_index (self->trace.recipients, i));
  if (evidence->feedback)
    {
      add_candidate (paths, evidence->mail_from);
      add_candidate (paths, evidence->returned_path);
    }
  return paths;
}

static void
read_paths (ReboundAuthenticity *self)
{
  g_autoptr (GPtrArray) paths = find_paths (self);

  for (guint i = 0; i < paths->len && self->keys != NULL && self->verp == NULL; i++)
    read_signed (self, g_ptr_array_index (paths, i));
  if (self->verp != NULL)
    self->problem = NULL;
  for (guint i = 0;
       i < paths->len && self->verp == NULL && self->problem == NULL && self->plain.host == NULL;
       i++)
    read_plain (self, g_ptr_array_index (paths, i));
}

/* %NULL where no path tells. */
static const char *
member_of (const ReboundAuthenticity *self)
{
  return self->verp != NULL ? self->verp->address : self->plain.address;
}

ReboundAuthenticity *
rebound_authenticity_new (const ReboundPolicy *policy, ReboundKeys *keys, GBytes *message,
                          const ReboundEnvelope *envelope, ReboundEvidence *evidence)
{
  ReboundAuthenticity *self = g_new0 (ReboundAuthenticity, 1);
  gsize most = evidence->limits->header_bytes;

  self->policy = policy;
  self->site = rebound_policy_site (policy);
  self->keys = self->site->signed_path != NULL ? keys : NULL;
  self->envelope = envelope;
  self->evidence = evidence;
  self->common = g_array_new (FALSE, FALSE, sizeof (ReboundTrust));
  rebound_trace_read (message, most, (const char *const *) self->site->hosts, &self->trace);
  self->received = envelope != NULL && envelope->received > 0 ? envelope->received
                                                             : rebound_read_received (message);
  read_paths (self);
  if (member_of (self) != NULL)
    evidence->verp = g_string_chunk_insert (evidence->strings, member_of (self));
  return self;
}

void
rebound_authenticity_free (ReboundAuthenticity *self)
{
  rebound_trace_clear (&self->trace);
  g_clear_pointer (&self->verp, rebound_verp_free);
  rebound_plain_path_clear (&self->plain);
  g_array_unref (self->common);
  g_free (self);
}

/* ---- The list ----------------------------------------------------------------------------- */

/* "news.lists.example.org" → news@lists.example.org, where that is a domain of the site. */
static char *
list_of_id (const ReboundAuthenticity *self, const char *list_id)
{
  const char *dot = list_id != NULL ? strchr (list_id, '.') : NULL;
  g_autofree char *address = NULL;

  if (dot == NULL || dot == list_id || !is_own_domain (self, dot + 1))
    return NULL;
  address = g_strdup_printf ("%.*s@%s", (int) (dot - list_id), list_id, dot + 1);
  return g_ascii_strdown (address, -1);
}

/* What a report says of other people's lists is of no use. */
char *
rebound_authenticity_find_list (const ReboundAuthenticity *self)
{
  const ReboundEvidence *evidence = self->evidence;
  char *list = NULL;

  if (self->verp != NULL)
    return g_strdup (self->verp->list);
  if (self->plain.list != NULL)
    return g_strdup (self->plain.list);
  if (is_own_address (self, evidence->list_post))
    return g_ascii_strdown (evidence->list_post, -1);
  list = list_of_id (self, evidence->original.list_id);
  if (list == NULL && evidence->original_to_is_list && is_own_address (self, evidence->original.to))
    list = g_ascii_strdown (evidence->original.to, -1);
  return list != NULL ? list : g_strdup ("");
}

/* ---- The grade ---------------------------------------------------------------------------- */

static void
doubt (ReboundAuthenticity *self, const char *what)
{
  note (self->common, what, TRUE);
  self->doubtful = TRUE;
}

static gboolean
is_about_delivery (ReboundKind kind)
{
  return kind == REBOUND_KIND_BOUNCE || kind == REBOUND_KIND_DELAY
         || kind == REBOUND_KIND_DELIVERED;
}

/* RFC 5321 section 4.5.5, RFC 3834 section 3.3. A sending service's notice for machines is no report
 * of a mail server. */
static void
weigh_sender (ReboundAuthenticity *self, ReboundKind kind)
{
  const char *sender = self->envelope != NULL && self->envelope->sender != NULL
                           ? self->envelope->sender
                           : self->trace.sender;

  if (sender != NULL && *sender == '\0')
    note (self->common, "null-sender", FALSE);
  else if (sender != NULL && self->verp == NULL && is_about_delivery (kind)
           && !self->evidence->notice)
    doubt (self, "sender");
}

static void
weigh_report (ReboundAuthenticity *self, ReboundKind kind)
{
  const ReboundOriginal *original = &self->evidence->original;

  if (self->problem != NULL)
    doubt (self, self->problem);
  if (self->verp != NULL && self->received == 0)
    note (self->common, "undated", TRUE);
  weigh_sender (self, kind);
  if (is_own_address (self, original->message_id))
    note (self->common, "own-message-id", FALSE);
  if (is_own_list_id (self, original->list_id))
    note (self->common, "own-list-id", FALSE);
  if (is_foreign (self))
    doubt (self, "foreign-message");
  if (self->trace.failed)
    doubt (self, "authentication");
}

static gboolean
has_word (const ReboundAuthenticity *self, const char *what)
{
  for (guint i = 0; i < self->common->len; i++)
    if (strcmp (g_array_index (self->common, ReboundTrust, i).what, what) == 0)
      return TRUE;
  return FALSE;
}

/* The failing address, the one that it was first sent to, or to whom the returned message went. */
static gboolean
agrees (const ReboundAuthenticity *self, const ReboundRecipient *to, gboolean alone)
{
  const char *member = member_of (self);

  return rebound_address_equal (member, to->address)
         || rebound_address_equal (member, to->original_address)
         || (alone
             && (to->address == NULL
                 || rebound_address_equal (member, self->evidence->original.to)));
}

/* A forwarding bounces for another address than the member's; a second recipient does not. */
static ReboundGrade
grade_by_path (const ReboundAuthenticity *self, gboolean same, gboolean alone)
{
  if (self->doubtful || (member_of (self) != NULL && !same && !alone))
    return REBOUND_GRADE_D;
  if (self->verp != NULL)
    return same && self->received > 0 ? REBOUND_GRADE_A : REBOUND_GRADE_B;
  return same && has_word (self, "null-sender")
                 && (has_word (self, "own-message-id") || has_word (self, "own-list-id"))
             ? REBOUND_GRADE_B
             : REBOUND_GRADE_C;
}

/* What the path tells of the only recipient, or of the one whom it names. */
static void
claim (const ReboundAuthenticity *self, ReboundRecipient *to)
{
  to->path = self->verp != NULL ? self->verp->path : self->plain.path;
  if (member_of (self) == NULL)
    return;
  to->subscriber = self->evidence->verp;
  to->subscriber_from = REBOUND_SUBSCRIBER_FROM_VERP;
  if (self->verp != NULL && to->grade != REBOUND_GRADE_D)
    to->token = g_string_chunk_insert_const (self->evidence->strings, self->verp->token);
}

static void
grade_recipient (const ReboundAuthenticity *self, ReboundRecipient *to, gboolean alone)
{
  gboolean same = member_of (self) != NULL && agrees (self, to, alone);

  to->trust = g_array_new (FALSE, FALSE, sizeof (ReboundTrust));
  if (self->verp != NULL || self->plain.host != NULL)
    note (to->trust, self->verp != NULL ? "signed-path" : "plain-path", FALSE);
  if (member_of (self) != NULL)
    note (to->trust, same ? "recipient" : "other-recipient", !same);
  g_array_append_vals (to->trust, self->common->data, self->common->len);
  to->grade = grade_by_path (self, same, alone);
  if (same || alone)
    claim (self, to);
}

void
rebound_authenticity_grade (ReboundAuthenticity *self, ReboundReport *report)
{
  gboolean alone = report->recipients->len == 1;

  weigh_report (self, report->kind);
  for (guint i = 0; i < report->recipients->len; i++)
    grade_recipient (self, g_ptr_array_index (report->recipients, i), alone);
}
