// SPDX-License-Identifier: Apache-2.0
// Requests that are wrong before any field is read: wrong signatures, repeated ones, and bodies that are not a JSON object.
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
  const std::vector<auth::App>& apps;  // all that are known: what is said to be wrong must be none of theirs
  const auth::App* other = nullptr;    // another app that the target takes; null where there is none
  // Timestamps with which it accepted requests of this app; nothing where there are none yet.
  std::optional<core::DateTime> first_accepted = std::nullopt, last_accepted = std::nullopt;
};

/// The part of a case id, and what it says to people.
struct CaseName {
  std::string slug;
  core::LocalizedText description;
};

struct WrongSignature {
  core::SignatureError error;
  CaseName name;
  /// Nothing where it cannot be made for this appId now.
  std::function<std::optional<SignatureHeaders>(const SignatureContext&)> make;
  bool lenient = false;                                      // some servers accept it, and the specification does not forbid that
  std::function<std::string(const std::string&)> body = {};  // makes a wrong body of a valid one; empty: the body is valid
  std::string malformed = {};                                // that body's slug among the malformed bodies, if it is one
  int beyond_edge = 0;                                       // -1, 1: of what the target takes, the older or the newer
  bool timestamps_differ = false;                            // the two headers carry different ones: the token or the timestamp may be called wrong
};

/// How far beyond an edge such a timestamp lies.
inline constexpr std::chrono::seconds beyond_edge_by(5);

/// Every mistake but the repetitions.
const std::vector<WrongSignature>& wrong_signatures();

/// Uses of a signature that was accepted before.
enum class ReplayAttempt {
  again,           // the same request
  third_time,      // a replay that was refused does not make the timestamp free
  elsewhere,       // on another interface
  after_others,    // long after, other requests in between
  new_connection,  // on a connection of its own
  after_refusal,   // after a request that was refused, with the same timestamp
  token_case,      // with the token in the other letter case
  other_padding,   // with Authorization in Base64 less its padding, or with more of it
  other_body,      // with another body
  at_once          // several at once: one of them passes
};
struct ReplayAttemptInfo {
  ReplayAttempt attempt;
  CaseName name;
  bool lenient = false;
};
const std::vector<ReplayAttemptInfo>& replay_attempts();

struct MalformedBody {
  CaseName name;
  std::function<std::string(const std::string& valid)> make;
  bool lenient = false;             // some parsers accept it
  bool may_mean_no_fields = false;  // some servers read it as an object without fields
  int turn = 0;                     // of those with the same number, whose cause is alike, each interface is sent one; 0: all are sent it
};
const std::vector<MalformedBody>& malformed_bodies();
/// Slugs of some.
inline constexpr const char* truncated_body = "truncated";
inline constexpr const char* not_json_body = "not-json";

}  // namespace meterproof::conformance
