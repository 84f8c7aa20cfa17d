// SPDX-License-Identifier: Apache-2.0
package vendor;

import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * The bugs and readings this vendor can be started with (--bugs, --readings). What each one is stands in bugs.toml
 * and readings.toml. Without any the server follows the paper.
 */
final class Quirks {
    private static final Set<String> BUGS = words("""
            userinfo-doorplate-spelling userinfo-paytype-text-third-party getdata-readdate-iso
            paylist-payid-text-later-rows paylist-money-text-with-cents getdata-valvestate-text-after-order
            getdata-voltage-comma getdata-cc-dropped-at-zero report-lastpaytime-short-at-midnight
            report-unitprice-renamed paylist-paydate-sql-tail getdata-battery-boolean getdata-snr-text-negative
            userinfo-paytype-of-create report-valvemode-text-in-debt getdata-numbers-text-in-list
            setprice-message-null unparsable-without-message userinfo-single-row-object paylist-many-rows-wrapped
            broken-json-html reply-bom refusal-gbk refusal-text-html setprice-unknown-meter-zero
            create-duplicate-code-8 echo-unescaped stamp-refusal-lower-names valve-refusal-twice newline-raw-in-json
            getdata-list-as-text cesu-8 exchange-without-body paylist-length-in-characters topup-zero-accepted
            topup-minus-cents-accepted topup-payway-six topup-blank-transid topup-unknown-user-minus-one
            topup-date-code-three paylist-begin-after-end-in-month paylist-no-end paylist-transid-wants-dates
            paylist-transid-wants-user valve-null-opens valve-three-refused valve-zero-accepted
            create-blank-deptname create-any-metertype create-prestored-without-price create-third-party-wants-price
            create-provider-four create-paytype-range price-freezeday-thirty price-stairtype-zero
            price-divid5-optional price-operation-three exchange-period-optional exchange-provider-any
            setprice-without-code userinfo-empty-texts-list-all getdata-unknown-meter-one quote-is-database-error
            report-valvestate-any report-unknown-meter-minus-one topup-bad-payway-recorded topup-cancelled-recorded
            valve-bad-mode-closes valve-mismatch-moves create-bad-type-stored create-duplicate-renames
            create-unknown-price-leaves-user setprice-unknown-clears exchange-taken-new-cancels-old
            exchange-bad-provider-done price-modify-half topup-bad-date-remnant topup-replayed-done
            valve-bad-token-done report-bad-battery-charged topup-repeat-remnant price-duplicate-replaces
            topup-refused-keeps-transid setprice-mixed-keys-done third-topup-lost valve-only-first-two
            paylist-ten-rows userinfo-three-rows every-fourth-archive-lost setprice-once
            second-exchange-loses-remnant price-modify-twice-only every-ninth-without-message
            every-fourth-topup-twice report-price-third connection-twentieth-stale getdata-fifth-stale
            user-second-page userinfo-meter-prefix usercode-any-case userinfo-percent getdata-underscore
            meteraddr-as-double paylist-user-leading-zeros topup-first-of-user valve-moves-siblings
            setprice-same-old-price exchange-period-siblings paylist-transid-prefix paylist-meter-gives-user
            keys-trimmed transid-any-case price-code-any-case create-replaces-sibling meters-by-hash
            price-change-touches-longer exchange-by-suffix valve-key-cut-at-sixteen remnant-as-float
            remnant-whole-yuan remnant-clipped paylist-money-thousands money-binary-tail wechat-not-booked bank-fee
            cents-cut paylist-running-total debt-forgiven money-fifteen-digits money-one-place exponent-dropped
            small-money-refused failed-topups-counted price-two-places-cut paylist-last-day-missing
            paylist-midnight-missing paylist-last-second-missing paydate-rolls paydate-week-year
            paydate-twelve-hours paydate-month-for-minute leap-day-refused paylist-new-year paydate-utc
            paylist-by-booking-time paydate-no-seconds installdate-any exedate-no-time exedate-ignored
            report-readdate-rolls paylist-same-day-refused paylist-month-end-by-31 name-html-escaped
            name-twenty-characters non-bmp-question-mark name-blanks-collapsed doorplate-address-swapped
            phone-leading-zero apostrophe-doubled phone-text-null backslash-eaten transid-thirty-two meteraddr-upper
            meterbase-whole meterbase-ignored phone-carried combining-composed url-decoded unicode-escape-literal
            period-whole transid-as-number fields-by-position rsrp-without-sign snr-whole cc-at-most-one
            failed-payments-hidden waiting-as-done getdata-first-meter status-always-normal battery-never-low
            valve-fault-as-closed debt-as-zero reading-five-digits transid-of-failed-unfound csq-unknown-as-full
            voltage-one-place csq-cc-swapped readdate-is-now cancelled-accepted cancelled-minus-one
            zero-phone-hidden period-is-total paylist-any-token token-first-eight token-of-another-app
            token-without-secret token-session unknown-app-empty-secret authorization-plain appid-any-case
            future-stamps old-stamps stamp-rolls business-before-auth report-without-auth token-same-minute
            token-empty valve-token-no-time replay-per-path replay-queries replay-memory-sixteen replay-same-body
            replay-all-apps replay-four-seconds replay-per-connection replay-token-text replay-unpadded
            replay-reports replay-code replay-forgets-refused replay-only-previous race-remnant race-transid
            race-payid race-create race-replay race-paydate race-userinfo race-exchange race-valve race-report
            race-query-during-topup race-price exchange-remnant-lost exchange-price-lost exchange-period-lost
            exchange-payments-lost exchange-userinfo-old exchange-third-party-lost getdata-name-is-code valve-unseen
            topup-by-user-unlisted setprice-unseen price-change-unseen exchange-old-takes-money
            exchange-doorplate-lost exchange-payments-twice exchange-debt-lost remnant-waits-for-second
            exchange-new-unread payid-is-row-number payid-per-meter payresult-reset reading-drifts valve-toggles
            setprice-clears-remnant topup-opens-valve repeat-changes-money second-meter-clears-first
            price-change-clears-period paydate-of-latest exchange-renumbers transid-per-meter
            valve-order-touches-reading report-price-of-first report-remnant-of-user report-repeat-charged
            report-debt-without-sign report-row-of-first-meter report-lastpay-of-sibling report-unknown-meter-one
            report-never-charged report-charges-period report-one-behind report-charges-sibling
            report-large-usage-free report-remnanttime-fixed report-whole-usage report-price-one-place
            report-lastpay-swapped report-credit-after-debt robust-bad-json-sticks robust-large-body-leftover
            robust-nesting-kills robust-charset-sticks robust-unknown-path-sticks robust-lock-leak robust-lockout
            robust-long-header robust-chunked robust-array-body robust-aborted-bodies robust-get-disables
            robust-empty-body-shift robust-null-value-poisons
            """);
    private static final Set<String> READINGS = words("""
            repeat-answers-one repeat-answers-999 repeat-answers-three repeat-answers-200 meteraddr-required
            mismatch-is-zero mismatch-meter-wins blank-transid-minus-three no-rows-null no-rows-absent
            refusal-with-list http-400 http-401 http-409 unknown-path-200 method-200 topup-asynchronous
            valve-asynchronous price-asynchronous first-row-asynchronous exchange-row-asynchronous rate-429 rate-999
            limit-money limit-name limit-transid limit-range limit-places money-rounded paydate-not-ahead
            body-before-auth token-before-stamp keys-before-fields report-zero-only clock-utc clock-either
            close-each one-request-at-a-time one-connection-at-a-time pretty-json phone-null phone-absent
            numbers-short numbers-exponent numbers-long extra-members members-reversed ascii-json messages-empty
            messages-english numbers-as-text texts-as-number names-any-case dates-lenient last-member-wins
            request-bom create-price-unknown-stored setprice-unknown-200 create-existing-updates
            price-existing-updates price-unknown-creates price-places-rounded old-meter-unknown exchange-valve-open
            exchange-reading-carried topup-by-user-first-meter valve-by-user-all-meters warning-leaves-open
            paylist-latest-first curprice-first-step third-party-no-topup third-party-no-data token-lower-only
            media-headers-free http-406-415 refused-frees-stamp missing-is-200 remnanttime-now report-lists-all
            never-paid-zero falling-accepted report-user-free no-live-meter-zero slow-replies http-1-0
            chunked-replies plain-media-type authorization-scheme transid-alone getdata-newest-first
            """);
    private static Set<String> bugs = Set.of();
    private static Set<String> readings = Set.of();

    private Quirks() {
    }

    static boolean bug(String id) {
        return !bugs.isEmpty() && bugs.contains(id);
    }

    static boolean reading(String id) {
        return !readings.isEmpty() && readings.contains(id);
    }

    /** Switches the given ones on; throws IllegalArgumentException for an id that is not known. */
    static void enable(Collection<String> bugIds, Collection<String> readingIds) {
        bugs = known(bugIds, BUGS, "bug");
        readings = known(readingIds, READINGS, "reading");
    }

    private static Set<String> known(Collection<String> ids, Set<String> all, String what) {
        for (String id : ids) {
            if (!all.contains(id)) {
                throw new IllegalArgumentException("unknown " + what + ": " + id);
            }
        }
        return Set.copyOf(ids);
    }

    private static Set<String> words(String text) {
        return new LinkedHashSet<>(Arrays.asList(text.strip().split("\\s+")));
    }
}
