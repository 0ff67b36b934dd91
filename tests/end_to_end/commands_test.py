"""Each command does what it says, from bars to run folder to explanation."""
import contextlib
import csv
import hashlib
import json
import pathlib
import shutil
import sqlite3
import tempfile
import unittest

from program import ROOT, SAMPLES, Daemon, assert_refused, done, eventually, run

RUN_TABLES = ["orders.csv", "fills.csv", "trades.csv", "positions.csv", "equity.csv",
              "decisions.csv", "forecasts.csv"]
STATE_TABLES = ["orders.csv", "fills.csv", "trades.csv", "decisions.csv"]


def rows_of(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


class OnARun(unittest.TestCase):
    """Commands that read a run folder: one run is made for all of them."""

    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.scratch.name)
        cls.run_folder = cls.folder / "run"
        # Short, so that changing a byte of every file is quick; the forecast portfolio, so that
        # every table has rows.
        cls.made = json.loads(done("replay", "--data", SAMPLES, "--symbols", "MSFT,NVDA,BTCUSDT",
                                   "--from", "2025-11-01", "--out", cls.run_folder, "--json"))

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    def test_replay_says_what_it_did(self):
        self.assertGreater(self.made["fills"], 0)
        self.assertEqual(self.made["fills"], len(rows_of(self.run_folder / "fills.csv")))
        for name in RUN_TABLES:
            self.assertGreater(len(rows_of(self.run_folder / name)), 0, name)
            digest = hashlib.sha256((self.run_folder / name).read_bytes()).hexdigest()
            self.assertEqual(self.made["hashes"][name], digest)

    def test_verify_accepts_and_refuses_one_changed_byte_of_any_file(self):
        report = json.loads(done("verify", self.run_folder, "--json"))
        self.assertTrue(report["verified"])
        self.assertEqual(report["kind"], "run")
        self.assertEqual(report["fills"], self.made["fills"])
        copy = self.folder / "copy"
        shutil.copytree(self.run_folder, copy)
        for path in sorted(copy.iterdir()):
            content = path.read_bytes()
            for place in sorted({0, len(content) // 2, max(0, len(content) - 1)}):
                with self.subTest(f"{path.name} at {place}"):
                    flipped = bytes([content[place] ^ 1]) if content else b"\n"
                    path.write_bytes(content[:place] + flipped + content[place + 1:])
                    # A file named wrongly in the sums is missing under that name.
                    says = "" if path.name == "SHA256SUMS" else path.name
                    assert_refused(self, run("verify", copy), 5, says)
            path.write_bytes(content)
        for path in sorted(copy.iterdir()):
            with self.subTest("without " + path.name):
                content = path.read_bytes()
                path.unlink()
                assert_refused(self, run("verify", copy), 5, path.name)
                path.write_bytes(content)
        (copy / "extra.txt").write_text("x")
        assert_refused(self, run("verify", copy), 5, "extra.txt")
        (copy / "extra.txt").unlink()
        done("verify", copy)

    def test_report_writes_a_page_that_needs_nothing_else(self):
        page = self.folder / "page.html"
        self.assertEqual(done("report", self.run_folder, "--out", page).strip(), str(page))
        text = page.read_text()
        self.assertIn("<html", text)
        for outside in ("src=\"http", "href=\"http", "@import", "url(http"):
            self.assertNotIn(outside, text)
        copy = self.folder / "reported"
        shutil.copytree(self.run_folder, copy)
        done("report", copy)
        done("verify", copy)
        self.assertIn("annual_return", done("report", "--help"))

    def test_why_leads_from_a_fill_to_its_forecast(self):
        fill = rows_of(self.run_folder / "fills.csv")[0]
        text = done("why", fill["fill_id"], "--run", self.run_folder)
        order = next(row for row in rows_of(self.run_folder / "orders.csv")
                     if row["order_id"] == fill["order_id"])
        for words in (fill["fill_id"], fill["order_id"], order["decision_id"], fill["price"]):
            self.assertIn(words, text)
        explained = done("why", fill["order_id"], "--run", self.run_folder, "--json")
        self.assertIn(fill["order_id"], json.dumps(json.loads(explained)))
        trade = rows_of(self.run_folder / "trades.csv")[0]
        self.assertIn(trade["symbol"], done("why", trade["trade_id"], "--run", self.run_folder))
        assert_refused(self, run("why", "no-such-id", "--run", self.run_folder), 2, "no-such-id")

    def test_export_of_a_run_and_of_its_store(self):
        out = self.folder / "csv"
        listed = json.loads(done("export", self.run_folder, "--out", out, "--format", "csv",
                                 "--json"))
        self.assertEqual(sorted(RUN_TABLES), listed["files"])
        for name in RUN_TABLES:
            self.assertEqual((out / name).read_bytes(), (self.run_folder / name).read_bytes())
        # The store alone, as a daemon has it, gives the same rows.
        state = self.folder / "state"
        state.mkdir()
        shutil.copy(self.run_folder / "ledger.db", state)
        end = rows_of(self.run_folder / "equity.csv")[-1]["time"]
        tables = self.folder / "tables"
        done("export", state, "--out", tables, "--format", "csv", "--end", end)
        self.assertEqual(sorted(STATE_TABLES), sorted(p.name for p in tables.iterdir()))
        for name in STATE_TABLES:
            self.assertEqual((tables / name).read_bytes(),
                             (self.run_folder / name).read_bytes(), name)
        for source, names in ((self.run_folder, RUN_TABLES), (state, STATE_TABLES)):
            parquet = self.folder / ("parquet-" + source.name)
            done("export", source, "--out", parquet, "--format", "parquet")
            self.assertEqual(sorted(name.replace(".csv", ".parquet") for name in names),
                             sorted(p.name for p in parquet.iterdir()))
            for path in parquet.iterdir():
                content = path.read_bytes()
                self.assertEqual((content[:4], content[-4:]), (b"PAR1", b"PAR1"))


class OnBars(unittest.TestCase):
    """Commands that read bars."""

    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self.scratch.name)
        self.addCleanup(self.scratch.cleanup)

    def test_a_catalog_goes_to_parquet_and_back(self):
        bars = ["--symbols", "MSFT,BTCUSDT,NVDA"]
        done("export", SAMPLES, *bars, "--out", self.folder / "csv", "--format", "csv")
        done("export", SAMPLES, *bars, "--out", self.folder / "parquet", "--format", "parquet")
        done("export", self.folder / "parquet", "--out", self.folder / "back", "--format", "csv")
        names = sorted(p.name for p in (self.folder / "csv").iterdir())
        self.assertEqual(["BTCUSDT.csv", "MSFT.csv", "NVDA.csv", "catalog.toml"], names)
        for name in names:
            self.assertEqual((self.folder / "csv" / name).read_bytes(),
                             (self.folder / "back" / name).read_bytes(), name)
        # And the export says what the original says.
        for path in (SAMPLES, self.folder / "csv", self.folder / "parquet"):
            out = self.folder / ("run-" + path.name)
            done("replay", "--data", path, "--symbols", "MSFT", "--strategy", "buy_and_hold",
                 "--set", "quantity=3", "--out", out)
            self.assertEqual((out / "equity.csv").read_bytes(),
                             (self.folder / "run-sample" / "equity.csv").read_bytes())

    def test_import_makes_a_catalog(self):
        foreign = self.folder / "MSTR.csv"
        foreign.write_text("Date,close,high,low,open,volume\n"
                           "2026-03-18,140.5,146.75,140.25,144.875,21073277\n"
                           "2026-03-19,141.5,nan,140.25,144.875,21073277\n"
                           "2026-03-17,139.5,140.75,138.25,139.875,1000\n")
        out = self.folder / "catalog"
        answer = run("import", foreign, "--out", out, "--json")
        self.assertEqual(answer.returncode, 0, answer.stderr)
        report = json.loads(answer.stdout)
        self.assertEqual(report["files"][0]["format"], "F1")
        self.assertEqual(report["files"][0]["refused"], 1)
        self.assertIn("MSTR.csv:3", answer.stderr)
        self.assertEqual([row["time"] for row in rows_of(out / "MSTR.csv")],
                         ["2026-03-17", "2026-03-18"])
        self.assertIn("MSTR", (out / "catalog.toml").read_text())
        self.assertIn("F1", done("import", foreign, "--out", self.folder / "again", "--write",
                                 "parquet", "--format", "f1"))
        done("replay", "--data", self.folder / "again", "--strategy", "buy_and_hold", "--set",
             "quantity=1", "--out", self.folder / "run")

    def test_analyze_is_equal_for_any_number_of_workers(self):
        base = ["analyze", "--data", SAMPLES, "--as-of", "2026-01-15"]
        outputs = {workers: done(*base, "--workers", workers) for workers in (1, 2, 8)}
        outputs["sequential"] = done(*base, environment={"MARKETSIM_PARALLEL_ANALYSIS": "0"})
        outputs["again"] = done(*base, "--json")
        for name, text in outputs.items():
            self.assertEqual(text, outputs[1], name)
        *rows, last = [json.loads(line) for line in outputs[1].splitlines()]
        self.assertEqual([row["symbol"] for row in rows],
                         sorted(p.stem for p in SAMPLES.glob("*.csv")))
        analysed = [row for row in rows if not row["refused"]]
        self.assertGreater(len(analysed), 5)
        for row in rows:
            self.assertLessEqual(row["as_of"], "2026-01-16T00:00:00Z")
            if row["refused"]:
                self.assertTrue(row["reason"], row)
                continue
            self.assertGreaterEqual(row["inputs"]["bars_used"], 100)
            self.assertLess(row["inputs"]["last_bar"], "2026-01-16")
            self.assertEqual(len(row["inputs"]["hash"]), 16)
            self.assertEqual(len(row["strategies"]), 10)
            self.assertTrue(row["chosen"] or row["reason"], row)
        picks = last["portfolio"]["picks"]
        self.assertGreater(len(picks), 0)
        decided = {row["symbol"] for row in last["portfolio"]["decisions"]}
        self.assertEqual(decided, {row["symbol"] for row in rows})
        for pick in picks:
            self.assertGreater(float(pick["quantity"]), 0)

    def test_analyze_sees_no_bar_after_its_time(self):
        cut = self.folder / "cut"
        cut.mkdir()
        shutil.copy(SAMPLES / "catalog.toml", cut)
        text = (SAMPLES / "MSFT.csv").read_text().splitlines(keepends=True)
        (cut / "MSFT.csv").write_text(text[0] + "".join(t for t in text[1:] if t < "2025-06-13"))
        whole = done("analyze", "--data", SAMPLES, "--symbols", "MSFT", "--as-of", "2025-06-12")
        self.assertEqual(whole, done("analyze", "--data", cut, "--symbols", "MSFT", "--as-of",
                                     "2025-06-12"))
        row = json.loads(whole.splitlines()[0])
        self.assertFalse(row["refused"], row)
        self.assertEqual(row["day"], "2025-06-13")
        # In the middle of a session its own bar is not known yet.
        row = json.loads(done("analyze", "--data", SAMPLES, "--symbols", "MSFT", "--as-of",
                              "2025-06-12T15:00:00Z").splitlines()[0])
        self.assertEqual((row["day"], row["inputs"]["last_bar"][:10]),
                         ("2025-06-12", "2025-06-11"))

    def test_i29_every_evaluation_is_complete_and_says_its_size(self):
        """I-29: no variant is judged by fewer days than the others, and each number says by how
        many; a second look sees the same."""
        base = ["analyze", "--data", SAMPLES, "--as-of", "2025-06-12", "--workers", "2"]
        for days, environment in ((70, {}), (35, {"TRADEWIND_ANALYSIS_FAST_SIMULATE": "true"})):
            environment["TRADEWIND_MODEL_NAME"] = "ewma"
            text = done(*base, environment=environment)
            self.assertEqual(text, done(*base, environment=environment))
            rows = [row for row in map(json.loads, text.splitlines()[:-1]) if not row["refused"]]
            self.assertGreater(len(rows), 5)
            for row in rows:
                self.assertEqual(row["simulations"], days, row["symbol"])
                available = [each for each in row["strategies"] if each["available"]]
                self.assertGreaterEqual(len(available), 5, row["symbol"])
                for each in available:
                    self.assertEqual(each["samples"], days, (row["symbol"], each["name"]))
                    unseen = each["out_of_sample"]
                    self.assertEqual(unseen["samples"] > 0,
                                     each["out_of_sample_return"] is not None)
                    # Offsets of the first day have no day before it to be fitted on.
                    self.assertIn(unseen["samples"], (days - 1, days),
                                  (row["symbol"], each["name"]))

    MODES = (
        {}, {"PORTFOLIO_SIMPLE_MODE": "true"}, {"ANALYSIS_SELECTION": "out_of_sample"},
        {"ANALYSIS_GATE_MODE": "enforce"}, {"ANALYSIS_GATE_MODE": "advisory"},
        {"ANALYSIS_DISABLE_GATES": "true"}, {"ANALYSIS_ALIGNMENT": "legacy"},
        {"ANALYSIS_OPTIMIZER": "grid"}, {"ANALYSIS_OPTIMIZER": "direct"},
        {"ANALYSIS_FAST_OPTIMIZE": "true"}, {"PORTFOLIO_KELLY_SIZING": "true"},
        {"PORTFOLIO_CLOSE_POLICY": "measured"}, {"PROBES_ENABLED": "true"},
        {"PORTFOLIO_ALLOW_HIGHLOW": "true", "PORTFOLIO_ALLOW_TAKEPROFIT": "true",
         "ANALYSIS_SELECTION": "out_of_sample"},
        {"PORTFOLIO_ALLOW_MAXDIFF": "false", "PORTFOLIO_ALLOW_MAXDIFF_ALWAYS_ON": "false"},
    )

    def test_h42_every_mode_runs_a_whole_pass(self):
        """H42: whatever a mode calls is called here, from the bars to the orders of a pass."""
        portfolios = []
        for mode in self.MODES:
            with self.subTest(mode=mode):
                environment = {"TRADEWIND_" + name: value for name, value in mode.items()}
                environment["TRADEWIND_MODEL_NAME"] = "ewma"
                *rows, last = map(json.loads, done(
                    "analyze", "--data", SAMPLES, "--as-of", "2025-03-11",
                    environment=environment).splitlines())
                decisions = {row["symbol"]: row for row in last["portfolio"]["decisions"]}
                self.assertEqual(set(decisions), {row["symbol"] for row in rows})
                for row in decisions.values():
                    self.assertTrue(row["outcome"] == "ordered" or row["reason"], row)
                ordered = {name for name, row in decisions.items() if row["outcome"] == "ordered"}
                self.assertEqual(ordered, {row["symbol"] for row in last["portfolio"]["picks"]})
                portfolios.append(frozenset(ordered))
                if mode == self.MODES[1]:
                    self.check_simple_mode(rows, decisions)
        self.assertGreater(len(set(portfolios)), 2, "modes that change nothing")

    def check_simple_mode(self, rows, decisions):
        """By average return alone: positive, on the side of the expected move, not blocked."""
        eligible = set()
        for row in rows:
            if row["refused"] or not row["selected"] or row["gates"]["blocked"]:
                continue
            chosen = next(each for each in row["strategies"]
                          if each["name"] == row["chosen"]["strategy"])
            up = row["scores"]["expected_move_pct"] > 0
            if chosen["avg_return"] > 0 and (row["chosen"]["side"] == "buy") == up:
                eligible.add(row["symbol"])
        picked = {name for name, row in decisions.items() if row["outcome"] != "skipped"}
        self.assertEqual(picked, eligible)

    def test_model_commands(self):
        self.assertIn("ewma", done("model", "info", "ewma"))
        self.assertIsInstance(json.loads(done("model", "info", "ewma", "--json")), dict)
        out = self.folder / "forecasts.csv"
        summary = json.loads(done("model", "forecast", "--model", "ewma", "--bars", SAMPLES,
                                  "--symbols", "MSFT", "--from", "2026-01-02", "--to",
                                  "2026-01-09", "--horizon", "3", "--out", out, "--json"))
        rows = rows_of(out)
        self.assertEqual(summary["forecasts"], len({row["time"] for row in rows}))
        self.assertEqual(len(rows), summary["forecasts"] * 4 * 3)
        for row in rows:
            levels = [float(row[f"q{n}0"]) for n in range(1, 10)]
            self.assertEqual(levels, sorted(levels))

    def test_model_info_names_what_serves_each_class(self):
        info = json.loads(done("model", "info", "auto", "--json"))
        choice = json.loads((ROOT / "data" / "model" / "choice.json").read_text())
        for market_class, channels in choice["classes"].items():
            for channel, chosen in channels.items():
                self.assertEqual(info["classes"][market_class][channel], chosen["forecaster"])
        embedded = json.loads(done("model", "info", "embedded", "--json"))
        self.assertEqual(info["network"], embedded["id"])
        self.assertEqual(info["network"], choice["network"])

    def test_kept_forecasts_change_nothing(self):
        settings = self.folder / "settings.toml"
        store = self.folder / "forecasts.db"
        analyze = ["analyze", "--data", SAMPLES, "--symbols", "MSFT,NVDA", "--as-of", "2025-06-12"]
        alone = done(*analyze)
        settings.write_text(f'[model]\nforecast_store = "{store}"\n')
        analyze += ["--config", settings]
        self.assertEqual(alone, done(*analyze))
        with contextlib.closing(sqlite3.connect(store)) as rows:
            kept = rows.execute("SELECT COUNT(*) FROM forecasts").fetchone()[0]
        self.assertGreater(kept, 100)
        for parallel in ("0", "1"):
            self.assertEqual(alone, done(*analyze, environment={
                "MARKETSIM_PARALLEL_ANALYSIS": parallel}))
        # What is no store is put aside, never overwritten; where none can be made, it says so.
        store.write_text("no database")
        self.assertEqual(alone, done(*analyze))
        self.assertEqual("no database", (self.folder / "forecasts.db.damaged").read_text())
        settings.write_text('[model]\nforecast_store = "/dev/null/forecasts.db"\n')
        assert_refused(self, run(*analyze), 3, "/dev/null/forecasts.db", "model.forecast_store")

    def test_bench_names_the_machine_and_compares_the_runs(self):
        small = ["--symbols", "2", "--bars", "300", "--repeats", "1", "--json"]
        document = json.loads(done("bench", "replay", *small))
        self.assertTrue(document["distributed"]["byte_equal"])
        self.assertEqual(document["replay"]["bars"], 600)
        self.assertGreater(document["replay"]["fills"], 0)
        self.assertTrue(document["machine"]["processor"])
        document = json.loads(done("bench", "csv", "--bars", "2000", "--repeats", "1", "--json"))
        self.assertEqual(document["csv_to_run_folder"]["bars"], 2000)

    def test_a_paced_replay_takes_its_time_and_has_equal_rows(self):
        data = self.folder / "MINI.csv"
        data.write_text("time,open,high,low,close,volume\n" + "".join(
            f"2024-01-02T14:3{m}:00Z,{10 + m % 3},14,9,{10 + m % 3},5\n" for m in range(6)))
        base = ["replay", "--data", data, "--strategy", "sma_cross", "--set", "fast=1", "--set",
                "slow=2"]
        fast = json.loads(done(*base, "--out", self.folder / "fast", "--speed", "max", "--json"))
        paced = json.loads(done(*base, "--out", self.folder / "paced", "--speed", "600x",
                                "--json"))
        self.assertEqual(fast["hashes"], paced["hashes"])
        self.assertGreaterEqual(paced["engine_seconds"], 0.6)  # 6 minutes at 600x


class OnADaemon(unittest.TestCase):
    def test_status_kill_resume_stop(self):
        with tempfile.TemporaryDirectory() as scratch:
            folder = pathlib.Path(scratch)
            state = folder / "state"
            with Daemon(state, "--data", SAMPLES, "--symbols", "MSFT,NVDA,BTCUSDT") as daemon:
                eventually(lambda: run("status", "--state", state).returncode == 0)
                eventually(lambda: json.loads(done("status", "--state", state, "--json"))["state"]
                           == "ready")
                document = json.loads(done("status", "--state", state, "--json"))
                self.assertEqual(document["address"], daemon.address)
                self.assertEqual((document["mode"], document["broker"]), ("paper", "embedded"))
                table = done("status", "--state", state)
                for words in (daemon.address, "paper", "ready", "positions", "open orders"):
                    self.assertIn(words, table)
                done("kill", "--state", state, "--reason", "a test")
                document = json.loads(done("status", "--state", state, "--json"))
                self.assertEqual(document["state"], "halted")
                self.assertTrue(json.loads(done("resume", "--state", state, "--json"))["done"])
                eventually(lambda: json.loads(done("status", "--state", state, "--json"))["state"]
                           == "ready")
                done("verify", state)  # while it runs
                self.assertEqual(done("stop", "--state", state), "stopped\n")
                self.assertEqual(daemon.wait(), 0, daemon.text())
            assert_refused(self, run("status", "--state", state), 4, "no daemon runs")
            self.assertEqual(json.loads(done("verify", state, "--json"))["kind"], "state")
            out = folder / "tables"
            done("export", state, "--out", out, "--format", "csv")
            self.assertEqual(sorted(STATE_TABLES), sorted(p.name for p in out.iterdir()))


if __name__ == "__main__":
    unittest.main()
