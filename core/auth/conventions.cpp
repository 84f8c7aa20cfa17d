// SPDX-License-Identifier: Apache-2.0
#include "core/auth/conventions.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdint>
#include <stdexcept>
#include <utility>

#include "core/auth/base64.hpp"
#include "core/auth/md5.hpp"
#include "core/text/utf16.hpp"

namespace meterproof::auth {

using core::LocalizedText;
using Use = Convention::Use;
using Text = const std::string&;

namespace {

const unsigned char* to_bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());  // NOLINT(*-reinterpret-cast)
}

using Sum = std::array<unsigned char, EVP_MAX_MD_SIZE>;

std::string hexadecimal(const Sum& sum, std::size_t size) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < size; ++i) out.append({digits[sum[i] / 16], digits[sum[i] % 16]});
  return out;
}

/// The digest's bytes, and their number.
std::pair<Sum, std::size_t> digest(const EVP_MD* algorithm, std::string_view text) {
  std::pair<Sum, std::size_t> out{};
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), out.first.data(), &size, algorithm, nullptr) != 1) throw std::runtime_error("OpenSSL cannot make a digest");
  out.second = size;
  return out;
}

std::string digest_hex(const EVP_MD* algorithm, std::string_view text) {
  const auto [sum, size] = digest(algorithm, text);
  return hexadecimal(sum, size);
}

std::string hmac_hex(const EVP_MD* algorithm, std::string_view key, std::string_view text) {
  Sum sum{};
  unsigned size = 0;
  if (HMAC(algorithm, key.data(), static_cast<int>(key.size()), to_bytes(text), text.size(), sum.data(), &size) == nullptr)
    throw std::runtime_error("OpenSSL cannot make an HMAC");
  return hexadecimal(sum, size);
}

enum class ByteOrder { lower_first, upper_first };

/// UTF-16; the lower byte first, as .NET calls Unicode. Bytes that are no UTF-8 are taken as they are.
std::string utf16(std::string_view text, ByteOrder order = ByteOrder::lower_first) {
  std::string out;
  core::for_each_utf16_unit(text, [&](std::uint32_t unit) {
    const std::uint32_t lower = unit & 0xFFU, upper = unit >> 8U;
    out += static_cast<char>(order == ByteOrder::lower_first ? lower : upper);
    out += static_cast<char>(order == ByteOrder::lower_first ? upper : lower);
  });
  return out;
}

std::string id_of(Credentials app) { return std::string(app.id); }
std::string secret_of(Credentials app) { return std::string(app.secret); }
/// The text that the specification hashes.
std::string plain(Credentials app, Text time) { return id_of(app) + secret_of(app) + time; }

const LocalizedText right_order = {"应为 appId+appSecret+时间戳", "appId+appSecret+timestamp is expected"};
const LocalizedText nothing_between = {"各部分之间不应有任何字符", "nothing belongs between them"};
const LocalizedText md5_expected = {"应为 MD5 的 32 位十六进制", "the 32 hex digits of MD5 are expected"};
const LocalizedText base64_expected = {"应为 appId:时间戳 的标准 Base64（+ 和 /，带填充符 =）",
                                       "the standard Base64 (+ and /, with its padding) of appId:timestamp is expected"};
const LocalizedText digits_expected = {"应为 14 位 yyyyMMddHHmmss", "14 digits (yyyyMMddHHmmss) are expected"};

using MakeToken = std::string (*)(Credentials app, Text time);
using MakeTimestamp = std::string (*)(const Moment& moment);

Convention token(std::string_view id, LocalizedText what, LocalizedText instead, MakeToken make, Use use = Use::server_may_want) {
  return {id, std::move(what), std::move(instead), use, nullptr, make, nullptr};
}

Convention order(std::string_view id, const char* zh, const char* en, MakeToken make) {
  return token(id, {"AccessToken 的拼接顺序是 " + std::string(zh), "AccessToken is made of " + std::string(en)}, right_order, make);
}

Convention under_secret(std::string_view id, const std::string& algorithm, const std::string& zh, const std::string& en, MakeToken make) {
  return token(
      id, {"AccessToken 是以 appSecret 为密钥的 " + algorithm + "（" + zh + "）", "AccessToken is the " + algorithm + " of " + en + " under the appSecret"},
      md5_expected, make);
}

/// Of three texts, in this order: all parts, the timestamp, appId:timestamp.
template <const EVP_MD* (*algorithm)()>
void append_hmacs(std::vector<Convention>& all, const std::string& name, const std::array<std::string_view, 3>& ids) {
  using A = Credentials;
  all.push_back(under_secret(ids[0], name, "appId+appSecret+时间戳", "appId+appSecret+timestamp",
                             [](A app, Text time) { return hmac_hex(algorithm(), app.secret, plain(app, time)); }));
  all.push_back(under_secret(ids[1], name, "时间戳", "the timestamp", [](A app, Text time) { return hmac_hex(algorithm(), app.secret, time); }));
  all.push_back(under_secret(ids[2], name, "appId:时间戳", "appId:timestamp",
                             [](A app, Text time) { return hmac_hex(algorithm(), app.secret, id_of(app) + ":" + time); }));
}

template <char separator>
Convention separated(std::string_view id, const char* zh, const char* en) {
  return token(id, {"AccessToken 的各部分之间有" + std::string(zh), "AccessToken is made with " + std::string(en) + " between the parts"}, nothing_between,
               [](Credentials app, Text time) { return md5_hex(id_of(app) + separator + secret_of(app) + separator + time); });
}

Convention authorization(std::string_view id, LocalizedText what, MakeToken make, Use use = Use::server_may_want) {
  return {id, std::move(what), base64_expected, use, nullptr, nullptr, make};
}

Convention timestamp(std::string_view id, LocalizedText what, LocalizedText instead, MakeTimestamp make, Use use = Use::server_may_want) {
  return {id, std::move(what), std::move(instead), use, make, nullptr, nullptr};
}

std::string replaced(std::string text, std::size_t at, std::string_view by) { return text.replace(at, by.size(), by); }

/// Where the parts of yyyyMMddHHmmss begin.
constexpr std::size_t month_at = 4, hour_at = 8, minute_at = 10;

std::string twelve_hours(const Moment& moment) {
  const std::string time = moment.local.compact();
  const int hour = (std::stoi(time.substr(hour_at, 2)) + 11) % 12 + 1;
  return replaced(time, hour_at, (hour < 10 ? "0" : "") + std::to_string(hour));
}

std::string url_safe(Credentials app, Text time) {
  std::string out = base64(id_of(app) + ":" + time);
  std::replace(out.begin(), out.end(), '+', '-');
  std::replace(out.begin(), out.end(), '/', '_');
  return out;
}

std::string unpadded(Credentials app, Text time) {
  std::string out = base64(id_of(app) + ":" + time);
  out.erase(std::min(out.find('='), out.size()));
  return out;
}

/// What OpenSSL's and GNU's command lines, and the MD5 classes of several languages, make of the same three parts.
void append_tokens(std::vector<Convention>& all) {
  using A = Credentials;
  all.push_back(token(
      "token-upper-case", {"AccessToken 是大写", "AccessToken is in upper case"}, {"此处应为小写", "lower case is expected here"},
      [](A app, Text time) { return in_capitals(md5_hex(plain(app, time))); }, Use::calibrated));
  all.push_back(order("token-secret-first", "appSecret+appId+时间戳", "appSecret+appId+timestamp",
                      [](A app, Text time) { return md5_hex(secret_of(app) + id_of(app) + time); }));
  all.push_back(order("token-timestamp-first", "时间戳+appId+appSecret", "timestamp+appId+appSecret",
                      [](A app, Text time) { return md5_hex(time + id_of(app) + secret_of(app)); }));
  all.push_back(order("token-secret-last", "appId+时间戳+appSecret", "appId+timestamp+appSecret",
                      [](A app, Text time) { return md5_hex(id_of(app) + time + secret_of(app)); }));
  all.push_back(token("token-16-digits", {"AccessToken 是 16 位 MD5（取中间 16 位）", "AccessToken is the short MD5, the middle 16 digits"}, md5_expected,
                      [](A app, Text time) { return md5_hex(plain(app, time)).substr(8, 16); }));
  all.push_back(separated<':'>("token-with-colons", "冒号", "colons"));
  all.push_back(separated<'+'>("token-with-plus-signs", "加号", "plus signs"));
  all.push_back(separated<'|'>("token-with-bars", "竖线", "vertical bars"));
  all.push_back(separated<'&'>("token-with-ampersands", "&", "ampersands"));
  all.push_back(separated<'_'>("token-with-underscores", "下划线", "underscores"));
  all.push_back(separated<'-'>("token-with-hyphens", "连字符", "hyphens"));
  all.push_back(separated<','>("token-with-commas", "逗号", "commas"));
  all.push_back(separated<'.'>("token-with-dots", "点", "dots"));
  all.push_back(separated<' '>("token-with-spaces", "空格", "spaces"));
  all.push_back(separated<'\n'>("token-with-line-ends", "换行符", "line ends"));
  all.push_back(separated<';'>("token-with-semicolons", "分号", "semicolons"));
  all.push_back(separated<'/'>("token-with-slashes", "斜线", "slashes"));
  all.push_back(separated<'#'>("token-with-hashes", "#", "the sign #"));
  all.push_back(separated<'@'>("token-with-at-signs", "@", "the sign @"));
  all.push_back(separated<'$'>("token-with-dollar-signs", "$", "dollar signs"));
  all.push_back(separated<'\t'>("token-with-tabs", "制表符", "tabs"));
  all.push_back(token("token-with-crlf", {"AccessToken 的各部分之间有回车换行", "AccessToken is made with CR LF between the parts"}, nothing_between,
                      [](A app, Text time) { return md5_hex(id_of(app) + "\r\n" + secret_of(app) + "\r\n" + time); }));
  all.push_back(
      token("token-of-form", {"AccessToken 的原文写成 appId=…&appSecret=…&timestamp=…", "AccessToken is made of appId=...&appSecret=...&timestamp=..."},
            nothing_between, [](A app, Text time) { return md5_hex("appId=" + id_of(app) + "&appSecret=" + secret_of(app) + "&timestamp=" + time); }));
  all.push_back(token("token-ends-in-newline", {"AccessToken 的原文末尾多了换行符", "AccessToken is made of a text that ends with a newline"},
                      {"原文不应有换行符（echo 应加 -n）", "it should have none (echo needs -n)"},
                      [](A app, Text time) { return md5_hex(plain(app, time) + "\n"); }));
  all.push_back(token("token-in-base64", {"AccessToken 是 MD5 的 Base64", "AccessToken is the MD5 in Base64"}, md5_expected, [](A app, Text time) {
    const auto [sum, size] = digest(EVP_md5(), plain(app, time));
    return base64(std::string(sum.begin(), sum.begin() + static_cast<std::ptrdiff_t>(size)));
  }));
  all.push_back(token("token-hashed-twice", {"AccessToken 做了两次 MD5", "AccessToken is the MD5 of the MD5"}, md5_expected,
                      [](A app, Text time) { return md5_hex(md5_hex(plain(app, time))); }));
  all.push_back(token("token-of-utf16", {"AccessToken 的原文按 UTF-16 编码", "AccessToken is made of a text in UTF-16 (.NET: Encoding.Unicode)"},
                      {"应按 UTF-8 编码", "UTF-8 is expected"}, [](A app, Text time) { return md5_hex(utf16(plain(app, time))); }));
  all.push_back(token("token-of-utf16-big-endian", {"AccessToken 的原文按 UTF-16BE 编码", "AccessToken is made of a text in UTF-16, the upper byte first"},
                      {"应按 UTF-8 编码", "UTF-8 is expected"}, [](A app, Text time) { return md5_hex(utf16(plain(app, time), ByteOrder::upper_first)); }));
  all.push_back(token("token-of-utf16-marked", {"AccessToken 的原文是带 BOM 的 UTF-16", "AccessToken is made of a text in UTF-16 with a byte order mark"},
                      {"应按 UTF-8 编码", "UTF-8 is expected"}, [](A app, Text time) { return md5_hex("\xFF\xFE" + utf16(plain(app, time))); }));
  all.push_back(token("token-of-utf8-marked", {"AccessToken 的原文前有 BOM", "AccessToken is made of a text with a byte order mark before it"},
                      {"原文前不应有 BOM", "it should have none"}, [](A app, Text time) { return md5_hex("\xEF\xBB\xBF" + plain(app, time)); }));
  all.push_back(token("token-first-16-digits", {"AccessToken 是 MD5 的前 16 位", "AccessToken is the first 16 digits of the MD5"}, md5_expected,
                      [](A app, Text time) { return md5_hex(plain(app, time)).substr(0, 16); }));
  all.push_back(token("token-hex-in-base64", {"AccessToken 是 MD5 十六进制文本的 Base64", "AccessToken is the hex digits of the MD5 in Base64"}, md5_expected,
                      [](A app, Text time) { return base64(md5_hex(plain(app, time))); }));
  all.push_back(token("token-hashed-twice-in-capitals", {"AccessToken 是大写 MD5 文本的 MD5", "AccessToken is the MD5 of the MD5 in upper case"}, md5_expected,
                      [](A app, Text time) { return md5_hex(in_capitals(md5_hex(plain(app, time)))); }));
  all.push_back(token("token-sha-256", {"AccessToken 是 SHA-256 摘要", "AccessToken is a SHA-256 digest"}, md5_expected,
                      [](A app, Text time) { return digest_hex(EVP_sha256(), plain(app, time)); }));
  all.push_back(token("token-sha-1", {"AccessToken 是 SHA-1 摘要", "AccessToken is a SHA-1 digest"}, md5_expected,
                      [](A app, Text time) { return digest_hex(EVP_sha1(), plain(app, time)); }));
  all.push_back(token("token-sha-512", {"AccessToken 是 SHA-512 摘要", "AccessToken is a SHA-512 digest"}, md5_expected,
                      [](A app, Text time) { return digest_hex(EVP_sha512(), plain(app, time)); }));
#ifndef OPENSSL_NO_SM3
  all.push_back(token("token-sm3", {"AccessToken 是 SM3 摘要", "AccessToken is an SM3 digest"}, md5_expected,
                      [](A app, Text time) { return digest_hex(EVP_sm3(), plain(app, time)); }));
#endif
  all.push_back(token("token-hmac-md5", {"AccessToken 是以 appSecret 为密钥的 HMAC-MD5", "AccessToken is the HMAC-MD5 of appId+timestamp under the appSecret"},
                      md5_expected, [](A app, Text time) { return hmac_hex(EVP_md5(), app.secret, id_of(app) + time); }));
  all.push_back(token("token-hmac-sha-256",
                      {"AccessToken 是以 appSecret 为密钥的 HMAC-SHA256", "AccessToken is the HMAC-SHA256 of appId+timestamp under the appSecret"},
                      md5_expected, [](A app, Text time) { return hmac_hex(EVP_sha256(), app.secret, id_of(app) + time); }));
  append_hmacs<EVP_md5>(all, "HMAC-MD5", {"token-hmac-md5-of-all", "token-hmac-md5-of-timestamp", "token-hmac-md5-with-colon"});
  append_hmacs<EVP_sha1>(all, "HMAC-SHA1", {"token-hmac-sha-1-of-all", "token-hmac-sha-1-of-timestamp", "token-hmac-sha-1-with-colon"});
  all.push_back(under_secret("token-hmac-sha-1", "HMAC-SHA1", "appId+时间戳", "appId+timestamp",
                             [](A app, Text time) { return hmac_hex(EVP_sha1(), app.secret, id_of(app) + time); }));
  append_hmacs<EVP_sha256>(all, "HMAC-SHA256", {"token-hmac-sha-256-of-all", "token-hmac-sha-256-of-timestamp", "token-hmac-sha-256-with-colon"});
  all.push_back(token("token-of-hashed-secret", {"AccessToken 的原文以 MD5(appSecret) 代替了 appSecret", "AccessToken is made with the MD5 of the appSecret"},
                      {"应为 appSecret 本身", "the appSecret itself is expected"},
                      [](A app, Text time) { return md5_hex(id_of(app) + md5_hex(app.secret) + time); }));
  all.push_back(token("token-without-app-id", {"AccessToken 中没有 appId", "AccessToken is made without the appId"}, right_order,
                      [](A app, Text time) { return md5_hex(secret_of(app) + time); }));
  all.push_back(order("token-secret-timestamp-id", "appSecret+时间戳+appId", "appSecret+timestamp+appId",
                      [](A app, Text time) { return md5_hex(secret_of(app) + time + id_of(app)); }));
  all.push_back(order("token-timestamp-secret-id", "时间戳+appSecret+appId", "timestamp+appSecret+appId",
                      [](A app, Text time) { return md5_hex(time + secret_of(app) + id_of(app)); }));
  all.push_back(token(
      "token-secret-twice", {"AccessToken 的原文以 appSecret 代替了 appId", "AccessToken is made with the appSecret in place of the appId"}, right_order,
      [](A app, Text time) { return md5_hex(secret_of(app) + secret_of(app) + time); }, Use::client_mistake));
  all.push_back(token(
      "token-id-twice", {"AccessToken 的原文以 appId 代替了 appSecret", "AccessToken is made with the appId in place of the appSecret"}, right_order,
      [](A app, Text time) { return md5_hex(id_of(app) + id_of(app) + time); }, Use::client_mistake));
  all.push_back(token(
      "token-without-timestamp", {"AccessToken 中没有时间戳", "AccessToken is made without the timestamp"}, right_order,
      [](A app, Text) { return md5_hex(id_of(app) + secret_of(app)); }, Use::client_mistake));
  all.push_back(token(
      "token-without-secret", {"AccessToken 中没有 appSecret", "AccessToken is made without the appSecret"}, right_order,
      [](A app, Text time) { return md5_hex(id_of(app) + time); }, Use::client_mistake));
  all.push_back(token(
      "token-of-lower-secret", {"AccessToken 的原文中 appSecret 是小写", "AccessToken is made with the appSecret in lower case"},
      {"appSecret 区分大小写", "the appSecret is case sensitive"}, [](A app, Text time) { return md5_hex(id_of(app) + core::to_lower(app.secret) + time); },
      Use::client_mistake));
}

void append_authorizations(std::vector<Convention>& all) {
  using A = Credentials;
  all.push_back(authorization("authorization-basic", {"Authorization 带 Basic 前缀", "Authorization has the scheme Basic before it"},
                              [](A app, Text time) { return "Basic " + base64(id_of(app) + ":" + time); }));
  all.push_back(authorization("authorization-plain", {"Authorization 未做 Base64 编码", "Authorization is not Base64: it is sent in plain"},
                              [](A app, Text time) { return id_of(app) + ":" + time; }));
  all.push_back(authorization("authorization-reversed", {"Authorization 中 appId 与时间戳颠倒", "Authorization has the appId and the timestamp reversed"},
                              [](A app, Text time) { return base64(time + ":" + id_of(app)); }));
  all.push_back(
      authorization("authorization-url-safe", {"Authorization 使用了 URL 安全的 Base64 字母表", "Authorization uses the URL-safe Base64 alphabet"}, url_safe));
  all.push_back(
      authorization("authorization-unpadded", {"Authorization 的 Base64 缺少填充符 =", "the Base64 of Authorization lacks its padding (=)"}, unpadded));
  all.push_back(authorization(
      "authorization-full-width-colon", {"Authorization 中使用了全角冒号", "Authorization holds a full-width colon"},
      [](A app, Text time) { return base64(id_of(app) + "：" + time); }, Use::client_mistake));
  all.push_back(authorization(
      "authorization-without-colon", {"Authorization 解码后没有冒号", "Authorization decodes to a text without a colon"},
      [](A app, Text time) { return base64(id_of(app) + time); }, Use::client_mistake));
}

void append_timestamps(std::vector<Convention>& all) {
  all.push_back(timestamp(
      "timestamp-16-digits", {"时间戳有 16 位，中间多了 24", "the timestamp has 16 digits with a literal 24 in the middle"},
      {"HH24 中的 24 表示 24 小时制，不是字面值（Java 应写 yyyyMMddHHmmss）", "the 24 of HH24 means the 24-hour clock (in Java write yyyyMMddHHmmss)"},
      [](const Moment& moment) { return moment.local.compact().insert(minute_at, "24"); }));
  all.push_back(timestamp(
      "timestamp-in-utc", {"时间戳是 UTC 时间", "the timestamp is in UTC"}, {"应为规范所说的当地时间", "the local time of the specification is expected"},
      [](const Moment& moment) { return moment.utc.compact(); }, Use::calibrated));
  all.push_back(timestamp("timestamp-12-hours", {"时间戳使用了 12 小时制", "the timestamp is of a 12-hour clock"},
                          {"应为 24 小时制（HH，不是 hh）", "24 hours are expected (HH, not hh)"}, twelve_hours));
  all.push_back(timestamp("timestamp-unix-seconds", {"时间戳是 Unix 秒数", "the timestamp is Unix time in seconds"}, digits_expected,
                          [](const Moment& moment) { return std::to_string(moment.utc.seconds); }));
  all.push_back(timestamp("timestamp-unix-milliseconds", {"时间戳是 Unix 毫秒数", "the timestamp is Unix time in milliseconds"}, digits_expected,
                          [](const Moment& moment) { return std::to_string(moment.utc.seconds) + "000"; }));
  // Typed as it stands into Oracle or PostgreSQL, whose minutes are MI.
  all.push_back(timestamp("timestamp-month-for-minutes", {"时间戳中分钟的位置上是月份", "the timestamp has the month in the place of the minutes"},
                          {"Oracle 的分钟是 MI，不是 mm", "the minutes of Oracle are MI, not mm"}, [](const Moment& moment) {
                            const std::string time = moment.local.compact();
                            return replaced(time, minute_at, time.substr(month_at, 2));
                          }));
  all.push_back(timestamp("timestamp-17-digits", {"时间戳有 17 位，带毫秒", "the timestamp has 17 digits, with milliseconds"}, digits_expected,
                          [](const Moment& moment) { return moment.local.compact() + "000"; }));
  all.push_back(timestamp("timestamp-formatted", {"时间戳写成 yyyy-MM-dd HH:mm:ss", "the timestamp is written as yyyy-MM-dd HH:mm:ss"}, digits_expected,
                          [](const Moment& moment) { return moment.local.to_string(); }));
}

}  // namespace

std::string in_capitals(std::string hex) {
  std::transform(hex.begin(), hex.end(), hex.begin(), [](char c) { return c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c; });
  return hex;
}

const std::vector<Convention>& conventions() {
  static const std::vector<Convention> all = [] {
    std::vector<Convention> out;
    append_tokens(out);
    append_authorizations(out);
    append_timestamps(out);
    return out;
  }();
  return all;
}

const Convention& convention(std::string_view id) {
  const auto found = std::find_if(conventions().begin(), conventions().end(), [&](const Convention& one) { return one.id == id; });
  assert(found != conventions().end());
  return *found;
}

SignatureValues sign(const Convention& convention, const Signer& signer, Credentials app, const Moment& moment) {
  const std::string timestamp = convention.timestamp != nullptr ? convention.timestamp(moment) : moment.local.compact();
  return {convention.token != nullptr ? convention.token(app, timestamp) : signer.token(app, timestamp),
          convention.authorization != nullptr ? convention.authorization(app, timestamp) : signer.authorization(app, timestamp)};
}

}  // namespace meterproof::auth
