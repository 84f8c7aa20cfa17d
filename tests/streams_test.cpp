// SPDX-License-Identifier: Apache-2.0
// The standard streams: closed ones, terminals of every kind, and streams that lead to different places.
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/support/platform.hpp"
#include "tests/support/process.hpp"

namespace meterproof {
namespace streams_test {

using test::Finished;
using test::Process;
using test::temporary;

const std::string program = METERPROOF_PROGRAM;

Finished shell(const std::string& command) { return Process("sh", {"-c", command}).finish(); }

// The first socket would get the number of a closed stream, and what is printed would go to the target.
TEST(Streams, WhatIsClosedReachesNoTarget) {
  for (const std::string closed : {"2>&-", ">&-", ">&- 2>&- <&-"}) {
    std::size_t requests = 0, garbage = 0;
    test::Platform platform([&](mockserver::MockState& state, const net::HttpParser& request, net::Response& response) {
      ++requests;
      if (request.state() == net::HttpState::complete) return test::answer_as_the_mock(state, request, response);
      ++garbage;
      response.status = 400;
    });
    const std::string record = temporary("closed-streams.json");
    std::filesystem::remove(record);
    shell(program + " check " + platform.url() +
          " --app demo:demo-secret --app other:other-secret --filter 'GetUserInfo/*' --exclude '*/http/after-cut-bodies' --json " + record + " " + closed);
    platform.stop();
    EXPECT_EQ(garbage, 0U) << closed;
    EXPECT_GT(requests, 100U) << closed;
    const auto said = nlohmann::json::parse(test::read_file(record), nullptr, false);
    ASSERT_FALSE(said.is_discarded()) << closed;
    EXPECT_EQ(said["summary"]["failed"], 0) << closed;
  }
}

/// What comes to a terminal, and what to a file.
struct Shown {
  std::string terminal, file;
};

/// `redirected`: the stream that leads to the file, "" or "2".
Shown on_a_terminal(const std::string& variables, const std::string& arguments, const std::string& redirected) {
  const std::string file = temporary("stream.txt");
  const std::string command = variables + " " + program + " " + arguments + " " + redirected + ">" + file;
  Shown out;
  out.terminal = Process("script", {"-qec", "sh -c '" + command + "'", "/dev/null"}).finish().out;
  out.file = test::read_file(file);
  return out;
}

bool has_escapes(const std::string& text) { return text.find('\x1b') != std::string::npos; }

// https://no-color.org; a dumb terminal, or one that is not known, understands no escape sequences.
TEST(Streams, ColourFollowsTheConventions) {
  // No mistake of a body is refused: many findings, on standard error as they come and in the report on standard output.
  test::Platform platform(test::accept_whatever_is_signed);
  const std::string arguments = "check " + platform.url() + " --app demo:demo-secret --filter RemotePay/-4/\\* --effect-timeout 0s";
  const struct {
    const char* variables;
    bool coloured;
  } table[] = {
      {"env -u NO_COLOR TERM=xterm", true}, {"env NO_COLOR= TERM=xterm", true}, {"env NO_COLOR=1 TERM=xterm", false},
      {"env -u NO_COLOR TERM=dumb", false}, {"env -u NO_COLOR -u TERM", false}, {"env -u NO_COLOR TERM=", false},
  };
  for (const auto& row : table)
    for (const std::string redirected : {"2", ""}) {
      const Shown shown = on_a_terminal(row.variables, arguments, redirected);
      const std::string what = std::string(row.variables) + ", the file has " + (redirected.empty() ? "standard output" : "standard error");
      EXPECT_EQ(has_escapes(shown.terminal), row.coloured) << what << ": " << shown.terminal;
      EXPECT_FALSE(has_escapes(shown.file)) << what << ": " << shown.file;
      EXPECT_FALSE(shown.file.empty()) << what;
    }
}

TEST(Streams, ALineOfProgressIsNotOverwrittenOnADumbTerminal) {
  Process mock({"mock", "--port", "0", "--replay-protection", "off", "--app", "a:s"});
  const std::string arguments = "load http://127.0.0.1:" + std::to_string(mock.port()) + " --app a:s --timestamps shared --duration 2s --rate 20";
  EXPECT_FALSE(has_escapes(on_a_terminal("env TERM=dumb", arguments, "").terminal));
  EXPECT_TRUE(has_escapes(on_a_terminal("env NO_COLOR=1 TERM=xterm", arguments, "").terminal)) << "a cursor that moves has no colour";
}

// A background job of a shell without job control: what is meant for the job in the foreground does not end it.
TEST(Streams, AnIgnoredInterruptStaysIgnored) {
  Process client("sh", {"-c", "trap '' INT; exec " + program + " check-client --port 0 --app a:s --max-time 1s"});
  client.wait_for("listening on ");
  client.signal(SIGINT);
  const Finished done = client.finish();
  EXPECT_NE(done.out.find("as --max-time says"), std::string::npos) << done.out;
}

// Whoever redirects to a full disk is told, whatever was asked; and once.
TEST(Streams, AFullStandardOutputIsTold) {
  const std::string says = "standard output takes no more";
  for (const std::string arguments : {"--help", "--version", "check --help", "spec list", "spec export openapi", "completion bash", "manual"}) {
    const Finished done = shell(program + " " + arguments + " >/dev/full");
    EXPECT_EQ(done.exit_code, 2) << arguments << ": " << done.out;
    EXPECT_NE(done.out.find(says), std::string::npos) << arguments << ": " << done.out;
  }
  Process mock("sh", {"-c", "exec " + program + " mock --port 0 --app a:s >/dev/full"});
  mock.wait_for(says);
  mock.signal(SIGTERM);
  const Finished done = mock.finish();
  EXPECT_EQ(done.out.find(says), done.out.rfind(says)) << done.out;
}

}  // namespace streams_test
}  // namespace meterproof
