// Every way to fail that is known of servers and of what stands in front of them, set up for real:
// `sio ping` names the layer, says what happened and what to change, and leaves with the documented
// status; `sio emit` with the same options says the same.
import { test, before, after, describe } from "node:test";
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { createRequire } from "node:module";
import { createServer as createTcpServer } from "node:net";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Server } from "socket.io";
import parser from "socket.io-msgpack-parser";
import { WebSocketServer } from "ws";
import { runSio, startOfficialServer } from "./support/peer.mjs";

const place = mkdtempSync(join(tmpdir(), "sio-ping-"));
const inPlace = (name) => join(place, name);
const cleanUp = [];
after(async () => {
  for (const stop of cleanUp.reverse()) await stop();
  rmSync(place, { recursive: true, force: true });
});

// --- Servers

async function listening(server) {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanUp.push(() => new Promise((done) => {
    server.closeAllConnections?.();
    server.close(done);
  }));
  return server.address().port;
}

async function official(options, prepare = () => {}) {
  const server = await startOfficialServer(prepare, options);
  cleanUp.push(() => server.stop());
  return server;
}

// A TCP server that does `talk` with each connection.
async function tcp(talk) {
  const sockets = new Set();
  const port = await listening(createTcpServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    talk(socket);
  }));
  cleanUp.push(() => sockets.forEach((socket) => socket.destroy()));
  return `http://127.0.0.1:${port}`;
}

function certificate(name, names, ...days) {
  const files = { cert: inPlace(`${name}.crt`), key: inPlace(`${name}.key`) };
  execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
    ...days, "-subj", `/CN=${name}`, "-addext", `subjectAltName=${names}`,
    "-keyout", files.key, "-out", files.cert], { stdio: "ignore" });
  return files;
}

// One that was good yesterday. `openssl req` knows no past.
function expiredCertificate() {
  const files = certificate("expired", "IP:127.0.0.1", "-days", "2");
  const request = inPlace("expired.csr");
  execFileSync("openssl", ["x509", "-x509toreq", "-in", files.cert, "-signkey", files.key, "-out", request],
    { stdio: "ignore" });
  writeFileSync(inPlace("index"), "");
  writeFileSync(inPlace("serial"), "01\n");
  writeFileSync(inPlace("ca.conf"), `[ca]
default_ca = own
[own]
database = ${inPlace("index")}
serial = ${inPlace("serial")}
new_certs_dir = ${place}
default_md = sha256
policy = any
x509_extensions = extensions
[any]
commonName = supplied
[extensions]
subjectAltName = IP:127.0.0.1
`);
  execFileSync("openssl", ["ca", "-batch", "-selfsign", "-config", inPlace("ca.conf"), "-in", request,
    "-keyfile", files.key, "-startdate", "20200101000000Z", "-enddate", "20200201000000Z", "-out", files.cert],
    { stdio: "ignore" });
  return files;
}

async function officialOverTls(files, options = {}) {
  const http = createHttpsServer({ key: readFileSync(files.key), cert: readFileSync(files.cert), ...options });
  const io = new Server(http, { serveClient: false });
  const port = await listening(http);
  cleanUp.push(() => io.close());
  return `https://127.0.0.1:${port}`;
}

// nginx with one server for each of `servers` (name -> what is in its block), each on a unix socket.
async function nginx(servers, upstreams) {
  const blocks = Object.entries(servers).map(([name, { listen = "", body }]) =>
    `server { listen unix:${inPlace(name)}.sock${listen}; ${body} }`);
  const groups = Object.entries(upstreams).map(([name, ports]) =>
    `upstream ${name} { ${ports.map((port) => `server 127.0.0.1:${port};`).join(" ")} }`);
  writeFileSync(inPlace("passwords"), "user:{PLAIN}secret\n");
  writeFileSync(inPlace("nginx.conf"), `daemon off; master_process off; pid ${inPlace("nginx.pid")};
error_log ${inPlace("nginx.log")};
events {}
http {
  access_log off;
  ${["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => `${kind}_temp_path ${inPlace(kind)};`).join(" ")}
  ${groups.join("\n  ")}
  ${blocks.join("\n  ")}
}
`);
  const child = spawn("/usr/sbin/nginx", ["-c", inPlace("nginx.conf"), "-p", place, "-e", inPlace("nginx.log")],
    { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (text) => { said += text; });
  child.on("error", () => assert.fail("nginx: package nginx-light"));
  cleanUp.push(async () => {
    child.kill("SIGTERM");
    if (child.exitCode === null) await once(child, "exit");
  });
  const last = Object.keys(servers).at(-1);
  while (!existsSync(inPlace(`${last}.sock`))) {
    assert.equal(child.exitCode, null, said);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function python() {
  const script = fileURLToPath(new URL("support/python_server.py", import.meta.url));
  const child = spawn("/usr/bin/python3", ["-W", "ignore", script], { stdio: ["pipe", "pipe", "inherit"] });
  cleanUp.push(() => child.stdin.end());
  const [line] = await once(child.stdout, "data");
  return String(line).trim();
}

// --- What is asked

// Runs ping, which must leave with `status` because of `layer` (none: there is a session).
// `problems` are layers that do not work although there is a session.
async function ping(args, { status, layer, message, hint, data, problems = [], seen = {} }) {
  const done = await runSio("ping", "-c", "1", "-W", "5s", ...args);
  const said = `sio ping ${args.join(" ")}\n${done.stdout}${done.stderr}`;
  assert.equal(done.status, status, said);
  const records = done.records();
  const summary = records.at(-1);
  assert.deepEqual([summary.type, summary.code, summary.layer], ["summary", status, layer], said);
  const bad = records.filter((record) => record.ok === false && record.type === "layer");
  assert.deepEqual(bad.map((record) => record.layer), [...problems.map(([name]) => name), ...(layer ? [layer] : [])], said);
  for (const [index, [, wanted]] of problems.entries()) assert.match(bad[index].message + " " + bad[index].hint, wanted, said);
  for (const record of bad) assert.ok(done.stderr.includes(`${record.message} (${record.hint})`), said);
  if (layer) {
    assert.match(bad.at(-1).message, message, said);
    assert.match(bad.at(-1).hint, hint, said);
    assert.deepEqual(bad.at(-1).data, data, said);
  }
  const names = records.filter((record) => record.type === "layer").map((record) => record.layer);
  assert.equal(new Set(names).size, names.length, said);
  for (const [name, facts] of Object.entries(seen)) {
    const record = records.find((one) => one.layer === name);
    for (const [fact, wanted] of Object.entries(facts)) assert.match(String(record?.[fact]), wanted, said);
  }
  if (layer) await emitSaysTheSame(args, status, bad.at(-1));
}

async function emitSaysTheSame(args, status, failure) {
  const done = await runSio("emit", "-W", "5s", ...args, "event");
  assert.equal(done.status, status, `sio emit ${args.join(" ")}: ${done.stderr}`);
  assert.ok(done.stderr.includes(failure.hint), `${done.stderr}\nhas not: ${failure.hint}`);
}

describe("below HTTP", () => {
  test("a name that is not there", () => ping(["http://no-such-host.invalid"],
    { status: 3, layer: "dns", message: /no-such-host\.invalid/, hint: /name right/ }));

  test("a port and a socket where nobody listens", async () => {
    await ping(["http://127.0.0.1:1"], { status: 3, layer: "tcp", message: /refused/, hint: /sio serve 1/ });
    await ping([`unix:${inPlace("none")}`], { status: 3, layer: "tcp", message: /No such file/, hint: /sio serve unix:/ });
  });

  // The kernel drops what does not fit a backlog, as a firewall does.
  test("an address that swallows what is sent to it", async () => {
    const child = spawn("/usr/bin/python3", ["-c", `import socket, sys
server = socket.socket()
server.bind(("127.0.0.1", 0))
server.listen(0)
fill = [socket.socket() for _ in range(8)]
for one in fill:
    one.setblocking(False)
    one.connect_ex(server.getsockname())
print(server.getsockname()[1], flush=True)
sys.stdin.read()`], { stdio: ["pipe", "pipe", "inherit"] });
    cleanUp.push(() => child.stdin.end());
    const [port] = await once(child.stdout, "data");
    const done = await runSio("ping", `http://127.0.0.1:${Number(port)}`, "-W", "300ms");
    assert.deepEqual([done.status, done.records().at(-1).layer], [3, "tcp"], done.stdout);
    assert.match(done.stderr, /connect 127.*no answer within 0\.3s \(host down, or a firewall/);
  });

  test("a server that takes connections and is silent", async () => {
    const url = await tcp(() => {});
    const done = await runSio("ping", url, "-W", "300ms");
    assert.equal(done.status, 3, done.stderr);
    assert.match(done.stderr, /no answer.*nothing answers/);
    assert.equal(done.records().at(-1).layer, "http");
  });

  test("a server that is no HTTP server, and one that hangs up", async () => {
    const mail = await tcp((socket) => socket.write("220 mail.example ESMTP\r\n"));
    await ping([mail], { status: 5, layer: "http", message: /not speak HTTP/, hint: /HTTP port/ });
    const rude = await tcp((socket) => socket.once("data", () => socket.end()));
    await ping([rude], { status: 3, layer: "http", message: /without an answer/, hint: /TLS\? then https:/ });
  });
});

describe("TLS", () => {
  test("a certificate that nobody signed, and one for another name", async () => {
    const own = certificate("own", "IP:127.0.0.1", "-days", "2");
    const url = await officialOverTls(own);
    await ping([url], { status: 3, layer: "tls", message: /self-signed certificate \(CN=own/, hint: /--cacert FILE/ });
    await ping([url, "--cacert", own.cert], { status: 0, seen: { tls: { version: /TLSv1/, subject: /CN=own/, names: /127\.0\.0\.1/ } } });
    await ping([url, "-k"], { status: 0 });
    const other = certificate("chat.example", "DNS:chat.example", "-days", "2");
    await ping([await officialOverTls(other), "--cacert", other.cert],
      { status: 3, layer: "tls", message: /mismatch \(it is for chat\.example\)/, hint: /name the certificate is for/ });
  });

  test("a certificate whose time is over", async () => {
    const files = expiredCertificate();
    await ping([await officialOverTls(files), "--cacert", files.cert],
      { status: 3, layer: "tls", message: /expired.*until 2020-02-01/, hint: /new certificate/ });
  });

  test("a server that wants a certificate of ours", async () => {
    const files = certificate("both", "IP:127.0.0.1", "-days", "2");
    const url = await officialOverTls(files, { requestCert: true, rejectUnauthorized: true, ca: readFileSync(files.cert) });
    await ping([url, "-k"], { status: 3, layer: "tls", message: /may want a certificate/, hint: /--cert, --key/ });
    await ping([url, "-k", "--cert", files.cert, "--key", files.key], { status: 0 });
  });

  test("TLS where there is none, and none where there is TLS", async () => {
    const { port } = await official();
    await ping([`https://127.0.0.1:${port}`],
      { status: 3, layer: "tls", message: /does not speak TLS/, hint: new RegExp(`http://127.0.0.1:${port}`) });
    const url = await officialOverTls(certificate("plain", "IP:127.0.0.1", "-days", "2"));
    await ping([url.replace("https", "http")],
      { status: 3, layer: "http", message: /./, hint: new RegExp(url) });
  });

  test("a server of an old version of TLS", async () => {
    const files = certificate("old", "IP:127.0.0.1", "-days", "2");
    const url = await officialOverTls(files, { maxVersion: "TLSv1.1", minVersion: "TLSv1", ciphers: "DEFAULT@SECLEVEL=0" });
    await ping([url, "-k"], { status: 3, layer: "tls", message: /handshake failed/, hint: /version or cipher/ });
  });
});

describe("what is no Socket.IO", () => {
  test("a web site, an empty 404, another path", async () => {
    const site = await listening(createHttpServer((_, response) => response.end("<!DOCTYPE html><title>Welcome</title>")));
    await ping([`http://127.0.0.1:${site}`], { status: 5, layer: "path", message: /HTTP 200: a web page/, hint: /--path/ });
    const { url } = await official({ path: "/live" });
    await ping([url], { status: 5, layer: "path", message: /HTTP 404/, hint: /\/socket\.io\/: another --path/, seen: { http: { status: /404/ } } });
    await ping([url, "--path", "/live"], { status: 0, seen: { path: { path: /\/live\// } } });
  });

  test("a plain WebSocket server", async () => {
    const http = createHttpServer((_, response) => response.writeHead(426).end("Upgrade Required"));
    const websockets = new WebSocketServer({ server: http });
    cleanUp.push(() => websockets.clients.forEach((socket) => socket.terminate()));
    websockets.on("connection", (socket) => socket.send("welcome"));
    const url = `http://127.0.0.1:${await listening(http)}`;
    const done = await runSio("ping", url);
    assert.deepEqual([done.status, done.records().at(-1).layer], [5, "path"], done.stderr);
    assert.match(done.stderr, /a WebSocket server, but not Socket\.IO/);
    await ping([url, "--transport", "websocket"], { status: 5, layer: "engine", message: /./, hint: /version 3 or later/ });
  });

  test("a server of version 2", async () => {
    const http = createHttpServer();
    const io = createRequire(import.meta.url)("socket.io-2")(http, { serveClient: false });
    const url = `http://127.0.0.1:${await listening(http)}`;
    cleanUp.push(() => io.close());
    const done = await runSio("ping", url);
    assert.deepEqual([done.status, done.records().at(-1).layer], [5, "engine"], done.stdout);
    assert.match(done.stderr, /Engine\.IO v3 server.*needs v3 or later/);
    await ping([url, "--transport", "websocket"], { status: 5, layer: "engine", message: /Socket\.IO v2 server/, hint: /needs v3 or later/ });
    await ping([url, "--transport", "polling"], { status: 5, layer: "engine", message: /Engine\.IO v3 server/, hint: /needs v3 or later/ });
  });

  test("a server that wants another version of Engine.IO", async () => {
    const port = await listening(createHttpServer((_, response) => {
      response.writeHead(400, { "Content-Type": "application/json" });
      response.end('{"code":5,"message":"Unsupported protocol version"}');
    }));
    await ping([`http://127.0.0.1:${port}`], { status: 5, layer: "engine", message: /Unsupported protocol/, hint: /Engine\.IO v4/ });
  });
});

describe("transports", () => {
  test("one that is switched off", async () => {
    const polling = await official({ transports: ["polling"] });
    const off = /websocket is switched off on the server: --transport polling/;
    await ping([polling.url], { status: 0, problems: [["upgrade", /no upgrade to websocket/], ["websocket", off]] });
    await ping([polling.url, "--transport", "websocket"], { status: 3, layer: "websocket", message: /Transport unknown/, hint: off });
    const websocket = await official({ transports: ["websocket"] });
    const on = /polling is switched off on the server: --transport websocket/;
    await ping([websocket.url], { status: 0, problems: [["polling", on]] });
    await ping([websocket.url, "--transport", "polling"], { status: 3, layer: "polling", message: /Transport unknown/, hint: on });
    const stays = await official({ allowUpgrades: false });
    await ping([stays.url], { status: 0, problems: [["upgrade", /allowUpgrades/]] });
  });
});

describe("a proxy in front", () => {
  const upgrade = 'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";';
  const unix = (name) => `unix:${inPlace(name)}.sock`;
  before(async () => {
    const one = await official();
    const two = await official();
    const gone = await official();
    await gone.stop();
    const files = certificate("nginx", "DNS:localhost", "-days", "2");
    await nginx({
      good: { body: `location / { proxy_pass http://one; ${upgrade} }` },
      blocked: { body: "location / { proxy_pass http://one; }" },
      spread: { body: `location / { proxy_pass http://both; ${upgrade} }` },
      down: { body: `location / { proxy_pass http://gone; ${upgrade} }` },
      login: { body: `auth_basic "private"; auth_basic_user_file ${inPlace("passwords")}; location / { proxy_pass http://one; ${upgrade} }` },
      denied: { body: "deny all;" },
      moved: { body: "return 301 https://chat.example.org$request_uri;" },
      portal: { body: "return 302 /login;" },
      busy: { body: "return 429;" },
      encrypted: { listen: " ssl", body: `ssl_certificate ${files.cert}; ssl_certificate_key ${files.key};` },
    }, { one: [one.port], both: [one.port, two.port], gone: [gone.port] });
  });

  test("does what it should", () => ping([unix("good")], { status: 0 }));

  test("does not pass Upgrade on", async () => {
    const hint = /does not pass Upgrade on.*proxy_http_version 1\.1/;
    await ping([unix("blocked")], { status: 0, problems: [["upgrade", hint], ["websocket", hint]] });
    await ping([unix("blocked"), "--transport", "websocket"], { status: 3, layer: "websocket", message: /HTTP 400/, hint });
  });

  test("spreads one session over several servers", async () => {
    const hint = /Session ID unknown.*sticky sessions/;
    await ping([unix("spread")], { status: 0, problems: [["polling", hint]] });
    await ping([unix("spread"), "--transport", "polling"],
      { status: 3, layer: "polling", message: /Session ID unknown/, hint: /sticky sessions.*--transport websocket/ });
    await ping([unix("spread"), "--transport", "websocket"], { status: 0 });
  });

  test("answers in the place of a server that is gone", () => ping([unix("down")],
    { status: 3, layer: "http", message: /HTTP 502/, hint: /not the server behind it/, seen: { http: { server: /^nginx/ } } }));

  test("wants a login, or refuses", async () => {
    await ping([unix("login")], { status: 4, layer: "http", message: /HTTP 401/, hint: /Authorization/ });
    await ping([unix("login"), "-H", `Authorization: Basic ${btoa("user:secret")}`], { status: 0 });
    await ping([unix("denied")], { status: 4, layer: "http", message: /HTTP 403/, hint: /Authorization/ });
    await ping([unix("busy")], { status: 3, layer: "http", message: /HTTP 429/, hint: /later/ });
  });

  test("redirects", async () => {
    await ping([unix("moved")], { status: 3, layer: "http", hint: /-s https:\/\/chat\.example\.org$/,
      message: /HTTP 301, redirects to https:\/\/chat\.example\.org\/socket\.io\// });
    await ping([unix("portal")], { status: 3, layer: "http", message: /redirects to .*\/login/, hint: /./ });
  });

  test("speaks TLS", () => ping([unix("encrypted")],
    { status: 3, layer: "http", message: /HTTP 400/, hint: /speaks TLS: https:/ }));
});

describe("namespace and auth", () => {
  test("a namespace that is not there, and a middleware that refuses", async () => {
    const { url } = await official({}, (io) => io.use((socket, next) => {
      if (socket.handshake.auth.token === "good") return next();
      next(Object.assign(new Error("bad token"), { data: { code: 42 } }));
    }));
    await ping([`${url}/nope`], { status: 4, layer: "namespace", message: /\/nope: Invalid namespace/, hint: /--ns/ });
    await ping([url, "-A", '{"token":"bad"}'],
      { status: 4, layer: "auth", message: /bad token/, hint: /--auth/, data: { code: 42 } });
    await ping([url, "-A", '{"token":"good"}'], { status: 0, seen: { auth: { sent: /true/ }, namespace: { sid: /.{20}/ } } });
  });

  test("a request that the server does not allow", async () => {
    const { url } = await official({ allowRequest: (request, decide) => decide(null, request.headers.key === "good") });
    await ping([url, "--transport", "polling"], { status: 4, layer: "auth", message: /Forbidden/, hint: /allowRequest/ });
    await ping([url, "-H", "key: good"], { status: 0 });
  });

  test("a middleware that never answers", async () => {
    const { url } = await official({}, (io) => io.use(() => {}));
    const done = await runSio("ping", url, "-W", "300ms");
    assert.deepEqual([done.status, done.records().at(-1).layer], [3, "namespace"], done.stderr);
    assert.match(done.stderr, /no answer to CONNECT.*next\(\)/);
  });

  test("a server with another parser", async () => {
    const { url } = await official({ parser });
    await ping([url, "--parser", "msgpack"], { status: 0 });
    const json = await official();
    await ping([json.url, "--parser", "msgpack"], { status: 5, layer: "namespace", message: /upon CONNECT/, hint: /parser/ });
    for (const transport of ["websocket", "polling"])
      await ping([url, "--transport", transport], { status: 5, layer: "namespace", message: /upon CONNECT/, hint: /parser/ });
  });

  test("python-socketio", async () => {
    const url = await python();
    await ping([url], { status: 0 });
    await ping([`${url}/nope`], { status: 4, layer: "namespace", message: /Unable to connect/, hint: /--ns/ });
    await ping([url, "-A", '{"token":"bad"}'], { status: 4, layer: "auth", message: /bad token/, hint: /--auth/, data: { code: 42 } });
    await ping([url, "--path", "/else"], { status: 5, layer: "path", message: /HTTP 404/, hint: /--path/ });
  });
});

describe("the official server, healthy", () => {
  test("over both transports", async () => {
    const { url } = await official({ pingInterval: 1234, maxHttpBufferSize: 4321 });
    await ping([url], { status: 0, seen: { engine: { version: /^4$/, ping_interval_ms: /1234/, max_payload: /4321/ } } });
    for (const transport of ["websocket", "polling"]) await ping([url, "--transport", transport], { status: 0 });
  });
});
