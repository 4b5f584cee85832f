"""Why an upload is refused. One class a reason; `code` is frozen and names no member: the interface adds the pointer."""

from typing import ClassVar

from kyc_platform.errors import DomainError


class UploadRefused(DomainError):
    """The bytes are not an acceptable document. Nothing of them is kept.

    `end_user_code` is the first seed's `err_code` for the same reason; `detail` says what would be right.
    """

    code = "upload_refused"
    title = "The document is not accepted"
    http_status = 422
    end_user_code: ClassVar[str] = "Err1005"
    remedy: ClassVar[str] = "Send another photo or scan of the document."

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or self.remedy)


class FileIsEmpty(UploadRefused):
    """There are no bytes."""

    code = "file_is_empty"
    title = "The file is empty"
    remedy = "The file has 0 bytes. Send the photo or scan itself."


class FileTooBig(UploadRefused):
    """More bytes than are accepted."""

    code = "file_too_big"
    title = "File size is too big"
    http_status = 413
    end_user_code = "Err1234"
    remedy = "File size is too big. Send a smaller photo or scan."


class FileTypeNotAccepted(UploadRefused):
    """The bytes are of no accepted kind, whatever the name or header said."""

    code = "file_type_not_accepted"
    title = "This kind of file is not accepted"
    end_user_code = "Err1004"
    remedy = "Send a photo or scan as JPEG, PNG, WebP or HEIC."


class ImageUnreadable(UploadRefused):
    """The picture breaks the rules of its own format."""

    code = "image_unreadable"
    title = "The image cannot be read"
    remedy = "The image is damaged. Take the photo again, or save it anew, and send that."


class ImageTruncated(UploadRefused):
    """The picture ends before it is complete."""

    code = "image_truncated"
    title = "The image is not complete"
    remedy = "The end of the image is missing. Send the whole file again."


class ImageTooSmall(UploadRefused):
    """Fewer pixels than anybody could read a document from."""

    code = "image_too_small"
    title = "The image is too small"
    remedy = "Send a larger photo of the document."


class ImageTooLarge(UploadRefused):
    """More pixels than are accepted."""

    code = "image_too_large"
    title = "The image has too many pixels"
    remedy = "Send the photo with fewer pixels."


class ImageAnimated(UploadRefused):
    """Several pictures in one file."""

    code = "image_animated"
    title = "The file holds more than one picture"
    end_user_code = "Err1004"
    remedy = "Animations and picture series are not accepted. Send one still picture."


class PdfUnreadable(UploadRefused):
    """The PDF is damaged, truncated, or takes more memory or time than a document needs."""

    code = "pdf_unreadable"
    title = "The PDF cannot be read"
    remedy = "The PDF is damaged or incomplete. Download it again, or print it to a new PDF, and send that."


class PdfEncrypted(UploadRefused):
    """The PDF asks for a password, or forbids its owner to do something."""

    code = "pdf_encrypted"
    title = "The PDF is protected"
    end_user_code = "Err1004"
    remedy = "The PDF is encrypted. Remove its protection, or print it to a new PDF, and send that."


class PdfActiveContent(UploadRefused):
    """The PDF can do something: it holds a script, a program start, a file, a film or an XFA form."""

    code = "pdf_active_content"
    title = "The PDF holds active content"
    end_user_code = "Err1004"
    remedy = "The PDF holds scripts, attachments or an interactive form. Print it to a new PDF and send that."


class PdfHasNoPages(UploadRefused):
    """There is nothing to look at."""

    code = "pdf_has_no_pages"
    title = "The PDF has no pages"
    remedy = "The PDF has no pages. Send the PDF with the document on it."


class PdfTooManyPages(UploadRefused):
    """More pages than a proof of address has."""

    code = "pdf_too_many_pages"
    title = "The PDF has too many pages"
    remedy = "Send only the pages that show the name, the address and the date."
