"""TLS between each driver and a MariaDB of the tests' own, with certificates made for it."""

import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from dovetail import create_engine, exc
from tests.private_servers import private_mariadb
from tests.servers import servers_required


def openssl(*arguments, cwd):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=cwd)


@pytest.fixture(scope="module")
def certificates():
    """A folder with an authority, and a certificate of it for the loopback interface."""
    if shutil.which("openssl") is None:
        (pytest.fail if servers_required() else pytest.skip)("openssl is not installed")
    # Not below the tests' own folder, which the user that runs the server may not enter.
    with TemporaryDirectory(prefix="dovetail-tls-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        make_certificates(folder)
        yield folder


def make_certificates(folder):
    new = ("-newkey", "rsa:2048", "-nodes")
    for name in ("authority", "stranger"):
        files = ("-keyout", f"{name}.key", "-out", f"{name}.pem")
        openssl("req", "-x509", *new, *files, "-subj", f"/CN={name}", cwd=folder)
    openssl(
        *("req", *new, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=server"),
        cwd=folder,
    )
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1")
    openssl(
        *("x509", "-req", "-in", "server.csr", "-CA", "authority.pem", "-CAkey", "authority.key"),
        *("-CAcreateserial", "-extfile", "names", "-out", "server.pem"),
        cwd=folder,
    )
    for file in folder.iterdir():
        file.chmod(0o644)


@pytest.fixture(scope="module")
def server(certificates):
    settings = [
        f"--ssl-cert={certificates / 'server.pem'}",
        f"--ssl-key={certificates / 'server.key'}",
        f"--ssl-ca={certificates / 'authority.pem'}",
    ]
    with private_mariadb(*settings) as server:
        yield server


def cipher(backend, server, options=""):
    """The cipher of a connection; empty for none."""
    engine = create_engine(f"{backend}://{server.url.partition('://')[2]}{options}")
    try:
        with engine.connect() as connection:
            ((_, found),) = connection.exec_driver_sql("SHOW STATUS LIKE 'Ssl_cipher'")
            return found
    finally:
        engine.dispose()


def test_true_is_tls_with_any_certificate(backend, server):
    assert cipher(backend, server, "?ssl=true")


def test_the_authority_is_held_against_the_certificate(backend, server, certificates):
    assert cipher(backend, server, f"?ssl_ca={certificates / 'authority.pem'}")


def test_a_certificate_of_another_authority_is_refused(backend, server, certificates):
    strange = f"?ssl_ca={certificates / 'stranger.pem'}"
    if backend.driver == "mysqldb":
        strange += "&ssl_mode=VERIFY_CA"
    with pytest.raises(exc.OperationalError, match=r"(?i)certificate"):
        cipher(backend, server, strange)


def test_a_server_without_tls_is_refused_where_tls_is_asked_for(backend, backend_url):
    engine = create_engine(f"{backend_url}?ssl=true")
    with pytest.raises(exc.OperationalError, match=r"SSL|TLS"):
        engine.connect()
    engine.dispose()


def test_files_that_cannot_be_used_are_told(backend, backend_url, certificates):
    if not backend_url.startswith(("mariadb+asyncmy", "mariadb+aiomysql")):
        pytest.skip("the package reads the files itself")
    engine = create_engine(f"{backend_url}?ssl_ca={certificates / 'server.key'}")
    with pytest.raises(exc.ArgumentError, match="the files for TLS cannot be used"):
        engine.connect()
    engine.dispose()


def test_tls_settings_that_are_none_are_refused():
    from dovetail.dialects.mysql.secure import tls_context

    with pytest.raises(exc.ArgumentError, match="no setting 'cart'"):
        tls_context({"cart": "x"})
    with pytest.raises(exc.ArgumentError, match="ssl cannot be 'yes'"):
        tls_context("yes")
    with pytest.raises(exc.ArgumentError, match="verify_mode cannot be"):
        tls_context({"verify_mode": "maybe"})
    assert tls_context(False) is None
