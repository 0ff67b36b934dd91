"""`tradewind replay` against an independent simulation over rationals, byte-equality, bad input."""
import collections
import csv
import hashlib
import itertools
import os
import pathlib
import subprocess
import tempfile
import unittest

import rationals

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PROGRAM = os.environ.get("TRADEWIND_BINARY", str(ROOT / "build" / "tradewind"))
SAMPLES = pathlib.Path(os.environ.get("REPLAY_TEST_DATA", ROOT / "data" / "sample"))
# Everything that a run folder holds and that must not depend on the machine.
COMPARED = ["orders.csv", "fills.csv", "trades.csv", "positions.csv", "equity.csv",
            "decisions.csv", "forecasts.csv", "statistics.json"]


def run(*arguments, environment=None):
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True,
                          timeout=300, check=False, env={**os.environ, **(environment or {})})


def replay(out, *arguments, environment=None):
    result = run("replay", "--out", out, *arguments, environment=environment)
    if result.returncode != 0:
        raise AssertionError(f"replay {arguments}: {result.returncode}: {result.stderr}")
    return result


def hashes(folder):
    return {name: hashlib.sha256((pathlib.Path(folder) / name).read_bytes()).hexdigest()
            for name in COMPARED}


class BarStrategies(unittest.TestCase):
    def check_case(self, path, strategy, side, fill, fee, quantity="10", fast=10, slow=30,
                   **options):
        with tempfile.TemporaryDirectory() as folder:
            out = pathlib.Path(folder) / "run"
            sets = [f"fast={fast}", f"slow={slow}", f"quantity={quantity}", f"side={side}",
                    *(f"{key}={'true' if value else 'false'}" for key, value in options.items())]
            replay(out, "--data", path, "--strategy", strategy, "--fill", fill, "--fee", fee,
                   "--cash", "100000", *itertools.chain(*(("--set", s) for s in sets)))
            bars = list(rationals.read_bars(path))
            fills, equity = rationals.simulate(bars, strategy, fast, slow, quantity, side,
                                               "100000", fee, fill, **options)
            self.assertEqual(rationals.compare(bars, fills, equity, out), [],
                             f"{path.stem} {strategy} {side} {fill}")
            return len(fills)

    def test_sma_cross_agrees_to_the_last_digit(self):
        files = sorted(SAMPLES.glob("*.csv"))
        self.assertGreaterEqual(len(files), 10)
        fills = 0
        for path in files:
            fills += self.check_case(path, "sma_cross", "long_short", "next_open", "0.001")
            fills += self.check_case(path, "sma_cross", "long_only", "this_close", "0.0000278",
                                     quantity="0.12345678")
        self.assertGreater(fills, 100)

    def test_ema_cross_agrees_to_the_last_digit(self):
        # Three of the eight combinations for each file, so that each combination has several files.
        combinations = itertools.cycle(itertools.product(
            ["long_short", "long_only"], ["next_open", "this_close"], [False, True]))
        checked = collections.Counter()
        for path in sorted(SAMPLES.glob("*.csv")):
            for side, fill, skip in itertools.islice(combinations, 3):
                self.check_case(path, "ema_cross", side, fill, "0.001", skip_flat=skip,
                                flat_at_end=True)
                checked[side, fill, skip] += 1
        self.assertEqual(len(checked), 8)
        self.assertGreaterEqual(min(checked.values()), 4)

    def test_short_windows_and_odd_quantities(self):
        path = sorted(SAMPLES.glob("*.csv"))[0]
        for fast, slow in [(1, 2), (2, 3), (5, 200)]:
            self.check_case(path, "sma_cross", "long_short", "next_open", "0.00123456",
                            quantity="0.00000001", fast=fast, slow=slow)


class Reproducibility(unittest.TestCase):
    def test_the_default_portfolio_is_byte_equal_for_any_number_of_workers_and_verifies(self):
        with tempfile.TemporaryDirectory() as folder:
            base = ["--data", SAMPLES, "--from", "2025-06-02", "--to", "2026-01-30"]
            seen = {}
            for name, extra, environment in [
                    ("one", ["--workers", 1], {}), ("two", ["--workers", 2], {}),
                    ("eight", ["--workers", 8], {}),
                    ("sequential", [], {"MARKETSIM_PARALLEL_ANALYSIS": "0"})]:
                out = pathlib.Path(folder) / name
                replay(out, *base, *extra, environment=environment)
                seen[name] = hashes(out)
                verified = run("verify", out)
                self.assertEqual(verified.returncode, 0, verified.stderr)
            for name, value in seen.items():
                self.assertEqual(value, seen["one"], name)
            fills = (pathlib.Path(folder) / "one" / "fills.csv").read_text().splitlines()
            self.assertGreater(len(fills), 20)
            with open(pathlib.Path(folder) / "one" / "decisions.csv", newline="") as file:
                for row in csv.DictReader(file):
                    if row["outcome"] in ("refused", "skipped"):
                        self.assertTrue(row["reason"], row["decision_id"])

    def test_fused_and_distributed_runs_are_byte_equal_for_any_number_of_workers(self):
        with tempfile.TemporaryDirectory() as folder:
            base = ["--data", SAMPLES, "--strategy", "sma_cross", "--set", "side=long_short",
                    "--from", "2018-01-01", "--fee", "0.001"]
            runs = {"fused": []}
            for workers in (1, 2, 8):
                runs[f"distributed {workers}"] = ["--distributed", "--workers", workers]
            seen = {}
            for name, extra in runs.items():
                out = pathlib.Path(folder) / name.replace(" ", "-")
                replay(out, *base, *extra)
                seen[name] = hashes(out)
            for name, value in seen.items():
                self.assertEqual(value, seen["fused"], name)


if __name__ == "__main__":
    unittest.main()
