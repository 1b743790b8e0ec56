# What cannot be understood is refused with a reason, and nothing of it is done.
file shoot/hero.txt: hello hero
$ dray import shoot --to /content/dam/shoot --quiet

== JSON that is none ==
> POST /api/v1/downloads as admin
>
> {"targets": [{"path": "/content/dam/sh
< 400 Bad Request
<
< {"error": "~the JSON text is not valid at byte \\d+: .*"}

> POST /api/v1/downloads as admin
> Content-Type: application/json
< 400 Bad Request

> POST /api/v1/downloads as admin
>
> {"targets": []} {"targets": []}
< 400 Bad Request

> POST /api/v1/downloads as admin
>
> {"targets": [{"path": "{{bytes c3 28}}"}]}
< 400 Bad Request

> POST /api/v1/downloads as admin
>
> {"targets": [{"path": "\ud800"}]}
< 400 Bad Request

> POST /api/v1/downloads as admin
>
> {{bytes ef bb bf}}{"targets": []}
< 400 Bad Request

== Deeply nested ==
> POST /api/v1/downloads as admin
>
> {{repeat 100000 [}}
< 400 Bad Request

> POST /api/v1/downloads as admin
>
> {{repeat 40 {"a":}}1{{repeat 40 }}}
< 400 Bad Request

== Wrong types ==
> POST /api/v1/downloads as admin
>
> []
< 400 Bad Request
<
< ={"error": "the body must be a JSON object with \"targets\""}

> POST /api/v1/downloads as admin
>
> {}
< 400 Bad Request
<
< {"error": "~\"targets\" is missing: .*"}

> POST /api/v1/downloads as admin
>
> {"targets": "/content/dam/shoot"}
< 400 Bad Request

> POST /api/v1/downloads as admin
>
> {"targets": ["/content/dam/shoot"]}
< 400 Bad Request
<
< ={"error": "target 1 has no \"path\""}

> POST /api/v1/downloads as admin
>
> {"targets": [{"path": "/content/dam/shoot"}, {"path": 1e999}]}
< 400 Bad Request

> POST /api/v1/downloads as admin
>
> {"targets": [{"path": "/content/dam/shoot"}, {"path": null}]}
< 400 Bad Request
<
< ={"error": "target 2 has no \"path\""}

> POST /api/v1/downloads as admin
>
> {"targets": [], "options": ["originals"]}
< 400 Bad Request

> POST /api/v1/downloads as admin
>
> {"targets": [], "options": {"originals": "yes"}}
< 400 Bad Request
<
< ={"error": "the option \"originals\" must be true or false"}

> POST /api/v1/downloads as admin
>
> {"targets": [], "archiveName": 5}
< 400 Bad Request

== Unknown members, so that a misspelt option is not silently left out ==
> POST /api/v1/downloads as admin
>
> {"targets": [], "options": {"folderPerAsst": true}}
< 400 Bad Request
<
< ={"error": "there is no option \"folderPerAsst\"; known are originals, folderPerAsset, keepStructure, subassets, renditions, excludeDefaultRenditions, dynamic and smartCrops"}

> POST /api/v1/downloads as admin
>
> {"targets": [], "target": []}
< 400 Bad Request
<
< ={"error": "there is no member \"target\"; known are targets, options, archiveName, email, message and licenses"}

> POST /api/v1/downloads as admin
>
> {"targets": [{"path": "/content/dam/shoot", "rendition": "web"}]}
< 400 Bad Request
<
< ={"error": "target 1 has an unknown member \"rendition\""}

== Paths that are none ==
> POST /api/v1/downloads as admin
>
> {"targets": [{"path": ""}]}
< 400 Bad Request

> POST /api/v1/downloads as admin
>
> {"targets": [{"path": "content/dam/shoot"}]}
< 400 Bad Request

> POST /api/v1/downloads as admin
>
> {"targets": [{"path": "/content/dam/../../etc/passwd"}]}
< 400 Bad Request
<
< ={"error": "target 1: a name may not be \"..\""}

> POST /api/v1/downloads as admin
>
> {"targets": [{"path": "/content/dam//shoot"}]}
< 400 Bad Request

> POST /api/v1/downloads as admin
>
> {"targets": [{"path": "/content/dam/shoot\u0000.txt"}]}
< 400 Bad Request

> POST /api/v1/downloads as admin
>
> {"targets": [{"path": "/content/dam/{{repeat 10000 a}}"}]}
< 400 Bad Request

== A body that is not JSON, as a form on another site would send it ==
> POST /api/v1/downloads as admin
> Content-Type: text/plain
>
> {"targets": []}
< 400 Bad Request
<
< ={"error": "the body must be JSON and say so: Content-Type: application/json"}

> POST /api/v1/downloads as admin
> Content-Type: application/x-www-form-urlencoded
>
> targets=x
< 400 Bad Request

> POST /api/v1/downloads as admin
> Content-Type: text/plain; application/json
>
> {"targets": []}
< 400 Bad Request

> POST /api/v1/downloads as admin
> Content-Type: Application/JSON ; charset=utf-8
>
> {"targets": []}
< 201 Created

== Bodies that are too large, or where none may be ==
> POST /api/v1/session
> Content-Length: 65537
< 413 Content Too Large
< Connection: close

> POST /api/v1/downloads as admin
> Content-Length: 16777217
< 413 Content Too Large
< Connection: close
<
< ={"error": "the body has 16777217 bytes; at most 16777216 are taken here"}

> POST /api/v1/downloads as admin
> Content-Length: 9223372036854775807
< 413 Content Too Large

> GET /livez
> Content-Length: 1
< 413 Content Too Large
< Connection: close

> DELETE /api/v1/downloads/1 as admin
> Transfer-Encoding: chunked
>
> 5{{bytes 0d 0a}}hello{{bytes 0d 0a}}0{{bytes 0d 0a 0d 0a}}
< 413 Content Too Large
< Connection: close

== Chunks are fine ==
> POST /api/v1/downloads as admin
> Content-Type: application/json
> Transfer-Encoding: chunked
>
> 5;name=value{{bytes 0d 0a}}{"tar{{bytes 0d 0a}}A{{bytes 0d 0a}}gets": []}{{bytes 0d 0a}}0{{bytes 0d 0a}}X-Trailer: x{{bytes 0d 0a 0d 0a}}
< 201 Created

== Targets that try to leave ==
> GET /content/dam/../../etc/passwd as admin
< 400 Bad Request
<
< ={"error": "the path has a \".\" or \"..\" segment"}

> GET /content/dam/%2e%2e/%2E%2E/etc/passwd as admin
< 400 Bad Request

> GET /content/dam/shoot/. as admin
< 400 Bad Request

> GET /content/dam/shoot%2fhero.txt as admin
< 400 Bad Request

> GET /content/dam//shoot/hero.txt as admin
< 400 Bad Request

> GET //etc/passwd as admin
< 400 Bad Request

> GET /content/dam/..\..\etc\passwd as admin
< 400 Bad Request

> GET /content/dam/..%5c..%5cetc as admin
< 404 Not Found

> GET /content/dam/%252e%252e/hero.txt as admin
< 404 Not Found

== Targets that are none ==
> GET /content/dam/shoot/hero.txt%00.jpg as admin
< 400 Bad Request
<
< ={"error": "a NUL character is encoded in the request"}

> GET /content/dam/{{bytes 00}} as admin
< 400 Bad Request

> GET /content/dam/%c3%28 as admin
< 400 Bad Request

> GET /content/dam/{{bytes c3 28}} as admin
< 400 Bad Request

> GET /content/dam/gr{{bytes c3 bc}}n.txt as admin
< 400 Bad Request

> GET /content/dam/%zz as admin
< 400 Bad Request

> GET /content/dam/%f as admin
< 400 Bad Request

> GET /api/v1/assets?after=%00 as admin
< 400 Bad Request

> GET /livez#top
< 400 Bad Request

> GET http://dray.test/livez
< 400 Bad Request

> OPTIONS *
< 400 Bad Request

== Long ones ==
> GET /content/dam/{{repeat 10000 a}} as admin
< 414 URI Too Long
< Connection: close

> GET /content/dam/{{repeat 300 a}} as admin
< 400 Bad Request
<
< ={"error": "a name has 300 bytes; at most 255 are allowed"}

> GET /content/dam/{{repeat 4000 a/}}a as admin
< 400 Bad Request

== None of it made a download but the two that were right ==
> GET /api/v1/downloads as admin
< 200 OK
<
< {"items": [{"totalCount": 0}, {"totalCount": 0}]}
