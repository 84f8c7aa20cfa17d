// SPDX-License-Identifier: Apache-2.0
package vendor;

import static vendor.Quirks.bug;
import static vendor.Quirks.reading;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** From a request to a reply: headers, authentication, body, interface, JSON. */
final class Controller implements WebServer.Handler {
    private static final String USERINFO = "/api/Users/GetUserInfo";
    private static final String PAYLIST = "/api/Users/GetPayList";
    private static final String TOPUP = "/api/Pay/RemotePay";
    private static final String VALVE = "/api/Meters/ControlValve";
    private static final String DATA = "/api/Meters/GetData";
    private static final String SETPRICE = "/api/Meters/SetPrice";
    private static final String EXCHANGE = "/api/Meters/ChangeMeter";
    private static final Set<String> QUERIES = Set.of(USERINFO, PAYLIST, DATA);

    /** The members that only a report of 3.6 has, not a query of 3.5. */
    private static final List<String> REPORT_ONLY = List.of("UserName", "ReadNumber", "Voltage", "ValveState",
            "MeterCSQ", "RSRP", "SNR", "CC", "MeterStatus", "BatteryState", "ReadDate", "PeriodDosage", "Reserve");

    private interface Operation {
        Reply run(Fields fields);
    }

    private final AuthService auth;
    private final Repository repository;
    private final Map<String, Operation> operations = new LinkedHashMap<>();
    private final Map<String, int[]> rates = new ConcurrentHashMap<>();
    // what only some bugs look at
    private final AtomicInteger replies = new AtomicInteger();
    private final AtomicBoolean latin1Next = new AtomicBoolean();
    private final AtomicBoolean failNext = new AtomicBoolean();
    private final Set<String> poisonedApps = ConcurrentHashMap.newKeySet();
    private final Set<String> disabledPaths = ConcurrentHashMap.newKeySet();
    private final Map<String, Map<String, Object>> leftovers = new ConcurrentHashMap<>();

    Controller(Repository repository, AuthService auth) {
        this.repository = repository;
        this.auth = auth;
        UserService users = new UserService(repository);
        PayService pay = new PayService(repository);
        MeterService meters = new MeterService(repository);
        ArchiveService archive = new ArchiveService(repository);
        BillingService billing = new BillingService(repository);
        operations.put(USERINFO, users::getUserInfo);
        operations.put(PAYLIST, pay::getPayList);
        operations.put(TOPUP, pay::remotePay);
        operations.put(VALVE, meters::controlValve);
        operations.put(DATA, f -> f.hasAny(REPORT_ONLY) ? billing.report(f) : meters.getData(f));
        operations.put("/api/Meters/CreateMeter", archive::createMeter);
        operations.put(SETPRICE, archive::setPrice);
        operations.put(EXCHANGE, archive::changeMeter);
        operations.put("/api/Meters/CreatePrice", archive::createPrice);
    }

    @Override
    public WebServer.Response handle(WebServer.Request request) {
        Map<String, Object> memory = request.connection.memory;
        WebServer.Response last = (WebServer.Response) memory.get("last");
        if (bug("connection-twentieth-stale") && request.connection.requests == 20 && last != null) {
            return last;
        }
        WebServer.Response response = respond(request);
        memory.put("last", response);
        if (bug("robust-empty-body-shift")) {
            boolean shifted = memory.containsKey("shifted");
            if (request.body.length == 0 && request.method.equals("POST")) {
                memory.put("shifted", true);
            }
            return shifted ? last : response;
        }
        return response;
    }

    private WebServer.Response respond(WebServer.Request request) {
        Operation operation = operations.get(request.path);
        Map<String, Object> memory = request.connection.memory;
        if (operation == null) {
            memory.put("unknownPath", true);
        }
        if (operation == null || bug("robust-unknown-path-sticks") && memory.remove("unknownPath") != null) {
            boolean soft = reading("unknown-path-200");
            WebServer.Response response = render(request,
                    new Reply(soft ? Refusal.UNKNOWN : Refusal.BAD_DATA, "请求地址不存在", null));
            response.status = soft ? 200 : 404;
            return response;
        }
        if (!request.method.equals("POST")) {
            disabledPaths.add(request.path);
            WebServer.Response response = render(request, new Reply(Refusal.BAD_DATA, "仅支持POST方法", null));
            if (!reading("method-200")) {
                response.status = 405;
                response.headers.put("Allow", "POST");
            }
            return response;
        }
        Reply reply;
        try {
            reply = serve(request, operation);
        } catch (Refusal refusal) {
            reply = new Reply(refusal.code, refusal.getMessage(), null);
        } catch (Json.BadJson broken) {
            if (bug("broken-json-html") && broken.cutOff && request.body.length > 0) {
                WebServer.Response page = new WebServer.Response();
                page.status = 400;
                page.contentType = "text/html;charset=utf-8";
                page.body = "<html><body><h1>400 Bad Request</h1></body></html>".getBytes(StandardCharsets.UTF_8);
                return page;
            }
            memory.put("badJson", true);
            reply = new Reply(Refusal.BAD_DATA, "报文无法解析", null);
        } catch (RuntimeException unforeseen) {
            reply = new Reply(Refusal.UNKNOWN, "系统异常，请联系管理员", null);
        }
        if (reply.code() < 0 && request.path.equals(DATA) && reading("report-zero-only") && isReport(request)) {
            reply = new Reply(0, reply.message(), null);
        }
        return render(request, reply);
    }

    private boolean isReport(WebServer.Request request) {
        try {
            return Json.parse(request.text()) instanceof Map<?, ?> map && fields(map).hasAny(REPORT_ONLY);
        } catch (Json.BadJson broken) {
            return false;
        }
    }

    @SuppressWarnings("unchecked")
    private static Fields fields(Map<?, ?> members) {
        return new Fields((Map<String, Object>) members);
    }

    private Reply serve(WebServer.Request request, Operation operation) throws Json.BadJson {
        robustness(request);
        checkMedia(request);
        if (reading("body-before-auth")) {
            parse(request, null);
        }
        AuthService.Caller caller;
        if (bug("report-without-auth") && request.header("accesstoken") == null
                && request.header("authorization") == null && request.path.equals(DATA) && isReport(request)) {
            caller = new AuthService.Caller();
        } else {
            caller = authenticate(request, operation);
        }
        if (poisonedApps.contains(caller.appId) && bug("robust-nesting-kills")) {
            throw new Refusal(Refusal.UNKNOWN, "系统异常，请联系管理员");
        }
        checkRate(caller.appId);
        Fields fields;
        try {
            fields = parse(request, caller);
        } catch (Json.BadJson | Refusal unreadable) {
            if (reading("refused-frees-stamp")) {
                auth.release(caller);
            }
            throw unreadable;
        }
        Reply reply = run(operation, fields);
        if (caller.repeated) {
            throw new Refusal(Refusal.BAD_STAMP, "时间戳已使用过");
        }
        return reply;
    }

    private Reply run(Operation operation, Fields fields) {
        repository.lock.lock();
        try {
            repository.settle();
            return operation.run(fields);
        } finally {
            repository.lock.unlock();
        }
    }

    private AuthService.Caller authenticate(WebServer.Request request, Operation operation) throws Json.BadJson {
        try {
            return auth.check(request);
        } catch (Refusal refusal) {
            if (refusal.code == Refusal.BAD_TOKEN && bug("valve-bad-token-done") && request.path.equals(VALVE)) {
                run(operation, parse(request, null));
            }
            if (refusal.code == Refusal.BAD_TOKEN && bug("business-before-auth")) {
                String user = parse(request, null).text("UserCode");
                if (user != null && !repository.knowsUser(Repository.Use.USERINFO, user)) {
                    throw new Refusal(0, "用户编号不存在");
                }
            }
            throw refusal;
        }
    }

    private void robustness(WebServer.Request request) {
        if (bug("robust-bad-json-sticks") && request.connection.memory.remove("badJson") != null) {
            throw Refusal.badData("报文无法解析");
        }
        if (bug("robust-get-disables") && disabledPaths.remove(request.path)) {
            throw new Refusal(Refusal.UNKNOWN, "系统异常，请联系管理员");
        }
        if (bug("robust-long-header")) {
            boolean fails = failNext.getAndSet(false);
            if (request.headers.values().stream().anyMatch(value -> value.length() > 8192)) {
                failNext.set(true);
            }
            if (fails) {
                throw new Refusal(Refusal.UNKNOWN, "系统异常，请联系管理员");
            }
        }
    }

    private static void checkMedia(WebServer.Request request) {
        if (reading("media-headers-free")) {
            return;
        }
        String accept = request.headers.getOrDefault("accept", "").toLowerCase();
        if (!accept.contains("application/json") && !accept.contains("application/*") && !accept.contains("*/*")) {
            throw Refusal.badData("Accept应为application/json");
        }
        String type = request.headers.getOrDefault("content-type", "").toLowerCase().replaceAll("[\\s\"]", "");
        boolean json = type.equals("application/json") || type.startsWith("application/json;");
        if (!json || type.contains("charset=") && !type.contains("charset=utf-8")) {
            throw Refusal.badData("Content-Type应为application/json;charset=utf-8");
        }
    }

    private void checkRate(String appId) {
        int limit = reading("rate-429") ? 20 : reading("rate-999") ? 25 : 0;
        if (limit == 0) {
            return;
        }
        int second = (int) (System.currentTimeMillis() / 1000);
        int[] rate = rates.computeIfAbsent(appId, id -> new int[2]);
        synchronized (rate) {
            if (rate[0] != second) {
                rate[0] = second;
                rate[1] = 0;
            }
            if (++rate[1] > limit) {
                throw new Refusal(Refusal.UNKNOWN, "请求过于频繁，请稍后再试");
            }
        }
    }

    private Fields parse(WebServer.Request request, AuthService.Caller caller) throws Json.BadJson {
        if (request.tooLarge) {
            throw Refusal.badData("报文过长");
        }
        Object value;
        try {
            value = Json.parse(decode(request));
        } catch (Json.BadJson broken) {
            if (caller != null && broken.tooDeep) {
                poisonedApps.add(caller.appId);
            }
            throw broken;
        }
        if (value instanceof List<?> list && !list.isEmpty() && list.get(0) instanceof Map<?, ?> first
                && caller != null) {
            Map<String, Object> members = new LinkedHashMap<>();
            first.forEach((name, member) -> members.put((String) name, member));
            leftovers.put(caller.appId, members);
        }
        if (!(value instanceof Map<?, ?> map)) {
            throw Refusal.badData("报文应为JSON对象");
        }
        if (bug("robust-array-body") && caller != null && leftovers.containsKey(caller.appId)) {
            Map<String, Object> filled = new LinkedHashMap<>(leftovers.remove(caller.appId));
            map.forEach((name, member) -> filled.put((String) name, member));
            return new Fields(filled);
        }
        return fields(map);
    }

    private String decode(WebServer.Request request) throws Json.BadJson {
        if (bug("robust-charset-sticks") && latin1Next.getAndSet(false)) {
            return new String(request.body, StandardCharsets.ISO_8859_1);
        }
        try {
            String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(request.body)).toString();
            return reading("request-bom") && text.startsWith("\ufeff") ? text.substring(1) : text;
        } catch (CharacterCodingException wrong) {
            latin1Next.set(true);
            throw Refusal.badData("报文不是UTF-8编码");
        }
    }

    // --- the reply ---

    private WebServer.Response render(WebServer.Request request, Reply reply) {
        WebServer.Response response = new WebServer.Response();
        response.status = status(reply);
        if (reading("plain-media-type")) {
            response.contentType = "application/json";
        }
        if (bug("refusal-text-html") && request.path.equals(PAYLIST) && reply.code() != 1) {
            response.contentType = "text/html;charset=utf-8";
        }
        if (bug("exchange-without-body") && request.path.equals(EXCHANGE) && reply.code() == 1) {
            response.status = 204;
            return response;
        }
        String text = Json.write(members(request, reply));
        if (bug("non-bmp-question-mark")) {
            text = text.replaceAll("[\\x{10000}-\\x{10FFFF}]", "?");
        }
        if (bug("echo-unescaped") && reply.code() == 0) {
            text = "{\"ResultCode\":0,\"Message\":\"" + reply.message() + "\"}";
        }
        if (bug("valve-refusal-twice") && request.path.equals(VALVE) && reply.code() == -4) {
            text += text;
        }
        response.body = encode(request, reply, text);
        return response;
    }

    private static int status(Reply reply) {
        boolean tooFast = reply.code() == Refusal.UNKNOWN && reply.message().startsWith("请求过于频繁");
        if (reading("rate-429") && tooFast) {
            return 429;
        }
        if (reading("http-406-415") && reply.code() == Refusal.BAD_DATA) {
            if (reply.message().startsWith("Accept应为")) {
                return 406;
            }
            if (reply.message().startsWith("Content-Type应为")) {
                return 415;
            }
        }
        return switch (reply.code()) {
            case Refusal.BAD_DATA -> reading("http-400") ? 400 : 200;
            case Refusal.BAD_STAMP, Refusal.BAD_TOKEN -> reading("http-401") ? 401 : 200;
            case Refusal.DATABASE -> reading("http-409") ? 409 : 200;
            default -> 200;
        };
    }

    private Map<String, Object> members(WebServer.Request request, Reply reply) {
        Map<String, Object> members = new LinkedHashMap<>();
        boolean lower = bug("stamp-refusal-lower-names") && reply.code() == Refusal.BAD_STAMP;
        members.put(lower ? "resultCode" : "ResultCode", reply.code());
        members.put(lower ? "message" : "Message", message(reply));
        if (bug("setprice-message-null") && request.path.equals(SETPRICE) && reply.code() == 1) {
            members.put("Message", null);
        }
        if (bug("unparsable-without-message") && reply.code() == Refusal.BAD_DATA
                || bug("every-ninth-without-message") && replies.incrementAndGet() % 9 == 0) {
            members.remove("Message");
        }
        boolean query = QUERIES.contains(request.path);
        if (reply.rows() != null) {
            addList(members, request.path, reply.rows());
        } else if (query && reading("refusal-with-list")) {
            members.put("DataList", reading("no-rows-null") ? null : List.of());
        }
        if (reading("extra-members")) {
            members.put("Success", reply.code() == 1);
            members.put("ServerTime", Dates.print(Dates.now()));
        }
        return reading("members-reversed") ? reversed(members) : members;
    }

    private static String message(Reply reply) {
        if (reading("messages-empty")) {
            return "";
        }
        if (!reading("messages-english")) {
            return reply.message();
        }
        return switch (reply.code()) {
            case 1 -> "OK";
            case 0 -> "No such user, or failed";
            case Refusal.BAD_DATA -> "Bad data";
            case Refusal.BAD_STAMP -> "Timestamp refused";
            case Refusal.BAD_TOKEN -> "Authentication failed";
            case Refusal.DATABASE -> "Database constraint violated";
            default -> "Refused";
        };
    }

    private static void addList(Map<String, Object> members, String path, List<Map<String, Object>> rows) {
        if (rows.isEmpty() && reading("no-rows-absent")) {
            return;
        }
        if (rows.isEmpty() && reading("no-rows-null")) {
            members.put("DataList", null);
            return;
        }
        List<Map<String, Object>> list = new ArrayList<>();
        for (Map<String, Object> row : rows) {
            Map<String, Object> copy = new LinkedHashMap<>(row);
            if (reading("extra-members")) {
                copy.put("OrgCode", "370100");
                copy.put("RowVersion", 1);
            }
            list.add(reading("members-reversed") ? reversed(copy) : copy);
        }
        if (bug("userinfo-single-row-object") && path.equals(USERINFO) && list.size() == 1) {
            members.put("DataList", list.get(0));
        } else if (bug("paylist-many-rows-wrapped") && path.equals(PAYLIST) && list.size() > 1) {
            members.put("DataList", Map.of("Row", list));
        } else if (bug("getdata-list-as-text") && path.equals(DATA)) {
            members.put("DataList", Json.write(list));
        } else {
            members.put("DataList", list);
        }
    }

    private static Map<String, Object> reversed(Map<String, Object> members) {
        List<String> names = new ArrayList<>(members.keySet());
        Collections.reverse(names);
        Map<String, Object> reversed = new LinkedHashMap<>();
        names.forEach(name -> reversed.put(name, members.get(name)));
        return reversed;
    }

    private static byte[] encode(WebServer.Request request, Reply reply, String text) {
        if (bug("refusal-gbk") && reply.code() != 1) {
            return text.getBytes(Charset.forName("GBK"));
        }
        if (bug("reply-bom") && QUERIES.contains(request.path)) {
            return ("\ufeff" + text).getBytes(StandardCharsets.UTF_8);
        }
        if (bug("cesu-8")) {
            return surrogatesOneByOne(text);
        }
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (bug("paylist-length-in-characters") && request.path.equals(PAYLIST)) {
            return java.util.Arrays.copyOf(bytes, text.length());
        }
        return bytes;
    }

    private static byte[] surrogatesOneByOne(String text) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (char c : text.toCharArray()) {
            if (Character.isSurrogate(c)) {
                out.write(0xe0 | c >> 12);
                out.write(0x80 | c >> 6 & 0x3f);
                out.write(0x80 | c & 0x3f);
            } else {
                out.writeBytes(String.valueOf(c).getBytes(StandardCharsets.UTF_8));
            }
        }
        return out.toByteArray();
    }
}
