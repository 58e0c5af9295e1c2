// A poll that is held for longer than any library's default timeout.
import { test } from "node:test";
import assert from "node:assert/strict";
import { startServer } from "./support/peer.mjs";
import { PollingSession, openSession, openSocket } from "./support/wire.mjs";

test("a poll is held for 36 seconds, and then answered with what came", async () => {
  const server = await startServer({ pingInterval: 60_000, pingTimeout: 60_000 });
  const clock = await startServer({ pingInterval: 3_000 });
  const session = await PollingSession.start(server);
  await session.connect();
  let answered = false;
  const poll = session.get().finally(() => { answered = true; });
  const ticks = await openSession(clock);
  for (let pings = 0; pings < 12; ++pings) {
    assert.equal(await ticks.next(), "2");
    ticks.send("3");
  }
  assert.equal(answered, false);
  const other = await openSocket(server);
  other.send('42["at last"]');
  assert.equal((await poll).text, '42["at last"]');
  await Promise.all([other.close(), ticks.close()]);
  await Promise.all([server.stop(), clock.stop()]);
});
