"""The list of faults that the tests must find is true to the code: each fault can be put back, each
test exists, and no hazard and no invariant is missing. The long suite puts every fault back."""
import os
import pathlib
import re
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
import mutate_hazards  # noqa: E402

# What gateway, state machines and portfolio hold; H42 is an integration test of each mode.
HAZARDS = {f"H{n}" for n in range(1, 46)} - {"H42"}
INVARIANTS = {f"I-{n}" for n in (7, 8, 9, 10, 11, 12, 13, 16, 19, 21, 22, 24, 27, 28, 30, 34, 37,
                                 40)}
# Hazards whose test names them too.
SHARED = {"I-31": "H10", "I-39": "H8"}


def cases_of(program):
    """Names of the Catch2 cases in the sources of a test program."""
    folder = ROOT / "tests" / program.removeprefix("test_")
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.cpp")))
    return set(re.findall(r'TEST_CASE\(\s*"([^"]+)"', text))


class List(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.mutations = mutate_hazards.read_list()

    def test_each_fault_can_be_put_back(self):
        for mutation in self.mutations:
            with self.subTest(mutation.id, fault=mutation.fault):
                self.assertEqual(1, mutation.occurrences(ROOT))
                self.assertNotEqual(mutation.original, mutation.mutated)

    def test_each_test_exists_and_is_named_after_what_it_holds(self):
        cases = {program: cases_of(program) for program in {m.program for m in self.mutations}}
        for mutation in self.mutations:
            with self.subTest(mutation.id, test=mutation.test):
                self.assertIn(mutation.test, cases[mutation.program])
                self.assertRegex(mutation.test, rf"\b{mutation.id}\b")

    def test_no_hazard_and_no_invariant_is_missing(self):
        held = {mutation.id for mutation in self.mutations}
        self.assertEqual(HAZARDS | INVARIANTS, held)
        for invariant, hazard in SHARED.items():
            tests = [m.test for m in self.mutations if m.id == hazard]
            self.assertTrue([t for t in tests if invariant in t], invariant)

    @unittest.skipUnless(os.environ.get("TRADEWIND_LONG") == "1", "long: builds once per fault")
    def test_every_fault_is_found(self):
        tool = subprocess.run([sys.executable, ROOT / "tools" / "mutate_hazards.py"], cwd=ROOT,
                              capture_output=True, text=True, check=False)
        self.assertEqual(0, tool.returncode, tool.stdout[-5000:] + tool.stderr[-2000:])


if __name__ == "__main__":
    unittest.main()
