// A request's body as values. One flat JSON object, read without building a tree.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "spec/model/request.hpp"

namespace meterproof::wire {

struct Member {
  static constexpr std::size_t unusual = -1UL;
  std::string_view name;
  std::size_t usual = unusual;  // its place among the usual names
  spec::Value value;
};

/// Reads one JSON object after the other, reusing its buffers. What it hands out lives until the next `read`.
class JsonReader {
 public:
  JsonReader();
  ~JsonReader();
  JsonReader(JsonReader&&) noexcept;
  JsonReader& operator=(JsonReader&&) noexcept;

  /// The object's members in their order, or why the body is no JSON object (see `error`).
  /// `usual`: the names that are likely to come, in that order and in quotes. What others come is read as well, only slower.
  bool read(std::string_view body, std::span<const std::string> usual = {});
  const std::vector<Member>& members() const { return members_; }
  const spec::Text& error() const { return error_; }

 private:
  /// The body in our own buffer, with the room behind it that the whole parser wants.
  std::string_view copied(std::string_view body);
  bool read_whole(std::string_view body);
  bool fail(std::string zh, std::string en);

  struct Buffers;
  std::unique_ptr<Buffers> buffers_;
  std::vector<Member> members_;
  spec::Text error_;
};

/// Puts the members where the interface's fields are. Of a name given twice the last counts; unknown names are passed over.
/// `usual_are_its_own`: the usual names were those of the interface's fields, so that they need not be looked for.
void bind(const std::vector<Member>& members, const spec::Interface& interface, spec::Request& request, bool usual_are_its_own = false);

}  // namespace meterproof::wire
