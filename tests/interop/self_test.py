#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""ci/interop itself: it holds rows that are so, and tells each kind of contradiction. self_test.py PROGRAM"""
import pathlib
import re
import subprocess
import sys
import tempfile

INTEROP = pathlib.Path(__file__).resolve().parents[2] / "ci/interop"
failures = []


def expect(condition, what, shown=""):
    print(("ok      " if condition else "FAILED  ") + what)
    if not condition:
        failures.append(what)
        print(shown)


def interop(*arguments):
    with tempfile.TemporaryDirectory() as out:
        done = subprocess.run([INTEROP, "--program", sys.argv[1], "--out", out, *arguments], capture_output=True, text=True, timeout=280)
    return done.returncode, done.stdout + done.stderr


# Rows of the real matrix that need nothing but Python and curl.
code, text = interop("python-http10", "python-threading", "python-urllib", "curl")
expect(code == 0 and "5 tried, 0 skipped, 0 contradict" in text, "rows that are so are held", text)

defaults = (INTEROP.parent.parent / "tests/interop/matrix.toml").read_text(encoding="utf-8").split("# --- ")[0]
defaults = defaults[defaults.index("[defaults]"):]
MOCK = '[[server]]\nname = "mock"\nabout = ""\nundecided = ["*/-203/database", "*/-999/unknown", "RemotePay/-7/user-code-cancelled", "*/-202/*other*"]\n'
THREADS = 'start = "/usr/bin/python3 servers/plain.py @PORT@ threads 1.1"'
CLIENT = 'start = "/usr/bin/python3 clients/python_client.py urllib @URL@ @CALLS@"'
# What a row declares wrongly, and what is said of it.
WRONG = {
    "does-not-start": ("server", 'start = "false"', "it does not start"),
    "closes": ("server", 'start = "/usr/bin/python3 servers/plain.py @PORT@ threads 1.0"', "undecided .*/http/pipelined"),
    "takes-long": ("server", f"{THREADS}\nseconds = 0", "stopped after 0 s"),
    "should-fail": ("client", f'{CLIENT}\nexit = 1\nfailed = ["client/header/*"]', r"exit code 0, not 1[\s\S]*not failed: client/header/\*"),
    "does-not-say": ("client", f'{CLIENT}\nsays = "no such word"', 'it does not say "no such word"'),
    "does-not-compile": ("client", f'{CLIENT}\ncompile = "sh -c \'echo line 7; exit 1\'"', "it does not compile: line 7"),
    "wrong-secret": ("client", f'{CLIENT}\nenv = {{ APP_SECRET = "wrong" }}', r"the mock does not accept its calls: .*-202\n +failed .*AccessToken"),
    "should-warn": ("client", f'{CLIENT}\nwarned = ["client/library-repeats"]', "not warned: client/library-repeats"),
}
with tempfile.TemporaryDirectory() as folder:
    matrix = pathlib.Path(folder) / "matrix.toml"
    matrix.write_text(defaults + MOCK + "".join(f'[[{kind}]]\nname = "{name}"\nabout = ""\n{lines}\n' for name, (kind, lines, _) in WRONG.items()))
    code, text = interop("--matrix", matrix)
    parts = dict(re.findall(r"^(\S+) +(?:server|client) .*\n((?:    .*\n)*)", text, re.M))
    expect(code == 1, "contradictions end with 1", text)
    for name, (_, _, said) in WRONG.items():
        expect(re.search(said, parts.get(name, "")), f"{name} is told", text)

    matrix.write_text(defaults + MOCK + f'[[server]]\nname = "absent"\nabout = ""\npackages = ["no-such-package"]\n{THREADS}\n')
    code, text = interop("--matrix", matrix)
    expect(code == 2 and "skipped: not installed: no-such-package" in text, "where nothing could be tried, the run is no success", text)

    matrix.write_text(defaults + '[[server]]\nname = "mock"\nabout = ""\nsecond = 1\n')
    code, text = interop("--matrix", matrix)
    expect(code == 1 and "unknown keys: second" in text, "a misspelt key is refused", text)
sys.exit(bool(failures))
