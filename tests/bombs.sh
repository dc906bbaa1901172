#!/bin/sh
# Rebound: the program "bombs", with a folder of its own for what it writes.
# SPDX-License-Identifier: LGPL-2.1-or-later
set -u

# As "make check" sets them.
: "${top_builddir:?}" "${REBOUND:?}"

if [ -n "$SANITIZERS" ]
then
  echo "a program built with sanitizers is beyond every limit"
  exit 77
fi

TMPDIR=$(mktemp -d) || exit 99
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT
trap 'exit 99' HUP INT TERM

"$top_builddir/tests/bombs"
