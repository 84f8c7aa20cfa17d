// SPDX-License-Identifier: Apache-2.0
#include "core/loader/workload_loader.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/support/in_process.hpp"

namespace meterproof::loader {
namespace workload_loader_test {

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

TEST(Workload, DataIsReadAsSpreadsheetsWriteIt) {
  const std::string workload = "data: data.csv\nmix: [{ call: ReportData, with: { Voltage: { column: volts } } }]\n";
  for (const char* data : {"volts\n3.5\n3.6\n", "\xEF\xBB\xBFvolts\r\n3.5\r\n3.6\r\n", "volts\r3.5\r3.6", "\"volts\"\n\"3.5\"\n\"3.6\"\n"}) {
    const auto loaded = loaded_from(workload, data);
    ASSERT_TRUE(loaded) << data << core::format(loaded.problems(), i18n::Language::en);
    EXPECT_EQ(loaded->rows, (std::vector<std::vector<std::string>>{{"3.5"}, {"3.6"}})) << data;
  }
}

// A workload of somebody else: whatever it names, nothing of this machine is sent or shown.
TEST(Workload, DataComesFromTheFolderOfTheWorkloadAlone) {
  const fs::path folder = fs::temp_directory_path() / ("meterproof-foreign-" + std::to_string(::getpid())), mine = folder / "mine";
  fs::create_directories(mine / "below");
  std::ofstream(folder / "secret.csv") << "volts\n3.5\n";
  std::ofstream(mine / "data.csv") << "volts\n3.5\n";
  std::ofstream(mine / "below" / "data.csv") << "volts\n3.5\n";
  fs::create_symlink("../secret.csv", mine / "link.csv");
  fs::create_symlink("data.csv", mine / "own-link.csv");
  fs::create_symlink("/dev", mine / "devices");
  const auto load = [&](const std::string& data) {
    std::ofstream(mine / "workload.yaml") << "zh: 负载\nen: load\ndata: " << data << "\nmix: [{ call: ReportData, with: { Voltage: { column: volts } } }]\n";
    return load_workload(test::specification(), (mine / "workload.yaml").string());
  };
  for (const char* inside : {"data.csv", "below/data.csv", "./below/../data.csv", "own-link.csv"}) EXPECT_TRUE(load(inside)) << inside;
  for (const std::string& outside : {std::string("../secret.csv"), std::string("link.csv"), (folder / "secret.csv").string(), std::string("/etc/passwd"),
                                     std::string("/dev/zero"), std::string("devices/zero"), std::string("below")}) {
    const auto refused = load(outside);
    ASSERT_FALSE(refused) << outside;
    const std::string said = core::format(refused.problems(), i18n::Language::en);
    EXPECT_EQ(refused.problems().size(), 1U) << said;
    EXPECT_EQ(said.find("root:"), std::string::npos) << said;
  }
  fs::remove_all(folder);
}

}  // namespace workload_loader_test
}  // namespace meterproof::loader
