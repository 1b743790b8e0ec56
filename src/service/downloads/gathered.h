// A selection on its way to being planned. Private to this module.
#pragma once

#include "service/downloads/downloads.h"

namespace dray::service {

struct Downloads::Gathered {
  pipeline::DownloadRequest request;
  RenditionRules rules;
  Wishes wishes;
  pipeline::Selection selection;

  bool has_wishes() const { return !wishes.wishes.empty(); }
};

}  // namespace dray::service
