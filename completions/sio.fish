# Fish completion for sio, which says itself what fits.

function __sio_complete
    set -l words (commandline -opc) "$(commandline -ct)"
    for line in ($words[1] __complete $words[2..] 2>/dev/null)
        if test "$line" = :files
            __fish_complete_path "$words[-1]"
        else
            echo $line
        end
    end
end

complete -c sio -f -a '(__sio_complete)'
