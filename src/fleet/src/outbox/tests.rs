//! Whatever happens, no line is lost, and none is read again that is known to have arrived.

use super::*;
use tempfile::TempDir;

const HEADER: &str = "{\"record\":\"header\",\"version\":6,\"chain\":\"aaaaaaaaaaaaaaaa\"}\n";

fn mark(n: u32) -> String {
    format!(
        "{{\"record\":\"mark\",\"caller\":0,\"t\":{n}.0,\"text\":\"\",\"chain\":\"{n:016x}\"}}\n"
    )
}

/// The end of a log that any reader takes for one.
fn end() -> String {
    "{\"record\":\"end\",\"t\":9.0,\"reason\":\"finished\",\"callers\":[],\"dropped_samples\":0,\
     \"chain\":\"eeeeeeeeeeeeeeee\"}\n"
        .to_owned()
}

struct Desk {
    folder: TempDir,
}

impl Desk {
    fn new() -> Self {
        Desk { folder: tempfile::tempdir().unwrap() }
    }

    fn write(&self, text: &str) {
        let mut options = OpenOptions::new();
        let path = self.folder.path().join("a.jsonl");
        let mut file = options.create(true).append(true).open(path).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    fn outbox(&self) -> Outbox {
        Outbox::open(self.folder.path(), "desk-1").unwrap()
    }
}

/// What is to be sent now, by the last letter before the end of each line.
fn to_send(outbox: &mut Outbox) -> Vec<Line> {
    outbox.look().unwrap().lines.into_iter().filter(|line| line.is_to_send).collect()
}

fn texts(lines: &[Line]) -> String {
    lines.iter().map(|line| String::from_utf8(line.text.clone()).unwrap()).collect()
}

#[test]
fn each_line_comes_once_and_only_when_it_is_whole() {
    let desk = Desk::new();
    let mut outbox = desk.outbox();
    assert!(to_send(&mut outbox).is_empty());
    desk.write(&HEADER[..20]);
    assert!(to_send(&mut outbox).is_empty());
    desk.write(&HEADER[20..]);
    assert_eq!(texts(&to_send(&mut outbox)), HEADER);
    let two = mark(1) + &mark(2);
    desk.write(&two[..two.len() - 5]);
    assert_eq!(texts(&to_send(&mut outbox)), mark(1));
    desk.write(&two[two.len() - 5..]);
    assert_eq!(texts(&to_send(&mut outbox)), mark(2));
    assert!(to_send(&mut outbox).is_empty());
}

#[test]
fn a_program_that_starts_again_goes_on_where_the_last_line_arrived() {
    let desk = Desk::new();
    desk.write(&(HEADER.to_owned() + &mark(1) + &mark(2)));
    let mut outbox = desk.outbox();
    let lines = to_send(&mut outbox);
    outbox.acked("a.jsonl", lines[1].end);
    outbox.save().unwrap();
    let mut again = desk.outbox();
    let all = again.look().unwrap().lines;
    // A wall is told of all that was before, the broker of what it does not have.
    assert_eq!(all.iter().filter(|line| line.is_to_tell).count(), 3);
    let sent: Vec<Line> = all.into_iter().filter(|line| line.is_to_send).collect();
    assert_eq!(texts(&sent), mark(2));
}

#[test]
fn what_did_not_arrive_comes_again_also_of_a_log_that_has_ended() {
    let desk = Desk::new();
    let all = HEADER.to_owned() + &mark(1) + &end();
    desk.write(&all);
    let mut outbox = desk.outbox();
    let lines = to_send(&mut outbox);
    assert_eq!(texts(&lines), all);
    outbox.acked("a.jsonl", lines[0].end);
    outbox.again("a.jsonl");
    // It is kept how far it was sent before it is read again: the log is not done.
    outbox.save().unwrap();
    let lines = to_send(&mut outbox);
    assert_eq!(texts(&lines), mark(1) + &end());
    assert!(lines.iter().all(|line| !line.is_to_tell), "a wall was told before");
    outbox.acked("a.jsonl", lines[1].end);
    outbox.save().unwrap();
    assert_eq!(outbox.n_logs(), 0);
    assert!(desk.outbox().look().unwrap().found.is_empty(), "it is done");
}

#[test]
fn what_the_broker_has_is_not_sent_again() {
    let desk = Desk::new();
    desk.write(&(HEADER.to_owned() + &mark(1) + &mark(2) + &mark(3)));
    let mut outbox = desk.outbox();
    let news = outbox.look().unwrap();
    assert_eq!(news.found.len(), 1);
    outbox.is_at_broker("a.jsonl", "0000000000000002").unwrap();
    outbox.again("a.jsonl");
    assert_eq!(texts(&to_send(&mut outbox)), mark(3));
    // A checksum that no line has changes nothing.
    outbox.is_at_broker("a.jsonl", "0000000000000009").unwrap();
    outbox.again("a.jsonl");
    assert_eq!(texts(&to_send(&mut outbox)), mark(3));
}

#[test]
fn what_is_no_log_is_left_alone_and_a_deleted_one_is_forgotten() {
    let desk = Desk::new();
    fs::write(desk.folder.path().join("b.jsonl"), "[1]\n").unwrap();
    fs::write(desk.folder.path().join("c.txt"), HEADER).unwrap();
    desk.write(&(HEADER.to_owned() + &end()));
    let mut outbox = desk.outbox();
    let lines = to_send(&mut outbox);
    assert_eq!(lines.len(), 2);
    outbox.acked("a.jsonl", lines[1].end);
    outbox.save().unwrap();
    let done = desk.folder.path().join(".fleet/desk-1.done");
    assert_eq!(fs::read_to_string(&done).unwrap(), "a.jsonl\n");
    fs::remove_file(desk.folder.path().join("a.jsonl")).unwrap();
    drop(desk.outbox());
    assert_eq!(fs::read_to_string(&done).unwrap(), "");
}

#[test]
fn a_log_that_was_over_when_it_was_found_is_sent_and_not_shown() {
    let desk = Desk::new();
    desk.write(&(HEADER.to_owned() + &mark(1) + &end()));
    let lines = desk.outbox().look().unwrap().lines;
    assert_eq!(lines.len(), 3);
    assert!(lines.iter().all(|line| line.is_to_send && !line.is_to_tell));
}
