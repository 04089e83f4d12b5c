# SPDX-License-Identifier: MIT
"""looks.py cell|progress WIDTH MODE: is what a terminal of that width got, on standard input, as doc/looks.md has it?

MODE holds the words NAME=VALUE of the environment. Says what is wrong, and then ends with 1."""
import re
import sys
import unicodedata

# The sixteen colours in the palettes that terminals come with: xterm, VGA, GNOME Terminal (new and Tango), Windows Terminal,
# macOS Terminal, Konsole.
PALETTES = [palette.split() for palette in (
    "000000 cd0000 00cd00 cdcd00 0000ee cd00cd 00cdcd e5e5e5 7f7f7f ff0000 00ff00 ffff00 5c5cff ff00ff 00ffff ffffff",
    "000000 aa0000 00aa00 aa5500 0000aa aa00aa 00aaaa aaaaaa 555555 ff5555 55ff55 ffff55 5555ff ff55ff 55ffff ffffff",
    "171421 c01c28 26a269 a2734c 12488b a347ba 2aa1b3 d0cfcc 5e5c64 f66151 33d17a e9ad0c 2a7bde c061cb 33c7de ffffff",
    "2e3436 cc0000 4e9a06 c4a000 3465a4 75507b 06989a d3d7cf 555753 ef2929 8ae234 fce94f 729fcf ad7fa8 34e2e2 eeeeec",
    "0c0c0c c50f1f 13a10e c19c00 0037da 881798 3a96dd cccccc 767676 e74856 16c60c f9f1a5 3b78ff b4009e 61d6d6 f2f2f2",
    "000000 990000 00a600 999900 0000b2 b200b2 00a6b2 bfbfbf 666666 e50000 00d900 e5e500 0000ff e500e5 00e5e5 e5e5e5",
    "232627 ed1515 11d116 f67400 1d99f3 9b59b6 1abc9c fcfcfc 7f8c8d c0392b 1cdc9a fdbc4b 3daee9 8e44ad 16a085 ffffff",
)]
LEAST_CONTRAST = 1.9
SGR = re.compile(r"\x1b\[([0-9;]*)m")


def luminance(colour):
    parts = [int(colour[i:i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    lights = sorted((luminance(one), luminance(other)))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def is_readable(code):
    """On black and on white, in every palette."""
    index = code - 30 if code < 90 else code - 82
    return 0 <= index < 16 and all(contrast(palette[index], ground) >= LEAST_CONTRAST
                                   for palette in PALETTES for ground in ("000000", "ffffff"))


def columns_of(text):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def is_coloured(mode):
    return ("CLICOLOR_FORCE=1" in mode or "TERM=dumb" not in mode) and not {
        "NO_COLOR=1", "PSSESSION_PLAIN=1", "CLICOLOR=0"} & set(mode)


def check_table(lines, width):
    assert len(lines) == 5, lines
    assert all(columns_of(line) <= width for line in lines), "wider than the terminal"
    at = columns_of(lines[0][:lines[0].index("State")])
    assert all(columns_of(line[:line.index("Opened")]) == at for line in lines[2:]), "columns do not line up"
    assert all(line == line.rstrip() for line in lines), "blanks at the end"


def check_fan(lines, mode):
    assert len(lines) == 12, lines
    codes = set()
    for number, line in enumerate(sorted(lines, key=lambda line: SGR.sub("", line)), 1):
        label = "web%02d:" % number
        if not is_coloured(mode):
            assert line == label + " up", line
            continue
        found = re.fullmatch(r"\x1b\[(\d+)m%s\x1b\[0m up" % label, line)
        assert found, line
        codes.add(int(found.group(1)))
    if is_coloured(mode):
        assert len(codes) >= 3, "few colours: %s" % codes
        assert all(is_readable(code) for code in codes), "colours that are not seen: %s" % codes
        assert not codes & {31, 91}, "red is for errors"


def check_cell(text, width, mode):
    parts = dict(part.split("\n", 1) for part in text.split("== ")[1:])
    for name, part in parts.items():
        if name != "fan":
            assert "\x1b" not in part, "%s has a control sequence" % name
        assert "\r" not in part, "%s is drawn again" % name
    check_table(parts["table"].splitlines(), width)
    assert parts["values"].splitlines()[0].endswith("\t1")
    assert len(parts["list"].splitlines()) == 8 and all(
        line == "" or re.match(r"(Name|State) {15,16}: \S", line) for line in parts["list"].splitlines()), parts["list"]
    assert parts["whatif"].count("What if: ") == 3
    assert len(parts["error"].splitlines()) == 2
    check_fan(parts["fan"].splitlines(), mode)
    failures = parts["failures"].splitlines()
    assert "box: exit status 3" in failures and failures[-1].startswith("0 ok, 3 failed: box box2 web01, 1 unreachable: gone2")
    assert parts["grouped"].splitlines()[1:] == ["up"]
    assert parts["json"].splitlines().count('{"host":"box2","stream":"stdout","text":"up"}') == 1


def check_progress(text, width, mode):
    fan, copy = text.split("== copy\n")
    redraws = not {"TERM=dumb", "PSSESSION_PLAIN=1"} & set(mode)
    for name, part in (("fan-out", fan), ("copy", copy)):
        lines = re.findall(r"\r\x1b\[K([^\r\n]+)\r", part)
        assert bool(lines) == redraws, "%s: %d lines of progress" % (name, len(lines))
        assert all(columns_of(line) < width for line in lines), lines
        left = SGR.sub("", re.sub(r"\r\x1b\[K", "", part))
        assert "\x1b" not in left, "%s: another control sequence" % name
        if not redraws:
            assert "\r" not in part, "%s is drawn again" % name
    assert len(re.findall(r"box2?:(?:\x1b\[0m)? slow\n", fan)) == 2, fan


def main():
    check, width, mode = sys.argv[1], int(sys.argv[2]), sys.argv[3].split()
    text = sys.stdin.buffer.read().decode().replace("\r\n", "\n")
    try:
        {"cell": check_cell, "progress": check_progress}[check](text, width, mode)
    except AssertionError as error:
        sys.exit("%s, %d columns: %s" % (" ".join(mode), width, error))


main()
