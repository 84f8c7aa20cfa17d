// SPDX-License-Identifier: Apache-2.0
#include "net/client/connection_trial.hpp"

#include <algorithm>
#include <memory>
#include <string>

namespace meterproof::net {

namespace {

/// Linux repeats the first packet of a connection after one second (RFC 6298, section 2): a connection that took longer was not accepted the first time.
constexpr std::chrono::milliseconds accepted_at_once{900};

}  // namespace

std::string_view to_string(Keeping keeping) {
  switch (keeping) {
    case Keeping::keeps: return "keeps";
    case Keeping::says_close: return "says close";
    case Keeping::closes_silently: return "closes silently";
  }
  return {};
}

TrialResult HttpClientPool::try_connections(const ConnectionTrial& trial) {
  constexpr std::chrono::milliseconds watched{150};  // for the end of the stream, which comes right behind the reply
  close_idle();
  TrialResult out;
  HttpClient idle(address_, timeout_, give_up_, server_);
  auto next = trial.requests.begin();
  if (trial.beside_idle) {
    out.exchanges.push_back(idle.exchange(*next++));
    if (out.exchanges.front().transport == TransportResult::replied) {
      out.keeping = !idle.is_connected() ? Keeping::says_close : idle.stays_open(watched) ? Keeping::keeps : Keeping::closes_silently;
      if (out.keeping == Keeping::closes_silently) server_->closes_silently = true;
      if (out.keeping != Keeping::keeps) (void)idle.send({});  // opens another one
    }
  }
  std::vector<std::unique_ptr<HttpClient>> clients;
  std::vector<HttpClient*> group;
  std::vector<std::string> bytes;
  for (; next != trial.requests.end(); ++next) {
    clients.push_back(std::make_unique<HttpClient>(address_, std::min(timeout_, trial.patience), give_up_, server_));
    group.push_back(clients.back().get());
    bytes.push_back(next->bytes(address_));
  }
  for (Exchange& one : HttpClient::exchange_together(group, bytes)) {
    if (one.transport == TransportResult::replied && group[out.exchanges.size() - (trial.beside_idle ? 1U : 0U)]->opened_after() > accepted_at_once) {
      one = Exchange();
      one.transport = TransportResult::timed_out;
    }
    out.exchanges.push_back(std::move(one));
  }
  return out;
}

}  // namespace meterproof::net
