#!/usr/bin/env bash
# join where a person types, in a real terminal (tmux): editing, history, what comes in meanwhile,
# and a terminal that is as it was whatever ends the command.
# shellcheck disable=SC2016
. "$(dirname "$0")/lib.sh"

terminal() { tmux -S "$TMP/tmux" -f /dev/null "$@" 2>>"$TMP/tmux.err"; }
screen() { terminal capture-pane -p -t main; }
last_line() { screen | grep -v '^$' | tail -n 1; }
keys() { terminal send-keys -t main "$@"; }
text() { keys -l -- "$1"; }
shows() { screen | grep -qF -- "$1"; }
ends_with() { [ "$(last_line)" = "$1" ]; }
wait_shown() { wait_until shows "$1" || { screen >screen.log; exit 1; }; }
wait_end() { wait_until ends_with "$1" || { screen >screen.log; exit 1; }; }
at_tmux_end() {
  screen >"$TMP/screen.log" 2>/dev/null || true
  tmux -S "$TMP/tmux" kill-server 2>/dev/null || true
  at_exit
}
trap at_tmux_end EXIT

# run_there COMMAND: in the terminal's shell, on a clean screen.
run_there() { text "clear; $1" && keys Enter; }
# The terminal's settings, as the shell of the pane finds them: the same as at first.
settings_are_sane() {
  text "stty -g >$TMP/stty.$1; echo saved $1" && keys Enter
  wait_end '$'
  wait_shown "saved $1"
  assert_same stty.first "stty.$1"
}
# Ctrl-C ends the command, by that signal.
interrupt() {
  keys C-c
  wait_end '$'
  text 'echo status $?' && keys Enter
  wait_shown 'status 130'
}
has() { grep -qF -- "$2" "$1"; }

start_server
start "$SIO" listen "$URL" -L -r lobby >heard 2>heard.err
wait_lines heard 1
terminal new-session -d -s main -x 200 -y 30 \
  "cd '$TMP' && PS1='\$ ' SIO='$SIO' SIO_URL='$URL' LC_ALL=C.UTF-8 bash --norc --noprofile -i"
wait_end '$'
text "stty -g >$TMP/stty.first; echo saved" && keys Enter
wait_shown saved

# What comes in does not break the line being typed, which is sent whole.
run_there '"$SIO" join lobby; echo status $?'
wait_end 'lobby>'
text 'héll'
wait_end 'lobby> héll'
"$SIO" emit "$URL" -r lobby news 1 "$(seq -s ' ' 150)"
wait_shown '"event":"news"'
wait_end 'lobby> héll'
assert_equal 1 "$(screen | grep -c 'lobby>')" 'one prompt is on the screen'
text 'o wörld'
keys Enter
wait_until has heard '["héllo wörld"]'
wait_end 'lobby>'

# Editing: arrows, home, delete, in text that is not ASCII; and the line before again.
text 'xaüd'
keys Left && text 'c' && keys Home && keys DC && keys End && text '!'
wait_end 'lobby> aücd!'
keys Enter
wait_until has heard '["aücd!"]'
keys Up && wait_end 'lobby> aücd!'
keys Up && wait_end 'lobby> héllo wörld'
keys C-u && wait_end 'lobby>'
# Several lines at once, as pasted.
text $'one\ntwo\nthree\n'
wait_until has heard '["three"]'
assert_equal 'one two three' "$(tail -n 3 heard | jq -r '.args[0]' | xargs)"
# A key that nobody knows leaves nothing behind.
keys F9 && text 'x' && wait_end 'lobby> x' && keys BSpace
wait_end 'lobby>'

# A narrower window, with a line that takes several rows of it.
is_typed_whole() {
  [ "lobby>${long// /}" = "$(screen | sed -n '/lobby> word/,$p' | tr -d ' \n')" ]
}
long=$(printf 'word%s ' {1..50})
text "$long"
wait_shown word50
terminal resize-window -t main -x 60
"$SIO" emit "$URL" -r lobby news resized
wait_shown resized
wait_until is_typed_whole
terminal resize-window -t main -x 200
keys C-u

# Stopped and continued.
text 'kept'
wait_end 'lobby> kept'
keys C-z
wait_shown Stopped
settings_are_sane stopped
text 'fg' && keys Enter
wait_end 'lobby> kept'
keys Enter
wait_until has heard '["kept"]'

# Ctrl-C, a signal, a lost server: the terminal is as it was.
text 'half a line'
interrupt
settings_are_sane interrupted
assert_equal 600 "$(stat -c %a "$XDG_STATE_HOME/sio/history")"

run_there 'echo $$ >pid; (exec "$SIO" join --no-reconnect lobby); echo status $?'
wait_end 'lobby>'
keys Up && wait_end 'lobby> kept'
keys C-u
kill -TERM "$(pgrep -P "$(cat pid)" -x sio)"
wait_shown 'status 143'
settings_are_sane terminated

# The end of input: what comes in goes on.
run_there '"$SIO" join --no-reconnect lobby; echo status $?'
wait_end 'lobby>'
keys C-d
"$SIO" emit "$URL" -r lobby news 'still here'
wait_shown 'still here'
assert_equal 0 "$(screen | grep -c 'lobby>')" 'no prompt behind the end of input'
interrupt

# What a peer sends is no command to the terminal.
run_there '"$SIO" join --no-reconnect -F "%{0}\n" lobby; echo status $?'
wait_end 'lobby>'
"$SIO" emit "$URL" -r lobby news '"a\u001b[31mred\u009b1m"'
wait_shown 'a\x1b[31mred\x9b1m'
text 'half'
wait_end 'lobby> half'
stop_server
wait_shown 'status 6'
settings_are_sane lost
