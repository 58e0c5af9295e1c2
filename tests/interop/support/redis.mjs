// A Redis server of the test's own, on a unix socket in a directory of its own.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "redis";

export async function startRedis(...config) {
  const directory = mkdtempSync(join(tmpdir(), "sio-redis-"));
  process.on("exit", () => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, "redis.sock");
  const redis = {
    path,
    url: `redis+unix://${path}`,
    clients: [],
    child: null,
    // Resolves when it takes commands.
    async start() {
      const child = spawn("redis-server", ["--port", "0", "--unixsocket", path, "--save", "",
        "--dir", directory, ...config], { stdio: ["ignore", "pipe", "inherit"] });
      redis.child = child;
      child.stdout.setEncoding("utf8");
      await new Promise((resolve, reject) => {
        let output = "";
        child.stdout.on("data", (text) => {
          output += text;
          if (/ready to accept connections/i.test(output)) resolve();
        });
        child.on("error", () => reject(new Error("redis-server is missing: package redis-server")));
        child.on("exit", () => reject(new Error(`redis-server ended\n${output}`)));
      });
    },
    async kill() {
      const ended = new Promise((resolve) => redis.child.once("exit", resolve));
      redis.child.kill("SIGKILL");
      await ended;
    },
    // A client of Node.js, connected.
    async client() {
      const client = createClient({ socket: { path, reconnectStrategy: () => 20 } });
      client.on("error", () => {});
      await client.connect();
      redis.clients.push(client);
      return client;
    },
    async stop() {
      for (const client of redis.clients) client.destroy?.() ?? await client.disconnect();
      await redis.kill();
    },
  };
  await redis.start();
  return redis;
}
