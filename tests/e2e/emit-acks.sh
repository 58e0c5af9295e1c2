#!/usr/bin/env bash
# emit -a prints the ack of each event.
# shellcheck disable=SC2016
. "$(dirname "$0")/lib.sh"

start_server
printf 'x\ny\nz\n' | "$SIO" emit "$URL" -al greet >out
assert_equal 3 "$(wc -l <out)"
assert_equal 3 "$(grep -cE '^\{"type":"ack","event":"greet","args":\[\{"id":"#[a-z0-9]+-[123]"\}\],"id":"#[a-z0-9]+-[123]","ms":[0-9.e-]+\}$' out)"

# The reader of the acks goes away: the end.
seq 100000 >lines
"$SIO" emit "$URL" -al greet <lines | head -n 1 >first
assert_equal 1 "$(wc -l <first)"

# An application's answer, binary included.
cat >app.py <<'END'
import json, sys
for line in sys.stdin:
    record = json.loads(line)
    if record["type"] == "event":
        print(json.dumps({"type": "ack", "to": record["from"], "from": record["from"],
                          "ns": record["ns"], "ack": record["ack"],
                          "args": [sum(record["args"]), {"$binary": "aGk="}]}), flush=True)
END
start_server --app "python3 $TMP/app.py"
"$SIO" emit "$URL" -a sum 20 22 >out
assert_contains "$(cat out)" '"args":[42, {"$binary":"aGk="}]'
