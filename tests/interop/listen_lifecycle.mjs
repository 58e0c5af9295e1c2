// `sio listen -L` against the official server: what happens to a connection, as records in order.
import { test } from "node:test";
import assert from "node:assert/strict";
import { sio, startOfficialServer } from "./support/peer.mjs";

const namespaces = ["/", "/chat"];

const start = (options) => {
  const sockets = new Map();
  return startOfficialServer((io) => {
    for (const namespace of namespaces)
      io.of(namespace).on("connection", (socket) => {
        sockets.set(namespace, socket);
        socket.on("join", (room) => socket.join(room));
      });
  }, { pingInterval: 100, pingTimeout: 2000, ...options }).then((server) => Object.assign(server, { sockets }));
};

const types = (listener) => listener.records().map(({ type }) => type).filter((type) => type !== "ping");

test("everything that happens is a record, in order", async () => {
  const server = await start();
  const listener = sio("listen", "-s", server.url, "-n", "/", "-n", "/chat", "-r", "kitchen", "-L", "-vv");
  await listener.seen(/"type":"ping"/);
  await listener.seen(/"join","kitchen"/, "stderr");
  const records = listener.records();
  for (const namespace of namespaces) {
    const connect = records.find(({ type, ns = "/" }) => type === "connect" && ns === namespace);
    assert.deepEqual(connect, { type: "connect", time: connect.time, ...(namespace === "/" ? {} : { ns: namespace }),
      sid: server.sockets.get(namespace).id, transport: "websocket", recovered: false });
    const join = records.find(({ type, ns = "/" }) => type === "join" && ns === namespace);
    assert.equal(join.room, "kitchen");
    assert.equal(join.asked, true);
  }

  // Put out of one namespace: the other goes on.
  server.sockets.get("/chat").disconnect();
  await listener.seen(/\{"type":"leave",[^}]*"ns":"\/chat","reason":"the server ended the session"\}/);
  // A lost connection, and the next.
  server.sockets.get("/").conn.close();
  await listener.seen(/"type":"disconnect",[^}]*"reason":"transport close","retry":/);
  await listener.seen(/"type":"reconnect",[^}]*"attempt":1\}/);
  await listener.seen(/"type":"gap",[^}]*"reason":"not resumed"\}/);
  // The server goes: attempts are counted, and say why they failed.
  await server.stop();
  await listener.seen(/"type":"connect_error",[^}]*"message":"[^"]*Connection refused","retry":/);
  await listener.seen(/"type":"reconnect",[^}]*"attempt":2\}/);
  assert.deepEqual(types(listener).slice(0, 12),
    ["connect", "join", "connect", "join", "leave", "disconnect", "reconnect", "connect", "join", "gap",
      "disconnect", "reconnect"]);
  for (const { time } of listener.records()) assert.ok(!Number.isNaN(Date.parse(time)), time);
  assert.equal(await listener.stop(), "SIGTERM");
});

test("a run that ends tells how", async () => {
  const server = await start();
  try {
    const listener = sio("listen", "-s", server.url, "-L", "--idle", "300ms");
    assert.equal(await listener.exited, 0);
    const last = listener.records().at(-1);
    assert.deepEqual(last, { type: "disconnect", time: last.time, reason: "io client disconnect" });

    const refused = sio("listen", "-s", server.url, "-n", "/nope", "-L");
    assert.equal(await refused.exited, 4);
    assert.deepEqual(refused.records().map(({ type, code, message }) => [type, code, message]),
      [["error", 4, "Invalid namespace in namespace /nope"]]);
  } finally {
    await server.stop();
  }
  const unreachable = sio("listen", "-s", server.url, "-L");
  assert.equal(await unreachable.exited, 3);
  const [error] = unreachable.records();
  assert.equal(error.code, 3);
  assert.match(error.message, /Connection refused/);
  assert.match(error.hint, /sio serve/);
});

test("--strict ends with the first gap; without -L it is told on stderr", async () => {
  const server = await start();
  try {
    const strict = sio("listen", "-s", server.url, "--strict", "-v");
    const patient = sio("listen", "-s", server.url, "-L");
    for (const one of [strict, patient]) one.child.stdin.end();
    await strict.seen(/joined namespace/, "stderr");
    await patient.seen(/"connect"/);
    for (const client of Object.values(server.io.engine.clients)) client.close();
    assert.equal(await strict.exited, 8);
    assert.match(strict.stderr, /events may be lost: the server cannot say what came while we were away/);
    assert.equal(strict.stdout, "");
    await patient.seen(/"type":"gap"/);
    await patient.stop();
  } finally {
    await server.stop();
  }
});
