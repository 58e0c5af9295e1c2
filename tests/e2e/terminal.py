"""Runs a command whose stderr (with --stdout also its stdout) is a terminal, and writes what it shows.

    terminal.py [--stdout] [--size ROWSxCOLUMNS] CAPTURE CMD...

CAPTURE gets the bytes as they came; CAPTURE.screen what a person has in front of them at the end, a line
each. The status is the command's.
"""
import fcntl
import os
import pty
import re
import struct
import sys
import termios


def screen_of(text):
    """Lines as a terminal leaves them: \\r goes to the front, ESC [ K erases what is behind."""
    lines, column = [""], 0
    for token in re.findall(r"\x1b\[[0-9;]*[A-Za-z]|.", text, re.S):
        if token == "\n":
            lines.append("")
            column = 0
        elif token == "\r":
            column = 0
        elif token == "\x1b[K":
            lines[-1] = lines[-1][:column]
        elif not token.startswith("\x1b"):
            lines[-1] = lines[-1][:column].ljust(column) + token + lines[-1][column + 1:]
            column += 1
    return "\n".join(line.rstrip() for line in lines)


def main():
    arguments = sys.argv[1:]
    with_stdout = arguments[0] == "--stdout" and bool(arguments.pop(0))
    rows, columns = 24, 80
    if arguments[0] == "--size":
        rows, columns = map(int, arguments[1].split("x"))
        del arguments[:2]
    capture, *command = arguments
    own, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    pid = os.fork()
    if pid == 0:
        os.setsid()
        fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
        os.dup2(terminal, 2)
        if with_stdout:
            os.dup2(terminal, 1)
        os.execvp(command[0], command)
    os.close(terminal)
    got = b""
    with open(capture, "wb", buffering=0) as file:
        while True:
            try:
                piece = os.read(own, 65536)
            except OSError:  # nobody has the other end any more
                break
            if not piece:
                break
            got += piece
            file.write(piece)
    with open(capture + ".screen", "w", encoding="utf-8") as file:
        file.write(screen_of(got.decode("utf-8", "replace")) + "\n")
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status) % 256


if __name__ == "__main__":
    sys.exit(main())
