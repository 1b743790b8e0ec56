// What stands in the way of an asset although its reader has the rights: its time is over, or a licence comes first.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/assets/asset_repository.h"
#include "model/downloads/download.h"
#include "model/people/people.h"

namespace dray::pipeline {

inline constexpr std::size_t kNamedByLicence = 100;

// A licence of some of the assets.
struct SelectedLicence {
  std::string id;
  std::string page;  // the path of the asset or page that it is; empty: `adobe_dam:restrictions` of its assets
  std::shared_ptr<const std::string> html;  // of a page that is no asset
  bool is_accepted = false;
  std::uint64_t asset_count = 0;
  std::vector<AssetPath> assets;  // all of them once it is accepted; else the first, at most kNamedByLicence

  // Those that people are told of.
  std::span<const AssetPath> named() const { return std::span(assets).first(std::min(assets.size(), kNamedByLicence)); }
};

// The licences of one more selection, which may have some of the same for other assets. An asset of both that is not
// named by either counts twice.
void merge(std::vector<SelectedLicence>& licences, std::vector<SelectedLicence> more);

// What is selected from. Both outlive whoever has it.
struct Library {
  const model::AssetRepository& assets;
  const model::ReadLicencePage& read_licence_page;
};

// Whether assets whose time is over may be had: by administrators who are here themselves.
bool may_have_expired(const model::Caller& caller);

// Looks at one asset after another. One thread at a time.
class Obstacles {
 public:
  Obstacles(const Library& library, const model::Caller& caller, Seconds now, const std::vector<std::string>& accepted)
      : library_(library), caller_(caller), now_(now), accepted_(accepted) {}

  // nullopt: nothing does. An Error is a failing catalog.
  Result<std::optional<model::Skipped>> find(const model::Node& node);
  std::vector<SelectedLicence>& licences() { return licences_; }  // of those that were looked at
  // The first of those with nothing in their way that expire; it may have passed.
  std::optional<Seconds> first_expiry() const { return first_expiry_; }
  void tell_missing_pages() const;  // the log: which paths of licences are neither an asset's nor a page's

 private:
  struct Page {
    std::string licence;     // its id; empty: there is none
    bool is_broken = false;  // there is one, and it cannot be read
    std::string path;
    std::shared_ptr<const std::string> html;
  };
  Result<Page> look_up(const std::string& path) const;
  Result<const Page*> find_page(const model::Protection& protection);  // the first that is there; nullptr: none is
  SelectedLicence& licence_of(const std::string& id, const Page* page);

  const Library library_;
  const model::Caller& caller_;
  const Seconds now_;
  const std::vector<std::string>& accepted_;
  std::vector<SelectedLicence> licences_;
  std::unordered_map<std::string, std::size_t> places_;  // of licences, by id
  std::unordered_map<std::string, Page> known_pages_;    // by path
  std::optional<Seconds> first_expiry_;
};

std::optional<model::Skipped> find_expiry(const model::Node& node, const model::Caller& caller, Seconds now);
// Of one asset whose reader has agreed to nothing.
Result<std::optional<model::Skipped>> find_obstacle(const model::Node& node, const model::Caller& caller,
                                                    const Library& library, Seconds now);

}  // namespace dray::pipeline
