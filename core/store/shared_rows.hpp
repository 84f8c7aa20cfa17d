// SPDX-License-Identifier: Apache-2.0
// Rows of values that copies share until one of them writes: a copy costs a pointer for each chunk of rows, by default for each 64.
//
// WHY: worlds of a mock are forked, and snapshots of them kept, while requests come. COST: one more pointer to follow; none that could be measured
// (decision 0090). REFERENCE: std::vector. TEST: SharedRows.*. DELETE WHEN: nobody copies a store any more.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace meterproof::store {

/// Not thread-safe, but threads may read and write different rows that it `owns`, while nobody does anything else; and two copies may be used by two threads. A
/// copy is made by the thread that may write to what is copied. `chunk_rows`: rows that are copied together when one of them is written.
template <class Value, std::size_t chunk_rows = 64>
class SharedRows {
 public:
  /// `width`: values in a row.
  explicit SharedRows(std::size_t width) : width_(width) {}
  /// Neither of the two owns its chunks any more: whoever writes first makes a chunk of its own.
  SharedRows(const SharedRows& other) : width_(other.width_), rows_(other.rows_), chunks_(other.chunks_) {
    disown();
    other.disown();
  }
  SharedRows& operator=(const SharedRows& other) {
    if (this != &other) *this = SharedRows(other);
    return *this;
  }
  SharedRows(SharedRows&&) noexcept = default;
  SharedRows& operator=(SharedRows&&) noexcept = default;
  ~SharedRows() = default;

  std::size_t size() const { return rows_; }
  /// The values of a row, valid until it is written.
  const Value* row(std::size_t row) const { return chunks_[row / chunk_rows].values.get() + (row % chunk_rows) * width_; }
  /// The same, to be written. What `row` returned before stays readable until the next call.
  Value* writable_row(std::size_t row) {
    Chunk& chunk = chunks_[row / chunk_rows];
    if (!chunk.owned) take(chunk);
    return chunk.values.get() + (row % chunk_rows) * width_;
  }
  /// Whether both have that row, and it is one: neither has written it, or one near it, since they were copies.
  bool shares(const SharedRows& other, std::size_t row) const {
    return row < rows_ && row < other.rows_ && chunks_[row / chunk_rows].values == other.chunks_[row / chunk_rows].values;
  }
  /// Whether no copy shares that row, or any: then writing it changes nothing but its values.
  bool owns(std::size_t row) const { return owns_all() || chunks_[row / chunk_rows].owned; }
  bool owns_all() const { return shared_chunks_ == 0 || width_ == 0; }  // rows without values are never written
  /// Appends a row of values as they are by default.
  void add_row() {
    if (rows_++ % chunk_rows == 0) chunks_.push_back({std::shared_ptr<Value[]>(new Value[chunk_rows * width_]()), true});
  }

 private:
  struct Chunk {
    std::shared_ptr<Value[]> values;
    bool owned;  // no other copy has it. A count of references would have to be synchronized with what others read
  };

  void disown() const {
    for (Chunk& chunk : chunks_) chunk.owned = false;
    shared_chunks_ = chunks_.size();
  }
  void take(Chunk& chunk) {
    const std::size_t count = chunk_rows * width_;
    std::shared_ptr<Value[]> own(new Value[count]);
    std::copy_n(chunk.values.get(), count, own.get());
    replaced_ = std::exchange(chunk.values, std::move(own));
    chunk.owned = true;
    --shared_chunks_;
  }

  std::size_t width_;
  std::size_t rows_ = 0;
  mutable std::vector<Chunk> chunks_;      // a copy changes who owns what in the original
  mutable std::size_t shared_chunks_ = 0;  // those that are not owned
  std::shared_ptr<Value[]> replaced_;      // the last chunk that was replaced: a value that is written may have come from it
};

}  // namespace meterproof::store
