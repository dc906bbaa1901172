#!/bin/sh
# Rebound: every source, rule file, policy, script, completion and manual page of the tree is named in Makefile.am.
# A rule file that is not would be left out of the library in silence.
# SPDX-License-Identifier: LGPL-2.1-or-later
set -eu

# As "make check" sets them.
: "${top_srcdir:=$(dirname "$0")/..}"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$top_srcdir"

# A test program of one source is listed by its own name, without ".c".
strip='s|^\(tests/.*\)\.c$|\1|'

find src tests docs completions -type f \
  \( -path 'completions/*' -o -name '*.[ch]' -o -name '*.rules' -o -name '*.policy' -o -name '*.sh' -o -name '*.[1-8]' \) \
  | sed "$strip" | LC_ALL=C sort -u >"$work/there"
tr -s ' \t' '\n' <Makefile.am | sed "$strip" | LC_ALL=C sort -u >"$work/listed"
LC_ALL=C comm -23 "$work/there" "$work/listed" >"$work/left-out"

if [ -s "$work/left-out" ]
then
  echo "Makefile.am does not list:"
  cat "$work/left-out"
  exit 1
fi
echo "$(wc -l <"$work/there") files"
