# An archive is named as its folder or as the client wishes, but never so that the name could do harm.
file shoot/a.txt: a
file shoot/b.txt: b
file Grüße & Küsse/a.txt: a
file Grüße & Küsse/b.txt: b
$ dray import shoot --to /content/dam/shoot --quiet
$ dray import "Grüße & Küsse" --to "/content/dam/Grüße & Küsse" --quiet

== Named after the folder, in both forms ==
> POST /api/v1/downloads as admin
>
> {"targets": [{"path": "/content/dam/Grüße & Küsse"}]}
< 201 Created
<
< {"artifacts": [{"name": "Grüße & Küsse.zip", "uri": "~(?P<uri>.*/Gr%C3%BC%C3%9Fe%20%26%20K%C3%BCsse.zip)"}]}

> GET {{uri}} as admin
< 200 OK
< Content-Disposition: attachment; filename="Gr__e & K_sse.zip"; filename*=UTF-8''Gr%C3%BC%C3%9Fe%20%26%20K%C3%BCsse.zip

== Line ends cannot break out of the header ==
> POST /api/v1/downloads as admin
>
> {"targets": [{"path": "/content/dam/shoot"}], "archiveName": "a\r\nSet-Cookie: x=1\r\n\r\nbody"}
< 201 Created
<
< {"artifacts": [{"name": "aSet-Cookie_ x=1body.zip", "uri": "~(?P<uri>.*)"}]}

> GET {{uri}} as admin
< 200 OK
< !Set-Cookie
< Content-Disposition: attachment; filename="aSet-Cookie_ x=1body.zip"; filename*=UTF-8''aSet-Cookie_%20x%3D1body.zip

== Nor quotes ==
> POST /api/v1/downloads as admin
>
> {"targets": [{"path": "/content/dam/shoot"}], "archiveName": "a\"; filename=\"evil.exe"}
< 201 Created
<
< {"artifacts": [{"name": "a_; filename=_evil.exe.zip", "uri": "~(?P<uri>.*)"}]}

> GET {{uri}} as admin
< 200 OK
< Content-Disposition: attachment; filename="a_; filename=_evil.exe.zip"; filename*=UTF-8''a_%3B%20filename%3D_evil.exe.zip

== Nor slashes out of a folder ==
> POST /api/v1/downloads as admin
>
> {"targets": [{"path": "/content/dam/shoot"}], "archiveName": "../../etc\\passwd"}
< 201 Created
<
< {"artifacts": [{"name": "....etcpasswd.zip", "uri": "~(?P<uri>.*)"}]}

> GET {{uri}} as admin
< 200 OK

== What is left empty falls back to the folder's name ==
> POST /api/v1/downloads as admin
>
> {"targets": [{"path": "/content/dam/shoot"}], "archiveName": "/.\u0000./ "}
< 201 Created
<
< {"artifacts": [{"name": "shoot.zip"}]}

> POST /api/v1/downloads as admin
>
> {"targets": [{"path": "/content/dam/shoot"}], "archiveName": ".zip"}
< 201 Created
<
< {"artifacts": [{"name": "shoot.zip"}]}

== Names that Windows refuses, and characters that turn text around ==
> POST /api/v1/downloads as admin
>
> {"targets": [{"path": "/content/dam/shoot"}], "archiveName": "aux"}
< 201 Created
<
< {"artifacts": [{"name": "aux_.zip"}]}

> POST /api/v1/downloads as admin
>
> {"targets": [{"path": "/content/dam/shoot"}], "archiveName": "a\u202Eb\u0085c"}
< 201 Created
<
< {"artifacts": [{"name": "a_b_c.zip"}]}

== The extension is there once ==
> POST /api/v1/downloads as admin
>
> {"targets": [{"path": "/content/dam/shoot"}], "archiveName": "Shoot.ZIP"}
< 201 Created
<
< {"artifacts": [{"name": "Shoot.zip"}]}

== Long names are cut between characters ==
> POST /api/v1/downloads as admin
>
> {"targets": [{"path": "/content/dam/shoot"}], "archiveName": "a{{repeat 300 ü}}"}
< 201 Created
<
< {"artifacts": [{"name": "~aü{100,125}_?.zip", "uri": "~(?P<uri>.*)"}]}

> GET {{uri}} as admin
< 200 OK

> POST /api/v1/downloads as admin
>
> {"targets": [{"path": "/content/dam/shoot"}], "archiveName": "{{repeat 4097 a}}"}
< 400 Bad Request

== A question mark and a percent sign survive the address ==
> POST /api/v1/downloads as admin
>
> {"targets": [{"path": "/content/dam/shoot"}], "archiveName": "100% #1+2&3;=?"}
< 201 Created
<
< {"artifacts": [{"name": "100% #1+2&3;=_.zip", "uri": "~(?P<uri>.*)"}]}

> GET {{uri}} as admin
< 200 OK
