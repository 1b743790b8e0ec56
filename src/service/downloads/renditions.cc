#include "service/downloads/renditions.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include "base/text.h"
#include "pipeline/renditions/encode.h"
#include "pipeline/renditions/pages.h"

namespace dray::service {
namespace {

using pipeline::SelectedEntry;

bool is_default(const pipeline::StaticRendition& rendition, pipeline::Generation generation) {
  for (const auto* known : {&pipeline::default_static_renditions(generation), &pipeline::film_renditions()}) {
    if (std::find(known->begin(), known->end(), rendition) != known->end()) return true;
  }
  return false;
}

struct Asked {
  bool for_all = false, must_have = false, if_any = false;  // as in Wish
};

void add_static(const pipeline::StaticRendition& rendition, Asked asked, Wishes& wishes) {
  auto known = std::any_of(wishes.wishes.begin(), wishes.wishes.end(),
                           [&](const Wish& wish) { return wish.fixed && *wish.fixed == rendition; });
  if (known) return;
  Wish wish;
  wish.wanted.name = usual_name(rendition);
  wish.fixed = rendition;
  wish.for_all = asked.for_all;
  wish.must_have = asked.must_have;
  wish.if_any = asked.if_any;
  wishes.wishes.push_back(std::move(wish));
}

// Something about the request as a whole: once, at its first target.
void note(const pipeline::DownloadRequest& request, std::string reason, std::string message, Wishes& wishes) {
  constexpr std::size_t kMost = 100;
  model::Skipped skipped{request.targets.empty() ? "" : request.targets.front().text(), std::move(reason),
                         std::move(message)};
  bool is_known = std::find(wishes.skipped.begin(), wishes.skipped.end(), skipped) != wishes.skipped.end();
  if (!is_known && wishes.skipped.size() < kMost) wishes.skipped.push_back(std::move(skipped));
}

void resolve_static(const pipeline::DownloadRequest& request, const WishSources& sources, Wishes& wishes) {
  auto all = all_static_renditions(sources.rules);
  for (const auto& pattern : request.options.renditions) {
    bool found = false;
    for (const auto& rendition : all) {
      auto name = usual_name(rendition);
      if (!matches_pattern(pattern, name)) continue;
      found = true;
      if (request.options.exclude_default_renditions && is_default(rendition, sources.rules.generation)) continue;
      add_static(rendition, {.must_have = pattern == name, .if_any = pattern == "*"}, wishes);
    }
    if (auto rendition = found ? std::nullopt : pipeline::static_rendition_of(pattern, sources.rules.generation)) {
      add_static(*rendition, {.for_all = true, .must_have = true}, wishes);
      found = true;
    }
    if (!found) note(request, "no_rendition", fmt::format("there is no static rendition {}", pattern), wishes);
  }
}

Result<void> resolve_dynamic(const pipeline::DownloadRequest& request, const WishSources& sources, Wishes& wishes) {
  for (const auto& dynamic : request.options.dynamic) {
    ASSIGN_OR_RETURN(auto reading, is::read_query(dynamic.query, model::queries_of(sources.presets)));
    if (reading.question != is::Question())
      return Error{Code::invalid, "a rendition is a picture: req has no place in a download"};
    for (const auto& name : reading.unknown)
      note(request, "unknown_command", fmt::format("the image modifier {} is not known, and was ignored", name),
           wishes);
    auto extension = pipeline::extension_of(reading.recipe.output.value_or(is::Output()).format);
    auto name = dynamic.preset.empty() ? "" : fmt::format("{}.{}", dynamic.preset, extension);
    Wish wish;
    wish.wanted = {name, is::format_query(reading.recipe)};
    wish.recipe = std::move(reading.recipe);
    wishes.wishes.push_back(std::move(wish));
  }
  return ok();
}

// A crop is a JPEG of its size.
Result<void> resolve_crops(const pipeline::DownloadRequest& request, const WishSources& sources, Wishes& wishes) {
  auto names = request.options.smart_crops;
  if (request.options.all_smart_crops && sources.smart_crops) {
    ASSIGN_OR_RETURN(names, sources.smart_crops->all_names());
  }
  for (const auto& name : names) {
    Wish wish;
    wish.wanted = {name + ".jpg", ":" + name};
    wish.recipe.embeds_profile = true;
    wish.crop = name;
    wish.must_have = !request.options.all_smart_crops;
    wishes.wishes.push_back(std::move(wish));
  }
  return ok();
}

struct CropsOfAsset {
  std::vector<model::SmartCrop> crops;
  std::string failure;  // why there are none
};

// One asset's entries, which follow each other in the selection.
struct Group {
  std::size_t begin = 0, end = 0;
};

class Maker {
 public:
  Maker(pipeline::Selection& selection, const Wishes& wishes, const RenditionMakers& makers)
      : selection_(selection),
        wishes_(wishes),
        makers_(makers),
        renderer_(makers.renderer),
        failures_(selection.entries.size()),
        pages_(selection.entries.size()) {}

  Result<void> run(unsigned at_once) {
    find_groups();
    auto count = std::min<std::size_t>(std::max(1u, at_once), groups_.size());
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < count; ++i) threads.emplace_back([this] { work(); });
    for (auto& thread : threads) thread.join();
    if (error_) return *std::move(error_);
    drop_failures();
    note_missing_pages();
    return ok();
  }

 private:
  Waiting waiting() const { return {Admission::always, &makers_.preparation.stopped()}; }

  void find_groups() {
    const auto& entries = selection_.entries;
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (entries[i].is_made) continue;
      auto end = i + 1;
      while (end < entries.size() && entries[end].asset_id == entries[i].asset_id && !entries[end].is_made) ++end;
      groups_.push_back({i, end});
      i = end - 1;
    }
  }

  void work() {
    for (auto i = next_++; i < groups_.size(); i = next_++) {
      {
        std::lock_guard lock(mutex_);
        if (error_) return;
        if (makers_.preparation.is_stopped() || makers_.preparation.is_late()) {
          error_ = Error{Code::gone, "the download was stopped"};
          return;
        }
      }
      auto done = [&]() -> Result<void> {
        try {
          return make(groups_[i]);
        } catch (const std::exception& error) {
          return Error{Code::unavailable, "renditions could not be made", error.what()};
        }
      }();
      if (done) {
        const auto& entry = selection_.entries[groups_[i].begin];
        auto of_original = groups_[i].begin > 0 && selection_.entries[groups_[i].begin - 1].asset_id == entry.asset_id;
        const auto& original = selection_.entries[groups_[i].begin - (of_original ? 1 : 0)];
        makers_.preparation.add_done(1, of_original ? original.content.size : 0, groups_[i].end - groups_[i].begin);
        continue;
      }
      std::lock_guard lock(mutex_);
      if (!error_) error_ = done.error();
    }
  }

  // The static ones together, since they come from one decoding.
  Result<void> make(const Group& group) {
    const auto& first = selection_.entries[group.begin];
    Original original{first.content, first.mime_type};
    auto usual = static_renditions_of(makers_.rules, first.asset, original.mime_type);
    std::vector<pipeline::StaticRendition> fixed;
    std::vector<std::size_t> places;
    std::optional<CropsOfAsset> crops;  // once one was asked for
    bool no_crops_said = false;
    for (auto i = group.begin; i < group.end; ++i) {
      const auto& wish = wishes_.wishes[selection_.entries[i].wanted - 1];
      if (wish.pages) {
        ASSIGN_OR_RETURN(pages_[i], renderer_.list_subassets(original));
        continue;
      }
      if (!wish.crop.empty() && !wish.must_have && !asks_for_crop(first.asset, wish.crop)) continue;
      bool is_alpha = wish.fixed && wish.fixed->kind == pipeline::StaticRendition::Kind::alpha;
      if (is_alpha && !wish.must_have && !pipeline::can_be_rendered(original.mime_type)) continue;
      bool is_usual = wish.fixed && std::find(usual.begin(), usual.end(), *wish.fixed) != usual.end();
      if (usual.empty() && !pipeline::can_be_rendered(original.mime_type)) {
        if (wish.if_any) continue;
        bool is_any_crop = !wish.crop.empty() && !wish.must_have;  // of all that there are: said once
        if (is_any_crop && std::exchange(no_crops_said, true)) continue;
        if (is_any_crop) selection_.entries[i].rendition = "smart crops";
        failures_[i] = fmt::format("files of the type {} have no renditions", original.mime_type);
      } else if (wish.fixed && !is_usual && !(wish.for_all && pipeline::can_be_rendered(original.mime_type))) {
        if (wish.must_have) failures_[i] = "it has no such rendition";
      } else if (wish.fixed) {
        fixed.push_back(*wish.fixed);
        places.push_back(i);
      } else if (!pipeline::can_be_rendered(original.mime_type)) {
        failures_[i] = fmt::format("files of the type {} are not made into pictures", original.mime_type);
      } else if (!wish.crop.empty()) {
        RETURN_IF_ERROR(make_crop(i, original, wish, crops));
      } else {
        RETURN_IF_ERROR(keep(i, renderer_.keep(original, wish.recipe, std::nullopt, waiting())));
      }
    }
    if (fixed.empty()) return ok();
    ASSIGN_OR_RETURN(auto made, renderer_.keep_static(original, fixed, waiting()));
    for (std::size_t i = 0; i < made.size(); ++i) put(places[i], made[i]);
    return ok();
  }

  // Whether the image profile of an asset's folder has the crop.
  bool asks_for_crop(const AssetPath& asset, const std::string& crop) const {
    const auto* profile = model::profile_for(makers_.image_profiles, asset);
    return profile &&
           std::any_of(profile->crops.begin(), profile->crops.end(), [&](const auto& one) { return one.name == crop; });
  }

  // A fault of the original is this entry's; any other is the whole download's.
  Result<void> keep(std::size_t index, Result<model::Rendition> made) {
    if (!made && made.error().code != Code::invalid) return std::move(made).error();
    if (made)
      put(index, *made);
    else
      failures_[index] = made.error().message;
    return ok();
  }

  Result<void> make_crop(std::size_t index, const Original& original, const Wish& wish,
                         std::optional<CropsOfAsset>& crops) {
    if (!crops) {
      ASSIGN_OR_RETURN(auto node, makers_.assets.find(selection_.entries[index].asset));
      auto found = node && makers_.smart_crops ? makers_.smart_crops->of(*node)
                                               : Result<std::vector<model::SmartCrop>>(std::vector<model::SmartCrop>());
      if (!found && !(found.error().code == Code::invalid)) return std::move(found).error();
      crops.emplace();
      if (found)
        crops->crops = *std::move(found);
      else
        crops->failure = found.error().message;
    }
    if (!crops->failure.empty()) {
      failures_[index] = crops->failure;
      return ok();
    }
    auto crop =
        std::find_if(crops->crops.begin(), crops->crops.end(), [&](const auto& one) { return one.name == wish.crop; });
    if (crop == crops->crops.end()) {
      if (wish.must_have) failures_[index] = "there is no such smart crop of it";
      return ok();
    }
    return keep(index, renderer_.keep(original, wish.recipe, area_of(*crop), waiting()));
  }

  void put(std::size_t index, const model::Rendition& made) {
    if (!made.failure.empty()) {
      bool is_worth_a_word = !made.does_not_apply() || wishes_.wishes[selection_.entries[index].wanted - 1].must_have;
      if (is_worth_a_word) failures_[index] = made.failure;
      return;
    }
    auto& entry = selection_.entries[index];
    if (!made.name.empty())
      entry.rendition = made.name;
    else if (entry.rendition.empty())
      entry.rendition = fmt::format("{}x{}.{}", made.width, made.height, extension_of(entry));
    entry.content = made.content;
    entry.mime_type = made.mime_type;
    entry.is_made = true;
  }

  std::string_view extension_of(const SelectedEntry& entry) const {
    return pipeline::extension_of(wishes_.wishes[entry.wanted - 1].recipe.output.value_or(is::Output()).format);
  }

  // Sub-assets were asked for, and nothing has any: that may be because none are made here.
  void note_missing_pages() {
    bool are_wanted = std::any_of(wishes_.wishes.begin(), wishes_.wishes.end(), [](auto& wish) { return wish.pages; });
    bool are_there = std::any_of(pages_.begin(), pages_.end(), [](const auto& pages) { return !pages.empty(); });
    if (are_wanted && !are_there && !first_path_.empty())
      selection_.skipped.push_back({first_path_, "no_subassets", "nothing in the selection has sub-assets"});
  }

  void drop_failures() {
    std::vector<SelectedEntry> kept;
    kept.reserve(selection_.entries.size());
    std::vector<std::size_t> before(selection_.entries.size() + 1);
    for (std::size_t i = 0; i < selection_.entries.size(); ++i) {
      before[i] = kept.size();
      auto& entry = selection_.entries[i];
      for (auto& page : pages_[i]) {
        auto copy = entry;
        copy.rendition = page.name;
        copy.content = page.content;
        copy.mime_type = page.mime_type;
        copy.is_made = true;
        selection_.total_size += copy.content.size;
        kept.push_back(std::move(copy));
      }
      if (!entry.is_made && failures_[i].empty()) continue;  // it has no such crop, which was not asked for by name
      if (!entry.is_made) {
        auto name = entry.rendition.empty() ? wishes_.wishes[entry.wanted - 1].wanted.query : entry.rendition;
        selection_.skipped.push_back({entry.asset.text(), "not_rendered", fmt::format("{}: {}", name, failures_[i])});
        continue;
      }
      if (entry.wanted > 0) selection_.total_size += entry.content.size;
      kept.push_back(std::move(entry));
    }
    before.back() = kept.size();
    for (auto& folder : selection_.folders) folder.before_entry = before[folder.before_entry];
    selection_.entries = std::move(kept);
  }

  pipeline::Selection& selection_;
  const Wishes& wishes_;
  const RenditionMakers& makers_;
  Renderer& renderer_;
  std::vector<Group> groups_;
  std::vector<std::string> failures_;  // by entry; each is written by one thread
  std::vector<std::vector<model::Rendition>> pages_;
  const std::string first_path_ = selection_.entries.empty() ? "" : selection_.entries.front().asset.text();
  std::atomic<std::size_t> next_ = 0;
  std::mutex mutex_;
  std::optional<Error> error_;  // guarded by mutex_
};

}  // namespace

std::vector<pipeline::WantedRendition> Wishes::wanted() const {
  std::vector<pipeline::WantedRendition> wanted;
  for (const auto& wish : wishes) wanted.push_back(wish.wanted);
  return wanted;
}

Result<Wishes> resolve_wishes(const pipeline::DownloadRequest& request, const WishSources& sources) {
  Wishes wishes;
  resolve_static(request, sources, wishes);
  if (request.options.subassets) {
    Wish wish;
    wish.wanted = {"subassets", "", pipeline::types_with_pages()};
    wish.pages = true;
    wishes.wishes.push_back(std::move(wish));
  }
  RETURN_IF_ERROR(resolve_crops(request, sources, wishes));
  RETURN_IF_ERROR(resolve_dynamic(request, sources, wishes));
  return wishes;
}

Result<void> make_renditions(pipeline::Selection& selection, const Wishes& wishes, const RenditionMakers& makers,
                             unsigned at_once) {
  return Maker(selection, wishes, makers).run(at_once);
}

}  // namespace dray::service
