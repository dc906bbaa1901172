/* Rebound: charset converters that several messages use, one after the other.
 *
 * The C library loads a module for most charsets and unloads it again, which takes longer than
 * reading a message.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "converters.h"

#include <gmime/gmime.h>
#include <string.h>

/* One for each charset that is tried for an undeclared text, and some that messages declare. */
#define MOST_IDLE 32

/* Names that GMime is asked for whether or not the C library knows them, and their length. */
#define MOST_NAMES 500
#define LONGEST_NAME 40

typedef struct
{
  char *charset;
  GIConv converter;
} Idle;

struct _ReboundConverters
{
  GMutex mutex;
  GArray *idle;      /* of Idle */
  GHashTable *names; /* that GMime was asked for */
};

static void
clear_idle (gpointer data)
{
  Idle *idle = data;

  g_free (idle->charset);
  g_mime_iconv_close ((iconv_t) idle->converter);
}

ReboundConverters *
rebound_converters_new (void)
{
  ReboundConverters *self = g_new0 (ReboundConverters, 1);

  g_mutex_init (&self->mutex);
  self->idle = g_array_new (FALSE, FALSE, sizeof (Idle));
  self->names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return self;
}

void
rebound_converters_free (ReboundConverters *self)
{
  for (guint i = 0; i < self->idle->len; i++)
    clear_idle (&g_array_index (self->idle, Idle, i));
  g_array_unref (self->idle);
  g_hash_table_unref (self->names);
  g_mutex_clear (&self->mutex);
  g_free (self);
}

static GIConv
take_idle (ReboundConverters *self, const char *charset)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&self->mutex);

  for (guint i = 0; i < self->idle->len; i++)
    {
      Idle idle = g_array_index (self->idle, Idle, i);

      if (g_ascii_strcasecmp (idle.charset, charset) != 0)
        continue;
      g_array_remove_index_fast (self->idle, i);
      g_free (idle.charset);
      return idle.converter;
    }
  return (GIConv) -1;
}

static gboolean
is_known (const char *name)
{
  GIConv converter = g_iconv_open ("UTF-8", name);

  return converter != (GIConv) -1 && g_iconv_close (converter) == 0;
}

static gboolean
may_ask (ReboundConverters *self, const char *charset, gsize length)
{
  g_autofree char *name = NULL;
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = NULL;

  if (length > LONGEST_NAME || self == NULL)
    return length <= LONGEST_NAME;
  name = g_ascii_strdown (charset, length);
  locker = g_mutex_locker_new (&self->mutex);
  if (g_hash_table_contains (self->names, name))
    return TRUE;
  if (g_hash_table_size (self->names) >= MOST_NAMES)
    return is_known (name);
  g_hash_table_add (self->names, g_steal_pointer (&name));
  return TRUE;
}

/* Whether the name from @start to the first of @ends may be asked for. What is folded
 * right before its name, nobody sends but to hide it. */
static gboolean
may_ask_until (ReboundConverters *self, const char *start, const char *end, const char *ends)
{
  const char *p = start;

  if (start == end)
    return FALSE;

  while (p < end && strchr (ends, *p) == NULL && p - start <= LONGEST_NAME)
    p++;
  return p == end || may_ask (self, start, p - start);
}

/* "…==?=": padding of base64 and the end of an encoded word, and not the beginning of one. */
static gboolean
is_padded_end (const char *p, const char *end)
{
  const char *mark = end - p > 2 && p[2] == '=' ? memchr (p + 3, '?', end - p - 3) : NULL;

  return end - p > 2 && p[2] == '=' && (mark == NULL || end - mark < 3 || mark[2] != '?');
}

gboolean
rebound_converters_allow (ReboundConverters *self, const char *text, gsize length)
{
  const char *end = text + length;

  for (const char *p = text; (p = memmem (p, end - p, "=?", 2)) != NULL; p += 2)
    if (!is_padded_end (p, end) && !may_ask_until (self, p + 2, end, "?*"))
      return FALSE;
  for (const char *p = text; (p = memmem (p, end - p, "*=", 2)) != NULL; p += 2)
    if (!may_ask_until (self, p + 2, end, "'"))
      return FALSE;
  return TRUE;
}

GIConv
rebound_converters_take (ReboundConverters *self, const char *charset)
{
  GIConv converter = self != NULL ? take_idle (self, charset) : (GIConv) -1;

  if (converter == (GIConv) -1 && may_ask (self, charset, strlen (charset)))
    converter = (GIConv) g_mime_iconv_open ("UTF-8", charset);
  return converter;
}

void
rebound_converters_give (ReboundConverters *self, const char *charset, GIConv converter)
{
  Idle idle = { g_strdup (charset), converter };

  g_iconv (converter, NULL, NULL, NULL, NULL);
  if (self != NULL)
    {
      g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&self->mutex);

      if (self->idle->len < MOST_IDLE)
        {
          g_array_append_val (self->idle, idle);
          return;
        }
    }
  clear_idle (&idle);
}
