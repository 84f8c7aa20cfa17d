// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "loadgen/histogram.hpp"

namespace meterproof::loadgen {
namespace histogram_test {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

TEST(Histogram, AgreesWithSortedValuesToATenthOfAPercent) {
  std::mt19937_64 random(7);
  std::lognormal_distribution<> spread(8, 2);
  Histogram histogram;
  std::vector<double> values;
  for (int i = 0; i < 200'000; ++i) {
    const auto micros = static_cast<std::int64_t>(spread(random));
    histogram.record(microseconds(micros));
    values.push_back(static_cast<double>(micros) / 1e3);
  }
  std::sort(values.begin(), values.end());
  for (const double quantile : {0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999, 1.0}) {
    const double exact = values[static_cast<std::size_t>(std::ceil(quantile * static_cast<double>(values.size()))) - 1];
    EXPECT_NEAR(histogram.value_at_ms(quantile), exact, exact * 0.001 + 1e-6) << quantile;
  }
  EXPECT_DOUBLE_EQ(histogram.percentile_ms(1.0), values.back());
}

TEST(Histogram, PercentilesOfASmallSampleAreNaN) {
  Histogram histogram;
  EXPECT_TRUE(std::isnan(histogram.percentile_ms(0.5)));
  histogram.record(microseconds(1), 999);
  EXPECT_TRUE(std::isnan(histogram.percentile_ms(0.99)));
  histogram.record(microseconds(1));
  EXPECT_FALSE(std::isnan(histogram.percentile_ms(0.99)));  // ten lie above it
  EXPECT_TRUE(std::isnan(histogram.percentile_ms(0.999)));
}

TEST(Histogram, ClampsValuesOutOfRange) {
  Histogram histogram;
  histogram.record(nanoseconds(-5));
  histogram.record(nanoseconds::max());
  EXPECT_EQ(histogram.count(), 2U);
  EXPECT_DOUBLE_EQ(histogram.percentile_ms(1.0), 3'600'000.0);
}

TEST(Histogram, DecodesWhatItEncodedAndAddsExactly) {
  std::mt19937_64 random(3);
  Histogram parts[3], whole;
  for (int i = 0; i < 30'000; ++i) {
    const microseconds value(static_cast<std::int64_t>(random() % (1ULL << (random() % 32))));
    parts[random() % 3].record(value);
    whole.record(value);
  }
  Histogram sum;
  for (const Histogram& part : parts) {
    const auto decoded = Histogram::decoded(part.encoded());
    ASSERT_TRUE(decoded);
    EXPECT_EQ(*decoded, part);
    sum.add(*decoded);
  }
  EXPECT_EQ(sum, whole);
  for (const char* broken : {"", "AAAA", "not base64", "HISTFAAAAAA="}) EXPECT_FALSE(Histogram::decoded(broken)) << broken;
  std::string damaged = whole.encoded();
  damaged[damaged.size() / 2] = damaged[damaged.size() / 2] == 'A' ? 'B' : 'A';
  EXPECT_FALSE(Histogram::decoded(damaged));  // zlib has a checksum
  Histogram impossible;                       // a quantile near 1 of so many is 1: nothing ends a curve of it
  impossible.record(microseconds(5), 1ULL << 60U);
  EXPECT_FALSE(Histogram::decoded(impossible.encoded()));
  EXPECT_LT(impossible.curve().size(), 1000U);
}

}  // namespace histogram_test
}  // namespace meterproof::loadgen
