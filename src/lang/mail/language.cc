#include "lang/mail/language.h"

#include <algorithm>

#include "base/text.h"
#include "lang/mail/characters.h"

namespace dray::mail {
namespace {

constexpr std::string_view kDefault = "en";

// language = 2*8ALPHA [ ( "-" / "_" ) 2*8( ALPHA / DIGIT ) ]     (the short forms of RFC 5646)
bool has_length(std::string_view text) { return text.size() >= 2 && text.size() <= 8; }
bool is_language(std::string_view text) { return has_length(text) && std::all_of(text.begin(), text.end(), is_letter); }
bool is_region(std::string_view text) {
  return has_length(text) && std::all_of(text.begin(), text.end(), [](char c) { return is_letter(c) || is_digit(c); });
}

}  // namespace

std::vector<std::string> language_candidates(std::string_view language) {
  std::vector<std::string> out;
  auto end = std::min(language.find_first_of("-_"), language.size());
  auto name = ascii_lower(language.substr(0, end));
  bool has_region = end < language.size();
  auto region = has_region ? ascii_lower(language.substr(end + 1)) : "";
  if (is_language(name) && (!has_region || is_region(region))) {
    if (has_region) out.push_back(name + "-" + region);
    out.push_back(name);
  }
  if (out.empty() || out.back() != kDefault) out.emplace_back(kDefault);
  return out;
}

}  // namespace dray::mail
