#!/usr/bin/env bash
# A command that fails gets its record again, later; after --max-deliver times it goes to the room of
# the dead, with the rooms it came from.
# shellcheck disable=SC2016
. "$(dirname "$0")/lib.sh"

start_server --store "$TMP/queue"
expect_status 124 "$SIO" listen "$URL" -g g -r shop --max-deliver 3 -c 1 --idle 100ms job >none
start "$SIO" listen "$URL" -r dead:g -L >dead 2>dead.err
wait_lines dead 2
"$SIO" emit "$URL" -r shop job '"good"'
"$SIO" emit "$URL" -r shop job '"bad"'

start "$SIO" listen "$URL" -g g job >tries 2>worker.err \
  -x 'echo "$SIO_0 $SIO_DELIVERY $SIO_GROUP"; [ "$SIO_0" = good ]'
WORKER=$STARTED
wait_lines dead 3
assert_equal "good 1 g,bad 1 g,bad 2 g,bad 3 g" "$(paste -sd, tries)"
assert_contains "$(cat worker.err)" 'exit 1 from the command for "job"'
assert_contains "$(tail -n 1 dead)" '"event":"job","args":["bad"]'
assert_contains "$(tail -n 1 dead)" '"rooms":["dead:g"]'
assert_contains "$(tail -n 1 dead)" '"group":"g","dead_rooms":["shop"]'
nothing_left() { [ -z "$("$SIO" replay "$URL" -g g)" ]; }
wait_until nothing_left
kill -TERM "$WORKER"
expect_exit 143 "$WORKER"

# A member that is silent for too long loses the record to another.
"$SIO" emit "$URL" -r shop job '"slow"'
start "$SIO" listen "$URL" -g g --ack-wait 300ms -x 'touch started; exec sleep 1000' job 2>slow.err
wait_until test -e started
"$SIO" listen "$URL" -g g -c 1 -W 20s job >taken
assert_contains "$(cat taken)" '"delivery":2'
