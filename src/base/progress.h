// How long work tells how far it is.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace dray {

struct ProgressState {
  ByteCount bytes_done = 0, bytes_total = 0;      // total 0: not known yet
  std::uint64_t files_done = 0, files_total = 0;  // total 0: not known yet
};

// Called from any thread, as often as the work likes; whoever shows it slows it down.
class Progress {
 public:
  virtual ~Progress() = default;
  virtual void update(const ProgressState& state) = 0;
};

class SilentProgress final : public Progress {
 public:
  void update(const ProgressState&) override {}
};

}  // namespace dray
