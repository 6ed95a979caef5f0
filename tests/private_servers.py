"""Servers of the tests' own: a PostgreSQL, a MariaDB, and a PgBouncer before a PostgreSQL.

All refuse to run as root: there they are started as another user, found in the password file.
They listen on the loopback interface and are stopped by their process.
"""

import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import NoReturn
from urllib.parse import urlsplit

import pytest

from dovetail import URL, make_url
from tests.servers import servers_required


class PrivateServer:
    """A server in a folder of its own: started, stopped or crashed, and started again there."""

    def __init__(
        self,
        url: str,
        command: list[str],
        folder: Path,
        user: dict[str, object],
        *,
        quit_by: signal.Signals = signal.SIGTERM,
        connect: Callable[[], object] | None = None,
    ) -> None:
        self.url = url
        self._command = command
        self._folder = folder
        self._user = user
        self._quit_by = quit_by
        self._connect = connect or self._knock
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Return when the server answers."""
        log = self._folder / "log"
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                self._command,
                stdout=output,
                stderr=output,
                cwd=self._folder,
                start_new_session=True,
                **self._user,
            )
        deadline = time.monotonic() + 30
        while True:
            try:
                self._connect()
            except Exception:
                assert self._process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.05)
            else:
                return

    def stop(self) -> None:
        """Let the server end what it does, without waiting for its clients."""
        if self._process is None:
            return
        self._process.send_signal(self._quit_by)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self.crash()
        self._process = None

    def freeze(self) -> None:
        """Let the server stand still, with its connections open, until it is thawed."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a server that was frozen go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def crash(self) -> None:
        """End all processes of the server at once, in the middle of what they do."""
        assert self._process is not None
        # It must not start another process while those that are there are looked for.
        self._process.send_signal(signal.SIGSTOP)
        for pid in _children(self._process.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.kill()
        self._process.wait(10)
        self._process = None

    def _knock(self) -> None:
        parts = urlsplit(self.url)
        socket.create_connection((parts.hostname, parts.port), timeout=1).close()


def _children(parent: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            # "pid (name) state parent …", and the name may have anything in it.
            if int(path.read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(path.parent.name))
    return found


@contextmanager
def private_postgresql(**settings: object) -> Iterator[PrivateServer]:
    """A PostgreSQL with these *settings*.

    It never waits for the disk: what it has written outlives its processes, not the machine.
    """
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    initdb = _binary("initdb", *folders)
    server = _binary("postgres", *folders)
    user = _user("postgres")
    with _folder(user) as folder:
        data = folder / "data"
        made = [initdb, "-D", str(data), "-U", "ada", "--auth=trust", "--no-sync"]
        subprocess.run(made, check=True, capture_output=True, cwd=folder, **user)
        with _postgresql_in(folder, server, user, settings) as running:
            yield running


@contextmanager
def standby_of(primary: PrivateServer, **settings: object) -> Iterator[PrivateServer]:
    """A PostgreSQL that follows *primary*, a ``private_postgresql()``, with these *settings*."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    copy = _binary("pg_basebackup", *folders)
    server = _binary("postgres", *folders)
    user = _user("postgres")
    place = primary.url.replace("postgresql+psycopg", "postgresql")
    with _folder(user) as folder:
        data = folder / "data"
        made = [copy, "-d", place, "-D", str(data), "-R", "-X", "stream", "--no-sync", "-c", "fast"]
        subprocess.run(made, check=True, capture_output=True, cwd=folder, **user)
        with _postgresql_in(folder, server, user, settings) as running:
            yield running


@contextmanager
def _postgresql_in(
    folder: Path, server: str, user: dict[str, object], settings: dict[str, object]
) -> Iterator[PrivateServer]:
    """The *server* that runs on the data in *folder*."""
    import psycopg

    port = free_port()
    command = [server, "-D", str(folder / "data"), "-p", str(port), "-k", str(folder), "-F"]
    command += ["-c", "listen_addresses=127.0.0.1", "-c", "shared_buffers=1MB"]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    place = f"ada@127.0.0.1:{port}/postgres"
    server_here = PrivateServer(
        f"postgresql+psycopg://{place}",
        command,
        folder,
        user,
        quit_by=signal.SIGINT,  # the "fast" shutdown
        connect=lambda: psycopg.connect(f"postgresql://{place}").close(),
    )
    with _running(server_here) as running:
        yield running


@contextmanager
def replica_of(primary: PrivateServer, delay: int = 0) -> Iterator[PrivateServer]:
    """A MariaDB that follows *primary*, one with a binary log, *delay* seconds behind it."""
    import pymysql

    settings = ("--log-bin", "--server-id=2", "--log-slave-updates", "--gtid-strict-mode=1")
    with private_mariadb(*settings) as replica:
        port = urlsplit(replica.url).port
        with (
            pymysql.connect(host="127.0.0.1", port=port, user="root") as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute("RESET MASTER")
            cursor.execute(
                "CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_USER='root', "
                f"MASTER_PORT={urlsplit(primary.url).port}, MASTER_USE_GTID=slave_pos, "
                f"MASTER_DELAY={delay}"
            )
            cursor.execute("START SLAVE")
        yield replica


@contextmanager
def galera_cluster(nodes: int = 3) -> Iterator[list[PrivateServer]]:
    """So many MariaDBs that are one cluster of Galera, each of which takes changes.

    One that does not answer for three seconds is left out by the others, and comes back by itself.
    """
    _binary("rsync")  # which a node that joins gets its data by
    provider = Path("/usr/lib/galera/libgalera_smm.so")
    if not provider.exists():
        _absent("Galera is not installed")
    ports = [(free_port(), free_port(), free_port()) for _ in range(nodes)]
    first = f"gcomm://127.0.0.1:{ports[0][0]}"
    with ExitStack() as stack:
        found: list[PrivateServer] = []
        for group, transfer, copies in ports:
            options = {
                "gmcast.listen_addr": f"tcp://127.0.0.1:{group}",
                "ist.recv_addr": f"127.0.0.1:{transfer}",
                "evs.keepalive_period": "PT0.5S",
                "evs.suspect_timeout": "PT3S",
                "evs.inactive_timeout": "PT9S",
                "evs.install_timeout": "PT5S",
                "gcache.size": "16M",
            }
            settings = [
                "--wsrep-on=ON",
                f"--wsrep-provider={provider}",
                f"--wsrep-provider-options={';'.join(f'{k}={v}' for k, v in options.items())}",
                f"--wsrep-cluster-address={first if found else 'gcomm://'}",
                f"--wsrep-node-address=127.0.0.1:{group}",
                "--wsrep-sst-method=rsync",
                f"--wsrep-sst-receive-address=127.0.0.1:{copies}",
                "--binlog-format=ROW",
                "--innodb-autoinc-lock-mode=2",
            ]
            running = private_mariadb(*settings)
            found.append(stack.enter_context(running))
            wait_until_synced(found[-1:], len(found))
        yield found


def wait_until_synced(nodes: list[PrivateServer], size: int, seconds: float = 60) -> None:
    """Return when each of *nodes* says that its cluster has *size*, and that it has all of it."""
    deadline = time.monotonic() + seconds
    for node in nodes:
        while (said := _said_by(node)) != {
            "local_state_comment": "Synced",
            "cluster_size": str(size),
        }:
            assert time.monotonic() < deadline, said
            time.sleep(0.05)


def _said_by(node: PrivateServer) -> dict[str, str]:
    """How a *node* of Galera is, and how large its cluster; nothing where it does not answer."""
    import pymysql

    port = urlsplit(node.url).port
    with (
        suppress(pymysql.Error),
        pymysql.connect(host="127.0.0.1", port=port, user="root", read_timeout=5) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "SHOW STATUS WHERE variable_name IN ('wsrep_local_state_comment', 'wsrep_cluster_size')"
        )
        return {name.removeprefix("wsrep_"): value for name, value in cursor.fetchall()}
    return {}


@contextmanager
def private_mariadb(*settings: str) -> Iterator[PrivateServer]:
    """A MariaDB with these *settings*, and an empty database.

    As above, a commit is handed to the operating system and not waited for.
    """
    install = _binary("mariadb-install-db", Path("/usr/bin"))
    server = _binary("mariadbd", Path("/usr/sbin"))
    user = _user("mysql")
    with _folder(user) as folder:
        options = [
            "--no-defaults",
            f"--datadir={folder}/data",
            # A server that starts clears its folder for temporary tables, of others' too.
            f"--tmpdir={folder}",
        ]
        made = [
            install,
            *options,
            "--auth-root-authentication-method=normal",
            "--innodb-flush-method=nosync",
        ]
        subprocess.run(made, check=True, capture_output=True, cwd=folder, **user)
        port = free_port()
        command = [
            server,
            *options,
            f"--port={port}",
            f"--socket={folder}/socket",
            f"--pid-file={folder}/pid",
            "--bind-address=127.0.0.1",
            "--innodb-buffer-pool-size=16M",
            "--innodb-flush-log-at-trx-commit=2",
            "--skip-log-bin",
            *settings,
        ]
        url = f"mariadb+pymysql://root@127.0.0.1:{port}/test"
        with _running(PrivateServer(url, command, folder, user)) as running:
            yield running


@contextmanager
def private_pgbouncer(server: str | URL) -> Iterator[URL]:
    """The URL of a PgBouncer before *server*, which lends a connection for a transaction."""
    known = make_url(server)
    user, password = known.username, known.password
    bouncer = _binary("pgbouncer", Path("/usr/sbin"))
    runner = _user("postgres")
    own = free_port()
    secret = f" password={password}" if password else ""
    with _folder(runner) as folder:
        (folder / "users").write_text(f'"{user}" "{password or ""}"\n')
        (folder / "pgbouncer.ini").write_text(
            "[databases]\n"
            f"* = host={known.host or '127.0.0.1'} port={known.port or 5432} user={user}{secret}\n"
            "[pgbouncer]\n"
            "listen_addr = 127.0.0.1\n"
            f"listen_port = {own}\n"
            "unix_socket_dir =\n"
            "auth_type = any\n"
            "pool_mode = transaction\n"
            "default_pool_size = 2\n"
            f"auth_file = {folder / 'users'}\n"
        )
        for name in ("users", "pgbouncer.ini"):
            (folder / name).chmod(0o644)
        command = [bouncer, str(folder / "pgbouncer.ini")]
        place = f"postgresql://127.0.0.1:{own}"
        with _running(PrivateServer(place, command, folder, runner, quit_by=signal.SIGINT)):
            yield known.set(host="127.0.0.1", port=own)


@contextmanager
def _running(server: PrivateServer) -> Iterator[PrivateServer]:
    try:
        server.start()
        yield server
    finally:
        server.stop()


def _binary(name: str, *folders: Path) -> str:
    found = shutil.which(name, path=os.pathsep.join(map(str, folders)) + os.pathsep + os.defpath)
    if found is None:
        _absent(f"{name} is not installed")
    return found


def _user(*names: str) -> dict[str, object]:
    """Who runs the server: another user, where the tests run as root."""
    if os.geteuid() != 0:
        return {}
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    found = next((known[name] for name in (*names, "nobody") if name in known), None)
    if found is None:
        _absent("there is no ordinary user to run a server as")
    return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": ()}


def _absent(reason: str) -> NoReturn:
    if servers_required():
        pytest.fail(reason)
    pytest.skip(reason)


def free_port() -> int:
    """A free port, and one that no connection is given by itself.

    Else a client's connection could sit on it while its server starts again.  Processes of one
    test run have the same seed, and must not have the same ports.
    """
    choice = random.SystemRandom()
    while True:
        port = choice.randrange(16_000, 32_000)
        with socket.socket() as found, suppress(OSError):
            found.bind(("127.0.0.1", port))
            return port


@contextmanager
def _folder(user: dict[str, object]) -> Iterator[Path]:
    # Not below the tests' own folder, which another user may not enter.
    folder = Path(mkdtemp(prefix="dovetail-"))
    try:
        if user:
            os.chown(folder, user["user"], user["group"])
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
