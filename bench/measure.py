"""One run of a command: what it printed and what it used."""

import os
import shlex
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

# Where a driver of an engine (peers/) may tell the CPU time of the program alone.
SECONDS_VARIABLE = "WEFT_BENCH_SECONDS"
TIMEOUT = 120  # seconds


class Failure(Exception):
    """A command that could not do its work."""


@dataclass
class Run:
    output: bytes
    wall: float  # seconds, whole process
    user: float  # seconds of CPU: of the program if a driver tells, else of the whole process
    cpu: float  # seconds of CPU, user and system, whole process
    rss: int  # KiB, peak


def run(launcher, command):
    """Runs a command by the launcher (measure.c)."""
    read_end, write_end = os.pipe()
    with tempfile.TemporaryDirectory() as scratch, os.fdopen(read_end) as usage:
        told = Path(scratch, "seconds")
        try:
            process = subprocess.Popen(
                [launcher, str(write_end), *command],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=[write_end],
                env=os.environ | {SECONDS_VARIABLE: str(told)},
                start_new_session=True,
            )
        finally:
            os.close(write_end)
        try:
            output, errors = process.communicate(timeout=TIMEOUT)
        except (subprocess.TimeoutExpired, KeyboardInterrupt) as reason:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            if isinstance(reason, KeyboardInterrupt):
                raise
            raise Failure(f"{shlex.join(command)}: not done after {TIMEOUT} s") from None
        if process.returncode != 0:
            raise Failure(f"{launcher}: {errors.decode(errors='replace').strip()}")
        wall, user, system, rss, status = map(float, usage.read().split())
        if status != 0:
            lines = errors.decode(errors="replace").strip().splitlines() or [f"wait status {status:.0f}"]
            reason = next((line for line in lines if "error" in line.lower()), lines[0])
            raise Failure(f"{shlex.join(command)}: {reason}")
        alone = float(told.read_text(encoding="ascii")) if told.exists() else user
        return Run(output, wall, alone, user + system, int(rss))
