// Ways for a server to go wrong that a spec can't say by what it leaves out. Nothing but a deviation (spec/rules/deviation.hpp)
// ever sets them, and a mock that was told to deviate is the only one to look.
#pragma once

#include <cstdint>

namespace meterproof::core {

/// What a column does to the values that are stored in it.
enum class StorageMutation : std::uint8_t {
  none,
  four_byte_text,   // characters outside the Basic Multilingual Plane become ?
  leading_noughts,  // are dropped
  cut_short,        // after 20 bytes
  blanks,           // runs of blanks become one
  rounded,          // to one decimal place
  whole             // the part after the decimal point is dropped
};

/// A form of an empty value that a rule does not see.
enum class MissedForm : std::uint8_t { none, to_missing, to_null, to_empty_text, to_blanks };

/// When an interface is not what it is otherwise.
enum class Trigger : std::uint8_t {
  second_call,     // from the second success for the same row on
  every_third,     // every third call
  second_of_owner  // for a row whose owner has another that is older
};

/// What is wrong with the server as a whole.
enum class ServerMutation : std::uint8_t {
  none,
  remembers_last_timestamp,  // a repeated timestamp is seen only where it was the last one
  replay_frees_timestamp,    // a refused replay makes the timestamp free again
  checks_timestamp_late,     // two requests at the same moment may have the same timestamp
  checks_existence_late,     // two requests at the same moment may both be the first
  business_before_authentication,
  compares_token_beginning,
  carries_out_refused,  // a request that a rule refuses is carried out nonetheless
  no_utf8,              // replies are in Latin-1
  one_row_only,         // a list has one row at the most
  rows_of_another,      // requests at the same moment may get each other's rows
  keys_by_prefix,       // a key is found by its beginning
  end_of_day_excluded,  // of a range's last day nothing is found but midnight
  // Lenience that breaks no sentence of the paper; a run warns of it.
  generous_timestamps,  // digits too many and sixty seconds are taken for a time near by
  wide_tolerance,       // a timestamp may be off by a day
  timestamps_by_path,   // a timestamp counts as repeated only on the same path
  codes_as_text,        // the result code is a text
  no_content_type       // a reply does not say what it is
};

}  // namespace meterproof::core
