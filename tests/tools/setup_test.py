#!/usr/bin/env python3
"""tools/setup: nothing twice, one clear line where a step fails, nothing half-done taken for whole.

Runs on a folder of its own with a stand-in for pip, so nothing is downloaded.
"""
import os
import pathlib
import subprocess
import tempfile
import textwrap
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SETUP = ROOT / "tools" / "setup"


class Setup(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.deps = self.folder / "deps"
        self.bin = self.folder / "bin"
        self.bin.mkdir()
        installed = self.run_setup("--check").stdout
        if "missing Debian packages" in installed:
            self.skipTest("needs the Debian packages: " + installed.strip())

    def run_setup(self, *arguments):
        environment = dict(os.environ, TRADEWIND_DEPS=str(self.deps),
                           PATH=f"{self.bin}:{os.environ['PATH']}")
        return subprocess.run([SETUP, *arguments], env=environment, capture_output=True,
                              text=True, timeout=60, check=False)

    def stand_in_for_pip(self, download):
        """A python3 whose pip does what the test wants; everything else is the real one."""
        script = self.bin / "python3"
        script.write_text(textwrap.dedent(f"""\
            #!/usr/bin/env bash
            case "$*" in
                "-m pip --version") exit 0 ;;
                "-m pip download"*) destination= previous=
                    for word; do [ "$previous" = --dest ] && destination=$word; previous=$word; done
                    {download} ;;
                *) exec /usr/bin/python3 "$@" ;;
            esac
            """))
        script.chmod(0o755)

    def write_stamps(self):
        """Marks every wheel as unpacked, in the words that tools/setup itself expects."""
        text = SETUP.read_text()
        variables = dict(line.split("=", 1) for line in text.splitlines()
                         if line.startswith(("torch_cpu=", "torch_cuda=", "torch_hash=")))
        table = text.split('wheel_table="', 1)[1].split('"\n', 1)[0]
        for name, value in variables.items():
            table = table.replace("$" + name, value.strip("'"))
        stamps = self.deps / ".stamps"
        stamps.mkdir(parents=True, exist_ok=True)
        for row in filter(None, map(str.split, table.splitlines())):
            (stamps / row[1]).write_text(" ".join(row[2:]) + "\n")
        return stamps

    def assert_failed(self, answer, *says):
        self.assertEqual(1, answer.returncode, answer)
        errors = [line for line in answer.stderr.splitlines() if line]
        self.assertEqual(1, len(errors), errors)
        self.assertTrue(errors[0].startswith("error: "), errors[0])
        for words in says:
            self.assertIn(words, errors[0])

    def test_check_names_what_is_missing_and_changes_nothing(self):
        answer = self.run_setup("--check")
        self.assertEqual(1, answer.returncode)
        self.assertIn("missing wheels: torch==", answer.stdout)
        self.assertFalse(self.deps.exists())

    def test_unknown_argument(self):
        self.assertEqual(2, self.run_setup("--cheque").returncode)

    def test_a_complete_folder_is_left_alone(self):
        self.write_stamps()
        self.stand_in_for_pip("echo called >&2; exit 9")
        answer = self.run_setup()
        self.assertEqual((0, ""), (answer.returncode, answer.stderr))
        self.assertIn("everything is in place", answer.stdout)

    def test_another_version_is_seen(self):
        stamps = self.write_stamps()
        (stamps / "pyarrow").write_text("pyarrow==1.0 0000 -\n")
        answer = self.run_setup("--check")
        self.assertEqual(1, answer.returncode)
        self.assertRegex(answer.stdout, r"^missing wheels: pyarrow==\S+\n$")

    def test_a_failing_download_gives_one_line(self):
        self.stand_in_for_pip("echo 'ERROR: no route to host'; exit 1")
        self.assert_failed(self.run_setup(), "download failed (torch==", "no route to host",
                           "run tools/setup again")
        self.assertEqual([], list((self.deps / ".stamps").iterdir()))

    def test_a_wrong_file_is_refused(self):
        self.stand_in_for_pip('echo not-a-wheel >"$destination/torch.whl"')
        self.assert_failed(self.run_setup(), "wrong checksum (torch==")
        self.assertEqual([], list((self.deps / ".stamps").iterdir()))
        self.assertFalse((self.deps / "torch").exists())


if __name__ == "__main__":
    unittest.main()
