//! One page that holds everything: nothing is loaded, nothing runs.
//!
//! In: words, tables and charts. Out: an HTML document that can be kept, sent and printed. It forbids
//! itself scripts and everything from elsewhere.

use super::{Picture, Table};
use record::markup::escaped;

/// What stands on a page, from above to below.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// The head of a section.
    Heading(String),
    /// A paragraph.
    Words(String),
    /// A table.
    Table(Table),
    /// A chart.
    Picture(Picture),
}

const STYLE: &str = "body{font-family:sans-serif;color:#222;background:#fff;max-width:60rem;\
margin:2rem auto;padding:0 1rem;line-height:1.4}table{border-collapse:collapse;margin:1rem 0}\
td,th{padding:.2rem .7rem;text-align:right;border-bottom:1px solid #ddd}\
td:first-child,th:first-child{text-align:left}tr+tr>th{font-weight:normal}figure{margin:1rem 0}svg{max-width:100%;height:auto}";

/// The document; all words are escaped.
#[must_use]
pub fn page(title: &str, parts: &[Part]) -> String {
    let title = escaped(title);
    let body: String = parts.iter().map(element).collect();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" \
         content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n\
         {body}</body>\n</html>\n"
    )
}

fn element(part: &Part) -> String {
    match part {
        Part::Heading(words) => format!("<h2>{}</h2>\n", escaped(words)),
        Part::Words(words) => format!("<p>{}</p>\n", escaped(words)),
        Part::Table(table) => table.html(),
        Part::Picture(Picture { words, svg, .. }) => {
            let words = escaped(words);
            format!("<figure role=\"img\" aria-label=\"{words}\">\n{svg}</figure>\n")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_stand_in_their_order_and_words_cannot_become_elements() {
        let svg = "<svg></svg>\n".to_owned();
        let html = page(
            "mine & <yours>",
            &[
                Part::Heading("Scores".into()),
                Part::Words("<script>alert(1)</script>".into()),
                Part::Table(Table::new(["a", "b"])),
                Part::Picture(Picture { file: "a.svg", words: "Nothing.", svg }),
            ],
        );
        let order = [
            "<h1>mine &amp; &lt;yours&gt;</h1>",
            "<h2>Scores</h2>",
            "<p>&lt;script&gt;",
            "<table>",
            "aria-label=\"Nothing.\">\n<svg>",
            "</html>",
        ];
        let places: Vec<usize> = order.iter().map(|words| html.find(words).unwrap()).collect();
        assert!(places.is_sorted(), "{places:?}");
        assert!(!html.contains("<script") && !html.contains("http://") && !html.contains("src="));
    }
}
