// The server is killed again and again under load, and histories are compared: what was acknowledged
// is in the queue, once; a group has worked off all of it, and is told when it gets something twice; a
// reader that comes back is recovered each time and has had everything.
import { test } from "node:test";
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { io } from "socket.io-client";
import { startServer } from "./support/peer.mjs";

const kills = 8;
const inFlight = 64;
const quick = { reconnectionDelay: 20, reconnectionDelayMax: 50, forceNew: true };

const next = (emitter, event) =>
  new Promise((resolve) => emitter.once(event, (...args) => resolve(args)));
const until = async (condition, what) => {
  const deadline = Date.now() + 30_000;
  while (!condition()) {
    assert.ok(Date.now() < deadline, what());
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};
// Numbers without chance: a run that fails fails again.
const random = ((state) => (below) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state % below;
})(7);

// Publishes 0, 1, 2 ... under keys, and each again until it is acknowledged.
function startPublisher(socket) {
  const publisher = { acknowledged: new Set(), next: 0, stopped: false };
  const waiting = new Map();
  const send = (n) => {
    const mine = {};
    waiting.set(n, mine);
    socket.emit("sio:emit", { event: "job", args: [n], id: `key-${n}` }, (answer) => {
      if (waiting.get(n) !== mine) return;
      if (!answer.id) return send(n);
      waiting.delete(n);
      publisher.acknowledged.add(n);
      fill();
    });
  };
  const fill = () => {
    while (socket.connected && !publisher.stopped && waiting.size < inFlight) send(publisher.next++);
  };
  socket.on("connect", () => {
    for (const n of [...waiting.keys()].sort((a, b) => a - b)) send(n);
    fill();
  });
  publisher.stop = async () => {
    publisher.stopped = true;
    await until(() => waiting.size === 0, () => `${waiting.size} events without an answer`);
  };
  return publisher;
}

for (const transports of [["websocket"], ["polling"]]) {
  test(`killed ${kills} times, over ${transports}`, async () => {
    const store = await mkdtemp(joinPath(tmpdir(), "sio-kill-"));
    const flags = ["--store", store, "--recover", "1m"];
    let server = await startServer({ flags });
    const { url, port } = server;
    const clients = [];
    const client = (options) => {
      const socket = io(url, { transports, ...quick, ...options });
      clients.push(socket);
      return socket;
    };

    const reader = client({});
    const read = [];
    let recovered = true;
    reader.on("job", (n) => read.push(n));
    await next(reader, "connect");
    reader.on("connect", () => { recovered &&= reader.recovered; });

    const done = new Map();
    const work = (n, meta, finish) => {
      if (done.has(n)) assert.ok(meta.delivery > 1, `${n} came twice without saying so`);
      done.set(n, meta.delivery);
      if (n % 10 === 0 && meta.delivery === 1) finish({ error: "not this time" });
      else finish();
    };
    for (let i = 0; i < 2; i++) {
      const worker = client({ auth: { sio: { group: "workers", meta: true, max_deliver: 1000 } } });
      worker.on("job", work);
      await next(worker, "connect");
    }
    const publisher = startPublisher(client({}));

    for (let i = 0; i < kills; i++) {
      const seen = publisher.acknowledged.size;
      await until(() => publisher.acknowledged.size > seen + random(400),
        () => `stuck at ${publisher.acknowledged.size} receipts`);
      await server.command.stop("SIGKILL");
      server = await startServer({ port, flags });
    }
    await publisher.stop();
    const count = publisher.acknowledged.size;
    assert.equal(count, publisher.next);
    await until(() => done.size === count, () => `${done.size} of ${count} worked off`);
    await until(() => read.length >= count, () => `${read.length} of ${count} read`);
    assert.ok(recovered, "the reader was recovered each time");

    const stored = [];
    const lister = client({ auth: { sio: { until: "now" } } });
    lister.on("job", (n) => stored.push(n));
    await next(lister, "sio:end");
    const byNumber = (a, b) => a - b;
    const all = [...Array(count).keys()];
    assert.deepEqual([...stored].sort(byNumber), all, "each once in the queue");
    assert.deepEqual([...new Set(read)].sort(byNumber), all, "the reader has had each");
    for (const socket of clients) socket.close();
    await server.stop();
    await rm(store, { recursive: true });
  });
}
