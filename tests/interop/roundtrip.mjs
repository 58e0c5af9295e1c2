// `listen | emit -` and `replay | emit -` are identities: random events of every kind go from server to
// server through pipes, and nothing changes but ids, times and senders. The seed is printed; SIO_SEED=…
// runs it again.
import { test, before, after } from "node:test";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SIO, runSio, sio, startOfficialServer } from "./support/peer.mjs";

const seed = Number(process.env.SIO_SEED ?? randomInt(2 ** 32));
console.log(`SIO_SEED=${seed}`);
const EVENTS = 1500;
const NAMESPACES = ["/", "/second", "/dritter/Ö"];
const ROOMS = ["a", "room with space", "räume/\u2028\"\\"];

// --- Random events, as text: what a number or a string looks like is part of what must not change.

let state = seed;
const random = () => {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = Math.imul(state ^ (state >>> 15), state | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
};
const below = (n) => Math.floor(random() * n);
const pick = (list) => list[below(list.length)];
const some = (n, make) => Array.from({ length: below(n + 1) }, make);
const hex4 = (n) => n.toString(16).padStart(4, "0");
const digits = (n) => Array.from({ length: 1 + below(n) }, () => below(10)).join("");

const codePoint = () => {
  const n = pick([() => 0x20 + below(0x60), () => 0x80 + below(0x780), () => below(0x10000), () => 0x10000 + below(0x100000)])();
  if (n < 0x20 || (n >= 0xd800 && n <= 0xdfff)) return "\\u" + pick([hex4(n), hex4(n).toUpperCase()]);
  const text = String.fromCodePoint(n);
  return text === '"' || text === "\\" ? "\\" + text : text;
};
const characters = [
  codePoint, codePoint, codePoint,
  () => pick(["\\n", "\\r", "\\t", "\\b", "\\f", "\\/", '\\"', "\\\\", "\\u0000", "\\u2028", "\u2028", "\u2029", "\u007f", "\u0085", "\ufeff", "\uffff"]),
  () => "\\u" + hex4(0xd800 + below(0x800)),
  () => "\\ud83d\\ude00",
  () => pick(["$binary", "_placeholder", "😀", "é", "e\u0301", "{", "}]", "42[", "\\u0022"]),
];
const string = () => `"${some(8, () => pick(characters)()).join("")}"`;

const integer = () => pick(["", "-"]) + pick(["0", "1" + digits(40), "9007199254740993", "18446744073709551615", "9223372036854775808"]);
const number = () => integer() + pick(["", "", "." + digits(20)]) + pick(["", "", pick(["e", "E"]) + pick(["", "+", "-"]) + digits(3)]);
const binary = () => `{"$binary":"${Buffer.from(some(40, () => below(256))).toString("base64")}"}`;
const escapedBinary = (depth) => `{"${"$".repeat(2 + below(3))}binary":${value(depth - 1)}}`;
const key = () => pick([string, () => '"$binary"', () => '"_placeholder"', () => '"num"', () => '""', () => '"__proto__x"'])();
const object = (depth) => {
  const members = new Map(some(4, () => [key(), value(depth - 1)]));
  members.set(`"k${below(3)}"`, value(depth - 1)); // so that none is an escaped binary by accident
  members.delete('"_placeholder"');
  const names = new Set();
  return `{${[...members].filter(([name]) => {
    const plain = JSON.parse(name);
    return !names.has(plain) && names.add(plain);
  }).map(([name, text]) => `${name}:${text}`).join(",")}}`;
};
let binariesLeft = 0;
function value(depth) {
  const kinds = [string, string, number, number, () => pick(["true", "false", "null", "[]", "{}", "-0", "1e400", "-1e-400"])];
  if (depth > 0) kinds.push(() => object(depth), () => `[${some(4, () => value(depth - 1)).join(",")}]`, () => escapedBinary(depth));
  if (binariesLeft > 0) kinds.push(() => { binariesLeft -= 1; return binary(); });
  return pick(kinds)();
}
const name = () => {
  const text = `"${some(4, () => pick([codePoint, () => pick(["order.", "\\n", "\\u0000", "😀", "*", " "])])()).join("")}x"`;
  return random() < 0.1 ? digits(5).replace(/^0+(?=.)/, "") : text.replace(/\\u[dD][89a-fA-F]../g, "?");
};
const event = ({ rooms }) => {
  binariesLeft = 3;
  return {
    ns: pick(NAMESPACES),
    event: name(),
    args: `[${some(4, () => value(1 + below(6))).join(",")}]`,
    rooms: rooms && random() < 0.4 ? ROOMS.filter(() => random() < 0.5) : [],
  };
};
const deep = { ns: "/", event: '"deep"', args: `[${"[".repeat(400)}1${"]".repeat(400)}]`, rooms: [] };

const toLine = ({ ns, event: name, args, rooms }) =>
  `{"event":${name},"args":${args},"ns":${JSON.stringify(ns)}${rooms.length ? `,"rooms":${JSON.stringify(rooms)}` : ""}}\n`;

// What must not change of a printed record, as text.
const kept = (line) => {
  const match = /^\{"type":"event","time":"[^"]*","ns":("(?:[^"\\]|\\.)*"),"event":("(?:[^"\\]|\\.)*"|[^,]*),"args":(\[.*\]),"id":"#[^"]*"(.*)\}$/su.exec(line);
  assert.ok(match, `a record: ${line}`);
  const rooms = /"rooms":(\[(?:"(?:[^"\\]|\\.)*",?)*\])/su.exec(match[4]);
  return { ns: JSON.parse(match[1]), event: match[2], args: match[3], rooms: rooms ? JSON.parse(rooms[1]) : [] };
};
const lines = (text) => text.split("\n").filter(Boolean);

// Names are compared by what they mean: an escape may be spelled in another way.
const comparable = ({ ns, event: name, args, rooms }) => ({ ns, event: JSON.parse(name), args, rooms: [...rooms].sort() });
// A namespace is a conversation of its own: order is kept within each.
const byNamespace = (records) => NAMESPACES.flatMap((ns) => records.filter((record) => record.ns === ns));
const assertSame = (got, want, what) => {
  assert.equal(got.length, want.length, what);
  const wanted = byNamespace(want);
  byNamespace(got).forEach((record, i) =>
    assert.deepEqual(comparable(record), comparable(wanted[i]), `${what}, event ${i}, SIO_SEED=${seed}`));
};

// --- Servers and pipes

const folder = mkdtempSync(join(tmpdir(), "sio-roundtrip-"));
const servers = [];
const startServer = async (store) => {
  const server = sio("serve", "--store", join(folder, store), "127.0.0.1:0");
  servers.push(server);
  const [, url] = await server.seen(/^listening (\S+)$/m, "stderr");
  return url;
};
const everywhere = NAMESPACES.flatMap((ns) => ["-n", ns]);
const replay = async (url) => {
  const { status, stdout, stderr } = await runSio("replay", url, ...everywhere);
  assert.equal(status, 0, stderr);
  return lines(stdout).map(kept);
};
// Runs `sio A | sio B` as a shell does. Resolves when both have ended.
const pipe = (from, to) => {
  const [source, sink] = [spawn(SIO, from, { stdio: ["ignore", "pipe", "pipe"] }), spawn(SIO, to, { stdio: ["pipe", "ignore", "inherit"] })];
  source.stdout.pipe(sink.stdin);
  let talk = "";
  source.stderr.on("data", (text) => { talk += text; });
  const ended = Promise.all([source, sink].map((child) => new Promise((resolve) => child.on("close", resolve))));
  const joined = async (count) => {
    while (talk.split("joined namespace").length <= count && source.exitCode === null) await new Promise((go) => source.stderr.once("data", go));
  };
  return { ended, joined };
};

const events = [...Array.from({ length: EVENTS }, () => event({ rooms: true })), deep];
let a;
before(async () => {
  a = await startServer("a");
  const { status, stderr } = await runSio("emit", a, "-", { input: events.map(toLine).join("") });
  assert.equal(status, 0, stderr);
});
after(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  rmSync(folder, { recursive: true, force: true });
});

test("what goes into a queue comes out of it", async () => {
  assertSame(await replay(a), events, "replay of A");
});

test("replay | emit - is the identity", async () => {
  const b = await startServer("b");
  const { ended } = pipe(["replay", a, ...everywhere], ["emit", b, "-"]);
  assert.deepEqual(await ended, [0, 0]);
  assertSame(await replay(b), events, "replay of B");
});

test("replay of a store's directory | emit - is the identity", async () => {
  const b = await startServer("b-directory");
  const { ended } = pipe(["replay", "--input", join(folder, "a")], ["emit", b, "-"]);
  assert.deepEqual(await ended, [0, 0]);
  assertSame(await replay(b), events, "replay of B");
});

test("listen | emit - is the identity, with what is live", async () => {
  const [live, b] = await Promise.all([startServer("live"), startServer("b-live")]);
  const rooms = ROOMS.flatMap((room) => ["-r", room]);
  const bridge = pipe(["listen", live, ...everywhere, ...rooms, "-c", String(events.length), "-v"], ["emit", b, "-"]);
  await bridge.joined(NAMESPACES.length);
  const { status, stderr } = await runSio("emit", live, "-", { input: events.map(toLine).join("") });
  assert.equal(status, 0, stderr);
  assert.deepEqual(await bridge.ended, [0, 0]);
  assertSame(await replay(b), events, "replay of B");
});

test("the official server between two pipes changes only what JSON.parse does", async () => {
  const plain = Array.from({ length: 500 }, () => event({ rooms: false }));
  const relay = await startOfficialServer((io) => {
    for (const ns of NAMESPACES)
      io.of(ns).on("connection", (socket) => socket.onAny((name, ...args) => socket.broadcast.emit(name, ...args)));
  });
  try {
    const d = await startServer("d");
    const bridge = pipe(["listen", relay.url, ...everywhere, "-c", String(plain.length), "-v"], ["emit", d, "-"]);
    await bridge.joined(NAMESPACES.length);
    const { status, stderr } = await runSio("emit", relay.url, "-", { input: plain.map(toLine).join("") });
    assert.equal(status, 0, stderr);
    assert.deepEqual(await bridge.ended, [0, 0]);
    const meant = (record) => ({ ...record, args: JSON.parse(JSON.stringify(JSON.parse(record.args))) });
    assertSame((await replay(d)).map(meant), plain.map(meant), "replay of D");
  } finally {
    await relay.stop();
  }
});
