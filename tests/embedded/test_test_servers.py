"""The servers that the tests run on are real, private, and this process's own share of them is its own."""

import os
from urllib.parse import urlsplit

import boto3
import psycopg2
import pytest
import redis
from botocore.config import Config
from botocore.exceptions import ClientError
from django.conf import settings
from django.db import connection
from redis.backoff import NoBackoff
from redis.retry import Retry


@pytest.fixture
def number(worker_id):
    return 0 if worker_id == "master" else int(worker_id.removeprefix("gw")) + 1


def test_every_process_has_a_database_a_redis_number_and_a_bucket_of_its_own(worker_id, number):
    assert connection.settings_dict["NAME"] == ("test_kyc" if worker_id == "master" else f"test_kyc_{worker_id}")
    assert urlsplit(settings.REDIS_URL).path == f"/{number}"
    assert f"kyc-documents-test-{number}" == settings.S3_BUCKET


def test_processes_that_tests_start_are_told_of_the_same_database():
    assert urlsplit(os.environ["DATABASE_URL"]).path == f"/{connection.settings_dict['NAME']}"


def test_the_database_is_a_supported_postgresql_and_refuses_a_wrong_password():
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        assert 150000 <= int(cursor.fetchone()[0]) < 190000
    wrong = urlsplit(os.environ["DATABASE_URL"])
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(host=wrong.hostname, port=wrong.port, user=wrong.username, password="wrong", dbname="postgres")


def test_redis_refuses_whoever_does_not_know_the_password():
    parts = urlsplit(settings.REDIS_URL)
    stranger_url = f"redis://{parts.hostname}:{parts.port}"
    with redis.Redis.from_url(stranger_url, retry=Retry(NoBackoff(), 0)) as stranger, pytest.raises(redis.AuthenticationError):
        stranger.ping()


def test_the_s3_server_refuses_a_wrong_secret_key():
    stranger = boto3.client(
        "s3",
        endpoint_url=settings.S3_ENDPOINT_URL,
        region_name=settings.S3_REGION,
        aws_access_key_id=settings.S3_ACCESS_KEY_ID,
        aws_secret_access_key="wrong",
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}, proxies={}),
    )
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        stranger.list_buckets()


def test_no_password_of_the_servers_stands_on_a_command_line(server_commands):
    secrets = [urlsplit(os.environ["DATABASE_URL"]).password, urlsplit(settings.REDIS_URL).password, settings.S3_SECRET_ACCESS_KEY]
    assert len(server_commands) >= 3
    assert [secret for secret in secrets if any(secret in command for command in server_commands)] == []
