#!/usr/bin/env python3
"""Whatever a document (*.md) points at is there: links, their #sections, and files and folders named in `backticks`.

A word in backticks is taken for a path if it has a slash and otherwise only letters, digits and . _ - * { , }. It is
looked for from the repository's root, from the document's folder, and among the public headers (`<weft/weft.hpp>`);
`*` and `{a,b}` are expanded, and each alternative must exist. Code blocks are not read. Absolute paths and what is made
while building (build/, examples/*.wasm from a source beside it) are not looked for.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

FENCE = re.compile(r"^(```|~~~).*?^\1[ \t]*$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)")
REFERENCE = re.compile(r"^\[[^\]]+\]:\s+(\S+)", re.MULTILINE)
HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*$", re.MULTILINE)
SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*:")
PATH = re.compile(r"^[\w.-][\w.*{},-]*(?:/[\w.*{},-]*)+$")
BRACES = re.compile(r"\{([^{}]*)\}")
GUEST_SOURCES = (".c", ".cc", ".rs")


def documents():
    """Documents of the repository, new ones too, but nothing that git ignores."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "*.md"]
    try:
        out = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout.decode()
        names = sorted(set(filter(None, out.split("\0"))))
    except (OSError, subprocess.CalledProcessError):  # an archive without git
        paths = (p.relative_to(ROOT) for p in ROOT.rglob("*.md"))
        names = sorted(p.as_posix() for p in paths if p.parts[0] not in ("build", ".git"))
    return [ROOT / name for name in names if (ROOT / name).is_file()]


def without(pattern, text):
    """The text with every match blanked, so that line numbers stay."""
    return pattern.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


def alternatives(path):
    match = BRACES.search(path)
    if not match:
        return [path]
    return [p for part in match[1].split(",") for p in alternatives(path[: match.start()] + part + path[match.end() :])]


def exists(path, folder):
    """Whether the path leads to something, and to a folder if it ends in a slash."""
    for base in (ROOT, folder, ROOT / "api" / "include"):
        found = list(base.glob(path.rstrip("/"))) if "*" in path else [base / path]
        if any(f.is_dir() if path.endswith("/") else f.exists() for f in found):
            return True
    return False


def is_made(path):
    if path.startswith("build/"):
        return True
    return path.startswith("examples/") and any((ROOT / path).with_suffix(s).exists() for s in GUEST_SOURCES)


def anchors(file):
    """The names of a document's sections as links spell them: lower case, hyphens for blanks."""
    seen, names = {}, set()
    for match in HEADING.finditer(without(FENCE, file.read_text(encoding="utf-8"))):
        title = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", match[1]).lower()
        name = re.sub(r"[^\w\- ]", "", title).replace(" ", "-")
        count = seen.get(name, 0)
        seen[name] = count + 1
        names.add(f"{name}-{count}" if count else name)
    return names


def check_link(target, file):
    if SCHEME.match(target):
        return None
    path, _, section = target.partition("#")
    linked = (file.parent / path).resolve() if path else file
    if not linked.exists():
        return f"link to {target}, which is not there"
    if section and linked.suffix == ".md" and section not in anchors(linked):
        return f"link to {target}: no such section"
    return None


def check_code(code, file):
    for word in code.split():
        path = word.strip("<>(),;:\"'").removeprefix("./")
        if not PATH.match(path) or is_made(path):
            continue
        for one in alternatives(path):
            if not exists(one, file.parent):
                yield f"`{one}` is not there"


def check(file):
    text = without(FENCE, file.read_text(encoding="utf-8"))
    prose = without(CODE, text)
    found = []
    for pattern in (LINK, REFERENCE):
        for match in pattern.finditer(prose):
            found.append((match.start(), check_link(match[1], file)))
    for match in CODE.finditer(text):
        found.extend((match.start(), problem) for problem in check_code(match[1], file))
    for at, problem in sorted((f for f in found if f[1]), key=lambda f: f[0]):
        line = text.count("\n", 0, at) + 1
        yield f"{file.relative_to(ROOT).as_posix()}:{line}: {problem}"


def main():
    files = documents()
    problems = [problem for file in files for problem in check(file)]
    for problem in problems:
        print(problem)
    print(f"links: {len(files)} documents, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
