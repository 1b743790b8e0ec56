// Runs a function at the end of a scope.
#pragma once

#include <utility>

namespace dray {

template <typename F>
class [[nodiscard]] ScopeExit {
 public:
  explicit ScopeExit(F run) : run_(std::move(run)) {}
  ScopeExit(const ScopeExit&) = delete;
  ~ScopeExit() { run_(); }

 private:
  F run_;
};

}  // namespace dray
