// A fleet of simulated meters: each report is the next one of the next meter, with values that follow from its last.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "spec/model/datetime.hpp"
#include "spec/model/interface.hpp"

namespace meterproof::load {

class Fleet {
 public:
  /// `interface` must say how it is played (simulate:).
  Fleet(const spec::Interface& interface, std::size_t meters, std::uint64_t first, std::uint64_t seed);

  std::size_t size() const { return meters_; }
  /// Appends the JSON body of the next report and returns the index of its meter.
  std::size_t append_report(std::string& out, spec::DateTime now);
  /// The text that a meter's report has in that field, where it is a serial.
  std::string serial_of(std::size_t field, std::size_t meter) const;

 private:
  std::uint64_t random();
  std::int64_t between(double low, double high, int scale);
  void append_value(std::string& out, std::size_t field, std::size_t meter, spec::DateTime now);

  struct Played {
    std::size_t field;
    std::string opening;                 // ,"Name":
    std::vector<std::int64_t> readings;  // of a growing field, by meter: units of its scale
    std::int64_t growth = 0;
  };

  const spec::Interface* interface_;
  std::size_t meters_;
  std::uint64_t first_;
  std::uint64_t state_;
  std::size_t next_ = 0;
  std::vector<Played> played_;
};

}  // namespace meterproof::load
