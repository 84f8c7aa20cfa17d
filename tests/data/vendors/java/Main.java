// SPDX-License-Identifier: Apache-2.0
package vendor;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A meter maker's platform (3.1-3.5, 3.7-3.10) and a billing side (3.6) on one port, everything in memory.
 *
 * <p>Build and run: {@code javac -encoding UTF-8 -d DIR *.java && java -cp DIR vendor.Main --port 0 --apps FILE}
 */
public final class Main {
    private Main() {
    }

    public static void main(String[] args) {
        int port = 0;
        long tolerance = 900;
        Map<String, String> apps = new LinkedHashMap<>();
        List<String> bugs = new ArrayList<>();
        List<String> readings = new ArrayList<>();
        try {
            for (int i = 0; i < args.length; i += 2) {
                if (i + 1 >= args.length) {
                    throw new IllegalArgumentException("no value for " + args[i]);
                }
                String value = args[i + 1];
                switch (args[i]) {
                    case "--port" -> port = Integer.parseInt(value);
                    case "--apps" -> apps.putAll(readApps(Path.of(value)));
                    case "--tolerance" -> tolerance = Long.parseLong(value);
                    case "--bugs" -> addIds(bugs, value);
                    case "--readings" -> addIds(readings, value);
                    default -> throw new IllegalArgumentException("unknown option: " + args[i]);
                }
            }
            Quirks.enable(bugs, readings);
        } catch (IllegalArgumentException | IOException wrong) {
            System.err.println(wrong.getMessage());
            System.exit(2);
        }
        try {
            Repository repository = new Repository();
            Fixture.load(repository);
            WebServer server = new WebServer(port, new Controller(repository, new AuthService(apps, tolerance)));
            System.out.println("listening on http://127.0.0.1:" + server.port());
            System.out.flush();
            server.run();
        } catch (IOException failed) {
            System.err.println(failed.getMessage());
            System.exit(1);
        }
    }

    private static void addIds(List<String> list, String value) {
        for (String id : value.split(",")) {
            if (!id.isBlank()) {
                list.add(id.strip());
            }
        }
    }

    private static Map<String, String> readApps(Path file) throws IOException {
        Map<String, String> apps = new LinkedHashMap<>();
        for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
            String text = line.strip();
            int colon = text.indexOf(':');
            if (!text.startsWith("#") && colon > 0) {
                apps.put(text.substring(0, colon), text.substring(colon + 1));
            }
        }
        return apps;
    }
}
