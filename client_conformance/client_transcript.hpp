// SPDX-License-Identifier: Apache-2.0
// Records everything that a client sends, and judges it again from that alone. Tokens and secrets are gone by then: whoever judges again knows no secret, so
// a record says of each signature that cannot be made again what was found of it. The others are made again, of secrets that are made up.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

#include "client_conformance/client_monitor.hpp"
#include "core/redact/token_redactor.hpp"
#include "mockserver/authenticator.hpp"
#include "reports/record.hpp"

namespace meterproof::client_conformance {

/// The most rows that a client may be served with where all that came is recorded: they are part of the record.
inline constexpr std::size_t most_recorded_rows = 10'000;
std::size_t rows_of(const loader::Fixtures& rows);

/// Stands before a monitor: what the monitor judges is what is recorded.
class ClientRecorder {
 public:
  /// `spec` must outlive it. `rows`: at most `most_recorded_rows`.
  ClientRecorder(const core::Spec& spec, const mockserver::MockOptions& mock_options, const loader::Fixtures& rows, const ClientOptions& options);

  void handle(const net::HttpParser& request, ClientMonitor::Time now, net::Response& response, std::chrono::steady_clock::time_point steady);
  void handle_bad_request(const net::HttpParser& request, net::Response& response, const net::Arrival& arrival);

  const ClientMonitor& monitor() const { return monitor_; }
  /// The client sends more than can be kept: the run has to end.
  bool is_full() const;
  /// With its transcript, without tokens.
  reports::CheckRecord record() const;

 private:
  reports::FindingRecord find(const net::HttpParser& request, ClientMonitor::Time now);
  std::string redacted(std::string_view text) const;
  /// What it leaves can still be read as the part of a head that it was.
  std::string redacted_in_head(std::string_view text) const;
  void keep(reports::EventRecord event);

  const core::Spec& spec_;
  mockserver::MockOptions mock_options_;  // with the secrets
  mockserver::Authenticator authenticator_;
  mockserver::SignatureScratch signature_scratch_;
  redact::TokenRedactor tokens_;  // with the secrets
  reports::TranscriptRecord transcript_;
  std::size_t kept_ = 0;  // bytes
  ClientMonitor monitor_;
};

/// Whether it is the record of a client's check.
bool is_of_client(const reports::CheckRecord& record);

/// The record that the transcript gives, of the same suite. Throws i18n::MessageError where it is missing, damaged, or of another run.
reports::CheckRecord rejudge(const core::Spec& spec, const reports::CheckRecord& record);

}  // namespace meterproof::client_conformance
