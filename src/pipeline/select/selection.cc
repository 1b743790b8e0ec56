#include "pipeline/select/selection.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace dray::pipeline {
namespace {

using model::Node;
using model::Privilege;

class Selector {
 public:
  Selector(const DownloadRequest& request, const model::Caller& caller, const model::AccessRules& rules,
           const Library& library, Seconds now, std::vector<WantedRendition> wanted, const SelectionLimits& limits,
           model::PrivilegeSet needed)
      : request_(request),
        caller_(caller),
        rules_(rules),
        assets_(library.assets),
        limits_(limits),
        needed_(static_cast<model::PrivilegeSet>(needed | needed_privileges(request))),
        obstacles_(library, caller, now, request.licences) {
    selection_.wanted = std::move(wanted);
  }

  Result<Selection> run() {
    if (!rules_.may(caller_, Privilege::read, model::download_right_path())) {
      for (const auto& target : request_.targets)
        refuse(target, "denied", "you may not download: ask for read on /var/dam/jobs/download");
      return std::move(selection_);
    }
    for (const auto& target : request_.targets) {
      RETURN_IF_ERROR(take_target(target));
      if (selection_.is_cut) break;
    }
    if (selection_.suggested_name.empty()) selection_.suggested_name = "assets";
    selection_.licences = std::move(obstacles_.licences());
    obstacles_.tell_missing_pages();
    selection_.assets_expire = obstacles_.first_expiry();
    return std::move(selection_);
  }

 private:
  // A path that may not be read is refused as such whether it exists or not, so that asking tells nothing.
  Result<void> take_target(const AssetPath& target) {
    if (!may_take(target)) {
      refuse(target, "denied", "you may not read this");
      return ok();
    }
    ASSIGN_OR_RETURN(auto node, assets_.find(target));
    if (!node) {
      refuse(target, "not_found", "there is no such folder or asset");
      return ok();
    }
    auto base = target.is_root() ? 1 : target.text().size() - target.name().size();
    if (node->is_folder()) {
      if (request_.targets.size() == 1) selection_.suggested_name = std::string(target.name());
      return take_folder(*node, base);
    }
    return take_asset(*std::move(node), base);
  }

  // The decision for a folder holds for what is in it, unless a rule stands nearer.
  Result<void> take_folder(const Node& folder, std::size_t base) {
    for (auto& turn : rules_.turns_below(caller_, needed_, folder.path)) selection_.turns.push_back(std::move(turn));
    note_folder(folder, base);
    struct Level {
      AssetPath path;
      bool allowed;
    };
    std::vector<Level> levels = {{folder.path, true}};
    auto found = ok();
    auto visited = assets_.visit_below(folder.path, [&](Node& node) {
      auto parent = std::string_view(node.path.text()).substr(0, node.path.text().rfind('/'));
      while (levels.size() > 1 && levels.back().path.text() != parent) levels.pop_back();
      bool inherited = levels.back().allowed;
      bool allowed = rules_.speaks_at(node.path) ? may_take(node.path) : inherited;
      if (!allowed && inherited)
        refuse(node.path, "denied", node.is_folder() ? "you may not read this folder" : "you may not read this");
      if (node.is_folder()) {
        levels.push_back({node.path, allowed});
        if (allowed) note_folder(node, base);
      } else if (allowed) {
        found = take_asset(std::move(node), base);
      }
      return selection_.is_cut || !found ? model::Visit::stop : model::Visit::go_on;
    });
    RETURN_IF_ERROR(visited);
    return found;
  }

  bool may_take(const AssetPath& path) const { return rules_.may_all(caller_, needed_, path); }

  void note_folder(const Node& folder, std::size_t base) {
    if (request_.options.keep_structure) selection_.folders.push_back({folder.path, base, selection_.entries.size()});
  }

  Result<void> take_asset(Node node, std::size_t base) {
    if (request_.targets.size() > 1 && !taken_.insert(node.id).second) return ok();
    auto& asset = *node.asset;
    selection_.is_cut = ++selection_.asset_count > limits_.assets;
    if (asset.set != model::SetKind::none) {
      refuse(node.path, "set",
             fmt::format("sets cannot be downloaded: this is a{} {}", asset.set == model::SetKind::image_set ? "n" : "",
                         model::name_of(asset.set)));
      return ok();
    }
    ASSIGN_OR_RETURN(auto obstacle, obstacles_.find(node));
    if (obstacle) {
      selection_.skipped.push_back(*std::move(obstacle));
      return ok();
    }
    auto modified = std::chrono::floor<std::chrono::seconds>(asset.modified);
    for (std::size_t i = 0; i < selection_.wanted.size(); ++i) {
      const auto& types = selection_.wanted[i].mime_types;
      if (!types.empty() && std::find(types.begin(), types.end(), asset.mime_type) == types.end()) continue;
      if (++selection_.to_be_made > limits_.renditions) continue;
      bool is_last = !request_.options.originals && i + 1 == selection_.wanted.size();
      SelectedEntry entry{node.id,
                          is_last ? std::move(node.path) : node.path,
                          selection_.wanted[i].name,
                          base,
                          asset.original,
                          asset.mime_type,
                          modified,
                          static_cast<std::uint32_t>(i + 1),
                          false};
      renditions_.push_back(std::move(entry));
    }
    if (request_.options.originals) take_original(std::move(node), base);
    for (auto& entry : renditions_) selection_.entries.push_back(std::move(entry));
    renditions_.clear();
    selection_.is_cut = selection_.is_cut || selection_.total_size > limits_.bytes;
    return ok();
  }

  void take_original(Node node, std::size_t base) {
    auto& asset = *node.asset;
    selection_.total_size += asset.original.size;
    if (selection_.entries.size() == selection_.entries.capacity())  // fewer copies than when it doubles
      selection_.entries.reserve(std::max<std::size_t>(64, 4 * selection_.entries.size()));
    selection_.entries.push_back({node.id, std::move(node.path), "original", base, asset.original,
                                  std::move(asset.mime_type), std::chrono::floor<std::chrono::seconds>(asset.modified),
                                  0, true});
  }

  void refuse(const AssetPath& path, std::string reason, std::string message) {
    selection_.skipped.push_back({path.text(), std::move(reason), std::move(message)});
  }

  const DownloadRequest& request_;
  const model::Caller& caller_;
  const model::AccessRules& rules_;
  const model::AssetRepository& assets_;
  const SelectionLimits limits_;
  const model::PrivilegeSet needed_;
  Obstacles obstacles_;
  Selection selection_;
  std::vector<SelectedEntry> renditions_;  // of the asset at hand
  std::unordered_set<std::int64_t> taken_;
};

}  // namespace

model::PrivilegeSet needed_privileges(const DownloadRequest& request) {
  auto needed = model::set_of(Privilege::read);
  if (request.options.originals || request.options.subassets) needed = needed | Privilege::original;
  if (request.options.wants_renditions()) needed = needed | Privilege::rendition;
  for (const auto& other : request.also) needed = static_cast<model::PrivilegeSet>(needed | needed_privileges(other));
  return needed;
}

std::string SelectedEntry::file_name() const {
  if (wanted == 0) return std::string(asset.name());
  auto stem = asset.name();
  if (auto dot = stem.rfind('.'); dot != stem.npos && dot > 0) stem = stem.substr(0, dot);
  auto dot = rendition.rfind('.');
  return fmt::format("{} ({}){}", stem, rendition.substr(0, dot), dot == rendition.npos ? "" : rendition.substr(dot));
}

Result<Selection> select(const DownloadRequest& request, const model::Caller& caller, const model::AccessRules& rules,
                         const Library& library, Seconds now, std::vector<WantedRendition> wanted,
                         const SelectionLimits& limits, model::PrivilegeSet needed) {
  return Selector(request, caller, rules, library, now, std::move(wanted), limits, needed).run();
}

namespace {

std::string key_of(const SelectedEntry& entry) {
  return fmt::format("{}/{}/{}", entry.asset_id, entry.rendition, entry.content.id.hex());
}

// Each thing once.
void append_entries(Selection& selection, Selection& more) {
  auto first_wanted = static_cast<std::uint32_t>(selection.wanted.size());
  std::unordered_set<std::string> there;
  for (const auto& entry : selection.entries) there.insert(key_of(entry));
  for (auto& wanted : more.wanted) selection.wanted.push_back(std::move(wanted));
  auto folder = more.folders.begin();
  std::unordered_set<std::string> folders;
  for (const auto& known : selection.folders) folders.insert(known.path.text());
  auto take_folders = [&](std::size_t before) {
    for (; folder != more.folders.end() && folder->before_entry <= before; ++folder) {
      if (!folders.insert(folder->path.text()).second) continue;
      selection.folders.push_back({folder->path, folder->base, selection.entries.size()});
    }
  };
  for (std::size_t i = 0; i < more.entries.size(); ++i) {
    take_folders(i);
    auto& entry = more.entries[i];
    if (!there.insert(key_of(entry)).second) {
      more.total_size -= entry.content.size;
      continue;
    }
    if (entry.wanted > 0) entry.wanted += first_wanted;
    selection.entries.push_back(std::move(entry));
  }
  take_folders(more.entries.size());
}

void gather_by_asset(std::vector<SelectedEntry>& entries) {
  std::unordered_map<std::int64_t, std::size_t> places;  // in the order in which assets come first
  for (const auto& entry : entries) places.emplace(entry.asset_id, places.size());
  std::stable_sort(entries.begin(), entries.end(), [&](const SelectedEntry& a, const SelectedEntry& b) {
    return places.find(a.asset_id)->second < places.find(b.asset_id)->second;
  });
}

}  // namespace

void append(Selection& selection, Selection more) {
  append_entries(selection, more);
  if (selection.folders.empty()) gather_by_asset(selection.entries);
  std::unordered_set<std::string> told;
  auto text_of = [](const model::Skipped& one) { return one.path + "\n" + one.reason + "\n" + one.message; };
  for (const auto& item : selection.skipped) told.insert(text_of(item));
  for (auto& item : more.skipped) {
    if (told.insert(text_of(item)).second) selection.skipped.push_back(std::move(item));
  }
  for (auto& turn : more.turns) selection.turns.push_back(std::move(turn));
  merge(selection.licences, std::move(more.licences));
  auto earlier = [](auto a, auto b) { return a && b ? std::min(a, b) : a ? a : b; };
  selection.assets_expire = earlier(selection.assets_expire, more.assets_expire);
  selection.asset_count += more.asset_count;
  selection.to_be_made += more.to_be_made;
  selection.total_size += more.total_size;
  selection.is_cut = selection.is_cut || more.is_cut;
}

json::object to_json(const Selection& selection) {
  json::array entries, folders, skipped;
  for (const auto& entry : selection.entries) {
    if (!entry.is_made) {
      entries.push_back(json::object{{"path", entry.asset.text()},
                                     {"rendition", entry.rendition},
                                     {"query", selection.wanted[entry.wanted - 1].query},
                                     {"toBeMade", true}});
      continue;
    }
    entries.push_back(json::object{{"path", entry.asset.text()},
                                   {"rendition", entry.rendition},
                                   {"relativePath", entry.relative_path()},
                                   {"mimeType", entry.mime_type},
                                   {"size", entry.content.size},
                                   {"sha256", entry.content.id.hex()},
                                   {"crc32", fmt::format("{:08x}", entry.content.crc32)},
                                   {"modified", format_utc(entry.modified)}});
  }
  for (const auto& folder : selection.folders) folders.emplace_back(folder.path.text());
  for (const auto& item : selection.skipped) {
    skipped.push_back(json::object{{"path", item.path}, {"reason", item.reason}, {"message", item.message}});
  }
  return {{"suggestedName", selection.suggested_name},
          {"assetCount", selection.asset_count},
          {"totalSize", selection.total_size},
          {"entries", std::move(entries)},
          {"folders", std::move(folders)},
          {"skipped", std::move(skipped)}};
}

}  // namespace dray::pipeline
