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

/// What is to be sent now.
fn to_send(outbox: &mut Outbox) -> Vec<Line> {
    // Without waiting until the folder is looked through again.
    outbox.listed = None;
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
    drop(desk.outbox());
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
    assert_eq!(outbox.logs.len(), 0);
    assert!(to_send(&mut desk.outbox()).is_empty(), "it is done");
}

#[test]
fn what_the_broker_has_is_not_sent_again_where_it_has_all_of_it() {
    let desk = Desk::new();
    desk.write(&(HEADER.to_owned() + &mark(1) + &mark(2) + &mark(3)));
    let mut outbox = desk.outbox();
    let news = outbox.look().unwrap();
    // Nothing was kept: the broker has to be asked.
    assert_eq!(news.unsure.len(), 1);
    let session = &news.unsure[0].1;
    let [_, _, second, last] = news.lines.as_slice() else { panic!("{:?}", news.lines) };
    let id = outbound(outbox.key(), session, &second.text, second.end).unwrap().id;
    // Some line before the last one is missing there, or it is no line of this log.
    outbox.is_at_broker("a.jsonl", &id, 2).unwrap();
    outbox.is_at_broker("a.jsonl", "0123456789abcdef", 3).unwrap();
    assert!(!outbox.is_there("a.jsonl", news.lines[0].end));
    outbox.is_at_broker("a.jsonl", &id, 3).unwrap();
    assert!(outbox.is_there("a.jsonl", second.end) && !outbox.is_there("a.jsonl", last.end));
    // A program that starts again soon need not ask.
    outbox.save().unwrap();
    let news = desk.outbox().look().unwrap();
    assert!(news.unsure.is_empty());
    assert_eq!(
        texts(&news.lines.into_iter().filter(|line| line.is_to_send).collect::<Vec<_>>()),
        mark(3)
    );
}

#[test]
fn another_log_under_the_same_name_is_sent_from_its_beginning() {
    let desk = Desk::new();
    drop(desk.outbox());
    desk.write(&(HEADER.to_owned() + &mark(1) + &mark(2) + &end()));
    let mut outbox = desk.outbox();
    let lines = to_send(&mut outbox);
    let path = desk.folder.path().join("a.jsonl");
    // While it is followed, and after it was done: emptied, or another file in its place.
    fs::write(&path, HEADER).unwrap();
    let again = |outbox: &mut Outbox| {
        outbox.listed = None;
        let _ = outbox.look().unwrap();
        outbox.listed = None;
        outbox.again("a.jsonl");
        to_send(outbox)
    };
    assert_eq!(texts(&again(&mut outbox)), HEADER);
    desk.write(&end());
    let lines_again = to_send(&mut outbox);
    assert_eq!(texts(&lines_again), end());
    outbox.acked("a.jsonl", lines_again[0].end);
    outbox.save().unwrap();
    assert_eq!(outbox.logs.len(), 0);
    fs::write(&path, HEADER.to_owned() + &mark(7) + &mark(8)).unwrap();
    assert_eq!(texts(&again(&mut outbox)), HEADER.to_owned() + &mark(7) + &mark(8));
    let other = desk.folder.path().join("other");
    fs::write(&other, HEADER.to_owned() + &mark(9) + &mark(8)).unwrap();
    fs::rename(&other, &path).unwrap();
    assert_eq!(texts(&again(&mut outbox)), HEADER.to_owned() + &mark(9) + &mark(8));
    assert_eq!(lines.len(), 4);
}

#[test]
fn room_that_a_writer_looks_for_on_a_full_disk_is_no_part_of_the_log() {
    let desk = Desk::new();
    desk.write(&(HEADER.to_owned() + &mark(1)));
    let mut outbox = desk.outbox();
    assert_eq!(to_send(&mut outbox).len(), 2);
    let path = desk.folder.path().join("a.jsonl");
    let len = fs::metadata(&path).unwrap().len();
    let cut = |len: u64| OpenOptions::new().write(true).open(&path).unwrap().set_len(len).unwrap();
    desk.write(&"\n".repeat(70_000));
    assert!(to_send(&mut outbox).is_empty());
    cut(len);
    desk.write(&mark(2)[..10]);
    assert!(to_send(&mut outbox).is_empty());
    cut(len);
    desk.write(&mark(3));
    assert_eq!(texts(&to_send(&mut outbox)), mark(3));
}

#[test]
fn of_many_logs_that_are_over_some_are_open_at_once() {
    let desk = Desk::new();
    drop(desk.outbox());
    for n in 0..150 {
        let path = desk.folder.path().join(format!("{n}.jsonl"));
        fs::write(path, HEADER.to_owned() + &end()).unwrap();
    }
    let mut outbox = desk.outbox();
    let mut n_sent = 0;
    for _ in 0..3 {
        let lines = to_send(&mut outbox);
        assert!(outbox.logs.len() <= PAST_AT_ONCE);
        n_sent += lines.len();
        for line in lines {
            outbox.acked(&line.log, line.end);
        }
        outbox.save().unwrap();
    }
    assert_eq!(n_sent, 300);
}

#[test]
fn what_is_no_log_is_left_alone_and_a_deleted_one_is_forgotten() {
    let desk = Desk::new();
    drop(desk.outbox());
    fs::write(desk.folder.path().join("b.jsonl"), "[1]\n").unwrap();
    fs::write(desk.folder.path().join("c.txt"), HEADER).unwrap();
    desk.write(&(HEADER.to_owned() + &end()));
    let mut outbox = desk.outbox();
    let lines = to_send(&mut outbox);
    assert_eq!(lines.len(), 2);
    outbox.acked("a.jsonl", lines[1].end);
    outbox.save().unwrap();
    let done = desk.folder.path().join(".fleet/desk-1.done");
    let len = HEADER.len() + end().len();
    let known = fs::read_to_string(&done).unwrap();
    assert!(
        known.contains(&format!("a.jsonl\t{len}\n")) && known.contains("b.jsonl\t4\n"),
        "{known}"
    );
    fs::remove_file(desk.folder.path().join("a.jsonl")).unwrap();
    drop(desk.outbox());
    assert_eq!(fs::read_to_string(&done).unwrap(), "b.jsonl\t4\n");
}

#[test]
fn a_log_that_ended_while_nobody_looked_is_sent_and_not_shown() {
    let desk = Desk::new();
    drop(desk.outbox());
    desk.write(&(HEADER.to_owned() + &mark(1) + &end()));
    let lines = desk.outbox().look().unwrap().lines;
    assert_eq!(lines.len(), 3);
    assert!(lines.iter().all(|line| line.is_to_send && !line.is_to_tell));
}

#[test]
fn what_had_ended_before_the_first_start_is_the_archives() {
    let desk = Desk::new();
    desk.write(&(HEADER.to_owned() + &end()));
    for _ in 0..2 {
        assert!(desk.outbox().look().unwrap().lines.is_empty());
    }
    // Also where nothing could be sent at the first start.
    let desk = Desk::new();
    desk.write(&(HEADER.to_owned() + &end()));
    drop(desk.outbox());
    assert!(desk.outbox().look().unwrap().lines.is_empty());
    // A call that ends while the broker is not there yet is sent.
    let desk = Desk::new();
    let mut outbox = desk.outbox();
    desk.write(&(HEADER.to_owned() + &mark(1) + &end()));
    assert_eq!(to_send(&mut outbox).len(), 3);
    // A call that goes on is sent from its beginning.
    let desk = Desk::new();
    desk.write(&(HEADER.to_owned() + &mark(1)));
    assert_eq!(to_send(&mut desk.outbox()).len(), 2);
}

#[test]
fn a_log_that_nobody_seems_to_write_is_not_given_up() {
    let desk = Desk::new();
    desk.write(&(HEADER.to_owned() + &mark(1)));
    let mut outbox = desk.outbox();
    let lines = to_send(&mut outbox);
    outbox.acked("a.jsonl", lines[1].end);
    let log = outbox.logs.get_mut("a.jsonl").unwrap();
    (log.was_locked, log.grown) = (true, SystemTime::now() - 2 * log::QUIET);
    assert_eq!(outbox.look().unwrap().abandoned.len(), 1);
    outbox.save().unwrap();
    desk.write(&mark(2));
    assert_eq!(texts(&to_send(&mut outbox)), mark(2));
    // Without locks nobody can tell so soon.
    let log = outbox.logs.get_mut("a.jsonl").unwrap();
    (log.was_locked, log.grown) = (false, SystemTime::now() - 2 * log::QUIET);
    assert!(outbox.look().unwrap().abandoned.is_empty());
}

#[test]
fn after_an_outage_the_newest_call_comes_first_and_the_others_are_known_to_be_behind() {
    let desk = Desk::new();
    let mut outbox = desk.outbox();
    let write = |name: &str, n_lines: u32| {
        let lines: String = (1..=n_lines).map(mark).collect();
        fs::write(desk.folder.path().join(name), HEADER.to_owned() + &lines).unwrap();
    };
    let n_long = u32::try_from(LINES_AT_ONCE).unwrap() * 3;
    for name in ["1.jsonl", "2.jsonl", "3.jsonl", "4.jsonl"] {
        write(name, n_long);
    }
    write("5.jsonl", 3);
    let news = outbox.look().unwrap();
    let (newest, rest) = news.lines.split_at(4);
    assert!(newest.iter().all(|line| line.log == "5.jsonl"));
    assert!(rest.iter().all(|line| line.log != "5.jsonl"));
    assert_eq!(news.behind.len(), 4, "all but the newest");
    // A new line of it comes with the next look, whatever waits in the others.
    let mut file =
        OpenOptions::new().append(true).open(desk.folder.path().join("5.jsonl")).unwrap();
    file.write_all(mark(4).as_bytes()).unwrap();
    assert_eq!(outbox.look().unwrap().lines[0].log, "5.jsonl");
    let mut n_read = 0;
    for _ in 0..100 {
        let news = outbox.look().unwrap();
        n_read += news.lines.len();
        if news.lines.is_empty() {
            assert!(news.behind.is_empty());
            return;
        }
    }
    panic!("{n_read} lines and no end");
}
