"""One process of `tradewind exchange`, its script of faults, and what it answers."""
import contextlib
import http.client
import json
import os
import pathlib
import subprocess
import threading
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PROGRAM = os.environ.get("TRADEWIND_BINARY", str(ROOT / "build" / "tradewind"))
PATIENCE_S = 60
KEYS = ("PKTESTKEY0123456789", "secret-of-the-test-0123456789abcdef")


class ExchangeProcess:
    """On `folder`, with its own market; killed and started again it has the same address."""

    def __init__(self, folder, symbols="AAPL,MSFT", speed="60x", start="2026-10-01T14:00:00Z",
                 seed=7):
        self.folder = pathlib.Path(folder)
        self.script = self.folder / "faults.json"
        self.port = 0
        self.arguments = ["--synthetic", str(seed), "--symbols", symbols, "--speed", speed,
                          "--credentials", ":".join(KEYS), "--state",
                          str(self.folder / "state"), "--faults", str(self.script)]
        self.begin = ["--start", start]
        self.process, self.readers, self.errors, self.watch = None, [], [], None
        self.faults()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.kill()

    def start(self):
        self.process = subprocess.Popen(
            [PROGRAM, "exchange", "--listen", f"127.0.0.1:{self.port}", *self.arguments,
             *self.begin], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line.startswith("listening on http://"):
            raise AssertionError(f"no address: {line!r}, ended {self.process.poll()}")
        self.port = int(line.strip().rsplit(":", 1)[1])
        self.watch = http.client.HTTPConnection("127.0.0.1", self.port, PATIENCE_S)
        self.watch.connect()
        self.begin = []  # of a store that exists already its own time counts
        self.readers = [
            threading.Thread(target=self.process.stdout.read, daemon=True),
            threading.Thread(target=self._read, args=(self.process.stderr,), daemon=True)]
        for reader in self.readers:
            reader.start()
        return self

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.process:
            for reader in self.readers:
                reader.join()
            self.process.stdout.close()
            self.process.stderr.close()
        if self.watch:
            self.watch.close()
        self.process = self.watch = None

    def _read(self, stream):
        for line in stream:
            self.errors.append(line.rstrip())

    def faults(self, *faults):
        """From now on these and no others; read within a moment."""
        new = self.script.with_suffix(".new")
        new.write_text(json.dumps({"faults": list(faults)}))
        new.replace(self.script)

    def hits(self):
        """Of each fault of the script that counts: its kind, and how often it hit something."""
        # Over the connection of the start: faults of connections do not hit that one.
        self.watch.request("GET", "/faults", headers={
            "APCA-API-KEY-ID": KEYS[0], "APCA-API-SECRET-KEY": KEYS[1]})
        answer = self.watch.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise AssertionError(f"{answer.status}: {body}")
        return [(fault["fault"], fault["hits"]) for fault in json.loads(body)["faults"]]

    def wait_hit(self, *faults):
        """Until each of these, the script of now, hit something."""
        told = []

        def all_hit():
            told[:] = self.hits()
            return [kind for kind, _ in told] == [fault["fault"] for fault in faults] and \
                all(hits for _, hits in told)
        try:
            wait_for(all_hit, "hits")
        except AssertionError:
            raise AssertionError(f"the script {faults} hit only {told}") from None

    def environment(self):
        at = f"127.0.0.1:{self.port}"
        return {"APCA_API_KEY_ID": KEYS[0], "APCA_API_SECRET_KEY": KEYS[1],
                "APCA_API_BASE_URL": f"http://{at}", "APCA_API_DATA_URL": f"http://{at}",
                "APCA_API_STREAM_URL": f"ws://{at}"}

    def get(self, path):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/v2/{path}",
            headers={"APCA-API-KEY-ID": KEYS[0], "APCA-API-SECRET-KEY": KEYS[1]})
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return json.loads(answer.read())

    def orders(self):
        return {o["client_order_id"]: o for o in self.get("orders?status=all&limit=500")}

    def executions(self):
        """Ids of all of them."""
        found, token = [], ""
        while True:
            page = self.get("account/activities/FILL?page_size=100" + token)
            found += [a["id"].split("::")[1] for a in page]
            if len(page) < 100:
                return found
            token = "&page_token=" + page[-1]["id"]

    def truth(self):
        """Orders, executions, positions, cash: comparable with what a daemon tells."""
        return {
            "orders": {i: (o["status"], float(o["filled_qty"])) for i, o in self.orders().items()},
            "executions": sorted(self.executions()),
            "positions": {p["symbol"]: float(p["qty"]) for p in self.get("positions")},
            "cash": round(float(self.get("account")["cash"]), 2)}


def told_by(daemon):
    """The same as a daemon tells it."""
    return {
        "orders": {o["order_id"]: (o["status"], float(o["filled_quantity"]))
                   for o in daemon.api("orders")},
        "executions": sorted(f["execution_id"] for f in daemon.api("fills")),
        "positions": {p["symbol"]: float(p["quantity"]) for p in daemon.api("positions")},
        "cash": round(float(daemon.api("status")["cash"]), 2)}


def differences(truth, told):
    """Where the two are not the same. What never arrived is closed here, and is not there."""
    never_arrived = {i for i, state in told["orders"].items()
                     if i not in truth["orders"] and
                     state in (("rejected", 0.0), ("refused", 0.0), ("canceled", 0.0))}
    found = [f"order {i}: {truth['orders'].get(i)} there, {told['orders'].get(i)} here"
             for i in sorted(truth["orders"].keys() | told["orders"].keys())
             if i not in never_arrived and truth["orders"].get(i) != told["orders"].get(i)]
    for name in ("executions", "positions"):
        if truth[name] != told[name]:
            found.append(f"{name}: {truth[name]} there, {told[name]} here")
    if abs(truth["cash"] - told["cash"]) > 0.011:
        found.append(f"cash: {truth['cash']} there, {told['cash']} here")
    return found


def wait_for(condition, what, seconds=PATIENCE_S, pause=0.05):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with contextlib.suppress(OSError):
            if value := condition():
                return value
        time.sleep(pause)
    raise AssertionError(f"no {what}")
