"""The database of a service lies in its directory, whatever characters the name of that has."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import MetaData

from services_stub.runtime.settings import Settings
from services_stub.runtime.sql.database import Database


@pytest.mark.parametrize("name", ["shop?v2", "%41", "a#b", "with space", "größe水", ":memory:", "a&b=c;d"])
def test_a_database_lies_in_the_directory_of_its_service(tmp_path: Path, name: str) -> None:
    directory = tmp_path / name
    directory.mkdir()
    settings = Settings(
        service="order", instance="order-1", port=1, bootstrap_servers="", data_dir=str(directory), internal_token="t"
    )
    database = Database(settings.url_of_database())
    database.create(MetaData())
    database.close()
    assert (directory / "order.db").exists()
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_another_database_is_the_one_of_its_url() -> None:
    url = "postgresql+psycopg://user:p%40ss@host/shop?sslmode=require"
    settings = Settings(
        service="order", instance="o", port=1, bootstrap_servers="", data_dir="/d", internal_token="t", database_url=url
    )
    database = Database(settings.url_of_database())
    assert (database.engine.url.password, database.engine.url.database) == ("p@ss", "shop")
    database.close()
