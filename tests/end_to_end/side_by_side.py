"""A unittest runner for tests that mostly wait: several at a time, told as the usual one tells.

    if __name__ == "__main__":
        unittest.main(testRunner=SideBySide())

A class with a setUpClass of its own runs as one piece.
"""
import concurrent.futures
import io
import sys
import time
import unittest


def flat(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from flat(test)
        else:
            yield test


def pieces(suite):
    together = {}
    for test in flat(suite):
        if type(test).setUpClass.__func__ is unittest.TestCase.setUpClass.__func__:
            yield test
        else:
            together.setdefault(type(test), unittest.TestSuite()).addTest(test)
    yield from together.values()


class SideBySide:
    def __init__(self, workers=6):
        self.workers = workers

    @staticmethod
    def run_piece(piece):
        stream = unittest.runner._WritelnDecorator(io.StringIO())  # pylint: disable=W0212
        result = unittest.TextTestResult(stream, descriptions=False, verbosity=2)
        piece.run(result)
        return result, stream.getvalue()

    def run(self, suite):
        begin = time.monotonic()
        whole = unittest.TestResult()
        with concurrent.futures.ThreadPoolExecutor(self.workers) as pool:
            for run in concurrent.futures.as_completed(
                    [pool.submit(self.run_piece, piece) for piece in pieces(suite)]):
                result, text = run.result()
                sys.stderr.write(text)
                whole.testsRun += result.testsRun
                for name in ("failures", "errors", "skipped", "unexpectedSuccesses"):
                    getattr(whole, name).extend(getattr(result, name))
        for kind, told in (("FAIL", whole.failures), ("ERROR", whole.errors)):
            for test, trace in told:
                print("=" * 70, f"{kind}: {test}", "-" * 70, trace, sep="\n", file=sys.stderr)
        counts = {"failures": len(whole.failures), "errors": len(whole.errors),
                  "skipped": len(whole.skipped)}
        told = ", ".join(f"{name}={count}" for name, count in counts.items() if count)
        print("-" * 70, f"Ran {whole.testsRun} tests in {time.monotonic() - begin:.3f}s", "",
              ("OK" if whole.wasSuccessful() else "FAILED") + (f" ({told})" if told else ""),
              sep="\n", file=sys.stderr)
        return whole
