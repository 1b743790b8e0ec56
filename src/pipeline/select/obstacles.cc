#include "pipeline/select/obstacles.h"

#include <algorithm>

#include "base/digest.h"

namespace dray::pipeline {

bool may_have_expired(const model::Caller& caller) { return caller.visitor.empty() && caller.is_administrator(); }

Result<Obstacles::Page> Obstacles::look_up(const std::string& path) const {
  auto parsed = AssetPath::parse(path);
  if (!parsed) return Page();
  ASSIGN_OR_RETURN(auto node, library_.assets.find(*parsed));
  if (node) {
    if (node->is_folder()) return Page();
    return Page{path, model::licence_id_of_page(path, node->asset->original.id), ""};
  }
  auto html = library_.read_licence_page ? library_.read_licence_page(path) : std::nullopt;
  if (!html) return Page();
  return Page{path, model::licence_id_of_page(path, sha256_of(bytes_of(*html))), *std::move(html)};
}

Result<Obstacles::Page> Obstacles::find_page(const model::Protection& protection) {
  for (const auto& path : protection.licence_pages) {
    auto known = known_pages_.find(path);
    if (known == known_pages_.end()) {
      ASSIGN_OR_RETURN(auto page, look_up(path));
      known = known_pages_.emplace(path, std::move(page)).first;
    }
    if (!known->second.licence.empty()) return known->second;
  }
  return Page{"", protection.restrictions, ""};
}

std::vector<std::string> Obstacles::missing_pages() const {
  std::vector<std::string> missing;
  for (const auto& [path, page] : known_pages_) {
    if (page.licence.empty()) missing.push_back(path);
  }
  return missing;
}

SelectedLicence& Obstacles::licence_of(const Page& page) {
  auto [place, is_new] = places_.emplace(page.licence, licences_.size());
  if (is_new) {
    bool is_accepted = std::find(accepted_.begin(), accepted_.end(), page.licence) != accepted_.end();
    licences_.push_back({page.licence, page.path, page.html, is_accepted, 0, {}});
  }
  return licences_[place->second];
}

Result<std::optional<model::Skipped>> Obstacles::find(const model::Node& node) {
  const auto& protection = node.asset->protection;
  if (protection == model::Protection()) return std::optional<model::Skipped>();
  if (protection.has_expired(now_) && !may_have_expired_)
    return std::optional(
        model::Skipped{node.path.text(), "expired", "it expired on " + format_utc(*protection.expires)});
  ASSIGN_OR_RETURN(auto page, find_page(protection));
  if (!page.licence.empty()) {
    auto& licence = licence_of(page);
    ++licence.asset_count;
    if (licence.assets.size() < kNamedByLicence) licence.assets.push_back(node.path);
    if (!licence.is_accepted)
      return std::optional(
          model::Skipped{node.path.text(), "licence", "its licence has not been accepted", licence.id});
  }
  if (protection.expires) first_expiry_ = std::min(first_expiry_.value_or(*protection.expires), *protection.expires);
  return std::optional<model::Skipped>();
}

void merge(std::vector<SelectedLicence>& licences, std::vector<SelectedLicence> more) {
  for (auto& licence : more) {
    auto known = std::find_if(licences.begin(), licences.end(), [&](const auto& one) { return one.id == licence.id; });
    if (known == licences.end()) {
      licences.push_back(std::move(licence));
      continue;
    }
    known->asset_count += licence.asset_count;
    for (auto& path : licence.assets) {
      if (std::find(known->assets.begin(), known->assets.end(), path) != known->assets.end())
        --known->asset_count;
      else if (known->assets.size() < kNamedByLicence)
        known->assets.push_back(std::move(path));
    }
  }
}

Result<std::optional<model::Skipped>> find_obstacle(const model::Node& node, const model::Caller& caller,
                                                    const Library& library, Seconds now) {
  const std::vector<std::string> nothing;
  return Obstacles(library, caller, now, nothing).find(node);
}

}  // namespace dray::pipeline
