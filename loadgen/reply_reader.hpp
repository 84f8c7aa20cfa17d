// SPDX-License-Identifier: Apache-2.0
// Reads the replies to one step of a workload: regular ones by a scanner, all others as a check reads them (core/json/reply_reading.hpp).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/json/reply_reading.hpp"
#include "core/json/response_scanner.hpp"
#include "core/model/interface.hpp"
#include "core/redact/redactor.hpp"
#include "net/http/http_parser.hpp"

namespace meterproof::loadgen {

/// As a check reads it.
json::ReplyReading read_reply(const net::HttpParser& reply, const core::Spec& spec, const std::vector<std::string>& row_names = {});

/// For one thread.
class ReplyReader {
 public:
  /// `spec` must outlive it.
  ReplyReader(const core::Spec& spec, json::ResponseScanner scanner) : spec_(&spec), scanner_(std::move(scanner)) {}

  /// The result is valid until the next call, and as long as the reply. It has a code if there is no problem.
  const json::ScannedResponse& read(const net::HttpParser& reply);
  /// Why the last reply is unreadable; empty if it is not. Of replies with the same mistake the first one's place is shown, so that they count as one.
  const i18n::Message& problem() const { return problem_; }
  /// What is irregular in the last reply, and read all the same.
  const std::vector<json::Irregularity>& irregularities() const { return reading_.irregularities; }
  /// The last reply has a problem or is irregular.
  bool is_irregular() const { return was_irregular_; }
  /// No reply before the last one had such a problem.
  bool is_new_problem() const { return is_new_problem_; }
  /// Tells of the last reply, `reply`, what it would tell of one without what the redactor knows. What `read` returned stays.
  void redact(const net::HttpParser& reply, const redact::Redactor& redactor);

 private:
  const json::ScannedResponse& read_irregular(const net::HttpParser& reply);

  const core::Spec* spec_;
  json::ResponseScanner scanner_;
  bool was_irregular_ = false, is_new_problem_ = false;
  json::ReplyReading reading_;  // of the last irregular reply
  json::ScannedResponse as_scanned_;
  i18n::Message problem_;
  std::map<std::string, i18n::Message> first_of_kind_;
};

}  // namespace meterproof::loadgen
