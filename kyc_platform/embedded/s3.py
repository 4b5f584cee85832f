"""The embedded S3 server, `rclone serve s3` over a folder: listens on 127.0.0.1 only and checks v4 signatures."""

import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from kyc_platform.embedded.places import Folder, write_private
from kyc_platform.embedded.program import Program
from kyc_platform.embedded.state import HOST, State

if TYPE_CHECKING:
    from types_boto3_s3.client import S3Client

NAME = "s3"
BUCKET = "kyc-documents"
REGION = "us-east-1"


class S3:
    """One S3 server of a folder."""

    name = NAME

    def __init__(self, folder: Folder, state: State, *, is_durable: bool = True) -> None:
        self.home, self.state, self.is_durable = folder.servers / NAME, state, is_durable

    @property
    def url(self) -> str:
        """The S3_ENDPOINT_URL."""
        return f"http://{HOST}:{self.state.ports[NAME]}"

    def variables(self, bucket: str = BUCKET) -> dict[str, str]:
        """Return the S3 settings that reach one of its buckets."""
        return {
            "S3_ENDPOINT_URL": self.url,
            "S3_BUCKET": bucket,
            "S3_REGION": REGION,
            "S3_ACCESS_KEY_ID": self.state.s3_access_key,
            "S3_SECRET_ACCESS_KEY": self.state.s3_secret_key,
        }

    def prepare(self, *, say: Callable[[str], None]) -> None:
        """Make the folder of the objects and an empty configuration, so that nobody's own rclone configuration is read."""
        self.home.mkdir(mode=0o700, exist_ok=True)
        (self.home / "objects").mkdir(mode=0o700, exist_ok=True)
        write_private(self.home / "rclone.conf", "")

    def program(self) -> Program:
        """Return the process to run. The key pair is in its environment: a command line is everybody's to read."""
        binary = Path(sysconfig.get_path("scripts")) / "rclone"
        command = (str(binary), "serve", "s3", str(self.home / "objects"), "--addr", f"{HOST}:{self.state.ports[NAME]}")
        options = ("--config", str(self.home / "rclone.conf"), "--umask", "077", "--log-level", "NOTICE")
        # rclone reads a list of pairs here: in quotation marks it is one entry.
        key = {"RCLONE_AUTH_KEY": f'"{self.state.s3_access_key},{self.state.s3_secret_key}"'}
        return Program(NAME, command + options, self.home, environment=key)

    def is_ready(self) -> bool:
        """Tell whether it answers a signed request."""
        try:
            self._client().list_buckets()
        except (BotoCoreError, ClientError):
            return False
        return True

    def create(self, bucket: str = BUCKET) -> None:
        """Create a bucket when it is missing."""
        client = self._client()
        if bucket not in [entry.get("Name") for entry in client.list_buckets()["Buckets"]]:
            client.create_bucket(Bucket=bucket)

    def _client(self) -> "S3Client":
        client: S3Client = boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=self.state.s3_access_key,
            aws_secret_access_key=self.state.s3_secret_key,
            config=Config(
                signature_version="s3v4",
                s3={"addressing_style": "path"},
                connect_timeout=2,
                read_timeout=10,
                retries={"total_max_attempts": 1},
                proxies={},
            ),
        )
        return client
