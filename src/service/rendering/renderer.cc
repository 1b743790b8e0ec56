#include "service/rendering/renderer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <condition_variable>
#include <list>
#include <thread>
#include <unordered_map>

#include "base/file.h"
#include "pipeline/renditions/encode.h"
#include "pipeline/renditions/pages.h"
#include "pipeline/renditions/profiles.h"
#include "service/rendering/asset_renditions.h"

namespace dray::service {
namespace {

constexpr std::chrono::hours kFailuresKept{24};
constexpr int kMostPages = 100;            // of a document, as documented
constexpr std::string_view kEngine = "1";  // changes when the same recipe gives other pixels

// Everything that a rendition depends on beside its recipe: the settings, and what the profiles' files hold.
std::string make_settings_key(const pipeline::ImageSettings& settings) {
  RenderJob job;
  job.settings = settings;
  auto text = json::serialize(to_json(job));
  for (const auto& name : pipeline::profile_names(settings)) {
    auto path = pipeline::find_profile(name, settings);
    auto profile = path ? pipeline::read_profile(*path) : Result<std::string>(std::string());
    if (profile) text += name + sha256_of(bytes_of(*profile)).hex();
  }
  return sha256_of(bytes_of(text)).hex().substr(0, 16);
}

// A descriptor through which nothing but the original can be read: packs hold others' blobs too.
Result<UniqueFd> open_alone(const model::BlobStore& blobs, const model::BlobId& id) {
  ASSIGN_OR_RETURN(auto blob, blobs.open(id));
  struct stat status;
  // A file of its own, which nothing is appended to. Opened anew: descriptors that are copied have one place of reading
  // together.
  if (const auto* region = blob.file_region(); region && !region->mapped && region->offset == 0 &&
                                               ::fstat(region->fd, &status) == 0 &&
                                               static_cast<ByteCount>(status.st_size) == region->length)
    return open_file(fmt::format("/proc/self/fd/{}", region->fd), O_RDONLY);
  UniqueFd copy(::memfd_create("original", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!copy) return system_error("cannot open the original", errno);
  std::vector<std::byte> buffer(1024 * 1024);
  for (ByteCount at = 0; at < blob.size();) {
    ASSIGN_OR_RETURN(auto got, blob.read_at(at, buffer));
    if (got == 0) return Error{Code::corrupt, "the original is cut short"};
    RETURN_IF_ERROR(write_at(copy.get(), at, Bytes(buffer).first(got), "the original"));
    at += got;
  }
  ::fcntl(copy.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK);
  return copy;
}

// What a worker has written, as a source of a blob.
class OutputSource final : public model::BlobSource {
 public:
  OutputSource(int fd, ByteCount offset, ByteCount length) : fd_(fd), at_(offset), end_(offset + length) {}
  Result<Piece> read(MutableBytes into) override {
    auto wanted = into.first(std::min<ByteCount>(into.size(), end_ - at_));
    ASSIGN_OR_RETURN(auto got, read_at(fd_, at_, wanted, "what was made"));
    if (got < wanted.size()) return Error{Code::corrupt, "what was made is cut short"};
    at_ += got;
    return Piece{.bytes = got};
  }

 private:
  int fd_;
  ByteCount at_, end_;
};

bool is_preview(const pipeline::StaticRendition& rendition) {
  return rendition.kind == pipeline::StaticRendition::Kind::film;
}

// Whether an error says something about the original or the recipe, so that trying again is of no use.
bool is_final(const Error& error) { return error.code == Code::invalid; }

}  // namespace

// Pictures by their key, the least used forgotten first; and those in the making, which others wait for.
class Renderer::Memory {
 public:
  explicit Memory(ByteCount limit) : limit_(limit) {}

  using Answer = Result<std::shared_ptr<const Picture>>;

  template <typename Make>
  Answer get(const std::string& key, Make make) {
    std::unique_lock lock(mutex_);
    for (;;) {
      if (auto found = kept_.find(key); found != kept_.end()) {
        order_.splice(order_.begin(), order_, found->second.position);
        return found->second.picture;
      }
      auto going_on = making_.find(key);
      if (going_on == making_.end()) break;
      auto waited_for = going_on->second;
      done_.wait(lock, [&] { return waited_for->has_value(); });
      return **waited_for;
    }
    auto place = std::make_shared<std::optional<Answer>>();
    making_[key] = place;
    lock.unlock();
    auto answer = made_safely(make);
    lock.lock();
    *place = answer;
    making_.erase(key);
    done_.notify_all();
    if (answer) keep(key, *answer);
    return answer;
  }

 private:
  // Whatever happens, those who wait get an answer.
  template <typename Make>
  static Answer made_safely(Make make) {
    try {
      return make();
    } catch (const std::exception& error) {
      return Error{Code::unavailable, "the picture could not be made", error.what()};
    }
  }

  void keep(const std::string& key, std::shared_ptr<const Picture> picture) {
    auto size = picture->content.size();
    if (size > limit_ / 4) return;
    order_.push_front(key);
    kept_[key] = {std::move(picture), order_.begin()};
    for (used_ += size; used_ > limit_;) {
      auto last = kept_.find(order_.back());
      used_ -= last->second.picture->content.size();
      kept_.erase(last);
      order_.pop_back();
    }
  }

  struct Kept {
    std::shared_ptr<const Picture> picture;
    std::list<std::string>::iterator position;
  };
  const ByteCount limit_;
  std::mutex mutex_;
  std::condition_variable done_;
  std::list<std::string> order_;  // of keys, the last used first
  std::unordered_map<std::string, Kept> kept_;
  ByteCount used_ = 0;
  std::unordered_map<std::string, std::shared_ptr<std::optional<Answer>>> making_;
};

Renderer::Renderer(RendererParts parts, RendererConfig config)
    : parts_(parts),
      config_(std::move(config)),
      settings_key_(make_settings_key(config_.settings)),
      memory_(std::make_unique<Memory>(config_.kept_in_memory)) {}

Renderer::~Renderer() = default;

// Of the type, too: the same bytes under a name that lies are refused.
std::string Renderer::static_key(const Original& original, const pipeline::StaticRendition& rendition) const {
  return fmt::format("static {} {} {} {} {}x{} {} {}", kEngine, settings_key_, original.mime_type, rendition.name,
                     rendition.box.width, rendition.box.height, is::name_of(rendition.format), rendition.quality);
}

std::string Renderer::recipe_key(const Original& original, const is::Recipe& recipe, pipeline::Subject subject,
                                 const std::optional<pipeline::SmartCropArea>& area) const {
  std::string part;
  if (area) {
    const auto& box = area->box;
    part = fmt::format(" of {:.7f},{:.7f},{:.7f},{:.7f} {}x{}", box.left, box.top, box.width, box.height,
                       area->target.width, area->target.height);
  }
  return fmt::format("recipe {} {} {} {} {}{}", kEngine, settings_key_, original.mime_type, static_cast<int>(subject),
                     is::format_query(recipe), part);
}

Result<std::vector<pipeline::NormalBox>> Renderer::find_smart_crops(const Original& original,
                                                                    const std::vector<pipeline::PixelSize>& targets) {
  RenderJob job;
  job.settings = config_.settings;
  job.smart_crops = targets;
  ASSIGN_OR_RETURN(auto made, run(original, std::move(job)));
  if (made.reply.smart_crops.size() != targets.size())
    return Error{Code::unavailable, "a worker answered something else than it was asked"};
  return std::move(made.reply.smart_crops);
}

Result<std::optional<model::Rendition>> Renderer::find_static(const Original& original,
                                                              const pipeline::StaticRendition& wanted) const {
  return find_kept({original.content.id, static_key(original, wanted)});
}

// What failed is tried again after a while: it may have been the machine's fault. What has lost its bytes is not there.
Result<std::optional<model::Rendition>> Renderer::find_kept(const model::RenditionKey& key) const {
  ASSIGN_OR_RETURN(auto found, parts_.renditions.find(key));
  if (!found) return found;
  bool is_old_failure = !found->failure.empty() && found->made + kFailuresKept <= parts_.clock.now();
  bool is_lost = found->failure.empty() && parts_.blobs.find_size(found->content.id) != found->content.size;
  if (is_old_failure || is_lost) found.reset();
  return found;
}

Result<Renderer::OpenPicture> Renderer::open_original(const Original& original) const {
  if (!pipeline::can_be_rendered(original.mime_type)) {
    return Error{Code::invalid, fmt::format("files of the type {} are not made into pictures", original.mime_type)};
  }
  ASSIGN_OR_RETURN(auto file, open_alone(parts_.blobs, original.content.id));
  return OpenPicture{std::move(file), original.mime_type};
}

Result<Made> Renderer::run(const OpenPicture& picture, RenderJob job, Waiting waiting) {
  job.mime_type = picture.mime_type;
  job.limits = config_.limits;
  return parts_.workers.run(job, picture.file.get(), waiting);
}

Result<Made> Renderer::run(const Original& original, RenderJob job, Waiting waiting) {
  ASSIGN_OR_RETURN(auto picture, open_original(original));
  return run(picture, std::move(job), waiting);
}

Result<std::shared_ptr<const Picture>> Renderer::make(const Original& original, const is::Recipe& recipe,
                                                      pipeline::Subject subject,
                                                      const std::optional<pipeline::SmartCropArea>& area) {
  auto key = original.content.id.hex() + " " + recipe_key(original, recipe, subject, area);
  return memory_->get(key, [&]() -> Memory::Answer {
    RenderJob job;
    job.settings = config_.settings;
    job.recipes.push_back({recipe, subject, area});
    ASSIGN_OR_RETURN(auto made, run(original, std::move(job), {Admission::unless_crowded}));
    if (const auto* error = std::get_if<Error>(&made.reply.made.front())) return *error;
    auto picture = std::make_shared<Picture>();
    picture->about = std::get<MadeFile>(made.reply.made.front());
    picture->source = made.reply.source;
    picture->content.resize(picture->about.length);
    ASSIGN_OR_RETURN(auto got, read_at(made.output.get(), picture->about.offset,
                                       std::as_writable_bytes(std::span(picture->content)), "what was made"));
    if (got < picture->content.size()) return Error{Code::unavailable, "what was made is cut short"};
    picture->entity_tag = sha256_of(bytes_of(picture->content)).hex().substr(0, 32);
    return std::shared_ptr<const Picture>(std::move(picture));
  });
}

Result<pipeline::SourceFacts> Renderer::inspect(const Original& original) {
  RenderJob job;
  job.settings = config_.settings;
  ASSIGN_OR_RETURN(auto made, run(original, std::move(job)));
  return made.reply.source;
}

Result<model::Rendition> Renderer::store(int output, const MadeFile& file, model::BlobBatch& batch) const {
  OutputSource source(output, file.offset, file.length);
  model::Rendition rendition;
  ASSIGN_OR_RETURN(rendition.content, batch.put(source, file.length));
  rendition.name = file.name;
  rendition.mime_type = file.mime_type;
  rendition.width = static_cast<std::uint32_t>(file.size.width);
  rendition.height = static_cast<std::uint32_t>(file.size.height);
  rendition.made = parts_.clock.now();
  return rendition;
}

// What only originals that see through have is not missed where nothing can be made of one.
model::Rendition Renderer::failed(const pipeline::StaticRendition& wanted, const Error& error) const {
  auto rendition = failed(usual_name(wanted), error);
  if (wanted.kind == pipeline::StaticRendition::Kind::alpha && !rendition.does_not_apply())
    rendition.failure = fmt::format("{}{}", model::kDoesNotApply, error.message);
  return rendition;
}

model::Rendition Renderer::failed(std::string name, const Error& error) const {
  model::Rendition rendition;
  rendition.name = std::move(name);
  rendition.failure = error.message;
  rendition.made = parts_.clock.now();
  return rendition;
}

// A download without a size has all the pixels there are, whatever is the limit of image requests.
Result<model::Rendition> Renderer::keep(const Original& original, const is::Recipe& recipe,
                                        const std::optional<pipeline::SmartCropArea>& area, Waiting waiting) {
  model::RenditionKey key{original.content.id, recipe_key(original, recipe, pipeline::Subject::image, area)};
  KeyedLocks::Hold hold(keeping_, key.original.hex() + key.recipe);
  ASSIGN_OR_RETURN(auto found, find_kept(key));
  if (found && !found->failure.empty()) return Error{Code::invalid, found->failure};
  if (found) return *std::move(found);
  RenderJob job;
  job.recipes.push_back({recipe, pipeline::Subject::image, area});
  job.settings = config_.settings;
  if (!recipe.width && !recipe.height && !recipe.reduction && !area)
    job.settings.default_size = job.settings.largest = {};
  auto made = run(original, std::move(job), waiting);
  std::optional<Error> error;
  if (!made)
    error = made.error();
  else if (const auto* failure = std::get_if<Error>(&made->reply.made.front()))
    error = *failure;
  if (error && !is_final(*error)) return *error;
  if (error) {
    RETURN_IF_ERROR(parts_.renditions.put({{key, failed("", *error)}}));
    return *error;
  }
  auto batch = parts_.blobs.begin();
  ASSIGN_OR_RETURN(auto rendition, store(made->output.get(), std::get<MadeFile>(made->reply.made.front()), *batch));
  RETURN_IF_ERROR(batch->commit());
  RETURN_IF_ERROR(parts_.renditions.put({{key, rendition}}));
  return rendition;
}

Result<std::vector<model::Rendition>> Renderer::keep_static(const Original& original,
                                                            const std::vector<pipeline::StaticRendition>& wanted,
                                                            Waiting waiting) {
  std::vector<pipeline::StaticRendition> pictures;
  std::copy_if(wanted.begin(), wanted.end(), std::back_inserter(pictures),
               [](const auto& one) { return !is_preview(one); });
  ASSIGN_OR_RETURN(auto all, keep_pictures(original, pictures, waiting));
  for (std::size_t i = 0; i < wanted.size(); ++i) {  // the films last, since they take long
    if (!is_preview(wanted[i])) continue;
    ASSIGN_OR_RETURN(auto preview, keep_preview(original, wanted[i], waiting));
    all.insert(all.begin() + static_cast<std::ptrdiff_t>(i), std::move(preview));
  }
  return all;
}

Result<model::Rendition> Renderer::keep_preview(const Original& original, const pipeline::StaticRendition& wanted,
                                                Waiting waiting) {
  model::RenditionKey key{original.content.id, static_key(original, wanted)};
  auto name = key.original.hex() + key.recipe;
  std::optional<KeyedLocks::TryHold> hold;
  for (hold.emplace(keeping_, name); !*hold; hold.emplace(keeping_, name)) {  // another one may be at it, for long
    if (waiting.stopped && *waiting.stopped) return Error{Code::gone, "it was stopped"};
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  ASSIGN_OR_RETURN(auto found, find_kept(key));
  if (found) return *std::move(found);
  if (!parts_.films) return Error{Code::unavailable, "films have no renditions here"};
  ASSIGN_OR_RETURN(auto film, open_alone(parts_.blobs, original.content.id));
  auto made = parts_.films->make_preview(film.get(), original.mime_type, wanted.box, waiting.stopped);
  if (!made && !is_final(made.error())) return std::move(made).error();
  auto rendition = failed(wanted, made ? Error{} : made.error());
  if (made) {
    MadeFile file;
    file.name = wanted.name;
    file.length = made->length;
    file.mime_type = "video/mp4";
    file.size = made->size;
    auto batch = parts_.blobs.begin();
    ASSIGN_OR_RETURN(rendition, store(made->content.get(), file, *batch));
    RETURN_IF_ERROR(batch->commit());
  }
  RETURN_IF_ERROR(parts_.renditions.put({{key, rendition}}));
  return rendition;
}

Result<std::vector<model::Rendition>> Renderer::keep_pictures(const Original& original,
                                                              const std::vector<pipeline::StaticRendition>& wanted,
                                                              Waiting waiting) {
  KeyedLocks::Hold hold(keeping_, original.content.id.hex());
  std::vector<model::Rendition> all(wanted.size());
  std::vector<std::size_t> places;
  std::vector<pipeline::StaticRendition> missing;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    ASSIGN_OR_RETURN(auto found, find_static(original, wanted[i]));
    if (found) {
      all[i] = *std::move(found);
    } else {
      places.push_back(i);
      missing.push_back(wanted[i]);
    }
  }
  if (missing.empty()) return all;
  auto batch = parts_.blobs.begin();
  ASSIGN_OR_RETURN(auto made, make_static(original, missing, *batch, waiting));
  std::vector<model::KeptRendition> kept;
  for (std::size_t i = 0; i < missing.size(); ++i) {
    kept.push_back({{original.content.id, static_key(original, missing[i])}, made[i]});
    all[places[i]] = std::move(made[i]);
  }
  RETURN_IF_ERROR(batch->commit());
  RETURN_IF_ERROR(parts_.renditions.put(kept));
  return all;
}

std::string Renderer::subasset_prefix(const std::string& mime_type) const {
  return fmt::format("subasset {} {} ", kEngine, mime_type);
}

Result<std::vector<model::Rendition>> Renderer::list_subassets(const Original& original) const {
  ASSIGN_OR_RETURN(auto kept, parts_.renditions.list(original.content.id));
  std::vector<model::Rendition> pages;
  auto prefix = subasset_prefix(original.mime_type);
  for (auto& item : kept) {
    if (item.key.recipe.starts_with(prefix) && item.rendition.failure.empty())
      pages.push_back(std::move(item.rendition));
  }
  return pages;
}

// A mark beside the pages says that they have been made, or why they could not be.
Result<std::vector<model::Rendition>> Renderer::keep_subassets(const Original& original) {
  const auto& types = pipeline::types_with_pages();
  if (std::find(types.begin(), types.end(), original.mime_type) == types.end()) return std::vector<model::Rendition>();
  auto prefix = subasset_prefix(original.mime_type);
  model::RenditionKey mark{original.content.id, prefix + "made"};
  KeyedLocks::Hold hold(keeping_, mark.original.hex() + mark.recipe);
  ASSIGN_OR_RETURN(auto found, parts_.renditions.find(mark));
  bool is_made = found && (found->does_not_apply() || found->made + kFailuresKept > parts_.clock.now());
  if (is_made && !found->does_not_apply()) return Error{Code::invalid, found->failure};
  if (is_made) return list_subassets(original);
  RenderJob job;
  job.settings = config_.settings;
  job.pages = kMostPages;
  auto made = run(original, std::move(job));
  if (!made && !is_final(made.error())) return std::move(made).error();
  if (!made) {
    RETURN_IF_ERROR(parts_.renditions.put({{mark, failed("", made.error())}}));
    return std::move(made).error();
  }
  auto batch = parts_.blobs.begin();
  std::vector<model::KeptRendition> kept;
  for (const auto& item : made->reply.made) {
    ASSIGN_OR_RETURN(auto page, store(made->output.get(), std::get<MadeFile>(item), *batch));
    kept.push_back({{original.content.id, fmt::format("{}{:05}", prefix, kept.size() + 1)}, std::move(page)});
  }
  RETURN_IF_ERROR(batch->commit());
  Error done{Code::invalid, std::string(model::kDoesNotApply) + "the pages have been taken apart"};
  kept.push_back({mark, failed("", done)});
  RETURN_IF_ERROR(parts_.renditions.put(kept));
  return list_subassets(original);
}

// The static renditions of a film are those of a frame, which is a picture like any other.
Result<Renderer::OpenPicture> Renderer::open_picture(const Original& original) const {
  if (!pipeline::is_film(original.mime_type)) return open_original(original);
  if (!parts_.films) return Error{Code::unavailable, "films have no renditions here"};
  ASSIGN_OR_RETURN(auto film, open_alone(parts_.blobs, original.content.id));
  ASSIGN_OR_RETURN(auto frame, parts_.films->make_poster(film.get(), original.mime_type));
  return OpenPicture{std::move(frame), "image/png"};
}

Result<std::vector<model::Rendition>> Renderer::make_static(const Original& original,
                                                            const std::vector<pipeline::StaticRendition>& wanted,
                                                            model::BlobBatch& batch, Waiting waiting) {
  auto picture = open_picture(original);
  if (picture) return make_static_of(*picture, wanted, batch, waiting);
  if (!is_final(picture.error())) return std::move(picture).error();
  std::vector<model::Rendition> all;
  for (const auto& one : wanted) all.push_back(failed(one, picture.error()));
  return all;
}

// In the order of `wanted`. Where all fail together of a picture that can be read, each is tried alone: perhaps it was
// for the sake of one of them.
Result<std::vector<model::Rendition>> Renderer::make_static_of(const OpenPicture& picture,
                                                               const std::vector<pipeline::StaticRendition>& wanted,
                                                               model::BlobBatch& batch, Waiting waiting) {
  RenderJob job;
  job.settings = config_.settings;
  job.renditions = wanted;
  auto made = run(picture, std::move(job), waiting);
  if (!made && !is_final(made.error())) return std::move(made).error();
  bool all_failed = made && std::all_of(made->reply.made.begin(), made->reply.made.end(),
                                        [](const auto& item) { return std::holds_alternative<Error>(item); });
  std::vector<model::Rendition> all;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (all_failed && wanted.size() > 1) {
      ASSIGN_OR_RETURN(auto alone, make_static_of(picture, {wanted[i]}, batch, waiting));
      all.push_back(std::move(alone.front()));
      continue;
    }
    const auto* error = made ? std::get_if<Error>(&made->reply.made[i]) : &made.error();
    if (error && !is_final(*error) && error->code != Code::not_found) return *error;
    if (error) {
      all.push_back(failed(wanted[i], *error));
      continue;
    }
    ASSIGN_OR_RETURN(auto rendition, store(made->output.get(), std::get<MadeFile>(made->reply.made[i]), batch));
    all.push_back(std::move(rendition));
  }
  return all;
}

}  // namespace dray::service
