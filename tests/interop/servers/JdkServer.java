// SPDX-License-Identifier: Apache-2.0
// The JDK's com.sun.net.httpserver: JdkServer PORT
import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.util.concurrent.Executors;

final class JdkServer {
  public static void main(String[] arguments) throws Exception {
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[0])), 0);
    server.setExecutor(Executors.newCachedThreadPool());
    server.createContext("/", exchange -> {
      var reply = Relay.send(exchange.getRequestMethod(), exchange.getRequestURI().toString(), exchange.getRequestHeaders(), exchange.getRequestBody().readAllBytes());
      exchange.getResponseHeaders().set("Content-Type", Relay.type(reply));
      exchange.sendResponseHeaders(reply.statusCode(), reply.body().length == 0 ? -1 : reply.body().length);
      exchange.getResponseBody().write(reply.body());
      exchange.close();
    });
    server.start();
  }
}
