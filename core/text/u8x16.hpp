// Sixteen bytes looked at together, where the processor can (SSE2, which every x86-64 has). What is asked is answered by a bit for each byte.
// Whoever uses it has a way without, for other processors; METERPROOF_NO_SIMD takes that way everywhere, for its tests.
#pragma once

#if defined(__SSE2__) && !defined(METERPROOF_NO_SIMD)
#define METERPROOF_SIMD 1
#include <emmintrin.h>

namespace meterproof::core {

class U8x16 {
 public:
  static constexpr int count = 16;

  explicit U8x16(const char* at) : bytes_(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at))) {}  // NOLINT(*-reinterpret-cast)

  /// What ends a JSON string as it stands: quotes, backslashes and control characters.
  unsigned json_string_stops() const { return bits(_mm_or_si128(_mm_or_si128(are('"'), are('\\')), up_to(bytes_, 0x1F))); }
  unsigned beyond_ascii() const { return bits(bytes_); }
  unsigned letters_and_hyphens() const {
    const __m128i small = _mm_or_si128(bytes_, _mm_set1_epi8(0x20));
    return bits(_mm_or_si128(up_to(_mm_sub_epi8(small, _mm_set1_epi8('a')), 'z' - 'a'), are('-')));
  }
  unsigned equal_to(const U8x16& other) const { return bits(_mm_cmpeq_epi8(bytes_, other.bytes_)); }
  /// Control characters, tabs among them.
  unsigned controls() const { return bits(_mm_or_si128(up_to(bytes_, 0x1F), are(0x7F))); }

 private:
  static unsigned bits(__m128i yes) { return static_cast<unsigned>(_mm_movemask_epi8(yes)); }
  static __m128i up_to(__m128i bytes, char most) { return _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(most)), bytes); }
  __m128i are(char wanted) const { return _mm_cmpeq_epi8(bytes_, _mm_set1_epi8(wanted)); }

  __m128i bytes_;
};

}  // namespace meterproof::core
#endif
