// SPDX-License-Identifier: Apache-2.0
package vendor;

import java.math.BigDecimal;
import java.time.LocalDateTime;

/** A meter as the billing side of 3.6 knows it. */
final class BillingMeter {
    String addr;
    String userCode;
    BigDecimal unitPrice;
    BigDecimal remnant;
    BigDecimal readNumber;
    LocalDateTime settledAt;
    BigDecimal lastPayMoney;
    LocalDateTime lastPayTime;
    Meter source;             // the archive of 3.7 it came from, if any
    // what only some bugs look at
    int reports;
    BigDecimal lastUsage = BigDecimal.ZERO;
    LocalDateTime firstSettledAt;
}
