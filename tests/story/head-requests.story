# HEAD answers as GET would, without the body.
file shoot/hero.txt: hello hero
$ dray import shoot --to /content/dam/shoot --quiet

> HEAD /content/dam/shoot/hero.txt as admin
< 200 OK
< Content-Length: 10
< Content-Type: text/plain
< ETag: "{{sha256 shoot/hero.txt}}"
< Accept-Ranges: bytes
< Content-Disposition: attachment; filename="hero.txt"; filename*=UTF-8''hero.txt

== Ranges are for GET ==
> HEAD /content/dam/shoot/hero.txt as admin
> Range: bytes=0-1
< 200 OK
< Content-Length: 10
< !Content-Range

== Archives ==
> POST /api/v1/downloads as admin
>
> {"targets": [{"path": "/content/dam/shoot/hero.txt"}], "archiveName": "one"}
< 201 Created
<
< {"id": "~(?P<id>.*)", "artifacts": [{"uri": "~(?P<uri>.*)", "etag": "~(?P<etag>.*)"}]}

> HEAD {{uri}} as admin
< 200 OK
< Content-Type: application/zip
< ETag: {{etag}}
< Content-Length: ~[1-9]\d+

> HEAD {{uri}}/manifest as admin
< 200 OK
< Content-Type: application/json

> HEAD /api/v1/downloads/{{id}} as admin
< 200 OK
< Content-Length: ~[1-9]\d+

== Errors ==
> HEAD /content/dam/shoot/no-such.txt as admin
< 404 Not Found
< Content-Type: application/json
< Content-Length: ~[1-9]\d+

> HEAD /no/such/address as admin
< 404 Not Found

== Open doors ==
> HEAD /livez
< 200 OK
< Content-Length: 6
