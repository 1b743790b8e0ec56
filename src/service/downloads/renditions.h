// The renditions of a download: which are wanted, and making those of a selection.
#pragma once

#include <vector>

#include "base/result.h"
#include "lang/is/recipe.h"
#include "model/renditions/preset_repository.h"
#include "pipeline/renditions/static_renditions.h"
#include "pipeline/select/selection.h"
#include "service/downloads/preparation.h"
#include "service/rendering/asset_renditions.h"
#include "service/rendering/renderer.h"
#include "service/rendering/smart_crops.h"

namespace dray::service {

// One thing that is made of every asset: static, or by a recipe.
struct Wish {
  pipeline::WantedRendition wanted;
  std::optional<pipeline::StaticRendition> fixed;
  bool for_all = false;  // whether `fixed` is made of every asset, not only of those that get it anyway
  is::Recipe recipe;
  std::string crop;        // a smart crop's name
  bool pages = false;      // the sub-assets, however many there are
  bool must_have = false;  // whether an asset without it is worth a word
  bool if_any = false;     // asked for as "*": all that there are, and none is no word worth
};

struct Wishes {
  std::vector<Wish> wishes;
  std::vector<model::Skipped> skipped;  // names that nothing has, commands that are not known

  std::vector<pipeline::WantedRendition> wanted() const;
};

// Code::invalid: a preset or a command that is wrong.
struct WishSources {
  const model::PresetRepository& presets;
  const RenditionRules& rules;
  const SmartCrops* smart_crops;
};
Result<Wishes> resolve_wishes(const pipeline::DownloadRequest& request, const WishSources& sources);

// Makes what `selection` marks, several assets at a time; what cannot be made goes to its `skipped`. Code::unavailable
// and the like where making itself fails, and it may be tried again.
struct RenditionMakers {
  Preparation& preparation;  // is told of each asset; where it is stopped, the answer is Code::gone
  Renderer& renderer;
  SmartCrops* smart_crops;
  const model::AssetRepository& assets;
  const RenditionRules& rules;
  std::vector<model::ImageProfile> image_profiles;
};
Result<void> make_renditions(pipeline::Selection& selection, const Wishes& wishes, const RenditionMakers& makers,
                             unsigned at_once);

}  // namespace dray::service
