#!/usr/bin/env python3
# Does what "rebound actions --on-action" asks for, through the REST interface of Mailman 3.
#
# MAILMAN_URL      http://localhost:8001/3.1 where it is not set
# MAILMAN_USER     restadmin where it is not set
# MAILMAN_PASSWORD admin_pass of [webservice] in mailman.cfg
#
# Warnings and probes need the keys of rebound-verp(1).
#
# SPDX-License-Identifier: LGPL-2.1-or-later
import base64
import email.message
import email.policy
import json
import os
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request

LATER = 75
URL = os.environ.get("MAILMAN_URL", "http://localhost:8001/3.1")
LOGIN = "{}:{}".format(
    os.environ.get("MAILMAN_USER", "restadmin"), os.environ.get("MAILMAN_PASSWORD", "")
)


def ask(method, path, **form):
    """What Mailman answers; None where there is no such thing."""
    request = urllib.request.Request(URL + path, method=method)
    request.add_header("Authorization", "Basic " + base64.b64encode(LOGIN.encode()).decode())
    if form:
        request.data = urllib.parse.urlencode(form).encode()
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.loads(answer.read() or b"{}")
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return None
        raise


def find_member(action):
    """The member's own path; None where he is on the list no more, so that nothing is to do."""
    member = ask(
        "GET",
        "/lists/{}/member/{}".format(
            urllib.parse.quote(action["list"], safe="@"),
            urllib.parse.quote(action["address"], safe="@"),
        ),
    )
    return member and "/members/{}".format(member["member_id"])


def owner_of(action):
    return "{}-owner@{}".format(*action["list"].rsplit("@", 1))


def write(action, sender, to, subject, text):
    letter = email.message.EmailMessage(policy=email.policy.SMTPUTF8.clone(linesep="\n"))
    letter["From"] = owner_of(action)
    letter["To"] = to
    letter["Subject"] = subject
    letter["Auto-Submitted"] = "auto-generated"
    letter["X-Rebound-ID"] = action["id"]
    letter.set_content(text)
    subprocess.run(
        [os.environ.get("SENDMAIL", "/usr/sbin/sendmail"), "-i", "-f", sender, "--", to],
        input=bytes(letter),
        check=True,
    )


def signed(action, kind):
    """The return path by which Rebound knows what has bounced."""
    made = subprocess.run(
        ["rebound", "verp", "make", "--path", kind, "--", action["list"], action["address"]],
        stdout=subprocess.PIPE,
        check=True,
    )
    return made.stdout.decode().strip()


def warn(action):
    if find_member(action):
        write(
            action,
            signed(action, "warning"),
            action["address"],
            "Mail to you from {} bounces".format(action["list"]),
            "Mail from the list {} to this address was returned: {}.\n"
            "If you can read this, the owner of the list can set it right: write to him.\n".format(
                action["list"], action["reason"]
            ),
        )


def probe(action):
    if find_member(action):
        write(
            action,
            signed(action, "probe"),
            action["address"],
            "A test of your address by {}".format(action["list"]),
            "Some mail from the list {} to this address was returned.\n"
            "This is a test whether it arrives again. There is nothing to do.\n".format(
                action["list"]
            ),
        )


def set_delivery(action, status):
    member = find_member(action)
    if member:
        ask("PATCH", member + "/preferences", delivery_status=status)


def unsubscribe(action):
    member = find_member(action)
    if member:
        ask("DELETE", member)


def owner(action):
    if action["storm"] == "doubt":
        text = "Reports have come that contradict themselves. They count nothing.\n"
    elif action["storm"]:
        text = (
            "Much mail bounces for one cause, so nobody's score moves:\n"
            "{storm} {key}, {members} members.\n".format(**action)
        )
    elif find_member(action):
        text = "About {address}: {reason}.\n".format(**action)
    else:  # anybody can write a complaint that names somebody
        return
    write(
        action,
        "",
        owner_of(action),
        "Bounces of {} need you".format(action["list"]),
        text + "Action {} of Rebound; see rebound-actions(1).\n".format(action["id"]),
    )


ACTIONS = {
    "warn": warn,
    "probe": probe,
    "suspend": lambda action: set_delivery(action, "by_bounces"),
    "resume": lambda action: set_delivery(action, "enabled"),
    "unsubscribe": unsubscribe,
    "owner": owner,
}

asked = json.load(sys.stdin)
try:
    # Lists come out of messages too: what is none of ours is nobody's business.
    if "@" in asked["list"] and ask("GET", "/lists/" + urllib.parse.quote(asked["list"], safe="@")):
        ACTIONS[asked["action"]](asked)
except (OSError, subprocess.CalledProcessError) as error:
    print("{action} {id}: {error}".format(error=error, **asked), file=sys.stderr)
    sys.exit(LATER)
