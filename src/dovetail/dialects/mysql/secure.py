"""TLS for drivers that want a context made for them."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

from ...exc import ArgumentError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

_SETTINGS = ("ca", "capath", "cert", "key", "password", "cipher", "check_hostname", "verify_mode")
_MODES = {
    True: ssl.CERT_REQUIRED,
    "required": ssl.CERT_REQUIRED,
    "optional": ssl.CERT_OPTIONAL,
    False: ssl.CERT_NONE,
    "none": ssl.CERT_NONE,
}


def tls_context(settings: Any) -> ssl.SSLContext | None:
    """Return the context that *settings* ask for; None where they ask for no TLS.

    *settings* is a context, true for TLS with any certificate, or a mapping with ``ca`` or
    ``capath`` (the server's certificate is verified then, and its name), ``cert``, ``key``,
    ``password``, ``cipher``, ``check_hostname`` and ``verify_mode``, as PyMySQL takes them.
    ArgumentError is raised for anything else.
    """
    if not settings:
        return None
    if isinstance(settings, ssl.SSLContext):
        return settings
    if settings is True:
        settings = {}
    if not hasattr(settings, "keys"):
        raise ArgumentError(
            f"ssl cannot be {settings!r}",
            hint="use true, a mapping with ca, cert and key, or an ssl.SSLContext",
        )
    for name in settings:
        if name not in _SETTINGS:
            raise ArgumentError(
                f"TLS has no setting {name!r}",
                hint=did_you_mean(name, _SETTINGS) or f"there are {', '.join(_SETTINGS)}",
            )
    try:
        return _made(settings)
    except OSError as error:
        raise ArgumentError(
            f"the files for TLS cannot be used: {error}",
            hint="are the paths right, and do certificate and key belong together?",
        ) from error


def _made(settings: Mapping[str, Any]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authorities = settings.get("ca"), settings.get("capath")
    is_verified = any(authorities)
    if is_verified:
        context.load_verify_locations(*authorities)
    mode = settings.get("verify_mode", is_verified)
    mode = mode.lower() if isinstance(mode, str) else mode
    if mode not in _MODES:
        raise ArgumentError(
            f"verify_mode cannot be {mode!r}", hint="use 'required', 'optional' or 'none'"
        )
    context.check_hostname = False  # or verify_mode could not be lowered
    context.verify_mode = _MODES[mode]
    context.check_hostname = is_verified and bool(settings.get("check_hostname", True))
    if settings.get("cert"):
        context.load_cert_chain(
            settings["cert"], keyfile=settings.get("key"), password=settings.get("password")
        )
    if settings.get("cipher"):
        context.set_ciphers(settings["cipher"])
    return context
