"""What is answered to who asks for too much."""

from kyc_platform.errors import DomainError


class RateLimited(DomainError):
    """A quota is used up: of the key, of its merchant, of the end user, or of proofs that failed from the caller's address."""

    code = "rate_limited"
    title = "Too many requests"
    http_status = 429
    remedy = "Wait for the seconds that `Retry-After` names, then go on more slowly; `RateLimit-Remaining` tells how much is left."

    def __init__(self, of: str, limit: int, retry_after_seconds: int) -> None:
        detail = f"The quota {of} is {limit} a minute, and is used up. Try again in {retry_after_seconds} s."
        super().__init__(detail, headers={"Retry-After": str(retry_after_seconds)})
