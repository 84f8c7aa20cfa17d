// SPDX-License-Identifier: Apache-2.0
// A test case: what it is about, and how it is run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "conformance/target_session.hpp"
#include "core/i18n/message.hpp"
#include "core/model/interface.hpp"
#include "reports/record.hpp"

namespace meterproof::conformance {

class CaseContext;

/// Cases that one worker runs one after the other, with rows of its own: an interface's, or (`shared_rows`) those of all interfaces.
enum class CaseGroup { business, authentication, sequences, shared_rows };

/// The order in which the cases of a group are run. What a phase has changed is looked for at its end.
enum class Phase {
  described,
  baseline,
  boundary,
  reply,
  effect,
  negative,
  open_question,
  may_succeed,
  sequence,
  multi_row,
  value,
  count,
  neighbour,
  constant,
  concurrent,
  transport,
  injected_fault,
  after_the_run
};

struct CaseInfo {
  std::string id;  // INTERFACE/KIND/slug; stable from release to release
  const core::Interface* interface = nullptr;
  std::string section;                    // of the specification
  core::LocalizedText title;              // the requirement, and what is sent
  core::LocalizedText requirement;        // the specification's sentence
  std::vector<core::Code> expected;       // pass
  std::vector<core::Code> also_accepted;  // pass with a warning
  std::vector<std::string> clauses;       // ids of the clauses that it tests
  CaseGroup group = CaseGroup::business;
  Phase phase = Phase::baseline;
  std::size_t timestamps = 1;  // approximate number of timestamps that the case needs
  bool is_spare = false;       // like one that another interface gets: run where there are timestamps left over for it
};

/// The result of a case.
struct CaseResult {
  reports::Verdict verdict = reports::Verdict::inconclusive;
  i18n::Message expected;  // empty: one of the case's codes
  i18n::Message observed, reason;
  std::optional<Sent> sent;           // the exchange to show
  std::vector<Exchanged> steps = {};  // all of them, where several requests matter
  std::uint64_t requests = 0;         // timestamps that it took
};

class TestCase {
 public:
  explicit TestCase(CaseInfo info) : info_(std::move(info)) {}
  virtual ~TestCase() = default;
  TestCase(const TestCase&) = delete;
  TestCase& operator=(const TestCase&) = delete;

  const CaseInfo& info() const { return info_; }

  /// The valid requests (indices of Interface::variants) that must be sent before this case can be judged.
  virtual std::vector<std::size_t> baselines() const { return {}; }
  /// The interfaces beside its own that must be called.
  virtual std::vector<const core::Interface*> needs() const { return {}; }
  /// Whether it rests on several requests, so that all of them are shown.
  virtual bool rests_on_several() const { return false; }
  /// The open question that the case asks; null where it asks none.
  virtual const core::OpenQuestion* question() const { return nullptr; }
  /// Sends what is to be sent and judges the reply. Throws Inconclusive where something that it needs cannot be had.
  virtual CaseResult run(CaseContext& context) const = 0;

 private:
  CaseInfo info_;
};

/// What a case is about: one of reports::case_kinds, or the second part of its id.
std::string kind_of(const CaseInfo& info);
/// The id of the case about a valid request of the interface.
std::string baseline_id(const core::Spec& spec, const core::Interface& interface, std::size_t variant);

/// What is known of a case before it is run.
reports::CaseRecord record_of(const CaseInfo& info);
/// The record of a case that is not run.
reports::CaseRecord untried(const CaseInfo& info, i18n::Message why);

/// The reply's code; or why there is none.
i18n::Message code_of(const Sent& sent);
/// "1, -200"
std::string listed(const std::vector<core::Code>& codes);
bool has(const std::vector<core::Code>& codes, const std::optional<core::Code>& code);

/// A case that was not run.
CaseResult not_tried(i18n::Message why);
/// Judges a reply by its code alone.
CaseResult judge_code(const std::vector<core::Code>& expected, const std::vector<core::Code>& also_accepted, core::Code success, Sent sent);

}  // namespace meterproof::conformance
