// SPDX-License-Identifier: Apache-2.0
#include "cli/hook.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include "cli/command.hpp"
#include "cli/hook_commands.hpp"
#include "cli/interruption.hpp"
#include "cli/standby.hpp"
#include "core/i18n/message.hpp"
#include "core/text/shell.hpp"
#include "core/text/text.hpp"
#include "net/client/http_client.hpp"
#include "reports/transport_message.hpp"

namespace meterproof::cli {

using i18n::Message;
using i18n::msg;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds look_again(20);  // at a process that may have ended
constexpr milliseconds look_up_limit(10'000);

/// A command of the shell. It leads a process group, so that all that it starts can be ended with it.
class ShellCommand {
 public:
  /// Throws std::system_error where it cannot be started.
  explicit ShellCommand(const std::string& command) {
    posix_spawnattr_t how;
    posix_spawn_file_actions_t files;
    ::posix_spawnattr_init(&how);
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawnattr_setflags(&how, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    sigset_t all, none;
    sigfillset(&all);
    sigdelset(&all, SIGKILL);
    sigdelset(&all, SIGSTOP);
    sigemptyset(&none);
    ::posix_spawnattr_setpgroup(&how, 0);
    ::posix_spawnattr_setsigdefault(&how, &all);
    ::posix_spawnattr_setsigmask(&how, &none);
    // A background group that reads the terminal would be stopped; and the report alone belongs on standard output.
    ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO);
    std::string shell = "sh", option = "-c", text = command;
    const std::array<char*, 4> arguments{shell.data(), option.data(), text.data(), nullptr};
    const int error = ::posix_spawn(&pid_, "/bin/sh", &files, &how, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&files);
    ::posix_spawnattr_destroy(&how);
    if (error != 0) throw std::system_error(error, std::generic_category());
  }
  ~ShellCommand() {
    if (!ended_) end();
    ::waitpid(pid_, nullptr, 0);
  }
  ShellCommand(const ShellCommand&) = delete;
  ShellCommand& operator=(const ShellCommand&) = delete;

  /// Whether it has ended. It stays unreaped until the destructor, so that its number is nobody else's.
  bool has_ended() {
    siginfo_t info{};
    ended_ = ended_ || (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid_);
    return ended_;
  }
  /// Ends all of the group, by SIGKILL where it does not obey.
  void end() {
    constexpr int looks = 100;  // two seconds
    ::kill(-pid_, SIGTERM);
    for (int i = 0; i < looks && !has_ended(); ++i) std::this_thread::sleep_for(look_again);
    ::kill(-pid_, SIGKILL);
    ended_ = true;
  }
  /// What became of it, once it has ended; nothing where all is well.
  Message result(const std::string& command) const {
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT);
    if (info.si_code == CLD_EXITED) return info.si_status == 0 ? Message() : msg<"check.hook-ended">(command, info.si_status);
    const char* name = ::sigabbrev_np(info.si_status);
    return msg<"check.hook-killed">(command, name == nullptr ? std::to_string(info.si_status) : "SIG" + std::string(name));
  }

 private:
  pid_t pid_ = -1;
  bool ended_ = false;
};

Message run_command(const std::string& command, milliseconds limit, const std::function<bool()>& give_up) {
  const auto deadline = steady_now() + limit;
  try {
    ShellCommand running(command);
    while (!running.has_ended()) {
      if (give_up && give_up()) return running.end(), msg<"check.hook-cut-off">(command);
      if (steady_now() >= deadline) return running.end(), msg<"check.hook-timed-out">(command, std::chrono::ceil<std::chrono::seconds>(limit).count());
      std::this_thread::sleep_for(look_again);
    }
    return running.result(command);
  } catch (const std::system_error& error) {
    return msg<"check.hook-not-started">(command, std::strerror(error.code().value()));
  }
}

Message send_request(const loader::Hook& hook, milliseconds limit, const std::function<bool()>& give_up, const net::TlsTrust& trust) {
  Message why;
  const std::size_t path = hook.url.find('/', hook.url.find("://") + 3);
  auto address = net::parse_address(hook.url.substr(0, path), why);
  if (!address) return why;
  address->trust = trust;
  net::HttpClient client(*address, limit, give_up);
  const net::Exchange exchange =
      client.exchange({hook.method, path == std::string::npos ? "/" : hook.url.substr(path), {{"Content-Type", "application/json"}}, hook.body});
  if (exchange.transport != net::TransportResult::replied && give_up && give_up()) return msg<"check.hook-cut-off">(hook.url);
  if (exchange.transport != net::TransportResult::replied) return msg<"check.hook-failed">(hook.url, reports::to_message(exchange.transport, exchange.detail));
  if (exchange.status >= 200 && exchange.status < 300) return {};
  for (const auto& [name, value] : exchange.headers)
    if (exchange.status < 400 && core::equals_ignoring_case(name, "Location")) return msg<"check.hook-redirected">(hook.url, exchange.status, value);
  return msg<"check.hook-answered">(hook.url, exchange.status);
}

/// From a break to its repair.
struct Broken {
  Broken(std::string told, const std::function<void()>& repair) : hold(std::move(told)), standby(repair) {}

  Interruption::Hold hold;
  Standby standby;
};

}  // namespace

Message run_hook(const loader::Hook& hook, milliseconds limit, const std::function<bool()>& give_up, const net::TlsTrust& trust) {
  return hook.command.empty() ? send_request(hook, limit, give_up, trust) : run_command(hook.command, limit, give_up);
}

namespace {

bool is_known_program(const std::string& name) { return run_command("command -v " + core::shell_quoted(name) + " >/dev/null", look_up_limit, {}).empty(); }

/// By a connection on which nothing is sent.
Message why_not_reachable(const loader::Hook& hook, milliseconds limit, const net::TlsTrust& trust) {
  Message why;
  auto address = net::parse_address(hook.url.substr(0, hook.url.find('/', hook.url.find("://") + 3)), why);
  if (!address) return why;
  address->trust = trust;
  net::HttpClient client(*address, limit);
  const auto failed = client.send("");
  return failed ? msg<"check.hook-failed">(hook.url, reports::to_message(failed->transport, failed->detail)) : Message();
}

}  // namespace

Message why_not_runnable(const loader::Hook& hook, const net::TlsTrust& trust) {
  if (hook.command.empty()) return why_not_reachable(hook, look_up_limit, trust);
  if (!run_command("sh -n -c " + core::shell_quoted(hook.command) + " 2>/dev/null", look_up_limit, {}).empty()) return msg<"usage.hook-syntax">(hook.command);
  const std::vector<SimpleCommand> commands = certain_commands(hook.command);
  for (const SimpleCommand& one : commands) {
    const std::string& program = one.front().text;
    const bool is_first = &one == &commands.front();  // the folder is ours, and nothing was made yet
    std::error_code ignored;
    if (is_first && program == "cd" && one.size() == 2 && one[1].literal && one[1].text.starts_with('/') &&
        !std::filesystem::is_directory(one[1].text, ignored))
      return msg<"usage.hook-folder">(hook.command, one[1].text);
    // A shell says of a path that is no program that it is one.
    const bool is_path = program.find('/') != std::string::npos;
    const bool is_there = is_path ? !is_first || ::access(program.c_str(), X_OK) == 0 : is_known_program(program);
    if (!is_there) return msg<"usage.hook-program">(hook.command, program);
  }
  return {};
}

bool is_failed_hook(const Message& reason) {
  constexpr std::array<std::string_view, 7> failures = {"check.hook-answered",    "check.hook-ended",      "check.hook-failed",   "check.hook-killed",
                                                        "check.hook-not-started", "check.hook-redirected", "check.hook-timed-out"};
  return std::any_of(failures.begin(), failures.end(), [&](std::string_view id) { return i18n::mentions(reason, id); });
}

std::function<Message(bool breaks)> fault_hook(const loader::Hook& breaks, const loader::Hook& repairs, milliseconds limit, const std::string& told,
                                               const std::function<bool()>& give_up, const net::TlsTrust& trust) {
  // std::function wants what it holds to be copyable.
  return [=, broken = std::make_shared<std::optional<Broken>>()](bool breaking) -> Message {
    if (breaking) {
      const auto repair_alone = [=] {
        const Message failed = run_hook(repairs, limit, {}, trust);
        print_error(failed.empty() ? msg<"check.repaired-after-end">() : msg<"check.not-repaired-after-end">(failed));
      };
      if (!*broken) broken->emplace(told, repair_alone);
      return run_hook(breaks, limit, give_up, trust);
    }
    Message failed = run_hook(repairs, limit, {}, trust);
    if (*broken) (*broken)->standby.dismiss();
    broken->reset();
    return failed;
  };
}

}  // namespace meterproof::cli
