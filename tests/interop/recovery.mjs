// Connection state recovery with the official client: what it misses while it is away, it gets when
// it comes back. The first five are cases that the official server loses.
import { test, before, after, describe } from "node:test";
import assert from "node:assert/strict";
import { connect as connectTcp, createServer } from "node:net";
import { mkdtemp, rm } from "node:fs/promises";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { io } from "socket.io-client";
import { startServer } from "./support/peer.mjs";

const next = (emitter, event) =>
  new Promise((resolve) => emitter.once(event, (...args) => resolve(args)));
const ask = (socket, ...args) => new Promise((resolve) => socket.emit(...args, resolve));

// A way to the server that can break without the server hearing of it.
async function startProxy(port) {
  const pairs = [];
  const proxy = createServer((client) => {
    const server = connectTcp(port, "127.0.0.1");
    client.pipe(server);
    server.pipe(client);
    for (const end of [client, server]) end.on("error", () => {});
    pairs.push({ client, server });
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  return {
    url: `http://127.0.0.1:${proxy.address().port}`,
    cutClients() {
      for (const { client, server } of pairs) {
        client.unpipe(server);
        client.destroy();
      }
    },
    stop() {
      for (const { client, server } of pairs) client.destroy(), server.destroy();
      proxy.close();
    },
  };
}

// A Redis server of its own, on a socket in `folder`.
async function startRedis(folder) {
  const socket = joinPath(folder, "redis.sock");
  const child = spawn("redis-server", ["--port", "0", "--unixsocket", socket, "--dir", folder,
    "--save", "", "--appendonly", "yes", "--appendfsync", "always"]);
  const ended = new Promise((resolve, reject) => {
    child.on("error", () => reject(new Error("redis-server is missing: install redis-server")));
    child.on("exit", resolve);
  });
  let said = "";
  child.stdout.on("data", (text) => (said += text));
  while (!said.includes("ready to accept connections") && child.exitCode === null)
    await Promise.race([once(child.stdout, "data"), ended]);
  return { store: `redis+unix://${socket}`, stop: () => (child.kill(), ended) };
}

for (const [transports, place] of [[["websocket"]], [["polling"]], [["websocket"], "Redis"]]) {
  describe(`recovery over ${transports}${place ? ` with the queue in ${place}` : ""}`, () => {
    let folder, store, redis, server;
    const flags = () => ["--store", store, "--recover", "2m", "--max-bytes", "4M"];
    const options = { pingInterval: 100, pingTimeout: 20000 };
    const open = new Set();

    before(async () => {
      folder = store = await mkdtemp(joinPath(tmpdir(), "sio-recovery-"));
      if (place) redis = await startRedis(folder);
      if (redis) store = redis.store;
      server = await startServer({ ...options, flags: flags() });
    });
    after(async () => {
      for (const socket of open) socket.close();
      await server.stop();
      await redis?.stop();
      await rm(folder, { recursive: true });
    });

    // A client that comes back when it is told to.
    const client = async (url = server.url, more = {}) => {
      const socket = io(url, { transports, forceNew: true, reconnection: false, ...more });
      socket.got = [];
      socket.onAny((event, ...args) => socket.got.push([event, ...args]));
      open.add(socket);
      await next(socket, "connect");
      return socket;
    };
    const lose = async (socket) => {
      const gone = next(socket, "disconnect");
      socket.io.engine.close();
      await gone;
    };
    const comeBack = async (socket) => {
      const back = next(socket, "connect");
      socket.connect();
      await back;
    };
    // Without the offset, which is the last argument of every event.
    const values = (socket) => socket.got.map((args) => args.slice(0, -1));
    const until = async (condition) => {
      while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
    };

    test("before it has had any event", async () => {
      const [reader, other] = [await client(), await client()];
      await lose(reader);
      await ask(other, "missed", 1);
      await comeBack(reader);
      assert.equal(reader.recovered, true);
      assert.deepEqual(values(reader), [["missed", 1]]);
    });

    test("after a volatile event that ends in a string", async () => {
      const [reader, other] = [await client(), await client()];
      await ask(other, "first", 1);
      await until(() => reader.got.length === 1);
      // Between two polls nobody is there for what is volatile.
      while (reader.got.length === 1)
        await ask(other, "sio:emit", { event: "passing", args: ["text"], volatile: true });
      await lose(reader);
      await ask(other, "missed", 2);
      await comeBack(reader);
      assert.equal(reader.recovered, true);
      const [first, ...more] = values(reader);
      const missed = more.pop();
      assert.deepEqual([first, missed], [["first", 1], ["missed", 2]]);
      for (const each of more) assert.deepEqual(each, ["passing", "text"]);
    });

    test("while its old connection is half open", async () => {
      const proxy = await startProxy(server.port);
      const [reader, other] = [await client(proxy.url), await client()];
      const { id } = reader;
      const gone = next(reader, "disconnect");
      proxy.cutClients();
      await gone;
      await ask(other, "missed", 1);
      await comeBack(reader);
      assert.equal(reader.recovered, true);
      assert.equal(reader.id, id);
      assert.deepEqual(values(reader), [["missed", 1]]);
      await ask(other, "live", 2);
      await until(() => reader.got.length === 2);
      reader.close();
      proxy.stop();
    });

    test("a second time", async () => {
      const [reader, other] = [await client(), await client()];
      for (const round of [1, 2, 3]) {
        await lose(reader);
        await ask(other, "missed", round);
        await comeBack(reader);
        assert.equal(reader.recovered, true);
      }
      assert.deepEqual(values(reader), [["missed", 1], ["missed", 2], ["missed", 3]]);
    });

    test("after the server was killed", async () => {
      const [reader, other] = [await client(), await client()];
      assert.deepEqual(await ask(reader, "join", "mine"), { rooms: ["mine"] });
      await ask(other, "before", 1);
      await until(() => reader.got.length === 1);
      const gone = Promise.all([next(reader, "disconnect"), next(other, "disconnect")]);
      const { port } = server;
      await server.command.stop("SIGKILL");
      await gone;
      server = await startServer({ ...options, port, flags: flags() });
      await comeBack(other);
      await ask(other, "sio:emit", { event: "to mine", args: [2], rooms: ["mine"] });
      await ask(other, "sio:emit", { event: "to others", args: [3], rooms: ["others"] });
      await comeBack(reader);
      assert.equal(reader.recovered, true);
      assert.deepEqual(values(reader), [["before", 1], ["to mine", 2]]);
    });

    test("after the queue has moved on while it had nothing to hear", async () => {
      const [reader, other] = [await client(), await client()];
      const text = "x".repeat(500_000);
      for (let i = 0; i < 20; i++) {
        await ask(other, "sio:emit", { event: "elsewhere", args: [text], rooms: ["elsewhere"] });
      }
      // Heartbeats, by which the server knows that nothing is on its way.
      const late = await client(server.url, { auth: { sio: { meta: true, since: "#1" } } });
      await until(() => late.got.length > 0);
      assert.equal(late.got[0][0], "sio:gap");
      // Heartbeats, by which the server knows that nothing is on its way.
      for (let i = 0; i < 3; i++) await next(reader.io.engine, "ping");
      await lose(reader);
      await ask(other, "missed", 1);
      await comeBack(reader);
      assert.equal(reader.recovered, true);
      assert.deepEqual(values(reader), [["missed", 1]]);
    });

    test("its rooms are there again", async () => {
      const [reader, other] = [await client(), await client()];
      await ask(reader, "join", ["a", "b"]);
      await ask(reader, "leave", "b");
      await lose(reader);
      await comeBack(reader);
      await ask(other, "sio:emit", { event: "b", args: [1], rooms: ["b"] });
      await ask(other, "sio:emit", { event: "a", args: [2], rooms: ["a"] });
      await until(() => reader.got.length === 1);
      assert.deepEqual(values(reader), [["a", 2]]);
    });

    test("who makes things up begins anew and gets nothing of anybody else", async () => {
      const [reader, other] = [await client(), await client()];
      await ask(reader, "join", "secret");
      await ask(other, "first", 1);
      await until(() => reader.got.length === 1);
      const [pid, offset] = [reader._pid, reader._lastOffset];
      await lose(reader);
      await ask(other, "sio:emit", { event: "secret", args: [2], rooms: ["secret"] });
      for (const auth of [{ pid: "x".repeat(20), offset }, { pid, offset: "nonsense" },
        { pid, offset: offset.replace(/\d+$/, "999999999") }, { pid, offset: `xxxx-1` }, { pid: [1] }]) {
        const forger = await client(server.url, { auth });
        assert.equal(forger.recovered, false);
        assert.notEqual(forger.id, reader.id);
        await ask(forger, "done");
        assert.deepEqual(forger.got, []);
        forger.close();
      }
    });

    test("a client may ask for it where it is off", async () => {
      const plain = await startServer({ ...options, flags: ["--store", "memory"] });
      const reader = await client(plain.url, { auth: { sio: { recover: true } } });
      const other = await client(plain.url);
      await lose(reader);
      await ask(other, "missed", 1);
      await comeBack(reader);
      assert.equal(reader.recovered, true);
      assert.deepEqual(values(reader), [["missed", 1]]);
      assert.equal(other._pid, undefined);
      for (const socket of [reader, other]) socket.close();
      await plain.stop();
    });
  });
}
