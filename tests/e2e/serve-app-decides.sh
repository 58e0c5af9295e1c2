#!/usr/bin/env bash
# --app: an application in Python decides who may connect, by the token and the namespace.
. "$(dirname "$0")/lib.sh"

cat >app.py <<'APP'
import json, sys

def say(**record):
    print(json.dumps(record), flush=True)

say(type="options", decide=True)
open("ready", "w").close()
for line in sys.stdin:
    record = json.loads(line)
    if record["type"] == "connect" and record.get("decide"):
        if record["auth"].get("token") == "good" and record["headers"]["host"] == "x":
            say(type="accept", sid=record["sid"])
        else:
            say(type="refuse", sid=record["sid"], message="who are you?", data={"ns": record["ns"]})
    elif record["type"] == "event":
        say(type="event", event="echo", args=record["args"], to=[record["from"]])
APP
start_server --app "python3 '$TMP/app.py'"
wait_until test -e ready
mkfifo a.fifo
exec 3<>a.fifo
start python3 "$HERE/raw_client.py" "$PORT" <a.fifo >a
printf '40{"token":"bad"}\n' >&3
wait_lines a 2
assert_equal '44{"message":"who are you?","data":{"ns": "/"}}' "$(sed -n 2p a)"
printf '40{"token":"good"}\n' >&3
wait_lines a 3
assert_contains "$(sed -n 3p a)" '40{"sid":"'
printf '451-["x",{"_placeholder":true,"num":0}]\nhex:00ff10\n' >&3
wait_lines a 5
assert_equal '451-["echo",{"_placeholder":true,"num":0}]' "$(sed -n 4p a)"
assert_equal 'binary: 00ff10' "$(sed -n 5p a)"
