#!/bin/sh
# Rebound: a PostgreSQL of one's own, for the scripts that source this: pg_make, then pg_start and
# pg_stop as often as one likes. It is reached by a socket in its folder alone, and runs as an
# ordinary user. With the script it ends and is removed, however that ends.
# SPDX-License-Identifier: LGPL-2.1-or-later

pg_folder=
pg_guard=

# pg_leave_out REASON
pg_leave_out ()
{
  echo "$*"
  exit 77
}

# Debian keeps the programs of the server out of the PATH.
pg_find_programs ()
{
  for pg_bin in $(find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin 2>/dev/null | sort -rV) \
    "$(dirname "$(command -v initdb || echo /none/initdb)")"
  do
    [ ! -x "$pg_bin/initdb" ] || [ ! -x "$pg_bin/pg_ctl" ] || return 0
  done
  pg_leave_out 'PostgreSQL is not installed (Debian: postgresql)'
}

# pg_as_user COMMAND…: the server refuses to run as root
pg_as_user ()
{
  if [ "$(id -u)" -eq 0 ]
  then
    setpriv --reuid=nobody --regid="$(id -g nobody)" --clear-groups "$@"
  else
    "$@"
  fi
}

# The path of a socket has 107 bytes.
pg_make_folder ()
{
  pg_folder=$(mktemp -d /tmp/rebound-pg-XXXXXX) || exit 99
  [ "$(id -u)" -ne 0 ] || chown nobody "$pg_folder" || exit 99
}

# It ends when nobody has the other end of the pipe any more, which is us.
pg_watch ()
{
  mkfifo "$pg_folder/alive" || exit 99
  (
    trap '' HUP INT TERM
    cat "$pg_folder/alive"
    pg_signal CONT
    pg_stop immediate
    rm -rf "$pg_folder"
  ) >/dev/null 2>&1 &
  pg_guard=$!
  exec 9>"$pg_folder/alive"
}

# What the script does at its end.
pg_end ()
{
  [ -n "$pg_guard" ] || return 0
  exec 9>&-
  wait "$pg_guard"
}

# pg_make: a server that has not been started, and REBOUND_TEST_POSTGRESQL, its URL
pg_make ()
{
  pg_find_programs
  pg_make_folder
  pg_watch
  if ! pg_as_user "$pg_bin/initdb" -D "$pg_folder/data" --username=rebound --auth=trust \
    --encoding=UTF8 --locale=C --no-sync >"$pg_folder/initdb.log" 2>&1 9>&-
  then
    cat "$pg_folder/initdb.log"
    exit 99
  fi
  REBOUND_TEST_POSTGRESQL="postgresql:///postgres?host=$pg_folder&user=rebound"
  export REBOUND_TEST_POSTGRESQL
}

pg_start ()
{
  pg_as_user "$pg_bin/pg_ctl" -D "$pg_folder/data" -l "$pg_folder/server.log" -w -t 60 \
    -o "-c listen_addresses='' -c unix_socket_directories='$pg_folder' -c max_connections=40" \
    start >/dev/null 9>&- && return
  cat "$pg_folder/server.log"
  return 99
}

# pg_stop MODE: smart, fast or immediate, which is as good as a loss of power
pg_stop ()
{
  pg_as_user "$pg_bin/pg_ctl" -D "$pg_folder/data" -m "$1" -w -t 60 stop >/dev/null 9>&-
}

# pg_signal SIGNAL: to all its processes, of which some may have just ended
pg_signal ()
{
  read -r postmaster <"$pg_folder/data/postmaster.pid" || return
  # shellcheck disable=SC2046 # one word for each process
  kill "-$1" "$postmaster" $(cat "/proc/$postmaster/task/$postmaster/children") 2>/dev/null
  true
}
