#!/usr/bin/env bash
# --auth-exec: a command says who comes in, and to what.
. "$(dirname "$0")/lib.sh"

cat >door <<'END'
#!/bin/sh
read -r client
echo "$client" >>"$(dirname "$0")/asked"
case $(echo "$client" | jq -r '.auth.user // .headers["x-user"] // "none"') in
  boss) ;;
  reader) echo '{"mode":"r"}' ;;
  team) echo '{"ns":"/","rooms":["team-*"]}' ;;
  typo) echo '{"room":"team-*"}' ;;
  banned) echo '{"message":"you are banned","data":{"until":"tomorrow"}}'; exit 1 ;;
  crash) kill -9 $$ ;;
  slow) exec sleep 60 ;;
  *) exit 3 ;;
esac
END
chmod +x door
as() {
  local who=$1 command=$2
  shift 2
  "$SIO" "$command" "$URL" -A "{\"user\":\"$who\"}" "$@"
}
refused() {
  local why=$1
  shift
  expect_status 4 "$@" >out 2>err </dev/null
  assert_contains "$(cat err)" "$why"
}

start_server --auth-exec ./door
as boss emit x
assert_equal '"/" "127.0.0.1" "4"' \
  "$(tail -n 1 asked | jq -c '.ns, .address, .query.EIO' | xargs -d '\n')"
"$SIO" emit "$URL" -H 'X-User: boss' x
refused refused as nobody emit x
refused 'you are banned' as banned emit x
refused refused as crash emit x
refused refused as typo emit x
grep -q 'the client is refused' "$SERVER_LOG"
refused 'may not publish here' as reader emit x
as reader replay >out
assert_equal 2 "$(wc -l <out)"
as team emit -r team-red x
refused 'rooms only' as team emit x
refused 'not for namespace /b' as team emit -n /b x

# One that takes its time holds nobody else up, and does not take for ever.
start "$SIO" emit "$URL" -A '{"user":"slow"}' x 2>slow.err
wait_until grep -q slow asked
seq 40 | xargs -P 40 -I N "$SIO" emit "$URL" -A '{"user":"boss"}' n N
expect_exit 4 "$STARTED"
assert_equal 43 "$(as reader replay | wc -l)"
stop_server

start_server --auth-exec ./not-there
refused refused as boss emit x
expect_status 2 "$SIO" serve --auth-exec x --auth-file y 0 2>err
