"""The exports of an instance."""

from typing import Dict, Iterator, List, Mapping, Sequence, Tuple, Union

from ._weft import Func, Global, Memory, SharedMemory, Table, Tag

AsExtern = Union[Func, Global, Memory, SharedMemory, Table, Tag]


class InstanceExports(Mapping[str, AsExtern]):
    """The exports of an instance by name, in the module's order."""

    def __init__(self, names: List[str], items: List[AsExtern]) -> None:
        self._by_name: Dict[str, AsExtern] = dict(zip(names, items))
        self._by_index: Tuple[AsExtern, ...] = tuple(items)

    @property
    def by_index(self) -> Sequence[AsExtern]:
        """All of them, in the module's order."""
        return self._by_index

    def __getitem__(self, name: str) -> AsExtern:
        return self._by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_index)
