#include "lang/sling/address.h"

#include <utility>

#include "base/text.h"

namespace dray::sling {
namespace {

bool can_be_resource(std::string_view path) {
  auto name = path.substr(path.rfind('/') + 1);
  return path == "/" || !(name.empty() || name == "." || name == "..");
}

// tail = "" / "." [ selectors "." ] extension; either may be empty. Empty selectors at the end do not count.
void read_tail(std::string_view tail, Address& out) {
  if (tail.empty()) return;
  tail.remove_prefix(1);
  auto last_dot = tail.rfind('.');
  out.extension = tail.substr(last_dot + 1);  // npos + 1 is 0: all of it
  if (last_dot == std::string_view::npos) return;
  for (auto selector : split(tail.substr(0, last_dot), '.')) out.selectors.emplace_back(selector);
  while (!out.selectors.empty() && out.selectors.back().empty()) out.selectors.pop_back();
}

Address cut(std::string_view text, std::size_t path_size) {
  Address out;
  out.path = text.substr(0, path_size);
  auto rest = text.substr(path_size);
  auto tail = rest.substr(0, rest.find('/'));
  out.suffix = rest.substr(tail.size());
  read_tail(tail, out);
  return out;
}

std::string normalize_segment(std::string_view segment) {
  if (segment.starts_with("__jcr_")) return std::string(segment.substr(1));
  if (segment.starts_with("_jcr_")) return "jcr:" + std::string(segment.substr(5));
  return std::string(segment);
}

}  // namespace

std::vector<Address> decompose(std::string_view decoded_path) {
  std::vector<Address> out;
  if (!decoded_path.starts_with('/')) return out;
  auto last = decoded_path.find_last_not_of('/');
  auto end = last == std::string_view::npos ? 1 : last + 1;
  while (end != std::string_view::npos && out.size() < kMaxCandidates) {
    if (can_be_resource(decoded_path.substr(0, end))) out.push_back(cut(decoded_path, end));
    end = decoded_path.rfind('.', end - 1);
  }
  return out;
}

Result<std::optional<Address>> resolve(std::string_view decoded_path,
                                       const std::function<Result<bool>(std::string_view)>& exists) {
  for (auto& candidate : decompose(decoded_path)) {
    ASSIGN_OR_RETURN(bool found, exists(candidate.path));
    if (found) return std::optional(std::move(candidate));
  }
  return std::optional<Address>();
}

std::size_t find_marker(std::string_view decoded_path, std::string_view marker) {
  if (!decoded_path.starts_with('/')) return std::string_view::npos;
  for (auto at = decoded_path.find(marker); at != std::string_view::npos; at = decoded_path.find(marker, at + 1)) {
    auto end = at + marker.size();
    bool is_marked = end == decoded_path.size() || decoded_path[end] == '/';
    if (is_marked && can_be_resource(decoded_path.substr(0, at))) return at;
  }
  return std::string_view::npos;
}

std::optional<Address> cut_at(std::string_view decoded_path, std::string_view selector, std::string_view extension) {
  std::string marker = selector.empty() ? "" : "." + std::string(selector);
  marker += "." + std::string(extension);
  auto at = find_marker(decoded_path, marker);
  return at == std::string_view::npos ? std::nullopt : std::optional(cut(decoded_path, at));
}

std::string normalize_jcr(std::string_view path) {
  std::string out;
  for (auto segment : split(path, '/')) {
    out += normalize_segment(segment);
    out += '/';
  }
  out.pop_back();
  return out;
}

std::vector<std::string> path_candidates(std::string_view value) {
  std::vector<std::string> out{std::string(value)};
  auto decoded = percent_decode(value);
  bool usable = decoded && *decoded != value && is_valid_utf8(*decoded) && decoded->find('\0') == std::string::npos;
  if (usable) out.push_back(*std::move(decoded));
  return out;
}

}  // namespace dray::sling
