"""Orders of scenarios, from pairs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable


def orders(pairs: Iterable[tuple[int, int]]) -> list[tuple[tuple[int, ...], ...]]:
    """Orders that together say all pairs, and nothing else.

    Parameters
    ----------
    pairs : of (first, second)
        The first comes before the second; no pair is there both ways.

    Returns
    -------
    list of tuples of groups
        Each of a group comes before each of every later group of its order; within a group there is no order.

    Examples
    --------
    >>> orders([(0, 1), (1, 2), (0, 2)])
    [((0,), (1,), (2,))]
    >>> orders([(0, 1), (0, 2), (1, 3), (2, 3), (0, 3)])
    [((0,), (1, 2), (3,))]
    >>> orders([(0, 1), (1, 2), (0, 2), (0, 3)])
    [((0,), (1,), (2,)), ((0,), (3,))]
    """
    known = set(pairs)
    before, behind = defaultdict(set), defaultdict(set)
    for first, second in known:
        before[second].add(first)
        behind[first].add(second)
    groups = defaultdict(list)  # those with the same before and behind them
    for i in sorted({i for pair in known for i in pair}):
        groups[frozenset(before[i]), frozenset(behind[i])].append(i)
    members = {group[0]: tuple(group) for group in groups.values()}
    chains = _chains({(a, b) for a, b in known if a in members and b in members})
    return [tuple(members[i] for i in chain) for chain in chains]


def _chains(known: set[tuple[int, int]]) -> list[list[int]]:
    """Chains in which every earlier and later one are a pair, until all pairs are in some."""
    behind = {i: sum(first == i for first, _ in known) for pair in known for i in pair}
    order = sorted(behind, key=lambda i: (-behind[i], i))  # who comes before more comes first
    left, found = set(known), []
    for pair in sorted(known, key=lambda pair: (order.index(pair[0]), order.index(pair[1]))):
        if pair not in left:
            continue
        chain = list(pair)
        for i in order:
            at = next((k for k in range(len(chain) + 1) if _goes(chain, k, i, known)), None)
            if at is not None:
                chain.insert(at, i)
        left -= {(a, b) for k, a in enumerate(chain) for b in chain[k + 1 :]}
        found.append(chain)
    return found


def _goes(chain: list[int], at: int, i: int, known: set[tuple[int, int]]) -> bool:
    """Whether `i` fits in a chain before the place `at`."""
    return all((j, i) in known for j in chain[:at]) and all((i, j) in known for j in chain[at:])
