"""A sweep: each trial is its own replay; it goes on after a kill, and refuses what is none."""
import json
import pathlib
import subprocess
import tempfile
import time
import unittest

from program import PROGRAM, SAMPLES, assert_refused, done, run

DATA = ["--data", SAMPLES, "--symbols", "MSFT,NVDA", "--to", "2025-06-30"]
SMA = [*DATA, "--from", "2024-01-02", "--strategy", "sma_cross", "--fee", "0.001"]


class Sweeps(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)

    def trials(self, folder):
        lines = (folder / "trials.jsonl").read_text().splitlines()
        return sorted((json.loads(line) for line in lines), key=lambda trial: trial["trial"])

    def test_each_trial_is_a_replay_of_its_own(self):
        vary = ["--vary", "fast=3,5,8", "--vary", "slow=10:30:10"]
        one, two = self.folder / "one", self.folder / "two"
        summary = json.loads(done("sweep", *SMA, *vary, "--workers", "1", "--out", one, "--json"))
        other = json.loads(done("sweep", *SMA, *vary, "--workers", "3", "--out", two, "--json"))
        self.assertEqual(summary, other)
        self.assertEqual(summary["trials"], 9)
        self.assertEqual(self.trials(one), self.trials(two))
        for name in ("summary.json", "trials.parquet", "sweep.json"):
            self.assertEqual((one / name).read_bytes(), (two / name).read_bytes(), name)
        # Trial 5 is fast 5, slow 30: the second value of the first axis, the third of the last.
        trial = self.trials(one)[5]
        replay = json.loads(done("replay", *SMA, "--set", "fast=5", "--set", "slow=30",
                                 "--out", self.folder / "run", "--json"))
        for name in ("orders", "fills", "trades"):
            self.assertEqual(trial[name], replay[name])
        self.assertEqual(trial["final_equity"], replay["equity"])
        best = max(self.trials(one), key=lambda t: t["sharpe"])
        self.assertEqual(summary["best"]["trial"], best["trial"])
        self.assertLess(summary["deflated_sharpe"], summary["probabilistic_sharpe"])
        self.assertTrue(0 <= summary["probability_of_overfitting"] <= 1)

    def test_a_setting_is_varied_by_its_full_name(self):
        out = self.folder / "out"
        portfolio = [*DATA, "--from", "2025-04-01", "--model", "ewma"]
        done("sweep", *portfolio, "--vary", "risk.gross_exposure=0.2,1.5", "--out", out)
        small, large = self.trials(out)
        self.assertGreater(small["orders"], 0)
        self.assertNotEqual(small["final_equity"], large["final_equity"])

    def test_it_goes_on_after_a_kill(self):
        command = ["sweep", *SMA, "--vary", "fast=2:21:1", "--vary", "slow=30:130:5",
                   "--workers", "1", "--out"]
        whole, killed = self.folder / "whole", self.folder / "killed"
        process = subprocess.Popen([PROGRAM, *map(str, command), str(killed)],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        lines = killed / "trials.jsonl"
        deadline = time.monotonic() + 60
        while not lines.exists() or lines.read_bytes().count(b"\n") < 5:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)
        process.kill()
        process.wait()
        before = lines.read_bytes()
        self.assertFalse((killed / "summary.json").exists())
        done(*command, killed)
        self.assertTrue(lines.read_bytes().startswith(before[:before.rindex(b"\n") + 1]))
        done(*command, whole)
        self.assertEqual(self.trials(whole), self.trials(killed))
        self.assertEqual((whole / "summary.json").read_bytes(),
                         (killed / "summary.json").read_bytes())

    def test_what_is_no_sweep_is_refused(self):
        out = self.folder / "out"
        for vary, says in ((["--vary", "fast"], "--vary"), (["--vary", "fast=9:3:1"], "--vary"),
                           (["--vary", "quick=3,4"], "quick"),
                           (["--vary", "fast=3", "--vary", "fast=4"], "twice"),
                           (["--vary", "risk.no_such=1,2"], "risk.no_such"),
                           (["--vary", "fast=3,4", "--method", "anneal"], "--method")):
            assert_refused(self, run("sweep", *SMA, *vary, "--out", out), 2, says)
            self.assertFalse(out.exists(), vary)
        done("sweep", *SMA, "--vary", "fast=3,4", "--out", out)
        assert_refused(self, run("sweep", *SMA, "--vary", "fast=3,5", "--out", out), 2,
                       "another sweep", out)


class Lookahead(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.state = pathlib.Path(scratch.name)

    def test_the_built_in_strategies_do_not_look_ahead(self):
        checked = 0
        for strategy, *rest in (["sma_cross", "--set", "fast=5", "--set", "slow=20"],
                                ["ema_cross", "--set", "flat_at_end=true"],
                                ["forecast_portfolio", "--model", "ewma", "--from", "2025-03-03"]):
            report = json.loads(done("verify", "lookahead", *DATA, "--strategy", strategy, *rest,
                                     "--cuts", "2", "--state", self.state, "--json"))
            self.assertTrue(report["clean"], report)
            self.assertTrue(report["signed_off"], report)
            self.assertGreater(report["orders"], 0, strategy)
            checked += 1
            lines = [line for line in (self.state / "lookahead.jsonl").read_text().splitlines()
                     if line]
            self.assertEqual(len(lines), checked)
            self.assertEqual(json.loads(lines[-1])["strategy"], strategy)
        said = done("verify", "lookahead", *SMA, "--cuts", "1", "--state", self.state)
        self.assertIn("no look-ahead", said)
        self.assertIn("signed off", said)

    def test_what_decides_nothing_is_not_signed_off(self):
        report = json.loads(done("verify", "lookahead", *DATA, "--strategy", "sma_cross", "--set",
                                 "fast=5", "--set", "slow=100000", "--cuts", "1", "--state",
                                 self.state, "--json"))
        self.assertTrue(report["clean"])
        self.assertFalse(report["signed_off"])
        self.assertFalse((self.state / "lookahead.jsonl").exists())

    def test_a_home_that_cannot_be_written_hinders_no_check(self):
        answer = run("verify", "lookahead", *SMA, "--cuts", "1",
                     environment={"XDG_STATE_HOME": "/dev/null"})
        self.assertEqual(answer.returncode, 0, answer)
        self.assertIn("no look-ahead", answer.stdout)
        self.assertNotIn("signed off", answer.stdout)

    def test_bad_options(self):
        assert_refused(self, run("verify", "lookahead", *DATA, "--strategy", "nothing"), 2,
                       "nothing")
        assert_refused(self, run("verify", "lookahead", "--data", SAMPLES, "--strategy",
                                 "sma_cross", "--from", "2031-01-01"), 3, "nothing to cut")
        self.assertEqual(run("verify").returncode, 2)


if __name__ == "__main__":
    unittest.main()
