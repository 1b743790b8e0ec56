// Shows on standard error how far work is.
#pragma once

#include <memory>
#include <string>

#include "base/progress.h"

namespace dray::cli {

enum class ProgressStyle {
  bar,    // one line of a terminal, redrawn at most ten times a second; ended when the Progress is destroyed
  lines,  // a line every five seconds and one at the end: for log files
  json,   // an object a line, once a second and at the end:
          // {"bytesDone":..,"bytesTotal":..,"filesDone":..,"filesTotal":.., "bytesPerSecond":..,"secondsLeft":..}; what
          // is not known is null
  silent,
};

// bar on a terminal, else lines; json when asked for.
ProgressStyle choose_style(bool json);

// `what` stands at the start of a bar or line. Several may exist one after another; of two at once the lines mix.
std::unique_ptr<Progress> make_progress(ProgressStyle style, std::string what);

}  // namespace dray::cli
