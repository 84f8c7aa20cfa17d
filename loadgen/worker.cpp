#include "loadgen/worker.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "spec/wire/reply_scan.hpp"

namespace meterproof::load {

using http::SteadyTime;
using std::chrono::nanoseconds;

namespace {

constexpr nanoseconds late = std::chrono::milliseconds(1);

class Worker final : public http::Driver {
 public:
  Worker(const spec::Spec& spec, const spec::Interface& interface, const LoadOptions& options, const std::function<void(const std::string&)>& progress)
      : spec_(spec),
        interface_(interface),
        options_(options),
        progress_(progress),
        signer_(spec.authentication),
        fleet_(interface, options.meters, options.first_meter, options.seed),
        flights_(options.connections) {
    head_ = spec.method + " " + options.address.path + interface.path + " HTTP/1.1\r\nHost: " + options.address.authority() + "\r\n";
    for (std::size_t i = 0; i < spec.authentication.headers.size(); ++i) {
      const spec::Header& header = spec.authentication.headers[i];
      if (i != spec.authentication.token && i != spec.authentication.authorization) head_ += header.name + ": " + header.value + "\r\n";
    }
    token_name_ = spec.authentication.headers[spec.authentication.token].name + ": ";
    authorization_name_ = spec.authentication.headers[spec.authentication.authorization].name + ": ";
    for (const spec::Field& field : interface.reply)
      if (field.echoes) {
        echo_name_ = field.name;
        echo_field_ = *field.echoes;
      }
    signatures_.resize(options.apps.size());
  }

  void begin(SteadyTime now) {
    pacer_.emplace(options_.rate, now, options_.duration);
    begin_ = last_reply_ = now;
  }

  SteadyTime next_due() override { return pacer_ ? pacer_->due(std::chrono::steady_clock::now()) : SteadyTime::max(); }

  void fill(std::size_t connection, SteadyTime now, std::string& bytes) override {
    Flight& flight = flights_[connection];
    flight.intended = std::min(pacer_->due(now), now);
    pacer_->sent();
    const auto wall = spec::local_time(std::chrono::system_clock::now(), spec_.authentication.utc_offset);
    body_.clear();
    flight.meter = fleet_.append_report(body_, wall);

    bytes += head_;
    append_signature(bytes, wall);
    bytes += "Content-Length: ";
    char digits[24];
    bytes.append(digits, std::to_chars(digits, digits + sizeof digits, body_.size()).ptr);
    bytes += "\r\n\r\n";
    bytes += body_;
    ++requests_;
    flight.sent = std::chrono::steady_clock::now();
    if (pacer_->open() && flight.sent - flight.intended > late) ++late_sends_;
  }

  void replied(std::size_t connection, SteadyTime now, const wire::HttpParser& reply) override {
    const Flight& flight = flights_[connection];
    ++replies_;
    last_reply_ = now;
    latency_.record(now - flight.intended);
    service_.record(now - flight.sent);
    const wire::ScannedReply scanned = wire::scan_reply(reply.body(), spec_.envelope.code, spec_.envelope.rows, echo_name_);
    if (reply.status() != 200) ++errors_["HTTP " + std::to_string(reply.status())];
    if (!scanned.is_json) {
      ++errors_["malformed reply"];
      return;
    }
    ++codes_[*scanned.code];
    if (*scanned.code != spec_.success.value || echo_name_.empty()) return;
    if (!scanned.echo) ++errors_["no " + echo_name_ + " in the reply"];
    else if (*scanned.echo != fleet_.serial_of(echo_field_, flight.meter)) ++errors_["another " + echo_name_];
  }

  void failed(std::size_t connection, SteadyTime now, http::Outcome why) override {
    // A request without a reply has waited as long as it was waited for.
    latency_.record(now - flights_[connection].intended);
    service_.record(now - flights_[connection].sent);
    ++errors_[std::string(to_string(why))];
  }

  void not_connected(http::Outcome why) override { ++errors_["not connected: " + std::string(to_string(why))]; }

  void tick(SteadyTime now) override {
    if (!progress_) return;
    const double seconds = std::chrono::duration<double>(now - begin_).count();
    const double since = std::chrono::duration<double>(now - last_tick_).count();
    char line[200];
    std::uint64_t failures = 0;
    for (const auto& [cause, count] : errors_) failures += count;
    std::snprintf(line, sizeof line, "%5.1f s  %9.0f/s  p99 %.3f ms  %llu replies  %llu errors  %llu late sends", seconds,
                  since > 0 ? static_cast<double>(replies_ - replies_at_tick_) / since : 0.0, latency_.percentile_ms(0.99),
                  static_cast<unsigned long long>(replies_), static_cast<unsigned long long>(failures), static_cast<unsigned long long>(late_sends_));
    last_tick_ = now;
    replies_at_tick_ = replies_;
    progress_(line);
  }

  void fill_record(reports::LoadRecord& record) const {
    record.duration_s = std::chrono::duration<double>(last_reply_ - begin_).count();
    // An open loop lasts as long as its schedule: the last request closes no interval.
    if (options_.rate > 0) record.duration_s = std::max(record.duration_s, static_cast<double>(requests_) / options_.rate);
    record.requests = requests_;
    record.replies = replies_;
    record.rate = record.duration_s > 0 ? static_cast<double>(replies_) / record.duration_s : 0;
    record.latency = summary(latency_);
    record.service = summary(service_);
    record.late_sends = late_sends_;
    record.errors = errors_;
    for (const auto& [code, count] : codes_) record.result_codes[std::to_string(code)] = count;
  }

  /// What the target refused with, in the paper's words.
  void note_refusals(std::vector<std::string>& notes) const {
    for (const auto& [code, count] : codes_) {
      if (code == spec_.success.value) continue;
      const spec::ResultRow* row = spec_.row(interface_, {code});
      notes.push_back(std::to_string(count) + " replies " + std::to_string(code) +
                      (row != nullptr ? ": " + row->title.en + " (" + row->title.zh + ")" : ", a code that the paper does not list"));
    }
  }

  std::uint64_t successes() const {
    const auto found = codes_.find(spec_.success.value);
    return found == codes_.end() ? 0 : found->second;
  }

  std::uint64_t count_of(spec::SignatureFault fault) const {
    const spec::ResultRow* row = spec_.answering(fault);
    const auto found = row == nullptr ? codes_.end() : codes_.find(row->code.value);
    return found == codes_.end() ? 0 : found->second;
  }

 private:
  struct Flight {
    SteadyTime intended, sent;
    std::size_t meter = 0;
  };

  /// Both headers' lines for one app and second, made once.
  struct Signature {
    std::int64_t second = -1;
    std::string lines;
  };

  void append_signature(std::string& out, spec::DateTime now) {
    const std::size_t turn = static_cast<std::size_t>(requests_) % options_.apps.size();
    Signature& signature = signatures_[turn];
    if (signature.second != now.seconds) {
      signature.second = now.seconds;
      stamp_.clear();
      now.append_compact(stamp_);
      signature.lines = token_name_;
      signer_.append_token(signature.lines, options_.apps[turn], stamp_);
      signature.lines += "\r\n" + authorization_name_;
      signer_.append_authorization(signature.lines, options_.apps[turn], stamp_);
      signature.lines += "\r\n";
    }
    out += signature.lines;
  }

  static reports::LatencyRecord summary(const Histogram& histogram) {
    return {histogram.percentile_ms(0.5),   histogram.percentile_ms(0.9), histogram.percentile_ms(0.99),
            histogram.percentile_ms(0.999), histogram.percentile_ms(1.0), histogram.mean_ms()};
  }

  const spec::Spec& spec_;
  const spec::Interface& interface_;
  const LoadOptions& options_;
  const std::function<void(const std::string&)>& progress_;
  wire::Signer signer_;
  Fleet fleet_;
  std::optional<Pacer> pacer_;
  std::vector<Flight> flights_;
  std::vector<Signature> signatures_;
  std::string head_, token_name_, authorization_name_, echo_name_, body_, stamp_;
  std::size_t echo_field_ = 0;
  Histogram latency_, service_;
  std::map<int, std::uint64_t> codes_;
  std::map<std::string, std::uint64_t> errors_;
  std::uint64_t requests_ = 0, replies_ = 0, late_sends_ = 0, replies_at_tick_ = 0;
  SteadyTime begin_, last_reply_, last_tick_;
};

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) { return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void note_limits(reports::LoadRecord& record, const Worker& worker, const LoadOptions& options, double cpu) {
  if (const std::uint64_t repeated = worker.count_of(spec::SignatureFault::timestamp_repeated); repeated > 0)
    record.notes.push_back(std::to_string(repeated) + " requests were refused for their timestamp: the target takes each second once per appId, so " +
                           std::to_string(options.apps.size()) + " appId" + (options.apps.size() == 1 ? "" : "s") + " can make " +
                           std::to_string(options.apps.size()) +
                           " requests a second; more need more appIds (--apps FILE), or a target that allows repeats (mock --replay allow)");
  if (record.late_sends * 100 > record.requests)
    record.notes.emplace_back(
        "more than 1 % of the requests left over a millisecond late: add connections, lower the rate, or give the generator a core of its own");
  if (record.duration_s > 0 && cpu / record.duration_s > 0.9)
    record.notes.emplace_back("the generator itself was busy all the time: the figures show its limit, not the target's");
  if (options.rate > 0 && record.duration_s > 0 && record.rate < 0.99 * options.rate) record.notes.emplace_back("the intended rate was not reached");
}

}  // namespace

const spec::Interface* playable(const spec::Spec& spec, const std::string& name) {
  for (const spec::Interface& interface : spec.interfaces)
    if (!interface.simulate.empty() && (name.empty() || name == interface.name)) return &interface;
  return nullptr;
}

reports::LoadRecord run_load(const spec::Spec& spec, const spec::Interface& interface, const LoadOptions& options,
                             const std::function<void(const std::string&)>& progress) {
  reports::LoadRecord record;
  record.started = spec::local_time(std::chrono::system_clock::now(), std::chrono::minutes(0)).to_string() + " UTC";
  record.target = options.address.to_string();
  record.interface = interface.name;
  record.mode = options.rate > 0 ? "open" : "closed";
  record.intended_rate = options.rate;
  record.meters = options.meters;
  record.apps = options.apps.size();

  Worker worker(spec, interface, options, progress);
  http::Swarm swarm({options.address, options.connections, options.timeout, std::chrono::milliseconds(5000)});
  record.connections = swarm.connect(worker);
  if (record.connections == 0) {
    worker.fill_record(record);
    record.notes.push_back("no connection could be opened to " + record.target);
    record.exit_code = 3;
    return record;
  }
  const double cpu_before = cpu_seconds();
  worker.begin(std::chrono::steady_clock::now());
  swarm.run(worker);
  const double cpu = cpu_seconds() - cpu_before;
  worker.fill_record(record);
  record.cpu_us_per_request = record.requests > 0 ? cpu * 1e6 / static_cast<double>(record.requests) : 0;
  if (record.connections < options.connections)
    record.notes.push_back("only " + std::to_string(record.connections) + " of " + std::to_string(options.connections) + " connections opened at once");
  if (swarm.interrupted()) record.notes.emplace_back("interrupted: the figures are of what was done until then");
  worker.note_refusals(record.notes);
  note_limits(record, worker, options, cpu);
  record.exit_code = worker.successes() == record.requests && record.errors.empty() && record.requests > 0 ? 0 : 1;
  return record;
}

}  // namespace meterproof::load
