# Fish completion for sio. Commands and options are what `sio help` and `sio COMMAND -h` list.

function __sio_commands
    sio help 2>/dev/null | string replace -rf '^  ([a-z]+)  +(.*)' '$1\t$2'
    printf 'help\tlist commands or options\n'
end

function __sio_options
    set -l words (commandline -opc)
    sio $words[2] -h 2>/dev/null | string replace -rf '^ +(?:-\w, )?(--[a-z-]+)(?: \S+)?  +(.*)' '$1\t$2'
    sio $words[2] -h 2>/dev/null | string replace -rf '^ +(-\w), --[a-z-]+(?: \S+)?  +(.*)' '$1\t$2'
end

complete -c sio -n __fish_use_subcommand -f -a '(__sio_commands)'
complete -c sio -n '__fish_seen_subcommand_from help' -f -a '(__sio_commands)'
complete -c sio -n 'not __fish_use_subcommand; and string match -q -- "-*" (commandline -ct)' -a '(__sio_options)'
complete -c sio -n '__fish_seen_subcommand_from emit listen join replay bench' -l transport -x -a 'auto websocket polling'
complete -c sio -n '__fish_seen_subcommand_from emit listen join replay bench' -l color -x -a 'auto always never'
complete -c sio -n '__fish_seen_subcommand_from bench' -l mode -x -a 'connect echo fanout publish replay'
complete -c sio -n '__fish_seen_subcommand_from serve' -l relay -x -a 'all rooms none'
complete -c sio -n '__fish_seen_subcommand_from serve' -l store -x -a 'memory none'
complete -c sio -n '__fish_seen_subcommand_from serve' -l log-format -x -a 'text json'
