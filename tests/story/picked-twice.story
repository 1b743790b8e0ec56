# Whatever is picked twice, by itself or with its folder, is delivered once, at its first place.
file shoot/a.txt: a
file shoot/day/b.txt: b
file shoot/day/c.txt: c
$ dray import shoot --to /content/dam/shoot --quiet

== The same asset three times ==
> POST /api/v1/downloads as admin
>
> {"targets": [{"path": "/content/dam/shoot/a.txt"}, {"path": "/content/dam/shoot/a.txt/"}, {"path": "/content/dam/shoot/a.txt"}]}
< 201 Created
<
< {"totalSize": 1, "totalCount": 1, "artifacts": [{"name": "a.txt"}]}

== An asset, its folder, and the folder above ==
> POST /api/v1/downloads as admin
>
> {"targets": [{"path": "/content/dam/shoot/day/c.txt"}, {"path": "/content/dam/shoot/day"}, {"path": "/content/dam/shoot"}]}
< 201 Created
<
< {"totalSize": 3, "totalCount": 3, "artifacts": [{"name": "assets.zip", "entryCount": 3, "uri": "~(?P<uri>.*)"}]}

> GET {{uri}} as admin
< 200 OK
<
< zip
< c.txt is shoot/day/c.txt
< b.txt is shoot/day/b.txt
< a.txt is shoot/a.txt

== The same with folders kept: each stays where it was first ==
> POST /api/v1/downloads as admin
>
> {"targets": [{"path": "/content/dam/shoot/day"}, {"path": "/content/dam/shoot"}], "options": {"keepStructure": true}}
< 201 Created
<
< {"totalCount": 3, "artifacts": [{"uri": "~(?P<uri>.*)"}]}

> GET {{uri}} as admin
< 200 OK
<
< zip
< day/b.txt is shoot/day/b.txt
< day/c.txt is shoot/day/c.txt
< shoot/a.txt is shoot/a.txt
