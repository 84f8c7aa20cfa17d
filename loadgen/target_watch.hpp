// SPDX-License-Identifier: Apache-2.0
// What the target itself takes while it is loaded, once a second: of a process on this machine by proc(5), of any other by its page for Prometheus.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/threads/thread_group.hpp"
#include "net/address.hpp"
#include "reports/load_record.hpp"

namespace meterproof::loadgen {

/// What a target says of itself at one moment.
struct TargetUse {
  std::optional<double> cpu_s;     // of processor time since it was started
  std::optional<double> cores;     // that it uses now, where it tells that in place of its time
  std::optional<double> memory_b;  // resident
};

/// Of a page for Prometheus (https://prometheus.io/docs/instrumenting/exposition_formats/): the process metrics that its client libraries have in common
/// (process_cpu_seconds_total, process_resident_memory_bytes), or Micrometer's (process_cpu_usage and system_cpu_count, jvm_memory_used_bytes). A text of
/// another kind has none.
TargetUse use_of_page(std::string_view page);

class TargetWatch {
 public:
  virtual ~TargetWatch() = default;
  /// "process 4711", or the page's address.
  virtual std::string name() const = 0;
  /// Nothing where it does not tell.
  virtual std::optional<TargetUse> look() = 0;

  static std::unique_ptr<TargetWatch> of_process(int pid);
  /// Throws i18n::MessageError where the certificates to believe cannot be read.
  static std::unique_ptr<TargetWatch> of_page(const net::Address& address);
};

/// Looks once a second, from its making to `stop`, on a thread of its own.
class TargetSampler {
 public:
  explicit TargetSampler(TargetWatch& watch);
  ~TargetSampler();
  TargetSampler(const TargetSampler&) = delete;
  TargetSampler& operator=(const TargetSampler&) = delete;

  /// Ends it, and adds to the record what lies within its run; a note, where nothing was told.
  void stop(reports::LoadRecord& record);

 private:
  struct Sample {
    double at_s;  // seconds since 1970
    TargetUse use;
  };

  void run();

  TargetWatch& watch_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable ended_;
  bool stopped_ = false;
  std::vector<Sample> samples_;
  core::ThreadGroup thread_;
};

}  // namespace meterproof::loadgen
