#!/usr/bin/env bash
# Every complaint says what, where, and what to do next: status, what it says, the command.
# shellcheck disable=SC2016
. "$(dirname "$0")/lib.sh"

start_server --app 'cat >/dev/null'
export DEAF=$URL
start_server
export SIO_URL=$URL
printf '%s\n' '{"event":"a"}' '[1]' '{"args":[]}' '{oops' >records
printf '{"event":"a","ns":"/no,pe"}\n' >comma
touch empty
"$SIO" emit stored 1

# Each line: STATUS | WHAT IT SAYS, AND WHAT TO DO | ARGUMENTS OF sio
while IFS='|' read -r want parts arguments <&3; do
  [ -n "$want" ] || continue
  status=0
  eval "\"\$SIO\" $arguments" >out 2>err </dev/null || status=$?
  [ "$status" -eq "$((want))" ] || fail "status $status, not $want: sio $arguments"$'\n'"$(cat err)"
  IFS='&' read -ra each <<<"$parts"
  for part in "${each[@]}"; do
    part=${part# }
    assert_contains "$(cat err)" "${part% }"
  done
  [ "$(grep -c '^sio' err)" -ge 1 ] || fail "nobody says it: $(cat err)"
done 3<<'END'
2| unknown option --colour & did you mean --color? | listen --colour always
2| unknown option -Z & `sio emit -h` | emit -Z x
2| --room: needs a value, ROOM | emit x -r
2| --color blue: expected auto, always, never | listen --color blue
2| --transport pigeon: expected auto, websocket, polling | emit --transport pigeon x
2| --count 0: expected a whole number from 1 on | listen -c 0
2| --timeout soon: & write 250ms, 10s | listen -W soon
2| --since: "yesterday" & write all, now, #ID, 10m | listen --since yesterday
2| --match x: expected PATH=GLOB, as in 0.status=done | listen -m x
2| --format %{nope}: & expected event, args | listen -F '%{nope}'
2| --header: expected `Name: value`, or @FILE | emit -H nonsense x
2| --auth: not JSON | emit -A '{oops' x
2| --auth: expected a JSON object, like '{"token" | emit -A '[1]' x
2| --auth: read /does/not/exist: No such file | emit -A @/does/not/exist x
2| --path a b: expected something like /socket.io/ | emit --path 'a b' x
2| --cert and --key belong together: give both | emit --cert records x
2| which EVENT? As in `sio emit hello` | emit
2| which ROOM? As in `sio join lobby` | join
2| is not JSON & with -S it is a string | emit x '{a:1}'
2| the protocol reserves this name; take another | emit connect
2| -l reads stdin already: leave out the `-` | emit -l x -
2| --reply needs --exec CMD | listen -R
2| --jobs needs --exec CMD | listen -j 2
2| name it with --group | listen --max-deliver 2
2| --format prints events only: leave out --lifecycle | listen -L -F x
2| an event goes to one namespace: give --ns once | emit -n a -n b x
2| ftp & write http:// | emit -s ftp://x x
2| --recover needs a store: leave out --store none | serve --store none --recover 1m
2| 0.0.0.0:0: others can connect & --auth-file or --auth-exec | serve 0.0.0.0:0
3| Address already in use & name another address | serve 127.0.0.1:$PORT
3| records/lock: Not a directory & --store DIR names another place | serve --store records 127.0.0.1:0
3| 127.0.0.1:1: Connection refused & is the server running? sio serve 1 | emit -s http://127.0.0.1:1 x
3| is the name right? | emit -s http://no-such-host.invalid x
3| no connection before the time was up & -v tells why | listen -s http://127.0.0.1:1 --wait 1h -W 200ms
4| group & another --group? | replay -g nobody
1| line 2: expected a JSON object, a record as listen prints it & line 3: & line 4: not JSON | emit - <records
1| line 1: "ns": a namespace cannot have a comma | emit - <comma
1| exit 3 from the command for "stored" | listen --since all -c 1 -x 'exit 3'
126| cannot be run: ./empty & chmod +x | listen --since all -c 1 -x ./empty
127| was not found: nope & in $PATH | listen --since all -c 1 -x nope
7| no receipt for 1 event in time & --timeout gives them longer | emit -s "$DEAF" -a -W 100ms x
END
