"""Types of Oracle Database."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from ...compiler.ddl import DDLCompiler
from ...compiler.statements import StatementCompiler
from ...types.basic import DateTime, Double, Float, Interval, LargeBinary, Numeric, Text
from ...types.contract import TypeEngine
from ...types.standard import FLOAT as STANDARD_FLOAT, TIMESTAMP as STANDARD_TIMESTAMP, VARCHAR
from ...types.structured import JSON as STANDARD_JSON
from .absent import AbsentDialect, AbsentTypeCompiler


class JSON(STANDARD_JSON):
    """JSON."""


class DATE(DateTime):
    """A date with a time of day, to the second."""

    __visit_name__ = "DATE"


class NUMBER(Numeric[Any]):
    """A number of *precision* digits, *scale* of them decimals."""

    __visit_name__ = "NUMBER"

    def __init__(
        self, precision: int | None = None, scale: int | None = None, asdecimal: bool | None = None
    ) -> None:
        is_decimal: Any = bool(scale and scale > 0) if asdecimal is None else asdecimal
        super().__init__(precision=precision, scale=scale, asdecimal=is_decimal)


class BFILE(LargeBinary):
    """Bytes in a file of the server."""

    __visit_name__ = "BFILE"


class RAW(LargeBinary):
    """Up to *length* bytes."""

    __visit_name__ = "RAW"


class NCLOB(Text):
    """Text of any length, in the national character set."""

    __visit_name__ = "NCLOB"


class LONG(Text):
    """Text of any length, the old name."""

    __visit_name__ = "LONG"


class VARCHAR2(VARCHAR):
    """Text of up to *length* characters."""

    __visit_name__ = "VARCHAR2"


class TIMESTAMP(STANDARD_TIMESTAMP):
    """A time; *local_timezone* shows it in the session's own."""

    def __init__(self, timezone: bool = False, local_timezone: bool = False) -> None:
        self.local_timezone = local_timezone
        super().__init__(timezone=timezone)


class FLOAT(STANDARD_FLOAT):
    """A number of *binary_precision* bits."""

    def __init__(
        self,
        binary_precision: int | None = None,
        asdecimal: Any = False,
        decimal_return_scale: int | None = None,
    ) -> None:
        self.binary_precision = binary_precision
        super().__init__(asdecimal=asdecimal, decimal_return_scale=decimal_return_scale)


class BINARY_DOUBLE(Double[Any]):
    """A binary number of 64 bits."""

    __visit_name__ = "BINARY_DOUBLE"


class BINARY_FLOAT(Float[Any]):
    """A binary number of 32 bits."""

    __visit_name__ = "BINARY_FLOAT"


class INTERVAL(Interval):
    """DAY TO SECOND, with so many digits of the days and of the seconds' decimals."""

    __visit_name__ = "INTERVAL"

    def __init__(
        self, day_precision: int | None = None, second_precision: int | None = None
    ) -> None:
        super().__init__(
            native=True, day_precision=day_precision, second_precision=second_precision
        )


class ROWID(TypeEngine[Any]):
    """The address of a row."""

    __visit_name__ = "ROWID"


class VectorDistanceType(Enum):
    """How the distance of two vectors is measured."""

    EUCLIDEAN = "EUCLIDEAN"
    DOT = "DOT"
    COSINE = "COSINE"
    MANHATTAN = "MANHATTAN"


class VectorIndexType(Enum):
    """The kinds of indexes of vectors."""

    HNSW = "HNSW"
    IVF = "IVF"


class VectorStorageFormat(Enum):
    """The numbers of which a vector consists."""

    INT8 = "INT8"
    BINARY = "BINARY"
    FLOAT32 = "FLOAT32"
    FLOAT64 = "FLOAT64"


class VectorStorageType(Enum):
    """Whether a vector is stored whole."""

    SPARSE = "SPARSE"
    DENSE = "DENSE"


@dataclass
class VectorIndexConfig:
    """The options of an index of vectors."""

    index_type: VectorIndexType = VectorIndexType.HNSW
    distance: VectorDistanceType | None = None
    accuracy: int | None = None
    hnsw_neighbors: int | None = None
    hnsw_efconstruction: int | None = None
    ivf_neighbor_partitions: int | None = None
    ivf_sample_per_partition: int | None = None
    ivf_min_vectors_per_partition: int | None = None
    parallel: int | None = None


@dataclass
class SparseVector:
    """A vector of which the numbers that are not zero are kept, by their places."""

    num_dimensions: int
    indices: Any
    values: Any


class VECTOR(TypeEngine[Any]):
    """A vector of *dim* numbers."""

    __visit_name__ = "VECTOR"

    def __init__(
        self,
        dim: int | None = None,
        storage_format: VectorStorageFormat | None = None,
        storage_type: VectorStorageType = VectorStorageType.DENSE,
    ) -> None:
        self.dim, self.storage_format, self.storage_type = dim, storage_format, storage_type

    @property
    def written_arguments(self) -> str | None:
        """What stands in the parentheses after the name, if anything does."""
        parts = ["*" if self.dim is None else str(self.dim)]
        if self.storage_format is not None:
            parts.append(self.storage_format.value)
        if self.storage_type is VectorStorageType.SPARSE:
            parts = [*[*parts, "*"][:2], "SPARSE"]
        return None if parts == ["*"] else ", ".join(parts)


class OracleTypeCompiler(AbsentTypeCompiler):
    """Writes the types of Oracle Database."""


class OracleDDLCompiler(DDLCompiler):
    """Writes the definitions of Oracle Database."""


class OracleCompiler(StatementCompiler):
    """Writes statements as the standard does: Oracle Database is not connected to."""


class OracleDialect(AbsentDialect):
    """The name ``oracle``; connecting is refused."""

    name = "oracle"
    driver = "oracledb"
    statement_compiler = OracleCompiler
    ddl_compiler = OracleDDLCompiler
    type_compiler_class = OracleTypeCompiler
    server = "Oracle Database"
