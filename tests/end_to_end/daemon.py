"""Drives a paper daemon over its sockets and reads the books that it leaves behind."""
import contextlib
import decimal
import json
import os
import pathlib
import queue
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PROGRAM = os.environ.get("TRADEWIND_BINARY", str(ROOT / "build" / "tradewind"))
PATIENCE_S = 60
WORKING = ("new", "pending_new", "partially_filled", "pending_cancel", "accepted")


class Daemon:
    """One process of `tradewind paper` (or live) on `state`, on a free port of loopback."""

    def __init__(self, state, *arguments, listen="127.0.0.1:0", command="paper", environment=None):
        self.state = pathlib.Path(state)
        self.process = subprocess.Popen(
            [PROGRAM, command, "--state", str(state), "--listen", listen, *map(str, arguments)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            bufsize=1, env={**os.environ, **(environment or {})})
        self.log = []
        self.lines = queue.Queue()
        self.readers = [
            threading.Thread(target=self._read, args=(self.process.stdout, self.lines.put)),
            threading.Thread(target=self._read, args=(self.process.stderr, self.log.append))]
        for reader in self.readers:
            reader.start()
        self.address = self.token = None

    @staticmethod
    def _read(stream, take):
        for line in stream:
            take(line.rstrip("\n"))

    def wait_listening(self):
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            with contextlib.suppress(queue.Empty):
                line = self.lines.get(timeout=0.05)
                if line.startswith("listening on "):
                    self.address = line.removeprefix("listening on ")
                    endpoint = json.loads((self.state / "http.json").read_text())
                    self.token = endpoint["token"]
                    if endpoint["address"] != self.address:
                        raise AssertionError(f"{endpoint} is not {self.address}")
                    return self
            if self.process.poll() is not None and self.lines.empty():
                break
        raise AssertionError(f"not listening: {self.process.poll()} {self.log}")

    def get(self, path):
        """The body; raises urllib.error.HTTPError on another status than 200."""
        with urllib.request.urlopen(self.address + path, timeout=PATIENCE_S) as answer:
            return answer.read().decode()

    def api(self, name):
        return json.loads(self.get("/api/" + name))

    def post(self, name, **body):
        request = urllib.request.Request(
            f"{self.address}/api/{name}", data=json.dumps(body).encode(), method="POST",
            headers={"Authorization": "Bearer " + self.token, "Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return answer.status

    def wait_for(self, condition, what):
        """Polls `condition` (of this daemon) until it holds; returns what it returned."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            if self.process.poll() is not None:
                raise AssertionError(f"ended while waiting for {what}: {self.log[-5:]}")
            if value := condition(self):
                return value
            time.sleep(0.05)
        raise AssertionError(f"no {what}: {self.log[-5:]}")

    def wait_state(self, *names):
        return self.wait_for(lambda d: d.api("status")["state"] in names, f"state {names}")

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self):
        code = self.process.wait(timeout=PATIENCE_S)
        for reader in self.readers:
            reader.join(timeout=PATIENCE_S)
        self.process.stdout.close()
        self.process.stderr.close()
        return code

    def stop(self):
        self.signal(signal.SIGTERM)
        return self.wait()

    def kill(self):
        self.process.kill()
        return self.wait()

    def contradictions(self):
        return [line for line in self.log if "contradiction:" in line]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.kill()


class Books:
    """The ledger of a state folder whose daemon has ended, read from a copy of its store."""

    def __init__(self, state):
        with tempfile.TemporaryDirectory() as folder:
            for file in pathlib.Path(state).glob("ledger.db*"):
                shutil.copy(file, folder)
            store = sqlite3.connect(pathlib.Path(folder) / "ledger.db")
            store.row_factory = sqlite3.Row
            tables = ("orders", "fills", "positions", "decisions", "events")
            rows = {name: [dict(row) for row in store.execute(f"SELECT * FROM {name}")]
                    for name in tables}
            store.close()
        self.orders, self.fills = rows["orders"], rows["fills"]
        self.positions, self.decisions = rows["positions"], rows["decisions"]
        self.events = [(row["kind"], json.loads(row["payload"])) for row in rows["events"]]

    def cash(self):
        """From deposits, adjustments and fills alone."""
        cash = decimal.Decimal(0)
        for kind, payload in self.events:
            if kind == "adjustment":
                cash += decimal.Decimal(payload.get("cash", "0"))
        for fill in self.fills:
            sign = -1 if fill["side"] == "buy" else 1
            quantity, price = decimal.Decimal(fill["quantity"]), decimal.Decimal(fill["price"])
            cash += sign * quantity * price - decimal.Decimal(fill["fee"])
        return cash

    def quantities(self):
        """Of every symbol that is not flat, from fills alone."""
        held = {}
        for fill in self.fills:
            sign = 1 if fill["side"] == "buy" else -1
            held[fill["symbol"]] = (held.get(fill["symbol"], decimal.Decimal(0)) +
                                    sign * decimal.Decimal(fill["quantity"]))
        return {symbol: quantity for symbol, quantity in held.items() if quantity}

    def working(self, role=None):
        return [order for order in self.orders if order["status"] in WORKING and
                (role is None or order["role"] == role)]


def submitted(state):
    """Order ids that the exchange's journal holds, in order, repetitions included."""
    ids = []
    for journal in sorted((pathlib.Path(state) / "exchange").glob("journal.*")):
        for line in journal.read_text(errors="replace").split("\n")[:-1]:  # the last may be torn
            record = json.loads(line.partition(" ")[2]) if '"k":"submit"' in line else {}
            if record.get("k") == "submit":
                ids.append(record["order"]["id"])
    return ids
