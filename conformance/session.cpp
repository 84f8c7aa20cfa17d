#include "conformance/session.hpp"

#include <algorithm>

namespace meterproof::conformance {

using spec::DateTime;
using spec::Interface;
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

Timestamps::Slot Session::next_timestamp() {
  bool told = false;
  for (;;) {
    if (const auto slot = timestamps_.take(now())) return *slot;
    if (!told) progress("every second of the window is used; the paper allows one request per second and appId (more with several --app)");
    told = true;
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

bool Session::refused_for_time(const Sent& sent) const {
  for (const spec::ResultRow& row : spec_->common)
    for (const spec::SignatureRule& rule : row.signature)
      if (rule.fault == spec::SignatureFault::timestamp_repeated && sent.answered(row.code)) return true;
  return false;
}

Sent Session::send(const Interface& interface, const std::string& body) {
  // A run before this one may have used the same seconds: each costs one request to find out.
  const std::size_t most = timestamps_.capacity() + 2;
  for (std::size_t tries = 1;; ++tries) {
    const Timestamps::Slot slot = next_timestamp();
    Sent sent = signed_at(interface, apps_[slot.app], slot.timestamp, body);
    if (tries >= most || !refused_for_time(sent)) return sent;
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

bool Session::calibrate(const Interface& interface, const std::string& body) {
  const auto probe = [&](seconds off) {
    const DateTime timestamp = now() + off;
    timestamps_.exclude(timestamp);
    return signed_at(interface, apps_.front(), timestamp, body);
  };
  Sent first = probe(seconds(0));
  const bool silent = first.exchange.outcome != http::Outcome::replied && first.exchange.outcome != http::Outcome::no_http;
  if (silent) {
    note_ = "no answer from the target: " + first.reply.fault;
    return false;
  }
  if (refused_for_time(first) && utc_offset_.count() != 0) {  // another time zone, perhaps
    const auto china = utc_offset_;
    utc_offset_ = std::chrono::minutes(0);
    Sent in_utc = probe(seconds(0));
    if (refused_for_time(in_utc)) utc_offset_ = china;
    else first = std::move(in_utc);
  }
  if (refused_for_time(first)) {  // or somebody else has just used this second
    environment_.sleep(std::chrono::milliseconds(1100));
    first = probe(seconds(0));
  }
  if (refused_for_time(first)) note_ = "the target refuses the present time as a timestamp: its clock or its time zone is another";
  const auto refused_for_token = [&](const Sent& sent) {
    for (const spec::ResultRow& row : spec_->common)
      for (const spec::SignatureRule& rule : row.signature)
        if (rule.fault == spec::SignatureFault::token_wrong && sent.answered(row.code)) return true;
    return false;
  };
  if (refused_for_token(first)) {  // some want the token in capitals
    signer_.write_capitals(true);
    Sent in_capitals = probe(seconds(0));
    if (refused_for_time(in_capitals)) in_capitals = probe(seconds(-2));
    if (refused_for_token(in_capitals)) signer_.write_capitals(false);
    else first = std::move(in_capitals), calibration_["token"] = "in capitals";
  }
  calibration_["time zone"] = spec::format_utc_offset(utc_offset_);
  if (refused_for_token(first)) note_ = "the target refuses our signature: check the appId and the secret given with --app";

  // Any answer but a refusal for time, and the same as now's, says that this offset is taken.
  const auto widest = [&](int direction) {
    for (const int off : {298, 240, 170, 110, 50, 25, 8})
      for (const int nearby : {0, 1, 3}) {  // a run before this one may have used a second of these
        const Sent sent = probe(seconds(direction * (off - nearby)));
        if (sent.reply.code && sent.reply.code == first.reply.code && !refused_for_time(sent)) return off - nearby;
      }
    return 0;
  };
  const bool telling = first.reply.code && !refused_for_time(first) && note_.empty() && first.reply.code != interface.refusal;
  const int past = telling ? widest(-1) : 0;
  const int future = telling ? widest(1) : 0;
  timestamps_.set_window(seconds(past), seconds(future));
  calibration_["timestamps accepted"] = "from " + std::to_string(past) + " s behind to " + std::to_string(future) + " s ahead, as far as it was tried";
  calibration_["requests possible at once"] = std::to_string(timestamps_.capacity()) + " (one per second and appId)";
  return true;
}

}  // namespace meterproof::conformance
