// The path of a folder or an asset, as AEM writes it: /content/dam/shoot/hero.jpg.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace dray {

// Always absolute, valid UTF-8 without NUL, no empty, "." or ".." segment, no slash at the end (but "/" itself),
// at most kMaxPathBytes long and no segment longer than kMaxNameBytes.
class AssetPath {
 public:
  static constexpr std::size_t kMaxPathBytes = 4096;
  static constexpr std::size_t kMaxNameBytes = 255;

  AssetPath() : text_("/") {}
  // Code::invalid, with a message that says which rule was broken.
  static Result<AssetPath> parse(std::string_view text);
  // For paths that are known to be right: from a store, or in a test. Asserts.
  static AssetPath trusted(std::string text);

  const std::string& text() const { return text_; }
  std::string_view name() const;  // last segment; empty for "/"
  AssetPath parent() const;       // "/" is its own parent
  bool is_root() const { return text_.size() == 1; }
  bool is_within(const AssetPath& ancestor) const;  // itself included
  Result<AssetPath> child(std::string_view name) const;

  auto operator<=>(const AssetPath&) const = default;

 private:
  explicit AssetPath(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// Whether `name` may be one segment of a path; the error says why not.
Result<void> check_name(std::string_view name);

}  // namespace dray
