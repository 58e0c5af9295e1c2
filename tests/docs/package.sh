#!/usr/bin/env bash
# The Debian package: lintian is content, it installs, its commands and units work from where they
# are, and nothing of it is left when it is purged. Who is not root unpacks it instead.
# shellcheck source=tests/docs/lib.sh
. "$(dirname "$0")/lib.sh"

at_exit() {
  local status=$?
  [ -z "${server:-}" ] || kill "$server" 2>/dev/null
  wait
  [ -z "$installed" ] || purge
  rm -rf "$TMP"
  exit "$status"
}
# Somebody else may be installing something.
run_dpkg() {
  local tries=0
  until dpkg "$@" >"$TMP/dpkg.log" 2>&1; do
    grep -q 'lock' "$TMP/dpkg.log" && [ $((tries += 1)) -lt 300 ] || { cat "$TMP/dpkg.log" >&2; return 1; }
    sleep 0.2
  done
}
purge() { installed='' && run_dpkg --purge sio; }
installed=''
trap at_exit EXIT

(cd "$BUILD" && cpack -G DEB -B "$TMP/pack") >"$TMP/cpack.log" 2>&1 || { cat "$TMP/cpack.log" >&2; exit 1; }
package=$(echo "$TMP"/pack/*.deb)
# Who builds it has not said who he is.
lintian --allow-root --fail-on error,warning \
  --suppress-tags bogus-mail-host,bogus-mail-host-in-debian-changelog "$package" >&2 ||
  complain "lintian found something"

place=$TMP/unpacked
exec 9>"${TMPDIR:-/tmp}/sio-package-test.lock"
flock 9
if [ "$(id -u)" -eq 0 ] && ! dpkg-query -W sio >/dev/null 2>&1; then
  chmod 755 "$TMP"
  installed=yes
  run_dpkg --install "$package"
  place=
else
  dpkg-deb -x "$package" "$place"
fi

for command in $(commands); do
  cmp -s <("$place/usr/bin/sio-$command" -h) <(sio "$command" -h) || complain "no sio-$command"
  gzip -t "$place/usr/share/man/man1/sio-$command.1.gz" || complain "no manual page of $command"
done
units=$place/usr/lib/systemd/system
[ -n "$place" ] || systemd-analyze verify "$units/sio.service" "$units/sio.socket" >&2 ||
  complain "systemd does not like the units"
systemd-analyze security --offline=true --threshold=20 "$units/sio.service" >"$TMP/security" ||
  { complain "the service may do more than it has to"; tail -n 1 "$TMP/security" >&2; }
# What the unit starts, options and all.
mapfile -t start < <(sed -n 's/^ExecStart=//p' "$units/sio.service" |
  sed "s|%S|$TMP|; s|\$SIO_OPTIONS|127.0.0.1:0|" | tr ' ' '\n')
[ "${start[0]}" = sio ] || complain "the unit starts ${start[0]}"
"$place/usr/bin/${start[0]}" "${start[@]:1}" 2>"$TMP/server.log" &
server=$!
tries=0
until grep -qs '^listening ' "$TMP/server.log"; do
  [ $((tries += 1)) -lt 500 ] || { cat "$TMP/server.log" >&2; exit 1; }
  sleep 0.02
done
url=$(sed -n 's/^listening //p' "$TMP/server.log")
"$place/usr/bin/sio-emit" "$url" hello '{"from":"a package"}'
[ "$("$place/usr/bin/sio" listen "$url" --since all -c 1 -F '%{0.from}')" = 'a package' ] ||
  complain "what was emitted was not heard"
kill "$server"
wait "$server" || complain "the server left with $?"
server=''

[ -n "$installed" ] || exit "$wrong"
dpkg -L sio >"$TMP/files"
purge
while read -r file; do
  [ ! -e "$file" ] || [ -d "$file" ] || complain "left behind: $file"
done <"$TMP/files"
for folder in /usr/share/doc/sio /var/lib/sio; do
  [ ! -e "$folder" ] || complain "left behind: $folder"
done
exit "$wrong"
