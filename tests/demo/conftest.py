import pytest

FILES = {
    "shapes/__init__.py": '"""Shapes."""\nfrom . import round\nfrom .round import Circle\n',
    "shapes/round.py": (
        "import math\n"
        "from functools import cached_property\n"
        "\n"
        "class Circle(Shape, Generic[T]):\n"
        '    """Round."""\n'
        "\n"
        "    @cached_property\n"
        "    def area(self):\n"
        "        def square(x):\n"
        "            return x * x\n"
        "        return math.pi * square(self.radius)\n"
        "\n"
        "def _hidden(): ...\n"
    ),
    "shapes/deep/__init__.py": "from ..round import Circle\nfrom .. import round\n",
    "plain.py": "def f():\n    import shapes.round\n",
}


@pytest.fixture
def library(tmp_path):
    """A folder with a small library."""
    root = tmp_path / "library"
    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root
