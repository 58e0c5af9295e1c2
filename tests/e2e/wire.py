"""A proxy that writes down what passes: `wire.py SERVER_PORT SENT RECEIVED` prints its port.

Into SENT goes what the client says, into RECEIVED what the server says: each line of an HTTP head,
each packet of a polling body, each text message of a WebSocket, a line each, in the order of the
wire. Everything is read from the bytes themselves.
"""
import asyncio
import struct
import sys


class Side:
    """One direction of one connection."""

    def __init__(self, log):
        self.log, self.data, self.upgraded, self.left = log, b"", False, None

    def write(self, text):
        self.log.write(text + "\n")
        self.log.flush()

    def feed(self, data):
        self.data += data
        while self.take():
            pass

    def take(self):
        return self.take_frame() if self.upgraded else self.take_http()

    def take_http(self):
        end = self.data.find(b"\r\n\r\n")
        if end < 0:
            return False
        lines = self.data[:end].decode().split("\r\n")
        fields = dict(line.lower().split(": ", 1) for line in lines[1:])
        size = int(fields.get("content-length", 0))
        if len(self.data) < end + 4 + size:
            return False
        body, self.data = self.data[end + 4:end + 4 + size], self.data[end + 4 + size:]
        for line in lines:
            self.write(line)
        for packet in body.decode().split("\x1e") if body else []:
            if packet != "ok":
                self.write(packet)
        self.upgraded = fields.get("upgrade") == "websocket"
        return True

    def take_frame(self):
        data = self.data
        if len(data) < 2:
            return False
        size, at = data[1] & 127, 2
        if size > 125:
            form, width = (">H", 2) if size == 126 else (">Q", 8)
            if len(data) < at + width:
                return False
            size, at = struct.unpack_from(form, data, at)[0], at + width
        mask = b"\0\0\0\0"
        if data[1] & 128:
            mask, at = data[at:at + 4], at + 4
        if len(data) < at + size:
            return False
        payload = bytes(byte ^ mask[i % 4] for i, byte in enumerate(data[at:at + size]))
        self.data = data[at + size:]
        if data[0] & 15 == 1:
            self.write(payload.decode())
        return True


async def copy(reader, writer, side):
    while data := await reader.read(65536):
        side.feed(data)
        writer.write(data)
        await writer.drain()
    writer.close()


async def main():
    sent, received = open(sys.argv[2], "w"), open(sys.argv[3], "w")

    async def relay(reader, writer):
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", int(sys.argv[1]))
        await asyncio.gather(copy(reader, far_writer, Side(sent)),
                             copy(far_reader, writer, Side(received)), return_exceptions=True)

    server = await asyncio.start_server(relay, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
