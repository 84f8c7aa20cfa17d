// SPDX-License-Identifier: Apache-2.0
package vendor;

/** A request that is answered with another ResultCode than 1. */
final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1L;

    static final int BAD_DATA = -200;
    static final int BAD_STAMP = -201;
    static final int BAD_TOKEN = -202;
    static final int DATABASE = -203;
    static final int UNKNOWN = -999;

    final int code;

    Refusal(int code, String message) {
        super(message, null, false, false);
        this.code = code;
    }

    static Refusal badData(String message) {
        return new Refusal(BAD_DATA, message);
    }

    static Refusal database(String message) {
        return new Refusal(DATABASE, message);
    }
}
