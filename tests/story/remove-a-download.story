# A removed download is gone; the assets stay.
file shoot/hero.txt: hello hero
$ dray import shoot --to /content/dam/shoot --quiet

> POST /api/v1/downloads as admin
>
> {"targets": [{"path": "/content/dam/shoot"}], "archiveName": "all"}
< 201 Created
<
< {"id": "~(?P<id>.*)", "artifacts": [{"uri": "~(?P<uri>.*)"}]}

== An artifact alone cannot be removed ==
> DELETE {{uri}} as admin
< 405 Method Not Allowed
< Allow: GET, HEAD

> GET {{uri}} as admin
< 200 OK

== The download can ==
> DELETE /api/v1/downloads/{{id}} as admin
< 204 No Content
< !Content-Length
< !Content-Type

> DELETE /api/v1/downloads/{{id}} as admin
< 404 Not Found
<
< ={"error": "there is no download {{id}}"}

> GET /api/v1/downloads/{{id}} as admin
< 404 Not Found

> GET {{uri}} as admin
< 404 Not Found

> GET {{uri}}/manifest as admin
< 404 Not Found

> GET /api/v1/downloads as admin
< 200 OK
<
< {"items": []}

== The asset is still there ==
> GET /content/dam/shoot/hero.txt as admin
< 200 OK
<
< hello hero
