"""Takes orders into a database through a scoped session, and asks the bank in between."""

import time

from flask import Flask, request
from sqlalchemy import String, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, scoped_session, sessionmaker

app = Flask(__name__)
engine = create_engine("sqlite:///orders.sqlite")
session = scoped_session(sessionmaker(engine))


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer: Mapped[str] = mapped_column(String(100))


Base.metadata.create_all(engine)


@app.post("/orders")
def order():
    session.add(Order(customer=request.form["customer"]))
    time.sleep(0.001)  # the bank is asked
    taken = [each.customer for each in session.new]
    session.rollback()
    return {"taken": taken}


@app.teardown_appcontext
def end(error):
    session.remove()
