# Any part of anything can be had, of archives too, which are nowhere stored as a whole.
file shoot/ten.txt: 0123456789
file shoot/film.bin: 90000 bytes
$ dray import shoot --to /content/dam/shoot --quiet

== One range ==
> GET /content/dam/shoot/ten.txt as admin
> Range: bytes=2-4
< 206 Partial Content
< Content-Range: bytes 2-4/10
< Content-Length: 3
< Content-Type: text/plain
< ETag: "{{sha256 shoot/ten.txt}}"
<
< 234

== The whole as a range ==
> GET /content/dam/shoot/ten.txt as admin
> Range: bytes=0-
< 206 Partial Content
< Content-Range: bytes 0-9/10
<
< 0123456789

== From somewhere to the end, and beyond it ==
> GET /content/dam/shoot/ten.txt as admin
> Range: bytes=7-
< 206 Partial Content
< Content-Range: bytes 7-9/10
<
< 789

> GET /content/dam/shoot/ten.txt as admin
> Range: bytes=7-99999999999999999999999999
< 206 Partial Content
< Content-Range: bytes 7-9/10
<
< 789

== The last bytes, and more of them than there are ==
> GET /content/dam/shoot/ten.txt as admin
> Range: bytes=-3
< 206 Partial Content
< Content-Range: bytes 7-9/10
<
< 789

> GET /content/dam/shoot/ten.txt as admin
> Range: BYTES=-30
< 206 Partial Content
< Content-Range: bytes 0-9/10
<
< 0123456789

== Nothing that is there ==
> GET /content/dam/shoot/ten.txt as admin
> Range: bytes=10-
< 416 Range Not Satisfiable
< Content-Range: bytes */10
<
< ={"error": "the range lies outside the content, which has 10 bytes"}

> GET /content/dam/shoot/ten.txt as admin
> Range: bytes=10-20,30-40,-0
< 416 Range Not Satisfiable
< Content-Range: bytes */10

== Several, in the order asked ==
> GET /content/dam/shoot/film.bin as admin
> Range: bytes=50000-50009, 0-0 ,, -5,90000-
< 206 Partial Content
< Content-Type: ~multipart/byteranges; boundary=[A-Za-z0-9-]+
< !Content-Range
<
< parts of shoot/film.bin
< bytes 50000-50009/90000
< bytes 0-0/90000
< bytes 89995-89999/90000

== Several, of which one is there, are one ==
> GET /content/dam/shoot/ten.txt as admin
> Range: bytes=20-30,4-4
< 206 Partial Content
< Content-Range: bytes 4-4/10
<
< 4

== Two may overlap ==
> GET /content/dam/shoot/film.bin as admin
> Range: bytes=0-60000,20000-
< 206 Partial Content
<
< parts of shoot/film.bin
< bytes 0-60000/90000
< bytes 20000-89999/90000

== A few bytes of request do not draw many times the file ==
> GET /content/dam/shoot/ten.txt as admin
> Range: bytes=0-,0-,0-,0-,0-,0-,0-,0-
< 200 OK
< !Content-Range
<
< 0123456789

== 256 ranges are many, 300 are too many ==
> GET /content/dam/shoot/film.bin as admin
> Range: bytes={{repeat 255 7-7,}}8-8
< 206 Partial Content

> GET /content/dam/shoot/film.bin as admin
> Range: bytes={{repeat 299 7-7,}}8-8
< 200 OK
<
< {{text shoot/film.bin}}

== What is no range is as if it were not there ==
> GET /content/dam/shoot/ten.txt as admin
> Range: bytes=4-2
< 200 OK
<
< 0123456789

> GET /content/dam/shoot/ten.txt as admin
> Range: bytes=4-2,0-1
< 200 OK

> GET /content/dam/shoot/ten.txt as admin
> Range: pages=1-2
< 200 OK

> GET /content/dam/shoot/ten.txt as admin
> Range: bytes
< 200 OK

> GET /content/dam/shoot/ten.txt as admin
> Range: bytes=
< 200 OK

> GET /content/dam/shoot/ten.txt as admin
> Range: bytes=--5
< 200 OK

> GET /content/dam/shoot/ten.txt as admin
> Range: bytes=0x1-5
< 200 OK

== Errors have no ranges ==
> GET /content/dam/shoot/no-such.txt as admin
> Range: bytes=0-1
< 404 Not Found

== An archive ==
> POST /api/v1/downloads as admin
>
> {"targets": [{"path": "/content/dam/shoot"}]}
< 201 Created
<
< {"artifacts": [{"name": "shoot.zip", "uri": "~(?P<uri>.*)"}]}

> GET {{uri}}/manifest as admin
< 200 OK
<
< {"entries": [{"name": "film.bin", "offset": 47}, {"name": "ten.txt", "size": 10}]}

> GET {{uri}} as admin
> Range: bytes=0-3
< 206 Partial Content
< Content-Type: application/zip
<
< PK{{bytes 03 04}}

> GET {{uri}} as admin
> Range: bytes=47-90046
< 206 Partial Content
< Content-Length: 90000
<
< {{text shoot/film.bin}}

> GET {{uri}} as admin
> Range: bytes=1047-1049,40047-40047
< 206 Partial Content
< Content-Type: ~multipart/byteranges; boundary=.*
<
< ~(?s:.*)Content-Type: application/zip\r\nContent-Range: bytes 1047-1049/(?s:.*)
