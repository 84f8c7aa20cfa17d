// SPDX-License-Identifier: Apache-2.0
#include "conformance/cases/wrong_requests.hpp"

#include <algorithm>
#include <cctype>

#include "core/auth/base64.hpp"
#include "core/auth/md5.hpp"
#include "core/model/request.hpp"
#include "core/text/text.hpp"

namespace meterproof::conformance {

using Error = core::SignatureError;
using core::DateTime;
using std::chrono::hours;
using std::chrono::seconds;

namespace {

using Made = std::optional<SignatureHeaders>;
using With = const SignatureContext&;

SignatureHeaders signed_at(With with, const std::string& timestamp) {
  return {with.signer.token(with.app, timestamp), with.signer.authorization(with.app, timestamp)};
}

SignatureHeaders valid(With with) { return signed_at(with, with.timestamp.compact()); }

SignatureHeaders signed_by(With with, const auth::App& app) {
  const std::string timestamp = with.timestamp.compact();
  return {with.signer.token(app, timestamp), with.signer.authorization(app, timestamp)};
}

/// A wrong token; the rest is right.
WrongSignature token(CaseName name, std::function<std::string(const std::string& own, With)> change) {
  return {Error::token_wrong, std::move(name), [change = std::move(change)](With with) -> Made {
            SignatureHeaders headers = valid(with);
            const std::string& own = *headers.token;
            std::string made = change(own, with);
            // A target that wants upper case must refuse the token for what it is, not for its letter case.
            const bool upper_case = std::any_of(own.begin(), own.end(), [](char c) { return c >= 'A' && c <= 'F'; });
            if (upper_case && made.size() == own.size())
              std::transform(made.begin(), made.end(), made.begin(), [](char c) { return static_cast<char>(std::toupper(c)); });
            if (core::equals_ignoring_case(made, own)) return std::nullopt;  // where appId and secret are equal, several orders give the right token
            headers.token = std::move(made);
            return headers;
          }};
}

/// The right headers for a wrong timestamp.
WrongSignature timestamp(Error error, CaseName name, std::function<std::string(DateTime)> make, bool lenient = false) {
  return {error, std::move(name), [make = std::move(make)](With with) -> Made { return signed_at(with, make(with.timestamp)); }, lenient};
}

/// `lenient`: a lenient parser reads it as a time near by.
WrongSignature malformed(CaseName name, std::function<std::string(const std::string&)> change, bool lenient = false) {
  return timestamp(
      Error::timestamp_malformed, std::move(name), [change = std::move(change)](DateTime time) { return change(time.compact()); }, lenient);
}

WrongSignature off(CaseName name, seconds by, bool lenient = false) {
  return timestamp(
      Error::timestamp_off, std::move(name), [by](DateTime time) { return (time + by).compact(); }, lenient);
}

/// Beyond the last second that the target accepts; nothing where calibration did not find it.
WrongSignature beyond(CaseName name, int direction) {
  WrongSignature out{Error::timestamp_off, std::move(name), [direction](With with) -> Made {
                       const auto& edge = direction < 0 ? with.past_edge : with.future_edge;
                       if (!edge) return std::nullopt;
                       return signed_at(with, (with.now + direction * (*edge + beyond_edge_by)).compact());
                     }};
  out.beyond_edge = direction;
  return out;
}

enum class Part { right, absent, empty, blank };

std::optional<std::string> part(Part which, const std::optional<std::string>& right) {
  switch (which) {
    case Part::right: return right;
    case Part::absent: return std::nullopt;
    case Part::empty: return "";
    case Part::blank: return " ";
  }
  return right;
}

WrongSignature missing(CaseName name, Part token, Part authorization) {
  return {Error::header_missing, std::move(name), [=](With with) -> Made {
            const SignatureHeaders headers = valid(with);
            return SignatureHeaders{part(token, headers.token), part(authorization, headers.authorization)};
          }};
}

WrongSignature unreadable(CaseName name, std::function<std::string(With)> make, bool lenient = false) {
  return {Error::authorization_unreadable, std::move(name),
          [make = std::move(make)](With with) -> Made {
            SignatureHeaders headers = valid(with);
            const std::string made = make(with);
            if (made == headers.authorization) return std::nullopt;
            headers.authorization = made;
            return headers;
          },
          lenient};
}

bool is_known(const std::string& id, With with) {
  return std::any_of(with.apps.begin(), with.apps.end(), [&](const auth::App& one) { return one.id == id; });
}

/// Signed throughout by an app of another id.
WrongSignature another_app(CaseName name, std::function<std::string(const std::string& id)> rename, bool lenient = false) {
  return {Error::app_unknown, std::move(name),
          [rename = std::move(rename)](With with) -> Made {
            const std::string id = rename(with.app.id);
            if (is_known(id, with)) return std::nullopt;
            return signed_by(with, {id, with.app.secret});
          },
          lenient};
}

/// The right token, and a timestamp that it was not made for: as of a server that has once seen it, or compares a part of the time.
WrongSignature token_of(CaseName name, std::function<std::optional<DateTime>(With)> time) {
  WrongSignature out{Error::token_wrong, std::move(name), [time = std::move(time)](With with) -> Made {
                       const std::optional<DateTime> other = time(with);
                       if (!other || *other == with.timestamp) return std::nullopt;
                       SignatureHeaders headers = valid(with);
                       headers.token = with.signer.token(with.app, other->compact());
                       return headers;
                     }};
  out.timestamps_differ = true;
  return out;
}

/// Another second of the same minute.
DateTime in_same_minute(DateTime time) {
  constexpr int half = 30, minute = 60;
  const int second = std::stoi(time.compact().substr(12));
  return time + seconds((second + half) % minute - second);
}

std::string other_letter_case(std::string text) {
  for (char& c : text) {
    const auto letter = static_cast<unsigned char>(c);
    c = static_cast<char>(std::isupper(letter) != 0 ? std::tolower(letter) : std::toupper(letter));
  }
  return text;
}

/// That secret, or one that is surely another: who judges a transcript does not know the secrets, and sends what was sent.
std::string another(const std::string& secret, With with) { return secret == with.app.secret ? secret + "x" : secret; }

std::string wrong_from(std::string token, std::size_t first) {
  for (std::size_t i = first; i < token.size(); ++i) token[i] = token[i] == '0' ? '1' : '0';
  return token;
}

std::string replaced(std::string text, std::size_t at, const std::string& by) { return text.replace(at, by.size(), by); }

/// The same moment of another century: 29 February may be none there.
std::string another_century(DateTime time, int centuries) {
  const std::string text = time.compact();
  std::string century = std::to_string(std::stoi(text.substr(0, 2)) + centuries);
  if (century.size() < 2) century.insert(0, "0");
  return century + text.substr(2, 2) + (text.substr(4, 4) == "0229" ? "0228" : text.substr(4, 4)) + text.substr(8);
}

// Mistakes in the token, which is md5(appId + appSecret + timestamp).
void append_tokens(std::vector<WrongSignature>& all) {
  const auto hashed = [](auto text) {
    return [text](const std::string&, With with) { return auth::md5_hex(text(with.app.id, with.app.secret, with.timestamp.compact())); };
  };
  using Text = const std::string&;
  all.push_back(token({"wrong-secret", {"令牌所用密钥错误", "token made with a wrong secret"}}, [](Text, With with) {
    return with.signer.token({with.app.id, with.app.secret + "x"}, with.timestamp.compact());
  }));
  all.push_back(token({"secret-cut-short", {"令牌所用密钥少一个字符", "token made with the secret less its last character"}}, [](Text, With with) {
    return with.signer.token({with.app.id, with.app.secret.substr(0, with.app.secret.size() - 1)}, with.timestamp.compact());
  }));
  all.push_back(token({"token-timestamp-first", {"令牌按 时间戳+appId+密钥 计算", "token of timestamp + appId + secret"}},
                      hashed([](Text id, Text secret, Text time) { return time + id + secret; })));
  all.push_back(token({"token-secret-first", {"令牌按 密钥+appId+时间戳 计算", "token of secret + appId + timestamp"}},
                      hashed([](Text id, Text secret, Text time) { return secret + id + time; })));
  all.push_back(token({"token-secret-last", {"令牌按 appId+时间戳+密钥 计算", "token of appId + timestamp + secret"}},
                      hashed([](Text id, Text secret, Text time) { return id + time + secret; })));
  all.push_back(token({"token-with-colons", {"令牌各部分之间加冒号", "token with colons between its parts"}},
                      hashed([](Text id, Text secret, Text time) { return id + ":" + secret + ":" + time; })));
  all.push_back(token({"token-without-secret", {"令牌不含密钥", "token without the secret"}}, hashed([](Text id, Text, Text time) { return id + time; })));
  all.push_back(
      token({"token-without-app-id", {"令牌不含 appId", "token without the appId"}}, hashed([](Text, Text secret, Text time) { return secret + time; })));
  all.push_back(
      token({"token-without-timestamp", {"令牌不含时间戳", "token without the timestamp"}}, hashed([](Text id, Text secret, Text) { return id + secret; })));
  all.push_back(token({"token-hashed-twice", {"令牌做了两次 MD5", "token hashed twice"}}, [](Text own, With) { return auth::md5_hex(own); }));
  all.push_back(token({"token-of-base64-text", {"对 Base64 文本计算的令牌", "token of the Base64 text"}},
                      [](Text, With with) { return auth::md5_hex(with.signer.authorization(with.app, with.timestamp.compact())); }));
  all.push_back(token({"token-in-base64", {"令牌再做 Base64 编码", "token encoded in Base64"}}, [](Text own, With) { return auth::base64(own); }));
  all.push_back(
      token({"token-middle-16-digits", {"只取令牌中间 16 位", "the middle 16 digits of the token"}}, [](Text own, With) { return own.substr(8, 16); }));
  all.push_back(token_of({"token-of-another-second-of-the-minute", {"令牌的时间戳是同一分钟的另一秒", "token of another second of the same minute"}},
                         [](With with) { return std::optional(in_same_minute(with.timestamp)); }));
  all.push_back(token_of({"token-of-another-minute", {"令牌的时间戳差一分钟", "token of another minute, the same second of it"}},
                         [](With with) { return std::optional(with.timestamp + seconds(60)); }));
  all.push_back(token_of({"token-of-another-day", {"令牌的时间戳是前一天的同一时刻", "token of the same moment of the day before"}},
                         [](With with) { return std::optional(with.timestamp + -hours(24)); }));
  all.push_back(token_of({"token-of-first-request", {"令牌取自此前第一个成功的请求", "token of the first request that was accepted"}},
                         [](With with) { return with.first_accepted; }));
  all.push_back(token_of({"token-of-last-request", {"令牌取自此前最近一个成功的请求", "token of the last request that was accepted"}},
                         [](With with) { return with.last_accepted; }));
  all.push_back(token({"secret-other-letter-case", {"令牌所用密钥大小写不同", "token made with the secret in other letter case"}}, [](Text, With with) {
    return with.signer.token({with.app.id, another(other_letter_case(with.app.secret), with)}, with.timestamp.compact());
  }));
  all.push_back(token({"other-apps-secret", {"令牌用另一 appId 的密钥", "token made with the secret of the other appId"}}, [](Text own, With with) {
    return with.other == nullptr ? own : with.signer.token({with.app.id, another(with.other->secret, with)}, with.timestamp.compact());
  }));
  all.push_back(token({"token-of-the-other-app", {"令牌属于另一有效的 appId", "the right token of the other appId"}},
                      [](Text own, With with) { return with.other == nullptr ? own : with.signer.token(*with.other, with.timestamp.compact()); }));
  all.push_back(token_of({"token-of-next-second", {"令牌的时间戳差一秒", "token of another second than Authorization"}},
                         [](With with) { return std::optional(with.timestamp + seconds(1)); }));
  all.push_back(token({"token-of-another-app", {"其他 appId 的令牌", "token of another appId"}}, [](Text, With with) {
    return with.signer.token({with.app.id + "2", with.app.secret + "2"}, with.timestamp.compact());
  }));
  all.push_back(token({"token-digit-short", {"令牌少一位", "token one digit short"}}, [](Text own, With) { return own.substr(0, own.size() - 1); }));
  all.push_back(token({"token-less-its-first-digit", {"令牌缺第一位", "token less its first digit"}}, [](Text own, With) { return own.substr(1); }));
  all.push_back(token({"token-with-a-digit-before", {"令牌前多一位", "a digit in front of the token"}}, [](Text own, With) { return "0" + own; }));
  all.push_back(
      token({"token-first-half", {"只有令牌的前 16 位", "the first half of the token alone"}}, [](Text own, With) { return own.substr(0, own.size() / 2); }));
  all.push_back(
      token({"token-last-half", {"只有令牌的后 16 位", "the last half of the token alone"}}, [](Text own, With) { return own.substr(own.size() / 2); }));
  all.push_back(token({"token-right-in-last-half", {"令牌只有后一半正确", "token right in its last half only"}}, [](Text own, With) {
    const std::size_t half = own.size() / 2;
    return wrong_from(own.substr(0, half), 0) + own.substr(half);
  }));
  all.push_back(token({"token-digit-long", {"令牌多一位", "token one digit long"}}, [](Text own, With) { return own + "0"; }));
  all.push_back(
      token({"token-right-in-first-digit", {"令牌只有第一位正确", "token right in its first digit only"}}, [](Text own, With) { return wrong_from(own, 1); }));
  all.push_back(token({"token-right-in-first-half", {"令牌只有前一半正确", "token right in its first half only"}},
                      [](Text own, With) { return wrong_from(own, own.size() / 2); }));
  all.push_back(token({"token-wrong-last-digit", {"令牌只有最后一位错误", "token wrong in its last digit only"}},
                      [](Text own, With) { return wrong_from(own, own.size() - 1); }));
  all.push_back(token({"token-other-letters", {"令牌的数字正确，字母不同", "token right in its decimal digits, and wrong in its letters"}}, [](Text own, With) {
    std::string out = own;
    for (char& c : out)
      if (std::isalpha(static_cast<unsigned char>(c)) != 0) c = std::tolower(static_cast<unsigned char>(c)) == 'f' ? 'a' : static_cast<char>(c + 1);
    return out;
  }));
  all.push_back(token({"token-all-zeros", {"令牌全为 0", "token of zeros"}}, [](Text own, With) { return std::string(own.size(), '0'); }));
}

// Mistakes in Authorization, which is base64(appId:timestamp).
void append_authorizations(std::vector<WrongSignature>& all) {
  const auto encoded = [](auto text) { return [text](With with) { return auth::base64(text(with.app.id, with.timestamp.compact())); }; };
  using Text = const std::string&;
  all.push_back(unreadable({"authorization-not-base64", {"Authorization 不是 Base64", "Authorization is not Base64"}}, [](With) { return "***"; }));
  all.push_back(unreadable({"authorization-in-plain-text", {"Authorization 为明文", "Authorization in plain text"}},
                           [](With with) { return with.app.id + ":" + with.timestamp.compact(); }));
  all.push_back(unreadable({"authorization-encoded-twice", {"Authorization 编码两次", "Authorization encoded twice"}},
                           [](With with) { return auth::base64(with.signer.authorization(with.app, with.timestamp.compact())); }));
  all.push_back(unreadable({"authorization-cut-in-half", {"Authorization 只有一半", "half of Authorization"}}, [](With with) {
    const std::string whole = with.signer.authorization(with.app, with.timestamp.compact());
    return whole.substr(0, whole.size() / 2);
  }));
  all.push_back(unreadable({"authorization-without-colon", {"appId 与时间戳之间没有冒号", "no colon between appId and timestamp"}},
                           encoded([](Text id, Text time) { return id + time; })));
  all.push_back(
      unreadable({"authorization-full-width-colon", {"使用全角冒号", "a full-width colon"}}, encoded([](Text id, Text time) { return id + "：" + time; })));
  all.push_back(
      unreadable({"authorization-semicolon", {"使用分号", "a semicolon in place of the colon"}}, encoded([](Text id, Text time) { return id + ";" + time; })));
  all.push_back(unreadable({"authorization-two-colons", {"appId 与时间戳之间有两个冒号", "two colons between appId and timestamp"}},
                           encoded([](Text id, Text time) { return id + "::" + time; })));
  all.push_back(unreadable({"authorization-colon-at-the-end", {"末尾多一个冒号", "a colon behind the timestamp"}},
                           encoded([](Text id, Text time) { return id + ":" + time + ":"; })));
  all.push_back(unreadable({"authorization-colon-in-front", {"开头多一个冒号", "a colon in front of the appId"}},
                           encoded([](Text id, Text time) { return ":" + id + ":" + time; })));
  all.push_back(unreadable({"authorization-third-part", {"时间戳之后还有一段", "a third part behind the timestamp"}},
                           encoded([](Text id, Text time) { return id + ":" + time + ":x"; })));
  all.push_back(unreadable({"authorization-timestamp-first", {"时间戳在 appId 之前", "timestamp before the appId"}},
                           encoded([](Text id, Text time) { return time + ":" + id; })));
  all.push_back(unreadable({"authorization-without-app-id", {"Authorization 没有 appId", "Authorization without an appId"}},
                           encoded([](Text, Text time) { return ":" + time; })));
  all.push_back(unreadable({"authorization-without-timestamp", {"Authorization 没有时间戳", "Authorization without a timestamp"}},
                           encoded([](Text id, Text) { return id + ":"; })));
  all.push_back(
      unreadable({"authorization-app-id-only", {"Authorization 只有 appId", "Authorization of the appId alone"}}, encoded([](Text id, Text) { return id; })));
  all.push_back(unreadable(
      {"authorization-wrong-padding", {"Base64 填充错误", "wrong Base64 padding"}},
      [](With with) {
        std::string own = with.signer.authorization(with.app, with.timestamp.compact());
        if (!own.ends_with('=')) return own + "=";
        while (own.ends_with('=')) own.pop_back();
        return own;
      },
      true));
  all.push_back(unreadable(
      {"authorization-basic-scheme", {"Authorization 前有 Basic", "Authorization behind the word Basic"}},
      [](With with) { return "Basic " + with.signer.authorization(with.app, with.timestamp.compact()); }, true));
  all.push_back({Error::authorization_unreadable, {"headers-swapped", {"两个头的值互换", "the values of the two headers swapped"}}, [](With with) -> Made {
                   const SignatureHeaders own = valid(with);
                   return SignatureHeaders{own.authorization, own.token};
                 }});
  all.push_back(another_app({"unknown-app-id", {"未知的 appId", "unknown appId"}}, [](Text id) { return id + "x"; }));
  all.push_back(another_app({"app-id-cut-short", {"appId 少一个字符", "appId less its last character"}}, [](Text id) { return id.substr(0, id.size() - 1); }));
  all.push_back(another_app({"app-id-without-beginning", {"appId 少首个字符", "appId less its first character"}}, [](Text id) { return id.substr(1); }));
  all.push_back(another_app({"app-id-with-letter-before", {"appId 前多一个字符", "a letter in front of the appId"}}, [](Text id) { return "x" + id; }));
  all.push_back(another_app({"app-id-other-letter-case", {"appId 大小写不同", "appId in another letter case"}}, other_letter_case));
  all.push_back({Error::app_unknown,
                 {"app-id-other-letter-case-own-token", {"appId 大小写不同，令牌正确", "appId in another letter case, and the right token"}},
                 [](With with) -> Made {
                   const std::string id = other_letter_case(with.app.id);
                   if (is_known(id, with)) return std::nullopt;
                   SignatureHeaders headers = valid(with);
                   headers.authorization = with.signer.authorization({id, with.app.secret}, with.timestamp.compact());
                   return headers;
                 }});
  all.push_back({Error::header_missing,
                 {"authorization-missing-known-token", {"没有 Authorization，令牌曾被接受", "no Authorization, and a token that was accepted before"}},
                 [](With with) -> Made {
                   if (!with.last_accepted) return std::nullopt;
                   return SignatureHeaders{with.signer.token(with.app, with.last_accepted->compact()), std::nullopt};
                 }});
  all.push_back(
      {Error::app_unknown, {"unknown-app-id-empty-secret", {"未知的 appId，密钥为空", "unknown appId, and a token without a secret"}}, [](With with) -> Made {
         if (is_known(with.app.id + "x", with)) return std::nullopt;
         return signed_by(with, {with.app.id + "x", ""});
       }});
  all.push_back(another_app(
      {"app-id-with-blank", {"appId 后有空格", "appId followed by a blank"}}, [](Text id) { return id + " "; }, true));
}

void append_timestamps(std::vector<WrongSignature>& all) {
  using Text = const std::string&;
  all.push_back(malformed(
      {"timestamp-literal-24", {"16 位时间戳，含字面 24", "16 digits with a literal 24"}}, [](std::string time) { return time.insert(10, "24"); }, true));
  all.push_back(malformed({"timestamp-12-digits", {"12 位时间戳", "timestamp of 12 digits"}}, [](Text time) { return time.substr(0, 12); }));
  all.push_back(malformed({"timestamp-13-digits", {"13 位时间戳", "timestamp of 13 digits"}}, [](Text time) { return time.substr(0, 13); }));
  all.push_back(malformed({"timestamp-15-digits", {"15 位时间戳", "timestamp of 15 digits"}}, [](Text time) { return time + "0"; }));
  all.push_back(malformed({"timestamp-with-milliseconds", {"17 位时间戳（含毫秒）", "timestamp of 17 digits, with milliseconds"}},
                          [](Text time) { return time + "000"; }));
  all.push_back(malformed({"timestamp-unix-seconds", {"1970 年以来的秒数", "seconds since 1970"}}, [](Text) { return std::string("1767225600"); }));
  all.push_back(malformed({"timestamp-letters", {"时间戳为字母", "timestamp of letters"}}, [](Text) { return std::string("yyyyMMddHHmmss"); }));
  all.push_back(malformed({"timestamp-full-width-digits", {"时间戳为全角数字", "timestamp of full-width digits"}}, [](Text time) {
    std::string out;
    for (const char digit : time) out += std::string("\xEF\xBC") + static_cast<char>(0x90 + (digit - '0'));
    return out;
  }));
  all.push_back(malformed({"timestamp-impossible-day", {"不存在的日期", "a day that does not exist"}}, [](Text time) { return replaced(time, 4, "0230"); }));
  all.push_back(malformed({"timestamp-month-13", {"月份为 13", "month 13"}}, [](Text time) { return replaced(time, 4, "13"); }));
  all.push_back(malformed({"timestamp-hour-24", {"小时为 24", "hour 24"}}, [](Text time) { return replaced(time, 8, "24"); }));
  all.push_back(timestamp(Error::timestamp_malformed,
                          {"timestamp-hour-of-the-next-day", {"以前一天的 24 至 47 时表示", "as an hour from 24 to 47 of the day before"}}, [](DateTime time) {
                            constexpr int day = 24;
                            const std::string before = (time + -hours(day)).compact();
                            return replaced(before, 8, std::to_string(std::stoi(before.substr(8, 2)) + day));
                          }));
  all.push_back(timestamp(Error::timestamp_malformed, {"timestamp-minute-60", {"以前一小时的 60 至 99 分表示", "as a minute from 60 to 99 of the hour before"}},
                          [](DateTime time) {
                            constexpr int hour = 60, last = 99;
                            const std::string now = time.compact(), before = (time + -hours(1)).compact();
                            const int minute = std::stoi(now.substr(10, 2)) + hour;
                            return minute > last ? replaced(now, 10, "60") : replaced(before, 10, std::to_string(minute));
                          }));
  all.push_back(malformed({"timestamp-second-61", {"秒为 61", "second 61"}}, [](Text time) { return replaced(time, 12, "61"); }));
  all.push_back(malformed({"timestamp-second-99", {"秒为 99", "second 99"}}, [](Text time) { return replaced(time, 12, "99"); }));
  all.push_back(timestamp(Error::timestamp_malformed, {"timestamp-with-separators", {"时间戳含分隔符", "timestamp with separators"}},
                          [](DateTime time) { return time.to_string(); }));
  all.push_back(timestamp(Error::timestamp_malformed, {"timestamp-iso-8601", {"ISO 8601 格式的时间戳", "timestamp as in ISO 8601"}},
                          [](DateTime time) { return replaced(time.to_string(), 10, "T"); }));
  all.push_back(off({"timestamp-year-ago", {"一年前的时间戳", "a year ago"}}, hours(-24 * 365)));
  all.push_back(off({"timestamp-year-ahead", {"一年后的时间戳", "a year ahead"}}, hours(24 * 365)));
  all.push_back(timestamp(Error::timestamp_off, {"timestamp-century-ago", {"一百年前的同一时刻", "the same moment a century ago"}},
                          [](DateTime time) { return another_century(time, -1); }));
  all.push_back(timestamp(Error::timestamp_off, {"timestamp-century-ahead", {"一百年后的同一时刻", "the same moment a century ahead"}},
                          [](DateTime time) { return another_century(time, 1); }));
  all.push_back(timestamp(Error::timestamp_off, {"timestamp-decade-ago", {"十年前的同一时刻", "the same moment ten years ago"}}, [](DateTime time) {
    return replaced(time.compact(), 2, std::string(1, time.compact()[2] == '0' ? '9' : static_cast<char>(time.compact()[2] - 1)));
  }));
  all.push_back(off({"timestamp-day-ago", {"一天前的同一时刻", "the same moment a day ago"}}, hours(-24), true));
  all.push_back(off({"timestamp-two-days-ago", {"两天前的时间戳", "two days ago"}}, hours(-48)));
  all.push_back(off({"timestamp-two-days-ahead", {"两天后的时间戳", "two days ahead"}}, hours(48)));
  // The tolerance is not stated: half a day may be within it.
  all.push_back(off({"timestamp-12-hours-ago", {"12 小时前（如 12 小时制）", "12 hours ago, as a 12-hour clock prints it"}}, hours(-12), true));
  all.push_back(off({"timestamp-12-hours-ahead", {"12 小时后", "12 hours ahead"}}, hours(12), true));
  all.push_back(off({"timestamp-8-hours-ago", {"8 小时前（如 UTC）", "8 hours ago, as in UTC"}}, hours(-8), true));
  all.push_back(off({"timestamp-hour-ago", {"一小时前", "an hour ago"}}, hours(-1), true));
  all.push_back(off({"timestamp-hour-ahead", {"一小时后", "an hour ahead"}}, hours(1), true));
  all.push_back(beyond({"timestamp-just-too-old", {"刚超出容差（过早）", "just older than the tolerance"}}, -1));
  all.push_back(beyond({"timestamp-just-too-new", {"刚超出容差（过晚）", "just newer than the tolerance"}}, 1));
}

}  // namespace

const std::vector<WrongSignature>& wrong_signatures() {
  static const std::vector<WrongSignature> all = [] {
    std::vector<WrongSignature> out = {
        missing({"token-missing", {"没有 AccessToken", "no token"}}, Part::absent, Part::right),
        missing({"token-empty", {"AccessToken 为空", "empty token"}}, Part::empty, Part::right),
        missing({"token-blank", {"AccessToken 为空格", "blank token"}}, Part::blank, Part::right),
        missing({"authorization-missing", {"没有 Authorization", "no Authorization"}}, Part::right, Part::absent),
        missing({"authorization-empty", {"Authorization 为空", "empty Authorization"}}, Part::right, Part::empty),
        missing({"authorization-blank", {"Authorization 为空格", "blank Authorization"}}, Part::right, Part::blank),
        missing({"both-headers-missing", {"两个头都没有", "neither header"}}, Part::absent, Part::absent),
        missing({"both-headers-empty", {"两个头都为空", "both headers empty"}}, Part::empty, Part::empty),
    };
    append_authorizations(out);
    append_tokens(out);
    append_timestamps(out);
    // Authentication comes first: mistakes of the body do not count before it.
    WrongSignature unread = token({"wrong-secret-and-body-not-json", {"密钥错误且请求体不是 JSON", "wrong secret, and a body that is not JSON"}},
                                  [](const std::string&, With with) {
                                    return with.signer.token({with.app.id, with.app.secret + "x"}, with.timestamp.compact());
                                  });
    unread.body = [](const std::string&) { return std::string("<xml/>"); };
    unread.malformed = not_json_body;
    out.push_back(unread);
    unread.name = {"wrong-secret-and-empty-object", {"密钥错误且请求体没有字段", "wrong secret, and a body without fields"}};
    unread.body = [](const std::string&) { return std::string("{}"); };
    unread.malformed.clear();
    out.push_back(std::move(unread));
    return out;
  }();
  return all;
}

const std::vector<ReplayAttemptInfo>& replay_attempts() {
  static const std::vector<ReplayAttemptInfo> all = {
      {ReplayAttempt::again, {"same-request-again", {"同一请求再次发送", "the same request again"}}},
      {ReplayAttempt::third_time, {"same-request-third-time", {"同一请求第三次发送", "the same request a third time"}}},
      {ReplayAttempt::elsewhere, {"same-signature-elsewhere", {"同一签名用于其他接口", "the same signature on another interface"}}, true},
      {ReplayAttempt::after_others, {"same-request-after-others", {"其他请求之后再次发送", "the same request after others"}}},
      {ReplayAttempt::new_connection, {"same-request-new-connection", {"同一请求在新的连接上再次发送", "the same request on a connection of its own"}}},
      {ReplayAttempt::after_refusal,
       {"same-request-after-refusal", {"同一时间戳的请求被拒绝之后再次发送", "the same request after one with its timestamp was refused"}}},
      {ReplayAttempt::token_case, {"same-request-other-token-case", {"令牌改变大小写后再次发送", "the same request with the token in the other letter case"}}},
      {ReplayAttempt::other_padding,
       {"same-request-other-padding", {"Authorization 的 Base64 填充不同后再次发送", "the same request with other Base64 padding in Authorization"}}},
      {ReplayAttempt::other_body, {"same-signature-other-body", {"同一签名用于另一请求体", "the same signature with another body"}}},
      {ReplayAttempt::at_once, {"same-request-at-once", {"同时发送八个相同请求", "eight copies of a request at once"}}},
  };
  return all;
}

const std::vector<MalformedBody>& malformed_bodies() {
  using Text = const std::string&;
  static const std::vector<MalformedBody> all = {
      {{"empty", {"空请求体", "empty"}}, [](Text) { return std::string(); }, false, true},
      {{not_json_body, {"不是 JSON", "not JSON"}}, [](Text) { return std::string("<xml/>"); }, false, false, 1},
      {{truncated_body, {"被截断", "truncated"}}, [](Text valid) { return valid.substr(0, valid.size() - valid.size() / 3); }},
      {{"array", {"数组", "an array"}}, [](Text valid) { return "[" + valid + "]"; }, true, false, 2},  // of one object, which may be taken for it
      {{"null", {"null", "null"}}, [](Text) { return std::string("null"); }, false, true},
      {{"text", {"字符串", "a string"}}, [](Text) { return std::string("\"{}\""); }, false, false, 1},
      {{"empty-array", {"空数组", "an empty array"}}, [](Text) { return std::string("[]"); }, false, true, 1},
      {{"trailing-comma", {"多余的逗号", "a trailing comma"}}, [](Text valid) { return valid.substr(0, valid.size() - 1) + ",,}"; }, true, false, 3},
      {{"extra-brace", {"多一个右括号", "one brace too many"}}, [](Text valid) { return valid + "}"; }, true, false, 3},  // some parsers stop after one value
      {{"gbk", {"GBK 编码", "in GBK"}}, [](Text valid) { return "{\"\xD5\xC5\":\"\xC8\xFD\"," + valid.substr(1); }, true, false, 2},
  };
  return all;
}

}  // namespace meterproof::conformance
