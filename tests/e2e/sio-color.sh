#!/usr/bin/env bash
# Colour is for terminals: there records look as jq shows them, anywhere else is not one escape byte.
# To systemd's journal each line says how bad it is.
. "$(dirname "$0")/lib.sh"

escape=$'\x1b'
plain() { sed "s/${escape}\\[[0-9;]*m//g"; }
unset NO_COLOR
export TERM=xterm
cat >terminal.py <<'END'
# Runs a command with stdout and stderr on terminals of their own: terminal.py OUT ERR COMMAND...
import os, pty, subprocess, sys, threading
def copy(fd, path):
    with open(path, "wb") as file:
        while True:
            try:
                data = os.read(fd, 65536)
            except OSError:
                return
            if not data:
                return
            file.write(data)
ends = [pty.openpty() for _ in range(2)]
process = subprocess.Popen(sys.argv[3:], stdin=subprocess.DEVNULL, stdout=ends[0][1], stderr=ends[1][1])
readers = []
for (master, slave), path in zip(ends, sys.argv[1:3]):
    os.close(slave)
    readers.append(threading.Thread(target=copy, args=(master, path)))
    readers[-1].start()
status = process.wait()
for reader in readers:
    reader.join()
sys.exit(status)
END
on_terminal() { python3 terminal.py shown said "$@"; }

start_server
"$SIO" emit "$URL" order '{"id":7,"gone":null}' 'text'
replay=("$SIO" replay "$URL" --since all)

# Not one escape byte without a terminal, whatever it is.
"${replay[@]}" -v >out 2>err
assert_lacks "$(cat out err)" "$escape"
"$SIO" serve -h >out
"$SIO" help >>out
expect_status 2 "$SIO" emit --nope 2>>out
assert_lacks "$(cat out)" "$escape"

# On a terminal: as jq, and without its colours the same record.
on_terminal "${replay[@]}" -v
assert_equal "$("${replay[@]}")" "$(plain <shown | tr -d '\r')" 'the record'
assert_contains "$(cat shown)" "${escape}[34;1m\"id\"${escape}[0m"
assert_contains "$(cat shown)" "${escape}[32m\"text\"${escape}[0m"
assert_contains "$(cat shown)" "${escape}[90mnull${escape}[0m"
assert_contains "$(cat said)" "${escape}[2m* connect"
# stdout in a pipe has none although stderr is a terminal.
on_terminal sh -c '"$@" | cat >piped' sh "${replay[@]}" -v
assert_lacks "$(cat piped)" "$escape"
assert_contains "$(cat said)" "$escape"

# What was asked for counts, then NO_COLOR, then the terminal.
NO_COLOR=1 on_terminal "${replay[@]}" -v
assert_lacks "$(cat shown said)" "$escape"
TERM=dumb on_terminal "${replay[@]}" -v
assert_lacks "$(cat shown said)" "$escape"
on_terminal "${replay[@]}" -v --color never
assert_lacks "$(cat shown said)" "$escape"
NO_COLOR=1 "${replay[@]}" --color always | grep -q "$escape" || fail '--color always: no colour'

# Commands of -x are asked for no colour: they see no terminal, and the environment says nothing.
on_terminal "$SIO" listen "$URL" --since all -c 1 --color always \
  -x 'test -t 1 && echo terminal; env | grep -iE "^(clicolor|force_color|no_color)" || echo none'
assert_equal none "$(tr -d '\r' <shown)"

# The journal: a level in front of each line, and only when stderr is what JOURNAL_STREAM names.
journal() { # COMMAND...: with stderr in the file `journal`
  sh -c 'JOURNAL_STREAM=$(stat -L -c %d:%i /dev/stderr) exec "$@"' sh "$@" 2>journal
}
expect_status 3 journal "$SIO" emit http://127.0.0.1:1 x
grep -q '^<3>sio emit: connect 127.0.0.1:1' journal || fail "no level: $(cat journal)"
journal "$SIO" emit "$URL" -v x
assert_equal 0 "$(grep -cv '^<7>\* ' journal)" 'lines without a level'
expect_status 3 journal "$SIO" serve "127.0.0.1:$PORT"
grep -q '^<3>sio serve: ' journal || fail "no level: $(cat journal)"
start journal "$SIO" serve 127.0.0.1:0 -v
announced() { grep -q '^<6>listening http' journal; }
wait_until announced
"$SIO" emit "$(sed -n 's/^<6>listening //p' journal)" x
debugged() { grep -q '^<7>' journal; }
wait_until debugged
assert_equal 0 "$(grep -cv '^<[3-7]>' journal)" 'lines without a level'
JOURNAL_STREAM=1:1 expect_status 3 "$SIO" emit http://127.0.0.1:1 x 2>err
grep -q '^sio emit: ' err || fail "a level where the journal does not read: $(cat err)"
