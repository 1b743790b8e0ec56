# One request makes a download; its answer has exactly the members that clients know, and its archive is there at once.
file shoot/day 1/hero.txt: hello hero
file shoot/day 1/film.bin: 40000 bytes
file shoot/notes.txt: x
$ dray import shoot --to /content/dam/shoot --quiet

== The answer ==
> POST /api/v1/downloads as admin
>
> {"targets": [{"path": "/content/dam/shoot"}], "options": {"originals": true, "folderPerAsset": false, "keepStructure": true}}
< 201 Created
< Content-Type: application/json
< Cache-Control: no-store
< X-Content-Type-Options: nosniff
< Location: ~/api/v1/downloads/(?P<id>[0-9a-f]{32})
<
< ={"id": "{{id}}",
<   "status": "SUCCESSFUL",
<   "isComplete": true,
<   "inBackground": false, "name": "shoot", "expires": "~.+", "notice": "read",
<   "created": "~20\\d\\d-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ",
<   "finished": "~20\\d\\d-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ",
<   "totalSize": 40011,
<   "totalCount": 3,
<   "artifacts": [{
<     "id": "1",
<     "name": "shoot.zip",
<     "mimeType": "application/zip",
<     "size": 40425,
<     "entryCount": 3,
<     "uri": "/api/v1/downloads/{{id}}/artifacts/shoot.zip",
<     "etag": "~(?P<etag>\"[0-9a-f]{32,64}\")"}],
<   "skippedCount": 0, "skipped": []}

== The archive has the length and the tag that the answer told ==
> GET /api/v1/downloads/{{id}}/artifacts/shoot.zip as admin
< 200 OK
< Content-Type: application/zip
< Content-Length: 40425
< ETag: {{etag}}
< Last-Modified: Mon, 06 May 2024 07:08:10 GMT
< Accept-Ranges: bytes
< Cache-Control: private, no-cache
< Content-Disposition: attachment; filename="shoot.zip"; filename*=UTF-8''shoot.zip
< X-Content-Type-Options: nosniff
< Content-Security-Policy: sandbox; default-src 'none'
<
< zip
< shoot/day 1/film.bin is shoot/day 1/film.bin
< shoot/day 1/hero.txt is shoot/day 1/hero.txt
< shoot/notes.txt is shoot/notes.txt

== The download can be asked for again, and is in the list ==
> GET /api/v1/downloads/{{id}} as admin
< 200 OK
<
< {"id": "{{id}}", "status": "SUCCESSFUL", "isComplete": true, "artifacts": [{"size": 40425, "etag": "{{etag}}"}]}

> GET /api/v1/downloads as admin
< 200 OK
<
< ={"items": [{"id": "{{id}}", "status": "SUCCESSFUL", "isComplete": true, "inBackground": false, "created": "~.+", "finished": "~.+", "name": "shoot", "expires": "~.+", "notice": "read", "totalSize": 40011, "totalCount": 3,
<   "artifacts": [{"id": "1", "name": "shoot.zip", "mimeType": "application/zip", "size": 40425, "entryCount": 3,
<     "uri": "/api/v1/downloads/{{id}}/artifacts/shoot.zip", "etag": "{{etag}}"}], "skippedCount": 0, "skipped": []}], "next": null}

== The same selection makes the same archive ==
> POST /api/v1/downloads as admin
>
> {"targets": [{"path": "/content/dam/shoot"}], "options": {"keepStructure": true}}
< 201 Created
<
< {"id": "~(?P<second>[0-9a-f]{32})", "artifacts": [{"size": 40425, "etag": "{{etag}}"}]}

== Newest first, a page at a time ==
> GET /api/v1/downloads?limit=1 as admin
< 200 OK
<
< {"items": [{"id": "{{second}}"}], "next": "{{second}}"}

> GET /api/v1/downloads?limit=1&before={{second}} as admin
< 200 OK
<
< {"items": [{"id": "{{id}}"}]}

> GET /api/v1/downloads?limit=2&before={{id}} as admin
< 200 OK
<
< ={"items": [], "next": null}

> GET /api/v1/downloads?limit=501 as admin
< 400 Bad Request

> GET /api/v1/downloads?limit=0 as admin
< 400 Bad Request

> GET /api/v1/downloads?limit=-1 as admin
< 400 Bad Request

== What is not there ==
> GET /api/v1/downloads/{{id}}/artifacts/other.zip as admin
< 404 Not Found

> GET /api/v1/downloads/{{id}}/artifacts as admin
< 404 Not Found

> GET /api/v1/downloads/{{id}}/ as admin
< 404 Not Found

> GET /api/v1/downloads/{{id}}/artifacts/shoot.zip/manifest/more as admin
< 404 Not Found
