// SPDX-License-Identifier: Apache-2.0
#include "loadgen/histogram.hpp"

#include <zlib.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "core/auth/base64.hpp"

namespace meterproof::loadgen {
namespace {

// HdrHistogram's V2 encoding: https://github.com/HdrHistogram/HdrHistogram, AbstractHistogram.encodeIntoByteBuffer.
constexpr std::int32_t cookie = 0x1c849303 | 0x10;             // V2 with words of up to nine bytes
constexpr std::int32_t compressed_cookie = 0x1c849304 | 0x10;  // the same, compressed
constexpr std::size_t header_size = 40;
constexpr int significant_digits = 3;
constexpr std::int64_t max_count = 1LL << 53U;  // beyond it a double, which quantiles are computed in, skips integers
constexpr double min_beyond = 10;               // a percentile needs that many values above it to mean anything

// Integers are big-endian in the encoding.

template <class T>
void put(std::string& out, T value) {
  const auto bits = static_cast<std::make_unsigned_t<T>>(value);
  for (std::size_t byte = sizeof(T); byte-- > 0;) out += static_cast<char>(bits >> (8 * byte));
}

template <class T>
T get(std::string_view in, std::size_t at) {
  std::make_unsigned_t<T> bits = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) bits = static_cast<std::make_unsigned_t<T>>(bits << 8U) | static_cast<unsigned char>(in[at + i]);
  return static_cast<T>(bits);
}

/// ZigZag LEB128 as HdrHistogram writes it: seven bits per byte, but all eight of the ninth.
void put_zigzag(std::string& out, std::int64_t value) {
  auto rest = (static_cast<std::uint64_t>(value) << 1U) ^ static_cast<std::uint64_t>(value >> 63U);
  for (int byte = 0; byte < 8; ++byte) {
    if (rest < 0x80U) {
      out += static_cast<char>(rest);
      return;
    }
    out += static_cast<char>((rest & 0x7FU) | 0x80U);
    rest >>= 7U;
  }
  out += static_cast<char>(rest);
}

std::optional<std::int64_t> get_zigzag(std::string_view in, std::size_t& at) {
  std::uint64_t bits = 0;
  for (unsigned byte = 0; byte < 9; ++byte) {
    if (at >= in.size()) return std::nullopt;
    const auto next = static_cast<unsigned char>(in[at++]);
    bits |= static_cast<std::uint64_t>(byte == 8 ? next : next & 0x7FU) << (7 * byte);
    if (byte == 8 || (next & 0x80U) == 0) break;
  }
  return static_cast<std::int64_t>(bits >> 1U) ^ -static_cast<std::int64_t>(bits & 1U);
}

}  // namespace

Histogram::Histogram() : counts_(index_of(highest) + 1, 0) {}

// Values below 2,048 have a bucket each. Above, every doubling of the value is divided into 1,024 equal buckets.
std::size_t Histogram::index_of(std::uint64_t value) {
  constexpr std::uint64_t linear = 1ULL << sub_bucket_bits;
  if (value < linear) return value;
  const unsigned bucket = static_cast<unsigned>(std::bit_width(value)) - sub_bucket_bits;
  return (static_cast<std::size_t>(bucket) << (sub_bucket_bits - 1)) + (value >> bucket);
}

std::uint64_t Histogram::highest_of(std::size_t index) {
  constexpr std::size_t half = 1ULL << (sub_bucket_bits - 1);
  if (index < 2 * half) return index;
  const std::size_t bucket = (index >> (sub_bucket_bits - 1)) - 1;
  const std::uint64_t sub = index - bucket * half;
  return ((sub + 1) << bucket) - 1;
}

void Histogram::record(std::chrono::nanoseconds value, std::uint64_t count) {
  const auto micros = static_cast<std::uint64_t>(std::clamp<std::int64_t>(value.count() / 1000, 0, highest));
  counts_[index_of(micros)] += count;
  count_ += count;
  max_ = std::max(max_, micros);
}

void Histogram::add(const Histogram& other) {
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
}

void Histogram::clear() {
  std::fill(counts_.begin(), counts_.end(), 0);
  count_ = max_ = 0;
}

double Histogram::mean_ms() const {
  double sum = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) sum += static_cast<double>(counts_[i]) * static_cast<double>(highest_of(i));
  return count_ == 0 ? std::numeric_limits<double>::quiet_NaN() : sum / static_cast<double>(count_) / 1000;
}

double Histogram::percentile_ms(double quantile) const {
  const auto beyond = static_cast<double>(count_) * (1 - quantile);
  if (count_ == 0 || (quantile < 1 && beyond < min_beyond)) return std::numeric_limits<double>::quiet_NaN();
  return value_at_ms(quantile);
}

std::uint64_t Histogram::records_for(double quantile) { return static_cast<std::uint64_t>(std::ceil(min_beyond / (1 - quantile))); }

std::vector<std::pair<double, double>> Histogram::curve() const {
  constexpr int points_per_halving = 5;
  std::vector<std::pair<double, double>> out;
  double beyond = 1;
  for (int step = 0;; ++step) {
    const double quantile = 1 - beyond + beyond / 2 * (step % points_per_halving) / points_per_halving;
    if (step % points_per_halving == points_per_halving - 1) beyond /= 2;
    const double value = quantile > 0 ? percentile_ms(quantile) : value_at_ms(1e-9);
    if (count_ == 0 || quantile >= 1 || std::isnan(value)) return out;
    out.emplace_back(quantile, std::round(value * 1000) / 1000);
  }
}

double Histogram::value_at_ms(double quantile) const {
  const auto wanted = static_cast<std::uint64_t>(std::ceil(quantile * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (seen >= wanted && seen > 0) return static_cast<double>(std::min(highest_of(i), max_)) / 1000;
  }
  return 0;
}

std::string Histogram::encoded() const {
  std::string counts;
  const std::size_t end = max_ == 0 && count_ == 0 ? 0 : index_of(max_) + 1;
  for (std::size_t i = 0; i < end;) {
    std::size_t next = i;
    while (next < end && counts_[next] == 0) ++next;
    if (next > i) {
      put_zigzag(counts, -static_cast<std::int64_t>(next - i));  // a run of zeros is one negative number
      i = next;
    } else {
      put_zigzag(counts, static_cast<std::int64_t>(counts_[i++]));
    }
  }
  std::string plain;
  put<std::int32_t>(plain, cookie);
  put<std::int32_t>(plain, static_cast<std::int32_t>(counts.size()));
  put<std::int32_t>(plain, 0);  // normalizing index offset
  put<std::int32_t>(plain, significant_digits);
  put<std::int64_t>(plain, 1);
  put<std::int64_t>(plain, highest);
  put<std::int64_t>(plain, std::bit_cast<std::int64_t>(1.0));  // integer to double ratio
  plain += counts;

  uLongf size = ::compressBound(plain.size());
  std::string packed(size, '\0');
  ::compress(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(plain.data()), plain.size());  // NOLINT(*-reinterpret-cast)
  packed.resize(size);
  std::string out;
  put<std::int32_t>(out, compressed_cookie);
  put<std::int32_t>(out, static_cast<std::int32_t>(packed.size()));
  return auth::base64(out + packed);
}

std::optional<Histogram> Histogram::decoded(std::string_view text) {
  const auto bytes = auth::base64_decode(text);
  if (!bytes || bytes->size() < 8 || get<std::int32_t>(*bytes, 0) != compressed_cookie) return std::nullopt;
  Histogram out;
  constexpr std::size_t max_word = 9;
  // No valid histogram is longer, so that a compression bomb fails in uncompress.
  std::string plain(header_size + out.counts_.size() * max_word, '\0');
  uLongf size = plain.size();
  const auto* packed = reinterpret_cast<const Bytef*>(bytes->data() + 8);                                                   // NOLINT(*-reinterpret-cast)
  if (::uncompress(reinterpret_cast<Bytef*>(plain.data()), &size, packed, bytes->size() - 8) != Z_OK) return std::nullopt;  // NOLINT(*-reinterpret-cast)
  plain.resize(size);
  if (size < header_size || get<std::int32_t>(plain, 0) != cookie || get<std::int32_t>(plain, 12) != significant_digits || get<std::int64_t>(plain, 16) != 1 ||
      get<std::int64_t>(plain, 24) != highest)
    return std::nullopt;
  std::size_t index = 0;
  for (std::size_t at = header_size; at < plain.size();) {
    const auto word = get_zigzag(plain, at);
    if (!word || *word < -static_cast<std::int64_t>(out.counts_.size()) || *word > max_count) return std::nullopt;
    if (*word < 0) {
      index += static_cast<std::size_t>(-*word);
      continue;
    }
    if (index >= out.counts_.size()) return std::nullopt;
    out.counts_[index] = static_cast<std::uint64_t>(*word);
    if (*word > 0) out.max_ = highest_of(index);
    out.count_ += static_cast<std::uint64_t>(*word);
    if (out.count_ > static_cast<std::uint64_t>(max_count)) return std::nullopt;
    ++index;
  }
  return out;
}

}  // namespace meterproof::loadgen
