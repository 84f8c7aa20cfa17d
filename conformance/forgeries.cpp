#include "conformance/forgeries.hpp"

namespace meterproof::conformance {

using spec::SignatureFault;
using std::chrono::hours;

namespace {

SignatureHeaders signed_at(const ForgeryContext& with, const std::string& timestamp) {
  return {with.signer.token(with.app, timestamp), with.signer.authorization(with.app, timestamp)};
}

SignatureHeaders valid(const ForgeryContext& with) { return signed_at(with, with.timestamp.compact()); }

template <class Change>
Forgery token(std::string label, Change change) {
  return {SignatureFault::token_wrong, std::move(label), [change](const ForgeryContext& with) {
            SignatureHeaders headers = valid(with);
            headers.token = change(*headers.token, with);
            return headers;
          }};
}

template <class Stamp>
Forgery stamp(SignatureFault fault, std::string label, Stamp make) {
  return {fault, std::move(label), [make](const ForgeryContext& with) { return signed_at(with, make(with.timestamp)); }};
}

Forgery missing(std::string label, const std::optional<std::string>& token, const std::optional<std::string>& authorization, bool keep_token,
                bool keep_authorization) {
  return {SignatureFault::header_missing, std::move(label), [=](const ForgeryContext& with) {
            SignatureHeaders headers = valid(with);
            if (!keep_token) headers.token = token;
            if (!keep_authorization) headers.authorization = authorization;
            return headers;
          }};
}

Forgery unreadable(std::string label, std::function<std::string(const ForgeryContext&)> make) {
  return {SignatureFault::authorization_unreadable, std::move(label), [make = std::move(make)](const ForgeryContext& with) {
            SignatureHeaders headers = valid(with);
            headers.authorization = make(with);
            return headers;
          }};
}

}  // namespace

const std::vector<Forgery>& forgeries() {
  using Fault = SignatureFault;
  using spec::DateTime;
  static const std::vector<Forgery> all = {
      missing("no token", std::nullopt, {}, false, true),
      missing("empty token", "", {}, false, true),
      missing("no authorization", {}, std::nullopt, true, false),
      missing("empty authorization", {}, "", true, false),
      missing("neither header", std::nullopt, std::nullopt, false, false),
      unreadable("no Base64", [](const ForgeryContext&) { return "***"; }),
      unreadable("sent in plain", [](const ForgeryContext& with) { return with.app.id + ":" + with.timestamp.compact(); }),
      unreadable("no colon", [](const ForgeryContext& with) { return wire::base64(with.app.id + with.timestamp.compact()); }),
      {Fault::app_unknown, "unknown appId",
       [](const ForgeryContext& with) {
         const wire::App stranger{with.app.id + "x", with.app.secret};
         return SignatureHeaders{with.signer.token(stranger, with.timestamp.compact()), with.signer.authorization(stranger, with.timestamp.compact())};
       }},
      token("wrong secret",
            [](const std::string&, const ForgeryContext& with) {
              return with.signer.token({with.app.id, with.app.secret + "x"}, with.timestamp.compact());
            }),
      token("timestamp first",
            [](const std::string&, const ForgeryContext& with) { return wire::md5_hex(with.timestamp.compact() + with.app.id + with.app.secret); }),
      token("without the secret", [](const std::string&, const ForgeryContext& with) { return wire::md5_hex(with.app.id + with.timestamp.compact()); }),
      token("a second apart",
            [](const std::string&, const ForgeryContext& with) { return with.signer.token(with.app, (with.timestamp + std::chrono::seconds(1)).compact()); }),
      token("a digit short", [](const std::string& own, const ForgeryContext&) { return own.substr(0, own.size() - 1); }),
      token("a digit long", [](const std::string& own, const ForgeryContext&) { return own + "0"; }),
      token("right in its first half",
            [](const std::string& own, const ForgeryContext&) {
              std::string half = own;
              for (std::size_t i = half.size() / 2; i < half.size(); ++i) half[i] = half[i] == '0' ? '1' : '0';
              return half;
            }),
      stamp(Fault::timestamp_malformed, "16 digits with a literal 24",
            [](DateTime time) {
              std::string text = time.compact();
              return text.insert(10, "24");
            }),
      stamp(Fault::timestamp_malformed, "13 digits", [](DateTime time) { return time.compact().substr(0, 13); }),
      stamp(Fault::timestamp_malformed, "with separators", [](DateTime time) { return time.to_string(); }),
      stamp(Fault::timestamp_malformed, "impossible day",
            [](DateTime time) {
              std::string text = time.compact();
              return text.replace(4, 4, "0230");
            }),
      stamp(Fault::timestamp_off, "a year ago", [](DateTime time) { return (time + hours(-24 * 365)).compact(); }),
      stamp(Fault::timestamp_off, "two days ago", [](DateTime time) { return (time + hours(-48)).compact(); }),
      stamp(Fault::timestamp_off, "two days ahead", [](DateTime time) { return (time + hours(48)).compact(); }),
  };
  return all;
}

const std::vector<BrokenBody>& broken_bodies() {
  static const std::vector<BrokenBody> all = {
      {"empty", [](const std::string&) { return std::string(); }},
      {"no JSON", [](const std::string&) { return std::string("<xml/>"); }},
      {"truncated", [](const std::string& valid) { return valid.substr(0, valid.size() - valid.size() / 3); }},
      {"array", [](const std::string& valid) { return "[" + valid + "]"; }},
      {"trailing comma", [](const std::string& valid) { return valid.substr(0, valid.size() - 1) + ",,}"; }},
  };
  return all;
}

}  // namespace meterproof::conformance
