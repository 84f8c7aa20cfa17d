# SPDX-License-Identifier: Apache-2.0
"""Processes that a script of ci/ starts and ends."""

import contextlib
import os
import signal
import subprocess
import time

PATIENCE = 30  # seconds: to start, to make the calls of a client, to end after Ctrl-C


class Contradiction(Exception):
    """What a process did is not what was declared; the text says what."""


class Started:
    """A process in a group of its own, which ends with the block that it is used in."""

    def __init__(self, command, log, **more):
        self.log = log
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log.open("wb"), stderr=subprocess.STDOUT, start_new_session=True, **more)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(5)
        self.process.wait()

    def wait_until(self, done, what):
        """The first true result of `done`, asked until the process ends."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if result := done():
                return result
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise Contradiction(f"{what}: {last_line(self.log)}")

    def ended(self, seconds):
        """The exit code, or None where it still ran after that time and was interrupted."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(PATIENCE)  # its record tells how far it came
            return None


def last_line(log):
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
    return next((line for line in reversed(lines) if line.strip()), f"{log.name} is empty")
