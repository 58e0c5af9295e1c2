#!/usr/bin/env bash
# What the README shows runs: its commands, and its JavaScript with the stock client.
# shellcheck source=tests/docs/lib.sh
. "$(dirname "$0")/lib.sh"
prepare_stage

# section [TITLE]: that section of the README, or all of it.
section() { awk -v title="${1:-}" '/^## / { inside = $0 == "## " title } title == "" || inside' "$root/README.md"; }

# run_examples [SECTION]: those of the whole README, or of one section.
run_examples() {
  local example count=0
  while IFS= read -r example <&3; do
    run_example "$example"
    count=$((count + 1))
  done 3< <(section "${1:-}" | sed -n '/^```sh/,/^```/s/^\$ //p')
  [ "$count" -ge 10 ] || complain "only $count examples were found"
}

run_examples

# The scripts that it names are there.
for script in $(sed -nE 's/^    ((cmd|tests)\/[a-z/]+).*/\1/p' "$root/README.md"); do
  [ -x "$root/$script" ] || complain "README names $script, which is not there"
done

ln -s "$root/tests/interop/node_modules" node_modules
sed -n '/^```js/,/^```/p' "$root/README.md" | grep -v '^```' |
  sed "s|http://127.0.0.1:3000|$SIO_URL|" >snippet.mjs
timeout 10 node snippet.mjs >out 2>&1 || complain "the README's JavaScript: $(cat out)"
grep -qE '^#[a-z0-9]+-[0-9]+$' out || complain "the README's JavaScript printed: $(cat out)"

# The ten one-liners do the same with the official server.
node "$root/tests/docs/official_server.mjs" >official.log &
official=$!
trap 'kill "$feeder" "$server" "$official" 2>/dev/null; wait; cd /; rm -rf "$TMP"' EXIT
wait_for_line() {
  local tries=0
  until [ -s "$1" ]; do
    [ $((tries += 1)) -lt 500 ] || { complain "nothing in $1"; exit 1; }
    sleep 0.02
  done
}
wait_for_line official.log
SIO_URL=$(cat official.log)
rm -rf waiting recorded
run_examples 'Ten one-liners'
exit "$wrong"
