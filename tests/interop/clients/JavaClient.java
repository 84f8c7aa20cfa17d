// SPDX-License-Identifier: Apache-2.0
// Makes the calls with a library of Java: JavaClient urlconnection|httpclient URL CALLS
// Each call is signed with a second of its own, and again where the reply is lost or the timestamp is refused. Exit code 1 if one is not accepted.
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

public final class JavaClient {
  interface Sender {
    String send(String target, byte[] body, Map<String, String> headers) throws Exception;
  }

  private static final DateTimeFormatter STAMP = DateTimeFormatter.ofPattern("yyyyMMddHHmmss").withZone(ZoneOffset.ofHours(8));
  private static final Pattern CODE = Pattern.compile("\"ResultCode\":(-?\\d+)");

  private static Map<String, String> signed(long second) throws Exception {
    String app = System.getenv("APP_ID"), stamp = STAMP.format(Instant.ofEpochSecond(second));
    byte[] token = MessageDigest.getInstance("MD5").digest((app + System.getenv("APP_SECRET") + stamp).getBytes(StandardCharsets.UTF_8));
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Accept", "application/json");
    headers.put("Content-Type", "application/json;charset=utf-8");
    headers.put("AccessToken", HexFormat.of().formatHex(token));
    headers.put("Authorization", Base64.getEncoder().encodeToString((app + ":" + stamp).getBytes(StandardCharsets.UTF_8)));
    return headers;
  }

  private static Sender sender(String library) {
    if (library.equals("urlconnection"))
      return (target, body, headers) -> {
        HttpURLConnection connection = (HttpURLConnection) new URL(target).openConnection();
        connection.setRequestMethod("POST");
        connection.setDoOutput(true);
        headers.forEach(connection::setRequestProperty);
        connection.getOutputStream().write(body);
        try (InputStream in = connection.getInputStream()) {
          return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
      };
    HttpClient client = HttpClient.newHttpClient();
    return (target, body, headers) -> {
      HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(target)).POST(HttpRequest.BodyPublishers.ofByteArray(body));
      headers.forEach(request::header);
      return client.send(request.build(), HttpResponse.BodyHandlers.ofString()).body();
    };
  }

  /** Makes all calls; whether each was accepted. */
  static boolean make(Sender sender, String url, String calls) throws Exception {
    long second = Instant.now().getEpochSecond() - 300;
    boolean good = true;
    for (String line : Files.readAllLines(Path.of(calls))) {
      String[] call = line.split("\t");
      String code = "lost";
      for (int attempt = 0; attempt < 4 && (code.equals("lost") || code.equals("-201")); ++attempt) {
        try {
          Matcher found = CODE.matcher(sender.send(url + call[0], call[1].getBytes(StandardCharsets.UTF_8), signed(++second)));
          code = found.find() ? found.group(1) : "none";
        } catch (IOException lost) {
          code = "lost";
        }
      }
      if (!code.equals("1")) System.err.println(call[0] + ": " + code);
      good &= code.equals("1");
    }
    return good;
  }

  public static void main(String[] arguments) throws Exception {
    System.exit(make(sender(arguments[0]), arguments[1], arguments[2]) ? 0 : 1);
  }
}
