#!/bin/sh
# Rebound: German and Russian are complete, and the command speaks them, whatever locales there are.
# SPDX-License-Identifier: LGPL-2.1-or-later
set -u

# As "make check" sets them.
: "${top_srcdir:?}" "${REBOUND:?}" "${REBOUND_LANGUAGES=}"

top_srcdir=$(cd "$top_srcdir" && pwd -P) || exit 99
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
cd "$top_srcdir" || exit 99
unset LC_ALL LC_MESSAGES LANG LANGUAGE NO_COLOR
# shellcheck source=tests/report.sh
. tests/report.sh

# prints NAME TEXT COMMAND...: one of the lines of output
prints ()
{
  name=$1 text=$2
  shift 2
  "$@" >"$work/out" 2>&1
  grep -qxF -e "$text" "$work/out"
  status=$?
  [ "$status" -eq 0 ] || { echo "# no line: $text"; sed 's/^/#   /' "$work/out"; }
  report "$status" "$name"
}

# ---- The catalogues --------------------------------------------------------------------------

# complete LANGUAGE: each text of the sources and of the rules is in po/LANGUAGE.po, and translated
complete ()
{
  msgmerge --quiet --no-fuzzy-matching -o "$work/$1.po" "po/$1.po" "$work/rebound.pot" \
    && msgattrib --untranslated --no-obsolete -o "$work/$1.untranslated" "$work/$1.po" \
    && msgattrib --only-fuzzy --no-obsolete -o "$work/$1.fuzzy" "po/$1.po" || return 1
  cat "$work/$1.untranslated" "$work/$1.fuzzy" >"$work/missing" 2>/dev/null
  grep '^msgid "' "$work/missing" | grep -v '^msgid ""$' | sed 's/^/# not translated: /'
  ! grep -q '^msgid' "$work/missing"
}

if ! command -v xgettext >/dev/null || ! command -v msgmerge >/dev/null
then
  skip 'German and Russian are complete' 'there is no GNU gettext'
elif ! po/extract.sh "$work/rebound.pot"
then
  report 1 'the texts are extracted'
else
  for language in $(sed 's/#.*//' po/LINGUAS)
  do
    complete "$language"
    report $? "$language: all is translated"
    # the formats, too
    msgfmt --check --output-file="$work/$language.mo" "po/$language.po" 2>"$work/problems"
    status=$?
    sed 's/^/# /' "$work/problems"
    report "$status" "$language: msgfmt --check"
  done
fi

# ---- The command -----------------------------------------------------------------------------

message=corpus/verp/behind-forwarding-verp.eml
english='    subscribed as unni@club.example (verp)'
german='    angemeldet als unni@club.example (verp)'
russian='    подписан как unni@club.example (verp)'

if [ -z "$REBOUND_LANGUAGES" ]
then
  prints 'without translations --lang says so' \
    'rebound parse: there is no language “de” but en: rebound was built without translations; see rebound parse --help' \
    "$REBOUND" parse --lang de "$message"
  prints 'English without translations' "$english" "$REBOUND" parse --lang en "$message"
  finish
fi

prints 'English' "$english" "$REBOUND" parse "$message"
prints '--lang de behind the command' "$german" "$REBOUND" parse --lang de "$message"
prints '--lang=ru before the command' "$russian" "$REBOUND" --lang=ru parse "$message"
prints '--lang in the locale C' "$german" env LC_ALL=C "$REBOUND" --lang de parse "$message"
prints '--lang with a country and a charset' "$german" \
  "$REBOUND" parse --lang de_AT.UTF-8 "$message"
prints '--lang in capitals' "$german" "$REBOUND" parse --lang DE "$message"
prints '--lang EN in capitals' "$english" \
  env LC_ALL=de_DE.UTF-8 "$REBOUND" parse --lang EN "$message"
prints '--lang goes before the environment' "$russian" \
  env LC_ALL=de_DE.UTF-8 LANGUAGE=de "$REBOUND" parse --lang ru "$message"
prints '--lang en goes before the environment' "$english" \
  env LC_ALL=de_DE.UTF-8 "$REBOUND" parse --lang en "$message"
prints 'a locale that is not installed' "$german" env LANG=de_DE.UTF-8 "$REBOUND" parse "$message"
prints 'LANGUAGE goes before the locale' "$russian" \
  env LANG=de_DE.UTF-8 LANGUAGE=xx:ru:de "$REBOUND" parse "$message"
prints 'English is a language of LANGUAGE' "$english" \
  env LANG=de_DE.UTF-8 LANGUAGE=en_GB:de "$REBOUND" parse "$message"
prints 'the locale C speaks English' "$english" \
  env LC_ALL=C LANG=de_DE.UTF-8 LANGUAGE=de "$REBOUND" parse "$message"

# A locale that is there, for it is that of C.UTF-8 by another name.
place=$(localedef --help 2>/dev/null | sed -n 's/^[[:space:]]*locale path *: *//p')
place=${place%%:*}/C.utf8
if [ -d "$place" ] && mkdir -p "$work/locales" && cp -r "$place" "$work/locales/de_DE.UTF-8"
then
  prints 'a locale that is installed' "$german" \
    env LOCPATH="$work/locales" LC_ALL=de_DE.UTF-8 "$REBOUND" parse "$message"
  prints '--lang in another locale that is installed' "$russian" \
    env LOCPATH="$work/locales" LC_ALL=de_DE.UTF-8 "$REBOUND" parse --lang ru "$message"
else
  skip 'a locale that is installed' "there is no $place"
fi

there_are=$(printf '%s\n' en $REBOUND_LANGUAGES | LC_ALL=C sort | paste -sd , | sed 's/,/, /g')
prints 'a language that is unknown' \
  "rebound parse: there is no language “../de”; one of: $there_are; see rebound parse --help" \
  "$REBOUND" parse --lang ../de "$message"
"$REBOUND" --lang xx deliver --log "$work/log" <"$message" >"$work/out" 2>&1
[ $? -eq 75 ]
report $? 'deliver keeps the message where the language is unknown'

prints 'the list of commands' 'rebound BEFEHL --help zeigt die Optionen, rebound --version die Version.' \
  "$REBOUND" --lang de --help
prints 'the help of a command' '  -h, --help               Diese Hilfe zeigen' \
  "$REBOUND" help --lang de parse
prints 'an error' 'rebound: команды «x» нет; список выводит rebound help' "$REBOUND" --lang ru x
prints 'an error of the library' \
  'rebound parse: „corpus“ ist nicht lesbar: ein Verzeichnis, aber kein Maildir, das cur/ und new/ hat' \
  "$REBOUND" parse --lang de corpus
prints 'what a reason means' 'user-unknown: Такого почтового ящика нет. Жёсткий возврат, проблема у' \
  "$REBOUND" explain --lang ru user-unknown

printf 'reason blocked\n  taxonomy ses\nreply 550\n  at rcpt\n' >"$work/site.rules"
prints 'an error in a rule file, with a number' \
  "rebound rules: $work/site.rules:2:3: после «taxonomy» нужно не меньше 2 слов" \
  "$REBOUND" rules --lang ru check "$work/site.rules"

prints 'what the presets are' 'mlmmj     mlmmj: Proben, die fünf Tage lang zurückkommen' "$REBOUND" policy list --lang de
printf '[policy]\ngrade-d = suspend\n' >"$work/policy.conf"
prints 'a doubt about a policy' \
  "rebound policy: $work/policy.conf: Warnung: [policy] grade-d ist nicht nothing: Berichten, die sich widersprechen, wird geglaubt" \
  "$REBOUND" policy check --lang de "$work/policy.conf"

case " ${REBOUND_MODULES=} " in
  *' sqlite '*)
    REBOUND_STORE=sqlite:$work/store.db
    export REBOUND_STORE
    prints 'what came into the store' \
      'Nachrichten: 1; Ereignisse: 1 neu, 0 bekannt; ohne Mitglied: 0' \
      "$REBOUND" scan --lang de --list news@lists.example.org "$message"
    prints 'where a member stands' 'unni@club.example auf news@lists.example.org' \
      "$REBOUND" member show --lang de unni@club.example
    "$REBOUND" member history --lang de unni@club.example >"$work/out" 2>&1
    grep -q ' Fehler · user-unknown · 550 · 5\.1\.1 · hart · abmelden: sofort · ' "$work/out"
    status=$?
    sed 's/^/# /' "$work/out"
    report "$status" 'what happened to a member'
    # A module translates as well, and does not keep the command from it afterwards.
    echo 'no database at all, but long enough to be taken for one' >"$work/text"
    prints 'an error of a module' \
      "rebound store: sqlite:$work/text: file is not a database; eine andere Datei nennen oder eine neue" \
      "$REBOUND" store check --lang de --store "sqlite:$work/text"
    ;;
  *) skip 'the commands of the store' 'there is no module for SQLite' ;;
esac

for topic in "parse $message" 'explain 550' 'explain user-unknown'
do
  command=${topic%% *}
  "$REBOUND" "$command" --json "${topic#* }" >"$work/english" 2>&1
  "$REBOUND" "$command" --json --lang de "${topic#* }" >"$work/german" 2>&1
  cmp "$work/english" "$work/german" | sed 's/^/# /'
  cmp -s "$work/english" "$work/german"
  report $? "the JSON of $topic is the same in German"
done

# Whoever speaks English pays nothing.
if strace -f -o "$work/trace" -e trace=file "$REBOUND" --version >"$work/out" 2>&1
then
  for locale in C C.UTF-8 en_US.UTF-8
  do
    env LC_ALL="$locale" LANGUAGE= strace -f -o "$work/trace" -e trace=file "$REBOUND" parse "$message" \
      >"$work/out" 2>&1
    grep -E 'LC_MESSAGES/[a-z0-9]*\.mo|/po/locale' "$work/trace" | sed 's/^/# /'
    ! grep -qE 'LC_MESSAGES/[a-z0-9]*\.mo|/po/locale' "$work/trace"
    report $? "$locale opens no catalogue"
  done
else
  skip 'English opens no catalogue' 'strace does not run here'
fi
finish
