#include "cli/command.hpp"

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include "reports/html.hpp"
#include "reports/markdown.hpp"

namespace meterproof::cli {

namespace fs = std::filesystem;

void complain(const std::string& text) { std::fprintf(stderr, "meterproof: %s%s", text.c_str(), text.ends_with('\n') ? "" : "\n"); }

std::string find_spec_directory(const std::string& given) {
  if (!given.empty()) return given;
  if (const char* from_environment = std::getenv("METERPROOF_SPEC")) return from_environment;
  std::error_code error;
  const fs::path here = fs::read_symlink("/proc/self/exe", error).parent_path();
  for (const fs::path& candidate : {here / "../share/meterproof/spec", here / "../../spec", here / "spec"})
    if (fs::exists(candidate / "common.yaml", error)) return candidate.lexically_normal().string();
  return {};
}

std::optional<spec::Spec> load_spec(const std::string& given) {
  const std::string directory = find_spec_directory(given);
  if (directory.empty()) {
    complain("no interface specs found beside the executable; name their folder with --spec DIR");
    return std::nullopt;
  }
  auto loaded = yaml::load_spec(directory);
  if (loaded) return std::move(*loaded);
  std::fputs(format(loaded.problems()).c_str(), stderr);
  return std::nullopt;
}

std::optional<std::vector<wire::App>> read_apps(const std::vector<std::string>& given, const std::string& file) {
  std::vector<wire::App> apps;
  std::vector<std::string> pairs = given;
  const char* from_environment = std::getenv("METERPROOF_APPS");
  if (pairs.empty() && file.empty() && from_environment != nullptr) {
    std::stringstream list(from_environment);
    for (std::string pair; std::getline(list, pair, ',');) pairs.push_back(pair);
  }
  for (const std::string& pair : pairs) {
    const std::size_t colon = pair.find(':');
    if (colon == std::string::npos || colon == 0 || colon + 1 == pair.size()) {
      complain("--app takes ID:SECRET, with the colon between them");  // not repeated: it may be a secret
      return std::nullopt;
    }
    apps.push_back({pair.substr(0, colon), pair.substr(colon + 1)});
  }
  if (!file.empty()) {
    auto loaded = yaml::load_apps(file);
    if (!loaded) {
      std::fputs(format(loaded.problems()).c_str(), stderr);
      return std::nullopt;
    }
    for (auto& [id, secret] : *loaded) apps.push_back({id, secret});
  }
  std::set<std::string> ids;
  for (const wire::App& app : apps) {
    if (ids.insert(app.id).second) continue;
    complain("the appId " + app.id + " is given twice");
    return std::nullopt;
  }
  return apps;
}

std::optional<Target> read_target(const std::string& command, const std::string& url, const std::vector<std::string>& pairs, const std::string& file) {
  std::string why;
  const auto address = http::parse_address(url, why);
  if (!address) {
    complain(url.empty() ? "which server? meterproof " + command + " http://HOST:PORT --app ID:SECRET" : why);
    return std::nullopt;
  }
  auto apps = read_apps(pairs, file);
  if (apps && apps->empty()) complain("--app ID:SECRET is needed: every request is signed");
  if (!apps || apps->empty()) return std::nullopt;
  return Target{*address, std::move(*apps)};
}

bool can_write(const std::string& path) {
  if (path.empty()) return true;
  const std::string beside = path + ".part";
  if (!std::ofstream(beside, std::ios::binary)) {
    complain("cannot write " + path + "; check the folder");
    return false;
  }
  std::error_code ignored;
  fs::remove(beside, ignored);
  return true;
}

bool write_file(const std::string& path, const std::string& content) {
  const std::string beside = path + ".part";
  {
    std::ofstream file(beside, std::ios::binary);
    file << content << std::flush;
    if (!file) {
      complain("cannot write " + path + "; check the folder and the space on the disk");
      return false;
    }
  }
  std::error_code error;
  fs::rename(beside, path, error);
  if (error) complain("cannot write " + path + ": " + error.message());
  return !error;
}

std::optional<yaml::WorldRows> read_world(const std::string& given, const spec::Spec& spec, const std::string& spec_directory) {
  const std::string sample = find_spec_directory(spec_directory) + "/worlds/sample.yaml";
  const std::string path = given.empty() && fs::exists(sample) ? sample : given;
  if (path.empty()) return yaml::WorldRows{};
  auto loaded = yaml::load_world(spec, path);
  if (loaded) return std::move(*loaded);
  std::fputs(format(loaded.problems()).c_str(), stderr);
  return std::nullopt;
}

std::optional<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file || fs::is_directory(path)) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

void add_record_options(CLI::App& command, RecordFiles& files) {
  command.add_option("--json", files.json, "write the record there (see docs/records.md)")->type_name("FILE");
  command.add_option("--junit", files.junit, "write a JUnit report there")->type_name("FILE");
  command.add_option("--html", files.html, "write an HTML report there")->type_name("FILE");
  command.add_option("--markdown", files.markdown, "write a Markdown summary there")->type_name("FILE");
}

bool can_write(const RecordFiles& files) { return can_write(files.json) && can_write(files.junit) && can_write(files.html) && can_write(files.markdown); }

namespace {

/// What a page shows of a record: not the evidence, which is for machines.
std::string for_page(const reports::LoadRecord& record) { return to_json(record); }
std::string for_page(reports::CheckRecord record) {
  record.evidence.reset();
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

Exit deliver(reports::CheckRecord record, const RecordFiles& files, const Terminal& terminal) {
  record.tool = "meterproof " METERPROOF_VERSION;
  const std::string text = to_text(record, terminal.style);
  std::fputs(terminal.quiet ? text.c_str() + text.rfind('\n', text.size() - 2) + 1 : text.c_str(), stdout);
  return write_files(record, files, {}) ? static_cast<Exit>(record.exit_code) : Exit::usage;
}

Exit deliver(const reports::LoadRecord& record, const RecordFiles& files, const Terminal& terminal, const std::string& base) {
  std::fputs((terminal.quiet ? record.verdict + "\n" : to_text(record, terminal.style)).c_str(), stdout);
  return write_files(record, files, base) ? static_cast<Exit>(record.exit_code) : Exit::usage;
}

}  // namespace meterproof::cli
