#!/bin/sh
# Rebound: every fuzz target reads its seeds, what was found by it before, and, where it takes
# messages, the corpus.
# SPDX-License-Identifier: LGPL-2.1-or-later
set -eu

# As "make check" sets them.
: "${top_srcdir:?}" "${top_builddir:?}"

targets='address delivery-status feedback guard html message notice paste reply rules'
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n=0

# shellcheck disable=SC2086 # one word for each target
echo "1..$(echo $targets | wc -w)"
for target in $targets
do
  n=$((n + 1))
  set --
  for from in "$top_srcdir/tests/fuzz/seeds/$target" "$top_srcdir/tests/fuzz/findings/$target"
  do
    [ ! -d "$from" ] || set -- "$@" "$from"
  done
  case $target in
    guard | message) set -- "$@" "$top_srcdir/corpus" ;;
  esac
  find "$@" -type f ! -name '*.json' -print0 >"$work/files"
  result=ok
  [ -s "$work/files" ] \
    && xargs -0 "$top_builddir/tests/fuzz/$target" <"$work/files" >"$work/out" 2>&1 \
    || result='not ok'
  tail -n 60 "$work/out" | sed 's/^/# /'
  echo "$result $n - $target"
done
