// SPDX-License-Identifier: Apache-2.0
// meterproof history
#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>
#include <filesystem>
#include <memory>
#include <string_view>

#include "cli/command.hpp"
#include "cli/files.hpp"
#include "cli/issuer.hpp"
#include "core/i18n/message.hpp"
#include "core/i18n/message_error.hpp"
#include "core/text/text.hpp"
#include "history/history_report.hpp"
#include "reports/badge.hpp"

namespace meterproof::cli {

namespace fs = std::filesystem;
using i18n::msg;

namespace {

struct Options {
  std::string folder, target, badge, key, issued;  // key: public; issued: a register
  RecordFiles files;
};

/// The JSON files below that folder, by their paths. Nothing after the mistake was printed. Links to folders are not followed.
std::optional<std::vector<fs::path>> json_files(const fs::path& folder) {
  std::vector<fs::path> out;
  std::error_code error;
  fs::recursive_directory_iterator at(folder, fs::directory_options::skip_permission_denied, error), end;
  for (; !error && at != end; at.increment(error)) {
    std::error_code ignored;
    if (at->path().filename().native().starts_with('.') && at->is_directory(ignored)) at.disable_recursion_pending();
    else if (at->path().extension() == ".json" && at->is_regular_file(ignored)) out.push_back(at->path());
  }
  if (error) {
    print_error(msg<"usage.history-folder">(folder.string()));
    return std::nullopt;
  }
  std::sort(out.begin(), out.end());
  return out;
}

history::RecordFile located(const fs::path& file, const fs::path& folder) {
  std::error_code ignored;
  const fs::path page = fs::path(file).replace_extension(".html");
  return {file.lexically_relative(folder).generic_string(), fs::exists(page, ignored) ? page.lexically_relative(folder).generic_string() : ""};
}

/// Whether a file says that it is a certificate.
bool is_certificate(const std::string& text) {
  constexpr std::size_t head = 200;  // its schema is its first member
  return std::string_view(text).substr(0, head).find("\"meterproof/certificate/") != std::string_view::npos;
}

/// Whose certificates they must be; nothing after the mistake was printed.
std::optional<history::Issuer> read_issuer(const Options& options) {
  history::Issuer out;
  if (!options.issued.empty() && options.key.empty()) {
    print_error(msg<"usage.history-register">());
    return std::nullopt;
  }
  if (options.key.empty()) return out;
  out.key = read_public_key(options.key);
  if (!out.key) return std::nullopt;
  std::error_code ignored;
  if (options.issued.empty()) return out;
  if (!fs::exists(options.issued, ignored)) {
    print_error(msg<"usage.cannot-read">(options.issued));
    return std::nullopt;
  }
  out.issued = read_register(options.issued, *out.key);
  return out.issued ? std::optional(std::move(out)) : std::nullopt;
}

struct FolderRead {
  history::RunHistory history;
  std::vector<std::string> records;  // their paths
};

/// Every record among the files; each is let go once it is told.
FolderRead read_records(const std::vector<fs::path>& files, const std::string& folder, const history::Issuer& issuer) {
  FolderRead out;
  history::HistoryBuilder builder;
  for (const fs::path& file : files) {
    const history::RecordFile place = located(file, folder);
    const auto text = read_json_file(file.string());  // why not, it prints
    if (!text) {
      builder.add_unread(place.path, msg<"usage.cannot-read">(place.path));
      continue;
    }
    const RecordRead read = record_from(*text, place.path);
    if (read.foreign) {
      if (!is_certificate(*text)) continue;
      out.records.push_back(file.string());
      const auto unread = [&](const i18n::Message& why) {
        builder.add_unread(place.path, why);
        print_error(msg<"history.unread">(place.path, why));
      };
      try {
        builder.add(certificate_from(place, *text, issuer, now_utc()));
      } catch (const i18n::MessageError& error) {
        unread(error.message());
      } catch (const std::exception&) {  // of the JSON library
        unread(msg<"history.certificate-unread">());
      }
      continue;
    }
    out.records.push_back(file.string());
    if (read.record) {
      builder.add(place, *read.record);
    } else {
      builder.add_unread(place.path, read.why);
      print_error(read.why);
    }
  }
  out.history = builder.built();
  return out;
}

/// The names of the targets, one for each.
std::string names_of(const history::RunHistory& history) {
  std::vector<std::string> names;
  for (const history::TargetHistory& one : history.targets)
    if (names.empty() || names.back() != one.name) names.push_back(one.name);
  return core::join(names);
}

/// Leaves that target alone, with its certificates. False after the mistake was printed.
bool choose(const std::string& target, history::RunHistory& history) {
  const std::string names = names_of(history);
  // A certificate names vendor, product and release in one: it is of the target with the longest name that it begins with.
  const auto is_its = [&](const history::CertificateEntry& one) {
    const std::string whose = one.whose();
    const auto begins = [&](const std::string& name) { return whose == name || whose.starts_with(name + " "); };
    return begins(target) && std::none_of(history.targets.begin(), history.targets.end(),
                                          [&](const auto& other) { return other.name.size() > target.size() && begins(other.name); });
  };
  std::erase_if(history.certificates, [&](const auto& one) { return !is_its(one); });
  std::erase_if(history.targets, [&](const auto& one) { return one.name != target; });
  if (!history.targets.empty() || !history.certificates.empty()) return true;
  print_error(msg<"usage.history-target">(target, names));
  return false;
}

/// The newest check of these targets; without any, the newest load.
const history::RecordFile* newest_of(const history::RunHistory& history) {
  const history::RecordFile* out = nullptr;
  std::string when;
  const auto look = [&](const auto& runs) {
    if (runs.empty() || (out != nullptr && runs.back().started <= when)) return;
    out = &runs.back().file;
    when = runs.back().started;
  };
  for (const history::TargetHistory& target : history.targets) look(target.checks);
  if (out != nullptr) return out;
  for (const history::TargetHistory& target : history.targets)
    for (const history::LoadHistory& load : target.loads) look(load.runs);
  return out;
}

/// The badge of the newest run of the one target, whatever its role. False after the mistake was printed.
bool write_badge(const Options& options, const history::RunHistory& history, const Terminal& terminal) {
  if (options.badge.empty()) return true;
  const bool is_one = std::all_of(history.targets.begin(), history.targets.end(), [&](const auto& one) { return one.name == history.targets.front().name; });
  const history::RecordFile* const newest = newest_of(history);
  if (!is_one || newest == nullptr) {
    print_error(msg<"usage.history-badge">(names_of(history)));
    return false;
  }
  const auto record = read_record((fs::path(options.folder) / newest->path).string());
  return record && write_file(options.badge, std::visit([&](const auto& one) { return reports::to_badge(one, terminal.style.language); }, *record));
}

/// From the page to the folder, as a link.
std::string path_to_folder(const std::string& page, const std::string& folder) {
  std::error_code error;
  const fs::path from = fs::absolute(page, error).parent_path(), to = fs::absolute(folder, error);
  const std::string path = to.lexically_normal().lexically_relative(from.lexically_normal()).generic_string();
  if (path == "." || path == "./" || path.empty()) return "";
  std::string out;
  for (const fs::path& part : fs::path(path))
    if (!part.empty()) out += core::percent_encoded(part.string()) + "/";
  return out;
}

bool write_formats(const history::HistoryReport& report, const Options& options, const Terminal& terminal) {
  reports::TextStyle style = terminal.style;
  style.colour = style.brief = false;
  style.width = 0;
  bool written = true;
  for (const auto& [format, path] : options.files) {
    if (path.empty()) continue;
    const std::string text = format == "json"       ? to_json(report)
                             : format == "html"     ? to_html(report, style, path_to_folder(path, options.folder))
                             : format == "markdown" ? to_markdown(report, style)
                                                    : to_text(report, style);
    written = write_file(path, text) && written;
  }
  return written;
}

Exit run(const Options& options, const Terminal& terminal) {
  const auto files = json_files(options.folder);
  if (!files) return Exit::usage;
  const auto issuer = read_issuer(options);
  if (!issuer) return Exit::usage;
  FolderRead read = read_records(*files, options.folder, *issuer);
  if (!can_write(options.files, read.records, {options.badge})) return Exit::usage;  // no record is written over
  history::RunHistory& history = read.history;
  if (history.targets.empty() && history.certificates.empty()) {
    print_error(msg<"usage.history-empty">(options.folder));
    return Exit::usage;
  }
  if (!options.target.empty() && !choose(options.target, history)) return Exit::usage;
  const bool has_badge = write_badge(options, history, terminal);
  const history::HistoryReport report{options.folder, std::move(history), "meterproof " METERPROOF_VERSION};
  const bool written = write_formats(report, options, terminal);
  return (terminal.quiet || print(to_text(report, terminal.style))) && written && has_badge ? Exit::ok : Exit::usage;
}

}  // namespace

void add_history(const Program& program) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.app.add_subcommand("history", program.text<"help.history">());
  command->add_option("folder", options->folder, program.text<"help.history.folder">())->type_name("DIR")->required();
  command->add_option("--target", options->target, program.text<"help.history.target">())->type_name("NAME");
  command->add_option("--pub", options->key, program.text<"help.history.pub">())->type_name("FILE");
  command->add_option("--register", options->issued, program.text<"help.history.register">())->type_name("FILE");
  add_record_options(program, *command, options->files, {"json", "html", "markdown", "text"});
  command->add_option("--badge", options->badge, program.text<"help.history.badge">())->type_name("FILE");
  command->callback(
      [options, &program_run = program.run, &terminal = program.terminal] { program_run = [options, &terminal] { return run(*options, terminal); }; });
}

}  // namespace meterproof::cli
