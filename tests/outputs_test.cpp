// SPDX-License-Identifier: Apache-2.0
// What runs leave behind where something is in the way: an interruption, a full disk, a pipe.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "core/i18n/message.hpp"
#include "core/model/request.hpp"
#include "core/text/utf8.hpp"
#include "reports/load_record.hpp"
#include "tests/support/platform.hpp"
#include "tests/support/process.hpp"

namespace meterproof {
namespace outputs_test {

using nlohmann::json;
using test::Finished;
using test::Process;
using test::run;
using test::temporary;

TEST(CutOff, ACheckThatIsInterruptedLeavesARecord) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    Process mock({"mock", "--port", "0", "--app", "a:s"});
    const std::string file = temporary("cut-off.json");
    Process check({"check", "http://127.0.0.1:" + std::to_string(mock.port()), "--app", "a:s", "--rate", "50", "--json", file});
    check.wait_for("GetUserInfo: ");
    check.signal(signal);
    const Finished done = check.finish();
    EXPECT_EQ(done.exit_code, 4) << done.out;
    EXPECT_NE(done.out.find("the check was interrupted"), std::string::npos) << done.out;
    const auto record = json::parse(test::read_file(file));
    EXPECT_EQ(record["interrupted"], true);
    EXPECT_GT(record["summary"]["inconclusive"].get<int>(), 100);
    EXPECT_EQ(record["summary"]["failed"], 0);
  }
}

// timeout(1) and CI runners signal a child, and at once its group: two signals, one wish.
TEST(CutOff, TwoSignalsAtOnceAreOne) {
  Process mock({"mock", "--port", "0", "--app", "a:s"});
  const std::string url = "http://127.0.0.1:" + std::to_string(mock.port()), file = temporary("two-signals.json");
  const struct {
    std::vector<std::string> arguments;
    const char* running;
    int exit_code;
  } table[] = {
      {{"check", url, "--app", "a:s", "--rate", "50"}, "GetUserInfo: ", 4},
      {{"check-client", "--port", "0", "--app", "a:s"}, "listening on ", 4},
  };
  for (const auto& row : table)
    for (const int signal : {SIGINT, SIGTERM, SIGHUP})
      for (const int gap_ms : {0, 3, 20}) {
        std::filesystem::remove(file);
        std::vector<std::string> arguments = row.arguments;
        arguments.insert(arguments.end(), {"--json", file});
        Process process(arguments);
        process.wait_for(row.running);
        process.signal(signal);
        std::this_thread::sleep_for(std::chrono::milliseconds(gap_ms));
        process.signal(signal);
        const Finished done = process.finish();
        EXPECT_EQ(done.exit_code, row.exit_code) << row.arguments.front() << ", signal " << signal << ", " << gap_ms << " ms\n" << done.out;
        EXPECT_FALSE(json::parse(test::read_file(file), nullptr, false).is_discarded()) << row.arguments.front() << ", " << gap_ms << " ms";
      }
}

// It signals the child, and then its own group.
TEST(CutOff, TimeoutOneLeavesARecord) {
  Process mock({"mock", "--port", "0", "--app", "a:s"});
  const std::string url = "http://127.0.0.1:" + std::to_string(mock.port()), file = temporary("timeout.json");
  std::filesystem::remove(file);
  const Finished done =
      Process("timeout", {"-k", "60", "3", METERPROOF_PROGRAM, "check", url, "--app", "a:s", "--rate", "50", "--state", "off", "--json", file}).finish();
  EXPECT_EQ(done.exit_code, 124) << done.out;  // timeout's own: the time was over
  EXPECT_NE(done.out.find("the check was interrupted"), std::string::npos) << done.out;
  EXPECT_EQ(json::parse(test::read_file(file))["interrupted"], true);
}

TEST(Outputs, WhatCannotBeWrittenIsToldByTheExitCode) {
  const std::string record = temporary("unreachable.json"), same = temporary("same");
  ASSERT_EQ(run({"check", "http://127.0.0.1:1", "--app", "a:s", "--json", record}).exit_code, 3);
  EXPECT_EQ(run({"report", record, "--text", "/dev/null"}).exit_code, 0);
  const Finished twice = run({"report", record, "--html", same, "--markdown", same});
  EXPECT_EQ(twice.exit_code, 2);
  EXPECT_NE(twice.out.find("named twice"), std::string::npos) << twice.out;
  EXPECT_EQ(run({"check", "http://127.0.0.1:1", "--app", "a:s", "--html", same, "--junit", same}).exit_code, 2);
  EXPECT_EQ(run({"--quiet", "report", record}).out, "unreachable\n");
  const Finished full = Process("sh", {"-c", std::string(METERPROOF_PROGRAM) + " report " + record + " >/dev/full"}).finish();
  EXPECT_EQ(full.exit_code, 2) << full.out;
  EXPECT_NE(full.out.find("standard output takes no more"), std::string::npos) << full.out;
}

/// A terminal's lines, without colours.
using Lines = std::vector<std::string>;
struct Size {
  std::size_t columns, rows;
};
Lines on_a_terminal(Size size, const std::string& arguments) {
  const std::string command = "stty cols " + std::to_string(size.columns) + " rows " + std::to_string(size.rows) + "; " METERPROOF_PROGRAM " " + arguments;
  std::istringstream out(Process("script", {"-qec", "env -u NO_COLOR TERM=xterm sh -c '" + command + "'", "/dev/null"}).finish().out);
  Lines lines;
  for (std::string line; std::getline(out, line);) {
    if (line.ends_with('\r')) line.pop_back();
    const std::string again = "\r\x1b[K";  // what follows stands in place of what was there
    for (std::size_t at = line.find(again); at != std::string::npos; at = line.find(again)) {
      lines.push_back(line.substr(0, at));
      line.erase(0, at + again.size());
    }
    for (std::size_t at = line.find("\x1b["); at != std::string::npos; at = line.find("\x1b[")) line.erase(at, line.find('m', at) + 1 - at);
    lines.push_back(line);
  }
  return lines;
}

void expect_fits(const Lines& lines, Size size, const std::string& what) {
  EXPECT_FALSE(lines.empty()) << what;
  for (const std::string& line : lines) {
    EXPECT_LE(core::display_width(line), size.columns) << what << ": " << line;
    EXPECT_TRUE(core::is_valid_utf8(line)) << what << ": " << line;
  }
}

/// A mock whose GetData shows another remnant than the meter has: most cases that look at it fail.
class WrongRemnant {
 public:
  std::string check() { return "check http://127.0.0.1:" + std::to_string(mock_.port()) + " --app a:s --app b:t --effect-timeout 0s"; }

 private:
  Process mock_{{"mock", "--port", "0", "--app", "a:s", "--app", "b:t", "--mutant", "GetData/Remnant/wrong-value"}};
};

const std::string wrong_remnant = "77777";  // as that mutant shows it

TEST(Outputs, ASummaryFitsTheScreen) {
  const std::string record = temporary("screen.json");
  WrongRemnant target;
  ASSERT_EQ(Process("sh", {"-c", METERPROOF_PROGRAM " " + target.check() + " --json " + record}).finish().exit_code, 1);
  for (const std::string language : {"zh", "en"})
    for (const Size size : {Size{80, 24}, Size{40, 20}, Size{132, 50}}) {
      const std::string what = language + ", " + std::to_string(size.columns) + " columns";
      const Lines lines = on_a_terminal(size, "--lang " + language + " report " + record);
      expect_fits(lines, size, what);
      EXPECT_LT(lines.size(), size.rows) << what;
      const std::string verdict = language == "zh" ? "不符合  " : "failed  ";
      std::size_t findings = 0;
      for (const std::string& line : lines)
        if (line.starts_with(verdict)) {
          ++findings;
          if (size.columns >= 80) EXPECT_NE(line.find(wrong_remnant), std::string::npos) << what << ": " << line;
        }
      EXPECT_GE(findings, 1U) << what << ": all of one cause";
      expect_fits(on_a_terminal(size, "--lang " + language + " --quiet report " + record), size, what);
    }
  const auto has = [](const Lines& lines, const std::string& text) {
    return std::any_of(lines.begin(), lines.end(), [&](const std::string& line) { return line.find(text) != std::string::npos; });
  };
  EXPECT_TRUE(has(on_a_terminal({80, 24}, "report " + record), "failed  GetData/reply/row-remnant ("));
  EXPECT_TRUE(has(on_a_terminal({40, 20}, "report " + record), " more (--verbose)"));
}

TEST(Outputs, ACheckFitsTheScreenAndTellsAFindingOnce) {
  const struct {
    Size size;
    std::string language;
  } table[] = {{{80, 24}, "en"}, {{40, 20}, "zh"}};
  for (const auto& row : table) {
    WrongRemnant target;
    const Lines lines = on_a_terminal(row.size, "--lang " + row.language + " " + target.check() + " --filter GetData");
    expect_fits(lines, row.size, row.language);
    const auto count = [&](const std::string& text) {
      return std::count_if(lines.begin(), lines.end(), [&](const std::string& line) { return line.find(text) != std::string::npos; });
    };
    EXPECT_EQ(count("GetData/reply"), 1) << row.language;  // row-remnant, as it came
    EXPECT_EQ(count(row.language == "en" ? "findings, shown above: GetData" : "个问题，已在上方列出"), 1) << row.language;
  }
  WrongRemnant target;  // standard error leads elsewhere: the summary has what nobody was told
  const Lines lines = on_a_terminal({80, 24}, target.check() + " --filter GetData 2>/dev/null");
  EXPECT_TRUE(std::any_of(lines.begin(), lines.end(), [](const std::string& line) { return line.find("GetData/reply/row-remnant") != std::string::npos; }));
}

// More of them than rows would push the first ones out of sight. A file has room for all.
TEST(Outputs, OfFindingsThatAreAlikeTwentyAreToldAsTheyCome) {
  test::Platform target(test::accept_whatever_is_signed);
  const std::string file = temporary("alike.json"), told_there = temporary("alike.txt");
  const std::string check = "check " + target.url() + " --app demo:demo-secret --filter RemotePay --effect-timeout 0s --json " + file;
  const auto is_told = [](const std::string& line) { return line.starts_with("failed  RemotePay/") && line.find(" cases): ") == std::string::npos; };
  const Lines lines = on_a_terminal({132, 50}, check);
  std::map<std::string, std::size_t> alike;  // how many, by what was observed, and why it failed
  const json record = json::parse(test::read_file(file));
  for (const json& one : record["cases"])
    if (one["verdict"] == "failed") ++alike[one["observed"].dump() + one["reason"].dump()];
  std::size_t expected = 0, cut = 0;
  for (const auto& [kind, count] : alike) {
    expected += std::min<std::size_t>(count, 20);
    if (count <= 20) continue;
    ++cut;
    const std::string says = "… and " + std::to_string(count - 20) + " more like RemotePay/";
    EXPECT_TRUE(std::any_of(lines.begin(), lines.end(), [&](const std::string& line) { return line.find(says) != std::string::npos; })) << says;
  }
  EXPECT_GT(cut, 0U);
  EXPECT_EQ(static_cast<std::size_t>(std::count_if(lines.begin(), lines.end(), is_told)), expected);

  on_a_terminal({132, 50}, check + " 2>" + told_there);
  std::istringstream all(test::read_file(told_there));
  std::size_t told = 0;
  for (std::string line; std::getline(all, line);) {
    if (is_told(line)) ++told;
    EXPECT_EQ(line.find(" more like "), std::string::npos) << line;
  }
  EXPECT_EQ(told, json::parse(test::read_file(file))["summary"]["failed"].get<std::size_t>());
  for (const std::string& made : {file, told_there}) std::filesystem::remove(made);
}

TEST(Outputs, ALoadFitsTheScreen) {
  Process mock({"mock", "--port", "0", "--replay-protection", "off", "--app", "a:s"});
  const std::string load =
      "load http://127.0.0.1:" + std::to_string(mock.port()) + " --app a:s --timestamps shared --rate 200 --duration 300ms --connections 4";
  const struct {
    Size size;
    std::string language, shown, missing;
  } table[] = {{{40, 20}, "zh", "p99 ", "p99.99"}, {{40, 20}, "en", "p99 ", "p99.99"}, {{60, 20}, "zh", "p95", "p99.99"}, {{80, 24}, "en", "p99.99", "p98"}};
  for (const auto& row : table)
    for (const std::string more : {"", " --repeat 2", " --threshold \"p50<1us\""}) {
      const std::string what = row.language + " " + std::to_string(row.size.columns) + more;
      const Lines lines = on_a_terminal(row.size, "--lang " + row.language + " " + load + more);
      expect_fits(lines, row.size, what);
      const auto has = [&](const std::string& text) {
        return std::any_of(lines.begin(), lines.end(), [&](const std::string& line) { return line.find(text) != std::string::npos; });
      };
      EXPECT_TRUE(has(row.shown)) << what;
      EXPECT_FALSE(has(row.missing)) << what;
      EXPECT_TRUE(has(" max")) << what;
    }
}

TEST(Outputs, HelpAndMistakesFitTheScreen) {
  for (const std::string language : {"zh", "en"})
    for (const Size size : {Size{80, 24}, Size{40, 20}})
      for (const std::string command : {"", "check", "check-client", "load", "report", "diff", "history", "mock", "merge", "certify", "verify", "register",
                                        "keygen", "sign", "spec", "world"})
        expect_fits(on_a_terminal(size, "--lang " + language + " " + command + " --help"), size, language + ", " + command);
  for (const std::string language : {"zh", "en"})
    for (const std::string mistake : {"check", "check http://127.0.0.1:1 --app a:b --filter Nothing", "check https://127.0.0.1:1 --app a:b --ca /nowhere.pem",
                                      "chekc", "check http://127.0.0.1:1 --app a:b"})
      expect_fits(on_a_terminal({40, 20}, "--lang " + language + " " + mistake), {40, 20}, language + ", " + mistake);
}

TEST(Outputs, TheSpecificationFitsTheScreenAndAPipeHasWholeLines) {
  for (const std::string command : {"spec list", "spec list --mutants", "spec clauses"}) {
    for (const std::string language : {"zh", "en"})
      for (const Size size : {Size{80, 24}, Size{40, 20}})
        expect_fits(on_a_terminal(size, "--lang " + language + " " + command), size, language + ", " + command);
    std::istringstream piped(Process("sh", {"-c", METERPROOF_PROGRAM " " + command}).finish().out);
    std::size_t longest = 0;
    for (std::string line; std::getline(piped, line);) longest = std::max(longest, core::display_width(line));
    EXPECT_GT(longest, 100U) << command;
  }
}

TEST(Outputs, PipesAndLinksStayWhatTheyAre) {
  const std::string record = temporary("unreachable.json"), real = temporary("real.md"), link = temporary("link.md");
  ASSERT_EQ(run({"check", "http://127.0.0.1:1", "--app", "a:s", "--json", record}).exit_code, 3);
  std::filesystem::remove(link);
  std::filesystem::create_symlink(std::filesystem::path(real).filename(), link);
  EXPECT_EQ(run({"report", record, "--markdown", link}).exit_code, 0);
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  EXPECT_NE(test::read_file(real).find("unreachable"), std::string::npos);
  const Finished piped = run({"report", record, "--markdown", "/dev/stdout"});
  EXPECT_EQ(piped.exit_code, 0);
  EXPECT_NE(piped.out.find("unreachable"), std::string::npos) << piped.out;
  EXPECT_FALSE(std::filesystem::is_regular_file(std::filesystem::status("/dev/null")));
}

/// Those that a part of a file was left in.
std::vector<std::string> parts_of(const std::string& path) {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(path).parent_path()))
    if (entry.path().string().starts_with(path + ".part-")) out.push_back(entry.path().string());
  return out;
}

// ulimit -f, or the limit of a container: as on a full disk, what does not fit is told, and costs no other file.
TEST(Outputs, AFileOverItsLimitCostsNoOtherFile) {
  const std::string record = temporary("limit.json"), html = temporary("limit.html"), small = temporary("limit.txt");
  const std::string program = METERPROOF_PROGRAM, limited = "ulimit -f 64; exec " + program;  // 32 KiB
  ASSERT_EQ(run({"check", "http://127.0.0.1:1", "--app", "a:s", "--json", record}).exit_code, 3);
  const std::string outputs = " --html " + html + " --text " + small;
  for (const std::string& command : {" report " + record + outputs, " check http://127.0.0.1:1 --app a:s" + outputs}) {
    std::filesystem::remove(html);
    std::filesystem::remove(small);
    const Finished done = Process("sh", {"-c", limited + command}).finish();
    EXPECT_EQ(done.exit_code, 2) << command << done.out;
    EXPECT_NE(done.out.find(html), std::string::npos) << done.out;
    EXPECT_FALSE(std::filesystem::exists(html)) << command;
    EXPECT_TRUE(parts_of(html).empty()) << command;
    EXPECT_FALSE(test::read_file(small).empty()) << command;
  }
#if defined(__SANITIZE_THREAD__)
  return;  // the sanitizer itself ends where no file may be written
#endif
  Process mock({"mock", "--port", "0", "--app", "a:s"});
  const std::string log = temporary("limit.hdr");
  const Finished load = Process("sh", {"-c", "ulimit -f 0; exec " + program + " load http://127.0.0.1:" + std::to_string(mock.port()) +
                                                 " --app a:s --rate 2 --duration 2s --warm-up 0s --hdr " + log})
                            .finish();
  EXPECT_EQ(load.exit_code, 2) << load.out;
  EXPECT_NE(load.out.find("--hdr " + log), std::string::npos) << load.out;
  EXPECT_FALSE(std::filesystem::exists(log));
  EXPECT_TRUE(parts_of(log).empty());
}

TEST(Outputs, ALogOfALoadAppearsWhole) {
  Process mock({"mock", "--port", "0", "--app", "a:s"});
  const std::string url = "http://127.0.0.1:" + std::to_string(mock.port()), real = temporary("real.hdr"), link = temporary("link.hdr");
  std::filesystem::remove(link);
  std::ofstream(real) << "of an earlier run\n";
  std::filesystem::create_symlink(std::filesystem::path(real).filename(), link);
  const std::vector<std::string> load = {"load", url, "--app", "a:s", "--rate", "2", "--duration", "2s", "--warm-up", "0s", "--hdr", link};
  const Finished done = run(load);
  EXPECT_EQ(done.exit_code, 0) << done.out;
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  EXPECT_TRUE(test::read_file(real).starts_with("#")) << test::read_file(real).substr(0, 200);
  EXPECT_TRUE(parts_of(real).empty());
}

TEST(Outputs, AFileThatIsReplacedKeepsItsReaders) {
  const std::string record = temporary("readers.json"), html = temporary("readers.html");
  ASSERT_EQ(run({"check", "http://127.0.0.1:1", "--app", "a:s", "--json", record}).exit_code, 3);
  for (const auto mode : {std::filesystem::perms(0600), std::filesystem::perms(0640), std::filesystem::perms(0664)}) {
    std::ofstream(html) << "before";
    std::filesystem::permissions(html, mode);
    ASSERT_EQ(run({"report", record, "--html", html}).exit_code, 0);
    EXPECT_EQ(std::filesystem::status(html).permissions(), mode);
    EXPECT_NE(test::read_file(html), "before");
  }
}

// A certificate tells what of a load is the issuer's word; its record alone has nothing but somebody's word.
TEST(Outputs, OfALoadThatWasReadItIsSaidThatNothingProvesIt) {
  reports::LoadRecord load;
  load.target = "http://t";
  load.mode = "open";
  load.verdict = i18n::verbatim("met");
  const std::string record = temporary("unsealed.json"), before = to_json(load);
  std::ofstream(record) << before;
  const std::pair<const char*, const char*> table[] = {{"en", "this record has no seal"}, {"zh", "该记录没有防篡改校验"}};
  for (const auto& [language, said] : table) {
    const Finished shown = run({"--lang", language, "report", record});
    EXPECT_EQ(shown.exit_code, 0) << shown.out;
    EXPECT_NE(shown.out.find(said), std::string::npos) << shown.out;
    for (const std::string form : {"text", "markdown", "junit", "html"}) {
      const std::string file = temporary("unsealed." + form);
      EXPECT_EQ(run({"--lang", language, "report", record, "--" + form, file}).exit_code, 0);
      EXPECT_NE(test::read_file(file).find(said), std::string::npos) << form;
    }
  }
  const std::string again = temporary("unsealed-again.json");
  EXPECT_EQ(run({"report", record, "--json", again, "--text", temporary("unsealed.text")}).exit_code, 0);
  EXPECT_EQ(test::read_file(again), before) << "the record stays as it is";
}

TEST(Outputs, ALinkOfAnotherUserInASharedFolderIsNotFollowed) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can make a link of another user";
  const std::string record = temporary("planted.json"), folder = temporary("shared"), victim = temporary("victim"), link = folder + "/report.html";
  ASSERT_EQ(run({"check", "http://127.0.0.1:1", "--app", "a:s", "--json", record}).exit_code, 3);
  std::filesystem::remove_all(folder);
  std::filesystem::create_directory(folder);
  ASSERT_EQ(::chmod(folder.c_str(), 01777), 0);
  std::ofstream(victim) << "before";
  std::filesystem::create_symlink(victim, link);
  ASSERT_EQ(::lchown(link.c_str(), 65534, 65534), 0);
  const Finished done = run({"report", record, "--html", link});
  EXPECT_EQ(done.exit_code, 2) << done.out;
  EXPECT_NE(done.out.find("a link of another user"), std::string::npos) << done.out;
  EXPECT_EQ(test::read_file(victim), "before");
  std::filesystem::remove_all(folder);
}

TEST(Outputs, AMistakeIsShortHoweverMuchWasGiven) {
  std::vector<std::string> filters = {"check", "http://127.0.0.1:1", "--app", "a:a-secret"};
  for (int i = 0; i < 200; ++i) filters.insert(filters.end(), {"--filter", "None/" + std::to_string(i)});
  const Finished many = run(filters);
  EXPECT_EQ(many.exit_code, 2);
  EXPECT_NE(many.out.find("and 180 more mistakes"), std::string::npos) << many.out;
  EXPECT_LT(std::count(many.out.begin(), many.out.end(), '\n'), 70) << many.out;
  const Finished wide = run({"check", "http://127.0.0.1:1", "--app", "a:a-secret", "--fixture", "none" + std::string(100'000, 'x') + "=1"});
  EXPECT_EQ(wide.exit_code, 2);
  EXPECT_LT(wide.out.size(), 5000U);
}

// Who uses this machine sees the arguments of every process, wherever the target is.
TEST(Outputs, ASecretInTheArgumentsIsWarnedOf) {
  const std::string warning = "can be seen by other users of this machine";
  const std::vector<std::vector<std::string>> commands = {{"sign"}, {"check", "http://127.0.0.1:1"}, {"check-client", "--port", "0", "--for", "1ms"}};
  for (const auto& [app, warned] : {std::pair("a:s", true), std::pair("demo:demo-secret", false)})
    for (const std::vector<std::string>& command : commands) {
      std::vector<std::string> arguments = command;
      arguments.insert(arguments.end(), {"--app", app});
      const Finished done = run(arguments);
      EXPECT_EQ(done.out.find(warning) != std::string::npos, warned) << command.front() << ": " << done.out;
    }
}

TEST(Outputs, AClosedStdoutCostsNoFile) {
  const std::string record = temporary("closed.json"), junit = temporary("closed.xml");
  std::filesystem::remove(record);
  std::filesystem::remove(junit);
  Process("sh", {"-c", std::string(METERPROOF_PROGRAM) + " check http://127.0.0.1:1 --app a:s --json " + record + " --junit " + junit + " | true"}).finish();
  EXPECT_FALSE(json::parse(test::read_file(record), nullptr, false).is_discarded());
  EXPECT_TRUE(test::read_file(junit).starts_with("<?xml"));
}

TEST(Outputs, APipeWithoutAnotherEndCostsSecondsAndNoOtherFile) {
  const std::string record = temporary("pipes.json"), pipe = temporary("pipe"), other = temporary("other.md");
  ASSERT_EQ(run({"check", "http://127.0.0.1:1", "--app", "a:s", "--json", record}).exit_code, 3);
  std::filesystem::remove(pipe);
  std::filesystem::remove(other);
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const Finished written = run({"report", record, "--html", pipe, "--markdown", other});
  EXPECT_EQ(written.exit_code, 2) << written.out;
  EXPECT_NE(written.out.find("cannot write " + pipe), std::string::npos) << written.out;
  EXPECT_NE(test::read_file(other).find("unreachable"), std::string::npos);
  const Finished read = run({"check", "--target", pipe});
  EXPECT_EQ(read.exit_code, 2) << read.out;
  EXPECT_NE(read.out.find("nothing came through it"), std::string::npos) << read.out;
  for (const char* option : {"--target", "--apps"}) EXPECT_EQ(run({"check", "http://127.0.0.1:1", option, "/dev/zero"}).exit_code, 2) << option;
  EXPECT_EQ(run({"report", "/dev/zero"}).exit_code, 2);
}

TEST(Outputs, AHistogramLogOnAFullDiskCostsNoOtherFile) {
  Process mock({"mock", "--port", "0", "--replay-protection", "off", "--app", "a:s"});
  const std::string record = temporary("full-hdr.json");
  std::filesystem::remove(record);
  const Finished done = run({"load", "http://127.0.0.1:" + std::to_string(mock.port()), "--app", "a:s", "--timestamps", "shared", "--duration", "1s", "--rate",
                             "50", "--hdr", "/dev/full", "--json", record});
  EXPECT_EQ(done.exit_code, 2) << done.out;
  EXPECT_NE(done.out.find("could not be written"), std::string::npos) << done.out;
  EXPECT_FALSE(json::parse(test::read_file(record), nullptr, false).is_discarded());
}

}  // namespace outputs_test
}  // namespace meterproof
