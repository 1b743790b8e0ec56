#include "base/asset_path.h"

#include <fmt/format.h>

#include "base/text.h"

namespace dray {

Result<void> check_name(std::string_view name) {
  if (name.empty()) return Error{Code::invalid, "a name is empty"};
  if (name == "." || name == "..") return Error{Code::invalid, fmt::format("a name may not be \"{}\"", name)};
  if (name.size() > AssetPath::kMaxNameBytes) {
    return Error{Code::invalid,
                 fmt::format("a name has {} bytes; at most {} are allowed", name.size(), AssetPath::kMaxNameBytes)};
  }
  if (name.find('/') != std::string_view::npos) return Error{Code::invalid, "a name contains a slash"};
  if (name.find('\0') != std::string_view::npos) return Error{Code::invalid, "a name contains a NUL character"};
  if (!is_valid_utf8(name)) return Error{Code::invalid, "a name is not valid UTF-8"};
  return ok();
}

Result<AssetPath> AssetPath::parse(std::string_view text) {
  if (text.empty() || text[0] != '/')
    return Error{Code::invalid, "a path must begin with a slash, like /content/dam/shoot"};
  if (text.size() > kMaxPathBytes) {
    return Error{Code::invalid, fmt::format("a path has {} bytes; at most {} are allowed", text.size(), kMaxPathBytes)};
  }
  if (text == "/") return AssetPath();
  if (text.back() == '/') text.remove_suffix(1);
  for (auto name : split(text.substr(1), '/')) {
    if (name.empty()) return Error{Code::invalid, "a path contains an empty segment (\"//\")"};
    RETURN_IF_ERROR(check_name(name));
  }
  return AssetPath(std::string(text));
}

AssetPath AssetPath::trusted(std::string text) {
  assert(parse(text) && "a path from a trusted place is not well formed");
  return AssetPath(std::move(text));
}

std::string_view AssetPath::name() const { return std::string_view(text_).substr(text_.rfind('/') + 1); }

AssetPath AssetPath::parent() const {
  auto slash = text_.rfind('/');
  return AssetPath(slash == 0 ? "/" : text_.substr(0, slash));
}

bool AssetPath::is_within(const AssetPath& ancestor) const {
  if (ancestor.is_root()) return true;
  return text_.starts_with(ancestor.text_) &&
         (text_.size() == ancestor.text_.size() || text_[ancestor.text_.size()] == '/');
}

Result<AssetPath> AssetPath::child(std::string_view name) const {
  RETURN_IF_ERROR(check_name(name));
  std::string text = is_root() ? "/" : text_ + "/";
  text += name;
  if (text.size() > kMaxPathBytes) {
    return Error{Code::invalid, fmt::format("a path has {} bytes; at most {} are allowed", text.size(), kMaxPathBytes)};
  }
  return AssetPath(std::move(text));
}

}  // namespace dray
