"""What the tests in Python share: the programs that they need, and runs of the gate."""

import importlib
import os
import shutil
import subprocess
import sys
import tempfile


def require(modules, programs):
    """Ends the test where one is missing: a test that skips itself is taken for one that passed."""
    missing = [package for program, package in programs.items() if shutil.which(program) is None]
    for module, package in modules.items():
        try:
            importlib.import_module(module)
        except ImportError:
            missing.append(package)
    if missing:
        sys.exit("This test needs Debian's " + ", ".join(sorted(missing))
                 + ": tools/setup-debian.sh installs them.")


def path_of(program):
    return shutil.which(program)


class Folder(tempfile.TemporaryDirectory):
    def path(self, name):
        return os.path.join(self.name, name)

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)


# One defect, which one oracle reports in a handful of scenarios.
ONE_DEFECT = ("--target", "doc001/poll", "--mend", "all-but=half-close-drops-queue")
CLEAN = ("--target", "reference/poll")
SUITE_ONLY = ("--no-sweep", "--fuzz-runs", "0")


def gate(*arguments, exits):
    """Runs hupstorm gate, which must end with this code, and gives what it wrote."""
    command = [os.environ["HUPSTORM_COMMAND"], "gate", *arguments]
    result = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=240)
    if result.returncode != exits:
        raise AssertionError(f"{' '.join(command)} ended with {result.returncode}, not {exits}:\n"
                             f"{result.stdout}\n{result.stderr}")
    return result.stdout
