"""tools/survey runs each server of a list, and says what is known of what was found."""

import json
import os
import subprocess
import sys
import tempfile
import unittest

SURVEY = os.path.join(os.path.realpath(sys.argv.pop(1)), "tools/survey")

LIST = """
[one]
title = The one
language = C
version = echo 1.2
exec = serve {port} {folder}
known =
    busy-loop | descriptors/* | defect | it spins

[two]
language = Go
build = false
exec = serve {port}
"""

FOUND = {"findings": [
    {"oracle": "busy-loop", "scenario": "descriptors/a", "evidence": "woken"},
    {"oracle": "busy-loop", "scenario": "descriptors/b", "evidence": "woken"},
    {"oracle": "fd-leak", "scenario": "reset/c", "evidence": "held"}]}


class SurveyTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.write("list.ini", LIST)

    def write(self, name, text):
        path = os.path.join(self.folder.name, name)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        os.chmod(path, 0o755)
        return path

    def survey(self, found, *words):
        """With a hupstorm that prints `found`, and keeps its arguments."""
        arguments = os.path.join(self.folder.name, "arguments")
        hupstorm = self.write("hupstorm", "#!/bin/sh\nprintf '%s\\n' \"$@\" >" + arguments
                              + "\ncat <<'END'\n" + json.dumps(found) + "\nEND\nexit 1\n")
        return subprocess.run(
            [sys.executable, "-B", SURVEY, "--list", os.path.join(self.folder.name, "list.ini"),
             "--hupstorm", hupstorm, "--out", os.path.join(self.folder.name, "out"), *words],
            capture_output=True, text=True, timeout=60, check=False)

    def test_what_no_line_of_the_list_covers_is_not_examined(self):
        done = self.survey(FOUND, "one")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("| The one 1.2 | C |", done.stdout)
        self.assertIn("| busy-loop 2 | `descriptors/a`, `descriptors/b` | defect | it spins |",
                      done.stdout)
        self.assertIn("| fd-leak 1 | `reset/c` | not examined |", done.stdout)

    def test_findings_that_are_all_known_are_success(self):
        known = {"findings": FOUND["findings"][:2]}
        self.assertEqual(self.survey(known, "one").returncode, 0)

    def test_the_table_is_made_from_what_was_kept(self):
        first = self.survey(FOUND, "one").stdout
        self.assertEqual(self.survey({"findings": []}, "--table", "one").stdout, first)

    def test_each_start_of_the_server_makes_its_folder(self):
        self.survey(FOUND, "one", "--scenario", "reset")
        with open(os.path.join(self.folder.name, "arguments"), encoding="utf-8") as kept:
            words = kept.read().splitlines()
        self.assertEqual(words[:2], ["run", "reset"])
        self.assertIn("mkdir -m 777 /tmp/hupstorm-survey.{port} && serve {port} "
                      "/tmp/hupstorm-survey.{port}", "\n".join(words))

    def test_a_server_that_is_not_built_is_said_to_be_not_held(self):
        self.assertIn("| not held |", self.survey(FOUND, "two").stdout)

    def test_a_name_that_is_not_in_the_list_is_refused(self):
        self.assertIn("no such server", self.survey(FOUND, "three").stderr)


if __name__ == "__main__":
    unittest.main()
