// SPDX-License-Identifier: Apache-2.0
// meterproof register
#include "attestation/register.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>

#include "cli/command.hpp"
#include "cli/files.hpp"
#include "cli/issuer.hpp"
#include "core/i18n/message.hpp"
#include "core/text/utf8.hpp"

namespace meterproof::cli {

using i18n::msg;

namespace {

struct Options {
  std::string file, key, pub, reason;
  std::vector<std::string> added, revoked;

  bool changes() const { return !added.empty() || !revoked.empty(); }
};

/// Whether the options make sense together. False after the mistake was printed.
bool are_sound(const Options& options) {
  const auto refuse = [](const i18n::Message& why) {
    print_error(why);
    return false;
  };
  if (options.key.empty() == options.pub.empty()) return refuse(msg<"usage.register-key">());
  if (options.changes() && options.key.empty()) return refuse(msg<"usage.register-private">());
  if (options.revoked.empty() != options.reason.empty()) return refuse(msg<"usage.register-reason">());
  for (const std::string& serial : options.revoked)
    if (!attestation::is_serial(serial)) return refuse(msg<"usage.register-serial">(serial));
  std::error_code ignored;
  if (!options.changes() && !std::filesystem::exists(options.file, ignored)) return refuse(msg<"usage.cannot-read">(options.file));
  return true;
}

/// Adds the certificates, which must hold. False after the mistake was printed.
bool add(attestation::Register& content, const Options& options, const attestation::Key& key, const std::string& spec_directory) {
  if (options.added.empty()) return true;
  const auto spec = load_spec(spec_directory);
  const auto tool = spec ? tool_of(*spec, find_spec_directory(spec_directory)) : std::nullopt;
  if (!tool) return false;
  for (const std::string& path : options.added) {
    const auto text = read_json_file(path);
    if (!text) return false;
    const attestation::Verification found = verify(*text, key, *spec, *tool, now_utc());
    const auto refuse = [&](const i18n::Message& why) {
      print_error(msg<"usage.register-add">(path, why));
      return false;
    };
    if (!found.findings.empty()) return refuse(found.findings.front());
    if (!found.unread.empty()) return refuse(msg<"verify.unread">(found.unread, tool->suite.version));
    if (!found.needs.empty()) return refuse(msg<"usage.needs-suite">(found.needs));
    attestation::RegisterEntry entry = attestation::entry_of(*text);
    attestation::RegisterEntry* const known = content.find(entry.serial);
    if (known != nullptr && !known->digest.empty() && known->digest != entry.digest)
      return refuse(msg<"verify.registered-other">(content.number, content.updated));
    if (known == nullptr) {
      content.entries.push_back(std::move(entry));
    } else if (known->digest.empty()) {  // it was revoked by its serial alone, and stays so
      entry.revoked = known->revoked;
      entry.reason = known->reason;
      *known = std::move(entry);
    }
  }
  return true;
}

void revoke(attestation::Register& content, const Options& options) {
  for (const std::string& serial : options.revoked) {
    attestation::RegisterEntry* known = content.find(serial);
    if (known == nullptr) {
      known = &content.entries.emplace_back();
      known->serial = serial;
    }
    if (!known->revoked.empty()) continue;  // the first time counts
    known->revoked = now_utc().to_string() + " UTC";
    known->reason = options.reason;
  }
}

void show_all(const attestation::Register& content, const Terminal& terminal) {
  const core::DateTime now = now_utc();
  std::size_t counts[3] = {};  // NOLINT(*-avoid-c-arrays): by standing
  for (const attestation::RegisterEntry& one : content.entries) ++counts[static_cast<std::size_t>(standing_of(one, now))];
  show(msg<"register.summary">(content.number, content.updated, content.entries.size(), counts[0], counts[1], counts[2]), terminal);
  for (const attestation::RegisterEntry& one : content.entries) {
    const i18n::Message whose = i18n::verbatim(core::sanitize(one.product.empty() ? one.target : one.product + ", " + one.target));
    switch (standing_of(one, now)) {
      case attestation::Standing::valid: show(msg<"register.valid">(one.serial, one.until, whose), terminal); break;
      case attestation::Standing::expired: show(msg<"register.expired">(one.serial, one.until, whose), terminal); break;
      case attestation::Standing::revoked: show(msg<"register.revoked">(one.serial, one.revoked, one.reason, whose), terminal); break;
    }
  }
}

Exit run(const Options& options, const std::string& spec_directory, const Terminal& terminal) {
  if (!are_sound(options)) return Exit::usage;
  std::vector<std::string> read = options.added;
  read.push_back(options.key);
  if (options.changes() && (!are_distinct({options.file}, read) || !can_write(options.file))) return Exit::usage;
  const auto key = options.key.empty() ? read_public_key(options.pub) : read_private_key(options.key);
  if (!key) return Exit::usage;
  if (!options.changes()) {
    const auto text = read_json_file(options.file);
    if (!text) return Exit::usage;
    const attestation::RegisterRead found = attestation::register_from(*text, *key);
    for (const i18n::Message& one : found.findings) show(msg<"verify.finding">(one), terminal);
    if (!found.findings.empty()) return Exit::failed;
    show_all(found.content, terminal);
    return Exit::ok;
  }
  const RegisterLock lock(options.file);
  auto content = read_register(options.file, *key);
  if (!content || !add(*content, options, *key, spec_directory)) return Exit::usage;
  revoke(*content, options);
  if (!write_register(options.file, *content, *key)) return Exit::usage;
  content = read_register(options.file, *key);
  if (!content) return Exit::usage;
  show_all(*content, terminal);
  return Exit::ok;
}

}  // namespace

void add_register(const Program& program) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.app.add_subcommand("register", program.text<"help.register">());
  command->add_option("file", options->file, program.text<"help.register.file">())->type_name("FILE")->required();
  command->add_option("--key", options->key, program.text<"help.register.key">())->type_name("FILE");
  command->add_option("--pub", options->pub, program.text<"help.register.pub">())->type_name("FILE");
  command->add_option("--add", options->added, program.text<"help.register.add">())->type_name("CERTIFICATE");
  command->add_option("--revoke", options->revoked, program.text<"help.register.revoke">())->type_name("SERIAL");
  command->add_option("--reason", options->reason, program.text<"help.register.reason">())->type_name("TEXT");
  command->callback([options, &program_run = program.run, &directory = program.spec_directory, &terminal = program.terminal] {
    program_run = [options, &directory, &terminal] { return run(*options, directory, terminal); };
  });
}

}  // namespace meterproof::cli
