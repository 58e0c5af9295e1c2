# Bash completion for sio, which says itself what fits.

_sio() {
  local line=${COMP_LINE:0:COMP_POINT} words=() candidate
  read -ra words <<<"$line"
  [[ $line != *[[:blank:]] ]] || words+=('')
  # What bash takes for words of their own, as the @ of @prod, stays where it is.
  local in_front=${words[-1]%"$2"}
  COMPREPLY=()
  while IFS=$'\t' read -r candidate _; do
    if [ "$candidate" = :files ]; then
      compopt -o filenames 2>/dev/null
      mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$2")
    else
      COMPREPLY+=("${candidate#"$in_front"}")
    fi
  done < <("${words[0]}" __complete "${words[@]:1}" 2>/dev/null)
}
complete -F _sio sio
