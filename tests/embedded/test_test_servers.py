"""The servers that the tests run on are real, private and this run's own."""

import os

from django.db import connection


def test_the_database_is_postgresql_18_and_this_process_has_its_own(worker_id):
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        assert int(cursor.fetchone()[0]) >= 150000
    assert connection.settings_dict["NAME"] == ("test_kyc" if worker_id == "master" else f"test_kyc_{worker_id}")
    assert os.environ["DATABASE_URL"].endswith(f"/{connection.settings_dict['NAME']}")
