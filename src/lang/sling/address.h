// Addresses in Sling's manner: /content/dam/hero.jpg.thumb.48.48.png is a resource, selectors, an extension, a suffix.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace dray::sling {

// address = path [ "." [ *( selector "." ) extension ] ] [ suffix ]
struct Address {
  std::string path;  // without a slash at the end, unless it is "/"
  std::vector<std::string> selectors;
  std::string extension;
  std::string suffix;  // empty, or with its first slash

  bool operator==(const Address&) const = default;
};

// With this many candidates, up to 63 dots may stand behind the name of the resource that is found.
inline constexpr std::size_t kMaxCandidates = 64;

// Every way to read a path: cut at its end (before the slashes there, which become the suffix) or at one of its dots,
// the longest resource path first. Only the kMaxCandidates longest are given. Left out are paths whose last segment
// would be empty, "." or "..". None for a text that does not start with a slash. `decoded_path` has no percent encoding
// left.
std::vector<Address> decompose(std::string_view decoded_path);

// The first candidate whose path exists; nullopt: none does. An error of `exists` ends the search and is handed on, so
// `exists` answers false for what can be no path (a name that is too long).
Result<std::optional<Address>> resolve(std::string_view decoded_path,
                                       const std::function<Result<bool>(std::string_view)>& exists);

// Where the first `marker` stands that ends the address or has a slash behind it, and a path before it; npos: nowhere.
std::size_t find_marker(std::string_view decoded_path, std::string_view marker);

// For addresses known by a marker, where nothing need be looked up: cuts before the first ".selector.extension" that
// ends the address or has a slash behind it. nullopt: there is none. An empty selector stands for ".extension" alone.
//   cut_at("/content/dam/x.assetdownload.zip/a/b.zip", "assetdownload", "zip")
//     -> path "/content/dam/x", selectors {"assetdownload"}, extension "zip", suffix "/a/b.zip"
std::optional<Address> cut_at(std::string_view decoded_path, std::string_view selector, std::string_view extension);

// `_jcr_` at the start of a segment is an old spelling of `jcr:`; `__jcr_` there means `_jcr_` itself, as in FileVault.
std::string normalize_jcr(std::string_view path);

// The paths that the value of a parameter may mean, in the order to try them: as it is, then decoded once more if that
// works, makes a difference, and gives valid UTF-8 without NUL. Some clients encode paths twice.
std::vector<std::string> path_candidates(std::string_view value);

}  // namespace dray::sling
