// SPDX-License-Identifier: Apache-2.0
#include "loadgen/target_watch.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include "core/i18n/message.hpp"
#include "core/text/text.hpp"
#include "net/client/http_client.hpp"
#include "net/process_use.hpp"

namespace meterproof::loadgen {

namespace {

constexpr std::chrono::seconds period{1};

class ProcessWatch final : public TargetWatch {
 public:
  explicit ProcessWatch(int pid) : pid_(pid) {}
  std::string name() const override { return "process " + std::to_string(pid_); }
  std::optional<TargetUse> look() override {
    const auto use = net::use_of_process(pid_);
    return use ? std::optional(TargetUse{use->cpu_s, {}, use->memory_b}) : std::nullopt;
  }

 private:
  const int pid_;
};

class PageWatch final : public TargetWatch {
 public:
  explicit PageWatch(const net::Address& address) : client_(address, period) {}
  std::string name() const override { return client_.address().to_string(); }
  std::optional<TargetUse> look() override {
    constexpr int ok = 200;
    net::HttpRequest request;
    request.method = "GET";
    const net::Exchange exchange = client_.exchange(request);
    if (exchange.status != ok) return std::nullopt;
    const TargetUse out = use_of_page(exchange.body);
    return out.cpu_s || out.cores || out.memory_b ? std::optional(out) : std::nullopt;
  }

 private:
  net::HttpClient client_;
};

/// Sums of the samples of those names, whatever their labels.
std::map<std::string_view, double> sums_of(std::string_view page, std::initializer_list<std::string_view> names) {
  std::map<std::string_view, double> out;
  for (std::size_t from = 0; from < page.size();) {
    const std::size_t to = std::min(page.find('\n', from), page.size());
    const std::string_view line = page.substr(from, to - from);
    from = to + 1;
    const std::size_t end = line.find_first_of("{ ");
    const auto* const known = std::find(names.begin(), names.end(), line.substr(0, end));
    if (end == std::string_view::npos || known == names.end()) continue;
    const std::size_t value = line[end] == '{' ? line.rfind('}') + 1 : end;  // npos + 1 is 0: the line's begin is no number
    const std::string_view text = core::trimmed(line.substr(std::min(value, line.size())));
    double number = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc()) out[*known] += number;
  }
  return out;
}

std::optional<double> found_in(const std::map<std::string_view, double>& sums, std::string_view name) {
  const auto found = sums.find(name);
  return found == sums.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace

TargetUse use_of_page(std::string_view page) {
  const auto sums =
      sums_of(page, {"process_cpu_seconds_total", "process_resident_memory_bytes", "process_cpu_usage", "system_cpu_count", "jvm_memory_used_bytes"});
  TargetUse out;
  out.cpu_s = found_in(sums, "process_cpu_seconds_total");
  if (const auto usage = found_in(sums, "process_cpu_usage"), cores = found_in(sums, "system_cpu_count"); !out.cpu_s && usage && cores)
    out.cores = *usage * *cores;
  out.memory_b = found_in(sums, "process_resident_memory_bytes");
  if (!out.memory_b) out.memory_b = found_in(sums, "jvm_memory_used_bytes");
  return out;
}

std::unique_ptr<TargetWatch> TargetWatch::of_process(int pid) { return std::make_unique<ProcessWatch>(pid); }
std::unique_ptr<TargetWatch> TargetWatch::of_page(const net::Address& address) { return std::make_unique<PageWatch>(address); }

TargetSampler::TargetSampler(TargetWatch& watch) : watch_(watch) {
  thread_.start([this] { run(); });
}

TargetSampler::~TargetSampler() {
  const std::scoped_lock lock(mutex_);
  stopped_ = true;
  ended_.notify_all();
}

void TargetSampler::run() {
  auto next = std::chrono::steady_clock::now();
  for (;;) {
    const auto use = watch_.look();
    const double at = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
    std::unique_lock lock(mutex_);
    if (use) samples_.push_back({at, *use});
    next = std::max(next + period, std::chrono::steady_clock::now());
    if (ended_.wait_until(lock, next, [this] { return stopped_; })) return;
  }
}

void TargetSampler::stop(reports::LoadRecord& record) {
  {
    const std::scoped_lock lock(mutex_);
    stopped_ = true;
    ended_.notify_all();
  }
  thread_.join();
  record.target_source = watch_.name();
  for (std::size_t i = 1; i < samples_.size(); ++i) {
    const Sample &before = samples_[i - 1], &now = samples_[i];
    const double begin = before.at_s - record.started_at, length = now.at_s - before.at_s;
    if (begin + length <= 0 || begin >= record.duration_s || length <= 0) continue;
    reports::TargetSecond second;
    second.begin_s = std::max(0.0, begin);
    if (now.use.cores) second.cores = *now.use.cores;
    else if (before.use.cpu_s && now.use.cpu_s && *now.use.cpu_s >= *before.use.cpu_s) second.cores = (*now.use.cpu_s - *before.use.cpu_s) / length;
    constexpr double mebibyte = 1024.0 * 1024.0;
    if (now.use.memory_b) second.memory_mib = *now.use.memory_b / mebibyte;
    record.target_series.push_back(second);
  }
  if (record.target_series.empty()) record.notes.push_back(i18n::msg<"load.note-target-untold">(watch_.name()));
}

}  // namespace meterproof::loadgen
