#!/usr/bin/env python3
"""Starts a service as systemd does, with sockets, a socket for notifications and a watchdog, and
prints what it says.

    service_manager.py [--listen PORT|unix:PATH]... [--notify PATH|@NAME] [--watchdog USEC]
                       [--datagram] [--pid N] -- CMD...

Lines on stdout: `listen HOST:PORT` or `listen unix:PATH` for each socket, `pid N`, then every
assignment that the service sends, each notification behind a `--`. Leaves with the service's
status.
"""
import argparse
import os
import select
import socket
import sys

options = argparse.ArgumentParser()
options.add_argument("--listen", action="append", default=[])
options.add_argument("--notify")
options.add_argument("--watchdog")
options.add_argument("--datagram", action="store_true", help="pass a socket that cannot listen")
options.add_argument("--pid", help="what LISTEN_PID says instead of the truth")
options.add_argument("command", nargs="+")
options = options.parse_args()


def say(line):
    print(line, flush=True)


sockets = []
for place in options.listen:
    if place.startswith("unix:"):
        sockets.append(socket.socket(socket.AF_UNIX))
        sockets[-1].bind(place[5:])
        say("listen " + place)
    else:
        sockets.append(socket.socket(socket.AF_INET))
        sockets[-1].bind(("127.0.0.1", int(place)))
        say("listen %s:%d" % sockets[-1].getsockname())
    sockets[-1].listen()
if options.datagram:
    sockets.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))

notify = None
if options.notify:
    notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notify.bind(options.notify.replace("@", "\0", 1))

child = os.fork()
if child == 0:
    # Out of the way of the descriptors from 3 on.
    kept = [os.dup(s.fileno()) for s in sockets]
    high = [os.dup2(fd, 100 + i) for i, fd in enumerate(kept)]
    for i, fd in enumerate(high):
        os.dup2(fd, 3 + i)
        os.close(fd)
    os.closerange(3 + len(sockets), 100)
    if sockets:
        os.environ["LISTEN_FDS"] = str(len(sockets))
        os.environ["LISTEN_PID"] = options.pid or str(os.getpid())
        os.environ["LISTEN_FDNAMES"] = ":".join("name%d" % i for i in range(len(sockets)))
    if options.notify:
        os.environ["NOTIFY_SOCKET"] = options.notify
    if options.watchdog:
        os.environ["WATCHDOG_USEC"] = options.watchdog
        os.environ["WATCHDOG_PID"] = str(os.getpid())
    os.execvp(options.command[0], options.command)

say("pid %d" % child)
gone = os.pidfd_open(child)
while True:
    ready = select.select([gone] + ([notify] if notify else []), [], [])[0]
    if notify in ready:
        say("--")
        say(notify.recv(65536).decode())
    elif gone in ready:
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 255)
