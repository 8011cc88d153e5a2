"""The tests of this folder run on each kind of database."""

from tests.databases import each_database as each_database
