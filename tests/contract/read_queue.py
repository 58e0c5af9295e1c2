#!/usr/bin/python3
"""Reads a queue directory by nothing but sio-queue(5), to prove that the page is enough.

usage: read_queue.py DIRECTORY     one line a record: seq time ns event key rooms body (strings in hex)
       read_queue.py -g DIRECTORY  one line a group: name filter position pending (seq:deliveries)
"""
import ctypes
import os
import struct
import sys

XXH = ctypes.CDLL("libxxhash.so.0")
XXH.XXH3_64bits_withSeed.restype = ctypes.c_uint64
XXH.XXH3_64bits_withSeed.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint64]
HEADER = struct.Struct("<QIIQq")  # check length unsynced seq time


def xxh3(data, seed=0):
    return XXH.XXH3_64bits_withSeed(data, len(data), seed)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def string(data, at):
    size, at = varint(data, at)
    return data[at:at + size], at + size


def record_at(data, at, seed, first, limit):
    """The record that begins there: (head, end), or None."""
    if at + HEADER.size + 4 > len(data):
        return None
    check, length, unsynced, seq, time = HEADER.unpack_from(data, at)
    if not HEADER.size + 4 <= length <= len(data) - at or not first <= seq < limit:
        return None
    if xxh3(data[at + 8:at + length], seed) != check:
        return None
    return (seq, time, unsynced, at), at + length


def records(data, seed, limit, newest):
    """(seq, time, strings...) of the records in a segment that count."""
    found, holes, at, first = [], [], 64, 1
    while at < len(data):
        start = at
        record = record_at(data, at, seed, first, limit)
        while record is None and at < len(data):
            at += 1
            record = record_at(data, at, seed, first, limit)
        if record is None:
            break
        if at != start:
            holes.append((first, len(found)))
        head, at = record
        first = head[0] + 1
        found.append((head, data[head[3] + HEADER.size:at]))
    if newest and found:  # what is behind a hole that was never synced does not count
        (seq, _, unsynced, _), _ = found[-1]
        torn = [count for lost, count in holes if lost >= seq - unsynced]
        found = found[:torn[0]] if torn else found
    for (seq, time, _, _), rest in found:
        ns, at = string(rest, 0)
        event, at = string(rest, at)
        key, at = string(rest, at)
        count, at = varint(rest, at)
        rooms = []
        for _ in range(count):
            room, at = string(rest, at)
            rooms.append(room)
        yield seq, time, ns, event, key, rooms, rest[at:]


def queue(directory):
    lines = read(directory + "/manifest").decode().split("\n")
    assert lines[0] == "sio-queue 1"
    assert int(lines[5].split()[1], 16) == xxh3("".join(line + "\n" for line in lines[:5]).encode())
    seed = int(lines[2].split()[1], 16)
    names = sorted(name for name in os.listdir(directory) if name.endswith(".log"))
    segments = [read(directory + "/" + name) for name in names]
    for i, data in enumerate(segments):
        newest = i + 1 == len(segments)
        limit = 1 << 64
        if not newest:  # previous_next of the segment behind
            header = segments[i + 1][:64]
            limit = int(names[i + 1][:20])
            if xxh3(header[:56]) == struct.unpack_from("<Q", header, 56)[0]:
                limit = struct.unpack_from("<Q", header, 32)[0]
        yield from records(data, seed, limit, newest)


def groups(directory):
    name = sorted(name for name in os.listdir(directory) if name.endswith(".journal"))[-1]
    data = read(directory + "/" + name)
    seed = struct.unpack_from("<Q", data, 16)[0]
    state = {}
    for _, _, _, _, _, _, body in records(data, seed, 1 << 64, True):
        at = 0
        while at < len(body):
            kind = body[at]
            number, at = varint(body, at + 1)
            if kind == 1:
                name, at = string(body, at)
                filter_, at = string(body, at)
                _, at = varint(body, at)
                _, at = varint(body, at)
                position, at = varint(body, at)
                state[number] = [name, filter_, position, {}]
                continue
            values = []
            for _ in range({2: 2, 3: 1, 4: 2, 5: 1, 6: 2, 7: 0, 8: 2}[kind]):
                value, at = varint(body, at)
                values.append(value)
            group = state[number]
            if kind == 2:
                group[2] = max(group[2], values[0] + 1)
                group[3][values[0]] = group[3].get(values[0], 0) + 1
            elif kind == 3:
                group[3].pop(values[0], None)
            elif kind == 4:
                group[2] = max(group[2], values[0])
            elif kind == 5:
                group[2:] = [values[0], {}]
            elif kind == 7:
                del state[number]
            elif kind == 8:
                group[3][values[0]] = values[1]
    return sorted(state.values())


def main(arguments):
    if arguments[0] == "-g":
        for name, filter_, position, pending in groups(arguments[1]):
            waiting = ",".join(f"{seq}:{count}" for seq, count in sorted(pending.items()))
            print(name.hex(), filter_.hex(), position, waiting, sep="\t")
        return
    for seq, time, ns, event, key, rooms, body in queue(arguments[0]):
        rooms = ",".join(f"[{room.hex()}]" for room in rooms)
        print(seq, time, ns.hex(), event.hex(), key.hex(), rooms, body.hex(), sep="\t")


if __name__ == "__main__":
    main(sys.argv[1:])
