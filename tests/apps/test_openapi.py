"""OpenAPI documents: each operation becomes a request that fits its schemas and carries tokens where they fit."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from harness.apps.calls import Call
from harness.apps.openapi import read_openapi
from harness.apps.placeholders import drawn, fill
from harness.apps.samples import Samples
from harness.apps.tokens import Ledger
from harness.core.errors import UserError


def read(tmp_path: Path, paths: dict[str, Any], *, deletes: bool = False, **document: Any) -> list[Call]:
    path = tmp_path / "api.json"
    path.write_text(json.dumps({"openapi": "3.1.0", "paths": paths, **document}))
    return [call for flow in read_openapi(path, deletes=deletes) for call in flow.calls]


def operation(tmp_path: Path, said: dict[str, Any], route: str = "/a", **document: Any) -> Call:
    method = "post" if "requestBody" in said else "get"
    return read(tmp_path, {route: {method: said}}, **document)[0]


def parameter(where: str, name: str, *, required: bool = True, **schema: Any) -> dict[str, Any]:
    return {"in": where, "name": name, "required": required, "schema": schema}


def body(schema: dict[str, Any], kind: str = "application/json") -> dict[str, Any]:
    return {"requestBody": {"content": {kind: {"schema": schema}}}}


def test_parameters_go_where_they_belong(tmp_path: Path) -> None:
    parameters = [
        parameter("path", "user", type="string"),
        parameter("path", "order", type="integer"),
        parameter("query", "q", type="string"),
        parameter("query", "sort", type="string", enum=["up", "down"]),
        parameter("query", "limit", type="integer", default=10),
        parameter("query", "not", required=False, type="string"),
        parameter("header", "X-Trace", type="string"),
        parameter("cookie", "sid", type="string"),
    ]
    assert operation(tmp_path, {"parameters": parameters}, "/{user}/{order}/{undescribed}") == Call(
        "GET",
        "/{token}/{int}/{token}?q={token}&sort={choice:up|down}&limit=10",
        (("X-Trace", "{token}"), ("Cookie", "sid={token}")),
    )


def test_an_optional_parameter_is_sent_only_when_nothing_else_tells_requests_apart(tmp_path: Path) -> None:
    optional = [
        parameter("query", "page", required=False, type="integer"),
        parameter("query", "q", required=False, type="string"),
        parameter("query", "r", required=False, type="string"),
    ]
    assert operation(tmp_path, {"parameters": optional}).path == "/a?q={token}"
    with_id = [*optional, parameter("path", "id", type="integer")]
    assert operation(tmp_path, {"parameters": with_id}, "/a/{id}").path == "/a/{int}"


def test_an_operations_parameter_replaces_that_of_its_path_and_may_be_referred_to(tmp_path: Path) -> None:
    paths = {
        "/a/{id}": {
            "parameters": [parameter("path", "id", type="string")],
            "get": {"parameters": [{"$ref": "#/components/parameters/Id"}]},
            "put": {},
        }
    }
    components = {"parameters": {"Id": parameter("path", "id", type="string", enum=["x"])}}
    assert [call.path for call in read(tmp_path, paths, components=components)] == ["/a/x", "/a/{token}"]


@pytest.mark.parametrize(
    ("schema", "sent"),
    [
        ({"type": "string"}, "{token}"),
        ({"type": "string", "example": "alice"}, "{token}"),
        ({"type": ["null", "string"]}, "{token}"),
        ({}, "{token}"),
        ({"type": "string", "format": "email"}, "{token}@example.com"),
        ({"type": "string", "format": "uuid", "example": "0-1"}, "0-1"),
        ({"type": "string", "format": "date"}, "2026-01-01"),
        ({"type": "string", "format": "date", "default": "2020-02-02"}, "2020-02-02"),
        ({"type": "string", "maxLength": 16}, "{token}"),
        ({"type": "string", "maxLength": 15, "example": "AB"}, "AB"),
        ({"type": "string", "maxLength": 3}, "x"),
        ({"type": "string", "minLength": 18}, "{token}xx"),
        ({"type": "string", "pattern": "^[a-z0-9]+$"}, "{token}"),
        ({"type": "string", "pattern": "^[A-Z]{2}$", "examples": ["AB"]}, "AB"),
        ({"type": "string", "pattern": r"^\p{L}+$", "example": "é"}, "é"),
        ({"type": "string", "enum": ["a", "b"]}, "{choice:a|b}"),
        ({"type": "string", "enum": ["a b", "c|d"]}, "a b"),
        ({"type": "string", "enum": ["only"]}, "only"),
        ({"const": "{token}"}, "{{token}}"),
        ({"type": "string", "format": "date", "example": "{user}"}, "{{user}}"),
        ({"type": "integer"}, 1),
        ({"type": "integer", "example": 7}, 7),
        ({"type": "integer", "minimum": 3}, 3),
        ({"type": "integer", "exclusiveMinimum": 3}, 4),
        ({"type": "integer", "maximum": 0}, 0),
        ({"type": "number", "default": 1.5}, 1.5),
        ({"type": "boolean"}, True),
        ({"type": "null"}, None),
        ({"type": "array", "items": {"type": "string"}, "minItems": 2}, ["{token}", "{token}"]),
        ({"type": "object"}, {}),
        ({"type": "object", "example": {"a": ["{x}"]}}, {"a": ["{{x}}"]}),
        (
            {"properties": {"a": {"type": "string"}, "id": {"type": "string", "readOnly": True}}},
            {"a": "{token}"},
        ),
        ({"anyOf": [{"type": "null"}, {"type": "boolean"}]}, True),
        ({"oneOf": [{"type": "null"}]}, None),
        (
            {"allOf": [{"properties": {"a": {"type": "string"}}}, {"properties": {"b": {"const": 1}}}]},
            {"a": "{token}", "b": 1},
        ),
    ],
)
def test_samples(schema: dict[str, Any], sent: Any) -> None:
    assert Samples({}, "api").value(schema) == sent


@pytest.mark.parametrize(
    "schema",
    [
        {"format": "int32"},
        {"maximum": 10**15 - 1},
        {"exclusiveMaximum": 100},
        {"multipleOf": 5},
    ],
)
def test_an_integer_too_small_for_an_unguessable_one_gets_a_sample(
    tmp_path: Path, schema: dict[str, Any]
) -> None:
    said = {"parameters": [parameter("path", "id", type="integer", example=7, **schema)]}
    assert operation(tmp_path, said, "/a/{id}").path == "/a/7"


SCHEMAS = st.recursive(
    st.one_of(
        st.fixed_dictionaries(
            {"type": st.just("string")},
            optional={
                "minLength": st.integers(0, 40),
                "format": st.sampled_from(["email", "password"]),
            },
        ),
        st.fixed_dictionaries(
            {"type": st.just("string")},
            optional={"maxLength": st.integers(1, 40), "pattern": st.sampled_from(["^[a-z0-9]*$", "x"])},
        ),
        st.fixed_dictionaries({"type": st.just("integer")}, optional={"minimum": st.integers(-5, 5)}),
        st.lists(st.text("ab|{}\\", min_size=1), min_size=1, max_size=3).map(lambda values: {"enum": values}),
        st.just({"type": ["null", "boolean"]}),
        st.sampled_from(["uuid", "date", "ipv4"]).map(lambda name: {"type": "string", "format": name}),
    ),
    lambda inner: st.one_of(
        st.fixed_dictionaries({"type": st.just("array"), "items": inner, "minItems": st.integers(0, 3)}),
        st.dictionaries(st.text("ab{}", min_size=1, max_size=3), inner, max_size=3).map(
            lambda properties: {"type": "object", "properties": properties, "required": list(properties)}
        ),
        st.fixed_dictionaries({"anyOf": st.lists(inner, min_size=1, max_size=2)}),
    ),
    max_leaves=6,
)


@given(SCHEMAS)
def test_a_sample_filled_with_tokens_fits_its_schema(schema: dict[str, Any]) -> None:
    template = json.dumps(Samples({}, "api").value(schema))
    visit = Ledger(1).visit("v", "u", drawn([Call("POST", "/", body=template)]))
    sent = json.loads(fill(template, lambda name: visit.values[name]))
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(sent)


NODE = {
    "properties": {
        "name": {"type": "string"},
        "parent": {"$ref": "#/components/schemas/Node"},
        "other": {"anyOf": [{"$ref": "#/components/schemas/Node"}, {"type": "null"}]},
        "kids": {"type": "array", "items": {"$ref": "#/components/schemas/Node"}},
        "all": {"allOf": [{"$ref": "#/components/schemas/Node"}]},
    }
}


def test_what_contains_itself_is_cut(tmp_path: Path) -> None:
    said = body({"$ref": "#/components/schemas/Node"})
    sent = operation(tmp_path, said, components={"schemas": {"Node": NODE}}).body
    assert json.loads(sent) == {"name": "{token}", "other": None, "kids": []}


def test_types_that_all_refer_to_each_other_do_not_explode() -> None:
    names = [f"T{number}" for number in range(12)]
    schemas = {name: {"properties": {each: {"$ref": f"#/{each}"} for each in names}} for name in names}
    made = Samples(schemas, "api").value({"$ref": "#/T0"})
    assert len(json.dumps(made)) < 2_000_000


def test_bodies_are_made_as_their_content_type_wants(tmp_path: Path) -> None:
    schema = {"properties": {"a b": {"type": "string"}, "n": {"type": "integer"}}}
    made = {kind: operation(tmp_path, body(schema, kind)) for kind in (
        "application/problem+json", "application/x-www-form-urlencoded", "multipart/form-data"
    )}  # fmt: skip
    form, multipart = made["application/x-www-form-urlencoded"], made["multipart/form-data"]
    assert json.loads(made["application/problem+json"].body) == {"a b": "{token}", "n": 1}
    assert made["application/problem+json"].headers == (("Content-Type", "application/problem+json"),)
    assert form.body == "a%20b={token}&n=1"
    boundary = dict(multipart.headers)["Content-Type"].partition("boundary=")[2]
    assert multipart.body == (
        f'--{boundary}\r\nContent-Disposition: form-data; name="a b"\r\n\r\n{{token}}\r\n'
        f'--{boundary}\r\nContent-Disposition: form-data; name="n"\r\n\r\n1\r\n--{boundary}--\r\n'
    )
    assert operation(tmp_path, body({"type": "string"}, "text/plain")).body == "{token}"


def test_json_is_preferred_and_a_lone_example_taken(tmp_path: Path) -> None:
    content = {"text/plain": {"schema": {}}, "application/json": {"example": {"a": "{x}"}}}
    assert operation(tmp_path, {"requestBody": {"content": content}}).body == '{"a": "{{x}}"}'


SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "oauth": {"type": "oauth2", "flows": {}},
    "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
    "query": {"type": "apiKey", "in": "query", "name": "key"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "sid"},
    "basic": {"type": "http", "scheme": "basic"},
}


@pytest.mark.parametrize(
    ("scheme", "path", "headers"),
    [
        ("bearer", "/a", (("Authorization", "Bearer {user}"),)),
        ("oauth", "/a", (("Authorization", "Bearer {user}"),)),
        ("key", "/a", (("X-Key", "{user}"),)),
        ("query", "/a?key={user}", ()),
        ("cookie", "/a", (("Cookie", "sid={user}"),)),
        ("basic", "/a", ()),
    ],
)
def test_credentials_are_the_users(tmp_path: Path, scheme: str, path: str, headers: Any) -> None:
    components = {"securitySchemes": SCHEMES}
    call = operation(tmp_path, {"security": [{scheme: []}]}, components=components)
    assert (call.path, call.headers) == (path, headers)
    assert operation(tmp_path, {}, components=components, security=[{scheme: []}]) == call
    assert operation(tmp_path, {"security": []}, components=components, security=[{scheme: []}]).headers == ()


def test_delete_is_sent_only_when_asked_for(tmp_path: Path) -> None:
    paths = {"/a": {"get": {}, "delete": {}, "x-note": {}, "summary": "text"}}
    assert [call.method for call in read(tmp_path, paths)] == ["GET"]
    assert [call.method for call in read(tmp_path, paths, deletes=True)] == ["GET", "DELETE"]
    with pytest.raises(UserError, match="its operations are all DELETE, which are sent only when asked for"):
        read(tmp_path, {"/a": {"delete": {}}})


def test_the_path_of_the_server_stands_in_front(tmp_path: Path) -> None:
    servers = [{"url": "https://shop.example/{v}/", "variables": {"v": {"default": "v2"}}}, {"url": "/other"}]
    assert operation(tmp_path, {}, servers=servers).path == "/v2/a"


def test_swagger_2(tmp_path: Path) -> None:
    parameters = [
        {"in": "path", "name": "id", "required": True, "type": "integer"},
        {"in": "query", "name": "sort", "required": True, "type": "string", "enum": ["up", "down"]},
        {"in": "body", "name": "any", "schema": {"$ref": "#/definitions/Item"}},
    ]
    form = [
        {"in": "formData", "name": "a", "type": "string"},
        {"in": "formData", "name": "f", "type": "file"},
    ]
    paths = {
        "/a/{id}": {"post": {"parameters": parameters}},
        "/f": {"post": {"parameters": form, "consumes": ["multipart/form-data"]}, "put": {"parameters": form,
               "consumes": ["application/x-www-form-urlencoded"]}},
    }  # fmt: skip
    definitions = {"Item": {"properties": {"name": {"type": "string"}}}}
    first, multipart, plain = read(tmp_path, paths, swagger="2.0", basePath="/v1", definitions=definitions)
    assert first.path == "/v1/a/{int}?sort={choice:up|down}"
    assert first.body == '{"name": "{token}"}'
    assert 'name="f"\r\n\r\n{token}' in multipart.body
    assert plain.body == "a={token}&f={token}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is not JSON"),
        ("[]", "is no OpenAPI document: it has no 'paths'"),
        ('{"openapi": "3.0.0"}', "it has no 'paths'"),
        ('{"paths": {}}', "describes no operation$"),
        ('{"paths": {"/a": {"get": {"parameters": ["q"]}}}}', "GET /a is not described as OpenAPI has it"),
        ('{"paths": {"/a": {"$ref": "#/nowhere"}}}', "#/nowhere leads nowhere: there is no 'nowhere'"),
        ('{"paths": {"/a": {"$ref": "other.json#/a"}}}', "is in another file: put the document together"),
        ('{"paths": {"/a": {"$ref": "#/paths/~1a"}}}', "refers to itself"),
        ('{"paths": {"/a": 1}}', "/a is not described"),
    ],
)
def test_documents_that_are_wrong_are_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "api.json"
    path.write_text(text)
    with pytest.raises(UserError, match=rf"api\.json.*{said}"):
        read_openapi(path)


def test_yaml_without_its_package_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    path = tmp_path / "api.yaml"
    path.write_text("paths:\n  /a: {get: {}}\n")
    with pytest.raises(UserError, match="PyYAML is missing: install it, or save it as JSON"):
        read_openapi(path)


def test_yaml_is_read_where_its_package_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Yaml:
        YAMLError = RuntimeError

        @staticmethod
        def safe_load(text: str) -> Any:
            if text == "broken":
                raise RuntimeError("line 1")
            return {"paths": {text: {"get": {}}}}

    monkeypatch.setitem(sys.modules, "yaml", Yaml())
    path = tmp_path / "api.yaml"
    path.write_text("/from-yaml")
    assert read_openapi(path)[0].calls[0].path == "/from-yaml"
    path.write_text("broken")
    with pytest.raises(UserError, match="is neither JSON nor YAML: line 1"):
        read_openapi(path)


def test_what_a_real_framework_describes_is_accepted_by_it(tmp_path: Path) -> None:
    fastapi = pytest.importorskip("fastapi")
    testclient = pytest.importorskip("fastapi.testclient")
    pydantic = pytest.importorskip("pydantic")
    item = pydantic.create_model(
        "Item", name=(str, ...), code=(str, pydantic.Field(max_length=5, examples=["AB12"])), tags=(list[str], ...),
        n=(int, pydantic.Field(ge=3)), child=("Item | None", None), kind=(Any, "x"),
    )  # fmt: skip
    app = fastapi.FastAPI()

    def buy(order: int, given: Any, q: str, limit: int = 10) -> dict[str, Any]:
        return {"order": order, "name": given.name, "q": q, "limit": limit}

    buy.__annotations__["given"] = item
    app.post("/orders/{order}")(buy)
    call = read(tmp_path, app.openapi()["paths"], components=app.openapi()["components"])[0]
    values = Ledger(1).visit("v", "u", drawn([call])).values
    sent = {part: fill(getattr(call, part), lambda name: values[name]) for part in ("path", "body")}
    answer = testclient.TestClient(app).post(sent["path"], content=sent["body"], headers=dict(call.headers))
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "order": int(values["int"]),
        "name": values["token"],
        "q": values["token"],
        "limit": 10,
    }
