#!/usr/bin/env bash
# Who may include whom: prints every #include that crosses a layer the wrong way, and fails on one.
set -euo pipefail
cd "$(dirname "$0")/../.."

declare -A may_include=(
  [base]=""
  [proto]="base"
  [store]="base"
  [net]="base"
  [web]="base"
  [cluster]="base proto net"
  [server]="base proto net store web cluster"
  [client]="base proto net store"
  [cli]="base proto net store client"
)
# What server and client know of net and store: interfaces and plain data, no socket and no disk.
net_interfaces="address child connector fd_sink fd_source frame http loop tls transport"
cluster_net_interfaces="byte_stream loop"
# Groups and journals reach the disk through an Fs only.
store_interfaces="background group groups journal store"
wrong=0

complain() {
  echo "$1:$2: $3 may not include $4" >&2
  wrong=1
}

# each_include FOLDER: lines of FILE LINE HEADER for what the sources of a folder include.
each_include() {
  grep -rnoE --include='*.h' --include='*.cc' '^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"][^>"]+' "$1" |
    sed -E 's/^([^:]+):([0-9]+):.*[<"]([^<"]+)$/\1 \2 \3/' || true
}

is_word_of() { case " $2 " in *" $1 "*) ;; *) return 1 ;; esac; }

check_layer() {
  local layer=$1 file line header target name
  while read -r file line header; do
    target=${header%%/*}
    if [ -n "${may_include[$target]+known}" ] && [ "$target" != "$layer" ] && [ "$target" != "$header" ]; then
      name=$(basename "$header" .h)
      is_word_of "$target" "${may_include[$layer]}" || complain "$file" "$line" "$layer" "$header"
      case $layer/$target in
        server/net | client/net) is_word_of "$name" "$net_interfaces" || complain "$file" "$line" "$layer" "$header" ;;
        server/cluster) is_word_of "$name" cluster || complain "$file" "$line" "$layer" "$header" ;;
        cluster/net) is_word_of "$name" "$cluster_net_interfaces" || complain "$file" "$line" "$layer" "$header" ;;
        server/store | client/store) is_word_of "$name" "$store_interfaces" || complain "$file" "$line" "$layer" "$header" ;;
      esac
    fi
    case $layer:$header in
      net:libwebsockets.h | cli:CLI/*) ;;
      *:libwebsockets.h | *:CLI/*) complain "$file" "$line" "$layer" "$header" ;;
    esac
    case $file:$header in
      *.h:nlohmann/json_fwd.hpp) ;;
      *.h:nlohmann/* | *.h:libwebsockets.h | *.h:CLI/*) complain "$file" "$line" "a header" "$header" ;;
    esac
  done < <(each_include "lib/$layer")
}

for folder in lib/*/; do
  layer=$(basename "$folder")
  if [ -n "${may_include[$layer]+known}" ]; then
    check_layer "$layer"
  else
    echo "lib/$layer: a layer that tests/lint/layers.sh does not know" >&2
    wrong=1
  fi
done
exit "$wrong"
