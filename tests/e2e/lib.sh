# Sourced by every script of this folder: `. "$(dirname "$0")/lib.sh"`.
#
# A script proves one behaviour of the real binary, $SIO. It runs in an empty directory of its own,
# $TMP, and whatever it started is gone when it ends. It never sleeps: it waits for an effect, with
# wait_until, and fails when the effect does not come. The last lines of everything that was written
# to $TMP/*.err and $TMP/*.log are shown when it fails.
#
#   start_server [ARG...]      `sio serve ARG...` on a free port; sets URL, PORT, SERVER_PID,
#                              SERVER_LOG. SERVER_ADDR=… in front names another address
#                              $SIO_SERVE_OPTIONS, as `--threads 2`, goes in front of ARG...
#   stop_server [PID]          SIGTERM; the server must leave with 0
#   start CMD...               in the background, redirections as for a simple command; sets STARTED
#   wait_until CMD...          tries CMD until it succeeds, 10 s at most
#   wait_lines FILE N          until FILE has at least N lines
#   expect_status N CMD...     CMD must leave with status N
#   expect_exit N PID          a started process must leave with status N
#   assert_equal WANT GOT [WHAT]   assert_contains TEXT PART   assert_lacks TEXT PART
#   assert_same FILE FILE      byte for byte
#   fail MESSAGE
set -euo pipefail
export LC_ALL=C.UTF-8 NO_COLOR=1
export SIO_CONFIG=  # nobody's preferences
unset SIO_URL SIO_AUTH http_proxy https_proxy HTTPS_PROXY all_proxy ALL_PROXY no_proxy NO_PROXY

: "${SIO:?set SIO to the sio binary}"
SIO=$(realpath "$SIO")
# The script's own folder, for helper programs beside it.
# shellcheck disable=SC2034
HERE=$(cd "$(dirname "$0")" && pwd)
TMP=$(mktemp -d)
cd "$TMP"
# Where a server keeps its queue when nobody says.
export XDG_STATE_HOME=$TMP/state
declare -A started_pids=()
servers_started=0

# Where messages go, whatever stderr is redirected to.
exec {messages}>&2

fail() {
  echo "FAILED: $*" >&"$messages"
  echo "  at ${BASH_SOURCE[-1]##*/}:${BASH_LINENO[-2]}" >&"$messages"
  exit 1
}

# A started process has a group of its own, which ends with it.
end_process() {
  kill -TERM -- "-$1" 2>/dev/null || return 0
  for _ in {1..100}; do
    kill -0 -- "-$1" 2>/dev/null || return 0
    sleep 0.02
  done
  kill -KILL -- "-$1" 2>/dev/null || true
}

show_logs() {
  local file
  for file in "$TMP"/*.err "$TMP"/*.log; do
    [ -s "$file" ] || continue
    echo "--- ${file##*/}" >&"$messages"
    tail -n 20 "$file" >&"$messages"
  done
}

at_exit() {
  local status=$? pid
  trap - EXIT
  set +e
  for pid in "${!started_pids[@]}"; do end_process "$pid"; done
  wait 2>/dev/null
  [ "$status" -eq 0 ] || show_logs
  cd /
  rm -rf "$TMP"
  exit "$status"
}
trap at_exit EXIT
trap 'echo "FAILED: status $? from: $BASH_COMMAND, at ${BASH_SOURCE[0]##*/}:$LINENO" >&"$messages"' ERR

start() {
  set -m
  "$@" <&0 {messages}>&- &
  STARTED=$!
  set +m
  started_pids[$STARTED]=1
}

wait_until() {
  local deadline=$((SECONDS + 10))
  until "$@"; do
    [ "$SECONDS" -lt "$deadline" ] || fail "10 s passed without: $*"
    sleep 0.02
  done
}

has_lines() { [ -e "$1" ] && [ "$(wc -l <"$1")" -ge "$2" ]; }
wait_lines() { wait_until has_lines "$1" "$2"; }

server_spoke_or_died() {
  grep -q '^listening ' "$SERVER_LOG" || ! kill -0 "$SERVER_PID" 2>/dev/null
}

# shellcheck disable=SC2120
start_server() {
  servers_started=$((servers_started + 1))
  SERVER_LOG=$TMP/server-$servers_started.log
  # shellcheck disable=SC2086
  start "$SIO" serve ${SIO_SERVE_OPTIONS-} "$@" "${SERVER_ADDR:-127.0.0.1:0}" 2>"$SERVER_LOG" </dev/null
  SERVER_PID=$STARTED
  wait_until server_spoke_or_died
  URL=$(sed -n 's/^listening //p' "$SERVER_LOG" | head -n 1)
  [ -n "$URL" ] || fail "the server did not start"
  # shellcheck disable=SC2034
  PORT=${URL##*:}
}

stop_server() {
  local pid=${1:-$SERVER_PID}
  kill -TERM "$pid"
  expect_exit 0 "$pid"
}

expect_exit() {
  local want=$1 got=0
  wait "$2" || got=$?
  end_process "$2"
  unset "started_pids[$2]"
  [ "$got" -eq "$want" ] || fail "process $2 left with status $got, not $want"
}

expect_status() {
  local want=$1 got=0
  shift
  "$@" || got=$?
  [ "$got" -eq "$want" ] || fail "status $got, not $want, from: $*"
}

assert_equal() {
  [ "$1" = "$2" ] || fail "${3:-values differ}"$'\n'"  want: $1"$'\n'"  got:  $2"
}
assert_contains() {
  case $1 in *"$2"*) ;; *) fail "not found: $2"$'\n'"  in: $1" ;; esac
}
assert_lacks() {
  case $1 in *"$2"*) fail "must not be there: $2"$'\n'"  in: $1" ;; esac
}
assert_same() { cmp -- "$1" "$2" || fail "$1 and $2 differ"; }
