"""The tests of the analytics service run on each database."""

from __future__ import annotations

from tests.databases import each_database as each_database
