//! A call on disk and on paper: the session log, what is made of it for other programs, and the file and text
//! hygiene that both need.
//!
//! | module | noun |
//! |---|---|
//! | [`session`] | the log of a call: one line a fact, chained; its reader, digest, retention |
//! | [`export`] | the log in other formats: tables, subtitles, annotations, a report as a page |
//! | [`palette`] | the colours of emotions and groups, on the screen and on paper |
//! | [`output_file`] | files that appear whole or not at all |
//! | [`markup`] | text made safe for XML and HTML |
//! | [`person_number`] | whether a text holds somebody's number |
//! | [`plain_text`] | text that cannot steer a terminal |
//! | [`action`] | what an operator does with calls |
//! | [`call_news`] | what becomes of a call and of its log, for whoever shows it |
//! | [`wall`] | what a wall shows of all calls |

pub mod action;
pub mod call_news;
pub mod export;
pub mod markup;
pub mod output_file;
pub mod palette;
pub mod person_number;
pub mod plain_text;
pub mod session;
pub mod wall;
