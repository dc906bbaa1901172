/* Rebound: the rest of the world, as tests/e2e/ plays it: an SMTP server that answers by the local
 * part of the recipient or by the address that was called, and a DNS server that knows its hosts.
 *
 *   sink SCENARIOS FOLDER ADDRESS...
 *
 * The lines "host" and "answer" of SCENARIOS say what is answered. What is taken is left in FOLDER
 * as RECIPIENT.TIME.eml, with its envelope in the header as a mailbox has it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MANY 64
#define OK "250 2.0.0 Ok"

typedef struct
{
  char kind[16], name[64], stage[64], text[600];
} Line;

typedef struct
{
  FILE *in, *out;
  char sender[256], recipient[256];
  /* What DATA and its end are answered. */
  const char *data, *end;
} Session;

static Line lines[MANY];
static const char *folder;

static void
read_lines (const char *path)
{
  FILE *file = fopen (path, "r");
  char buffer[800];
  int n = 0;

  if (file == NULL)
    err (1, "%s", path);
  while (n < MANY && fgets (buffer, sizeof buffer, file) != NULL)
    if ((strncmp (buffer, "host ", 5) == 0 || strncmp (buffer, "answer ", 7) == 0)
        && sscanf (buffer, "%15s %63s %63s %599[^\n]", lines[n].kind, lines[n].name,
                   lines[n].stage, lines[n].text) >= 3)
      n++;
  if (n == MANY)
    errx (1, "%s: too many lines", path);
  fclose (file);
}

static const Line *
find (const char *kind, const char *name, const char *stage)
{
  for (int i = 0; i < MANY; i++)
    if (strcmp (lines[i].kind, kind) == 0 && strcasecmp (lines[i].name, name) == 0
        && (stage == NULL || strcmp (lines[i].stage, stage) == 0))
      return &lines[i];
  return NULL;
}

/* ---- DNS ------------------------------------------------------------------------------------ */

/* Makes the labels of a name into ".label.label", and returns how long they are. */
static size_t
read_name (char *name, size_t size)
{
  size_t at = 0, next;

  for (; at < size && name[at] != '\0'; at = next)
    {
      next = at + (unsigned char) name[at] + 1;
      name[at] = '.';
    }
  return at;
}

/* A record that answers the question, whose name stands at offset 12. */
static unsigned char *
add_record (unsigned char *at, unsigned char type, const void *data, unsigned char length)
{
  const unsigned char head[] = { 0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, length };

  memcpy (at, head, sizeof head);
  memcpy (at + sizeof head, data, length);
  return at + sizeof head + length;
}

static void
answer_question (int fd)
{
  enum { A = 1, MX = 15 };
  unsigned char packet[600], *at, type;
  char name[513] = "";
  struct sockaddr_in from;
  socklen_t from_length = sizeof from;
  ssize_t length = recvfrom (fd, packet, 512, 0, (struct sockaddr *) &from, &from_length);
  struct in_addr address;
  const Line *host;

  if (length < 17)
    return;
  memcpy (name, packet + 12, (size_t) length - 12);
  at = packet + 12 + read_name (name, (size_t) length - 16) + 5;
  if (at > packet + length)
    return;
  type = at[-3];
  host = find ("host", name + 1, NULL);
  packet[2] = 0x85;                     /* an answer, with authority */
  packet[3] = host ? 0x80 : 0x83;       /* NXDOMAIN */
  memcpy (packet + 4, (unsigned char[8]) { 0, 1 }, 8);
  if (host != NULL && type == A && inet_pton (AF_INET, host->stage, &address) == 1)
    at = add_record (at, A, &address, 4), packet[7] = 1;
  else if (host != NULL && type == MX && strcmp (host->stage, ".") == 0)
    at = add_record (at, MX, "\0\0", 3), packet[7] = 1;         /* RFC 7505 */
  sendto (fd, packet, (size_t) (at - packet), 0, (struct sockaddr *) &from, from_length);
}

/* ---- SMTP ----------------------------------------------------------------------------------- */

/* A reply of the table, in which "\n" ends a line. */
static void
say (Session *self, const char *reply)
{
  const char *end;

  while ((end = strstr (reply, "\\n")) != NULL)
    {
      fprintf (self->out, "%.*s\r\n", (int) (end - reply), reply);
      reply = end + 2;
    }
  fprintf (self->out, "%s\r\n", reply);
  fflush (self->out);
}

static bool
take_line (Session *self, char *line, int size)
{
  if (fgets (line, size, self->in) == NULL)
    return false;
  line[strcspn (line, "\r\n")] = '\0';
  return true;
}

/* What is between the angle brackets of a command. */
static void
copy_path (char *to, const char *command)
{
  if (sscanf (command, "%*[^<]<%255[^>]", to) != 1)
    to[0] = '\0';
}

/* Who greylists knows them the next time. */
static bool
is_first (const char *local)
{
  char path[512];
  int fd;

  snprintf (path, sizeof path, "%s/.met-%s", folder, local);
  fd = open (path, O_WRONLY | O_CREAT | O_EXCL, 0600);
  if (fd >= 0)
    close (fd);
  return fd >= 0;
}

static void
take_recipient (Session *self, const char *command)
{
  char path[256], local[256] = "";
  const Line *answer;

  copy_path (path, command);
  sscanf (path, "%255[^@]", local);
  answer = find ("answer", local, "once");
  if (answer == NULL || !is_first (local))
    answer = find ("answer", local, "rcpt");
  say (self, answer ? answer->text : OK);
  if (answer != NULL)
    return;
  strcpy (self->recipient, path);
  if ((answer = find ("answer", local, "data")) != NULL)
    self->data = answer->text;
  if ((answer = find ("answer", local, "end")) != NULL)
    self->end = answer->text;
}

/* The message, to a file that gets its name when it is whole. */
static void
take_data (Session *self)
{
  char line[4096], part[512], whole[512];
  struct timespec now;
  FILE *file;

  clock_gettime (CLOCK_REALTIME, &now);
  snprintf (whole, sizeof whole, "%s/%s.%lld%09ld.eml", folder, self->recipient,
            (long long) now.tv_sec, now.tv_nsec);
  snprintf (part, sizeof part, "%s/.%d", folder, (int) getpid ());
  if ((file = fopen (part, "w")) == NULL)
    err (1, "%s", part);
  fprintf (file, "Return-Path: <%s>\nDelivered-To: %s\n", self->sender, self->recipient);
  while (take_line (self, line, sizeof line) && strcmp (line, ".") != 0)
    fprintf (file, "%s\n", line[0] == '.' ? line + 1 : line);
  fclose (file);
  if (self->end == NULL && rename (part, whole) != 0)
    err (1, "%s", whole);
  say (self, self->end ? self->end : OK);
}

static void
take_command (Session *self, const char *line)
{
  if (strncasecmp (line, "EHLO", 4) == 0)
    say (self, "250-sink.example\\n250-8BITMIME\\n250-SMTPUTF8\\n250 ENHANCEDSTATUSCODES");
  else if (strncasecmp (line, "RCPT", 4) == 0)
    take_recipient (self, line);
  else if (strncasecmp (line, "DATA", 4) == 0 && self->data != NULL)
    say (self, self->data);
  else if (strncasecmp (line, "DATA", 4) == 0)
    {
      say (self, "354 Go on");
      take_data (self);
    }
  else
    {
      if (strncasecmp (line, "MAIL", 4) == 0)
        {
          copy_path (self->sender, line);
          self->data = self->end = NULL;
        }
      say (self, OK);
    }
}

static void
serve (int fd)
{
  Session self = { fdopen (fd, "r"), fdopen (dup (fd), "w"), "", "", NULL, NULL };
  struct sockaddr_in here;
  socklen_t length = sizeof here;
  const Line *greeting;
  char line[4096];

  getsockname (fd, (struct sockaddr *) &here, &length);
  greeting = find ("answer", inet_ntoa (here.sin_addr), "connect");
  say (&self, greeting ? greeting->text : "220 sink.example ESMTP");
  while (take_line (&self, line, sizeof line))
    {
      if (strncasecmp (line, "QUIT", 4) == 0)
        break;
      take_command (&self, line);
    }
  say (&self, "221 2.0.0 Bye");
}

static void
serve_apart (int listening)
{
  int fd = accept (listening, NULL, NULL);

  if (fd >= 0 && fork () == 0)
    {
      serve (fd);
      _exit (0);
    }
  close (fd);
}

/* ---- Both ----------------------------------------------------------------------------------- */

static int
open_socket (int type, const char *address, in_port_t port)
{
  struct sockaddr_in here = { .sin_family = AF_INET, .sin_port = htons (port) };
  int fd = socket (AF_INET, type, 0);

  inet_pton (AF_INET, address, &here.sin_addr);
  if (bind (fd, (struct sockaddr *) &here, sizeof here) != 0)
    err (1, "%s port %d", address, port);
  if (type == SOCK_STREAM)
    listen (fd, 50);
  return fd;
}

int
main (int argc, char **argv)
{
  struct pollfd sockets[MANY];
  nfds_t n = 1;

  if (argc < 4 || argc > MANY)
    errx (64, "usage: sink SCENARIOS FOLDER ADDRESS...");
  read_lines (argv[1]);
  folder = argv[2];
  signal (SIGCHLD, SIG_IGN);
  signal (SIGPIPE, SIG_IGN);
  sockets[0] = (struct pollfd) { open_socket (SOCK_DGRAM, "127.0.0.1", 53), POLLIN, 0 };
  for (int i = 3; i < argc; i++)
    sockets[n++] = (struct pollfd) { open_socket (SOCK_STREAM, argv[i], 25), POLLIN, 0 };
  while (poll (sockets, n, -1) > 0)
    for (nfds_t i = 0; i < n; i++)
      if ((sockets[i].revents & POLLIN) != 0)
        (i == 0 ? answer_question : serve_apart) (sockets[i].fd);
  err (1, "poll");
}
