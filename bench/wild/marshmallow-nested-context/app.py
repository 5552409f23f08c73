"""Posts with their authors, shown as the one who looks may see them; the nested schema is an instance, or a class."""

import os
import sqlite3

from flask import Flask, request
from marshmallow import Schema, fields

app = Flask(__name__)
with sqlite3.connect("follows.sqlite") as database:
    database.execute("CREATE TABLE IF NOT EXISTS follows (follower TEXT, followed TEXT)")


class AuthorSchema(Schema):
    name = fields.Str()
    followed = fields.Method("is_followed")
    seen_by = fields.Function(lambda author, context: context["viewer"])

    def is_followed(self, author):
        follows = sqlite3.connect("follows.sqlite")
        try:
            pair = [self.context["viewer"], author["name"]]
            return follows.execute(
                "SELECT 1 FROM follows WHERE follower = ? AND followed = ?", pair
            ).fetchone()
        finally:
            follows.close()


class PostSchema(Schema):
    text = fields.Str()
    author = fields.Nested(AuthorSchema if os.environ.get("NESTED") == "class" else AuthorSchema())


@app.get("/post")
def post():
    schema = PostSchema(context={"viewer": request.headers["X-User"]})
    return schema.dump({"text": "Good morning", "author": {"name": "Ada"}})
