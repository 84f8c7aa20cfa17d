// SPDX-License-Identifier: Apache-2.0
// Certificates: any text is verified without a crash and told of in our own words, and none holds but those of the corpus, which were issued with the key's
// other half. Nobody has that any more: new ones need a new key.
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>

#include "attestation/certificate.hpp"
#include "core/loader/spec_loader.hpp"
#include "fuzz/check.hpp"

namespace {

using namespace meterproof;
namespace fs = std::filesystem;

std::string content_of(const fs::path& path) {
  std::stringstream out;
  out << std::ifstream(path).rdbuf();
  return out.str();
}

struct Setting {
  fs::path source = METERPROOF_SOURCE, library = source / "spec/examples/library";
  core::Spec spec = *loader::load_spec(library.string());
  attestation::Key key = *attestation::Key::public_from_pem(content_of(source / "fuzz/certificate.pub"));
  attestation::ToolIdentity suite;
  std::set<std::string> genuine;

  Setting() {
    // The suite that issued them: another one would not judge again.
    const auto statement = nlohmann::json::parse(content_of(source / "fuzz/corpus/certificate/check_alone")).at("statement");
    const auto& issuer = statement.at("suite");
    suite = {{issuer.at("name"), issuer.at("version"), issuer.at("spec_version"), issuer.at("rules_digest")},
             statement.at("tool_sha256"),
             statement.at("spec_files")};
    for (const auto& entry : fs::directory_iterator(source / "fuzz/corpus/certificate")) genuine.insert(content_of(entry.path()));
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Setting setting;
  const std::string text(fuzz::text_of(data, size));
  constexpr core::DateTime now{1'800'000'000};  // after their issue
  const attestation::Verification found = attestation::verify(text, setting.key, setting.spec, setting.suite, now);
  fuzz::require(!found.findings.empty() || !found.unread.empty() || setting.genuine.count(text) > 0, "what was changed has a finding");
  for (const i18n::Message& finding : found.findings)
    fuzz::require(i18n::render(finding, i18n::Language::en).find("json.exception") == std::string::npos, "a finding is not told in a library's words");
  return 0;
}
