# SPDX-License-Identifier: Apache-2.0
"""Hands one request to the mock and its reply back: what all Python servers of the matrix have in common."""
import http.client
import os

MOCK = os.environ["MOCK"]  # host:port
# Of one connection only (RFC 9110, section 7.6.1), or written anew by the next client.
OF_A_CONNECTION = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "content-length", "host", "expect"}


def relay(method, target, headers, body):
    """Status, headers and body of the mock's reply. `headers`: pairs of text."""
    upstream = http.client.HTTPConnection(MOCK, timeout=30)
    try:
        kept = {name: value for name, value in headers if name.lower() not in OF_A_CONNECTION}
        upstream.request(method, target, body=body, headers=kept)
        reply = upstream.getresponse()
        data = reply.read()
        return reply.status, [(name, value) for name, value in reply.getheaders() if name.lower() not in OF_A_CONNECTION], data
    finally:
        upstream.close()
