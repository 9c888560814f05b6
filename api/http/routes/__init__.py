"""Routes: a module for each group of endpoints, found by themselves.

Each has a function `router(engine)`, and by `ORDER` its place in the description of the API.
"""

import sys

from fastapi import APIRouter

from api.discovery import modules_of
from projections import Engine


def routers(engine: Engine) -> list[APIRouter]:
    """The routers of all modules here, over one engine, in the order of the API's description."""
    return [module.router(engine) for module in modules_of(sys.modules[__name__])]
