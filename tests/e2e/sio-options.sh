#!/usr/bin/env bash
# Options: mistakes are named with what was meant; what does not exist yet is not accepted.
. "$(dirname "$0")/lib.sh"

mistake() {
  local want=$1
  shift
  expect_status 2 "$SIO" "$@" 2>err </dev/null
  assert_contains "$(cat err)" "$want"
}
mistake 'did you mean --string?' emit --strng x
mistake 'did you mean --timeout?' listen --timeot 3
mistake 'unknown option -Z' emit -Z x
mistake 'unknown option -Z' emit -lZ x
mistake '--room' emit x -r
mistake '--transport' emit --transport carrier-pigeon x
mistake '--auth' emit -A '{oops' x
mistake '--auth' emit -A '[1]' x
mistake '--auth' emit -A '@/does/not/exist' x
mistake '--header' emit -H 'no colon' x
mistake '--header' emit -H 'X: a
Injected: b' x
mistake 'ftp' emit -s ftp://x x
mistake '--count' listen -c many
mistake '--color' listen --color blue
for option in --spool --retries --id --rate -l; do
  mistake "unknown option $option" listen "$option" 1
done

# Options may follow operands; `--` ends them; a bare number is seconds.
start_server
"$SIO" emit hello 1 -s "$URL" -W 5 -- -r
"$SIO" emit "$URL" hello -v 2>err
assert_contains "$(cat err)" 'connected to'
# -vv shows every packet with its direction.
"$SIO" emit "$URL" hello 1 -vv 2>err
assert_contains "$(cat err)" '> 420["hello",1]'
assert_contains "$(cat err)" '< 0{"sid":'
assert_lacks "$(cat err)" $'\x1b'
# Colour: when asked for, or on a terminal without NO_COLOR.
"$SIO" emit "$URL" hello --color always -v 2>err
assert_contains "$(cat err)" $'\x1b'

# The auth and the headers are read again at every connect, and may come from a file.
echo '{"token":"t"}' >token.json
printf 'X-One: 1\n\nX-Two: 2\n' >headers
"$SIO" emit "$URL" -A @token.json -H @headers -vvv e 2>err
assert_contains "$(cat err)" '> 40{"token":"t","sio":'
SIO_AUTH='{"token":"env"}' SIO_URL=$URL "$SIO" emit -vvv e 2>err
assert_contains "$(cat err)" '"token":"env"'
