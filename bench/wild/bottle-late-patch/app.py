"""A greeting by bottle, whose request is a thread-local of its own."""

import time

from bottle import Bottle, request

app = Bottle()


@app.get("/hello")
def hello():
    time.sleep(0.001)  # the profile is looked up
    return "hello " + request.query.user
