// From a request to artifacts: selecting, making renditions, planning, laying out, storing manifests.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "pipeline/layout/manifest.h"
#include "service/downloads/gathered.h"

namespace dray::service {
namespace {

using model::Artifact;
using model::Caller;

constexpr unsigned kAssetsAtOnce = 4;  // of which renditions are made

Artifact archive_artifact(const pipeline::Layout& layout, const model::Blob& manifest) {
  return {
      layout.name, model::ArtifactKind::archive, "application/zip", layout.length, layout.end.entry_count, manifest.id,
      0,           layout.last_modified};
}

Artifact file_artifact(const pipeline::Plan& plan, const pipeline::SelectedEntry& entry) {
  return {plan.file_name,   model::ArtifactKind::file, entry.mime_type, entry.content.size, 1,
          entry.content.id, entry.content.crc32,       entry.modified};
}

// Those of one archive are; two archives may have parts of the same name.
void make_names_unique(std::vector<Artifact>& artifacts) {
  std::unordered_set<std::string> names;
  for (auto& artifact : artifacts) {
    auto dot = std::min(artifact.name.rfind('.'), artifact.name.size());
    auto stem = artifact.name.substr(0, dot), extension = artifact.name.substr(dot);
    for (int i = 2; !names.insert(artifact.name).second; ++i)
      artifact.name = fmt::format("{} ({}){}", stem, i, extension);
  }
}

}  // namespace

json::object to_json(const Explanation& explanation) {
  json::array layouts;
  for (const auto& layout : explanation.layouts) layouts.push_back(to_json(layout));
  return {{"request", to_json(explanation.request)},
          {"selection", to_json(explanation.selection)},
          {"plan", to_json(explanation.plan, explanation.selection)},
          {"layouts", std::move(layouts)}};
}

// The request, and what else it has.
Result<std::vector<Downloads::Gathered>> Downloads::gather_all(const pipeline::DownloadRequest& request,
                                                               const Caller& caller,
                                                               const pipeline::SelectionLimits& limits) const {
  std::vector<Gathered> all;
  auto left = limits;
  left.renditions = config_.renditions;
  auto needed = pipeline::needed_privileges(request);  // in all of them: rights are asked again for the whole
  auto gather_one = [&](const pipeline::DownloadRequest& one) -> Result<void> {
    ASSIGN_OR_RETURN(auto gathered, gather(one, caller, left, needed));
    left.assets -= std::min(left.assets, gathered.selection.asset_count);
    left.bytes -= std::min(left.bytes, gathered.selection.total_size);
    left.renditions -= std::min(left.renditions, gathered.selection.to_be_made);
    all.push_back(std::move(gathered));
    return ok();
  };
  auto first = request;
  first.also.clear();
  RETURN_IF_ERROR(gather_one(first));
  for (std::size_t i = 0; i < request.also.size() && !all.back().selection.is_cut; ++i)
    RETURN_IF_ERROR(gather_one(request.also[i]));
  return all;
}

Result<Downloads::Gathered> Downloads::gather(const pipeline::DownloadRequest& request, const Caller& caller,
                                              const pipeline::SelectionLimits& limits,
                                              model::PrivilegeSet needed) const {
  Gathered gathered;
  gathered.request = request;
  ASSIGN_OR_RETURN(auto rules, parts_.access.list_rules());
  auto settings = parts_.renderer ? parts_.renderer->settings() : pipeline::ImageSettings();
  ASSIGN_OR_RETURN(gathered.rules, read_rules(parts_.processing_profiles, settings.static_renditions));
  ASSIGN_OR_RETURN(gathered.wishes, resolve_wishes(request, {parts_.presets, gathered.rules, parts_.smart_crops}));
  ASSIGN_OR_RETURN(gathered.selection,
                   pipeline::select(request, caller, model::AccessRules(std::move(rules)), library(),
                                    parts_.clock.now(), gathered.wishes.wanted(), limits, needed));
  auto& skipped = gathered.selection.skipped;
  skipped.insert(skipped.end(), gathered.wishes.skipped.begin(), gathered.wishes.skipped.end());
  if (gathered.selection.to_be_made > limits.renditions)
    return Error{Code::too_large, fmt::format("this download has more renditions than the {} that the administrator "
                                              "allows: select less",
                                              config_.renditions)};
  return gathered;
}

Result<void> Downloads::make(Gathered& gathered, Preparation& preparation) const {
  if (!gathered.has_wishes()) return ok();
  if (!parts_.renderer) return Error{Code::unavailable, "renditions cannot be made here: ask a running server"};
  std::vector<model::ImageProfile> image_profiles;
  if (parts_.smart_crops) {
    ASSIGN_OR_RETURN(image_profiles, parts_.smart_crops->profiles());
  }
  return make_renditions(
      gathered.selection, gathered.wishes,
      {preparation, *parts_.renderer, parts_.smart_crops, parts_.assets, gathered.rules, std::move(image_profiles)},
      kAssetsAtOnce);
}

// One explanation for each archive name.
Result<std::vector<Explanation>> Downloads::plan(std::vector<Gathered> gathered, Preparation& preparation) const {
  model::DownloadProgress totals;
  totals.begun = parts_.clock.now();
  for (const auto& one : gathered) {
    totals.assets += one.selection.asset_count;
    totals.bytes += one.selection.total_size;
    totals.renditions += one.selection.to_be_made;
  }
  preparation.begin(totals);
  bool has_wishes = std::any_of(gathered.begin(), gathered.end(), [](const Gathered& one) { return one.has_wishes(); });
  std::vector<Explanation> prepared;
  std::unordered_map<std::string, std::size_t> places;  // by archive name
  for (auto& one : gathered) {
    RETURN_IF_ERROR(make(one, preparation));
    auto [place, is_new] = places.emplace(pipeline::make_archive_name(one.request.archive_name, ""), prepared.size());
    if (is_new)
      prepared.push_back({std::move(one.request), std::move(one.selection), {}, {}});
    else
      pipeline::append(prepared[place->second].selection, std::move(one.selection));
  }
  for (auto& one : prepared) {
    RETURN_IF_ERROR(lay_out(one, has_wishes ? nullptr : &preparation));
    if (preparation.is_stopped()) return Error{Code::gone, "the download was stopped"};
  }
  preparation.end();
  return prepared;
}

Result<void> Downloads::lay_out(Explanation& prepared, Preparation* preparation) const {
  leave_out_missing_blobs(prepared.selection, preparation);
  prepared.plan = pipeline::make_plan(prepared.request, prepared.selection, config_.policy);
  for (const auto& archive : prepared.plan.archives) {
    ASSIGN_OR_RETURN(auto layout, pipeline::lay_out(archive, prepared.selection));
    prepared.layouts.push_back(std::move(layout));
  }
  return ok();
}

Result<Explanation> Downloads::explain(const pipeline::DownloadRequest& request, const Caller& caller) const {
  ASSIGN_OR_RETURN(auto gathered, gather_all(request, caller, {}));
  if (!gathered.front().has_wishes()) {
    Preparation preparation;
    ASSIGN_OR_RETURN(auto prepared, plan(std::move(gathered), preparation));
    return std::move(prepared.front());
  }
  Explanation explanation;  // no further: what is still to be made has no size
  explanation.request = request;
  explanation.selection = std::move(gathered.front().selection);
  return explanation;
}

void Downloads::leave_out_missing_blobs(pipeline::Selection& selection, Preparation* preparation) const {
  constexpr std::uint64_t kTold = 1000;
  std::uint64_t assets = 0;
  ByteCount bytes = 0;
  auto is_missing = [&](const pipeline::SelectedEntry& entry) {
    bytes += entry.content.size;
    if (preparation && ++assets == kTold) preparation->add_done(std::exchange(assets, 0), std::exchange(bytes, 0), 0);
    return parts_.blobs.find_size(entry.content.id) != entry.content.size;
  };
  auto first = std::find_if(selection.entries.begin(), selection.entries.end(), is_missing);
  if (first == selection.entries.end()) return;
  std::vector<pipeline::SelectedEntry> kept(std::make_move_iterator(selection.entries.begin()),
                                            std::make_move_iterator(first));
  for (auto entry = first; entry != selection.entries.end(); ++entry) {
    if (entry != first && !is_missing(*entry)) {
      kept.push_back(std::move(*entry));
      continue;
    }
    selection.skipped.push_back(
        {entry->asset.text(), "missing", "its stored file is missing or damaged: tell the administrator"});
    selection.total_size -= entry->content.size;
    auto index = kept.size();
    for (auto& folder : selection.folders) folder.before_entry -= folder.before_entry > index ? 1 : 0;
  }
  selection.entries = std::move(kept);
}

Result<std::vector<Artifact>> Downloads::make_artifacts(const std::vector<Explanation>& prepared) const {
  std::vector<Artifact> artifacts;
  auto batch = parts_.blobs.begin();
  for (const auto& one : prepared) {
    if (one.plan.delivery == pipeline::Delivery::file)
      artifacts.push_back(file_artifact(one.plan, one.selection.entries.front()));
    for (const auto& layout : one.layouts) {
      auto manifest = pipeline::format_manifest(layout);
      model::BytesSource source(bytes_of(manifest));
      ASSIGN_OR_RETURN(auto blob, batch->put(source, manifest.size()));
      artifacts.push_back(archive_artifact(layout, blob));
    }
  }
  RETURN_IF_ERROR(batch->commit());
  make_names_unique(artifacts);
  return artifacts;
}

}  // namespace dray::service
