// SPDX-License-Identifier: Apache-2.0
#include "cli/command.hpp"
#include "cli/files.hpp"
#include "cli/program_path.hpp"
#include "cli/streams.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/i18n/message.hpp"
#include "core/i18n/message_error.hpp"
#include "core/text/input_text.hpp"
#include "core/text/text.hpp"
#include "core/text/utf8.hpp"
#include "core/time/datetime.hpp"
#include "reports/headline.hpp"
#include "reports/screen.hpp"
#include "reports/text.hpp"

namespace meterproof::cli {

namespace fs = std::filesystem;
using i18n::msg;

namespace {

i18n::Language language_of_errors = i18n::Language::en;

}  // namespace

void set_language(i18n::Language language) { language_of_errors = language; }

void print_error(const i18n::Message& message) {
  constexpr std::size_t longest = 1000;  // bytes of a name or a value
  i18n::Message shown = message;
  i18n::for_each_text(shown, [](std::string& text) {
    if (text.size() > longest) text = std::string(core::truncate_utf8(text, longest)) + "…";
  });
  const std::string text = core::sanitize(i18n::render(shown, language_of_errors));  // it may quote a file or a server
  const std::string lines = reports::wrapped("meterproof: " + text, screen_of(STDERR_FILENO).width, 2);
  std::fprintf(stderr, "%s%s", lines.c_str(), lines.ends_with('\n') ? "" : "\n");
}

void tell(const i18n::Message& message, const Terminal& terminal, std::size_t indent) {
  std::fprintf(stderr, "%s\n", reports::wrapped(std::string(indent, ' ') + terminal.err.text(message), terminal.err.width, indent).c_str());
}

void print_problems(const std::vector<core::Diagnostic>& problems) { std::fputs(core::format(problems, language_of_errors).c_str(), stderr); }

std::string find_spec_directory(const std::string& given) {
  if (!given.empty()) return given;
  if (const char* from_environment = std::getenv("METERPROOF_SPEC")) return from_environment;
  std::error_code error;
  const fs::path here = fs::path(program_path()).parent_path();
  for (const fs::path& candidate : {here / "../share/meterproof/spec", here / "../../spec", here / "spec", fs::path(METERPROOF_DATADIR) / "spec"})
    if (fs::exists(candidate / "common.yaml", error)) return candidate.lexically_normal().string();
  return {};
}

std::optional<core::Spec> load_spec(const std::string& given) {
  const std::string directory = find_spec_directory(given);
  if (directory.empty()) {
    print_error(msg<"usage.no-specs">());
    return std::nullopt;
  }
  auto loaded = loader::load_spec(directory);
  if (loaded) return std::move(*loaded);
  print_problems(loaded.problems());
  return std::nullopt;
}

std::optional<std::vector<auth::App>> read_apps(const std::vector<std::string>& given, const std::string& file, const std::string& source) {
  std::vector<auth::App> apps;
  std::vector<std::string> pairs = given;
  const char* from_environment = std::getenv("METERPROOF_APPS");
  const bool takes_environment = pairs.empty() && file.empty() && from_environment != nullptr;
  if (takes_environment) {
    std::string between_commas = core::with_unix_lines(from_environment);
    std::replace(between_commas.begin(), between_commas.end(), '\n', ',');
    std::stringstream list(between_commas);
    for (std::string pair; std::getline(list, pair, ',');)
      if (!core::trimmed(pair).empty()) pairs.push_back(pair);
  }
  for (const std::string& pair : pairs) {
    i18n::Message why;
    auto read = loader::read_app_pair(pair, why);
    if (!read) {
      print_error(msg<"usage.app-form">(takes_environment ? "METERPROOF_APPS" : source, why));  // not repeated: it may be a secret
      return std::nullopt;
    }
    apps.push_back({std::move(read->first), std::move(read->second)});
  }
  if (!file.empty()) {
    auto loaded = loader::load_apps(file);
    if (!loaded) {
      print_problems(loaded.problems());
      return std::nullopt;
    }
    for (auto& [id, secret] : *loaded) apps.push_back({id, secret});
  }
  std::set<std::string> ids;
  for (const auth::App& app : apps) {
    if (ids.insert(app.id).second) continue;
    print_error(msg<"usage.app-twice">(app.id));
    return std::nullopt;
  }
  const auto is_secret = [](const auth::App& app) { return app.secret != app.id + "-secret"; };  // the examples' demo:demo-secret is none
  const auto end_of_given = apps.begin() + static_cast<std::ptrdiff_t>(given.size());
  if (source == "--app" && std::any_of(apps.begin(), end_of_given, is_secret)) print_error(msg<"usage.app-in-ps">());  // hide_secrets() comes a moment too late
  return apps;
}

void add_trust_options(const Program& program, CLI::App& command, net::TlsTrust& trust) {
  command.add_option("--ca", trust.ca_file, program.text<"help.trust.ca">())->type_name("FILE");
  command.add_flag("--insecure", trust.accepts_any, program.text<"help.trust.insecure">());
}

bool take_trust(net::Address& address, const net::TlsTrust& trust) {
  if (!address.tls && (!trust.ca_file.empty() || trust.accepts_any)) {
    print_error(msg<"usage.tls-plain">(trust.accepts_any ? "--insecure" : "--ca"));
    return false;
  }
  if (!address.tls) return true;
  if (trust.accepts_any && !trust.ca_file.empty()) {
    print_error(msg<"usage.option">("--insecure", core::LocalizedText{"与 --ca 只能取其一", "leave out --ca: either of the two"}));
    return false;
  }
  address.trust = trust;
  try {
    (void)net::TlsContext::for_client(trust);
    return true;
  } catch (const i18n::MessageError& error) {
    print_error(error.message());
    return false;
  }
}

std::optional<Target> read_target(const std::string& command, const std::string& url, const net::TlsTrust& trust, const std::vector<std::string>& pairs,
                                  const std::string& file, const std::string& source) {
  i18n::Message why;
  auto address = net::parse_address(url, why);
  if (!address) print_error(url.empty() ? msg<"usage.which-server">(command) : why);
  if (!address || !take_trust(*address, trust)) return std::nullopt;
  auto apps = read_apps(pairs, file, source);
  if (apps && apps->empty()) print_error(msg<"usage.app-needed">());
  if (!apps || apps->empty()) return std::nullopt;
  return Target{*address, std::move(*apps)};
}

std::optional<std::string> read_control_token(const std::string& file) {
  constexpr std::size_t shortest = 16, longest = 256;
  const char* const from_environment = std::getenv("METERPROOF_CONTROL_TOKEN");
  std::string text;
  if (!file.empty()) {
    auto content = read_file(file);
    if (!content) {
      print_error(msg<"usage.control-token-file">(file, std::strerror(errno)));
      return std::nullopt;
    }
    text = core::trimmed(*content);
  } else if (from_environment != nullptr) {
    text = core::trimmed(from_environment);
    if (text.empty()) return text;
  } else {
    return text;
  }
  const bool is_plain = std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
  if (is_plain && text.size() >= shortest && text.size() <= longest) return text;
  print_error(msg<"usage.control-token">(file.empty() ? "METERPROOF_CONTROL_TOKEN" : "--control-token " + file, shortest, longest));
  return std::nullopt;
}

bool read_max_time(const std::string& text, std::optional<std::chrono::milliseconds>& out) {
  if (text.empty()) return true;
  out = core::parse_duration(text);
  if (out && out->count() > 0) return true;
  print_error(msg<"usage.max-time">(text));
  return false;
}

std::optional<loader::Fixtures> read_fixtures(const std::string& given, const core::Spec& spec, const std::string& spec_directory) {
  const std::string sample = find_spec_directory(spec_directory) + "/fixtures/sample.yaml";
  std::error_code error;  // what cannot be looked up is reported when it is read
  const std::string path = given.empty() && fs::exists(sample, error) ? sample : given;
  if (path.empty()) return loader::Fixtures{};
  auto loaded = loader::load_fixtures(spec, path);
  if (loaded) return std::move(*loaded);
  print_problems(loaded.problems());
  return std::nullopt;
}

RecordRead record_from(const std::string& text, const std::string& path) {
  i18n::Message why_no_check, why_no_load;
  if (auto record = reports::check_record_from(text, why_no_check)) {
    if (reports::is_concluded(*record)) return {Record(std::move(*record)), {}, false};
    return {std::nullopt, msg<"usage.verdict-edited">(path, to_message(record->verdict), record->exit_code), false};
  }
  if (auto record = reports::load_record_from(text, why_no_load)) return {Record(std::move(*record)), {}, false};
  // Of a damaged record its own kind tells; of anything else, both.
  const bool is_check = why_no_check.id != "record.not-check", is_load = why_no_load.id != "record.not-load";
  return {std::nullopt,
          msg<"usage.not-a-record">(path, is_check  ? why_no_check
                                          : is_load ? why_no_load
                                                    : i18n::list({why_no_check, why_no_load})),
          !is_check && !is_load};
}

std::optional<Record> read_record(const std::string& path) {
  const auto text = read_json_file(path);
  if (!text) return std::nullopt;
  RecordRead read = record_from(*text, path);
  if (!read.record) print_error(read.why);
  return std::move(read.record);
}

bool print(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return true;
  static std::atomic<bool> told = false;  // once, of however many lines
  if (!told.exchange(true)) print_error(msg<"usage.stdout">());
  return false;
}

bool print(const i18n::Message& line, const Terminal& terminal) { return print(core::sanitize(render(line, terminal.style.language)) + "\n"); }

CLI::Option* whole_number(CLI::Option* option, int low, int high) {
  CLI::Range range(low, high);
  range.description("");
  return option->check(range)->type_name(std::to_string(low) + "-" + std::to_string(high));
}

CLI::Option* positive_number(CLI::Option* option) {
  const auto refuse = [](const std::string& text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool good = error == std::errc() && end == text.data() + text.size() && std::isfinite(value) && value > 0;
    return good ? std::string() : text;  // which is no number, no finite one, or not above 0
  };
  return option->check(refuse, "")->type_name("N");
}

void add_repeat_as(const Program& program, CLI::App& command, auth::CommandDialect& dialect) {
  command
      .add_option_function<std::string>(
          "--repeat-as", [&dialect](const std::string& name) { dialect = name == "powershell" ? auth::CommandDialect::powershell : auth::CommandDialect::sh; },
          program.text<"help.check.repeat-as">())
      ->check(CLI::IsMember({"sh", "powershell"}));
}

void add_record_options(const Program& program, CLI::App& command, RecordFiles& files, const std::set<std::string>& only) {
  for (const auto& writer : reports::report_writers()) {
    const std::string name(writer->name());
    if (!only.empty() && !only.contains(name)) continue;
    command.add_option("--" + name, files[name], i18n::render(writer->description(), program.terminal.style.language))->type_name("FILE");
  }
}

bool can_write(const RecordFiles& files, const std::vector<std::string>& read, const std::vector<std::string>& beside) {
  std::vector<std::string> written = beside;
  for (const auto& [format, path] : files) written.push_back(path);
  return are_distinct(written, read) && std::all_of(written.begin(), written.end(), [](const std::string& path) { return can_write(path); });
}

bool write_files(const std::vector<Record>& records, const RecordFiles& files, const reports::ReportOptions& options) {
  bool written = true;
  for (const auto& writer : reports::report_writers())
    if (const auto file = files.find(std::string(writer->name())); file != files.end() && !file->second.empty()) {
      try {
        OutputFile out;
        if (!out.open(file->second)) {
          written = false;
          continue;
        }
        writer->write_to(out.stream(), records, options);
        if (out.commit()) continue;
        print_error(msg<"usage.cannot-write">(file->second, std::strerror(errno)));
        written = false;
      } catch (const std::bad_alloc&) {  // one that cannot be made costs none of the others
        std::fprintf(stderr, "meterproof: %s: out of memory\n", file->second.c_str());
        written = false;
      } catch (const std::exception& error) {
        print_error(msg<"usage.cannot-write">(file->second, i18n::message_of(error)));
        written = false;
      }
    }
  return written;
}

std::string text_for(const Record& record, const Terminal& terminal) {
  const auto verdict = [&](const auto& one) {
    if constexpr (std::is_same_v<std::decay_t<decltype(one)>, reports::CheckRecord>) return reports::headline(one);
    else return one.verdict;
  };
  return std::visit(
      [&](const auto& one) {
        return terminal.quiet ? reports::wrapped(terminal.style.text(verdict(one)), terminal.style.width, 2) + "\n" : to_text(one, terminal.style);
      },
      record);
}

Exit write_reports(Record record, const RecordFiles& files, const Terminal& terminal, const reports::LoadRecord* base) {
  const int exit_code = std::visit(
      [](auto& one) {
        one.tool = "meterproof " METERPROOF_VERSION;
        return one.exit_code;
      },
      record);
  reports::ReportOptions options{terminal.style, base};
  options.style.colour = options.style.brief = false;
  options.style.width = options.style.rows = 0;
  std::vector<Record> records;
  records.push_back(std::move(record));
  const bool written = write_files(records, files, options);  // first: whoever reads standard output may have gone
  const auto* check = std::get_if<reports::CheckRecord>(&records.front());
  const std::string text = terminal.quiet && check != nullptr ? reports::wrapped(summary_line(*check, terminal.style), terminal.style.width, 2) + "\n"
                                                              : text_for(records.front(), terminal);
  return print(text) && written ? static_cast<Exit>(exit_code) : Exit::usage;
}

}  // namespace meterproof::cli
