#!/usr/bin/python3
"""`sio bench` against the python-socketio server, over WebSocket and polling."""
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "support"))
import peer  # noqa: E402


class BenchPython(peer.PythonServerCase):
    def bench(self, *arguments):
        for transport in ("websocket", "polling"):
            done = peer.run("bench", "-s", self.url, "--transport", transport, *arguments)
            self.assertEqual(done.returncode, 0, done.stderr)
            report = json.loads(done.stdout)
            self.assertEqual((report["transport"], report["lost"], report["doubled"]), (transport, 0, 0))
            self.assertEqual(sum(report["errors"].values()), 0)
            yield report

    def test_echo(self):
        for report in self.bench("-e", "echo", "-c", "200", "-C", "5"):
            self.assertEqual((report["sent"], report["done"], report["received"]), (200, 200, 200))

    def test_connect(self):
        for report in self.bench("--mode", "connect", "-c", "20", "-C", "4"):
            self.assertEqual((report["sent"], report["done"]), (20, 20))

    def test_publish(self):
        for report in self.bench("--mode", "publish", "-e", "message", "-c", "500", "-C", "5"):
            self.assertEqual((report["sent"], report["done"]), (500, 500))

    def test_fanout(self):
        # It sends "chat" on as "said", to everybody, whoever it came from.
        for report in self.bench("--mode", "fanout", "-e", "chat", "-c", "50", "-C", "5"):
            self.assertEqual((report["done"], report["received"]), (50, 250))


unittest.main()
