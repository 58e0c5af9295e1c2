#!/usr/bin/env bash
# --parser msgpack on both sides: what goes in comes out, live, from the queue and to a group.
. "$(dirname "$0")/lib.sh"

start_server --store memory --parser msgpack
export SIO_URL=$URL
sio() { local command=$1; shift; "$SIO" "$command" --parser msgpack "$@"; }

start "$SIO" listen --parser msgpack -L -c 3 >live
wait_lines live 1
cat >records <<'END'
{"event":"text","args":["é😀\u0000 \"quoted\"",null,true,[],{}],"ns":"/"}
{"event":"numbers","args":[12345678901234567,18446744073709551615,-9223372036854775808,1.5,-0.25,1.0],"ns":"/"}
{"event":"binary","args":[{"$binary":"AAH/"},{"deep":[{"$binary":""},{"$$binary":"not bytes"}]}],"ns":"/"}
END
sio emit - <records
plain() { sed -n 's/^{"type":"event",.*"ns":"\([^"]*\)","event":\("[^"]*"\),"args":\(.*\),"id":.*$/{"event":\2,"args":\3,"ns":"\1"}/p' "$1"; }
wait_lines live 4
assert_equal "$(cat records)" "$(plain live)"
sio replay >replayed
assert_equal "$(cat records)" "$(plain replayed)"
sio listen -g workers --since all -c 3 >worked
assert_equal "$(cat records)" "$(plain worked)"

# -vv shows packets as they are without msgpack.
sio emit -vv seen 'one' 2>packets
assert_contains "$(cat packets)" '["seen","one"]'

status=0
"$SIO" emit x 2>err || status=$?
assert_equal 5 $status
assert_contains "$(cat err)" '--parser'
status=0
"$SIO" emit --parser bson x 2>err || status=$?
assert_equal 2 $status
assert_contains "$(cat err)" '--parser bson: expected'

# A server of the other kind.
start_server --store memory
status=0
sio emit -s "$URL" x 2>err || status=$?
assert_equal 5 $status
assert_contains "$(cat err)" '--parser'
