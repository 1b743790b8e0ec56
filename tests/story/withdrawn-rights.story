# A download made earlier is worth nothing once a right that it needs has been taken away; given back, it is as before.
file shoot/hero.txt: hello hero
file shoot/day/plan.txt: the plan
$ dray import shoot --to /content/dam/shoot --quiet
serve
$ dray user add anna

> POST /api/v1/downloads as anna
>
> {"targets": [{"path": "/content/dam/shoot"}]}
< 201 Created
<
< {"id": "~(?P<id>.*)", "artifacts": [{"uri": "~(?P<uri>.*)", "etag": "~(?P<etag>.*)"}]}

> GET {{uri}} as anna
< 200 OK

== A folder inside is denied ==
$ dray access deny anna /content/dam/shoot/day
> GET {{uri}} as anna
< 403 Forbidden
< !ETag
<
< ={"error": "a right that this download needs has been withdrawn"}

> GET {{uri}} as anna
> Range: bytes=0-0
< 403 Forbidden

> GET {{uri}} as anna
> If-None-Match: {{etag}}
< 403 Forbidden

> HEAD {{uri}} as anna
< 403 Forbidden

> GET {{uri}}/manifest as anna
< 403 Forbidden

== The download itself can still be seen and removed ==
> GET /api/v1/downloads/{{id}} as anna
< 200 OK

== Administrators may everything ==
> GET {{uri}} as admin
< 200 OK

== Given back ==
$ dray access remove anna /content/dam/shoot/day --effect deny
> GET {{uri}} as anna
< 200 OK
< ETag: {{etag}}

== One asset inside is denied, then the right to originals, then downloading at all ==
$ dray access deny anna /content/dam/shoot/hero.txt
> GET {{uri}} as anna
< 403 Forbidden

$ dray access remove anna /content/dam/shoot/hero.txt --effect deny
$ dray access deny anna /content/dam/shoot --privileges original
> GET {{uri}} as anna
< 403 Forbidden

$ dray access remove anna /content/dam/shoot --effect deny
$ dray access deny anna /var/dam/jobs/download --privileges read
> GET {{uri}} as anna
< 403 Forbidden

> POST /api/v1/downloads as anna
>
> {"targets": [{"path": "/content/dam/shoot"}]}
< 201 Created
<
< {"status": "FAILED", "artifacts": [], "skipped": [{"path": "/content/dam/shoot", "reason": "denied"}]}

$ dray access remove anna /var/dam/jobs/download --effect deny
> GET {{uri}} as anna
< 200 OK

== What was denied when the download was made changes nothing ==
$ dray access deny anna /content/dam/shoot/day
> POST /api/v1/downloads as anna
>
> {"targets": [{"path": "/content/dam/shoot"}]}
< 201 Created
<
< {"status": "PARTIALLY_SUCCESSFUL", "artifacts": [{"name": "hero.txt", "uri": "~(?P<rest>.*)"}]}

> GET {{rest}} as anna
< 200 OK
<
< hello hero

== A rule for a group ==
$ dray access deny everyone /content/dam/shoot/hero.txt
> GET {{rest}} as anna
< 403 Forbidden
