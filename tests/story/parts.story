# An archive beyond the limit comes in parts, each of which opens without the others.
file shoot/a.bin: 9000 bytes
file shoot/b.bin: 9000 bytes
file shoot/c.bin: 30000 bytes
file shoot/d.bin: 100 bytes
$ dray import shoot --to /content/dam/shoot --quiet
serve --part-limit 20kB

> POST /api/v1/downloads as admin
>
> {"targets": [{"path": "/content/dam/shoot"}]}
< 201 Created
<
< {"status": "SUCCESSFUL", "totalCount": 4, "totalSize": 48100, "artifacts": [
<   {"id": "1", "name": "shoot_1.zip", "entryCount": 2, "uri": "~(?P<first>.*)"},
<   {"id": "2", "name": "shoot_2.zip", "entryCount": 1, "uri": "~(?P<second>.*)"},
<   {"id": "3", "name": "shoot_3.zip", "entryCount": 1, "uri": "~(?P<third>.*)"}]}

> GET {{first}} as admin
< 200 OK
<
< zip
< a.bin is shoot/a.bin
< b.bin is shoot/b.bin

== A file beyond the limit has a part of its own ==
> GET {{second}} as admin
< 200 OK
<
< zip
< c.bin is shoot/c.bin

> GET {{third}} as admin
< 200 OK
< Content-Disposition: attachment; filename="shoot_3.zip"; filename*=UTF-8''shoot_3.zip
<
< zip
< d.bin is shoot/d.bin
