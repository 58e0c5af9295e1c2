// The official server, as the README's one-liners may meet it: it says something a hundred times a
// second, answers whoever asks, and passes on what it is told. Prints its address.
import { createServer } from "node:http";
import { createRequire } from "node:module";

const require = createRequire(new URL("../interop/", import.meta.url));
const { Server } = require("socket.io");

const http = createServer();
const io = new Server(http);
io.on("connection", (socket) => {
  socket.onAny((event, ...args) => {
    const answer = typeof args.at(-1) === "function" ? args.pop() : undefined;
    answer?.("yes");
    socket.broadcast.emit(event, ...args);
  });
});
const order = { id: 1, dish: "soup" };
setInterval(() => {
  for (const event of ["order", "build.done", "log"]) io.emit(event, order);
}, 30);
http.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${http.address().port}`));
