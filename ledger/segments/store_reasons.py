"""What a store says when it does not do what it is asked, on one line, and what to look at then."""

import re

_STORES = {
    "s3": ("AWS_ACCESS_KEY_ID, AWS_PROFILE and what they may do there", "AWS_ENDPOINT_URL and AWS_REGION"),
    "gcs": ("GOOGLE_APPLICATION_CREDENTIALS and what they may do there", "STORAGE_EMULATOR_HOST"),
    "abfs": (
        "AZURE_STORAGE_CONNECTION_STRING, AZURE_STORAGE_KEY, AZURE_CLIENT_ID and what they may do there",
        "AZURE_STORAGE_CONNECTION_STRING",
    ),
}
"""Of each type of file system: what says who asks, and what says where the store is."""
_UNREACHED = re.compile(r"could(n't| not) (connect|resolve)|NETWORK_CONNECTION", re.IGNORECASE)
_NO_BUCKET = re.compile(r"NO_SUCH_BUCKET|ContainerNotFound|Status\(NOT_FOUND.*CreateResumableUpload", re.DOTALL)
_REFUSED = re.compile(
    r"ACCESS_DENIED|PERMISSION_DENIED|UNAUTHENTICATED|SIGNATURE_|INVALID_ACCESS_KEY|OAuth2|AuthenticationException"
    r"|Azure Error: \[\w*\] 40[13] "
)
_GOOGLE = re.compile(r".*google::cloud::Status\((\w+): (?:.*?with a last message of )?(.*?) error_info=.*", re.DOTALL)
_AZURE = re.compile(r".*Azure Error: (?:\[\] )?", re.DOTALL)
_NUMBERS = re.compile(r" ?\((Request ID|x-ms-request-id): [^)]*\)|\s*Request ?I[Dd]: ?[\w-]*|\s*Time:[\dT:.-]+Z")
_TWICE = re.compile(r"(.{20,}?) \1")


def store_reason(error: BaseException, store: str) -> str:
    """What a store of a type says, without the numbers of its requests; and what to look at, where that is known."""
    if isinstance(error, OSError) and error.strerror and store not in _STORES:
        return error.strerror
    said = str(error)
    text = _AZURE.sub("", _GOOGLE.sub(r"\1: \2", said))
    text = _TWICE.sub(r"\1", " ".join(_NUMBERS.sub("", text).split()))
    if (settings := _STORES.get(store)) is None:
        return text
    who, where = settings
    text = text.rstrip(".: ")
    if _UNREACHED.search(said):
        return f"{text}; nobody answers there: look at the network, at the address, and at {where}"
    if _NO_BUCKET.search(said):
        return f"{text}; the bucket is not there: make it, or name another"
    if _REFUSED.search(said):
        return f"{text}; it is not allowed: look at {who}"
    return text
