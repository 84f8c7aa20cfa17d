// SPDX-License-Identifier: Apache-2.0
// What has changed between two records of checks of the same side: new failures, mended ones, answers to open questions, reach; and whose doing it is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/i18n/message_value.hpp"
#include "core/model/interface.hpp"
#include "reports/record.hpp"

namespace meterproof::history {

/// Whose doing a change is.
enum class Blame { target, suite, specs, suite_or_specs, declaration, waiver, unknown };
inline constexpr std::array<std::string_view, 7> blame_names = {"target", "suite", "specs", "suite-or-specs", "declaration", "waiver", "unknown"};
inline std::string_view to_string(Blame blame) { return blame_names[static_cast<std::size_t>(blame)]; }
i18n::Message to_message(Blame blame);

/// A case with another verdict than before.
struct CaseChange {
  std::string id, interface, section;
  core::LocalizedText title;
  std::vector<std::string> clauses;
  reports::Verdict before = reports::Verdict::inconclusive, after = reports::Verdict::inconclusive;
  i18n::Message reason;  // of the verdict after, or, where that has none, of the one before
  Blame blame = Blame::unknown;
};

/// An open question that is answered otherwise.
struct AnswerChange {
  std::string id;
  core::LocalizedText question;
  std::vector<std::string> before, after;
  Blame blame = Blame::unknown;
};

/// A property of the target that was measured otherwise: tolerance, time zone, what counts as a repeated timestamp.
struct CalibrationChange {
  i18n::Message label, before, after;
};

/// The median time of an interface's replies, in milliseconds.
struct LatencyChange {
  std::string interface;
  double before = 0, after = 0;
};

enum class DifferenceVerdict { no_worse, worse, not_comparable };
inline constexpr std::array<std::string_view, 3> difference_verdict_names = {"no-worse", "worse", "not-comparable"};
inline std::string_view to_string(DifferenceVerdict verdict) { return difference_verdict_names[static_cast<std::size_t>(verdict)]; }

struct RecordDifference {
  DifferenceVerdict verdict = DifferenceVerdict::no_worse;
  i18n::Message why;          // it is not comparable
  bool has_evidence = false;  // what the first record holds was judged again by the suite of the second
  i18n::Message no_evidence;  // why not
  std::vector<CaseChange> failed, mended, undecided, decided, others;
  std::vector<i18n::Message> causes;  // of new failures, as the second record tells them
  std::vector<AnswerChange> answers;
  std::vector<AnswerChange> uncertain_answers;  // of interfaces that fail otherwise than before, from which they may follow
  std::vector<CalibrationChange> calibration;
  std::vector<std::string> clauses_lost, clauses_gained;
  std::vector<LatencyChange> latency;
  std::size_t only_before = 0, only_after = 0;  // cases that one of them does not have

  bool empty() const;
  /// 0 no worse, 1 worse, 4 not comparable.
  int exit_code() const;
};

/// `spec`: what this program judges by; `spec_digest`: over its files, as records have it, or "". Where `before` has evidence (`check --transcript`), it is
/// judged again by it: what differs then is the suite's or the specs' doing.
RecordDifference difference(const core::Spec& spec, const std::string& spec_digest, const reports::CheckRecord& before, const reports::CheckRecord& after);

/// Empty, or why a run with these cases cannot be held against that record: it has none of them, or covers less.
i18n::Message why_no_baseline(const reports::CheckRecord& baseline, const std::string& role, const std::vector<std::string>& cases);

}  // namespace meterproof::history
