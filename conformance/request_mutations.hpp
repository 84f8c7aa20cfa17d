// Requests that are wrong before any field is looked at: forged signatures, replayed ones, and bodies that are no JSON object.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/auth/signer.hpp"
#include "core/time/datetime.hpp"

namespace meterproof::conformance {

/// The two headers' values; nothing where a header is left out.
struct SignatureHeaders {
  std::optional<std::string> token, authorization;
};

struct SignatureContext {
  const auth::Signer& signer;
  const auth::App& app;
  core::DateTime timestamp;  // one that has not been used
  core::DateTime now;
  // The furthest offsets that the target takes, where they are known.
  std::optional<std::chrono::seconds> past_edge, future_edge;
};

struct SignatureMutation {
  core::SignatureError fault;
  std::string label;
  /// Nothing where it can't be made for this appId at this moment.
  std::function<std::optional<SignatureHeaders>(const SignatureContext&)> make;
  bool lenient = false;                                      // some servers take it, and the paper does not forbid that
  std::function<std::string(const std::string&)> body = {};  // what becomes of a valid body, where that is wrong too
};

/// Every forgery but the replays.
const std::vector<SignatureMutation>& signature_mutations();

/// Uses of a signature that was accepted before.
enum class ReplayAttempt {
  again,         // the same request
  third_time,    // a replay that was refused does not make the timestamp free
  elsewhere,     // on another interface
  after_others,  // long after, other requests in between
  at_once        // several at once: one of them passes
};
struct ReplayAttemptInfo {
  ReplayAttempt replay;
  std::string label;
  bool lenient = false;
};
const std::vector<ReplayAttemptInfo>& replay_attempts();

struct MalformedBody {
  std::string label;
  std::function<std::string(const std::string& valid)> make;
  bool lenient = false;
};
const std::vector<MalformedBody>& malformed_bodies();

}  // namespace meterproof::conformance
