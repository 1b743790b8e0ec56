#include "pipeline/select/obstacles.h"

#include <algorithm>

namespace dray::pipeline {

bool may_have_expired(const model::Caller& caller) { return caller.visitor.empty() && caller.is_administrator(); }

Result<Obstacles::Page> Obstacles::find_page(const model::Protection& protection) {
  for (const auto& path : protection.licence_pages) {
    auto known = known_pages_.find(path);
    if (known == known_pages_.end()) {
      auto parsed = AssetPath::parse(path);
      std::optional<model::Node> node;
      if (parsed) {
        ASSIGN_OR_RETURN(node, assets_.find(*parsed));
      }
      bool is_asset = node && !node->is_folder();
      auto id = is_asset ? model::licence_id_of_page(path, node->asset->original.id) : std::string();
      known = known_pages_.emplace(path, std::move(id)).first;
    }
    if (!known->second.empty()) return Page{path, known->second};
  }
  return Page{"", protection.restrictions};
}

SelectedLicence& Obstacles::licence_of(const std::string& id, const std::string& page) {
  auto [place, is_new] = places_.emplace(id, licences_.size());
  if (is_new) {
    bool is_accepted = std::find(accepted_.begin(), accepted_.end(), id) != accepted_.end();
    licences_.push_back({id, page, is_accepted, 0, {}});
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
    auto& licence = licence_of(page.licence, page.path);
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
                                                    const model::AssetRepository& assets, Seconds now) {
  const std::vector<std::string> nothing;
  return Obstacles(assets, caller, now, nothing).find(node);
}

}  // namespace dray::pipeline
