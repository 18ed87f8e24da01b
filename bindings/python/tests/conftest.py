"""Fixtures: the package under test, and Wasmtime's package, whose programs must run on Weft unchanged.

A test that takes `wt` runs on both: the results and the types of exceptions must be the same. One that takes `weft` tests
what Weft promises beyond that. WEFT_WASMTIME_PACKAGES names the site-packages folder that holds the package `wasmtime`
(./dev test sets it); without it those runs are left out.
"""

import gc
import importlib
import os
import subprocess
import sys

import pytest

WASMTIME = os.environ.get("WEFT_WASMTIME_PACKAGES")
if WASMTIME:
    sys.path.append(WASMTIME)


def pytest_report_header():
    return "compared with: " + (f"wasmtime in {WASMTIME}" if WASMTIME else "nothing (WEFT_WASMTIME_PACKAGES is not set)")


@pytest.fixture(params=["weft", "wasmtime"] if WASMTIME else ["weft"])
def wt(request):
    """Each package that has the API."""
    return importlib.import_module(request.param)


@pytest.fixture
def weft():
    return importlib.import_module("weft")


@pytest.fixture
def store(wt):
    return wt.Store()


class Guest:
    """An instance with its store: its exports are called without naming the store."""

    def __init__(self, package, text, imports, store):
        self.store = package.Store() if store is None else store
        self.instance = package.Instance(self.store, package.Module(self.store.engine, text), imports)
        self.exports = self.instance.exports(self.store)

    def call(self, name, *args):
        return self.exports[name](self.store, *args)


@pytest.fixture
def guest(request):
    """Makes instances from text: guest("(module ...)", [imports], store=...)."""
    fixture = "wt" if "wt" in request.fixturenames else "weft"
    package = request.getfixturevalue(fixture)

    def make(text, imports=(), store=None):
        return Guest(package, text, list(imports), store)

    return make


@pytest.fixture
def collect():
    """Collects garbage: what refers to itself is gone afterwards."""

    def run():
        for _ in range(3):
            gc.collect()

    return run


@pytest.fixture
def python():
    """Runs a program in a Python of its own: its status, and what it wrote."""

    def run(program, *, package="weft", timeout=60, **options):
        path = [WASMTIME] if WASMTIME and package == "wasmtime" else []
        environment = dict(os.environ, PYTHONPATH=os.pathsep.join([*path, *filter(None, [os.environ.get("PYTHONPATH")])]))
        program = program.replace("PACKAGE", package)
        return subprocess.run(
            [sys.executable, "-X", "faulthandler", "-c", program],
            capture_output=True,
            text=True,
            timeout=timeout,
            env=environment,
            check=False,
            **options,
        )

    return run
