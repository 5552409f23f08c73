"""A GraphQL API whose extension says for whom an answer was made; it is given as an instance, or as its class."""

import asyncio
import os

import strawberry
from strawberry.asgi import GraphQL
from strawberry.extensions import SchemaExtension


class MadeFor(SchemaExtension):
    def get_results(self):
        return {"made for": self.execution_context.variables["user"]}


@strawberry.type
class Query:
    @strawberry.field
    async def page(self, user: str) -> str:
        await asyncio.sleep(0.001)  # it is looked up
        return f"the page of {user}"


schema = strawberry.Schema(
    Query, extensions=[MadeFor if os.environ.get("EXTENSION") == "class" else MadeFor()]
)
app = GraphQL(schema)
