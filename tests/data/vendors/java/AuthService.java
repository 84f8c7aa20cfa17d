// SPDX-License-Identifier: Apache-2.0
package vendor;

import static vendor.Quirks.bug;
import static vendor.Quirks.reading;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.Deque;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** Section 2: who asks, is the token right, was the timestamp used before. The timestamp's window comes first. */
final class AuthService {
    /** Who asks; filled as far as the check got. */
    static final class Caller {
        String appId = "";
        String stamp = "";
        boolean repeated;
    }

    private static final Set<String> QUERIES = Set.of(
            "/api/Users/GetUserInfo", "/api/Users/GetPayList", "/api/Meters/GetData");

    private final Map<String, String> apps;
    private final long tolerance;
    /** appId and timestamp, with the moment (epoch seconds) from which on the window refuses it anyway. */
    private final Map<String, Long> used = new ConcurrentHashMap<>();
    private final AtomicLong nextSweep = new AtomicLong();
    // what only some bugs look at
    private final Map<String, String> bodies = new ConcurrentHashMap<>();
    private final Map<String, Deque<String>> recent = new ConcurrentHashMap<>();
    private final Map<String, Long> usedAt = new ConcurrentHashMap<>();
    private final Map<String, Set<String>> goodTokens = new ConcurrentHashMap<>();
    private final Map<String, Integer> wrongTokens = new ConcurrentHashMap<>();
    private final Map<String, Long> lockedUntil = new ConcurrentHashMap<>();

    AuthService(Map<String, String> apps, long tolerance) {
        this.apps = apps;
        this.tolerance = tolerance;
    }

    Caller check(WebServer.Request request) {
        Caller caller = new Caller();
        String token = request.header("accesstoken");
        String authorization = request.header("authorization");
        if (token == null || authorization == null || authorization.isBlank()) {
            throw new Refusal(Refusal.BAD_TOKEN, "缺少鉴权信息");
        }
        String text = decode(authorization.strip());
        int colon = text == null ? -1 : text.lastIndexOf(':');
        if (colon <= 0) {
            throw new Refusal(Refusal.BAD_TOKEN, "鉴权信息无法识别");
        }
        caller.appId = text.substring(0, colon);
        caller.stamp = text.substring(colon + 1);
        boolean anyToken = bug("paylist-any-token") && request.path.equals("/api/Users/GetPayList");
        if (reading("token-before-stamp") && !anyToken) {
            checkToken(caller, token.strip(), request);
        }
        checkWindow(caller.stamp);
        if (!reading("token-before-stamp") && !anyToken) {
            checkToken(caller, token.strip(), request);
        }
        if (repeated(caller, token.strip(), authorization.strip(), request)) {
            caller.repeated = true;
            if (bug("topup-replayed-done") && request.path.equals("/api/Pay/RemotePay")) {
                return caller; // the controller refuses afterwards
            }
            throw new Refusal(bug("replay-code") ? Refusal.BAD_TOKEN : Refusal.BAD_STAMP, "时间戳已使用过");
        }
        return caller;
    }

    /** Gives the timestamp of a request back that was not worked on. */
    void release(Caller caller) {
        used.remove(caller.appId + ":" + caller.stamp);
    }

    private static String decode(String authorization) {
        String text = authorization;
        if (reading("authorization-scheme") && text.regionMatches(true, 0, "Basic ", 0, 6)) {
            text = text.substring(6).strip();
        }
        if (bug("authorization-plain") && text.matches("[^:]+:[0-9]{14}")) {
            return text;
        }
        boolean padded = text.length() % 4 == 0 || bug("replay-unpadded");
        try {
            return padded ? new String(Base64.getDecoder().decode(text), StandardCharsets.UTF_8) : null;
        } catch (IllegalArgumentException wrong) {
            return null;
        }
    }

    private void checkWindow(String stamp) {
        LocalDateTime given;
        String text = stamp;
        int more = 0;
        if (bug("stamp-rolls") && stamp.matches("[0-9]{14}")) {
            int minute = Integer.parseInt(stamp.substring(10, 12));
            more = minute / 60;
            text = stamp.substring(0, 10) + String.format("%02d", minute % 60) + stamp.substring(12);
        }
        try {
            given = LocalDateTime.parse(text, Dates.STAMP).plusHours(more);
        } catch (DateTimeParseException wrong) {
            throw new Refusal(Refusal.BAD_STAMP, "时间戳格式错误");
        }
        long china = Duration.between(Dates.now(), given).getSeconds();
        long utc = Duration.between(LocalDateTime.now(ZoneOffset.UTC), given).getSeconds();
        boolean near = Math.abs(china) <= tolerance
                || bug("future-stamps") && china > 0
                || bug("old-stamps") && china < 0;
        boolean nearUtc = Math.abs(utc) <= tolerance;
        if (reading("clock-utc") ? !nearUtc : !(near || reading("clock-either") && nearUtc)) {
            throw new Refusal(Refusal.BAD_STAMP, "时间戳超出允许范围");
        }
    }

    private void checkToken(Caller caller, String token, WebServer.Request request) {
        if (bug("robust-lockout") && lockedUntil.getOrDefault(caller.appId, 0L) > System.currentTimeMillis()) {
            throw new Refusal(Refusal.BAD_TOKEN, "账号已锁定");
        }
        if (!tokenFits(caller, token, request)) {
            if (bug("robust-lockout") && wrongTokens.merge(caller.appId, 1, Integer::sum) >= 5) {
                wrongTokens.remove(caller.appId);
                lockedUntil.put(caller.appId, System.currentTimeMillis() + 20_000);
            }
            throw new Refusal(Refusal.BAD_TOKEN, "令牌校验未通过");
        }
        if (bug("token-session")) {
            goodTokens.computeIfAbsent(caller.appId, id -> ConcurrentHashMap.newKeySet()).add(token.toLowerCase());
        }
    }

    private boolean tokenFits(Caller caller, String token, WebServer.Request request) {
        String appId = caller.appId;
        if (bug("appid-any-case")) {
            appId = apps.keySet().stream().filter(appId::equalsIgnoreCase).findFirst().orElse(appId);
        }
        String secret = apps.get(appId);
        if (secret == null) {
            return bug("unknown-app-empty-secret") && same(token, md5(appId + caller.stamp));
        }
        String right = md5(appId + secret + caller.stamp);
        if (same(token, right)) {
            return true;
        }
        return bug("token-empty") && token.isEmpty()
                || bug("token-first-eight") && token.length() == 32 && same(token.substring(0, 8), right.substring(0, 8))
                || bug("token-without-secret") && same(token, md5(appId + caller.stamp))
                || bug("token-session") && goodTokens.getOrDefault(appId, Set.of()).contains(token.toLowerCase())
                || bug("valve-token-no-time") && request.path.equals("/api/Meters/ControlValve")
                        && same(token, md5(appId + secret))
                || bug("token-of-another-app") && anotherAppFits(appId, caller.stamp, token)
                || bug("token-same-minute") && anotherSecondFits(appId + secret, caller.stamp, token);
    }

    private boolean anotherAppFits(String appId, String stamp, String token) {
        return apps.values().stream().anyMatch(secret -> same(token, md5(appId + secret + stamp)));
    }

    private static boolean anotherSecondFits(String start, String stamp, String token) {
        for (int second = 0; second < 60; second++) {
            if (same(token, md5(start + stamp.substring(0, 12) + String.format("%02d", second)))) {
                return true;
            }
        }
        return false;
    }

    private static boolean same(String given, String right) {
        return reading("token-lower-only") ? given.equals(right) : given.equalsIgnoreCase(right);
    }

    private boolean repeated(Caller caller, String token, String authorization, WebServer.Request request) {
        boolean report = request.path.equals("/api/Meters/GetData") && request.text().contains("\"ReadNumber\"");
        if (bug("replay-queries") && QUERIES.contains(request.path) && !report || bug("replay-reports") && report) {
            return false;
        }
        String key = caller.appId + ":" + caller.stamp;
        if (bug("replay-per-path")) {
            key += request.path;
        } else if (bug("replay-all-apps")) {
            key = caller.stamp;
        } else if (bug("replay-token-text")) {
            key = caller.appId + ":" + token;
        } else if (bug("replay-unpadded")) {
            key = authorization;
        } else if (bug("replay-per-connection")) {
            key += "@" + request.connection.number;
        }
        if (bug("replay-memory-sixteen") || bug("replay-only-previous")) {
            return !rememberFew(caller, bug("replay-only-previous") ? 1 : 16);
        }
        if (bug("race-replay") && !used.containsKey(key)) {
            pause();
            used.put(key, Long.MAX_VALUE);
            return false;
        }
        sweep();
        long now = System.currentTimeMillis();
        if (bug("replay-four-seconds")) {
            Long at = usedAt.put(key, now);
            return at != null && now - at < 4000;
        }
        if (used.putIfAbsent(key, now / 1000 + 2 * tolerance + 1) == null) {
            if (bug("replay-same-body")) {
                bodies.put(key, request.text());
            }
            return false;
        }
        if (bug("replay-forgets-refused")) {
            used.remove(key);
        }
        return !bug("replay-same-body") || request.text().equals(bodies.get(key));
    }

    private boolean rememberFew(Caller caller, int number) {
        Deque<String> last = recent.computeIfAbsent(caller.appId, id -> new ArrayDeque<>());
        synchronized (last) {
            if (last.contains(caller.stamp)) {
                return false;
            }
            last.addLast(caller.stamp);
            if (last.size() > number) {
                last.removeFirst();
            }
            return true;
        }
    }

    /** Forgets what the window would refuse by now; once in a while. */
    private void sweep() {
        long now = System.currentTimeMillis() / 1000;
        long due = nextSweep.get();
        if (now >= due && nextSweep.compareAndSet(due, now + 60)) {
            used.values().removeIf(until -> until < now);
            bodies.keySet().retainAll(used.keySet());
        }
    }

    private static void pause() {
        try {
            Thread.sleep(60);
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }

    static String md5(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("MD5").digest(text.getBytes(StandardCharsets.UTF_8));
            StringBuilder hex = new StringBuilder(32);
            for (byte b : digest) {
                hex.append(Character.forDigit(b >> 4 & 15, 16)).append(Character.forDigit(b & 15, 16));
            }
            return hex.toString();
        } catch (NoSuchAlgorithmException never) {
            throw new IllegalStateException(never);
        }
    }
}
