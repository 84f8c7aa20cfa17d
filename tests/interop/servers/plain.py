# SPDX-License-Identifier: Apache-2.0
"""Python's own http.server: plain.py PORT single|threads 1.0|1.1|silent

`single` serves one connection after the other; 1.1 keeps connections. `silent` is 1.1 that closes after each reply and does not say so."""
import http.server
import sys

from relay import relay


def read_chunks(stream):
    body = b""
    while size := int(stream.readline().split(b";")[0], 16):
        body += stream.read(size)
        stream.readline()
    while stream.readline().strip():
        pass
    return body


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0" if sys.argv[3] == "1.0" else "HTTP/1.1"

    def do_POST(self):
        chunked = self.headers.get("Transfer-Encoding", "").lower() == "chunked"
        body = read_chunks(self.rfile) if chunked else self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, headers, data = relay(self.command, self.path, self.headers.items(), body)
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
        if sys.argv[3] == "silent":
            self.close_connection = True

    do_GET = do_PUT = do_DELETE = do_POST

    def log_message(self, *_):
        pass


kind = http.server.HTTPServer if sys.argv[2] == "single" else http.server.ThreadingHTTPServer
kind(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
