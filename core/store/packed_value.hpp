// Values as a table keeps them: a row's numbers side by side in sixteen bytes each, its texts in thirty-two.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/store/cell_value.hpp"

namespace meterproof::store {

/// A value of a numeric column.
class PackedNumber {
 public:
  CellValue cell() const { return {kind_, certainty_, {units_, scale_}, {}}; }
  void put(const CellValue& value) {
    units_ = value.number.units();
    scale_ = static_cast<std::int8_t>(value.number.scale());
    kind_ = value.kind;
    certainty_ = value.determinacy;
  }
  void put(core::Decimal number) {
    units_ = number.units();
    scale_ = static_cast<std::int8_t>(number.scale());
    kind_ = CellValue::Kind::number;
    certainty_ = Determinacy::determined;
  }

 private:
  std::int64_t units_ = 0;
  std::int8_t scale_ = 0;
  CellValue::Kind kind_ = CellValue::Kind::none;
  Determinacy certainty_ = Determinacy::determined;
};

/// A value of any other column. A short text, as dates and most keys are, stands in place.
class PackedText {
 public:
  CellValue cell() const { return {kind_, certainty_, {}, longer_ ? std::string_view(*longer_) : std::string_view(short_.data(), size_)}; }
  void put(const CellValue& value) {
    kind_ = value.kind;
    certainty_ = value.determinacy;
    if (value.text.size() > short_.size()) return put_long(value.text);
    // It may be a part of the one that is kept.
    std::copy_n(value.text.data(), value.text.size(), short_.data());
    size_ = static_cast<std::uint8_t>(value.text.size());
    if (longer_) longer_.reset();
  }

 private:
  void put_long(std::string_view text) { longer_ = std::make_unique<std::string>(text); }

  CellValue::Kind kind_ = CellValue::Kind::none;
  Determinacy certainty_ = Determinacy::determined;
  std::uint8_t size_ = 0;
  std::array<char, 21> short_;  // NOLINT(*-member-init): `size_` bytes of it
  std::unique_ptr<std::string> longer_;
};

}  // namespace meterproof::store
