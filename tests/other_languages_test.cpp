// SPDX-License-Identifier: Apache-2.0
// Vendors who wrote their servers in other languages, from the specification alone: what the mock and the runner share is no help to them.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/support/process.hpp"

namespace meterproof {
namespace other_languages_test {

using nlohmann::json;

struct Vendor {
  const char *language, *file;

  friend void PrintTo(const Vendor& vendor, std::ostream* out) { *out << vendor.file; }
};

class OtherLanguages : public testing::TestWithParam<Vendor> {};

TEST_P(OtherLanguages, AVendorIsNotAccused) {
  std::vector<std::string> arguments = {std::string(METERPROOF_SOURCE) + "/tests/data/vendors/" + GetParam().file, "--port", "0"};
  std::vector<std::string> options;
  for (const char* app : {"demo:demo-secret", "other:other-secret", "third:third-secret", "fourth:fourth-secret", "fifth:fifth-secret"})
    for (auto* list : {&arguments, &options}) list->insert(list->end(), {"--app", app});
  test::Process server(GetParam().language, arguments);
  const std::string url = server.wait_for("\n").substr(0, server.wait_for("\n").find('\n'));
  const std::string file = testing::TempDir() + "vendor-" + GetParam().language + ".json";
  options.insert(options.begin(), {"check", url, "--role", "both", "--json", file, "--random-steps", "300"});
  const test::Finished finished = test::run(options);
  EXPECT_EQ(finished.exit_code, 0) << finished.out;
  const json record = json::parse(test::read_file(file));
  std::size_t passed = 0;
  for (const json& one : record["cases"]) {
    EXPECT_NE(one["verdict"], "failed") << one["id"] << ": " << one["observed"] << ", " << one["reason"];
    passed += one["verdict"] == "passed" ? 1U : 0U;
  }
  EXPECT_GT(passed, 1300U);
  std::filesystem::remove(file);
}

INSTANTIATE_TEST_SUITE_P(, OtherLanguages, testing::Values(Vendor{"python3", "old_fashioned.py"}, Vendor{"node", "modern.mjs"}),
                         [](const testing::TestParamInfo<Vendor>& one) { return std::string(one.param.language); });

}  // namespace other_languages_test
}  // namespace meterproof
