// SPDX-License-Identifier: Apache-2.0
// Valid requests in other forms that HTTP allows.
#pragma once

#include <string>
#include <vector>

#include "core/text/text.hpp"

namespace meterproof::conformance {

enum class HttpVariant {
  lower_case_headers,
  slow_segments,
  after_refusals,
  after_unknown_path,
  after_get,
  after_long_header,
  after_very_long_header,
  after_cut_bodies,
  chunked,
  pipelined
};

struct HttpVariantInfo {
  HttpVariant variant;
  std::string slug;
  core::LocalizedText requirement;
  bool stated;                  // the specification asks for it with its HTTP; a refusal of the others is only worth a warning
  bool may_close = false;       // what comes first may end the connection
  std::size_t long_header = 0;  // bytes of a header of what comes first
};
const std::vector<HttpVariantInfo>& http_variants();

}  // namespace meterproof::conformance
