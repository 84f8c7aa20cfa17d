// SPDX-License-Identifier: Apache-2.0
// Parses a request's body, one JSON object, into its members, by simdjson. Says in two languages why a body is not such an object.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/request.hpp"

namespace meterproof::json {

using core::JsonMember;

/// Reuses its buffers from body to body. Everything it returns is valid until the next `parse`. For one thread.
class RequestBodyParser {
 public:
  RequestBodyParser();
  ~RequestBodyParser();
  RequestBodyParser(RequestBodyParser&&) noexcept;
  RequestBodyParser& operator=(RequestBodyParser&&) noexcept;

  /// Returns true if the body is one JSON object in UTF-8, possibly after a byte order mark; otherwise false, with the reason in `error`.
  bool parse(std::string_view body);
  /// In the order of the body; names may repeat.
  const std::vector<JsonMember>& members() const { return members_; }
  const core::LocalizedText& error() const { return error_; }

 private:
  bool fail(core::LocalizedText why);

  struct Buffers;
  std::unique_ptr<Buffers> buffers_;
  std::vector<JsonMember> members_;
  core::LocalizedText error_;
};

/// Stores the members by the interface's fields. If a name is given twice, the last one counts; unknown names are ignored.
void map_to_fields(const std::vector<JsonMember>& members, const core::Interface& interface, core::Request& request);

}  // namespace meterproof::json
