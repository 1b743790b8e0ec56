#include "edge/api/routes.h"

namespace dray::api {
namespace {

constexpr std::string_view kDocument = R"json({
  "openapi": "3.1.0",
  "info": {
    "title": "Dray",
    "version": "1",
    "description": "Downloads of digital assets. Archives are virtual: their length and ETag are known before the first byte, any range can be had at any time, and the same download gives the same bytes for ever. Every error is {\"error\": \"...\"} with a message that says what was wrong."
  },
  "security": [{"basic": []}, {"bearer": []}, {"session": []}],
  "paths": {
    "/api/v1/downloads": {
      "post": {
        "summary": "Prepare a download of folders and assets",
        "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/DownloadRequest"},
          "example": {"targets": [{"path": "/content/dam/x"}], "options": {"originals": true, "folderPerAsset": false, "keepStructure": false}, "archiveName": "x"}}}},
        "responses": {
          "201": {"description": "The download; its address is in Location", "headers": {"Location": {"schema": {"type": "string"}}}, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Download"}}}},
          "400": {"$ref": "#/components/responses/Error"}, "401": {"$ref": "#/components/responses/Error"}, "413": {"$ref": "#/components/responses/Error"}, "503": {"$ref": "#/components/responses/Error"}}
      },
      "get": {
        "summary": "The caller's downloads, the newest first",
        "parameters": [
          {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 500, "default": 50}},
          {"name": "before", "in": "query", "description": "The value of \"next\" of the page before", "schema": {"type": "string"}}],
        "responses": {"200": {"description": "One page", "content": {"application/json": {"schema": {"type": "object", "required": ["items", "next"], "properties": {
          "items": {"type": "array", "items": {"$ref": "#/components/schemas/Download"}}, "next": {"type": ["string", "null"]}}}}}}}
      }
    },
    "/api/v1/licenses": {
      "post": {
        "summary": "The licences of what is asked for, to be agreed to with \"licenses\" of a download",
        "description": "Of the first 100,000 assets.",
        "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/DownloadRequest"}, "example": {"targets": [{"path": "/content/dam/x"}]}}}},
        "responses": {
          "200": {"description": "Each licence once", "content": {"application/json": {"schema": {"type": "object", "required": ["items", "count"], "properties": {"items": {"type": "array", "description": "At most 1,000, first those that the request does not agree to", "items": {"$ref": "#/components/schemas/License"}}, "count": {"type": "integer", "description": "How many there are"}}}}}},
          "400": {"$ref": "#/components/responses/Error"}, "401": {"$ref": "#/components/responses/Error"}}
      }
    },
    "/api/v1/downloads/{id}": {
      "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}],
      "get": {"summary": "One download", "responses": {"200": {"description": "The download", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Download"}}}}, "404": {"$ref": "#/components/responses/Error"}}},
      "delete": {"summary": "Remove a download, or cancel one that is being processed; the assets stay", "responses": {"204": {"description": "Removed, or cancelled: then it is FAILED"}, "404": {"$ref": "#/components/responses/Error"}}}
    },
    "/api/v1/downloads/{id}/retry": {
      "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}],
      "post": {"summary": "Ask for the same once more, as a new download", "responses": {"201": {"description": "The new download; its address is in Location", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Download"}}}},
        "404": {"$ref": "#/components/responses/Error"}, "409": {"$ref": "#/components/responses/Error"}, "503": {"$ref": "#/components/responses/Error"}}}
    },
    "/api/v1/downloads/{id}/artifacts/{name}": {
      "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}, {"name": "name", "in": "path", "required": true, "schema": {"type": "string"}}],
      "get": {
        "summary": "An artifact's bytes, whole or in ranges",
        "parameters": [{"name": "Range", "in": "header", "schema": {"type": "string"}}, {"name": "If-Range", "in": "header", "schema": {"type": "string"}}, {"name": "If-None-Match", "in": "header", "schema": {"type": "string"}}],
        "responses": {
          "200": {"description": "All of it", "content": {"application/zip": {}, "application/octet-stream": {}}},
          "206": {"description": "One range, or several as multipart/byteranges"}, "304": {"description": "Not modified"},
          "403": {"$ref": "#/components/responses/Error"}, "404": {"$ref": "#/components/responses/Error"}, "410": {"$ref": "#/components/responses/Error"},
          "412": {"$ref": "#/components/responses/Error"}, "416": {"$ref": "#/components/responses/Error"}}
      }
    },
    "/api/v1/downloads/{id}/artifacts/{name}/manifest": {
      "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}, {"name": "name", "in": "path", "required": true, "schema": {"type": "string"}}],
      "get": {"summary": "What lies where in the artifact", "responses": {"200": {"description": "Every entry with the place of its data", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Manifest"}}}}, "404": {"$ref": "#/components/responses/Error"}}}
    },
    "/api/v1/inbox": {
      "get": {
        "summary": "What became of the caller's downloads, the newest first",
        "parameters": [
          {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 500, "default": 50}},
          {"name": "before", "in": "query", "description": "The value of \"next\" of the page before", "schema": {"type": "string"}}],
        "responses": {"200": {"description": "One page; unread are those that ended in the background and were not opened", "content": {"application/json": {"schema": {"type": "object", "required": ["items", "next", "unread"], "properties": {
          "items": {"type": "array", "items": {"$ref": "#/components/schemas/Download"}}, "next": {"type": ["string", "null"]}, "unread": {"type": "integer"}}}}}}}
      }
    },
    "/api/v1/inbox/complete": {
      "post": {"summary": "Take several items off the inbox; the downloads stay", "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Ids"}}}}, "responses": {"204": {"description": "Done"}, "400": {"$ref": "#/components/responses/Error"}, "409": {"$ref": "#/components/responses/Error"}}}
    },
    "/api/v1/inbox/remove": {
      "post": {"summary": "Remove several downloads, or cancel those that are being processed", "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Ids"}}}}, "responses": {"204": {"description": "Done"}, "400": {"$ref": "#/components/responses/Error"}}}
    },
    "/api/v1/inbox/{id}/open": {
      "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}],
      "post": {"summary": "Say that an item was read", "responses": {"204": {"description": "Done"}, "404": {"$ref": "#/components/responses/Error"}, "409": {"$ref": "#/components/responses/Error"}}}
    },
    "/api/v1/inbox/{id}/complete": {
      "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}],
      "post": {"summary": "Take an item off the inbox; the download stays", "responses": {"204": {"description": "Done"}, "404": {"$ref": "#/components/responses/Error"}, "409": {"$ref": "#/components/responses/Error"}}}
    },
    "/api/v1/shares": {
      "post": {"summary": "Make a shared link; the answer alone has its url", "requestBody": {"required": true, "content": {"application/json": {"schema": {"type": "object", "required": ["paths"], "properties": {
          "paths": {"type": "array", "items": {"type": "string"}}, "title": {"type": "string"}, "expires": {"type": "string", "format": "date-time"}, "originals": {"type": "boolean"}, "renditions": {"type": "boolean"},
          "password": {"type": "string"}, "downloadLimit": {"type": "integer"}, "recipients": {"type": "array", "items": {"type": "string"}, "description": "Mail addresses that the link is sent to"}, "subject": {"type": "string"}, "message": {"type": "string"}}}, "example": {"paths": ["/content/dam/x"], "originals": true}}}},
        "responses": {"201": {"description": "The link", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Share"}}}}, "400": {"$ref": "#/components/responses/Error"}, "403": {"$ref": "#/components/responses/Error"}, "404": {"$ref": "#/components/responses/Error"}}},
      "get": {"summary": "The caller's shared links, the newest first", "parameters": [{"name": "all", "in": "query", "description": "true: everybody's, for administrators", "schema": {"type": "boolean"}},
          {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 500, "default": 50}}, {"name": "before", "in": "query", "schema": {"type": "string"}}],
        "responses": {"200": {"description": "One page", "content": {"application/json": {"schema": {"type": "object", "required": ["items", "next"], "properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/Share"}}, "next": {"type": ["string", "null"]}}}}}}, "403": {"$ref": "#/components/responses/Error"}}}
    },
    "/api/v1/shares/{share}": {
      "parameters": [{"name": "share", "in": "path", "required": true, "schema": {"type": "string"}}],
      "get": {"summary": "One shared link", "responses": {"200": {"description": "The link", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Share"}}}}, "404": {"$ref": "#/components/responses/Error"}}},
      "put": {"summary": "Move the end of a shared link", "requestBody": {"required": true, "content": {"application/json": {"schema": {"type": "object", "required": ["expires"], "properties": {"expires": {"type": "string", "format": "date-time"}}}}}},
        "responses": {"200": {"description": "The link", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Share"}}}}, "400": {"$ref": "#/components/responses/Error"}, "404": {"$ref": "#/components/responses/Error"}, "409": {"$ref": "#/components/responses/Error"}}},
      "delete": {"summary": "Revoke a shared link", "responses": {"200": {"description": "The link, revoked", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Share"}}}}, "404": {"$ref": "#/components/responses/Error"}}}
    },
    "/api/v1/share-settings": {
      "get": {"summary": "What links may be like", "responses": {"200": {"description": "The settings, and whether the caller may share", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ShareSettings"}}}}}},
      "put": {"summary": "Change what links may be like, for those who make one from now on; for administrators. What is not named is as in a new installation.", "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ShareSettings"}}}},
        "responses": {"200": {"description": "The settings", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ShareSettings"}}}}, "400": {"$ref": "#/components/responses/Error"}, "403": {"$ref": "#/components/responses/Error"}}}
    },
    "/api/v1/mail": {
      "get": {"summary": "The mail that is still to be sent, and what could not be; for administrators", "responses": {"200": {"description": "At most 1,000: first what failed, then what is being sent, then what waits", "content": {"application/json": {"schema": {"type": "object", "required": ["isConfigured", "items"], "properties": {
        "isConfigured": {"type": "boolean", "description": "There is a mail service"},
        "items": {"type": "array", "items": {"type": "object", "required": ["id", "state", "attempts"], "properties": {"id": {"type": "string"}, "state": {"enum": ["waiting", "running", "failed"]}, "attempts": {"type": "integer"}, "user": {"type": "string"}, "failure": {"type": "string"}, "notBefore": {"type": "string", "format": "date-time"}}}}}}}}}, "403": {"$ref": "#/components/responses/Error"}}}
    },
    "/api/v1/mail/retry": {
      "post": {"summary": "Send mails that have failed, anew; for administrators", "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Ids"}}}}, "responses": {"204": {"description": "Done; ids that no failed mail has are passed over"}, "400": {"$ref": "#/components/responses/Error"}, "403": {"$ref": "#/components/responses/Error"}}}
    },
    "/api/v1/mail/remove": {
      "post": {"summary": "Give up mails that have failed; for administrators", "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Ids"}}}}, "responses": {"204": {"description": "Done; ids that no failed mail has are passed over"}, "400": {"$ref": "#/components/responses/Error"}, "403": {"$ref": "#/components/responses/Error"}}}
    },
    "/api/v1/events": {
      "get": {"summary": "What happens to the caller's downloads, as it happens: server-sent events", "parameters": [{"name": "Last-Event-ID", "in": "header", "description": "Go on after this event", "schema": {"type": "string"}}],
        "responses": {"200": {"description": "event download: a download as it is now; removed: {\"id\"}; inbox: {\"unread\"}; reset: read everything once more. The stream ends after some minutes; come again.", "content": {"text/event-stream": {}}}, "503": {"$ref": "#/components/responses/Error"}}}
    },
    "/api/v1/preferences": {
      "get": {"summary": "The caller's preferences", "responses": {"200": {"description": "All of them", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Preferences"}}}}}},
      "put": {"summary": "Change preferences; what is not named stays", "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Preferences"}}}},
        "responses": {"200": {"description": "All of them", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Preferences"}}}}, "400": {"$ref": "#/components/responses/Error"}}}
    },
    "/api/v1/presets": {
      "get": {"summary": "The image presets", "responses": {"200": {"description": "All of them, by name", "content": {"application/json": {"schema": {"type": "object", "required": ["presets"], "properties": {"presets": {"type": "array", "items": {"$ref": "#/components/schemas/Preset"}}}}}}}}}
    },
    "/api/v1/presets/{name}": {
      "parameters": [{"name": "name", "in": "path", "required": true, "schema": {"type": "string"}}],
      "get": {"summary": "One image preset", "responses": {"200": {"description": "The preset", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Preset"}}}}, "404": {"$ref": "#/components/responses/Error"}}},
      "put": {"summary": "Add an image preset, or change one; for administrators", "requestBody": {"required": true, "content": {"application/json": {"schema": {"type": "object", "required": ["query"], "properties": {"query": {"type": "string"}}}, "example": {"query": "wid=400&hei=400&fmt=jpeg"}}}},
        "responses": {"200": {"description": "The preset; unknownCommands are ignored when it is used", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Preset"}}}}, "400": {"$ref": "#/components/responses/Error"}, "403": {"$ref": "#/components/responses/Error"}}},
      "delete": {"summary": "Remove an image preset; for administrators", "responses": {"204": {"description": "Removed"}, "403": {"$ref": "#/components/responses/Error"}, "404": {"$ref": "#/components/responses/Error"}}}
    },
    "/api/v1/image-profiles": {
      "get": {"summary": "The image profiles: which smart crops the pictures of a folder have", "responses": {"200": {"description": "All of them", "content": {"application/json": {"schema": {"type": "object", "required": ["imageProfiles"], "properties": {"imageProfiles": {"type": "array", "items": {"$ref": "#/components/schemas/ImageProfile"}}}}}}}}}
    },
    "/api/v1/image-profiles/{profile}": {
      "parameters": [{"name": "profile", "in": "path", "required": true, "schema": {"type": "string"}}],
      "put": {"summary": "Add an image profile, or change one; for administrators", "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ImageProfile"}, "example": {"crops": [{"name": "Large", "width": 1200, "height": 800}], "folders": ["/content/dam/shoot"]}}}},
        "responses": {"200": {"description": "The profile", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ImageProfile"}}}}, "400": {"$ref": "#/components/responses/Error"}, "403": {"$ref": "#/components/responses/Error"}, "409": {"$ref": "#/components/responses/Error"}}},
      "delete": {"summary": "Remove an image profile; for administrators", "responses": {"204": {"description": "Removed"}, "403": {"$ref": "#/components/responses/Error"}, "404": {"$ref": "#/components/responses/Error"}}}
    },
    "/api/v1/processing-profiles": {
      "get": {"summary": "The processing profiles: which static renditions the assets of a folder get beside the default ones", "responses": {"200": {"description": "All of them", "content": {"application/json": {"schema": {"type": "object", "required": ["processingProfiles"], "properties": {"processingProfiles": {"type": "array", "items": {"$ref": "#/components/schemas/ProcessingProfile"}}}}}}}}}
    },
    "/api/v1/processing-profiles/{profile}": {
      "parameters": [{"name": "profile", "in": "path", "required": true, "schema": {"type": "string"}}],
      "put": {"summary": "Add a processing profile, or change one; for administrators", "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ProcessingProfile"}, "example": {"renditions": [{"name": "banner.webp", "fmt": "webp", "wid": 1200, "hei": 0, "qlt": 80, "includeMimeTypes": ["image/*"], "excludeMimeTypes": ["image/gif"]}], "folders": ["/content/dam/shoot"]}}}},
        "responses": {"200": {"description": "The profile", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ProcessingProfile"}}}}, "400": {"$ref": "#/components/responses/Error"}, "403": {"$ref": "#/components/responses/Error"}, "409": {"$ref": "#/components/responses/Error"}}},
      "delete": {"summary": "Remove a processing profile; for administrators", "responses": {"204": {"description": "Removed"}, "403": {"$ref": "#/components/responses/Error"}, "404": {"$ref": "#/components/responses/Error"}}}
    },
    "/api/v1/smart-crops/{path}": {
      "parameters": [{"name": "path", "in": "path", "required": true, "description": "An asset's path without its first slash", "schema": {"type": "string"}}],
      "get": {"summary": "The smart crops of an asset; what its image profile asks for and is not there is found now", "responses": {"200": {"description": "All of them, as fractions of the picture", "content": {"application/json": {"schema": {"type": "object", "required": ["smartCrops"], "properties": {"smartCrops": {"type": "array", "items": {"$ref": "#/components/schemas/SmartCrop"}}}}}}}, "404": {"$ref": "#/components/responses/Error"}}},
      "put": {"summary": "Change a smart crop by hand", "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/SmartCrop"}, "example": {"name": "Large", "left": 0.1, "top": 0.1, "normalizedWidth": 0.5, "normalizedHeight": 0.5}}}},
        "responses": {"200": {"description": "The crop", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/SmartCrop"}}}}, "400": {"$ref": "#/components/responses/Error"}, "403": {"$ref": "#/components/responses/Error"}, "404": {"$ref": "#/components/responses/Error"}}}
    },
    "/is/image/{object}": {
      "parameters": [{"name": "object", "in": "path", "required": true, "description": "A path below /content/dam", "schema": {"type": "string"}}],
      "get": {"summary": "A picture made of an original by Image Serving commands, like ?wid=600&fmt=png or ?$preset$; where URLs are signed, no account is needed", "responses": {
        "200": {"description": "The picture, or with req= what is asked about it"}, "206": {"description": "One range, or several as multipart/byteranges"}, "304": {"description": "Not modified"}, "403": {"description": "The commands are wrong, or there is no such image; the reason as text", "content": {"text/plain": {}}}}}
    },
    "/api/v1/assets/{path}": {
      "parameters": [{"name": "path", "in": "path", "required": true, "description": "A path of the catalog without its first slash, like content/dam/x", "schema": {"type": "string"}}],
      "get": {
        "summary": "A folder with one page of its children, or an asset with its properties",
        "parameters": [{"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}}, {"name": "after", "in": "query", "description": "The value of \"next\" of the page before", "schema": {"type": "string"}}],
        "responses": {"200": {"description": "The folder or asset", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Node"}}}}, "404": {"$ref": "#/components/responses/Error"}}
      }
    },
    "/content/dam/{path}": {
      "parameters": [{"name": "path", "in": "path", "required": true, "schema": {"type": "string"}}],
      "get": {"summary": "An asset's original, whole or in ranges; with /_jcr_content/renditions/NAME behind it a static rendition, with /subassets/NAME a page", "responses": {"200": {"description": "The original"}, "206": {"description": "A range of it"}, "304": {"description": "Not modified"}, "403": {"$ref": "#/components/responses/Error"}, "404": {"$ref": "#/components/responses/Error"}}}
    },
    "/api/v1/session": {
      "post": {"summary": "Sign in a browser", "security": [], "requestBody": {"required": true, "content": {"application/json": {"schema": {"type": "object", "required": ["user", "password"], "properties": {"user": {"type": "string"}, "password": {"type": "string"}}}}}},
        "responses": {"200": {"description": "Signed in: the cookie login-token is set; send csrfToken as the header CSRF-Token with every change"}, "401": {"$ref": "#/components/responses/Error"}}},
      "get": {"summary": "Who is signed in", "responses": {"200": {"description": "User and groups"}}},
      "delete": {"summary": "Sign out", "responses": {"204": {"description": "Signed out"}}}
    },
    "/libs/granite/csrf/token.json": {"get": {"summary": "The session's CSRF token, as AEM gives it", "responses": {"200": {"description": "{\"token\": \"...\"}; empty for callers without a session"}}}},
    "/livez": {"get": {"summary": "Whether the process runs", "security": [], "responses": {"200": {"description": "It does"}}}},
    "/readyz": {"get": {"summary": "Whether requests can be served", "security": [], "responses": {"200": {"description": "They can"}, "503": {"description": "They cannot now"}}}},
    "/metrics": {"get": {"summary": "Prometheus metrics", "security": [], "responses": {"200": {"description": "Text form 0.0.4"}}}}
  },
  "components": {
    "securitySchemes": {"basic": {"type": "http", "scheme": "basic"}, "bearer": {"type": "http", "scheme": "bearer"}, "session": {"type": "apiKey", "in": "cookie", "name": "login-token"}},
    "responses": {"Error": {"description": "What was wrong and what to do", "content": {"application/json": {"schema": {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}}}}}},
    "schemas": {
      "ProcessingProfile": {"type": "object", "properties": {"name": {"type": "string"}, "renditions": {"type": "array", "items": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}, "fmt": {"type": "string", "enum": ["jpeg", "png", "gif", "webp"]}, "wid": {"type": "integer"}, "hei": {"type": "integer"}, "qlt": {"type": "integer"}, "includeMimeTypes": {"type": "array", "items": {"type": "string"}}, "excludeMimeTypes": {"type": "array", "items": {"type": "string"}}}}}, "folders": {"type": "array", "items": {"type": "string"}}}},
      "ImageProfile": {"type": "object", "properties": {"name": {"type": "string"}, "crops": {"type": "array", "items": {"type": "object", "required": ["name", "width", "height"], "properties": {"name": {"type": "string"}, "width": {"type": "integer"}, "height": {"type": "integer"}}}}, "folders": {"type": "array", "items": {"type": "string"}}}},
      "SmartCrop": {"type": "object", "required": ["name", "left", "top", "normalizedWidth", "normalizedHeight"], "properties": {"name": {"type": "string"}, "left": {"type": "number"}, "top": {"type": "number"}, "normalizedWidth": {"type": "number"}, "normalizedHeight": {"type": "number"}, "targetWidth": {"type": "integer"}, "targetHeight": {"type": "integer"}, "byHand": {"type": "boolean"}}},
      "Preset": {"type": "object", "required": ["name", "query"], "properties": {"name": {"type": "string"}, "query": {"type": "string"}, "unknownCommands": {"type": "array", "items": {"type": "string"}}}},
      "License": {"type": "object", "additionalProperties": false, "required": ["id", "page", "text", "isAccepted", "assetCount", "assets"], "properties": {
        "id": {"type": "string"}, "page": {"type": ["string", "null"], "description": "The path of the asset or page that it is; null where it stands in the metadata of its assets"},
        "text": {"type": ["string", "null"], "description": "Plain text; null where it is an asset, which can be read at its path"},
        "isAccepted": {"type": "boolean", "description": "Whether the request agrees to it"}, "assetCount": {"type": "integer"}, "assets": {"type": "array", "description": "The first 100", "items": {"type": "string"}}}},
      "DownloadRequest": {"type": "object", "additionalProperties": false, "required": ["targets"], "properties": {
        "targets": {"type": "array", "items": {"type": "object", "additionalProperties": false, "required": ["path"], "properties": {"path": {"type": "string"}}}},
        "options": {"type": "object", "additionalProperties": false, "properties": {
          "originals": {"type": "boolean", "default": true}, "folderPerAsset": {"type": "boolean", "default": false}, "keepStructure": {"type": "boolean", "default": false},
          "renditions": {"type": ["boolean", "array"], "default": [], "description": "Static renditions: true, or names and patterns like cq5dam.web.*", "items": {"type": "string"}},
          "excludeDefaultRenditions": {"type": "boolean", "default": false, "description": "Of the static renditions only those of processing profiles"},
          "subassets": {"type": "boolean", "default": false, "description": "The pages of documents, where they were split when they came in"},
          "smartCrops": {"type": ["boolean", "array"], "default": false, "description": "true, or names of crops", "items": {"type": "string"}},
          "dynamic": {"type": "array", "default": [], "description": "Made of every asset: a preset, or fields of its own", "items": {"type": "object", "properties": {
            "preset": {"type": "string"}, "width": {"type": "number"}, "height": {"type": "number"}, "unit": {"type": "string", "enum": ["px", "in", "cm", "mm", "pt"]}, "resolution": {"type": "number"},
            "format": {"type": "string"}, "colorSpace": {"type": "string", "enum": ["RGB", "CMYK", "Gray"]}, "profile": {"type": "string"}, "quality": {"type": "number"}, "modifiers": {"type": "string"}}}}}},
        "archiveName": {"type": "string", "maxLength": 4096, "description": "Asks for a ZIP of this name even if it holds one file"},
        "email": {"type": "array", "items": {"type": "string"}, "maxItems": 100, "description": "Members of dam-users, by id or address, who get a mail with the links; one that cannot be told refuses the request, with noEmailUsers naming them"},
        "message": {"type": "string", "maxLength": 10000, "description": "To them"},
        "licenses": {"type": "array", "items": {"type": "string"}, "description": "Ids of licences that the caller agrees to: \"license\" of what was skipped without"}}},
      "Download": {"type": "object", "required": ["id", "status", "isComplete", "created", "totalSize", "totalCount", "artifacts", "skippedCount", "skipped"], "properties": {
        "id": {"type": "string"}, "name": {"type": "string", "description": "Of its archives, without .zip"}, "status": {"enum": ["PROCESSING", "SUCCESSFUL", "PARTIALLY_SUCCESSFUL", "FAILED"]}, "isComplete": {"type": "boolean"},
        "inBackground": {"type": "boolean", "description": "Nobody waited for it"}, "finished": {"type": "string", "format": "date-time"},
        "expires": {"type": "string", "format": "date-time", "description": "When its artifacts go; the assets stay"}, "isExpired": {"type": "boolean", "description": "They have gone"},
        "notice": {"enum": ["unread", "read", "dismissed"], "description": "Of a complete one: whether it waits in the inbox"},
        "progress": {"type": "object", "description": "While it is being processed", "properties": {"percent": {"type": "integer"}, "assetsDone": {"type": "integer"}, "assetCount": {"type": "integer"},
          "bytesDone": {"type": "integer"}, "byteCount": {"type": "integer"}, "renditionsDone": {"type": "integer"}, "renditionCount": {"type": "integer"}, "secondsLeft": {"type": "integer"}}},
        "created": {"type": "string", "format": "date-time"}, "totalSize": {"type": "integer"}, "totalCount": {"type": "integer"}, "message": {"type": "string"},
        "artifacts": {"type": "array", "items": {"type": "object", "required": ["id", "name", "mimeType", "size", "entryCount", "uri", "etag"], "properties": {
          "id": {"type": "string"}, "name": {"type": "string"}, "mimeType": {"type": "string"}, "size": {"type": "integer"}, "entryCount": {"type": "integer"}, "uri": {"type": "string"}, "etag": {"type": "string"}}}},
        "skippedCount": {"type": "integer"},
        "skipped": {"description": "What could not be had; in a list of downloads only the first 20", "type": "array", "items": {"type": "object", "required": ["path", "reason", "message"], "properties": {
          "path": {"type": "string"}, "reason": {"enum": ["denied", "not_found", "set", "missing", "not_rendered", "no_rendition", "no_subassets", "unknown_command", "expired", "licence"]}, "message": {"type": "string"}, "license": {"type": "string", "description": "The id of the licence to agree to"}}}}}},
      "LinkBox": {"type": "object", "properties": {"default": {"type": "boolean"}, "behaviour": {"enum": ["editable", "readOnly", "hidden"], "description": "readOnly, hidden: every link is as the default says"}}},
      "ShareSettings": {"type": "object", "properties": {"originals": {"$ref": "#/components/schemas/LinkBox"}, "renditions": {"$ref": "#/components/schemas/LinkBox"}, "validityDays": {"type": "integer", "description": "Where a link says nothing"}, "longestDays": {"type": "integer"},
        "sharers": {"enum": ["everyone", "only", "except"], "description": "Of those who may share an asset: all, members of the groups, or all others"}, "groups": {"type": "array", "items": {"type": "string"}}, "mayShare": {"type": "boolean", "readOnly": true}}},
      "Share": {"type": "object", "required": ["id", "owner", "title", "paths", "created", "expires", "status", "originals", "renditions", "hasPassword", "downloads"], "properties": {
        "id": {"type": "string"}, "owner": {"type": "string"}, "title": {"type": "string"}, "paths": {"type": "array", "items": {"type": "string"}}, "created": {"type": "string", "format": "date-time"},
        "expires": {"type": "string", "format": "date-time"}, "revoked": {"type": "string", "format": "date-time"}, "status": {"enum": ["open", "expired", "revoked"]}, "originals": {"type": "boolean"}, "renditions": {"type": "boolean"},
        "hasPassword": {"type": "boolean"}, "downloads": {"type": "integer"}, "recipients": {"type": "array", "items": {"type": "string"}}, "downloadLimit": {"type": "integer"}, "url": {"type": "string", "description": "Only in the answer that makes it"}}},
      "Ids": {"type": "object", "required": ["ids"], "properties": {"ids": {"type": "array", "items": {"type": "string"}}}},
      "Preferences": {"type": "object", "properties": {"assetDownloadEmailNotification": {"type": "boolean", "description": "Mail me when a download that went on in the background is complete"}, "language": {"type": "string", "description": "Of mail: de, pt-br; empty: English"}}},
      "Manifest": {"type": "object", "required": ["name", "size", "etag", "entryCount", "entries"], "properties": {
        "name": {"type": "string"}, "size": {"type": "integer"}, "etag": {"type": "string"}, "entryCount": {"type": "integer"},
        "entries": {"type": "array", "items": {"type": "object", "required": ["name", "offset", "size", "crc32", "sha256", "modified"], "properties": {
          "name": {"type": "string"}, "offset": {"type": "integer", "description": "Where the entry's data begins in the artifact"}, "size": {"type": "integer"},
          "crc32": {"type": "string"}, "sha256": {"type": "string"}, "modified": {"type": "string", "format": "date-time"}}}}}},
      "Node": {"type": "object", "required": ["path", "name", "type"], "properties": {
        "path": {"type": "string"}, "name": {"type": "string"}, "type": {"enum": ["folder", "asset"]},
        "title": {"type": "string", "description": "Of a folder that has one"},
        "children": {"type": "array", "items": {"$ref": "#/components/schemas/Node"}}, "next": {"type": ["string", "null"]},
        "mimeType": {"type": "string"}, "size": {"type": "integer"}, "modified": {"type": "string", "format": "date-time"}, "version": {"type": "integer"},
        "sha256": {"type": "string"}, "width": {"type": "integer"}, "height": {"type": "integer"}, "set": {"type": "string"},
        "metadata": {"type": "object"}, "versions": {"type": "array", "items": {"type": "object"}},
        "renditions": {"type": "array", "items": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}, "mimeType": {"type": "string"}, "size": {"type": "integer"}, "width": {"type": "integer"}, "height": {"type": "integer"}, "uri": {"type": "string"}, "failure": {"type": "string"}}}},
        "subassets": {"type": "array", "description": "The pages of a document, where it was split", "items": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}, "mimeType": {"type": "string"}, "size": {"type": "integer"}, "uri": {"type": "string"}}}}}}
    }
  }
})json";

}  // namespace

server::Response get_openapi(const Call&) {
  return server::make_text_response(200, "application/json", std::string(kDocument));
}

}  // namespace dray::api
