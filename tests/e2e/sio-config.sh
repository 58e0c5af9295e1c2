#!/usr/bin/env bash
# The config file: lines for all commands, profiles, what counts more, and what is wrong with it.
# shellcheck disable=SC2016
. "$(dirname "$0")/lib.sh"

app='jq --unbuffered -c "select(.type == \"connect\") | {type: \"event\", event: \"seen\", to: [.sid], args: [.auth.token, .headers[\"x-team\"], .headers[\"x-one\"]]}"'
start_server --app "$app"
mkdir -p conf/sio
export XDG_CONFIG_HOME=$TMP/conf
unset SIO_CONFIG
echo '{"token":"of the profile"}' >conf/sio/token.json
cat >conf/sio/config <<END
# Mine.
header X-Team: a # b = c
auth {"token":"of the file"}
spool $TMP/never
[here]
server $URL
auth @token.json
[elsewhere]
server http://127.0.0.1:1
END
seen() { "$SIO" listen "$@" -c 1 seen 2>err | jq -c .args; }
assert_equal '["of the profile","a # b = c",null]' "$(seen -s @here)" '-s @here'
assert_equal '["of the profile","a # b = c",null]' "$(seen @here)" '@here as an operand'
assert_equal '["of the profile","a # b = c","1"]' "$(SIO_URL=@here seen -H 'X-One: 1')" 'SIO_URL=@here'
assert_equal '["of the file","mine",null]' "$(seen "$URL" -H 'x-team: mine')" 'an address'
assert_equal '["of the environment","a # b = c",null]' \
  "$(SIO_AUTH='{"token":"of the environment"}' seen -s @here)" 'SIO_AUTH'
assert_equal '["typed","a # b = c",null]' "$(seen -s @here -A '{"token":"typed"}')" '-A'

wrong() { expect_status 2 "$SIO" listen -s @here 2>err; assert_contains "$(cat err)" "$1"; }
# Commands of -x find the address, not the profile.
assert_equal "$URL" "$("$SIO" listen -s @here -c 1 -x 'echo "$SIO_URL"' seen 2>err)" 'SIO_URL of -x'
expect_status 2 "$SIO" listen -s @her 2>err
assert_contains "$(cat err)" "no profile \`her\` in $TMP/conf/sio/config: did you mean @here?"
echo 'strct' >>conf/sio/config
wrong "$TMP/conf/sio/config:10: no option \`strct\` of a command that talks to a server: did you mean \`strict\`?"
printf 'server=%s\n' "$URL" >conf/sio/config
wrong 'config:1: server: write a blank, not `=`'
SIO_CONFIG=$TMP/none expect_status 2 "$SIO" emit x 2>err
assert_contains "$(cat err)" "$TMP/none: No such file"
# A server, and what only prints, does not care for it.
"$SIO" serve -h >/dev/null
"$SIO" help >/dev/null
stop_server

# A secret in a file is read again at every connect.
SERVER_ADDR=unix:$TMP/sock start_server --app "$app"
export SIO_CONFIG=
echo '{"token":"first"}' >token
echo 'X-One: first' >headers
start "$SIO" listen "$URL" -A @token -H @headers seen >out 2>listen.err
wait_lines out 1
echo '{"token":"second"}' >token
echo 'X-One: second' >headers
stop_server
SERVER_ADDR=unix:$TMP/sock start_server --app "$app"
wait_lines out 2
assert_equal '["first",null,"first"] ["second",null,"second"]' "$(jq -c .args out | paste -sd' ')"
