// SPDX-License-Identifier: Apache-2.0
#include "loadgen/shard_merge.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>
#include <utility>

#include "core/i18n/message.hpp"
#include "core/i18n/message_error.hpp"
#include "loadgen/checked_sum.hpp"
#include "loadgen/run.hpp"

namespace meterproof::loadgen {

using reports::LoadInterval;
using reports::LoadRecord;

namespace {

// All of these are false where a sum does not fit.

template <class Key>
bool add(std::map<Key, std::uint64_t>& into, const std::map<Key, std::uint64_t>& from) {
  bool fits = true;
  for (const auto& [key, count] : from) fits &= add_checked(into[key], count);
  return fits;
}

/// As many as one record has at the most.
void add_names(std::vector<std::string>& into, const std::vector<std::string>& from) {
  constexpr std::size_t most = 100'000;
  const std::size_t room = into.size() < most ? most - into.size() : 0;
  into.insert(into.end(), from.begin(), from.begin() + static_cast<std::ptrdiff_t>(std::min(room, from.size())));
}

using reports::ReconciliationRecord;

/// Adds the given members of `from` to those of `into`.
template <class Record, class... Counters>
bool add_counters(Record& into, const Record& from, Counters... counters) {
  bool all = true;
  ((all = add_checked(into.*counters, from.*counters) && all), ...);
  return all;
}

bool add(ReconciliationRecord& into, const ReconciliationRecord& from) {
  using One = ReconciliationRecord;
  const auto names = {&One::lost_names, &One::duplicated_names, &One::differing_names, &One::phantom_names, &One::refused_stored_names};
  for (const auto list : names) add_names(into.*list, from.*list);
  return add_counters(into, from, &One::acknowledged, &One::confirmed, &One::lost, &One::duplicated, &One::not_queried, &One::unacknowledged,
                      &One::unacknowledged_confirmed, &One::differing, &One::phantom, &One::refused_stored);
}

/// A note on a code, of another shard or run, is the same note with the sum of their counts. False if `note` is none of these.
bool add_code_note(std::vector<i18n::Message>& notes, const i18n::Message& note, bool& fits) {
  if (note.id != "load.note-code" && note.id != "load.note-unknown-code") return false;
  const auto count_of = [](i18n::Message& one) -> i18n::Argument* {
    const auto found = std::find_if(one.arguments.begin(), one.arguments.end(), [](const i18n::Argument& argument) { return argument.name == "count"; });
    return found == one.arguments.end() ? nullptr : &*found;
  };
  i18n::Message wanted = note;
  i18n::Argument* const added = count_of(wanted);
  if (added == nullptr) return false;
  std::uint64_t from = 0;
  std::from_chars(added->text.data(), added->text.data() + added->text.size(), from);
  for (i18n::Message& one : notes) {
    i18n::Argument* const known = one.id == note.id ? count_of(one) : nullptr;
    if (known == nullptr) continue;
    added->text = known->text;
    if (!(one == wanted)) continue;
    std::uint64_t sum = 0;
    std::from_chars(known->text.data(), known->text.data() + known->text.size(), sum);
    fits &= add_checked(sum, from);
    known->text = std::to_string(sum);
    return true;
  }
  return false;
}

/// Notes without those of codes beyond the first twenty: each shard names twenty, and they need not be the same.
void limit_code_notes(std::vector<i18n::Message>& notes) {
  constexpr std::size_t most = 20;
  std::size_t named = 0;
  const auto is_of_a_code = [](const i18n::Message& one) { return one.id == "load.note-code" || one.id == "load.note-unknown-code"; };
  const std::size_t dropped = std::erase_if(notes, [&](const i18n::Message& one) { return is_of_a_code(one) && ++named > most; });
  if (dropped > 0) notes.push_back(i18n::msg<"load.note-more-codes">(dropped));
}

/// The seconds of all parts on one time line. Nothing if a histogram cannot be read. `fits` becomes false where a sum does not fit. `keeps`: the histogram of
/// each second, for whoever merges the result.
std::optional<std::vector<LoadInterval>> merged_series(const std::vector<LoadRecord>& shards, double started_at, bool keeps, bool& fits) {
  std::vector<std::pair<std::int64_t, const LoadInterval*>> all;  // by the second of the wall clock
  for (const LoadRecord& shard : shards)
    for (const LoadInterval& one : shard.series) all.emplace_back(std::llround(shard.started_at + one.begin_s), &one);
  // Shards may have started in different seconds; stable, so that the merge does not depend on the sort.
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<LoadInterval> out;
  for (std::size_t at = 0; at < all.size();) {
    const std::int64_t second = all[at].first;
    LoadInterval& sum = out.emplace_back();
    sum.length_s = 0;
    Histogram latency;
    for (; at < all.size() && all[at].first == second; ++at) {
      const LoadInterval& one = *all[at].second;
      fits &= add_second(sum, one);
      if (one.histogram.empty()) continue;
      const auto histogram = Histogram::decoded(one.histogram);
      if (!histogram) return std::nullopt;
      latency.add(*histogram);
      fits &= latency.count() <= Histogram::max_count;
    }
    sum.begin_s = std::max(0.0, static_cast<double>(second) - std::round(started_at));
    summarize(sum, latency);
    if (keeps) sum.histogram = latency.encoded();
  }
  return out;
}

/// Empty, or the reason why the records are not all the shards of one run.
i18n::Message incomplete(const std::vector<LoadRecord>& shards) {
  std::set<std::string> seen;
  std::string count;
  for (const LoadRecord& shard : shards) {
    const std::size_t slash = shard.shard.find('/');
    if (i18n::Message why = why_no_shard(shard); !why.empty()) return why;
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

i18n::Message why_no_shard(const LoadRecord& record) {
  if (record.shard.find('/') != std::string::npos) return {};
  return record.shard.empty() ? i18n::msg<"merge.whole-run">() : i18n::msg<"merge.not-a-shard">(record.shard);
}

bool add_counts(LoadRecord& into, const LoadRecord& from) {
  using One = LoadRecord;
  bool fits = add_counters(into, from, &One::requests, &One::replies, &One::good, &One::measured, &One::late_sends, &One::generator_late_sends, &One::scheduled,
                           &One::sent_on_schedule, &One::connections_opened, &One::first_exchanges);
  into.interrupted = into.interrupted || from.interrupted;
  fits &= add(into.result_codes, from.result_codes);
  for (const reports::ErrorRecord& one : from.errors) {
    const auto same = std::find_if(into.errors.begin(), into.errors.end(), [&](const reports::ErrorRecord& other) { return other.cause == one.cause; });
    if (same == into.errors.end()) into.errors.push_back(one);
    else fits &= add_checked(same->count, one.count);
  }
  for (const auto& [name, codes] : from.by_interface) fits &= add(into.by_interface[name], codes);
  for (const ReconciliationRecord& one : from.reconciliation) {
    const auto same = std::find_if(into.reconciliation.begin(), into.reconciliation.end(), [&](const auto& other) { return other.name == one.name; });
    if (same == into.reconciliation.end()) into.reconciliation.push_back(one);
    else fits &= add(*same, one);
  }
  for (const i18n::Message& note : from.notes)
    if (!add_code_note(into.notes, note, fits) && std::find(into.notes.begin(), into.notes.end(), note) == into.notes.end()) into.notes.push_back(note);
  limit_code_notes(into.notes);
  return fits;
}

namespace {

struct Sum {
  LoadRecord record;  // not judged
  double starts_apart_s = 0;
};

/// What parts of one run come to together. Nothing where they cannot be added; `why` says why not. `keeps`: as merged_series has it.
std::optional<Sum> sum_of(const std::vector<LoadRecord>& parts, bool keeps, i18n::Message& why) {
  LoadRecord out = parts.front();
  out.runs.clear();
  LatencyHistograms latencies;
  double last_start = 0, first_start = out.started_at, cpu = 0, good_in_time = 0;
  bool first = true, fits = true;
  for (const LoadRecord& part : parts) {
    if (why = mismatch(out, part); !why.empty()) return std::nullopt;
    for (const auto& [name, into] : by_name(latencies)) {
      const auto text = part.histograms.find(name);
      if (part.requests == 0 && text == part.histograms.end()) continue;
      const auto histogram = text == part.histograms.end() ? std::nullopt : Histogram::decoded(text->second);
      if (!histogram) {
        why = i18n::msg<"merge.histogram">(name, part.shard);
        return std::nullopt;
      }
      into->add(*histogram);
      fits &= into->count() <= Histogram::max_count;
    }
    last_start = std::max(last_start, part.started_at);
    if (part.started_at < first_start) first_start = part.started_at, out.started = part.started;
    cpu += part.cpu_us_per_request * static_cast<double>(part.requests);
    good_in_time += part.rate * part.measured_s;  // each ends with a reply of its own
    // The first part is already in `out`; its histograms are not.
    if (std::exchange(first, false)) continue;
    fits &= add_counts(out, part) && add_counters(out, part, &LoadRecord::connections, &LoadRecord::meters, &LoadRecord::apps);
    out.intended_rate += part.intended_rate;
    out.scheduled_rate += part.scheduled_rate;
    out.clock_step_s = std::max(out.clock_step_s, part.clock_step_s);
    out.target_clock_step_s = std::max(out.target_clock_step_s, part.target_clock_step_s);
    out.duration_s = std::max(out.duration_s, part.duration_s);
    out.measured_s = std::max(out.measured_s, part.measured_s);
    out.cpu_share = std::max(out.cpu_share, part.cpu_share);
  }
  out.rate = out.measured_s > 0 ? good_in_time / out.measured_s : 0;
  out.started_at = first_start;
  out.thresholds.clear();
  out.cpu_us_per_request = out.requests > 0 ? cpu / static_cast<double>(out.requests) : 0;
  auto series = merged_series(parts, first_start, keeps, fits);
  if (!series || !fits) {
    why = fits ? i18n::msg<"merge.second">() : i18n::msg<"record.implausible">();
    return std::nullopt;
  }
  out.series = std::move(*series);
  summarize(out, latencies);
  return Sum{std::move(out), last_start - first_start};
}

}  // namespace

bool add_second(LoadInterval& into, const LoadInterval& from) {
  using One = LoadInterval;
  into.length_s = std::max(into.length_s, from.length_s);
  const bool fits = add_counters(into, from, &One::requests, &One::replies, &One::good, &One::errors, &One::late_sends);
  return add(into.result_codes, from.result_codes) && fits;
}

std::optional<LoadRecord> merge_shards(const std::vector<LoadRecord>& shards, i18n::Message& why) {
  if (shards.size() < 2) {
    why = i18n::msg<"merge.too-few">();
    return std::nullopt;
  }
  if (why = incomplete(shards); !why.empty()) return std::nullopt;
  auto sum = sum_of(shards, false, why);
  if (!sum) return std::nullopt;
  LoadRecord& out = sum->record;
  out.shard = "merged";
  out.threads = 0;
  for (const LoadRecord& shard : shards) out.threads += shard.threads;
  out.notes.push_back(i18n::msg<"load.note-merged">(shards.size()));
  const double apart = sum->starts_apart_s;
  if (apart > 1) out.notes.push_back(i18n::msg<"load.note-shards-apart">(static_cast<long long>(apart)));
  // One that was given up, as its appIds were refused, says nothing of the target; neither does the whole.
  const auto ended = std::find_if(shards.begin(), shards.end(), [](const LoadRecord& shard) { return !shard.ended.empty(); });
  if (ended != shards.end()) {
    out.ended = i18n::msg<"load.shard-verdict">(ended->shard, ended->ended);
    out.ended_exit_code = ended->ended_exit_code;
  }
  set_verdict(out);
  // A shard that could not judge its part makes the whole run unjudged.
  for (const LoadRecord& shard : shards)
    if (shard.exit_code > 1 && out.exit_code == 0) {
      out.exit_code = shard.exit_code;
      out.verdict = i18n::msg<"load.shard-verdict">(shard.shard, shard.verdict);
    }
  if (apart > 1 && out.exit_code == 0) {
    out.exit_code = 4;
    out.verdict = i18n::msg<"load.shards-apart">();
  }
  return std::move(sum->record);
}

LoadRecord merge_threads(const std::vector<LoadRecord>& threads, bool is_shard) {
  i18n::Message why;
  auto sum = sum_of(threads, is_shard, why);
  if (!sum) throw i18n::MessageError(std::move(why));
  LoadRecord& out = sum->record;
  out.threads = threads.size();
  const auto ended = std::find_if(threads.begin(), threads.end(), [](const LoadRecord& one) { return !one.ended.empty(); });
  if (ended != threads.end()) {
    out.ended = ended->ended;
    out.ended_exit_code = ended->ended_exit_code;
  }
  return std::move(sum->record);
}

}  // namespace meterproof::loadgen
