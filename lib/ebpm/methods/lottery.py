"""Drawing lots: which units begin first, by a seed that anybody can draw again.

Units are ordered by size and cut into as many blocks as there are units to begin; one unit of each
block is drawn. So both groups hold large and small units. Which units are compared is then chance
alone, and the permutation test over all units errs on the safe side.

Imai, K., G. King and C. Nall (2009), "The Essential Role of Pair Matching in Cluster-Randomized
Experiments", Statistical Science 24(1).
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ebpm.methods.requirements import MethodError


def drawn_by_lot(
    names: Sequence[str], sizes: Sequence[float], first: int, seed: int
) -> pd.DataFrame:
    """One row a unit: unit, size, block (from 1), is_first; ordered by block and name.

    `first` units begin first. The draw depends on names, sizes and seed alone, not on their order.
    Raises MethodError unless one or more units begin and one or more do not, or on a name twice.
    """
    if len(set(names)) < len(names):
        raise MethodError("同じ名前の課・窓口が二つ以上あります。")
    if not 0 < first < len(names):
        raise MethodError("先に始める数は、1以上、かつ課・窓口の数より少なくしてください。")
    frame = pd.DataFrame({"unit": list(names), "size": list(sizes)})
    ordered = frame.sort_values(["size", "unit"], ascending=[False, True], ignore_index=True)
    block = np.concatenate(
        [np.full(len(part), i) for i, part in enumerate(np.array_split(ordered.index, first))]
    )
    lots = np.random.default_rng(seed).random(len(ordered))
    chosen = ordered.assign(block=block + 1, lot=lots)
    lowest = chosen.groupby("block")["lot"].transform("min")
    drawn = chosen.assign(is_first=chosen["lot"] == lowest).drop(columns="lot")
    return drawn.sort_values(["block", "unit"], ignore_index=True)
