// SPDX-License-Identifier: Apache-2.0
#include "cli/left_behind.hpp"

namespace meterproof::cli {

namespace {

/// A field of RFC 4180.
std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

}  // namespace

std::string to_csv(const std::vector<reports::LeftBehindRecord>& left_behind) {
  std::string out = "table,key\n";
  for (const reports::LeftBehindRecord& one : left_behind)
    for (const std::string& key : one.keys) out += csv_field(one.table) + "," + csv_field(key) + "\n";
  return out;
}

}  // namespace meterproof::cli
