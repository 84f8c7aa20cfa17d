// SPDX-License-Identifier: Apache-2.0
#include "cli/memory_reserve.hpp"

#include <sys/mman.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <new>

namespace meterproof::cli {

namespace {

// Of addresses; a page that is never written to takes no memory. Where there is no room for so much, less is better than nothing.
constexpr std::size_t most = 32UL << 20U, least = 1UL << 20U;
std::size_t size = most;

// operator new may fail on several threads at once.
std::atomic<void*> held = nullptr;
std::atomic<bool> used = false;

void give_back() {
  if (void* const reserve = held.exchange(nullptr)) {
    used = true;
    ::munmap(reserve, size);
    return;  // operator new tries once more
  }
  if (!used.exchange(true)) throw std::bad_alloc();  // there was no room for a reserve: it is time to come to an end all the same
  // Another thread may just have given it back; who finds nothing the second time is not helped by a third.
  thread_local bool tried = false;
  if (tried) throw std::bad_alloc();
  tried = true;
}

/// The main thread's stack grows as it is used. Where there is no more memory for that, the kernel ends the process by a signal, and nothing is told: what
/// a run needs is taken before, if there is room.
[[gnu::noinline]] void grow_stack() {
  constexpr std::size_t page = 4096, enough = 512UL * 1024;
  void* const room = ::mmap(nullptr, 2 * enough, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (room == MAP_FAILED) return;
  ::munmap(room, 2 * enough);
  std::array<volatile char, enough> stack;
  for (std::size_t at = 0; at < enough; at += page) stack[at] = 0;
}

}  // namespace

MemoryReserve::MemoryReserve() {
  grow_stack();
  for (size = most; size >= least; size /= 2) {
    void* const reserve = ::mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (reserve == MAP_FAILED) continue;
    held = reserve;
    break;
  }
  std::set_new_handler(give_back);
}

MemoryReserve::~MemoryReserve() {
  std::set_new_handler(nullptr);
  if (void* const reserve = held.exchange(nullptr)) ::munmap(reserve, size);
}

bool MemoryReserve::is_used() { return used; }

}  // namespace meterproof::cli
