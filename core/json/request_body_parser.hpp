// A request's body as values. One flat JSON object, read without building a tree.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/request.hpp"

namespace meterproof::json {

struct JsonMember {
  std::string_view name;
  core::Value value;
};

/// Reads one JSON object after the other, reusing its buffers. What it hands out lives until the next `read`.
class RequestBodyParser {
 public:
  RequestBodyParser();
  ~RequestBodyParser();
  RequestBodyParser(RequestBodyParser&&) noexcept;
  RequestBodyParser& operator=(RequestBodyParser&&) noexcept;

  /// The object's members in their order, or why the body is no JSON object (see `error`).
  bool read(std::string_view body);
  const std::vector<JsonMember>& members() const { return members_; }
  const core::LocalizedText& error() const { return error_; }

 private:
  /// The body in our own buffer, with the room behind it that the whole parser wants.
  std::string_view copied(std::string_view body);
  bool read_whole(std::string_view body);
  bool fail(std::string zh, std::string en);

  struct Buffers;
  std::unique_ptr<Buffers> buffers_;
  std::vector<JsonMember> members_;
  core::LocalizedText error_;
};

/// Puts the members where the interface's fields are. Of a name given twice the last counts; unknown names are passed over.
void map_to_fields(const std::vector<JsonMember>& members, const core::Interface& interface, core::Request& request);

}  // namespace meterproof::json
