# SPDX-License-Identifier: Apache-2.0
"""Twisted's web server: twisted_server.py PORT"""
import sys

from relay import relay
from twisted.internet import reactor, threads
from twisted.web import resource, server


class Relay(resource.Resource):
    isLeaf = True

    def render(self, request):
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, values in request.requestHeaders.getAllRawHeaders() for value in values]
        reply = threads.deferToThread(relay, request.method.decode(), request.uri.decode(), headers, request.content.read())
        reply.addCallback(self.answer, request)
        return server.NOT_DONE_YET

    def answer(self, reply, request):
        status, headers, data = reply
        request.setResponseCode(status)
        for name, value in headers:
            request.setHeader(name, value)
        request.setHeader("Content-Length", str(len(data)))
        request.write(data)
        request.finish()


reactor.listenTCP(int(sys.argv[1]), server.Site(Relay()), interface="127.0.0.1")
reactor.run()
