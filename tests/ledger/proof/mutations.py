"""Every way to touch a file of lines a little: a bit, a line left out, doubled, put in, or two of them swapped."""

from hypothesis import strategies as st


@st.composite
def touched(draw: st.DrawFn, raw: bytes) -> bytes:
    """The bytes with one thing changed; they may turn out to be the same."""
    lines = raw.splitlines(keepends=True)
    kind = draw(st.sampled_from(["bit", "cut", "byte", "drop", "double", "add", "swap", "tail"]))
    if kind == "bit":
        place, bit = draw(st.integers(0, len(raw) - 1)), draw(st.integers(0, 7))
        return raw[:place] + bytes([raw[place] ^ 1 << bit]) + raw[place + 1 :]
    if kind == "cut":
        return raw[: draw(st.integers(0, len(raw) - 1))]
    if kind == "byte":
        place = draw(st.integers(0, len(raw)))
        return raw[:place] + draw(st.binary(min_size=1, max_size=2)) + raw[place:]
    if kind == "tail":
        return raw + draw(st.sampled_from([b"\n", b" ", b"\0", raw, lines[-1]]))
    first, second = draw(st.integers(0, len(lines) - 1)), draw(st.integers(0, len(lines) - 1))
    if kind == "drop":
        del lines[first]
    elif kind == "double":
        lines.insert(second, lines[first])
    elif kind == "add":
        lines.insert(first, draw(st.sampled_from([b"\n", b"0\n", b"extension\n", b"\xe2\x80\x94 a b\n"])))
    else:
        lines[first], lines[second] = lines[second], lines[first]
    return b"".join(lines)
