# Originals have the addresses that AEM gives them, come as they were imported, and are never shown by a browser.
file shoot/page.html: <script>alert(1)</script>
file shoot/picture.svg: <svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>
file shoot/a b+c&d.txt: odd
file shoot/100%.txt: percent
file shoot/Grüße 写真.txt: far
file shoot/it's "quoted".txt: quoted
file shoot/semi;colon=x.txt: semicolon
file shoot/film.bin: 2000000 bytes
$ dray import shoot --to /content/dam/shoot --quiet

== Byte for byte ==
> GET /content/dam/shoot/film.bin as admin
< 200 OK
< Content-Length: 2000000
< Content-Type: application/octet-stream
< ETag: "{{sha256 shoot/film.bin}}"
< Digest: ~SHA-256=.*
< Cache-Control: private, no-cache
<
< {{text shoot/film.bin}}

== What a browser could run is only ever saved ==
> GET /content/dam/shoot/page.html as admin
< 200 OK
< Content-Disposition: attachment; filename="page.html"; filename*=UTF-8''page.html
< X-Content-Type-Options: nosniff
< Content-Security-Policy: sandbox; default-src 'none'
<
< <script>alert(1)</script>

> GET /content/dam/shoot/picture.svg as admin
< 200 OK
< Content-Disposition: ~attachment;.*
< X-Content-Type-Options: nosniff
< Content-Security-Policy: sandbox; default-src 'none'

== Names of every kind, encoded or as they are ==
> GET /content/dam/shoot/a%20b+c&d.txt as admin
< 200 OK
< Content-Disposition: attachment; filename="a b+c&d.txt"; filename*=UTF-8''a%20b%2Bc%26d.txt
<
< odd

> GET /content/dam/shoot/a%20b%2Bc%26d.txt as admin
< 200 OK

> GET /content/dam/shoot/100%25.txt as admin
< 200 OK
< Content-Disposition: attachment; filename="100_.txt"; filename*=UTF-8''100%25.txt
<
< percent

> GET /content/dam/shoot/Gr%C3%BC%C3%9Fe%20%E5%86%99%E7%9C%9F.txt as admin
< 200 OK
< Content-Disposition: attachment; filename="Gr__e __.txt"; filename*=UTF-8''Gr%C3%BC%C3%9Fe%20%E5%86%99%E7%9C%9F.txt
<
< far

> GET /content/dam/shoot/it's%20%22quoted%22.txt as admin
< 200 OK
< Content-Disposition: attachment; filename="it's _quoted_.txt"; filename*=UTF-8''it%27s%20_quoted_.txt
<
< quoted

> GET /content/dam/shoot/semi;colon=x.txt as admin
< 200 OK
< Content-Disposition: attachment; filename="semi;colon=x.txt"; filename*=UTF-8''semi%3Bcolon%3Dx.txt
<
< semicolon

== A query changes nothing ==
> GET /content/dam/shoot/page.html?x=/../../etc/passwd as admin
< 200 OK

== What is not an original ==
> GET /content/dam/shoot as admin
< 404 Not Found
<
< ={"error": "/content/dam/shoot is a folder: download it, or list it at /api/v1/assets/content/dam/shoot"}

> GET /content/dam as admin
< 404 Not Found

> GET /content/dam/shoot/no-such.txt as admin
< 404 Not Found
<
< ={"error": "there is no asset /content/dam/shoot/no-such.txt"}

> GET /content/damned as admin
< 404 Not Found
<
< ={"error": "there is nothing at /content/damned"}
