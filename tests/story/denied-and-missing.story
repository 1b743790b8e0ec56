# What cannot be delivered is named with its reason, and the rest comes all the same.
file shoot/public.txt: for all
file shoot/secret/plan.txt: for few
file shoot/turn.jpg: 50 bytes
file shoot/film.bin: 2000000 bytes
$ dray import shoot --to /content/dam/shoot --quiet
$ dray user add anna
$ dray access deny anna /content/dam/shoot/secret
mark /content/dam/shoot/turn.jpg as Spin Set
lose shoot/film.bin

== A folder with something of each ==
> POST /api/v1/downloads as anna
>
> {"targets": [{"path": "/content/dam/shoot"}, {"path": "/content/dam/gone"}]}
< 201 Created
<
< {"status": "PARTIALLY_SUCCESSFUL", "isComplete": true, "totalSize": 7, "totalCount": 1, "artifacts": [{"name": "public.txt", "uri": "~(?P<uri>.*)"}],
<  "skipped": [
<    {"path": "/content/dam/shoot/secret", "reason": "denied", "message": "~.+"},
<    {"path": "/content/dam/shoot/turn.jpg", "reason": "set", "message": "sets cannot be downloaded: this is a Spin Set"},
<    {"path": "/content/dam/gone", "reason": "not_found", "message": "~.+"},
<    {"path": "/content/dam/shoot/film.bin", "reason": "missing", "message": "~.+"}]}

> GET {{uri}} as anna
< 200 OK
<
< for all

== Nothing at all could be had ==
> POST /api/v1/downloads as anna
>
> {"targets": [{"path": "/content/dam/shoot/secret"}]}
< 201 Created
<
< {"status": "FAILED", "isComplete": true, "totalSize": 0, "totalCount": 0, "artifacts": [], "message": "~.+",
<  "skipped": [{"path": "/content/dam/shoot/secret", "reason": "denied"}]}

== What is denied and does not exist cannot be told from what is denied and does ==
> POST /api/v1/downloads as anna
>
> {"targets": [{"path": "/content/dam/shoot/secret/plan.txt"}, {"path": "/content/dam/shoot/secret/no-such.txt"}]}
< 201 Created
<
< {"status": "FAILED", "skipped": [
<    {"path": "/content/dam/shoot/secret/plan.txt", "reason": "denied", "message": "you may not read this"},
<    {"path": "/content/dam/shoot/secret/no-such.txt", "reason": "denied", "message": "you may not read this"}]}

> GET /content/dam/shoot/secret/plan.txt as anna
< 404 Not Found
<
< ={"error": "there is no asset /content/dam/shoot/secret/plan.txt"}

> GET /content/dam/shoot/secret/no-such.txt as anna
< 404 Not Found
<
< ={"error": "there is no asset /content/dam/shoot/secret/no-such.txt"}

> GET /api/v1/assets/content/dam/shoot/secret as anna
< 404 Not Found
<
< ={"error": "there is no folder or asset /content/dam/shoot/secret"}

> GET /api/v1/assets/content/dam/shoot/no-such as anna
< 404 Not Found
<
< ={"error": "there is no folder or asset /content/dam/shoot/no-such"}

== Places outside the assets are no way around ==
> POST /api/v1/downloads as anna
>
> {"targets": [{"path": "/"}, {"path": "/content"}, {"path": "/var/dam/jobs/download"}, {"path": "/etc/passwd"}]}
< 201 Created
<
< {"status": "FAILED", "artifacts": []}

== A set alone ==
> POST /api/v1/downloads as anna
>
> {"targets": [{"path": "/content/dam/shoot/turn.jpg"}]}
< 201 Created
<
< {"status": "FAILED", "artifacts": [], "skipped": [{"reason": "set"}]}

> GET /content/dam/shoot/turn.jpg as anna
< 403 Forbidden

== Original denied, but not read ==
$ dray access deny anna /content/dam/shoot/public.txt --privileges original
> GET /content/dam/shoot/public.txt as anna
< 403 Forbidden

> GET /api/v1/assets/content/dam/shoot/public.txt as anna
< 200 OK
<
< {"path": "/content/dam/shoot/public.txt"}

> POST /api/v1/downloads as anna
>
> {"targets": [{"path": "/content/dam/shoot/public.txt"}]}
< 201 Created
<
< {"status": "FAILED", "skipped": [{"reason": "denied"}]}

== A list shows the first 20 that could not be had, and how many there are ==
> POST /api/v1/downloads as admin
>
> {"targets": [{"path": "/content/dam/absent00"}, {"path": "/content/dam/absent01"}, {"path": "/content/dam/absent02"}, {"path": "/content/dam/absent03"}, {"path": "/content/dam/absent04"}, {"path": "/content/dam/absent05"}, {"path": "/content/dam/absent06"}, {"path": "/content/dam/absent07"}, {"path": "/content/dam/absent08"}, {"path": "/content/dam/absent09"}, {"path": "/content/dam/absent10"}, {"path": "/content/dam/absent11"}, {"path": "/content/dam/absent12"}, {"path": "/content/dam/absent13"}, {"path": "/content/dam/absent14"}, {"path": "/content/dam/absent15"}, {"path": "/content/dam/absent16"}, {"path": "/content/dam/absent17"}, {"path": "/content/dam/absent18"}, {"path": "/content/dam/absent19"}, {"path": "/content/dam/absent20"}]}
< 201 Created
<
< {"skippedCount": 21}

> GET /api/v1/downloads?limit=1 as admin
< 200 OK
<
< {"items": [{"skippedCount": 21, "skipped": [{"path": "/content/dam/absent00"}, {"path": "/content/dam/absent01"}, {"path": "/content/dam/absent02"}, {"path": "/content/dam/absent03"}, {"path": "/content/dam/absent04"}, {"path": "/content/dam/absent05"}, {"path": "/content/dam/absent06"}, {"path": "/content/dam/absent07"}, {"path": "/content/dam/absent08"}, {"path": "/content/dam/absent09"}, {"path": "/content/dam/absent10"}, {"path": "/content/dam/absent11"}, {"path": "/content/dam/absent12"}, {"path": "/content/dam/absent13"}, {"path": "/content/dam/absent14"}, {"path": "/content/dam/absent15"}, {"path": "/content/dam/absent16"}, {"path": "/content/dam/absent17"}, {"path": "/content/dam/absent18"}, {"path": "/content/dam/absent19"}]}]}
