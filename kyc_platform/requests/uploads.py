"""A document on its way in: kept in memory only, once, and cut off when it is too big.

Documents are personal data, so no plain byte of them touches a disk, not even in a temporary file.
"""

from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload

FILE_TOO_BIG = "file_too_big"


class DocumentUploadHandler(FileUploadHandler):
    """Collects one file in one buffer. Past DOCUMENT_BYTES_MAX it stops reading and marks the request's `META["FILE_TOO_BIG"]`."""

    chunk_size = 256 * 1024

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin a file."""
        super().new_file(*args, **kwargs)
        self.buffer = BytesIO()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Take a chunk, or stop the upload when the file is larger than a document may be."""
        if start + len(raw_data) > settings.DOCUMENT_BYTES_MAX:
            if self.request is not None:
                self.request.META[FILE_TOO_BIG] = True
            raise StopUpload(connection_reset=False)
        self.buffer.write(raw_data)

    def file_complete(self, file_size: int) -> InMemoryUploadedFile:
        """Return the file; `getvalue()` of its buffer shares the bytes instead of copying them."""
        return InMemoryUploadedFile(self.buffer, self.field_name, self.file_name or "", self.content_type or "", file_size, self.charset)
