"""Pauses at an app's own I/O: as its kind of unit waits, and nowhere else."""

import subprocess
import sys
import textwrap

BEGIN = """
import asyncio, socket, sqlite3, threading, time
from harness.inside.io_delay import IoDelay
delay = IoDelay(0.0005, 1)
delay.install()
def taken(act):
    before = delay.taken
    act()
    return delay.taken - before
"""


def run(code: str, begin: str = BEGIN) -> str:
    done = subprocess.run(
        [sys.executable, "-c", begin + textwrap.dedent(code)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_sleep_is_longer_and_wrapped_once() -> None:
    assert (
        run("""
        from time import sleep
        delay.install()
        print(taken(lambda: sleep(0)), taken(lambda: time.sleep(0)), taken(lambda: len("")))
        """)
        == "1 1 0"
    )


SOCKETS = """
server = socket.create_server(("127.0.0.1", 0))
def answer():
    accepted, _ = server.accept()
    accepted.sendall(accepted.recv(9))
thread = threading.Thread(target=answer)
thread.start()
client = socket.socket()
def talk():
    client.connect(server.getsockname())
print(taken(talk), "to connect")
print(taken(lambda: client.sendall(b"hello")), "to send")
thread.join()
print(taken(lambda: client.makefile("rb").read(5)), "to read")
client.setblocking(False)
print(taken(lambda: client.recv(1)), "where it does not wait")
"""


def test_sockets_that_the_app_connected_wait() -> None:
    assert run(SOCKETS).splitlines() == ["1 to connect", "1 to send", "1 to read", "0 where it does not wait"]


def test_accepted_sockets_do_not_wait() -> None:
    assert (
        run("""
        ours, theirs = socket.socketpair()
        print(taken(lambda: ours.sendall(b"hello")), taken(lambda: theirs.recv(5)))
        server = socket.create_server(("127.0.0.1", 0))
        client = socket.create_connection(server.getsockname())
        accepted, _ = server.accept()
        client.sendall(b"hello")
        print(taken(lambda: accepted.recv(5)), taken(lambda: accepted.sendall(b"hello")))
        """)
        == "0 0\n0 0"
    )


def test_sqlite_waits_at_each_statement_whatever_kinds_the_app_has() -> None:
    assert (
        run("""
        class Kind(sqlite3.Connection): pass
        class Cursor(sqlite3.Cursor): pass
        for options in ({}, {"factory": Kind}):
            counts = []
            def note(act):
                counts.append(taken(act))
            def connect():
                global db
                db = sqlite3.connect(":memory:", **options)
            note(connect)
            note(lambda: db.execute("create table t (x)"))
            note(lambda: db.cursor().execute("insert into t values (1)"))
            note(lambda: db.cursor(Cursor).executemany("insert into t values (?)", [(2,), (3,)]))
            note(db.commit)
            assert isinstance(db, options.get("factory", sqlite3.Connection))
            print(counts, db.execute("select sum(x) from t").fetchone())
        """)
        == "[1, 1, 1, 1, 1] (6,)\n[1, 1, 1, 1, 1] (6,)"
    )


GREENLETS = "from gevent import monkey; monkey.patch_all()\n" + BEGIN


def test_a_greenlet_that_waits_lets_others_run_but_sqlite_holds_them_up() -> None:
    assert (
        run(
            """
            import gevent
            others = []
            gevent.spawn(others.append, "ran")
            print(taken(lambda: time.sleep(0)), bool(others))
            server = socket.create_server(("127.0.0.1", 0))
            gevent.spawn(server.accept)
            print(taken(lambda: socket.create_connection(server.getsockname())))
            print(taken(lambda: sqlite3.connect(":memory:").execute("select 1")))
            """,
            GREENLETS,
        )
        == "1 True\n1\n0"
    )


def test_patching_late_changes_how_it_waits() -> None:
    assert (
        run(
            """
        from time import sleep
        from gevent import monkey
        import gevent
        monkey.patch_all()
        delay.install()
        others = []
        gevent.spawn(others.append, True)
        sleep(0)
        print(bool(others), taken(lambda: sleep(0)))
        print(taken(lambda: time.sleep(0)), bool(others))
        """,
            BEGIN.replace("import asyncio, ", "import "),
        )
        == "False 1\n1 True"
    )


def test_a_task_that_waits_lets_others_run_and_a_plain_sleep_on_the_loop_is_left_alone() -> None:
    assert (
        run("""
        async def main():
            others = []
            async def tick():
                while True:
                    others.append(await asyncio.tasks.sleep(0))
            ticking = asyncio.create_task(tick())
            before = delay.taken
            await asyncio.sleep(0)
            print(delay.taken - before, len(others) > 1)
            print(taken(lambda: time.sleep(0)), taken(lambda: sqlite3.connect(":memory:").execute("select 1")))
            count = await asyncio.to_thread(lambda: taken(lambda: time.sleep(0)))
            print(count)
        asyncio.run(main())
        """)
        == "1 True\n0 0\n1"
    )


def test_a_task_waits_where_it_reads_what_it_asked_for_and_not_where_it_is_asked() -> None:
    assert (
        run("""
        async def main():
            counts = {}
            async def answer(reader, writer):
                before = delay.taken
                await reader.read(5)
                counts["asked"] = delay.taken - before
                writer.write(b"hello")
            server = await asyncio.start_server(answer, "127.0.0.1", 0)
            before = delay.taken
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            counts["to open"] = delay.taken - before
            writer.write(b"hello")
            await asyncio.tasks.sleep(0.05)
            before = delay.taken
            assert await reader.readexactly(5) == b"hello"
            counts["to read"] = delay.taken - before
            print(counts["asked"], counts["to open"] > 0, counts["to read"])
            writer.close()
        asyncio.run(main())
        """)
        == "0 True 1"
    )


def test_lengths_are_uniform_and_follow_from_the_seed() -> None:
    assert (
        run("""
        delays = IoDelay(1, 1), IoDelay(1, 1), IoDelay(1, 2)
        first, again, other = ([each._length() for _ in range(2000)] for each in delays)
        print(first == again, first == other)
        print(0 <= min(first) < 0.01, 1.99 < max(first) <= 2, 0.9 < sum(first) / 2000 < 1.1)
        """)
        == "True False\nTrue True True"
    )
