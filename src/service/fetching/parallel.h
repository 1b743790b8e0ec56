// Runs work on several threads.
#pragma once

#include <cstddef>
#include <functional>

#include "base/result.h"

namespace dray::fetching {

// Calls `work` on so many threads and waits for all; the first error of any.
Result<void> run_parallel(unsigned threads, const std::function<Result<void>()>& work);

// Calls `each` for 0 to count - 1, on as many threads as there are processors, each index once. After an error no
// further index is begun.
Result<void> for_each_parallel(std::size_t count, const std::function<Result<void>(std::size_t)>& each);

}  // namespace dray::fetching
