// SPDX-License-Identifier: Apache-2.0
#include "loadgen/shard_merge.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "core/i18n/message.hpp"
#include "loadgen/run.hpp"

namespace meterproof::loadgen {

using reports::LoadInterval;
using reports::LoadRecord;

namespace {

template <class Key>
void add(std::map<Key, std::uint64_t>& into, const std::map<Key, std::uint64_t>& from) {
  for (const auto& [key, count] : from) into[key] += count;
}

void add_names(std::vector<std::string>& into, const std::vector<std::string>& from) { into.insert(into.end(), from.begin(), from.end()); }

using reports::ReconciliationRecord;

/// Adds the given members of `from` to those of `into`.
template <class Record, class... Counters>
void add_counters(Record& into, const Record& from, Counters... counters) {
  ((into.*counters += from.*counters), ...);
}

void add(ReconciliationRecord& into, const ReconciliationRecord& from) {
  using One = ReconciliationRecord;
  add_counters(into, from, &One::acknowledged, &One::confirmed, &One::lost, &One::duplicated, &One::not_queried, &One::unacknowledged,
               &One::unacknowledged_confirmed);
  add_names(into.lost_names, from.lost_names);
  add_names(into.duplicated_names, from.duplicated_names);
}

void add(LoadInterval& into, const LoadInterval& from) {
  using One = LoadInterval;
  add_counters(into, from, &One::requests, &One::replies, &One::good, &One::errors, &One::late_sends);
  add(into.result_codes, from.result_codes);
}

/// The seconds of all shards on one time line. Nothing if a histogram cannot be read.
std::optional<std::vector<LoadInterval>> merged_series(const std::vector<LoadRecord>& shards, double started_at) {
  std::vector<std::pair<std::int64_t, const LoadInterval*>> all;  // by the second of the wall clock
  for (const LoadRecord& shard : shards)
    for (const LoadInterval& one : shard.series) all.emplace_back(std::llround(shard.started_at + one.begin_s), &one);
  // Shards may have started in different seconds; stable, so that the merge does not depend on the sort.
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<LoadInterval> out;
  for (std::size_t at = 0; at < all.size();) {
    const std::int64_t second = all[at].first;
    LoadInterval& sum = out.emplace_back();
    Histogram latency;
    for (; at < all.size() && all[at].first == second; ++at) {
      const LoadInterval& one = *all[at].second;
      add(sum, one);
      if (one.histogram.empty()) continue;
      const auto histogram = Histogram::decoded(one.histogram);
      if (!histogram) return std::nullopt;
      latency.add(*histogram);
    }
    sum.begin_s = std::max(0.0, static_cast<double>(second) - std::round(started_at));
    summarize(sum, latency);
  }
  return out;
}

/// Empty, or the reason why the records are not all the shards of one run.
i18n::Message incomplete(const std::vector<LoadRecord>& shards) {
  std::set<std::string> seen;
  std::string count;
  for (const LoadRecord& shard : shards) {
    const std::size_t slash = shard.shard.find('/');
    if (slash == std::string::npos) return shard.shard.empty() ? i18n::msg<"merge.whole-run">() : i18n::msg<"merge.not-a-shard">(shard.shard);
    if (count.empty()) count = shard.shard.substr(slash + 1);
    if (count != shard.shard.substr(slash + 1)) return i18n::msg<"merge.other-run">(shards.front().shard, shard.shard);
    if (!seen.insert(shard.shard).second) return i18n::msg<"merge.twice">(shard.shard);
  }
  if (std::to_string(seen.size()) != count) return i18n::msg<"merge.missing">(seen.size(), count);
  return {};
}

/// Empty, or the first difference that shards of one run cannot have.
i18n::Message mismatch(const LoadRecord& a, const LoadRecord& b) {
  if (a.target != b.target) return i18n::msg<"merge.targets">(a.target, b.target);
  if (a.workload != b.workload) return i18n::msg<"merge.workloads">(a.workload, b.workload);
  if (a.mode != b.mode || a.stages != b.stages) return i18n::msg<"merge.stages">();
  return {};
}

}  // namespace

void add_counts(LoadRecord& into, const LoadRecord& from) {
  using One = LoadRecord;
  add_counters(into, from, &One::requests, &One::replies, &One::good, &One::measured, &One::late_sends, &One::generator_late_sends);
  into.interrupted = into.interrupted || from.interrupted;
  add(into.result_codes, from.result_codes);
  for (const reports::ErrorRecord& one : from.errors) add_error(into.errors, one.cause, one.count);
  for (const auto& [name, codes] : from.by_interface) add(into.by_interface[name], codes);
  for (const reports::ReconciliationRecord& one : from.reconciliation) {
    const auto same = std::find_if(into.reconciliation.begin(), into.reconciliation.end(), [&](const auto& other) { return other.name == one.name; });
    if (same == into.reconciliation.end()) into.reconciliation.push_back(one);
    else add(*same, one);
  }
  for (const i18n::Message& note : from.notes)
    if (std::find(into.notes.begin(), into.notes.end(), note) == into.notes.end()) into.notes.push_back(note);
}

std::optional<LoadRecord> merge_shards(const std::vector<LoadRecord>& shards, i18n::Message& why) {
  if (shards.size() < 2) {
    why = i18n::msg<"merge.too-few">();
    return std::nullopt;
  }
  if (why = incomplete(shards); !why.empty()) return std::nullopt;
  LoadRecord out = shards.front();
  out.runs.clear();
  LatencyHistograms latencies;
  double last_start = 0, first_start = out.started_at, cpu = 0;
  bool first = true;
  for (const LoadRecord& shard : shards) {
    if (why = mismatch(out, shard); !why.empty()) return std::nullopt;
    for (const auto& [name, into] : by_name(latencies)) {
      const auto text = shard.histograms.find(name);
      if (shard.requests == 0 && text == shard.histograms.end()) continue;
      const auto histogram = text == shard.histograms.end() ? std::nullopt : Histogram::decoded(text->second);
      if (!histogram) {
        why = i18n::msg<"merge.histogram">(name, shard.shard);
        return std::nullopt;
      }
      into->add(*histogram);
    }
    last_start = std::max(last_start, shard.started_at);
    if (shard.started_at < first_start) first_start = shard.started_at, out.started = shard.started;
    cpu += shard.cpu_us_per_request * static_cast<double>(shard.requests);
    // The first shard is already in `out`; its histograms are not.
    if (std::exchange(first, false)) continue;
    add_counts(out, shard);
    out.rate += shard.rate;
    out.intended_rate += shard.intended_rate;
    out.connections += shard.connections;
    out.meters += shard.meters;
    out.apps += shard.apps;
    out.duration_s = std::max(out.duration_s, shard.duration_s);
    out.measured_s = std::max(out.measured_s, shard.measured_s);
    out.cpu_share = std::max(out.cpu_share, shard.cpu_share);
  }
  out.shard = "merged";
  out.notes.push_back(i18n::msg<"load.note-merged">(shards.size()));
  out.started_at = first_start;
  out.thresholds.clear();
  out.cpu_us_per_request = out.requests > 0 ? cpu / static_cast<double>(out.requests) : 0;
  auto series = merged_series(shards, first_start);
  if (!series) {
    why = i18n::msg<"merge.second">();
    return std::nullopt;
  }
  out.series = std::move(*series);
  summarize(out, latencies);
  if (last_start - first_start > 1) out.notes.push_back(i18n::msg<"load.note-shards-apart">(static_cast<long long>(last_start - first_start)));
  set_verdict(out);
  // A shard that could not judge its part makes the whole run unjudged.
  for (const LoadRecord& shard : shards)
    if (shard.exit_code > 1 && out.exit_code == 0) {
      out.exit_code = shard.exit_code;
      out.verdict = i18n::msg<"load.shard-verdict">(shard.shard, shard.verdict);
    }
  if (last_start - first_start > 1 && out.exit_code == 0) {
    out.exit_code = 4;
    out.verdict = i18n::msg<"load.shards-apart">();
  }
  return out;
}

}  // namespace meterproof::loadgen
