// The last exchanges of a mock, and why each was answered as it was. Its size does not grow with the traffic.
#pragma once

#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "spec/model/datetime.hpp"
#include "spec/model/interface.hpp"

namespace meterproof::mock {

struct Entry {
  std::uint64_t number = 0;
  spec::DateTime at;
  std::string method, target, interface, app_id;
  std::string request, reply;  // bodies, cut at Journal::longest
  int status = 0;
  int code = 0;
  spec::Text why;
  std::string fault;  // an injected one

  std::string to_json() const;
};

class Journal {
 public:
  static constexpr std::size_t longest = 4096;  // bytes of a body that are kept

  explicit Journal(std::size_t length) : entries_(length) {}

  /// Every entry is written there too, a JSON object a line. False where the file can't be written.
  bool write_to(const std::string& path);

  /// The entry to be filled; the oldest is overwritten. `commit` when it is filled.
  Entry& next();
  void commit();

  std::uint64_t total() const { return total_; }
  /// The newest `count` entries, newest first.
  std::vector<const Entry*> latest(std::size_t count) const;
  void clear() { total_ = 0; }

 private:
  std::vector<Entry> entries_;
  std::uint64_t total_ = 0;
  std::ofstream file_;
  Entry unkept_;
};

/// At most `longest` bytes of a text, never half a character.
std::string_view cut(std::string_view text, std::size_t longest);

}  // namespace meterproof::mock
