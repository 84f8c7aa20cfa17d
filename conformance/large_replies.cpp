// SPDX-License-Identifier: Apache-2.0
#include "conformance/large_replies.hpp"

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <algorithm>

namespace meterproof::conformance {

namespace {

/// What was freed stays with the heap of the thread that took it, where other threads do not find it (malloc_trim(3)).
void return_free_memory() {
#ifdef __GLIBC__
  (void)::malloc_trim(0);
#endif
}

}  // namespace

LargeReplies::Part::Part(LargeReplies& all) : all_(all) {
  std::unique_lock lock(all_.mutex_);
  Worker& worker = all_.workers_[std::this_thread::get_id()];
  if (all_.expected_) all_.hold(worker, lock);
}

LargeReplies::Part::~Part() {
  bool had_large = false;
  {
    const std::scoped_lock lock(all_.mutex_);
    const auto mine = all_.workers_.find(std::this_thread::get_id());
    had_large = mine->second.had_large;
    all_.expected_ = had_large;
    if (mine->second.holds) --all_.holders_;
    all_.workers_.erase(mine);
  }
  if (had_large) return_free_memory();
  all_.ended_.notify_all();
}

void LargeReplies::wait_to_read(std::string_view body) {
  if (!is_large(body)) return;
  std::unique_lock lock(mutex_);
  const auto mine = workers_.find(std::this_thread::get_id());
  if (mine == workers_.end()) return;
  Worker& worker = mine->second;  // stays where it is: a map's entries do
  worker.had_large = true;
  if (!worker.holds && worker.awaited == 0) hold(worker, lock);
}

bool LargeReplies::is_large(std::string_view body) {
  constexpr std::size_t large = 512UL * 1024, of_a_value = 150;  // bytes; a value with its place in a list, its name and text (json::Json)
  if (body.size() <= large / (2 + of_a_value)) return false;     // be it nothing but values
  const auto values = static_cast<std::size_t>(std::count_if(body.begin(), body.end(), [](char c) { return c == ',' || c == '[' || c == '{'; }));
  return 2 * body.size() + values * of_a_value > large;
}

void LargeReplies::hold(Worker& worker, std::unique_lock<std::mutex>& lock) {
  ended_.wait(lock, [&] { return holders_ < most_; });
  ++holders_;
  worker.holds = true;
}

void LargeReplies::add_awaited(bool begins) {
  const std::scoped_lock lock(mutex_);
  const auto mine = workers_.find(std::this_thread::get_id());
  if (mine == workers_.end()) return;
  if (begins) ++mine->second.awaited;
  else --mine->second.awaited;
}

}  // namespace meterproof::conformance
