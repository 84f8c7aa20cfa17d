// SPDX-License-Identifier: Apache-2.0
// What the routes of the admin API share: answers, and parameters of a query.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/i18n/message_value.hpp"
#include "net/server/http_server.hpp"

namespace meterproof::mockserver {

/// An HTTP status and a text.
struct AdminAnswer {
  int status = 200;
  std::string body;
  std::string_view content_type = {};  // "": JSON
  std::string headers = {};            // complete lines, each with its \r\n
  std::shared_ptr<net::ReplyStream> stream = {};
};

/// `why` in both languages, as "error" and "error_zh".
AdminAnswer refused(int status, const i18n::Message& why);

/// Which parameters a route takes.
struct AdminParameters {
  bool limit = false, world = false;
  bool table = false, search = false;
};
/// What a query says.
struct AdminQuery {
  std::optional<std::size_t> limit;
  std::optional<std::string> world, table, search;
};
/// Reads NAME=VALUE&NAME=VALUE; values are percent-decoded. Empty, or what is wrong: a parameter that is passed over would let "DELETE …?id=1" remove
/// everything.
i18n::Message read_query(std::string_view query, const AdminParameters& takes, AdminQuery& out);

}  // namespace meterproof::mockserver
