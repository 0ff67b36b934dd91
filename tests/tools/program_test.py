#!/usr/bin/env python3
"""The program's shell: exit codes, one-line errors, help everywhere, JSON, no secret printed."""
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("TRADEWIND_BINARY", str(ROOT / "build" / "tradewind"))


def run(*arguments, **environment):
    values = {"PATH": os.environ["PATH"], "HOME": "/nonexistent-home"}
    values.update(environment)
    return subprocess.run([BINARY, *arguments], env=values, capture_output=True, text=True,
                          timeout=60, check=False)


def commands_of(page):
    """Names under `Subcommands:` of a help page."""
    section = re.search(r"^Subcommands:\n((?:  .*\n?)+)", page, re.MULTILINE)
    return re.findall(r"^  ([a-z][a-z-]*)", section.group(1), re.MULTILINE) if section else []


class Shell(unittest.TestCase):
    def assert_refused(self, answer, code, *says):
        self.assertEqual(code, answer.returncode, answer)
        self.assertEqual("", answer.stdout)
        lines = answer.stderr.splitlines()
        self.assertEqual(1, len(lines), lines)
        self.assertTrue(lines[0].startswith("error: "), lines[0])
        for words in says:
            self.assertIn(words, lines[0])

    def test_wrong_arguments(self):
        rows = [
            ([], "no command was given"),
            (["--versino"], "the nearest known is --version"),
            (["confg", "show"], "unknown command confg (tradewind): the nearest known is config"),
            (["config"], "no command was given"),
            (["config", "shwo"], "the nearest known is show"),
            (["config", "show", "--jsn"], "unknown option --jsn (tradewind config show): "
                                          "the nearest known is --json"),
            (["config", "show", "extra"], "unknown argument extra"),
            (["config", "explain"], "key is required"),
            (["config", "explain", "risk.drawdwn"], "the nearest known is risk.drawdown"),
            (["config", "check", "--config"], "--config"),
            (["config", "check", "--config", "/nonexistent"], "there is no such file"),
        ]
        for arguments, says in rows:
            with self.subTest(arguments):
                self.assert_refused(run(*arguments), 2, says)

    def test_bad_settings(self):
        self.assert_refused(run("config", "check", TRADEWIND_RISK_DRAWDON="1"), 2,
                            "the nearest known is TRADEWIND_RISK_DRAWDOWN")
        self.assert_refused(run("config", "check", MARKETSIM_PARALLEL_WORKERS="many"), 2,
                            "MARKETSIM_PARALLEL_WORKERS")
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
            file.write("[risk]\ndrawdown = [\n")
            file.flush()
            self.assert_refused(run("config", "check", "--config", file.name), 2, "broken TOML",
                                file.name + ":")

    def test_help_everywhere(self):
        waiting = [[]]
        seen = 0
        while waiting:
            path = waiting.pop()
            answer = run(*path, "--help")
            self.assertEqual((0, ""), (answer.returncode, answer.stderr), path)
            self.assertIn("Usage:", answer.stdout)
            waiting += [path + [name] for name in commands_of(answer.stdout)]
            seen += 1
        self.assertGreaterEqual(seen, 6)

    def test_version(self):
        self.assertRegex(run("--version").stdout, r"^tradewind \d+\.\d+\.\d+\n$")

    def test_json(self):
        settings = json.loads(run("config", "show", "--json").stdout)["settings"]
        self.assertIn("analysis.workers", [row["key"] for row in settings])
        row = json.loads(run("config", "explain", "analysis.workers", "--json",
                             TRADEWIND_ANALYSIS_WORKERS="3").stdout)
        self.assertEqual(("3", "environment", "TRADEWIND_ANALYSIS_WORKERS"),
                         (row["value"], row["source"], row["where"]))
        self.assertTrue(json.loads(run("config", "check", "--json").stdout)["valid"])

    def test_warnings_go_to_stderr(self):
        answer = run("config", "check", "--json", MARKETSIM_PARALLEL_WORKER="1")
        self.assertEqual(0, answer.returncode)
        self.assertTrue(json.loads(answer.stdout)["warnings"])
        self.assertIn("warning: unknown variable MARKETSIM_PARALLEL_WORKER", answer.stderr)

    def test_secrets_are_never_printed(self):
        for arguments in (["config", "show"], ["config", "show", "--json"], ["config", "check"],
                          ["config", "check", "--json"], ["doctor"], ["doctor", "--json"]):
            answer = run(*arguments, APCA_API_KEY_ID="PKVISIBLE", APCA_API_SECRET_KEY="hush")
            output = answer.stdout + answer.stderr
            self.assertNotIn("PKVISIBLE", output)
            self.assertNotIn("hush", output)
            self.assertIn("present (environment)", output)

    def test_default_settings_file(self):
        shown = run("config", "show", "--defaults").stdout
        self.assertEqual((ROOT / "config" / "default.toml").read_text(), shown)

    def test_doctor(self):
        with tempfile.TemporaryDirectory() as folder:
            answer = run("doctor", "--json", STATE_DIR=folder + "/state")
            report = json.loads(answer.stdout)
            self.assertEqual(0, answer.returncode, report)
            self.assertTrue(report["healthy"])
            self.assertFalse(pathlib.Path(folder, "state").exists())  # it looks, it makes nothing
            blocked = pathlib.Path(folder, "file")
            blocked.write_text("")
            answer = run("doctor", "--json", STATE_DIR=str(blocked / "state"))
            self.assertEqual(1, answer.returncode)
            self.assertFalse(json.loads(answer.stdout)["healthy"])

    def test_closed_output_fails(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            answer = subprocess.run([BINARY, "config", "show"], stdout=full,
                                    stderr=subprocess.PIPE, text=True, timeout=60, check=False)
        self.assertEqual(1, answer.returncode)
        self.assertIn("error: cannot write the result", answer.stderr)


if __name__ == "__main__":
    unittest.main()
