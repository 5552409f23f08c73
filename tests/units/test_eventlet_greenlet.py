"""Steps on eventlet's greenlets: what pauses, spawns and offloads there is eventlet's."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE = """
import json, threading, time, warnings
warnings.simplefilter("ignore")
import eventlet
eventlet.monkey_patch()
import greenlet
from harness.core.steps import PAUSE, Cancel, Join, Offload, Spawn, drive
from harness.units.eventlet_greenlet import EventletSteps

class Gate:
    def ticks(self, seed, nth):
        return range(2)

order = []

def turns(name):
    for number in range(3):
        order.append(name)
        yield PAUSE

def run():
    return threading.get_native_id(), id(greenlet.getcurrent())

def child():
    yield PAUSE
    return run()

def failing():
    yield PAUSE
    raise ValueError("the child's error")

def view():
    spawned = yield Join((yield Spawn(child())))
    offloaded = yield Offload(lambda: run()[0])
    try:
        yield Join((yield Spawn(failing())))
    except ValueError as error:
        failed = str(error)
    cancelled = False
    try:
        yield Cancel()
    except eventlet.Timeout:
        cancelled = True
    return run(), spawned, offloaded, failed, cancelled

steps = EventletSteps(Gate(), 0.0)
both = [eventlet.spawn(drive, turns(name), EventletSteps(Gate(), 0.0)) for name in "ab"]
[each.wait() for each in both]
print(json.dumps([order, drive(view(), steps)]))
"""


def test_steps_are_done_by_eventlets_greenlets_and_threads() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    order, ((native, own), (childs_native, child), offloaded, failed, cancelled) = json.loads(done.stdout)
    assert order == ["a", "b"] * 3
    assert childs_native == native
    assert child != own
    assert offloaded != native
    assert failed == "the child's error"
    assert cancelled is True
