// Requests that are wrong before any field is looked at: forged signatures, replayed ones, and bodies that are no JSON object.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "spec/model/datetime.hpp"
#include "spec/wire/signature.hpp"

namespace meterproof::conformance {

/// The two headers' values; nothing where a header is left out.
struct SignatureHeaders {
  std::optional<std::string> token, authorization;
};

struct ForgeryContext {
  const wire::Signer& signer;
  const wire::App& app;
  spec::DateTime timestamp;  // one that has not been used
  spec::DateTime now;
  // The furthest offsets that the target takes, where they are known.
  std::optional<std::chrono::seconds> past_edge, future_edge;
};

struct Forgery {
  spec::SignatureFault fault;
  std::string label;
  /// Nothing where it can't be made for this appId at this moment.
  std::function<std::optional<SignatureHeaders>(const ForgeryContext&)> make;
  bool lenient = false;                                      // some servers take it, and the paper does not forbid that
  std::function<std::string(const std::string&)> body = {};  // what becomes of a valid body, where that is wrong too
};

/// Every forgery but the replays.
const std::vector<Forgery>& forgeries();

/// Uses of a signature that was accepted before.
enum class Replay {
  again,         // the same request
  third_time,    // a replay that was refused does not make the timestamp free
  elsewhere,     // on another interface
  after_others,  // long after, other requests in between
  at_once        // several at once: one of them passes
};
struct ReplayCase {
  Replay replay;
  std::string label;
  bool lenient = false;
};
const std::vector<ReplayCase>& replays();

struct BrokenBody {
  std::string label;
  std::function<std::string(const std::string& valid)> make;
  bool lenient = false;
};
const std::vector<BrokenBody>& broken_bodies();

}  // namespace meterproof::conformance
