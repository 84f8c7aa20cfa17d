// SPDX-License-Identifier: Apache-2.0
package vendor;

import java.math.BigDecimal;
import java.time.LocalDateTime;

/** A meter and the user's data that were archived with it. */
final class Meter {
    String addr;
    String userCode;
    String userName;
    String phone;
    String doorplate;
    String address;
    int payType = 1;          // 3.1's vocabulary: 1 at the meter, 2 third party
    int archivedPayType = 1;  // 3.7's vocabulary
    String priceCode;
    BigDecimal readNumber = BigDecimal.ZERO;
    BigDecimal voltage = new BigDecimal("3.60");
    int valve = 1;
    int csq = 24;
    BigDecimal rsrp = new BigDecimal("-85.0");
    BigDecimal snr = new BigDecimal("12.0");
    int cc;
    String status = "正常";
    int battery;
    BigDecimal remnant = new BigDecimal("0.00");
    LocalDateTime readDate;
    BigDecimal periodDosage = new BigDecimal("0.00");
    boolean cancelled;
    boolean exchanged;        // cancelled by 3.9, not by the vendor
    boolean silent;           // has not sent its first row yet
    String exchangedFrom;     // the old meter's address
    // what only some bugs look at
    int topups;
    int valveOrders;
    int priceOrders;
    int exchanges;
    int queries;
    int lastMode;
    boolean locked;
    BigDecimal remnantBefore;
    BigDecimal fixedPrice;
}
