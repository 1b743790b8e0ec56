# Another method than those of an address answers 405 and names those; an address that is not there answers 404 to all.
> PUT /api/v1/downloads as admin
< 405 Method Not Allowed
< Allow: POST, GET, HEAD
<
< ={"error": "PUT is not possible here; possible is POST, GET, HEAD"}

> POST /api/v1/downloads/0123456789abcdef0123456789abcdef as admin
>
> {}
< 405 Method Not Allowed
< Allow: GET, HEAD, DELETE
< Connection: close

> PATCH /api/v1/session as admin
< 405 Method Not Allowed
< Allow: POST, GET, HEAD, DELETE

> DELETE /content/dam/shoot as admin
< 405 Method Not Allowed
< Allow: GET, HEAD

> OPTIONS /api/v1/openapi.json as admin
< 405 Method Not Allowed
< Allow: GET, HEAD

> BREW /livez as admin
< 405 Method Not Allowed
< Allow: GET, HEAD

== Methods are told apart by the case of their letters ==
> get /livez as admin
< 405 Method Not Allowed
< Allow: GET, HEAD

> TRACE /metrics as admin
< 405 Method Not Allowed

== Not there ==
> BREW /no/such/address as admin
< 404 Not Found
< !Allow

> POST /api as admin
< 404 Not Found
