# SPDX-License-Identifier: Apache-2.0
"""The switches of this server: bugs that can be seeded and fair readings that can be chosen.

Everywhere else the code asks `bug("id")` or `reading("id")`; both are false in the clean server.
The ids are those of bugs.toml and readings.toml.
"""
import tomllib
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
_bugs = set()
_readings = set()


def bug(name):
    return name in _bugs


def reading(name):
    return name in _readings


def known_ids(file, table):
    with open(FOLDER / file, "rb") as handle:
        return {entry["id"] for entry in tomllib.load(handle)[table]}


def choose(bugs, readings):
    """Turns the given ids on. Returns an error text, or None."""
    for wanted, chosen, file, table in ((bugs, _bugs, "bugs.toml", "bug"),
                                        (readings, _readings, "readings.toml", "reading")):
        if not wanted:
            continue
        unknown = sorted(set(wanted) - known_ids(file, table))
        if unknown:
            return f"unknown {table}: {', '.join(unknown)}"
        chosen.update(wanted)
    return None
