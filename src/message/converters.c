/* Rebound: charset converters that several messages use, one after the other.
 *
 * The C library loads a module for most charsets and unloads it again, which takes longer than
 * reading a message.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "converters.h"

#include <gmime/gmime.h>

/* One for each charset that is tried for an undeclared text, and some that messages declare. */
#define MOST_IDLE 32

typedef struct
{
  char *charset;
  GIConv converter;
} Idle;

struct _ReboundConverters
{
  GMutex mutex;
  GArray *idle; /* of Idle */
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
  return self;
}

void
rebound_converters_free (ReboundConverters *self)
{
  for (guint i = 0; i < self->idle->len; i++)
    clear_idle (&g_array_index (self->idle, Idle, i));
  g_array_unref (self->idle);
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

GIConv
rebound_converters_take (ReboundConverters *self, const char *charset)
{
  GIConv converter = self != NULL ? take_idle (self, charset) : (GIConv) -1;

  return converter != (GIConv) -1 ? converter : (GIConv) g_mime_iconv_open ("UTF-8", charset);
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
