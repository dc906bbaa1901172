#!/bin/sh
# Rebound: what bash, zsh and fish complete is what the command takes. Each shell is really asked.
# SPDX-License-Identifier: LGPL-2.1-or-later
set -u

# As "make check" sets them.
: "${top_srcdir:?}" "${REBOUND:?}"

folder=$(cd "$top_srcdir/completions" && pwd -P) || exit 99
top_po=$(cd "$top_srcdir/po" && pwd -P) || exit 99
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 99' HUP INT TERM
# shellcheck source=tests/report.sh
. "$top_srcdir/tests/report.sh"
mkdir "$work/bin" "$work/home" "$work/here" && cd "$work/here" || exit 99
ln -s "$REBOUND" "$work/bin/rebound"
PATH=$work/bin:$PATH
: >gone.eml
: >'a name.eml'
LC_ALL=C.UTF-8
HOME=$work/home
export HOME LC_ALL PATH folder work
unset XDG_CONFIG_HOME XDG_DATA_HOME ZDOTDIR

# ---- How to ask a shell --------------------------------------------------------------------
# ask_SHELL WORD...: what completes the last word behind "rebound"; one a line.

ask_bash ()
{
  bash --norc --noprofile -c '
    . "$folder/rebound"
    COMP_WORDS=(rebound "$@")
    COMP_CWORD=$#
    _rebound
    printf "%s\n" "${COMPREPLY[@]}"' bash "$@"
}

ask_fish ()
{
  fish --no-config -c '
    source $folder/rebound.fish
    complete -C "rebound $argv" | string replace -r "\t.*" ""' -- "$@"
}

# The line is typed into a zsh at a terminal; what its completion adds goes to a file.
cat >"$work/inner.zsh" <<'INNER'
PS1=
fpath=($folder $fpath)
autoload -Uz compinit
compinit -u -D
compadd ()
{
  local -a found

  if [[ ${@[1,(i)(-|--)]} != *-(O|A|D)\ * ]]
  then
    builtin compadd -A found "$@"
    (( $#found )) && print -rl -- $found >>$work/found
  fi
  builtin compadd "$@"
}
comppostfuncs=(exit)
LISTMAX=100000 # or it asks whether to show them all
zstyle ':completion:*' insert-tab false
bindkey '^I' complete-word
INNER

cat >"$work/outer.zsh" <<'OUTER'
zmodload zsh/zpty
zpty inner zsh -f -i
zpty -w inner "source $work/inner.zsh; : >$work/ready"
for (( i = 0; i < 100 && ! $+ready; i++ ))
do
  [[ -e $work/ready ]] && ready=
  sleep 0.1
done
zpty -w -n inner "rebound $*"$'\t'
for (( i = 0; i < 100; i++ ))
do
  zpty -t inner || break
  zpty -r -t inner text
  sleep 0.1
done
zpty -d inner
OUTER

ask_zsh ()
{
  rm -f "$work/found" "$work/ready"
  zsh -f "$work/outer.zsh" "$@" </dev/null >"$work/zsh.log" 2>&1
  cat "$work/found" 2>>"$work/zsh.log"
}

# ---- What has to be so -----------------------------------------------------------------------

# offers NAME EXPECTED WORD...: what $shell offers for the last word is what stands in the file;
# options are asked for with "--"
offers ()
{
  name="$shell: $1" expected=$2
  shift 2
  case $* in
    *--) wanted='^--' ;;
    *) wanted='^[^-]' ;;
  esac
  "ask_$shell" "$@" | grep "$wanted" | tr -d '=\\' | LC_ALL=C sort -u >"$work/offered"
  LC_ALL=C sort -u "$expected" | diff - "$work/offered" >"$work/difference"
  report $? "$name"
  sed 's/^/# /' "$work/difference"
}

long_options ()
{
  "$REBOUND" "$1" --help | sed -n 's/^  \(-h, \)\{0,1\}\(--[a-z-]*\).*/\2/p'
}

# verbs NOUN: what can be done with it
verbs ()
{
  "$REBOUND" "$1" 2>&1 | sed -n 's/.* one of: //p' | tr ',' '\n' | sed 's/^ *\([a-z]*\).*/\1/'
}

"$REBOUND" --help | sed -n 's/^  \([a-z]*\) .*/\1/p' >"$work/commands"
"$REBOUND" parse --taxonomy=? 2>&1 | sed 's/.*: //' | tr -d ' ' | tr ',' '\n' >"$work/taxonomies"
"$REBOUND" explain --list | sed 's/: .*//' | tr -d '=' >"$work/topics"
printf '%s\n' --help --lang --version >"$work/general"
"$REBOUND" member list --stage=? 2>&1 | sed 's/.*: //' | tr -d ' ' | tr ',' '\n' >"$work/stages"
echo parse >"$work/parse"
echo check >"$work/actions"
{ echo en; grep '^[a-z]' "$top_po/LINGUAS"; } >"$work/languages"
ls >"$work/files"
"$REBOUND" policy list | sed 's/ .*//' | cat - "$work/files" >"$work/presets-and-files"
for list in commands stages taxonomies topics general files languages
do
  [ -s "$work/$list" ] || { echo "Bail out! no $list"; exit 1; }
done

check_shell ()
{
  offers 'the commands' "$work/commands" ''
  offers 'the options without a command' "$work/general" --
  offers 'a word that is begun' "$work/parse" par
  for command in parse deliver scan classify explain rules policy member actions sent store verp
  do
    long_options "$command" >"$work/options"
    offers "the options of $command" "$work/options" "$command" --
  done
  for noun in member policy store verp
  do
    verbs "$noun" >"$work/verbs"
    offers "what can be done with $noun" "$work/verbs" "$noun" ''
  done
  offers 'the stages' "$work/stages" member list --stage ''
  offers 'the taxonomies' "$work/taxonomies" parse --taxonomy ''
  offers 'the presets behind --policy' "$work/presets-and-files" parse --policy ''
  offers 'the presets behind show' "$work/presets-and-files" policy show ''
  offers 'the topics' "$work/topics" explain ''
  offers 'the commands behind help' "$work/commands" help ''
  offers 'the files behind parse' "$work/files" parse ''
  offers 'the files behind --log' "$work/files" deliver --log ''
  offers 'the languages' "$work/languages" explain --lang ''
  offers 'the languages before the command' "$work/languages" --lang ''
  offers 'the commands behind --lang' "$work/commands" --lang de ''
  offers 'the topics behind --lang' "$work/topics" --lang de explain ''
  offers 'the actions behind --lang' "$work/actions" --lang de rules chec
}

for shell in bash zsh fish
do
  if command -v "$shell" >"$work/path" 2>&1
  then
    check_shell
  else
    skip "$shell" "there is no $shell"
  fi
done
finish
