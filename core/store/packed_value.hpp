// SPDX-License-Identifier: Apache-2.0
// Values as a table stores them: a number in 16 bytes, a text in 32, so that a row takes few cache lines.
//
// Fast path. WHY: a row of CellValues takes 27 cache lines, packed it takes 10. GAIN: 8 % of the mock's CPU with 200,000 devices (docs/performance.md,
// `ci/bench mock`; not measured again since). REFERENCE: CellValue. TEST: every test that reads back what it wrote, such as Mock.* and the specification's
// transcript. DELETE WHEN: tables hold few rows.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/store/cell_value.hpp"

namespace meterproof::store {

/// A value of a numeric column: a number or nothing.
class PackedNumber {
 public:
  CellValue cell() const { return {kind_, determinacy_, {units_, scale_}, {}}; }
  void store(const CellValue& value) {
    units_ = value.number.units();
    scale_ = static_cast<std::int8_t>(value.number.scale());
    kind_ = value.kind;
    determinacy_ = value.determinacy;
  }
  void store(core::Decimal number) {
    units_ = number.units();
    scale_ = static_cast<std::int8_t>(number.scale());
    kind_ = CellValue::Kind::number;
    determinacy_ = Determinacy::determined;
  }

 private:
  std::int64_t units_ = 0;
  std::int8_t scale_ = 0;
  CellValue::Kind kind_ = CellValue::Kind::none;
  Determinacy determinacy_ = Determinacy::determined;
};

/// A value of any other column: a text or nothing. Up to 21 bytes, as dates and most keys have, are stored in place; longer texts on the heap.
class PackedText {
 public:
  PackedText() = default;
  PackedText(const PackedText& other) { store(other.cell()); }
  PackedText& operator=(const PackedText& other) {
    store(other.cell());
    return *this;
  }
  PackedText(PackedText&&) noexcept = default;
  PackedText& operator=(PackedText&&) noexcept = default;
  ~PackedText() = default;

  CellValue cell() const { return {kind_, determinacy_, {}, long_ ? std::string_view(*long_) : std::string_view(short_.data(), size_)}; }
  void store(const CellValue& value) {
    kind_ = value.kind;
    determinacy_ = value.determinacy;
    if (value.text.size() > short_.size()) return store_long(value.text);
    // The source may be a part of this value: copied before a longer text is freed.
    std::copy_n(value.text.data(), value.text.size(), short_.data());
    size_ = static_cast<std::uint8_t>(value.text.size());
    if (long_) long_.reset();
  }

 private:
  void store_long(std::string_view text) { long_ = std::make_unique<std::string>(text); }

  CellValue::Kind kind_ = CellValue::Kind::none;
  Determinacy determinacy_ = Determinacy::determined;
  std::uint8_t size_ = 0;
  std::array<char, 21> short_;  // NOLINT(*-member-init): `size_` bytes of it
  std::unique_ptr<std::string> long_;
};

}  // namespace meterproof::store
