/* Rebound: what the fuzz targets share, and what must hold of any report.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef HAVE_JSON_GLIB
#include <json-glib/json-glib.h>
#endif

typedef ReboundReport *(*Read) (ReboundAnalyzer *analyzer, GByteArray *input);

void
fuzz_fail (const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  vfprintf (stderr, format, arguments);
  va_end (arguments);
  fputc ('\n', stderr);
  abort ();
}

/* GLib ends the program with SIGTRAP, of which libFuzzer keeps no input. */
static void
on_log (const char *domain, GLogLevelFlags level, const char *message,
        G_GNUC_UNUSED gpointer user_data)
{
  if ((level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL)) != 0)
    fuzz_fail ("%s: %s", domain != NULL ? domain : "?", message);
}

int
LLVMFuzzerInitialize (G_GNUC_UNUSED int *argc, G_GNUC_UNUSED char ***argv)
{
  g_log_set_default_handler (on_log, NULL);
  return 0;
}

void
fuzz_limits (ReboundLimits *limits)
{
  rebound_limits_init (limits);
  limits->header_bytes = 8192;
  limits->header_fields = 100;
  limits->field_bytes = 2048;
  limits->delimiters = 50;
  limits->depth = 12;
  limits->text_bytes = 16384;
  limits->recipients = 20;
  limits->facts = 12;
}

/* One for all inputs: it does not change. */
static ReboundAnalyzer *
get_analyzer (void)
{
  static ReboundAnalyzer *analyzer;
  ReboundLimits limits;

  if (analyzer == NULL)
    {
      fuzz_limits (&limits);
      analyzer = rebound_analyzer_new (&limits, NULL);
    }
  return analyzer;
}

GByteArray *
fuzz_with_crlf (const uint8_t *data, size_t size)
{
  GByteArray *out;

  if (size == 0 || memchr (data, '\r', size) != NULL)
    return NULL;
  out = g_byte_array_sized_new (size + size / 16);
  for (size_t i = 0; i < size; i++)
    if (data[i] == '\n')
      g_byte_array_append (out, (const guint8 *) "\r\n", 2);
    else
      g_byte_array_append (out, data + i, 1);
  return out;
}

/* ---- What must hold ----------------------------------------------------------------------- */

static void
check_json (const char *json)
{
#ifdef HAVE_JSON_GLIB
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  g_autoptr (GError) error = NULL;

  fuzz_assert (json_parser_load_from_data (parser, json, -1, &error), "%s in: %s", error->message,
               json);
#else
  fuzz_assert (*json == '{' && g_str_has_suffix (json, "}"), "no object: %s", json);
#endif
  fuzz_assert (g_utf8_validate (json, -1, NULL), "not UTF-8: %s", json);
  for (const char *p = json; *p != '\0'; p++)
    fuzz_assert ((guint8) *p >= 0x20 && *p != 0x7f, "a control character in: %s", json);
}

/* In lower case and without blanks, at which a field may be folded. */
static char *
squeeze (const char *text, gsize size)
{
  GString *out = g_string_sized_new (size);

  for (gsize i = 0; i < size; i++)
    if (!g_ascii_isspace (text[i]))
      g_string_append_c (out, g_ascii_tolower (text[i]));
  return g_string_free (out, FALSE);
}

/* "=?utf-8?Q?…", "+2B" of RFC 3461, "%40", "&#64;", "\x{40}", "!" at the end of a broken line; and
 * control characters, which are replaced. */
static gboolean
begins_coding (const char *p)
{
  return (guint8) *p >= 0x7f || *p < ' ' || strchr ("%&\\!", *p) != NULL
         || g_str_has_prefix (p, "=?") || (*p == '+' && p[1] >= '2' && g_ascii_isxdigit (p[1]))
         || (g_str_has_prefix (p, "charset") && !g_str_has_prefix (p + 7, "=us-ascii")
             && !g_str_has_prefix (p + 7, "=\"us-ascii\""));
}

/* Elsewhere an address stands in the input as it is, or in a return path as "user=host". */
static gboolean
is_plain (const char *squeezed)
{
  static const char *const codings[] = { "base64", "quoted-printable", "uue", "html", "==", "srs0",
                                         "srs1" };

  for (guint i = 0; i < G_N_ELEMENTS (codings); i++)
    if (strstr (squeezed, codings[i]) != NULL)
      return FALSE;
  for (const char *p = squeezed; *p != '\0'; p++)
    if (begins_coding (p))
      return FALSE;
  return TRUE;
}

/* Who has a mailbox at the system that writes may be named without the domain that it writes from. */
static gboolean
is_completed (const char *address, const char *input)
{
  const char *domain = strrchr (address, '@');
  g_autofree char *local = domain != NULL ? g_strndup (address, domain - address) : NULL;

  return local != NULL && strstr (input, local) != NULL && strstr (input, domain) != NULL;
}

static void
check_address (const char *address, const char *input)
{
  g_autofree char *squeezed = address != NULL ? squeeze (address, strlen (address)) : NULL;

  if (address == NULL || strstr (input, squeezed) != NULL || is_completed (squeezed, input))
    return;
  fuzz_assert (strstr (input, g_strdelimit (squeezed, "@", '=')) != NULL, "nobody wrote of <%s>",
               address);
}

static void
check_addresses (const ReboundReport *report, const GByteArray *input)
{
  g_autofree char *squeezed = squeeze ((const char *) input->data, input->len);

  if (memchr (input->data, '\0', input->len) != NULL || !is_plain (squeezed))
    return;
  for (guint i = 0; i < rebound_report_get_n_recipients (report); i++)
    {
      const ReboundRecipient *recipient = rebound_report_get_recipient (report, i);

      check_address (rebound_recipient_get_address (recipient), squeezed);
      check_address (rebound_recipient_get_original_address (recipient), squeezed);
      check_address (rebound_recipient_get_subscriber (recipient), squeezed);
    }
}

/* ---- Reading ------------------------------------------------------------------------------ */

static ReboundReport *
read_message (ReboundAnalyzer *analyzer, GByteArray *input)
{
  g_autoptr (GBytes) bytes = g_bytes_new (input->data, input->len);

  return rebound_analyzer_analyze (analyzer, bytes, NULL, NULL);
}

static ReboundReport *
read_reply (ReboundAnalyzer *analyzer, GByteArray *input)
{
  g_autofree char *text = g_strndup ((const char *) input->data, input->len);

  return rebound_analyzer_classify (analyzer, text, NULL);
}

static char *
report_on (Read read, GByteArray *input)
{
  static const ReboundStyle style = { .explain = TRUE, .color = TRUE, .taxonomy = "sisimai" };
  g_autoptr (ReboundReport) report = read (get_analyzer (), input);
  g_autofree char *text = NULL;
  char *json;

  fuzz_assert (report != NULL, "no report");
  json = rebound_report_to_json (report, &style);
  text = rebound_report_to_text (report, &style);
  check_json (json);
  fuzz_assert (g_utf8_validate (text, -1, NULL), "not UTF-8: %s", text);
  check_addresses (report, input);
  return json;
}

static void
check_input (Read read, GByteArray *input)
{
  g_autofree char *json = report_on (read, input);
  g_autoptr (GByteArray) crlf = fuzz_with_crlf (input->data, input->len);
  g_autofree char *same = crlf != NULL ? report_on (read, crlf) : NULL;

  fuzz_assert (same == NULL || strcmp (json, same) == 0, "with LF:\n%s\nwith CRLF:\n%s", json,
               same);
}

void
fuzz_wrapped (const char *head, const uint8_t *data, size_t size, const char *tail)
{
  g_autoptr (GByteArray) message = g_byte_array_sized_new (size + 1024);

  g_byte_array_append (message, (const guint8 *) head, strlen (head));
  g_byte_array_append (message, data, size);
  g_byte_array_append (message, (const guint8 *) tail, strlen (tail));
  check_input (read_message, message);
}

void
fuzz_message (const uint8_t *data, size_t size)
{
  fuzz_wrapped ("", data, size, "");
}

void
fuzz_classify (const char *text)
{
  g_autoptr (GByteArray) input = g_byte_array_new ();

  g_byte_array_append (input, (const guint8 *) text, strlen (text));
  g_free (report_on (read_reply, input));
}

/* Whatever is asked for, as text and as JSON; what is near it is a topic. */
static void
explain (const char *text)
{
  g_autofree char *told = rebound_explain_to_text (NULL, text, NULL);
  g_autofree char *json = rebound_explain_to_json (NULL, text);
  g_auto (GStrv) near = rebound_explain_suggest (NULL, text);

  g_assert_true ((told == NULL) == (json == NULL));
  g_assert_true (told == NULL || g_utf8_validate (told, -1, NULL));
  for (guint i = 0; near[i] != NULL; i++)
    {
      g_autofree char *known = rebound_explain_to_json (NULL, near[i]);

      g_assert_nonnull (known);
    }
}

void
fuzz_reply (const uint8_t *data, size_t size)
{
  g_autoptr (GByteArray) input = g_byte_array_sized_new (size + 1);
  g_autofree char *text = g_strndup ((const char *) data, size);

  g_byte_array_append (input, (const guint8 *) text, strlen (text));
  check_input (read_reply, input);
  explain (text);
}
