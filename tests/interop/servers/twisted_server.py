# SPDX-License-Identifier: Apache-2.0
"""Twisted's web server with its own reverse proxy: twisted_server.py PORT"""
import os
import sys

from twisted.internet import reactor
from twisted.web import proxy, server

host, port = os.environ["MOCK"].split(":")
reactor.listenTCP(int(sys.argv[1]), server.Site(proxy.ReverseProxyResource(host, int(port), b"")), interface="127.0.0.1")
reactor.run()
