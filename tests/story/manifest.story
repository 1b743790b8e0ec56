# A manifest tells what lies where in an archive, so that clients can fetch, check and go on with single entries.
file shoot/hero.txt: hello hero
file shoot/film.bin: 5000 bytes
file shoot/nothing.txt: {{repeat 0 x}}
folder shoot/empty
$ dray import shoot --to /content/dam/shoot --quiet

> POST /api/v1/downloads as admin
>
> {"targets": [{"path": "/content/dam/shoot"}], "options": {"keepStructure": true}}
< 201 Created
<
< {"artifacts": [{"uri": "~(?P<uri>.*)", "etag": "~(?P<etag>.*)"}]}

> GET {{uri}}/manifest as admin
< 200 OK
< Content-Type: application/json
< Transfer-Encoding: chunked
< !Content-Length
<
< ={"name": "shoot.zip", "size": 5522, "etag": "{{etag}}", "entryCount": 4, "entries": [
<   {"name": "shoot/empty/", "offset": 51, "size": 0, "crc32": "00000000", "sha256": "~e3b0c44298fc1c14.*", "modified": "~.*"},
<   {"name": "shoot/film.bin", "offset": 104, "size": 5000, "crc32": "~[0-9a-f]{8}", "sha256": "{{sha256 shoot/film.bin}}", "modified": "2024-05-06T07:08:10Z"},
<   {"name": "shoot/hero.txt", "offset": 5157, "size": 10, "crc32": "~[0-9a-f]{8}", "sha256": "{{sha256 shoot/hero.txt}}", "modified": "2024-05-06T07:08:10Z"},
<   {"name": "shoot/nothing.txt", "offset": 5223, "size": 0, "crc32": "00000000", "sha256": "{{sha256 shoot/nothing.txt}}", "modified": "2024-05-06T07:08:10Z"}]}

== The place is right ==
> GET {{uri}} as admin
> Range: bytes=5157-5166
< 206 Partial Content
<
< hello hero

== Clients of HTTP/1.0 get it without chunks ==
> GET {{uri}}/manifest HTTP/1.0
> Authorization: Basic {{base64 admin:correct horse}}
< 200 OK
< !Transfer-Encoding
< !Content-Length
< Connection: close
<
< {"name": "shoot.zip", "entryCount": 4}

== A single file has one too ==
> POST /api/v1/downloads as admin
>
> {"targets": [{"path": "/content/dam/shoot/hero.txt"}]}
< 201 Created
<
< {"artifacts": [{"uri": "~(?P<uri>.*)", "etag": "~(?P<etag>.*)"}]}

> GET {{uri}}/manifest as admin
< 200 OK
<
< ={"name": "hero.txt", "size": 10, "etag": "{{etag}}", "entryCount": 1, "entries": [
<   {"name": "hero.txt", "offset": 0, "size": 10, "crc32": "~[0-9a-f]{8}", "sha256": "{{sha256 shoot/hero.txt}}", "modified": "2024-05-06T07:08:10Z"}]}
