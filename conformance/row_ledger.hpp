// SPDX-License-Identifier: Apache-2.0
// The rows that a run has made at the target: no interface takes them away again.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "core/model/interface.hpp"
#include "net/client/http_client.hpp"
#include "reports/record.hpp"

namespace meterproof::conformance {

/// Every key of a run begins with it, some after zeros: who cleans the target up knows them by it.
inline constexpr std::string_view key_prefix = "79";

/// Thread-safe.
class RowLedger {
 public:
  /// Notes the rows that a request names, once it was answered with success.
  void note(const core::Spec& spec, const net::HttpRequest& accepted);
  /// New rows of that table so far.
  std::size_t count(std::size_t table) const;
  /// In the order of the tables, keys in alphabetical order; `known`: keys of rows that were there before.
  std::vector<reports::LeftBehindRecord> left_behind(const core::Spec& spec, const std::map<std::string, std::string>& known) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::size_t, std::set<std::string>> keys_;  // by table
};

}  // namespace meterproof::conformance
