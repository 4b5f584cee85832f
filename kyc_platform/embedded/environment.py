"""The environment of the platform's processes: what `kyc_platform.settings.environment` demands, composed for one folder."""

from collections.abc import Mapping

from kyc_platform.embedded.places import MARK, Folder
from kyc_platform.embedded.servers import addresses
from kyc_platform.embedded.state import HOST, State

# What a process needs from whoever starts it, beside its own settings: where programs, home and certificates are.
PASSED_ON = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE")


def base_environment(folder: Folder, given: Mapping[str, str]) -> dict[str, str]:
    """Return what every process of the folder gets, servers included: no secret is in it.

    Servers on 127.0.0.1 are never reached through a proxy, whatever the machine is set to.
    """
    passed = {name: given[name] for name in PASSED_ON if name in given}
    return passed | {MARK: str(folder.path), "NO_PROXY": f"{HOST},localhost", "no_proxy": f"{HOST},localhost", "PYTHONUNBUFFERED": "1"}


def platform_environment(folder: Folder, state: State, given: Mapping[str, str], *, kind: str = "development") -> dict[str, str]:
    """Return every setting of the platform. The ports of `web` and `provider` are settled; secrets are the folder's own."""
    return addresses(folder, state, given) | {
        "DJANGO_SETTINGS_MODULE": "kyc_platform.settings",
        "KYC_ENVIRONMENT": kind,
        "SECRET_KEY": state.secret_key,
        "KYC_ROOT_KEYS": state.root_key,
        "PUBLIC_BASE_URL": f"http://{HOST}:{state.ports['web']}",
        "ALLOWED_HOSTS": f"{HOST},localhost",
        "SANDBOX_PROVIDER_URL": f"http://{HOST}:{state.ports['provider']}",
        "SANDBOX_PROVIDER_API_KEY": state.provider_api_key,
        "SANDBOX_PROVIDER_CALLBACK_SECRET": state.provider_callback_secret,
        "OUTBOUND_ALLOW_LOOPBACK": "true",
        "EMAIL_FOLDER": str(folder.mail),
        "LOG_LEVEL": given.get("LOG_LEVEL", "INFO"),
    }
