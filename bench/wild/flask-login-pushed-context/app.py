"""An account page behind Flask-Login; a script's app context, pushed at import, is taken down again or not."""

import os

from flask import Flask
from flask_login import LoginManager, UserMixin, current_user

app = Flask(__name__)
app.secret_key = "secret"
login = LoginManager(app)


class User(UserMixin):
    def __init__(self, name):
        self.id = name


@login.request_loader
def load(request):
    name = request.headers.get("X-User")
    return User(name) if name else None


@app.get("/account")
def account():
    return f"the account of {current_user.id if current_user.is_authenticated else 'nobody'}"


context = app.app_context()
context.push()  # to create the tables
if os.environ.get("CONTEXT") == "popped":
    context.pop()
