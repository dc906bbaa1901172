# Rebound: completion for fish.
# SPDX-License-Identifier: LGPL-2.1-or-later

set -l taxonomies kumomta powermta ses sisimai sparkpost

# The words before the cursor and behind "rebound", without --lang and its language in front.
function __rebound_words
    set -l words (commandline -opc)
    set -e words[1]
    switch "$words[1]"
        case --lang
            set -e words[1..2]
        case '--lang=*'
            set -e words[1]
    end
    set -q words[1]; and printf '%s\n' $words
end

# Whether the command is one of these.
function __rebound_command_is
    set -l words (__rebound_words)
    set -q words[1]; and contains -- $words[1] $argv
end

function __rebound_wants_command
    set -l words (__rebound_words)
    not set -q words[1]
end

complete -c rebound -f
complete -c rebound -s h -l help -d 'Show the help'
complete -c rebound -l lang -x -a 'de en ru' -d 'Speak this language'
complete -c rebound -n __rebound_wants_command -l version -d 'Print the version'

for where in __rebound_wants_command '__rebound_command_is help'
    complete -c rebound -n $where -a parse -d 'Say what messages report'
    complete -c rebound -n $where -a deliver -d 'Take one message from a mail server'
    complete -c rebound -n $where -a classify -d 'Say what SMTP replies mean'
    complete -c rebound -n $where -a explain -d 'Tell what a code or a reason means'
    complete -c rebound -n $where -a rules -d 'Check, list or try rules'
    complete -c rebound -n $where -a policy -d 'List, show and check policies'
    complete -c rebound -n $where -a help -d 'Show how to use a command'
end

set -l where '__rebound_command_is parse'
complete -c rebound -n $where -F
complete -c rebound -n $where -l text -d 'For a person'

set -l where '__rebound_command_is parse classify'
complete -c rebound -n $where -l explain -d 'Show every fact behind a verdict'
complete -c rebound -n $where -l taxonomy -x -a "$taxonomies" \
    -d 'Print another system\'s name beside each reason'

set -l where '__rebound_command_is parse classify explain'
complete -c rebound -n $where -l json -d 'One JSON object a line'

complete -c rebound -n '__rebound_command_is parse classify deliver explain rules' -l rules -r -F \
    -d 'Rules on top of those that are built in'

set -l where '__rebound_command_is deliver'
complete -c rebound -n $where -l log -r -F -d 'Append the report to this file'
complete -c rebound -n $where -l sender -x -d 'The envelope sender'
complete -c rebound -n $where -l recipient -x -d 'The envelope recipient'

complete -c rebound -n '__rebound_command_is explain' -l list -d 'All topics'
complete -c rebound -n '__rebound_command_is explain' \
    -a '(rebound explain --list 2>/dev/null | string replace ": " \t)'

complete -c rebound -n '__rebound_command_is rules' -F
complete -c rebound -n '__rebound_command_is rules' -a 'check list test'

set -l presets '(rebound policy list 2>/dev/null | string replace -r "  *" \t)'
set -l where '__rebound_command_is policy'
complete -c rebound -n $where -F
complete -c rebound -n "$where; and not __fish_seen_subcommand_from check list show" \
    -a 'check list show'
complete -c rebound -n "$where; and __fish_seen_subcommand_from show" -a $presets
complete -c rebound -n '__rebound_command_is parse classify deliver' -l policy -r -F -a $presets \
    -d 'A policy instead of that of the site'
