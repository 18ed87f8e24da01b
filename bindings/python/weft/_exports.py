"""The exports of an instance."""

from collections.abc import Mapping


class InstanceExports(Mapping):
    """The exports of an instance by name, in the module's order."""

    def __init__(self, names, items):
        self._by_name = dict(zip(names, items))
        self._by_index = tuple(items)

    @property
    def by_index(self):
        """All of them, in the module's order."""
        return self._by_index

    def __getitem__(self, name):
        return self._by_name[name]

    def __iter__(self):
        return iter(self._by_name)

    def __len__(self):
        return len(self._by_index)
