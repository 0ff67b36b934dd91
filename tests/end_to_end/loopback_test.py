"""The paper daemon and the replay open no address but loopback.

Three ways to see it: the system calls under strace (every address that is bound, connected or sent
to), the kernel's tables of a running daemon's sockets, and a life in a network namespace that has
nothing but loopback. A way that the machine lacks is skipped loudly; the kernel's tables are
always there.
"""
import ipaddress
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest
import urllib.request

from program import PROGRAM, SAMPLES, Daemon, done, eventually, run

# What the kernel calls a state in which a socket has a peer or waits for one.
NETWORK_CALLS = "socket,bind,connect,sendto,sendmsg,sendmmsg,listen"
SYMBOLS = ["--symbols", "MSFT,NVDA,BTCUSDT"]


def addresses_of_trace(text):
    """(call, address) of every internet address in a trace of system calls."""
    found = []
    for line in text.splitlines():
        call = re.search(r"\b(bind|connect|sendto|sendmsg|sendmmsg)\(", line)
        if not call:
            continue
        for address in re.findall(r"inet_addr\(\"([^\"]+)\"\)|inet_pton\(AF_INET6, \"([^\"]+)\"",
                                  line):
            found.append((call[1], address[0] or address[1]))
    return found


def kernel_addresses(pid):
    """Local and remote addresses of the process's own TCP and UDP sockets."""
    inodes = set()
    for entry in os.scandir(f"/proc/{pid}/fd"):
        try:
            target = os.readlink(entry.path)
        except OSError:
            continue
        if found := re.fullmatch(r"socket:\[(\d+)\]", target):
            inodes.add(found[1])
    found = []
    for table in ("tcp", "tcp6", "udp", "udp6", "raw", "raw6"):
        path = pathlib.Path(f"/proc/{pid}/net/{table}")
        if not path.exists():
            continue
        for line in path.read_text().splitlines()[1:]:
            cells = line.split()
            if cells[9] in inodes:
                found += [(table, decoded(text.split(":")[0])) for text in cells[1:3]]
    return found


def decoded(text):
    """An address as /proc writes it: words of four bytes, each in the machine's order."""
    raw = bytes.fromhex(text)
    words = [raw[i:i + 4][::-1] for i in range(0, len(raw), 4)]
    return str(ipaddress.ip_address(b"".join(words)))


def is_harmless(address):
    parsed = ipaddress.ip_address(address)
    mapped = getattr(parsed, "ipv4_mapped", None)
    return (mapped or parsed).is_loopback


def traces():
    """Whether strace may follow a process here."""
    if not shutil.which("strace"):
        return False
    return subprocess.run(["strace", "-f", "-o", "/dev/null", "true"], capture_output=True,
                          check=False).returncode == 0


def namespaces():
    return shutil.which("unshare") and subprocess.run(
        ["unshare", "-rn", "true"], capture_output=True, check=False).returncode == 0


def sanitized():
    """The leak check of an instrumented build cannot run under another tracer."""
    return b"__asan_init" in pathlib.Path(PROGRAM).read_bytes()


class Reading(unittest.TestCase):
    """The test's own eyes."""

    def test_a_trace_with_a_foreign_address_is_seen(self):
        text = ('7 connect(3, {sa_family=AF_INET, sin_port=htons(443), '
                'sin_addr=inet_addr("192.0.2.1")}, 16) = 0\n'
                '7 bind(4, {sa_family=AF_INET6, sin6_port=htons(0), '
                'inet_pton(AF_INET6, "::1", &sin6_addr)}, 28) = 0\n'
                '7 connect(5, {sa_family=AF_UNIX, sun_path="/run/x"}, 10) = 0\n')
        found = addresses_of_trace(text)
        self.assertEqual(found, [("connect", "192.0.2.1"), ("bind", "::1")])
        self.assertEqual([is_harmless(a) for _, a in found], [False, True])

    def test_addresses_of_the_kernel(self):
        self.assertEqual(decoded("0100007F"), "127.0.0.1")
        self.assertEqual(decoded("00000000"), "0.0.0.0")
        self.assertFalse(is_harmless("0.0.0.0"))
        self.assertTrue(is_harmless(decoded("0000000000000000FFFF00000100007F")))
        self.assertTrue(is_harmless(decoded("00000000000000000000000001000000")))


class Loopback(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self.scratch.name)
        self.addCleanup(self.scratch.cleanup)

    def trades(self, daemon):
        """Waits until the session has decided; returns the decisions."""
        def decisions():
            with urllib.request.urlopen(daemon.address + "/api/decisions", timeout=30) as answer:
                return json.load(answer)
        return eventually(decisions)

    def test_the_sockets_of_a_running_daemon(self):
        with Daemon(self.folder / "state", "--data", SAMPLES, *SYMBOLS) as daemon:
            self.trades(daemon)
            addresses = kernel_addresses(daemon.process.pid)
            self.assertIn(("tcp", "127.0.0.1"), addresses)
            for table, address in addresses:
                # The peer of a listening socket is written as zeros.
                if address not in ("0.0.0.0", "::"):
                    self.assertTrue(is_harmless(address), (table, address))
            listening = [line.split()[1] for line in
                         pathlib.Path(f"/proc/{daemon.process.pid}/net/tcp").read_text()
                         .splitlines()[1:] if line.split()[1].endswith(f":{daemon.port:04X}")]
            self.assertTrue(all(text.startswith("0100007F") for text in listening), listening)
            done("stop", "--state", self.folder / "state")
            self.assertEqual(daemon.wait(), 0, daemon.text())

    @unittest.skipUnless(traces() and not sanitized(), "strace cannot follow a process here")
    def test_every_address_of_the_daemon_s_life_under_strace(self):
        trace = self.folder / "trace"
        prefix = ["strace", "-f", "-qq", "-e", f"trace={NETWORK_CALLS}", "-o", str(trace)]
        with Daemon(self.folder / "state", "--data", SAMPLES, *SYMBOLS, prefix=prefix) as daemon:
            self.trades(daemon)
            done("stop", "--state", self.folder / "state")
            self.assertEqual(daemon.wait(), 0, daemon.text())
        text = trace.read_text()
        found = addresses_of_trace(text)
        self.assertIn(("bind", "127.0.0.1"), found)
        self.assertEqual([], [one for one in found if not is_harmless(one[1])])
        # Nothing that needs no address: raw, packet and other families.
        families = set(re.findall(r"socket\((\w+)", text))
        self.assertLessEqual(families, {"AF_INET", "AF_INET6", "AF_UNIX", "AF_LOCAL"})

    @unittest.skipUnless(traces() and not sanitized(), "strace cannot follow a process here")
    def test_replays_open_no_socket_at_all(self):
        for name, arguments in {
                "bars": ["--strategy", "sma_cross"],
                "actors": ["--strategy", "sma_cross", "--distributed", "--workers", "2"],
                "portfolio": [*SYMBOLS, "--from", "2025-12-01", "--workers", "2"]}.items():
            with self.subTest(name):
                trace = self.folder / f"trace-{name}"
                subprocess.run(
                    ["strace", "-f", "-qq", "-e", f"trace={NETWORK_CALLS}", "-o", str(trace),
                     PROGRAM, "replay", "--data", str(SAMPLES), "--out",
                     str(self.folder / name), *arguments],
                    check=True, capture_output=True, timeout=300)
                text = trace.read_text()
                self.assertEqual([], re.findall(r"socket\(AF_INET6?\b.*", text))
                self.assertEqual([], addresses_of_trace(text))

    @unittest.skipUnless(namespaces(), "unshare cannot make a network namespace here")
    def test_both_work_where_there_is_no_network_but_loopback(self):
        # The daemon's namespace is its own, so it is asked from inside, by its own commands.
        inside = ["unshare", "-rn", "--", "sh", "-c", 'ip link set lo up 2>/dev/null || '
                  'ifconfig lo up 2>/dev/null || python3 -c "$LO_UP"; exec "$0" "$@"']
        environment = {"LO_UP": LO_UP}
        state = self.folder / "state"
        with Daemon(state, "--data", SAMPLES, *SYMBOLS, prefix=inside,
                    environment=environment) as daemon:
            enter = ["nsenter", "-t", str(daemon.process.pid), "-U", "--preserve-credentials",
                     "-n"]

            def asked(command, *arguments):
                return subprocess.run([*enter, PROGRAM, command, "--state", str(state), *arguments],
                                      capture_output=True, text=True, check=False, timeout=120)
            eventually(lambda: json.loads(asked("status", "--json").stdout or "{}").get("state")
                       == "ready")
            # From outside nobody is there: the daemon really has a network of its own.
            self.assertEqual(run("status", "--state", state).returncode, 4)
            stopped = asked("stop")
            self.assertEqual(stopped.returncode, 0, stopped.stderr)
            self.assertEqual(daemon.wait(), 0, daemon.text())
        out = self.folder / "run"
        subprocess.run(["unshare", "-rn", PROGRAM, "replay", "--data", str(SAMPLES), *SYMBOLS,
                        "--from", "2025-12-01", "--out", str(out)], check=True,
                       capture_output=True, timeout=300)
        done("verify", out)


# Brings the loopback device up without tools: SIOCGIFFLAGS, then SIOCSIFFLAGS with IFF_UP.
LO_UP = """
import fcntl, socket, struct
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    request = struct.pack("16sH14x", b"lo", 0)
    flags = struct.unpack("16sH14x", fcntl.ioctl(s, 0x8913, request))[1]
    fcntl.ioctl(s, 0x8914, struct.pack("16sH14x", b"lo", flags | 1))
"""

if __name__ == "__main__":
    unittest.main()
