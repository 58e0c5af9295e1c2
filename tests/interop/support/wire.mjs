// A client that knows nothing: HTTP requests, WebSocket messages and bytes, as a test writes them.
import http from "node:http";
import net from "node:net";
import { randomBytes } from "node:crypto";
import { WebSocket } from "ws";

export const SEPARATOR = "\x1e";

// One HTTP request on a connection of its own, or on `agent`'s.
export function request(server, method, target, { body, headers = {}, agent = false } = {}) {
  const { promise, request: handle } = startRequest(server, method, target, { body, headers, agent });
  handle.end(body);
  return promise;
}

// The same, not yet ended: for bodies that come late, and for clients that give up.
export function startRequest(server, method, target, { headers = {}, agent = false } = {}) {
  const handle = http.request({ host: "127.0.0.1", port: server.port, method, path: target, headers, agent });
  const promise = new Promise((resolve, reject) => {
    handle.on("error", reject);
    handle.on("response", (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        resolve({ status: response.statusCode, headers: response.headers, text: Buffer.concat(chunks).toString() });
      });
    });
  });
  promise.catch(() => {});
  return { promise, request: handle };
}

export const ENGINE = "/socket.io/?EIO=4";

// An Engine.IO session over long-polling.
export class PollingSession {
  constructor(server, open, agent) {
    this.server = server;
    this.open = open;
    this.sid = open.sid;
    this.target = `${ENGINE}&transport=polling&sid=${open.sid}`;
    this.agent = agent;
  }

  static async start(server, { agent } = {}) {
    const reply = await request(server, "GET", `${ENGINE}&transport=polling`, { agent });
    if (reply.status !== 200) throw new Error(`handshake: ${reply.status} ${reply.text}`);
    return new PollingSession(server, JSON.parse(reply.text.slice(1)), agent);
  }

  get(options) {
    return request(this.server, "GET", this.target, { agent: this.agent, ...options });
  }

  post(body, headers = {}) {
    const bytes = Buffer.from(body);
    return request(this.server, "POST", this.target, {
      body: bytes,
      agent: this.agent,
      headers: { "Content-Type": "text/plain;charset=UTF-8", "Content-Length": bytes.length, ...headers },
    });
  }

  // Joins a namespace and returns the sid in its CONNECT reply.
  async connect(namespace = "") {
    await this.post(`40${namespace}`);
    return JSON.parse((await this.get()).text.replace(/^40[^{]*/, "")).sid;
  }

  // Polls until `pattern` shows up; answers pings meanwhile.
  async until(pattern) {
    for (let text = ""; ; ) {
      const reply = await this.get();
      if (reply.status !== 200) throw new Error(`${reply.status} ${reply.text} while waiting for ${pattern}`);
      text += reply.text + SEPARATOR;
      if (pattern.test(text)) return text;
      if (reply.text.split(SEPARATOR).includes("2")) await this.post("3");
    }
  }
}

// A WebSocket whose messages wait to be read.
export class Wire {
  constructor(url, options = {}) {
    this.messages = [];
    this.readers = [];
    this.socket = new WebSocket(url, options.protocols ?? [], { perMessageDeflate: false, ...options });
    this.socket.on("message", (data, isBinary) => this.push(isBinary ? data : data.toString()));
    this.closed = new Promise((resolve) => this.socket.on("close", (code) => resolve(code)));
    this.closed.then((code) => this.end(new Error(`closed with ${code}`)));
    this.opened = new Promise((resolve, reject) => {
      this.socket.on("open", resolve);
      this.socket.on("error", reject);
      this.socket.on("unexpected-response", (_, response) => {
        const chunks = [];
        response.on("data", (chunk) => chunks.push(chunk));
        response.on("end", () => {
          reject(Object.assign(new Error(`answered ${response.statusCode}`), {
            status: response.statusCode,
            headers: response.headers,
            text: Buffer.concat(chunks).toString(),
          }));
        });
      });
    });
    this.opened.catch(() => this.end(new Error("never opened")));
  }

  push(message) {
    const reader = this.readers.shift();
    if (reader) reader.resolve(message);
    else this.messages.push(message);
  }

  end(error) {
    this.error = error;
    for (const reader of this.readers.splice(0)) reader.reject(error);
  }

  // The next message; rejects when the connection ends first.
  next() {
    if (this.messages.length) return Promise.resolve(this.messages.shift());
    if (this.error) return Promise.reject(this.error);
    return new Promise((resolve, reject) => this.readers.push({ resolve, reject }));
  }

  // The next message that is not a ping; pings are answered.
  async nextPacket() {
    for (;;) {
      const message = await this.next();
      if (message !== "2") return message;
      this.send("3");
    }
  }

  send(...messages) {
    for (const message of messages) this.socket.send(message);
  }

  // Resolves once the server has read everything sent so far.
  async roundTrip() {
    const answered = new Promise((resolve) => this.socket.once("pong", resolve));
    this.socket.ping();
    await Promise.race([answered, this.closed]);
  }

  close() {
    this.socket.close();
    return this.closed;
  }
}

export const wsUrl = (server, query = "EIO=4&transport=websocket", path = "/socket.io/") =>
  `ws://127.0.0.1:${server.port}${path}?${query}`;

export async function openWire(server, query, options) {
  const wire = new Wire(wsUrl(server, query), options);
  await wire.opened;
  return wire;
}

// An Engine.IO session over WebSocket, its open packet read.
export async function openSession(server, query, options) {
  const wire = await openWire(server, query, options);
  wire.open = JSON.parse((await wire.next()).slice(1));
  return wire;
}

// A Socket.IO socket over WebSocket: session and namespace joined.
export async function openSocket(server, namespace = "", query) {
  const wire = await openSession(server, query);
  wire.send(`40${namespace}`);
  wire.sid = JSON.parse((await wire.nextPacket()).replace(/^40[^{]*/, "")).sid;
  return wire;
}

// Bytes as they are, for what no library would send.
export class RawConnection {
  constructor(port) {
    this.received = Buffer.alloc(0);
    this.waiting = new Set();
    this.socket = net.connect(port, "127.0.0.1");
    this.socket.on("error", () => {});
    this.socket.on("data", (bytes) => {
      this.received = Buffer.concat([this.received, bytes]);
      for (const check of this.waiting) check();
    });
    this.closed = new Promise((resolve) => {
      this.socket.on("close", () => {
        this.ended = true;
        resolve();
        for (const check of this.waiting) check();
      });
    });
  }

  write(bytes) {
    this.socket.write(bytes);
    return this;
  }

  text() {
    return this.received.toString("latin1");
  }

  // Resolves once the received bytes, read as Latin-1, match.
  seen(pattern) {
    return new Promise((resolve, reject) => {
      const check = () => {
        const match = this.text().match(pattern);
        if (match) resolve(match);
        else if (this.ended) reject(new Error(`closed without ${pattern}: ${JSON.stringify(this.text())}`));
        else return;
        this.waiting.delete(check);
      };
      this.waiting.add(check);
      check();
    });
  }

  // Opens a WebSocket by hand; resolves behind the 101.
  async upgrade(query = "EIO=4&transport=websocket", extraHeaders = "") {
    this.write(
      `GET /socket.io/?${query} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}\r\nSec-WebSocket-Version: 13\r\n${extraHeaders}\r\n`,
    );
    await this.seen(/^HTTP\/1.1 101 [\s\S]*?\r\n\r\n/);
    return this;
  }

  end() {
    this.socket.destroy();
  }
}

// One WebSocket frame with a payload of less than 64 KiB.
export function frame(payload, { opcode = 1, fin = true, mask = true } = {}) {
  const data = Buffer.from(payload);
  const length = data.length < 126 ? [data.length] : [126, data.length >> 8, data.length & 255];
  const head = Buffer.from([(fin ? 0x80 : 0) | opcode, length[0] | (mask ? 0x80 : 0), ...length.slice(1)]);
  if (!mask) return Buffer.concat([head, data]);
  const key = randomBytes(4);
  return Buffer.concat([head, key, data.map((byte, index) => byte ^ key[index % 4])]);
}

// Tries `probe` until it gives a true value: for effects that nothing announces.
export async function eventually(probe, what = "it") {
  for (let tries = 0; tries < 500; ++tries) {
    const value = await probe();
    if (value) return value;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`${what} did not happen in 10 s`);
}
