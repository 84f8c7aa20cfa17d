# SPDX-License-Identifier: Apache-2.0
"""Cheroot, the server of CherryPy: cheroot_server.py PORT"""
import sys

from cheroot.wsgi import Server
from wsgi import application

Server(("127.0.0.1", int(sys.argv[1])), application).start()
