# Whoever signs in, in any of three ways, is known until they sign out or are turned away; whoever does not learns nothing.
file shoot/hero.txt: hello hero
$ dray import shoot --to /content/dam/shoot --quiet
$ dray user add anna
$ dray token create --user anna -> token

== Nobody in particular gets 401, wherever they knock ==
> GET /
< 401 Unauthorized
< WWW-Authenticate: Basic realm="Dray", charset="UTF-8"
< Content-Type: application/json
< X-Content-Type-Options: nosniff
< Cache-Control: no-store
< !Allow
<
< ={"error": "sign in first: with a name and password, a bearer token, or at /api/v1/session"}

> GET /content/dam/shoot/hero.txt
< 401 Unauthorized
< !ETag
< !Content-Disposition
<
< ={"error": "sign in first: with a name and password, a bearer token, or at /api/v1/session"}

== Addresses that do not exist answer the same ==
> GET /no/such/address
< 401 Unauthorized
<
< ={"error": "sign in first: with a name and password, a bearer token, or at /api/v1/session"}

> GET /content/dam/shoot/no-such.txt
< 401 Unauthorized
<
< ={"error": "sign in first: with a name and password, a bearer token, or at /api/v1/session"}

> GET /api/v1/downloads/00000000000000000000000000000000
< 401 Unauthorized
<
< ={"error": "sign in first: with a name and password, a bearer token, or at /api/v1/session"}

== So do other methods ==
> PUT /api/v1/session
< 401 Unauthorized
< !Allow

> DELETE /livez
< 401 Unauthorized
< !Allow

> BREW /api/v1/downloads
< 401 Unauthorized
< !Allow

> HEAD /content/dam/shoot/hero.txt
< 401 Unauthorized
< WWW-Authenticate: Basic realm="Dray", charset="UTF-8"

== A body is not even read ==
> POST /api/v1/downloads
>
> {"targets": [{"path": "/content/dam/shoot"}]}
< 401 Unauthorized
< Connection: close

== A name and a password ==
> GET /api/v1/session as anna
< 200 OK
< Content-Type: application/json
< Cache-Control: no-store
<
< ={"user": "anna", "groups": ["everyone"]}

> GET /api/v1/session
> Authorization: bAsIc {{base64 anna:correct horse}}
< 200 OK

== A wrong password and an unknown name answer the same ==
> GET /api/v1/session
> Authorization: Basic {{base64 anna:wrong horse}}
< 401 Unauthorized
< WWW-Authenticate: Basic realm="Dray", charset="UTF-8"
<
< ={"error": "the user name, password or token is wrong"}

> GET /api/v1/session
> Authorization: Basic {{base64 nobody:correct horse}}
< 401 Unauthorized
< WWW-Authenticate: Basic realm="Dray", charset="UTF-8"
<
< ={"error": "the user name, password or token is wrong"}

== A bearer token ==
> GET /content/dam/shoot/hero.txt
> Authorization: Bearer {{token}}
< 200 OK
<
< hello hero

> GET /content/dam/shoot/hero.txt
> Authorization: Bearer {{token}}x
< 401 Unauthorized
<
< ={"error": "the user name, password or token is wrong"}

== A wrong header is not made good by a right cookie, and a token is no session ==
> GET /api/v1/session
> Cookie: login-token={{token}}
< 401 Unauthorized

== A browser signs in ==
> POST /api/v1/session
>
> {"user": "anna", "password": "wrong horse"}
< 401 Unauthorized
< !Set-Cookie

> POST /api/v1/session
>
> {"user": "anna"}
< 400 Bad Request

> POST /api/v1/session
> Content-Type: application/x-www-form-urlencoded
>
> user=anna&password=correct+horse
< 400 Bad Request
< !Set-Cookie

> POST /api/v1/session
>
> {"user": "anna", "password": "correct horse"}
< 200 OK
< Set-Cookie: ~login-token=(?P<session>[A-Za-z0-9_-]{43}); Path=/; HttpOnly; SameSite=Lax
< Cache-Control: no-store
<
< ={"user": "anna", "groups": ["everyone"], "csrfToken": "~(?P<csrf>[A-Za-z0-9_-]{43})"}

== Behind TLS the cookie is for TLS only ==
> POST /api/v1/session
> X-Forwarded-Proto: https
>
> {"user": "anna", "password": "correct horse"}
< 200 OK
< Set-Cookie: ~login-token=[A-Za-z0-9_-]{43}; Path=/; Secure; HttpOnly; SameSite=Lax

== The cookie is enough to read ==
> GET /content/dam/shoot/hero.txt
> Cookie: theme=dark; login-token={{session}}; lang=de
< 200 OK
<
< hello hero

> GET /content/dam/shoot/hero.txt
> Cookie: login-token={{session}}x
< 401 Unauthorized

> GET /api/v1/session
> Cookie: login-token={{session}}
> Authorization: Bearer wrong
< 401 Unauthorized

== To change something it takes the token against forged requests as well ==
> POST /api/v1/downloads
> Cookie: login-token={{session}}
>
> {"targets": [{"path": "/content/dam/shoot"}]}
< 403 Forbidden
<
< ={"error": "the CSRF-Token header (or the field :cq_csrf_token of a form) is missing or wrong: get one from /libs/granite/csrf/token.json"}

> POST /api/v1/downloads
> Cookie: login-token={{session}}
> CSRF-Token: {{session}}
>
> {"targets": [{"path": "/content/dam/shoot"}]}
< 403 Forbidden

> GET /libs/granite/csrf/token.json
> Cookie: login-token={{session}}
< 200 OK
<
< ={"token": "{{csrf}}"}

> POST /api/v1/downloads
> Cookie: login-token={{session}}
> CSRF-Token: {{csrf}}
>
> {"targets": [{"path": "/content/dam/shoot"}]}
< 201 Created

== Callers with a password need none ==
> GET /libs/granite/csrf/token.json as anna
< 200 OK
<
< ={}

== Signing out needs the token too, and ends the session ==
> DELETE /api/v1/session
> Cookie: login-token={{session}}
< 403 Forbidden

> DELETE /api/v1/session
> Cookie: login-token={{session}}
> CSRF-Token: {{csrf}}
< 204 No Content
< Set-Cookie: login-token=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax

> GET /api/v1/session
> Cookie: login-token={{session}}
< 401 Unauthorized

== A disabled user is turned away from the next request on ==
> POST /api/v1/session
>
> {"user": "anna", "password": "correct horse"}
< 200 OK
< Set-Cookie: ~login-token=(?P<session>[^;]+);.*

$ dray user disable anna
> GET /api/v1/session as anna
< 401 Unauthorized
<
< ={"error": "the user name, password or token is wrong"}

> GET /api/v1/session
> Authorization: Bearer {{token}}
< 401 Unauthorized

> GET /api/v1/session
> Cookie: login-token={{session}}
< 401 Unauthorized

> POST /api/v1/session
>
> {"user": "anna", "password": "correct horse"}
< 401 Unauthorized

== And comes back when enabled again ==
$ dray user enable anna
> GET /api/v1/session
> Authorization: Bearer {{token}}
< 200 OK

== A scheme that is not known here is answered with one that is ==
> GET /api/v1/session
> Authorization: Negotiate YIIZ
< 401 Unauthorized
< WWW-Authenticate: Basic realm="Dray", charset="UTF-8"
<
< ={"error": "the authorization scheme is neither Basic nor Bearer"}

== Credentials that are no credentials ==
> GET /api/v1/session
> Authorization: Basic not-base64!
< 400 Bad Request

> GET /api/v1/session
> Authorization: Basic {{base64 without a colon}}
< 400 Bad Request

> GET /api/v1/session
> Authorization: Bearer
< 400 Bad Request
