// SPDX-License-Identifier: Apache-2.0
// The commands: options in, exit code out.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/auth/signer.hpp"
#include "core/diagnostics/diagnostic.hpp"
#include "core/i18n/message.hpp"
#include "core/loader/spec_loader.hpp"
#include "core/model/interface.hpp"
#include "net/address.hpp"
#include "reports/report_writer.hpp"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace meterproof::cli {

/// What a run ends with, the same for every command.
enum class Exit { ok = 0, failed = 1, usage = 2, unreachable = 3, inconclusive = 4, holds_not_conforming = 5, expired = 6 };

/// A command adds its options to the program, and itself as what is to run.
using Runner = std::function<Exit()>;
/// How the program speaks, by its options and what it is started on.
struct Terminal {
  reports::TextStyle style;   // of standard output
  reports::TextStyle err;     // of standard error, which may lead elsewhere
  bool moves_cursor = false;  // on standard error, where a line of progress replaces the one before
  bool shows_both = false;    // standard output and standard error are the same terminal
  bool quiet = false, verbose = false;
};
struct Program {
  CLI::App& app;
  std::string& spec_directory;
  Runner& run;
  Terminal& terminal;

  /// A text of the catalogues, for help.
  template <i18n::MessageId id>
  std::string text() const {
    return i18n::render(i18n::msg<id>(), terminal.style.language);
  }
};

void add_spec(const Program& program);
void add_mock(const Program& program);
void add_sign(const Program& program);
void add_world(const Program& program);
void add_check(const Program& program);
void add_check_client(const Program& program);
void add_load(const Program& program);
void add_report(const Program& program);
void add_diff(const Program& program);
void add_history(const Program& program);
void add_certificate(const Program& program);
void add_register(const Program& program);
void add_manual(const Program& program);

/// Where the specs are: --spec, $METERPROOF_SPEC, or beside the executable. "" where there are none.
std::string find_spec_directory(const std::string& given);
/// The specs, or nothing after their problems were printed.
std::optional<core::Spec> load_spec(const std::string& given);

/// `ID:SECRET` pairs and the pairs of a file; without either, those of $METERPROOF_APPS, between commas. `source`: where the pairs stand.
/// Nothing after the mistake was printed.
std::optional<std::vector<auth::App>> read_apps(const std::vector<std::string>& pairs, const std::string& file, const std::string& source = "--app");

/// --ca, --insecure.
void add_trust_options(const Program& program, CLI::App& command, net::TlsTrust& trust);
/// Gives an https address what it believes. False after the mistake was printed.
bool take_trust(net::Address& address, const net::TlsTrust& trust);

/// The server that a command is pointed at, and who calls it.
struct Target {
  net::Address address;
  std::vector<auth::App> apps;
};
/// Nothing after the mistake was printed; at least one app otherwise.
std::optional<Target> read_target(const std::string& command, const std::string& url, const net::TlsTrust& trust, const std::vector<std::string>& pairs,
                                  const std::string& file, const std::string& source = "--app");

/// The token of a mock's admin API: that of the file, or, where none is named, of $METERPROOF_CONTROL_TOKEN; "" where there is none. Nothing after the
/// mistake was printed.
std::optional<std::string> read_control_token(const std::string& file);

/// --max-time; false after the mistake was printed. "" is no limit.
bool read_max_time(const std::string& text, std::optional<std::chrono::milliseconds>& out);

/// The language of what print_error and print_problems print.
void set_language(i18n::Language language);
/// Prints `meterproof: TEXT` on stderr.
void print_error(const i18n::Message& message);
/// Prints `TEXT` on stderr behind so many blanks; on a terminal, in lines that fit it.
void tell(const i18n::Message& message, const Terminal& terminal, std::size_t indent = 2);
/// Prints every mistake in a file on stderr: where, what, and how to correct it.
void print_problems(const std::vector<core::Diagnostic>& problems);

/// The rows of that file, or of the sample fixtures where none is named. Nothing after its problems were printed.
std::optional<loader::Fixtures> read_fixtures(const std::string& given, const core::Spec& spec, const std::string& spec_directory);

/// A record of either kind, as --json wrote it. Nothing after the mistake was printed.
using reports::Record;
std::optional<Record> read_record(const std::string& path);
/// The same of a text that was read already; `path` is told in what is wrong.
struct RecordRead {
  std::optional<Record> record;
  i18n::Message why;     // there is none
  bool foreign = false;  // the text is JSON of another kind, and was never meant to be a record
};
RecordRead record_from(const std::string& text, const std::string& path);
/// Prints on stdout; false after the failure was printed.
bool print(const std::string& text);
/// The same for a message: one line, without control characters.
bool print(const i18n::Message& line, const Terminal& terminal);

/// Where a record is to go beside the terminal: a path ("" for nowhere) by the name of its format.
using RecordFiles = std::map<std::string, std::string>;
/// A whole number within both; help and usage errors show `1-64`.
CLI::Option* whole_number(CLI::Option* option, int low, int high);
/// A finite number above 0: CLI11 takes "nan" for one.
CLI::Option* positive_number(CLI::Option* option);
/// --repeat-as: for which shell the text's commands are.
void add_repeat_as(const Program& program, CLI::App& command, auth::CommandDialect& dialect);
/// An option for each format (reports/report_formats.inc), or for those of them alone.
void add_record_options(const Program& program, CLI::App& command, RecordFiles& files, const std::set<std::string>& only = {});
/// `read`: the files that the command reads; `beside`: those that it writes as well.
bool can_write(const RecordFiles& files, const std::vector<std::string>& read, const std::vector<std::string>& beside = {});
/// False after the failure was printed.
bool write_files(const std::vector<Record>& records, const RecordFiles& files, const reports::ReportOptions& options);
/// What the terminal shows of a record.
std::string text_for(const Record& record, const Terminal& terminal);
/// Prints the record, writes its files, and says what the program ends with. `base`: the load that it is compared with, or null.
Exit write_reports(Record record, const RecordFiles& files, const Terminal& terminal, const reports::LoadRecord* base = nullptr);

}  // namespace meterproof::cli
