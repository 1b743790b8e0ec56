// The port to image presets: named pieces of Image Serving queries.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace dray::model {

struct ImagePreset {
  std::string name;   // letters, digits, `-`, `_`, `.`, `!`; case is kept and ignored
  std::string query;  // wid=400&hei=400&fmt=jpeg
  bool operator==(const ImagePreset&) const = default;
};

// Code::invalid: the name is empty, longer than 100 characters, or has others than it may.
Result<void> check_preset_name(std::string_view name);

// Safe for use from any thread.
class PresetRepository {
 public:
  virtual ~PresetRepository() = default;
  virtual Result<std::optional<ImagePreset>> find(std::string_view name) const = 0;
  virtual Result<std::vector<ImagePreset>> list() const = 0;  // by name, case ignored
  virtual Result<void> put(const ImagePreset& preset) = 0;    // Code::invalid: its name; replaces
  virtual Result<void> remove(std::string_view name) = 0;     // Code::not_found
};

// Queries by the names of presets, as readers of queries ask for them. `presets` must outlive it.
std::function<Result<std::optional<std::string>>(std::string_view)> queries_of(const PresetRepository& presets);

std::unique_ptr<PresetRepository> make_memory_presets();

}  // namespace dray::model
