#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The OCI image: what is in it, and that it runs with nothing else around it. image.py SOURCE"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import urllib.request

SOURCE = pathlib.Path(sys.argv[1])
failures = []


def expect(condition, what, shown=""):
    print(("ok      " if condition else "FAILED  ") + what)
    if not condition:
        failures.append(what)
        print(shown)


if shutil.which("buildah") is None:
    print("skipped: no buildah")
    sys.exit(1 if os.environ.get("METERPROOF_REQUIRE_TOOLS") else 77)
with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    archive, root = folder / "image.tar", folder / "root"
    made = subprocess.run([SOURCE / "ci/image", archive], capture_output=True, text=True)
    print(made.stdout + made.stderr)
    if made.returncode != 0:
        sys.exit(1)
    with tarfile.open(archive) as image:
        def blob(digest):
            return image.extractfile("blobs/" + digest.replace(":", "/"))
        index = json.load(image.extractfile("index.json"))
        manifest = json.load(blob(index["manifests"][0]["digest"]))
        config = json.load(blob(manifest["config"]["digest"]))["config"]
        root.mkdir()
        for layer in manifest["layers"]:
            with tarfile.open(fileobj=blob(layer["digest"])) as files:
                files.extractall(root)
    expect(config["Entrypoint"] == ["/usr/bin/meterproof"] and config["User"] == "65534:65534", "it runs the program as nobody", config)
    expect("8080/tcp" in config["ExposedPorts"] and "/data" in config["Volumes"], "it tells its port and where a store belongs", config)
    expect(config["Labels"]["org.opencontainers.image.licenses"] == "Apache-2.0", "it is labelled", config)
    others = [str(one.relative_to(root)) for one in root.rglob("*") if one.is_file() and not one.is_relative_to(root / "usr/share/meterproof/spec")]
    expect(others == ["usr/bin/meterproof"], "nothing but the program and its specs is in it", others)
    kind = subprocess.run(["file", "-b", root / "usr/bin/meterproof"], capture_output=True, text=True).stdout
    expect("static" in kind and "interpreter" not in kind, "the program needs no library", kind)
    inside = [shutil.which("chroot", path=os.environ["PATH"] + ":/usr/sbin:/sbin"), "--userspec=65534:65534", root] if os.geteuid() == 0 else []
    program = [*inside, "/usr/bin/meterproof"] if inside else [root / "usr/bin/meterproof"]
    (root / "data/apps.txt").write_text("demo:demo-secret\n", encoding="utf-8")
    os.chmod(root / "data/apps.txt", 0o644)
    (root / "etc").mkdir()
    (root / "etc/hosts").write_text("127.0.0.1 localhost\n", encoding="utf-8")  # as what runs containers does
    data = "/data" if inside else str(root / "data")
    clean = {"METERPROOF_STATE": "off"}
    mock = subprocess.Popen([*program, "mock", "--port", "0", "--apps", f"{data}/apps.txt", "--store", f"{data}/mock.db"], stdout=subprocess.PIPE, text=True, env=clean)
    url = ""
    for line in mock.stdout:
        if found := re.match(r"listening on (\S+)", line):
            url = found[1]
            break
    expect(url, "it starts")
    if url:
        with urllib.request.urlopen(f"{url}/_mock/health") as reply:
            expect(json.load(reply)["status"] == "ok", "it answers")
        # By name: the resolver of a program without libraries.
        done = subprocess.run([*program, "check", url.replace("127.0.0.1", "localhost"), "--apps", f"{data}/apps.txt", "--filter", "GetUserInfo"],
                              capture_output=True, text=True, env=clean)
        expect(done.returncode == 0, "it checks", done.stdout + done.stderr)
    mock.terminate()
    expect(mock.wait() == 0, "it ends")
    expect((root / "data/mock.db").exists(), "it kept its store")
sys.exit(bool(failures))
