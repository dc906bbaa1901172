/* Rebound: the reports of corpus/languages, as messages.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reports.h"

#include <string.h>

#define CHARACTERS_OF_A_WORD 10 /* so that each encoded word is shorter than 75 bytes */
#define BYTES_OF_A_LINE 57      /* 76 characters of base64 */
#define CHARACTERS_OF_A_LINE 72

/* ---- The files ---- */

static void
wording_free (gpointer data)
{
  Wording *self = data;

  g_free (self->reason);
  g_free (self->subject);
  g_free (self->text);
  g_free (self->recipient);
  g_free (self);
}

void
wordings_free (Wordings *self)
{
  g_free (self->name);
  g_strfreev (self->charsets);
  g_ptr_array_unref (self->wordings);
  g_free (self);
}

static char *
unescape (const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\\n", -1);
  g_autofree char *joined = g_strjoinv ("\r\n", lines);

  return g_strconcat (joined, "\r\n", NULL);
}

static char *
find_address (const char *text)
{
  g_autoptr (GRegex) regex =
      g_regex_new ("[a-z0-9.+_-]+@[a-z0-9.-]*[a-z0-9]", G_REGEX_RAW, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;

  return g_regex_match (regex, text, 0, &match) ? g_match_info_fetch (match, 0) : NULL;
}

static gboolean
read_line (Wordings *self, guint number, const char *line)
{
  g_auto (GStrv) columns = g_strsplit (line, "\t", 3);
  guint n = g_strv_length (columns);
  Wording *wording;

  if (*line == '\0' || *line == '#')
    return TRUE;
  if (self->charsets == NULL && n == 2 && strcmp (columns[0], "charsets") == 0)
    {
      self->charsets = g_strsplit (columns[1], " ", -1);
      return TRUE;
    }
  if (self->charsets == NULL || n != 3)
    return FALSE;
  wording = g_new0 (Wording, 1);
  wording->line = number;
  wording->reason = g_strdup (columns[0]);
  wording->subject = g_strdup (columns[1]);
  wording->text = unescape (columns[2]);
  wording->recipient = find_address (wording->text);
  g_ptr_array_add (self->wordings, wording);
  return TRUE;
}

Wordings *
wordings_read (const char *path, GError **error)
{
  g_autofree char *base = g_path_get_basename (path);
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  g_autoptr (Wordings) self = g_new0 (Wordings, 1);

  self->name = g_strndup (base, strcspn (base, "."));
  self->wordings = g_ptr_array_new_with_free_func (wording_free);
  if (!g_file_get_contents (path, &text, NULL, error))
    return NULL;
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    if (!read_line (self, i + 1, lines[i]))
      {
        g_set_error (error, G_CONVERT_ERROR, G_CONVERT_ERROR_FAILED,
                     "%s:%u: a line is: a reason, a subject, a text, with tabs between", path,
                     i + 1);
        return NULL;
      }
  return g_steal_pointer (&self);
}

/* ---- Messages ---- */

/* Of seven bits, as the ISO-2022 are: what is not encoded needs no more. */
static const char *
plain_encoding (const char *bytes, gsize length)
{
  for (gsize i = 0; i < length; i++)
    if ((guint8) bytes[i] >= 0x80)
      return "8bit";
  return "7bit";
}

static void
put_plain (GString *out, const char *bytes, gsize length)
{
  g_string_append_printf (out, "Content-Transfer-Encoding: %s\r\n\r\n",
                          plain_encoding (bytes, length));
  g_string_append_len (out, bytes, length);
}

static void
put_base64 (GString *out, const char *bytes, gsize length)
{
  g_string_append (out, "Content-Transfer-Encoding: base64\r\n\r\n");
  for (gsize i = 0; i < length; i += BYTES_OF_A_LINE)
    {
      g_autofree char *line =
          g_base64_encode ((const guchar *) bytes + i, MIN (BYTES_OF_A_LINE, length - i));

      g_string_append_printf (out, "%s\r\n", line);
    }
}

static void
put_quoted_printable (GString *out, const char *bytes, gsize length)
{
  gsize start;

  g_string_append (out, "Content-Transfer-Encoding: quoted-printable\r\n\r\n");
  start = out->len;
  for (gsize i = 0; i < length; i++)
    {
      guint8 c = bytes[i];

      if (out->len - start >= CHARACTERS_OF_A_LINE && c != '\r' && c != '\n')
        {
          g_string_append (out, "=\r\n");
          start = out->len;
        }
      if (c == '\r' || c == '\n' || (c >= ' ' && c < 0x7f && c != '='))
        g_string_append_c (out, c);
      else
        g_string_append_printf (out, "=%02X", c);
      start = c == '\n' ? out->len : start;
    }
}

/* By turns: see wording_to_message(). */
static void (*const encodings[]) (GString *out, const char *bytes, gsize length) = {
  put_quoted_printable,
  put_base64,
  put_plain,
};

static char *
convert (const char *text, gssize length, const char *charset, gsize *size)
{
  return g_convert (text, length, charset, "UTF-8", NULL, size, NULL);
}

/* Encoded words of RFC 2047, each of whole characters. */
static gboolean
put_words (GString *out, const char *subject, const char *charset)
{
  const char *next;

  for (const char *p = subject; *p != '\0'; p = next)
    {
      g_autofree char *bytes = NULL;
      g_autofree char *word = NULL;
      gsize size;

      next = p;
      for (guint i = 0; i < CHARACTERS_OF_A_WORD && *next != '\0'; i++)
        next = g_utf8_next_char (next);
      bytes = convert (p, next - p, charset, &size);
      if (bytes == NULL)
        return FALSE;
      word = g_base64_encode ((const guchar *) bytes, size);
      g_string_append_printf (out, "%s=?%s?B?%s?=", p > subject ? "\r\n " : "", charset, word);
    }
  return TRUE;
}

static gboolean
put_subject (GString *out, const char *subject, const char *charset, gboolean declared)
{
  g_autofree char *raw = NULL;

  g_string_append (out, "Subject: ");
  if (declared && !g_str_is_ascii (subject))
    {
      if (!put_words (out, subject, charset))
        return FALSE;
    }
  else
    {
      raw = convert (subject, -1, charset, NULL);
      if (raw == NULL)
        return FALSE;
      g_string_append (out, raw);
    }
  g_string_append (out, "\r\n");
  return TRUE;
}

/* A mail system writes; an automatic answer comes from a person, and nothing but its words says
 * what it is. */
static void
put_people (GString *out, const Wording *self)
{
  if (strcmp (self->reason, "auto-reply") == 0)
    g_string_append (out, "Return-Path: <anna@empfaenger.example>\r\n"
                          "From: Anna Kern <anna@empfaenger.example>\r\n");
  else
    g_string_append (out, "Return-Path: <>\r\n"
                          "From: MAILER-DAEMON@mx.empfaenger.example\r\n");
  g_string_append (out, "To: news-bounces@lists.example.org\r\n"
                        "Date: Tue, 17 Nov 2026 08:15:00 +0000\r\n"
                        "Message-ID: <20261117081500.4711@mx.empfaenger.example>\r\n"
                        "MIME-Version: 1.0\r\n");
}

GBytes *
wording_to_message (const Wording *self, const char *charset, const char *declared, guint turn)
{
  gsize size;
  g_autofree char *bytes = convert (self->text, -1, charset, &size);
  g_autoptr (GString) out = g_string_new (NULL);

  put_people (out, self);
  if (bytes == NULL
      || !put_subject (out, self->subject, charset, g_strcmp0 (declared, charset) == 0))
    return NULL;
  if (declared != NULL)
    g_string_append_printf (out, "Content-Type: text/plain; charset=%s\r\n", declared);
  if (declared != NULL && strcmp (plain_encoding (bytes, size), "8bit") == 0)
    encodings[turn % G_N_ELEMENTS (encodings)](out, bytes, size);
  else
    put_plain (out, bytes, size);
  return g_bytes_new (out->str, out->len);
}
