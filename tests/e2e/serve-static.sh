#!/usr/bin/env bash
# --static: files of a directory, and nothing else of the machine.
# shellcheck disable=SC2016
. "$(dirname "$0")/lib.sh"

mkdir -p site/sub site/.git outside
echo '<h1>hi</h1>' >site/index.html
echo 'sub' >site/sub/index.html
echo 'x=1' >'site/a b.js'
echo secret | tee site/.env site/.git/config outside/secret >/dev/null
ln -s ../outside/secret site/link-out
ln -s index.html site/link-in
mkfifo site/fifo
head -c 20000000 /dev/urandom >site/big.bin
# Not in memory: it has to come from the disk.
dd of=site/big.bin oflag=nocache conv=notrunc,fdatasync count=0 status=none
start_server --static site
get() { curl -s -o out -w '%{http_code} %{content_type}' --path-as-is "$@"; }

assert_equal '200 text/html; charset=utf-8' "$(get "$URL/")"
assert_same site/index.html out
assert_equal '200 text/javascript; charset=utf-8' "$(get "$URL/a%20b.js?v=1")"
assert_same 'site/a b.js' out
assert_equal '200 application/octet-stream' "$(get "$URL/big.bin")"
assert_same site/big.bin out
get "$URL/link-in" >code
assert_contains "$(cat code)" 200
assert_equal "$URL/sub/" "$(curl -s -o out -w '%{redirect_url}' "$URL/sub")"
assert_equal sub "$(curl -sL "$URL/sub")"

for path in /nothing /.env /.git/config /../outside/secret /%2e%2e/outside/secret \
  /sub/..%2f..%2foutside/secret /link-out /fifo /index.html/ /a%20b.js%00 '/%5c..%5csecret'; do
  echo none >out
  code=$(get "$URL$path" || true)
  case $code in 4* | 000*) ;; *) fail "$path: $code" ;; esac
  assert_lacks "$(tr -d '\0' <out)" secret
done

etag=$(curl -s -D - -o out "$URL/big.bin" | sed -n 's/^ETag: \(.*\)\r$/\1/p')
assert_equal 304 "$(curl -s -o out -w '%{http_code}' -H "If-None-Match: $etag" "$URL/big.bin")"
echo more >>site/big.bin
assert_equal 200 "$(curl -s -o out -w '%{http_code}' -H "If-None-Match: $etag" "$URL/big.bin")"
curl -sI "$URL/big.bin" >headers
assert_contains "$(cat headers)" "Content-Length: $(stat -c %s site/big.bin)"
assert_equal 405 "$(curl -s -o out -w '%{http_code}' -X POST -d 1 "$URL/index.html")"

# A file with holes.
truncate -s 30000000 site/sparse.bin
assert_equal 30000000 "$(curl -s "$URL/sparse.bin" | tr -d -c '\0' | wc -c)"

# Slow clients hold little of a large file in memory.
for _ in 1 2 3 4 5; do start curl -s --limit-rate 1000 -o /dev/null "$URL/big.bin"; done
has_streams() { [ "$(curl -s "$URL/sio/stats" | jq .streams)" -ge "$1" ]; }
wait_until has_streams 5
test "$(curl -s "$URL/sio/stats" | jq .resident_bytes)" -lt 60000000 || fail 'files are in memory'

# The queue is still there.
"$SIO" emit "$URL" x
expect_status 2 "$SIO" serve --static no-such-folder 127.0.0.1:0 2>err
assert_contains "$(cat err)" 'no-such-folder'
