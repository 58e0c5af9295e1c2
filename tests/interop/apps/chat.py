#!/usr/bin/python3
"""An application behind `sio serve --app`: decides who may come, answers, keeps rooms."""
import json
import sys


def say(**command):
    print(json.dumps(command), flush=True)


def on_connect(record):
    if record.get("decide"):
        if record["auth"].get("token") == "open sesame":
            say(type="accept", sid=record["sid"])
        else:
            say(type="refuse", sid=record["sid"], message="who are you", data={"code": 42})
            return
    say(type="event", event="welcome", args=[record["auth"], record["headers"].get("x-who")],
        to=[record["sid"]], ns=record["ns"])


def on_event(record):
    sid, name, args = record["from"], record["event"], record["args"]
    if name == "enter":
        say(type="join", sid=sid, rooms=args)
        say(type="event", event="entered", args=[sid], to=args, **{"except": [sid]})
    elif name == "exit":
        say(type="leave", sid=sid, rooms=args)
    elif name == "say":
        say(type="event", event="said", args=args[1:], to=[args[0]])
    elif name == "ask me":
        say(type="event", event="question", args=["how are you"], to=[sid], ack=7)
    elif name == "send me away":
        say(type="disconnect", sid=sid)
    elif name == "crash":
        sys.exit(3)
    elif name == "babble":
        print("this is not JSON", flush=True)
        say(type="no such command")
    if "ack" in record:
        say(type="ack", sid=sid, **{"from": sid}, ack=record["ack"], args=["you said", *args])


def on_ack(record):
    say(type="event", event="you answered", args=record["args"], to=[record["from"]])


def on_disconnect(record):
    say(type="event", event="gone", args=[record["sid"], record["reason"]])


say(type="options", decide=True)
for line in sys.stdin:
    message = json.loads(line)
    {"connect": on_connect, "event": on_event, "ack": on_ack,
     "disconnect": on_disconnect}[message["type"]](message)
