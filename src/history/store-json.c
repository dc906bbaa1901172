/* Rebound: what a store knows, as JSON (rebound-json(5)).
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "history/store-private.h"
#include "report/json.h"

/* Null where it is 0, which is none. */
void
rebound_json_put_time (GString *out, const char *name, gint64 seconds)
{
  g_autoptr (GDateTime) time = seconds != 0 ? g_date_time_new_from_unix_utc (seconds) : NULL;
  g_autofree char *text = time != NULL ? g_date_time_format (time, "%Y-%m-%dT%H:%M:%SZ") : NULL;

  rebound_json_member (out, name, text);
}

static void
put_count (GString *out, const char *name, gboolean known, guint count)
{
  if (known)
    rebound_json_number (out, name, count);
  else
    rebound_json_member (out, name, NULL);
}

char *
rebound_member_to_json (const ReboundMember *self)
{
  GString *out;

  g_return_val_if_fail (self != NULL, NULL);

  out = g_string_sized_new (256);
  rebound_json_begin (out, NULL, '{');
  rebound_json_member (out, "list", self->list);
  rebound_json_member (out, "address", self->address);
  rebound_json_member (out, "stage", rebound_standing_to_string (self->standing));
  rebound_json_real (out, "score", self->score);
  rebound_json_put_time (out, "first", self->first);
  rebound_json_put_time (out, "last", self->last);
  rebound_json_member (out, "step", rebound_step_to_string (self->step));
  rebound_json_put_time (out, "due", self->due);
  rebound_json_end (out, '}');
  return g_string_free (out, FALSE);
}

void
rebound_record_put_json (GString *out, const ReboundRecord *self)
{
  const struct
  {
    const char *name, *value;
  } strings[] = {
    { "type", self->type },
    { "digest", self->digest },
    { "reason", self->reason },
    { "reply", self->reply },
    { "status", self->status },
    { "bounce", self->bounce },
    { "unsubscribe", self->unsubscribe },
    { "grade", self->grade },
    { "path", self->path },
    { "provider", self->provider },
    { "message_id", self->message_id },
    { "held", self->held },
    { "step", self->step },
  };

  rebound_json_member (out, "list", self->list);
  rebound_json_member (out, "address", self->address);
  rebound_json_put_time (out, "received", self->received);
  for (guint i = 0; i < G_N_ELEMENTS (strings); i++)
    rebound_json_member (out, strings[i].name, strings[i].value);
  rebound_json_raw (out, "evidence", self->evidence != NULL ? self->evidence : "null");
}

char *
rebound_record_to_json (const ReboundRecord *self)
{
  GString *out;

  g_return_val_if_fail (self != NULL, NULL);

  out = g_string_sized_new (1024);
  rebound_json_begin (out, NULL, '{');
  rebound_record_put_json (out, self);
  rebound_json_end (out, '}');
  return g_string_free (out, FALSE);
}

char *
rebound_due_to_json (const ReboundDue *self)
{
  const gboolean storm = self != NULL && self->storm != NULL;
  GString *out;

  g_return_val_if_fail (self != NULL, NULL);

  out = g_string_sized_new (512);
  rebound_json_begin (out, NULL, '{');
  rebound_json_member (out, "id", self->id);
  rebound_json_member (out, "action", rebound_step_to_string (self->step));
  rebound_json_member (out, "list", self->list);
  rebound_json_member (out, "address", self->address);
  rebound_json_put_time (out, "due", self->due);
  rebound_json_member (out, "reason", self->reason);
  rebound_json_member (out, "stage",
                       self->address != NULL ? rebound_standing_to_string (self->standing) : NULL);
  if (self->address != NULL)
    rebound_json_real (out, "score", self->score);
  else
    rebound_json_member (out, "score", NULL);
  put_count (out, "nth", self->of > 0, self->nth);
  put_count (out, "of", self->of > 0, self->of);
  rebound_json_member (out, "storm", self->storm);
  rebound_json_member (out, "key", self->key);
  rebound_json_member (out, "provider", self->provider);
  put_count (out, "members", storm, self->members);
  put_count (out, "held", storm, self->held);
  rebound_json_end (out, '}');
  return g_string_free (out, FALSE);
}
