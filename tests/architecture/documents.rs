//! The documents for people: a short README, short sentences, links that lead to a file.
//!
//! In: README.md, CONTRIBUTING.md, CHANGELOG.md and docs/*.md. Out: every sentence that is too long and every
//! link that leads nowhere, with file and line. `docs/commands.md` is generated from the program's own help
//! and is not read. It is no parser of Markdown: it knows what the documents here use.

use super::files::project;
use super::settle;
use std::fs;
use std::path::{Path, PathBuf};

/// More lines do not make a page that a newcomer reads to its end.
const MAX_README_LINES: usize = 120;

/// A longer sentence has to be read twice.
const MAX_WORDS: usize = 30;

/// Documents in the project's folder; those in `docs` are found.
const AT_THE_TOP: [&str; 3] = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"];

/// Written by the program.
const GENERATED: &str = "commands.md";

/// Words whose full stop ends no sentence.
const ABBREVIATIONS: [&str; 6] = ["e.g.", "i.e.", "cf.", "vs.", "al.", "approx."];

/// How many words of a long sentence are quoted.
const QUOTED_WORDS: usize = 8;

/// What stands before and after code of several lines.
const FENCES: [&str; 2] = ["```", "~~~"];

/// What stands for code in a sentence: one word, whatever the code holds.
const CODE: char = '`';

/// A character of a document and the number of its line, counted from 1.
type Letter = (char, usize);

/// What is read as one: a paragraph, an item of a list, a cell of a table or a heading.
type Piece = Vec<Letter>;

/// A sentence: where it begins, how long it is, and its first words.
#[derive(Debug, PartialEq, Eq)]
struct Sentence {
    line: usize,
    n_words: usize,
    begins: String,
}

/// Where a link stands, and where it leads.
#[derive(Debug, PartialEq, Eq)]
struct Link {
    line: usize,
    target: String,
}

/// A document of the project.
struct Document {
    path: PathBuf,
    /// The path from the project's folder on.
    name: String,
    text: String,
}

/// The text outside fenced code, in the pieces in which sentences begin and end.
fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = vec![Piece::new()];
    let mut fence: Option<&str> = None;
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim().trim_start_matches("> ");
        if let Some(open) = fence {
            fence = fence.filter(|_| !line.starts_with(open));
            continue;
        }
        fence = FENCES.into_iter().find(|mark| line.starts_with(mark));
        if fence.is_some() || line.is_empty() || line == ">" {
            pieces.push(Piece::new());
        } else if line.starts_with('|') {
            pieces.extend(cells(line).into_iter().map(|cell| letters(&cell, number)));
            pieces.push(Piece::new());
        } else if let Some(heading) = line.strip_prefix('#') {
            pieces.push(letters(heading.trim_start_matches('#'), number));
            pieces.push(Piece::new());
        } else if let Some(item) = item_of_list(line) {
            pieces.push(letters(item, number));
        } else if let Some(piece) = pieces.last_mut() {
            piece.extend(letters(line, number));
        }
    }
    pieces
}

/// The characters of a line, and the break behind it.
fn letters(line: &str, number: usize) -> Piece {
    line.chars().chain(['\n']).map(|character| (character, number)).collect()
}

/// What stands between the bars of a table's row; a bar behind a backslash is a character.
fn cells(row: &str) -> Vec<String> {
    const NO_BAR: char = '\u{0}';
    let row = row.replace("\\|", &NO_BAR.to_string());
    row.split('|').map(|cell| cell.replace(NO_BAR, "|")).collect()
}

/// The text of a list's item, if the line begins one.
fn item_of_list(line: &str) -> Option<&str> {
    let bullet = ["- ", "* ", "+ "].into_iter().find_map(|mark| line.strip_prefix(mark));
    let numbered = || {
        let rest = line.trim_start_matches(|character: char| character.is_ascii_digit());
        if rest.len() == line.len() { None } else { rest.strip_prefix(". ") }
    };
    bullet.or_else(numbered)
}

/// The piece with one sign in the place of each stretch of code. A backtick without a partner stays.
fn without_code(piece: &[Letter]) -> Piece {
    let run_at = |at: usize| piece[at..].iter().take_while(|(letter, _)| *letter == '`').count();
    let mut plain = Piece::new();
    let mut at = 0;
    while at < piece.len() {
        let ticks = run_at(at);
        if ticks == 0 {
            plain.push(piece[at]);
            at += 1;
            continue;
        }
        let mut end = at + ticks;
        while end < piece.len() && run_at(end) != ticks {
            end += run_at(end).max(1);
        }
        plain.push((CODE, piece[at].1));
        at = if end < piece.len() { end + ticks } else { at + ticks };
    }
    plain
}

/// The piece with the texts of its links alone, and the links.
fn without_links(piece: &[Letter]) -> (Piece, Vec<Link>) {
    let (mut plain, mut links) = (Piece::new(), Vec::new());
    let mut at = 0;
    while let Some(&(letter, line)) = piece.get(at) {
        let next = piece.get(at + 1).map(|(next, _)| *next);
        at += 1;
        match (letter, next) {
            (']', Some('(')) => {
                let inside = piece[at + 1..].iter().map(|(letter, _)| *letter);
                let target: String = inside.take_while(|letter| *letter != ')').collect();
                at += target.chars().count() + 2;
                let target = target.split_whitespace().next().unwrap_or_default().to_owned();
                links.push(Link { line, target });
            }
            ('!', Some('[')) | ('[' | ']', _) => {}
            _ => plain.push((letter, line)),
        }
    }
    (plain, links)
}

/// Every sentence of a document, in order.
fn sentences(text: &str) -> Vec<Sentence> {
    let mut sentences = Vec::new();
    for piece in pieces(text) {
        let (plain, _) = without_links(&without_code(&piece));
        let mut words: Vec<(String, usize)> = Vec::new();
        for word in words_of(&plain) {
            let is_last = ends_sentence(&word.0);
            words.push(word);
            if is_last {
                sentences.extend(sentence(std::mem::take(&mut words)));
            }
        }
        sentences.extend(sentence(words));
    }
    sentences
}

/// What stands between white space, each with the line on which it begins.
fn words_of(piece: &[Letter]) -> Vec<(String, usize)> {
    piece
        .split(|(letter, _)| letter.is_whitespace())
        .filter_map(|word| Some((word.iter().map(|(letter, _)| letter).collect(), word.first()?.1)))
        .collect()
}

/// Whether a word is the last of its sentence, by what stands at its end.
fn ends_sentence(word: &str) -> bool {
    let word = word.trim_end_matches(['*', '_', ')', '"', '\'', '”', '’']);
    let bare = word.trim_start_matches(|character: char| !character.is_alphanumeric());
    word.ends_with(['.', '!', '?', ':', ';']) && !ABBREVIATIONS.contains(&bare)
}

fn sentence(words: Vec<(String, usize)>) -> Option<Sentence> {
    let line = words.first()?.1;
    let n_words = words.len();
    let begins: Vec<String> = words.into_iter().take(QUOTED_WORDS).map(|(word, _)| word).collect();
    Some(Sentence { line, n_words, begins: begins.join(" ") })
}

/// Every link of a document, in order.
fn links(text: &str) -> Vec<Link> {
    pieces(text).iter().flat_map(|piece| without_links(&without_code(piece)).1).collect()
}

/// The part of a target that names a file of the project; none for a page elsewhere or a place in the same document.
fn file_of(target: &str) -> Option<&str> {
    let is_elsewhere = target.contains("://") || target.starts_with("mailto:");
    let file = target.split('#').next().unwrap_or_default();
    (!is_elsewhere && !file.is_empty()).then_some(file)
}

/// All documents that people write.
fn documents() -> Vec<Document> {
    let root = project();
    let mut names: Vec<String> = AT_THE_TOP.map(str::to_owned).into();
    let entries = fs::read_dir(root.join("docs")).expect("docs is a readable folder");
    let mut found: Vec<String> = entries
        .map(|entry| entry.expect("an entry of docs is readable").file_name())
        .map(|name| name.to_string_lossy().into_owned())
        .filter(|name| Path::new(name).extension().is_some_and(|end| end == "md"))
        .filter(|name| name != GENERATED)
        .map(|name| format!("docs/{name}"))
        .collect();
    found.sort();
    names.extend(found);
    let read = |name: String| {
        let path = root.join(&name);
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
        Document { path, name, text }
    };
    names.into_iter().map(read).collect()
}

#[test]
fn the_readme_is_short() {
    let documents = documents();
    let readme = documents.iter().find(|document| document.name == "README.md");
    let n_lines = readme.map_or(0, |document| document.text.lines().count());
    let fault = format!("README.md: {n_lines} lines, more than {MAX_README_LINES}");
    let faults: Vec<String> = (n_lines > MAX_README_LINES).then_some(fault).into_iter().collect();
    settle(n_lines, "lines", &faults);
}

#[test]
fn every_sentence_is_short() {
    let mut n_checked = 0;
    let mut faults = Vec::new();
    for Document { name, text, .. } in documents() {
        for Sentence { line, n_words, begins } in sentences(&text) {
            n_checked += 1;
            if n_words > MAX_WORDS {
                faults.push(format!("{name}:{line}: {n_words} words: {begins} ..."));
            }
        }
    }
    settle(n_checked, "sentences", &faults);
}

#[test]
fn every_link_leads_to_a_file() {
    let mut n_checked = 0;
    let mut faults = Vec::new();
    for Document { path, name, text } in documents() {
        let folder = path.parent().expect("a document lies in a folder");
        for Link { line, target } in links(&text) {
            let Some(file) = file_of(&target) else { continue };
            n_checked += 1;
            if !folder.join(file).exists() {
                faults.push(format!("{name}:{line}: there is no {file}"));
            }
        }
    }
    settle(n_checked, "links", &faults);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many words and a full stop.
    fn words(n: usize) -> String {
        format!("{}.", vec!["word"; n].join(" "))
    }

    fn lengths(text: &str) -> Vec<usize> {
        sentences(text).iter().map(|sentence| sentence.n_words).collect()
    }

    fn too_long(text: &str) -> usize {
        sentences(text).iter().filter(|sentence| sentence.n_words > MAX_WORDS).count()
    }

    #[test]
    fn a_sentence_of_31_words_is_found_and_one_of_30_is_not() {
        assert_eq!(too_long(&words(MAX_WORDS)), 0);
        assert_eq!(too_long(&words(MAX_WORDS + 1)), 1);
        let broken = words(MAX_WORDS + 1).replacen(' ', "\n", 5);
        assert_eq!(too_long(&format!("One.\n\n{broken}")), 1);
        assert_eq!(sentences(&format!("One.\n\n{broken}"))[1].line, 3);
    }

    #[test]
    fn code_is_one_word_and_ends_no_sentence() {
        assert_eq!(lengths("Type `a b. c` and\n``d ` e`` now."), [5]);
        assert_eq!(lengths("One `code\nover two lines` more."), [3]);
        assert_eq!(lengths("A lone ` is one word."), [6]);
        assert_eq!(lengths("Type `a b`. Then `c`: it ends."), [2, 2, 2]);
    }

    #[test]
    fn a_cell_an_item_a_heading_and_a_paragraph_begin_anew() {
        let row = format!("| {} | {} |", words(20), words(20).trim_end_matches('.'));
        assert_eq!(lengths(&row), [20, 20]);
        assert_eq!(lengths("| a \\| b | `c \\| d` |"), [3, 1]);
        assert_eq!(
            lengths("# One two\nthree four\n- five\n  six\n- seven\n\neight"),
            [2, 2, 2, 1, 1]
        );
        assert_eq!(lengths("1. one two\n2. three\n10 is a number"), [2, 5]);
        assert_eq!(lengths("> quoted\n> text\n>\n> more"), [2, 1]);
    }

    #[test]
    fn fenced_code_is_not_read() {
        let text = format!("before\n```text\n{}\n~~~\n- item\n```\nafter it", words(40));
        assert_eq!(lengths(&text), [1, 2]);
        assert_eq!(links("```\n[a](b)\n```\n`[c](d)`"), []);
    }

    #[test]
    fn stops_end_a_sentence_and_numbers_and_abbreviations_do_not() {
        assert_eq!(lengths("One. Two! Three? Four: five; six"), [1, 1, 1, 1, 1, 1]);
        assert_eq!(lengths("At 0:36 it is 1.5 s, e.g. in a.b (i.e. there)."), [11]);
        assert_eq!(lengths("**Bold.** Then (in brackets.) *More.* End"), [1, 3, 1, 1]);
    }

    #[test]
    fn a_link_counts_as_its_text_and_is_known_by_its_line() {
        let text =
            "See [the two words](docs/a.md#b) and\n![a picture](c.png \"title\") or [`x y`](d).";
        assert_eq!(lengths(text), [9]);
        let found = links(text);
        let targets: Vec<(usize, &str)> =
            found.iter().map(|link| (link.line, link.target.as_str())).collect();
        assert_eq!(targets, [(1, "docs/a.md#b"), (2, "c.png"), (2, "d")]);
    }

    #[test]
    fn only_links_to_files_are_looked_for() {
        assert_eq!(file_of("docs/a.md#b"), Some("docs/a.md"));
        for elsewhere in ["https://example.org/a", "#b", "mailto:a@example.org"] {
            assert_eq!(file_of(elsewhere), None);
        }
    }

    #[test]
    #[should_panic(expected = "checked no sentences")]
    fn a_check_of_nothing_fails() {
        settle(0, "sentences", &[]);
    }
}
