// SPDX-License-Identifier: Apache-2.0
package vendor;

import static vendor.Quirks.bug;
import static vendor.Quirks.reading;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** HTTP/1.1 on 127.0.0.1: keep-alive, a thread for each connection. */
final class WebServer {
    private static final int MAX_LINE = 64 * 1024;
    private static final int MAX_BODY = 1024 * 1024;
    private static final int MAX_DRAIN = 32 * 1024 * 1024;

    /** What a connection remembers between its requests. */
    static final class Connection {
        final long number;
        final Map<String, Object> memory = new HashMap<>();
        int requests;

        Connection(long number) {
            this.number = number;
        }
    }

    static final class Request {
        Connection connection;
        String method = "";
        String path = "";
        String version = "";
        final Map<String, String> headers = new HashMap<>();
        byte[] body = new byte[0];
        boolean tooLarge;

        String header(String name) {
            return headers.get(name);
        }

        String text() {
            return new String(body, StandardCharsets.UTF_8);
        }
    }

    static final class Response {
        int status = 200;
        String contentType = "application/json;charset=utf-8";
        byte[] body = new byte[0];
        final Map<String, String> headers = new LinkedHashMap<>();
    }

    interface Handler {
        Response handle(Request request);
    }

    /** A request that is no HTTP: the connection ends. */
    private static final class NoHttp extends IOException {
        private static final long serialVersionUID = 1L;
    }

    private final ServerSocket socket = new ServerSocket();
    private final Handler handler;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final AtomicLong connections = new AtomicLong();
    private final AtomicInteger workersLost = new AtomicInteger();
    private final Object turn = new Object();

    WebServer(int port, Handler handler) throws IOException {
        this.handler = handler;
        socket.setReuseAddress(true);
        socket.bind(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), port), 256);
    }

    int port() {
        return socket.getLocalPort();
    }

    void run() throws IOException {
        while (true) {
            Socket client = socket.accept();
            client.setTcpNoDelay(true);
            if (reading("one-connection-at-a-time")) {
                client.setSoTimeout(200);
                serve(client);
            } else {
                client.setSoTimeout(75_000);
                threads.execute(() -> serve(client));
            }
        }
    }

    private void serve(Socket client) {
        Connection connection = new Connection(connections.incrementAndGet());
        try (client) {
            InputStream in = new BufferedInputStream(client.getInputStream(), 16 * 1024);
            OutputStream out = client.getOutputStream();
            boolean more = true;
            while (more) {
                Request request = read(in, out, connection);
                if (request == null) {
                    return;
                }
                Response response = answer(request);
                more = keepsAlive(request);
                write(out, response, more, request.method.equals("HEAD"));
            }
        } catch (NoHttp wrong) {
            refuse(client);
        } catch (IOException gone) {
            // the client is gone, or was silent for too long
        }
    }

    private Response answer(Request request) {
        request.connection.requests++;
        if (bug("robust-aborted-bodies") && workersLost.get() >= 3) {
            Response busy = new Response();
            busy.body = "{\"ResultCode\":-999,\"Message\":\"没有空闲的工作线程\"}".getBytes(StandardCharsets.UTF_8);
            return busy;
        }
        if (reading("one-request-at-a-time")) {
            synchronized (turn) {
                sleep(5);
                return handler.handle(request);
            }
        }
        if (reading("slow-replies")) {
            sleep(150);
        }
        return handler.handle(request);
    }

    private static void sleep(int milliseconds) {
        try {
            Thread.sleep(milliseconds);
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }

    private static boolean keepsAlive(Request request) {
        String wish = request.headers.getOrDefault("connection", "").toLowerCase(Locale.ROOT);
        boolean asked = request.version.equals("HTTP/1.0") ? wish.contains("keep-alive") : !wish.contains("close");
        return asked && !reading("close-each") && !reading("http-1-0");
    }

    private Request read(InputStream in, OutputStream out, Connection connection) throws IOException {
        String line = line(in);
        while (line != null && line.isEmpty()) {
            line = line(in);
        }
        if (line == null) {
            return null;
        }
        Request request = new Request();
        request.connection = connection;
        String[] words = line.split(" ");
        if (words.length != 3 || !words[2].startsWith("HTTP/1.")) {
            throw new NoHttp();
        }
        request.method = words[0];
        request.path = words[1].contains("?") ? words[1].substring(0, words[1].indexOf('?')) : words[1];
        request.version = words[2];
        while (true) {
            line = line(in);
            if (line == null) {
                return null;
            }
            if (line.isEmpty()) {
                break;
            }
            int colon = line.indexOf(':');
            if (colon <= 0 || request.headers.size() > 200) {
                throw new NoHttp();
            }
            request.headers.put(line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
        }
        if ("100-continue".equalsIgnoreCase(request.header("expect"))) {
            out.write("HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            out.flush();
        }
        try {
            readBody(in, request);
        } catch (NoHttp wrong) {
            throw wrong;
        } catch (IOException brokenOff) {
            workersLost.incrementAndGet();
            throw brokenOff;
        }
        return request;
    }

    private static void readBody(InputStream in, Request request) throws IOException {
        if (request.headers.getOrDefault("transfer-encoding", "").equalsIgnoreCase("chunked")) {
            if (!bug("robust-chunked")) {
                readChunks(in, request);
            }
            return;
        }
        String length = request.header("content-length");
        if (length == null) {
            return;
        }
        if (!length.matches("[0-9]{1,9}")) {
            throw new NoHttp();
        }
        int wanted = Integer.parseInt(length);
        if (bug("robust-large-body-leftover") && wanted > 64 * 1024) {
            wanted = 64 * 1024;
        }
        if (wanted > MAX_DRAIN) {
            throw new NoHttp();
        }
        request.tooLarge = wanted > MAX_BODY;
        if (request.tooLarge) {
            in.skipNBytes(wanted);
        } else {
            request.body = exactly(in, wanted);
        }
    }

    private static void readChunks(InputStream in, Request request) throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        while (true) {
            String size = line(in);
            if (size == null) {
                throw new EOFException();
            }
            size = size.split(";")[0].strip();
            if (!size.matches("[0-9a-fA-F]{1,7}")) {
                throw new NoHttp();
            }
            int length = Integer.parseInt(size, 16);
            if (length == 0) {
                break;
            }
            if (body.size() + length > MAX_DRAIN) {
                throw new NoHttp();
            }
            body.write(exactly(in, length));
            line(in);
        }
        String trailer = line(in);
        while (trailer != null && !trailer.isEmpty()) {
            trailer = line(in);
        }
        request.tooLarge = body.size() > MAX_BODY;
        request.body = body.toByteArray();
    }

    private static byte[] exactly(InputStream in, int length) throws IOException {
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length) {
            throw new EOFException();
        }
        return bytes;
    }

    /** A line without its end; null when the connection ended before it. */
    private static String line(InputStream in) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(80);
        while (true) {
            int b = in.read();
            if (b < 0) {
                return null;
            }
            if (b == '\n') {
                String text = bytes.toString(StandardCharsets.ISO_8859_1);
                return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
            }
            bytes.write(b);
            if (bytes.size() > MAX_LINE) {
                throw new NoHttp();
            }
        }
    }

    private static void write(OutputStream out, Response response, boolean more, boolean headOnly)
            throws IOException {
        byte[] body = response.body;
        StringBuilder head = new StringBuilder(256);
        head.append(reading("http-1-0") ? "HTTP/1.0 " : "HTTP/1.1 ").append(response.status).append(' ')
                .append(reason(response.status)).append("\r\n");
        if (response.status != 204) {
            head.append("Content-Type: ").append(response.contentType).append("\r\n");
        }
        response.headers.forEach((name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
        boolean chunked = reading("chunked-replies") && !reading("http-1-0") && response.status != 204;
        if (chunked) {
            head.append("Transfer-Encoding: chunked\r\n");
        } else if (response.status != 204) {
            head.append("Content-Length: ").append(body.length).append("\r\n");
        }
        if (!more) {
            head.append("Connection: close\r\n");
        }
        head.append("\r\n");
        ByteArrayOutputStream all = new ByteArrayOutputStream(head.length() + body.length + 32);
        all.write(head.toString().getBytes(StandardCharsets.ISO_8859_1));
        if (!headOnly && chunked) {
            for (int at = 0; at < body.length; at += 100) {
                int length = Math.min(100, body.length - at);
                all.write((Integer.toHexString(length) + "\r\n").getBytes(StandardCharsets.US_ASCII));
                all.write(body, at, length);
                all.write("\r\n".getBytes(StandardCharsets.US_ASCII));
            }
            all.write("0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        } else if (!headOnly) {
            all.write(body);
        }
        out.write(all.toByteArray());
        out.flush();
    }

    private static void refuse(Socket client) {
        try {
            Response response = new Response();
            response.status = 400;
            response.body = "{\"ResultCode\":-200,\"Message\":\"不是有效的HTTP请求\"}".getBytes(StandardCharsets.UTF_8);
            write(client.getOutputStream(), response, false, false);
        } catch (IOException gone) {
            // nobody is there to read it
        }
    }

    private static String reason(int status) {
        return switch (status) {
            case 200 -> "OK";
            case 204 -> "No Content";
            case 400 -> "Bad Request";
            case 401 -> "Unauthorized";
            case 404 -> "Not Found";
            case 405 -> "Method Not Allowed";
            case 406 -> "Not Acceptable";
            case 409 -> "Conflict";
            case 415 -> "Unsupported Media Type";
            case 429 -> "Too Many Requests";
            default -> "Error";
        };
    }
}
