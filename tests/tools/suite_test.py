#!/usr/bin/env python3
"""tools/run_suite.py counts what test programs report, and never takes a crash for success."""
import pathlib
import subprocess
import sys
import tempfile
import textwrap
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]

# A stand-in for a Catch2 program: lists its cases, writes a JUnit report, ends with a code.
PROGRAM = """\
    #!{python}
    import sys
    if "--list-test-names-only" in sys.argv:
        print("\\n".join({cases!r}))
        sys.exit(0)
    print({output!r})
    report = {report!r}
    if report:
        open(sys.argv[sys.argv.index("-o") + 1], "w").write(report)
    sys.exit({code})
    """


def report(*rows):
    cases = "".join(f'<testcase classname="t.global" name="{name}">{inner}</testcase>'
                    for name, inner in rows)
    return f"<testsuites><testsuite>{cases}</testsuite></testsuites>"


FAILURE = '<failure message="1 == 2" type="CHECK">at a.cpp:3</failure>'


class Suite(unittest.TestCase):
    def run_programs(self, **programs):
        with tempfile.TemporaryDirectory() as folder:
            tests = pathlib.Path(folder, "tests")
            tests.mkdir()
            for name, values in programs.items():
                values = dict({"cases": ["a", "b"], "output": "", "code": 0}, **values)
                path = tests / f"test_standin_{name}"
                path.write_text(textwrap.dedent(PROGRAM).format(python=sys.executable, **values))
                path.chmod(0o755)
            answer = subprocess.run(
                [sys.executable, str(ROOT / "tools" / "run_suite.py"), "--build", folder, "--only",
                 "standin"], capture_output=True, text=True, timeout=60, check=False)
        return answer.returncode, answer.stdout.splitlines()[-1], answer.stdout

    def test_all_passed(self):
        code, closing, _ = self.run_programs(x={"report": report(("a", ""), ("b/section", ""))},
                                             y={"report": report(("a", ""), ("b", ""))})
        self.assertEqual((0, "4 passed, 0 failed"), (code, closing))

    def test_a_failed_case_counts_once_and_is_shown(self):
        code, closing, output = self.run_programs(
            x={"report": report(("a", ""), ("b/one", FAILURE), ("b/two", FAILURE)), "code": 2})
        self.assertEqual((1, "1 passed, 1 failed"), (code, closing))
        self.assertIn("b/two: 1 == 2", output)

    def test_a_crash_is_a_failure(self):
        for values in ({"report": "", "code": 139}, {"report": "<testsuites><tes", "code": 134},
                       {"report": report(("a", ""), ("b", "")), "code": 1}):
            with self.subTest(values):
                code, closing, output = self.run_programs(x=values)
                self.assertEqual((1, "1 passed, 1 failed"), (code, closing))
                self.assertIn("ended with code", output)

    def test_a_skip_is_said(self):
        code, closing, output = self.run_programs(
            x={"report": report(("a", ""), ("b", "")), "output": "SKIPPED: b: no GPU"})
        self.assertEqual((0, "1 passed, 0 failed, 1 skipped"), (code, closing))
        self.assertIn("test_standin_x: SKIPPED: b: no GPU", output)

    def test_no_tests_is_a_failure(self):
        code, closing, _ = self.run_programs()
        self.assertEqual((1, "0 passed, 1 failed"), (code, closing))


if __name__ == "__main__":
    unittest.main()
