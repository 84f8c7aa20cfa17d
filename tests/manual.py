#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the examples of meterproof(1), in order: manual.py PROGRAM

Other than printed are the server's address, the times and their limits, and how many appIds the mock knows. What an example reads and no earlier one writes is made before."""
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

IN_THE_BACKGROUND = {"mock", "check-client"}
COMMANDS = {"mock", "check", "check-client", "load", "merge", "report", "diff", "history", "keygen", "certify", "verify", "register", "sign", "spec", "world"}


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def examples(program):
    page = subprocess.run([program, "--lang", "en", "manual"], capture_output=True, text=True, check=True).stdout
    lines = re.search(r"^\.SH EXAMPLES\n(.*?)^\.SH ", page, re.M | re.S)[1].splitlines()
    return [line[3:].replace("\\-", "-").replace("\\e", "\\").replace("\\&", "") for line in lines if line.startswith(".B meterproof ")]


def run(words):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
    assert done.returncode == 0, "%s: %d\n%s" % (shlex.join(words), done.returncode, done.stdout)


def start(words):
    """A server that runs until it is told to end."""
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    seen = []
    for line in process.stdout:
        seen.append(line)
        if "listening on " in line:
            return process
    raise AssertionError("%s: %d\n%s" % (shlex.join(words), process.wait(), "".join(seen)))


def prepare(name, words, program, port, servers):
    """What the reader of that example has already."""
    if name == "check" and "--target" in words:
        with open("target.yaml", encoding="utf-8") as file:
            text = file.read()
        text = text.replace("127.0.0.1:8080", "127.0.0.1:%d" % port)
        text = re.sub(r"^( *)- \{ id: demo, .*$", lambda found: "\n".join("%s- { id: %s, secret: %s }" % (found[1], *app.split(":")) for app in APPS), text, flags=re.M)
        with open("target.yaml", "w", encoding="utf-8") as file:
            file.write(text)
    if name == "diff":
        shutil.copy("check.json", "before.json")
    if name == "merge":  # of a server to which no timestamp is known
        port = free_port()
        servers.append(start([program, "mock", "--port", str(port), "--apps", "apps.txt"]))
        begin = str(int(time.time()) + 5)
        shards = [[program, "load", "http://127.0.0.1:%d" % port, "--apps", "apps.txt", "--rate", "20", "--duration", "2s", "--warm-up", "0",
                   "--max-generator-lag", "1m", "--shard", "%d/2" % i, "--start-at", begin, "--json", "shard-%d.json" % (i + 1)] for i in range(2)]
        at_once = [subprocess.Popen(shard, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) for shard in shards]
        for one in at_once:
            said, _ = one.communicate(timeout=300)
            assert one.returncode == 0, "%s: %d\n%s" % (shlex.join(one.args), one.returncode, said)


APPS = ["demo:demo-secret"] + ["app%d:secret%d" % (i, i) for i in range(19)]


def main():
    program = os.path.abspath(sys.argv[1])
    lines = examples(program)
    missing = COMMANDS - {shlex.split(line)[1] for line in lines}
    assert not missing, "no example of %s" % ", ".join(sorted(missing))
    servers = []
    with tempfile.TemporaryDirectory(prefix="meterproof-manual-") as folder:
        os.chdir(folder)
        os.environ["METERPROOF_STATE"] = os.path.join(folder, "state")  # a load takes no timestamp of the check before it
        os.environ["METERPROOF_SECRET"] = "demo-secret"  # of the target file that --init writes
        with open("apps.txt", "w", encoding="utf-8") as file:
            file.write("\n".join(APPS) + "\n")
        port = free_port()
        try:
            for line in lines:
                words = [program] + shlex.split(line)[1:]
                name = words[1]
                prepare(name, words, program, port, servers)
                words = [re.sub(r"(127\.0\.0\.1|gas\.example\.cn):8080", "127.0.0.1:%d" % port, word) for word in words]
                words = [{"8080": str(port if name == "mock" else free_port()), "1m": "8s", "p99<50ms": "p99<5s"}.get(word, word) for word in words]
                if name == "load":
                    words += ["--max-generator-lag", "1m"]  # whatever else the machine does
                if name in IN_THE_BACKGROUND:
                    servers.append(start(words))
                else:
                    run(words)
                print("ok  " + line, flush=True)
        finally:
            for server in servers:
                server.send_signal(signal.SIGTERM)
                server.communicate()
            os.chdir("/")


if __name__ == "__main__":
    main()
