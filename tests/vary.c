/* Rebound: the same report from other hosts, about other people and in another form says the same.
 *
 * usage: vary [CORPUS_DIR]
 *
 * A rule that knows one message by heart passes the corpus and fails here. Each way to vary is a
 * function in the table "ways"; where a message has nothing to vary, it is left out.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <rebound.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "modules.h"

#define ENCODED_LINE 57 /* bytes in a line of base64 of 76 characters */
#define WIDTH 72
#define SHORTEST_NAME 4

typedef struct
{
  const char *path;
  char *text;
  ReboundReport *report;
} Case;

/* ---- What a report says -------------------------------------------------------------------- */

static char *
show_recipient (const ReboundRecipient *recipient)
{
  guint n;
  const ReboundReason *also = rebound_recipient_get_also (recipient, &n);
  GString *out = g_string_new (rebound_reason_to_string (rebound_recipient_get_reason (recipient)));

  for (guint i = 0; i < n; i++)
    g_string_append_printf (out, " or %s", rebound_reason_to_string (also[i]));
  g_string_append_printf (
      out, ", %s, fault %s, unsubscribe %s, %s %s, action %s\n",
      rebound_bounce_to_string (rebound_recipient_get_bounce (recipient)),
      rebound_fault_to_string (rebound_recipient_get_fault (recipient)),
      rebound_unsubscribe_to_string (rebound_recipient_get_unsubscribe (recipient)),
      rebound_recipient_get_reply (recipient), rebound_recipient_get_status (recipient),
      rebound_action_to_string (rebound_recipient_get_action (recipient)));
  return g_string_free (out, FALSE);
}

static int
compare_lines (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* Kind and recipients, whatever their order. */
static char *
show (const ReboundReport *report)
{
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);
  GString *out = g_string_new (rebound_kind_to_string (rebound_report_get_kind (report)));

  g_string_append_c (out, '\n');
  for (guint i = 0; i < rebound_report_get_n_recipients (report); i++)
    g_ptr_array_add (lines, show_recipient (rebound_report_get_recipient (report, i)));
  g_ptr_array_sort (lines, compare_lines);
  for (guint i = 0; i < lines->len; i++)
    g_string_append (out, lines->pdata[i]);
  return g_string_free (out, FALSE);
}

static ReboundReport *
analyze (ReboundAnalyzer *analyzer, const char *text, gsize length)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, length);

  return rebound_analyzer_analyze (analyzer, bytes, NULL, NULL);
}

/* ---- Ways to vary --------------------------------------------------------------------------- */

/* Names within base64 cannot be seen. */
static gboolean
hides_names (const char *text)
{
  g_autofree char *lower = g_ascii_strdown (text, -1);

  return strstr (lower, "base64") != NULL || strstr (lower, "=?") != NULL;
}

static char *
replace (const char *text, const char *pattern, const char *with)
{
  g_autoptr (GRegex) regex = g_regex_new (pattern, G_REGEX_CASELESS | G_REGEX_RAW, 0, NULL);

  return g_regex_replace_literal (regex, text, -1, 0, with, 0, NULL);
}

/* The hosts of the corpus are under .example and the example domains (RFC 2606). */
static char *
other_hosts (const Case *self)
{
  g_autofree char *net = NULL;
  g_autofree char *com = NULL;
  g_autofree char *org = NULL;

  if (hides_names (self->text))
    return NULL;
  net = replace (self->text, "\\bexample\\.net\\b", "orchard.example");
  com = replace (net, "\\bexample\\.com\\b", "sheepfold.example");
  org = replace (com, "\\bexample\\.org\\b", "beehive.example");
  return replace (org, "\\.example(?=\\b|[a-z]+@)",
                  ".parish.example"); /* James: "a@b.examplec@…" */
}

static char *
other_people (const Case *self)
{
  g_autofree char *text = g_strdup (self->text);
  guint n = rebound_report_get_n_recipients (self->report);

  if (hides_names (text) || n == 0)
    return NULL;
  for (guint i = 0; i < n; i++)
    {
      const ReboundRecipient *recipient = rebound_report_get_recipient (self->report, i);
      const char *address = rebound_recipient_get_address (recipient);
      const char *at = address != NULL ? strchr (address, '@') : NULL;
      g_autofree char *local = at != NULL ? g_strndup (address, at - address) : NULL;
      g_autofree char *escaped = local != NULL ? g_regex_escape_string (local, -1) : NULL;
      g_autofree char *pattern = g_strdup_printf ("\\b%s(?=@|=|%%40)", escaped);
      g_autofree char *name = g_strdup_printf ("p.lindqvist%u", i);
      char *varied;

      if (local == NULL || strlen (local) < SHORTEST_NAME || !g_str_is_ascii (local))
        return NULL;
      varied = replace (text, pattern, name);
      g_free (text);
      text = varied;
    }
  return g_steal_pointer (&text);
}

static const char *
find_body (const char *text)
{
  const char *blank = strstr (text, "\n\n");

  return blank != NULL ? blank + 2 : text + strlen (text);
}

/* A gateway breaks long lines; what follows begins in the first column. */
static char *
wrapped (const Case *self)
{
  const char *body = find_body (self->text);
  g_autofree char *text = g_strdup (body);
  char *line = text;
  char *blank = NULL;

  if (hides_names (self->text))
    return NULL;
  for (char *p = text; *p != '\0'; p++)
    {
      if (*p == '\n')
        line = p + 1, blank = NULL;
      else if (*p == ' ' && p - line > WIDTH / 2)
        blank = p;
      if (p - line < WIDTH || blank == NULL)
        continue;
      *blank = '\n';
      line = blank + 1, blank = NULL;
    }
  return g_strdup_printf ("%.*s%s", (int) (body - self->text), self->text, text);
}

/* A text in base64, where it is all that the message has. */
static char *
encoded (const Case *self)
{
  const char *body = find_body (self->text);
  g_autofree char *header = g_ascii_strdown (self->text, body - self->text);
  GString *out;

  if (*body == '\0' || strstr (header, "\ncontent-transfer-encoding:") != NULL
      || (strstr (header, "\ncontent-type:") != NULL
          && strstr (header, "\ncontent-type: text/plain") == NULL)
      || strstr (body, "\nContent-Type:") != NULL)
    return NULL;
  out = g_string_new_len (self->text, body - self->text - 1);
  g_string_append (out, "Content-Transfer-Encoding: base64\n\n");
  for (gsize left = strlen (body), n; left > 0; left -= n, body += n)
    {
      g_autofree char *line = NULL;

      n = MIN (left, ENCODED_LINE);
      line = g_base64_encode ((const guchar *) body, n);
      g_string_append_printf (out, "%s\n", line);
    }
  return g_string_free (out, FALSE);
}

/* The part for machines: from the blank line behind its header to its delimiter. */
static gboolean
find_status (const char *text, const char **start, const char **end)
{
  const char *type = strstr (text, "\nContent-Type: message/delivery-status");
  const char *blank = type != NULL ? strstr (type, "\n\n") : NULL;

  *start = blank != NULL ? blank + 2 : NULL;
  *end = blank != NULL ? strstr (*start, "\n--") : NULL;
  return *end != NULL;
}

static char *
put_status (const Case *self, const char *start, const char *end, const char *status)
{
  return g_strdup_printf ("%.*s%s%s", (int) (start - self->text), self->text, status, end);
}

/* The groups of recipients in the other order. */
static char *
reversed (const Case *self)
{
  const char *start, *end;
  g_autofree char *status = NULL;
  g_auto (GStrv) groups = NULL;
  g_autoptr (GString) out = NULL;

  if (!find_status (self->text, &start, &end))
    return NULL;
  status = g_strchomp (g_strndup (start, end - start));
  groups = g_strsplit (status, "\n\n", -1);
  if (g_strv_length (groups) < 3 || strstr (groups[0], "Final-Recipient") != NULL)
    return NULL;
  out = g_string_new (groups[0]);
  for (guint i = g_strv_length (groups); i-- > 1;)
    g_string_append_printf (out, "\n\n%s", groups[i]);
  g_string_append_c (out, '\n');
  return put_status (self, start, end, out->str);
}

/* Every blank of a diagnostic is a fold (RFC 5322 section 2.2.3). */
static char *
folded (const Case *self)
{
  const char *start, *end;
  g_autofree char *status = NULL;
  g_autoptr (GString) out = g_string_new (NULL);
  gboolean diagnostic = FALSE;

  if (!find_status (self->text, &start, &end))
    return NULL;
  status = g_strndup (start, end - start);
  for (const char *p = status; *p != '\0'; p++)
    {
      if (p == status || p[-1] == '\n')
        diagnostic = g_ascii_strncasecmp (p, "Diagnostic-Code:", 16) == 0;
      g_string_append (out, diagnostic && *p == ' ' && p[1] != '\n' ? "\n " : (char[]){ *p, '\0' });
    }
  return put_status (self, start, end, out->str);
}

/* Nothing of the message comes back. */
static char *
without_returned (const Case *self)
{
  static const char *const types[] = { "\nContent-Type: message/rfc822",
                                       "\nContent-Type: text/rfc822-headers" };
  const char *part = NULL;
  const char *delimiter;
  ReboundKind kind = rebound_report_get_kind (self->report);

  for (guint i = 0; i < G_N_ELEMENTS (types) && part == NULL; i++)
    part = strstr (self->text, types[i]);
  if (part == NULL || strstr (part, "delivery-status") != NULL
      || (kind != REBOUND_KIND_BOUNCE && kind != REBOUND_KIND_DELAY))
    return NULL;
  delimiter = g_strrstr_len (self->text, part - self->text, "\n--");
  if (delimiter == NULL || rebound_report_get_n_recipients (self->report) == 0)
    return NULL;
  return g_strdup_printf ("%.*s%.*s--\n", (int) (delimiter - self->text), self->text,
                          (int) strcspn (delimiter + 1, "\n") + 1, delimiter);
}

static const struct
{
  const char *name;
  char *(*vary) (const Case *self); /* NULL: nothing to vary */
} ways[] = {
  { "other hosts", other_hosts },
  { "other people", other_people },
  { "long lines broken", wrapped },
  { "in base64", encoded },
  { "recipients in the other order", reversed },
  { "folded at every blank", folded },
  { "without the returned message", without_returned },
};

/* ---- The corpus ----------------------------------------------------------------------------- */

static gboolean
check_case (ReboundAnalyzer *analyzer, const Case *self, guint *n_varied)
{
  g_autofree char *expected = show (self->report);
  gboolean good = TRUE;

  for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
    {
      g_autofree char *varied = ways[i].vary (self);
      g_autoptr (ReboundReport) report = NULL;
      g_autofree char *got = NULL;

      if (varied == NULL)
        continue;
      ++*n_varied;
      report = analyze (analyzer, varied, strlen (varied));
      got = show (report);
      if (strcmp (got, expected) == 0)
        continue;
      printf ("# %s: expected %s# got %s", ways[i].name, expected, got);
      good = FALSE;
    }
  return good;
}

static gboolean
run_case (ReboundAnalyzer *analyzer, const char *path, guint number)
{
  Case self = { .path = path };
  gsize length;
  guint n_varied = 0;
  gboolean good = g_file_get_contents (path, &self.text, &length, NULL);

  if (good && strlen (self.text) == length)
    {
      self.report = analyze (analyzer, self.text, length);
      good = check_case (analyzer, &self, &n_varied);
      rebound_report_unref (self.report);
    }
  printf ("%s %u - %s, %u ways\n", good ? "ok" : "not ok", number, path, n_varied);
  g_free (self.text);
  return good;
}

static void
find_messages (GPtrArray *paths, const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      if (g_file_test (path, G_FILE_TEST_IS_DIR))
        find_messages (paths, path);
      else if (g_str_has_suffix (name, ".eml") && !lacks_module (path))
        g_ptr_array_add (paths, g_steal_pointer (&path));
    }
}

int
main (int argc, char **argv)
{
  const char *top = g_getenv ("top_srcdir");
  g_autofree char *folder = g_build_filename (top != NULL ? top : ".", "corpus", NULL);
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (ReboundAnalyzer) analyzer = rebound_analyzer_new (NULL, NULL);
  gboolean good = TRUE;

  find_messages (paths, argc > 1 ? argv[1] : folder);
  g_ptr_array_sort (paths, compare_lines);
  printf ("1..%u\n", paths->len);
  for (guint i = 0; i < paths->len; i++)
    good = run_case (analyzer, paths->pdata[i], i + 1) && good;
  return good && paths->len > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
