#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the commands of both READMEs as they are printed, in order: readme.py PROGRAM SOURCE

Of the examples only the port is another one. Each command must succeed, and leave what it names. Of "Quick start", ci/quickstart runs without its first
step, which installs packages and builds. "Install" changes the machine, so that its block is only read by the shell, and what it calls must be there;
package.sh installs and packs into folders of its own."""
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def block_of(text, heading):
    return re.search(r"^## %s\n.*?^```sh\n(.*?)^```$" % heading, text, re.M | re.S)[1]


def run(script, folder, program):
    environment = dict(os.environ, PATH=os.path.dirname(program) + os.pathsep + os.environ["PATH"])
    # What is left in the background ends with the session.
    shell = subprocess.Popen(["bash", "-euo", "pipefail", "-c", script], cwd=folder, env=environment, start_new_session=True)
    code = shell.wait()
    for line in subprocess.run(["ps", "-o", "pid=", "-s", str(shell.pid)], capture_output=True, text=True).stdout.split():
        os.kill(int(line), signal.SIGKILL)
    assert code == 0, "a command failed:\n%s" % script


def begin(program, source):
    """The block "Quick start" of both READMEs, and the script that it runs."""
    for name, heading in (("README.md", "Quick start"), ("README.zh-CN.md", "快速开始")):
        text = open(os.path.join(source, name), encoding="utf-8").read()
        commands = [line.split("#")[0].strip() for line in block_of(text, heading).splitlines()]
        assert commands == ["ci/quickstart", "export PATH=$PWD/build/release:$PATH"], commands
    script = open(os.path.join(source, "ci/quickstart"), encoding="utf-8").read()
    assert os.access(os.path.join(source, "ci/quickstart"), os.X_OK)
    assert "\nprogram=build/release/meterproof\n" in script, "the PATH of the block is not where the program is"
    for line in (r'cd "\$\(dirname "\$0"\)/\.\."', r"ci/setup", r"if \[ -e build/release/CMakeCache\.txt \]; .*"):
        script, count = re.subn(r"^%s$" % line, "", script, flags=re.M)
        assert count == 1, "ci/quickstart has no line %s" % line
    with tempfile.TemporaryDirectory(prefix="meterproof-quickstart-") as folder:
        os.makedirs(os.path.join(folder, "build/release"))
        os.symlink(program, os.path.join(folder, "build/release/meterproof"))
        run(script, folder, program)
        for file in ("check.html", "check.json", "check.xml", "load.html", "certificate.json", "certificate.html"):
            assert os.path.getsize(os.path.join(folder, "out", file)) > 0, file
    print("ok  ci/quickstart, from its second step on")


def read_install(source):
    for name, heading in (("README.md", "Install"), ("README.zh-CN.md", "安装")):
        text = open(os.path.join(source, name), encoding="utf-8").read()
        block = block_of(text, heading)
        subprocess.run(["bash", "-n", "-c", block], check=True)
        assert re.search(r"^cmake --install build/release\s", block, re.M) and "cpack -G DEB" in block, block
        assert shutil.which("cmake") and shutil.which("cpack")
        print("ok  %s: how to install" % name)


def main():
    program, source = os.path.abspath(sys.argv[1]), sys.argv[2]
    read_install(source)
    begin(program, source)
    for name, heading in (("README.md", "Examples"), ("README.zh-CN.md", "示例")):
        text = open(os.path.join(source, name), encoding="utf-8").read()
        block = block_of(text, heading)
        commands = [line for line in block.splitlines() if re.match(r"(METERPROOF_\w+=\S+ )?meterproof ", line)]
        assert len(commands) >= 7, "only %d commands in %s" % (len(commands), name)
        with tempfile.TemporaryDirectory(prefix="meterproof-readme-") as folder:
            script = block.replace("127.0.0.1:8080", "127.0.0.1:%d" % free_port())
            script = script.replace("kill %1", "kill $!")  # job control is for prompts
            script = script.replace("meterproof mock", "meterproof mock --port " + re.search(r"127\.0\.0\.1:(\d+)", script)[1])
            run(script, folder, program)
            for file in ("check.json", "load.json", "report.html", "issuer.pub", "certificate.json"):
                assert os.path.getsize(os.path.join(folder, file)) > 0, file
        print("ok  %s: %d commands" % (name, len(commands)))


if __name__ == "__main__":
    main()
