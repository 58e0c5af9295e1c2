// `sio serve --app` with children in other languages, and the official client in front of them.
import { test, describe, before, after } from "node:test";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { io } from "socket.io-client";
import { startServer } from "./support/peer.mjs";

const app = (name) => fileURLToPath(new URL(`apps/${name}`, import.meta.url));
const next = (emitter, event) => new Promise((resolve) => emitter.once(event, (...args) => resolve(args)));
const ask = (socket, ...args) => new Promise((resolve) => socket.emit(...args, (...answer) => resolve(answer)));

for (const transport of ["websocket", "polling"]) {
  describe(`an application in Python, over ${transport}`, () => {
    let server;
    const open = new Set();
    before(async () => { server = await startServer({ flags: ["--app", `exec python3 '${app("chat.py")}'`] }); });
    after(async () => {
      for (const socket of open) socket.close();
      await server.stop();
    });
    const make = (options = {}) => {
      const socket = io(server.url, {
        transports: [transport], forceNew: true, reconnectionDelay: 20,
        auth: { token: "open sesame" }, extraHeaders: { "X-Who": "tester" }, ...options,
      });
      open.add(socket);
      return socket;
    };
    const connect = async (options) => {
      const socket = make(options);
      socket.welcome = next(socket, "welcome");
      await next(socket, "connect");
      return socket;
    };

    test("it is told who comes, and greets", async () => {
      const socket = await connect();
      assert.deepEqual(await socket.welcome, [{ token: "open sesame" }, "tester"]);
    });

    test("it may refuse, with words and data", async () => {
      const [error] = await next(make({ auth: { token: "wrong" } }), "connect_error");
      assert.equal(error.message, "who are you");
      assert.deepEqual(error.data, { code: 42 });
    });

    test("it answers acks", async () => {
      const socket = await connect();
      assert.deepEqual(await ask(socket, "hello", 1, { a: "é" }), ["you said", 1, { a: "é" }]);
    });

    test("binary goes through it, both ways", async () => {
      const socket = await connect();
      const [, bytes] = await ask(socket, "bytes", Buffer.from([0, 1, 255]));
      assert.deepEqual(Buffer.from(bytes), Buffer.from([0, 1, 255]));
    });

    test("it keeps rooms and sends to them", async () => {
      const [one, two] = [await connect(), await connect()];
      await ask(one, "enter", "hall");
      const entered = next(one, "entered");
      await ask(two, "enter", "hall");
      assert.deepEqual(await entered, [two.id]);
      const said = Promise.all([next(one, "said"), next(two, "said")]);
      one.emit("say", "hall", "good evening");
      assert.deepEqual(await said, [["good evening"], ["good evening"]]);
      await ask(two, "exit", "hall");
      const heard = [];
      two.onAny((event) => heard.push(event));
      one.emit("say", "hall", "alone");
      await next(one, "said");
      await ask(two, "sync");
      assert.deepEqual(heard, []);
    });

    test("it asks and gets an answer", async () => {
      const socket = await connect();
      socket.on("question", (text, answer) => answer(`${text}? fine`));
      const answered = next(socket, "you answered");
      socket.emit("ask me");
      assert.deepEqual(await answered, ["how are you? fine"]);
    });

    test("it sends a client away, and hears of those who leave", async () => {
      const [one, two] = [await connect(), await connect()];
      const { id } = one;
      const gone = new Promise((resolve) => two.on("gone", (sid) => sid === id && resolve()));
      const sent = next(one, "disconnect");
      one.emit("send me away");
      assert.equal((await sent)[0], "io server disconnect");
      await gone;
    });

    test("what it says wrongly disturbs nobody and is logged with its line", async () => {
      const socket = await connect();
      await ask(socket, "babble");
      assert.deepEqual(await ask(socket, "fine"), ["you said"]);
      assert.match(server.log(), /line \d+/);
    });

    test("when it ends it is started again, and its clients stay", async () => {
      const socket = await connect();
      await socket.welcome;
      const greeted = next(socket, "welcome");
      socket.emit("crash");
      await greeted;
      assert.ok(socket.connected);
      assert.deepEqual(await ask(socket, "still there"), ["you said"]);
    });
  });
}

test("an application that is a shell loop", async () => {
  const server = await startServer({ flags: ["--app", `sh '${app("count.sh")}'`] });
  const [one, two] = [io(server.url, { forceNew: true }), io(server.url, { forceNew: true })];
  await Promise.all([next(one, "connect"), next(two, "connect")]);
  for (const count of [1, 2, 3]) {
    const heard = Promise.all([next(one, "count"), next(two, "count")]);
    one.emit("anything", "$(touch /tmp/never)");
    assert.deepEqual(await heard, [[count], [count]]);
  }
  one.close();
  two.close();
  await server.stop();
});

test("an application in one line of sed", async () => {
  const server = await startServer({ flags: ["--app", `exec sed -unf '${app("upper.sed")}'`] });
  const socket = io(server.url, { forceNew: true });
  await next(socket, "connect");
  assert.deepEqual(await ask(socket, "say", "quiet words"), ["QUIET WORDS"]);
  socket.close();
  await server.stop();
});
