// SPDX-License-Identifier: Apache-2.0
// Behaviour of a mutant that edited data cannot express. Each function is a point of the mock's request path.
// The base class is the null object: a mock without a mutation has faithful(), which changes nothing.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/request.hpp"
#include "core/rules/rule_kind.hpp"
#include "core/store/data_store.hpp"
#include "core/time/datetime.hpp"

namespace meterproof::mutation {

/// A signature's timestamp as it is presented.
struct TimestampUse {
  std::size_t account = 0;
  core::DateTime timestamp{}, now{};
  std::chrono::system_clock::time_point received_at{};
  std::string_view path{};
};

/// What is not overridden does as the specification says. Hooks have state of their own: they serve one mock, of one thread, and must outlive it.
class MutationHooks {
 public:
  using Time = std::chrono::system_clock::time_point;

  MutationHooks() = default;
  MutationHooks(const MutationHooks&) = delete;
  MutationHooks& operator=(const MutationHooks&) = delete;
  virtual ~MutationHooks() = default;

  // The signature.

  /// May read the timestamp otherwise, and change how far it may be off.
  virtual void read_timestamp(std::string_view /*text*/, core::DateTime /*now*/, std::optional<core::DateTime>& /*time*/, std::chrono::seconds& /*tolerance*/) {
  }
  /// Whether a token passes that is not the expected one.
  virtual bool accepts_token(std::string_view /*token*/, std::string_view /*expected*/) { return false; }
  /// When the timestamp was used before, as the mutant remembers it. `before` is the truth.
  virtual std::optional<core::DateTime> used_before(const TimestampUse&, std::optional<core::DateTime> before) { return before; }
  /// Whether the interface takes a request of which that is wrong.
  virtual bool skips_check(const core::Interface&, core::SignatureError) { return false; }
  /// Whether the rules are looked at before the signature.
  virtual bool authenticates_last() { return false; }

  // The rules.

  /// The code that answers a body that is no JSON object.
  virtual core::Code unparsable_code(const core::Interface&, core::Code code) { return code; }
  /// What the rules are told of the rows.
  virtual const rules::DataLookup& data(const store::DataStore& store, Time) { return store; }
  /// Whether a rule that the request breaks is passed over.
  virtual bool overlooks(const core::Interface&, const core::Rule&, const core::Request&) { return false; }
  /// Whether a request that is refused, by a rule or (`!is_authentic`) for its token, is carried out nonetheless. The latter only where it
  /// `authenticates_last`.
  virtual bool carries_out_refused(bool /*is_authentic*/) { return false; }

  // The effects.

  /// Interfaces that may act in place of others; they live as long as the hooks.
  virtual std::vector<const core::Interface*> replacements() const { return {}; }
  /// The interface that acts on the request: its own, or one of `replacements`.
  virtual const core::Interface& acting_interface(const core::Request& request, const store::DataStore&) { return *request.interface; }
  /// What has a say in the mock's store; null: nothing.
  virtual const store::StoreInterceptor* store_interceptor() const { return nullptr; }
  /// A request was carried out; `result` is what its reply will show.
  virtual void carried_out(const core::Request&, const store::DataStore&, store::ResultSet& /*result*/, Time) {}

  // The reply.

  virtual void edit_reply(std::string& /*body*/, std::string_view& /*content_type*/) {}

  /// Hooks that change nothing. They have no state, so threads may share them.
  static MutationHooks& faithful() {
    static MutationHooks none;
    return none;
  }
};

}  // namespace meterproof::mutation
