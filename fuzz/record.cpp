// Records as JSON: read, or refused with a reason. What is read can be written in every form, and reads the same when it was written.
#include <string>

#include "fuzz/check.hpp"
#include "reports/load_record.hpp"
#include "reports/markdown.hpp"
#include "reports/record.hpp"

namespace {

template <class Record, class Read>
void check(const std::string& text, Read read) {
  using namespace meterproof;
  std::string why;
  const std::optional<Record> record = read(text, why);
  if (!record) return fuzz::require(!why.empty(), "what is refused has a reason");
  const std::string written = reports::to_json(*record);
  const std::optional<Record> again = read(written, why);
  fuzz::require(again.has_value(), "what was written can be read");
  fuzz::require(reports::to_json(*again) == written, "what was written reads the same");
  fuzz::require(!reports::to_text(*record, {}).empty(), "a record has a text");
  fuzz::require(!reports::to_markdown(*record).empty(), "a record has a summary");
  fuzz::require(!reports::to_junit(*record).empty(), "a record has a JUnit report");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace meterproof;
  const std::string text(fuzz::text_of(data, size));
  check<reports::CheckRecord>(text, reports::check_record_from);
  check<reports::LoadRecord>(text, reports::load_record_from);
  return 0;
}
