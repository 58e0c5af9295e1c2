// The official JavaScript clients, two major versions and the msgpack parser, over polling, WebSocket
// and an upgrade.
import { test, before, after, describe } from "node:test";
import assert from "node:assert/strict";
import { io as io4 } from "socket.io-client";
import client3 from "socket.io-client-3";
import msgpack from "socket.io-msgpack-parser";
import { official, runSio, startServer } from "./support/peer.mjs";

const clients = {
  "4.8.4": { io: io4 },
  "3.1.3": { io: client3.io },
  "4.8.4 with msgpack": { io: (url, options) => io4(url, { ...options, parser: msgpack }), parser: "msgpack" },
};
const ways = {
  polling: { transports: ["polling"] },
  websocket: { transports: ["websocket"] },
  upgrade: { transports: ["polling", "websocket"] },
};

// One event of an emitter, as an array of its arguments.
const next = (emitter, event) =>
  new Promise((resolve) => emitter.once(event, (...args) => resolve(args)));
// What the server answers to an event that asks for an ack.
const ask = (socket, ...args) => new Promise((resolve) => socket.emit(...args, (...answer) => resolve(answer)));

for (const [version, { io, parser }] of Object.entries(clients)) {
  for (const [way, transports] of Object.entries(ways)) {
    describe(`socket.io-client ${version}, ${way}`, () => {
      let server;
      const open = new Set();
      before(async () => { server = await startServer({ namespaces: ["/", "/chat"], parser }); });
      after(async () => {
        for (const socket of open) socket.close();
        await server.stop();
      });

      const make = (namespace = "", options = {}) => {
        const socket = io(`${server.url}${namespace}`, { ...transports, forceNew: true, ...options });
        open.add(socket);
        return socket;
      };
      const join = async (namespace, options) => {
        const socket = make(namespace, options);
        const errors = [];
        socket.once("connect_error", (error) => errors.push(error));
        await Promise.race([next(socket, "connect"), next(socket, "connect_error")]);
        assert.deepEqual(errors, []);
        if (way === "upgrade" && socket.io.engine.transport.name !== "websocket") {
          await next(socket.io.engine, "upgrade");
        }
        return socket;
      };

      test("connects, with a payload too", async () => {
        const socket = await join("", { auth: { token: "secret", nested: { a: [1] } } });
        assert.match(socket.id, /^[A-Za-z0-9_-]{20}$/);
        assert.equal(socket.io.engine.transport.name, way === "polling" ? "polling" : "websocket");
      });

      test("events arrive with their arguments, in order", async () => {
        const [one, two] = [await join(), await join()];
        const sent = [
          ["text", "é€😀\u0000 \"quoted\""], ["numbers", 1, -2.5, 9007199254740991], ["nothing"],
          ["nested", { a: [1, { b: null }], c: true }, []], ["null", null],
        ];
        const got = [];
        const all = new Promise((resolve) => two.onAny((...args) => got.push(args) === sent.length && resolve()));
        for (const args of sent) one.emit(...args);
        await all;
        assert.deepEqual(got, sent);
      });

      test("an ack tells the id of the stored event", async () => {
        const socket = await join();
        const [receipt] = await ask(socket, "order", { id: 7 });
        assert.match(receipt.id, /^#[a-z0-9]+-\d+$/);
      });

      test("binary arrives as it was sent, several and nested", async () => {
        const [one, two] = [await join(), await join()];
        const arrived = next(two, "bin");
        one.emit("bin", Buffer.from([1, 2, 3]), { deep: [new Uint8Array([4, 5]), "text"] }, Buffer.alloc(0));
        const [first, { deep }, last] = await arrived;
        assert.deepEqual(Buffer.from(first), Buffer.from([1, 2, 3]));
        assert.deepEqual(Buffer.from(deep[0]), Buffer.from([4, 5]));
        assert.equal(deep[1], "text");
        assert.equal(Buffer.from(last).length, 0);
      });

      test("a member of a room hears it, an excepted one and one who left do not", async () => {
        const [member, excepted, gone, sender] = [await join(), await join(), await join(), await join()];
        const heard = { member: [], excepted: [], gone: [] };
        for (const [name, socket] of Object.entries({ member, excepted, gone })) {
          socket.onAny((event) => heard[name].push(event));
        }
        const [joined] = await ask(member, "join", ["kitchen", "hall"]);
        assert.deepEqual([...joined.rooms].sort(), ["hall", "kitchen"]);
        await ask(excepted, "join", ["kitchen", "quiet"]);
        await ask(gone, "join", "kitchen");
        await ask(gone, "leave", "kitchen");
        const all = Promise.all([member, excepted, gone].map((socket) => next(socket, "end")));
        await ask(sender, "sio:emit", { event: "soup", args: [1], rooms: ["kitchen", "hall"], except: ["quiet"] });
        sender.emit("end");
        await all;
        assert.deepEqual(heard, { member: ["soup", "end"], excepted: ["end"], gone: ["end"] });
      });

      test("binary to a room", async () => {
        const [member, sender] = [await join(), await join()];
        await ask(member, "join", "files");
        const arrived = next(member, "file");
        sender.emit("sio:emit", { event: "file", args: ["name", Buffer.from([9, 8])], rooms: ["files"] });
        const [name, bytes] = await arrived;
        assert.equal(name, "name");
        assert.deepEqual(Buffer.from(bytes), Buffer.from([9, 8]));
      });

      test("namespaces share one connection and keep apart", async () => {
        const [one, two] = [await join("/chat"), await join()];
        const both = one.io.socket("/");
        open.add(both);
        await next(both, "connect");
        assert.notEqual(one.id, both.id);
        const inChat = [];
        one.onAny((event) => inChat.push(event));
        const arrived = next(both, "to the main one");
        two.emit("to the main one");
        await arrived;
        assert.deepEqual(inChat, []);
        one.disconnect();
        assert.match((await ask(both, "still here"))[0].id, /^#/);
      });

      test("a namespace that does not exist is a connect error", async () => {
        const [error] = await next(make("/nowhere"), "connect_error");
        assert.equal(error.message, "Invalid namespace");
      });

      test("a client that disconnects hears nothing more and may come back", async () => {
        const socket = await join();
        const reason = next(socket, "disconnect");
        socket.disconnect();
        assert.equal((await reason)[0], "io client disconnect");
        socket.connect();
        await next(socket, "connect");
        assert.match((await ask(socket, "back"))[0].id, /^#/);
      });

      test("a big event passes, both ways", async () => {
        const [one, two] = [await join(), await join()];
        const text = "ü".repeat(350_000);
        const arrived = next(two, "big");
        one.emit("big", text);
        assert.equal((await arrived)[0], text);
        const blob = Buffer.alloc(700_000, 7);
        const bytes = next(one, "blob");
        two.emit("blob", blob);
        assert.ok(blob.equals(Buffer.from((await bytes)[0])));
      });

      test("an event over the limit costs its sender the connection or is refused, and others nothing", async () => {
        const [one, two] = [await join(), await join()];
        one.emit("huge", "x".repeat(1_500_000));
        await next(one, "disconnect");
        assert.match((await ask(two, "fine"))[0].id, /^#/);
        one.close();
      });

      test("volatile events arrive where somebody listens", async () => {
        const [one, two] = [await join(), await join()];
        const arrived = next(two, "tick");
        const timer = setInterval(() => one.volatile.emit("tick", 1), 5);
        assert.deepEqual(await arrived, [1]);
        clearInterval(timer);
      });

      test("a thousand events keep their order", async () => {
        const [one, two] = [await join(), await join()];
        const got = [];
        const all = new Promise((resolve) => two.on("n", (n) => got.push(n) === 1000 && resolve()));
        for (let n = 0; n < 1000; ++n) one.emit("n", n);
        await all;
        assert.deepEqual(got, [...Array(1000).keys()]);
      });

      test("a responder answers what asks for an ack", async () => {
        if (official) return;
        const responder = await join("", { auth: { sio: { v: 1, respond: ["sum", "reverse"] } } });
        responder.on("sum", (a, b, answer) => answer(a + b));
        responder.on("reverse", (bytes, answer) => answer({ bytes: Buffer.from(bytes).reverse() }));
        const asker = await join();
        assert.deepEqual(await ask(asker, "sum", 40, 2), [42]);
        const [{ bytes }] = await ask(asker, "reverse", Buffer.from([1, 2, 3]));
        assert.deepEqual(Buffer.from(bytes), Buffer.from([3, 2, 1]));
      });

      test("an event that no responder can answer any more is refused", async () => {
        if (official) return;
        const responder = await join("", { auth: { sio: { v: 1, respond: ["slow"] } } });
        const asked = next(responder, "slow");
        const asker = await join();
        const answer = ask(asker, "slow");
        await asked;
        responder.close();
        const [{ error }] = await answer;
        assert.equal(error.code, "unavailable");
      });

      test("heartbeats keep a client, and it comes back to a server that was started again", async () => {
        let own = await startServer({ pingInterval: 150, pingTimeout: 200, parser });
        const socket = io(own.url, { ...transports, forceNew: true, reconnectionDelay: 50, reconnectionDelayMax: 100 });
        open.add(socket);
        await next(socket, "connect");
        for (let pings = 0; pings < 4;) {
          const [packet] = await next(socket.io.engine, "packet");
          if (packet.type === "ping") ++pings;
        }
        assert.ok(socket.connected);
        const lost = next(socket, "disconnect");
        const back = next(socket, "connect");
        await own.stop();
        assert.match((await lost)[0], /^transport (close|error)$/);
        own = await startServer({ port: own.port, parser });
        await back;
        assert.match((await ask(socket, "again"))[0].id, /^#/);
        socket.close();
        await own.stop();
      });
    });
  }
}

test("with msgpack, what JSON does not have arrives as JSON.stringify writes it", async () => {
  if (official) return;
  const server = await startServer({ parser: "msgpack" });
  const [one, two] = [1, 2].map(() => io4(server.url, { transports: ["websocket"], forceNew: true, parser: msgpack }));
  await Promise.all([next(one, "connect"), next(two, "connect")]);
  const arrived = next(two, "odd");
  one.emit("odd", new Date(1611859901371), [undefined], { a: undefined, b: NaN }, new Uint8Array([1, 2]).buffer, 2 ** 40, -(2 ** 40));
  const [date, list, object, buffer, ...numbers] = await arrived;
  assert.deepEqual([date, list, object, ...numbers], ["2021-01-28T18:51:41.371Z", [null], { b: null }, 2 ** 40, -(2 ** 40)]);
  assert.deepEqual(Buffer.from(buffer), Buffer.from([1, 2]));
  one.close();
  two.close();
  await server.stop();
});

test("a client with another parser than the server is closed, and others go on", async () => {
  const server = await startServer({ parser: "msgpack" });
  const good = io4(server.url, { transports: ["websocket"], forceNew: true, parser: msgpack });
  await next(good, "connect");
  const bad = io4(server.url, { transports: ["websocket"], forceNew: true, reconnection: false });
  await next(bad.io, "close");
  assert.ok(!bad.connected);
  assert.match((await ask(good, "fine"))[0].id, /^#/);
  good.close();
  bad.close();
  await server.stop();
});

test("unpaired surrogates in names of events and rooms stay what they are", async () => {
  if (official) return;
  const server = await startServer({ flags: ["--store", "memory"] });
  const connect = async (options) => {
    const socket = io4(server.url, { transports: ["websocket"], forceNew: true, ...options });
    const heard = [];
    socket.onAny((...event) => heard.push(event.slice(0, 2)));
    await next(socket, "connect");
    return { socket, heard };
  };
  const [one, two] = [await connect(), await connect()];
  assert.deepEqual(await ask(one.socket, "join", "r\udc00"), [{ rooms: ["r\udc00"] }]);
  await ask(two.socket, "sio:emit", { event: "x\ud800", args: [1], rooms: ["r\udc00"] });
  await ask(two.socket, "sio:emit", { event: "x\ud800", args: [2], rooms: ["r\udc01", "r\ufffd"] });
  const last = next(one.socket, "x\ud801");
  await ask(two.socket, "x\ud801", 3);
  await last;
  assert.deepEqual(one.heard, [["x\ud800", 1], ["x\ud801", 3]]);
  const late = await connect({ auth: { sio: { since: "all", rooms: ["r\udc00"] } } });
  const end = next(late.socket, "end");
  await ask(two.socket, "end");
  await end;
  assert.deepEqual(late.heard.slice(0, 2), [["x\ud800", 1], ["x\ud801", 3]]);
  // What sio prints of them and takes back is the same.
  const shown = async () => (await runSio("replay", server.url)).stdout;
  const before = await shown();
  assert.deepEqual(before.trim().split("\n").map((line) => JSON.parse(line)).map(({ event, rooms }) => [event, rooms]),
    [["x\ud800", ["r\udc00"]], ["x\ud800", ["r\udc01", "r\ufffd"]], ["x\ud801", undefined], ["end", undefined]]);
  assert.equal((await runSio("emit", server.url, "-", { input: before })).status, 0);
  const names = (text) => text.trim().split("\n").map((line) => line.match(/"event":"[^"]*"|"rooms":.*?\]/g).join());
  assert.deepEqual(names(await shown()).slice(4), names(before));
  for (const { socket } of [one, two, late]) socket.close();
  await server.stop();
});
