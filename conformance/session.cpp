#include "conformance/session.hpp"

#include <algorithm>

namespace meterproof::conformance {

using spec::DateTime;
using spec::Interface;
using spec::SignatureFault;
using std::chrono::seconds;

Session::Session(const spec::Spec& spec, std::vector<wire::App> apps, Environment environment)
    : spec_(&spec), apps_(std::move(apps)), environment_(std::move(environment)), signer_(spec.authentication), timestamps_(apps_.size()) {
  clockwork_.utc_offset = spec.authentication.utc_offset;
  // Keys of twelve digits, as meters have, seven of them by chance: after a thousand runs, one in ten thousand meets an older one's.
  run_ = spec::serial("#######", environment_.run);
}

std::string Session::fresh_key() {
  const unsigned number = ++keys_;
  return "7" + run_ + (number < 10'000 ? spec::serial("####", number) : std::to_string(number));
}

bool Session::is_stale(const Timestamps::Slot& slot) const {
  const std::scoped_lock lock(mutex_);
  return now() - slot.timestamp >= timestamps_.past();
}

DateTime Session::now() const { return spec::local_time(environment_.now(), clockwork_.utc_offset); }

void Session::progress(const std::string& line) const {
  if (environment_.progress) environment_.progress(line);
}

std::map<std::string, std::string> Session::calibration() const {
  const std::scoped_lock lock(mutex_);
  std::map<std::string, std::string> out = calibration_;
  std::string statuses;
  for (const int status : refusal_statuses_) statuses += (statuses.empty() ? "" : ", ") + std::to_string(status);
  if (!statuses.empty()) out["HTTP status of refusals"] = statuses;
  return out;
}

void Session::observe(const std::string& question, const std::string& reading) {
  const std::scoped_lock lock(mutex_);
  observations_[question].insert(reading);
}

std::map<std::string, std::set<std::string>> Session::observations() const {
  const std::scoped_lock lock(mutex_);
  auto out = observations_;
  for (const int status : refusal_statuses_) out["refusal-status"].insert(std::to_string(status));
  return out;
}

Repeats Session::repeats() const {
  const std::scoped_lock lock(mutex_);
  return timestamps_.repeats();
}

double Session::mean_seconds() const { return requests_ == 0 ? 0 : static_cast<double>(took_us_) / 1e6 / static_cast<double>(requests_); }

std::size_t Session::timestamps_at_hand() const {
  const std::scoped_lock lock(mutex_);
  return timestamps_.capacity();
}

bool Session::gave_up_on(const Interface& query) const {
  const std::scoped_lock lock(mutex_);
  return gave_up_.count(query.name) > 0;
}

void Session::give_up_on(const Interface& query) {
  const std::scoped_lock lock(mutex_);
  gave_up_.insert(query.name);
}

void Session::tell_of_wait() const {
  const std::size_t left = expected_ > well_signed_ ? expected_ - well_signed_ : 0;
  progress("every second that the target takes has been used; from here on one request per second and appId" +
           (left == 0 ? std::string() : ", about " + std::to_string(left / apps_.size()) + " s more") + " (several --app make it faster)");
}

Timestamps::Slot Session::next_timestamp(const std::string& path) {
  for (;;) {
    {
      const std::scoped_lock lock(mutex_);
      if (const auto slot = timestamps_.take(now(), path)) return *slot;
      if (!std::exchange(told_of_wait_, true)) tell_of_wait();
    }
    if (cut_off()) throw Unavailable{"the run was cut off while it waited for a second that nobody has used"};
    environment_.sleep(std::chrono::milliseconds(200));
  }
}

Sent Session::received(const http::HttpRequest& request, http::Exchange exchange) {
  Sent sent;
  sent.request = request;
  sent.exchange = std::move(exchange);
  sent.reply = read_reply(sent.exchange, spec_->envelope);
  ++requests_;
  took_us_ += sent.exchange.took.count();
  if (sent.reply.code && *sent.reply.code != spec_->success) {
    const std::scoped_lock lock(mutex_);
    refusal_statuses_.insert(sent.exchange.status);
  }
  return sent;
}

void Session::keep_pace(std::size_t requests) {
  if (cut_off()) throw Unavailable{"the run was cut off before it came to that"};
  if (environment_.pause.count() == 0) return;
  std::chrono::system_clock::time_point mine;
  {
    const std::scoped_lock lock(mutex_);
    mine = std::max(environment_.now(), next_request_);
    next_request_ = mine + environment_.pause * static_cast<long>(requests);
  }
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(mine - environment_.now());
  if (left.count() > 0) environment_.sleep(left);
}

Sent Session::exchange(const http::HttpRequest& request) {
  keep_pace(1);
  return received(request, environment_.send(request));
}

http::HttpRequest Session::signed_request(const Interface& interface, const Timestamps::Slot& slot, const std::string& body) const {
  return {spec_->method, interface.path, signer_.headers(apps_[slot.app], slot.timestamp.compact()), body};
}

bool Session::refused_for(SignatureFault fault, const Sent& sent) const {
  const spec::ResultRow* row = spec_->answering(fault);
  return row != nullptr && sent.answered(row->code);
}

Sent Session::send(const Interface& interface, const std::string& body) {
  // A run before this one may have used the same seconds: each costs one request to find out.
  for (std::size_t tries = 1;; ++tries) {
    const Timestamps::Slot slot = next_timestamp(interface.path);
    Sent sent = exchange(signed_request(interface, slot, body));
    const std::scoped_lock lock(mutex_);
    if (tries >= timestamps_.capacity() + 2 || !refused_for_time(sent)) {
      ++well_signed_;
      return sent;
    }
    if (timestamps_.repeats() == Repeats::never) {  // it minds after all, where the request before succeeded
      timestamps_.set_repeats(Repeats::by_app);
      calibration_["repeated timestamps"] = "refused per appId, once a request has succeeded";
      observations_["refused-timestamp"].insert("kept, also by a request that was refused for its content");
    }
  }
}

std::vector<Sent> Session::send_together(const std::vector<std::pair<const Interface*, std::string>>& requests) {
  std::vector<http::HttpRequest> all;
  for (const auto& [interface, body] : requests) all.push_back(signed_request(*interface, next_timestamp(interface->path), body));
  keep_pace(all.size());
  std::vector<http::Exchange> exchanges = environment_.send_together(all);
  std::vector<Sent> out;
  for (std::size_t i = 0; i < all.size(); ++i) out.push_back(received(all[i], std::move(exchanges[i])));
  // Whom somebody else's second kept out has his turn now.
  for (std::size_t i = 0; i < all.size(); ++i)
    if (refused_for_time(out[i])) out[i] = send(*requests[i].first, requests[i].second);
  return out;
}

std::vector<Sent> Session::send_copies(const Sent& before, std::size_t copies) {
  const std::vector<http::HttpRequest> all(copies, before.request);
  std::vector<Sent> out;
  keep_pace(copies);
  for (http::Exchange& one : environment_.send_together(all)) {
    out.push_back(received(before.request, std::move(one)));
    out.back().well_signed = false;
  }
  return out;
}

std::vector<Sent> Session::converse(const http::Conversation& conversation, const std::vector<http::HttpRequest>& requests) {
  std::vector<Sent> out;
  keep_pace(requests.size());
  std::vector<http::Exchange> exchanges = environment_.converse(conversation);
  for (std::size_t i = 0; i < requests.size() && i < exchanges.size(); ++i) out.push_back(received(requests[i], std::move(exchanges[i])));
  return out;
}

Sent Session::send_with(const Interface& interface, const std::vector<std::pair<std::string, std::string>>& headers, const std::string& body) {
  Sent sent = exchange({spec_->method, interface.path, headers, body});
  sent.well_signed = false;
  return sent;
}

Sent Session::send_again(const Sent& before) {
  Sent sent = exchange(before.request);
  sent.well_signed = false;
  return sent;
}

}  // namespace meterproof::conformance
