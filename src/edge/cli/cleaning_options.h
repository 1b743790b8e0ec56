// How long what nobody uses is kept, as options of `serve` and `clean`.
#pragma once

#include <CLI/CLI.hpp>

#include "service/cleaning/cleaner.h"

namespace dray::cli {

struct CleaningOptions {
  unsigned keep_unused = 24;      // hours
  unsigned keep_renditions = 30;  // days
};

inline void add_cleaning_options(CLI::App& command, CleaningOptions& options) {
  command
      .add_option("--keep-unused", options.keep_unused,
                  "Hours that stored files are kept which no asset, rendition or download refers to")
      ->capture_default_str()
      ->check(CLI::Range(1, 87600));
  command
      .add_option("--keep-renditions", options.keep_renditions,
                  "Days that renditions are kept which were made on demand; they are made anew when they are asked for")
      ->capture_default_str()
      ->check(CLI::Range(1, 3650));
}

inline service::CleanerConfig cleaner_config(const CleaningOptions& options) {
  return {std::chrono::hours(options.keep_unused), std::chrono::days(options.keep_renditions)};
}

}  // namespace dray::cli
