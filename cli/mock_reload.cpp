// SPDX-License-Identifier: Apache-2.0
#include "cli/mock_reload.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "cli/command.hpp"
#include "cli/files.hpp"
#include "core/i18n/message.hpp"
#include "core/i18n/message_error.hpp"
#include "core/loader/meter_loader.hpp"
#include "core/loader/spec_loader.hpp"
#include "mockserver/fault_list.hpp"
#include "net/tls.hpp"

namespace meterproof::cli {

using i18n::Message;
using i18n::msg;

namespace {

Message told(const std::vector<core::Diagnostic>& problems) {
  return i18n::localized({core::format(problems, i18n::Language::zh), core::format(problems, i18n::Language::en)});
}

/// An appId that is given twice; "" where there is none.
std::string app_given_twice(std::vector<auth::App> apps) {
  const auto less = [](const auth::App& a, const auth::App& b) { return a.id < b.id; };
  std::sort(apps.begin(), apps.end(), less);
  const auto found = std::adjacent_find(apps.begin(), apps.end(), [](const auth::App& a, const auth::App& b) { return a.id == b.id; });
  return found == apps.end() ? "" : found->id;
}

}  // namespace

Message read_faults_file(const std::string& path, const core::Spec& spec, const std::vector<auth::App>& apps, std::vector<mockserver::InjectedFault>& faults) {
  if (path.empty()) return {};
  const auto text = read_file(path);
  return text ? mockserver::read_faults(*text, path, spec, apps, faults) : msg<"usage.cannot-read">(path);
}

mockserver::MockState::ReadAnew MockReloader::read() {
  const std::lock_guard lock(mutex_);
  mockserver::MockState::ReadAnew out;
  const auto refuse = [&](Message why) {
    out.wrong = std::move(why);
    return out;
  };
  if (!sources_.fixed_by.empty()) return refuse(msg<"reload.fixed">(sources_.fixed_by));
  mockserver::MockState::Renewal next;
  auto spec = loader::load_spec(sources_.spec_directory);
  if (!spec) return refuse(told(spec.problems()));
  next.spec = std::move(*spec);
  next.apps = sources_.given_apps;
  if (!sources_.apps_file.empty()) {
    auto apps = loader::load_apps(sources_.apps_file);
    if (!apps) return refuse(told(apps.problems()));
    for (auto& [id, secret] : *apps) next.apps.push_back({id, secret});
  }
  if (const std::string twice = app_given_twice(next.apps); !twice.empty()) return refuse(msg<"usage.app-twice">(twice));
  if (Message why = state_.why_not(next.spec, next.apps); !why.empty()) return refuse(std::move(why));
  if (!sources_.meters_file.empty()) {
    auto meters = loader::load_meters(next.spec, sources_.meters_file);
    if (!meters) return refuse(told(meters.problems()));
    next.meters = std::move(*meters);
  }
  if (Message why = read_faults_file(sources_.faults_file, next.spec, next.apps, next.faults); !why.empty()) return refuse(std::move(why));
  std::shared_ptr<const net::TlsContext> tls;
  try {
    if (!sources_.certificate.empty()) tls = net::TlsContext::for_server(sources_.certificate, sources_.key);
  } catch (const i18n::MessageError& error) {
    return refuse(error.message());
  }
  next.utc_offset = sources_.utc_offset.value_or(next.spec.authentication.utc_offset);
  next.tolerance = sources_.tolerance.value_or(next.spec.authentication.tolerance);
  out.number = ++asked_;
  out.interfaces = next.spec.interfaces.size();
  out.apps = next.apps.size();
  out.faults = next.faults.size();
  // std::function wants something that can be copied, hence the shared_ptr.
  server_.while_idle([this, tls = std::move(tls), shared = std::make_shared<mockserver::MockState::Renewal>(std::move(next))] {
    try {
      state_.renew(spec_, std::move(*shared), std::chrono::system_clock::now());
      if (tls != nullptr) server_.use_tls(tls);
    } catch (const i18n::MessageError& error) {  // the store cannot be read any more
      print_error(error.message());
      print_error(msg<"cli.not-reloaded">());
    }
    state_.reading_done();
  });
  return out;
}

}  // namespace meterproof::cli
