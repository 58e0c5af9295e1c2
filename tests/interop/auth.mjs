// Tokens from the official JavaScript client, in its auth object and as a Bearer header: refusals,
// grants, a token that is taken away, and recovery, which asks again.
import { test, before, after, describe } from "node:test";
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { io } from "socket.io-client";
import { startServer } from "./support/peer.mjs";

const next = (emitter, event) =>
  new Promise((resolve) => emitter.once(event, (...args) => resolve(args)));
const ask = (socket, ...args) => new Promise((resolve) => socket.emit(...args, resolve));

for (const transports of [["websocket"], ["polling"], ["polling", "websocket"]]) {
  describe(`tokens over ${transports}`, () => {
    const folder = mkdtempSync(joinPath(tmpdir(), "sio-auth-"));
    const file = joinPath(folder, "tokens");
    const write = (...lines) => writeFileSync(file, lines.map((line) => `${line}\n`).join(""));
    let server;
    const open = new Set();
    const make = (token, options = {}) => {
      const socket = io(server.url, { transports, forceNew: true, auth: { token }, ...options });
      open.add(socket);
      return socket;
    };
    const join = async (token, options) => {
      const socket = make(token, options);
      await Promise.race([
        next(socket, "connect"),
        next(socket, "connect_error").then(([error]) => Promise.reject(error)),
      ]);
      return socket;
    };

    before(async () => {
      write("boss", "reader / * r", "team / team-* rw");
      server = await startServer({ flags: ["--auth-file", file, "--recover", "1m"] });
    });
    after(async () => {
      for (const socket of open) socket.close();
      await server.stop();
      rmSync(folder, { recursive: true });
    });

    test("a wrong token is a connect_error, in words", async () => {
      const [error] = await next(make("wrong"), "connect_error");
      assert.equal(error.message, "unknown token");
      const [none] = await next(make(undefined), "connect_error");
      assert.match(none.message, /a token is needed/);
    });

    test("a Bearer header will do", async () => {
      const socket = await join(undefined, { extraHeaders: { Authorization: "Bearer boss" } });
      assert.match((await ask(socket, "hello")).id, /^#/);
    });

    test("grants hold for rooms, events and the past", async () => {
      const [boss, reader, team] = [await join("boss"), await join("reader"), await join("team")];
      assert.equal((await ask(reader, "hello")).error.code, "forbidden");
      assert.equal((await ask(team, "join", "other")).error.code, "forbidden");
      assert.deepEqual(await ask(team, "join", "team-a"), { rooms: ["team-a"] });
      assert.equal((await ask(team, "sio:emit", { event: "x", rooms: ["other"] })).error.code, "forbidden");
      const heard = next(team, "news");
      assert.match((await ask(boss, "sio:emit", { event: "news", args: [1], rooms: ["team-a"] })).id, /^#/);
      assert.equal((await heard)[0], 1);
      const [error] = await next(make("team", { auth: { token: "team", sio: { rooms: ["other"], since: "all" } } }),
        "connect_error");
      assert.match(error.message, /may not read room other/);
    });

    test("a token that is taken away closes its connections; others stay", async () => {
      const boss = await join("boss");
      const reader = await join("reader", { reconnectionDelay: 1, reconnectionDelayMax: 1 });
      const refused = next(reader, "connect_error");
      write("boss", "team / team-* rw");
      server.command.child.kill("SIGHUP");
      assert.equal((await refused)[0].message, "unknown token");
      assert.match((await ask(boss, "still here")).id, /^#/);
    });

    test("a lost client that comes back is asked again, and keeps the rooms it may have", async () => {
      write("boss", "team / team-* rw");
      server.command.child.kill("SIGHUP");
      const boss = await join("boss");
      const team = await join("team", { reconnectionDelay: 1, reconnectionDelayMax: 1 });
      await ask(team, "join", "team-a");
      const again = next(team, "connect");
      const missed = next(team, "news");
      team.io.engine.close();
      await ask(boss, "sio:emit", { event: "news", args: ["missed"], rooms: ["team-a"] });
      await again;
      assert.equal(team.recovered, true);
      assert.equal((await missed)[0], "missed");

      write("boss", "team / other rw");
      const anew = next(team, "connect");
      server.command.child.kill("SIGHUP");
      await anew;
      assert.equal(team.recovered, false, "its room is no longer allowed");
    });
  });
}
