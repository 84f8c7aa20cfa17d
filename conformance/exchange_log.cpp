// SPDX-License-Identifier: Apache-2.0
#include "conformance/exchange_log.hpp"

#include <algorithm>
#include <utility>

#include "conformance/exchange_record.hpp"

namespace meterproof::conformance {

namespace {

constexpr std::size_t kept_at_each_end = 20;
constexpr std::size_t kept_of_a_step = 2048;  // bytes of a reply; the requests are ours, and stay whole

bool is_same(const net::HttpRequest& a, const net::HttpRequest& b) { return a.path == b.path && a.headers == b.headers && a.body == b.body; }

}  // namespace

ExchangeLog::Recording::Recording(ExchangeLog& log) : log_(log) {
  const std::scoped_lock lock(log_.mutex_);
  before_ = std::exchange(log_.by_thread_[std::this_thread::get_id()], this);
}

ExchangeLog::Recording::~Recording() {
  const std::scoped_lock lock(log_.mutex_);
  if (before_ != nullptr) log_.by_thread_[std::this_thread::get_id()] = before_;
  else log_.by_thread_.erase(std::this_thread::get_id());
}

void ExchangeLog::Recording::add(Exchanged one) {
  shorten_body(one.exchange.body, log_.redactor_, kept_of_a_step);
  one.exchange.headers.clear();
  if (first_.size() < kept_at_each_end) return first_.push_back(std::move(one));
  if (last_.size() == kept_at_each_end) last_.erase(last_.begin());
  last_.push_back(std::move(one));
}

std::vector<Exchanged> ExchangeLog::Recording::steps() const {
  std::vector<Exchanged> out = first_;
  out.insert(out.end(), last_.begin(), last_.end());
  return out;
}

void ExchangeLog::add(const net::HttpRequest& request, const net::Exchange& exchange, bool well_signed) {
  const std::scoped_lock lock(mutex_);
  const auto mine = by_thread_.find(std::this_thread::get_id());
  if (mine != by_thread_.end()) mine->second->add({request, exchange, well_signed, {}});
}

void ExchangeLog::expect(const net::HttpRequest& request, const std::string& rows) {
  const std::scoped_lock lock(mutex_);
  const auto mine = by_thread_.find(std::this_thread::get_id());
  if (mine == by_thread_.end()) return;
  for (auto* part : {&mine->second->last_, &mine->second->first_}) {
    const auto found = std::find_if(part->rbegin(), part->rend(), [&](const Exchanged& one) { return is_same(one.request, request); });
    if (found == part->rend()) continue;
    found->expected = rows;
    shorten_body(found->expected, redactor_, kept_of_a_step);
    return;
  }
}

}  // namespace meterproof::conformance
