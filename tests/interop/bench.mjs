// `sio bench` against the official server: acks, events sent back, relaying, and servers that do none of
// it.
import { test, before, after, describe } from "node:test";
import assert from "node:assert/strict";
import { runSio, startOfficialServer } from "./support/peer.mjs";

const prepare = (io) => {
  io.of("/").on("connection", (socket) => {
    socket.on("bench", (text, ack) => ack?.(text));
    socket.on("again", (text) => socket.emit("again", text));
    socket.on("bytes", (text, ack) => ack(Buffer.from(text)));
    socket.on("relay", (text) => socket.broadcast.emit("relay", text));
    socket.on("twice", (text) => socket.broadcast.emit("twice", text) && socket.broadcast.emit("twice", text));
  });
  io.of("/closed").use((_, next) => next(new Error("members only")));
  let count = 0;
  io.of("/drops").on("connection", (socket) => {
    socket.on("bench", (_, ack) => (++count === 50 ? socket.disconnect(true) : ack()));
  });
  io.of("/loses").on("connection", (socket) => {
    socket.on("relay", (text) => text.includes("000003") || socket.broadcast.emit("relay", text));
  });
};

const total = ({ errors }) => Object.values(errors).reduce((sum, count) => sum + count);

for (const transport of ["websocket", "polling"]) {
  describe(`the official server, over ${transport}`, () => {
    let server;
    before(async () => { server = await startOfficialServer(prepare, { connectionStateRecovery: {} }); });
    after(() => server.stop());
    const bench = async (...args) => {
      const done = await runSio("bench", "-s", server.url, "--transport", transport, ...args);
      const [report] = done.records();
      return { ...done, report };
    };

    test("echo is an ack, whatever it carries", async () => {
      for (const event of ["bench", "bytes"]) {
        const { status, stderr, report } = await bench("-e", event, "-c", "300", "-C", "10");
        assert.equal(status, 0, stderr);
        const { server: name, transport: by, clients, sent, done, received, lost, doubled } = report;
        assert.deepEqual([name, by, clients, sent, done, received, lost, doubled],
          [null, transport, 10, 300, 300, 300, 0, 0]);
        assert.equal(total(report), 0);
      }
    });

    test("echo is the event itself, sent back", async () => {
      const { status, stderr, report } = await bench("-e", "again", "-c", "200", "-C", "4", "--rate", "1000");
      assert.equal(status, 0, stderr);
      assert.deepEqual([report.done, report.received, report.lost], [200, 200, 0]);
    });

    test("publish needs no answer of the application", async () => {
      const { status, stderr, report } = await bench("-e", "nobody hears", "--mode", "publish", "-c", "2000", "-C", "4");
      assert.equal(status, 0, stderr);
      assert.deepEqual([report.sent, report.done, report.lost], [2000, 2000, 0]);
    });

    test("fanout counts what everybody got", async () => {
      const { status, stderr, report } = await bench("-e", "relay", "--mode", "fanout", "-c", "100", "-C", "8");
      assert.equal(status, 0, stderr);
      assert.deepEqual([report.sent, report.done, report.received, report.lost, report.doubled],
        [100, 100, 800, 0, 0]);
    });

    test("connect makes and ends connections", async () => {
      const { status, stderr, report } = await bench("--mode", "connect", "-c", "60", "-C", "6");
      assert.equal(status, 0, stderr);
      assert.deepEqual([report.sent, report.done], [60, 60]);
    });

    test("a refused client is a refused load", async () => {
      const { status, stderr } = await bench("-n", "closed", "-c", "1");
      assert.equal(status, 4);
      assert.match(stderr, /members only/);
    });
  });
}

describe("servers in the way", () => {
  let server;
  before(async () => { server = await startOfficialServer(prepare); });
  after(() => server.stop());
  const bench = async (...args) => {
    const done = await runSio("bench", "-s", server.url, ...args);
    return { ...done, report: done.records()[0] };
  };

  test("what comes twice is counted", async () => {
    const { status, report } = await bench("-e", "twice", "--mode", "fanout", "-c", "50", "-C", "4");
    assert.equal(status, 1);
    assert.equal(report.received, 200);
    assert.ok(report.doubled >= 196, `${report.doubled} doubled`);
  });

  test("a lost delivery is counted, and a lost connection", async () => {
    const [loses, drops] = await Promise.all([
      bench("-n", "loses", "-e", "relay", "--mode", "fanout", "-c", "10", "-C", "4"),
      bench("-n", "drops", "-c", "100", "-C", "4"),
    ]);
    assert.equal(loses.status, 7);
    assert.deepEqual([loses.report.lost, loses.report.received], [4, 36]);
    assert.equal(drops.status, 6);
    assert.deepEqual([drops.report.errors.disconnected, drops.report.lost, drops.report.done], [1, 1, 99]);
  });

  test("a mode that this server has not says so", async () => {
    const [echo, fanout, replay] = await Promise.all([
      bench("-e", "unknown", "-C", "2"), bench("-e", "unknown", "--mode", "fanout", "-C", "2"), bench("--mode", "replay"),
    ]);
    assert.equal(echo.status, 7);
    assert.match(echo.stderr, /did not answer/);
    assert.equal(fanout.status, 2);
    assert.match(fanout.stderr, /did not send an event on/);
    assert.equal(replay.status, 2);
    assert.match(replay.stderr, /not a sio server/);
  });
});
