// SPDX-License-Identifier: Apache-2.0
// Jetty 9: JettyServer PORT
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.handler.AbstractHandler;

final class JettyServer extends AbstractHandler {
  @Override
  public void handle(String target, Request base, HttpServletRequest request, HttpServletResponse response) throws IOException {
    Map<String, List<String>> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    for (String name : Collections.list(request.getHeaderNames())) headers.put(name, Collections.list(request.getHeaders(name)));
    var reply = Relay.send(request.getMethod(), base.getHttpURI().getPathQuery(), headers, request.getInputStream().readAllBytes());
    response.setStatus(reply.statusCode());
    response.setHeader("Content-Type", Relay.type(reply));
    response.setContentLength(reply.body().length);
    response.getOutputStream().write(reply.body());
    base.setHandled(true);
  }

  public static void main(String[] arguments) throws Exception {
    Server server = new Server(new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[0])));
    server.setHandler(new JettyServer());
    server.start();
  }
}
