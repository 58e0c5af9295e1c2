#!/usr/bin/env python3
"""A Socket.IO client that knows nothing: packets from stdin go out as they are, one on a line, and
what comes in is printed the same way (binary as `binary: HEX`). Answers pings.

    raw_client.py PORT [--stall FILE] [--pings]

With --stall it reads nothing from the server between the CONNECT reply and the moment FILE exists.
Leaves with 0 when the server closes in good order, after printing `closed`.
"""
import argparse
import os
import select
import socket
import struct
import sys
import time

options = argparse.ArgumentParser()
options.add_argument("port", type=int)
options.add_argument("--stall")
options.add_argument("--pings", action="store_true", help="print pings too")
options = options.parse_args()

wire = socket.create_connection(("127.0.0.1", options.port))
wire.sendall(
    b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
    b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")


def send(opcode, payload):
    head = bytes([0x80 | opcode])
    if len(payload) < 126:
        head += bytes([0x80 | len(payload)])
    elif len(payload) < 65536:
        head += b"\xfe" + struct.pack(">H", len(payload))
    else:
        head += b"\xff" + struct.pack(">Q", len(payload))
    wire.sendall(head + b"\0\0\0\0" + payload)


def frames(buffer):
    """The whole frames at the front, which are taken away."""
    while len(buffer) >= 2:
        size, start = buffer[1], 2
        if size == 126:
            size, start = struct.unpack(">H", buffer[2:4])[0] if len(buffer) >= 4 else 1 << 62, 4
        elif size == 127:
            size, start = struct.unpack(">Q", buffer[2:10])[0] if len(buffer) >= 10 else 1 << 62, 10
        if len(buffer) < start + size:
            return
        yield buffer[0] & 15, bytes(buffer[start:start + size])
        del buffer[:start + size]


def show(opcode, payload):
    if opcode == 8:
        print("closed", flush=True)
        os._exit(0)
    text = "binary: " + payload.hex() if opcode == 2 else payload.decode()
    if text == "2":
        send(1, b"3")
        if not options.pings:
            return
    print(text)


buffer = bytearray()
head_seen = False
stalled = False
stdin = sys.stdin.buffer
stdin_open = True
unsaid = b""
while True:
    sources = [] if stalled else [wire]
    if stdin_open and head_seen:
        sources.append(stdin)
    ready = select.select(sources, [], [], 0.02 if stalled else None)[0]
    if stalled and os.path.exists(options.stall):
        stalled = False
    if stdin in ready:
        said = os.read(stdin.fileno(), 1 << 20)
        stdin_open = bool(said)
        *lines, unsaid = (unsaid + said).split(b"\n")
        for packet in lines:
            if packet.startswith(b"hex:"):
                send(2, bytes.fromhex(packet[4:].decode()))
            else:
                send(1, packet)
    if wire not in ready:
        continue
    data = wire.recv(1 << 18)
    if not data:
        print("lost", flush=True)
        sys.exit(1)
    buffer += data
    if not head_seen:
        head, found, rest = bytes(buffer).partition(b"\r\n\r\n")
        if not found:
            continue
        if b" 101 " not in head:
            sys.exit(head.decode())
        head_seen = True
        buffer = bytearray(rest)
    for opcode, payload in frames(buffer):
        show(opcode, payload)
        if options.stall and payload.startswith(b"40"):
            stalled = True
    sys.stdout.flush()
