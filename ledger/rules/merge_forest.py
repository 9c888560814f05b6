"""Merges as trees, in which the top is found in a few steps however long a chain is, also as merges come and go.

Each merged slug hangs on the slug that it was merged into. To walk up a chain of ten thousand takes ten thousand steps,
and a shortcut that one leaves on the way may be wrong once a merge in between is taken back. So the way from a slug to
the top is kept as a search tree by itself, which is turned a little each time that it is used (Sleator and Tarjan call
this a link-cut tree): of ten thousand slugs, to hang one, to take one off and to find a top takes some tens of turns.
"""


class _Node:
    """A slug on a way. In the search tree of the way, what is further up is to the left.

    `above` is what it hangs on in the search tree; of the root of a search tree, where its way joins another one.
    """

    __slots__ = ("above", "left", "right", "slug")

    def __init__(self, slug: str) -> None:
        self.slug = slug
        self.above: _Node | None = None
        self.left: _Node | None = None
        self.right: _Node | None = None


class MergeForest:
    """Slugs that hang on others."""

    def __init__(self) -> None:
        self._nodes: dict[str, _Node] = {}

    def hang(self, slug: str, on: str) -> None:
        """Hang a slug, which hangs nowhere yet, on another that does not hang on it."""
        node, other = self._node(slug), self._node(on)
        _expose(node)
        _expose(other)
        node.above = other

    def take_off(self, slug: str) -> None:
        """Take a slug off that on which it hangs, with all that hang on it."""
        node = self._nodes[slug]
        _expose(node)
        if node.left is not None:
            node.left.above = None
            node.left = None

    def top(self, slug: str) -> str:
        """The slug at the top of the tree in which a slug is."""
        node = self._nodes.get(slug)
        if node is None:
            return slug
        _expose(node)
        while node.left is not None:
            node = node.left
        _lift(node)
        return node.slug

    def _node(self, slug: str) -> _Node:
        node = self._nodes.get(slug)
        if node is None:
            node = self._nodes[slug] = _Node(slug)
        return node


def _expose(node: _Node) -> None:
    """Make the way from a node up to the top one search tree, with the node as its root and nothing further down."""
    last: _Node | None = None
    place: _Node | None = node
    while place is not None:
        _lift(place)
        place.right = last
        last, place = place, place.above
    _lift(node)


def _lift(node: _Node) -> None:
    """Turn a search tree until a node is its root."""
    while (parent := _parent(node)) is not None:
        above = _parent(parent)
        if above is not None and (above.left is parent) == (parent.left is node):
            _turn(parent, above)
        elif above is not None:
            _turn(node, parent)
            parent = above
        _turn(node, parent)


def _parent(node: _Node) -> _Node | None:
    """What a node hangs on in its search tree; None of a root."""
    above = node.above
    return above if above is not None and (above.left is node or above.right is node) else None


def _turn(node: _Node, parent: _Node) -> None:
    """Let a node change places with its parent."""
    above = parent.above
    if above is not None:
        if above.left is parent:
            above.left = node
        elif above.right is parent:
            above.right = node
    if parent.left is node:
        between = parent.left = node.right
        node.right = parent
    else:
        between = parent.right = node.left
        node.left = parent
    if between is not None:
        between.above = parent
    parent.above, node.above = node, above
