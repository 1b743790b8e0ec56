#!/usr/bin/env python3
"""The document at /api/v1/openapi.json says what the server does. Usage: openapi_test.py [unittest options]"""
import base64, json, re, unittest
from harness import Installation, basic

PICTURE = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAQAAAACCAIAAADwyuo0AAAAEElEQVR4nGM4IacBRwzIHAByyghxJO3fWAAAAABJRU5ErkJggg==")  # 4 x 2 pixels
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int, "null": type(None), "number": (int, float)}
dray, document = None, None


def setUpModule():
    global dray, document
    dray = Installation()
    dray.write("shoot/hero.txt", b"hello hero")
    dray.write("shoot/day/plan.txt", b"the plan")
    dray.write("shoot/hero.png", PICTURE)
    dray.dray("import", "shoot", "--to", "/content/dam/shoot", "--quiet")
    dray.start()
    document = json.loads(ask("GET", "/api/v1/openapi.json").body)


def tearDownModule():
    dray.__exit__(None, None, None)


def ask(method, target, body=None):
    fields = [("Authorization", basic("admin")), ("Content-Type", "application/json")]
    with dray.connect() as wire:
        return wire.ask(method, target, fields, b"" if body is None else json.dumps(body).encode())


def resolve(schema):
    while "$ref" in schema:
        found = document
        for name in schema["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        schema = found
    return schema


def differences(schema, value, where="$"):
    """What of `value` is not as the schema says, members that it does not know included."""
    schema = resolve(schema)
    if "enum" in schema and value not in schema["enum"]:
        return ["%s is %r" % (where, value)]
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    kinds = [TYPES[name] if isinstance(TYPES[name], tuple) else (TYPES[name],) for name in types]
    if types and type(value) not in sum(kinds, ()):
        return ["%s is %r, not %s" % (where, value, " or ".join(types))]
    found = []
    if isinstance(value, dict) and "properties" in schema:
        found += ["%s has no %s" % (where, name) for name in schema.get("required", []) if name not in value]
        found += ["%s has %s, which is not described" % (where, name) for name in value if name not in schema["properties"]]
        for name, described in schema["properties"].items():
            if name in value:
                found += differences(described, value[name], where + "." + name)
    if isinstance(value, list) and "items" in schema:
        for i, item in enumerate(value):
            found += differences(schema["items"], item, "%s[%d]" % (where, i))
    return found


def schema_of(method, path, status):
    answer = resolve(document["paths"][path][method]["responses"][str(status)])
    return answer["content"]["application/json"]["schema"]


class OpenApi(unittest.TestCase):
    def create(self, **options):
        request = {"targets": [{"path": "/content/dam/shoot"}, {"path": "/content/dam/none"}], **options}
        return json.loads(ask("POST", "/api/v1/downloads", request).body)

    def addresses(self):
        """Every path of the document with something that is there for its parameters."""
        artifact = self.create()["artifacts"][0]["uri"].split("/")
        share = json.loads(ask("POST", "/api/v1/shares", {"paths": ["/content/dam/shoot"]}).body)["id"]
        there = {"id": artifact[4], "name": artifact[6], "/content/dam/{path}": "shoot/hero.txt",
                 "/api/v1/assets/{path}": "content/dam/shoot", "/api/v1/presets/{name}": "Main", "/api/v1/smart-crops/{path}": "content/dam/shoot/hero.png",
                 "/is/image/{object}": "shoot/hero.png", "profile": "Banners", "share": share}
        for path in document["paths"]:
            yield path, re.sub(r"\{(\w+)\}", lambda found: there.get(path) or there[found.group(1)], path)

    def test_every_path_is_there_for_whoever_is_signed_in(self):
        for path, address in self.addresses():
            if "get" not in document["paths"][path]:
                continue
            content = document["paths"][path]["get"]["responses"]["200"].get("content", {})
            answer = ask("HEAD" if "text/event-stream" in content else "GET", address)  # which does not end by itself
            self.assertEqual(200, answer.status, "%s: %s" % (address, answer))

    def test_every_method_described_is_possible(self):
        for path, address in self.addresses():
            described = {name.upper() for name in document["paths"][path] if name != "parameters"}
            allowed = set(ask("PATCH", address).find("Allow").split(", "))
            self.assertLessEqual(described, allowed, address)

    def test_only_what_says_so_is_open_to_all(self):
        for path, address in self.addresses():
            for method, operation in document["paths"][path].items():
                if method == "parameters":
                    continue
                with dray.connect() as wire:
                    status = wire.ask(method.upper(), address).status
                self.assertEqual(operation.get("security") != [], status == 401, "%s %s: %d" % (method, address, status))

    def test_every_answer_is_as_described(self):
        made = self.create()
        uri = made["artifacts"][0]["uri"]
        download = "/api/v1/downloads/{id}"
        for method, path, status, address, body in (
                ("post", "/api/v1/downloads", 201, "/api/v1/downloads", {"targets": [{"path": "/content/dam/shoot"}]}),
                ("post", "/api/v1/downloads", 201, "/api/v1/downloads", {"targets": []}),
                ("post", "/api/v1/downloads", 400, "/api/v1/downloads", {}),
                ("get", "/api/v1/downloads", 200, "/api/v1/downloads", None),
                ("get", "/api/v1/downloads", 200, "/api/v1/downloads?limit=1", None),
                ("get", download, 200, "/api/v1/downloads/" + made["id"], None),
                ("get", download, 404, "/api/v1/downloads/none", None),
                ("get", download + "/artifacts/{name}/manifest", 200, uri + "/manifest", None),
                ("get", download + "/artifacts/{name}", 404, uri + "x", None),
                ("post", "/api/v1/shares", 201, "/api/v1/shares", {"paths": ["/content/dam/shoot"], "downloadLimit": 3}),
                ("get", "/api/v1/shares", 200, "/api/v1/shares", None),
                ("get", "/api/v1/inbox", 200, "/api/v1/inbox", None),
                ("post", "/api/v1/inbox/complete", 400, "/api/v1/inbox/complete", {"ids": 3}),
                ("get", "/api/v1/preferences", 200, "/api/v1/preferences", None),
                ("put", "/api/v1/preferences", 200, "/api/v1/preferences", {"language": "de"}),
                ("put", "/api/v1/preferences", 400, "/api/v1/preferences", {"language": 3}),
                ("post", "/api/v1/downloads/{id}/retry", 201, "/api/v1/downloads/%s/retry" % made["id"], None),
                ("get", "/api/v1/assets/{path}", 200, "/api/v1/assets/content/dam/shoot", None),
                ("get", "/api/v1/assets/{path}", 200, "/api/v1/assets/content/dam/shoot?limit=1", None),
                ("get", "/api/v1/assets/{path}", 200, "/api/v1/assets/content/dam/shoot/hero.txt", None),
                ("get", "/api/v1/presets", 200, "/api/v1/presets", None),
                ("get", "/api/v1/presets/{name}", 200, "/api/v1/presets/main", None),
                ("put", "/api/v1/presets/{name}", 200, "/api/v1/presets/mine", {"query": "wid=3&foo=1"}),
                ("put", "/api/v1/image-profiles/{profile}", 200, "/api/v1/image-profiles/Banners",
                 {"crops": [{"name": "Large", "width": 60, "height": 50}], "folders": ["/content/dam/shoot"]}),
                ("put", "/api/v1/image-profiles/{profile}", 400, "/api/v1/image-profiles/Banners", {"crops": 3}),
                ("get", "/api/v1/image-profiles", 200, "/api/v1/image-profiles", None),
                ("get", "/api/v1/smart-crops/{path}", 200, "/api/v1/smart-crops/content/dam/shoot/hero.png", None),
                ("put", "/api/v1/presets/{name}", 400, "/api/v1/presets/mine", {"query": "wid=0"}),
                ("get", "/api/v1/presets/{name}", 404, "/api/v1/presets/none", None),
                ("get", "/api/v1/assets/{path}", 404, "/api/v1/assets/content/dam/none", None)):
            answer = ask(method.upper(), address, body)
            self.assertEqual(status, answer.status, address)
            self.assertEqual([], differences(schema_of(method, path, status), json.loads(answer.body)), address)

    def test_the_example_is_a_request_that_is_understood(self):
        content = document["paths"]["/api/v1/downloads"]["post"]["requestBody"]["content"]["application/json"]
        self.assertEqual([], differences(content["schema"], content["example"]))
        self.assertEqual(201, ask("POST", "/api/v1/downloads", content["example"]).status)

    def test_every_option_described_is_understood(self):
        options = document["components"]["schemas"]["DownloadRequest"]["properties"]["options"]["properties"]
        for name, described in options.items():
            self.assertIn("artifacts", self.create(options={name: described["default"]}), name)

    def test_every_reference_leads_somewhere(self):
        for reference in set(re.findall(r'"\$ref": ?"([^"]+)"', json.dumps(document))):
            self.assertTrue(resolve({"$ref": reference}), reference)


if __name__ == "__main__":
    unittest.main()
