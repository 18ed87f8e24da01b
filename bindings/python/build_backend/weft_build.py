"""The build backend: scikit-build-core's, but for the sdist.

The engine's sources lie outside this folder. An sdist has them in its folder `engine`, with paths as in the repository.
"""

import os
import shutil
import tempfile
from pathlib import Path

from scikit_build_core import build as backend
from scikit_build_core.build import *  # noqa: F403: the hooks of PEP 517 and PEP 660

# The interpreter is fastest by clang 19 (WEFT_DISPATCH). scikit-build-core would take Python's own compiler.
if "CXX" not in os.environ and shutil.which("clang++-19"):
    os.environ |= {"CC": "clang-19", "CXX": "clang++-19"}

HERE = Path(__file__).resolve().parents[1]
ROOT = HERE.parents[1]
# What CMake reads when it builds this package.
ENGINE = ["CMakeLists.txt", "LICENSE", "api", "cmake", "interp", "wasi", "bindings/python/CMakeLists.txt", "bindings/python/src"]
PACKAGE = ["README.md", "build_backend", "pyproject.toml", "weft"]


def copy(names, source, target):
    for name in names:
        to = target / name
        to.parent.mkdir(parents=True, exist_ok=True)
        if (source / name).is_dir():
            shutil.copytree(source / name, to, ignore=shutil.ignore_patterns("__pycache__", "*.so", ".*"))
        else:
            shutil.copy2(source / name, to)


def build_sdist(sdist_directory, config_settings=None):
    if not (ROOT / "interp").is_dir():  # an sdist of an sdist
        return backend.build_sdist(sdist_directory, config_settings)
    sdist_directory = os.path.abspath(sdist_directory)
    before = os.getcwd()
    with tempfile.TemporaryDirectory() as stage:
        stage = Path(stage)
        copy(PACKAGE, HERE, stage)
        copy(ENGINE, ROOT, stage / "engine")
        project = stage / "pyproject.toml"
        text = project.read_text(encoding="utf-8")
        assert text.count('"../../') == 1, "which of the paths is that of the version?"
        project.write_text(text.replace('"../../', '"engine/'), encoding="utf-8")
        os.chdir(stage)
        try:
            return backend.build_sdist(sdist_directory, config_settings)
        finally:
            os.chdir(before)
