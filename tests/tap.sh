#!/bin/sh
# Rebound: run a test script; where it does not print TAP itself, its exit status becomes one
# test. Exit status 77 skips, the last line of the output being the reason.
# SPDX-License-Identifier: LGPL-2.1-or-later
set -u

name=$(basename "$1" .sh)
output=$(mktemp) || exit 99
trap 'rm -f "$output"' EXIT

if [ -x "$1" ]
then
  "$@" >"$output" 2>&1
else
  sh "$@" >"$output" 2>&1
fi
status=$?

if grep -q '^1\.\.[0-9]' "$output"
then
  cat "$output"
  [ "$status" -eq 77 ] && status=0
  exit "$status"
fi

sed 's/^/# /' "$output"
case $status in
  0)
    echo 1..1
    echo "ok 1 - $name"
    ;;
  77)
    echo "1..0 # SKIP $(tail -n 1 "$output")"
    ;;
  *)
    echo 1..1
    echo "not ok 1 - $name (exit status $status)"
    ;;
esac
