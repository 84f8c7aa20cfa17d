#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Follows a how-to of docs/contributing: howto.py HOWTO.md BUILD_DIRECTORY

Blocks of the page, in their order:
  ```cpp file=PATH      a new file
  ```append file=PATH   lines for the end of an existing file
  ```sh                 commands; each must succeed
  ```sh build           the reader's own build; left out, as the next line says

New and changed files are compiled with the build's own commands and linked before its libraries, so that the page is tested without a second build."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile


def blocks(text):
    for head, body in re.findall(r"^```([^\n]*)\n(.*?)^```$", text, re.M | re.S):
        words = head.split()
        yield words, words[0] if words else "", dict(word.split("=", 1) for word in words[1:] if "=" in word), body


def including(source, header, text):
    """Whether a source includes that list by itself; headers of the tree are looked at once."""
    return '#include "%s"' % header in text or any(
        '#include "%s"' % header in open(os.path.join(source, inner)).read()
        for inner in re.findall(r'#include "([^"]+)"', text)
        if os.path.exists(os.path.join(source, inner))
    )


def compile_and_link(tree, source, build, changed):
    commands = {os.path.relpath(entry["file"], source): entry for entry in json.load(open(os.path.join(build, "compile_commands.json")))}
    lists = [name for name in changed if name.endswith(".inc")]
    units = [name for name in changed if name.endswith(".cpp")]
    for name in list(commands):
        if name.endswith(("_test.cpp", "_bench.cpp")) or name.startswith(("tests/", "bench/", "..")):
            continue
        path = os.path.join(source, name)
        if any(including(source, one, open(path).read()) for one in lists):
            units.append(name)
    objects = []
    for name in dict.fromkeys(units):
        model = name if name in commands else next(n for n in commands if os.path.dirname(n) == os.path.dirname(name))
        entry = commands[model]
        target = os.path.join(tree, name.replace("/", "_") + ".o")
        words = entry["command"].split()
        while os.path.basename(words[0]) == "ccache":
            words.pop(0)
        command = []
        skip = False
        for word in words:
            if skip:
                skip = False
                continue
            if word in ("-o", "-MF", "-MT", "-MQ"):
                skip = True
                continue
            if word in ("-MD", "-MMD", "-c") or word == entry["file"]:
                continue
            command.append(word.replace("-I" + source, "-I" + tree) if word.startswith("-I" + source) else word)
        # The changed tree first, the build's own headers behind it.
        subprocess.run(command + ["-O0", "-c", os.path.join(tree, name), "-o", target], check=True, cwd=build)
        objects.append(target)
    link = subprocess.run(["ninja", "-t", "commands", "meterproof"], cwd=build, check=True, capture_output=True, text=True).stdout.strip().splitlines()[-1]
    program = os.path.join(tree, "meterproof")
    link = re.sub(r" -o meterproof ", " -o %s %s -Wl,--allow-multiple-definition " % (program, " ".join(objects)), link, count=1)
    subprocess.run(link, shell=True, check=True, cwd=build)
    return program


def main():
    page, build = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    source = os.path.dirname(os.path.dirname(os.path.dirname(page)))
    with tempfile.TemporaryDirectory(prefix="meterproof-howto-") as tree:
        files = subprocess.run(["git", "ls-files"], cwd=source, check=True, capture_output=True, text=True).stdout.splitlines()
        for name in files:
            if os.path.isfile(os.path.join(source, name)):
                os.makedirs(os.path.join(tree, os.path.dirname(name)), exist_ok=True)
                shutil.copy2(os.path.join(source, name), os.path.join(tree, name))
        changed, program = [], None
        for head, kind, options, body in blocks(open(page).read()):
            if "file" in options:
                path = os.path.join(tree, options["file"])
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "w" if kind != "append" else "a") as out:
                    out.write(body)
                changed.append(options["file"])
            elif kind == "sh" and "build" not in head:
                if program is None:
                    program = compile_and_link(tree, source, build, changed) if any(name.endswith((".cpp", ".inc")) for name in changed) else os.path.join(build, "meterproof")
                print("running:\n" + body)
                environment = dict(os.environ, PATH=os.path.dirname(program) + os.pathsep + os.environ["PATH"], METERPROOF_SPEC=os.path.join(tree, "spec"))
                subprocess.run(["bash", "-euo", "pipefail", "-c", body], check=True, cwd=tree, env=environment)
    print("every step succeeded")


if __name__ == "__main__":
    main()
