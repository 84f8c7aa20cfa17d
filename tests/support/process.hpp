// SPDX-License-Identifier: Apache-2.0
// The program as its users start it: a real process, real sockets.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace meterproof::test {

/// No test writes into the home of whoever runs it: programs that are started from here remember no target, unless --state says so.
inline const int no_state = ::setenv("METERPROOF_STATE", "off", 1);

struct Finished {
  int exit_code = -1;
  std::string out;    // standard output and error
  long peak_kib = 0;  // of its resident memory; not below that of the test, which it was forked from
};

class Process {
 public:
  explicit Process(std::vector<std::string> arguments) : Process(METERPROOF_PROGRAM, std::move(arguments)) {}
  /// Another program, looked for on the path.
  Process(const std::string& program, std::vector<std::string> arguments) {
    std::array<int, 2> pipe{};
    if (::pipe2(pipe.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    arguments.insert(arguments.begin(), program);
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(pipe[1], STDOUT_FILENO);
      ::dup2(pipe[1], STDERR_FILENO);
      ::execvp(argv.front(), argv.data());
      ::_exit(127);
    }
    ::close(pipe[1]);
    out_ = pipe[0];
  }
  ~Process() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    if (out_ >= 0) ::close(out_);
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  /// Reads until the output has `text`; the whole output so far.
  std::string wait_for(const std::string& text) {
    while (seen_.find(text) == std::string::npos)
      if (!read_some()) throw std::runtime_error("ended before \"" + text + "\": " + seen_);
    return seen_;
  }
  /// The port of `listening on http://HOST:PORT`, or of https://.
  std::uint16_t port() {
    wait_for("listening on http");
    const std::size_t line = seen_.find("listening on http");
    while (seen_.find('\n', line) == std::string::npos)
      if (!read_some()) break;
    const std::size_t end = seen_.find('\n', line);
    return static_cast<std::uint16_t>(std::stoi(seen_.substr(seen_.rfind(':', end) + 1, end)));
  }
  void signal(int number) const { ::kill(pid_, number); }
  pid_t pid() const { return pid_; }
  Finished finish() {
    while (read_some()) {
    }
    int status = 0;
    rusage used{};
    ::wait4(pid_, &status, 0, &used);
    pid_ = -1;
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), seen_, used.ru_maxrss};
  }

 private:
  bool read_some() {
    std::array<char, 4096> chunk;
    const ssize_t got = ::read(out_, chunk.data(), chunk.size());
    if (got <= 0) return false;
    seen_.append(chunk.data(), static_cast<std::size_t>(got));
    return true;
  }

  pid_t pid_ = -1;
  int out_ = -1;
  std::string seen_;
};

inline Finished run(std::vector<std::string> arguments) { return Process(std::move(arguments)).finish(); }

/// A TCP connection that sends and receives bytes as they are.
class Raw {
 public:
  explicit Raw(std::uint16_t port, const char* base_variant = "127.0.0.1") {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    ::inet_pton(AF_INET, base_variant, &address.sin_addr);
    (void)::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    ::inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    address.sin_port = htons(port);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) throw std::runtime_error("cannot connect");
  }
  ~Raw() { close(); }
  Raw(const Raw&) = delete;
  Raw& operator=(const Raw&) = delete;

  void send(const std::string& bytes) const { (void)::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  /// Sends no more; it still receives.
  void end() const { ::shutdown(fd_, SHUT_WR); }
  /// Everything until the peer closes, `until` is there, or ten seconds are over.
  std::string receive(const std::string& until = "\x01never") {
    std::string out;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (out.find(until) == std::string::npos && std::chrono::steady_clock::now() < deadline) {
      pollfd one{fd_, POLLIN, 0};
      if (::poll(&one, 1, 100) <= 0) continue;
      std::array<char, 4096> chunk;
      const ssize_t got = ::recv(fd_, chunk.data(), chunk.size(), 0);
      if (got <= 0) break;
      out.append(chunk.data(), static_cast<std::size_t>(got));
    }
    return out;
  }
  /// Tears the connection up: the peer gets a reset, and no port is left waiting.
  void reset() {
    const linger hard{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close();
  }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_ = -1;
};

/// A path of this process's own, for a file of that name.
inline std::string temporary(const std::string& name) {
  return (std::filesystem::temp_directory_path() / ("meterproof-" + std::to_string(::getpid()) + "-" + name)).string();
}

inline std::string read_file(const std::string& path) {
  std::stringstream out;
  out << std::ifstream(path).rdbuf();
  return out.str();
}

}  // namespace meterproof::test
