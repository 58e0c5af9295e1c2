# Sourced by cmd/tour and tests/run: installs what they need on a bare Debian 12.
#
# A need is a package, or PACKAGE:COMMAND: then finding the command is enough, wherever it came from,
# so a Node.js that is no Debian package will do.
# shellcheck shell=bash

# shellcheck disable=SC2034
build_needs=(
  g++:g++ cmake:cmake ninja-build:ninja ccache:ccache pkg-config:pkg-config
  libwebsockets-dev libwebsockets-evlib-ev libev-dev libssl-dev libcli11-dev
  nlohmann-json3-dev libsimdjson-dev libfmt-dev libexpected-dev libxxhash-dev
  libedit-dev libhiredis-dev zlib1g-dev
  npm:npm ca-certificates
)

# What one build directory has compiled, the others take from the cache: paths do not tell them apart.
export CCACHE_BASEDIR=${root:?} CCACHE_NOHASHDIR=1

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    echo "${0##*/}: this needs root, or sudo: $*" >&2
    return 1
  fi
}

has_package() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

is_met() {
  case $1 in
    *:*) command -v "${1#*:}" >/dev/null ;;
    *) has_package "$1" ;;
  esac
}

# install_needs NEED...: installs the packages of those that are not met, and fails with the name of
# the first that is still not met afterwards.
install_needs() {
  local need missing=()
  for need in "$@"; do
    is_met "$need" || missing+=("${need%%:*}")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  echo "installing: ${missing[*]}"
  local install=(env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends)
  as_root "${install[@]}" "${missing[@]}" >/dev/null 2>&1 ||
    { as_root apt-get update -q >/dev/null && as_root "${install[@]}" "${missing[@]}" >/dev/null; } ||
    { echo "${0##*/}: apt-get could not install: ${missing[*]}" >&2; return 1; }
  for need in "$@"; do
    is_met "$need" || { echo "${0##*/}: still missing: package ${need%%:*}" >&2; return 1; }
  done
}

# install_node_packages FOLDER: what its package-lock.json names, unless that is there.
install_node_packages() {
  local folder=$root/$1
  cmp -s "$folder/package-lock.json" "$folder/node_modules/.installed-lock" && return
  echo "npm ci in $1"
  (cd "$folder" && npm ci --loglevel=error --no-audit --no-fund)
  cp "$folder/package-lock.json" "$folder/node_modules/.installed-lock"
}

# run_ninja FOLDER TARGET...: on a terminal with a line that shows how far it is, else without a word.
run_ninja() {
  local folder=$1
  shift
  if [ -t 1 ]; then ninja -C "$folder" "$@"; else ninja -C "$folder" --quiet "$@"; fi
}
