#include "pipeline/select/obstacles.h"

#include <algorithm>
#include <string_view>
#include <unordered_set>

#include "base/json.h"
#include "base/log.h"
#include "base/text.h"

namespace dray::pipeline {

bool may_have_expired(const model::Caller& caller) { return caller.visitor.empty() && caller.is_administrator(); }

Result<Obstacles::Page> Obstacles::look_up(const std::string& path) const {
  auto parsed = AssetPath::parse(path);
  if (!parsed) return Page();
  ASSIGN_OR_RETURN(auto node, library_.assets.find(*parsed));
  if (node && node->is_folder()) return Page();
  if (node) return Page{model::licence_id_of_page(path, node->asset->original.id), false, path, nullptr};
  if (!library_.read_licence_page) return Page();
  auto page = library_.read_licence_page(path);
  if (!page) return Page{"", true, path, nullptr};
  if (!*page) return Page();
  return Page{model::licence_id_of_page((*page)->path, (*page)->content), false, (*page)->path, (*page)->html};
}

Result<const Obstacles::Page*> Obstacles::find_page(const model::Protection& protection) {
  for (const auto& path : protection.licence_pages) {
    auto known = known_pages_.find(path);
    if (known == known_pages_.end()) {
      ASSIGN_OR_RETURN(auto page, look_up(path));
      known = known_pages_.emplace(path, std::move(page)).first;
    }
    const Page* page = &known->second;
    if (!page->licence.empty() || page->is_broken) return page;
  }
  const Page* none = nullptr;
  return none;
}

void Obstacles::tell_missing_pages() const {
  constexpr std::size_t kTold = 3;  // by name: metadata come from whoever uploads
  std::size_t count = 0;
  std::string names;
  for (const auto& [path, page] : known_pages_) {
    if (!page.licence.empty() || page.is_broken) continue;
    if (++count <= kTold) names += (count == 1 ? "" : ", ") + json::serialize(json::value(shorten(path, 200)));
  }
  if (count > 0)
    log::warn("{} paths named as licences are neither an asset nor a licence page, and protect nothing: {}{}", count,
              names, count > kTold ? ", ..." : "");
}

SelectedLicence& Obstacles::licence_of(const std::string& id, const Page* page) {
  auto [place, is_new] = places_.emplace(id, licences_.size());
  if (is_new) {
    bool is_accepted = std::find(accepted_.begin(), accepted_.end(), id) != accepted_.end();
    licences_.push_back({id, page ? page->path : "", page ? page->html : nullptr, is_accepted, 0, {}});
  }
  return licences_[place->second];
}

std::optional<model::Skipped> find_expiry(const model::Node& node, const model::Caller& caller, Seconds now) {
  const auto& protection = node.asset->protection;
  if (!protection.has_expired(now) || may_have_expired(caller)) return std::nullopt;
  return model::Skipped{node.path.text(), "expired", "it expired on " + format_utc(*protection.expires)};
}

Result<std::optional<model::Skipped>> Obstacles::find(const model::Node& node) {
  const auto& protection = node.asset->protection;
  if (protection == model::Protection()) return std::optional<model::Skipped>();
  if (auto expired = find_expiry(node, caller_, now_)) return expired;
  ASSIGN_OR_RETURN(auto page, find_page(protection));
  if (page && page->is_broken)
    return std::optional(
        model::Skipped{node.path.text(), "licence", "its licence cannot be read: ask an administrator"});
  const auto& id = page ? page->licence : protection.restrictions;
  if (!id.empty()) {
    auto& licence = licence_of(id, page);
    ++licence.asset_count;
    if (licence.is_accepted || licence.assets.size() < kNamedByLicence) licence.assets.push_back(node.path);
    if (!licence.is_accepted)
      return std::optional(
          model::Skipped{node.path.text(), "licence", "its licence has not been accepted", licence.id});
  }
  if (protection.expires) first_expiry_ = std::min(first_expiry_.value_or(*protection.expires), *protection.expires);
  return std::optional<model::Skipped>();
}

namespace {

void add_assets(SelectedLicence& licence, SelectedLicence more) {
  auto& assets = licence.assets;
  assets.reserve(assets.size() + more.assets.size());  // they stay where `there` looks at them
  std::unordered_set<std::string_view> there;
  for (const auto& path : assets) there.insert(path.text());
  licence.asset_count += more.asset_count;
  for (auto& path : more.assets) {
    if (there.contains(path.text()))
      --licence.asset_count;
    else if (licence.is_accepted || assets.size() < kNamedByLicence)
      assets.push_back(std::move(path));
  }
}

}  // namespace

void merge(std::vector<SelectedLicence>& licences, std::vector<SelectedLicence> more) {
  for (auto& licence : more) {
    auto known = std::find_if(licences.begin(), licences.end(), [&](const auto& one) { return one.id == licence.id; });
    if (known == licences.end()) {
      licences.push_back(std::move(licence));
      continue;
    }
    add_assets(*known, std::move(licence));
  }
}

Result<std::optional<model::Skipped>> find_obstacle(const model::Node& node, const model::Caller& caller,
                                                    const Library& library, Seconds now) {
  const std::vector<std::string> nothing;
  return Obstacles(library, caller, now, nothing).find(node);
}

}  // namespace dray::pipeline
