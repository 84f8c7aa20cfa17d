// SPDX-License-Identifier: Apache-2.0
#include "cli/memory_reserve.hpp"

#include <sys/mman.h>

#include <atomic>
#include <cstddef>
#include <new>

namespace meterproof::cli {

namespace {

constexpr std::size_t size = 32UL << 20U;  // of addresses; a page that is never written to takes no memory

// operator new may fail on several threads at once.
std::atomic<void*> held = nullptr;
std::atomic<bool> used = false;

void give_back() {
  if (void* const reserve = held.exchange(nullptr)) {
    used = true;
    ::munmap(reserve, size);
    return;  // operator new tries once more
  }
  if (!used) throw std::bad_alloc();
  // Another thread may just have given it back; who finds nothing the second time is not helped by a third.
  thread_local bool tried = false;
  if (tried) throw std::bad_alloc();
  tried = true;
}

}  // namespace

MemoryReserve::MemoryReserve() {
  void* const reserve = ::mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (reserve == MAP_FAILED) return;
  held = reserve;
  std::set_new_handler(give_back);
}

MemoryReserve::~MemoryReserve() {
  std::set_new_handler(nullptr);
  if (void* const reserve = held.exchange(nullptr)) ::munmap(reserve, size);
}

bool MemoryReserve::is_used() { return used; }

}  // namespace meterproof::cli
