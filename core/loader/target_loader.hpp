// SPDX-License-Identifier: Apache-2.0
// The file that describes a target: where it is, who may call it, what it can't do, and what has been agreed with its vendor.
#pragma once

#include <map>
#include <optional>
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

struct TargetFile {
  std::string url, role;
  std::vector<std::pair<std::string, std::string>> apps;  // id and secret
  std::optional<double> per_second;                       // requests, at the most
  std::optional<std::size_t> workers;
  std::string effect_timeout, timeout;          // as they were written; "" where they were not
  std::map<std::string, std::string> fixtures;  // keys by TABLE or TABLE.STATE
  struct Unsupported {
    std::string cases, reason;
  };
  std::vector<Unsupported> unsupported;
  struct Waiver {
    std::string cases, reason, expires;  // yyyy-MM-dd
  };
  std::vector<Waiver> waivers;
  std::map<std::string, std::pair<Hook, Hook>> fault_hooks;  // by the fault's name: what breaks, and what repairs
};

/// `${NAME}` in a value that is a text stands for that environment variable.
core::Result<TargetFile> load_target(const core::Spec& spec, const std::string& path);

/// A file to begin with: every key, commented.
std::string target_template(const core::Spec& spec);

}  // namespace meterproof::loader
