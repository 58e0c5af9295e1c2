// The HTTP door beside Socket.IO clients: an EventSource that comes back where it was, fetch, and
// the official client, all on the same queue.
import { test, before, after, describe } from "node:test";
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EventSource } from "eventsource";
import { io } from "socket.io-client";
import { startServer } from "./support/peer.mjs";

const next = (emitter, event) =>
  new Promise((resolve) => emitter.once(event, (...args) => resolve(args)));
const ask = (socket, ...args) => new Promise((resolve) => socket.emit(...args, resolve));

describe("the HTTP door", () => {
  let store, server, socket;
  const sources = new Set();
  const flags = () => ["--store", store, "--cors", "http://page.example"];
  const post = (path, body, headers = {}) =>
    fetch(`${server.url}/sio/emit/${path}`, {
      method: "POST", body, headers: { "Content-Type": "application/json", ...headers } });
  // Collects what an EventSource is given.
  const listen = (query, options) => {
    const source = new EventSource(`${server.url}/sio/events?${query}`, options);
    sources.add(source);
    const got = [];
    const waiting = [];
    source.onmessage = ({ data }) => {
      got.push(JSON.parse(data));
      for (const check of [...waiting]) check();
    };
    const seen = (count) => new Promise((resolve) => {
      const check = () => got.length >= count && resolve(got);
      waiting.push(check);
      check();
    });
    const open = new Promise((resolve) => { source.onopen = resolve; });
    return { source, got, seen, open };
  };

  before(async () => {
    store = await mkdtemp(join(tmpdir(), "sio-door-"));
    server = await startServer({ flags: flags() });
    socket = io(server.url, { forceNew: true, reconnectionDelay: 1, reconnectionDelayMax: 1 });
    await next(socket, "connect");
    await ask(socket, "join", "kitchen");
  });
  after(async () => {
    for (const source of sources) source.close();
    socket.close();
    await server.stop();
    await rm(store, { recursive: true });
  });

  test("what is posted reaches sockets, and what sockets emit reaches streams", async () => {
    const stream = listen("room=kitchen");
    await stream.open;
    const heard = next(socket, "order");
    const answer = await (await post("order?room=kitchen", '{"id":7}')).json();
    assert.match(answer.id, /^#\w+-\d+$/);
    assert.deepEqual(await heard, [{ id: 7 }]);
    const receipt = await ask(socket, "hello", Buffer.from("bytes"), "é");
    const records = await stream.seen(2);
    assert.equal(records[0].id, answer.id);
    assert.deepEqual(records[0].rooms, ["kitchen"]);
    assert.equal(records[1].id, receipt.id);
    assert.equal(records[1].from, socket.id);
    assert.deepEqual(records[1].args, [{ $binary: Buffer.from("bytes").toString("base64") }, "é"]);
    stream.source.close();
  });

  test("an EventSource gets what it missed while the server was away", async () => {
    const stream = listen("event=n&tail=0");
    await stream.open;
    for (let n = 0; n < 5; ++n) await ask(socket, "n", n);
    await stream.seen(5);
    const port = server.port;
    const again = next(socket, "connect");
    await server.stop();
    server = await startServer({ port, flags: flags() });
    await again;
    for (let n = 5; n < 10; ++n) await ask(socket, "n", n);
    const records = await stream.seen(10);
    assert.deepEqual(records.map(({ args }) => args[0]), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    stream.source.close();
  });

  test("a page may read and post if --cors names its origin", async () => {
    const origin = { Origin: "http://page.example" };
    const posted = await post("x", "1", origin);
    assert.equal(posted.status, 200);
    assert.equal(posted.headers.get("access-control-allow-origin"), "http://page.example");
    assert.equal((await post("x", "1", { Origin: "http://other.example" })).status, 403);
    const asked = await fetch(`${server.url}/sio/emit/x`, {
      method: "OPTIONS", headers: { ...origin, "Access-Control-Request-Headers": "authorization" } });
    assert.equal(asked.status, 204);
    assert.equal(asked.headers.get("access-control-allow-headers"), "authorization");
  });

  test("many posts at once are all stored, each with its own id", async () => {
    const answers = await Promise.all(
      Array.from({ length: 200 }, async (_, n) => (await post("many", String(n))).json()));
    assert.equal(new Set(answers.map(({ id }) => id)).size, 200);
    const text = await (await fetch(`${server.url}/sio/events?event=many&since=all&poll=1`)).text();
    const stored = text.trim().split("\n").map((line) => JSON.parse(line));
    assert.deepEqual(stored.map(({ args }) => args[0]).sort((a, b) => a - b),
      Array.from({ length: 200 }, (_, n) => n));
  });
});
