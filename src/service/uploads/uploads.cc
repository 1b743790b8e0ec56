#include "service/uploads/uploads.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>

#include "base/file.h"
#include "base/json_fields.h"
#include "base/log.h"
#include "base/scope_exit.h"
#include "base/text.h"
#include "service/importing/asset_draft.h"
#include "service/importing/file_source.h"
#include "service/rendering/static_jobs.h"

namespace dray::service {
namespace {

namespace fs = std::filesystem;
using model::Caller;
using model::Privilege;

constexpr ByteCount kMostStateBytes = 64 * 1024;
constexpr unsigned kMostParts = 10'000;  // a terabyte; a file that is announced as larger cannot be completed

unsigned parts_of(ByteCount size, ByteCount limit) {
  return static_cast<unsigned>(std::clamp<ByteCount>(size / limit + (size % limit > 0 ? 1 : 0), 1, kMostParts));
}

// Whoever sends the same once more must not hold a thread until the first is done.
Error under_way() { return {Code::busy, "this upload is being put together already: ask once more in a moment"}; }

Error wrong_token() {
  return {Code::invalid, "the upload token is wrong, or its time is over: begin the upload again"};
}

// Longer than any name that an asset may have: what is announced with it is a probe, or is refused when it is complete.
constexpr std::size_t kLongestName = 1024;

// A child that every asset has, in both spellings.
Result<void> check_name(std::string_view name) {
  if (name != "jcr:content" && name != "_jcr_content") return ok();
  return Error{Code::invalid, fmt::format("no asset can be called {}: choose another name", name)};
}

struct State {
  std::string folder, name;
  ByteCount size = 0;
  unsigned parts = 1;
};

std::string format_state(const State& state) {
  return json::serialize(
      json::object{{"folder", state.folder}, {"name", state.name}, {"size", state.size}, {"parts", state.parts}});
}

Result<State> read_state(const std::string& directory) {
  ASSIGN_OR_RETURN(auto text, read_file(directory + "/upload.json", kMostStateBytes));
  ASSIGN_OR_RETURN(auto value, parse_json(text));
  const auto* object = value.if_object();
  if (!object || !object->contains("folder") || !object->contains("name") || !object->contains("size") ||
      !object->contains("parts"))
    return Error{Code::corrupt, directory + "/upload.json is damaged"};
  State state;
  state.folder = object->at("folder").as_string();
  state.name = object->at("name").as_string();
  state.size = object->at("size").to_number<ByteCount>();
  state.parts = object->at("parts").to_number<unsigned>();
  return state;
}

std::string format_result(const Uploaded& uploaded) {
  return json::serialize(json::object{{"path", uploaded.path.text()}, {"isNew", uploaded.is_new}});
}

Result<Uploaded> read_result(const std::string& file) {
  ASSIGN_OR_RETURN(auto text, read_file(file, kMostStateBytes));
  ASSIGN_OR_RETURN(auto value, parse_json(text));
  const auto* object = value.if_object();
  if (!object || !object->contains("path") || !object->contains("isNew"))
    return Error{Code::corrupt, file + " is damaged"};
  ASSIGN_OR_RETURN(auto path, AssetPath::parse(std::string_view(object->at("path").as_string())));
  return Uploaded{path, object->at("isNew").as_bool(), true};
}

std::string part_file(const std::string& directory, unsigned number) { return fmt::format("{}/{}", directory, number); }

std::optional<ByteCount> size_of(const std::string& file) {
  std::error_code failure;
  auto size = fs::file_size(file, failure);
  return failure ? std::nullopt : std::optional<ByteCount>(size);
}

Result<void> append_file(int to, const std::string& file) {
  ASSIGN_OR_RETURN(auto from, open_file(file, O_RDONLY));
  for (;;) {
    auto count = ::copy_file_range(from.get(), nullptr, to, nullptr, std::size_t{1} << 30, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error("cannot put together an upload", errno);
    if (count == 0) return ok();
  }
}

// Of an upload that is complete only the answer is kept: not parts, nor what a server that died was writing.
void remove_rest(const std::string& directory) {
  std::error_code ignored;
  std::vector<fs::path> rest;
  for (const auto& entry : fs::directory_iterator(directory, ignored)) {
    auto name = entry.path().filename();
    if (name != "upload.json" && name != "result.json") rest.push_back(entry.path());
  }
  for (const auto& path : rest) fs::remove(path, ignored);
}

}  // namespace

PartWriter::~PartWriter() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

Result<void> PartWriter::write(std::string_view bytes) {
  if (bytes.size() > limit_ - size_)
    return Error{Code::too_large, fmt::format("a part has more than {} bytes; it may have that many", limit_)};
  RETURN_IF_ERROR(write_at(fd_.get(), size_, bytes_of(bytes), temporary_));
  size_ += bytes.size();
  return ok();
}

Result<void> PartWriter::commit() {
  RETURN_IF_ERROR(sync_data(fd_.get(), temporary_));
  if (::rename(temporary_.c_str(), file_.c_str()) < 0) return system_error("cannot keep a part", errno);
  temporary_.clear();
  return sync_directory(file_.substr(0, file_.rfind('/')));
}

Uploads::Uploads(UploadsParts parts, UploadsConfig config)
    : parts_(parts), config_(std::move(config)), inspecting_(config_.inspected, config_.inspected_of_user) {}

std::string Uploads::directory_of(const std::string& token) const {
  return config_.directory + "/" + sha256_of(bytes_of(token)).hex();
}

bool Uploads::is_over(const std::string& directory) const {
  struct stat status;
  if (::stat((directory + "/upload.json").c_str(), &status) < 0) return true;
  return Seconds(std::chrono::seconds(status.st_mtim.tv_sec)) + config_.life <= parts_.clock.now();
}

Result<void> Uploads::check_folder(const AssetPath& folder, const Caller& caller) const {
  ASSIGN_OR_RETURN(auto list, parts_.access.list_rules());
  model::AccessRules rules(std::move(list));
  ASSIGN_OR_RETURN(auto node, parts_.assets.find(folder));
  if (!folder.is_within(model::dam_root()) || !node || !rules.may(caller, Privilege::read, folder))
    return Error{Code::not_found, "there is no folder " + folder.text()};
  if (!node->is_folder()) return Error{Code::conflict, folder.text() + " is an asset, not a folder"};
  if (!rules.may(caller, Privilege::write, folder))
    return Error{Code::denied, "you may not add assets to " + folder.text()};
  return ok();
}

// That it may be replaced, where it is there.
Result<void> Uploads::check_asset(const AssetPath& path, const Caller& caller) const {
  ASSIGN_OR_RETURN(auto list, parts_.access.list_rules());
  if (model::AccessRules(std::move(list)).may(caller, Privilege::write, path)) return ok();
  return Error{Code::denied, "you may not write " + path.text()};
}

Result<std::vector<OpenUpload>> Uploads::initiate(const AssetPath& folder, const std::vector<UploadFile>& files,
                                                  const Caller& caller) {
  RETURN_IF_ERROR(check_folder(folder, caller));
  std::vector<OpenUpload> uploads;
  std::uint64_t all_parts = 0;
  for (const auto& file : files) {
    OpenUpload upload;
    upload.token = random_base64url(parts_.random, 32);
    upload.mime_type = parts_.media.guess(file.name);
    auto size = file.size.value_or(0);
    upload.parts = parts_of(size, config_.part_limit);
    all_parts += upload.parts;
    if (all_parts > kMostParts)
      return Error{Code::too_large, "these files are too large to be announced in one request"};
    auto directory = directory_of(upload.token);
    RETURN_IF_ERROR(make_directories(directory));
    auto state = format_state({folder.text(), shorten(file.name, kLongestName), size, upload.parts});
    RETURN_IF_ERROR(replace_file(directory + "/upload.json", bytes_of(state)));
    uploads.push_back(std::move(upload));
  }
  return uploads;
}

Result<std::unique_ptr<PartWriter>> Uploads::open_part(const std::string& token, unsigned number) const {
  auto directory = directory_of(token);
  Error unknown{Code::not_found, "there is no such part of an upload, or its time is over: begin the upload again"};
  if (is_over(directory) || size_of(directory + "/result.json")) return unknown;
  ASSIGN_OR_RETURN(auto state, read_state(directory));
  if (number >= state.parts) return unknown;
  auto temporary = fmt::format("{}/{}.{}", directory, number, random_hex(parts_.random, 8));
  ASSIGN_OR_RETURN(auto fd, open_file(temporary, O_RDWR | O_CREAT | O_EXCL));
  return std::make_unique<PartWriter>(std::move(fd), temporary, part_file(directory, number),
                                      std::min(config_.part_limit, state.size));
}

Result<Uploaded> Uploads::complete(const std::string& token, const UploadFile& file, const AssetPath& folder,
                                   const Caller& caller) {
  auto directory = directory_of(token);
  KeyedLocks::TryHold hold(locks_, directory);
  auto result = directory + "/result.json";
  if (!hold && !size_of(result)) return under_way();  // else only what is left of it is being cleared up
  if (is_over(directory)) return wrong_token();
  ASSIGN_OR_RETURN(auto state, read_state(directory));
  if (state.name != shorten(file.name, kLongestName) || !AssetPath::trusted(state.folder).is_within(folder))
    return wrong_token();
  if (file.size && *file.size != state.size)
    return Error{Code::invalid,
                 fmt::format("{} was announced with {} bytes, not {}", file.name, state.size, *file.size)};
  auto into = AssetPath::trusted(state.folder);
  RETURN_IF_ERROR(check_folder(into, caller));
  if (size_of(result)) {
    remove_rest(directory);
    return read_result(result);
  }
  RETURN_IF_ERROR(check_name(file.name));
  ASSIGN_OR_RETURN(auto path, into.child(file.name));
  RETURN_IF_ERROR(check_asset(path, caller));
  ByteCount sent = 0;
  unsigned parts = 0;  // clients may use the first addresses only
  for (unsigned number = 0; number < state.parts; ++number) {
    auto size = size_of(part_file(directory, number));
    if (!size) break;
    sent += *size;
    ++parts;
  }
  if (sent < state.size)
    return Error{Code::conflict, fmt::format("{} of {} bytes of {} have come: send the rest, then complete the upload",
                                             sent, state.size, file.name)};
  if (sent > state.size)
    return Error{Code::invalid,
                 fmt::format("{} bytes have come of {}, which was announced with {}", sent, file.name, state.size)};
  ASSIGN_OR_RETURN(auto uploaded, make_asset(directory, parts, path, state.size, caller));
  RETURN_IF_ERROR(replace_file(result, bytes_of(format_result(uploaded))));
  remove_rest(directory);
  return uploaded;
}

// It is looked at first: that may be refused, and storing it costs more.
Result<model::AssetDraft> Uploads::make_draft(int fd, const AssetPath& path, ByteCount size,
                                              const Caller& caller) const {
  auto place = inspecting_.take(caller.user);
  if (!place) return Error{Code::busy, "many uploads are being looked at: send this one once more in a moment"};
  ASSIGN_OR_RETURN(auto facts, parts_.media.inspect(fd, std::string(path.name())));
  place.reset();
  std::atomic<ByteCount> done = 0;
  std::atomic<bool> stop = false;
  FileSource source(fd, std::string(path.name()), size, done, stop);
  auto batch = parts_.blobs.begin();
  ASSIGN_OR_RETURN(auto blob, batch->put(source, size));
  RETURN_IF_ERROR(batch->commit());
  return make_asset_draft(path, blob, std::move(facts), parts_.clock.now());
}

Result<Uploaded> Uploads::make_asset(const std::string& directory, unsigned parts, const AssetPath& path,
                                     ByteCount size, const Caller& caller) const {
  bool is_large = size > config_.large;
  auto others = is_large ? large_++ : 0;
  ScopeExit leave([&] { large_ -= is_large ? 1 : 0; });
  if (others >= config_.most_large)
    return Error{Code::busy, "many large files are being put together: complete the upload once more in a moment"};
  UniqueFd whole;
  if (parts == 1) {
    ASSIGN_OR_RETURN(whole, open_file(part_file(directory, 0), O_RDONLY));
  } else {
    ASSIGN_OR_RETURN(whole, open_file(directory, O_RDWR | O_TMPFILE));
    for (unsigned number = 0; number < parts; ++number)
      RETURN_IF_ERROR(append_file(whole.get(), part_file(directory, number)));
  }
  struct stat status;
  if (::fstat(whole.get(), &status) < 0) return system_error("cannot read an upload", errno);
  if (static_cast<ByteCount>(status.st_size) != size)
    return Error{Code::conflict, "a part was sent again meanwhile: complete the upload once more"};
  ASSIGN_OR_RETURN(auto draft, make_draft(whole.get(), path, size, caller));
  ASSIGN_OR_RETURN(auto old, parts_.assets.find(path));
  auto now = parts_.clock.now();
  auto mark = directory + "/new";  // outlives a death between the asset and the answer
  if (!old) RETURN_IF_ERROR(replace_file(mark, {}));
  bool is_new = size_of(mark).has_value();
  std::vector<model::Event> events;
  bool is_changed = !old || !old->asset || old->asset->original != draft.asset.original;
  if (is_changed)
    events.push_back(
        {0, now, is_new ? "ASSET_CREATED" : "ORIGINAL_UPDATED", caller.user, path.text(), {{"bytes", size}}});
  // The job first: one without an asset does nothing, an asset without one would have no renditions.
  if (auto job = rendition_job(path, draft.asset)) RETURN_IF_ERROR(parts_.jobs.add({*job}, now));
  auto put = parts_.assets.put_assets(std::span(&draft, 1), now, events);
  if (!put && !old) ::unlink(mark.c_str());
  RETURN_IF_ERROR(put);
  return Uploaded{path, is_new, true};
}

Result<Uploaded> Uploads::put_chunk(const AssetPath& path, ByteCount offset, ByteCount total, std::string_view bytes,
                                    const Caller& caller) {
  RETURN_IF_ERROR(check_folder(path.parent(), caller));
  RETURN_IF_ERROR(check_name(path.name()));
  RETURN_IF_ERROR(check_asset(path, caller));
  if (bytes.size() > total || offset > total - bytes.size())
    return Error{Code::invalid, fmt::format("the chunk at {} with {} bytes reaches beyond the end at {}", offset,
                                            bytes.size(), total)};
  auto directory = directory_of("chunks of " + caller.user + " " + path.text());
  KeyedLocks::TryHold hold(locks_, directory);
  if (!hold) return under_way();
  auto file = part_file(directory, 0);
  if (offset == 0) {
    std::error_code ignored;
    fs::remove_all(directory, ignored);
    RETURN_IF_ERROR(make_directories(directory));
    RETURN_IF_ERROR(replace_file(directory + "/upload.json",
                                 bytes_of(format_state({path.parent().text(), std::string(path.name()), total, 1}))));
  }
  auto come = offset == 0 ? std::optional<ByteCount>(0) : size_of(file);
  if (!come || offset > *come || is_over(directory))
    return Error{Code::conflict, fmt::format("a chunk at {} does not follow the last one, which ended at {}", offset,
                                             come.value_or(0))};
  ASSIGN_OR_RETURN(auto state, read_state(directory));
  if (state.size != total)
    return Error{Code::conflict, fmt::format("{} was begun with {} bytes, not {}", path.text(), state.size, total)};
  ASSIGN_OR_RETURN(auto fd, open_file(file, O_RDWR | O_CREAT));
  if (::ftruncate(fd.get(), static_cast<off_t>(offset)) < 0) return system_error("cannot keep a chunk", errno);
  RETURN_IF_ERROR(write_at(fd.get(), offset, bytes_of(bytes), file));
  RETURN_IF_ERROR(sync_data(fd.get(), file));
  if (offset + bytes.size() < total) return Uploaded{path, true, false};
  ASSIGN_OR_RETURN(auto uploaded, make_asset(directory, 1, path, total, caller));
  std::error_code ignored;
  fs::remove_all(directory, ignored);
  return uploaded;
}

Result<void> Uploads::clear_up() const {
  std::error_code failure;
  for (const auto& entry : fs::directory_iterator(config_.directory, failure)) {
    struct stat status;
    bool is_new = ::stat(entry.path().c_str(), &status) == 0 &&
                  Seconds(std::chrono::seconds(status.st_mtim.tv_sec)) + config_.life > parts_.clock.now();
    auto directory = entry.path().string();
    if (size_of(directory + "/result.json")) {
      KeyedLocks::Hold hold(locks_, directory);
      remove_rest(directory);
    }
    if (is_new || !is_over(directory)) continue;
    KeyedLocks::Hold hold(locks_, directory);
    if (!is_over(directory)) continue;
    std::error_code ignored;
    fs::remove_all(directory, ignored);
  }
  return ok();
}

}  // namespace dray::service
