// meterproof sign
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "cli/command.hpp"
#include "core/auth/curl_line.hpp"
#include "core/time/datetime.hpp"

namespace meterproof::cli {
namespace {

struct Options {
  std::string app;
  std::string at;
  std::vector<std::string> curl;
};

Exit run_sign(const Options& options, const std::string& spec_directory) {
  const auto spec = load_spec(spec_directory);
  const auto apps = read_apps({options.app}, {});
  if (!spec || !apps) return Exit::usage;
  std::string timestamp = options.at;
  if (timestamp.empty()) timestamp = core::local_time(std::chrono::system_clock::now(), spec->authentication.utc_offset).compact();
  else if (!core::DateTime::parse_compact(timestamp)) print_error("warning: \"" + timestamp + "\" is no time of 14 digits yyyyMMddHHmmss; signed all the same");
  const auto headers = auth::Signer(spec->authentication).headers(apps->front(), timestamp);
  if (options.curl.empty()) {
    for (const auto& [name, value] : headers) std::printf("%s: %s\n", name.c_str(), value.c_str());
  } else {
    std::printf("%s\n", auth::curl_line(spec->method, options.curl[0], headers, options.curl[1]).c_str());
  }
  return Exit::ok;
}

}  // namespace

void add_sign(const Program& program) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.app.add_subcommand("sign", "print the headers of a signed request");
  command->add_option("--app", options->app, "the appId and its secret")->required()->type_name("ID:SECRET");
  command->add_option("--at", options->at, "timestamp, yyyyMMddHHmmss (default: now, China time)")->type_name("TIMESTAMP");
  command->add_option("--curl", options->curl, "print the curl line that posts BODY to URL")->expected(2)->type_name("URL BODY");
  command->callback([options, &program_run = program.run, &directory = program.spec_directory] {
    program_run = [options, &directory] { return run_sign(*options, directory); };
  });
}

}  // namespace meterproof::cli
