"""The programs of the README."""

import re
from pathlib import Path

import pytest

README = Path(__file__).resolve().parents[3] / "README.md"
PROGRAMS = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_of_the_readme_prints_what_it_says(python, program):
    said = re.findall(r"print\(.*\)  # (.*)$", program, re.MULTILINE)
    done = python(program)
    assert (done.returncode, done.stderr) == (0, "")
    assert said
    assert done.stdout.splitlines() == said
