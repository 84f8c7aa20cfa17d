// SPDX-License-Identifier: Apache-2.0
// YAML specs: any text as one file of a small spec, its first byte telling which. Read, or refused with a problem; never a crash.
#include <fstream>
#include <sstream>
#include <string>

#include "core/loader/spec_loader.hpp"
#include "fuzz/check.hpp"

namespace {

using namespace meterproof;
using loader::SpecText;

SpecText file(const std::string& name) {
  std::stringstream out;
  out << std::ifstream(std::string(METERPROOF_SOURCE) + "/spec/examples/library/" + name).rdbuf();
  return {name, out.str()};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const SpecText common = file("common.yaml"), first = file("1_add_book.yaml"), second = file("2_find_book.yaml");
  if (size == 0) return 0;
  const SpecText any{"any.yaml", std::string(fuzz::text_of(data + 1, size - 1))};
  const auto spec = data[0] == 'c'   ? loader::parse_spec(any, {first})
                    : data[0] == 's' ? loader::parse_spec(common, {first, second}, {any})
                                     : loader::parse_spec(common, {any});
  if (!spec) fuzz::require(!spec.problems().empty() && !core::format(spec.problems(), i18n::Language::zh).empty(), "what is refused has a problem");
  return 0;
}
