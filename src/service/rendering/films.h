// Films: a frame that stands for the whole, and a preview in H.264. ffmpeg makes both, in a process of its own behind
// the same walls as the workers: it reads what strangers have sent.
#pragma once

#include <atomic>
#include <chrono>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "pipeline/renditions/settings.h"

namespace dray::service {

struct FilmsConfig {
  // Puts up walls and becomes the program that is named behind it. The film is its descriptor 3, what it may write 4.
  std::vector<std::string> confine;
  std::string ffmpeg = "/usr/bin/ffmpeg", ffprobe = "/usr/bin/ffprobe";
  std::string scratch;                // a folder on the disk of the blobs; what is made lies there without a name
  std::chrono::seconds patience{60};  // with a frame
  std::chrono::seconds preview_patience{7200};  // with a preview
};

struct FilmFacts {
  pipeline::PixelSize size;  // as it is seen: pixels made square, turned
  double duration = 0;       // seconds; 0: not known
};

struct FilmPreview {
  UniqueFd content;  // an MP4 that can be shown while it comes
  ByteCount length = 0;
  pipeline::PixelSize size;
};

// Safe for use from any thread.
class Films {
 public:
  explicit Films(FilmsConfig config) : config_(std::move(config)) {}

  // Whatever runs ends soon with Code::gone, and nothing begins any more.
  void stop() { stopped_ = true; }

  // `film` holds nothing but the film; its size and times. Code::invalid: it is damaged, none that is known, or has no
  // pictures. Code::unavailable: ffmpeg is not installed.
  Result<FilmFacts> inspect(int film, std::string_view mime_type) const;
  // A frame from the middle, as PNG, no larger than 1280 x 1280.
  Result<UniqueFd> make_poster(int film, std::string_view mime_type) const;
  // The largest size inside `box`, never enlarged.
  // Code::gone: `stopped` was set meanwhile.
  Result<FilmPreview> make_preview(int film, std::string_view mime_type, pipeline::PixelSize box,
                                   const std::atomic<bool>* stopped = nullptr) const;

 private:
  Result<void> run(const std::vector<std::string>& program, int film, int standard_output, int output,
                   std::chrono::seconds patience, const std::atomic<bool>* stopped = nullptr) const;

  const FilmsConfig config_;
  std::atomic<bool> stopped_ = false;
};

}  // namespace dray::service
