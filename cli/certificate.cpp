// SPDX-License-Identifier: Apache-2.0
// meterproof keygen, certify, verify
#include "attestation/certificate.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <iterator>
#include <memory>

#include "attestation/chain.hpp"
#include "cli/command.hpp"
#include "cli/files.hpp"
#include "cli/issuer.hpp"
#include "core/i18n/message.hpp"
#include "core/i18n/message_error.hpp"
#include "reports/headline.hpp"
#include "reports/html.hpp"

namespace meterproof::cli {
namespace {

namespace fs = std::filesystem;
using i18n::msg;

struct KeygenOptions {
  std::string out;
};

struct CertifyOptions {
  std::vector<std::string> records;
  std::string key, out, html, valid = "365d", into;  // into: a register
};

struct VerifyOptions {
  std::string certificate, key, in;  // in: a register
};

Exit keygen(const std::string& path, const Terminal& terminal) {
  const attestation::Key key = attestation::Key::generated();
  // The public one first: where that is in the way, no private key is left behind.
  if (!write_new_file(path + ".pub", key.public_pem(), Readers::everybody)) return Exit::usage;
  if (!write_new_file(path, key.private_pem(), Readers::owner)) {
    std::error_code ignored;
    fs::remove(path + ".pub", ignored);
    return Exit::usage;
  }
  show(msg<"cli.keygen">(path), terminal);
  show(msg<"cli.fingerprint">(key.fingerprint()), terminal);
  return Exit::ok;
}

/// Why a certificate of that check cannot be made; empty where it can. `first`: no other check is named.
i18n::Message why_not_certified(const std::string& path, const reports::CheckRecord& check, bool first) {
  if (!first) return msg<"usage.second-check">(path);
  if (check.suite.version.empty()) return msg<"usage.no-suite">(path);
  if (!check.transcript) return msg<"usage.no-transcript">(path);
  if (check.interrupted) return msg<"usage.nothing-to-certify">(path, msg<"report.check-interrupted">());
  if (check.exit_code > 1) return msg<"usage.nothing-to-certify">(path, reports::headline(check));
  switch (attestation::seal_of(check)) {
    case attestation::Seal::holds: return {};
    case attestation::Seal::absent: return msg<"usage.no-chain">(path);
    case attestation::Seal::told_differs: return msg<"usage.told-later">(path);
    case attestation::Seal::events_differ: return msg<"usage.transcript-changed">(path);
  }
  return {};
}

/// Why that load cannot stand on a certificate of that check; empty where it can.
i18n::Message why_not_certified(const std::string& path, const reports::LoadRecord& load, const reports::CheckRecord& check) {
  if (load.target != check.target) return msg<"usage.load-of-another">(path, load.target, check.target);
  return load.exit_code != 0 ? msg<"usage.load-failed">(path, load.verdict) : i18n::Message();
}

/// `365d`. Nothing after the mistake was printed.
std::optional<std::chrono::hours> read_days(const std::string& text) {
  constexpr int most = attestation::longest_validity / std::chrono::hours(24);
  int days = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), days);
  if (error == std::errc{} && std::string_view(end, static_cast<std::size_t>(text.data() + text.size() - end)) == "d" && days >= 1 && days <= most)
    return std::chrono::hours(24 * days);
  print_error(msg<"usage.valid">(text));
  return std::nullopt;
}

/// The certificate, if it holds. Nothing after the reason was printed; `why` is then what to end with.
std::optional<std::string> certified(const core::Spec& spec, const attestation::ToolIdentity& tool, const reports::CheckRecord& check,
                                     const std::vector<reports::LoadRecord>& loads, const attestation::Key& key, std::chrono::hours valid, Exit& why) {
  const core::DateTime now = now_utc();
  why = Exit::failed;
  try {
    std::string text = issue(spec, tool, check, loads, key, {now, now + valid});
    const attestation::Verification of_it = verify(text, key, spec, tool, now);
    if (of_it.findings.empty() && of_it.needs.empty()) return text;
    if (of_it.findings.empty()) why = Exit::inconclusive;
    print_error(of_it.findings.empty() ? msg<"usage.needs-suite">(of_it.needs) : msg<"usage.not-certified">(of_it.findings.front()));
  } catch (const i18n::MessageError& error) {
    print_error(msg<"usage.not-certified">(error.message()));
  }
  return std::nullopt;
}

Exit certify(const CertifyOptions& options, const std::string& spec_directory, const Terminal& terminal) {
  const auto spec = load_spec(spec_directory);
  if (!spec) return Exit::usage;
  const auto tool = tool_of(*spec, find_spec_directory(spec_directory));
  const auto key = read_private_key(options.key);
  const auto valid = read_days(options.valid);
  std::vector<std::string> read = options.records;
  read.push_back(options.key);
  if (!tool || !key || !valid || !are_distinct({options.out, options.html, options.into}, read) || !can_write(options.out) || !can_write(options.html) ||
      !can_write(options.into))
    return Exit::usage;
  if (!options.into.empty() && !read_register(options.into, *key)) return Exit::usage;
  std::optional<reports::CheckRecord> check;
  std::vector<reports::LoadRecord> loads;
  std::vector<std::string> load_paths;
  for (const std::string& path : options.records) {
    auto record = read_record(path);
    if (!record) return Exit::usage;
    if (auto* load = std::get_if<reports::LoadRecord>(&*record)) {
      loads.push_back(std::move(*load));
      load_paths.push_back(path);
      continue;
    }
    auto& found = std::get<reports::CheckRecord>(*record);
    if (const i18n::Message why = why_not_certified(path, found, !check); !why.empty()) {
      print_error(why);
      return Exit::usage;
    }
    check = std::move(found);
  }
  if (!check) {
    print_error(msg<"usage.no-check">());
    return Exit::usage;
  }
  for (std::size_t i = 0; i < loads.size(); ++i) {
    const i18n::Message why = why_not_certified(load_paths[i], loads[i], *check);
    if (why.empty()) continue;
    print_error(why);
    return Exit::usage;
  }
  Exit why = Exit::failed;
  const auto text = certified(*spec, *tool, *check, loads, *key, *valid, why);  // what is signed must hold
  if (!text) return why;
  // Each of them, whatever becomes of the other.
  const bool is_written = write_file(options.out, *text);
  const bool is_page_written = options.html.empty() || write_file(options.html, reports::to_html(attestation::page_of(*text)));
  bool is_registered = true;
  if (!options.into.empty()) {
    const RegisterLock lock(options.into);
    auto into = read_register(options.into, *key);  // as it is now
    if (into) into->entries.push_back(attestation::entry_of(*text));
    is_registered = into && write_register(options.into, std::move(*into), *key);
  }
  if (!is_written || !is_page_written || !is_registered) return Exit::usage;
  show(msg<"cli.certified">(options.out, check->target, reports::headline(*check)), terminal);
  return Exit::ok;
}

/// A file that is wrong a thousand times is not worth a thousand lines.
template <class AsLine>
void print_some(const std::vector<i18n::Message>& messages, const AsLine& as_line, const Terminal& terminal) {
  constexpr std::size_t most = 20;
  for (std::size_t i = 0; i < std::min(messages.size(), most); ++i) show(as_line(messages[i]), terminal);
  if (messages.size() > most) show(msg<"verify.more">(messages.size() - most), terminal);
}

Exit verify(const VerifyOptions& options, const std::string& spec_directory, const Terminal& terminal) {
  const auto spec = load_spec(spec_directory);
  if (!spec) return Exit::usage;
  const auto tool = tool_of(*spec, find_spec_directory(spec_directory));
  const auto key = read_public_key(options.key);
  const auto text = read_json_file(options.certificate);
  if (!tool || !key || !text) return Exit::usage;
  std::optional<std::string> registered;
  if (!options.in.empty()) {
    registered = read_json_file(options.in);
    if (!registered) return Exit::usage;
  }
  attestation::Verification result = verify(*text, *key, *spec, *tool, now_utc());
  i18n::Message needs_register;
  if (registered && result.findings.empty() && result.unread.empty()) {
    attestation::RegisterFinding found = look_up(attestation::register_from(*registered, *key), *text);
    result.findings = std::move(found.findings);
    std::move(found.notes.begin(), found.notes.end(), std::back_inserter(result.seen));
    needs_register = std::move(found.needs);
  }
  const std::string ours = tool->suite.name + " " + tool->suite.version;
  print_some(
      result.findings, [](const i18n::Message& one) { return msg<"verify.finding">(one); }, terminal);
  print_some(
      result.notes, [](const i18n::Message& one) { return msg<"verify.note">(one); }, terminal);
  if (!result.findings.empty()) {
    show(msg<"verify.does-not-hold">(), terminal);
    return Exit::failed;
  }
  if (!result.unread.empty()) {
    show(msg<"verify.unread">(result.unread, ours), terminal);
    return Exit::inconclusive;
  }
  print_some(
      result.seen, [](const i18n::Message& one) { return one; }, terminal);
  if (!result.needs.empty()) {
    show(msg<"verify.needs-suite">(result.needs, ours), terminal);
    return Exit::inconclusive;
  }
  if (!needs_register.empty()) {
    show(needs_register, terminal);
    return Exit::inconclusive;
  }
  // Both are told; that the target does not conform is the worse of the two.
  if (!result.conforms || result.expired.empty()) show(result.conforms ? msg<"verify.holds">() : msg<"verify.holds-not-conforming">(), terminal);
  if (!result.expired.empty()) show(msg<"verify.expired">(result.expired), terminal);
  if (!result.conforms) return Exit::holds_not_conforming;
  return result.expired.empty() ? Exit::ok : Exit::expired;
}

}  // namespace

void add_certificate(const Program& program) {
  auto keygen_options = std::make_shared<KeygenOptions>();
  CLI::App* making = program.app.add_subcommand("keygen", program.text<"help.keygen">());
  making->add_option("--out", keygen_options->out, program.text<"help.keygen.out">())->type_name("FILE")->required();
  making->callback(
      [options = keygen_options, &run = program.run, &terminal = program.terminal] { run = [options, &terminal] { return keygen(options->out, terminal); }; });

  auto certify_options = std::make_shared<CertifyOptions>();
  CLI::App* certifying = program.app.add_subcommand("certify", program.text<"help.certify">());
  certifying->add_option("records", certify_options->records, program.text<"help.certify.records">())->type_name("RECORD...")->required();
  certifying->add_option("--key", certify_options->key, program.text<"help.certify.key">())->type_name("FILE")->required();
  certifying->add_option("--out", certify_options->out, program.text<"help.certify.out">())->type_name("FILE")->required();
  certifying->add_option("--html", certify_options->html, program.text<"help.certify.html">())->type_name("FILE");
  certifying->add_option("--valid", certify_options->valid, program.text<"help.certify.valid">())->type_name("DAYS")->capture_default_str();
  certifying->add_option("--register", certify_options->into, program.text<"help.certify.register">())->type_name("FILE");
  certifying->callback([options = certify_options, &run = program.run, &directory = program.spec_directory, &terminal = program.terminal] {
    run = [options, &directory, &terminal] { return certify(*options, directory, terminal); };
  });

  auto verify_options = std::make_shared<VerifyOptions>();
  CLI::App* verifying = program.app.add_subcommand("verify", program.text<"help.verify">());
  verifying->add_option("certificate", verify_options->certificate, program.text<"help.verify.certificate">())->type_name("FILE")->required();
  verifying->add_option("--pub", verify_options->key, program.text<"help.verify.pub">())->type_name("FILE")->required();
  verifying->add_option("--register", verify_options->in, program.text<"help.verify.register">())->type_name("FILE");
  verifying->callback([options = verify_options, &run = program.run, &directory = program.spec_directory, &terminal = program.terminal] {
    run = [options, &directory, &terminal] { return verify(*options, directory, terminal); };
  });
}

}  // namespace meterproof::cli
