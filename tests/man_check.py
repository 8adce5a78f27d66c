#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Holds the texts against the program: sonde.1 names every command and every option of `sonde COMMAND --help`, with the
same letter and value name, and no other; its synopsis is the usage lines; README.md, docs/ and the man pages use
only options that exist. Ends with `N passed, N failed, N skipped`; exit code 1 when something failed.

    man_check.py [--sonde build/sonde] [--man man/sonde.1.scd] [--top DIR]
"""
import argparse
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent
HELP_OPTION = re.compile(r"^  (?:-(\w), |    )--([a-z-]+)(?: ([A-Z]+)|(\[=[A-Z]+\]))?\s{1,}\S")
MAN_OPTION = re.compile(r"^(?:\*-(\w)\*, )?\*--([a-z-]+)\*(?: _([A-Z]+)_|(\[=_[A-Z]+_\]))?$")


class Report:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def check(self, ok, text):
        if ok:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAIL {text}")

    def skip(self, text):
        self.skipped += 1
        print(f"skip {text}")


def run(sonde, *args):
    out = subprocess.run([sonde, *args], capture_output=True, text=True, timeout=30)
    if out.returncode:
        sys.exit(f"{sonde} {' '.join(args)}: exit code {out.returncode}: {out.stderr.strip()}")
    return out.stdout


def help_of(sonde):
    """{command: (usage, {long name: (letter, value)})} as the program's own tables have it."""
    names = re.findall(r"^  (\w+) ", run(sonde, "--help"), re.M)
    commands = {}
    for name in names:
        text = run(sonde, name, "--help")
        usage = re.match(r"usage: (.*)", text)
        options = {}
        for line in text.split("options:\n", 1)[1].splitlines():
            m = HELP_OPTION.match(line)
            if not m:
                sys.exit(f"sonde {name} --help: not understood: {line!r}")
            options[m.group(2)] = (m.group(1), m.group(3) or m.group(4))
        commands[name] = (usage.group(1), options)
    return commands


def man_of(text, commands):
    """({command: {long name: (letter, value)}}, commands described, usage lines) as the man page has it."""
    options = {name: {} for name in commands}
    described, section, audience = [], None, None
    twice = []
    for line in text.splitlines():
        if line.startswith("# "):
            section, audience = line[2:], None
        elif line.startswith("## Options of "):
            who = line[len("## Options of "):]
            audience = list(commands) if who == "all commands" else who.split(", ")
        elif section == "COMMANDS" and (m := re.match(r"^\*sonde (\w+)\*$", line)):
            described.append(m.group(1))
        elif audience and (m := MAN_OPTION.match(line)):
            for name in audience:
                if m.group(2) in options.setdefault(name, {}):
                    twice.append(f"--{m.group(2)} of {name}")
                options[name][m.group(2)] = (m.group(1), m.group(3) or (m.group(4) or "").replace("_", "") or None)
    synopsis = text.split("# SYNOPSIS\n", 1)[1].split("\n# ", 1)[0]
    usage = [line.replace("*", "").removesuffix("++") for line in synopsis.strip().splitlines()]
    return options, described, usage, twice


def used_commands(text):
    """Command lines `sonde COMMAND ...` in code blocks and code spans, with what stands behind ` -- ` left out."""
    code = re.findall(r"```\w*\n(.*?)```", text, re.S) + re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text)
    for part in code:
        for line in part.splitlines():
            m = re.match(r"^[$#]?\s*(?:sudo )?(?:\S*/)?sonde (\w+)( .*|$)", line)
            if m:
                yield line.strip(), m.group(1), m.group(2).split(" -- ")[0]


def check_use(report, where, text, commands):
    for line, name, rest in used_commands(text):
        if name not in commands:
            report.check(False, f"{where}: no such command: {line}")
            continue
        try:
            words = shlex.split(rest, comments=True)
        except ValueError:
            words = rest.split()
        options = commands[name][1]
        letters = {letter for letter, _ in options.values() if letter}
        for word in words:
            if word.startswith("--") and len(word) > 2:
                report.check(word[2:].split("=")[0] in options, f"{where}: no option {word} of {name}: {line}")
            elif re.match(r"-[a-z]", word):
                report.check(word[1] in letters, f"{where}: no option {word} of {name}: {line}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sonde", default=str(TOP / "build/sonde"))
    parser.add_argument("--man", default=str(TOP / "man/sonde.1.scd"))
    parser.add_argument("--top", default=str(TOP), help="where README.md and docs/ are")
    args = parser.parse_args()

    report = Report()
    text = pathlib.Path(args.man).read_text()
    commands = help_of(args.sonde)
    options, described, usage, twice = man_of(text, commands)

    for name, (use, wanted) in commands.items():
        report.check(name in described, f"man page: COMMANDS does not describe sonde {name}")
        report.check(use in usage, f"man page: SYNOPSIS does not have: {use}")
        for long, spelt in wanted.items():
            have = options[name].get(long)
            report.check(have == spelt, f"man page: --{long} of {name}: "
                         + ("not there" if have is None else f"(letter, value) is {have}, not {spelt}"))
        for long in options[name]:
            report.check(long in wanted, f"man page: sonde {name} has no --{long}")
    for name in sorted(set(options) | set(described)):
        report.check(name in commands, f"man page: no such command: {name}")
    for what in twice:
        report.check(False, f"man page: {what} is there twice")

    pages = sorted(pathlib.Path(args.man).parent.glob("*.scd"))
    for page in pages:
        check_use(report, page.name, page.read_text(), commands)
    for path in [pathlib.Path(args.top, "README.md"), *sorted(pathlib.Path(args.top, "docs").glob("*.md"))]:
        check_use(report, path.name, path.read_text(), commands)

    for page in pages:
        if not shutil.which("scdoc"):
            report.skip(f"rendering {page.name}: no scdoc")
            continue
        out = subprocess.run(["scdoc"], input=page.read_text(), capture_output=True, text=True)
        report.check(out.returncode == 0 and ".TH" in out.stdout, f"{page.name}: {out.stderr.strip()}")
        name, number = page.name.split(".")[:2]
        report.check(f"*{name}*({number})" in text or page.samefile(args.man), f"sonde.1 does not name {name}({number})")

    print(f"{report.passed} passed, {report.failed} failed, {report.skipped} skipped")
    return 1 if report.failed or not report.passed else 0


sys.exit(main())
