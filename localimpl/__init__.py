"""The interchangeable Local implementations, one subject a file, under one surface."""

from localimpl.cleanup import LocalManager, release_local
from localimpl.local import Local
from localimpl.promise import Promise, Unit
from localimpl.proxy import LocalProxy
from localimpl.stack import LocalStack
from localimpl.subject import Subject

__all__ = ["Local", "LocalManager", "LocalProxy", "LocalStack", "Promise", "Subject", "Unit", "release_local"]
