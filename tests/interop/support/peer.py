"""Starts `sio`, $SIO, for the Python tests."""
import os
import subprocess
import threading
import unittest
from pathlib import Path

SIO = os.environ.get("SIO", "sio")
# In front of what a test gives to every `sio serve`: `--threads 2`.
SERVE_OPTIONS = os.environ.get("SIO_SERVE_OPTIONS", "").split()


def environment():
    dropped = {"SIO_URL", "SIO_AUTH", "http_proxy", "https_proxy", "all_proxy"}
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return kept | {"SIO_CONFIG": ""}


class Server:
    """A running `sio serve ARG...` on a free port."""

    def __init__(self, *arguments, address="127.0.0.1:0"):
        self.process = subprocess.Popen([SIO, "serve", *SERVE_OPTIONS, *arguments, address], env=environment(),
                                        stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.lines = []
        for line in self.process.stderr:
            self.lines.append(line)
            if line.startswith("listening "):
                self.url = line.split()[1]
                break
        else:
            raise RuntimeError("the server did not start: " + "".join(self.lines))
        self.address = self.url.split("//")[1]
        threading.Thread(target=self._drain, daemon=True).start()

    def _drain(self):
        for line in self.process.stderr:
            self.lines.append(line)

    def stop(self):
        self.process.terminate()
        return self.process.wait(10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()


def run(*arguments, stdin=None):
    """Runs `sio ARG...` to its end."""
    return subprocess.run([SIO, *arguments], env=environment(), input=stdin, text=True,
                          stdin=subprocess.DEVNULL if stdin is None else None,
                          capture_output=True, timeout=30, check=False)


class PythonServerCase(unittest.TestCase):
    """With a python-socketio server at self.url."""

    @classmethod
    def setUpClass(cls):
        script = Path(__file__).parent / "python_server.py"
        cls.server = subprocess.Popen(["/usr/bin/python3", "-W", "ignore", script],
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        cls.url = cls.server.stdout.readline().strip()

    @classmethod
    def tearDownClass(cls):
        cls.server.stdin.close()
        cls.server.wait(10)
        cls.server.stdout.close()
