#!/usr/bin/env bash
# --auth-file: who has a token comes in, may do what its lines grant and nothing else; SIGHUP reads
# the file again.
. "$(dirname "$0")/lib.sh"

cat >tokens <<'END'
# everything
boss
boss-too  *     *      rw

reader    /     *      r
writer    /     *      w
team      /     team-* rw
admin     /adm* *      rw
END
token() { printf '{"token":"%s"}' "$1"; }
as() { # as TOKEN COMMAND...: a client command with this token
  local who=$1 command=$2
  shift 2
  "$SIO" "$command" "$URL" -A "$(token "$who")" "$@"
}
refused() { # refused WHY COMMAND...
  local why=$1
  shift
  expect_status 4 "$@" >out 2>err </dev/null
  assert_contains "$(cat err)" "$why"
}

start_server --auth-file tokens
refused 'a token is needed' "$SIO" emit "$URL" x
refused 'unknown token' as nobody emit x
refused 'unknown token' as '' emit x
refused 'not for namespace /' as admin emit x
as admin emit -n /admin x
as boss emit x
"$SIO" emit "$URL" -H 'Authorization: Bearer boss' x
"$SIO" emit "$URL" --transport polling -H 'authorization: bearer   boss-too' x

# Reading and writing, in the namespace and in rooms.
refused 'may not publish here' as reader emit x
refused 'may not publish to room' as reader emit -r a x
as writer emit x
as writer emit -r anywhere x
refused 'may not read room' as writer join hall
refused 'may not read here' as writer listen --since all
refused 'publish to rooms only' as team emit x
as team emit -r team-red hello
refused 'room other' as team emit -r other -r team-red x
refused 'may not read room other' as team listen -r other
assert_equal '"hello"' "$(as team replay -r team-red | jq .event | tail -n 1)"
refused 'may not read all rooms' as team replay
refused 'may not answer events' as reader listen -R -x true
as boss replay >all
assert_contains "$(cat all)" team-red

# A writer is shown nothing, whatever comes; a reader everything.
start "$SIO" listen "$URL" -A "$(token writer)" -L >written 2>written.err
start "$SIO" listen "$URL" -A "$(token reader)" -L >heard 2>heard.err
wait_lines written 1
wait_lines heard 1
as boss emit shout 1
wait_lines heard 2
as writer emit shout 2
wait_lines heard 3
assert_equal 1 "$(wc -l <written)"

# Groups: their filter is what counts.
as boss emit -r secret x
as boss listen -g spies -r secret --since all -c 1 >/dev/null
refused 'may not read room secret' as team listen -g spies
refused 'may not read room secret' as team replay -g spies
as reader listen -g spies -r secret --since all -c 1 >/dev/null

# The file again: what has changed counts at once, also for who is there.
start "$SIO" listen "$URL" -A "$(token team)" -L -r team-red >red 2>red.err
wait_lines red 1
sed -i -e '/^reader/d' -e 's/^team .*/team \/ team-* r/' -e '$a late' tokens
kill -HUP "$SERVER_PID"
wait_until grep -q 'unknown token' heard.err
wait_lines red 3
as late emit -r team-red again
wait_until grep -q '"again"' red
refused 'may not publish to room' as team emit -r team-red x
kill -0 "$STARTED"

# A file that makes no sense changes nothing.
echo 'boss / * rwx' >>tokens
kill -HUP "$SERVER_PID"
wait_until grep -q 'tokens:[0-9]*: mode rwx' "$SERVER_LOG"
as late emit x
stop_server

expect_status 2 "$SIO" serve --auth-file tokens 127.0.0.1:0 2>err
assert_contains "$(cat err)" 'tokens:9: mode rwx: expected rw, r or w'
expect_status 2 "$SIO" serve --auth-file none 127.0.0.1:0 2>err
assert_contains "$(cat err)" 'none'

# Behind a door, other hosts may come.
sed -i '$d' tokens
expect_status 2 "$SIO" serve 0.0.0.0:0 2>err
assert_contains "$(cat err)" '--auth-file'
SERVER_ADDR=0.0.0.0:0 start_server --auth-file tokens
assert_contains "$(cat "$SERVER_LOG")" unencrypted
URL=http://127.0.0.1:$PORT
as boss emit x
