// SPDX-License-Identifier: Apache-2.0
package vendor;

import java.math.BigDecimal;
import java.time.LocalDateTime;

/** What stands in the system from the start; facts.toml tells the same to others. Columns are separated by |. */
final class Fixture {
    /** Code|name|five dividing points|six prices|StairType|FreezeMonth|FreezeDay|ExeDate. */
    private static final String PRICES = """
            P-RES-01|居民阶梯气价|300.0 600.0 900.0 1200.0 1500.0|2.63 3.16 3.94 4.50 5.00 5.50|3|12|28|2023-01-01 00:00:00
            P-RES-010|居民阶梯气价（独立采暖）|1200.0 1800.0 2400.0 3000.0 3600.0|2.58 3.07 3.81 4.35 4.85 5.35|3|3|15|2023-01-01 00:00:00
            p-res-01|居民气价（旧，小写编码）|100.0 200.0 300.0 400.0 500.0|2.05 2.15 2.25 2.35 2.45 2.55|1|1|1|2016-07-01 00:00:00
            0051|商业气价|1000.0 2000.0 3000.0 4000.0 5000.0|4.25 4.25 4.25 4.25 4.25 4.25|2|3|20|2022-12-31 23:59:59
            51|锅炉气价|0.5 1.5 2.5 3.5 4.5|3.95 3.96 3.97 3.98 3.99 4.01|1|1|28|2020-02-29 12:00:00
            """;

    /**
     * UserCode|UserName|Doorplate|Address|Phone|MeterAddr|PayType|price|ReadNumber|Voltage|ValveState|MeterCSQ|RSRP|SNR
     * |CC|MeterStatus|BatteryState|Remnant|ReadDate|PeriodDosage; PayType x1 is a cancelled meter.
     */
    private static final String METERS = """
            1001|王小明|3-2-501|济南市历下区舜耕路16号|0531-88001001|10010001|1|P-RES-01|1523.47|3.61|1|22|-87.5|9.4|0|正常|0|128.66|2024-05-31 23:59:59|123.40
            10010|王小明明|3-2-502|济南市历下区舜耕路16号|13905310010|100100012|1|P-RES-01|88.00|3.58|2|18|-101.0|-1.5|1|正常|0|0.05|2024-06-01 00:00:00|300.00
            0001001|李 四|01-01-0101|济南市市中区经七路7号|05318800100|0010010001|1|P-RES-010|0.00|3.65|1|31|-70.0|25.0|0|正常|0|1000.00|2024-02-29 08:00:00|0.00
            Ab12|Anna Müller|A座 12|青岛市市南区香港中路 8 号|+86 532 8580 0012|nb0000000a1f|1|0051|99999.99|3.60|1|15|-95.25|3.2|1|正常|0|50.10|2024-06-15 12:00:00|1999.50
            AB12|Anna Muller|B座 12|青岛市市南区香港中路 9 号|+86 532 8580 0013|NB0000000A1F|1|51|100000.01|3.59|2|14|-96.75|2.8|1|正常|0|20.20|2024-06-15 12:30:00|1.50
            YH-2020-0007|山东某某置业有限公司|地下室 1|烟台市芝罘区南大街100号|0535-6600007|86010020240000000001|1|0051|45210.30|3.42|1|9|-112.5|-6.8|2|正常|0|8600.00|2024-06-14 03:15:07|410.25
            YH-2020-0007|山东某某置业有限公司|地下室 2|烟台市芝罘区南大街100号|0535-6600007|86010020240000000002|1|0051|312.05|3.18|1|7|-118.0|-9.2|2|电池欠压报警|1|15.75|2024-06-14 03:16:42|12.75
            YH-2020-0007|山东某某置业有限公司|1层 商铺A|烟台市芝罘区南大街102号||86010020240000000003|1|51|1204567.89|3.55|3|99|-120.0|-12.5|2|阀门故障;磁攻击报警|0|99999999.99|2024-06-13 23:59:59|2.50
            YH-2020-0007|山东某某置业有限公司|1层 商铺B|烟台市芝罘区南大街102号|0535-6600008|86010020240000000004|1|0051|0.35|3.60|2|21|-88.0|7.7|0|正常|0|-38.75|2024-06-14 03:18:00|0.35
            U+20BB7|𠮷野  家 𝄞|8-8-808|潍坊市奎文区东风东街𠮷祥里8号|0086-10-0000|NB-𠮷-0001|1|P-RES-010|777.70|3.57|1|19|-90.0|5.5|0|正常|0|77.07|2023-12-31 23:59:59|1200.10
            O'Brien & Co <1>|O'Brien & "Söhne" <GmbH> \\ 50%|#7/"B"|淄博市张店区柳泉路1号\\后门|(0533) 200-0001|A_B%C.1|1|p-res-01|46.80|3.33|1|12|-103.5|0.0|1|防拆报警|0|12.34|2024-01-01 00:00:00|46.80
            债务户001|欠费用户（测试）|1-1-1|临沂市兰山区金雀山路1号|0539-8000001|370013990001|1|P-RES-01|905.15|3.05|2|5|-124.0|-19.5|2|余额不足关阀|1|-206.08|2024-06-15 23:59:59|905.10
            0|零号|0|0|0|0|1|51|0.00|3.00|1|0|-140.0|-20.0|2|正常|1|0.00|2020-02-29 00:00:00|0.50
            00|双零号|00|00|00|00|1|51|4.60|3.00|1|1|-139.5|-19.9|2|正常|1|0.01|2020-02-29 00:00:01|4.60
            TP-1|第三方用户甲|1|泰安市泰山区东岳大街1号|0538-6100001|66000001|2|||||||||||||
            TP-1|第三方用户甲|2|泰安市泰山区东岳大街1号|0538-6100001|660000012|2|||||||||||||
            TP-10|第三方用户乙|10|泰安市泰山区东岳大街10号||66000010|2|||||||||||||
            TP-2|第三方用户丙（欠费）|2|泰安市泰山区东岳大街2号|0538-6100002|00066000002|2|||||||||||||
            TP-3|第三方用户丁|3|泰安市泰山区东岳大街3号|0538-6100003|99999999999999999991|2|||||||||||||
            TP-3|第三方用户丁|4|泰安市泰山区东岳大街3号|0538-6100003|99999999999999999992|2|||||||||||||
            TP-4|新装用户|5|泰安市泰山区东岳大街5号|0538-6100005|66000005|2|||||||||||||
            1001|王小明|3-2-501|济南市历下区舜耕路16号|0531-88001001|10010000|x1|P-RES-01|998.00|2.98|2|11|-99.0|1.0|1|正常|1|0.00|2022-12-31 10:00:00|0.00
            YH-2020-0007|山东某某置业有限公司|地下室 1|烟台市芝罘区南大街100号|0535-6600007|86010020190000000001|x1|0051|88211.40|2.91|2|4|-125.0|-15.0|2|正常|1|3.20|2020-01-05 09:30:00|0.00
            10010|王小明明|3-2-502|济南市历下区舜耕路16号|13905310010|10010001-OLD|x1|P-RES-01|12.00|3.60|2|20|-85.0|10.0|0|正常|0|0.00|2023-03-01 00:00:00|0.00
            迁出001|已迁出用户|9-9-901|德州市德城区湖滨大道9号|0534-2600901|370014880001|x1|P-RES-01|640.20|2.85|2|13|-97.0|2.0|1|正常|1|0.00|2021-11-30 16:45:00|0.00
            """;

    /** MeterAddr|PayDate|Money|PayID|PayResult|TransId. */
    private static final String PAYMENTS = """
            10010001|2023-12-31 23:59:59|100.00|90001|1|W20231231235959
            10010001|2024-01-01 00:00:00|200.00|90002|1|W20240101
            10010001|2024-01-01 00:00:01|50.50|90003|2|W202401010
            10010001|2024-02-29 12:00:00|0.01|90004|1|W20240229-1
            10010001|2024-03-31 23:59:59|19.99|90005|1|000123
            10010001|2024-04-01 00:00:00|30.00|90006|0|123
            100100012|2024-01-31 23:59:59|88.80|90007|1|abC-1
            100100012|2024-02-01 00:00:00|88.80|90008|2|ABC-1
            0010010001|2024-02-29 00:00:00|500.00|90009|1|LI4-0001
            0010010001|2024-02-29 23:59:59|500.00|90010|1|LI4-00010
            nb0000000a1f|2024-06-01 09:05:07|1234.56|90011|1|7f9c24e8-3b12-4f6a-9d0e-1c2b3a4d5e6f-a
            NB0000000A1F|2024-06-01 09:05:07|20.20|90012|1|7F9C24E8-3B12-4F6A-9D0E-1C2B3A4D5E6F-A
            86010020240000000001|2024-01-15 08:30:00|10000.00|90013|1|YH7-202401-1
            86010020240000000001|2024-02-15 13:45:30|10000.00|90014|2|YH7-202402-1
            86010020240000000001|2024-02-15 13:50:00|10000.00|90015|1|YH7-202402-2
            86010020240000000002|2024-02-15 13:45:30|300.00|90016|1|YH7-202402-3
            86010020240000000002|2024-06-14 23:59:59|15.75|90017|0|YH7-202406-1
            86010020240000000003|2022-12-31 00:00:00|99999999.99|90018|1|YH7-202212-1
            86010020240000000004|2024-05-31 20:00:00|20.00|90019|2|YH7-202405-1
            86010020240000000004|2024-05-31 20:10:00|20.00|90020|2|YH7-202405-2
            86010020240000000004|2024-05-31 20:20:00|20.00|90021|0|YH7-202405-3
            86010020190000000001|2019-12-31 23:59:59|3500.00|90022|1|YH7-201912-1
            86010020190000000001|2020-01-01 00:00:00|3.20|90023|1|YH7-202001-1
            NB-𠮷-0001|2023-12-30 10:00:00|77.07|90024|1|流水-𠮷-1
            A_B%C.1|2024-01-01 12:00:00|12.34|90025|1|T'1 & "2" <3> %_\\
            370013990001|2023-02-28 23:59:59|60.00|90026|1|00000000000000000001
            370013990001|2023-03-01 00:00:00|60.00|90027|2|00000000000000000010
            370013990001|2024-06-15 23:59:59|300.00|90028|0|00000000000000000100
            10010000|2022-06-30 23:59:59|150.00|90029|1|W20220630
            370014880001|2021-10-01 00:00:00|40.00|90030|1|DZ-1
            370014880001|2021-11-30 23:59:59|0.50|90031|2|DZ-10
            00|2020-02-29 00:00:01|0.01|90032|1|0
            0|2020-02-29 00:00:00|0.02|90033|2|00
            """;

    /** UserCode|MeterAddr|UnitPrice|Remnant|ReadNumber|settled at|LastPayMoney|LastPayTime. */
    private static final String BILLING = """
            TP-1|66000001|2.75|156.30|1020.50|2024-05-31 23:59:59|200.00|2024-05-01 00:00:00
            TP-1|660000012|3.28|4.99|77.70|2024-06-01 00:00:00|50.00|2024-03-31 23:59:59
            TP-10|66000010|4.05|0.00|18800.00|2024-06-10 06:00:00|3000.00|2024-02-29 14:30:00
            TP-2|00066000002|2.75|-47.25|640.00|2024-06-12 12:00:00|100.00|2023-12-31 18:05:09
            TP-3|99999999999999999991|2.61|12345.67|0.00|2024-01-01 00:00:00|12345.67|2024-01-01 00:00:00
            TP-3|99999999999999999992|5.10|-0.01|99999.99|2024-06-14 17:20:33|0.99|2024-06-14 17:00:01
            TP-4|66000005|2.75|25.00|3.00|2024-06-15 15:00:00||
            """;

    private Fixture() {
    }

    static void load(Repository repository) {
        PRICES.lines().forEach(line -> repository.add(price(line.split("\\|", -1))));
        METERS.lines().forEach(line -> repository.add(meter(line.split("\\|", -1))));
        PAYMENTS.lines().forEach(line -> repository.add(payment(repository, line.split("\\|", -1))));
        BILLING.lines().forEach(line -> repository.add(billing(line.split("\\|", -1))));
    }

    private static Price price(String[] column) {
        Price price = new Price();
        price.code = column[0];
        price.name = column[1];
        String[] divids = column[2].split(" ");
        String[] prices = column[3].split(" ");
        for (int i = 0; i < 5; i++) {
            price.divid[i] = new BigDecimal(divids[i]);
        }
        for (int i = 0; i < 6; i++) {
            price.price[i] = new BigDecimal(prices[i]);
        }
        price.stairType = Integer.parseInt(column[4]);
        price.freezeMonth = Integer.parseInt(column[5]);
        price.freezeDay = Integer.parseInt(column[6]);
        price.exeDate = time(column[7]);
        return price;
    }

    private static Meter meter(String[] column) {
        Meter meter = new Meter();
        meter.userCode = column[0];
        meter.userName = column[1];
        meter.doorplate = column[2];
        meter.address = column[3];
        meter.phone = column[4];
        meter.addr = column[5];
        meter.cancelled = column[6].startsWith("x");
        meter.payType = column[6].endsWith("2") ? 2 : 1;
        meter.archivedPayType = meter.payType == 2 ? 6 : 3;
        if (meter.payType == 2) {
            meter.readDate = LocalDateTime.of(2024, 1, 1, 0, 0);
            return meter; // its readings are the billing side's
        }
        meter.priceCode = column[7];
        meter.readNumber = new BigDecimal(column[8]);
        meter.voltage = new BigDecimal(column[9]);
        meter.valve = Integer.parseInt(column[10]);
        meter.csq = Integer.parseInt(column[11]);
        meter.rsrp = new BigDecimal(column[12]);
        meter.snr = new BigDecimal(column[13]);
        meter.cc = Integer.parseInt(column[14]);
        meter.status = column[15];
        meter.battery = Integer.parseInt(column[16]);
        meter.remnant = new BigDecimal(column[17]);
        meter.readDate = time(column[18]);
        meter.periodDosage = new BigDecimal(column[19]);
        return meter;
    }

    private static Payment payment(Repository repository, String[] column) {
        Payment payment = new Payment();
        payment.meterAddr = column[0];
        payment.userCode = repository.allMeters().stream()
                .filter(m -> m.addr.equals(column[0])).findFirst().orElseThrow().userCode;
        payment.payDate = time(column[1]);
        payment.bookedAt = payment.payDate;
        payment.money = new BigDecimal(column[2]);
        payment.id = Integer.parseInt(column[3]);
        payment.result = Integer.parseInt(column[4]);
        payment.transId = column[5];
        return payment;
    }

    private static BillingMeter billing(String[] column) {
        BillingMeter meter = new BillingMeter();
        meter.userCode = column[0];
        meter.addr = column[1];
        meter.unitPrice = new BigDecimal(column[2]);
        meter.remnant = new BigDecimal(column[3]);
        meter.readNumber = new BigDecimal(column[4]);
        meter.settledAt = time(column[5]);
        meter.firstSettledAt = meter.settledAt;
        if (!column[6].isEmpty()) {
            meter.lastPayMoney = new BigDecimal(column[6]);
            meter.lastPayTime = time(column[7]);
        }
        return meter;
    }

    private static LocalDateTime time(String text) {
        return LocalDateTime.parse(text, Dates.TIME);
    }
}
