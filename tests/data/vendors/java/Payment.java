// SPDX-License-Identifier: Apache-2.0
package vendor;

import java.math.BigDecimal;
import java.time.LocalDateTime;

/** A payment of 3.2 as 3.3 lists it. */
final class Payment {
    String userCode;
    String meterAddr;
    LocalDateTime payDate;
    LocalDateTime bookedAt;
    BigDecimal money;
    int id;
    int result;
    String transId;
    boolean byUserOnly;       // the top-up named no meter
    boolean counted;          // only a bug looks at it
}
