// SPDX-License-Identifier: Apache-2.0
#include "mockserver/signature_diagnosis.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "core/auth/base64.hpp"
#include "core/auth/conventions.hpp"
#include "core/text/text.hpp"
#include "core/text/utf8.hpp"

namespace meterproof::mockserver {

using core::DateTime;
using core::LocalizedText;
using std::chrono::seconds;

namespace {

/// Enough of a peer's text to recognise it, and nothing that could harm a log or a terminal.
LocalizedText shown(std::string_view text) {
  constexpr std::size_t enough = 32;
  const std::string size = std::to_string(text.size());
  if (!core::is_valid_utf8(text)) return {"（" + size + " 字节，不是 UTF-8 文本）", "(" + size + " bytes, not UTF-8)"};
  const std::string_view kept = core::truncate_utf8(text, enough);
  std::string out;
  for (const char c : kept) out += static_cast<unsigned char>(c) < 0x20U || c == '\x7f' ? '?' : c;
  if (kept.size() < text.size()) out += "…";
  return {out, out};
}

bool all_of(std::string_view text, int (*is)(int)) {
  return std::all_of(text.begin(), text.end(), [&](char c) { return is(static_cast<unsigned char>(c)) != 0; });
}

std::string span(seconds time) {
  const long long count = std::abs(static_cast<long long>(time.count()));
  if (count < 120) return std::to_string(count) + " s";
  if (count < 7200) return std::to_string(count) + " s (" + std::to_string(count / 60) + " min)";
  if (count < 172800) return std::to_string(count) + " s (" + std::to_string(count / 3600) + " h)";
  return std::to_string(count / 86400) + " d";
}

bool near(seconds time, seconds target, seconds tolerance) { return time >= target - tolerance && time <= target + tolerance; }

/// How it was signed, and what the specification says.
LocalizedText explain(const auth::Convention& one) { return {one.what.zh + "，" + one.instead.zh, one.what.en + "; " + one.instead.en}; }
LocalizedText explain(std::string_view id) { return explain(auth::convention(id)); }
/// The same of a timestamp that can be shown.
LocalizedText explain(std::string_view id, const LocalizedText& found) {
  const LocalizedText text = explain(id);
  return {text.zh + "（收到 \"" + found.zh + "\"）", text.en + " (\"" + found.en + "\" was sent)"};
}

}  // namespace

std::string proxy_of(const net::HttpParser& request) {
  constexpr std::size_t enough = 100;
  for (const char* name : {"Via", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Forwarded"})
    if (const std::string_view value = core::trimmed(request.header(name)); !value.empty())
      return std::string(name) + ": " + core::sanitize(core::truncate_utf8(value, enough));
  return {};
}

LocalizedText explain_header_missing(const core::Authentication& authentication, std::string_view token, std::string_view authorization) {
  std::string names;
  const auto note = [&](std::size_t header, std::string_view value) {
    if (core::trimmed(value).empty()) names += (names.empty() ? "" : ", ") + authentication.headers[header].name;
  };
  note(authentication.token, token);
  note(authentication.authorization, authorization);
  return {"缺少请求头 " + names, "the header " + names + " is missing or empty"};
}

LocalizedText explain_authorization_unreadable(std::string_view authorization) {
  const std::string_view value = core::trimmed(authorization);
  const std::size_t space = value.find(' ');
  if (space != std::string_view::npos && core::equals_ignoring_case(value.substr(0, space), "Basic")) return explain("authorization-basic");
  if (space != std::string_view::npos && value.find(':') == std::string_view::npos)
    return {"Authorization 应只含 Base64 文本，不带任何前缀", "Authorization is the Base64 text alone, without a scheme before it"};
  if (value.find(':') != std::string_view::npos) return explain("authorization-plain");
  if (value.find_first_of("-_") != std::string_view::npos) return explain("authorization-url-safe");
  const auto plain = auth::base64_decode(value);
  if (!plain) {
    std::string padded(value);
    while (padded.size() % 4 != 0) padded += '=';
    if (auth::base64_decode(padded)) return explain("authorization-unpadded");
    return {"Authorization 不是 Base64", "Authorization is no Base64"};
  }
  return explain(plain->find("：") != std::string::npos ? "authorization-full-width-colon" : "authorization-without-colon");
}

LocalizedText explain_secret_sent() {
  return {"Authorization 中应为 appId 与时间戳，却含有 appSecret（请立即更换密钥）",
          "Authorization holds an appSecret where the appId and the timestamp belong (change that secret: it has been sent)"};
}

LocalizedText explain_reversed() { return explain("authorization-reversed"); }

LocalizedText explain_app_unknown(std::string_view app_id) {
  const LocalizedText name = shown(app_id);
  return {"appId \"" + name.zh + "\" 未分配", "no appId \"" + name.en + "\" was given out"};
}

LocalizedText explain_app_unknown() { return {"appId 未分配", "no such appId was given out"}; }

namespace {

/// How far apart, in seconds, two readings of the clock for one request may be.
constexpr int farthest = 10;

LocalizedText two_clocks(int away) {
  const std::string count = std::to_string(std::abs(away));
  return {"两个时间戳不同：AccessToken 的比 Authorization 的" + std::string(away > 0 ? "晚 " : "早 ") + count + " 秒，应取同一个",
          "the two timestamps differ: AccessToken's is " + count + " s " + (away > 0 ? "later" : "earlier") + " than Authorization's; take the clock once"};
}

/// The mistake of that number, where it made the token: first the conventions, then the clocks apart.
std::optional<LocalizedText> made_by(std::size_t number, const auth::Signer& signer, auth::Credentials app, const std::string& timestamp,
                                     std::string_view token) {
  const auto& known = auth::conventions();
  if (number < known.size()) {
    if (known[number].token == nullptr || !core::equals_ignoring_case(token, known[number].token(app, timestamp))) return std::nullopt;
    return explain(known[number]);
  }
  const auto own = DateTime::parse_compact(timestamp);
  const int away = static_cast<int>(number - known.size()) - farthest;
  if (!own || away == 0 || !core::equals_ignoring_case(token, signer.token(app, (*own + seconds(away)).compact()))) return std::nullopt;
  return two_clocks(away);
}

}  // namespace

LocalizedText explain_token_wrong(const auth::Signer& signer, auth::Credentials app, std::string_view timestamp, std::string_view token,
                                  DiagnosisHint& suspicion) {
  const std::string given(core::trimmed(token));
  const std::string expected = signer.token(app, timestamp);
  if (core::equals_ignoring_case(given, expected))
    return given == expected ? LocalizedText{"AccessToken 是小写，此处应为大写", "AccessToken is in lower case; upper case is expected here"}
                             : explain("token-upper-case");
  const std::size_t count = auth::conventions().size() + 2 * std::size_t{farthest} + 1;
  const std::string stamp(timestamp);
  if (suspicion.last < count)
    if (auto why = made_by(suspicion.last, signer, app, stamp, given)) return *why;
  for (std::size_t i = 0; i < count && suspicion.thorough; ++i)
    if (auto why = made_by(i, signer, app, stamp, given)) {
      suspicion.last = i;
      return *why;
    }
  if (given == app.secret) return {"AccessToken 直接填了 appSecret（请立即更换密钥）", "AccessToken is the appSecret itself (change it: it has been sent)"};
  if (!all_of(given, std::isxdigit) || given.size() != expected.size()) {
    const std::string length = std::to_string(given.size());
    if (given.size() == 16 && all_of(given, std::isxdigit)) return explain("token-16-digits");
    if (given.size() == 40 || given.size() == 64) return {"AccessToken 像是 SHA 摘要，应为 MD5", "AccessToken looks like a SHA digest; MD5 is expected"};
    if (given.size() == 24 && given.ends_with("==")) return explain("token-in-base64");
    return {"AccessToken 应为 32 位十六进制，实为 " + length + " 个字符", "AccessToken should be 32 hex digits, but has " + length + " characters"};
  }
  return {"AccessToken 不符，请核对 appSecret 与两个时间戳是否一致", "AccessToken does not match; check the appSecret, and that both timestamps are the same"};
}

LocalizedText explain_timestamp_malformed(std::string_view timestamp) {
  const LocalizedText found = shown(timestamp);
  const std::string count = std::to_string(timestamp.size());
  if (DateTime::parse(timestamp)) return explain("timestamp-formatted", found);
  if (all_of(timestamp, std::isdigit)) {
    if (timestamp.size() == 16 && timestamp.substr(10, 2) == "24") return explain("timestamp-16-digits", found);
    if (timestamp.size() == 17 && DateTime::parse_compact(timestamp.substr(0, 14))) return explain("timestamp-17-digits", found);
    if (timestamp.size() == 13) return explain("timestamp-unix-milliseconds", found);
    if (timestamp.size() == 10) return explain("timestamp-unix-seconds", found);
    if (timestamp.size() == 14) return {"时间戳 \"" + found.zh + "\" 不是存在的时间", "the timestamp \"" + found.en + "\" is no moment that exists"};
    return {"时间戳 \"" + found.zh + "\" 有 " + count + " 位，应为 14 位 yyyyMMddHHmmss",
            "the timestamp \"" + found.en + "\" has " + count + " digits; 14 (yyyyMMddHHmmss) are expected"};
  }
  return {"时间戳 \"" + found.zh + "\" 只能由 14 位数字组成", "the timestamp \"" + found.en + "\" must be 14 digits and nothing else"};
}

namespace {

/// Whether the minutes are the month's number, and the rest is now: the same hour, or that before or after it.
bool has_month_for_minutes(DateTime timestamp, DateTime now) {
  const std::string text = timestamp.compact();
  return text.substr(10, 2) == text.substr(4, 2) && near(timestamp - now, seconds(0), std::chrono::hours(1));
}

}  // namespace

LocalizedText explain_timestamp_off(seconds ahead, seconds tolerance, std::chrono::minutes utc_offset, DateTime now) {
  const std::string limit = std::to_string(tolerance.count()) + " s";
  const std::string zone = core::format_utc_offset(utc_offset);
  if (utc_offset.count() != 0 && near(ahead, -seconds(utc_offset), tolerance))
    return {auth::convention("timestamp-in-utc").what.zh + "，应为 " + zone, auth::convention("timestamp-in-utc").what.en + "; " + zone + " is expected"};
  const bool afternoon = (now - now.midnight()) >= std::chrono::hours(12);
  if (afternoon && near(ahead, -std::chrono::hours(12), tolerance)) return explain("timestamp-12-hours");
  if (has_month_for_minutes(now + ahead, now)) return explain("timestamp-month-for-minutes");
  for (const int hours : {-9, -8, -7, -1, 1, 7, 8, 9})
    if (near(ahead, std::chrono::hours(hours), tolerance))
      return {"时间戳" + std::string(hours > 0 ? "快" : "慢") + " " + std::to_string(std::abs(hours)) + " 小时，时区应为 " + zone,
              "the timestamp is " + std::to_string(std::abs(hours)) + " h " + (hours > 0 ? "ahead" : "behind") + "; the time zone should be " + zone};
  return {"时间戳" + std::string(ahead.count() > 0 ? "快" : "慢") + " " + span(ahead) + "，允许误差 " + limit,
          "the timestamp is " + span(ahead) + (ahead.count() > 0 ? " ahead" : " behind") + "; " + limit + " are allowed"};
}

LocalizedText explain_timestamp_repeated(seconds ago) {
  const std::string count = std::to_string(std::max<long long>(0, ago.count()));
  return {"该时间戳 " + count + " 秒前已使用过，同一 appId 每秒只能用一次", "this timestamp was used " + count + " s ago; an appId can use each second once"};
}

}  // namespace meterproof::mockserver
