#!/usr/bin/env python3
"""Does what docs/your-own-server.md says, word by word, and compares what it shows.

Blocks of code with a file's name become that file. In console blocks, lines after "$ " are run, one
after another in one shell; the lines below them are what they print: "..." stands for anything, on
a line of its own for any lines, and any number but 0 is as good as another. A command must exit
with 0 unless "$ echo $?" comes next and shows otherwise.

  follow_tutorial.py DOCUMENT PREFIX

PREFIX is where hupstorm is installed: it becomes ~/.local of a home folder of its own, in a new
temporary folder, far from the source tree. The first console block, which builds and installs, is
left to who calls this.
"""

import os
import re
import subprocess
import sys
import tempfile

# That a long command gets on shows on a busy machine only.
PROGRESS = r"^[a-z ]+: (?:[\w-]+, )?\d+ of \d+\b.*\n"
MARK = "\x01end of command "


def blocks(text):
    """(language, name, lines) of each fenced block."""
    for match in re.finditer(r"^```(\w+) ?([^\n]*)\n(.*?)^```$", text, re.M | re.S):
        yield match[1], match[2].strip(), match[3].splitlines()


def commands(lines):
    """(command, expected lines) of a console block."""
    result = []
    for line in lines:
        if line.startswith("$ "):
            result.append((line[2:], []))
        else:
            result[-1][1].append(line)
    return result


def any_number(match):
    """A pattern for numbers like this one: only none is none."""
    number = match[0]
    if "." in number:
        return r"[\d.]*\d"
    return "0" if number == "0" else r"[1-9][\d,]*"


def pattern(expected):
    """A regular expression for what a command prints."""
    text = ""
    for line in expected:
        if line == "...":
            text += r"(?:[^\n]*\n)*?"
            continue
        # The width of a column depends on the number in it.
        known = [re.sub(" {2,}", " +", re.escape(part).replace(r"\ ", " ").replace(r"\.", "."))
                 for part in line.split("...")]
        text += r"[^\n]*".join(
            re.sub(r"\d+(?:[.,]\d+)*", any_number, part) for part in known) + r"\n"
    return re.compile(text)


class Shell:
    def __init__(self, folder, environment):
        self.process = subprocess.Popen(
            ["bash", "--norc"], cwd=folder, env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def run(self, command):
        """What it prints, and its exit code, which stays $? for the next one."""
        self.process.stdin.write(
            f"{command}\nstatus=$?; echo '{MARK}'$status; (exit $status)\n")
        self.process.stdin.flush()
        output = ""
        for line in self.process.stdout:
            before, mark, status = line.partition(MARK)
            output += before
            if mark:
                return output, int(status)
        sys.exit(f"the shell ended in: {command}\n{output}")


def follow(document, prefix, folder):
    home = os.path.join(folder, "home")
    work = os.path.join(folder, "work")
    os.makedirs(home)
    os.makedirs(work)
    os.symlink(prefix, os.path.join(home, ".local"))
    environment = {name: value for name, value in os.environ.items()
                   if name in ("PATH", "LANG", "CCACHE_DIR", "TMPDIR")}
    environment["HOME"] = home
    shell = Shell(work, environment)

    with open(document, encoding="utf-8") as file:
        text = file.read()
    done = 0
    first = True
    for language, name, lines in blocks(text):
        if language != "console":
            if name:
                path = os.path.join(work, name)
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "w", encoding="utf-8") as file:
                    file.write("\n".join(lines) + "\n")
            continue
        if first:
            first = False
            continue
        block = commands(lines)
        for i, (command, expected) in enumerate(block):
            print(f"$ {command}", flush=True)
            output, status = shell.run(command)
            output = re.sub(PROGRESS, "", output, flags=re.M)
            may_fail = i + 1 < len(block) and block[i + 1][0] == "echo $?"
            if status != 0 and not may_fail:
                sys.exit(f"{output}\nexit code {status}, of: {command}")
            if expected and not pattern(expected).fullmatch(output):
                sys.exit(f"{output}\nis not what the document shows for {command}:\n" +
                         "\n".join(expected))
            done += 1
    print(f"{done} commands of {document} did what it says")


def main():
    document, prefix = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="hupstorm-") as folder:
        follow(document, prefix, folder)


if __name__ == "__main__":
    main()
