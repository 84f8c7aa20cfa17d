// SPDX-License-Identifier: Apache-2.0
// What a load test sends: a mix of calls by virtual devices, and the queries afterwards that show whether anything was lost.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/model/interface.hpp"

namespace meterproof::core {

/// One kind of call of the mix.
struct WorkloadStep {
  std::size_t interface = 0;  // an index into Spec::interfaces
  double weight = 1;
  std::vector<FieldGenerator> fields;  // parallel to Interface::request
};

/// Afterwards: what an accepted call left behind, seen through a query.
struct Reconciliation {
  enum class Kind {
    each,  // every value of `field` that was sent stands in the query's `shown` exactly once
    last   // the query's `shown` is the last value of `field` that was sent
  };
  Kind kind = Kind::each;
  std::size_t step = 0;   // whose calls
  std::size_t field = 0;  // of that step's request
  WorkloadStep ask;       // fields that the step has too take the values of its device
  std::size_t shown = 0;  // of the query's reply
  struct Compared {
    std::size_t field = 0;  // of the step's request
    std::size_t shown = 0;  // of the query's reply: the same value stands there
  };
  std::vector<Compared> compare;
};

struct Workload {
  std::string name;
  LocalizedText title;
  std::vector<WorkloadStep> mix;
  std::vector<Reconciliation> reconcile;
  std::vector<std::string> stages;  // as --stages writes them; empty where the command line says
  // A CSV file: its header's columns, and a row for each meter, used in turn.
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
};

}  // namespace meterproof::core
