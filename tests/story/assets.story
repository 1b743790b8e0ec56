# Folders are listed a page at a time, with what the caller may read and nothing else; assets tell their properties.
file shoot/a.txt: a
file shoot/b.txt: b
file shoot/c.txt: c
file shoot/d.txt: d
folder shoot/empty
file shoot/Grüße.txt: é
$ dray import shoot --to /content/dam/shoot --quiet
serve
$ dray user add anna

== The top ==
> GET /api/v1/assets as admin
< 200 OK
<
< {"path": "/content/dam", "type": "folder", "children": [{"path": "/content/dam/shoot", "name": "shoot", "type": "folder"}], "next": null}

> GET /api/v1/assets/ as admin
< 200 OK
<
< {"path": "/content/dam"}

> GET /api/v1/assets/content/dam as admin
< 200 OK
<
< {"path": "/content/dam"}

== One page ==
> GET /api/v1/assets/content/dam/shoot as anna
< 200 OK
< Content-Type: application/json
< Cache-Control: no-store
<
< ={"path": "/content/dam/shoot", "name": "shoot", "type": "folder", "next": null, "children": [
<   {"path": "/content/dam/shoot/Grüße.txt", "name": "Grüße.txt", "type": "asset", "mimeType": "text/plain", "size": 2,
<    "modified": "2024-05-06T07:08:10Z", "version": 1, "sha256": "{{sha256 shoot/Grüße.txt}}"},
<   {"path": "/content/dam/shoot/a.txt", "name": "a.txt", "type": "asset", "mimeType": "~.*", "size": 1,
<    "modified": "2024-05-06T07:08:10Z", "version": 1, "sha256": "{{sha256 shoot/a.txt}}"},
<   {"path": "/content/dam/shoot/b.txt", "name": "b.txt", "type": "asset", "mimeType": "~.*", "size": 1,
<    "modified": "2024-05-06T07:08:10Z", "version": 1, "sha256": "{{sha256 shoot/b.txt}}"},
<   {"path": "/content/dam/shoot/c.txt", "name": "c.txt", "type": "asset", "mimeType": "~.*", "size": 1,
<    "modified": "2024-05-06T07:08:10Z", "version": 1, "sha256": "{{sha256 shoot/c.txt}}"},
<   {"path": "/content/dam/shoot/d.txt", "name": "d.txt", "type": "asset", "mimeType": "~.*", "size": 1,
<    "modified": "2024-05-06T07:08:10Z", "version": 1, "sha256": "{{sha256 shoot/d.txt}}"},
<   {"path": "/content/dam/shoot/empty", "name": "empty", "type": "folder"}]}

== Page after page ==
> GET /api/v1/assets/content/dam/shoot?limit=2&after=a.txt as anna
< 200 OK
<
< {"children": [{"name": "b.txt"}, {"name": "c.txt"}], "next": "c.txt"}

> GET /api/v1/assets/content/dam/shoot?limit=2&after=c.txt as anna
< 200 OK
<
< {"children": [{"name": "d.txt"}, {"name": "empty"}]}

> GET /api/v1/assets/content/dam/shoot?limit=2&after=empty as anna
< 200 OK
<
< {"children": [], "next": null}

== What the caller may not read is not there, on no page and in no "next" ==
$ dray access deny anna /content/dam/shoot/b.txt
$ dray access deny anna /content/dam/shoot/c.txt
> GET /api/v1/assets/content/dam/shoot?limit=2&after=Gr%C3%BC%C3%9Fe.txt as anna
< 200 OK
<
< {"children": [{"name": "a.txt"}, {"name": "d.txt"}], "next": "d.txt"}

> GET /api/v1/assets/content/dam/shoot?limit=1&after=a.txt as anna
< 200 OK
<
< {"children": [{"name": "d.txt"}], "next": "d.txt"}

== A page has 1 to 1000 children ==
> GET /api/v1/assets/content/dam/shoot?limit=1000 as anna
< 200 OK

> GET /api/v1/assets/content/dam/shoot?limit=1001 as anna
< 400 Bad Request

> GET /api/v1/assets/content/dam/shoot?limit=0 as anna
< 400 Bad Request

> GET /api/v1/assets/content/dam/shoot?limit=many as anna
< 400 Bad Request

> GET /api/v1/assets/content/dam/shoot?limit=99999999999999999999 as anna
< 400 Bad Request

== One asset ==
> GET /api/v1/assets/content/dam/shoot/a.txt as anna
< 200 OK
<
< {"path": "/content/dam/shoot/a.txt", "type": "asset", "size": 1, "sha256": "{{sha256 shoot/a.txt}}", "metadata": {},
<  "versions": [{"version": 1, "size": 1}]}

> GET /api/v1/assets/content/dam/shoot/empty as anna
< 200 OK
<
< {"children": [], "next": null}

== What is not there, or no address ==
> GET /api/v1/assets/content/dam/shoot/z.txt as anna
< 404 Not Found

> GET /api/v1/assets/var/dam/jobs as anna
< 404 Not Found

> GET /api/v1/assets/content as anna
< 404 Not Found

> GET /api/v1/assetsx as anna
< 404 Not Found

== A changed file is a new version ==
file shoot/a.txt: other
$ dray import shoot --to /content/dam/shoot --quiet
> GET /api/v1/assets/content/dam/shoot/a.txt as anna
< 200 OK
<
< {"version": 2, "size": 5, "sha256": "{{sha256 shoot/a.txt}}", "versions": [{"version": 2, "size": 5}, {"version": 1, "size": 1}]}
