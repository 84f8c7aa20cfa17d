// SPDX-License-Identifier: Apache-2.0
#include "cli/issuer.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>

#include "attestation/digests.hpp"
#include "cli/files.hpp"
#include "conformance/suite.hpp"
#include "core/i18n/message.hpp"
#include "core/text/input_file.hpp"
#include "reports/screen.hpp"

namespace meterproof::cli {

namespace fs = std::filesystem;
using i18n::msg;

namespace {

/// SHA-256 of the files by which targets are judged, by name; or the path of what cannot be read.
struct SpecFiles {
  std::map<std::string, std::string> digests;
  std::string unreadable;
};

/// Folders by which nothing is judged.
constexpr std::array<std::string_view, 5> for_other_commands = {"examples", "fixtures", "meters", "plans", "workloads"};

SpecFiles spec_files_in(const std::string& directory) {
  SpecFiles out;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
    if (entry->path().extension() != ".yaml") continue;
    const fs::path name = entry->path().lexically_relative(directory);
    if (std::find(for_other_commands.begin(), for_other_commands.end(), name.begin()->string()) != for_other_commands.end()) continue;
    const auto text = read_file(entry->path().string());
    if (text) out.digests[name.generic_string()] = attestation::sha256(*text);
    else out.unreadable = entry->path().string();
  }
  if (error) out.unreadable = directory;
  return out;
}

}  // namespace

std::optional<attestation::ToolIdentity> tool_of(const core::Spec& spec, const std::string& directory) {
  attestation::ToolIdentity tool;
  tool.suite = conformance::suite_of(spec);
  const auto program = read_file("/proc/self/exe");
  tool.digest = program ? attestation::sha256(*program) : "";
  SpecFiles files = spec_files_in(directory);
  if (!files.unreadable.empty()) {
    print_error(msg<"usage.cannot-read">(files.unreadable));
    return std::nullopt;
  }
  tool.spec_files = std::move(files.digests);
  return tool;
}

std::string spec_digest_of(const std::string& directory) {
  const SpecFiles files = spec_files_in(directory);
  return files.unreadable.empty() ? attestation::digest_of(files.digests) : "";
}

std::optional<attestation::Key> read_public_key(const std::string& path) {
  const auto pem = read_file(path);
  auto key = pem ? attestation::Key::public_from_pem(*pem) : std::nullopt;
  if (!key) print_error(pem ? msg<"usage.not-a-public-key">(path) : msg<"usage.option-cannot-read">("--pub", path));
  return key;
}

std::optional<attestation::Key> read_private_key(const std::string& path) {
  constexpr std::size_t most = 1UL << 20U;
  constexpr unsigned others = S_IRWXG | S_IRWXO;
  const core::InputFile file = core::read_input_file(path, most);
  if (file.problem != core::InputFileProblem::none) {
    print_error(msg<"usage.option-cannot-read">("--key", path));
    return std::nullopt;
  }
  auto key = attestation::Key::private_from_pem(file.content);
  i18n::Message why;
  if (!key) why = msg<"usage.not-a-private-key">(path);
  else if (file.regular && (file.mode & others) != 0) why = msg<"usage.key-mode">(path);
  else if (file.regular && file.owner != 0 && file.owner != ::geteuid()) why = msg<"usage.key-owner">(path);
  if (why.empty()) return key;
  print_error(why);
  return std::nullopt;
}

core::DateTime now_utc() { return core::local_time(std::chrono::system_clock::now(), std::chrono::minutes(0)); }

RegisterLock::RegisterLock(const std::string& path) {
  const fs::path folder = fs::path(path).parent_path();
  folder_ = net::Fd(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder_) (void)::flock(folder_.get(), LOCK_EX);
}

std::optional<attestation::Register> read_register(const std::string& path, const attestation::Key& key) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return attestation::Register();
  const auto text = read_json_file(path);
  if (!text) return std::nullopt;
  attestation::RegisterRead read = attestation::register_from(*text, key);
  if (read.findings.empty()) return std::move(read.content);
  print_error(msg<"usage.register">(path, read.findings.front()));
  return std::nullopt;
}

bool write_register(const std::string& path, attestation::Register content, const attestation::Key& key) {
  ++content.number;
  content.updated = now_utc().to_string() + " UTC";
  return write_file(path, attestation::to_json(content, key));
}

void show(const i18n::Message& line, const Terminal& terminal) {
  constexpr std::size_t indent = 2;
  print(reports::wrapped(terminal.style.text(line), terminal.style.width, indent) + "\n");
}

}  // namespace meterproof::cli
