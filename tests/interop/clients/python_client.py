# SPDX-License-Identifier: Apache-2.0
"""Makes the calls with a library of Python: python_client.py requests|httpx|urllib|aiohttp URL CALLS

Each call is signed with a second of its own, and again where the reply is lost or the timestamp is refused. Exit code 1 if one is not accepted.
OWN_HEADERS=no leaves Accept and Content-Type to the library.
"""
import base64
import hashlib
import json
import os
import sys
import time

library, url, calls = sys.argv[1:]
app, secret = os.environ["APP_ID"], os.environ["APP_SECRET"]

if library == "requests":
    import requests

    session = requests.Session()
    lost = (requests.ConnectionError,)

    def send(target, body, headers):
        return session.post(target, data=body, headers=headers, timeout=30).content
elif library == "httpx":
    import httpx

    client = httpx.Client(timeout=30)
    lost = (httpx.TransportError,)

    def send(target, body, headers):
        return client.post(target, content=body, headers=headers).content
elif library == "aiohttp":
    import asyncio

    import aiohttp

    loop = asyncio.new_event_loop()
    lost = (aiohttp.ClientError,)

    async def opened():
        return aiohttp.ClientSession()

    session = loop.run_until_complete(opened())

    async def exchange(target, body, headers):
        async with session.post(target, data=body, headers=headers) as reply:
            return await reply.read()

    def send(target, body, headers):
        return loop.run_until_complete(exchange(target, body, headers))
else:
    import http.client
    import urllib.request

    lost = (OSError, http.client.HTTPException)

    def send(target, body, headers):
        with urllib.request.urlopen(urllib.request.Request(target, data=body, headers=headers), timeout=30) as reply:
            return reply.read()


def signed(second):
    stamp = time.strftime("%Y%m%d%H%M%S", time.gmtime(second + 8 * 3600))
    of_the_interface = {} if os.environ.get("OWN_HEADERS") == "no" else {"Accept": "application/json", "Content-Type": "application/json;charset=utf-8"}
    return {
        **of_the_interface,
        "AccessToken": hashlib.md5((app + secret + stamp).encode()).hexdigest(),
        "Authorization": base64.b64encode(f"{app}:{stamp}".encode()).decode(),
    }


second, failed = int(time.time()) - 300, False
for line in open(calls, encoding="utf-8"):
    path, body = line.rstrip("\n").split("\t")
    for _ in range(4):
        second += 1
        try:
            code = json.loads(send(url + path, body.encode(), signed(second)))["ResultCode"]
        except lost:
            code = "lost"
        if code not in ("lost", -201):
            break
    if code != 1:
        print(f"{path}: {code}", file=sys.stderr)
        failed = True
if library == "aiohttp":
    loop.run_until_complete(session.close())
sys.exit(failed)
