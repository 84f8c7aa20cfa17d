// Section 2 on the server's side: is this request signed by an app we know, now, and for the first time?
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "mockserver/settings.hpp"
#include "spec/model/datetime.hpp"

namespace meterproof::mock {

/// The timestamps that an app has used, as far back as they could be accepted again. Its size is fixed by the tolerance.
class ReplayGuard {
 public:
  explicit ReplayGuard(std::chrono::seconds tolerance) : slots_(static_cast<std::size_t>(2 * tolerance.count() + 1)) {}

  /// When the timestamp was used before, or nothing; from now on it counts as used.
  std::optional<spec::DateTime> use(spec::DateTime timestamp, spec::DateTime now);
  void forget(spec::DateTime timestamp);

 private:
  struct Slot {
    std::uint32_t timestamp = 0, used_at = 0;
  };
  std::vector<Slot> slots_;
};

/// What was found wrong, with all that is needed to explain it.
struct Refusal {
  spec::SignatureFault fault = spec::SignatureFault::header_missing;
  spec::Text why;
};

/// When and where a request came in, to the microsecond: what a deviating server goes by.
struct Arrival {
  std::chrono::system_clock::time_point moment{};
  std::string_view path{};
};

class Authenticator {
 public:
  Authenticator(const spec::Spec& spec, const Settings& settings);

  /// `token` and `authorization` are the headers' values. Nothing where the request may pass.
  /// `app_id` becomes whose it claims to be, where that is an appId we know: any other text may be a secret.
  std::optional<Refusal> check(std::string_view token, std::string_view authorization, spec::DateTime now, std::string& app_id, const Arrival& arrival = {});

 private:
  enum class TokenCase { any, lower, upper };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  struct Account {
    wire::App app;
    std::optional<ReplayGuard> guard;
    // What a deviating server keeps of it.
    spec::DateTime last{};
    std::map<std::int64_t, std::chrono::system_clock::time_point> late{};
    std::set<std::pair<std::int64_t, std::string>> by_path{};
  };
  std::optional<spec::DateTime> use(Account& account, spec::DateTime timestamp, spec::DateTime now, const Arrival& arrival);

  bool holds_a_secret(std::string_view text) const;
  bool listed(spec::SignatureFault fault) const { return listed_[static_cast<std::size_t>(fault)]; }
  bool token_matches(std::string_view token, const wire::App& app, std::string_view timestamp);

  const spec::Spec* spec_;
  const Settings* settings_;
  wire::Signer signer_;
  TokenCase token_case_;
  bool refused_use_up_;
  std::vector<bool> listed_;  // the faults that some code answers
  std::string expected_;
  std::unordered_map<std::string, Account, Hash, std::equal_to<>> accounts_;
};

}  // namespace meterproof::mock
