// Two `sio serve` nodes and an official server with its Redis adapter are one cluster, whoever asks
// and whoever answers.
import { test, before, after, describe } from "node:test";
import assert from "node:assert/strict";
import { createAdapter } from "@socket.io/redis-adapter";
import { createAdapter as createStreamsAdapter } from "@socket.io/redis-streams-adapter";
import { encode } from "@msgpack/msgpack";
import { Emitter } from "@socket.io/redis-emitter";
import { io } from "socket.io-client";
import { runSio, sio, startOfficialServer, startServer } from "./support/peer.mjs";
import { startRedis } from "./support/redis.mjs";

const clients = [];
const next = (emitter, event) =>
  new Promise((resolve) => emitter.once(event, (...args) => resolve(args)));
const textOf = async (url) => (await fetch(url, { headers: { Connection: "close" } })).text();
const ask = (socket, ...args) => new Promise((resolve) => socket.emit(...args, resolve));

const seenTimes = (server, pattern, times) =>
  server.command.seen(new RegExp(`(?:${pattern}[^]*){${times}}`), "stderr");

// A client that remembers what it was sent: [name, args…] each.
async function connect(server, { ns = "/", ...options } = {}) {
  const socket = io(server.url + ns, { forceNew: true, ...options });
  clients.push(socket);
  socket.got = [];
  const waiting = [];
  socket.onAny((...event) => {
    socket.got.push(event);
    for (const check of [...waiting]) check();
  });
  // Resolves with everything up to the event `name`, and forgets it.
  socket.upTo = (name) => new Promise((resolve) => {
    const check = () => {
      const at = socket.got.findIndex((event) => event[0] === name);
      if (at < 0) return;
      waiting.splice(waiting.indexOf(check), 1);
      resolve(socket.got.splice(0, at + 1).slice(0, at));
    };
    waiting.push(check);
    check();
  });
  await next(socket, "connect");
  return socket;
}

// What @socket.io/redis-streams-emitter writes: entries of the stream.
class StreamEmitter {
  constructor(client, rooms = []) {
    Object.assign(this, { client, rooms });
  }
  in(room) {
    return new StreamEmitter(this.client, [...this.rooms, room]);
  }
  to(room) {
    return this.in(room);
  }
  add(type, data, packed = JSON.stringify(data)) {
    return this.client.xAdd("tenant", "*", { uid: "emitter", nsp: "/", type, data: packed });
  }
  emit(...event) {
    const data = { packet: { type: 2, data: event, nsp: "/" },
      opts: { rooms: this.rooms, flags: {}, except: [] } };
    const isBinary = event.some((arg) => Buffer.isBuffer(arg));
    return this.add("3", data, isBinary ? Buffer.from(encode(data)).toString("base64") : undefined);
  }
  socketsJoin(room) {
    return this.add("4", { opts: { rooms: this.rooms, except: [] }, rooms: [room] });
  }
}

const adapters = {
  streams: {
    query: "?adapter=streams&key=tenant&stream=tenant",
    adapter: async (redis) =>
      createStreamsAdapter(await redis.client(), { streamName: "tenant", channelPrefix: "tenant" }),
    emitter: async (redis) => new StreamEmitter(await redis.client()),
  },
  "pub/sub": {
    query: "?key=tenant",
    async adapter(redis) {
      const [pub, sub] = [await redis.client(), await redis.client()];
      return createAdapter(pub, sub, { key: "tenant" });
    },
    emitter: async (redis) => new Emitter(await redis.client(), { key: "tenant" }),
  },
};

for (const [name, kind] of Object.entries(adapters)) describe(`a cluster over ${name}`, () => {
  let redis, a, b, node, url;
  let onA, onB, onNode;

  before(async () => {
    redis = await startRedis();
    url = redis.url + kind.query;
    [a, b] = await Promise.all([1, 2].map(() =>
      startServer({ flags: ["--store", "memory", "--cluster", url] })));
    node = await startOfficialServer(
      (server) => {
        server.on("connection", (socket) => socket.on("relay", (...args) =>
          socket.broadcast.emit("relayed", ...args)));
        server.of("/late").on("connection", () => {});
      },
      { adapter: await kind.adapter(redis) });
    await node.io.of("/").adapter.serverCount();
    [onA, onB, onNode] = await Promise.all([connect(a), connect(b), connect(node)]);
    // Whoever subscribes to Redis is counted.
    while (await node.io.of("/").adapter.serverCount() < 3) await new Promise(setImmediate);
  });
  after(async () => {
    for (const client of clients.splice(0)) client.close();
    await Promise.all([a.stop(), b.stop(), node.stop()]);
    await redis.stop();
  });

  const everybody = () => [onA, onB, onNode];
  // Everything that `sender` sent before, or its server if that is the official one, has come
  // everywhere when this has. What the others were sent.
  const settled = async (sender) => {
    const heard = everybody().map((each) => each !== sender || each === onNode ? each.upTo("mark") : []);
    if (sender === onNode) {
      node.io.emit("mark");
    } else {
      await ask(sender, "mark");
      sender.got.splice(0);
    }
    return (await Promise.all(heard)).filter((_, i) => everybody()[i] !== sender);
  };

  test("an event reaches everybody once, whichever server it was given to", async () => {
    const bytes = Buffer.from([0, 255, 7]);
    onA.emit("from a", 1, { deep: [bytes] }, "é\u0000\\");
    assert.deepEqual(await settled(onA),
      [[["from a", 1, { deep: [bytes] }, "é\u0000\\"]], [["from a", 1, { deep: [bytes] }, "é\u0000\\"]]]);
    onB.emit("from b");
    assert.deepEqual(await settled(onB), [[["from b"]], [["from b"]]]);
    node.io.emit("from node", bytes, [null, 2.5, -7, 2 ** 40], new Date(86_400_000));
    const seen = [[["from node", bytes, [null, 2.5, -7, 2 ** 40], "1970-01-02T00:00:00.000Z"]]];
    assert.deepEqual(await settled(onNode), [seen[0], seen[0]]);
  });

  test("rooms and exceptions hold everywhere", async () => {
    await ask(onA, "join", ["red", "blue"]);
    await ask(onB, "join", "red");
    node.io.sockets.sockets.get(onNode.id).join("red");
    onA.emit("sio:emit", { event: "to red", rooms: ["red"], except: [onB.id] });
    assert.deepEqual(await settled(onA), [[], [["to red"]]]);
    node.io.to(["red", "blue"]).except(onNode.id).emit("to both");
    node.io.to(onB.id).emit("to b");
    assert.deepEqual(await settled(onNode), [[["to both"]], [["to both"], ["to b"]]]);
    onB.emit("sio:emit", { event: "to node's", rooms: [onNode.id] });
    assert.deepEqual(await settled(onB), [[], [["to node's"]]]);
  });

  test("each server keeps what was published anywhere, under ids of its own", async () => {
    onA.emit("kept", { n: 1 });
    await settled(onA);
    node.io.emit("kept", { n: 2 });
    node.io.volatile.emit("kept", { n: 3 });
    await settled(onNode);
    const ids = [];
    for (const server of [a, b]) {
      const { stdout } = await runSio("replay", "-s", server.url, "kept");
      const records = stdout.trim().split("\n").map((line) => JSON.parse(line));
      assert.deepEqual(records.map((record) => record.args), [[{ n: 1 }], [{ n: 2 }]]);
      assert.equal(records[0].from, onA.id);
      ids.push(records[0].id.split("-")[0]);
    }
    assert.notEqual(ids[0], ids[1]);
  });

  test("a publisher's key is known to all", async () => {
    const once = (server) => runSio("emit", "-s", server.url, "--id", "key-1", "once");
    await once(a);
    await settled(onA);
    await once(b);
    await once(a);
    const heard = await settled(onB);
    assert.deepEqual(heard, [[], []]);
  });

  test("an official server finds, moves and asks the sockets of all", async () => {
    const found = await node.io.fetchSockets();
    assert.deepEqual(found.map(({ id }) => id).sort(), everybody().map(({ id }) => id).sort());
    const remote = found.find(({ id }) => id === onA.id);
    assert.deepEqual(Object.keys(remote.handshake).sort(),
      ["address", "auth", "headers", "issued", "query", "secure", "time", "url", "xdomain"]);
    assert.equal(remote.handshake.query.EIO, "4");
    assert.ok(remote.rooms.has(onA.id));

    node.io.in([onA.id, onB.id]).socketsJoin(["moved", "more"]);
    node.io.in(onB.id).socketsLeave("more");
    node.io.to("moved").emit("moved");
    node.io.to("more").emit("more");
    assert.deepEqual(await settled(onNode), [[["moved"], ["more"]], [["moved"]]]);
    const members = await node.io.in("moved").fetchSockets();
    assert.deepEqual(members.map(({ id }) => id).sort(), [onA.id, onB.id].sort());

    onA.on("add", (x, y, answer) => answer(x + y));
    onB.on("add", (x, y, answer) => answer(Buffer.from([x, y])));
    onNode.on("add", (x, y, answer) => answer({ sum: x + y }));
    const answers = await node.io.timeout(5_000).emitWithAck("add", 2, 3);
    assert.equal(answers.length, 3);
    assert.ok(answers.includes(5));
    assert.ok(answers.some((answer) => Buffer.isBuffer(answer) && answer[1] === 3));
    assert.deepEqual(await node.io.timeout(5_000).to("nobody is there").emitWithAck("add", 2, 3), []);
    await settled(onNode);
  });

  test("an official server is not left waiting for what only servers say", async () => {
    assert.deepEqual(await node.io.serverSideEmitWithAck("hello"), [null, null]);
    node.io.serverSideEmit("hello");
    if (node.io.of("/").adapter.allRooms) {
      const rooms = await node.io.of("/").adapter.allRooms();
      for (const room of [onA.id, onB.id, onNode.id, "moved"]) assert.ok(rooms.has(room), room);
    }
  });

  test("a namespace is shared before its first client is let in", async () => {
    const late = await connect(b, { ns: "/late" });
    const found = await node.io.of("/late").fetchSockets();
    assert.deepEqual(found.map(({ id }) => id), [late.id]);
    const heard = late.upTo("mark");
    node.io.of("/late").emit("mark");
    await heard;
    node.io.of("/late").disconnectSockets(true);
    assert.deepEqual(await next(late, "disconnect").then(([reason]) => reason), "io server disconnect");
  });

  test("an emitter without a server is heard", async () => {
    const emitter = await kind.emitter(redis);
    emitter.emit("from an emitter", Buffer.from("x"));
    emitter.in(onB.id).socketsJoin("of the emitter");
    emitter.to("of the emitter").emit("only b");
    const heard = Promise.all(everybody().map((each) => each.upTo("mark")));
    emitter.emit("mark");
    const all = ["from an emitter", Buffer.from("x")];
    assert.deepEqual(await heard, [[all], [all, ["only b"]], [all]]);
  });

  // With a key of its own: official servers fall over some of this.
  test("what makes no sense disturbs nobody", async () => {
    const c = await startServer({ flags: ["--store", "memory", "--cluster", url.replaceAll("tenant", "junk")] });
    const onC = await connect(c);
    const stray = await redis.client();
    const channels = ["junk#/#", "junk#/#red#", "junk-request#/#"];
    const junk = [Buffer.from([0x93]), Buffer.from("{"), Buffer.from('{"type":99}'), Buffer.from("[]"),
      Buffer.from([0x93, 0xa1, 0x78, 0x80, 0x80]), Buffer.alloc(3000, 0x91), Buffer.from("\xff\xfe", "latin1"),
      Buffer.from('{"type":2,"opts":7}'), Buffer.from('{"type":0,"requestId":1}')];
    for (const channel of channels)
      for (const bytes of junk) await stray.publish(channel, bytes);
    const entries = [{ nsp: "/", type: "3", data: "{" }, { nsp: "/", type: "x", uid: "y" },
      { nsp: "/", type: "3", data: "!!!" }, { other: "1" }];
    for (const fields of entries) await stray.xAdd("junk", "*", fields);
    const d = await startServer({ flags: ["--store", "none", "--cluster", url.replaceAll("tenant", "junk")] });
    const heard = onC.upTo("still here");
    const onD = await connect(d);
    onD.emit("still here");
    assert.deepEqual(await heard, []);
    assert.match(c.log(), /a message of the cluster is left out: /);
    assert.ok(c.log().split("left out").length < 12, "at a bounded rate");
    const figures = await textOf(`${c.url}/metrics`);
    assert.match(figures, /^sio_cluster_malformed_total [1-9]/m);
    [onC, onD].forEach((each) => each.close());
    await Promise.all([c.stop(), d.stop()]);
  });

  test("an application's words reach the sockets of all", async () => {
    const script = `echo '{"type":"options"}'; while read -r line; do case $line in
      *'"event":"go"'*)
        echo '{"type":"join","sid":"${onA.id}","rooms":["app"]}'
        echo '{"type":"event","event":"app says","args":[1],"to":["app"]}'
        echo '{"type":"event","event":"add","args":[4,5],"to":["${onA.id}"],"ack":9}' ;;
      *'"type":"ack"'*'"args":[9]'*) echo '{"type":"event","event":"mark"}' ;;
    esac; done`;
    const c = await startServer({ flags: ["--store", "none", "--app", script, "--cluster", url] });
    const onC = await connect(c);
    const heard = Promise.all([...everybody(), onC].map((each) => each.upTo("mark")));
    onC.emit("go");
    const [atA, ...others] = await heard;
    // What asks for an ack may take another road.
    assert.deepEqual(atA.map(([event]) => event).sort(), ["add", "app says"]);
    assert.deepEqual(others, [[], [], []]);
    onC.close();
    await c.stop();
  });

  if (name === "streams") test("nothing is lost with a connection to Redis", async () => {
    const stray = await redis.client();
    await stray.sendCommand(["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]);
    const emitter = new StreamEmitter(stray);
    for (let n = 0; n < 100; ++n) await emitter.emit("meanwhile", n);
    await emitter.emit("mark");
    const [atA, atB] = await Promise.all([onA, onB].map((each) => each.upTo("mark")));
    await onNode.upTo("mark");
    const all = Array.from({ length: 100 }, (_, n) => ["meanwhile", n]);
    assert.deepEqual([atA, atB], [all, all]);
    await Promise.all([a, b].map((server) => seenTimes(server, "the cluster is back", 1)));
  });

  test("what Redis does not take is not kept without end", async () => {
    redis.child.kill("SIGSTOP");
    const large = Buffer.alloc(900_000);
    for (let n = 0; n < 24; ++n) await ask(onA, "large", large);
    await a.command.seen(/gap: other servers miss an event of this one: /, "stderr");
    redis.child.kill("SIGCONT");
    const figures = await textOf(`${a.url}/metrics`);
    assert.match(figures, /^sio_cluster_not_sent_total [1-9]/m);
    const heard = await settled(onA);
    for (const each of heard)
      assert.ok(each.length > 0 && each.length < 24 && each.every(([event]) => event === "large"));
  });

  test("the servers go on alone while Redis is away, and together when it is back", async () => {
    const neighbour = await connect(a);
    const before = a.log().split("the cluster is away").length - 1;
    await redis.kill();
    await Promise.all([a, b].map((server) => seenTimes(server, "the cluster is away", before + 1)));
    onA.emit("alone", 1);
    while (!neighbour.got.some(([event]) => event === "alone")) await next(neighbour, "alone");
    const stranger = await connect(a, { ns: "/opened meanwhile" });
    stranger.close();
    await redis.start();
    await Promise.all([a, b].map((server) =>
      seenTimes(server, "the cluster is back after \\d+ s; gap: ", before + 1)));
    while (await node.io.of("/").adapter.serverCount().catch(() => 0) < 3)
      await new Promise(setImmediate);
    everybody().forEach((each) => each.got.splice(0));
    onB.emit("together");
    // What was published alone comes late, to those that are back when it does.
    const heard = (await settled(onB)).map((each) => each.filter(([event]) => event !== "alone"));
    assert.deepEqual(heard, [[["together"]], [["together"]]]);
    const figures = await textOf(`${a.url}/metrics`);
    assert.match(figures, /^sio_cluster_connected 1$/m);
    assert.match(figures, /^sio_cluster_connections_lost_total [1-9]/m);
    neighbour.close();
  });
});

describe("--cluster", () => {
  test("says at the start that Redis is not there, and leaves with 3", async () => {
    const { status, stderr } = await runSio("serve", "--store", "none", "--cluster",
      "redis+unix:///nowhere/redis.sock", "127.0.0.1:0");
    assert.equal(status, 3);
    assert.match(stderr, /--cluster: connect unix:\/nowhere\/redis\.sock: No such file.*serve alone/);
  });

  test("logs in, and never shows the password", async () => {
    const redis = await startRedis("--user", "sio", "on", ">open sesame", "~*", "&*", "+@all");
    const url = (password) => redis.url.replace("//", `//sio:${password}@`) + "?db=3";
    const good = sio("serve", "--store", "none", "-vv", "--cluster", url("open%20sesame"), "127.0.0.1:0");
    await good.seen(/^listening/m, "stderr");
    const bad = await runSio("serve", "--store", "none", "-vv", "--cluster", url("wrong%20one"), "127.0.0.1:0");
    assert.equal(bad.status, 3);
    assert.match(bad.stderr, /WRONGPASS/);
    await good.stop();
    for (const text of [good.stderr, bad.stderr]) assert.doesNotMatch(text, /sesame|wrong.one/);
    await redis.stop();
  });
});
