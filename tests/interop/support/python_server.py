#!/usr/bin/python3
"""A python-socketio server: prints its URL, then serves until its stdin ends."""
import asyncio
import sys

import socketio
from aiohttp import web

sio = socketio.AsyncServer(async_mode="aiohttp", ping_interval=1, max_http_buffer_size=1_000_000)
heard = []


@sio.event
async def connect(sid, environ, auth):
    if auth and auth.get("token") == "bad":
        raise socketio.exceptions.ConnectionRefusedError("bad token", {"code": 42})


@sio.event
async def join(sid, room):
    sio.enter_room(sid, room)
    await sio.emit("said", ["welcome to", room], room=room)


@sio.event
async def message(sid, *args):
    heard.append(list(args))


@sio.event
async def chat(sid, *args):
    await sio.emit("said", *args)


@sio.on("echo")
async def echo(sid, *args):
    return list(args)


@sio.on("heard")
async def tell(sid):
    told = list(heard)
    heard.clear()
    return told


@sio.on("count to", namespace="/count")
async def count_to(sid, last):
    for n in range(last):
        await sio.emit("n", n, to=sid, namespace="/count")


async def main():
    app = web.Application()
    sio.attach(app)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print("http://127.0.0.1:%d" % site._server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


asyncio.run(main())
