"""A recorded session, replayed, gives the books that it left, byte by byte."""
import itertools
import subprocess

from daemon import PROGRAM


def check_replay(test, state, folder):
    """`state`: of a daemon that has ended. `folder`: for what is made here."""
    out = folder / "replay"
    result = subprocess.run([PROGRAM, "replay", "--recording", state / "recordings", "--out", out],
                            capture_output=True, text=True, timeout=300, check=False)
    test.assertEqual(result.returncode, 0, result.stderr)
    # The books of the state folder in the form of a run folder: orders that still work count
    # as a replay counts them, expired at its end: the newest event of the books may be older.
    books = folder / "books"
    end = (out / "equity.csv").read_text().splitlines()[-1].split(",")[0]
    result = subprocess.run([PROGRAM, "export", state, "--out", books, "--format", "csv",
                             "--end", end],
                            capture_output=True, text=True, timeout=60, check=False)
    test.assertEqual(result.returncode, 0, result.stderr)
    for name in ("decisions.csv", "orders.csv", "fills.csv"):
        here, there = ((place / name).read_bytes() for place in (books, out))
        test.assertGreater(here.count(b"\n"), 1, name)
        if here != there:  # the first line that differs says more than two files
            for line, (one, other) in enumerate(itertools.zip_longest(
                    here.splitlines(), there.splitlines()), 1):
                test.assertEqual(one, other, f"{name}, line {line}")
        test.assertEqual(here, there, name)
