// Engine.IO v4 over plain HTTP: handshake, long-polling, errors, CORS.
import { test, before, after } from "node:test";
import assert from "node:assert/strict";
import http from "node:http";
import { official, startServer } from "./support/peer.mjs";
import {
  ENGINE, PollingSession, RawConnection, SEPARATOR, eventually, openSocket, request, startRequest,
} from "./support/wire.mjs";

const MAX_PAYLOAD = 10_000;
let server;
before(async () => { server = await startServer({ maxPayload: MAX_PAYLOAD, cors: "https://app.example.org" }); });
after(() => server.stop());

const isGone = async (session) => {
  const reply = await session.post("3");
  return reply.status === 400 && JSON.parse(reply.text || "{}").code === 1;
};

test("the open packet has its five keys in order and nothing else", async () => {
  const reply = await request(server, "GET", `${ENGINE}&transport=polling`);
  assert.equal(reply.status, 200);
  assert.match(reply.text,
    /^0\{"sid":"[A-Za-z0-9_-]{20}","upgrades":\["websocket"\],"pingInterval":25000,"pingTimeout":20000,"maxPayload":10000\}$/);
  assert.equal(reply.headers["content-type"], "text/plain; charset=UTF-8");
  assert.equal(Number(reply.headers["content-length"]), reply.text.length);
  assert.equal(reply.headers["cache-control"], "no-store");
});

test("two sessions never share a sid", async () => {
  const [one, two] = await Promise.all([PollingSession.start(server), PollingSession.start(server)]);
  assert.notEqual(one.sid, two.sid);
});

test("parameters come in any order, and the last of a repeated key counts", async () => {
  const reply = await request(server, "GET",
    "/socket.io/?b=1&transport=bogus&transport=polling&EIO=3&EIO=4&t=abc&sid=");
  assert.equal(reply.status, 200);
});

const refusals = [
  ["no transport", "GET", "/socket.io/?EIO=4", 0, "Transport unknown"],
  ["an unknown transport", "GET", "/socket.io/?EIO=4&transport=pigeon", 0, "Transport unknown"],
  ["an unknown transport before a bad version", "GET", "/socket.io/?EIO=9&transport=pigeon", 0, "Transport unknown"],
  ["an unknown sid", "GET", `${ENGINE}&transport=polling&sid=nobody`, 1, "Session ID unknown"],
  ["a POST without a sid", "POST", `${ENGINE}&transport=polling`, 2, "Bad handshake method"],
  ["a websocket handshake without an upgrade", "GET", `${ENGINE}&transport=websocket`, 3, "Bad request"],
  ["another protocol version", "GET", "/socket.io/?EIO=5&transport=polling", 5, "Unsupported protocol version"],
  ["no protocol version", "GET", "/socket.io/?transport=polling", 5, "Unsupported protocol version"],
];
for (const [what, method, target, code, message] of refusals) {
  test(`${what} is answered with code ${code}`, async () => {
    const reply = await request(server, method, target);
    assert.equal(reply.status, 400);
    assert.equal(reply.text, JSON.stringify({ code, message }));
    assert.match(reply.headers["content-type"], /^application\/json/);
  });
}

test("another version with a known sid is a bad request", async () => {
  const session = await PollingSession.start(server);
  const reply = await request(server, "GET", `/socket.io/?EIO=3&transport=polling&sid=${session.sid}`);
  assert.equal(JSON.parse(reply.text).code, 3);
});

test("websocket as transport of a polling session's request is a bad request", async () => {
  const session = await PollingSession.start(server);
  const reply = await request(server, "GET", `${ENGINE}&transport=websocket&sid=${session.sid}`);
  assert.equal(JSON.parse(reply.text).code, 3);
});

test("the path is matched by its prefix, the slash included", async () => {
  assert.equal((await request(server, "GET", "/socket.io/more/of/it?EIO=4&transport=polling")).status, 200);
  for (const target of ["/socket.io?EIO=4&transport=polling", "/", "/engine.io/?EIO=4&transport=polling"]) {
    const reply = await request(server, "GET", target);
    assert.equal(reply.status, 404, target);
    assert.equal(reply.text, "");
  }
});

test("other methods with a known sid are refused and the session lives on", async () => {
  const session = await PollingSession.start(server);
  for (const method of ["PUT", "DELETE"]) {
    assert.equal((await request(server, method, session.target)).status, 500, method);
  }
  assert.match(await session.connect(), /^[A-Za-z0-9_-]{20}$/);
});

test("a POST is answered with ok", async () => {
  const session = await PollingSession.start(server);
  const reply = await session.post("40");
  assert.equal(reply.status, 200);
  assert.equal(reply.text, "ok");
  assert.equal(reply.headers["content-type"], "text/html");
  assert.equal(reply.headers["content-length"], "2");
  assert.equal(reply.headers["cache-control"], "no-store");
});

test("packets of one payload are handled in order", async () => {
  const session = await PollingSession.start(server);
  await session.connect();
  await session.post(['420["a"]', '421["b"]', '422["c"]'].join(SEPARATOR));
  const text = await session.until(/432\[/);
  assert.match(text, /430\[.*431\[.*432\[/s);
});

test("a poll waits until there is something to say", async () => {
  const session = await PollingSession.start(server);
  await session.connect();
  const poll = session.get();
  const other = await openSocket(server);
  other.send('42["hello","é€😀"]');
  const reply = await poll;
  assert.equal(reply.text, '42["hello","é€😀"]');
  assert.equal(Number(reply.headers["content-length"]), Buffer.byteLength(reply.text));
  await other.close();
});

test("what was said between two polls comes with the next", async () => {
  const session = await PollingSession.start(server);
  await session.connect();
  const other = await openSocket(server);
  other.send('42["one"]', '42["two"]', '429["three"]');
  assert.match(await other.nextPacket(), /^439\[/);
  assert.equal((await session.get()).text, ['42["one"]', '42["two"]', '42["three"]'].join(SEPARATOR));
  await other.close();
});

test("a second poll ends both and the session", async () => {
  const session = await PollingSession.start(server);
  // Which of the two comes first is for the network to say.
  const polls = [1, 2].map(() => session.get({ agent: new http.Agent() }));
  const replies = (await Promise.all(polls)).sort((a, b) => a.status - b.status);
  assert.deepEqual(replies.map(({ status, text }) => [status, text]), [[200, "1"], [400, ""]]);
  assert.ok(await isGone(session));
});

test("a client that gives up its poll is gone", async () => {
  const session = await PollingSession.start(server);
  const { request: poll } = startRequest(server, "GET", session.target);
  poll.end();
  const other = new RawConnection(server.port);
  other.write(`GET ${ENGINE}&transport=polling&sid=${session.sid}x HTTP/1.1\r\nHost: h\r\n\r\n`);
  await other.seen(/ 400 /);
  poll.destroy();
  assert.ok(await eventually(() => isGone(session)));
  other.end();
});

test("octet-stream is refused and ends the session", async () => {
  const session = await PollingSession.start(server);
  const reply = await session.post("40", { "Content-Type": "application/octet-stream" });
  assert.equal(reply.status, 400);
  assert.equal(reply.text, "");
  assert.ok(await isGone(session));
});

test("any other content type will do", async () => {
  const session = await PollingSession.start(server);
  assert.equal((await session.post("40", { "Content-Type": "application/x-www-form-urlencoded" })).status, 200);
});

test("two overlapping POSTs end the session", async () => {
  const session = await PollingSession.start(server);
  const { request: slow } = startRequest(server, "POST", session.target, { headers: { "Content-Length": 10 } });
  slow.write("40");
  const refused = await eventually(async () => {
    const reply = await session.post("3");
    return reply.status === 400 && reply;
  });
  assert.equal(refused.text, "");
  assert.ok(await isGone(session));
  slow.destroy();
});

test("a client that gives up in the middle of a body is gone", async () => {
  const session = await PollingSession.start(server);
  const raw = new RawConnection(server.port);
  raw.write(`POST ${session.target} HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n42["x`);
  await request(server, "GET", "/");
  raw.end();
  assert.ok(await eventually(() => isGone(session)));
});

test("a body of maxPayload bytes passes; one more is 413 and the session lives on", async () => {
  const session = await PollingSession.start(server);
  await session.connect();
  const body = (size) => `420["big","${"x".repeat(size - 13)}"]`;
  assert.equal((await session.post(body(MAX_PAYLOAD))).status, 200);
  await session.until(/430\[/);
  const reply = await session.post(body(MAX_PAYLOAD + 1));
  assert.equal(reply.status, 413);
  assert.equal(reply.text, "");
  await session.post('421["small"]');
  await session.until(/431\[/);
});

test("a payload that does not decode ends the session", async () => {
  for (const body of ["abc", "", "3\x1e", "8x"]) {
    const session = await PollingSession.start(server);
    await session.connect();
    await session.post(body).catch(() => {});
    assert.ok(await eventually(() => isGone(session)), JSON.stringify(body));
  }
});

test("a close packet answers the pending poll with a noop and ends the session", async () => {
  const session = await PollingSession.start(server);
  await session.connect();
  const poll = session.get();
  await request(server, "GET", "/");
  const reply = await session.post("1");
  assert.equal(reply.text, "ok");
  assert.equal((await poll).text, "6");
  assert.ok(await isGone(session));
});

test("packets behind a close packet are dropped", async () => {
  const other = await openSocket(server);
  const session = await PollingSession.start(server);
  await session.connect();
  await session.post(['42["before"]', "1", '42["after"]'].join(SEPARATOR));
  assert.equal(await other.nextPacket(), '42["before"]');
  const third = await openSocket(server);
  third.send('42["end"]');
  assert.equal(await other.nextPacket(), '42["end"]');
  await Promise.all([other.close(), third.close()]);
});

test("binary travels as base64 without a type digit, both ways", async () => {
  const session = await PollingSession.start(server);
  await session.connect();
  const other = await openSocket(server);
  await session.post(['451-["up",{"_placeholder":true,"num":0}]', "bAQIDBA=="].join(SEPARATOR));
  assert.equal(await other.nextPacket(), '451-["up",{"_placeholder":true,"num":0}]');
  assert.deepEqual(await other.nextPacket(), Buffer.from([1, 2, 3, 4]));
  other.send('451-["down",{"_placeholder":true,"num":0}]', Buffer.from([5, 6]));
  assert.equal((await session.until(/\x1eb/)).slice(0, -1),
    ['451-["down",{"_placeholder":true,"num":0}]', "bBQY="].join(SEPARATOR));
  await other.close();
});

test("a preflight is answered for the configured origin", async () => {
  const reply = await request(server, "OPTIONS", `${ENGINE}&transport=polling`, {
    headers: {
      Origin: "https://app.example.org",
      "Access-Control-Request-Method": "POST",
      "Access-Control-Request-Headers": "x-one,x-two",
    },
  });
  assert.equal(reply.status, 204);
  assert.equal(reply.headers["access-control-allow-origin"], "https://app.example.org");
  assert.equal(reply.headers["access-control-allow-methods"], "GET,HEAD,PUT,PATCH,POST,DELETE");
  assert.equal(reply.headers["access-control-allow-headers"], "x-one,x-two");
  assert.match(reply.headers.vary, /Origin/);
});

test("CORS headers are on answers and on errors", async () => {
  const headers = { Origin: "https://app.example.org" };
  for (const target of [`${ENGINE}&transport=polling`, `${ENGINE}&transport=polling&sid=nobody`]) {
    const reply = await request(server, "GET", target, { headers });
    assert.equal(reply.headers["access-control-allow-origin"], "https://app.example.org", target);
  }
});

test("without --cors there is no CORS header", async () => {
  const plain = await startServer();
  const reply = await request(plain, "GET", `${ENGINE}&transport=polling`, { headers: { Origin: "https://x.example" } });
  assert.equal(reply.status, 200);
  assert.equal(reply.headers["access-control-allow-origin"], undefined);
  await plain.stop();
});

test("any origin is told so", async () => {
  const open = await startServer({ cors: "*" });
  const reply = await request(open, "GET", `${ENGINE}&transport=polling`, { headers: { Origin: "https://x.example" } });
  assert.equal(reply.headers["access-control-allow-origin"], "*");
  await open.stop();
});

test("one connection serves one poll after the other", async () => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const session = await PollingSession.start(server, { agent });
  await session.connect();
  for (let id = 0; id < 50; ++id) {
    assert.equal((await session.post(`42${id}["n"]`)).text, "ok");
    assert.match((await session.get()).text, new RegExp(`^43${id}\\[`));
  }
  agent.destroy();
});

test("pipelined requests are answered in order", async () => {
  const raw = new RawConnection(server.port);
  const handshake = `GET ${ENGINE}&transport=polling HTTP/1.1\r\nHost: h\r\n\r\n`;
  raw.write(handshake + handshake + handshake);
  await raw.seen(/( 200 [\s\S]*0\{"sid"[\s\S]*){3}/);
  raw.end();
});

// A server may end the connection instead, behind the answer to the POST: then the GET is made again.
test("a GET that is pipelined behind a POST gets what the POST brings", async () => {
  const session = await PollingSession.start(server);
  const raw = new RawConnection(server.port);
  raw.write(`POST ${session.target} HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n40` +
    `GET ${session.target} HTTP/1.1\r\nHost: h\r\n\r\n`);
  await raw.seen(/ 200 [\s\S]*ok/);
  await Promise.any([raw.seen(/ok[\s\S]* 200 [\s\S]*40\{"sid"/), raw.closed.then(() => session.until(/40\{"sid"/))]);
  raw.end();
});

test("a chunked body is read, or refused at once with 411", async () => {
  const session = await PollingSession.start(server);
  await session.connect();
  const { promise, request: post } = startRequest(server, "POST", session.target,
    { headers: { "Transfer-Encoding": "chunked" } });
  post.write('425["ch');
  post.end('unked"]');
  const reply = await promise;
  if (reply.status === 411) return;
  assert.equal(reply.text, "ok");
  assert.match(await session.until(/435\[/), /435\[/);
});

test("a body that announces itself with Expect is asked for or taken", async () => {
  const session = await PollingSession.start(server);
  await session.connect();
  const raw = new RawConnection(server.port);
  raw.write(`POST ${session.target} HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 8\r\n\r\n`);
  if (official) await raw.seen(/100 Continue/);
  raw.write('426["e"]');
  await raw.seen(/ 200 [\s\S]*ok/);
  assert.match(await session.until(/436\[/), /436\[/);
  raw.end();
});

test("8 KB of headers are read", async () => {
  const reply = await request(server, "GET", `${ENGINE}&transport=polling`, { headers: { Cookie: "c=" + "x".repeat(8000) } });
  assert.equal(reply.status, 200);
});

test("headers that are too large are refused with 431", async () => {
  const raw = new RawConnection(server.port);
  raw.write(`GET ${ENGINE}&transport=polling HTTP/1.1\r\nHost: h\r\nCookie: ${"x".repeat(20_000)}\r\n\r\n`);
  await raw.seen(/^HTTP\/1.1 431 /);
  await raw.closed;
});

test("endless headers end the connection", async () => {
  const raw = new RawConnection(server.port);
  raw.write(`GET ${ENGINE}&transport=polling HTTP/1.1\r\nHost: h\r\nX-Long: ${"x".repeat(100_000)}\r\n\r\n`);
  await raw.closed;
});

test("HTTP/2 is not offered", async () => {
  const raw = new RawConnection(server.port);
  raw.write(`GET ${ENGINE}&transport=polling HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\n` +
    "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n");
  await Promise.any([raw.seen(/^HTTP\/1.1 [24]\d\d /), raw.closed]);
  assert.doesNotMatch(raw.text(), /^HTTP\/1.1 101/);
  raw.end();
});

test("what is not HTTP disturbs nobody", async () => {
  for (const bytes of ["\x16\x03\x01\x02\x00\x01\x00\x01", "GET\r\n\r\n", "\0\0\0\0\r\n\r\n", "GET / HTTP/9.9\r\n\r\n"]) {
    const raw = new RawConnection(server.port);
    raw.write(bytes);
    raw.socket.end();
    await raw.closed;
  }
  assert.equal((await request(server, "GET", `${ENGINE}&transport=polling`)).status, 200);
});

test("a response carries at most 16 packets, as python-engineio requires", async () => {
  if (official) return;
  const session = await PollingSession.start(server);
  await session.connect();
  const other = await openSocket(server);
  for (let n = 0; n < 40; ++n) other.send(`42["n",${n}]`);
  other.send('429["done"]');
  await other.nextPacket();
  const replies = [await session.get(), await session.get(), await session.get()];
  const packets = replies.map((reply) => reply.text.split(SEPARATOR));
  assert.ok(packets.every((some) => some.length <= 16));
  assert.deepEqual(packets.flat(), [...Array(40).keys()].map((n) => `42["n",${n}]`).concat('42["done"]'));
  await other.close();
});
