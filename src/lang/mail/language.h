// In which languages to look for the template of a mail.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace dray::mail {

// "pt-BR" -> "pt-br", "pt", "en": names of files without ".txt", best first, none twice, "en" last. `language` is that
// of a profile: letters, and after one hyphen or underscore a region. Anything else counts as nothing.
std::vector<std::string> language_candidates(std::string_view language);

}  // namespace dray::mail
