// SPDX-License-Identifier: Apache-2.0
#include "core/loader/workload_loader.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/support/in_process.hpp"

namespace meterproof::loader {
namespace {

namespace fs = std::filesystem;

core::Result<core::Workload> loaded_from(const std::string& text, const std::string& data = {}) {
  const fs::path folder = fs::temp_directory_path() / ("meterproof-workload-" + std::to_string(::getpid()));
  fs::create_directories(folder);
  std::ofstream(folder / "workload.yaml") << "zh: 负载\nen: load\n" << text;
  std::ofstream(folder / "data.csv") << data;
  auto out = load_workload(test::specification(), (folder / "workload.yaml").string());
  fs::remove_all(folder);
  return out;
}

TEST(Workload, GeneratorsAreCheckedTogetherWithThoseOfTheSpec) {
  const auto growth = loaded_from("mix: [{ call: ReportData, with: { Reserve: { delta_of: ReadNumber } } }]\n");
  ASSERT_TRUE(growth) << core::format(growth.problems(), i18n::Language::en);
  const core::WorkloadStep& step = growth->mix.front();
  const core::Interface& interface = test::specification().interfaces[step.interface];
  EXPECT_EQ(step.fields[*interface.field("Reserve")].scale, step.fields[*interface.field("ReadNumber")].scale);

  const auto no_counter = loaded_from("mix: [{ call: ReportData, with: { ReadNumber: { constant: 1 } } }]\n");
  ASSERT_FALSE(no_counter);
  EXPECT_NE(core::format(no_counter.problems(), i18n::Language::en).find("\"ReadNumber\" must be a counter"), std::string::npos);
}

TEST(Workload, OnlyTheFirstBadValueOfAColumnIsReported) {
  const auto loaded = loaded_from("data: data.csv\nmix: [{ call: ReportData, with: { Voltage: { column: volts } } }]\n", "volts\nlow\n3.5\nhigh\n");
  ASSERT_FALSE(loaded);
  ASSERT_EQ(loaded.problems().size(), 1U);
  EXPECT_NE(core::format(loaded.problems(), i18n::Language::en).find("\"low\", in line 2"), std::string::npos);
}

}  // namespace
}  // namespace meterproof::loader
