// SPDX-License-Identifier: Apache-2.0
// Hands one request to the mock: what the Java servers have in common.
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

final class Relay {
  private static final Set<String> OF_A_CONNECTION =
      Set.of("connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "content-length", "host", "expect");
  private static final HttpClient CLIENT = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  static HttpResponse<byte[]> send(String method, String target, Map<String, List<String>> headers, byte[] body) throws IOException {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://" + System.getenv("MOCK") + target));
    request.method(method, HttpRequest.BodyPublishers.ofByteArray(body));
    headers.forEach((name, values) -> {
      if (!OF_A_CONNECTION.contains(name.toLowerCase(Locale.ROOT))) values.forEach(value -> request.header(name, value));
    });
    try {
      return CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    } catch (InterruptedException interrupted) {
      throw new IOException(interrupted);
    }
  }

  static String type(HttpResponse<byte[]> reply) {
    return reply.headers().firstValue("Content-Type").orElse("text/plain");
  }

  private Relay() {}
}
