#!/bin/sh
# Rebound: rebound-codes(7), which the build writes, has every topic of "rebound explain", and is a
# manual page without a mistake.
# SPDX-License-Identifier: LGPL-2.1-or-later
set -eu

# As "make check" sets them.
: "${top_srcdir:?}" "${top_builddir:?}" "${REBOUND:?}"

page=$top_builddir/docs/rebound-codes.7
[ -e "$page" ] || page=$top_srcdir/docs/rebound-codes.7 # as released
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$REBOUND" explain --list | sed 's/: .*//' | LC_ALL=C sort -u >"$work/topics"
sed -n 's/^\.It Sy "\(.*\)"$/\1/p' "$page" | LC_ALL=C sort -u >"$work/there"
[ -s "$work/topics" ]
diff "$work/topics" "$work/there"
# each reason has the texts that its codes leave to it
for heading in 'Usual causes' 'The manager of a list' 'The sending postmaster'
do
  grep -q "^$heading:\$" "$page"
done
if command -v mandoc >"$work/path"
then
  mandoc -Tlint -W error "$page"
fi
echo "$(wc -l <"$work/there") topics"
