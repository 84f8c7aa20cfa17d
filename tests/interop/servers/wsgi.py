# SPDX-License-Identifier: Apache-2.0
"""The relay as a WSGI application (PEP 3333), for gunicorn, waitress, uWSGI, Cheroot; `wsgi.py PORT` serves it with wsgiref."""
import http
import sys

from relay import relay


def body_of(environ):
    if environ.get("wsgi.input_terminated"):
        return environ["wsgi.input"].read()
    return environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))


def application(environ, start_response):
    headers = [(name[5:].replace("_", "-"), value) for name, value in environ.items() if name.startswith("HTTP_")]
    if environ.get("CONTENT_TYPE"):
        headers.append(("Content-Type", environ["CONTENT_TYPE"]))
    target = environ["PATH_INFO"] + ("?" + environ["QUERY_STRING"] if environ.get("QUERY_STRING") else "")
    status, headers, data = relay(environ["REQUEST_METHOD"], target, headers, body_of(environ))
    start_response(f"{status} {http.HTTPStatus(status).phrase}", headers + [("Content-Length", str(len(data)))])
    return [data]


if __name__ == "__main__":
    from wsgiref.simple_server import WSGIRequestHandler, make_server

    class Quiet(WSGIRequestHandler):
        def log_message(self, *_):
            pass

    make_server("127.0.0.1", int(sys.argv[1]), application, handler_class=Quiet).serve_forever()
