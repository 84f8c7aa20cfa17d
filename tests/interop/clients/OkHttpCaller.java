// SPDX-License-Identifier: Apache-2.0
// Makes the calls with OkHttp: OkHttpCaller URL CALLS
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;

final class OkHttpCaller {
  public static void main(String[] arguments) throws Exception {
    OkHttpClient client = new OkHttpClient();
    boolean good = JavaClient.make((target, body, headers) -> {
      Request.Builder request = new Request.Builder().url(target).post(RequestBody.create(MediaType.parse(headers.get("Content-Type")), body));
      headers.forEach(request::header);
      try (Response response = client.newCall(request.build()).execute()) {
        return response.body().string();
      }
    }, arguments[0], arguments[1]);
    System.exit(good ? 0 : 1);
  }
}
