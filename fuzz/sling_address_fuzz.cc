// Every candidate is the address it came from, longest first; markers are cut where they are; spellings stay bounded.
#include <algorithm>
#include <cassert>
#include <cstdint>

#include "base/text.h"
#include "lang/sling/address.h"

using namespace dray;

namespace {
std::string format(const sling::Address& address) {
  auto text = address.path;
  for (const auto& selector : address.selectors) text += "." + selector;
  if (!address.extension.empty()) text += "." + address.extension;
  return text + address.suffix;
}

void expect_candidates(std::string_view text) {
  auto candidates = sling::decompose(text);
  assert(candidates.size() <= sling::kMaxCandidates && (candidates.empty() || text.starts_with('/')));
  // Where dots stand side by side or before a slash, some are in no part of the address.
  bool exact = text.find("..") == text.npos && text.find("./") == text.npos && !text.ends_with('.');
  auto longer = text.size() + 1;
  for (const auto& [path, selectors, extension, suffix] : candidates) {
    assert(path.size() < longer && text.starts_with(path) && text.ends_with(suffix) && path.starts_with('/'));
    assert(path == "/" || !path.ends_with('/'));
    assert(extension.find_first_of("./") == std::string::npos && (suffix.empty() || suffix[0] == '/'));
    for (const auto& selector : selectors) assert(selector.find_first_of("./") == std::string::npos);
    if (exact) assert(format({path, selectors, extension, suffix}) == text);
    longer = path.size();
  }
  auto third = [](std::string_view path) { return Result(path.size() % 3 == 0); };
  auto expected = std::find_if(candidates.begin(), candidates.end(), [&](auto& c) { return *third(c.path); });
  auto found = sling::resolve(text, third);
  assert(found && found->has_value() == (expected != candidates.end()) && (!*found || **found == *expected));
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  expect_candidates(text);
  if (auto address = sling::cut_at(text, "s", "zip")) {
    assert(format(*address) == text && address->selectors == std::vector<std::string>{"s"});
  }
  auto normal = sling::normalize_jcr(text);
  assert(normal.size() <= size &&
         std::count(normal.begin(), normal.end(), '/') == std::count(text.begin(), text.end(), '/'));
  auto paths = sling::path_candidates(text);
  assert(paths[0] == text && paths.size() <= 2);
  if (paths.size() == 2) assert(paths[1].size() < size && is_valid_utf8(paths[1]) && percent_decode(text) == paths[1]);
  return 0;
}
