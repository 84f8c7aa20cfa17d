#include "cli/command.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "core/text/utf8.hpp"
#include "reports/html.hpp"
#include "reports/markdown.hpp"

namespace meterproof::cli {

namespace fs = std::filesystem;

void print_error(const std::string& text) { std::fprintf(stderr, "meterproof: %s%s", text.c_str(), text.ends_with('\n') ? "" : "\n"); }

std::string find_spec_directory(const std::string& given) {
  if (!given.empty()) return given;
  if (const char* from_environment = std::getenv("METERPROOF_SPEC")) return from_environment;
  std::error_code error;
  const fs::path here = fs::read_symlink("/proc/self/exe", error).parent_path();
  for (const fs::path& candidate : {here / "../share/meterproof/spec", here / "../../spec", here / "spec"})
    if (fs::exists(candidate / "common.yaml", error)) return candidate.lexically_normal().string();
  return {};
}

std::optional<core::Spec> load_spec(const std::string& given) {
  const std::string directory = find_spec_directory(given);
  if (directory.empty()) {
    print_error("no interface specs found beside the executable; name their folder with --spec DIR");
    return std::nullopt;
  }
  auto loaded = loader::load_spec(directory);
  if (loaded) return std::move(*loaded);
  std::fputs(format(loaded.problems()).c_str(), stderr);
  return std::nullopt;
}

std::optional<std::vector<auth::App>> read_apps(const std::vector<std::string>& given, const std::string& file) {
  std::vector<auth::App> apps;
  std::vector<std::string> pairs = given;
  const char* from_environment = std::getenv("METERPROOF_APPS");
  if (pairs.empty() && file.empty() && from_environment != nullptr) {
    std::stringstream list(from_environment);
    for (std::string pair; std::getline(list, pair, ',');) pairs.push_back(pair);
  }
  for (const std::string& pair : pairs) {
    const std::size_t colon = pair.find(':');
    if (colon == std::string::npos || colon == 0 || colon + 1 == pair.size()) {
      print_error("--app takes ID:SECRET, with the colon between them");  // not repeated: it may be a secret
      return std::nullopt;
    }
    apps.push_back({pair.substr(0, colon), pair.substr(colon + 1)});
  }
  if (!file.empty()) {
    auto loaded = loader::load_apps(file);
    if (!loaded) {
      std::fputs(format(loaded.problems()).c_str(), stderr);
      return std::nullopt;
    }
    for (auto& [id, secret] : *loaded) apps.push_back({id, secret});
  }
  std::set<std::string> ids;
  for (const auth::App& app : apps) {
    if (ids.insert(app.id).second) continue;
    print_error("the appId " + app.id + " is given twice");
    return std::nullopt;
  }
  return apps;
}

std::optional<Target> read_target(const std::string& command, const std::string& url, const std::vector<std::string>& pairs, const std::string& file) {
  std::string why;
  const auto address = net::parse_address(url, why);
  if (!address) {
    print_error(url.empty() ? "which server? meterproof " + command + " http://HOST:PORT --app ID:SECRET" : why);
    return std::nullopt;
  }
  auto apps = read_apps(pairs, file);
  if (apps && apps->empty()) print_error("--app ID:SECRET is needed: every request is signed");
  if (!apps || apps->empty()) return std::nullopt;
  return Target{*address, std::move(*apps)};
}

namespace {

/// Where a link leads, though nothing may be there yet.
fs::path followed(fs::path path) {
  constexpr int most_links = 16;
  std::error_code error;
  for (int i = 0; i < most_links && fs::is_symlink(path, error); ++i) path = path.parent_path() / fs::read_symlink(path, error);
  return path;
}

/// A pipe or a device is written to as it is; a file is replaced when its content is whole.
bool is_stream(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error) && !fs::is_regular_file(path, error) && !fs::is_directory(path, error);
}

fs::path beside(const fs::path& path) { return path.string() + ".part-" + std::to_string(::getpid()); }

}  // namespace

bool can_write(const std::string& path) {
  if (path.empty() || is_stream(path)) return true;
  const fs::path target = followed(path);
  std::error_code ignored;
  if (fs::is_directory(target, ignored) || !std::ofstream(beside(target), std::ios::binary)) {
    print_error("cannot write " + path + "; check the folder");
    return false;
  }
  fs::remove(beside(target), ignored);
  return true;
}

bool write_file(const std::string& path, const std::string& content) {
  const bool stream = is_stream(path);
  const fs::path target = stream ? fs::path(path) : followed(path);
  const fs::path written = stream ? target : beside(target);
  {
    std::ofstream file(written, std::ios::binary);
    file << content << std::flush;
    if (!file) {
      print_error("cannot write " + path + "; check the folder and the space on the disk");
      return false;
    }
  }
  std::error_code error;
  if (!stream) fs::rename(written, target, error);
  if (error) print_error("cannot write " + path + ": " + error.message());
  return !error;
}

std::optional<loader::Fixtures> read_fixtures(const std::string& given, const core::Spec& spec, const std::string& spec_directory) {
  const std::string sample = find_spec_directory(spec_directory) + "/fixtures/sample.yaml";
  const std::string path = given.empty() && fs::exists(sample) ? sample : given;
  if (path.empty()) return loader::Fixtures{};
  auto loaded = loader::load_fixtures(spec, path);
  if (loaded) return std::move(*loaded);
  std::fputs(format(loaded.problems()).c_str(), stderr);
  return std::nullopt;
}

std::optional<std::string> read_file(const std::string& path) {
  constexpr std::size_t most = 1UL << 30U, step = 1UL << 16U;
  std::ifstream file(path, std::ios::binary);
  if (!file || fs::is_directory(path)) return std::nullopt;
  std::string out;
  while (file && out.size() <= most) {
    const std::size_t before = out.size();
    out.resize(before + step);
    file.read(out.data() + before, step);
    out.resize(before + static_cast<std::size_t>(file.gcount()));
  }
  return out.size() > most ? std::nullopt : std::optional(std::move(out));
}

std::optional<Record> read_record(const std::string& path) {
  const auto text = read_file(path);
  std::string why_no_check = "it cannot be read", why_no_load;
  if (text) {
    if (auto record = reports::check_record_from(*text, why_no_check)) return Record(std::move(*record));
    if (auto record = reports::load_record_from(*text, why_no_load)) return Record(std::move(*record));
  }
  print_error(path + ": " + why_no_check + (why_no_load.empty() ? "" : "; " + why_no_load));
  return std::nullopt;
}

bool print(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return true;
  print_error("standard output takes no more");
  return false;
}

void add_record_options(CLI::App& command, RecordFiles& files) {
  command.add_option("--json", files.json, "write the record there (see docs/records.md)")->type_name("FILE");
  command.add_option("--junit", files.junit, "write a JUnit report there")->type_name("FILE");
  command.add_option("--html", files.html, "write an HTML report there")->type_name("FILE");
  command.add_option("--markdown", files.markdown, "write a Markdown summary there")->type_name("FILE");
}

bool can_write(const RecordFiles& files) {
  std::set<std::string> paths;
  for (const std::string& path : {files.json, files.junit, files.html, files.markdown}) {
    if (!can_write(path)) return false;
    if (path.empty() || paths.insert(path).second) continue;
    print_error(path + " is named twice: each report needs a file of its own");
    return false;
  }
  return true;
}

namespace {

/// What a page shows of a record: not the evidence, which is for machines.
std::string for_page(const reports::LoadRecord& record) { return to_json(record); }
std::string for_page(reports::CheckRecord record) {
  record.transcript.reset();
  return to_json(record);
}

template <class Record>
bool write_files(const Record& record, const RecordFiles& files, const std::string& base) {
  const auto write = [](const std::string& path, const auto& content) { return path.empty() || write_file(path, content()); };
  bool written = write(files.json, [&] { return to_json(record); });
  written = write(files.junit, [&] { return to_junit(record); }) && written;
  written = write(files.markdown, [&] { return to_markdown(record); }) && written;
  return write(files.html, [&] { return reports::to_html({for_page(record)}, base); }) && written;
}

}  // namespace

Exit write_reports(reports::CheckRecord record, const RecordFiles& files, const Terminal& terminal) {
  record.tool = "meterproof " METERPROOF_VERSION;
  const std::string text = to_text(record, terminal.style);
  const bool printed = print(terminal.quiet ? text.substr(text.rfind('\n', text.size() - 2) + 1) : text);
  return write_files(record, files, {}) && printed ? static_cast<Exit>(record.exit_code) : Exit::usage;
}

Exit write_reports(const reports::LoadRecord& record, const RecordFiles& files, const Terminal& terminal, const std::string& base) {
  const bool printed = print(terminal.quiet ? core::sanitize(terminal.style.translate(record.verdict)) + "\n" : to_text(record, terminal.style));
  return write_files(record, files, base) && printed ? static_cast<Exit>(record.exit_code) : Exit::usage;
}

}  // namespace meterproof::cli
