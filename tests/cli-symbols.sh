#!/bin/sh
# Rebound: the command uses only the public functions, though it is linked statically.
# SPDX-License-Identifier: LGPL-2.1-or-later
set -eu

# As "make check" sets them.
: "${top_builddir:?}" "${NM:?}"

library=$top_builddir/src/.libs/librebound.so
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [ ! -e "$library" ]
then
  echo "$library is missing: configured with --disable-shared"
  exit 77
fi

set -- "$top_builddir"/src/cli/*.o
[ -e "$1" ] || { echo "no objects in $top_builddir/src/cli"; exit 1; }

"$NM" -D --defined-only "$library" | awk '{ sub (/@.*/, "", $3); print $3 }' >"$work/known"
"$NM" --defined-only "$@" | awk 'NF == 3 { print $3 }' >>"$work/known"
LC_ALL=C sort -u -o "$work/known" "$work/known"
"$NM" -u "$@" | awk '$2 ~ /^rebound_/ { print $2 }' | LC_ALL=C sort -u >"$work/used"

if [ ! -s "$work/used" ]
then
  echo "the command uses no rebound_ function at all: is $top_builddir/src/cli what was built?"
  exit 1
fi

LC_ALL=C comm -13 "$work/known" "$work/used" >"$work/private"
if [ -s "$work/private" ]
then
  echo "src/cli uses functions that are not public:"
  cat "$work/private"
  exit 1
fi
