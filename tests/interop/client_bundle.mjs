// The client that the server hands out to pages: the same files, under the same headers, as those
// of the official server; and they work, with the server that they came from.
import { test, before, after, describe } from "node:test";
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createContext, runInContext } from "node:vm";
import { gunzipSync } from "node:zlib";
import http from "node:http";
import { io } from "socket.io-client";
import { WebSocket } from "ws";
import { startOfficialServer, startServer } from "./support/peer.mjs";

const flavours = ["socket.io.js", "socket.io.min.js", "socket.io.esm.min.js", "socket.io.msgpack.min.js"];
const files = flavours.flatMap((name) => [name, `${name}.map`]);

// The answer as it was sent: nothing is unpacked.
const ask = (url, { method = "GET", ...headers } = {}) => new Promise((resolve, reject) => {
  const request = http.request(url, { method, headers, agent: false }, (response) => {
    const pieces = [];
    response.on("data", (piece) => pieces.push(piece));
    response.on("end", () => resolve({
      status: response.statusCode, headers: response.headers, body: Buffer.concat(pieces) }));
  });
  request.on("error", reject);
  request.end();
});
const compared = ({ status, headers }) => ({
  status,
  type: headers["content-type"],
  encoding: headers["content-encoding"],
  cache: headers["cache-control"],
  etag: headers.etag,
  map: headers.sourcemap,
  origin: headers["access-control-allow-origin"],
});
const plain = ({ headers, body }) => (headers["content-encoding"] === "gzip" ? gunzipSync(body) : body);

// A page's globals, for scripts that came from `url`.
const pageOf = (url) => {
  const { protocol, hostname, port, host } = new URL(url);
  const page = { location: { protocol, hostname, port, host }, WebSocket, console,
    ArrayBuffer, Uint8Array, DataView, TextEncoder, TextDecoder, setTimeout, clearTimeout,
    addEventListener() {}, removeEventListener() {} };
  page.self = page.window = page;
  return createContext(page);
};
const sayHello = async (socket) => {
  try {
    await new Promise((resolve, reject) => {
      socket.on("connect", resolve);
      socket.on("connect_error", reject);
    });
    assert.match((await socket.emitWithAck("hello", "from a page", 1)).id, /^#/);
  } finally {
    socket.close();
  }
};

describe("the client for pages", () => {
  let server, reference;
  before(async () => {
    const path = "/deep/er";
    const origin = "http://page.example";
    server = await startServer({ path, cors: origin });
    reference = await startOfficialServer(() => {}, { path, serveClient: true, cors: { origin } });
  });
  after(() => Promise.all([server.stop(), reference.stop()]));
  const both = (file, options) =>
    Promise.all([server, reference].map(({ url }) => ask(`${url}/deep/er/${file}`, options)));

  test("is the official server's, file by file", async () => {
    for (const file of files) {
      for (const encoding of [undefined, "gzip", "identity", "gzip;q=0"]) {
        const [ours, theirs] =
          await both(`${file}?x=1`, encoding === undefined ? {} : { "accept-encoding": encoding });
        assert.equal(ours.status, 200);
        assert.deepEqual(compared(ours), compared(theirs), `${file} as ${encoding}`);
        assert.ok(plain(ours).equals(plain(theirs)), `${file} as ${encoding}`);
        assert.equal(ours.headers["content-length"], String(ours.body.length));
      }
    }
  });

  test("is only asked for when it has changed", async () => {
    const [{ headers: { etag } }] = await both(files[0], { method: "HEAD" });
    for (const known of [etag, `W/${etag}`, '"0.0.1"']) {
      const [ours, theirs] = await both(files[0], { "if-none-match": known });
      assert.equal(ours.status, theirs.status);
      assert.equal(ours.status, known === '"0.0.1"' ? 200 : 304);
      if (ours.status === 304) assert.equal(ours.body.length, 0);
    }
  });

  test("is described to HEAD", async () => {
    for (const encoding of ["gzip", "identity"]) {
      const [ours, theirs] = await both(files[1], { method: "HEAD", "accept-encoding": encoding });
      assert.deepEqual(compared(ours), compared(theirs));
      assert.equal(ours.body.length, 0);
      const [whole] = await both(files[1], { "accept-encoding": encoding });
      assert.equal(ours.headers["content-length"], String(whole.body.length));
    }
  });

  test("takes no name of Engine.IO's and no other file's", async () => {
    for (const file of ["", "x.js", "socket.io", "sub/socket.io.js", "package.json"]) {
      const [ours, theirs] = await both(file);
      assert.equal(ours.status, 400);
      assert.deepEqual(JSON.parse(ours.body), JSON.parse(theirs.body), file);
    }
    for (const file of ["socket.io.esm.js", "socket.io.js.map.map", "socket.io.js/", "socket.io.ts"])
      assert.equal((await ask(`${server.url}/deep/er/${file}`)).status, 404, file);
    assert.equal((await ask(`${server.url}/socket.io/${files[0]}`)).status, 404);
    const [ours] = await both(files[0], { method: "POST", "content-length": 0 });
    assert.equal(ours.status, 405);
  });

  test("works as a script of a page", async () => {
    for (const file of ["socket.io.js", "socket.io.min.js"]) {
      const page = pageOf(server.url);
      runInContext(String((await ask(`${server.url}/deep/er/${file}`)).body), page, { filename: file });
      await sayHello(runInContext('io({ path: "/deep/er", transports: ["websocket"] })', page));
    }
  });

  test("works as a module", async () => {
    const folder = await mkdtemp(join(tmpdir(), "sio-module-"));
    try {
      const file = join(folder, "client.mjs");
      await writeFile(file, (await ask(`${server.url}/deep/er/socket.io.esm.min.js`)).body);
      globalThis.WebSocket ??= WebSocket;
      const { io } = await import(file);
      await sayHello(io(server.url, { path: "/deep/er", transports: ["websocket"] }));
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test("works with msgpack", async () => {
    const packed = await startServer({ parser: "msgpack" });
    try {
      const page = pageOf(packed.url);
      const { body } = await ask(`${packed.url}/socket.io/socket.io.msgpack.min.js`);
      runInContext(String(body), page);
      await sayHello(runInContext('io({ transports: ["websocket"] })', page));
    } finally {
      await packed.stop();
    }
  });

  test("disturbs no client that is connected", async () => {
    const socket = io(server.url, { path: "/deep/er", forceNew: true });
    await Promise.all([sayHello(socket), ...files.map((file) => both(file))]);
  });
});
