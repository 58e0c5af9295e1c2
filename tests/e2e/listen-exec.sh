#!/usr/bin/env bash
# -x: one command per event, the record on stdin, SIO_* in the environment, in order.
# shellcheck disable=SC2016
. "$(dirname "$0")/lib.sh"

start_server --store memory
connected() { grep -q connected "$1.err"; }
listen_in() { # NAME ARG...
  local name=$1
  shift
  start "$SIO" listen "$URL" -v "$@" >"$name" 2>"$name.err"
  LISTENER=$STARTED
  wait_until connected "$name"
}

# What a command gets.
export SIO_9=stale
listen_in env -c 1 -x 'cat >record; env | grep "^SIO_" | sort >env.txt; echo "out $SIO_0"'
unset SIO_9
"$SIO" emit "$URL" order '"a b"' '{"n":1}'
expect_exit 0 "$LISTENER"
assert_contains "$(cat record)" '"event":"order","args":["a b",{"n":1}]'
env_text=$(cat env.txt)
assert_contains "$env_text" 'SIO_EVENT=order'
assert_contains "$env_text" 'SIO_ARGS=["a b",{"n":1}]'
assert_contains "$env_text" 'SIO_0=a b'
assert_contains "$env_text" 'SIO_1={"n":1}'
assert_contains "$env_text" 'SIO_NS=/'
assert_contains "$env_text" 'SIO_ID=#'
assert_contains "$env_text" "SIO_URL=$URL"
assert_lacks "$env_text" SIO_9
assert_lacks "$env_text" SIO_DELIVERY
assert_equal "out a b" "$(cat env)" "stdout of the command"

# No payload is ever a command.
mkdir empty
listen_in inject -c 3 -x 'cd empty; printf "%s\n" "$SIO_0"'
"$SIO" emit "$URL" -S x '$(touch x)'
"$SIO" emit "$URL" -S x "'; rm -rf ../record; touch x; '"
"$SIO" emit "$URL" -S x '`touch x`'
expect_exit 0 "$LISTENER"
assert_equal '$(touch x)' "$(sed -n 1p inject)"
assert_equal "" "$(ls empty)" "a payload was run"
[ -s record ] || fail "a payload was run"

# One at a time, in order, although later ones are quicker.
listen_in ordered -c 30 -x 'read -r line; [ "$SIO_0" -gt 3 ] || sleep 0.05; echo "$SIO_0"'
seq 30 | "$SIO" emit "$URL" -l n
expect_exit 0 "$LISTENER"
seq 30 >want
assert_same want ordered

# Several at once: each waits until all of them run.
listen_in together -c 4 -j 4 \
  -x 'touch "run-$SIO_0"; for i in $(seq 500); do [ -e run-4 ] && [ -e run-1 ] && exit 0; sleep 0.02; done; exit 1'
seq 4 | "$SIO" emit "$URL" -l n
expect_exit 0 "$LISTENER"

# A command that fails makes the end say so; the others are run all the same.
listen_in failing -c 3 -x '[ "$SIO_0" != 2 ] || exit 3; echo "$SIO_0"'
seq 3 | "$SIO" emit "$URL" -l n
expect_exit 1 "$LISTENER"
assert_equal "1 3" "$(paste -sd' ' failing)"
assert_contains "$(cat failing.err)" 'exit 3 from the command for "n"'

# A large value is left out of the environment, and is on stdin.
listen_in large -c 1 -x 'echo "${SIO_0-none} $(wc -c)"'
head -c 200000 /dev/zero | tr '\0' a | "$SIO" emit "$URL" -S big -
expect_exit 0 "$LISTENER"
read -r value bytes <large
assert_equal none "$value"
[ "$bytes" -gt 200000 ] || fail "stdin had $bytes bytes"

# A command that is not there, and one that cannot be run.
listen_in missing -x no-such-command-here
"$SIO" emit "$URL" n 1
expect_exit 127 "$LISTENER"
touch not-executable
listen_in denied -x ./not-executable
"$SIO" emit "$URL" n 1
expect_exit 126 "$LISTENER"

# The end of the listener ends what it has started.
listen_in ended -x 'echo $$ >child.pid; exec sleep 1000'
"$SIO" emit "$URL" n 1
wait_lines child.pid 1
kill -INT "$LISTENER"
expect_exit 130 "$LISTENER"
gone() { ! kill -0 "$(cat child.pid)" 2>/dev/null; }
wait_until gone

expect_status 2 "$SIO" listen "$URL" -R 2>usage.err
expect_status 2 "$SIO" listen "$URL" -j 2 2>usage.err
