//! A second generator, made apart from the first: programs in six languages that it writes itself, each
//! changed in several ways at once (functions that trade places or go to another file, arguments over
//! several lines with a comma at their end, another indentation, a variable under another name), and then,
//! in half of the changesets, a mutation of a letter or a line somewhere in what changed. It knows which
//! lines it mutated, and nothing of how folds are found.

use std::collections::BTreeSet;

use super::corpus::Random;
use super::refactor::{Case, Version};

/// How one language writes a function.
struct Tongue {
    extension: &'static str,
    head: &'static str,
    /// With `NAME`, `A` and `B`, its parameters, and `V`, a variable.
    functions: &'static [&'static str],
    tail: &'static str,
    /// Does the language take a comma behind the last argument of several lines?
    comma: bool,
    /// May lines be indented otherwise?
    free: bool,
}

const TONGUES: [Tongue; 6] = [
    Tongue {
        extension: "rs",
        head: "//! Parts.\n\nuse std::fmt;\n\n",
        functions: &[
            "/// Takes NAME apart.\nfn NAME(A: usize, B: &str) -> usize {\n    let V = compute(A, B.len(), 17);\n    if V > 3 {\n        report(V, \"NAME is large\");\n    }\n    V + A\n}\n\n",
            "#[inline]\npub fn NAME(A: u32, B: u32) -> u32 {\n    let mut V = start(A, B);\n    // Up to the border, and no further.\n    while V < B {\n        V = advance(V, A, B);\n    }\n    V\n}\n\n",
            "impl Part for NAME {\n    fn each(&self, A: u8, B: u8) -> bool {\n        let V = self.first(A, B);\n        V == 'x' || other(A, B, V)\n    }\n}\n\n",
        ],
        tail: "",
        comma: true,
        free: true,
    },
    Tongue {
        extension: "py",
        head: "\"\"\"Parts.\"\"\"\n\nimport os\n\n\n",
        functions: &[
            "def NAME(A, B):\n    \"\"\"Takes NAME apart.\"\"\"\n    V = compute(A, len(B), 17)\n    if V > 3:\n        report(V, \"NAME is large\")\n    return V + A\n\n\n",
            "@cached\ndef NAME(A, B=7):\n    V = start(A, B)\n    # Up to the border, and no further.\n    while V < B:\n        V = advance(V, A, B)\n    return V\n\n\n",
        ],
        tail: "",
        comma: true,
        free: false,
    },
    Tongue {
        extension: "ts",
        head: "import { compute } from './compute';\n\n",
        functions: &[
            "export function NAME(A: number, B: string): number {\n  const V = compute(A, B.length, 17);\n  if (V > 3) {\n    report(V, 'NAME is large');\n  }\n  return V + A;\n}\n\n",
            "/** Up to the border. */\nfunction NAME(A: number, B: number) {\n  let V = start(A, B);\n  while (V < B) {\n    V = advance(V, A, B);\n  }\n  return `${V} of NAME`;\n}\n\n",
        ],
        tail: "",
        comma: true,
        free: true,
    },
    Tongue {
        extension: "go",
        head: "package parts\n\nimport \"fmt\"\n\n",
        functions: &[
            "// NAME is a part.\nfunc NAME(A int, B string) int {\n\tV := compute(A, len(B), 17)\n\tif V > 3 {\n\t\treport(V, \"NAME is large\")\n\t}\n\treturn V + A\n}\n\n",
            "func (p *Part) NAME(A, B int) int {\n\tV := start(A, B)\n\tfor V < B {\n\t\tV = advance(V, A, B)\n\t}\n\treturn V\n}\n\n",
        ],
        tail: "",
        comma: true,
        free: true,
    },
    Tongue {
        extension: "java",
        head: "package parts;\n\nclass Parts {\n",
        functions: &[
            "    /** NAME is a part. */\n    int NAME(int A, String B) {\n        int V = compute(A, B.length(), 17);\n        if (V > 3) {\n            report(V, \"NAME is large\");\n        }\n        return V + A;\n    }\n\n",
            "    @Override\n    public int NAME(int A, int B) {\n        int V = start(A, B);\n        while (V < B) {\n            V = advance(V, A, B);\n        }\n        return V;\n    }\n\n",
        ],
        tail: "}\n",
        comma: false,
        free: true,
    },
    Tongue {
        extension: "c",
        head: "#include <stdio.h>\n\n",
        functions: &[
            "/* NAME is a part. */\nstatic int NAME(int A, const char *B)\n{\n\tint V = compute(A, length(B), 17);\n\tif (V > 3)\n\t\treport(V, \"NAME is large\");\n\treturn V + A;\n}\n\n",
            "unsigned NAME(unsigned A, unsigned B)\n{\n\tunsigned V = start(A, B);\n\twhile (V < B) {\n\t\tV = advance(V, A, B);\n\t}\n\treturn V;\n}\n\n",
        ],
        tail: "",
        comma: false,
        free: true,
    },
];

const WORDS: [&str; 16] = [
    "amount", "border", "count", "depth", "entry", "factor", "gain", "height", "index", "joint", "knot",
    "level", "margin", "number", "offset", "phase",
];

/// A line, where it stood before, and whether it is not what it was.
#[derive(Clone)]
struct Line {
    text: String,
    from: Option<(usize, usize)>,
    touched: bool,
}

/// A function: its lines and the names in it.
#[derive(Clone)]
struct Unit {
    lines: Vec<Line>,
    variable: String,
    touched: bool,
}

/// One changeset of two files, or none if the draw came to nothing.
pub fn attacked(random: &mut Random, plant: bool) -> Option<Case> {
    let tongue = random.of(&TONGUES)?;
    let before: Vec<Vec<Unit>> = (0..2).map(|file| written(tongue, file, random)).collect();
    let mut after = before.clone();
    let mut renamed = None;
    for _ in 0..=random.below(2) {
        match random.below(4) {
            0 => trade(&mut after, random),
            1 => go_elsewhere(&mut after, random),
            2 => lay_out(tongue, &mut after, random),
            _ => renamed = renamed.or_else(|| call_otherwise(&mut after, random)),
        }
    }
    if random.below(3) == 0 {
        lay_out(tongue, &mut after, random);
    }
    let mut files: Vec<Version> = (0..2)
        .map(|file| Version {
            path: format!("src/part_{file}.{}", tongue.extension),
            before: text(tongue, before.get(file).map_or(&[][..], Vec::as_slice)),
            ..Version::default()
        })
        .collect();
    if plant {
        mutate(tongue, &mut after, &mut files, random)?;
    } else {
        files.iter_mut().zip(&after).for_each(|(file, units)| file.after = text(tongue, units));
    }
    files.iter().any(|file| file.before != file.after).then_some(Case {
        kind: "attacked",
        planted: plant,
        renamed,
        files,
    })
}

fn written(tongue: &Tongue, file: usize, random: &mut Random) -> Vec<Unit> {
    let mut number = lines(tongue.head).len();
    let count = 6 + random.below(6);
    let mut units = Vec::new();
    for nth in 0..count {
        let shape = random.of(tongue.functions).copied().unwrap_or_default();
        let name = format!("{}_{file}_{nth}", WORDS[random.below(WORDS.len())]);
        let variable = format!("{}{nth}", WORDS[random.below(WORDS.len())]);
        let put = shape.replace("NAME", &name).replace("17", &format!("{}", 10 + random.below(90)));
        let put = words_put(&put, &[("A", "first"), ("B", "second"), ("V", &variable)]);
        let unit = lines(&put).into_iter().map(|text| {
            number += 1;
            Line { text, from: Some((file, number - 1)), touched: false }
        });
        units.push(Unit { lines: unit.collect(), variable, touched: false });
    }
    units
}

fn lines(text: &str) -> Vec<String> {
    text.split_inclusive('\n').map(str::to_owned).collect()
}

fn text(tongue: &Tongue, units: &[Unit]) -> String {
    let body = units.iter().flat_map(|unit| &unit.lines).map(|line| line.text.as_str());
    [tongue.head].into_iter().chain(body).chain([tongue.tail]).collect()
}

/// Words that become others.
fn words_put(text: &str, put: &[(&str, &str)]) -> String {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut out = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c| is_word(c) != is_word(first)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        out.push_str(put.iter().find(|(from, _)| *from == word).map_or(word, |(_, to)| to));
        rest = after;
    }
    out
}

fn trade(files: &mut [Vec<Unit>], random: &mut Random) {
    let file = random.below(files.len());
    let units = &mut files[file];
    let (from, to) = (random.below(units.len()), random.below(units.len()));
    let mut unit = units.remove(from);
    unit.touched = true;
    units.insert(to.min(units.len()), unit);
}

fn go_elsewhere(files: &mut [Vec<Unit>], random: &mut Random) {
    let from = random.below(files.len());
    if files[from].len() < 2 {
        return;
    }
    let at = random.below(files[from].len());
    let mut unit = files[from].remove(at);
    unit.touched = true;
    let other = &mut files[1 - from];
    let to = random.below(other.len());
    other.insert(to, unit);
}

/// Arguments one by one, or a function indented otherwise.
fn lay_out(tongue: &Tongue, files: &mut [Vec<Unit>], random: &mut Random) {
    let file = random.below(files.len());
    let at = random.below(files[file].len());
    let unit = &mut files[file][at];
    if random.below(2) == 0 && tongue.free {
        for line in unit.lines.iter_mut().filter(|line| line.text.starts_with([' ', '\t'])) {
            line.text.insert_str(0, if tongue.extension == "go" { "\t" } else { "  " });
            line.touched = true;
        }
        return;
    }
    let fits = |line: &Line| {
        let code = line.text.trim();
        code.contains("(")
            && code.contains(", ")
            && !code.contains('"')
            && !code.contains('\'')
            && !code.starts_with(['/', '#', '*', '@'])
    };
    let fitting: Vec<usize> = (0..unit.lines.len()).filter(|at| fits(&unit.lines[*at])).collect();
    let Some(at) = random.of(&fitting).copied() else { return };
    let line = unit.lines[at].clone();
    let (Some(open), Some(close)) = (line.text.rfind('('), line.text.rfind(')')) else { return };
    if open > close {
        return;
    }
    let indent: String = line.text.chars().take_while(|c| c.is_whitespace()).collect();
    let (before, inside, behind) = (&line.text[..=open], &line.text[open + 1..close], &line.text[close..]);
    let parts: Vec<&str> = inside.split(", ").collect();
    let piece = |text: String| Line { text, from: line.from, touched: true };
    let mut laid = vec![piece(format!("{before}\n"))];
    for (nth, part) in parts.iter().enumerate() {
        let comma = if nth + 1 < parts.len() || tongue.comma { "," } else { "" };
        laid.push(piece(format!("{indent}    {part}{comma}\n")));
    }
    laid.push(piece(format!("{indent}{behind}")));
    unit.lines.splice(at..=at, laid);
}

/// A variable of one function under another name.
fn call_otherwise(files: &mut [Vec<Unit>], random: &mut Random) -> Option<(String, String)> {
    let file = random.below(files.len());
    let at = random.below(files[file].len());
    let unit = files[file].get(at)?.clone();
    let (from, to) = (unit.variable.clone(), format!("{}_new", unit.variable));
    let others = files.iter().flatten().filter(|other| other.variable == from).count();
    let in_string = unit.lines.iter().any(|line| line.text.contains(&format!("${{{from}}}")));
    if others > 1 || in_string {
        return None;
    }
    for line in &mut files[file][at].lines {
        let put = words_put(&line.text, &[(&from, &to)]);
        line.touched |= put != line.text;
        line.text = put;
    }
    Some((from, to))
}

/// Changes a letter or a line of what was touched, and notes where.
fn mutate(
    tongue: &Tongue,
    after: &mut [Vec<Unit>],
    files: &mut [Version],
    random: &mut Random,
) -> Option<()> {
    let mut touched = Vec::new();
    for (file, units) in after.iter().enumerate() {
        for (at, unit) in units.iter().enumerate() {
            let lines = unit.lines.iter().enumerate();
            let lines =
                lines.filter(|(_, line)| (unit.touched || line.touched) && !line.text.trim().is_empty());
            touched.extend(lines.map(|(nth, _)| (file, at, nth)));
        }
    }
    let (file, at, nth) = *random.of(&touched)?;
    let all: BTreeSet<String> =
        files.iter().flat_map(|file| lines(&file.before)).map(|line| line.trim().to_owned()).collect();
    let unit = &mut after[file][at];
    let old = unit.lines[nth].from;
    let gone = match random.below(8) {
        // A line less, or two lines in another order.
        0 => Some(unit.lines.remove(nth)),
        1 if nth + 1 < unit.lines.len() => {
            let (one, other) = (unit.lines[nth].text.trim(), unit.lines[nth + 1].text.trim());
            if one == other || other.is_empty() {
                return None;
            }
            unit.lines.swap(nth, nth + 1);
            None
        }
        _ => {
            let mutated = letter(&unit.lines[nth].text, random)?;
            if all.contains(mutated.trim()) {
                return None;
            }
            unit.lines[nth].text = mutated;
            None
        }
    };
    let place = lines(tongue.head).len()
        + after[file].iter().take(at).map(|unit| unit.lines.len()).sum::<usize>()
        + nth;
    if gone.is_none() {
        files[file].planted_new.insert(place);
    } else if let Some((of, line)) =
        old.filter(|_| !after[file][at].lines.iter().any(|line| line.from == old))
    {
        files[of].planted_old.insert(line);
    }
    files.iter_mut().zip(after.iter()).for_each(|(file, units)| file.after = text(tongue, units));
    Some(())
}

/// The line with one letter that is gone, doubled, another, in the other case, or only looks like it was.
fn letter(line: &str, random: &mut Random) -> Option<String> {
    let letters: Vec<(usize, char)> =
        line.char_indices().filter(|(_, c)| !c.is_whitespace() && *c != ',').collect();
    let (at, c) = *random.of(&letters)?;
    let alike = match c {
        'a' => 'а',
        'e' => 'е',
        'o' => 'о',
        'c' => 'с',
        'p' => 'р',
        other if other.is_ascii_digit() => '7',
        _ => 'x',
    };
    let put = match random.below(5) {
        0 => String::new(),
        1 => format!("{c}{c}"),
        2 if c.is_ascii_lowercase() => c.to_ascii_uppercase().to_string(),
        2 => c.to_ascii_lowercase().to_string(),
        3 => format!("{c}\u{200b}"),
        _ => alike.to_string(),
    };
    let mut mutated = line.to_owned();
    mutated.replace_range(at..at + c.len_utf8(), &put);
    (mutated != line).then_some(mutated)
}
