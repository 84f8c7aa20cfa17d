// SPDX-License-Identifier: Apache-2.0
// The file that describes a target: where it is, who may call it, what it can't do, and what has been agreed with its vendor.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/diagnostics/diagnostic.hpp"
#include "core/model/interface.hpp"

namespace meterproof::loader {

/// What brings a fault about or takes it away: a shell command, or an HTTP request.
struct Hook {
  std::string command;
  std::string method, url, body;  // where there is no command
};

/// What the file may use of the machine that reads it. It may come from somebody else: nothing that is not allowed is run, sent to or read.
struct Permissions {
  bool hooks = false;
  bool all_variables = false;
  std::set<std::string> variables;  // of the environment; METERPROOF_… are free for secrets

  bool may_read(const std::string& variable) const { return all_variables || variables.count(variable) > 0; }
};

struct TargetFile {
  std::string url, role;
  struct Subject {
    std::string vendor, product, version, contact;
  };
  Subject subject;                                        // the vendor's own words
  std::vector<std::pair<std::string, std::string>> apps;  // id and secret
  std::optional<double> per_second;                       // requests, at the most
  std::optional<std::size_t> workers;
  std::string effect_timeout, timeout, hook_timeout;  // as they were written; "" where they were not
  std::map<std::string, std::string> fixtures;        // keys by TABLE or TABLE.STATE
  struct Row {
    std::string interface;
    std::map<std::string, std::string> values;  // by field: what a query shows, and of a report what was reported last
  };
  std::vector<Row> rows;  // as the vendor knows them
  struct Unsupported {
    std::string cases, reason;
  };
  std::vector<Unsupported> unsupported;
  struct Waiver {
    std::string cases, reason, expires;  // yyyy-MM-dd
  };
  std::vector<Waiver> waivers;
  std::map<std::string, std::pair<Hook, Hook>> fault_hooks;  // by the fault's name: what breaks, and what repairs
  std::set<std::string> variables, secrets;                  // of the environment, that were read: for what is sent as it is, and for secrets
};

/// `${NAME}` in a value that is a text stands for that environment variable; in a command of the shell it is the shell's. What is not permitted is a
/// problem of the file, at its place.
core::Result<TargetFile> load_target(const core::Spec& spec, const std::string& path, const Permissions& permissions);

/// A file to begin with: every key, commented.
std::string target_template(const core::Spec& spec);

}  // namespace meterproof::loader
