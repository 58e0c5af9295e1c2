# Sourced by the scripts of this folder. $SIO is the binary under test.
set -euo pipefail
export LC_ALL=C.UTF-8 NO_COLOR=1
export SIO_CONFIG=  # nobody's preferences
unset SIO_URL SIO_AUTH
unset http_proxy https_proxy HTTPS_PROXY all_proxy ALL_PROXY no_proxy NO_PROXY

: "${SIO:?set SIO to the sio binary}"
SIO=$(realpath "$SIO")
PATH=$(dirname "$SIO"):$PATH
root=$(cd "$(dirname "$0")/../.." && pwd)
TMP=$(mktemp -d)
# Where a server keeps its queue when nobody says.
export XDG_STATE_HOME=$TMP/state
wrong=0

complain() {
  echo "$*" >&2
  wrong=1
}

commands() { sio help | sed -nE 's/^  ([a-z]+)  .*/\1/p'; }

# Every option of a command, one a line: -l and --lines.
options_of() {
  sio "$1" -h | sed -nE 's/^ {2,6}(-[[:alnum:]], )?(--[a-z0-9-]+)( .*|$)/\1\2/p' | sed 's/, /\n/' | sort -u
}

# --- Running the examples of the documentation -------------------------------------------------

# A server, a stream of events, and the files that the examples name.
prepare_stage() {
  cd "$TMP"
  sio serve --admin 127.0.0.1:0 127.0.0.1:0 2>server.log &
  server=$!
  local tries=0
  until grep -qs '^listening ' server.log; do
    [ $((tries += 1)) -lt 500 ] || { cat server.log >&2; exit 1; }
    sleep 0.02
  done
  SIO_URL=$(sed -n 's/^listening //p' server.log)
  ADMIN=$(sed -n 's/.*admin //p' server.log)
  export ADMIN SIO_URL OLD=$SIO_URL NEW=$SIO_URL
  seq 100 | sed 's/^/line /' >app.log
  head -c 1000 /dev/urandom >photo.png
  echo '{"event":"order","args":[{"id":7,"dish":"soup"}],"rooms":["kitchen"]}' >recorded.ndjson
  printf '#!/bin/sh\ncat >/dev/null\n' >app.py
  printf '#!/bin/sh\necho "$1"\n' >thumb.sh
  chmod +x app.py thumb.sh
  echo 's3cr3t / * rw' >tokens
  mkdir site && echo hello >site/index.html
  printf '{"event":"%s","args":[{"id":1,"dish":"soup"}]}\n' order build.done log >events.ndjson
  while cat events.ndjson; do :; done 2>/dev/null | sio emit --rate 100 - &
  feeder=$!
  trap 'kill "$feeder" "$server" 2>/dev/null; wait; cd /; rm -rf "$TMP"' EXIT
}

# What the examples call sio: a server of theirs gets a free port instead of the one they name.
sio_of_examples() {
  if [ "$1" = serve ]; then
    local arguments=() argument
    for argument; do
      [[ $argument =~ ^[0-9]+$ ]] || arguments+=("$argument")
    done
    exec "$SIO" "${arguments[@]}" 127.0.0.1:0
  fi
  exec "$SIO" "$@"
}

# run_example COMMAND: it must end with 0, or be one of those that run until they are stopped.
run_example() {
  local status=0 patience=10
  [[ $1 =~ ^(sio (serve|listen|join)|tail -F) && $1 != *' -c '* && $1 != *' -W '* ]] && patience=1
  sio() { (sio_of_examples "$@"); }
  export -f sio sio_of_examples
  export SIO
  timeout "$patience" bash -c "$1" >out 2>err </dev/null || status=$?
  [ "$status" -eq 0 ] || { [ "$status" -eq 124 ] && [ "$patience" -eq 1 ]; } ||
    { complain "status $status: $1"; cat out err >&2; }
}
