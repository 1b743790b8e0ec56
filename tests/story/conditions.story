# Conditions are weighed as RFC 9110 has it; tags and dates tell whether anything has changed.
file shoot/ten.txt: 0123456789
$ dray import shoot --to /content/dam/shoot --quiet

== Not changed, says the tag ==
> GET /content/dam/shoot/ten.txt as admin
> If-None-Match: "{{sha256 shoot/ten.txt}}"
< 304 Not Modified
< ETag: "{{sha256 shoot/ten.txt}}"
< Last-Modified: Mon, 06 May 2024 07:08:10 GMT
< Cache-Control: private, no-cache
< !Content-Type

> GET /content/dam/shoot/ten.txt as admin
> If-None-Match: "other", W/"{{sha256 shoot/ten.txt}}"
< 304 Not Modified

> GET /content/dam/shoot/ten.txt as admin
> If-None-Match: *
< 304 Not Modified

> HEAD /content/dam/shoot/ten.txt as admin
> If-None-Match: *
< 304 Not Modified

> GET /content/dam/shoot/ten.txt as admin
> If-None-Match: "other"
< 200 OK
<
< 0123456789

== Not changed, says the date, in any of its forms ==
> GET /content/dam/shoot/ten.txt as admin
> If-Modified-Since: Mon, 06 May 2024 07:08:10 GMT
< 304 Not Modified

> GET /content/dam/shoot/ten.txt as admin
> If-Modified-Since: Monday, 06-May-24 07:08:10 GMT
< 304 Not Modified

> GET /content/dam/shoot/ten.txt as admin
> If-Modified-Since: Mon May  6 07:08:10 2024
< 304 Not Modified

> GET /content/dam/shoot/ten.txt as admin
> If-Modified-Since: Mon, 06 May 2024 07:08:09 GMT
< 200 OK

> GET /content/dam/shoot/ten.txt as admin
> If-Modified-Since: yesterday
< 200 OK

== The tag has the last word ==
> GET /content/dam/shoot/ten.txt as admin
> If-None-Match: "other"
> If-Modified-Since: Mon, 06 May 2024 07:08:10 GMT
< 200 OK

== Only if it is still the same ==
> GET /content/dam/shoot/ten.txt as admin
> If-Match: "{{sha256 shoot/ten.txt}}"
< 200 OK

> GET /content/dam/shoot/ten.txt as admin
> If-Match: "other"
< 412 Precondition Failed
<
< ={"error": "the content is not the one that the condition names"}

> GET /content/dam/shoot/ten.txt as admin
> If-Match: W/"{{sha256 shoot/ten.txt}}"
< 412 Precondition Failed

> GET /content/dam/shoot/ten.txt as admin
> If-Match: no quotes
< 412 Precondition Failed

> GET /content/dam/shoot/ten.txt as admin
> If-Unmodified-Since: Mon, 06 May 2024 07:08:09 GMT
< 412 Precondition Failed

> GET /content/dam/shoot/ten.txt as admin
> If-Unmodified-Since: Mon, 06 May 2024 07:08:10 GMT
< 200 OK

== A range of what I have, or all of what there is ==
> GET /content/dam/shoot/ten.txt as admin
> Range: bytes=8-
> If-Range: "{{sha256 shoot/ten.txt}}"
< 206 Partial Content
<
< 89

> GET /content/dam/shoot/ten.txt as admin
> Range: bytes=8-
> If-Range: "other"
< 200 OK
<
< 0123456789

> GET /content/dam/shoot/ten.txt as admin
> Range: bytes=8-
> If-Range: W/"{{sha256 shoot/ten.txt}}"
< 200 OK

> GET /content/dam/shoot/ten.txt as admin
> Range: bytes=8-
> If-Range: Mon, 06 May 2024 07:08:10 GMT
< 206 Partial Content

> GET /content/dam/shoot/ten.txt as admin
> Range: bytes=8-
> If-Range: Mon, 06 May 2024 07:08:11 GMT
< 200 OK

== A condition that fails beats a range ==
> GET /content/dam/shoot/ten.txt as admin
> Range: bytes=100-
> If-None-Match: *
< 304 Not Modified

== When the file changes, the tag does ==
file shoot/ten.txt: 9876543210!
$ dray import shoot --to /content/dam/shoot --quiet
> GET /content/dam/shoot/ten.txt as admin
> If-None-Match: "84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882"
< 200 OK
< ETag: "{{sha256 shoot/ten.txt}}"
<
< 9876543210!
