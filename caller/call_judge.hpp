// SPDX-License-Identifier: Apache-2.0
// Judges what the other side answers to the calls of a mock: three cases for each interface that is called, the first failure of each with its exchange.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "conformance/reply.hpp"
#include "core/auth/signer.hpp"
#include "core/model/interface.hpp"
#include "net/client/http_client.hpp"
#include "reports/record.hpp"

namespace meterproof::caller {

/// A call that was made, and what came of it.
struct MadeCall {
  const core::Interface* interface = nullptr;
  net::HttpRequest request;
  net::Exchange exchange;
  bool is_doubtful = false;  // it was made before, without an answer, and may have been carried out then
  /// Between the reply's rows and those that the calls before imply; nothing where that was not compared.
  std::optional<std::vector<i18n::Message>> differences;
};

/// Not thread-safe. `spec` must outlive it.
class CallJudge {
 public:
  /// `judged`: the side that is called. `url`: its address.
  CallJudge(const core::Spec& spec, core::Role judged, std::string url);

  /// Returns the reply's code where it is one of the interface's.
  std::optional<core::Code> note(const MadeCall& call, const conformance::Reply& reply);
  /// Every case by the calls so far. Tokens and secrets of these apps are taken out.
  reports::CheckRecord record(const std::vector<auth::App>& apps) const;

 private:
  enum class Kind { accepted, reply, rows };
  void observe(const core::Interface& interface, Kind kind, reports::Verdict verdict, i18n::Message observed, i18n::Message reason, const MadeCall& call);
  void judge_rows(const MadeCall& call, const conformance::Reply& reply);

  const core::Spec& spec_;
  core::Role judged_;
  std::string url_;
  struct Counts {
    std::uint64_t calls = 0, accepted = 0, refused = 0, unanswered = 0;
  };
  std::map<std::string, Counts> counts_;  // by interface
  bool has_reply_ = false;                // somebody there speaks the interface
  bool tls_failed_ = false;
  std::map<std::pair<std::string, Kind>, reports::CaseRecord> cases_;  // the worst of what was seen
};

}  // namespace meterproof::caller
