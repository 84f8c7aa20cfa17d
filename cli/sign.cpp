// SPDX-License-Identifier: Apache-2.0
// meterproof sign
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "cli/command.hpp"
#include "core/auth/curl_line.hpp"
#include "core/i18n/message.hpp"
#include "core/time/datetime.hpp"

namespace meterproof::cli {
namespace {

struct Options {
  std::string app, apps_file, at;
  std::vector<std::string> curl;
};

Exit run_sign(const Options& options, const std::string& spec_directory) {
  const auto spec = load_spec(spec_directory);
  const auto apps = read_apps(options.app.empty() ? std::vector<std::string>() : std::vector<std::string>{options.app}, options.apps_file);
  if (spec && apps && apps->empty()) print_error(i18n::msg<"usage.client-app">());
  if (!spec || !apps || apps->empty()) return Exit::usage;
  std::string timestamp = options.at;
  if (timestamp.empty()) timestamp = core::local_time(std::chrono::system_clock::now(), spec->authentication.utc_offset).compact();
  else if (!core::DateTime::parse_compact(timestamp)) print_error(i18n::msg<"usage.timestamp">(timestamp));
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
  CLI::App* command = program.app.add_subcommand("sign", program.text<"help.sign">());
  command->add_option("--apps", options->apps_file, program.text<"help.sign.apps">())->type_name("FILE");
  command->add_option("--app", options->app, program.text<"help.sign.app">())->type_name("ID:SECRET");
  command->add_option("--at", options->at, program.text<"help.sign.at">())->type_name("TIMESTAMP");
  command->add_option("--curl", options->curl, program.text<"help.sign.curl">())->expected(2)->type_name("URL BODY");
  command->callback([options, &program_run = program.run, &directory = program.spec_directory] {
    program_run = [options, &directory] { return run_sign(*options, directory); };
  });
}

}  // namespace meterproof::cli
