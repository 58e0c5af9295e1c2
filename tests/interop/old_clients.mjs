// The official JavaScript clients of Socket.IO 1 and 2, which speak revision 3 of Engine.IO, with
// `--allow-eio3`: over polling, WebSocket and an upgrade, beside a client of today.
import { test, before, after, beforeEach, afterEach, describe } from "node:test";
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import { io as io4 } from "socket.io-client";
import client2 from "socket.io-client-2";
import client1 from "socket.io-client-1";
import WebSocket from "ws";
import { official, startServer } from "./support/peer.mjs";

// The codec that these clients use.
const { encodePayload, decodePayload, encodePayloadAsBinary } =
  createRequire(createRequire(import.meta.url).resolve("socket.io-client-2"))("engine.io-parser");

const clients = { "2.5.0": client2, "1.7.4": client1 };
const ways = {
  polling: { transports: ["polling"] },
  websocket: { transports: ["websocket"] },
  upgrade: { transports: ["polling", "websocket"] },
};

// What hangs fails by itself, and says which test it was, before the whole script is ended.
const limits = { timeout: 40_000 };

// What afterEach() ends, whatever became of the test: sockets have close(), servers stop().
const open = [];
const kept = (thing) => (open.push(thing), thing);
const started = async (options) => kept(await startServer(options));
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await (thing.stop ? thing.stop() : thing.close());
});

const next = (emitter, event) => new Promise((resolve) => emitter.once(event, (...args) => resolve(args)));
// An engine that is lost on the way to its WebSocket tells it as a failed upgrade.
const upgraded = (engine) => new Promise((resolve, reject) => engine.once("upgrade", resolve).once("upgradeError", reject));
const ask = (socket, ...args) => new Promise((resolve) => socket.emit(...args, (...answer) => resolve(answer)));

for (const [version, io] of Object.entries(clients)) {
  for (const [way, transports] of Object.entries(ways)) {
    // Version 1 mistakes text beyond ASCII on polling for something else, or for an error that it
    // leaves for, whatever the server.
    if (version === "1.7.4" && way === "polling") continue;
    describe(`socket.io-client ${version}, ${way}`, limits, () => {
      let server;
      // One for each test: as said above, version 1 leaves when it hears text beyond ASCII before its
      // upgrade is done, and what one test sent last may still be under way when the next one joins.
      beforeEach(async () => { server = await started({ allowEio3: true, namespaces: ["/", "/chat"] }); });
      const make = (path = "", options = {}) =>
        kept(io(`${server.url}${path}`, { ...transports, forceNew: true, ...options }));
      const join = async (path, options) => {
        const socket = make(path, options);
        await next(socket, "connect");
        if (way === "upgrade" && socket.io.engine.transport.name !== "websocket") await upgraded(socket.io.engine);
        return socket;
      };
      const joinNew = async (options = {}) => {
        const socket = kept(io4(server.url, { transports: ["websocket"], forceNew: true, ...options }));
        await next(socket, "connect");
        return socket;
      };

      test("events pass between old and new, in order and unharmed", async () => {
        const [old, young] = [await join(), await joinNew()];
        assert.equal(old.io.engine.transport.name, way === "polling" ? "polling" : "websocket");
        const sent = ["é€😀\u0000 \"quoted\"", 9007199254740991, null, { a: [1, { b: null }], "ключ": "\u2028" }, []];
        for (const [from, to] of [[old, young], [young, old]]) {
          const arrived = next(to, "text");
          from.emit("text", ...sent);
          assert.deepEqual(await arrived, sent);
          const got = [];
          const all = new Promise((resolve) => to.on("n", (n) => got.push(n) === 300 && resolve()));
          for (let n = 0; n < 300; ++n) from.emit("n", n);
          await all;
          assert.deepEqual(got, [...Array(300).keys()]);
          to.off("n");
        }
      });

      test("binary passes both ways, several and nested", async () => {
        const [old, young] = [await join(), await joinNew()];
        const pairs = [[old, young], [young, old], [old, await join()]];
        for (const [n, [from, to]] of pairs.entries()) {
          const arrived = next(to, `bin${n}`);
          from.emit(`bin${n}`, "é", Buffer.from([4, 0, 255]), { deep: [Buffer.from([1]), "text"] }, Buffer.alloc(300, 7));
          const [text, first, { deep }, last] = await arrived;
          assert.equal(text, "é");
          assert.deepEqual(Buffer.from(first), Buffer.from([4, 0, 255]));
          assert.deepEqual(Buffer.from(deep[0]), Buffer.from([1]));
          assert.equal(deep[1], "text");
          assert.ok(Buffer.from(last).equals(Buffer.alloc(300, 7)));
        }
      });

      test("rooms hold old and new clients; the old one's id is its own room", async () => {
        const [old, other, young, sender] = [await join(), await join(), await joinNew(), await joinNew()];
        assert.equal(old.id, old.io.engine.id);
        for (const socket of [old, young]) await ask(socket, "join", "kitchen");
        const heard = [];
        for (const [name, socket] of Object.entries({ old, other, young })) {
          socket.on("soup", (...args) => heard.push([name, ...args.map((arg) => typeof arg === "number" ? arg : Buffer.from(arg).toString())]));
        }
        const ends = () => Promise.all([old, other, young].map((socket) => next(socket, "end")));
        let ended = ends();
        await ask(sender, "sio:emit", { event: "soup", args: [1, Buffer.from("x")], rooms: ["kitchen"] });
        await ask(sender, "sio:emit", { event: "soup", args: [2], rooms: [old.id] });
        await ask(sender, "sio:emit", { event: "soup", args: [3], except: [old.id] });
        sender.emit("end");
        await ended;
        ended = next(young, "end");
        await ask(old, "sio:emit", { event: "soup", args: [4], rooms: ["kitchen"] });
        old.emit("end");
        await ended;
        const of = (name) => heard.filter(([who]) => who === name).map(([, ...args]) => args);
        assert.deepEqual(of("old"), [[1, "x"], [2]]);
        assert.deepEqual(of("young"), [[1, "x"], [3], [4]]);
        assert.deepEqual(of("other"), [[3]]);
      });

      test("acks, with binary from a responder too", async () => {
        const old = await join();
        assert.match((await ask(old, "order", { id: 7 }))[0].id, /^#/);
        if (official) return;
        const responder = await joinNew({ auth: { sio: { v: 1, respond: ["reverse"] } } });
        responder.on("reverse", (bytes, answer) => answer({ bytes: Buffer.from(bytes).reverse() }));
        const [{ bytes }] = await ask(old, "reverse", Buffer.from([1, 2, 3]));
        assert.deepEqual(Buffer.from(bytes), Buffer.from([3, 2, 1]));
      });

      test("namespaces share the connection; one with a query is the same, an unknown one is an error", async () => {
        const [main, young] = [await join(), await joinNew()];
        const chat = kept(main.io.socket("/chat", { query: { token: "abc" } }));
        await next(chat, "connect");
        assert.equal(chat.id, (version === "1.7.4" ? "" : "/chat#") + main.io.engine.id);
        const inMain = [];
        main.on("hello", (...args) => inMain.push(args));
        const other = await join("/chat");
        const arrived = next(chat, "hello");
        other.emit("hello", 1);
        assert.deepEqual(await arrived, [1]);
        assert.deepEqual(inMain, []);
        const nowhere = kept(main.io.socket("/nowhere"));
        const [error] = await next(nowhere, "error");
        if (!official) assert.equal(error, "Invalid namespace");
        chat.close();
        const still = next(main, "still");
        young.emit("still");
        await still;
      });

      test("a big event passes, both ways", async () => {
        const [old, young] = [await join(), await joinNew()];
        const [text, blob] = ["ü".repeat(400_000), Buffer.alloc(700_000, 7)];
        let arrived = next(young, "big");
        old.emit("big", text);
        assert.equal((await arrived)[0], text);
        arrived = next(old, "blob");
        young.emit("blob", blob);
        assert.ok(blob.equals(Buffer.from((await arrived)[0])));
      });

      test("it pings, is answered, and comes back to a server that was started again", async () => {
        const options = { allowEio3: true, pingInterval: 100 };
        const own = await started(options);
        const socket = kept(io(own.url, { ...transports, forceNew: true, reconnectionDelay: 50, reconnectionDelayMax: 100 }));
        await next(socket, "connect");
        for (let pongs = 0; pongs < 5; ++pongs) await next(socket, "pong");
        assert.ok(socket.connected);
        const lost = next(socket, "disconnect");
        const back = next(socket, "connect");
        await own.stop();
        await lost;
        await started({ ...options, port: own.port });
        await back;
        assert.match((await ask(socket, "again"))[0].id, /^#/);
      });
    });
  }
}

describe("revision 3 on the wire", limits, () => {
  let server;
  before(async () => { server = await startServer({ allowEio3: true }); });
  after(() => server.stop());
  const url = (query) => `${server.url}/socket.io/?EIO=3&${query}`;
  const get = async (query) => {
    const response = await fetch(url(`transport=polling&${query}`));
    assert.equal(response.status, 200);
    const body = Buffer.from(await response.arrayBuffer());
    const packets = [];
    const binary = response.headers.get("content-type") === "application/octet-stream";
    decodePayload(binary ? body : body.toString(), undefined, (packet) => { packets.push(packet); });
    return { binary, packets };
  };
  const post = async (sid, body, type) => {
    const response = await fetch(url(`transport=polling&sid=${sid}`), { method: "POST", body, headers: { "content-type": type } });
    assert.deepEqual([response.status, await response.text()], [200, "ok"]);
  };
  const encoded = (encode, packets, ...args) => {
    let payload;
    encode(packets, ...args, (result) => { payload = result; });
    return payload;
  };
  // Opens a session and reads until it is in "/"; more(kind) polls until a message is there.
  const openPolling = async (query) => {
    const seen = [];
    let sid;
    const poll = async () => {
      const { binary, packets } = await get(sid ? `${query}&sid=${sid}` : query);
      for (const packet of packets) {
        if (packet.type === "open") sid = JSON.parse(packet.data).sid;
        if (packet.type === "message") seen.push({ binary, data: packet.data });
      }
    };
    const message = async () => {
      while (seen.length === 0) await poll();
      return seen.shift();
    };
    assert.equal((await message()).data, "0");
    return { sid, message };
  };

  test("a client that takes binary gets a binary payload, and may send one", async () => {
    const bytes = Buffer.from([0, 255, 4, 98]);
    const { sid, message } = await openPolling("");
    const young = kept(io4(server.url, { transports: ["websocket"], forceNew: true }));
    await next(young, "connect");
    const arrived = next(young, "up");
    const packets = [{ type: "message", data: '51-["up","é€😀",{"_placeholder":true,"num":0}]' }, { type: "message", data: bytes }];
    await post(sid, encoded(encodePayloadAsBinary, packets), "application/octet-stream");
    assert.deepEqual(await arrived, ["é€😀", bytes]);
    young.emit("down", "é€😀", bytes);
    const [text, blob] = [await message(), await message()];
    assert.deepEqual(text, { binary: true, data: '51-["down","é€😀",{"_placeholder":true,"num":0}]' });
    assert.deepEqual([blob.binary, Buffer.from(blob.data)], [true, bytes]);
  });

  test("a client that does not gets base64, and lengths count as JavaScript counts", async () => {
    const bytes = Buffer.from([0, 255, 4, 98]);
    const { sid, message } = await openPolling("b64=1");
    const young = kept(io4(server.url, { transports: ["websocket"], forceNew: true }));
    await next(young, "connect");
    const arrived = next(young, "up");
    const packets = [{ type: "message", data: '51-["up","é€😀",{"_placeholder":true,"num":0}]' }, { type: "message", data: bytes }];
    await post(sid, encoded(encodePayload, packets, false), "text/plain;charset=UTF-8");
    assert.deepEqual(await arrived, ["é€😀", bytes]);
    young.emit("down", "é€😀", bytes);
    const [text, blob] = [await message(), await message()];
    assert.deepEqual(text, { binary: false, data: '51-["down","é€😀",{"_placeholder":true,"num":0}]' });
    assert.deepEqual([blob.binary, Buffer.from(blob.data)], [false, bytes]);
  });

  test("a WebSocket that may not carry binary carries base64", async () => {
    const ws = kept(new WebSocket(url("transport=websocket&b64=1").replace("http", "ws")));
    const seen = [];
    const blob = new Promise((resolve) => ws.on("message", (data, binary) => seen.push([binary, data.toString()]) === 4 && resolve()));
    await once(ws, "message");
    const young = kept(io4(server.url, { transports: ["websocket"], forceNew: true }));
    await next(young, "connect");
    young.emit("down", Buffer.from("hi"));
    await blob;
    assert.deepEqual(seen.slice(1), [[false, "40"], [false, '451-["down",{"_placeholder":true,"num":0}]'], [false, "b4aGk="]]);
  });

  test("a client that does not ping is closed; a pong of its own is a breach", async () => {
    const strict = await started({ allowEio3: true, pingInterval: 200, pingTimeout: 300 });
    for (const [where, say] of [[strict, undefined], [server, "3"]]) {
      const ws = kept(new WebSocket(`${where.url.replace("http", "ws")}/socket.io/?EIO=3&transport=websocket`));
      await once(ws, "message");
      if (say) ws.send(say);
      await once(ws, "close");
    }
  });

  test("a session is of one revision", async () => {
    const { sid } = await openPolling("");
    const response = await fetch(`${server.url}/socket.io/?EIO=4&transport=polling&sid=${sid}`);
    assert.deepEqual([response.status, (await response.json()).code], [400, 3]);
  });

  test("what is not a payload ends the session", async () => {
    for (const [body, type] of [["4", "text/plain"], ["9:4", "text/plain"], [Buffer.from([0, 1]), "application/octet-stream"]]) {
      const { sid } = await openPolling("");
      await fetch(url(`transport=polling&sid=${sid}`), { method: "POST", body, headers: { "content-type": type } }).catch(() => {});
      // The official server's answer to binary nonsense is to go on.
      if (official) continue;
      const response = await fetch(url(`transport=polling&sid=${sid}`));
      assert.equal((await response.json()).code, 1);
    }
  });
});

test("the query of an old client has its token, and it gets no offsets", limits, async () => {
  if (official) return;
  const folder = mkdtempSync(join(tmpdir(), "sio-tokens-"));
  kept({ close: () => rmSync(folder, { recursive: true }) });
  writeFileSync(join(folder, "tokens"), "boss\nreader /chat * r\n");
  const server = await started({ allowEio3: true, flags: ["--recover", "1m", "--auth-file", join(folder, "tokens")] });
  const make = (path, token) =>
    kept(client2(`${server.url}${path}`, { transports: ["websocket"], forceNew: true, query: { token } }));
  const boss = make("", "boss");
  await next(boss, "connect");
  assert.match((await ask(boss, "hello"))[0].id, /^#/);
  const other = make("", "boss");
  await next(other, "connect");
  const arrived = next(other, "plain");
  boss.emit("plain", 1);
  assert.deepEqual(await arrived, [1]);
  const stranger = make("", "wrong");
  assert.deepEqual(await next(stranger, "error"), ["unknown token"]);
  const reader = make("/chat", "reader");
  await next(reader, "connect");
  assert.equal((await ask(reader, "hello"))[0].error.code, "forbidden");
});

test("without --allow-eio3 an old client is told so", limits, async () => {
  const server = await started();
  const response = await fetch(`${server.url}/socket.io/?EIO=3&transport=polling`);
  assert.deepEqual([response.status, await response.json()], [400, { code: 5, message: "Unsupported protocol version" }]);
  const socket = kept(client2(server.url, { transports: ["websocket"], reconnection: false }));
  await next(socket, "connect_error");
});
