// SPDX-License-Identifier: Apache-2.0
// A closer look at a target whose first replies are of no use: why it refuses the first call of every appId (what it says, its clock beside ours, and which
// other known way to sign, or which other time, it does accept: reports/signature_trials.hpp), what answers there in place of HTTP, and whether one code is
// all that it ever answers. The load is not begun; what the trials find is told, not used.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "core/i18n/message_value.hpp"
#include "loadgen/load_context.hpp"
#include "reports/foreign_reply.hpp"

namespace meterproof::loadgen {

struct RefusalExplanation {
  bool refused = false;  // signed for the present, the call is refused, too; false also where nothing is answered
  i18n::Message answer;  // what the target says then
  std::vector<i18n::Message> notes;
};

/// Sends calls of the workload, one after the other. Each member blocks, for ten seconds at the most, or until the run is interrupted: what it found until
/// then says nothing. For one thread.
class Inquiry {
 public:
  /// `interrupted`: asked again and again.
  Inquiry(const LoadContext& context, std::function<bool()> interrupted) : context_(context), interrupted_(std::move(interrupted)) {}

  /// By that appId. `of_time`: the timestamp was refused, not the signature.
  RefusalExplanation explain_refusal(std::size_t app, bool of_time);
  /// What comes there in place of HTTP; nothing where nothing comes.
  std::optional<reports::ForeignReply> describe_stranger(std::size_t app);
  struct OnlyAnswer {
    i18n::Message why;       // why no run can be judged by it
    i18n::Message received;  // what came last
  };
  /// Where further calls, and one with a wrong signature, get that code too. Otherwise nothing.
  std::optional<OnlyAnswer> answers_only(core::Code code, std::size_t app);
  /// Calls.
  std::uint64_t sent() const { return sent_; }

 private:
  class RepeatedCall;

  LoadContext context_;
  std::function<bool()> interrupted_;
  std::uint64_t sent_ = 0;
};

}  // namespace meterproof::loadgen
