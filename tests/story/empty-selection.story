# A selection without a file ends well, makes no archive and says so.
folder shoot/empty/deeper
file shoot/nothing.txt: {{repeat 0 x}}
$ dray import shoot --to /content/dam/shoot --quiet

== No targets ==
> POST /api/v1/downloads as admin
>
> {"targets": []}
< 201 Created
<
< ={"id": "~.*", "status": "SUCCESSFUL", "isComplete": true, "inBackground": false, "created": "~.*", "finished": "~.*", "name": "~.*", "expires": "~.+", "notice": "read", "totalSize": 0, "totalCount": 0, "artifacts": [],
<   "skippedCount": 0, "skipped": [],
<   "message": "The selection contains no files, so no archive was created"}

== Empty folders only, even where folders are kept ==
> POST /api/v1/downloads as admin
>
> {"targets": [{"path": "/content/dam/shoot/empty"}], "options": {"keepStructure": true}, "archiveName": "wanted"}
< 201 Created
<
< {"status": "SUCCESSFUL", "isComplete": true, "artifacts": [], "message": "The selection contains no files, so no archive was created"}

== An empty file is a file ==
> POST /api/v1/downloads as admin
>
> {"targets": [{"path": "/content/dam/shoot/nothing.txt"}]}
< 201 Created
<
< {"status": "SUCCESSFUL", "totalSize": 0, "totalCount": 1, "artifacts": [{"name": "nothing.txt", "size": 0, "uri": "~(?P<uri>.*)"}]}

> GET {{uri}} as admin
< 200 OK
< Content-Length: 0
<
< nothing

> GET {{uri}} as admin
> Range: bytes=0-0
< 416 Range Not Satisfiable
< Content-Range: bytes */0

> GET {{uri}} as admin
> Range: bytes=-5
< 200 OK
< Content-Length: 0

== And goes into an archive ==
> POST /api/v1/downloads as admin
>
> {"targets": [{"path": "/content/dam/shoot"}], "options": {"keepStructure": true}, "archiveName": "all"}
< 201 Created
<
< {"artifacts": [{"name": "all.zip", "entryCount": 2, "uri": "~(?P<uri>.*)"}]}

> GET {{uri}} as admin
< 200 OK
<
< zip
< shoot/empty/deeper/
< shoot/nothing.txt is shoot/nothing.txt
