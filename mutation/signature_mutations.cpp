// SPDX-License-Identifier: Apache-2.0
// What a server may get wrong about signatures: everywhere, or at one interface.
#include "mutation/mutant_factory.hpp"

namespace meterproof::mutation {

using core::Code;
using core::Interface;
using core::Spec;

namespace {

void break_signature(const Spec& spec, std::vector<MutantFactory>& out) {
  for (std::size_t row = 0; row < spec.common.size(); ++row) {
    for (std::size_t i = 0; i < spec.common[row].signature.size(); ++i) {
      const std::string name(to_string(spec.common[row].signature[i].error));
      out.push_back({{"signature/" + name + "/ignored", {"不检查 " + name, "does not check for " + name}, "signature"},
                     [row, i](Spec& broken) { broken.common[row].signature.erase(broken.common[row].signature.begin() + static_cast<std::ptrdiff_t>(i)); }});
    }
    if (spec.common[row].signature.empty()) continue;
    const Code wrong{spec.common[row].code.value - 50};
    out.push_back({{"signature/" + label(spec.common[row].code) + "/as" + label(wrong),
                    {"应返回 " + label(spec.common[row].code) + "，却返回 " + label(wrong), "answers " + label(wrong) + " for " + label(spec.common[row].code)},
                    "signature"},
                   [row, wrong](Spec& broken) { broken.common[row].code = wrong; }});
  }
}

/// One interface takes what the others refuse.
class InterfaceWithoutCheck final : public MutationHooks {
 public:
  InterfaceWithoutCheck(std::string interface, core::SignatureError error) : interface_(std::move(interface)), error_(error) {}
  bool skips_check(const Interface& interface, core::SignatureError error) override { return error == error_ && interface.name == interface_; }

 private:
  std::string interface_;
  core::SignatureError error_;
};

void break_at_one_interface(const Interface& interface, std::vector<MutantFactory>& out) {
  for (std::size_t error = 0; error < core::signature_error_names.size(); ++error) {
    const std::string name(core::signature_error_names[error]);
    out.push_back({{interface.name + "/signature/" + name + "/ignored-here",
                    {"只有本接口不检查 " + name, "does not check for " + name + " here, where it does elsewhere"},
                    "access"},
                   {},
                   [interface = interface.name, error](const Spec&) {
                     return std::make_unique<InterfaceWithoutCheck>(interface, static_cast<core::SignatureError>(error));
                   }});
  }
}

}  // namespace

void append_signature_mutations(const Spec& spec, std::vector<MutantFactory>& out) {
  break_signature(spec, out);
  for (const Interface& interface : spec.interfaces) break_at_one_interface(interface, out);
}

}  // namespace meterproof::mutation
