# Rebound: the files of presets/ as strings in C, without what is for a person.
# usage: awk -f presets.awk NAME.policy... >presets-data.c
# SPDX-License-Identifier: LGPL-2.1-or-later

BEGIN { print "#include \"policy/policy-private.h\"" }

FNR == 1 {
  if (NR > 1)
    print "  ;"
  name = FILENAME
  sub (/.*\//, "", name)
  sub (/\.policy$/, "", name)
  printf "\nconst char rebound_preset_%s[] =\n", name
}

/^[^#]/ {
  gsub (/["\\]/, "\\\\&")
  printf "  \"%s\\n\"\n", $0
}

END { print "  ;" }
