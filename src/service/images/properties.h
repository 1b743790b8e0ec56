// Answers of names and values, in the forms of Image Serving.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lang/is/recipe.h"
#include "service/images/images.h"

namespace dray::service {

using Properties = std::vector<std::pair<std::string, std::string>>;

// `text`: a line "#S7Z OK" and lines name=value; `json` and `javascript`: a call of the handler, which keeps the answer
// from being taken for a page; `xml`.
ImageText format_properties(const Properties& properties, const is::Question& question);

}  // namespace dray::service
