// SPDX-License-Identifier: Apache-2.0
// A terminal has so many columns and rows: what is written on it fits.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "reports/style.hpp"

namespace meterproof::reports {

/// The text in lines no wider than that, which end behind a word where they can; further lines begin with so many blanks. 0 columns: as it is.
std::string wrapped(std::string_view text, std::size_t columns, std::size_t indent = 0);

/// A screenful: parts, one below the other. Where the rows do not suffice, the least important parts lose their last entries, and say how many.
class Screen {
 public:
  /// Of a style without columns every line is as it comes; without rows, 24 are taken.
  explicit Screen(const TextStyle& style) : style_(style) {}

  class Part {
   public:
    /// One line, cut where it is too wide. `stands_for`: how many of what the part lists.
    void line(const std::string& text, std::size_t stands_for = 1);
    /// As many lines as it takes.
    void paragraph(const std::string& text, std::size_t indent = 2);

   private:
    friend class Screen;
    struct Entry {
      std::string text;
      std::size_t stands_for;
    };
    Part(const TextStyle& style, int give_way, std::size_t stay) : style_(style), give_way_(give_way), stay_(stay) {}
    std::size_t rows() const;

    const TextStyle& style_;
    int give_way_;
    std::size_t stay_;
    std::vector<Entry> entries_;
    std::size_t left_out_ = 0;
  };
  /// Parts with a higher `give_way` lose their entries first, but not the first `stay` of them; of 0, all stay.
  Part& part(int give_way, std::size_t stay = 0);

  std::string text();

 private:
  const TextStyle& style_;
  std::deque<Part> parts_;  // they stay where they are
};

}  // namespace meterproof::reports
