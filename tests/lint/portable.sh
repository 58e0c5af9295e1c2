#!/usr/bin/env bash
# Nothing tracked depends on the machine it was written on: no path of somebody's home or checkout,
# no address of a package registry in a lock file.
set -euo pipefail
cd "$(dirname "$0")/../.."
this_script=tests/lint/portable.sh
if git grep -nIE '(^|[^[:alnum:]_./-])/(home|work|root|Users)/[[:alnum:]_.-]+' -- ":!$this_script"; then
  echo 'an absolute path of one machine, see above' >&2
  exit 1
fi
if git grep -nE '"resolved":' -- '*package-lock.json'; then
  echo 'a lock file names a registry, see above' >&2
  exit 1
fi
