# SPDX-License-Identifier: Apache-2.0
"""aiohttp: aiohttp_server.py PORT"""
import asyncio
import sys

from aiohttp import web
from relay import relay


async def handle(request):
    body = await request.read()
    status, headers, data = await asyncio.to_thread(relay, request.method, request.path_qs, list(request.headers.items()), body)
    return web.Response(status=status, headers=headers, body=data)


application = web.Application()
application.router.add_route("*", "/{path:.*}", handle)
web.run_app(application, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)
