/* Rebound: module: the text of an HTML body, read by libxml2.
 *
 * Its parser tells of each tag and each run of text as it comes, and no tree is built. The time it
 * takes is quadratic in the attributes of a tag, in the depth of a page and in the names on it. So
 * it is given the page piece by piece, and no further once it has gone beyond what any page of a
 * mail system has. The library then reads the page in its own way, and nothing is lost.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "html.h"

#include <gmodule.h>
#include <libxml/HTMLparser.h>

#define OPTIONS (HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_NONET)

/* The text of a message has this limit by default. Names beyond some 16,000 get slow. */
#define LARGEST_PAGE (512 * 1024)
/* Bytes of a tag or a comment. A thousand attributes fit in, and take half a millisecond. */
#define LONGEST_TOKEN 4096
#define PIECE 1024
#define MOST_ATTRIBUTES 256
#define MOST_TAGS 10000
#define DEEPEST 256
/* Each costs as much as a tag. A name that is not of HTML is one, as those of Word are. */
#define MOST_ERRORS 10000

typedef struct
{
  htmlParserCtxtPtr parser;
  const char *left; /* what the parser has not been given */
  const char *end;
  gsize length;
  gsize silence; /* bytes that it has been given since it has told of anything */
  guint tags;
  guint depth;
  guint hidden;
  guint errors;
  gboolean unfinished; /* a comment or a value has run to the end of the page */
  gboolean gave_up; /* the page ends with the piece that the parser has: after xmlStopParser() that
                     * of HTML in 2.9.14 may go round for ever */
  gboolean complete;
  GString *out;
} Reading;

G_MODULE_EXPORT const char *g_module_check_init (GModule *module);
G_MODULE_EXPORT char *rebound_html_read (const char *html, gsize length, gsize *out_length);

static int
give_bytes (void *data, char *buffer, int size)
{
  Reading *self = data;
  gsize n = MIN (MIN (size, PIECE), self->end - self->left);

  self->gave_up |= self->silence > LONGEST_TOKEN;
  if (self->gave_up)
    return 0;
  memcpy (buffer, self->left, n);
  self->left += n;
  self->silence += n;
  return n;
}

static gboolean
is_one_of (const void *name, const char *const *names)
{
  return rebound_html_is_one_of (name, strlen (name), names);
}

/* A tag in a value is rather a quotation mark that is missing, and text that is taken for part of
 * a tag. */
static gboolean
are_plausible (const xmlChar **attributes)
{
  guint n = 0;

  for (; attributes != NULL && attributes[2 * n] != NULL; n++)
    if (attributes[2 * n + 1] != NULL && xmlStrchr (attributes[2 * n + 1], '<') != NULL)
      return FALSE;
  return n <= MOST_ATTRIBUTES;
}

static void
on_start (void *data, const xmlChar *name, const xmlChar **attributes)
{
  Reading *self = data;

  self->silence = 0;
  self->tags++;
  self->depth++;
  self->hidden += is_one_of (name, rebound_html_hidden);
  if (is_one_of (name, rebound_html_lines))
    g_string_append_c (self->out, '\n');
  if (self->tags > MOST_TAGS || self->depth > DEEPEST || !are_plausible (attributes))
    self->gave_up = TRUE;
}

/* Also of what has no end, as <br>. */
static void
on_end (void *data, const xmlChar *name)
{
  Reading *self = data;
  const htmlElemDesc *tag = htmlTagLookup (name);

  self->silence = 0;
  self->depth--;
  self->hidden -= is_one_of (name, rebound_html_hidden);
  if (is_one_of (name, rebound_html_lines) && (tag == NULL || !tag->empty))
    g_string_append_c (self->out, '\n');
}

/* An entity comes by itself. As phrases have them: a blank that does not break is one, and what
 * nobody sees is not there. */
static gboolean
append_invisible (GString *out, const char *text, gsize length)
{
  static const char *const blanks[] = { "\u00a0", NULL };
  static const char *const nothing[] = { "\u00ad", "\u200c", NULL };

  if (rebound_html_is_one_of (text, length, blanks))
    g_string_append_c (out, ' ');
  else
    return rebound_html_is_one_of (text, length, nothing);
  return TRUE;
}

static void
on_text (void *data, const xmlChar *text, int length)
{
  Reading *self = data;

  self->silence = 0;
  if (self->hidden == 0 && !append_invisible (self->out, (const char *) text, length))
    g_string_append_len (self->out, (const char *) text, length);
}

/* "<!-->" is a whole comment (HTML, 13.2.5.43), but not to libxml2 2.9. */
static void
on_comment (void *data, const xmlChar *text)
{
  Reading *self = data;

  self->silence = 0;
  self->unfinished = FALSE;
  if (*text == '>' || g_str_has_prefix ((const char *) text, "->"))
    self->gave_up = TRUE;
}

/* The parser may have stopped before, and for reasons of its own. */
static void
on_document_end (void *data)
{
  Reading *self = data;

  self->complete =
      !self->gave_up && !self->unfinished && xmlByteConsumed (self->parser) == (long) self->length;
}

#if LIBXML_VERSION >= 21200
typedef const xmlError ParserError;
#else
typedef xmlError ParserError;
#endif

/* Takes them, so that the program's own handler is not called. Of an end tag without a beginning
 * nothing else tells, and it ends a line all the same. */
static void
on_error (void *data, ParserError *error)
{
  Reading *self = data;

  self->errors++;
  self->unfinished |=
      error->code == XML_ERR_COMMENT_NOT_FINISHED || error->code == XML_ERR_ATTRIBUTE_NOT_FINISHED;
  if (error->code == XML_ERR_TAG_NAME_MISMATCH && error->str1 != NULL
      && is_one_of (error->str1, rebound_html_lines))
    g_string_append_c (self->out, '\n');
  if (error->level == XML_ERR_FATAL || self->errors > MOST_ERRORS)
    self->gave_up = TRUE;
}

static const htmlSAXHandler handler = {
  .initialized = XML_SAX2_MAGIC, /* with serror */
  .startElement = on_start,
  .endElement = on_end,
  .characters = on_text,
  .ignorableWhitespace = on_text,
  .cdataBlock = on_text,
  .comment = on_comment,
  .endDocument = on_document_end,
  .serror = on_error,
};

char *
rebound_html_read (const char *html, gsize length, gsize *out_length)
{
  Reading self = { .left = html, .end = html + length, .length = length };

  if (length <= LARGEST_PAGE)
    self.parser = htmlNewParserCtxt ();
  if (self.parser == NULL)
    return NULL;
  self.out = g_string_sized_new (length / 2 + 1);
  *self.parser->sax = handler;
  self.parser->userData = &self;
  /* with the charset named, no <meta> can change it */
  htmlCtxtReadIO (self.parser, give_bytes, NULL, &self, NULL, "UTF-8", OPTIONS);
  htmlFreeParserCtxt (self.parser);
  *out_length = self.out->len;
  return g_string_free (self.out, !self.complete);
}

/* GModule calls it before anything else. */
const char *
g_module_check_init (G_GNUC_UNUSED GModule *module)
{
  xmlInitParser ();
  return NULL;
}
