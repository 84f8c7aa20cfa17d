#include "conformance/forgeries.hpp"

#include <algorithm>
#include <cctype>

#include "spec/model/request.hpp"

namespace meterproof::conformance {

using Fault = spec::SignatureFault;
using spec::DateTime;
using std::chrono::hours;
using std::chrono::seconds;

namespace {

using Made = std::optional<SignatureHeaders>;
using With = const ForgeryContext&;

SignatureHeaders signed_at(With with, const std::string& timestamp) {
  return {with.signer.token(with.app, timestamp), with.signer.authorization(with.app, timestamp)};
}

SignatureHeaders valid(With with) { return signed_at(with, with.timestamp.compact()); }

SignatureHeaders signed_by(With with, const wire::App& app) {
  const std::string timestamp = with.timestamp.compact();
  return {with.signer.token(app, timestamp), with.signer.authorization(app, timestamp)};
}

/// A token in place of the right one, the rest as it should be.
Forgery token(std::string label, std::function<std::string(const std::string& own, With)> change) {
  return {Fault::token_wrong, std::move(label), [change = std::move(change)](With with) -> Made {
            SignatureHeaders headers = valid(with);
            const std::string& own = *headers.token;
            std::string made = change(own, with);
            // Who wants capitals must refuse it for what it is, not for its letters.
            const bool in_capitals = std::any_of(own.begin(), own.end(), [](char c) { return c >= 'A' && c <= 'F'; });
            if (in_capitals && made.size() == own.size())
              std::transform(made.begin(), made.end(), made.begin(), [](char c) { return static_cast<char>(std::toupper(c)); });
            if (spec::same_letters(made, own)) return std::nullopt;  // an appId that is its own secret has tokens that are right in several ways
            headers.token = std::move(made);
            return headers;
          }};
}

/// The right headers for a timestamp that is none, or not now's.
Forgery stamp(Fault fault, std::string label, std::function<std::string(DateTime)> make, bool lenient = false) {
  return {fault, std::move(label), [make = std::move(make)](With with) -> Made { return signed_at(with, make(with.timestamp)); }, lenient};
}

/// `lenient`: a parser that reads numbers generously takes it for a time near by.
Forgery malformed(std::string label, std::function<std::string(const std::string&)> change, bool lenient = false) {
  return stamp(
      Fault::timestamp_malformed, std::move(label), [change = std::move(change)](DateTime time) { return change(time.compact()); }, lenient);
}

Forgery off(std::string label, seconds by, bool lenient = false) {
  return stamp(
      Fault::timestamp_off, std::move(label), [by](DateTime time) { return (time + by).compact(); }, lenient);
}

/// Beyond the last second that is taken; nobody knows it where calibration did not find it.
Forgery beyond(std::string label, int direction) {
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

Forgery missing(std::string label, Part token, Part authorization) {
  return {Fault::header_missing, std::move(label), [=](With with) -> Made {
            const SignatureHeaders headers = valid(with);
            return SignatureHeaders{part(token, headers.token), part(authorization, headers.authorization)};
          }};
}

Forgery unreadable(std::string label, std::function<std::string(With)> make, bool lenient = false) {
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
Forgery stranger(std::string label, std::function<std::string(const std::string& id)> rename, bool lenient = false) {
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
void append_tokens(std::vector<Forgery>& all) {
  const auto hashed = [](auto text) {
    return [text](const std::string&, With with) { return wire::md5_hex(text(with.app.id, with.app.secret, with.timestamp.compact())); };
  };
  using Text = const std::string&;
  all.push_back(token("wrong secret", [](Text, With with) { return with.signer.token({with.app.id, with.app.secret + "x"}, with.timestamp.compact()); }));
  all.push_back(token("a secret cut short", [](Text, With with) {
    return with.signer.token({with.app.id, with.app.secret.substr(0, with.app.secret.size() - 1)}, with.timestamp.compact());
  }));
  all.push_back(token("timestamp first", hashed([](Text id, Text secret, Text time) { return time + id + secret; })));
  all.push_back(token("secret first", hashed([](Text id, Text secret, Text time) { return secret + id + time; })));
  all.push_back(token("secret last", hashed([](Text id, Text secret, Text time) { return id + time + secret; })));
  all.push_back(token("colons between", hashed([](Text id, Text secret, Text time) { return id + ":" + secret + ":" + time; })));
  all.push_back(token("without the secret", hashed([](Text id, Text, Text time) { return id + time; })));
  all.push_back(token("without the appId", hashed([](Text, Text secret, Text time) { return secret + time; })));
  all.push_back(token("without the timestamp", hashed([](Text id, Text secret, Text) { return id + secret; })));
  all.push_back(token("hashed twice", [](Text own, With) { return wire::md5_hex(own); }));
  all.push_back(token("of the Base64 text", [](Text, With with) { return wire::md5_hex(with.signer.authorization(with.app, with.timestamp.compact())); }));
  all.push_back(token("in Base64", [](Text own, With) { return wire::base64(own); }));
  all.push_back(token("its middle 16 digits", [](Text own, With) { return own.substr(8, 16); }));
  all.push_back(token("a second apart", [](Text, With with) { return with.signer.token(with.app, (with.timestamp + seconds(1)).compact()); }));
  all.push_back(token("another appId's", [](Text, With with) {
    return with.signer.token({with.app.id + "2", with.app.secret + "2"}, with.timestamp.compact());
  }));
  all.push_back(token("a digit short", [](Text own, With) { return own.substr(0, own.size() - 1); }));
  all.push_back(token("a digit long", [](Text own, With) { return own + "0"; }));
  all.push_back(token("right in its first digit", [](Text own, With) { return wrong_from(own, 1); }));
  all.push_back(token("right in its first half", [](Text own, With) { return wrong_from(own, own.size() / 2); }));
  all.push_back(token("right but for its last digit", [](Text own, With) { return wrong_from(own, own.size() - 1); }));
  all.push_back(token("nought in every digit", [](Text own, With) { return std::string(own.size(), '0'); }));
}

// Forgeries of Authorization: `base64(appId:timestamp)` and all that is like it.
void append_authorizations(std::vector<Forgery>& all) {
  const auto encoded = [](auto text) { return [text](With with) { return wire::base64(text(with.app.id, with.timestamp.compact())); }; };
  using Text = const std::string&;
  all.push_back(unreadable("no Base64", [](With) { return "***"; }));
  all.push_back(unreadable("sent in plain", [](With with) { return with.app.id + ":" + with.timestamp.compact(); }));
  all.push_back(unreadable("encoded twice", [](With with) { return wire::base64(with.signer.authorization(with.app, with.timestamp.compact())); }));
  all.push_back(unreadable("cut in half", [](With with) {
    const std::string whole = with.signer.authorization(with.app, with.timestamp.compact());
    return whole.substr(0, whole.size() / 2);
  }));
  all.push_back(unreadable("no colon", encoded([](Text id, Text time) { return id + time; })));
  all.push_back(unreadable("full-width colon", encoded([](Text id, Text time) { return id + "：" + time; })));
  all.push_back(unreadable("semicolon", encoded([](Text id, Text time) { return id + ";" + time; })));
  all.push_back(unreadable("timestamp before the appId", encoded([](Text id, Text time) { return time + ":" + id; })));
  all.push_back(unreadable("no appId", encoded([](Text, Text time) { return ":" + time; })));
  all.push_back(unreadable("no timestamp", encoded([](Text id, Text) { return id + ":"; })));
  all.push_back(unreadable("the appId alone", encoded([](Text id, Text) { return id; })));
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
  all.push_back(stranger("unknown appId", [](Text id) { return id + "x"; }));
  all.push_back(stranger("an appId cut short", [](Text id) { return id.substr(0, id.size() - 1); }));
  all.push_back(stranger("an appId in other letters", in_other_letters, true));
  all.push_back(stranger(
      "an appId and a blank", [](Text id) { return id + " "; }, true));
}

void append_timestamps(std::vector<Forgery>& all) {
  using Text = const std::string&;
  all.push_back(malformed(
      "16 digits with a literal 24", [](std::string time) { return time.insert(10, "24"); }, true));
  all.push_back(malformed("12 digits", [](Text time) { return time.substr(0, 12); }));
  all.push_back(malformed("13 digits", [](Text time) { return time.substr(0, 13); }));
  all.push_back(malformed(
      "15 digits", [](Text time) { return time + "0"; }, true));
  all.push_back(malformed(
      "17 digits, with milliseconds", [](Text time) { return time + "000"; }, true));
  all.push_back(malformed("seconds since 1970", [](Text) { return std::string("1767225600"); }));
  all.push_back(malformed("letters", [](Text) { return std::string("yyyyMMddHHmmss"); }));
  all.push_back(malformed("full-width digits", [](Text time) {
    std::string out;
    for (const char digit : time) out += std::string("\xEF\xBC") + static_cast<char>(0x90 + (digit - '0'));
    return out;
  }));
  all.push_back(malformed("impossible day", [](Text time) { return replaced(time, 4, "0230"); }));
  all.push_back(malformed("month 13", [](Text time) { return replaced(time, 4, "13"); }));
  all.push_back(malformed("hour 24", [](Text time) { return replaced(time, 8, "24"); }));
  all.push_back(malformed(
      "minute 60", [](Text time) { return replaced(time, 10, "60"); }, true));
  all.push_back(malformed(
      "second 61", [](Text time) { return replaced(time, 12, "61"); }, true));
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

const std::vector<Forgery>& forgeries() {
  static const std::vector<Forgery> all = [] {
    std::vector<Forgery> out = {
        missing("no token", Part::absent, Part::right),           missing("empty token", Part::empty, Part::right),
        missing("blank token", Part::blank, Part::right),         missing("no authorization", Part::right, Part::absent),
        missing("empty authorization", Part::right, Part::empty), missing("blank authorization", Part::right, Part::blank),
        missing("neither header", Part::absent, Part::absent),    missing("both headers empty", Part::empty, Part::empty),
    };
    append_authorizations(out);
    append_tokens(out);
    append_timestamps(out);
    // Authentication comes before all else: whatever is wrong with the body is nobody's business before it.
    Forgery unread = token("wrong secret, and a body that is no JSON", [](const std::string&, With with) {
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

const std::vector<ReplayCase>& replays() {
  static const std::vector<ReplayCase> all = {
      {Replay::again, "the same request again"},
      {Replay::third_time, "the same request a third time"},
      {Replay::elsewhere, "the same signature on another interface", true},
      {Replay::after_others, "the same request after others"},
      {Replay::at_once, "eight of the same request at once"},
  };
  return all;
}

const std::vector<BrokenBody>& broken_bodies() {
  using Text = const std::string&;
  static const std::vector<BrokenBody> all = {
      {"empty", [](Text) { return std::string(); }},
      {"no JSON", [](Text) { return std::string("<xml/>"); }},
      {"truncated", [](Text valid) { return valid.substr(0, valid.size() - valid.size() / 3); }},
      {"array", [](Text valid) { return "[" + valid + "]"; }},
      {"null", [](Text) { return std::string("null"); }},
      {"a text", [](Text) { return std::string("\"{}\""); }},
      {"trailing comma", [](Text valid) { return valid.substr(0, valid.size() - 1) + ",,}"; }, true},
      {"a brace too many", [](Text valid) { return valid + "}"; }, true},  // some parsers read one value, and stop
      {"in GBK", [](Text valid) { return "{\"\xD5\xC5\":\"\xC8\xFD\"," + valid.substr(1); }, true},
  };
  return all;
}

}  // namespace meterproof::conformance
