#!/bin/sh
# Rebound: the tests of what is kept in a database, with a PostgreSQL of their own. With arguments,
# these are the command that is run with it; its URL is in REBOUND_TEST_POSTGRESQL.
# SPDX-License-Identifier: LGPL-2.1-or-later
set -u

# As "make check" sets them.
: "${top_srcdir:?}" "${top_builddir:?}"
: "${REBOUND_MODULES=}"

# shellcheck source=tests/postgresql-server.sh
. "$top_srcdir/tests/postgresql-server.sh"

case " $REBOUND_MODULES " in
  *' postgresql '*) ;;
  *) pg_leave_out 'configured --without-libpq' ;;
esac

trap pg_end EXIT
trap 'exit 99' HUP INT TERM
pg_make
pg_start || exit

if [ $# -gt 0 ]
then
  "$@" 9>&-
  exit
fi

number=0
failed=0
for test in check_database check_faults check_store check_storm
do
  [ -x "$top_builddir/tests/$test" ] || continue
  number=$((number + 1))
  if "$top_builddir/tests/$test" >"$pg_folder/output" 2>&1 9>&-
  then
    echo "ok $number - $test with PostgreSQL"
  else
    failed=$((failed + 1))
    grep -v '^ok' "$pg_folder/output" | sed 's/^/# /'
    echo "not ok $number - $test with PostgreSQL"
  fi
done
echo "1..$number"
[ "$failed" -eq 0 ]
