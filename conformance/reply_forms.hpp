// SPDX-License-Identifier: Apache-2.0
// What the replies of a run have that contradicts the print: names, types, formats, vocabularies, the media type, a code that the table does not list. Every
// reply is looked at, whatever it was asked for; one witness of each fault is kept.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string_view>
#include <thread>
#include <vector>

#include "conformance/reply.hpp"
#include "core/i18n/message_value.hpp"
#include "core/model/interface.hpp"
#include "core/redact/redactor.hpp"
#include "net/client/http_client.hpp"

namespace meterproof::conformance {

/// application/json, or another type of JSON (RFC 6839, section 3.1; text/json). Its parameters do not count.
bool is_json_type(std::string_view content_type);

/// The interface that a request is to: by its path and, where two share it, by a field that only one of them has. Null where that cannot be told.
const core::Interface* interface_of(const core::Spec& spec, const net::HttpRequest& request);

/// One fault of an interface's replies. There are few: they are told apart by what the specification names.
struct FormFault {
  enum class Kind : std::uint8_t {
    encoding,      // a byte order mark, another media type, rows that are no list; what says that it is JSON, and is none
    code,          // the result code's name or type
    message,       // the message is missing, or its name or type
    field,         // number: the field of a row whose name, type, format or vocabulary it is
    unlisted_code  // number: the code
  };
  Kind kind = Kind::encoding;
  int number = 0;

  friend auto operator<=>(const FormFault&, const FormFault&) = default;  // NOLINT(modernize-use-nullptr): as in datetime.hpp
};

/// The first reply with a fault.
struct FormWitness {
  /// The interface's own cases come first, then those of others in their order, then what belongs to none.
  struct Order {
    std::size_t rank = 0, part = 0;
    std::uint64_t number = 0;

    friend auto operator<=>(const Order&, const Order&) = default;  // NOLINT(modernize-use-nullptr): as in datetime.hpp
  };
  Order order;
  i18n::Message what;
  std::uint64_t count = 0;  // of replies with that fault
  net::HttpRequest request;
  net::Exchange exchange;  // the body is cut
  bool well_signed = true;
};

/// A reply and what it was asked for.
struct AskedReply {
  const core::Interface* asked = nullptr;  // null: it is told by the request
  const net::HttpRequest& request;
  const net::Exchange& exchange;
  const Reply& reply;
  bool well_signed = true;
};

/// Thread-safe. Specification and redactor must outlive it.
class ReplyForms {
 public:
  ReplyForms(const core::Spec& spec, const redact::Redactor& redactor);

  /// While it lives, what its thread receives is of that part of the run. Parts have an order that does not depend on the workers.
  class Part {
   public:
    Part(ReplyForms& forms, std::size_t number, const core::Interface& interface);
    ~Part();
    Part(const Part&) = delete;
    Part& operator=(const Part&) = delete;

   private:
    friend class ReplyForms;
    ReplyForms& forms_;
    const std::size_t number_;
    const core::Interface& interface_;
    std::uint64_t noted_ = 0;
  };

  /// Looks at a reply. Those that cannot be read are judged where they were asked for; but what says that it is JSON must be.
  void note(const AskedReply& one);
  /// The target took a request that is not right: where it shows a text of its body again as a date, in another format than the specification prints, it is
  /// not to blame.
  void expect_values_of(const std::string& body);

  struct Seen {
    std::uint64_t replies = 0;
    std::map<FormFault, FormWitness> faults;
  };
  Seen seen(const core::Interface& interface) const;

 private:
  using Found = std::map<FormFault, std::vector<i18n::Message>>;

  void look_at_envelope(const AskedReply& one, Found& found) const;
  void look_at_rows(const core::Interface& interface, const Reply& reply, Found& found) const;
  void look_at_code(const core::Interface& interface, const AskedReply& one, Found& found) const;
  bool shows_what_it_took(const core::Field& field, const json::Json& value) const;
  FormWitness::Order place_of(const core::Interface& interface);
  std::optional<std::size_t> index_of(const core::Interface& interface) const;

  const core::Spec& spec_;
  const redact::Redactor& redactor_;
  mutable std::mutex mutex_;  // of what follows
  std::map<std::thread::id, Part*> parts_;
  std::uint64_t noted_elsewhere_ = 0;
  std::vector<Seen> seen_;       // by interface
  std::set<std::string> taken_;  // texts of requests that were not right
};

}  // namespace meterproof::conformance
