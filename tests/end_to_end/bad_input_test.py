"""What is wrong with the input is said in one line, with its place, and has its exit code."""
import pathlib
import socket
import tempfile
import unittest

from program import SAMPLES, assert_refused, run

HEADER = "time,open,high,low,close,volume\n"
GOOD = ["2024-01-02,10,11,9,10.5,100", "2024-01-03,10.5,12,10,11,100",
        "2024-01-04,11,12,10,11.5,100"]
SMA = ["--strategy", "sma_cross", "--set", "fast=1", "--set", "slow=2"]

# A row, and what is said of it.
BAD_ROWS = {
    "too few cells": ("2024-01-03,10.5,12,10,11", "cell"),
    "too many cells": ("2024-01-03,10.5,12,10,11,100,7", "cell"),
    "an empty row": ("", ""),
    "a word for a price": ("2024-01-03,ten,12,10,11,100", "open"),
    "a price of two numbers": ("2024-01-03,1 0,12,10,11,100", "open"),
    "an exponent": ("2024-01-03,1e1,12,10,11,100", "open"),
    "a hexadecimal number": ("2024-01-03,0x10,12,10,11,100", "open"),
    "nan": ("2024-01-03,10.5,nan,10,11,100", "high"),
    "infinity": ("2024-01-03,10.5,12,10,inf,100", "close"),
    "an empty price": ("2024-01-03,10.5,12,,11,100", "low"),
    "zero": ("2024-01-03,0,12,10,11,100", "not positive"),
    "a negative price": ("2024-01-03,10.5,12,-10,11,100", "not positive"),
    "a price beyond all prices": ("2024-01-03,10.5,99999999999999999999,10,11,100", "high"),
    "a negative volume": ("2024-01-03,10.5,12,10,11,-1", "volume"),
    "a word for a volume": ("2024-01-03,10.5,12,10,11,many", "volume"),
    "high below low": ("2024-01-03,10.5,9,10,11,100", "high"),
    "no such day": ("2024-02-30,10.5,12,10,11,100", "time"),
    "a malformed time": ("03/01/2024,10.5,12,10,11,100", "time"),
    "a time of another zone": ("2024-01-03T10:00:00+01:00,10.5,12,10,11,100", "time"),
    "a time among dates": ("2024-01-03T14:30:00Z,10.5,12,10,11,100", "time"),
    "the same time again": ("2024-01-02,10.5,12,10,11,100", "time"),
    "an earlier time": ("2023-12-29,10.5,12,10,11,100", "time"),
    "a quoted cell": ("\"2024-01-03\",10.5,12,10,11,100", "time"),
}


class BadInput(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self.scratch.name)
        self.addCleanup(self.scratch.cleanup)
        self.out = self.folder / "run"

    def data(self, content, name="TEST.csv"):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def refused(self, code, says, *arguments, environment=None, leaves_nothing=True):
        answer = run(*arguments, environment=environment)
        assert_refused(self, answer, code, *says)
        if leaves_nothing:
            self.assertFalse(self.out.exists(), "something appeared at the output path")
            self.assertEqual([], [p.name for p in self.folder.glob(".run.partial-*")])

    def replay_refused(self, code, says, *arguments, **options):
        self.refused(code, says, "replay", "--out", self.out, *arguments, **options)

    def good(self):
        return self.data(HEADER + "\n".join(GOOD) + "\n")

    def test_bad_rows_stop_with_file_line_and_reason(self):
        for name, (row, says) in BAD_ROWS.items():
            with self.subTest(name):
                path = self.data(HEADER + "\n".join([GOOD[0], row, GOOD[2]]) + "\n")
                self.replay_refused(3, [f"{path}:3", says], "--data", path, *SMA)

    def test_bad_rows_are_skipped_on_demand_and_named(self):
        for name, (row, _) in BAD_ROWS.items():
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                path = self.data(HEADER + "\n".join([GOOD[0], row, GOOD[2]]) + "\n")
                out = pathlib.Path(folder) / "run"
                answer = run("replay", "--out", out, "--data", path, *SMA, "--on-bad-row", "skip")
                self.assertEqual(answer.returncode, 0, answer.stderr)
                self.assertIn(f"{path}:3", (out / "run.json").read_text())
                self.assertEqual(2, len((out / "equity.csv").read_text().splitlines()) - 1)

    def test_files_that_are_no_bars(self):
        rows = "\n".join(GOOD) + "\n"
        cases = {
            "empty": b"", "header only": HEADER.encode(), "blank": b"\n\n",
            "binary": bytes(range(256)) * 40, "zeros": bytes(4096),
            "no header": rows.encode(), "another header": ("a,b,c\n" + rows).encode(),
            "a column twice": ("time,open,open,low,close,volume\n" + rows).encode(),
            "capital header": (HEADER.upper() + rows).encode(),
        }
        for name, content in cases.items():
            with self.subTest(name):
                path = self.data(content)
                self.replay_refused(3, [path], "--data", path, *SMA)
        cases = {"empty": b"", "text": rows.encode(), "torn": b"PAR1" + bytes(9)}
        for name, content in cases.items():
            with self.subTest("parquet " + name):
                path = self.data(content, "TEST.parquet")
                self.replay_refused(3, [path], "--data", path, *SMA)

    def test_paths_and_symbols_that_do_not_exist(self):
        path = self.good()
        missing = self.folder / "missing.csv"
        self.replay_refused(3, [missing], "--data", missing, *SMA)
        empty = self.folder / "nothing"
        empty.mkdir()
        self.replay_refused(3, [empty], "--data", empty, *SMA)
        self.replay_refused(3, ["NOPE"], "--data", SAMPLES, "--symbols", "NOPE", *SMA)
        self.replay_refused(3, ["NOPE"], "--data", path, "--symbols", "TEST,NOPE", *SMA)
        self.replay_refused(2, ["--symbols"], "--data", path, "--symbols", "no symbol", *SMA)
        self.replay_refused(3, ["1990"], "--data", path, "--to", "1990-01-01", *SMA)

    def test_options_of_replay(self):
        base = ["--data", self.good()]
        rows = [
            ([*base, "--strategy", "sma_cros"], ["sma_cros", "sma_cross"]),
            ([*base, *SMA, "--set", "fats=3"], ["fats"]),
            ([*base, *SMA, "--set", "side=up"], ["side"]),
            ([*base, *SMA, "--set", "quantity=0"], ["quantity"]),
            ([*base, *SMA, "--set", "quantity=ten"], ["quantity"]),
            ([*base, *SMA, "--set", "fast"], ["--set", "fast"]),
            ([*base, *SMA, "--set", "fast=2"], ["fast"]),
            ([*base, "--strategy", "sma_cross", "--set", "fast=0", "--set", "slow=2"], ["fast"]),
            ([*base, "--strategy", "sma_cross", "--set", "fast=3", "--set", "slow=2"], ["fast"]),
            ([*base, "--strategy", "ema_cross", "--set", "fast=2", "--set", "slow=2"], ["fast"]),
            ([*base, *SMA, "--cash", "0"], ["--cash", "0"]),
            ([*base, *SMA, "--cash", "-5"], ["--cash"]),
            ([*base, *SMA, "--cash", "much"], ["--cash", "much"]),
            ([*base, *SMA, "--fee", "-0.1"], ["--fee", "-0.1"]),
            ([*base, *SMA, "--fee", "1"], ["--fee"]),
            ([*base, *SMA, "--fee", "0.1%"], ["--fee", "0.1%"]),
            ([*base, *SMA, "--fee", "1e-3"], ["--fee", "1e-3"]),
            ([*base, *SMA, "--fee", "0.001", "--costs", "free"], ["--fee"]),
            ([*base, *SMA, "--costs", "cheap"], ["--costs", "cheap"]),
            ([*base, *SMA, "--fill", "best"], ["--fill", "best"]),
            ([*base, *SMA, "--from", "2024-13-01"], ["--from", "2024-13-01"]),
            ([*base, *SMA, "--to", "soon"], ["--to", "soon"]),
            ([*base, *SMA, "--from", "2024-01-03", "--to", "2024-01-02"], ["--from"]),
            ([*base, *SMA, "--from", "2024-01-03T10:00:00"], ["--from"]),
            ([*base, *SMA, "--interval", "7m"], ["--interval", "7m"]),
            ([*base, *SMA, "--on-bad-row", "mend"], ["--on-bad-row", "mend"]),
            ([*base, *SMA, "--speed", "fast"], ["--speed", "fast"]),
            ([*base, *SMA, "--speed", "0x"], ["--speed", "0x"]),
            ([*base, *SMA, "--workers", "-1"], ["workers"]),
            ([*base, *SMA, "--workers", "two"], ["workers"]),
            ([*base, *SMA, "--seed", "x"], ["--seed"]),
            ([*base, *SMA, "--decision-lag", "0"], ["--decision-lag"]),
            ([*base, "--model", "no_such_model"], ["no_such_model"]),
            ([*base, *SMA, "--stratgy", "x"], ["--stratgy", "--strategy"]),
            ([*base, "--recording", self.folder], ["--data"]),
            (SMA, ["--data"]),
        ]
        for arguments, says in rows:
            with self.subTest(" ".join(map(str, arguments[len(base):]))):
                self.replay_refused(2, says, *arguments)
        self.refused(2, ["--out"], "replay", *base, *SMA)

    def test_a_model_folder_that_is_none(self):
        self.replay_refused(3, [self.folder], "--data", SAMPLES, "--model", f"{self.folder}/")

    def test_settings(self):
        path = self.good()
        config = self.folder / "settings.toml"
        rows = [
            ("[risk]\ndrawdwn = 0.1\n", [f"{config}:2", "risk.drawdown"]),
            ("[risk\ndrawdown = 0.1\n", [f"{config}:1"]),
            ("[risk]\ndrawdown = \n", [config]),
            ("[risk]\ndrawdown = \"deep\"\n", [f"{config}:2", "risk.drawdown"]),
            ("[analysis]\nworkers = 1\nworkers = 2\n", [config]),
            ("\x00\x01", [config]),
        ]
        for text, says in rows:
            with self.subTest(text):
                config.write_text(text)
                self.replay_refused(2, says, "--data", path, *SMA, "--config", config)
        self.replay_refused(2, ["nowhere.toml"], "--data", path, *SMA, "--config", "nowhere.toml")
        self.replay_refused(2, ["TRADEWIND_RISK_DRAWDWN"], "--data", path, *SMA,
                            environment={"TRADEWIND_RISK_DRAWDWN": "1"})
        self.replay_refused(2, ["MARKETSIM_PARALLEL_WORKERS"], "--data", path, *SMA,
                            environment={"MARKETSIM_PARALLEL_WORKERS": "several"})

    def test_broken_catalog_and_instruments_files(self):
        catalog = self.folder / "catalog"
        catalog.mkdir()
        (catalog / "TEST.csv").write_text(HEADER + "\n".join(GOOD) + "\n")
        for text in ["adjusted = \n", "adjustd = true\n", "[accepted_moves]\nTEST = [\"soon\"]\n"]:
            with self.subTest(text):
                (catalog / "catalog.toml").write_text(text)
                self.replay_refused(3, ["catalog.toml"], "--data", catalog, *SMA)
        instruments = self.folder / "instruments.toml"
        for text in ["[TEST\n", "[TEST]\ntik = \"0.01\"\n", "[TEST]\ntick = \"-1\"\n"]:
            with self.subTest(text):
                instruments.write_text(text)
                self.replay_refused(2, [instruments], "--data", self.good(), *SMA,
                                    "--instruments", instruments)

    def test_output_paths(self):
        path = self.good()
        taken = self.folder / "taken"
        taken.write_text("mine")
        for name, arguments in {"a file": [], "a file, overwriting": ["--overwrite"]}.items():
            with self.subTest(name):
                self.refused(2, [taken], "replay", "--data", path, *SMA, "--out", taken,
                             *arguments)
                self.assertEqual(taken.read_text(), "mine")
        full = self.folder / "full"
        full.mkdir()
        (full / "kept.txt").write_text("mine")
        self.refused(2, [full, "--overwrite"], "replay", "--data", path, *SMA, "--out", full)
        self.assertEqual([p.name for p in full.iterdir()], ["kept.txt"])
        below = taken / "run"
        self.refused(2, [below], "replay", "--data", path, *SMA, "--out", below)
        for command in (["import", path], ["export", self.folder, "--format", "csv"]):
            self.refused(2, [full], *command, "--out", full)

    def test_commands(self):
        rows = [
            (["replai"], 2, ["replai", "replay"]),
            ([], 2, ["no command"]),
            (["verify"], 2, ["folder"]),
            (["verify", self.folder], 2, [self.folder]),
            (["verify", self.folder / "none"], 2, [self.folder / "none"]),
            (["report", self.folder], 2, [self.folder]),
            (["why", "x", "--run", self.folder], 2, [self.folder]),
            (["import", self.folder / "none.csv", "--out", self.out], 3, ["none.csv"]),
            (["import", self.good(), "--out", self.out, "--format", "F9"], 2, ["F9"]),
            (["export", SAMPLES, "--out", self.out, "--format", "xls"], 2, ["--format", "xls"]),
            (["export", SAMPLES, "--out", self.out], 2, ["--format"]),
            (["export", self.folder / "none", "--out", self.out, "--format", "csv"], 3, ["none"]),
            (["analyze"], 2, ["--data"]),
            (["analyze", "--data", SAMPLES, "--as-of", "noon"], 2, ["--as-of", "noon"]),
            (["analyze", "--data", SAMPLES, "--symbols", "NOPE"], 3, ["NOPE"]),
            (["model", "info", "no_such_model"], 2, ["no_such_model"]),
            (["model", "forecast", "--model", "ewma", "--horizon", "1", "--out", self.out], 2,
             ["--input"]),
            (["model", "forecast", "--model", "ewma", "--bars", SAMPLES, "--horizon", "0",
              "--out", self.out], 2, ["--horizon"]),
            (["bench", "replay", "--bars", "0"], 2, ["--bars"]),
            (["replay", "--recording", self.folder / "none", "--out", self.out], 3, ["none"]),
            (["replay", "--recording", self.folder, "--session", "0", "--out", self.out], 2,
             ["--session"]),
        ]
        for arguments, code, says in rows:
            with self.subTest(" ".join(map(str, arguments))):
                self.refused(code, says, *arguments)

    def test_no_daemon(self):
        for command in ("status", "stop", "kill", "resume"):
            with self.subTest(command):
                self.refused(4, ["no daemon runs", self.folder], command, "--state", self.folder)
        # One that was killed left its address behind.
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            port = closed.getsockname()[1]
        (self.folder / "http.json").write_text(
            f'{{"address": "http://127.0.0.1:{port}", "port": {port}, "token": "x"}}')
        for command in ("status", "stop", "kill", "resume"):
            with self.subTest(command + ", stale address"):
                self.refused(4, [f"127.0.0.1:{port}"], command, "--state", self.folder)
        (self.folder / "http.json").write_text("{")
        self.refused(5, ["http.json"], "status", "--state", self.folder)

    def test_a_taken_port_and_bad_addresses(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            answer = run("paper", "--state", self.folder / "state", "--listen",
                         f"127.0.0.1:{port}", "--synthetic", "1", "--symbols", "AAPL")
            self.assertEqual(answer.returncode, 2, answer)
            self.assertEqual(answer.stdout, "")
            last = answer.stderr.splitlines()[-1]
            self.assertTrue(last.startswith("error: "), last)
            self.assertIn(f"127.0.0.1:{port}", last)
        for listen in ("127.0.0.1", "127.0.0.1:99999", "0.0.0.0:0", "example:80"):
            with self.subTest(listen):
                answer = run("paper", "--state", self.folder / "state", "--listen", listen,
                             "--synthetic", "1", "--symbols", "AAPL")
                self.assertEqual(answer.returncode, 2, answer)
                self.assertIn(listen, answer.stderr.splitlines()[-1])


if __name__ == "__main__":
    unittest.main()
