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
    complete -c rebound -n $where -a scan -d 'Record what mailboxes report'
    complete -c rebound -n $where -a classify -d 'Say what SMTP replies mean'
    complete -c rebound -n $where -a explain -d 'Tell what a code or a reason means'
    complete -c rebound -n $where -a rules -d 'Check, list or try rules'
    complete -c rebound -n $where -a policy -d 'List, show, check and try policies'
    complete -c rebound -n $where -a member -d 'Tell what is known of members'
    complete -c rebound -n $where -a actions -d 'Say what lists are to do now'
    complete -c rebound -n $where -a sent -d 'Note to how many a message was sent'
    complete -c rebound -n $where -a store -d 'Look after the store'
    complete -c rebound -n $where -a verp -d 'Sign return paths, and verify them'
    complete -c rebound -n $where -a help -d 'Show how to use a command'
end

set -l where '__rebound_command_is parse'
complete -c rebound -n $where -F
complete -c rebound -n $where -l text -d 'For a person'

set -l where '__rebound_command_is parse classify'
complete -c rebound -n $where -l explain -d 'Show every fact behind a verdict'
complete -c rebound -n $where -l taxonomy -x -a "$taxonomies" \
    -d 'Print another system\'s name beside each reason'

set -l where '__rebound_command_is parse classify explain scan member verp policy'
complete -c rebound -n $where -l json -d 'One JSON object a line'

complete -c rebound -n '__rebound_command_is parse classify deliver scan explain rules policy' -l rules -r -F \
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
complete -c rebound -n "$where; and __fish_seen_subcommand_from check show simulate" -F
complete -c rebound -n "$where; and not __fish_seen_subcommand_from check list show simulate" \
    -a 'check list show simulate'
complete -c rebound -n $where -l days -x -d 'Go on for so many days after the last message'
complete -c rebound -n "$where; and __fish_seen_subcommand_from show" -a $presets
set -l where '__rebound_command_is parse classify deliver scan member actions sent store verp policy'
complete -c rebound -n $where -l policy -r -F -a $presets -d 'A policy instead of that of the site'

set -l where '__rebound_command_is deliver scan member actions sent store verp'
complete -c rebound -n $where -l store -x -d 'The store of the history'

complete -c rebound -n '__rebound_command_is deliver scan member actions sent policy' -l list -x \
    -d 'The list'

complete -c rebound -n '__rebound_command_is scan' -F

set -l where '__rebound_command_is member'
complete -c rebound -n $where -a 'show history list reset forget'
complete -c rebound -n $where -l stage -x -a 'active warned probing suspended unsubscribed' \
    -d 'Members at this stage'

set -l where '__rebound_command_is actions'
complete -c rebound -n $where -l ack -x -d 'The action is done'
complete -c rebound -n $where -l release -d 'What the storm has held counts'
complete -c rebound -n $where -l discard -d 'What the storm has held never counts'
complete -c rebound -n $where -l on-action -r -F -d 'Run this program for each action'
complete -c rebound -n $where -l timeout -x -d 'End the program after so many seconds'

set -l where '__rebound_command_is sent'
complete -c rebound -n $where -l message-id -x -d 'The Message-ID'
complete -c rebound -n $where -l count -x -d 'To how many members'

set -l where '__rebound_command_is store'
complete -c rebound -n $where -a 'check migrate expire export import'
complete -c rebound -n $where -l keep -x -d 'Keep the events of so many days'
complete -c rebound -n '__rebound_command_is store; and __fish_seen_subcommand_from import' -F

set -l where '__rebound_command_is verp'
complete -c rebound -n $where -a 'make verify key'
complete -c rebound -n $where -l keys -r -F -d 'The file of the keys'
complete -c rebound -n $where -l path -x -a 'post warning probe' -d 'What is sent'
