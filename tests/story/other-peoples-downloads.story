# A download belongs to who made it: for others it does not exist. Administrators see it.
file shoot/hero.txt: hello hero
$ dray import shoot --to /content/dam/shoot --quiet
serve
$ dray user add anna
$ dray user add bert

> POST /api/v1/downloads as anna
>
> {"targets": [{"path": "/content/dam/shoot"}], "archiveName": "mine"}
< 201 Created
<
< {"id": "~(?P<id>.*)", "artifacts": [{"uri": "~(?P<uri>.*)"}]}

== Not for Bert ==
> GET /api/v1/downloads/{{id}} as bert
< 404 Not Found
<
< ={"error": "there is no download {{id}}"}

> GET {{uri}} as bert
< 404 Not Found
< !ETag
<
< ={"error": "there is no download {{id}}"}

> GET {{uri}}/manifest as bert
< 404 Not Found

> GET /api/v1/downloads/{{id}}/artifacts/no-such.zip as bert
< 404 Not Found
<
< ={"error": "there is no download {{id}}"}

> DELETE /api/v1/downloads/{{id}} as bert
< 404 Not Found

> GET /api/v1/downloads as bert
< 200 OK
<
< ={"items": [], "next": null}

> GET /api/v1/downloads?before={{id}} as bert
< 200 OK
<
< ={"items": [], "next": null}

== Just as one that never was ==
> GET /api/v1/downloads/0123456789abcdef0123456789abcdef as bert
< 404 Not Found
<
< ={"error": "there is no download 0123456789abcdef0123456789abcdef"}

== For Anna and for administrators ==
> GET {{uri}} as anna
< 200 OK

> GET {{uri}} as admin
< 200 OK

> GET /api/v1/downloads/{{id}} as admin
< 200 OK

== The list has one's own ==
> GET /api/v1/downloads as admin
< 200 OK
<
< {"items": []}
