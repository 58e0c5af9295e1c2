// Starts what a test talks to. The server under test is `sio serve`, $SIO; with SIO_PEER=official it
// is the official server made to behave like it, which is how a test is known to ask for the
// protocol and not for an accident.
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Server } from "socket.io";
import msgpack from "socket.io-msgpack-parser";

export const official = process.env.SIO_PEER === "official";
export const SIO = process.env.SIO ?? "sio";
// In front of what a test gives to every `sio serve`: `--threads 2`.
const serveOptions = (process.env.SIO_SERVE_OPTIONS ?? "").split(" ").filter(Boolean);

// Where a server keeps its queue when nobody says.
const stateHome = mkdtempSync(join(tmpdir(), "sio-state-"));
process.on("exit", () => rmSync(stateHome, { recursive: true, force: true }));

const cleanEnvironment = () => {
  const env = { ...process.env, NO_COLOR: "1", SIO_CONFIG: "", XDG_STATE_HOME: stateHome };
  for (const name of ["SIO_URL", "SIO_AUTH", "http_proxy", "https_proxy", "all_proxy"]) delete env[name];
  return env;
};

// A running `sio ARG...`: its lines, its text so far, its end.
export class Command {
  constructor(args, { input } = {}) {
    this.stdout = "";
    this.stderr = "";
    this.waiting = new Set();
    const serves = args[0] === "serve";
    const given = serves ? ["serve", ...serveOptions, ...args.slice(1)] : args;
    this.child = spawn(SIO, given, { env: cleanEnvironment(), stdio: ["pipe", "pipe", "pipe"] });
    this.child.stdin.on("error", () => {});
    if (input !== undefined) this.child.stdin.end(input);
    for (const stream of ["stdout", "stderr"]) {
      this.child[stream].setEncoding("utf8");
      this.child[stream].on("data", (text) => {
        this[stream] += text;
        for (const check of this.waiting) check();
      });
    }
    this.exited = new Promise((resolve) => {
      this.child.on("close", (code, signal) => {
        this.ended = true;
        resolve(code ?? signal);
        for (const check of this.waiting) check();
      });
    });
  }

  // Resolves once `stream` holds what `pattern` describes.
  seen(pattern, stream = "stdout") {
    return new Promise((resolve, reject) => {
      const check = () => {
        const match = this[stream].match(pattern);
        if (match) resolve(match);
        else if (this.ended) reject(new Error(`left without ${pattern}\n${this.stdout}\n${this.stderr}`));
        else return;
        this.waiting.delete(check);
      };
      this.waiting.add(check);
      check();
    });
  }

  records() {
    return this.stdout.split("\n").filter(Boolean).map((line) => JSON.parse(line));
  }

  async stop(signal = "SIGTERM") {
    if (!this.ended) this.child.kill(signal);
    return this.exited;
  }
}

export function sio(...args) {
  const options = typeof args.at(-1) === "object" ? args.pop() : {};
  return new Command(args, options);
}

// Runs `sio ARG...` to its end.
export async function runSio(...args) {
  const command = sio(...args);
  if (typeof args.at(-1) !== "object") command.child.stdin.end();
  const status = await command.exited;
  return { status, stdout: command.stdout, stderr: command.stderr, records: () => command.records() };
}

const toFlags = (options) => {
  const flags = [];
  const add = (name, value) => value !== undefined && flags.push(name, String(value));
  add("--ping-interval", options.pingInterval && `${options.pingInterval}ms`);
  add("--ping-timeout", options.pingTimeout && `${options.pingTimeout}ms`);
  add("--connect-timeout", options.connectTimeout && `${options.connectTimeout}ms`);
  add("--max-payload", options.maxPayload);
  add("--cors", options.cors);
  add("--path", options.path);
  add("--parser", options.parser);
  if (options.allowEio3) flags.push("--allow-eio3");
  for (const ns of options.namespaces ?? []) add("--ns", ns);
  return [...flags, ...(options.flags ?? [])];
};

async function startSio(options) {
  const server = sio("serve", ...toFlags(options), `127.0.0.1:${options.port ?? 0}`);
  const [, url] = await server.seen(/^listening (\S+)$/m, "stderr");
  return {
    url,
    port: Number(new URL(url).port),
    command: server,
    log: () => server.stderr,
    stop: () => server.stop(),
  };
}

// What `sio serve` does with events, in terms of the official server.
function behaveLikeABroker(io, namespaces) {
  let lastId = 0;
  const receipt = () => ({ id: `#official-${++lastId}` });
  const onConnection = (socket) => {
    socket.onAny((event, ...args) => {
      const ack = typeof args.at(-1) === "function" ? args.pop() : () => {};
      if (event === "join" || event === "leave") {
        for (const room of [args[0]].flat()) event === "join" ? socket.join(room) : socket.leave(room);
        return ack({ rooms: [...socket.rooms].filter((room) => room !== socket.id) });
      }
      let target = socket.broadcast;
      let { event: name, args: values } = { event, args };
      if (event === "sio:emit") {
        const request = args[0];
        if (request.rooms?.length) target = socket.to(request.rooms);
        if (request.except?.length) target = target.except(request.except);
        if (request.volatile) target = target.volatile;
        name = request.event;
        values = request.args ?? [];
      }
      target.emit(name, ...values);
      ack(receipt());
    });
  };
  for (const ns of namespaces) io.of(ns).on("connection", onConnection);
}

// An official server on a port, and how to end it.
async function listening(http, io, port = 0) {
  http.listen(port, "127.0.0.1");
  await once(http, "listening");
  const { port: found } = http.address();
  return {
    url: `http://127.0.0.1:${found}`,
    port: found,
    io,
    log: () => "",
    stop: async () => {
      const closed = io.close();
      http.closeAllConnections();
      await closed;
    },
  };
}

async function startOfficial(options) {
  const http = createServer((_, response) => response.writeHead(404).end());
  const io = new Server({
    pingInterval: options.pingInterval ?? 25000,
    pingTimeout: options.pingTimeout ?? 20000,
    connectTimeout: options.connectTimeout ?? 45000,
    maxHttpBufferSize: options.maxPayload ?? 1e6,
    path: options.path ?? "/socket.io",
    serveClient: false,
    allowEIO3: options.allowEio3 ?? false,
    ...(options.parser === "msgpack" ? { parser: msgpack } : {}),
    ...(options.cors ? { cors: { origin: options.cors } } : {}),
  });
  io.attach(http);
  behaveLikeABroker(io, options.namespaces ?? ["/", /^\/.*/]);
  return listening(http, io, options.port);
}

// The server under test. Options: pingInterval pingTimeout connectTimeout maxPayload cors path
// namespaces allowEio3 parser ("msgpack") port, and flags for `sio serve` alone.
export const startServer = (options = {}) => (official ? startOfficial(options) : startSio(options));

// An official server of the test's own making: `prepare(io)` adds its handlers. Options are its own,
// and port.
export async function startOfficialServer(prepare, { port: wanted = 0, ...options } = {}) {
  const http = createServer((_, response) => response.writeHead(404).end());
  const io = new Server(http, { serveClient: false, ...options });
  prepare(io);
  return listening(http, io, wanted);
}
