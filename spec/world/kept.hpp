// Values as a table keeps them: a row's numbers side by side in sixteen bytes each, its texts in thirty-two.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "spec/world/cell.hpp"

namespace meterproof::world {

/// A value of a numeric column.
class KeptNumber {
 public:
  Cell cell() const { return {kind_, certainty_, {units_, scale_}, {}}; }
  void put(const Cell& value) {
    units_ = value.number.units();
    scale_ = static_cast<std::int8_t>(value.number.scale());
    kind_ = value.kind;
    certainty_ = value.certainty;
  }
  void put(spec::Decimal number) {
    units_ = number.units();
    scale_ = static_cast<std::int8_t>(number.scale());
    kind_ = Cell::Kind::number;
    certainty_ = Certainty::known;
  }

 private:
  std::int64_t units_ = 0;
  std::int8_t scale_ = 0;
  Cell::Kind kind_ = Cell::Kind::none;
  Certainty certainty_ = Certainty::known;
};

/// A value of any other column. A short text, as dates and most keys are, stands in place.
class KeptText {
 public:
  Cell cell() const { return {kind_, certainty_, {}, longer_ ? std::string_view(*longer_) : std::string_view(short_.data(), size_)}; }
  void put(const Cell& value) {
    kind_ = value.kind;
    certainty_ = value.certainty;
    if (value.text.size() > short_.size()) return put_long(value.text);
    // It may be a part of the one that is kept.
    std::copy_n(value.text.data(), value.text.size(), short_.data());
    size_ = static_cast<std::uint8_t>(value.text.size());
    if (longer_) longer_.reset();
  }

 private:
  void put_long(std::string_view text) { longer_ = std::make_unique<std::string>(text); }

  Cell::Kind kind_ = Cell::Kind::none;
  Certainty certainty_ = Certainty::known;
  std::uint8_t size_ = 0;
  std::array<char, 21> short_;  // NOLINT(*-member-init): `size_` bytes of it
  std::unique_ptr<std::string> longer_;
};

}  // namespace meterproof::world
