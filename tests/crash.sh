#!/bin/sh
# Rebound: no event is lost or doubled, and the caller gets 75 and is told why, when who delivers is
# killed, the disk is full, the store is read-only or locked, or PostgreSQL is stopped. With CRASH_FULL
# set more often, and with what is only given up after a while.
# SPDX-License-Identifier: LGPL-2.1-or-later
set -u

# As "make check" sets them.
: "${top_srcdir:?}" "${top_builddir:?}" "${REBOUND:?}"
: "${REBOUND_MODULES=}"
: "${CRASH_FULL=}"

# shellcheck source=tests/report.sh
. "$top_srcdir/tests/report.sh"
# shellcheck source=tests/postgresql-server.sh
. "$top_srcdir/tests/postgresql-server.sh"

# LeakSanitizer looks for leaks from a process of its own, and waits for it for ever when it is killed.
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
export ASAN_OPTIONS

crash ()
{
  "$top_builddir/tests/crash" "$@" 9>&-
}

# deferred URL FIRST N PATTERN: not all of these messages can be delivered, and what is said of the
# first has the pattern in it
deferred ()
{
  said=$(crash deliver "$1" "$2" "$3" 0 0)
  status=$?
  echo "$said"
  [ "$status" -ne 0 ] && echo "$said" | grep -q '^# deferred first: rebound deliver: .*'"$4" \
    && echo "$said" | grep -q ' 0 wrong'
}

# delivered URL FIRST N: these messages are, and then all up to them are there once
delivered ()
{
  crash deliver "$1" "$2" "$3" 0 && crash verify "$1" $(($2 + $3))
}

# ---- On a disk that is too small ---------------------------------------------------------------
# The script calls itself for it, in a namespace whose mounts nobody else sees.

# on_small_disk FOLDER URL N: the disk behind the folder has room for none or some of N messages
on_small_disk ()
{
  deferred "$2" 0 "$3" 'make room on the disk' || return
  rm -f "$1/filler"
  mount -o remount,size=300m "$1" || return
  delivered "$2" 0 "$3"
}

case ${1-} in
  small-disk-sqlite)
    mount -t tmpfs -o size=400k rebound-test "$2" || exit 77
    on_small_disk "$2" "sqlite:$2/store.db" 500
    exit
    ;;
  small-disk-postgresql)
    pg_make_folder ()
    {
      pg_folder=$work
      mount -t tmpfs -o size=100m rebound-test "$pg_folder" && chown nobody "$pg_folder" || exit 77
    }
    work=$2
    trap pg_end EXIT
    pg_make
    pg_start && crash deliver "$REBOUND_TEST_POSTGRESQL" 0 1 0 || exit
    # to its last byte
    cat /dev/zero >"$pg_folder/filler" 2>/dev/null
    on_small_disk "$pg_folder" "$REBOUND_TEST_POSTGRESQL" 500
    exit
    ;;
esac

# messages, and how often PostgreSQL is stopped meanwhile
many=${CRASH_FULL:+1500}
many=${many:-100}
often=${CRASH_FULL:+12}
often=${often:-2}

work=$(mktemp -d) || exit 99
chmod 755 "$work"
trap 'rm -rf "$work"; pg_end' EXIT
trap 'exit 99' HUP INT TERM

# ---- SQLite -------------------------------------------------------------------------------------

sqlite_killed ()
{
  crash deliver "sqlite:$work/killed.db" 0 "$1" 40 && crash verify "sqlite:$work/killed.db" "$1"
}

sqlite_full ()
{
  # In blocks of 512 bytes: all of them take more.
  (ulimit -f 600 && deferred "sqlite:$work/full.db" 0 500 'limit of file size') \
    && delivered "sqlite:$work/full.db" 0 500
}

# small_disk DATABASE
small_disk ()
{
  if [ "$(id -u)" -ne 0 ] || ! unshare --mount true 2>/dev/null
  then
    skip "$1: the disk is full" 'only root can make a small disk'
    return
  fi
  mkdir "$work/$1"
  unshare --mount sh "$top_srcdir/tests/crash.sh" "small-disk-$(echo "$1" | tr '[:upper:]' '[:lower:]')" "$work/$1"
  report $? "$1: the disk is full"
}

# Root may write everywhere.
sqlite_read_only ()
{
  mkdir "$work/read-only"
  url=sqlite:$work/read-only/store.db
  delivered "$url" 0 1 || return
  [ "$(id -u)" -ne 0 ] || chown -R nobody "$work/read-only"
  chmod 555 "$work/read-only"
  chmod 444 "$work/read-only/store.db"
  said=$(pg_as_user "$top_builddir/tests/crash" deliver "$url" 1 1 0 0)
  echo "$said"
  echo "$said" | grep -q 'deliver: .*writable for this user' || return
  chmod 755 "$work/read-only"
  chmod 644 "$work/read-only/store.db"
  delivered "$url" 1 1
}

# locked URL SECONDS: while somebody else has it
locked ()
{
  crash deliver "$1" 0 1 0 || return
  mkfifo "$work/held"
  crash hold "$1" "$2" >"$work/held" &
  holder=$!
  read -r held <"$work/held"
  rm "$work/held"
  if [ "$2" -lt 20 ]
  then
    crash deliver "$1" 1 1 0 0
  else
    deferred "$1" 1 1 'kept it for too long'
  fi
  status=$?
  kill "$holder" 2>/dev/null
  wait "$holder" 2>/dev/null
  [ "$held" = held ] && [ "$status" -eq 0 ] && delivered "$1" 1 1
}

case " $REBOUND_MODULES " in
  *' sqlite '*)
    sqlite_killed "$many"
    report $? 'SQLite: eight deliver, and are killed'
    sqlite_full
    report $? 'SQLite: a file must not become longer'
    small_disk SQLite
    if pg_as_user test -x "$REBOUND" -a -x "$top_builddir/tests/crash" -a -r "$work"
    then
      sqlite_read_only
      report $? 'SQLite: the store is read-only'
    else
      skip 'SQLite: the store is read-only' 'the user nobody cannot read the build'
    fi
    locked "sqlite:$work/locked.db" 2
    report $? 'SQLite: a lock is waited for'
    if [ -n "$CRASH_FULL" ]
    then
      locked "sqlite:$work/locked-for-long.db" 60
      report $? 'SQLite: a lock is not waited for for ever'
    fi
    ;;
  *)
    skip 'SQLite' 'configured --without-sqlite'
    ;;
esac

# ---- PostgreSQL ---------------------------------------------------------------------------------

# new_schema NAME: the URL of a store of its own, in $url
new_schema ()
{
  "$pg_bin/psql" -q -c "CREATE SCHEMA $1" "$REBOUND_TEST_POSTGRESQL" 9>&- || return
  url="$REBOUND_TEST_POSTGRESQL&options=-csearch_path%3D$1"
}

# As if the power had gone: what is not on the disk is lost.
postgresql_stopped_in_between ()
{
  new_schema killed || return
  crash deliver "$url" 0 "$1" 20 >"$work/delivery" 2>&1 &
  delivery=$!
  i=0
  while [ $i -lt "$2" ]
  do
    sleep 1
    pg_stop immediate && sleep 0.3 && pg_start || return
    i=$((i + 1))
  done
  wait "$delivery"
  status=$?
  cat "$work/delivery"
  [ "$status" -eq 0 ] && crash verify "$url" "$1"
}

postgresql_stopped ()
{
  new_schema stopped && delivered "$url" 0 1 && pg_stop fast || return
  deferred "$url" 1 1 'see whether the server runs'
  status=$?
  pg_start && [ "$status" -eq 0 ] && delivered "$url" 1 1
}

# It still takes connections, as the kernel does that, and says nothing.
postgresql_silent ()
{
  new_schema silent && delivered "$url" 0 1 && pg_signal STOP || return
  start=$(date +%s)
  deferred "$url" 1 1 'see whether the server runs'
  status=$?
  seconds=$(($(date +%s) - start))
  pg_signal CONT
  echo "# after $seconds seconds"
  [ "$status" -eq 0 ] && [ "$seconds" -lt 60 ] && delivered "$url" 1 1
}

# One who was connected before.
postgresql_falls_silent ()
{
  new_schema falls_silent && mkfifo "$work/ask" "$work/open" || return
  crash ask "$url" <"$work/ask" >"$work/open" 2>"$work/said" &
  asking=$!
  exec 8>"$work/ask"
  read -r open <"$work/open"
  pg_signal STOP
  start=$(date +%s)
  echo now >&8
  wait "$asking"
  status=$?
  seconds=$(($(date +%s) - start))
  pg_signal CONT
  exec 8>&-
  sed 's/^/# /' "$work/said"
  echo "# after $seconds seconds"
  [ "$open" = open ] && [ "$status" -eq 1 ] && [ "$seconds" -lt 60 ] \
    && grep -q 'does not answer; see whether the server runs' "$work/said"
}

postgresql_locked ()
{
  new_schema "locked$1" && locked "$url" "$1"
}

case " $REBOUND_MODULES " in
  *' postgresql '*)
    why=$(pg_find_programs)
    ;;
  *)
    why='configured --without-libpq'
    ;;
esac
if [ -n "$why" ]
then
  skip PostgreSQL "$why"
  finish
fi
small_disk PostgreSQL
pg_make
pg_start || exit
postgresql_stopped
report $? 'PostgreSQL: it is stopped'
postgresql_stopped_in_between "$many" "$often"
report $? 'PostgreSQL: eight deliver, and are killed, and it is stopped without warning'
postgresql_locked 2
report $? 'PostgreSQL: a lock is waited for'
if [ -n "$CRASH_FULL" ]
then
  postgresql_locked 60
  report $? 'PostgreSQL: a lock is not waited for for ever'
  postgresql_silent
  report $? 'PostgreSQL: it does not answer'
  postgresql_falls_silent
  report $? 'PostgreSQL: it does not answer any more'
fi
finish
