/* Rebound: what the site's own servers wrote on top of a message.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "trace.h"

#include <string.h>

#include "address.h"
#include "message/line-ends.h"
#include "message/scan.h"

/* A longer field is none that a server writes on top, and more of them neither. */
#define LONGEST_FIELD 4096
#define MOST_RECIPIENTS 16

typedef struct
{
  ReboundTrace *out;
  const char *const *hosts;
  gboolean received; /* one was seen */
  gboolean foreign;  /* one of somebody else's, too */
  guint failed;      /* methods */
  guint passed;
} Reading;

/* Methods of RFC 8601 section 2.7, as bits. */
enum
{
  METHOD_DMARC = 1 << 0,
  METHOD_SPF = 1 << 1,
  METHOD_DKIM = 1 << 2,
};

static guint
find_method (const char *p)
{
  static const struct
  {
    const char *name;
    guint method;
  } methods[] = { { "dmarc=", METHOD_DMARC }, { "spf=", METHOD_SPF }, { "dkim=", METHOD_DKIM } };

  for (guint i = 0; i < G_N_ELEMENTS (methods); i++)
    if (g_str_has_prefix (p, methods[i].name))
      return methods[i].method;
  return 0;
}

/* In lower case, and a comma for what divides words: a blank, a comment, a quoted string:
 * "mx.example.org;,spf=fail,smtp.mailfrom=x.example". */
static char *
simplify (const char *value)
{
  GString *out = g_string_new (NULL);
  gboolean quoted = FALSE;
  guint depth = 0;

  for (const char *p = value; *p != '\0'; p++)
    {
      gboolean outside = !quoted && depth == 0;

      if (outside)
        g_string_append_c (out, strchr ("\"( \t", *p) != NULL ? ',' : g_ascii_tolower (*p));
      if (!outside && *p == '\\' && p[1] != '\0')
        p++;
      else if (*p == '"' && depth == 0)
        quoted = !quoted;
      else if (*p == '(' && !quoted)
        depth++;
      else if (*p == ')' && depth > 0)
        depth--;
    }
  return g_string_free (out, FALSE);
}

static gboolean
is_own (const Reading *self, const char *host, gsize length)
{
  for (const char *const *own = self->hosts; own != NULL && *own != NULL; own++)
    if (strlen (*own) == length && g_ascii_strncasecmp (*own, host, length) == 0)
      return TRUE;
  return FALSE;
}

static void
read_result (Reading *self, const char *result)
{
  guint method = find_method (result);
  const char *word = strchr (result, '=');

  if (method != 0 && g_str_has_prefix (word, "=pass"))
    self->passed |= method;
  else if (method != 0 && g_str_has_prefix (word, "=fail"))
    self->failed |= method;
}

static void
read_results (Reading *self, const char *value)
{
  g_autofree char *text = simplify (value);
  g_auto (GStrv) results = g_strsplit (text, ";", -1);
  const char *host = results[0] != NULL ? results[0] + strspn (results[0], ",") : "";

  if (self->foreign || !is_own (self, host, strcspn (host, ",")))
    return;
  for (guint i = 1; results[i] != NULL; i++)
    read_result (self, results[i] + strspn (results[i], ","));
}

/* DMARC (RFC 7489) says what the other two are worth; where it says nothing, a DKIM signature that
 * is broken means nothing beside one that holds. */
static gboolean
has_failed (const Reading *self)
{
  if (((self->passed | self->failed) & METHOD_DMARC) != 0)
    return (self->failed & METHOD_DMARC) != 0;
  return (self->failed & ~self->passed) != 0;
}

/* Exim names all recipients of a delivery in one Envelope-To. */
static void
read_recipients (Reading *self, const char *value)
{
  g_auto (GStrv) values = g_strsplit (value, ",", MOST_RECIPIENTS);

  for (guint i = 0; values[i] != NULL && !self->received; i++)
    {
      char *address = rebound_address_clean (values[i]);

      if (address != NULL && self->out->recipients->len < MOST_RECIPIENTS)
        g_ptr_array_add (self->out->recipients, address);
      else
        g_free (address);
    }
}

/* "<>" is the null reverse-path. */
static void
read_sender (Reading *self, const char *value)
{
  char *address = rebound_address_clean (value);

  if (self->received || self->out->sender != NULL)
    g_free (address);
  else
    self->out->sender = address != NULL ? address : g_strdup ("");
}

/* "from x (x [192.0.2.1]) by mx.example.org with …" (RFC 5321 section 4.4). What x calls itself may
 * have a "by" in it, where it is a comment or quoted. */
static gboolean
is_by_own (const Reading *self, const char *value)
{
  g_autofree char *text = simplify (value);
  const char *by =
      g_str_has_prefix (text + strspn (text, ","), "by,") ? text : strstr (text, ",by,");

  if (by == NULL)
    return FALSE;
  by = strstr (by, "by,") + strlen ("by,");
  by += strspn (by, ",");
  return is_own (self, by, strcspn (by, ",;"));
}

/* A milter's results may stand below the Received of the server that asked it. */
static void
read_received (Reading *self, const char *value)
{
  self->received = TRUE;
  self->foreign = self->foreign || !is_by_own (self, value);
}

static const struct
{
  const char *name;
  void (*read) (Reading *self, const char *value);
} fields[] = {
  { "Received:", read_received },        { "Return-Path:", read_sender },
  { "Delivered-To:", read_recipients }, /* RFC 9228 */
  { "X-Original-To:", read_recipients }, { "Envelope-To:", read_recipients },
  { "X-Envelope-To:", read_recipients }, { "Authentication-Results:", read_results },
};

static void
read_field (Reading *self, const char *field)
{
  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    if (g_ascii_strncasecmp (field, fields[i].name, strlen (fields[i].name)) == 0)
      fields[i].read (self, field + strlen (fields[i].name));
}

void
rebound_trace_read (GBytes *message, gsize most, const char *const *hosts, ReboundTrace *trace)
{
  gsize size;
  const char *data = g_bytes_get_data (message, &size);
  g_autoptr (GString) field = g_string_new (NULL);
  Reading self = { .out = trace, .hosts = hosts };
  ReboundLines lines;
  const char *line;
  gsize length;

  *trace = (ReboundTrace){ .recipients = g_ptr_array_new_with_free_func (g_free) };
  rebound_lines_init (&lines, data, MIN (size, most));
  rebound_lines_skip_preface (&lines);
  while (!self.foreign && rebound_lines_next (&lines, &line, &length)
         && !rebound_line_is_blank (line, length))
    {
      if (*line != ' ' && *line != '\t')
        {
          read_field (&self, field->str);
          g_string_truncate (field, 0);
        }
      g_string_append_len (field, line,
                           MIN (length, LONGEST_FIELD - MIN (field->len, LONGEST_FIELD)));
    }
  read_field (&self, field->str);
  trace->failed = has_failed (&self);
  if (self.received)
    return;
  g_ptr_array_set_size (trace->recipients, 0);
  g_clear_pointer (&trace->sender, g_free);
}

void
rebound_trace_clear (ReboundTrace *self)
{
  g_clear_pointer (&self->recipients, g_ptr_array_unref);
  g_clear_pointer (&self->sender, g_free);
}
