#!/usr/bin/python3
"""`sio emit`, `listen` and `join` against the python-socketio server, over WebSocket and polling."""
import json
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "support"))
import peer  # noqa: E402

TRANSPORTS = ("websocket", "polling")


class PythonServer(peer.PythonServerCase):
    def run_sio(self, command, *arguments, transport, stdin=None, status=0):
        done = peer.run(command, "-s", self.url, "--transport", transport, *arguments, stdin=stdin)
        self.assertEqual(done.returncode, status, done.stderr)
        return done

    def records(self, done):
        return [json.loads(line) for line in done.stdout.splitlines()]

    def test_acks_with_text_numbers_and_binary(self):
        for transport in TRANSPORTS:
            done = self.run_sio("emit", "-a", "echo", '{"a":[1,"é"]}', "text", "-f", "/etc/hostname",
                                transport=transport)
            [ack] = self.records(done)
            value = ack["args"][0] if isinstance(ack["args"][0], list) else ack["args"]
            self.assertEqual(value[:2], [{"a": [1, "é"]}, "text"], transport)
            self.assertIn("$binary", value[2])

    def test_what_emit_sent_is_there_when_it_leaves(self):
        for transport in TRANSPORTS:
            for n in range(5):
                self.run_sio("emit", "message", str(n), transport=transport)
            [ack] = self.records(self.run_sio("emit", "-a", "heard", transport=transport))
            self.assertEqual(ack["args"][0], [[n] for n in range(5)], transport)

    def test_every_line_arrives(self):
        for transport in TRANSPORTS:
            lines = [f"line {n}" for n in range(500)]
            self.run_sio("emit", "-lS", "message", stdin="\n".join(lines), transport=transport)
            [ack] = self.records(self.run_sio("emit", "-a", "heard", transport=transport))
            self.assertEqual(sorted(line for [line] in ack["args"][0]), sorted(lines), transport)

    def test_listen_joins_a_room_and_prints_what_is_said_there(self):
        for transport in TRANSPORTS:
            done = self.run_sio("listen", "-c", "1", "-r", "kitchen", "said", transport=transport)
            [record] = self.records(done)
            self.assertEqual(record["args"], [["welcome to", "kitchen"]], transport)

    def test_join_talks_both_ways(self):
        for transport in TRANSPORTS:
            with subprocess.Popen([peer.SIO, "join", "-s", self.url, "--transport", transport, "-e", "chat",
                                   "hall"],
                                  env=peer.environment(), stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, text=True) as join:
                self.assertIn("welcome to", join.stdout.readline())
                join.stdin.write("good evening\n")
                join.stdin.flush()
                self.assertIn("good evening", join.stdout.readline())
                join.terminate()

    def test_a_refusal_is_status_4_and_says_why(self):
        for transport in TRANSPORTS:
            done = self.run_sio("emit", "-A", '{"token":"bad"}', "x", transport=transport, status=4)
            self.assertIn("bad token", done.stderr)

    def test_a_namespace_nobody_serves_is_status_4(self):
        for transport in TRANSPORTS:
            self.run_sio("emit", "-n", "/nowhere", "x", transport=transport, status=4)

    def test_another_namespace(self):
        for transport in TRANSPORTS:
            with subprocess.Popen([peer.SIO, "join", "-s", self.url, "--transport", transport,
                                   "-n", "/count", "room", "-"],
                                  env=peer.environment(), stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, text=True) as join:
                join.stdin.write('{"event":"count to","args":[3],"ns":"/count"}\n')
                join.stdin.flush()
                got = [json.loads(join.stdout.readline()) for _ in range(3)]
                self.assertEqual([record["args"] for record in got], [[0], [1], [2]], transport)
                self.assertEqual({record["ns"] for record in got}, {"/count"})
                join.terminate()


if __name__ == "__main__":
    unittest.main(warnings="ignore")
