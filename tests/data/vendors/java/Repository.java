// SPDX-License-Identifier: Apache-2.0
package vendor;

import static vendor.Quirks.bug;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;

/** Everything the vendor knows, in memory. All calls are made with {@link #lock} held. */
final class Repository {
    /** Which interface looks something up. */
    enum Use { USERINFO, TOPUP, PAYLIST, VALVE, DATA, CREATE, SETPRICE, EXCHANGE }

    private record Later(long at, long order, Runnable work) {
    }

    final ReentrantLock lock = new ReentrantLock();
    private final Map<String, Meter> meters = new LinkedHashMap<>();
    private final Map<String, List<Meter>> users = new LinkedHashMap<>();
    private final List<Payment> payments = new ArrayList<>();
    private final Map<String, List<Payment>> paymentsOfUser = new HashMap<>();
    private final Map<String, List<Payment>> paymentsOfMeter = new HashMap<>();
    private final Map<String, Payment> byTransId = new HashMap<>();
    private final Map<String, Price> prices = new LinkedHashMap<>();
    private final Map<String, BillingMeter> billing = new LinkedHashMap<>();
    private final Map<String, Integer> counters = new HashMap<>();
    private final PriorityQueue<Later> laters = new PriorityQueue<>(
            (a, b) -> a.at != b.at ? Long.compare(a.at, b.at) : Long.compare(a.order, b.order));
    private long laterOrder;
    private int lastPayId = 91000;

    // --- time ---

    /** Does the work now, or when so many milliseconds have gone by. */
    void later(int milliseconds, Runnable work) {
        if (milliseconds <= 0) {
            work.run();
        } else {
            laters.add(new Later(System.currentTimeMillis() + milliseconds, laterOrder++, work));
        }
    }

    /** Does what has become due. */
    void settle() {
        while (!laters.isEmpty() && laters.peek().at <= System.currentTimeMillis()) {
            laters.poll().work.run();
        }
    }

    /** Lets the others in for a moment (only race bugs do so). */
    void pauseUnlocked(int milliseconds) {
        lock.unlock();
        try {
            Thread.sleep(milliseconds);
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        } finally {
            lock.lock();
        }
    }

    int count(String what) {
        return counters.merge(what, 1, Integer::sum);
    }

    // --- meters and users ---

    void add(Meter meter) {
        meters.put(meter.addr, meter);
        users.computeIfAbsent(meter.userCode, code -> new ArrayList<>()).add(meter);
    }

    /** A second row of the same address, which the map alone would not take. */
    void addBeside(Meter meter) {
        users.computeIfAbsent(meter.userCode, code -> new ArrayList<>()).add(meter);
    }

    void addUser(String code) {
        users.computeIfAbsent(code, any -> new ArrayList<>());
    }

    void remove(Meter meter) {
        meters.remove(meter.addr);
        users.get(meter.userCode).remove(meter);
    }

    List<Meter> allMeters() {
        return new ArrayList<>(meters.values());
    }

    /** The meter of that address, cancelled or not; null when there is none. */
    Meter meter(Use use, String given) {
        String addr = bug("keys-trimmed") ? given.strip() : given;
        if (bug("meteraddr-as-double") && addr.matches("[0-9]{16,30}")) {
            return first(m -> m.addr.matches("[0-9]{16,30}")
                    && Double.parseDouble(m.addr) == Double.parseDouble(addr));
        }
        if (bug("meters-by-hash")) {
            return first(m -> m.addr.hashCode() == addr.hashCode());
        }
        if (use == Use.VALVE && bug("valve-key-cut-at-sixteen") && addr.length() >= 16) {
            return first(m -> m.addr.startsWith(addr.substring(0, 16)));
        }
        if (use == Use.DATA && bug("getdata-underscore") && addr.contains("_")) {
            return first(m -> like(addr.replace('_', '?'), m.addr));
        }
        Meter found = meters.get(addr);
        if (found == null && use == Use.USERINFO && bug("userinfo-meter-prefix")) {
            return first(m -> m.addr.startsWith(addr));
        }
        if (found == null && use == Use.EXCHANGE && bug("exchange-by-suffix") && addr.length() >= 8) {
            return first(m -> m.addr.endsWith(addr.substring(addr.length() - 8)));
        }
        return found;
    }

    private static boolean like(String pattern, String text) {
        if (pattern.length() != text.length()) {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            if (pattern.charAt(i) != '?' && pattern.charAt(i) != text.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private Meter first(Predicate<Meter> matching) {
        return meters.values().stream().filter(matching).findFirst().orElse(null);
    }

    private String userKey(Use use, String given) {
        String code = bug("keys-trimmed") ? given.strip() : given;
        if (bug("usercode-any-case")) {
            return users.keySet().stream().filter(code::equalsIgnoreCase).findFirst().orElse(code);
        }
        if (use == Use.PAYLIST && bug("paylist-user-leading-zeros")) {
            return users.keySet().stream().filter(k -> noZeros(k).equals(noZeros(code))).findFirst().orElse(code);
        }
        return code;
    }

    static String noZeros(String code) {
        return code.replaceFirst("^0+(?=.)", "");
    }

    boolean knowsUser(Use use, String code) {
        return users.containsKey(userKey(use, code));
    }

    String storedUser(Use use, String code) {
        return userKey(use, code);
    }

    /** The user's meters that are not cancelled. */
    List<Meter> metersOf(Use use, String code) {
        if (use == Use.USERINFO && bug("userinfo-percent") && code.contains("%")) {
            String start = code.substring(0, code.indexOf('%'));
            return live(allMeters().stream().filter(m -> m.userCode.startsWith(start)).toList());
        }
        return live(users.getOrDefault(userKey(use, code), List.of()));
    }

    List<Meter> everyMeterOf(String code) {
        return users.getOrDefault(code, List.of());
    }

    private static List<Meter> live(List<Meter> all) {
        List<Meter> live = new ArrayList<>();
        for (Meter meter : all) {
            if (!meter.cancelled) {
                live.add(meter);
            }
        }
        return live;
    }

    // --- payments ---

    int nextPayId() {
        return ++lastPayId;
    }

    int lastPayId() {
        return lastPayId;
    }

    void lastPayId(int id) {
        lastPayId = id;
    }

    void add(Payment payment) {
        payments.add(payment);
        paymentsOfUser.computeIfAbsent(payment.userCode, code -> new ArrayList<>()).add(payment);
        paymentsOfMeter.computeIfAbsent(payment.meterAddr, addr -> new ArrayList<>()).add(payment);
        byTransId.put(payment.transId, payment);
    }

    void reserveTransId(String transId) {
        byTransId.put(transId, null);
    }

    /** Whether that TransId was used, and by which payment. */
    boolean usedTransId(String transId) {
        if (bug("transid-any-case")) {
            return byTransId.keySet().stream().anyMatch(transId::equalsIgnoreCase);
        }
        return byTransId.containsKey(transId);
    }

    Payment payment(String transId) {
        return byTransId.get(transId);
    }

    List<Payment> paymentsByTransId(String transId) {
        if (bug("paylist-transid-prefix")) {
            return payments.stream().filter(p -> p.transId.startsWith(transId)).toList();
        }
        Payment one = byTransId.get(transId);
        if (one == null) {
            return List.of();
        }
        return payments.stream().filter(p -> p.transId.equals(transId)).toList();
    }

    List<Payment> paymentsOfUser(String code) {
        return paymentsOfUser.getOrDefault(code, List.of());
    }

    List<Payment> paymentsOfMeter(String addr) {
        return paymentsOfMeter.getOrDefault(addr, List.of());
    }

    // --- prices ---

    void add(Price price) {
        prices.put(price.code, price);
    }

    /** The archive as it is in force now; null when there is none. */
    Price price(String code) {
        Price price = code == null ? null : prices.get(code);
        if (price != null && price.next != null && !price.next.exeDate.isAfter(Dates.now())) {
            price.next.changes = price.changes;
            prices.put(code, price.next);
            return price.next;
        }
        return price;
    }

    List<Price> allPrices() {
        return new ArrayList<>(prices.values());
    }

    /** What a unit costs at that meter at present; 0 where no price is known. */
    BigDecimal currentPrice(Meter meter) {
        if (meter.fixedPrice != null) {
            return meter.fixedPrice;
        }
        Price price = price(meter.priceCode);
        return price == null ? new BigDecimal("0.00") : price.at(meter.periodDosage);
    }

    // --- billing ---

    void add(BillingMeter meter) {
        billing.put(meter.addr, meter);
    }

    void removeBilling(String addr) {
        billing.remove(addr);
    }

    BillingMeter firstBillingMeter() {
        return billing.values().iterator().next();
    }

    BillingMeter billingMeter(String addr) {
        return billing.get(addr);
    }

    List<BillingMeter> billingMetersOf(String userCode) {
        return billing.values().stream().filter(m -> m.userCode.equals(userCode)).toList();
    }
}
