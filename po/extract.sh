#!/bin/sh
# Rebound: all texts that are translated, those of the sources and those of the rule files.
# usage: po/extract.sh OUTPUT.pot
# SPDX-License-Identifier: LGPL-2.1-or-later
set -eu

# What is written stays UTF-8.
LC_ALL=C.UTF-8
export LC_ALL

case $1 in
  /*) output=$1 ;;
  *) output=$PWD/$1 ;;
esac
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

find src -name '*.rules' | LC_ALL=C sort | xargs awk -f po/texts.awk >"$work/rules.c"

# Two functions translate their formats themselves. "%s" alone is none to translate.
find src -name '*.[ch]' ! -name rules-data.c | LC_ALL=C sort >"$work/sources"
xgettext --language=C --from-code=UTF-8 --output=- --files-from="$work/sources" "$work/rules.c" \
  --keyword --keyword=_ --keyword=N_ --keyword=C_:1c,2 --keyword=NC_:1c,2 --keyword=P_:1,2 \
  --keyword=cli_error:2 --keyword=rebound_compiler_fail:4 \
  --flag=cli_error:2:c-format --flag=rebound_compiler_fail:4:c-format \
  --add-comments=TRANSLATORS: --add-location=file --package-name=Rebound \
  --copyright-holder='the authors of Rebound' \
  | sed '/^"POT-Creation-Date:/d' \
  | msggrep --invert-match --msgid --regexp='^%s$' --output-file="$output" -
