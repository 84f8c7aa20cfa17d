// SPDX-License-Identifier: Apache-2.0
package vendor;

import java.math.BigDecimal;
import java.time.LocalDateTime;

/** A price archive of 3.10: five dividing points, six prices, and perhaps a change that waits for its date. */
final class Price {
    String code;
    String name;
    BigDecimal[] divid = new BigDecimal[5];
    BigDecimal[] price = new BigDecimal[6];
    int stairType;
    int freezeMonth;
    int freezeDay;
    LocalDateTime exeDate;
    String remark;
    Price next;
    int changes;

    /** The price of the step that a usage lies in; a dividing point itself still belongs to the lower step. */
    BigDecimal at(BigDecimal usage) {
        int step = 0;
        if (!Quirks.reading("curprice-first-step")) {
            while (step < 5 && usage.compareTo(divid[step]) > 0) {
                step++;
            }
        }
        return price[step];
    }
}
