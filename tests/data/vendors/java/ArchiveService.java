// SPDX-License-Identifier: Apache-2.0
package vendor;

import static vendor.Quirks.bug;
import static vendor.Quirks.reading;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.Locale;
import java.util.function.Predicate;

/** 3.7 创建表档案, 3.8 调价变价, 3.9 用户换表 and 3.10 创建价格档案. */
final class ArchiveService {
    private static final int ASYNCHRONOUS = 2000;
    private static final BigDecimal ZERO = new BigDecimal("0.00");

    private final Repository repository;
    // what only some bugs look at
    private String lastPhone;
    private boolean nameLost;
    private String sharedPrice;

    ArchiveService(Repository repository) {
        this.repository = repository;
    }

    // --- 3.7 ---

    Reply createMeter(Fields f) {
        Meter meter = archive(f);
        String type = f.required("MeterTypeID");
        if (!type.equals("51") && !type.equals("178")
                && !(bug("create-any-metertype") && type.matches("[0-9]{3}"))) {
            if (bug("create-bad-type-stored")) {
                store(meter);
            }
            throw Refusal.badData("MeterTypeID不在取值范围内");
        }
        if (bug("every-fourth-archive-lost") && repository.count("archive") % 4 == 0) {
            return Reply.done("建档成功");
        }
        if (bug("race-price")) {
            sharedPrice = meter.priceCode;
            repository.pauseUnlocked(40);
            meter.priceCode = sharedPrice;
        }
        boolean priceKnown = meter.priceCode == null || repository.price(meter.priceCode) != null;
        if (!priceKnown && !reading("create-price-unknown-stored")) {
            if (bug("create-unknown-price-leaves-user")) {
                repository.addUser(meter.userCode);
            }
            throw Refusal.database("价格编码不存在，违反外键约束");
        }
        Meter existing = repository.meter(Repository.Use.CREATE, meter.addr);
        if (existing != null) {
            return duplicate(existing, meter);
        }
        if (bug("race-create")) {
            repository.pauseUnlocked(60);
        }
        touchSiblings(meter);
        store(meter);
        return Reply.done("建档成功");
    }

    private Reply duplicate(Meter existing, Meter given) {
        if (reading("create-existing-updates") && existing.userCode.equals(given.userCode) && !existing.cancelled) {
            existing.userName = given.userName;
            existing.phone = given.phone;
            existing.doorplate = given.doorplate;
            existing.address = given.address;
            existing.payType = given.payType;
            existing.archivedPayType = given.archivedPayType;
            existing.priceCode = given.priceCode;
            return Reply.done("档案已更新");
        }
        if (bug("create-duplicate-renames")) {
            existing.userName = given.userName;
        }
        throw new Refusal(bug("create-duplicate-code-8") ? -8 : Refusal.DATABASE, "表编号已存在，违反唯一约束");
    }

    private void touchSiblings(Meter meter) {
        for (Meter sibling : repository.metersOf(Repository.Use.CREATE, meter.userCode)) {
            if (bug("create-replaces-sibling")) {
                repository.remove(sibling);
            }
            if (bug("second-meter-clears-first")) {
                sibling.remnant = ZERO;
            }
        }
    }

    private void store(Meter meter) {
        if (repository.meter(Repository.Use.CREATE, meter.addr) != null) {
            repository.addBeside(meter);
        } else {
            repository.add(meter);
        }
        if (meter.payType == 2) {
            bill(meter);
        }
        if (reading("first-row-asynchronous")) {
            meter.silent = true;
            repository.later(ASYNCHRONOUS, () -> meter.silent = false);
        }
    }

    /** The billing side learns of the meter. */
    private void bill(Meter meter) {
        BillingMeter billed = new BillingMeter();
        billed.addr = meter.addr;
        billed.userCode = meter.userCode;
        billed.source = meter;
        billed.unitPrice = new BigDecimal("2.80");
        billed.remnant = ZERO;
        billed.readNumber = meter.readNumber;
        billed.settledAt = meter.readDate;
        billed.firstSettledAt = meter.readDate;
        repository.add(billed);
    }

    private Meter archive(Fields f) {
        Meter meter = new Meter();
        meter.userCode = f.required("UserCode");
        meter.addr = f.required("MeterAddr");
        readName(f, meter);
        f.required("DeptId");
        if (!bug("create-blank-deptname")) {
            f.required("DeptName");
        }
        meter.doorplate = f.required("DoorPlate");
        meter.address = f.required("Address");
        if (bug("fields-by-position") && f.indexOf("Address") < f.indexOf("DoorPlate")) {
            String first = meter.address;
            meter.address = meter.doorplate;
            meter.doorplate = first;
        }
        readPayType(f, meter);
        meter.phone = f.text("Phone");
        f.text("IMEI");
        f.text("InstallAddr");
        f.text("Remark");
        if (!bug("create-provider-four") || !"4".equals(f.text("CommProviderId"))) {
            f.oneOf("CommProviderId", "1", "2", "3");
        }
        String installed = f.text("InstallDate");
        if (!Fields.blank(installed) && !bug("installdate-any")) {
            Dates.day(installed, "安装日期");
        }
        String base = f.text("MeterBase");
        if (!Fields.blank(base)) {
            if (!base.matches("[0-9]{1,12}(\\.[0-9]{1,4})?")) {
                throw Refusal.badData("MeterBase应为非负数值");
            }
            meter.readNumber = new BigDecimal(base);
        }
        if (bug("meterbase-ignored")) {
            meter.readNumber = ZERO;
        }
        if (bug("meterbase-whole")) {
            meter.readNumber = meter.readNumber.setScale(0, RoundingMode.DOWN);
        }
        meter.readNumber = atLeastTwoPlaces(meter.readNumber);
        meter.readDate = Dates.now();
        damage(meter);
        return meter;
    }

    private static BigDecimal atLeastTwoPlaces(BigDecimal number) {
        return number.scale() < 2 ? number.setScale(2) : number;
    }

    private void readName(Fields f, Meter meter) {
        if (f.has("UserName") && f.raw("UserName") == null) {
            nameLost = true;
        }
        meter.userName = f.required("UserName");
        if (meter.userName.length() > 64 && reading("limit-name")) {
            throw Refusal.badData("UserName过长");
        }
        if (nameLost && bug("robust-null-value-poisons")) {
            meter.userName = "";
        }
        nameLost = false;
    }

    private void readPayType(Fields f, Meter meter) {
        f.required("PayType");
        String payType = bug("create-paytype-range") ? f.oneOf("PayType", "1", "2", "3", "4", "5", "6")
                : f.oneOf("PayType", "1", "3", "5", "6");
        meter.archivedPayType = Integer.parseInt(payType);
        meter.payType = meter.archivedPayType == 6 ? 2 : 1;
        String price = f.text("PriceTypeCode");
        meter.priceCode = Fields.blank(price) ? null : price;
        boolean optional = meter.archivedPayType == 6 && !bug("create-third-party-wants-price")
                || meter.archivedPayType == 5 && bug("create-prestored-without-price");
        if (meter.priceCode == null && !optional) {
            throw Refusal.badData("PriceTypeCode为必填项");
        }
    }

    /** Where the bugs of kind value spoil what was given. */
    private void damage(Meter meter) {
        if (bug("name-html-escaped")) {
            meter.userName = meter.userName.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
        }
        if (bug("name-twenty-characters") && meter.userName.length() > 20) {
            meter.userName = meter.userName.substring(0, 20);
        }
        if (bug("name-blanks-collapsed")) {
            meter.userName = meter.userName.replaceAll(" +", " ");
        }
        if (bug("combining-composed")) {
            meter.userName = Normalizer.normalize(meter.userName, Normalizer.Form.NFC);
        }
        if (bug("phone-leading-zero") && meter.phone != null && meter.phone.matches("[0-9]+")) {
            meter.phone = Repository.noZeros(meter.phone);
        }
        if (bug("phone-carried")) {
            meter.phone = Fields.blank(meter.phone) ? lastPhone : meter.phone;
            lastPhone = meter.phone;
        }
        if (bug("apostrophe-doubled")) {
            meter.address = meter.address.replace("'", "''");
        }
        if (bug("backslash-eaten")) {
            meter.address = meter.address.replace("\\", "");
        }
        if (bug("url-decoded")) {
            meter.doorplate = decoded(meter.doorplate);
        }
        if (bug("meteraddr-upper")) {
            meter.addr = meter.addr.toUpperCase(Locale.ROOT);
        }
    }

    private static String decoded(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException noEscape) {
            return text;
        }
    }

    // --- 3.8 ---

    Reply setPrice(Fields f) {
        String addr = f.required("MeterAddr");
        if (f.raw("PriceTypeCode") instanceof BigDecimal number && bug("setprice-mixed-keys-done")) {
            Meter meter = repository.meter(Repository.Use.SETPRICE, addr);
            if (meter != null) {
                meter.priceCode = number.toPlainString();
            }
        }
        if (Fields.blank(f.text("PriceTypeCode")) && bug("setprice-without-code")) {
            return Reply.done("调价成功");
        }
        String code = f.required("PriceTypeCode");
        Meter meter = repository.meter(Repository.Use.SETPRICE, addr);
        if (meter == null || meter.cancelled) {
            throw new Refusal(bug("setprice-unknown-meter-zero") ? 0 : -1, "表编号“" + addr + "”不存在");
        }
        if (repository.price(code) == null) {
            if (bug("setprice-unknown-clears")) {
                meter.priceCode = null;
            }
            throw reading("setprice-unknown-200") ? Refusal.badData("价格编码无效")
                    : Refusal.database("价格编码不存在，违反外键约束");
        }
        meter.priceOrders++;
        if (bug("setprice-unseen") || bug("setprice-once") && meter.priceOrders > 1) {
            return Reply.done("调价成功");
        }
        if (bug("setprice-clears-remnant")) {
            meter.remnant = ZERO;
        }
        if (bug("setprice-same-old-price") && meter.priceCode != null) {
            String old = meter.priceCode;
            forMeters(m -> old.equals(m.priceCode), m -> m.priceCode = code);
        }
        repository.later(reading("price-asynchronous") ? ASYNCHRONOUS : 0, () -> {
            meter.priceCode = code;
            meter.fixedPrice = null;
        });
        return Reply.done("调价成功");
    }

    private void forMeters(Predicate<Meter> which, java.util.function.Consumer<Meter> what) {
        repository.allMeters().stream().filter(which).forEach(what);
    }

    // --- 3.9 ---

    Reply changeMeter(Fields f) {
        String addr = f.required("MeterAddr");
        String newAddr = f.required("NewMeterAddr");
        f.text("NewIMEI");
        BigDecimal period = f.decimal("PeriodDosage");
        if (period == null && !bug("exchange-period-optional")) {
            throw Refusal.badData("PeriodDosage为必填项");
        }
        if (period == null) {
            period = ZERO;
        }
        if (period.signum() < 0) {
            throw Refusal.badData("PeriodDosage不能为负数");
        }
        Refusal late = null;
        if (!bug("exchange-provider-any")) {
            try {
                f.oneOf("NewCommProviderId", "1", "2", "3");
            } catch (Refusal refusal) {
                if (!bug("exchange-bad-provider-done")) {
                    throw refusal;
                }
                late = refusal;
            }
        }
        Meter old = repository.meter(Repository.Use.EXCHANGE, addr);
        if (old == null || old.cancelled) {
            throw new Refusal(-1, "旧表“" + addr + "”不存在或已销户");
        }
        if (repository.meter(Repository.Use.CREATE, newAddr) != null) {
            if (bug("exchange-taken-new-cancels-old")) {
                old.cancelled = true;
                old.exchanged = true;
            }
            throw Refusal.database("新表编号已存在，违反唯一约束");
        }
        if (bug("race-exchange")) {
            repository.pauseUnlocked(60);
        }
        exchange(old, newAddr, atLeastTwoPlaces(period));
        if (late != null) {
            throw late;
        }
        return Reply.done("换表成功");
    }

    private void exchange(Meter old, String newAddr, BigDecimal period) {
        Meter meter = new Meter();
        meter.addr = newAddr;
        meter.exchangedFrom = old.addr;
        meter.exchanges = old.exchanges + 1;
        meter.userCode = old.userCode;
        meter.userName = old.userName;
        meter.phone = old.phone;
        meter.doorplate = bug("exchange-doorplate-lost") ? "" : old.doorplate;
        meter.address = bug("exchange-doorplate-lost") ? "" : old.address;
        meter.payType = bug("exchange-third-party-lost") ? 1 : old.payType;
        meter.archivedPayType = old.archivedPayType;
        meter.priceCode = bug("exchange-price-lost") ? null : old.priceCode;
        meter.valve = reading("exchange-valve-open") ? 1 : old.valve == 3 ? 1 : old.valve;
        meter.remnant = remnantAfter(old, meter.exchanges);
        meter.periodDosage = bug("exchange-period-lost") ? ZERO
                : bug("period-whole") ? period.setScale(0, RoundingMode.DOWN) : period;
        meter.readNumber = reading("exchange-reading-carried") ? old.readNumber : ZERO;
        meter.readDate = Dates.now();
        old.cancelled = true;
        old.exchanged = true;
        repository.add(meter);
        if (reading("exchange-row-asynchronous")) {
            meter.silent = true;
            repository.later(ASYNCHRONOUS, () -> meter.silent = false);
        }
        if (bug("exchange-period-siblings")) {
            repository.metersOf(Repository.Use.EXCHANGE, old.userCode).forEach(m -> m.periodDosage = period);
        }
        if (bug("exchange-renumbers")) {
            repository.paymentsOfUser(old.userCode).forEach(p -> p.id = repository.nextPayId());
        }
        BillingMeter billed = repository.billingMeter(old.addr);
        if (billed != null) {
            repository.removeBilling(old.addr);
            billed.addr = newAddr;
            billed.readNumber = meter.readNumber;
            billed.source = billed.source == null ? null : meter;
            repository.add(billed);
        }
    }

    private static BigDecimal remnantAfter(Meter old, int exchanges) {
        boolean lost = bug("exchange-remnant-lost")
                || bug("second-exchange-loses-remnant") && exchanges > 1
                || bug("exchange-debt-lost") && old.remnant.signum() < 0;
        return lost ? ZERO : old.remnant;
    }

    // --- 3.10 ---

    Reply createPrice(Fields f) {
        int operation = f.requiredInteger("OperationType", 1, bug("price-operation-three") ? 3 : 2);
        Price price = new Price();
        price.code = f.required("PriceTypeCode");
        price.name = f.required("PriceTypeName");
        for (int i = 0; i < 5; i++) {
            String name = "Divid" + (i + 1);
            if (i == 4 && f.raw(name) == null && bug("price-divid5-optional")) {
                price.divid[i] = ZERO;
            } else {
                price.divid[i] = places(f, name, 1);
            }
        }
        for (int i = 0; i < 6; i++) {
            price.price[i] = places(f, "Price" + (i + 1), 2);
        }
        price.stairType = f.requiredInteger("StairType", bug("price-stairtype-zero") ? 0 : 1, 3);
        price.freezeMonth = f.requiredInteger("FreezeMonth", 1, 12);
        try {
            price.freezeDay = f.requiredInteger("FreezeDay", 1, bug("price-freezeday-thirty") ? 31 : 28);
        } catch (Refusal refusal) {
            Price existing = repository.price(price.code);
            if (existing != null && operation == 2 && bug("price-modify-half")) {
                existing.price = price.price;
            }
            throw refusal;
        }
        String from = f.required("ExeDate");
        if (bug("exedate-no-time") && from.matches("\\d{4}-\\d\\d-\\d\\d")) {
            from += " 00:00:00";
        }
        price.exeDate = Dates.time(from, "执行时间");
        price.remark = f.text("Remark");
        return operation == 1 ? newPrice(price) : changedPrice(price);
    }

    private static BigDecimal places(Fields f, String name, int places) {
        BigDecimal number = f.requiredDecimal(name);
        if (number.signum() < 0) {
            throw Refusal.badData(name + "不能为负数");
        }
        if (number.stripTrailingZeros().scale() > places && !reading("price-places-rounded")) {
            throw Refusal.badData(name + "最多" + places + "位小数");
        }
        return number.setScale(places, RoundingMode.HALF_UP);
    }

    private Reply newPrice(Price price) {
        if (repository.price(price.code) != null) {
            if (reading("price-existing-updates")) {
                return changedPrice(price);
            }
            if (bug("price-duplicate-replaces")) {
                repository.add(price);
            }
            throw Refusal.database("价格编码已存在，违反唯一约束");
        }
        repository.add(price);
        return Reply.done("价格档案已新建");
    }

    private Reply changedPrice(Price price) {
        Price old = repository.price(price.code);
        if (bug("price-code-any-case")) {
            old = repository.allPrices().stream()
                    .filter(p -> p.code.equalsIgnoreCase(price.code)).findFirst().orElse(null);
            if (old != null) {
                price.code = old.code;
            }
        }
        if (old == null) {
            if (reading("price-unknown-creates")) {
                repository.add(price);
                return Reply.done("价格档案已新建");
            }
            throw Refusal.database("待修改的价格编码不存在");
        }
        old.changes++;
        price.changes = old.changes;
        if (bug("price-modify-twice-only") && old.changes > 2) {
            return Reply.done("价格档案已修改");
        }
        if (bug("price-change-unseen")) {
            forMeters(m -> price.code.equals(m.priceCode), m -> m.fixedPrice = repository.currentPrice(m));
        }
        if (bug("price-change-touches-longer")) {
            repository.allPrices().stream()
                    .filter(p -> p.code.startsWith(price.code)).forEach(p -> p.price = price.price);
        }
        if (bug("price-change-clears-period")) {
            forMeters(m -> price.code.equals(m.priceCode), m -> m.periodDosage = ZERO);
        }
        if (price.exeDate.isAfter(Dates.now()) && !bug("exedate-ignored")) {
            old.next = price; // until then the old one stays in force
        } else {
            repository.add(price);
        }
        return Reply.done("价格档案已修改");
    }
}
