// SPDX-License-Identifier: Apache-2.0
// Before the schedule begins, each appId sends one call of the workload: a wrong secret, or a server that is none of this interface, ends the run at once
// and is told as such, not as a target that fails every request.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "loadgen/load_context.hpp"
#include "net/client/connection_pool.hpp"
#include "net/client/http_client.hpp"

namespace meterproof::loadgen {

/// Whether the specification answers with that code where the appId is unknown or its secret another.
bool refuses_app(const core::Spec& spec, int code);
/// Whether it answers so where the timestamp is outside the tolerance, or used.
bool refuses_time(const core::Spec& spec, int code);

/// What came in place of a reply of the interface: what it is, and how it begins, without secrets and without the request's signature.
i18n::Message describe_stranger(const core::Spec& spec, const std::vector<auth::App>& apps, const net::HttpRequest& request, const net::Exchange& exchange);

/// For one thread; given to ConnectionPool::run once.
class FirstExchange final : public net::RequestSource {
 public:
  /// The calls are those of the context's devices, and their writes are among the acknowledged ones.
  explicit FirstExchange(const LoadContext& context);

  struct Refused {
    std::size_t app = 0;
    i18n::Message answer;  // what the target said, without secrets; of the first `most_answers` only
  };
  static constexpr std::size_t most_answers = 20;
  /// The appIds that the target refused.
  const std::vector<Refused>& refused() const { return refused_; }
  /// Every appId that was answered was refused for its time, and none for anything else.
  bool refused_for_time() const { return refused_.empty() && times_refused_ > 0 && times_refused_ + used_refused_ == readable_; }
  /// One of those.
  std::size_t refused_for_time_app() const { return time_refused_app_; }
  /// The code of every reply that came, where it is the same one, and neither success nor a refusal of the signature.
  std::optional<core::Code> only_code() const;
  /// The first appId that is asked by.
  std::size_t first_app() const { return first_app_; }
  /// Nothing that came is a reply of this interface, and what came may be a refusal of the signature.
  bool may_refuse_signature() const { return readable_ == 0 && may_refuse_signature_; }
  /// Where nothing that came is a reply of this interface: what came. Otherwise empty.
  i18n::Message foreign() const { return readable_ > 0 ? i18n::Message{} : foreign_; }
  /// Why connections could not be opened.
  const std::vector<reports::ErrorRecord>& errors() const { return errors_; }
  /// HTTP came, whatever it said.
  bool speaks_http() const { return speaks_http_; }
  /// Bytes came, and none of HTTP.
  bool speaks_otherwise() const { return !speaks_http_ && speaks_otherwise_; }
  std::uint64_t sent() const { return sent_; }

  net::SteadyTime next_due(net::SteadyTime now) override;
  void make_request(std::size_t connection, net::SteadyTime now, std::string& bytes) override;
  void on_sent(std::size_t, net::SteadyTime, net::SteadyTime) override { ++sent_; }
  void on_response(std::size_t connection, net::SteadyTime now, const net::HttpParser& reply) override;
  void on_error(std::size_t connection, net::SteadyTime now, net::TransportResult why) override;
  void on_connect_error(net::TransportResult why, std::string_view detail) override;
  void on_tick(net::SteadyTime) override {}
  bool may_be_left() const override { return true; }

 private:
  struct Try {
    std::size_t app = 0;
    std::size_t tries = 0;
    net::SteadyTime not_before;
    DeviceCall call;
    net::HttpRequest request;       // its headers: what a reply must not be shown with
    bool with_used_second = false;  // of an earlier run: whether the target still knows of it
  };

  /// The beginning of a text of the target, on one line, without secrets and the request's signature.
  std::string shown(const net::HttpRequest& request, std::string_view text) const;
  /// What came in place of a reply of the interface.
  i18n::Message describe(const net::HttpRequest& request, const net::HttpParser& reply);
  void unreadable(Try one, net::SteadyTime now, bool again);

  LoadContext context_;
  std::deque<Try> to_try_;
  std::vector<Try> try_of_;  // by connection
  std::string body_;
  std::vector<Refused> refused_;
  std::vector<reports::ErrorRecord> errors_;
  i18n::Message foreign_;
  std::uint64_t sent_ = 0;
  std::size_t readable_ = 0, unreadable_ = 0, times_refused_ = 0, used_refused_ = 0, time_refused_app_ = 0, first_app_ = 0;
  bool speaks_http_ = false, speaks_otherwise_ = false, may_refuse_signature_ = false;
  std::set<int> codes_;  // that came
  net::SteadyTime until_;
};

}  // namespace meterproof::loadgen
