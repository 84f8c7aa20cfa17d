#include "conformance/session.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace meterproof::conformance {

using spec::DateTime;
using spec::Interface;
using spec::SignatureFault;
using std::chrono::seconds;

Session::Session(const spec::Spec& spec, std::vector<wire::App> apps, Environment environment)
    : spec_(&spec),
      apps_(std::move(apps)),
      environment_(std::move(environment)),
      signer_(spec.authentication),
      timestamps_(apps_.size()),
      utc_offset_(spec.authentication.utc_offset) {}

DateTime Session::now() const { return spec::local_time(environment_.now(), utc_offset_); }

void Session::progress(const std::string& line) const {
  if (environment_.progress) environment_.progress(line);
}

void Session::tell_of_wait() const {
  const std::size_t left = expected_ > well_signed_ ? expected_ - well_signed_ : 0;
  progress("every second that the target takes has been used; from here on one request per second and appId" +
           (left == 0 ? std::string() : ", about " + std::to_string(left / apps_.size()) + " s more") + " (several --app make it faster)");
}

Timestamps::Slot Session::next_timestamp() {
  for (;;) {
    if (const auto slot = timestamps_.take(now())) return *slot;
    if (!std::exchange(told_of_wait_, true)) tell_of_wait();
    environment_.sleep(std::chrono::milliseconds(200));
  }
}

Timestamps::Slot Session::forgery_timestamp(bool another) {
  const bool too_old = for_forgeries_ && now() - for_forgeries_->timestamp >= seconds(timestamps_.past());
  if (!for_forgeries_ || another || too_old) for_forgeries_ = next_timestamp();
  return *for_forgeries_;
}

Sent Session::exchange(const http::HttpRequest& request) {
  Sent sent;
  sent.request = request;
  sent.exchange = environment_.send(request);
  sent.reply = read_reply(sent.exchange, spec_->envelope);
  ++requests_;
  return sent;
}

Sent Session::signed_at(const Interface& interface, const wire::App& app, DateTime timestamp, const std::string& body) {
  return exchange({spec_->method, interface.path, signer_.headers(app, timestamp.compact()), body});
}

bool Session::refused_for(spec::SignatureFault fault, const Sent& sent) const {
  const spec::ResultRow* row = spec_->answering(fault);
  return row != nullptr && sent.answered(row->code);
}

Sent Session::send(const Interface& interface, const std::string& body) {
  // A run before this one may have used the same seconds: each costs one request to find out.
  const std::size_t most = timestamps_.capacity() + 2;
  for (std::size_t tries = 1;; ++tries) {
    const Timestamps::Slot slot = next_timestamp();
    Sent sent = signed_at(interface, apps_[slot.app], slot.timestamp, body);
    if (tries >= most || !refused_for_time(sent)) {
      ++well_signed_;
      return sent;
    }
    timestamps_.allow_repeats(false);  // it minds after all
  }
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

Sent Session::probe(const Interface& interface, seconds off, const std::string& body) {
  const DateTime timestamp = now() + off;
  timestamps_.exclude(timestamp);
  return signed_at(interface, apps_.front(), timestamp, body);
}

namespace {

/// Offsets to try, the widest first: a run that follows another finds the same one free again, a second later.
constexpr std::array<int, 7> offsets = {298, 240, 170, 110, 50, 25, 8};

}  // namespace

/// A request whose time is taken: now, in another zone, or as far off as it must be. `taken` is how far that was.
Sent Session::find_clock(const Interface& interface, const std::string& body, seconds& taken) {
  taken = seconds(0);
  Sent sent = probe(interface, taken, body);
  if (!refused_for_time(sent)) return sent;
  if (utc_offset_.count() != 0) {
    const auto usual = std::exchange(utc_offset_, std::chrono::minutes(0));
    Sent in_utc = probe(interface, taken, body);
    if (!refused_for_time(in_utc)) return in_utc;
    utc_offset_ = usual;
  }
  // Somebody else has used this second; a run just before this one has used every second up to the far end of the window.
  environment_.sleep(std::chrono::milliseconds(1100));
  for (const int direction : {1, -1})
    for (const int off : offsets) {
      taken = seconds(direction * off);
      sent = probe(interface, taken, body);
      if (!refused_for_time(sent)) return sent;
    }
  return sent;
}

void Session::find_window(const Interface& interface, const std::string& body, const Sent& first, seconds taken) {
  // Any answer but a refusal for time, and the same as now's, says that this offset is taken.
  const auto widest = [&](int direction) {
    for (const int off : offsets)
      for (const int nearby : {0, 1, 3}) {  // a run before this one may have used a second of these
        const Sent sent = probe(interface, seconds(direction * (off - nearby)), body);
        if (sent.reply.code && sent.reply.code == first.reply.code && !refused_for_time(sent)) return seconds(off - nearby);
      }
    return seconds(0);
  };
  const bool telling = first.reply.code && first.reply.code != interface.refusal;
  const seconds past = std::max(telling ? widest(-1) : seconds(0), -taken);
  const seconds future = std::max(telling ? widest(1) : seconds(0), taken);
  timestamps_.set_window(past, future);
  calibration_["timestamps accepted"] =
      "from " + std::to_string(past.count()) + " s behind to " + std::to_string(future.count()) + " s ahead, as far as it was tried";
  // The very same request again: who takes that, takes any.
  const Sent again = telling ? send_again(first) : Sent{};
  timestamps_.allow_repeats(again.reply.code && again.reply.code == first.reply.code);
  if (timestamps_.repeats_allowed()) calibration_["repeated timestamps"] = "accepted";
  else calibration_["requests possible at once"] = std::to_string(timestamps_.capacity()) + " (one per second and appId)";
}

Session::Calibration Session::calibrate(const Interface& interface, const std::string& body) {
  seconds taken(0);
  Sent first = find_clock(interface, body, taken);
  const bool silent = first.exchange.outcome != http::Outcome::replied && first.exchange.outcome != http::Outcome::no_http;
  if (silent) {
    note_ = "no answer from the target: " + first.reply.fault;
    return Calibration::unreachable;
  }
  if (refused_for_time(first)) {
    note_ =
        "the target refuses the present time as a timestamp: its clock or its time zone is another, or another run has used every second that it takes; "
        "nothing could be judged";
    return Calibration::refused;
  }
  if (refused_for(SignatureFault::token_wrong, first)) {  // some want the token in capitals
    signer_.write_capitals(true);
    Sent in_capitals = probe(interface, taken, body);
    if (refused_for_time(in_capitals)) in_capitals = probe(interface, taken - seconds(2), body);
    if (refused_for(SignatureFault::token_wrong, in_capitals)) {
      signer_.write_capitals(false);
      note_ = "the target refuses our signature: check the appId and the secret given with --app; nothing could be judged";
      return Calibration::refused;
    }
    first = std::move(in_capitals);
    calibration_["token"] = "in capitals";
  }
  calibration_["time zone"] = spec::format_utc_offset(utc_offset_);
  find_window(interface, body, first, taken);
  return Calibration::ready;
}

}  // namespace meterproof::conformance
