/* Rebound: module: JSON, read by json-glib.
 *
 * Its parser calls itself for each object and array, and looks through all members of an object for
 * each that comes twice; so the caller counts both before.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "json.h"

#include <gmodule.h>
#include <json-glib/json-glib.h>
#include <string.h>

typedef struct
{
  GHashTable *values;
  GString *path;
} Reading;

G_MODULE_EXPORT GHashTable *rebound_json_read (const char *json, gsize length);

static void add_node (Reading *self, JsonNode *node);

/* What stands below the path, and @name in it. */
static void
add_below (Reading *self, const char *name, JsonNode *node)
{
  gsize length = self->path->len;

  if (strlen (name) > REBOUND_JSON_LONGEST_NAME)
    return;
  if (length > 0)
    g_string_append_c (self->path, '.');
  g_string_append (self->path, name);
  add_node (self, node);
  g_string_truncate (self->path, length);
}

static void
add_member (G_GNUC_UNUSED JsonObject *object, const char *name, JsonNode *node, gpointer data)
{
  add_below (data, name, node);
}

static void
add_element (G_GNUC_UNUSED JsonArray *array, guint i, JsonNode *node, gpointer data)
{
  char name[12];

  g_snprintf (name, sizeof name, "%u", i);
  add_below (data, name, node);
}

/* An escape may be half a character: "\ud800". */
static char *
to_text (JsonNode *node)
{
  switch (json_node_get_value_type (node))
    {
    case G_TYPE_STRING:
      return g_utf8_make_valid (json_node_get_string (node), -1);
    case G_TYPE_BOOLEAN:
      return g_strdup (json_node_get_boolean (node) ? "true" : "false");
    case G_TYPE_INT64:
      return g_strdup_printf ("%" G_GINT64_FORMAT, json_node_get_int (node));
    default:
      return NULL;
    }
}

static void
add_value (Reading *self, JsonNode *node)
{
  char *text = to_text (node);

  if (text != NULL)
    g_hash_table_insert (self->values, g_utf8_make_valid (self->path->str, -1), text);
}

static void
add_node (Reading *self, JsonNode *node)
{
  if (JSON_NODE_HOLDS_OBJECT (node))
    json_object_foreach_member (json_node_get_object (node), add_member, self);
  else if (JSON_NODE_HOLDS_ARRAY (node))
    json_array_foreach_element (json_node_get_array (node), add_element, self);
  else if (JSON_NODE_HOLDS_VALUE (node))
    add_value (self, node);
}

GHashTable *
rebound_json_read (const char *json, gsize length)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  g_autoptr (GString) path = g_string_new (NULL);
  Reading self = { .path = path };

  if (!json_parser_load_from_data (parser, json, length, NULL)
      || json_parser_get_root (parser) == NULL)
    return NULL;
  self.values = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  add_node (&self, json_parser_get_root (parser));
  return self.values;
}
