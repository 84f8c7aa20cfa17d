// SPDX-License-Identifier: Apache-2.0
// What a thread exchanges with the target while it records: the steps of a case that rests on several requests.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/redact/redactor.hpp"
#include "net/client/http_client.hpp"

namespace meterproof::conformance {

struct Exchanged {
  net::HttpRequest request;
  net::Exchange exchange;
  bool well_signed = true;
  std::string expected;  // the rows that the requests before imply, as JSON; "" where none are known
};

/// Thread-safe; each thread records for itself. The redactor must outlive it.
class ExchangeLog {
 public:
  explicit ExchangeLog(const redact::Redactor& redactor) : redactor_(redactor) {}

  /// From its beginning to its end, what its thread exchanges is recorded. One within another takes its place meanwhile. For the thread that made it.
  class Recording {
   public:
    explicit Recording(ExchangeLog& log);
    ~Recording();
    Recording(const Recording&) = delete;
    Recording& operator=(const Recording&) = delete;

    /// So far, in their order: of many, the first and the last. Bodies of replies are cut.
    std::vector<Exchanged> steps() const;

   private:
    friend class ExchangeLog;
    void add(Exchanged one);

    ExchangeLog& log_;
    Recording* before_;
    std::vector<Exchanged> first_, last_;
  };

  void add(const net::HttpRequest& request, const net::Exchange& exchange, bool well_signed);
  /// The rows that the reply to that request, which was sent last of those alike, must have.
  void expect(const net::HttpRequest& request, const std::string& rows);

 private:
  const redact::Redactor& redactor_;
  std::mutex mutex_;
  std::map<std::thread::id, Recording*> by_thread_;
};

}  // namespace meterproof::conformance
