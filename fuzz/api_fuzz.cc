// Whatever body comes to an address, the answer is whole: JSON where it says so, text without what a page would carry
// out, no line breaks in its head. Input: a byte that chooses the address, then the body.
#include <fmt/format.h>

#include <array>
#include <cassert>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/json.h"
#include "base/text.h"
#include "edge/api/api.h"
#include "model/assets/memory_assets.h"
#include "model/blobs/memory_blob_store.h"
#include "model/downloads/memory_downloads.h"
#include "model/events/memory_events.h"
#include "model/people/memory_people.h"
#include "model/renditions/memory_profiles.h"
#include "model/shares/memory_shares.h"

using namespace dray;

namespace {

constexpr const char *kJson = "application/json", *kForm = "application/x-www-form-urlencoded",
                     *kMultipart = "multipart/form-data; boundary=b",
                     *kOperation = "application/vnd.adobe.asset-operation+json";

struct Address {
  const char *method, *path, *type;
};
constexpr std::array kAddresses = {
    Address{"POST", "/api/v1/downloads", kJson},
    Address{"POST", "/content/dam.downloadbinaries.json", kJson},
    Address{"POST", "/content/dam/x.assetdownload.zip/x.zip", kForm},
    Address{"POST", "/content/dam/x.assetdownload.zip/x.zip", kMultipart},
    Address{"POST", "/content/dam/x.adhocassetshare.html", kForm},
    Address{"POST", "/content/dam/x.adhocassetshare.html", kOperation},
    Address{"POST", "/api/v1/shares", kJson},
    Address{"PUT", "/api/v1/share-settings", kJson},
    Address{"PUT", "/api/v1/preferences", kJson},
    Address{"POST", "/api/v1/inbox/complete", kJson},
    Address{"POST", "/api/v1/inbox/remove", kJson},
    Address{"POST", "/api/v1/mail/retry", kJson},
    Address{"POST", "/api/v1/mail/remove", kJson},
    Address{"POST", "/api/v1/licenses", kJson},
    Address{"PUT", "/api/v1/presets/p", kJson},
    Address{"PUT", "/api/v1/image-profiles/p", kJson},
    Address{"PUT", "/api/v1/processing-profiles/p", kJson},
    Address{"POST", "/content/dam/x.completeUpload.json", kForm},
    Address{"POST", "/api/assets/y", kJson},
    Address{"POST", "/api/assets/y", kForm},
    Address{"POST", "/linkshare.html?sh=", kForm},
};

class NeverChanged final : public model::CatalogChanges {
 public:
  std::uint64_t version() override { return 0; }
};

class NoFacts final : public model::MediaInspector {
 public:
  Result<model::MediaFacts> inspect(int, const std::string&) const override { return model::MediaFacts(); }
  std::string guess(const std::string&) const override { return "application/octet-stream"; }
};

// An installation in memory: three assets, one with a licence; a link to them; an administrator.
struct Installation {
  Installation() {
    auto blob = *model::put_blob(*blobs, bytes_of("content"));
    for (std::string name : {"a.jpg", "b <i>.txt", "held.png"}) {
      model::AssetDraft draft{
          AssetPath::trusted("/content/dam/x/" + name), {blob, "text/plain", {}, 1, {}, {}, {}}, {}};
      if (name == "held.png") draft.metadata["adobe_dam:restrictions"] = "<p>Ask <script>alert(1)</script></p>";
      draft.asset.protection = model::protection_of(draft.metadata);
      assert(assets->put_assets(std::span(&draft, 1), clock.now()));
    }
    assert(people->put_user({"ann", "Ann", "ann@test.example", "", true}));
    assert(people->add_member(model::kAdministrators, "ann"));
    token = accounts.create_token("ann", "", std::nullopt)->secret;
    service::ShareDraft draft;
    draft.paths = {AssetPath::trusted("/content/dam/x")};
    draft.originals = draft.renditions = true;
    link = sharing.create(draft, *people->get_caller("ann"))->token;
  }

  std::unique_ptr<model::EventLog> events = model::make_memory_events();
  std::unique_ptr<model::JobQueue> jobs = model::make_memory_jobs();
  std::unique_ptr<model::AssetRepository> assets = model::make_memory_assets();
  std::unique_ptr<model::BlobStore> blobs = model::make_memory_blob_store();
  std::unique_ptr<model::DownloadRepository> kept = model::make_memory_downloads(*jobs, *events);
  std::unique_ptr<model::ShareRepository> shares = model::make_memory_shares(*jobs, *events);
  std::unique_ptr<model::PeopleRepository> people = model::make_memory_people();
  std::unique_ptr<model::CredentialRepository> credentials = model::make_memory_credentials();
  std::unique_ptr<model::AccessRepository> access = model::make_memory_access();
  std::unique_ptr<model::PresetRepository> presets = model::make_memory_presets();
  std::unique_ptr<model::ImageProfileRepository> image_profiles = model::make_memory_image_profiles();
  std::unique_ptr<model::ProcessingProfileRepository> profiles = model::make_memory_processing_profiles();
  std::unique_ptr<model::RenditionRepository> renditions = model::make_memory_renditions();
  ManualClock clock{Seconds(std::chrono::seconds(1'700'000'000))};
  SystemRandom random;
  NeverChanged changes;
  NoFacts media;
  service::Bell queued, completed;
  service::WorkerPool workers{{{"/bin/false"}}};
  service::Renderer renderer{{*blobs, *renditions, workers, clock}, {}};
  service::SmartCrops smart_crops{*image_profiles, renderer};
  service::Seal seal{std::string(service::Seal::kKeySize, 'k')};
  service::Accounts accounts{*people, *credentials, *events, clock, random};
  service::Sharing sharing{{*shares, *assets, *access, *people, *events, clock, random, seal}, {true}};
  service::DownloadsConfig downloads_config = [] {
    service::DownloadsConfig config;
    config.now = {10, 100'000'000};
    config.now_time = std::chrono::seconds(0);
    config.can_mail = true;
    return config;
  }();
  service::Downloads downloads{
      {*assets, *blobs, *kept, *people, *access, *events, *jobs, clock, random, *presets, *profiles, queued, completed,
       nullptr, &smart_crops, [this](const std::string& owner) { return sharing.caller_of(owner); }},
      downloads_config};
  service::LiveUpdates live{*kept, changes};
  service::Uploads uploads{{*assets, *access, *blobs, media, *jobs, *events, clock, random}, {"/nonexistent"}};
  service::Images images{{*blobs, *assets, *access, *presets, *profiles, renderer, smart_crops, clock}, {}};
  server::Metrics metrics;
  server::Streams streams{{}};
  std::unique_ptr<server::Service> api = api::make_api({accounts,
                                                        downloads,
                                                        live,
                                                        uploads,
                                                        sharing,
                                                        *kept,
                                                        *jobs,
                                                        *people,
                                                        *events,
                                                        *assets,
                                                        *access,
                                                        *presets,
                                                        *image_profiles,
                                                        *profiles,
                                                        images,
                                                        metrics,
                                                        streams,
                                                        [] { return server::RenditionCounts(); },
                                                        changes,
                                                        clock,
                                                        random,
                                                        {"http://dam.example", true, false, true, {}}});
  std::string token, link;
};

void check(const server::Response& response) {
  assert(response.status >= 200 && response.status < 600);
  std::string_view type;
  for (const auto& field : response.fields) {
    assert(field.value.find_first_of(std::string_view("\r\n\0", 3)) == field.value.npos);
    if (field.name == "Content-Type") type = field.value;
  }
  const auto* text = std::get_if<std::string>(&response.body);
  if (!text || text->empty()) return;
  assert(is_valid_utf8(*text));
  if (type.starts_with("application/json")) assert(parse_json(*text));
  if (type.starts_with("text/html")) assert(text->find("<script") == text->npos && text->find("<i>") == text->npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr int kAtOnce = 200;  // requests that one installation gets, so that it does not grow for ever
  static std::unique_ptr<Installation> installation;
  static int requests = 0;
  if (size == 0) return 0;
  if (!installation || ++requests % kAtOnce == 0) installation = std::make_unique<Installation>();
  const auto& address = kAddresses[data[0] % kAddresses.size()];
  bool is_link = std::string_view(address.path).starts_with("/linkshare");
  auto head = http::parse_head(
      fmt::format("{} {}{} HTTP/1.1\r\nHost: dam.example\r\nContent-Type: {}\r\nContent-Length: {}\r\n{}{}\r\n\r\n",
                  address.method, address.path, is_link ? installation->link : "", address.type, size - 1,
                  is_link ? "X: " : "Authorization: Bearer ", is_link ? "" : installation->token),
      {});
  assert(std::holds_alternative<http::Head>(head));
  server::Request request;
  request.head = std::get<http::Head>(std::move(head));
  request.target = *http::parse_target(request.head.target);
  auto admitted = installation->api->admit(request);
  assert(std::holds_alternative<server::Admission>(admitted));
  if (size - 1 > std::get<server::Admission>(admitted).limit) return 0;
  request.body.assign(reinterpret_cast<const char*>(data + 1), size - 1);
  check(installation->api->handle(request));
  return 0;
}
