"""A shop that writes each customer a confirmation in his language, and the warehouse a slip in German."""

import time
from datetime import date

from flask import Flask, request
from flask_babel import Babel, force_locale, format_date

app = Flask(__name__)
babel = Babel(app)
DAY = date(2024, 5, 1)


@babel.localeselector
def locale():
    return request.args["lang"]


@app.route("/order")
def order():
    with force_locale("de"):
        slip = format_date(DAY, format="long")
        time.sleep(0.001)  # it is sent
    return f"{request.args['user']}: {request.args['lang']} {format_date(DAY, format='long')} (warehouse: {slip})"
