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
# Somebody else may be installing something: apt-get waits for its turn.
run_apt() {
  DEBIAN_FRONTEND=noninteractive apt-get -y -q -o DPkg::Lock::Timeout=200 --no-install-recommends "$@" \
    >"$TMP/apt.log" 2>&1 || { cat "$TMP/apt.log" >&2; return 1; }
}
purge() { installed='' && run_apt purge sio; }
installed=''
trap at_exit EXIT

(cd "$BUILD" && cpack -G DEB -B "$TMP/pack") >"$TMP/cpack.log" 2>&1 || { cat "$TMP/cpack.log" >&2; exit 1; }
package=$(echo "$TMP"/pack/*.deb)
# Who builds it has not said who he is.
lintian --allow-root --fail-on error,warning \
  --suppress-tags bogus-mail-host,bogus-mail-host-in-debian-changelog "$package" >&2 ||
  complain "lintian found something"

place=$TMP/unpacked
dpkg-deb -x "$package" "$place"
told=$(dpkg-deb -f "$package" Installed-Size)
real=$(find "$place/usr" -type f -printf '%s\n' | awk '{ n += $1 } END { print int(n / 1024) }')
[ $((told - real)) -ge 0 ] && [ $((told - real)) -le 200 ] ||
  complain "the package says that it takes $told KiB, and takes $real"

exec 9>"${TMPDIR:-/tmp}/sio-package-test.lock"
flock 9
if [ "$(id -u)" -eq 0 ] && ! dpkg-query -W sio >/dev/null 2>&1; then
  chmod 755 "$TMP"
  installed=yes
  run_apt install "$package"
  place=
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
mkfifo "$TMP/talk"
exec 8<>"$TMP/talk"
"$place/usr/bin/${start[0]}" "${start[@]:1}" 2>&8 &
server=$!
until [[ ${line:-} == 'listening '* ]]; do
  read -r -t 20 -u 8 line || { complain 'the server does not listen'; exit 1; }
  echo "$line" >&2
done
url=${line#listening }
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
