// The admin namespace, with the official client in the place of the admin UI: event for event what
// @socket.io/admin-ui says on a live official server; and what is ours: tokens, sessions, limits.
import { test, before, after, describe } from "node:test";
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { runInNewContext } from "node:vm";
import { instrument } from "@socket.io/admin-ui";
import { io } from "socket.io-client";
import oldClient from "socket.io-client-2";
import msgpackParser from "socket.io-msgpack-parser";
import { startOfficialServer, startServer } from "./support/peer.mjs";

const ask = (socket, ...args) => new Promise((resolve) => socket.emit(...args, resolve));

// A socket that keeps what it is sent. ui.log: [event, ...args] in their order.
class Listener {
  constructor(url, options = {}) {
    this.log = [];
    this.waiting = new Set();
    this.socket = io(url, { forceNew: true, reconnection: false, ...options });
    this.socket.onAny((...event) => this.add(event));
    this.socket.on("connect", () => this.add(["(connect)"]));
    this.socket.on("disconnect", (reason) => this.add(["(disconnect)", reason]));
    this.socket.on("connect_error", (error) => this.add(["(refused)", error.message]));
  }
  add(event) {
    this.log.push(event);
    for (const check of this.waiting) check();
  }
  // The first event for which `wanted` is true, at `from` or behind it.
  seen(wanted, from = 0) {
    return new Promise((resolve) => {
      const check = () => {
        const found = this.log.slice(from).find(wanted);
        if (!found) return;
        this.waiting.delete(check);
        resolve(found);
      };
      this.waiting.add(check);
      check();
    });
  }
  got(name, from) {
    return this.seen(([event]) => event === name, from);
  }
  close() {
    this.socket.close();
  }
}

const startAdmin = async (options = {}) => {
  const server = await startServer({
    ...options,
    flags: ["--admin", "127.0.0.1:0", ...(options.flags ?? [])],
  });
  const [, adminUrl] = await server.command.seen(/admin (http\S+)/, "stderr");
  return { ...server, adminUrl };
};

// --- The same conversation with both servers

const startOfficialAdmin = async () => {
  const server = await startOfficialServer((server) => {
    instrument(server, { auth: false, mode: "development" });
    server.on("connection", (socket) => {
      socket.on("join", (room) => socket.join(room));
      socket.onAny((event, ...args) => event === "join" || socket.broadcast.emit(event, ...args));
    });
  });
  return { ...server, adminUrl: server.url };
};

// What everybody does, one step after the other; each waits until the UI has heard of it.
async function converse(server) {
  const open = [];
  const connect = async (url, options) => {
    const listener = new Listener(url, options);
    open.push(listener);
    await listener.got("(connect)");
    return listener;
  };
  const ui = await connect(`${server.adminUrl}/admin`, { transports: ["websocket"] });
  await ui.got("server_stats");
  const step = async (act, ...names) => {
    const from = ui.log.length;
    await act();
    for (const name of names) await ui.got(name, from);
  };
  let a, b;
  await step(async () => { a = await connect(server.url, { transports: ["websocket"] }); }, "socket_connected");
  await step(async () => { b = await connect(server.url); }, "socket_connected", "socket_updated");
  const names = new Map([[ui.socket.id, "UI"], [a.socket.id, "A"], [b.socket.id, "B"]]);
  await step(() => a.socket.emit("join", "r"), "event_received", "room_joined");
  await step(() => a.socket.emit("hi", { a: [1, "ü\ud83d\ude00"] }, Buffer.from([1, 2])), "event_received", "event_sent");
  await step(() => b.socket.emit("asks", 1, () => {}), "event_received", "event_sent");
  await step(() => ui.socket.emit("join", "/", "r2", b.socket.id), "room_joined");
  await step(() => ui.socket.emit("emit", "/", "r2", "news", 7, Buffer.from("x")), "event_sent");
  await step(() => ui.socket.emit("join", "/", "r3", "r2"), "room_joined");
  await step(() => ui.socket.emit("leave", "/", "r", null), "room_left");
  await step(() => ui.socket.emit("leave", "/", "r2", "r3"), "room_left");
  await step(() => ui.socket.emit("_disconnect", "/", false, a.socket.id), "socket_disconnected", "room_left");
  await a.got("(disconnect)");
  await step(() => b.close(), "socket_disconnected", "room_left");
  await step(async () => { b = await connect(server.url, { transports: ["polling"] }); }, "socket_connected");
  names.set(b.socket.id, "B2");
  await step(() => ui.socket.emit("_disconnect", "/", true, b.socket.id), "socket_disconnected", "room_left");
  const second = await connect(`${server.adminUrl}/admin`);
  names.set(second.socket.id, "UI2");
  await second.got("all_sockets");
  const told = { log: ui.log.map((event) => event), names, reasons: [a, b].map((each) => each.log.at(-1)) };
  for (const each of open) each.close();
  await server.stop();
  return told;
}

// Names in the place of ids, and what is different by nature taken out: times, addresses, ports.
const plain = ({ log, names }) => {
  const withNames = (value) => {
    if (typeof value === "string") return names.get(value) ?? (/^\d{4}-.*Z$/.test(value) ? "TIME" : value);
    if (Buffer.isBuffer(value)) return value.toString("hex");
    if (Array.isArray(value)) return value.map(withNames);
    if (value === null || typeof value !== "object") return value;
    const copy = Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withNames(each)]));
    if (copy.handshake) {
      assert.match(copy.clientId, /^[\w-]{12}$/);
      assert.match(copy.handshake.time, /^[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d{4} [\d:]{8} GMT/);
      assert.equal(typeof copy.handshake.issued, "number");
      assert.match(copy.handshake.address, /127\.0\.0\.1$/);
      const { headers } = copy.handshake;
      copy.clientId = copy.handshake.time = copy.handshake.address = "";
      copy.handshake.issued = 0;
      copy.handshake.query.t &&= "T";
      copy.handshake.url = copy.handshake.url.replace(/&t=[^&]*/, "");
      copy.handshake.headers = Object.keys(headers).sort();
    }
    return copy;
  };
  return log.filter(([event]) => event !== "server_stats" && event !== "(connect)").map(withNames);
};

describe("beside the official server", () => {
  test("the UI hears the same, in the same order", async () => {
    const [ours, theirs] = [await converse(await startAdmin()), await converse(await startOfficialAdmin())];
    assert.deepEqual(plain(ours), plain(theirs));
    assert.deepEqual(ours.reasons, theirs.reasons);
  });
});

// --- What is ours

describe("the page", () => {
  let server;
  before(async () => {
    server = await startAdmin({ path: "/io/", parser: "msgpack", cors: "https://ui.example.org" });
  });
  after(() => server.stop());
  const get = (path, options) => fetch(server.adminUrl + path, options);

  test("is there, with everything that it loads from here", async () => {
    for (const path of ["/", "/admin"]) {
      const answer = await get(path, { redirect: "manual" });
      assert.deepEqual([answer.status, answer.headers.get("location")], [302, "admin/"]);
    }
    const answer = await get("/admin/");
    assert.equal(answer.headers.get("content-type"), "text/html; charset=utf-8");
    assert.match(answer.headers.get("content-security-policy"), /default-src 'self';.*frame-ancestors 'self'/);
    const page = await answer.text();
    const own = [...page.matchAll(/(?:href|src)="([^":]+)"/g)].map(([, name]) => name);
    assert.equal(own[0], "preset.js", "before everything else");
    assert.ok(own.length >= 6);
    for (const name of own) assert.equal((await get(`/admin/${name}`)).status, 200, name);
    assert.doesNotMatch(page, /https?:/, "nothing from elsewhere");
    const sheet = own.find((name) => name.includes("materialdesignicons"));
    const [, font] = (await (await get(`/admin/${sheet}`)).text()).match(/url\("\.\.\/([^"]*woff2[^"]*)"\)/);
    const icons = await get(`/admin/${font}`);
    assert.equal(icons.headers.get("content-type"), "font/woff2");
    assert.equal(Buffer.from(await icons.arrayBuffer()).subarray(0, 4).toString(), "wOF2");
    assert.equal((await get("/admin/nothing")).status, 404);
    assert.equal((await get("/admin/../metrics")).status, 200, "the reports are where they were");
    assert.equal((await get("/admin/", { method: "POST", body: "" })).status, 405);
  });

  // Runs preset.js as a browser that has been here, or elsewhere, before.
  const preset = async (stored, pathname = "/admin/") => {
    const storage = new Map(Object.entries(stored));
    runInNewContext(await (await get("/admin/preset.js")).text(), {
      location: { origin: server.adminUrl, pathname },
      localStorage: { getItem: (key) => storage.get(key) ?? null, setItem: (key, value) => storage.set(key, value) },
    });
    return Object.fromEntries(storage);
  };

  test("connects to where it came from", async () => {
    const stored = await preset({ path: "/old", session_id: "s" });
    assert.deepEqual(stored, {
      server_url: server.adminUrl, namespace: "/admin", path: "/io", parser: "msgpack", session_id: "s",
    });
    const ui = new Listener(stored.server_url + stored.namespace, {
      withCredentials: true, path: stored.path, parser: msgpackParser, auth: { sessionId: stored.session_id },
    });
    await ui.got("all_sockets");
    const client = new Listener(server.url, { path: "/io", parser: msgpackParser });
    await client.got("(connect)");
    client.socket.emit("bytes", Buffer.from([0, 255]));
    const [, , , args] = await ui.got("event_received");
    assert.deepEqual(args, ["bytes", Buffer.from([0, 255])]);
    ui.close();
    client.close();
  });

  test("leaves alone what the user has chosen, and follows a proxy's folder", async () => {
    const chosen = { server_url: "https://other.example.org", path: "/x" };
    assert.deepEqual(await preset(chosen), chosen);
    assert.equal((await preset({}, "/ops/sio/admin/")).path, "/ops/sio/io");
  });

  test("may come from an origin that --cors names, with credentials", async () => {
    const path = "/io/?EIO=4&transport=polling";
    const named = await get(path, { headers: { origin: "https://ui.example.org" } });
    assert.equal(named.headers.get("access-control-allow-origin"), "https://ui.example.org");
    assert.equal(named.headers.get("access-control-allow-credentials"), "true");
    assert.equal(named.status, 200);
    assert.equal((await get(path, { headers: { origin: "https://evil.example.org" } })).status, 403);
  });
});

describe("with tokens", () => {
  const folder = mkdtempSync(joinPath(tmpdir(), "sio-admin-"));
  const file = joinPath(folder, "tokens");
  const write = (...lines) => writeFileSync(file, lines.map((line) => `${line}\n`).join(""));
  let server;
  before(async () => {
    write("boss", "reader * * r", "team / team-* rw");
    server = await startAdmin({ flags: ["--auth-file", file] });
  });
  after(async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  });
  const connect = (auth, options) => new Listener(`${server.adminUrl}/admin`, { auth, ...options });

  for (const transports of [["polling"], ["websocket"], ["polling", "websocket"]]) {
    test(`the form's password is the token, and a session outlives the page (${transports})`, async () => {
      for (const auth of [{ sessionId: null }, { username: "a", password: "wrong" }, { password: "team" }]) {
        const refused = connect(auth, { transports });
        assert.deepEqual((await refused.got("(refused)")), ["(refused)", "invalid credentials"]);
        refused.close();
      }
      const first = connect({ username: "", password: "boss" }, { transports });
      const [, sessionId] = await first.got("session");
      assert.match(sessionId, /^[0-9a-f]{16}$/);
      await first.got("all_sockets");
      first.close();
      const again = connect({ sessionId }, { transports });
      await again.got("server_stats");
      assert.ok(!again.log.some(([event]) => event === "session"));
      again.close();
    });
  }

  test("a reader looks on, a Bearer header will do, and a token that goes takes its people with it", async () => {
    const extraHeaders = { Authorization: "Bearer reader" };
    const reader = connect({}, { extraHeaders, reconnection: true, reconnectionDelay: 1, reconnectionDelayMax: 1 });
    const [, config] = await reader.got("config");
    assert.deepEqual(config.supportedFeatures, ["AGGREGATED_EVENTS", "ALL_EVENTS"]);
    assert.equal((await ask(reader.socket, "_disconnect", "/", true, null)).error.code, "forbidden");
    write("boss");
    server.command.child.kill("SIGHUP");
    await reader.got("(disconnect)");
    assert.deepEqual(await reader.got("(refused)"), ["(refused)", "invalid credentials"]);
    reader.close();
  });
});

test("old clients, members of groups and those who catch up are seen as well; HTTP is not", async () => {
  const server = await startAdmin({ allowEio3: true });
  const ui = new Listener(`${server.adminUrl}/admin`);
  await ui.got("all_sockets");
  const post = (event) => fetch(`${server.url}/sio/emit/${event}`, {
    method: "POST", body: "1", headers: { "content-type": "application/json" },
  });
  assert.equal((await post("before")).status, 200);
  const sent = (name, id) => ui.seen(([event, , to, args]) => event === "event_sent" && to === id && args[0] === name);
  const late = new Listener(server.url, { auth: { sio: { since: "all" } } });
  await late.got("before");
  await sent("before", late.socket.id);
  const member = new Listener(server.url, { auth: { sio: { group: "g" } } });
  await member.got("(connect)");
  const old = oldClient(server.url, { transports: ["websocket"], reconnection: false, query: { token: "t", x: "1" } });
  const [, { id, handshake, transport }] = await ui.seen(
    ([event, socket]) => event === "socket_connected" && socket.handshake.query.EIO === "3");
  assert.equal(transport, "websocket");
  assert.deepEqual([handshake.query.token, handshake.query.x], ["***", "1"]);
  assert.ok(!handshake.url.includes("token=t"));
  assert.equal((await post("news")).status, 200);
  for (const each of [late.socket.id, member.socket.id, id]) await sent("news", each);
  old.emit("asks", 2, () => {});
  const [, , from, args] = await ui.seen(([event, , , said]) => event === "event_received" && said[0] === "asks");
  assert.deepEqual([from, args], [id, ["asks", 2]]);
  ui.socket.emit("_disconnect", "/", true, null);
  await Promise.all([late, member].map((each) => each.got("(disconnect)")));
  await ui.seen(([event, , gone]) => event === "socket_disconnected" && gone === id);
  assert.equal(ui.log.filter(([event]) => event === "socket_connected").length, 4, "the UI and three clients");
  for (const each of [ui, late, member, old]) each.close();
  await server.stop();
});

test("an application behind a pipe is administered like any other", async () => {
  const server = await startAdmin({ flags: ["--app", "sed -un '/connect/s/.*\"sid\":\"\\([^\"]*\\)\".*/{\"type\":\"join\",\"sid\":\"\\1\",\"rooms\":[\"r\"]}/p'"] });
  const ui = new Listener(`${server.adminUrl}/admin`);
  await ui.got("all_sockets");
  const client = new Listener(server.url);
  await client.got("(connect)");
  const [, nsp, room, id] = await ui.seen(([event, , name]) => event === "room_joined" && name === "r");
  assert.deepEqual([nsp, room, id], ["/", "r", client.socket.id]);
  assert.deepEqual(await ask(ui.socket, "emit", "/", "r", "hello", 1), { sockets: 1 });
  assert.deepEqual(await client.got("hello"), ["hello", 1]);
  assert.deepEqual(await ask(ui.socket, "_disconnect", "/", false, "r"), { sockets: 1 });
  assert.deepEqual(await client.got("(disconnect)"), ["(disconnect)", "io server disconnect"]);
  for (const each of [ui, client]) each.close();
  await server.stop();
});

test("a flood of events reaches everybody, and a sample the one who looks on", async () => {
  const count = 50_000;
  const server = await startAdmin();
  const ui = new Listener(`${server.adminUrl}/admin`);
  await ui.got("all_sockets");
  const [from, to] = [new Listener(server.url), io(server.url, { forceNew: true })];
  await Promise.all([from.got("(connect)"), new Promise((resolve) => to.once("connect", resolve))]);
  let got = 0;
  const all = new Promise((resolve) => to.on("tick", () => ++got === count && resolve()));
  for (let i = 0; i < count; ++i) from.socket.emit("tick", i);
  await all;
  const traffic = (type) => ui.log.filter(([event]) => event === "server_stats")
    .flatMap(([, stats]) => stats.aggregatedEvents).filter((each) => each.type === type)
    .reduce((sum, each) => sum + each.count, 0);
  await ui.seen(() => traffic("packetsIn") >= count && traffic("packetsOut") >= count);
  assert.ok(traffic("bytesIn") > 10 * count);
  const copies = ui.log.filter(([event]) => event === "event_sent" || event === "event_received").length;
  assert.ok(copies > 0 && copies < count / 2, `${copies} copies`);
  const metrics = await (await fetch(`${server.adminUrl}/metrics`)).text();
  assert.match(metrics, /^sio_admins 1$/m);
  assert.equal(Number(metrics.match(/^sio_admin_events_left_out_total (\d+)$/m)[1]) + copies, 2 * count);
  for (const each of [ui, from, to]) each.close();
  await server.stop();
});
