"""The mutants of a C++ source: each with one small change that a programmer might have made by mistake.

Works on the text, as .clang-format lays it out: an operator has a space on both sides, which the brackets of a
template and the ampersand of a reference do not have.
"""

import collections
import re

# `at`, `end`: the piece that becomes `other`. `before`, `after`: its lines. `nth`: of those that change such
# lines in the same way in this file.
Mutant = collections.namedtuple("Mutant", "server file line before after nth at end other")

SWAPS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "&&": "||", "||": "&&", "+": "-",
         "-": "+", "*": "/", "/": "*", "+=": "-=", "-=": "+=", "|": "&", "&": "|", "|=": "&="}
WORDS = {"true": "false", "false": "true", "min": "max", "max": "min", "front": "back", "back": "front"}
# What begins a statement that can be left out, and what begins one that cannot.
STATEMENT = (r"(?:[\w:]+(?:->|\.|\(|\[| [-+|&]?= |\+\+|--)|\+\+|--|\*\w|"
             r"(?:break|continue|return|throw [^;]*);)")
NO_STATEMENT = (r"(?:if|for|while|switch|else|case|default|struct|class|using|operator|explicit|public|"
                r"private|protected|static|const\w*|catch)\b")


def hide(text):
    """The text with other characters in place of comments, strings and the preprocessor's lines."""
    def blank(found):
        if found[0][0] == '"':
            return '"' + "_" * (len(found[0]) - 2) + '"'
        return re.sub(r"[^\n]", " ", found[0])
    return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|(?m:^ *#[^\n]*)', blank, text,
                  flags=re.DOTALL)


def closing(code, at):
    """The place of the bracket that closes the one at `at`, -1 for none."""
    depth = 0
    for i in range(at, len(code)):
        depth += (code[i] in "([{") - (code[i] in ")]}")
        if depth == 0:
            return i
    return -1


def of_operators(code):
    for found in re.finditer(r"(?<= )(<=|>=|==|!=|&&|\|\||\+=|-=|\|=|[-<>+*/|&])(?=[ \n])", code):
        yield found.start(), found.end(), SWAPS[found[1]]
    for found in re.finditer(r"\+\+(?=\w)|--(?=\w)|(?<=\w)\+\+|(?<=\w)--", code):
        yield found.start(), found.end(), "--" if found[0] == "++" else "++"
    for found in re.finditer(r"(?<=[ (!])!(?=[\w(])", code):
        yield found.start(), found.end(), ""


def of_constants(code):
    for found in re.finditer(r"(?<![\w.'-])(?<![=!<>]= )(?<![<>] )\d[\d']*(?![\w.'])", code):
        value = int(found[0].replace("'", ""))
        # One more or less; of many, that makes no difference.
        for other in (value + 1, value - 1) if value < 3 else (0,):
            if other >= 0:
                yield found.start(), found.end(), str(other)
    for found in re.finditer(r"\b(" + "|".join(WORDS) + r")\b", code):
        yield found.start(), found.end(), WORDS[found[0]]
    # Flags: one of several, or the only one that a call is given.
    for flag in (r" \| [A-Z][A-Z_]+\b", r"\b[A-Z][A-Z_]+ \| "):
        for found in re.finditer(flag, code):
            yield found.start(), found.end(), ""
    for found in re.finditer(r"(?<=, )(MSG_\w+|SOCK_\w+|O_\w+|EPOLL_CLOEXEC)(?=\))", code):
        yield found.start(), found.end(), "0"


def of_conditions(code):
    for found in re.finditer(r"\b(if|while) \(", code):
        begin = found.end()
        end = closing(code, begin - 1)
        condition = code[begin:end]
        # One that declares what it looks at cannot be wrapped.
        if end < 0 or condition == "true" or re.search(r"[\w>*&] [*&]?\w+ = ", condition):
            continue
        if not re.match(r"!\w", condition):  # the one of of_operators
            yield begin, begin, "!("  # and the bracket: see below
        if found[1] == "if":
            yield begin, begin, "false && ("


def of_statements(code):
    for found in re.finditer(r"(?m)^ *case [\w:]+:$", code):
        yield found.start(), found.end(), ""
    for found in re.finditer(r"(?:(?<=[;{}:])\s+|(?<=\)) |(?<=\))\n +|\belse )(?=" + STATEMENT + ")", code):
        begin = at = found.end()
        if re.match(NO_STATEMENT, code[begin:]):
            continue
        while at < len(code) and code[at] not in ";)]{}":  # past the brackets of a call
            at = closing(code, at) + 1 if code[at] in "([" else at + 1
        if code[at:at + 1] == ";":
            yield begin, at + 1, ";"


def flat(text):
    return re.sub(r"\s+", " ", re.sub(r"//[^\n]*", "", text)).strip()


def mutants_of(server, file, text):
    """Those of a file with this text, in the order of their places."""
    code = hide(text)
    counts = collections.Counter()
    mutants = []
    places = {*of_operators(code), *of_constants(code), *of_conditions(code), *of_statements(code)}
    for at, end, other in sorted(places):
        if other.endswith("("):  # around a condition
            end = closing(code, at - 1)
            other += text[at:end] + ")"
        first = text.rfind("\n", 0, at) + 1
        last = text.find("\n", end)
        # How a server is started is not what it does; nor is the bug of a twin in the tests.
        if re.search(r"argc|argv|\bbug", text[first:last]):
            continue
        before, after = flat(text[first:last]), flat(text[first:at] + other + text[end:last])
        counts[before, after] += 1
        mutants.append(Mutant(server, file, text.count("\n", 0, at) + 1, before, after,
                              counts[before, after], at, end, other))
    return mutants
