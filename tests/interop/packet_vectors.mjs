// The golden wire forms of packets, read by the official parser: what our decoder accepts it accepts,
// and the other way round, except for the few that the vector file calls stricter.
import { readFileSync } from "node:fs";
import { Decoder } from "socket.io-parser";

const path = new URL("../vectors/packets.txt", import.meta.url);
const lines = readFileSync(path, "utf8").split("\n");

function bytes(wire) {
  const parts = wire.split(/(\\x[0-9a-f]{2})/);
  return Buffer.concat(
    parts.map((part, i) => (i % 2 ? Buffer.from(part.slice(2), "hex") : Buffer.from(part))),
  );
}

function accepts(message) {
  const decoder = new Decoder();
  try {
    decoder.add(message.toString());
    decoder.destroy();
    return true;
  } catch {
    return false;
  }
}

let checked = 0;
for (let i = 0; i < lines.length; i++) {
  if (lines[i] === "" || lines[i].startsWith("#")) continue;
  const [what, wire, meaning] = lines.slice(i, i + 3);
  i += 2;
  const official = accepts(bytes(wire));
  const ours = !meaning.startsWith("! ");
  const stricter = what.endsWith("(stricter)");
  if (official !== (ours || stricter)) {
    console.error(`${what}: ${wire}\n  official: ${official}, ours: ${ours}`);
    process.exitCode = 1;
  }
  checked++;
}
console.log(`${checked} packets`);
if (checked < 50) throw new Error("the vector file is cut short");
