# Watchers of the server need no password, and what they see tells nothing about anybody.
file shoot/hero.txt: hello hero
$ dray import shoot --to /content/dam/shoot --quiet

> GET /livez
< 200 OK
< Content-Type: text/plain; charset=utf-8
< Cache-Control: no-store
<
< ~alive\n

> GET /readyz
< 200 OK
<
< ~ready\n

> GET /livez?verbose=1
< 200 OK

== A wrong password does not matter there ==
> GET /livez
> Authorization: Basic {{base64 admin:wrong horse}}
< 200 OK

== Not below, not beside ==
> GET /livez/ as admin
< 404 Not Found

> GET /livez/more as admin
< 404 Not Found

== Metrics count ==
> POST /api/v1/downloads as admin
>
> {"targets": [{"path": "/content/dam/shoot"}], "archiveName": "a"}
< 201 Created

> GET /metrics
< 200 OK
< Content-Type: text/plain; version=0.0.4; charset=utf-8
<
< ~(?=.*\ndray_http_connections \d+\n)(?=.*\ndray_http_requests_total\{code="2xx"\} 5\n)(?=.*\ndray_http_requests_total\{code="4xx"\} 2\n).*\ndray_downloads_created_total\{status="SUCCESSFUL"\} 1\n.*

> GET /metrics
< 200 OK
<
< ~(?!.*(admin|hero)).*process_open_fds \d+\n.*
