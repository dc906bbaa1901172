# Rebound: the texts of rule files that a person reads, as C for xgettext.
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# These properties hold such a text:
BEGIN { split ("means causes sender list", names); for (i in names) is_text[names[i]] = 1 }

/^[a-z]/ { entry = $1 " " $2 }

/^[ \t]/ && is_text[$1] && match ($0, /"([^"\\]|\\.)*"/) {
  text = substr ($0, RSTART, RLENGTH)
  gsub (/\\\*/, "*", text)
  # the first entry that says it stands for all
  if (text in seen)
    next
  seen[text] = 1
  printf "#line %d \"%s\"\n/* TRANSLATORS: %s, %s */\nN_ (%s)\n", FNR, FILENAME, entry, $1, text
}
