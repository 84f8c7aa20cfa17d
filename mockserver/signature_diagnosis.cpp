// SPDX-License-Identifier: Apache-2.0
#include "mockserver/signature_diagnosis.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "core/auth/base64.hpp"
#include "core/auth/md5.hpp"
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

}  // namespace

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
  if (value.find(' ') != std::string_view::npos)
    return {"Authorization 应只含 Base64 文本，不带 Basic 等前缀", "Authorization is the Base64 text alone, without a scheme such as Basic"};
  if (value.find(':') != std::string_view::npos) return {"Authorization 未做 Base64 编码", "Authorization is not Base64: it was sent in plain"};
  if (value.find_first_of("-_") != std::string_view::npos)
    return {"Authorization 使用了 URL 安全的 Base64 字母表", "Authorization uses the URL-safe Base64 alphabet; the standard one (+ and /) is meant"};
  const auto plain = auth::base64_decode(value);
  if (!plain) {
    std::string padded(value);
    while (padded.size() % 4 != 0) padded += '=';
    if (auth::base64_decode(padded)) return {"Authorization 的 Base64 缺少填充符 =", "the Base64 of Authorization lacks its padding (=)"};
    return {"Authorization 不是 Base64", "Authorization is no Base64"};
  }
  if (plain->find("：") != std::string::npos) return {"Authorization 中使用了全角冒号", "Authorization holds a full-width colon; an ASCII one is meant"};
  return {"Authorization 解码后没有冒号，应为 appId:时间戳", "Authorization decodes to a text without a colon; appId:timestamp is expected"};
}

LocalizedText explain_secret_sent() {
  return {"Authorization 中应为 appId 与时间戳，却含有 appSecret（请立即更换密钥）",
          "Authorization holds an appSecret where the appId and the timestamp belong (change that secret: it has been sent)"};
}

LocalizedText explain_reversed() {
  return {"Authorization 中 appId 与时间戳颠倒，应为 appId:时间戳", "Authorization has the appId and the timestamp reversed; appId:timestamp is expected"};
}

LocalizedText explain_app_unknown(std::string_view app_id) {
  const LocalizedText name = shown(app_id);
  return {"appId \"" + name.zh + "\" 未分配", "no appId \"" + name.en + "\" was given out"};
}

LocalizedText explain_app_unknown() { return {"appId 未分配", "no such appId was given out"}; }

namespace {

LocalizedText order(const char* zh, const char* en) {
  return {"AccessToken 的拼接顺序是 " + std::string(zh) + "，应为 appId+appSecret+时间戳",
          "AccessToken was made of " + std::string(en) + "; appId+appSecret+timestamp is expected"};
}

/// A well-known mistake: the text whose MD5 it takes for the token.
struct Mistake {
  std::string (*plain)(const std::string& id, const std::string& secret, const std::string& time);
  LocalizedText why;
};

const std::vector<Mistake>& mistakes() {
  using S = const std::string&;
  static const std::vector<Mistake> all = {
      {[](S id, S secret, S time) { return time + id + secret; }, order("时间戳+appId+appSecret", "timestamp+appId+appSecret")},
      {[](S id, S secret, S time) { return id + time + secret; }, order("appId+时间戳+appSecret", "appId+timestamp+appSecret")},
      {[](S id, S secret, S time) { return secret + id + time; }, order("appSecret+appId+时间戳", "appSecret+appId+timestamp")},
      {[](S id, S secret, S time) { return secret + time + id; }, order("appSecret+时间戳+appId", "appSecret+timestamp+appId")},
      {[](S id, S secret, S time) { return time + secret + id; }, order("时间戳+appSecret+appId", "timestamp+appSecret+appId")},
      {[](S, S secret, S time) { return secret + secret + time; },
       {"AccessToken 的原文以 appSecret 代替了 appId", "AccessToken was made with the appSecret in place of the appId"}},
      {[](S id, S, S time) { return id + id + time; },
       {"AccessToken 的原文以 appId 代替了 appSecret", "AccessToken was made with the appId in place of the appSecret"}},
      {[](S id, S secret, S) { return id + secret; }, {"AccessToken 中没有时间戳", "AccessToken was made without the timestamp"}},
      {[](S id, S, S time) { return id + time; }, {"AccessToken 中没有 appSecret", "AccessToken was made without the appSecret"}},
      {[](S, S secret, S time) { return secret + time; }, {"AccessToken 中没有 appId", "AccessToken was made without the appId"}},
      {[](S id, S secret, S time) { return id + ":" + secret + ":" + time; },
       {"AccessToken 拼接时不应有冒号", "AccessToken was made with colons between the parts"}},
      {[](S id, S secret, S time) { return id + "+" + secret + "+" + time; },
       {"AccessToken 拼接时不应有加号", "AccessToken was made with plus signs between the parts"}},
      {[](S id, S secret, S time) { return id + " " + secret + " " + time; },
       {"AccessToken 拼接时不应有空格", "AccessToken was made with spaces between the parts"}},
      {[](S id, S secret, S time) { return id + secret + time + "\n"; },
       {"AccessToken 的原文末尾多了换行符（echo 应加 -n）", "AccessToken was made of a text that ends with a newline (echo needs -n)"}},
      {[](S id, S secret, S time) { return id + core::to_lower(secret) + time; }, {"appSecret 区分大小写", "the appSecret is case sensitive"}},
  };
  return all;
}

/// How far apart, in seconds, two readings of the clock for one request may be.
constexpr int farthest = 10;

LocalizedText two_clocks(int away) {
  const std::string count = std::to_string(std::abs(away));
  return {"两个时间戳不同：AccessToken 的比 Authorization 的" + std::string(away > 0 ? "晚 " : "早 ") + count + " 秒，应取同一个",
          "the two timestamps differ: AccessToken's is " + count + " s " + (away > 0 ? "later" : "earlier") + " than Authorization's; take the clock once"};
}

/// The mistake of that number, where it made the token: first those of the list, then the clocks apart.
std::optional<LocalizedText> made_by(std::size_t number, const auth::Signer& signer, auth::Credentials app, const std::string& timestamp,
                                     std::string_view token) {
  const auto& known = mistakes();
  if (number < known.size()) {
    if (token == auth::md5_hex(known[number].plain(std::string(app.id), std::string(app.secret), timestamp))) return known[number].why;
    return std::nullopt;
  }
  const auto own = DateTime::parse_compact(timestamp);
  const int away = static_cast<int>(number - known.size()) - farthest;
  if (!own || away == 0 || token != signer.token(app, (*own + seconds(away)).compact())) return std::nullopt;
  return two_clocks(away);
}

}  // namespace

LocalizedText explain_token_wrong(const auth::Signer& signer, auth::Credentials app, std::string_view timestamp, std::string_view token,
                                  DiagnosisHint& suspicion) {
  const std::string given(core::trimmed(token));
  const std::string expected = signer.token(app, timestamp);
  const std::string folded = core::to_lower(given);
  if (folded == expected)
    return given == expected ? LocalizedText{"AccessToken 应为大写", "AccessToken is in lower case; upper case is expected here"}
                             : LocalizedText{"AccessToken 应为小写", "AccessToken is in upper case; lower case is expected here"};
  const std::size_t count = mistakes().size() + 2 * std::size_t{farthest} + 1;
  const std::string stamp(timestamp);
  if (suspicion.last < count)
    if (auto why = made_by(suspicion.last, signer, app, stamp, folded)) return *why;
  for (std::size_t i = 0; i < count && suspicion.thorough; ++i)
    if (auto why = made_by(i, signer, app, stamp, folded)) {
      suspicion.last = i;
      return *why;
    }
  if (given == app.secret) return {"AccessToken 直接填了 appSecret（请立即更换密钥）", "AccessToken is the appSecret itself (change it: it has been sent)"};
  if (!all_of(given, std::isxdigit) || given.size() != expected.size()) {
    const std::string length = std::to_string(given.size());
    if (given.size() == 16 && all_of(given, std::isxdigit))
      return {"AccessToken 是 16 位 MD5，应为 32 位", "AccessToken is the short MD5 of 16 digits; 32 are expected"};
    if (given.size() == 40 || given.size() == 64) return {"AccessToken 像是 SHA 摘要，应为 MD5", "AccessToken looks like a SHA digest; MD5 is expected"};
    if (given.size() == 24 && given.ends_with("==")) return {"AccessToken 是 Base64，应为十六进制", "AccessToken is in Base64; hex digits are expected"};
    return {"AccessToken 应为 32 位十六进制，实为 " + length + " 个字符", "AccessToken should be 32 hex digits, but has " + length + " characters"};
  }
  return {"AccessToken 不符，请核对 appSecret 与两个时间戳是否一致", "AccessToken does not match; check the appSecret, and that both timestamps are the same"};
}

LocalizedText explain_timestamp_malformed(std::string_view timestamp, std::string_view notation) {
  const LocalizedText found = shown(timestamp);
  const std::string count = std::to_string(timestamp.size());
  const std::string pattern(notation);
  if (all_of(timestamp, std::isdigit)) {
    if (timestamp.size() == 16 && timestamp.substr(10, 2) == "24")
      return {"时间戳 \"" + found.zh + "\" 有 16 位，中间多了 24：" + pattern + " 中的 24 表示 24 小时制，不是字面值（Java 应写 yyyyMMddHHmmss）",
              "the timestamp \"" + found.en + "\" has 16 digits with a literal 24: in " + pattern +
                  " the 24 means the 24-hour clock (in Java write yyyyMMddHHmmss)"};
    if (timestamp.size() == 13)
      return {"时间戳 \"" + found.zh + "\" 是毫秒数，应为 14 位 yyyyMMddHHmmss",
              "the timestamp \"" + found.en + "\" is in milliseconds; 14 digits yyyyMMddHHmmss are expected"};
    if (timestamp.size() == 10)
      return {"时间戳 \"" + found.zh + "\" 是 Unix 秒数，应为 14 位 yyyyMMddHHmmss",
              "the timestamp \"" + found.en + "\" is Unix time; 14 digits yyyyMMddHHmmss are expected"};
    if (timestamp.size() == 14) return {"时间戳 \"" + found.zh + "\" 不是存在的时间", "the timestamp \"" + found.en + "\" is no moment that exists"};
    return {"时间戳 \"" + found.zh + "\" 有 " + count + " 位，应为 14 位 yyyyMMddHHmmss",
            "the timestamp \"" + found.en + "\" has " + count + " digits; 14 (yyyyMMddHHmmss) are expected"};
  }
  return {"时间戳 \"" + found.zh + "\" 只能由 14 位数字组成", "the timestamp \"" + found.en + "\" must be 14 digits and nothing else"};
}

LocalizedText explain_timestamp_off(seconds ahead, seconds tolerance, std::chrono::minutes utc_offset, DateTime now) {
  const std::string limit = std::to_string(tolerance.count()) + " s";
  const std::string zone = core::format_utc_offset(utc_offset);
  if (utc_offset.count() != 0 && near(ahead, -seconds(utc_offset), tolerance))
    return {"时间戳是 UTC 时间，应为 " + zone, "the timestamp is in UTC; " + zone + " is expected"};
  const bool afternoon = (now - now.midnight()) >= std::chrono::hours(12);
  if (afternoon && near(ahead, -std::chrono::hours(12), tolerance))
    return {"时间戳使用了 12 小时制，应为 24 小时制（HH，不是 hh）", "the timestamp is of a 12-hour clock; 24 hours are expected (HH, not hh)"};
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
