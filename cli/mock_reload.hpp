// SPDX-License-Identifier: Apache-2.0
// Reads specs, apps, meters, faults and certificate anew for a mock that runs. What is wrong is told, and nothing is changed then.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "mockserver/mock_state.hpp"
#include "net/server/http_server.hpp"

namespace meterproof::cli {

/// Where a mock has them from. What stands on the command line, or in the environment, stays as it is.
struct MockSources {
  std::string spec_directory;                      // found
  std::string apps_file;                           // "" for none
  std::vector<auth::App> given_apps;               // beside those of the file
  std::string meters_file;                         // "" for none
  std::string faults_file;                         // "" for none
  std::string certificate, key;                    // "" for none
  std::optional<std::chrono::minutes> utc_offset;  // of the command line; otherwise the spec's
  std::optional<std::chrono::seconds> tolerance;   // the same
  std::string fixed_by;                            // an option with which the mock cannot be changed; "" for none
};

class MockReloader {
 public:
  /// All must outlive it. `spec` is the one that the state was made with.
  MockReloader(core::Spec& spec, mockserver::MockState& state, net::HttpServer& server, MockSources sources)
      : spec_(spec), state_(state), server_(server), sources_(std::move(sources)) {}

  /// May be called from any thread. What is good comes into force between two requests.
  mockserver::MockState::ReadAnew read();

 private:
  core::Spec& spec_;
  mockserver::MockState& state_;
  net::HttpServer& server_;
  const MockSources sources_;
  std::mutex mutex_;         // one at a time
  std::uint64_t asked_ = 0;  // readings that were good
};

/// Of a JSON list of faults. Empty, or what is wrong.
i18n::Message read_faults_file(const std::string& path, const core::Spec& spec, const std::vector<auth::App>& apps,
                               std::vector<mockserver::InjectedFault>& faults);

}  // namespace meterproof::cli
