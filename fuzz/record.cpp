// SPDX-License-Identifier: Apache-2.0
// Records as JSON: read, or refused with a reason. What is read can be written in every form, and reads the same when it was written.
#include <string>

#include "core/text/utf8.hpp"
#include "fuzz/check.hpp"
#include "reports/junit.hpp"
#include "reports/load_record.hpp"
#include "reports/markdown.hpp"
#include "reports/record.hpp"
#include "reports/text.hpp"

namespace {

template <class Record, class Read>
void check(const std::string& text, Read read) {
  using namespace meterproof;
  i18n::Message why;
  const std::optional<Record> record = read(text, why);
  if (!record) return fuzz::require(!why.empty(), "what is refused has a reason");
  const std::string written = reports::to_json(*record);
  const std::optional<Record> again = read(written, why);
  fuzz::require(again.has_value(), "what was written can be read");
  fuzz::require(reports::to_json(*again) == written, "what was written reads the same");
  for (const std::string& report : {reports::to_text(*record, {}), reports::to_junit(*record), reports::to_markdown(*record)}) {
    fuzz::require(!report.empty(), "a record has a report of every form");
    fuzz::require(core::is_valid_utf8(report), "a report is UTF-8");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace meterproof;
  const std::string text(fuzz::text_of(data, size));
  check<reports::CheckRecord>(text, reports::check_record_from);
  check<reports::LoadRecord>(text, reports::load_record_from);
  return 0;
}
