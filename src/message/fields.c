/* Rebound: fields of a header, or of a machine-readable report.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fields.h"

#include <gmime/gmime.h>
#include <string.h>

#include "scan.h"

#define LONGEST_NAME 60

static const char *const names[] = { "",
#define FIELD(id, name) name,
                                     REBOUND_FIELDS (FIELD)
#undef FIELD
};

static ReboundFieldId
find_id (const char *name)
{
  for (guint i = 1; i < G_N_ELEMENTS (names) && *names[i] <= *name; i++)
    if (*names[i] == *name && strcmp (names[i], name) == 0)
      return i;
  return REBOUND_FIELD_OTHER;
}

/* Each host on the way writes a Received, "from x by y"; some mail systems write another, "(qmail 7
 * invoked for bounce)". */
static gboolean
is_trace (const char *name, const char *value, const char *end)
{
  const char *p = rebound_skip_blanks (value, end);

  return strcmp (name, "received") == 0 && (p == end || *p != '(');
}

static gboolean
is_read (const ReboundRules *rules, ReboundFieldId id, const char *name, const char *value,
         const char *end)
{
  return rules == NULL || id != REBOUND_FIELD_OTHER
         || (rebound_rules_knows_field (rules, name, REBOUND_AREA_HEADER | REBOUND_AREA_STATUS)
             && !is_trace (name, value, end));
}

static gsize
fold_name (char *folded, const char *name, gsize length)
{
  length = MIN (length, LONGEST_NAME);
  for (gsize i = 0; i < length; i++)
    folded[i] = g_ascii_tolower (name[i]);
  folded[length] = '\0';
  return length;
}

ReboundFields *
rebound_fields_new (const ReboundRules *rules, ReboundCharsets *charsets)
{
  ReboundFields *self = g_new0 (ReboundFields, 1);

  self->rules = rules;
  self->charsets = charsets;
  self->fields = g_array_sized_new (FALSE, FALSE, sizeof (ReboundField), 16);
  self->strings = g_string_chunk_new (1024);
  self->scratch = g_string_sized_new (256);
  return self;
}

void
rebound_fields_free (ReboundFields *self)
{
  g_array_unref (self->fields);
  g_string_chunk_free (self->strings);
  g_string_free (self->scratch, TRUE);
  g_free (self);
}

/* @text with every run of blanks and line ends one space, those at the ends gone. FALSE where it
 * holds what is not plain ASCII. */
static gboolean
unfold (GString *out, const char *text, gsize length)
{
  gboolean plain = TRUE;

  g_string_set_size (out, length);
  out->len = 0;
  for (gsize i = 0; i < length; i++)
    if ((guint8) text[i] > ' ')
      {
        out->str[out->len++] = text[i];
        plain = plain && (guint8) text[i] < 0x80;
      }
    else if (!g_ascii_isspace (text[i]))
      plain = FALSE;
    else if (out->len > 0 && out->str[out->len - 1] != ' ')
      out->str[out->len++] = ' ';
  if (out->len > 0 && out->str[out->len - 1] == ' ')
    out->len--;
  out->str[out->len] = '\0';
  return plain;
}

/* An encoded word in a recipient's field is the address as the server had it. */
static gboolean
may_be_encoded (const char *name, gsize length)
{
  return length < 10 || g_ascii_strncasecmp (name + length - 10, "-recipient", 10) != 0;
}

/* Where encoded words may begin. */
static guint
count_words (const GString *text)
{
  const char *end = text->str + text->len;
  guint n = 0;

  for (const char *p = text->str; (p = memchr (p, '=', end - p)) != NULL; p++)
    n += p[1] == '?';
  return n;
}

/* Each encoded word may name a charset of its own. */
static gboolean
may_decode_words (ReboundFields *self)
{
  guint n = count_words (self->scratch);

  if (n == 0 || self->charsets == NULL)
    return n > 0;
  return rebound_charsets_take (self->charsets, n)
         && rebound_converters_allow (self->charsets->converters, self->scratch->str,
                                      self->scratch->len);
}

/* "=?charset?B?…?=" */
typedef struct
{
  const char *start; /* "=?charset?B?", up to the data */
  const char *data;
  const char *end; /* of the data */
} Base64Word;

static gboolean
read_base64_word (const char *p, Base64Word *word)
{
  const char *mark = g_str_has_prefix (p, "=?") ? strchr (p + 2, '?') : NULL;

  if (mark == NULL || g_ascii_tolower (mark[1]) != 'b' || mark[2] != '?')
    return FALSE;
  word->start = p;
  word->data = mark + 3;
  word->end = word->data + strcspn (word->data, "? ");
  return g_str_has_prefix (word->end, "?=");
}

static gboolean
are_alike (const Base64Word *a, const Base64Word *b)
{
  gsize length = a->data - a->start;

  return length == (gsize) (b->data - b->start)
         && g_ascii_strncasecmp (a->start, b->start, length) == 0;
}

static void
append_bytes (GByteArray *bytes, const Base64Word *word)
{
  g_autofree char *data = g_strndup (word->data, word->end - word->data);
  gsize length;
  g_autofree guchar *decoded = g_base64_decode (data, &length);

  g_byte_array_append (bytes, decoded, length);
}

/* The words at @word and behind it as one. Returns the end of the last. */
static const char *
append_joined (GString *out, Base64Word *word)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  Base64Word next;
  g_autofree char *data = NULL;

  append_bytes (bytes, word);
  while (word->end[2] == ' ' && read_base64_word (word->end + 3, &next) && are_alike (word, &next))
    {
      append_bytes (bytes, &next);
      *word = next;
    }
  data = g_base64_encode (bytes->data, bytes->len);
  g_string_append_len (out, word->start, word->data - word->start);
  g_string_append_printf (out, "%s?=", data);
  return word->end + 2;
}

/* GMime (3.2.13) reads neighbouring words of base64 as one, and stops where the first is padded. */
static void
join_padded_words (GString *text)
{
  g_autofree char *before = NULL;
  const char *p;
  Base64Word word;

  if (strstr (text->str, "=?= =?") == NULL)
    return;
  p = before = g_strdup (text->str);
  g_string_truncate (text, 0);
  while (*p != '\0')
    if (read_base64_word (p, &word))
      p = append_joined (text, &word);
    else
      g_string_append_c (text, *p++);
}

static void
decode_value (ReboundFields *self, const char *raw, gsize length, gboolean encoded_words)
{
  if (!unfold (self->scratch, raw, length))
    {
      g_autofree char *text = rebound_decode (self->charsets, raw, length, NULL, &length);

      unfold (self->scratch, text, length);
    }
  if (encoded_words && may_decode_words (self))
    {
      g_autofree char *decoded = NULL;
      g_autofree char *text = NULL;

      join_padded_words (self->scratch);
      decoded = g_mime_utils_header_decode_text (NULL, self->scratch->str);
      text = rebound_decode (self->charsets, decoded, strlen (decoded), NULL, &length);
      unfold (self->scratch, text, length);
    }
}

/* Domino breaks what its router says ("X-Notes; …") in the middle of a word, and begins the next
 * line with a blank of its own. The text without these, %NULL where it is in one line. */
static char *
join_notes (ReboundFieldId id, const char *raw, gsize *length)
{
  const char *end = raw + *length;
  const char *p = id == REBOUND_FIELD_DIAGNOSTIC_CODE ? rebound_skip_blanks (raw, end) : end;
  char *joined, *o;

  if (!rebound_starts_with (p, end, "x-notes;") || memchr (p, '\n', end - p) == NULL)
    return NULL;
  joined = o = g_malloc (end - p + 1);
  for (; p < end; p++)
    if (*p == '\n')
      p += p + 1 < end && p[1] == ' ';
    else if (*p != '\r')
      *o++ = *p;
  *o = '\0';
  *length = o - joined;
  return joined;
}

static void
add (ReboundFields *self, const char *name, gsize name_length, const char *raw, gsize length,
     guint group)
{
  ReboundField field = { .group = group };
  char folded[LONGEST_NAME + 1];
  g_autofree char *joined = NULL;

  name_length = fold_name (folded, name, name_length);
  field.id = find_id (folded);
  if (!is_read (self->rules, field.id, folded, raw, raw + length))
    return;
  field.name = field.id != REBOUND_FIELD_OTHER
                   ? names[field.id]
                   : g_string_chunk_insert_len (self->strings, folded, name_length);
  joined = join_notes (field.id, raw, &length);
  decode_value (self, joined != NULL ? joined : raw, length, may_be_encoded (name, name_length));
  field.value = g_string_chunk_insert_len (self->strings, self->scratch->str, self->scratch->len);
  g_array_append_val (self->fields, field);
}

void
rebound_fields_add (ReboundFields *self, const char *name, const char *raw, gsize length,
                    guint group)
{
  add (self, name, strlen (name), raw, length, group);
}

static gboolean
is_name_char (char c)
{
  return g_ascii_isalnum (c) || c == '-' || c == '_';
}

/* The colon of "Name :", NULL where there is none. "http://…" is no field. */
static const char *
find_colon (const char *line, const char *end)
{
  const char *p = line;

  if (p == end || !g_ascii_isalpha (*p))
    return NULL;
  while (p < end && is_name_char (*p) && p - line < LONGEST_NAME)
    p++;
  while (p < end && (*p == ' ' || *p == '\t'))
    p++;
  if (p == end || *p != ':' || (end - p > 2 && p[1] == '/' && p[2] == '/'))
    return NULL;
  return p;
}

gboolean
rebound_fields_is_start (const char *line, const char *end)
{
  return find_colon (line, end) != NULL;
}

static const char *
name_end (const char *colon)
{
  while (!is_name_char (colon[-1]))
    colon--;
  return colon;
}

gboolean
rebound_fields_identify (const ReboundRules *rules, const char *line, const char *end,
                         ReboundFieldId *id, gboolean *read)
{
  const char *colon = find_colon (line, end);
  char folded[LONGEST_NAME + 1];

  *id = REBOUND_FIELD_OTHER;
  *read = FALSE;
  if (colon == NULL)
    return FALSE;
  fold_name (folded, line, name_end (colon) - line);
  *id = find_id (folded);
  *read = is_read (rules, *id, folded, colon + 1, end);
  return TRUE;
}

static gboolean
is_blank (const char *p, const char *end)
{
  while (p < end && g_ascii_isspace (*p))
    p++;
  return p == end;
}

/* The end of the field whose first line ends at @p. */
static const char *
field_end (const char *p, const char *end)
{
  while (p < end)
    {
      const char *line = p + 1;
      const char *stop = line < end ? rebound_line_end (line, end) : end;
      gboolean indented = line < end && (*line == ' ' || *line == '\t');

      if (line >= end || is_blank (line, stop) || (!indented && find_colon (line, stop) != NULL))
        break;
      p = stop;
    }
  return p;
}

ReboundFields *
rebound_fields_parse (const char *text, gsize length, gboolean one_block, const ReboundRules *rules,
                      ReboundCharsets *charsets)
{
  ReboundFields *self = rebound_fields_new (rules, charsets);
  const char *end = text + length;
  gboolean any = FALSE;
  guint group = 0;

  for (const char *p = text; p < end; p++)
    {
      const char *stop = rebound_line_end (p, end);
      const char *colon = find_colon (p, stop);

      if (colon != NULL)
        {
          any = TRUE;
          stop = field_end (stop, end);
          add (self, p, name_end (colon) - p, colon + 1, stop - colon - 1, group);
        }
      else if (is_blank (p, stop))
        {
          if (one_block && any)
            break;
          group++;
        }
      p = stop;
    }
  return self;
}

const char *
rebound_fields_get (const ReboundFields *self, ReboundFieldId id)
{
  for (guint i = 0; i < self->fields->len; i++)
    {
      const ReboundField *field = &g_array_index (self->fields, ReboundField, i);

      if (field->id == id)
        return field->value;
    }
  return NULL;
}
