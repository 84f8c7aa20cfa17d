// Codes that only a broken target answers: it is broken, asked, and mended again, whatever comes of it.
#pragma once

#include <utility>
#include <vector>

#include "conformance/fixtures.hpp"
#include "conformance/runner.hpp"

namespace meterproof::conformance {

class InjectedFaultCases {
 public:
  /// `records` stand beside `cases`.
  InjectedFaultCases(TargetSession& session, const CheckOptions& options, const std::vector<Case>& cases, std::vector<reports::CaseRecord>& records)
      : session_(session), options_(options), cases_(cases), records_(records), fixtures_(session, options.scope, options.fixtures) {}

  void run();

 private:
  using Tries = std::vector<std::pair<std::size_t, core::RequestBuilder>>;  // places in `cases`, and a valid request of each

  void prepare(std::size_t place, Tries& tries);
  void judge(std::size_t place, const core::RequestBuilder& make_request, const std::string& failed);
  bool recovered(const core::RequestBuilder& make_request);
  void report_broken(std::size_t place, const std::string& why);

  TargetSession& session_;
  const CheckOptions& options_;
  const std::vector<Case>& cases_;
  std::vector<reports::CaseRecord>& records_;
  FixtureFactory fixtures_;
};

}  // namespace meterproof::conformance
