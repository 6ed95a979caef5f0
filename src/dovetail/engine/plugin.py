"""Plugins: objects that take part when an engine is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..dialects.entry_points import brought, class_at
from ..exc import ArgumentError, NoSuchModuleError, did_you_mean

if TYPE_CHECKING:
    from .engine import Engine
    from .url import URL

GROUP = "plugins"
"""The entry points, below ``dovetail.``, of plugins: ``name = "module:Class"``."""

_homes: dict[str, str | type[Any]] = {}


class CreateEnginePlugin:
    """Takes part in ``create_engine()``; subclasses override what they want to change.

    It is named in the URL, ``?plugin=name``, or in ``create_engine(url, plugins=["name"])``,
    where its class may stand too.  It takes its own options out of *kwargs*, and out of the
    query of the URL in :meth:`update_url`::

        class Loud(CreateEnginePlugin):
            def __init__(self, url, kwargs):
                self.volume = kwargs.pop("volume", 3)

            def engine_created(self, engine):
                event.listen(engine, "before_cursor_execute", self.shout)
    """

    def __init__(self, url: URL, kwargs: dict[str, Any]) -> None:
        self.url = url

    def update_url(self, url: URL) -> URL:
        """Return *url*, perhaps without the options that are this plugin's."""
        return url

    def handle_dialect_kwargs(self, dialect_cls: type[Any], dialect_args: dict[str, Any]) -> None:
        """Change the arguments that the dialect is made with."""

    def handle_pool_kwargs(self, pool_cls: type[Any], pool_args: dict[str, Any]) -> None:
        """Change the arguments that the pool is made with."""

    def engine_created(self, engine: Engine) -> None:
        """Do what is to be done with the finished *engine*."""


def register_plugin(name: str, home: str | type[Any]) -> None:
    """Make a plugin known: *home* is its class, or ``"module:Class"`` to import on first use."""
    _homes[name] = home


def plugin_class(name: str | type[Any]) -> type[Any]:
    """Return the class of the plugin *name*; NoSuchModuleError is raised if there is none."""
    if isinstance(name, type):
        return name
    home = _homes.get(name) or brought(GROUP, name).get(name)
    if home is None:
        raise NoSuchModuleError(
            f"no plugin is called {name!r}",
            hint=did_you_mean(name, _homes)
            or f"a package brings one with the entry point dovetail.{GROUP}; is it installed?",
        )
    return class_at(home, f"the plugin {name!r}", CreateEnginePlugin)


def take_plugins(url: URL, options: dict[str, Any]) -> tuple[URL, list[CreateEnginePlugin]]:
    """Return the plugins that *url* and *options* name, and the URL as they leave it."""
    named = list(url.normalized_query.get("plugin", ()))
    given = options.get("plugins") or ()
    if isinstance(given, str):
        raise ArgumentError("plugins is a list of names", hint=f"plugins=[{given!r}]")
    named.extend(given)
    if not named:
        options.pop("plugins", None)
        return url, []
    plugins: list[CreateEnginePlugin] = [plugin_class(name)(url, options) for name in named]
    options.pop("plugins", None)
    url = url.difference_update_query(["plugin"])
    for plugin in plugins:
        url = plugin.update_url(url)
    return url, plugins
