# SPDX-License-Identifier: Apache-2.0
"""Tornado: tornado_server.py PORT"""
import asyncio
import sys

import tornado.web
from relay import relay


class Handler(tornado.web.RequestHandler):
    async def post(self):
        request = self.request
        status, headers, data = await asyncio.to_thread(relay, request.method, request.uri, list(request.headers.get_all()), request.body)
        self.set_status(status)
        for name, value in headers:
            self.set_header(name, value)
        self.finish(data)

    get = put = delete = post


async def main():
    tornado.web.Application([(r"/.*", Handler)], log_function=lambda _: None).listen(int(sys.argv[1]), "127.0.0.1")
    await asyncio.Event().wait()


asyncio.run(main())
