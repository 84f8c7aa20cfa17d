// SPDX-License-Identifier: Apache-2.0
// Which rows of a table were written since somebody asked: what a store file has to take over.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "core/store/store_interceptor.hpp"

namespace meterproof::store {

/// Records nothing until `record`; a copy, and what one was moved to, records nothing either. Not thread-safe.
class ChangedRows {
 public:
  ChangedRows() = default;
  ChangedRows(const ChangedRows&) {}
  ChangedRows(ChangedRows&&) noexcept {}
  ChangedRows& operator=(const ChangedRows& other) {
    if (this != &other) forget();
    return *this;
  }
  ChangedRows& operator=(ChangedRows&& other) noexcept {
    if (this != &other) forget();
    return *this;
  }
  ~ChangedRows() = default;

  void record() { recording_ = true; }
  bool records() const { return recording_; }
  void add(RowNumber row) {
    if (recording_ && (rows_.empty() || rows_.back() != row)) rows_.push_back(row);
  }
  /// Each of them once, in their order; from here on they count as not written.
  std::vector<RowNumber> take() {
    std::sort(rows_.begin(), rows_.end());
    rows_.erase(std::unique(rows_.begin(), rows_.end()), rows_.end());
    return std::exchange(rows_, {});
  }

 private:
  void forget() {
    recording_ = false;
    rows_.clear();
  }

  bool recording_ = false;
  std::vector<RowNumber> rows_;
};

}  // namespace meterproof::store
