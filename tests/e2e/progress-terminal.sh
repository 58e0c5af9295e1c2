#!/usr/bin/env bash
# Long work shows one line on a terminal, which messages do not break and which is gone at the end.
. "$(dirname "$0")/lib.sh"
export TERM=xterm

on_terminal=(python3 "$HERE/terminal.py")
shows() { grep -saqE "$2" "$1"; }
escape=$'\e'

start_server --store "$TMP/queue"
address=${URL#http://}

# listen with a count, its records in a file. The line has count, rate, bytes and what is left.
start "${on_terminal[@]}" listen.tty "$SIO" listen "$URL" -c 2000 n >records 2>listen.err
wait_until sh -c "'$SIO' emit '$URL' n && [ -s records ]"
wait_until shows listen.tty '[0-9]+ events  [0-9]+/s  [0-9.]+ k?B  0 %  [0-9:]+ left'
seq 1995 | "$SIO" emit "$URL" -l n
wait_until shows listen.tty '99 %'
while kill -0 "$STARTED" 2>/dev/null; do "$SIO" emit "$URL" n; done
expect_exit 0 "$STARTED"
assert_equal 2000 "$(wc -l <records)"
assert_equal "" "$(cat listen.tty.screen)" 'what is left on the screen'

# emit: a connection that is lost and made again is said above the line.
mkfifo lines
exec 7<>lines
start "${on_terminal[@]}" --size 24x30 emit.tty "$SIO" emit "$URL" -l n <lines 7>&-
emit=$STARTED
printf '1\n2\n3\n' >&7
wait_until shows emit.tty '3 events  [0-9]+/s'
stop_server
wait_until shows emit.tty 'connection lost'
SERVER_ADDR=$address start_server --store "$TMP/queue" 7>&-
printf '4\n' >&7
wait_until shows emit.tty '4 events  [0-9]+/s'
exec 7>&-
expect_exit 0 "$emit"
grep -q '^sio emit: connection lost: ' emit.tty.screen || fail "$(cat emit.tty.screen)"
assert_lacks "$(cat emit.tty.screen)" '/s'

# replay: to a file, not to the terminal itself; not with -q, not in a dumb terminal, not in a pipe.
replay=("$SIO" replay "$URL" n --rate 3 -c 4)
"${on_terminal[@]}" replay.tty "${replay[@]}" >replayed
assert_contains "$(cat replay.tty)" ' %  0:0'
assert_equal "" "$(cat replay.tty.screen)"
"${on_terminal[@]}" --stdout both.tty "${replay[@]}"
assert_lacks "$(cat both.tty)" '/s'
"${on_terminal[@]}" quiet.tty "${replay[@]}" -q >replayed
[ ! -s quiet.tty ] || fail "with -q: $(cat quiet.tty)"
TERM=dumb "${on_terminal[@]}" dumb.tty "${replay[@]}" >replayed
[ ! -s dumb.tty ] || fail "in a dumb terminal: $(cat dumb.tty)"
"${replay[@]}" >replayed 2>pipe.err
[ ! -s pipe.err ] || fail "in a pipe: $(cat pipe.err)"
"$SIO" replay "$URL" n >all
"${on_terminal[@]}" input.tty "$SIO" replay --input all --rate 3 -c 4 >replayed
assert_contains "$(cat input.tty)" ' events  '

# bench: a line while it runs, then a picture in the terminal's width; one line of JSON on stdout.
"${on_terminal[@]}" --size 24x70 bench.tty "$SIO" bench "$URL" -W 1200ms -C 3 >summary
assert_equal 1 "$(wc -l <summary)"
assert_contains "$(cat bench.tty)" ' left'
assert_contains "$(cat bench.tty.screen)" 'p50 '
assert_lacks "$(cat bench.tty.screen)" 'left'
[ "$(wc -L <bench.tty.screen)" -le 70 ] || fail "wider than the terminal: $(cat bench.tty.screen)"
assert_lacks "$(tr -d '\r' <bench.tty | sed "s/$escape\[K//g")" "$escape" # NO_COLOR
unset NO_COLOR
"${on_terminal[@]}" color.tty "$SIO" bench "$URL" -c 10 -C 3 >summary
assert_contains "$(cat color.tty)" "${escape}[36m"
"${on_terminal[@]}" quiet.tty "$SIO" bench "$URL" -c 10 -C 3 -q >summary
[ ! -s quiet.tty ] || fail "with -q: $(cat quiet.tty)"
