# SPDX-License-Identifier: Apache-2.0
"""The relay as an ASGI application, for Uvicorn."""
import asyncio

from relay import relay


async def application(scope, receive, send):
    if scope["type"] != "http":
        return
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
    status, headers, data = await asyncio.to_thread(relay, scope["method"], scope["raw_path"].decode(), headers, body)
    head = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers] + [(b"content-length", str(len(data)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": head})
    await send({"type": "http.response.body", "body": data})
