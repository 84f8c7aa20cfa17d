// SPDX-License-Identifier: Apache-2.0
#include "conformance/transcript.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "conformance/reply_redactor.hpp"
#include "conformance/runner.hpp"
#include "core/i18n/message.hpp"
#include "core/redact/redactor.hpp"
#include "core/text/text.hpp"
#include "core/text/utf8.hpp"
#include "net/client/identification.hpp"

namespace meterproof::conformance {

using i18n::msg;
using reports::EventRecord;
using reports::ReplyRecord;
using reports::SentRecord;
using reports::TranscriptRecord;
using std::chrono::milliseconds;

namespace {

constexpr const char* token_gone = "[token]";
constexpr const char* seconds_claimed = "seconds";  // the kind of an event: timestamps that this run may use, and no other
constexpr const char* connections = "connections";  // the kind of an event: how the target took them

bool carries_token(const core::Spec& spec, std::string_view header) {
  const core::Authentication& authentication = spec.authentication;
  return core::equals_ignoring_case(header, authentication.headers[authentication.token].name) ||
         core::equals_ignoring_case(header, authentication.headers[authentication.authorization].name);
}

SentRecord without_tokens(const core::Spec& spec, const net::HttpRequest& request) {
  SentRecord out{request.method, request.path, request.headers, request.body};
  for (auto& [name, value] : out.headers)
    if (carries_token(spec, name) && !value.empty()) value = token_gone;
  return out;
}

/// The same for requests as bytes: the rest of a line that begins with such a header's name. What stood there goes to `taken`, where that is given.
std::string without_tokens(const core::Spec& spec, const net::RawExchange& raw_exchange, net::HttpRequest* taken = nullptr) {
  std::string bytes, out;
  for (const auto& piece : raw_exchange.segments) bytes += piece.bytes;
  // They name the version that asked, and are the same in every request: a transcript must replay with the next version as well.
  const std::string& identification = net::identification();
  for (std::size_t at = bytes.find(identification); at != std::string::npos; at = bytes.find(identification, at)) bytes.erase(at, identification.size());
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t end = std::min(bytes.find('\n', at), bytes.size() - 1) + 1;
    const std::string_view line = std::string_view(bytes).substr(at, end - at);
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && carries_token(spec, line.substr(0, colon))) {
      if (taken != nullptr) taken->headers.emplace_back(line.substr(0, colon), core::trimmed(line.substr(colon + 1)));
      out += std::string(line.substr(0, colon)) + ": " + token_gone + "\r\n";
    } else {
      out += line;
    }
    at = end;
  }
  return out;
}

ReplyRecord written(const net::Exchange& exchange) {
  ReplyRecord out;
  out.transport = to_string(exchange.transport);
  out.status = exchange.status;
  out.headers = exchange.headers;
  out.body = exchange.body;
  out.detail = exchange.detail;
  return out;
}

net::Exchange read(const ReplyRecord& reply) {
  net::Exchange out;
  for (const net::TransportResult one : net::transport_results)
    if (to_string(one) == reply.transport) out.transport = one;
  out.status = reply.status;
  out.headers = reply.headers;
  out.body = reply.body;
  out.detail = reply.detail;
  return out;
}

/// From, to, from, to …
std::vector<std::int64_t> flattened(const core::SecondSet& set) {
  std::vector<std::int64_t> out;
  for (const auto& [from, to] : set.spans()) out.insert(out.end(), {from, to});
  return out;
}
core::SecondSet set_of(const std::vector<std::int64_t>& flat) {
  if (flat.size() % 2 != 0) throw ReplayMismatch(msg<"replay.odd-seconds">());
  core::SecondSet out;
  for (std::size_t i = 0; i < flat.size(); i += 2) out.add(flat[i], flat[i + 1]);
  return out;
}

/// Bytes that a text takes in a record: control characters are written as \u0001.
std::size_t size_in_json(std::string_view text) {
  std::size_t out = 0;
  for (const char c : text) out += static_cast<unsigned char>(c) < ' ' ? 6U : c == '"' || c == '\\' ? 2U : 1U;
  return out;
}

class Recorder {
 public:
  Recorder(const core::Spec& spec, const std::vector<auth::App>& apps, TranscriptRecord& out)
      : spec_(spec), out_(out), replies_(spec, apps, redact::Redactor(apps)) {}

  net::Exchange exchanged(const net::HttpRequest& request, net::Exchange exchange) {
    replies_.redact(exchange, {request});
    event("exchange", {request}, {exchange});
    return exchange;
  }
  std::vector<net::Exchange> exchanged(const std::vector<net::HttpRequest>& requests, std::vector<net::Exchange> exchanges) {
    for (net::Exchange& one : exchanges) replies_.redact(one, requests);
    event("together", requests, exchanges);
    return exchanges;
  }
  std::vector<net::Exchange> conversed(const net::RawExchange& raw_exchange, std::vector<net::Exchange> exchanges) {
    net::HttpRequest taken;
    const std::string text = without_tokens(spec_, raw_exchange, &taken);
    for (net::Exchange& one : exchanges) replies_.redact(one, {taken});
    event("conversation", {}, exchanges).text = text;
    return exchanges;
  }
  net::TrialResult tried(const net::ConnectionTrial& trial, net::TrialResult result) {
    for (net::Exchange& one : result.exchanges) replies_.redact(one, trial.requests);
    event(connections, trial.requests, result.exchanges).text = result.keeping ? to_string(*result.keeping) : std::string_view();
    return result;
  }
  std::chrono::system_clock::time_point looked(std::chrono::system_clock::time_point now) {
    const auto time = std::chrono::floor<milliseconds>(now);
    replies_.know_tokens_around(now);
    read_clock(time.time_since_epoch());
    return time;
  }
  std::chrono::steady_clock::time_point looked(std::chrono::steady_clock::time_point now) {
    const auto time = std::chrono::floor<milliseconds>(now);
    read_clock(time.time_since_epoch());
    return time;
  }
  /// The target answers with more than can be kept: the run ends, and can't be certified.
  bool is_full() const {
    constexpr std::size_t most = 40UL * 1024 * 1024;  // a run against the mock has some 6 MB
    return kept_ > most;
  }
  core::SecondSet claimed(core::SecondSet got) {
    event(seconds_claimed, {}, {}).times = flattened(got);
    return got;
  }
  /// A hook's output may show the secret that it was started with.
  i18n::Message hooked(i18n::Message said) {
    for_each_text(said, [&](std::string& text) { replies_.redact(text); });
    event("hook", {}, {}).message = said;
    return said;
  }

 private:
  /// Looks at either clock stand in one list, in their order: who replays looks in the same order.
  void read_clock(milliseconds time) {
    if (out_.events.empty() || out_.events.back().kind != "time") out_.events.emplace_back().kind = "time";
    out_.events.back().times.push_back(time.count());
  }
  EventRecord& event(const char* kind, const std::vector<net::HttpRequest>& requests, const std::vector<net::Exchange>& exchanges) {
    for (const net::Exchange& one : exchanges) {
      kept_ += size_in_json(one.body);
      for (const auto& [name, value] : one.headers) kept_ += size_in_json(name) + size_in_json(value);
    }
    EventRecord& out = out_.events.emplace_back();
    out.kind = kind;
    for (const net::HttpRequest& one : requests) out.sent.push_back(without_tokens(spec_, one));
    for (const net::Exchange& one : exchanges) out.replies.push_back(written(one));
    return out;
  }

  const core::Spec& spec_;
  TranscriptRecord& out_;
  ReplyRedactor replies_;  // a target may repeat what it was sent, now or before, or name the token that it wanted instead
  std::size_t kept_ = 0;
};

/// A number of a transcript. Throws ReplayMismatch where a run cannot calculate with it.
std::int64_t in_range(std::string_view name, std::int64_t value, std::int64_t least, std::int64_t most) {
  if (value < least || value > most) throw ReplayMismatch(msg<"replay.out-of-range">(name, value));
  return value;
}

class Replayer {
 public:
  Replayer(const core::Spec& spec, const TranscriptRecord& transcript) : spec_(spec), events_(transcript.events) {}

  net::Exchange exchange(const net::HttpRequest& request) { return exchanges("exchange", {request}).at(0); }
  std::vector<net::Exchange> exchanges(const char* kind, const std::vector<net::HttpRequest>& requests) {
    const EventRecord& event = next(kind);
    for (std::size_t i = 0; i < std::max(requests.size(), event.sent.size()); ++i)
      if (i >= requests.size() || i >= event.sent.size() || !same(event.sent[i], without_tokens(spec_, requests[i])))
        throw ReplayMismatch(
            msg<"replay.other-request">(at_, i < event.sent.size() ? core::sanitize(event.sent[i].url) : "-", i < requests.size() ? requests[i].path : "-"));
    return replies(event);
  }
  std::vector<net::Exchange> send_raw(const net::RawExchange& raw_exchange) {
    const EventRecord& event = next("conversation");
    if (event.text != without_tokens(spec_, raw_exchange)) throw ReplayMismatch(msg<"replay.other-conversation">(at_));
    // A client that reads a reply before each segment has at most one more for each of them.
    if (event.replies.empty() || event.replies.size() > raw_exchange.replies + raw_exchange.segments.size())
      throw ReplayMismatch(msg<"replay.reply-count">(at_, event.replies.size(), raw_exchange.replies));
    return replies(event);
  }
  /// Runs of before measured no connection profile.
  bool tries_connections() const {
    return std::any_of(events_.begin(), events_.end(), [](const EventRecord& one) { return one.kind == connections; });
  }
  net::TrialResult try_connections(const net::ConnectionTrial& trial) {
    net::TrialResult out{exchanges(connections, trial.requests), std::nullopt};
    const std::string& said = events_[at_ - 1].text;
    for (const net::Keeping one : net::keepings)
      if (said == to_string(one)) out.keeping = one;
    if (!said.empty() && !out.keeping) throw ReplayMismatch(msg<"replay.no-keeping">(at_));
    return out;
  }
  std::chrono::system_clock::time_point now() { return std::chrono::system_clock::time_point(time()); }
  std::chrono::steady_clock::time_point steady() { return std::chrono::steady_clock::time_point(time()); }
  milliseconds time() {
    if (time_ == times_.size()) {
      times_ = next("time").times;
      time_ = 0;
      if (times_.empty()) throw ReplayMismatch(msg<"replay.no-time">(at_));
    }
    constexpr std::int64_t furthest = 4'000'000'000'000;  // the year 2096, in milliseconds: deadlines behind it still fit into a time_point
    return milliseconds(in_range("times", times_[time_++], -furthest, furthest));
  }
  i18n::Message hook() { return next("hook").message; }
  /// A run without a memory of the target takes what it likes.
  bool claims_seconds() const {
    return std::any_of(events_.begin(), events_.end(), [](const EventRecord& one) { return one.kind == seconds_claimed; });
  }
  core::SecondSet claimed() { return set_of(next(seconds_claimed).times); }
  /// Throws where something is left.
  void end() const {
    if (at_ != events_.size() || time_ != times_.size()) throw ReplayMismatch(msg<"replay.events-left">(events_.size() - at_));
  }

 private:
  static bool same(const SentRecord& a, const SentRecord& b) { return a.method == b.method && a.url == b.url && a.headers == b.headers && a.body == b.body; }
  std::vector<net::Exchange> replies(const EventRecord& event) const {
    std::vector<net::Exchange> out;
    for (const ReplyRecord& reply : event.replies) out.push_back(read(reply));
    if (event.kind != "conversation" && out.size() != event.sent.size())  // on one connection a reply may be missing
      throw ReplayMismatch(msg<"replay.reply-count">(at_, out.size(), event.sent.size()));
    return out;
  }
  const EventRecord& next(std::string_view kind) {
    if (time_ != times_.size()) throw ReplayMismatch(msg<"replay.clock">(at_));
    if (at_ == events_.size()) throw ReplayMismatch(msg<"replay.ends">(kind));
    const EventRecord& event = events_[at_++];
    if (event.kind != kind) throw ReplayMismatch(msg<"replay.other-kind">(at_, core::sanitize(event.kind), kind));
    return event;
  }

  const core::Spec& spec_;
  const std::vector<EventRecord>& events_;
  std::size_t at_ = 0;  // events replayed
  std::vector<std::int64_t> times_;
  std::size_t time_ = 0;
};

}  // namespace

std::string app_whose_secret_is_a_word(const core::Spec& spec, const std::vector<auth::App>& apps) {
  std::string names = spec.envelope.code + " " + spec.envelope.message + " " + spec.envelope.rows;
  for (const core::Interface& interface : spec.interfaces)
    for (const auto* fields : {&interface.request, &interface.reply})
      for (const core::Field& field : *fields) names += " " + field.name;
  for (const auth::App& app : apps) {
    std::string cleaned = names;
    redact::Redactor({app}).redact(cleaned);
    if (cleaned != names) return app.id;
  }
  return {};
}

void record_to(const core::Spec& spec, CheckOptions& options, Environment& environment, TranscriptRecord& out) {
  if (!environment.send_concurrently || !environment.send_raw) throw std::invalid_argument("record_to needs send_concurrently and send_raw");
  for (const auth::App& app : options.apps) out.apps.push_back(app.id);
  out.effect_timeout_ms = options.effect_timeout.count();
  out.fixtures = options.fixtures;
  out.random_steps = options.random_steps;
  if (options.max_rows > 0) out.max_rows = options.max_rows;
  if (options.budget) out.budget_ms = options.budget->count();
  out.rows = options.rows;
  if (options.replay_age) out.replay_age_ms = options.replay_age->count();
  out.seed = options.seed;
  out.run = environment.run;
  for (const core::SecondSet& one : environment.earlier.by_app) out.used_seconds.push_back(flattened(one));
  if (environment.earlier.others_run) out.others_ran = true;
  out.pause_us = options.per_second > 0 ? pause_for(options.per_second).count() : 0;
  environment.workers = 1;
  const auto recorder = std::make_shared<Recorder>(spec, options.apps, out);
  environment.send = [recorder, send = environment.send](const net::HttpRequest& request) { return recorder->exchanged(request, send(request)); };
  environment.send_concurrently = [recorder, send = environment.send_concurrently](const std::vector<net::HttpRequest>& requests) {
    return recorder->exchanged(requests, send(requests));
  };
  environment.send_raw = [recorder, send_raw = environment.send_raw](const net::RawExchange& raw_exchange) {
    return recorder->conversed(raw_exchange, send_raw(raw_exchange));
  };
  if (environment.try_connections)
    environment.try_connections = [recorder, try_connections = environment.try_connections](const net::ConnectionTrial& trial) {
      return recorder->tried(trial, try_connections(trial));
    };
  if (environment.claim)
    environment.claim = [recorder, claim = environment.claim](std::size_t app, std::int64_t from, std::int64_t to, std::size_t most) {
      return recorder->claimed(claim(app, from, to, most));
    };
  environment.cut_off = [recorder, cut_off = environment.cut_off] { return recorder->is_full() || (cut_off && cut_off()); };
  const auto steady = environment.steady;
  environment.steady = [recorder, steady, now = environment.now] {
    return recorder->looked(steady ? steady() : std::chrono::steady_clock::time_point(now().time_since_epoch()));
  };
  environment.now = [recorder, now = environment.now] { return recorder->looked(now()); };
  for (auto& [fault, hook] : options.fault_hooks) {
    out.fault_hooks.push_back(fault);
    hook = [recorder, hook = std::move(hook)](bool breaks) { return recorder->hooked(hook(breaks)); };
  }
}

reports::CheckRecord rejudge(const core::Spec& spec, const reports::CheckRecord& record) {
  if (!record.transcript) throw ReplayMismatch(msg<"replay.no-transcript">());
  const TranscriptRecord& transcript = *record.transcript;
  CheckOptions options;
  options.target = record.target;
  options.role = record.role;
  options.scope = {record.role != "billing", record.role != "platform"};
  for (const std::string& id : transcript.apps) options.apps.push_back({id, "no secret is known here: " + id});
  options.selection = record.selection;
  if (options.selection.is_all() && !record.filter.empty()) options.selection.only = {record.filter};
  constexpr std::int64_t longest_timeout_ms = 1'000'000'000'000, longest_pause_us = std::chrono::microseconds(std::chrono::hours(1)).count();
  options.effect_timeout = milliseconds(in_range("effect_timeout_ms", transcript.effect_timeout_ms, 0, longest_timeout_ms));
  options.fixtures = transcript.fixtures;
  options.random_steps = transcript.random_steps;
  options.max_rows = static_cast<std::size_t>(transcript.max_rows.value_or(0));
  if (transcript.budget_ms) options.budget = milliseconds(in_range("budget_ms", *transcript.budget_ms, 1, longest_timeout_ms));
  options.rows = transcript.rows;
  if (transcript.replay_age_ms) options.replay_age = milliseconds(in_range("replay_age_ms", *transcript.replay_age_ms, 0, longest_timeout_ms));
  options.min_reach = record.min_reach;
  options.seed = transcript.seed;
  for (const reports::DeclarationRecord& one : record.declarations) {
    const auto day = core::DateTime::parse_date(one.expires);
    if (one.kind == "unsupported") options.unsupported.push_back({one.cases, one.reason});
    else if (day) options.waivers.push_back({one.cases, one.reason, *day});
    else throw ReplayMismatch(msg<"replay.waiver-day">(core::sanitize(one.cases)));
  }
  Replayer replayer(spec, transcript);
  for (const std::string& fault : transcript.fault_hooks) options.fault_hooks[fault] = [&replayer](bool) { return replayer.hook(); };
  Environment environment;
  i18n::Message why;
  if (const auto address = net::parse_address(record.target, why)) environment.address = *address;
  environment.run = transcript.run;
  environment.pause = std::chrono::microseconds(in_range("pause_us", transcript.pause_us, 0, longest_pause_us));
  environment.send = [&](const net::HttpRequest& request) { return replayer.exchange(request); };
  environment.send_concurrently = [&](const std::vector<net::HttpRequest>& requests) { return replayer.exchanges("together", requests); };
  environment.send_raw = [&](const net::RawExchange& raw_exchange) { return replayer.send_raw(raw_exchange); };
  if (replayer.tries_connections()) environment.try_connections = [&](const net::ConnectionTrial& trial) { return replayer.try_connections(trial); };
  for (const std::vector<std::int64_t>& one : transcript.used_seconds) environment.earlier.by_app.push_back(set_of(one));
  environment.earlier.others_run = transcript.others_ran.value_or(false);
  if (replayer.claims_seconds()) environment.claim = [&](std::size_t, std::int64_t, std::int64_t, std::size_t) { return replayer.claimed(); };
  environment.now = [&] { return replayer.now(); };
  environment.steady = [&] { return replayer.steady(); };
  environment.sleep = [](milliseconds) {};
  if (options.apps.empty()) throw ReplayMismatch(msg<"replay.no-app">());
  reports::CheckRecord again = check(spec, options, std::move(environment));
  replayer.end();
  return again;
}

void redact_tokens(const core::Spec& spec, reports::CheckRecord& record) {
  for (reports::CaseRecord& one : record.cases) {
    for (auto& [name, value] : one.request.headers)
      if (carries_token(spec, name) && !value.empty()) value = token_gone;
    one.curl.clear();
    one.powershell.clear();
    for (reports::StepRecord& step : one.steps) step.curl.clear(), step.powershell.clear();
  }
}

}  // namespace meterproof::conformance
