//! Reads Rust source for the architecture test: words, paths from the crate's root, functions.
//!
//! In: a file's text. Out: what it names, and where. It is no parser: it drops comments and literals and
//! follows braces, which is enough for code that rustfmt has formatted and rustc has accepted.

/// A word or one punctuation character (`::` counts as one), and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub text: String,
    /// Counted from 1.
    pub line: usize,
    /// Inside an inline module that is called `tests`.
    pub in_tests: bool,
    /// How many inline modules it stands in.
    mod_depth: usize,
}

impl Token {
    pub fn is_word(&self) -> bool {
        self.text.starts_with(|c: char| c.is_alphabetic() || c == '_')
    }
}

/// A function and the lines from `fn` to its closing brace, both counted.
#[derive(Debug, PartialEq, Eq)]
pub struct Function {
    pub name: String,
    pub line: usize,
    pub n_lines: usize,
}

/// A path from the crate's root (`crate::timeline::Reading`): its first name, and where it stands.
#[derive(Debug, PartialEq, Eq)]
pub struct Reference {
    pub module: String,
    pub line: usize,
}

/// The file without comments, strings and character literals, cut into tokens.
pub fn tokens(text: &str) -> Vec<Token> {
    let code = without_comments_and_literals(text);
    let mut tokens: Vec<Token> = Vec::new();
    for (number, line) in code.lines().enumerate() {
        let mut rest = line.trim_start();
        while let Some(first) = rest.chars().next() {
            let is_word = |c: char| c.is_alphanumeric() || c == '_';
            let len = if is_word(first) {
                rest.find(|c| !is_word(c)).unwrap_or(rest.len())
            } else if rest.starts_with("::") {
                2
            } else {
                first.len_utf8()
            };
            let text = rest[..len].to_owned();
            tokens.push(Token { text, line: number + 1, in_tests: false, mod_depth: 0 });
            rest = rest[len..].trim_start();
        }
    }
    mark_inline_modules(&mut tokens);
    tokens
}

/// Every path that begins at the crate's root: `crate::`, in the binary `undertone::`, and `super::`
/// where it climbs that far. `module_depth` is how many modules the file's own path has.
pub fn references(tokens: &[Token], module_depth: usize) -> Vec<Reference> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let start = at;
        at += 1;
        let after_path = start > 0 && tokens[start - 1].text == "::";
        let Some(mut next) = path_from(tokens, start) else { continue };
        if after_path {
            continue;
        }
        if tokens[start].text == "super" {
            let mut climbed = 1;
            while tokens.get(next).is_some_and(|token| token.text == "super") {
                let Some(further) = path_from(tokens, next) else { break };
                climbed += 1;
                next = further;
            }
            at = next;
            if climbed < module_depth + tokens[start].mod_depth {
                continue;
            }
        }
        found.extend(names_at(tokens, next));
    }
    found
}

/// The position after `crate::`, `undertone::` or `super::`, if that stands at `at`.
fn path_from(tokens: &[Token], at: usize) -> Option<usize> {
    let is_root = matches!(tokens[at].text.as_str(), "crate" | "undertone" | "super");
    let goes_on = tokens.get(at + 1).is_some_and(|token| token.text == "::");
    (is_root && goes_on).then_some(at + 2)
}

/// The name at a position, or the first name of every element of the `{...}` there.
fn names_at(tokens: &[Token], at: usize) -> Vec<Reference> {
    let reference = |token: &Token| Reference { module: token.text.clone(), line: token.line };
    if tokens.get(at).is_none_or(|token| token.text != "{") {
        return tokens.get(at).map(reference).into_iter().collect();
    }
    let mut found = Vec::new();
    let mut depth = 0;
    let mut starts = false;
    for token in &tokens[at..] {
        if starts && token.is_word() {
            found.push(reference(token));
        }
        match token.text.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        starts = depth == 1 && matches!(token.text.as_str(), "{" | ",");
        if depth == 0 {
            break;
        }
    }
    found
}

/// The modules in files of their own that are built for tests only: `#[cfg(test)] mod golden;`.
pub fn test_modules(tokens: &[Token]) -> Vec<String> {
    let declaration = ["#", "[", "cfg", "(", "test", ")", "]", "mod"];
    tokens
        .windows(declaration.len() + 2)
        .filter(|window| {
            window[..declaration.len()].iter().map(|t| t.text.as_str()).eq(declaration)
        })
        .filter(|window| window[declaration.len() + 1].text == ";")
        .map(|window| window[declaration.len()].text.clone())
        .collect()
}

/// Every function with a body, nested ones and tests too.
pub fn functions(tokens: &[Token]) -> Vec<Function> {
    let mut found = Vec::new();
    for (at, pair) in tokens.windows(2).enumerate() {
        if pair[0].text != "fn" || !pair[1].is_word() {
            continue;
        }
        if let Some(end) = end_of_body(&tokens[at..]) {
            let (name, line) = (pair[1].text.clone(), pair[0].line);
            found.push(Function { name, line, n_lines: end + 1 - line });
        }
    }
    found
}

/// The line of the brace that closes the first body, or nothing for a declaration without one.
fn end_of_body(tokens: &[Token]) -> Option<usize> {
    let mut braces = 0;
    let mut brackets = 0;
    for token in tokens {
        match token.text.as_str() {
            "(" | "[" => brackets += 1,
            ")" | "]" => brackets -= 1,
            ";" if braces == 0 && brackets == 0 => return None,
            "{" => braces += 1,
            "}" => {
                braces -= 1;
                if braces == 0 {
                    return Some(token.line);
                }
            }
            _ => {}
        }
    }
    None
}

/// Says of every token how many inline modules it stands in, and whether one of them is `tests`.
fn mark_inline_modules(tokens: &mut [Token]) {
    // One entry an open brace: nothing, or whether the module that it opens is for tests.
    let mut open: Vec<Option<bool>> = Vec::new();
    for at in 0..tokens.len() {
        tokens[at].mod_depth = open.iter().flatten().count();
        tokens[at].in_tests = open.iter().flatten().any(|is_tests| *is_tests);
        match tokens[at].text.as_str() {
            "{" => {
                let is_mod = at >= 2 && tokens[at - 2].text == "mod";
                open.push(is_mod.then(|| tokens[at - 1].text == "tests"));
            }
            "}" => {
                open.pop();
            }
            _ => {}
        }
    }
}

/// The text with comments and literals replaced by blanks; line breaks stay.
fn without_comments_and_literals(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let in_word = code.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_comment_len(rest)
        } else if let Some(len) = raw_string_len(rest).filter(|_| !in_word) {
            len
        } else if first == '"' {
            quoted_len(rest, '"')
        } else if first == '\'' {
            char_literal_len(rest)
        } else {
            0
        };
        if skipped == 0 {
            code.push(first);
            rest = &rest[first.len_utf8()..];
        } else {
            code.extend(rest[..skipped].chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
            rest = &rest[skipped..];
        }
    }
    code
}

/// The length of a comment that may hold other comments.
fn block_comment_len(text: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < text.len() {
        if text[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// The length of `r"..."`, `r#"..."#` and their byte and C forms, if one begins here.
fn raw_string_len(text: &str) -> Option<usize> {
    let after_prefix = text.strip_prefix(['b', 'c']).unwrap_or(text).strip_prefix('r')?;
    let body = after_prefix.trim_start_matches('#');
    let hashes = after_prefix.len() - body.len();
    let body = body.strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let len = body.find(&end).map_or(body.len(), |at| at + end.len());
    Some(text.len() - body.len() + len)
}

/// The length of a literal in the given quotes, escapes read over.
fn quoted_len(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

/// The length of a character literal; 1 for a lifetime's quote, whose name stays as a word.
fn char_literal_len(text: &str) -> usize {
    let mut inside = text.chars().skip(1);
    let (first, second) = (inside.next(), inside.next());
    if first == Some('\\') || second == Some('\'') { quoted_len(text, '\'') } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modules(text: &str, module_depth: usize) -> Vec<String> {
        references(&tokens(text), module_depth).into_iter().map(|found| found.module).collect()
    }

    #[test]
    fn paths_are_found_alone_in_groups_and_in_expressions() {
        let text = "use crate::{audio::{Block, Source}, emotion::Scores};\npub(crate) use crate::timeline;\nfn f() { crate::speech::g(); undertone::cli::h(); std::crate_::x(); }";
        assert_eq!(modules(text, 1), ["audio", "emotion", "timeline", "speech", "cli"]);
    }

    #[test]
    fn super_counts_only_when_it_reaches_the_root() {
        let text = "use super::a; use super::super::b;\nmod tests { use super::super::c; use super::super::super::{d, e::f}; }";
        assert_eq!(modules(text, 2), ["b", "d", "e"]);
        assert_eq!(modules("use super::a;", 1), ["a"]);
    }

    #[test]
    fn comments_and_literals_name_nothing() {
        let text = "// crate::a\n/* crate::b /* crate::c */ crate::d */ fn f<'a>(x: &'a str) { let _ = (\"crate::e \\\" {\", r#\"crate::\"f\"#, 'x', '\\'', b'{', \"\n}\"); crate::g(); }";
        assert_eq!(modules(text, 1), ["g"]);
        assert_eq!(references(&tokens(text), 1)[0].line, 3);
        let found = functions(&tokens(text));
        assert_eq!(found, [Function { name: "f".into(), line: 2, n_lines: 2 }]);
    }

    #[test]
    fn only_a_module_for_tests_is_marked_so() {
        let text = "mod a { fn f() { one(); } }\n#[cfg(test)]\nmod tests { fn g() { two(); } }\nfn h() { three(); }";
        let marked: Vec<String> = tokens(text)
            .into_iter()
            .filter(|token| {
                token.in_tests && matches!(token.text.as_str(), "one" | "two" | "three")
            })
            .map(|token| token.text)
            .collect();
        assert_eq!(marked, ["two"]);
    }

    #[test]
    fn only_a_file_that_is_declared_for_tests_is_one() {
        let text = "mod a;\n#[cfg(test)]\nmod golden;\n#[cfg(test)]\nmod tests {\n}\nmod b;";
        assert_eq!(test_modules(&tokens(text)), ["golden"]);
    }

    #[test]
    fn a_declaration_has_no_body_and_a_function_type_no_name() {
        let text =
            "trait T { fn a(&self, x: [u8; 2]) -> u8; fn b(&self) {\n let c: fn(u8) = d;\n} }";
        let found = functions(&tokens(text));
        assert_eq!(found, [Function { name: "b".into(), line: 1, n_lines: 3 }]);
    }
}
