#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A server of one thread before another server: one_at_a_time.py KIND PORT

Hands every request on to 127.0.0.1:PORT. KIND is what becomes of a connection after a reply: keeps, says-close, closes-silently, http10. The kind
`waits` serves all connections, and waits for the rest where a body is no whole JSON. Prints its URL.
"""

import json
import socket
import sys
import threading


class Peer:
    """One side of a connection, read message by message."""

    def __init__(self, connection):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connection = connection
        self.unread = b""

    def fill(self):
        more = self.connection.recv(65536)
        if not more:
            raise EOFError
        self.unread += more

    def take(self, size):
        while len(self.unread) < size:
            self.fill()
        taken, self.unread = self.unread[:size], self.unread[size:]
        return taken

    def take_through(self, end):
        while end not in self.unread:
            self.fill()
        return self.take(self.unread.index(end) + len(end))

    def message(self):
        """The head's lines, the body as it was sent, and without the sizes of chunks."""
        lines = self.take_through(b"\r\n\r\n")[:-4].split(b"\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines[1:])}
        if headers.get(b"transfer-encoding", b"").lower() != b"chunked":
            body = self.take(int(headers.get(b"content-length", 0)))
            return lines, body, body
        sent = content = chunk = b""
        while not sent or chunk:
            size = self.take_through(b"\r\n")
            end = self.take(int(size, 16) + 2)
            chunk = end[:-2]
            sent += size + end
            content += chunk
        return lines, sent, content

    def send(self, lines, body):
        self.connection.sendall(b"\r\n".join(lines) + b"\r\n\r\n" + body)


def is_whole(body):
    try:
        json.loads(body)
        return True
    except ValueError:
        return False


def serve(connection, kind, port):
    with connection, socket.create_connection(("127.0.0.1", port)) as behind:
        client, server = Peer(connection), Peer(behind)
        while True:
            lines, body, content = client.message()
            while kind == "waits" and not is_whole(content):
                client.fill()
            server.send(lines, body)
            lines, body, _ = server.message()
            if kind == "says-close":
                lines = [line for line in lines if not line.lower().startswith(b"connection:")] + [b"Connection: close"]
            elif kind == "http10":
                lines[0] = lines[0].replace(b"HTTP/1.1", b"HTTP/1.0")
            client.send(lines, body)
            if kind not in ("keeps", "waits"):
                return


def serve_quietly(*arguments):
    try:
        serve(*arguments)
    except (EOFError, OSError, ValueError):
        pass  # the connection is over; the next one is served


def main():
    kind, port = sys.argv[1], int(sys.argv[2])
    with socket.create_server(("127.0.0.1", 0), backlog=128 if kind == "waits" else 5) as listener:
        print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        while True:
            connection, _ = listener.accept()
            if kind == "waits":
                threading.Thread(target=serve_quietly, args=(connection, kind, port), daemon=True).start()
            else:
                serve_quietly(connection, kind, port)


if __name__ == "__main__":
    main()
