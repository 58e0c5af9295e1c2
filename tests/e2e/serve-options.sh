#!/usr/bin/env bash
# Options: what is wrong is said, with status 2; what does not exist yet is not accepted.
. "$(dirname "$0")/lib.sh"

mistake() {
  local want=$1
  shift
  expect_status 2 "$SIO" serve "$@" 2>err </dev/null
  assert_contains "$(cat err)" "$want"
}
mistake 'redis://' --store redis:// 0
mistake '--store' --store http://127.0.0.1 0
mistake '--fsync' --fsync sometimes 0
mistake '--max-age' --max-age long 0
mistake '--recover' --store none --recover 1m 0
mistake '--recover' --app cat --recover 1m 0
mistake '--relay' --relay some 0
mistake '--log-format' --log-format xml 0
mistake '--max-payload' --max-payload much 0
mistake '--max-payload' --max-payload 0 0
mistake '--ping-interval' --ping-interval 0 0
mistake '--ping-timeout' --ping-timeout soon 0
mistake '--cert' --cert x.pem 0
mistake '--cacert' --cacert x.pem 0
mistake '--join-event' -J '' 0
mistake 'did you mean --relay?' --rely all 0
mistake '--threads 65: at most 64' --threads 65 0
mistake '--threads' --threads 0 0
mistake '--threads' --threads many 0
mistake 'x.pem' --cert x.pem --key x.key 127.0.0.1:0
"$SIO" serve -h >help 2>err
assert_equal '' "$(cat err)"
assert_contains "$(cat help)" '--max-clients'
