"""What an uploaded document must be, and what of it is kept."""

from verification.documents.inspection.errors import UploadRefused
from verification.documents.inspection.types import Limits, MediaType, Upload
from verification.documents.inspection.uploads import inspect_upload

__all__ = ["Limits", "MediaType", "Upload", "UploadRefused", "inspect_upload"]
