// SPDX-License-Identifier: Apache-2.0
// How a mock server is to behave: what the command line and the open questions decide.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/auth/signer.hpp"
#include "core/i18n/message_value.hpp"
#include "core/model/interface.hpp"
#include "core/model/meter_behaviour.hpp"

namespace meterproof::mockserver {

struct MockOptions {
  std::vector<auth::App> apps;
  std::optional<core::Role> only;  // one side of the interface; both where it is empty
  std::chrono::minutes utc_offset{480};
  std::chrono::seconds tolerance{900};
  bool refuse_replays = true;
  bool strict = false;          // refuse what the specification does not allow, though it is understood
  bool worlds_per_app = false;  // the requests of each appId find and change rows of its own
  bool admin_api = true;
  std::string control_token;                   // what a request to the admin API must bear; "" where none is needed
  bool admin_closed = false;                   // others can reach the mock, and there is no token: the admin API refuses everything
  std::vector<std::string> admin_hosts;        // names in a Host header, beside addresses and localhost, by which the admin API is called
  std::optional<core::MeterBehaviour> meters;  // how they live while business time moves
  bool calls = false;                          // somebody calls the other side (caller/), and business time waits for the answers
  bool has_tls = false;                        // its addresses begin with https://
  std::size_t log_length = 250;
  std::map<std::string, std::string, std::less<>> interpretations;  // by question: its id, or INTERFACE/ID
};

/// Checks `ID=ANSWER` against the open questions and takes it. Empty, or what is wrong and what may be written.
i18n::Message apply_interpretation(MockOptions& options, const core::Spec& spec, const std::string& choice);

/// An answer to every open question, by chance: the same seed, the same answers.
void apply_random_interpretations(MockOptions& options, const core::Spec& spec, std::uint64_t seed);

/// Answers to the open questions: those given in MockOptions, otherwise the first accepted one.
class InterpretationChoice {
 public:
  using Answers = std::map<std::string, std::string, std::less<>>;
  /// Both must outlive it.
  InterpretationChoice(const core::Spec& spec, const Answers& answers) : spec_(&spec), answers_(&answers) {}
  InterpretationChoice(const core::Spec& spec, const MockOptions& options) : InterpretationChoice(spec, options.interpretations) {}

  std::string of(std::string_view question) const;
  /// The code that answers a question's rule.
  core::Code of(const core::Interface& interface, const core::OpenQuestion& question) const;

 private:
  const core::Spec* spec_;
  const Answers* answers_;
};

/// An open question that the mock can answer in several ways.
struct AnswerableQuestion {
  std::string name;  // as --interpretation knows it: its id, or INTERFACE/ID
  const core::OpenQuestion* question = nullptr;
  std::vector<std::string> answers;
};
std::vector<AnswerableQuestion> answerable_questions(const core::Spec& spec);

}  // namespace meterproof::mockserver
