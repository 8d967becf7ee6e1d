#!/usr/bin/env python3
"""Holds the sources to the architecture: which folder may include which, and how long a file may be.

    architecture_test.py ROOT [unittest's arguments]
"""

import collections
import os
import re
import sys
import unittest

# From the top. A file includes files of its own line's folder and of the lines below. A line stands for
# the folders below it too, but for those that have a line of their own. Folders in one line do not
# include each other.
FLOORS = """
tests
bench
tools
tools/self
tools/commands
tools/plan
tools/gate
tools/fuzz              tools/matrix            tools/shrink            tools/sweep
tools/report
tools/catalogue         tools/isolation
tools/network
tools/cli
fuzz
conform
scenarios/campaign      scenarios/sweep         scenarios/worlds/inside
scenarios/worlds
scenarios/mutator       scenarios/shrink
scenarios/oracles
scenarios/language
kernel/inside           kernel/linux/outside    kernel/linux/preload
kernel/linux/held
kernel/linux/clients
kernel/linux/sight
kernel/faults           kernel/heap             kernel/simulated        kernel/stacks           kernel/trace
kernel
base
target
"""
FLOOR_OF = {folder: number for number, line in enumerate(FLOORS.split("\n"))
            for folder in line.split()}

MOST_LINES = 400
# Of the includes of one part by another that are in a circle.
MOST_SHOWN = 3

# The servers stand on POSIX and the C++ library alone.
STANDARD_HEADER = re.compile(r"<((arpa|net|netinet|sys)/)?\w+(\.h)?>")
# What is not an executable and takes libc's place all the same: it is loaded into one.
LIBRARIES_WITH_SHIM = ["hupstorm_preload"]

Include = collections.namedtuple("Include", "file line to")


def is_source(path):
    return path.endswith((".cc", ".h"))


def read_tree(root):
    """The sources and CMake files below `root`, as {path: text}."""
    tree = {}
    for folder, subfolders, names in os.walk(root):
        top = folder == root
        subfolders[:] = [name for name in subfolders
                         if not name.startswith(".") and not (top and name.startswith("build"))]
        for name in names:
            path = os.path.relpath(os.path.join(folder, name), root)
            if is_source(path) or name == "CMakeLists.txt" or name.endswith(".cmake"):
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    tree[path] = file.read()
    return tree


def includes_of(tree):
    """Each #include of a file of the tree."""
    for path in sorted(filter(is_source, tree)):
        for number, line in enumerate(tree[path].split("\n"), 1):
            found = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            if not found:
                continue
            beside = os.path.normpath(os.path.join(os.path.dirname(path), found[1]))
            for target in (found[1], beside):
                if target in tree:
                    yield Include(path, number, target)
                    break


def shown(include):
    return f"{include.file}:{include.line}: {include.to}"


def folder_of(path):
    """The folder in the table that a file belongs to; None where there is none."""
    while path:
        path = os.path.dirname(path)
        if path in FLOOR_OF:
            return path
    return None


def upward_includes(tree):
    """Includes against the direction of FLOORS."""
    for include in includes_of(tree):
        source, target = folder_of(include.file), folder_of(include.to)
        if source is None:
            yield f"{include.file}:1: its folder has no floor in {os.path.basename(__file__)}"
        elif target is None or source != target and FLOOR_OF[target] <= FLOOR_OF[source]:
            yield f"{shown(include)}: {source} must not include {target}"


def circular_includes(tree):
    """In each folder, its own files are one part, and each subfolder with all below it another. The
    includes between parts make no circle."""
    edges = collections.defaultdict(lambda: collections.defaultdict(list))  # by folder, by two parts
    for include in includes_of(tree):
        source, target = include.file.split("/"), include.to.split("/")
        depth = len(os.path.commonprefix([source, target]))
        parts = tuple("/".join(path[:depth + 1]) if len(path) > depth + 1 else "/".join(path[:depth])
                      for path in (source, target))
        if parts[0] != parts[1]:
            edges["/".join(source[:depth])][parts].append(include)
    for folder in sorted(edges):
        below = collections.defaultdict(set)
        for source, target in edges[folder]:
            below[source].add(target)

        def reaches(start, end, seen):
            return any(part == end or part not in seen and not seen.add(part)
                       and reaches(part, end, seen) for part in below[start])

        # The fewest first: they are most likely the ones that should not be.
        for (source, target), includes in sorted(edges[folder].items(),
                                                 key=lambda edge: (len(edge[1]), edge[0])):
            if reaches(target, source, set()):
                for include in includes[:MOST_SHOWN]:
                    yield f"{shown(include)}: a circle, as {target} needs {source} too"


def third_party_headers(tree):
    """What files in target/ include beside POSIX and the C++ library."""
    for path in sorted(path for path in tree if path.startswith("target/") and is_source(path)):
        for number, line in enumerate(tree[path].split("\n"), 1):
            found = re.match(r"\s*#\s*include\s+(<.*>)", line)
            if found and not STANDARD_HEADER.fullmatch(found[1]):
                yield f"{path}:{number}: {found[1]}: target/ stands on POSIX and the C++ library alone"


def long_files(tree):
    for path in sorted(filter(is_source, tree)):
        lines = tree[path].count("\n")
        if lines > MOST_LINES:
            yield f"{path}:{lines}: longer than {MOST_LINES} lines"


def wrong_cmake(tree):
    """Libraries that take libc's place, and what is compiled of tests/ outside it."""
    for path in sorted(path for path in tree if not is_source(path)):
        for command in re.finditer(r"^[ \t]*(\w+)\(([^()]*)\)", re.sub(r"#.*", "", tree[path]), re.M):
            name, words = command[1], command[2].split()
            line = tree[path].count("\n", 0, command.start()) + 1
            executable = f"add_executable({words[0]}" in tree[path] if words else False
            joins = name == "hupstorm_library" or name == "target_link_libraries" and not executable
            if joins and "hupstorm_shim" in words[1:] and words[0] not in LIBRARIES_WITH_SHIM:
                yield f"{path}:{line}: {words[0]}: only executables join the shim"
            if path.startswith("tests/"):
                continue
            for word in words:
                if re.search(r"(^|/)tests/.*\.(cc|h)$", word):
                    yield f"{path}:{line}: {word}: nothing but tests compiles a file of tests/"


class ArchitectureTest(unittest.TestCase):
    """The tree as it is."""

    @classmethod
    def setUpClass(cls):
        cls.tree = read_tree(ROOT)
        assert len(cls.tree) > 500, f"{ROOT} is not the source tree"

    def expect_none(self, offences):
        offences = list(offences)
        if offences:
            self.fail("\n" + "\n".join(offences))

    def test_no_folder_includes_one_above_it(self):
        self.expect_none(upward_includes(self.tree))

    def test_no_folders_include_each_other(self):
        self.expect_none(circular_includes(self.tree))

    def test_servers_include_the_standard_libraries_alone(self):
        self.expect_none(third_party_headers(self.tree))

    def test_no_file_is_too_long(self):
        self.expect_none(long_files(self.tree))

    def test_libraries_go_without_the_shim_and_the_product_without_tests(self):
        self.expect_none(wrong_cmake(self.tree))


class BrokenArchitectureTest(unittest.TestCase):
    """What each check says of a tree that breaks its rule."""

    def test_an_include_of_a_higher_floor(self):
        tree = {"kernel/a.h": "//\n#include \"scenarios/oracles/b.h\"\n", "scenarios/oracles/b.h": ""}
        self.assertEqual(list(upward_includes(tree)),
                         ["kernel/a.h:2: scenarios/oracles/b.h: kernel must not include "
                          "scenarios/oracles"])

    def test_an_include_of_the_same_floor(self):
        tree = {"kernel/heap/a.h": "#include \"kernel/trace/b.h\"\n", "kernel/trace/b.h": ""}
        self.assertEqual(len(list(upward_includes(tree))), 1)

    def test_a_folder_without_a_floor(self):
        tree = {"new/a.cc": "#include \"kernel/b.h\"\n", "kernel/b.h": ""}
        self.assertIn("new/a.cc:1", list(upward_includes(tree))[0])

    def test_a_circle(self):
        tree = {"bench/load/a.h": "#include \"bench/plot/b.h\"\n",
                "bench/plot/b.h": "#include \"bench/c.h\"\n",
                "bench/c.h": "\n\n#include \"bench/load/d.h\"\n", "bench/load/d.h": ""}
        self.assertEqual([offence.split(": a ")[0] for offence in circular_includes(tree)],
                         ["bench/c.h:3: bench/load/d.h", "bench/load/a.h:1: bench/plot/b.h",
                          "bench/plot/b.h:1: bench/c.h"])
        tree["bench/c.h"] = ""
        self.assertEqual(list(circular_includes(tree)), [])

    def test_a_circle_of_folders_whose_files_make_none(self):
        tree = {"tools/a/1.h": "#include \"tools/b/2.h\"\n", "tools/b/2.h": "",
                "tools/b/deeper/3.h": "#include \"tools/a/4.h\"\n", "tools/a/4.h": ""}
        self.assertEqual(len(list(circular_includes(tree))), 2)

    def test_a_server_on_another_library(self):
        tree = {"target/a.cc": "#include <sys/socket.h>\n#include <fmt/format.h>\n"}
        self.assertIn("target/a.cc:2: <fmt/format.h>", list(third_party_headers(tree))[0])

    def test_a_long_file(self):
        self.assertEqual(list(long_files({"base/a.cc": "\n" * 400})), [])
        self.assertIn("base/a.cc:401", list(long_files({"base/a.cc": "\n" * 401}))[0])

    def test_a_library_with_the_shim_and_a_product_with_a_test(self):
        tree = {"a/CMakeLists.txt": "hupstorm_library(x\n  SOURCES y.cc\n  DEPENDS hupstorm_shim)\n"
                                    "add_executable(z ${ROOT}/tests/z.cc)\n"
                                    "target_link_libraries(z PRIVATE hupstorm_shim)\n"}
        self.assertEqual([offence[:19] for offence in wrong_cmake(tree)],
                         ["a/CMakeLists.txt:1:", "a/CMakeLists.txt:4:"])


if __name__ == "__main__":
    ROOT = os.path.realpath(sys.argv.pop(1))
    unittest.main()
