// Socket.IO v5 packets on the wire, WebSocket and polling: namespaces, acks, binary, what is malformed.
import { test, before, after, describe } from "node:test";
import assert from "node:assert/strict";
import { official, startServer } from "./support/peer.mjs";
import { PollingSession, SEPARATOR, openSession, openSocket } from "./support/wire.mjs";

let server;
before(async () => { server = await startServer({ namespaces: ["/", "/custom", "/admin"] }); });
after(() => server.stop());

const SID = "[A-Za-z0-9_-]{20}";
const isAlive = async (wire, namespace = "") => {
  wire.send(`42${namespace}99["alive"]`);
  assert.match(await wire.nextPacket(), new RegExp(`^43${namespace}99\\[`));
};

describe("namespaces", () => {
  test("CONNECT is answered with a sid that is not the session's", async () => {
    const wire = await openSession(server);
    wire.send("40");
    const reply = await wire.nextPacket();
    assert.match(reply, new RegExp(`^40\\{"sid":"${SID}"\\}$`));
    assert.ok(!reply.includes(wire.open.sid));
    await wire.close();
  });

  for (const connect of ["40/custom,", "40/custom", '40/custom,{"token":"x"}']) {
    test(`${connect} joins /custom`, async () => {
      const wire = await openSession(server);
      wire.send(connect);
      assert.match(await wire.nextPacket(), new RegExp(`^40/custom,\\{"sid":"${SID}"\\}$`));
      await wire.close();
    });
  }

  for (const name of ["/nope", "/custom/", "/CUSTOM", "/custom?a=b"]) {
    test(`${name} is an invalid namespace and the connection lives on`, async () => {
      const wire = await openSession(server);
      wire.send(`40${name},`);
      assert.equal(await wire.nextPacket(), `44${name},{"message":"Invalid namespace"}`);
      wire.send("40");
      assert.match(await wire.nextPacket(), /^40\{"sid"/);
      await wire.close();
    });
  }

  test("several namespaces share a connection and keep their events apart", async () => {
    const one = await openSocket(server);
    one.send("40/custom,");
    await one.nextPacket();
    const two = await openSocket(server, "/custom,");
    two.send('42/custom,["hello"]');
    assert.equal(await one.nextPacket(), '42/custom,["hello"]');
    await isAlive(one);
    await isAlive(one, "/custom,");
    await Promise.all([one.close(), two.close()]);
  });

  test("DISCONNECT leaves one namespace and gets no reply", async () => {
    const wire = await openSocket(server);
    wire.send("40/custom,");
    await wire.nextPacket();
    wire.send("41/custom,");
    await isAlive(wire);
    wire.send("40/custom,");
    assert.match(await wire.nextPacket(), /^40\/custom,\{"sid"/);
    await wire.close();
  });

  test("a connection without a namespace stays open", async () => {
    const wire = await openSocket(server);
    wire.send("41");
    await wire.roundTrip();
    wire.send("40");
    assert.match(await wire.nextPacket(), /^40\{"sid"/);
    await wire.close();
  });

  test("a client that joins nothing is closed after the connect timeout", async () => {
    const strict = await startServer({ connectTimeout: 100 });
    const [idle, busy] = [await openSession(strict), await openSocket(strict)];
    await idle.closed;
    await isAlive(busy);
    await busy.close();
    await strict.stop();
  });
});

describe("events and acks", () => {
  test("an event with an ack is answered once, with its id", async () => {
    const wire = await openSocket(server);
    wire.send('42456["x",1]', '420["y"]');
    assert.match(await wire.nextPacket(), /^43456\[\{"id":/);
    assert.match(await wire.nextPacket(), /^430\[\{"id":/);
    await wire.close();
  });

  test("an event reaches the others exactly as it was written", async () => {
    const [one, two] = [await openSocket(server), await openSocket(server)];
    const events = [
      '["text","é€😀\\u2028\\"\\\\"]', '["numbers",12345678901234567890,-0.5,1e300]',
      '["nested",{"a":[{"b":null}],"":true}]', '["none"]', '["",1]', '["\\ud800"]',
    ];
    // The official server parses and writes again; what that changes is not asked of it.
    const sent = official ? events.filter((event) => !/1234567890|\\u2028/.test(event)) : events;
    for (const event of sent) one.send(`42${event}`);
    for (const event of sent) assert.equal(await two.nextPacket(), `42${event}`);
    await Promise.all([one.close(), two.close()]);
  });

  test("the sender does not hear itself", async () => {
    const wire = await openSocket(server);
    wire.send('42["echo?"]');
    await isAlive(wire);
    await wire.close();
  });

  test("binary keeps its place, several attachments and nested", async () => {
    const [one, two] = [await openSocket(server), await openSocket(server)];
    const header = '452-["bin",{"a":{"_placeholder":true,"num":0},"b":[1,{"_placeholder":true,"num":1}]}]';
    one.send(header, Buffer.from([1, 2, 3]), Buffer.from([]));
    assert.equal(await two.nextPacket(), header);
    assert.deepEqual(await two.nextPacket(), Buffer.from([1, 2, 3]));
    assert.deepEqual(await two.nextPacket(), Buffer.from([]));
    await Promise.all([one.close(), two.close()]);
  });

  test("a binary event may ask for an ack", async () => {
    const wire = await openSocket(server);
    wire.send('451-12["bin",{"_placeholder":true,"num":0}]', Buffer.from([1]));
    assert.match(await wire.nextPacket(), /^4312\[/);
    await wire.close();
  });

  test("a heartbeat between a packet and its attachment disturbs nothing", async () => {
    const wire = await openSocket(server);
    wire.send('451-12["bin",{"_placeholder":true,"num":0}]', "3", Buffer.from([1]));
    assert.match(await wire.nextPacket(), /^4312\[/);
    await wire.close();
  });

  test("ten attachments pass", async () => {
    const wire = await openSocket(server);
    const places = [...Array(10).keys()].map((num) => `{"_placeholder":true,"num":${num}}`);
    wire.send(`4510-5["ten",${places}]`, ...places.map((_, num) => Buffer.from([num])));
    assert.match(await wire.nextPacket(), /^435\[/);
    await wire.close();
  });

  test("an ack that nobody waits for is ignored", async () => {
    const wire = await openSocket(server);
    wire.send("43123[]", '43123["x"]');
    await isAlive(wire);
    await wire.close();
  });

  test("volatile reaches whoever listens", async () => {
    const [one, two] = [await openSocket(server), await openSocket(server)];
    one.send('427["sio:emit",{"event":"v","args":[1],"volatile":true}]');
    assert.equal(await two.nextPacket(), '42["v",1]');
    assert.match(await one.nextPacket(), /^437\[/);
    await Promise.all([one.close(), two.close()]);
  });
});

describe("rooms", () => {
  test("an event to rooms reaches each member once, without the excepted", async () => {
    const [both, one, excepted, outside, sender] = await Promise.all([1, 2, 3, 4, 5].map(() => openSocket(server)));
    both.send('421["join",["a","b"]]');
    one.send('421["join","b"]');
    excepted.send('421["join",["a","quiet"]]');
    for (const wire of [both, one, excepted]) assert.match(await wire.nextPacket(), /^431\[/);
    sender.send('422["sio:emit",{"event":"news","args":[1],"rooms":["a","b"],"except":["quiet"]}]', '42["end"]');
    for (const wire of [both, one]) assert.equal(await wire.nextPacket(), '42["news",1]');
    for (const wire of [both, one, excepted, outside]) assert.equal(await wire.nextPacket(), '42["end"]');
    await Promise.all([both, one, excepted, outside, sender].map((wire) => wire.close()));
  });

  test("whoever left a room hears no more of it", async () => {
    const [member, sender] = [await openSocket(server), await openSocket(server)];
    member.send('421["join","club"]', '422["leave","club"]');
    await member.nextPacket();
    await member.nextPacket();
    sender.send('42["sio:emit",{"event":"news","rooms":["club"]}]', '42["end"]');
    assert.equal(await member.nextPacket(), '42["end"]');
    await Promise.all([member.close(), sender.close()]);
  });

  test("a socket is a room named by its sid", async () => {
    const [one, two, sender] = [await openSocket(server), await openSocket(server), await openSocket(server)];
    sender.send(`42["sio:emit",{"event":"for you","rooms":["${one.sid}"]}]`, '42["end"]');
    assert.equal(await one.nextPacket(), '42["for you"]');
    assert.equal(await two.nextPacket(), '42["end"]');
    await Promise.all([one.close(), two.close(), sender.close()]);
  });

  test("a polling client is a member like any other", async () => {
    const [sender, session] = [await openSocket(server), await PollingSession.start(server)];
    await session.connect();
    await session.post('421["join","mixed"]');
    await session.until(/431\[/);
    sender.send('42["sio:emit",{"event":"m","args":["x"],"rooms":["mixed"]}]');
    await session.until(/42\["m","x"\]/);
    await sender.close();
  });
});

describe("malformed packets close the connection", () => {
  const malformed = [
    ["a packet type that does not exist", ["47"]],
    ["a letter for a packet type", ["4a"]],
    ["a second CONNECT", ["40"]],
    ["a CONNECT_ERROR from a client", ['44{"message":"x"}']],
    ["an event in a namespace that was not joined", ['42/custom,["x"]']],
    ["an ack in a namespace that was not joined", ["43/custom,1[]"]],
    ["a DISCONNECT of a namespace that was not joined", ["41/custom,"]],
    ["an event after its DISCONNECT", ["41", '42["x"]']],
    ["a payload that is not JSON", ["42[x]"]],
    ["a payload cut short", ['42["x"']],
    ["something behind the payload", ['42["x"]]']],
    ["an event that is an object", ["42{}"]],
    ["an event that is a string", ['42"x"']],
    ["an event without a name", ["42[]"]],
    ["an event named by an object", ["42[{}]"]],
    ["a reserved name", ['42["connect"]']],
    ["another reserved name", ['42["disconnecting",1]']],
    ["an ack that is an object", ["431{}"]],
    ["a DISCONNECT with a payload", ["41{}"]],
    ["a binary event without a count", ['45["x"]']],
    ["a binary event of no attachment", ['450-["x"]']],
    ["a binary event of half an attachment", ['451.5-["x"]']],
    ["eleven attachments", ['4511-["x"]']],
    ["text where an attachment is due", ['451-["x",{"_placeholder":true,"num":0}]', '42["y"]']],
    ["an attachment that nobody announced", [Buffer.from([1])]],
    ["a placeholder that points nowhere", ['451-["x",{"_placeholder":true,"num":1}]', Buffer.from([1])]],
    ["a placeholder whose number is text", ['451-["x",{"_placeholder":true,"num":"0"}]', Buffer.from([1])]],
  ];
  for (const [what, messages] of malformed) {
    test(what, async () => {
      const [bystander, wire] = [await openSocket(server), await openSocket(server)];
      for (const message of messages) {
        wire.send(message);
        await wire.roundTrip();
      }
      await wire.closed;
      await isAlive(bystander);
      await bystander.close();
    });
  }

  for (const payload of ["[]", "null", '"x"', "{"]) {
    test(`CONNECT with ${payload}`, async () => {
      const wire = await openSession(server);
      wire.send(`40${payload}`);
      await wire.closed;
    });
  }

  test("JSON nested too deep, and nobody else notices", async () => {
    const [bystander, wire] = [await openSocket(server), await openSocket(server)];
    if (official) return Promise.all([bystander.close(), wire.close()]);
    wire.send(`42["x",${"[".repeat(5000)}${"]".repeat(5000)}]`);
    await wire.closed;
    await isAlive(bystander);
    await bystander.close();
  });

  test("on polling too", async () => {
    const session = await PollingSession.start(server);
    await session.connect();
    await session.post("42[x]");
    const reply = await session.get();
    assert.ok(reply.status === 400 || reply.text.split(SEPARATOR).at(-1) === "1", reply.text);
  });
});

test("an event without a payload closes or means nothing", async () => {
  const wire = await openSocket(server);
  wire.send("42", '421["alive"]');
  await Promise.race([wire.closed, wire.nextPacket().then((packet) => assert.match(packet, /^431\[/), () => {})]);
  wire.socket.terminate();
});
