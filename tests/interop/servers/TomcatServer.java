// SPDX-License-Identifier: Apache-2.0
// Tomcat 10, embedded: TomcatServer PORT FOLDER
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.catalina.startup.Tomcat;

final class TomcatServer extends HttpServlet {
  @Override
  protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
    Map<String, List<String>> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    for (String name : Collections.list(request.getHeaderNames())) headers.put(name, Collections.list(request.getHeaders(name)));
    String target = request.getRequestURI() + (request.getQueryString() == null ? "" : "?" + request.getQueryString());
    var reply = Relay.send(request.getMethod(), target, headers, request.getInputStream().readAllBytes());
    response.setStatus(reply.statusCode());
    response.setHeader("Content-Type", Relay.type(reply));
    response.setContentLength(reply.body().length);
    response.getOutputStream().write(reply.body());
  }

  public static void main(String[] arguments) throws Exception {
    Tomcat tomcat = new Tomcat();
    tomcat.setBaseDir(arguments[1]);
    tomcat.setHostname("127.0.0.1");
    tomcat.setPort(Integer.parseInt(arguments[0]));
    tomcat.getConnector().setProperty("address", "127.0.0.1");
    var context = tomcat.addContext("", arguments[1]);
    Tomcat.addServlet(context, "relay", new TomcatServer());
    context.addServletMappingDecoded("/*", "relay");
    tomcat.start();
    tomcat.getServer().await();
  }
}
