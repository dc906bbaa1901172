#!/bin/sh
# The README's tour is true: each command in it prints what stands below it.
# SPDX-License-Identifier: LGPL-2.1-or-later
set -eu
: "${top_srcdir:?}" "${REBOUND:?}" "${REBOUND_LANGUAGES=}" "${REBOUND_MODULES=}"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"
ln -s "$REBOUND" "$work/bin/rebound"
PATH=$work/bin:$PATH
cd "$top_srcdir"

# Blocks that begin with a prompt: the command, on further lines after a "|", and its output.
awk -v dir="$work" '
  /^```/ { inside = !inside; part = ""; next }
  inside && /^\$ / { n++; part = "command"; sub (/^\$ /, "") }
  inside && part != "" {
    print > (dir "/" n "." part)
    if (part == "command" && !/\|$/)
      part = "output"
  }
' README.md

set -- "$work"/*.command
failed=0
for command
do
  if grep -q 'jq ' "$command" && ! command -v jq >/dev/null 2>&1
  then
    echo "not run, for there is no jq: $(cat "$command")"
    continue
  fi
  if grep -q -e '--lang' "$command" && [ -z "$REBOUND_LANGUAGES" ]
  then
    echo "not run, for there are no translations: $(cat "$command")"
    continue
  fi
  if grep -q 'policy simulate' "$command" && [ "${REBOUND_MODULES#*sqlite}" = "$REBOUND_MODULES" ]
  then
    echo "not run, for there is no module of SQLite: $(cat "$command")"
    continue
  fi
  # the blank line behind a report for a person is left out in the README
  printf '%s\n' "$(sh "$command" 2>&1)" >"$work/got"
  diff -u "${command%.command}.output" "$work/got" || failed=1
done
echo "$# commands"
exit $failed
