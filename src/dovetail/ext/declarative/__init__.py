"""The familiar import path of what declarative classes may be built on."""

from dovetail.orm.mapping.concrete import AbstractConcreteBase, ConcreteBase

__all__ = ["AbstractConcreteBase", "ConcreteBase"]
