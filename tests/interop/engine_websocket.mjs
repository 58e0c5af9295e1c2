// Engine.IO v4 over WebSocket: handshake, frames, limits, upgrade from polling, heartbeat.
import { test, before, after, describe } from "node:test";
import assert from "node:assert/strict";
import { official, startServer } from "./support/peer.mjs";
import {
  PollingSession, RawConnection, Wire, frame, openSession, openSocket, openWire, request, wsUrl,
} from "./support/wire.mjs";

const MAX_PAYLOAD = 10_000;
let server;
before(async () => { server = await startServer({ maxPayload: MAX_PAYLOAD }); });
after(() => server.stop());

describe("handshake", () => {
  test("the open packet offers no upgrade", async () => {
    const wire = await openWire(server);
    assert.match(await wire.next(),
      /^0\{"sid":"[A-Za-z0-9_-]{20}","upgrades":\[\],"pingInterval":25000,"pingTimeout":20000,"maxPayload":10000\}$/);
    await wire.close();
  });

  test("compression is not negotiated though the client offers it", async () => {
    const wire = await openSession(server, undefined, { perMessageDeflate: true });
    assert.equal(wire.socket.extensions, "");
    await wire.close();
  });

  const refusals = [
    ["an unknown transport", "EIO=4&transport=pigeon", /Transport unknown/],
    ["an unknown sid", "EIO=4&transport=websocket&sid=nobody", /Session ID unknown/],
  ];
  for (const [what, query, text] of refusals) {
    test(`${what} is refused with 400 and says why`, async () => {
      const wire = new Wire(wsUrl(server, query));
      const error = await wire.opened.then(() => assert.fail("opened"), (error) => error);
      assert.equal(error.status, 400);
      assert.match(error.text, text);
    });
  }

  test("another protocol version is refused before the connection is a WebSocket", async () => {
    if (official) return;
    for (const query of ["EIO=3&transport=websocket", "transport=websocket"]) {
      const wire = new Wire(wsUrl(server, query));
      const error = await wire.opened.then(() => assert.fail("opened"), (error) => error);
      assert.equal(error.status, 400);
      assert.match(error.text, /Unsupported protocol version/);
    }
  });

  test("an upgrade elsewhere is not a WebSocket", async () => {
    const wire = new Wire(wsUrl(server, "EIO=4&transport=websocket", "/elsewhere"));
    await assert.rejects(wire.opened);
  });

  test("a client that asks for a subprotocol gets an answer", async () => {
    const raw = new RawConnection(server.port);
    raw.write("GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n" +
      "Connection: keep-alive, Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: chat, superchat\r\n\r\n");
    await raw.seen(/^HTTP\/1.1 [1-4]\d\d /);
    raw.end();
  });
});

describe("frames", () => {
  const closing = [
    ["a ping, which is the server's to send", "2"],
    ["a probe outside an upgrade", "2probe"],
    ["a packet of no known type", "7"],
    ["an empty message", ""],
    ["what is no packet at all", "hello"],
    ["a message without a Socket.IO packet", "4"],
  ];
  for (const [what, message] of closing) {
    test(`${what} closes the connection without a status`, async () => {
      const wire = await openSession(server);
      wire.send(message);
      assert.equal(await wire.closed, 1005);
    });
  }

  test("a close packet closes at once", async () => {
    if (official) return;
    const wire = await openSession(server);
    wire.send("1");
    assert.equal(await wire.closed, 1005);
  });

  test("packets that mean nothing here are ignored", async () => {
    const wire = await openSocket(server);
    wire.send("0", "3", "3xyz", "5", "6", '421["still here"]');
    assert.match(await wire.nextPacket(), /^431\[/);
    await wire.close();
  });

  test("binary may come as base64 text", async () => {
    const [one, two] = [await openSocket(server), await openSocket(server)];
    one.send('451-["bin",{"_placeholder":true,"num":0}]', "bAQID");
    await two.nextPacket();
    assert.deepEqual(await two.nextPacket(), Buffer.from([1, 2, 3]));
    await Promise.all([one.close(), two.close()]);
  });

  test("a client that cannot take binary gets base64 text", async () => {
    const one = await openSocket(server);
    const two = await openSocket(server, "", "EIO=4&transport=websocket&b64=1");
    one.send('451-["bin",{"_placeholder":true,"num":0}]', Buffer.from([1, 2, 3]));
    await two.nextPacket();
    assert.equal(await two.nextPacket(), "bAQID");
    await Promise.all([one.close(), two.close()]);
  });

  test("a message of maxPayload bytes passes; a larger one closes with 1009", async () => {
    const wire = await openSocket(server);
    const message = (size) => `427["big","${"x".repeat(size - 13)}"]`;
    wire.send(message(MAX_PAYLOAD));
    assert.match(await wire.nextPacket(), /^437\[/);
    wire.send(message(MAX_PAYLOAD + 100));
    assert.equal(await wire.closed, 1009);
  });

  test("a message in many fragments is one message", async () => {
    const raw = await new RawConnection(server.port).upgrade();
    raw.write(frame("40"));
    await raw.seen(/40\{"sid"/);
    raw.write(frame("42", { fin: false }));
    for (const part of ['3["fr', "agm", "ents"]) raw.write(frame(part, { opcode: 0, fin: false }));
    raw.write(frame('"]', { opcode: 0 }));
    await raw.seen(/433\[/);
    raw.end();
  });

  test("a frame that arrives byte by byte is one frame", async () => {
    const raw = await new RawConnection(server.port).upgrade();
    raw.socket.setNoDelay(true);
    for (const byte of frame("40")) raw.write(Buffer.from([byte]));
    await raw.seen(/40\{"sid"/);
    raw.end();
  });

  test("an unmasked frame closes with 1002", async () => {
    const raw = await new RawConnection(server.port).upgrade();
    raw.write(frame("40", { mask: false }));
    await raw.seen(/\x88\x02\x03\xea/);
    await raw.closed;
  });

  // Of several in one segment at least one: what RFC 6455 (5.5.3) asks for is the most recent, what
  // libwebsockets answers is the first.
  test("a WebSocket ping is answered, several in one segment at least once", async () => {
    const raw = await new RawConnection(server.port).upgrade();
    raw.write(Buffer.concat([1, 2, 3, 4].map((n) => frame(`ping-${n}`, { opcode: 9 }))));
    await raw.seen(/\x8a\x06ping-[1-4]/);
    raw.write(frame("last", { opcode: 9 }));
    await raw.seen(/\x8a\x04last/);
    raw.end();
  });

  test("a client that sends and leaves at once is still heard", async () => {
    const listener = await openSocket(server);
    for (let n = 0; n < 20; ++n) {
      const raw = await new RawConnection(server.port).upgrade();
      raw.write(frame("40"));
      await raw.seen(/40\{"sid"/);
      raw.socket.end(Buffer.concat([frame(`42["bye",${n}]`), frame("", { opcode: 8 })]));
      assert.equal(await listener.nextPacket(), `42["bye",${n}]`);
      raw.end();
    }
    await listener.close();
  });

  test("text that is not UTF-8 closes the connection", async () => {
    const raw = await new RawConnection(server.port).upgrade();
    raw.write(frame("40"));
    await raw.seen(/40\{"sid"/);
    raw.write(frame(Buffer.from([0x34, 0x32, 0x5b, 0x22, 0xff, 0xfe, 0x22, 0x5d])));
    await raw.seen(/\x88[\x00-\x7d]/);
    raw.end();
  });
});

describe("upgrade", () => {
  const upgradeQuery = (session) => `EIO=4&transport=websocket&sid=${session.sid}`;

  test("a probe is answered, the poll released, and all goes on over WebSocket", async () => {
    const session = await PollingSession.start(server);
    const sid = await session.connect();
    const poll = session.get();
    const wire = await openWire(server, upgradeQuery(session));
    wire.send("2probe");
    assert.equal(await wire.next(), "3probe");
    assert.equal((await poll).text, "6");
    wire.send("5", '421["upgraded"]');
    assert.match(await wire.nextPacket(), /^431\[/);
    assert.match(sid, /^[A-Za-z0-9_-]{20}$/);
    const late = await session.get();
    assert.equal(late.status, 400);
    assert.equal(JSON.parse(late.text).code, 3);
    await wire.close();
  });

  test("until the switch everything goes through polling", async () => {
    const session = await PollingSession.start(server);
    await session.connect();
    const other = await openSocket(server);
    const wire = await openWire(server, upgradeQuery(session));
    wire.send("2probe");
    assert.equal(await wire.next(), "3probe");
    other.send('42["meanwhile"]');
    await session.until(/42\["meanwhile"\]/);
    assert.deepEqual(wire.messages, []);
    wire.send("5");
    other.send('42["afterwards"]');
    assert.equal(await wire.nextPacket(), '42["afterwards"]');
    await Promise.all([wire.close(), other.close()]);
  });

  test("what waited for a poll is sent on the WebSocket", async () => {
    const session = await PollingSession.start(server);
    await session.connect();
    const other = await openSocket(server);
    other.send('42["one"]', '423["two"]');
    assert.match(await other.nextPacket(), /^433\[/);
    const wire = await openWire(server, upgradeQuery(session));
    wire.send("2probe");
    assert.equal(await wire.next(), "3probe");
    wire.send("5");
    assert.equal(await wire.nextPacket(), '42["one"]');
    assert.equal(await wire.nextPacket(), '42["two"]');
    await Promise.all([wire.close(), other.close()]);
  });

  for (const first of ["2foo", "42[\"x\"]", "6"]) {
    test(`${first} instead of a probe closes only the WebSocket`, async () => {
      const session = await PollingSession.start(server);
      await session.connect();
      const wire = await openWire(server, upgradeQuery(session));
      wire.send(first);
      assert.equal(await wire.closed, 1005);
      await session.post('421["here"]');
      await session.until(/431\[/);
    });
  }

  test("a WebSocket lost before the switch leaves the session on polling", async () => {
    const session = await PollingSession.start(server);
    await session.connect();
    const wire = await openWire(server, upgradeQuery(session));
    wire.send("2probe");
    assert.equal(await wire.next(), "3probe");
    wire.socket.terminate();
    await session.post('421["here"]');
    await session.until(/431\[/);
  });

  test("a second WebSocket for an upgraded session is closed and the first goes on", async () => {
    const session = await PollingSession.start(server);
    await session.connect();
    const wire = await openWire(server, upgradeQuery(session));
    wire.send("2probe");
    await wire.next();
    wire.send("5");
    const second = new Wire(wsUrl(server, upgradeQuery(session)));
    await Promise.race([second.closed, second.opened.catch(() => {})]);
    wire.send('421["here"]');
    assert.match(await wire.nextPacket(), /^431\[/);
    await wire.close();
  });

  test("a WebSocket session is not taken over by another WebSocket", async () => {
    if (official) return;
    const wire = await openSession(server);
    wire.send("40");
    await wire.next();
    const thief = new Wire(wsUrl(server, `EIO=4&transport=websocket&sid=${wire.open.sid}`));
    await thief.opened.then(() => thief.send("2probe", "5"), () => {});
    wire.send('421["mine"]');
    assert.match(await wire.nextPacket(), /^431\[/);
    assert.deepEqual(thief.messages.filter((message) => message !== "3probe"), []);
    thief.socket.terminate();
    await wire.close();
  });
});

describe("heartbeat", () => {
  let quick;
  before(async () => { quick = await startServer({ pingInterval: 300, pingTimeout: 200 }); });
  after(() => quick.stop());

  const stateOf = async (session) => {
    const reply = await request(quick, "POST", session.target, { body: "3", headers: { "Content-Length": 1 } });
    return reply.status === 200 ? "alive" : JSON.parse(reply.text).message;
  };

  test("the server pings and a client that answers stays", async () => {
    const wire = await openSession(quick);
    for (let n = 0; n < 3; ++n) {
      assert.equal(await wire.next(), "2");
      wire.send("3");
    }
    await wire.close();
  });

  test("a WebSocket client that does not answer is closed without a status", async () => {
    const wire = await openSession(quick);
    assert.equal(await wire.next(), "2");
    assert.equal(await wire.closed, 1005);
  });

  test("a polling client is pinged through its poll", async () => {
    const session = await PollingSession.start(quick);
    for (let n = 0; n < 3; ++n) {
      assert.equal((await session.get()).text, "2");
      assert.equal((await session.post("3")).text, "ok");
    }
  });

  test("a polling client that does not answer is forgotten", async () => {
    const session = await PollingSession.start(quick);
    assert.equal((await session.get()).text, "2");
    const reply = await session.get();
    assert.ok(reply.text === "1" || reply.status === 400);
    assert.equal(await stateOf(session), "Session ID unknown");
  });

  test("a polling client that never polls is forgotten", async () => {
    const session = await PollingSession.start(quick);
    const clock = await openSession(quick);
    for (let n = 0; n < 3; ++n) {
      assert.equal(await clock.next(), "2");
      clock.send("3");
    }
    assert.equal(await stateOf(session), "Session ID unknown");
    await clock.close();
  });

  test("the heartbeat goes on after an upgrade", async () => {
    const session = await PollingSession.start(quick);
    const wire = await openWire(quick, `EIO=4&transport=websocket&sid=${session.sid}`);
    wire.send("2probe");
    assert.equal(await wire.next(), "3probe");
    wire.send("5");
    for (let n = 0; n < 3; ++n) {
      assert.equal(await wire.next(), "2");
      wire.send("3");
    }
    await wire.close();
  });
});
