#!/usr/bin/python3
"""python-socketio as a client of `sio serve`, over polling, WebSocket and an upgrade."""
import asyncio
import queue
import sys
import unittest
from pathlib import Path

import socketio

sys.path.insert(0, str(Path(__file__).parent / "support"))
import peer  # noqa: E402

WAYS = {"polling": ["polling"], "websocket": ["websocket"], "upgrade": ["polling", "websocket"]}


class Client(socketio.AsyncClient):
    """A client whose events wait in a queue."""

    def __init__(self):
        super().__init__(reconnection_delay=0.05, reconnection_delay_max=0.1)
        self.events = asyncio.Queue()

    async def open(self, url, way, namespaces=("/",), wait_timeout=10):
        for namespace in namespaces:
            self.on("*", self._remember, namespace=namespace)
        await self.connect(url, transports=WAYS[way], namespaces=list(namespaces),
                           wait_timeout=wait_timeout)
        return self

    async def _remember(self, event, *arguments):
        self.events.put_nowait((event, *arguments))

    async def next(self):
        return await asyncio.wait_for(self.events.get(), 10)


class AsyncClient(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        self.server = peer.Server("--ns", "/", "--ns", "/chat")
        self.clients = []

    async def asyncTearDown(self):
        for client in self.clients:
            await client.disconnect()
        self.server.stop()

    async def client(self, way, **options):
        client = Client()
        self.clients.append(client)
        return await client.open(self.server.url, way, **options)

    async def test_events_arrive_with_their_arguments(self):
        for way in WAYS:
            one, two = await self.client(way), await self.client(way)
            await one.emit("mixed", ("é€😀", 7, {"a": [1, None, True]}))
            self.assertEqual(await two.next(), ("mixed", "é€😀", 7, {"a": [1, None, True]}), way)

    async def test_an_ack_tells_the_id_of_the_stored_event(self):
        for way in WAYS:
            receipt = await (await self.client(way)).call("order", {"id": 7}, timeout=10)
            self.assertRegex(receipt["id"], r"^#[a-z0-9]+-\d+$", way)

    async def test_binary_arrives_as_it_was_sent(self):
        for way in WAYS:
            one, two = await self.client(way), await self.client(way)
            await one.emit("bin", (b"\x00\x01\xff", {"deep": [b"\x02", b""]}))
            self.assertEqual(await two.next(), ("bin", b"\x00\x01\xff", {"deep": [b"\x02", b""]}), way)

    async def test_rooms(self):
        for way in WAYS:
            member, outside, sender = [await self.client(way) for _ in range(3)]
            self.assertEqual((await member.call("join", "kitchen", timeout=10))["rooms"], ["kitchen"])
            await sender.call("sio:emit", {"event": "soup", "args": [1], "rooms": ["kitchen"]}, timeout=10)
            await sender.emit("end")
            self.assertEqual(await member.next(), ("soup", 1), way)
            self.assertEqual(await member.next(), ("end",), way)
            self.assertEqual(await outside.next(), ("end",), way)

    async def test_namespaces(self):
        for way in WAYS:
            one = await self.client(way, namespaces=("/", "/chat"))
            two = await self.client(way, namespaces=("/chat",))
            await two.emit("hello", 1, namespace="/chat")
            self.assertEqual(await one.next(), ("hello", 1), way)

    async def test_a_namespace_that_does_not_exist_is_a_connection_error(self):
        # Over WebSocket alone: on polling this library waits for itself when a connection fails.
        with self.assertRaises(socketio.exceptions.ConnectionError):
            await self.client("websocket", namespaces=("/nowhere",), wait_timeout=1)

    async def test_many_events_keep_their_order(self):
        for way in WAYS:
            one, two = await self.client(way), await self.client(way)
            for n in range(100):
                await one.emit("n", n)
            self.assertEqual([(await two.next())[1] for _ in range(100)], list(range(100)), way)

    async def test_a_big_event(self):
        for way in WAYS:
            one, two = await self.client(way), await self.client(way)
            await one.emit("big", "ü" * 100_000)
            self.assertEqual(await two.next(), ("big", "ü" * 100_000), way)

    async def test_a_client_comes_back_to_a_server_that_was_started_again(self):
        server = peer.Server()
        client = Client()
        self.clients.append(client)
        await client.open(server.url, "websocket")
        back = asyncio.Event()
        client.on("connect", back.set)
        server.stop()
        server = peer.Server(address=server.address)
        await asyncio.wait_for(back.wait(), 20)
        self.assertIn("id", await client.call("again", timeout=10))
        server.stop()


class ThreadedClient(unittest.TestCase):
    def test_two_clients_hear_each_other(self):
        for way, transports in WAYS.items():
            with self.subTest(way), peer.Server() as server:
                heard = queue.Queue()
                one, two = socketio.Client(), socketio.Client()
                two.on("hello", lambda *arguments, heard=heard: heard.put(arguments))
                for client in (one, two):
                    client.connect(server.url, transports=transports, wait_timeout=10)
                self.assertIn("id", one.call("hello", ("é", b"\x00\xff"), timeout=10))
                self.assertEqual(heard.get(timeout=10), ("é", b"\x00\xff"))
                one.disconnect()
                two.disconnect()


if __name__ == "__main__":
    unittest.main(warnings="ignore")
