# One original alone is sent as it is; a client that names an archive gets an archive.
file shoot/hero.txt: hello hero
$ dray import shoot --to /content/dam/shoot --quiet

== The file itself ==
> POST /api/v1/downloads as admin
>
> {"targets": [{"path": "/content/dam/shoot/hero.txt"}]}
< 201 Created
<
< {"status": "SUCCESSFUL", "totalSize": 10, "totalCount": 1, "artifacts": [{"id": "1", "name": "hero.txt", "mimeType": "text/plain",
<   "size": 10, "entryCount": 1, "uri": "~(?P<uri>/api/v1/downloads/[0-9a-f]{32}/artifacts/hero.txt)", "etag": "~(?P<etag>\".*\")"}]}

> GET {{uri}} as admin
< 200 OK
< Content-Type: text/plain
< Content-Length: 10
< Content-Disposition: attachment; filename="hero.txt"; filename*=UTF-8''hero.txt
< Last-Modified: Mon, 06 May 2024 07:08:10 GMT
< ETag: {{etag}}
< Repr-Digest: sha-256=:FJADBS+xGvQ0aV8h+2iy4oTRlwDzs0nV5hDueSlQ0so=:
<
< hello hero

== A folder that holds one file is one file ==
> POST /api/v1/downloads as admin
>
> {"targets": [{"path": "/content/dam/shoot"}]}
< 201 Created
<
< {"artifacts": [{"name": "hero.txt", "size": 10}]}

== An archive on demand ==
> POST /api/v1/downloads as admin
>
> {"targets": [{"path": "/content/dam/shoot/hero.txt"}], "archiveName": "just one"}
< 201 Created
<
< {"artifacts": [{"name": "just one.zip", "mimeType": "application/zip", "entryCount": 1, "uri": "~(?P<uri>.*/just%20one.zip)"}]}

> GET {{uri}} as admin
< 200 OK
<
< zip
< hero.txt is shoot/hero.txt

== An empty name asks for nothing ==
> POST /api/v1/downloads as admin
>
> {"targets": [{"path": "/content/dam/shoot/hero.txt"}], "archiveName": ""}
< 201 Created
<
< {"artifacts": [{"name": "hero.txt"}]}
