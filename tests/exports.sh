#!/bin/sh
# Rebound: the shared library exports what the public headers declare, no less and no more.
# SPDX-License-Identifier: LGPL-2.1-or-later
set -eu

# As "make check" sets them.
: "${top_srcdir:?}" "${top_builddir:?}" "${NM:?}"

library=$top_builddir/src/.libs/librebound.so
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [ ! -e "$library" ]
then
  echo "$library is missing: configured with --disable-shared"
  exit 77
fi

# Comments and directives out, one statement a line, then the name before the first bracket.
cat "$top_srcdir"/src/rebound*.h "$top_builddir"/src/rebound-version.h \
  | sed -e '/^ *#/d' -e 's|/\*.*\*/||' -e '/\/\*/,/\*\//d' \
  | tr '\n;' ' \n' \
  | sed -n 's/^.*REBOUND_API [^(]*\(rebound_[a-z0-9_]*\) *(.*$/\1/p' \
  | LC_ALL=C sort -u >"$work/declared"

# "A" is the name of the version itself.
"$NM" -D --defined-only "$library" \
  | awk '$2 != "A" { sub (/@.*/, "", $3); print $3 }' \
  | LC_ALL=C sort -u >"$work/exported"

if [ ! -s "$work/declared" ]
then
  echo "no REBOUND_API function found in $top_srcdir/src/rebound*.h"
  exit 1
fi

if ! diff "$work/declared" "$work/exported" >"$work/diff"
then
  echo "< is declared and not exported, > is exported and not declared REBOUND_API:"
  cat "$work/diff"
  exit 1
fi
echo "$(wc -l <"$work/exported") functions"
