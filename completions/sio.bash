# Bash completion for sio. Commands and options are what `sio help` and `sio COMMAND -h` list.

_sio_options() {
  sio "$1" -h 2>/dev/null | sed -nE 's/^ +(-[[:alnum:]])?,? ?(--[a-z-]+)?( .*|$)/\1 \2/p'
}

_sio() {
  local cur=$2 prev=$3 words
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="help $(sio help 2>/dev/null | sed -nE 's/^  ([a-z]+)  .*/\1/p')"
  else
    case $prev in
      --transport) words='auto websocket polling' ;;
      --color) words='auto always never' ;;
      --mode) words='connect echo fanout publish replay' ;;
      --relay) words='all rooms none' ;;
      --store) words='memory none' ;;
      --log-format) words='text json' ;;
      *)
        [[ $cur == -* ]] && words=$(_sio_options "${COMP_WORDS[1]}")
        [ "$prev" = help ] && words=$(sio help 2>/dev/null | sed -nE 's/^  ([a-z]+)  .*/\1/p')
        ;;
    esac
  fi
  # shellcheck disable=SC2207
  [ -z "$words" ] || COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _sio sio
