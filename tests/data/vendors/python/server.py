# SPDX-License-Identifier: Apache-2.0
"""A vendor's server for the meter interface: the platform (3.1-3.5, 3.7-3.10) and billing (3.6) on one port.

Plain HTTP/1.1 on 127.0.0.1, one thread for every connection.
"""
import argparse
import os
import signal
import socket
import sys
import threading
import time

import switches
from front import Front, Reply
from switches import bug, reading
from values import Drop, to_json

LONGEST_BODY = 1 << 20
LONGEST_HEAD = 1 << 16
REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 405: "Method Not Allowed",
           411: "Length Required", 413: "Content Too Large", 429: "Too Many Requests", 500: "Internal Server Error"}


class BadHttp(Exception):
    """Not a request that can be read; the connection ends after the answer."""

    def __init__(self, status, message):
        super().__init__(status)
        self.status = status
        self.message = message


class CutOff(Exception):
    """The client left in the middle of a request."""


class Request:
    def __init__(self, method, path, version, headers, longest_header):
        self.method = method
        self.path = path
        self.headers = headers                          # names in small letters
        self.longest_header = longest_header
        self.chunked = headers.get("transfer-encoding", "").lower() == "chunked"
        self.body = b""
        self.not_json = False
        wish = headers.get("connection", "").lower()
        self.close = "close" in wish or version == "HTTP/1.0" and "keep-alive" not in wish


class Connection:
    """What is remembered of one connection."""

    def __init__(self, sock):
        self.sock = sock
        self.file = sock.makefile("rb", 65536)
        self.replies = 0
        self.once_let_in = False
        self.stamps = set()
        self.bad_json_seen = False
        self.long_header_seen = False

    def line(self, room):
        line = self.file.readline(room + 1)
        if len(line) > room:
            raise BadHttp(400, "请求头过长")
        if line and not line.endswith(b"\n"):
            raise CutOff()
        return line.rstrip(b"\r\n").decode("latin-1") if line else None

    def read_head(self):
        """The next request without its body, or None when the client has gone."""
        line = self.line(LONGEST_HEAD)
        while line == "":
            line = self.line(LONGEST_HEAD)
        if line is None:
            return None
        parts = line.split(" ")
        if len(parts) != 3 or parts[2] not in ("HTTP/1.1", "HTTP/1.0"):
            raise BadHttp(400, "请求行错误")
        headers, room, longest = {}, LONGEST_HEAD, 0
        while True:
            line = self.line(room)
            if line is None:
                raise CutOff()
            if line == "":
                return Request(*parts, headers, longest)
            room -= len(line)
            longest = max(longest, len(line))
            name, colon, value = line.partition(":")
            if not colon or name != name.strip() or not name:
                raise BadHttp(400, "请求头错误")
            if bug("signature-header-letter-case") and name not in ("AccessToken", "Authorization"):
                if name.lower() in ("accesstoken", "authorization"):
                    continue
            headers[name.lower()] = value.strip(" \t")

    def exactly(self, size):
        data = self.file.read(size)
        if len(data) < size:
            raise CutOff()
        return data

    def read_body(self, request):
        longest = 1 << 14 if reading("limit-body-16k") else LONGEST_BODY
        if request.headers.get("expect", "").lower() == "100-continue":
            self.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        if request.chunked:
            if reading("chunked-refused"):
                raise BadHttp(411, "请求应有Content-Length")
            request.body = self.read_chunks(longest)
            return
        length = request.headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()) or "transfer-encoding" in request.headers:
            raise BadHttp(400, "请求长度错误")
        if len(length) > 12 or int(length) > longest:
            raise BadHttp(413, "请求过长")
        request.body = self.exactly(int(length))

    def read_chunks(self, longest):
        body = b""
        while True:
            line = self.line(LONGEST_HEAD)
            if line is None:
                raise CutOff()
            digits = line.split(";")[0].strip()
            if not digits or len(digits) > 8 or digits.strip("0123456789abcdefABCDEF"):
                raise BadHttp(400, "分块错误")
            size = int(digits, 16)
            if size == 0:
                while self.line(LONGEST_HEAD):
                    pass
                return body
            if len(body) + size > longest:
                raise BadHttp(413, "请求过长")
            body += self.exactly(size)
            self.line(LONGEST_HEAD)

    def send(self, reply, close, without_body=False):
        head = [f"HTTP/1.1 {reply.status} {REASONS[reply.status]}", f"Content-Type: {reply.media}"]
        body = reply.body
        if reply.gzipped:
            head.append("Content-Encoding: gzip")
        if reading("chunked-replies"):
            head.append("Transfer-Encoding: chunked")
            half = len(body) // 2
            pieces = [piece for piece in (body[:half], body[half:]) if piece]
            body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
        else:
            head.append(f"Content-Length: {reply.length}")
        head.append("Connection: close" if close else "Connection: keep-alive")
        self.sock.sendall("\r\n".join(head).encode("ascii") + b"\r\n\r\n" + (b"" if without_body else body))


class Server:
    def __init__(self, front):
        self.front = front
        self.turn = threading.Semaphore(1)

    def serve(self, sock):
        """All requests of one connection."""
        connection = Connection(sock)
        taken = False
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(120)
            if reading("close-when-idle"):
                sock.settimeout(1)
            if reading("one-connection-at-a-time"):
                taken = self.turn.acquire()
                sock.settimeout(0.3)
            while self.serve_one(connection):
                pass
        except CutOff:
            self.front.memory.cut_off_seen = True
        except (Drop, OSError):
            pass
        finally:
            if taken:
                self.turn.release()
            self.close(connection)

    def serve_one(self, connection):
        """One request. Returns whether the connection stays."""
        try:
            request = connection.read_head()
            if request is None:
                return False
            if not (bug("robust-unread-body") and self.front.interface(request.path) is None):
                connection.read_body(request)
        except BadHttp as bad:
            connection.send(plain_reply(bad), close=True)
            return False
        reply = self.front.answer(request, connection)
        connection.replies += 1
        close = (request.close or reading("close-after-reply")
                 or reading("close-after-twenty") and connection.replies >= 20)
        connection.send(reply, close, without_body=request.method == "HEAD")
        return not close

    @staticmethod
    def close(connection):
        try:
            connection.file.close()
            connection.sock.shutdown(socket.SHUT_WR)
            connection.sock.settimeout(0.2)
            while connection.sock.recv(65536):          # what is still on its way must not reset the reply
                pass
        except OSError:
            pass
        connection.sock.close()


def plain_reply(bad):
    text = to_json({"ResultCode": -200, "Message": bad.message})
    return Reply(text.encode("utf-8"), bad.status)


def read_apps(path):
    """The lines appId:secret of a file."""
    apps = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            line = line.strip()
            if line and not line.startswith("#"):
                app, _, secret = line.partition(":")
                apps[app.strip()] = secret.strip()
    return apps


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--apps", required=True, help="file with lines appId:secret")
    parser.add_argument("--tolerance", type=int, default=900, help="seconds that a timestamp may be off")
    parser.add_argument("--bugs", default="", help="ids of bugs.toml, separated by commas")
    parser.add_argument("--readings", default="", help="ids of readings.toml, separated by commas")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    wrong = switches.choose([name for name in options.bugs.split(",") if name],
                            [name for name in options.readings.split(",") if name])
    if wrong:
        print(wrong, file=sys.stderr)
        return 2
    server = Server(Front(read_apps(options.apps), options.tolerance))
    listener = socket.create_server(("127.0.0.1", options.port), backlog=256)
    print(f"listening on http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    while True:
        try:
            sock, _ = listener.accept()
        except OSError:
            time.sleep(0.05)                            # out of file handles for a moment
            continue
        threading.Thread(target=server.serve, args=(sock,), daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
