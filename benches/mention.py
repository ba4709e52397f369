#!/usr/bin/env python3
"""Would it help to mark sentences that share no word with their source?

    python3 benches/mention.py FOLDER...

True pairs are taken from Rust sources: the first sentence of a doc comment, and the lines that it stands
over (at most six). False ones are the same sentences over the lines of another file. Marked is what
shares no content word, no part of an identifier and no beginning of one with its lines or their path.
Said of each folder: how many true sentences would be marked, and how many false ones.
"""
import os
import random
import re
import sys

COMMON = set(
    "a an the of to in is are was were be been it its that this these those and or not no nor as at by for from "
    "with on into than then so if else what which who whose when where how why does do did has have had can may "
    "must will would only one two all any each every other others same there here them they their he we our you "
    "your but also such more most less very own up out off over under before after again itself about between "
    "both through without within because since until while still just".split()
)
ENDINGS = "ings ing ied ies edly ed es ers er ly s ions ion".split()
LINES = 6


def stem(word):
    for ending in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


def words(text):
    """Content words and parts of identifiers, without their endings."""
    apart = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", text)
    parts = (part.lower() for part in re.split(r"[^A-Za-z0-9]+", apart))
    return {stem(part) for part in parts if len(part) > 1 and part not in COMMON}


def mentions(sentence, source):
    mine, theirs = words(sentence), words(source)
    begins = {word[:4] for word in theirs if len(word) >= 4}
    return bool(mine & theirs) or any(word[:4] in begins for word in mine if len(word) >= 4)


def pairs(folder):
    for place, _, files in os.walk(folder):
        for name in sorted(file for file in files if file.endswith(".rs")):
            path = os.path.join(place, name)
            with open(path, errors="replace") as file:
                lines = file.read().split("\n")
            at = 0
            while at < len(lines):
                doc = []
                while at < len(lines) and lines[at].strip().startswith("///"):
                    doc.append(lines[at].strip()[3:].strip())
                    at += 1
                while doc and at < len(lines) and lines[at].strip().startswith("#["):
                    at += 1
                sentence = re.match(r"(.+?[.!?])(\s|$)", " ".join(doc))
                if sentence and len(lines[at].strip() if at < len(lines) else "") > 8:
                    source = "\n".join(lines[at : at + LINES] + [os.path.relpath(path, folder)])
                    yield sentence.group(1), source, path
                at += 1


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    for folder in sys.argv[1:]:
        dice, all_pairs = random.Random(1), sorted(pairs(folder))
        for least in (0, 6):
            chosen = [pair for pair in all_pairs if len(words(pair[0])) >= least]
            wrong = sum(not mentions(sentence, source) for sentence, source, _ in chosen)
            caught = 0
            for sentence, _, path in chosen:
                other = next(pair for pair in iter(lambda: dice.choice(all_pairs), None) if pair[2] != path)
                caught += not mentions(sentence, other[1])
            share = lambda count: f"{100 * count / max(len(chosen), 1):.1f} %"
            of = f"sentences of {least} words or more" if least else "all sentences"
            print(f"{folder}: {of}: {len(chosen)}; true ones marked {share(wrong)}, false ones {share(caught)}")


if __name__ == "__main__":
    main()
