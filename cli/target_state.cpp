// SPDX-License-Identifier: Apache-2.0
#include "cli/target_state.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <utility>

#include "attestation/keys.hpp"
#include "cli/files.hpp"
#include "core/i18n/message.hpp"
#include "core/json/json.hpp"
#include "core/text/input_text.hpp"
#include "core/text/json_text.hpp"

namespace meterproof::cli {

namespace fs = std::filesystem;
using core::SecondSet;
using i18n::msg;
using json::Json;

namespace {

constexpr std::string_view schema = "meterproof state/1";
constexpr std::size_t most_bytes = 1UL << 20U;  // of a file
constexpr std::size_t most_apps = 1'000, most_ranges = 4'000;
constexpr std::chrono::hours longest_run(24);

std::int64_t now_s() { return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count(); }

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::optional<std::int64_t> number_of(const Json& value) {
  std::int64_t out = 0;
  const char* const end = value.text.data() + value.text.size();
  const auto [at, error] = std::from_chars(value.text.data(), end, out);
  constexpr std::int64_t most = 1'000'000'000'000;  // far beyond every date
  return value.kind == Json::Kind::number && error == std::errc() && at == end && out > -most && out < most ? std::optional(out) : std::nullopt;
}

/// So many numbers in an array, and nothing else.
std::optional<std::vector<std::int64_t>> numbers_of(const Json& value, std::size_t count) {
  if (value.kind != Json::Kind::array || value.items.size() != count) return std::nullopt;
  std::vector<std::int64_t> out;
  for (const Json& one : value.items) {
    const auto number = number_of(one);
    if (!number) return std::nullopt;
    out.push_back(*number);
  }
  return out;
}

bool is_text(const Json* value, std::string_view text) { return value != nullptr && value->kind == Json::Kind::text && value->text == text; }

bool is_alive(std::int64_t process) { return process > 0 && (::kill(static_cast<pid_t>(process), 0) == 0 || errno == EPERM); }

/// All bytes of a regular file of ours; nothing with errno, which is EPERM where it is somebody else's.
std::optional<std::string> read_own_file(const std::string& path) {
  const net::Fd file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) return std::nullopt;
  errno = EPERM;
  if (!S_ISREG(status.st_mode) || status.st_uid != ::geteuid()) return std::nullopt;
  std::string out(std::min(static_cast<std::size_t>(status.st_size), most_bytes), '\0');
  std::size_t size = 0;
  for (ssize_t got = 0; size < out.size() && (got = ::read(file.get(), out.data() + size, out.size() - size)) != 0;) {
    if (got > 0) size += static_cast<std::size_t>(got);
    else if (errno != EINTR) return std::nullopt;
  }
  out.resize(size);
  return out;
}

}  // namespace

std::string state_folder(const std::string& given) {
  // As METERPROOF_APPS is read: a variable may come from a file of a Windows editor.
  std::string named = given.empty() ? std::string(core::trimmed(core::with_unix_lines(environment("METERPROOF_STATE")))) : given;
  if (named == "off") return {};
  if (!named.empty()) return named;
  // Relative paths are invalid there, and to be ignored (XDG Base Directory Specification).
  if (const std::string folder = environment("XDG_STATE_HOME"); folder.starts_with('/')) return folder + "/meterproof";
  if (const std::string home = environment("HOME"); home.starts_with('/')) return home + "/.local/state/meterproof";
  return {};
}

TargetState::TargetState(const std::string& folder, std::string target, const std::vector<std::string>& app_ids, std::chrono::seconds tolerance)
    : target_(std::move(target)), tolerance_(tolerance), earlier_(app_ids.size()) {
  for (const std::string& id : app_ids) apps_.push_back(attestation::sha256(id).substr(0, 16));
  if (folder.empty() || apps_.size() > most_apps) return;
  std::error_code error;
  const bool is_new = fs::create_directories(folder, error);
  if (is_new) fs::permissions(folder, fs::perms::owner_all, error);
  folder_ = net::Fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  path_ = folder + "/" + attestation::sha256(target_).substr(0, 32) + ".json";
  if (!folder_) give_up(msg<"state.unusable">(folder, std::strerror(errno)));
  if (!folder_) return;
  change([&](Content& content) {
    others_run_ = !content.runs.empty();
    content.runs[::getpid()] = now_s();
    for (std::size_t app = 0; app < apps_.size(); ++app) earlier_[app] = used_by(content, app);
  });
}

TargetState::~TargetState() {
  if (folder_) change([](Content& content) { content.runs.erase(::getpid()); });
}

void TargetState::give_up(i18n::Message why) {
  folder_.close();
  problem_ = std::move(why);
}

template <class Change>
void TargetState::change(const Change& how) {
  while (::flock(folder_.get(), LOCK_EX) != 0)
    if (errno != EINTR) return give_up(msg<"state.unusable">(path_, std::strerror(errno)));
  Content content = read();
  if (!folder_) return;
  how(content);
  write(content);
  if (folder_) ::flock(folder_.get(), LOCK_UN);
}

TargetState::Content TargetState::read() {
  Content out;
  const auto text = read_own_file(path_);
  if (!text && errno == ENOENT) return out;
  if (!text) {
    give_up(msg<"state.unusable">(path_, std::strerror(errno)));
    return out;
  }
  const auto value = json::parse_json(*text);
  bool good = value && is_text(value->get("schema"), schema) && is_text(value->get("target"), target_);
  const Json* const runs = good ? value->get("runs") : nullptr;
  const Json* const apps = good ? value->get("apps") : nullptr;
  good = runs != nullptr && runs->kind == Json::Kind::array && apps != nullptr && apps->kind == Json::Kind::object;
  const std::int64_t now = now_s();
  for (std::size_t i = 0; good && i < runs->items.size(); ++i) {
    const auto run = numbers_of(runs->items[i], 2);
    good = run.has_value();
    const bool goes_on = good && (*run)[1] > now - std::chrono::seconds(longest_run).count() && (*run)[0] != ::getpid() && is_alive((*run)[0]);
    if (goes_on) out.runs[(*run)[0]] = (*run)[1];
  }
  for (std::size_t i = 0; good && i < apps->members.size(); ++i) {
    const auto& [name, ranges] = apps->members[i];
    good = ranges.kind == Json::Kind::array;
    for (const Json& one : ranges.items) {
      const auto range = numbers_of(one, 3);
      if (!range) good = false;
      else if ((*range)[2] > now) out.apps[name].push_back({(*range)[0], (*range)[1], (*range)[2]});
    }
  }
  if (good) return out;
  problem_ = msg<"state.garbled">(path_);
  return {};
}

void TargetState::write(const Content& content) {
  std::vector<std::int64_t> ends;
  for (const auto& [name, ranges] : content.apps)
    for (const Range& one : ranges) ends.push_back(one.until);
  std::int64_t oldest = INT64_MIN;  // that is kept: of too many, the latest
  if (ends.size() > most_ranges) {
    std::nth_element(ends.begin(), ends.end() - most_ranges, ends.end());
    oldest = ends[ends.size() - most_ranges] + 1;
  }
  std::string text = "{\"schema\":" + core::quoted(schema) + ",\"target\":" + core::quoted(target_) + ",\"runs\":[";
  const char* between = "";
  for (const auto& [process, since] : content.runs) {
    text += std::string(between) + "[" + std::to_string(process) + "," + std::to_string(since) + "]";
    between = ",";
  }
  text += "],\"apps\":{";
  between = "";
  for (const auto& [name, ranges] : content.apps) {
    text += between + core::quoted(name) + ":[";
    between = "";
    for (const Range& one : ranges) {
      if (one.until < oldest) continue;
      text += std::string(between) + "[" + std::to_string(one.from) + "," + std::to_string(one.to) + "," + std::to_string(one.until) + "]";
      between = ",";
    }
    text += "]";
    between = ",\n";
  }
  if (!replace_own_file(path_, text + "}}\n")) give_up(msg<"state.unusable">(path_, std::strerror(errno)));
}

SecondSet TargetState::used_by(const Content& content, std::size_t app) const {
  SecondSet out;
  for (const auto& [name, ranges] : content.apps)
    if (app == every_app || name == "*" || name == name_of(app))
      for (const Range& one : ranges) out.add(one.from, one.to);
  return out;
}

void TargetState::add(Content& content, const std::string& name, const SecondSet& seconds) const {
  // The furthest second ahead is accepted until the target's clock is as far beyond it.
  const std::int64_t until = now_s() + 2 * tolerance_.count() + 60;
  std::vector<Range>& ranges = content.apps[name];
  for (const auto& [from, to] : seconds.spans()) {
    if (!ranges.empty() && ranges.back().to == from) ranges.back().to = to, ranges.back().until = until;
    else ranges.push_back({from, to, until});
  }
}

SecondSet TargetState::claim(std::size_t app, std::int64_t from, std::int64_t to, std::size_t most) {
  SecondSet out;
  const auto take = [&](const SecondSet& used) {
    std::size_t left = most;
    for (std::int64_t at = used.first_not_in(from); at < to && left > 0; at = used.first_not_in(at + 1), --left) out.add_second(at);
  };
  if (folder_)
    change([&](Content& content) {
      take(used_by(content, app));
      add(content, name_of(app), out);
    });
  if (!folder_ && out.empty()) take({});  // nobody remembers any more
  mine_[name_of(app)].add(out);
  return out;
}

void TargetState::claim_each(std::int64_t from, std::int64_t to) {
  if (!folder_) return;
  change([&](Content& content) {
    for (std::size_t app = 0; app < apps_.size(); ++app) {
      SecondSet free;
      free.add(from, to);
      earlier_[app] = used_by(content, app);
      free.remove(earlier_[app]);
      add(content, apps_[app], free);
      mine_[apps_[app]].add(free);
    }
  });
}

void TargetState::settle(const std::vector<SecondSet>& used) {
  if (!folder_) return;
  change([&](Content& content) {
    for (std::size_t app = 0; app < apps_.size(); ++app) {
      std::vector<Range> kept;
      for (const Range& one : content.apps[apps_[app]]) {
        SecondSet left;
        left.add(one.from, one.to);
        left.remove(mine_[apps_[app]]);
        for (const auto& [from, to] : left.spans()) kept.push_back({from, to, one.until});
      }
      content.apps[apps_[app]] = std::move(kept);
      add(content, apps_[app], used.at(app));
      mine_[apps_[app]] = used.at(app);
    }
  });
}

void TargetState::forget_earlier() {
  std::fill(earlier_.begin(), earlier_.end(), SecondSet());
  if (!folder_) return;
  change([&](Content& content) {
    content.apps.clear();
    for (const auto& [name, seconds] : mine_) add(content, name, seconds);
  });
}

}  // namespace meterproof::cli
