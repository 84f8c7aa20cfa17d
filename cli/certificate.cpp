// meterproof keygen, certify, verify
#include "attestation/certificate.hpp"

#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "cli/command.hpp"
#include "core/text/utf8.hpp"
#include "core/time/datetime.hpp"
#include "reports/html.hpp"

namespace meterproof::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::vector<std::string> records;
  std::string key, out, html;
};

/// The program and the specs that it judges by.
std::optional<attestation::ToolIdentity> suite_of(const std::string& directory) {
  attestation::ToolIdentity suite;
  suite.tool = "meterproof " METERPROOF_VERSION;
  const auto program = read_file("/proc/self/exe");
  suite.digest = program ? attestation::sha256(*program) : "";
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(directory, error)) {
    if (entry.path().extension() != ".yaml") continue;
    const fs::path name = entry.path().lexically_relative(directory);
    if (*name.begin() == "fixtures" || *name.begin() == "workloads") continue;  // nothing is judged by these
    const auto text = read_file(entry.path().string());
    if (!text) {
      print_error(entry.path().string() + " cannot be read");
      return std::nullopt;
    }
    suite.spec_files[name.generic_string()] = attestation::sha256(*text);
  }
  return suite;
}

/// Nothing after the mistake was printed.
std::optional<attestation::Key> read_key(const std::string& option, const std::string& path, bool must_sign) {
  const auto pem = read_file(path);
  auto key = pem ? attestation::Key::from_pem(*pem) : std::nullopt;
  if (key && (key->can_sign() || !must_sign)) return key;
  print_error(option + " " + path + ": " +
              (!pem   ? "it cannot be read"
               : !key ? "it is no Ed25519 key in PEM; `meterproof keygen --out FILE` makes one"
                      : "a private key is needed to sign; this is a public one"));
  return std::nullopt;
}

Exit keygen(const std::string& path) {
  if (fs::exists(path) || fs::exists(path + ".pub")) {
    print_error("--out " + path + ": the file exists; a key that is overwritten is lost");
    return Exit::usage;
  }
  const attestation::Key key = attestation::Key::generated();
  const mode_t before = ::umask(S_IRWXG | S_IRWXO);  // nobody else's business
  const bool written = write_file(path, key.private_pem());
  ::umask(before);
  if (!written || !write_file(path + ".pub", key.public_pem())) return Exit::usage;
  std::printf("%s signs (keep it to yourself), %s.pub verifies (give it away)\nfingerprint %s\n", path.c_str(), path.c_str(), key.fingerprint().c_str());
  return Exit::ok;
}

Exit certify(const Options& options, const std::string& spec_directory) {
  const auto spec = load_spec(spec_directory);
  if (!spec) return Exit::usage;
  const auto suite = suite_of(find_spec_directory(spec_directory));
  const auto key = read_key("--key", options.key, true);
  if (!suite || !key || !can_write(options.out) || !can_write(options.html)) return Exit::usage;
  std::optional<reports::CheckRecord> check;
  std::vector<reports::LoadRecord> loads;
  for (const std::string& path : options.records) {
    auto record = read_record(path);
    if (!record) return Exit::usage;
    if (auto* load = std::get_if<reports::LoadRecord>(&*record)) {
      loads.push_back(std::move(*load));
      continue;
    }
    auto& found = std::get<reports::CheckRecord>(*record);
    const std::string why = check                                      ? "it is a second check; a certificate is of one"
                            : !found.transcript                        ? "it holds no evidence; run the check with --transcript"
                            : found.interrupted || found.exit_code > 1 ? "there is nothing to certify: " + core::sanitize(found.verdict)
                                                                       : "";
    if (!why.empty()) {
      print_error(path + ": " + why);
      return Exit::usage;
    }
    check = std::move(found);
  }
  if (!check) {
    print_error("a certificate rests on a check: give the record of one (check --transcript --json FILE)");
    return Exit::usage;
  }
  const std::string now = core::local_time(std::chrono::system_clock::now(), std::chrono::minutes(0)).to_string() + " UTC";
  const std::string text = issue(*spec, *suite, *check, loads, *key, now);
  // What is signed must hold.
  for (const std::string& fault : verify(text, *key, *spec, *suite).faults) {
    print_error("not certified: " + fault);
    return Exit::failed;
  }
  if (!write_file(options.out, text) || (!options.html.empty() && !write_file(options.html, reports::to_html({attestation::without_transcript(text)}))))
    return Exit::usage;
  std::printf("%s: %s, %s\n", options.out.c_str(), check->target.c_str(), check->verdict.c_str());
  return Exit::ok;
}

Exit verify(const Options& options, const std::string& spec_directory) {
  const auto spec = load_spec(spec_directory);
  if (!spec) return Exit::usage;
  const auto suite = suite_of(find_spec_directory(spec_directory));
  const auto key = read_key("--pub", options.key, false);
  const auto text = read_file(options.out);
  if (!text) print_error(options.out + ": it cannot be read");
  if (!suite || !key || !text) return Exit::usage;
  const attestation::Verification result = verify(*text, *key, *spec, *suite);
  for (const std::string& fault : result.faults) std::printf("FAULT  %s\n", core::sanitize(fault).c_str());
  for (const std::string& note : result.notes) std::printf("note   %s\n", note.c_str());
  if (!result.summary.empty()) std::printf("%s\n", core::sanitize(result.summary).c_str());
  std::printf("%s\n",
              result.faults.empty() ? "the certificate holds: signature, chain, specs, and every verdict judged again" : "the certificate does NOT hold");
  return result.faults.empty() ? Exit::ok : Exit::failed;
}

}  // namespace

void add_certificate(const Program& program) {
  auto options = std::make_shared<Options>();
  CLI::App* making = program.app.add_subcommand("keygen", "make a pair of keys for certificates");
  making->add_option("--out", options->out, "the private key's file; the public one's is FILE.pub")->type_name("FILE")->required();
  making->callback([options, &run = program.run] { run = [options] { return keygen(options->out); }; });

  CLI::App* certifying = program.app.add_subcommand("certify", "sign what a check (and loads beside it) recorded");
  certifying->add_option("records", options->records, "one check's record with --transcript, and loads' records")->type_name("RECORD...")->required();
  certifying->add_option("--key", options->key, "the private key")->type_name("FILE")->required();
  certifying->add_option("--out", options->out, "the certificate's file")->type_name("FILE")->required();
  certifying->add_option("--html", options->html, "write a page to read there")->type_name("FILE");
  certifying->callback(
      [options, &run = program.run, &directory = program.spec_directory] { run = [options, &directory] { return certify(*options, directory); }; });

  CLI::App* verifying = program.app.add_subcommand("verify", "check a certificate: its signature, its chain, and every verdict once more");
  verifying->add_option("certificate", options->out, "the certificate")->type_name("FILE")->required();
  verifying->add_option("--pub", options->key, "the issuer's public key")->type_name("FILE")->required();
  verifying->callback(
      [options, &run = program.run, &directory = program.spec_directory] { run = [options, &directory] { return verify(*options, directory); }; });
}

}  // namespace meterproof::cli
