// SPDX-License-Identifier: Apache-2.0
// Makes the calls with Apache HttpClient 4: CommonsCaller URL CALLS
import org.apache.http.client.methods.HttpPost;
import org.apache.http.entity.ByteArrayEntity;
import org.apache.http.impl.client.CloseableHttpClient;
import org.apache.http.impl.client.HttpClients;
import org.apache.http.util.EntityUtils;

final class CommonsCaller {
  public static void main(String[] arguments) throws Exception {
    try (CloseableHttpClient client = HttpClients.createDefault()) {
      boolean good = JavaClient.make((target, body, headers) -> {
        HttpPost request = new HttpPost(target);
        headers.forEach(request::setHeader);
        request.setEntity(new ByteArrayEntity(body));
        try (var response = client.execute(request)) {
          return EntityUtils.toString(response.getEntity(), "UTF-8");
        }
      }, arguments[0], arguments[1]);
      System.exit(good ? 0 : 1);
    }
  }
}
