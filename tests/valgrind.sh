#!/bin/sh
# Rebound: valgrind finds nothing wrong while the command reads the corpus.
# SPDX-License-Identifier: LGPL-2.1-or-later
set -eu

# As "make check" sets them.
: "${top_srcdir:?}" "${REBOUND:?}"

if ! command -v valgrind >/dev/null 2>&1
then
  echo "valgrind is not installed"
  exit 77
fi
if [ -n "$SANITIZERS" ]
then
  echo "valgrind cannot run a program built with sanitizers"
  exit 77
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cd "$top_srcdir"
find corpus -type f -name '*.eml' | LC_ALL=C sort >"$work/messages"
if [ ! -s "$work/messages" ]
then
  echo "corpus/ holds no messages (*.eml)"
  exit 1
fi

# Both writers, and --explain, so that all of a report is read.
for options in --json --explain
do
  if ! tr '\n' '\0' <"$work/messages" \
    | G_SLICE=always-malloc xargs -0 -n 200 \
      valgrind --quiet --error-exitcode=99 --leak-check=full \
      --errors-for-leak-kinds=definite --suppressions=tests/valgrind.supp \
      "$REBOUND" parse "$options" >"$work/out" 2>"$work/errors"
  then
    echo "rebound parse $options:"
    head -n 100 "$work/errors"
    exit 1
  fi
  [ -s "$work/out" ] || { echo "rebound parse $options printed nothing"; exit 1; }
done
echo "$(wc -l <"$work/messages") messages"
