#include "conformance/request_mutations.hpp"

#include <algorithm>
#include <cctype>

#include "core/auth/base64.hpp"
#include "core/auth/md5.hpp"
#include "core/model/request.hpp"
#include "core/text/text.hpp"

namespace meterproof::conformance {

using Fault = core::SignatureError;
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

/// A token in place of the right one, the rest as it should be.
SignatureMutation token(std::string label, std::function<std::string(const std::string& own, With)> change) {
  return {Fault::token_wrong, std::move(label), [change = std::move(change)](With with) -> Made {
            SignatureHeaders headers = valid(with);
            const std::string& own = *headers.token;
            std::string made = change(own, with);
            // Who wants capitals must refuse it for what it is, not for its letters.
            const bool in_capitals = std::any_of(own.begin(), own.end(), [](char c) { return c >= 'A' && c <= 'F'; });
            if (in_capitals && made.size() == own.size())
              std::transform(made.begin(), made.end(), made.begin(), [](char c) { return static_cast<char>(std::toupper(c)); });
            if (core::equals_ignoring_case(made, own)) return std::nullopt;  // an appId that is its own secret has tokens that are right in several ways
            headers.token = std::move(made);
            return headers;
          }};
}

/// The right headers for a timestamp that is none, or not now's.
SignatureMutation stamp(Fault fault, std::string label, std::function<std::string(DateTime)> make, bool lenient = false) {
  return {fault, std::move(label), [make = std::move(make)](With with) -> Made { return signed_at(with, make(with.timestamp)); }, lenient};
}

/// `lenient`: a parser that reads numbers generously takes it for a time near by.
SignatureMutation malformed(std::string label, std::function<std::string(const std::string&)> change, bool lenient = false) {
  return stamp(
      Fault::timestamp_malformed, std::move(label), [change = std::move(change)](DateTime time) { return change(time.compact()); }, lenient);
}

SignatureMutation off(std::string label, seconds by, bool lenient = false) {
  return stamp(
      Fault::timestamp_off, std::move(label), [by](DateTime time) { return (time + by).compact(); }, lenient);
}

/// Beyond the last second that is taken; nobody knows it where calibration did not find it.
SignatureMutation beyond(std::string label, int direction) {
  return {Fault::timestamp_off, std::move(label), [direction](With with) -> Made {
            const auto& edge = direction < 0 ? with.past_edge : with.future_edge;
            constexpr seconds margin(5);
            if (!edge) return std::nullopt;
            return signed_at(with, (with.now + direction * (*edge + margin)).compact());
          }};
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

SignatureMutation missing(std::string label, Part token, Part authorization) {
  return {Fault::header_missing, std::move(label), [=](With with) -> Made {
            const SignatureHeaders headers = valid(with);
            return SignatureHeaders{part(token, headers.token), part(authorization, headers.authorization)};
          }};
}

SignatureMutation unreadable(std::string label, std::function<std::string(With)> make, bool lenient = false) {
  return {Fault::authorization_unreadable, std::move(label),
          [make = std::move(make)](With with) -> Made {
            SignatureHeaders headers = valid(with);
            const std::string made = make(with);
            if (made == headers.authorization) return std::nullopt;
            headers.authorization = made;
            return headers;
          },
          lenient};
}

/// Signed in every part by an app of that id.
SignatureMutation stranger(std::string label, std::function<std::string(const std::string& id)> rename, bool lenient = false) {
  return {Fault::app_unknown, std::move(label),
          [rename = std::move(rename)](With with) -> Made {
            const std::string id = rename(with.app.id);
            if (id == with.app.id) return std::nullopt;
            return signed_by(with, {id, with.app.secret});
          },
          lenient};
}

std::string in_other_letters(std::string text) {
  for (char& c : text) {
    const auto letter = static_cast<unsigned char>(c);
    c = static_cast<char>(std::isupper(letter) != 0 ? std::tolower(letter) : std::toupper(letter));
  }
  return text;
}

std::string wrong_from(std::string token, std::size_t first) {
  for (std::size_t i = first; i < token.size(); ++i) token[i] = token[i] == '0' ? '1' : '0';
  return token;
}

std::string replaced(std::string text, std::size_t at, const std::string& by) { return text.replace(at, by.size(), by); }

// Forgeries of the token: `md5(appId + appSecret + timestamp)` and all that is like it.
void append_tokens(std::vector<SignatureMutation>& all) {
  const auto hashed = [](auto text) {
    return [text](const std::string&, With with) { return auth::md5_hex(text(with.app.id, with.app.secret, with.timestamp.compact())); };
  };
  using LocalizedText = const std::string&;
  all.push_back(token("wrong secret", [](LocalizedText, With with) {
    return with.signer.token({with.app.id, with.app.secret + "x"}, with.timestamp.compact());
  }));
  all.push_back(token("a secret cut short", [](LocalizedText, With with) {
    return with.signer.token({with.app.id, with.app.secret.substr(0, with.app.secret.size() - 1)}, with.timestamp.compact());
  }));
  all.push_back(token("timestamp first", hashed([](LocalizedText id, LocalizedText secret, LocalizedText time) { return time + id + secret; })));
  all.push_back(token("secret first", hashed([](LocalizedText id, LocalizedText secret, LocalizedText time) { return secret + id + time; })));
  all.push_back(token("secret last", hashed([](LocalizedText id, LocalizedText secret, LocalizedText time) { return id + time + secret; })));
  all.push_back(token("colons between", hashed([](LocalizedText id, LocalizedText secret, LocalizedText time) { return id + ":" + secret + ":" + time; })));
  all.push_back(token("without the secret", hashed([](LocalizedText id, LocalizedText, LocalizedText time) { return id + time; })));
  all.push_back(token("without the appId", hashed([](LocalizedText, LocalizedText secret, LocalizedText time) { return secret + time; })));
  all.push_back(token("without the timestamp", hashed([](LocalizedText id, LocalizedText secret, LocalizedText) { return id + secret; })));
  all.push_back(token("hashed twice", [](LocalizedText own, With) { return auth::md5_hex(own); }));
  all.push_back(
      token("of the Base64 text", [](LocalizedText, With with) { return auth::md5_hex(with.signer.authorization(with.app, with.timestamp.compact())); }));
  all.push_back(token("in Base64", [](LocalizedText own, With) { return auth::base64(own); }));
  all.push_back(token("its middle 16 digits", [](LocalizedText own, With) { return own.substr(8, 16); }));
  all.push_back(token("a second apart", [](LocalizedText, With with) { return with.signer.token(with.app, (with.timestamp + seconds(1)).compact()); }));
  all.push_back(token("another appId's", [](LocalizedText, With with) {
    return with.signer.token({with.app.id + "2", with.app.secret + "2"}, with.timestamp.compact());
  }));
  all.push_back(token("a digit short", [](LocalizedText own, With) { return own.substr(0, own.size() - 1); }));
  all.push_back(token("a digit long", [](LocalizedText own, With) { return own + "0"; }));
  all.push_back(token("right in its first digit", [](LocalizedText own, With) { return wrong_from(own, 1); }));
  all.push_back(token("right in its first half", [](LocalizedText own, With) { return wrong_from(own, own.size() / 2); }));
  all.push_back(token("right but for its last digit", [](LocalizedText own, With) { return wrong_from(own, own.size() - 1); }));
  all.push_back(token("nought in every digit", [](LocalizedText own, With) { return std::string(own.size(), '0'); }));
}

// Forgeries of Authorization: `base64(appId:timestamp)` and all that is like it.
void append_authorizations(std::vector<SignatureMutation>& all) {
  const auto encoded = [](auto text) { return [text](With with) { return auth::base64(text(with.app.id, with.timestamp.compact())); }; };
  using LocalizedText = const std::string&;
  all.push_back(unreadable("no Base64", [](With) { return "***"; }));
  all.push_back(unreadable("sent in plain", [](With with) { return with.app.id + ":" + with.timestamp.compact(); }));
  all.push_back(unreadable("encoded twice", [](With with) { return auth::base64(with.signer.authorization(with.app, with.timestamp.compact())); }));
  all.push_back(unreadable("cut in half", [](With with) {
    const std::string whole = with.signer.authorization(with.app, with.timestamp.compact());
    return whole.substr(0, whole.size() / 2);
  }));
  all.push_back(unreadable("no colon", encoded([](LocalizedText id, LocalizedText time) { return id + time; })));
  all.push_back(unreadable("full-width colon", encoded([](LocalizedText id, LocalizedText time) { return id + "：" + time; })));
  all.push_back(unreadable("semicolon", encoded([](LocalizedText id, LocalizedText time) { return id + ";" + time; })));
  all.push_back(unreadable("timestamp before the appId", encoded([](LocalizedText id, LocalizedText time) { return time + ":" + id; })));
  all.push_back(unreadable("no appId", encoded([](LocalizedText, LocalizedText time) { return ":" + time; })));
  all.push_back(unreadable("no timestamp", encoded([](LocalizedText id, LocalizedText) { return id + ":"; })));
  all.push_back(unreadable("the appId alone", encoded([](LocalizedText id, LocalizedText) { return id; })));
  all.push_back(unreadable(
      "with its padding wrong",
      [](With with) {
        std::string own = with.signer.authorization(with.app, with.timestamp.compact());
        if (!own.ends_with('=')) return own + "=";
        while (own.ends_with('=')) own.pop_back();
        return own;
      },
      true));
  all.push_back(unreadable(
      "behind the word Basic", [](With with) { return "Basic " + with.signer.authorization(with.app, with.timestamp.compact()); }, true));
  all.push_back({Fault::authorization_unreadable, "the two headers swapped", [](With with) -> Made {
                   const SignatureHeaders own = valid(with);
                   return SignatureHeaders{own.authorization, own.token};
                 }});
  all.push_back(stranger("unknown appId", [](LocalizedText id) { return id + "x"; }));
  all.push_back(stranger("an appId cut short", [](LocalizedText id) { return id.substr(0, id.size() - 1); }));
  all.push_back(stranger("an appId in other letters", in_other_letters, true));
  all.push_back(stranger(
      "an appId and a blank", [](LocalizedText id) { return id + " "; }, true));
}

void append_timestamps(std::vector<SignatureMutation>& all) {
  using LocalizedText = const std::string&;
  all.push_back(malformed(
      "16 digits with a literal 24", [](std::string time) { return time.insert(10, "24"); }, true));
  all.push_back(malformed("12 digits", [](LocalizedText time) { return time.substr(0, 12); }));
  all.push_back(malformed("13 digits", [](LocalizedText time) { return time.substr(0, 13); }));
  all.push_back(malformed(
      "15 digits", [](LocalizedText time) { return time + "0"; }, true));
  all.push_back(malformed(
      "17 digits, with milliseconds", [](LocalizedText time) { return time + "000"; }, true));
  all.push_back(malformed("seconds since 1970", [](LocalizedText) { return std::string("1767225600"); }));
  all.push_back(malformed("letters", [](LocalizedText) { return std::string("yyyyMMddHHmmss"); }));
  all.push_back(malformed("full-width digits", [](LocalizedText time) {
    std::string out;
    for (const char digit : time) out += std::string("\xEF\xBC") + static_cast<char>(0x90 + (digit - '0'));
    return out;
  }));
  all.push_back(malformed("impossible day", [](LocalizedText time) { return replaced(time, 4, "0230"); }));
  all.push_back(malformed("month 13", [](LocalizedText time) { return replaced(time, 4, "13"); }));
  all.push_back(malformed("hour 24", [](LocalizedText time) { return replaced(time, 8, "24"); }));
  all.push_back(malformed(
      "minute 60", [](LocalizedText time) { return replaced(time, 10, "60"); }, true));
  all.push_back(malformed(
      "second 61", [](LocalizedText time) { return replaced(time, 12, "61"); }, true));
  all.push_back(stamp(Fault::timestamp_malformed, "with separators", [](DateTime time) { return time.to_string(); }));
  all.push_back(stamp(Fault::timestamp_malformed, "with a T, as ISO 8601", [](DateTime time) { return replaced(time.to_string(), 10, "T"); }));
  all.push_back(off("a year ago", hours(-24 * 365)));
  all.push_back(off("a year ahead", hours(24 * 365)));
  all.push_back(off("two days ago", hours(-48)));
  all.push_back(off("two days ahead", hours(48)));
  // The tolerance is not stated: half a day may be within it.
  all.push_back(off("half a day ago, as a 12-hour clock has it", hours(-12), true));
  all.push_back(off("half a day ahead", hours(12), true));
  all.push_back(off("eight hours ago, as in UTC", hours(-8), true));
  all.push_back(off("an hour ago", hours(-1), true));
  all.push_back(off("an hour ahead", hours(1), true));
  all.push_back(beyond("just beyond the tolerance, behind", -1));
  all.push_back(beyond("just beyond the tolerance, ahead", 1));
}

}  // namespace

const std::vector<SignatureMutation>& signature_mutations() {
  static const std::vector<SignatureMutation> all = [] {
    std::vector<SignatureMutation> out = {
        missing("no token", Part::absent, Part::right),           missing("empty token", Part::empty, Part::right),
        missing("blank token", Part::blank, Part::right),         missing("no authorization", Part::right, Part::absent),
        missing("empty authorization", Part::right, Part::empty), missing("blank authorization", Part::right, Part::blank),
        missing("neither header", Part::absent, Part::absent),    missing("both headers empty", Part::empty, Part::empty),
    };
    append_authorizations(out);
    append_tokens(out);
    append_timestamps(out);
    // Authentication comes before all else: whatever is wrong with the body is nobody's business before it.
    SignatureMutation unread = token("wrong secret, and a body that is no JSON", [](const std::string&, With with) {
      return with.signer.token({with.app.id, with.app.secret + "x"}, with.timestamp.compact());
    });
    unread.body = [](const std::string&) { return std::string("<xml/>"); };
    out.push_back(unread);
    unread.label = "wrong secret, and a body without a field";
    unread.body = [](const std::string&) { return std::string("{}"); };
    out.push_back(std::move(unread));
    return out;
  }();
  return all;
}

const std::vector<ReplayAttemptInfo>& replay_attempts() {
  static const std::vector<ReplayAttemptInfo> all = {
      {ReplayAttempt::again, "the same request again"},
      {ReplayAttempt::third_time, "the same request a third time"},
      {ReplayAttempt::elsewhere, "the same signature on another interface", true},
      {ReplayAttempt::after_others, "the same request after others"},
      {ReplayAttempt::at_once, "eight of the same request at once"},
  };
  return all;
}

const std::vector<MalformedBody>& malformed_bodies() {
  using LocalizedText = const std::string&;
  static const std::vector<MalformedBody> all = {
      {"empty", [](LocalizedText) { return std::string(); }},
      {"no JSON", [](LocalizedText) { return std::string("<xml/>"); }},
      {"truncated", [](LocalizedText valid) { return valid.substr(0, valid.size() - valid.size() / 3); }},
      {"array", [](LocalizedText valid) { return "[" + valid + "]"; }},
      {"null", [](LocalizedText) { return std::string("null"); }},
      {"a text", [](LocalizedText) { return std::string("\"{}\""); }},
      {"trailing comma", [](LocalizedText valid) { return valid.substr(0, valid.size() - 1) + ",,}"; }, true},
      {"a brace too many", [](LocalizedText valid) { return valid + "}"; }, true},  // some parsers read one value, and stop
      {"in GBK", [](LocalizedText valid) { return "{\"\xD5\xC5\":\"\xC8\xFD\"," + valid.substr(1); }, true},
  };
  return all;
}

}  // namespace meterproof::conformance
