// `sio emit`, `listen` and `join` against the official server, over WebSocket and polling, with both
// of its parsers.
import { test, before, after, describe } from "node:test";
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { once } from "node:events";
import { spawn } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Server2 from "socket.io-2";
import msgpack from "socket.io-msgpack-parser";
import { SIO, runSio, sio, startOfficialServer } from "./support/peer.mjs";

// A server as somebody would write it: checks a token, joins rooms on request, remembers what it
// was told, and answers acks.
class App {
  constructor() {
    this.heard = [];
    this.waiting = new Set();
  }

  prepare(io) {
    this.io = io;
    io.use((socket, next) => {
      if (socket.handshake.auth.token !== "bad") return next();
      next(Object.assign(new Error("bad token"), { data: { code: 42 } }));
    });
    for (const namespace of ["/", "/chat"]) io.of(namespace).on("connection", (socket) => this.connected(socket));
  }

  connected(socket) {
    this.note(["connection", socket.nsp.name, socket.handshake]);
    socket.on("join", (room, ack) => {
      socket.join(room);
      ack?.();
      this.note(["joined", room]);
    });
    socket.onAny((event, ...args) => {
      const ack = typeof args.at(-1) === "function" ? args.pop() : undefined;
      this.note([event, ...args]);
      if (event === "ask") ack?.("answer", { to: args });
      if (event === "ask for bytes") ack?.(Buffer.from([1, 2, 3]));
    });
  }

  note(entry) {
    this.heard.push(entry);
    for (const check of this.waiting) check();
  }

  // Resolves with the first `count` notes of `event`.
  told(event, count = 1) {
    return new Promise((resolve) => {
      const check = () => {
        const found = this.heard.filter((entry) => entry[0] === event);
        if (found.length < count) return;
        this.waiting.delete(check);
        resolve(found.map((entry) => entry.slice(1)));
      };
      this.waiting.add(check);
      check();
    });
  }
}

const startApp = async (options) => {
  const app = new App();
  const server = await startOfficialServer((io) => app.prepare(io), options);
  return Object.assign(app, server);
};

const ways = [["websocket"], ["polling"], ["websocket", "msgpack"], ["polling", "msgpack"]];
for (const [transport, parser] of ways) {
  describe(`the official server, over ${transport}${parser ? " with msgpack" : ""}`, () => {
    let app;
    const start = (options) => startApp({ ...options, ...(parser ? { parser: msgpack } : {}) });
    before(async () => { app = await start({ pingInterval: 100 }); });
    after(() => app.stop());
    const to = (url) => ["-s", url, "--transport", transport, ...(parser ? ["--parser", parser] : [])];
    const common = () => to(app.url);

    test("emit sends each argument as what it is", async () => {
      const { status, stderr } = await runSio("emit", ...common(), "args", '{"a":[1,null]}', "text", "7", "-S");
      assert.equal(status, 0, stderr);
      assert.deepEqual(await app.told("args"), [['{"a":[1,null]}', "text", "7"]]);
      await runSio("emit", ...common(), "typed", '{"a":[1,null]}', "text", "é😀", "7");
      assert.deepEqual(await app.told("typed"), [[{ a: [1, null] }, "text", "é😀", 7]]);
    });

    test("emit leaves with 0 only when the server has the event", async () => {
      for (let n = 0; n < 10; ++n) {
        const { status } = await runSio("emit", ...common(), "counted", String(n));
        assert.equal(status, 0);
        assert.equal(app.heard.filter(([event]) => event === "counted").length, n + 1);
      }
    });

    test("emit -a prints the answer", async () => {
      const { status, records } = await runSio("emit", ...common(), "-a", "ask", "1");
      assert.equal(status, 0);
      const [ack] = records();
      assert.equal(ack.type, "ack");
      assert.equal(ack.event, "ask");
      assert.deepEqual(ack.args, ["answer", { to: [1] }]);
    });

    test("emit -a leaves with 7 when no answer comes", async () => {
      const { status, stderr } = await runSio("emit", ...common(), "-a", "-W", "200ms", "silence");
      assert.equal(status, 7);
      assert.notEqual(stderr, "");
    });

    test("binary goes and comes", async () => {
      const { status, records } = await runSio("emit", ...common(), "-a", "-f", "/bin/true", "ask for bytes");
      assert.equal(status, 0);
      assert.deepEqual(records()[0].args, [{ $binary: "AQID" }]);
      const [[bytes]] = await app.told("ask for bytes");
      assert.ok(Buffer.isBuffer(bytes));
      assert.equal(bytes.subarray(1, 4).toString(), "ELF");
    });

    test("emit -l sends every line, in order", async () => {
      const lines = [...Array(2000).keys()].map((n) => `line ${n}`);
      const { status, stderr } = await runSio("emit", ...common(), "-lS", "line", { input: lines.join("\n") });
      assert.equal(status, 0, stderr);
      assert.deepEqual((await app.told("line", 2000)).flat(), lines);
    });

    test("records go in as they came out", async () => {
      const listener = sio("listen", ...common(), "-c", "2", "-r", "echo", "echoed");
      await app.told("joined");
      app.io.to("echo").emit("echoed", { big: 1 }, Buffer.from([7, 8]));
      app.io.to("echo").emit("echoed", "second");
      assert.equal(await listener.exited, 0, listener.stderr);
      const { status } = await runSio("emit", ...common(), "-", { input: listener.stdout });
      assert.equal(status, 0);
      assert.deepEqual(await app.told("echoed", 2), [[{ big: 1 }, Buffer.from([7, 8])], ["second"]]);
    });

    test("listen prints what the server says, and joins a room by the event it is told", async () => {
      const listener = sio("listen", ...common(), "-c", "2", "-r", "kitchen", "soup", "to.*");
      await app.told("joined", app.heard.filter(([event]) => event === "joined").length + 1);
      app.io.emit("not asked for");
      app.io.to("kitchen").emit("soup", { for: 2 });
      app.io.emit("to.all");
      assert.equal(await listener.exited, 0, listener.stderr);
      const [soup, all] = listener.records();
      assert.deepEqual([soup.type, soup.event, soup.args, soup.ns], ["event", "soup", [{ for: 2 }], "/"]);
      assert.deepEqual([all.event, all.args], ["to.all", []]);
    });

    test("namespaces come from the URL's path or from -n", async () => {
      const before = app.heard.filter(([event]) => event === "connection").length;
      const one = sio("listen", ...to(`${app.url}/chat`), "-c", "1");
      const two = sio("listen", ...common(), "-n", "/", "-n", "/chat", "-c", "2");
      await app.told("connection", before + 3);
      app.io.of("/").emit("said");
      app.io.of("/chat").emit("said");
      assert.deepEqual([await one.exited, await two.exited], [0, 0]);
      assert.deepEqual(one.records().map((record) => record.ns), ["/chat"]);
      assert.deepEqual(two.records().map((record) => record.ns).sort(), ["/", "/chat"]);
    });

    test("the payload of -A and the headers of -H reach the server", async () => {
      const seen = app.heard.length;
      await runSio("emit", ...common(), "-A", '{"token":"good","n":1}', "-H", "X-User: tester", "x");
      const [, , handshake] = app.heard.slice(seen).find(([event]) => event === "connection");
      assert.equal(handshake.auth.token, "good");
      assert.equal(handshake.headers["x-user"], "tester");
    });

    test("a refusal is status 4 and says why", async () => {
      const refused = await runSio("emit", ...common(), "-A", '{"token":"bad"}', "x");
      assert.equal(refused.status, 4);
      assert.match(refused.stderr, /bad token/);
      const nowhere = await runSio("listen", ...common(), "-n", "/nowhere", "-c", "1");
      assert.equal(nowhere.status, 4);
      assert.match(nowhere.stderr, /Invalid namespace/);
    });

    test("what needs a sio server is status 2", async () => {
      const needs = [
        ["emit", "-r", "room", "x"],
        ["listen", "--since", "all"],
        ["listen", "--tail", "3"],
        ["listen", "-g", "workers"],
        ["replay"],
        ["replay", "-g", "workers"],
      ];
      for (const [command, ...rest] of needs) {
        const { status, stderr } = await runSio(command, ...common(), ...rest);
        assert.equal(status, 2, `${command} ${rest}: ${stderr}`);
        assert.match(stderr, /sio/);
      }
    });

    test("listen -R answers emitWithAck with what its command prints", async () => {
      const command = `
        case $SIO_0 in
          json) echo '{"sum": 5}' ;;
          text) printf 'two\\nlines\\n' ;;
          bytes) echo '{"$binary":"AQID"}' ;;
          failure) exit 3 ;;
        esac`;
      const listener = sio("listen", ...common(), "-c", "4", "-R", "question", "-x", command);
      const [socket] = await once(app.io, "connection");
      const ask = (what) => socket.timeout(10_000).emitWithAck("question", what);
      assert.deepEqual(await ask("json"), { sum: 5 });
      assert.equal(await ask("text"), "two\nlines");
      assert.deepEqual(await ask("bytes"), Buffer.from([1, 2, 3]));
      assert.deepEqual(await ask("failure"), { error: "exit 3" });
      assert.equal(await listener.exited, 1, listener.stderr);
    });

    test("emit -a --retries asks again when no answer comes", async () => {
      const { status } = await runSio("emit", ...common(), "-a", "-W", "150ms", "--retries", "2", "unheard");
      assert.equal(status, 7);
      assert.equal((await app.told("unheard", 3)).length, 3);
    });

    test("what waits in a spool is sent when the server is there", async () => {
      const directory = mkdtempSync(join(tmpdir(), "spool-"));
      const away = await start();
      await away.stop();
      const lines = [...Array(50).keys()].map((n) => `line ${n}`);
      const kept = await runSio("emit", ...to(away.url), "--spool", directory, "-lS",
        "spooled", { input: lines.join("\n") });
      assert.equal(kept.status, 0, kept.stderr);
      const sent = await runSio("emit", ...common(), "--spool", directory, "spooled", "last");
      assert.equal(sent.status, 0, sent.stderr);
      assert.deepEqual((await app.told("spooled", 51)).flat(), [...lines, "last"]);
      rmSync(directory, { recursive: true });
    });

    test("a listener answers heartbeats", async () => {
      const listener = sio("listen", ...common(), "-c", "1", "after a while");
      const [socket] = await once(app.io, "connection");
      let pings = 0;
      await new Promise((resolve) => {
        socket.conn.on("packet", (packet) => packet.type === "pong" && ++pings === 5 && resolve());
      });
      socket.emit("after a while");
      assert.equal(await listener.exited, 0, listener.stderr);
    });

    test("an event that asks for an ack says so", async () => {
      const listener = sio("listen", ...common(), "-c", "1", "question");
      const [socket] = await once(app.io, "connection");
      socket.emit("question", 1, () => {});
      assert.equal(await listener.exited, 0, listener.stderr);
      assert.equal(typeof listener.records()[0].ack, "number");
    });

    test("join sends lines and answers, and prints what is said", async () => {
      const joined = app.heard.filter(([event]) => event === "joined").length + 1;
      const chat = sio("join", ...common(), "hall");
      await app.told("joined", joined);
      chat.child.stdin.write("good evening\n");
      await app.told("message");
      app.io.to("hall").emit("message", "and to you");
      await chat.seen(/and to you/);
      assert.equal(await chat.stop("SIGINT"), "SIGINT");
    });

    test("join - answers with ack records", async () => {
      const chat = sio("join", ...common(), "hall", "-");
      const [socket] = await once(app.io, "connection");
      const question = (what) => socket.timeout(10_000).emitWithAck("question", what);
      const answer = async (args) => {
        const [, ack] = await chat.seen(/"event":"question".*"ack":(\d+)/);
        chat.stdout = "";
        chat.child.stdin.write(`${JSON.stringify({ type: "ack", ack: Number(ack), ...args })}\n`);
      };
      const asked = question("bytes and more");
      await answer({ args: [{ sum: 5, bytes: { $binary: "AQID" } }] });
      assert.deepEqual(await asked, { sum: 5, bytes: Buffer.from([1, 2, 3]) });
      const again = question("a string");
      await answer({ args: ["yes"] });
      assert.equal(await again, "yes");
      const nothing = question("nothing");
      await answer({});
      assert.equal(await nothing, undefined);
      await chat.stop("SIGINT");
    });

    test("a listener comes back when the server does, and joins its rooms again", async () => {
      const own = await start();
      const { port } = own;
      const listener = sio("listen", ...to(own.url), "-c", "1", "-r", "den", "hello");
      await own.told("joined");
      await own.stop();
      const again = await start({ port });
      await again.told("joined");
      again.io.to("den").emit("hello");
      assert.equal(await listener.exited, 0, listener.stderr);
      await again.stop();
    });
  });
}

test("auto falls back to polling where WebSocket is off, and does without polling where that is off", async () => {
  for (const transports of [["polling"], ["websocket"]]) {
    const app = await startApp({ transports });
    const { status, records, stderr } = await runSio("emit", "-s", app.url, "-a", "ask", "1");
    assert.equal(status, 0, stderr);
    assert.equal(records()[0].args[0], "answer");
    await app.stop();
  }
});

test("a server on another path is found with --path", async () => {
  const app = await startApp({ path: "/deep/engine" });
  assert.equal((await runSio("emit", "-s", app.url, "--path", "/deep/engine/", "x")).status, 0);
  assert.notEqual((await runSio("emit", "-s", app.url, "x")).status, 0);
  await app.stop();
});

test("what is not Socket.IO is status 5, and nobody there is status 3", async () => {
  const http = createServer((_, response) => response.end("<html>hello</html>"));
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const url = `http://127.0.0.1:${http.address().port}`;
  for (const transport of ["auto", "websocket", "polling"]) {
    const { status, stderr } = await runSio("emit", "-s", url, "--transport", transport, "x");
    assert.equal(status, 5, `${transport}: ${stderr}`);
  }
  http.close();
  http.closeAllConnections();
  await once(http, "close");
  assert.equal((await runSio("emit", "-s", url, "x")).status, 3);
});

test("a server of Socket.IO 2 is status 5, and said so", async () => {
  const http = createServer();
  const io = new Server2(http, { serveClient: false });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  for (const transport of ["auto", "websocket", "polling"]) {
    for (const command of [["emit", "x"], ["listen", "-c", "1"]]) {
      const url = `http://127.0.0.1:${http.address().port}`;
      const { status, stderr } = await runSio(...command, "-s", url, "--transport", transport);
      assert.equal(status, 5, `${transport}: ${stderr}`);
      assert.match(stderr, /(Socket.IO|Engine.IO) v[23] server/);
    }
  }
  io.close();
  http.closeAllConnections();
});

test("another parser than the server's is status 5, and said", async () => {
  for (const [theirs, ours] of [[{}, "msgpack"], [{ parser: msgpack }, "json"]]) {
    const app = await startApp(theirs);
    const { status, stderr } = await runSio("emit", "-s", app.url, "--parser", ours, "x");
    assert.equal(status, 5, stderr);
    assert.match(stderr, /--parser/);
    await app.stop();
  }
});

// Its pings are seconds behind in what listen has not read.
test("listen is as slow as its reader, and stays, with one pong for each ping", async (t) => {
  const count = 20_000, text = "x".repeat(400);
  let pings = 0, pongs = 0;
  const server = await startOfficialServer((io) => {
    io.engine.on("connection", (connection) => {
      connection.on("packetCreate", ({ type }) => (pings += type === "ping"));
      connection.on("packet", ({ type }) => (pongs += type === "pong"));
    });
    io.on("connection", (socket) => {
      for (let n = 0; n < count; ++n) socket.emit("line", n, text);
    });
  }, { pingInterval: 600, pingTimeout: 800 });
  t.after(() => server.stop());
  const listener = spawn(SIO, ["listen", server.url, "--no-reconnect", "-c", `${count}`],
    { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(listener, "exit");
  let got = "";
  for await (const chunk of listener.stdout) {
    got += chunk;
    await pause(25);  // the slow reader
  }
  assert.deepEqual(await exited, [0, null]);
  const numbers = got.trimEnd().split("\n").map((line) => JSON.parse(line).args[0]);
  assert.deepEqual(numbers, Array.from({ length: count }, (_, n) => n));
  assert.ok(pings >= 3, `${pings} pings`);
  assert.ok(Math.abs(pongs - pings) <= 1, `${pongs} pongs for ${pings} pings`);
});
