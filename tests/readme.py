#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the examples of both READMEs as they are printed, in order: readme.py PROGRAM SOURCE

Only the port is another one. Each command must succeed, and leave what it names."""
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def main():
    program, source = os.path.abspath(sys.argv[1]), sys.argv[2]
    for name, heading in (("README.md", "Examples"), ("README.zh-CN.md", "示例")):
        text = open(os.path.join(source, name), encoding="utf-8").read()
        block = re.search(r"^## %s\n.*?^```sh\n(.*?)^```$" % heading, text, re.M | re.S)[1]
        commands = [line for line in block.splitlines() if line.startswith("meterproof ")]
        assert len(commands) >= 7, "only %d commands in %s" % (len(commands), name)
        with tempfile.TemporaryDirectory(prefix="meterproof-readme-") as folder:
            script = block.replace("127.0.0.1:8080", "127.0.0.1:%d" % free_port())
            script = script.replace("kill %1", "kill $!")  # job control is for prompts
            script = script.replace("meterproof mock", "meterproof mock --port " + re.search(r"127\.0\.0\.1:(\d+)", script)[1])
            environment = dict(os.environ, PATH=os.path.dirname(program) + os.pathsep + os.environ["PATH"])
            # What is left in the background ends with the session.
            shell = subprocess.Popen(["bash", "-euo", "pipefail", "-c", script], cwd=folder, env=environment, start_new_session=True)
            code = shell.wait()
            for line in subprocess.run(["ps", "-o", "pid=", "-s", str(shell.pid)], capture_output=True, text=True).stdout.split():
                os.kill(int(line), signal.SIGKILL)
            assert code == 0, "%s: a command failed" % name
            for file in ("check.json", "load.json", "report.html", "issuer.pub", "certificate.json"):
                assert os.path.getsize(os.path.join(folder, file)) > 0, file
        print("ok  %s: %d commands" % (name, len(commands)))


if __name__ == "__main__":
    main()
