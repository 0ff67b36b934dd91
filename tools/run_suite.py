#!/usr/bin/env python3
"""Runs the built test suite, two programs a processor at a time, and counts its cases.

Half of a suite's time is waiting for daemons, so that fewer would leave the processors idle.

Three kinds of tests are found by name:
  BUILD/tests/test_*      Catch2 programs, one a room; cases are counted from their JUnit report
  tests/**/*_test.py      unittest modules
  tests/**/*_test.sh      scripts: exit 0 passed, 77 skipped, anything else failed

A Catch2 case that cannot run here prints a line `SKIPPED: reason` (tests/catch.hpp) and counts as
skipped; skips are listed before the closing line. TRADEWIND_BUILD and TRADEWIND_BINARY tell
the scripts where the build is, TRADEWIND_LONG=1 that the long suite is wanted.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent
SHOWN_LINES = 200
LANES = 2 * (os.cpu_count() or 1)
LIMIT_S = {False: 900, True: 3600}  # of one program, in the fast and in the long suite


class Outcome:
    """What one test program did."""

    def __init__(self, name):
        self.name = name
        self.passed = self.failed = 0
        self.skips = []
        self.failures = []
        self.log = ""
        self.seconds = self.processor_seconds = 0.0


def parse_junit(report, outcome):
    """Counts the cases of a Catch2 JUnit report; raises where the report is torn."""
    for case in xml.etree.ElementTree.parse(report).getroot().iter("testcase"):
        faults = [child for child in case if child.tag in ("failure", "error")]
        if not faults:
            continue
        for fault in faults:
            place = f"{fault.get('message', '')}\n{(fault.text or '').strip()}"
            outcome.failures.append(f"{case.get('classname')} / {case.get('name')}: {place}")


def catch2_cases(program, selection):
    """Names of the cases a selection holds: sections make several JUnit cases of one."""
    listing = subprocess.run([program, "--list-test-names-only", *selection], cwd=ROOT,
                             capture_output=True, text=True, timeout=120, check=False)
    return {line.strip() for line in listing.stdout.splitlines() if line.strip()}


def run_catch2(program, arguments, environment, outcome):
    selection = ["~[.],[long]" if arguments.long else "~[.]"]
    cases = catch2_cases(program, selection)
    if not cases:
        return
    report = arguments.results / f"{outcome.name}.xml"
    report.unlink(missing_ok=True)
    code = run_logged([program, *selection, "-r", "junit", "-o", str(report)], environment,
                      arguments, outcome)
    outcome.skips = re.findall(r"^SKIPPED: .*$", outcome.log, re.MULTILINE)
    failed = 0
    try:
        root = xml.etree.ElementTree.parse(report).getroot()
        failed_names = set()
        for case in root.iter("testcase"):
            # JUnit names are CASE or CASE/SECTION...; the case is the longest known prefix.
            if any(child.tag in ("failure", "error") for child in case):
                name = case.get("name", "")
                known = [c for c in cases if name == c or name.startswith(c + "/")]
                failed_names.add(max(known, key=len, default=name))
        failed = len(failed_names)
        parse_junit(report, outcome)
    except (OSError, xml.etree.ElementTree.ParseError):
        pass
    if code != 0 and failed == 0:  # crashed, timed out or reported by a sanitizer at exit
        failed = 1
        outcome.failures.append(f"{outcome.name} ended with code {code}")
    outcome.failed = failed
    outcome.passed = max(0, len(cases) - failed - len(outcome.skips))


def run_unittest(script, arguments, environment, outcome):
    code = run_logged([sys.executable, str(script), "-v"], environment, arguments, outcome)
    ran = re.findall(r"^Ran (\d+) tests? in", outcome.log, re.MULTILINE)
    total = int(ran[-1]) if ran else 0
    closing = outcome.log.rstrip().rsplit("\n", 1)[-1]
    counts = {word: int(n) for word, n in re.findall(r"(\w+)=(\d+)", closing)}
    outcome.failed = counts.get("failures", 0) + counts.get("errors", 0)
    if code != 0 and outcome.failed == 0 or total == 0:
        outcome.failed += 1
    if outcome.failed:
        outcome.failures.append(f"{outcome.name} ended with code {code}")
    outcome.skips = [f"SKIPPED: {reason}" for reason in
                     re.findall(r"\.\.\. skipped ['\"](.*)['\"]$", outcome.log, re.MULTILINE)]
    outcome.passed = max(0, total - outcome.failed - len(outcome.skips))


def run_script(script, arguments, environment, outcome):
    code = run_logged(["bash", str(script)], environment, arguments, outcome)
    if code == 77:
        outcome.skips = [f"SKIPPED: {outcome.log.strip().splitlines()[-1:] or ['no reason']}"]
    elif code == 0:
        outcome.passed = 1
    else:
        outcome.failed = 1
        outcome.failures.append(f"{outcome.name} ended with code {code}")


def run_logged(command, environment, arguments, outcome):
    """Runs a command with its output in a log file; returns its exit code."""
    path = arguments.results / f"{outcome.name}.log"
    with open(path, "w", encoding="utf-8") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL,
                                   stdout=log, stderr=subprocess.STDOUT)
        limit = threading.Timer(LIMIT_S[arguments.long], process.kill)
        limit.start()
        _, status, usage = os.wait4(process.pid, 0)
        code = process.returncode = os.waitstatus_to_exitcode(status)
        outcome.processor_seconds = usage.ru_utime + usage.ru_stime
        if not limit.is_alive():
            log.write(f"\nstopped after {LIMIT_S[arguments.long]} s\n")
        limit.cancel()
    outcome.log = path.read_text(encoding="utf-8", errors="replace")
    return code


def discover(arguments):
    """(name, function, path) of every test; the slowest of the last run first."""
    found = []
    for program in sorted((arguments.build / "tests").glob("test_*")):
        if program.is_file() and os.access(program, os.X_OK):
            found.append((program.name, run_catch2, program))
    for pattern, function in (("*_test.py", run_unittest), ("*_test.sh", run_script)):
        for script in sorted((ROOT / "tests").rglob(pattern)):
            name = "-".join(script.relative_to(ROOT / "tests").parts)
            found.append((name, function, script))
    if arguments.only:
        found = [test for test in found if arguments.only in test[0]]
    return sorted(found, key=lambda test: -arguments.durations.get(test[0], 1e9))


def run_one(test, arguments, environment):
    name, function, path = test
    outcome = Outcome(name)
    begin = time.monotonic()
    function(path, arguments, environment, outcome)
    outcome.seconds = time.monotonic() - begin
    return outcome


def show(outcome):
    verdict = "FAILED" if outcome.failed else "ok"
    counts = f"{outcome.passed} passed, {outcome.failed} failed, {len(outcome.skips)} skipped"
    print(f"{verdict:7}{outcome.name:36} {counts:32}{outcome.seconds:7.1f} s, "
          f"processor {outcome.processor_seconds:.1f} s", flush=True)
    if not outcome.failed:
        return
    for failure in outcome.failures:
        print(f"  --- {failure}")
    lines = outcome.log.rstrip().splitlines()
    if len(lines) > SHOWN_LINES:
        print(f"  (last {SHOWN_LINES} of {len(lines)} lines)")
    for line in lines[-SHOWN_LINES:]:
        print(f"  | {line}")
    sys.stdout.flush()


def main():
    parser = argparse.ArgumentParser(description="run the built test suite")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    arguments.build = (ROOT / arguments.build).resolve()
    arguments.results = arguments.build / "test-results"
    arguments.results.mkdir(parents=True, exist_ok=True)
    durations = arguments.results / "durations.json"
    try:
        arguments.durations = json.loads(durations.read_text())
    except (OSError, ValueError):
        arguments.durations = {}

    environment = dict(os.environ)
    # The suite decides its settings itself: the caller's own must not change results.
    for name in list(environment):
        if name == "TRADEWIND_SCREENSHOTS":  # a folder where page tests keep their pictures
            continue
        if name.startswith(("TRADEWIND_", "MARKETSIM_", "APCA_", "MAXDIFF_", "ALPACA_")):
            del environment[name]
    environment.update(TRADEWIND_BUILD=str(arguments.build),
                       TRADEWIND_BINARY=str(arguments.build / "tradewind"),
                       TRADEWIND_LONG="1" if arguments.long else "0",
                       PYTHONDONTWRITEBYTECODE="1")

    passed = failed = 0
    skips = []
    with concurrent.futures.ThreadPoolExecutor(max_workers=LANES) as pool:
        runs = [pool.submit(run_one, test, arguments, environment)
                for test in discover(arguments)]
        for run in concurrent.futures.as_completed(runs):
            outcome = run.result()
            show(outcome)
            passed += outcome.passed
            failed += outcome.failed
            skips += [f"{outcome.name}: {skip}" for skip in outcome.skips]
            arguments.durations[outcome.name] = round(outcome.seconds, 2)
    durations.write_text(json.dumps(arguments.durations, indent=1, sort_keys=True))

    for skip in skips:
        print(skip)
    if passed + failed == 0:
        print("error: no test was found", file=sys.stderr)
        failed = 1
    closing = f"{passed} passed, {failed} failed"
    print(closing + (f", {len(skips)} skipped" if skips else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
