//! The wall: what a shift leader's browser is sent, and what may be done from there.

use crate::gateway::{Gateway, TOKEN, facts};
use crate::material::{part, write};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// A wall, and an alert that no model decides: after 2 s of speech and 2 s without a voice.
const SETTINGS: &str =
    "[wall]\ntoken_file = \"token\"\n[alerts.long_silence]\nheard_s = 2\nsilence_s = 2\n";

/// An answer with all its headers.
struct Answer {
    status: u16,
    headers: String,
    body: String,
}

/// A browser's request, with these headers.
fn ask(gateway: &Gateway, request: &str, headers: &str, body: &str) -> Answer {
    let mut stream = open(gateway, request, headers, body);
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head[9..12].parse().unwrap();
    Answer { status, headers: head.to_ascii_lowercase(), body: body.to_owned() }
}

fn open(gateway: &Gateway, request: &str, headers: &str, body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", gateway.http)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let length = body.len();
    let text = format!(
        "{request} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n{headers}\r\n{body}"
    );
    stream.write_all(text.as_bytes()).unwrap();
    stream
}

/// The cookie's header of who has the token.
fn logged_in(gateway: &Gateway) -> String {
    let answer = ask(gateway, "POST /wall/login", "", &format!("{{\"token\":\"{TOKEN}\"}}"));
    assert_eq!(answer.status, 204, "{}", answer.headers);
    let cookie = answer.headers.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
    assert!(cookie.contains("httponly") && cookie.contains("samesite=strict"), "{cookie}");
    format!("cookie: {}\r\n", cookie.split(';').next().unwrap())
}

/// The pictures that a browser is sent, as they come.
struct Pictures(BufReader<TcpStream>);

impl Pictures {
    fn of(gateway: &Gateway, cookie: &str) -> Self {
        let mut reader = BufReader::new(open(gateway, "GET /wall/pictures", cookie, ""));
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        assert!(line.contains(" 200 "), "{line}");
        Pictures(reader)
    }

    fn next(&mut self) -> Value {
        loop {
            let mut line = String::new();
            assert!(self.0.read_line(&mut line).unwrap() > 0, "the stream has ended");
            if let Some(text) = line.trim_end().strip_prefix("data: ") {
                return serde_json::from_str(text).unwrap();
            }
        }
    }

    fn until(&mut self, is_it: impl Fn(&Value) -> bool) -> Value {
        let begun = Instant::now();
        loop {
            let picture = self.next();
            if is_it(&picture) {
                return picture;
            }
            assert!(begun.elapsed() < Duration::from_secs(30), "{picture}");
        }
    }
}

#[test]
fn an_alert_is_on_the_wall_within_a_second_and_what_is_said_there_is_in_the_log() {
    let gateway = Gateway::start(SETTINGS);
    let recording = gateway.folder.path().join("call.wav");
    // Some words, and 2.6 s without any.
    write(&recording, 1, 8_000, &part(0, 12));
    let cookie = logged_in(&gateway);
    let mut pictures = Pictures::of(&gateway, &cookie);
    assert_eq!(pictures.next()["calls"].as_array().unwrap().len(), 0, "a picture comes at once");
    let mut call = gateway.sender("audiosocket", &recording, &[]).spawn().unwrap();
    let first = pictures.until(|picture| picture["calls"][0]["length_s"].as_u64() > Some(3));
    assert!(first["calls"][0]["label"].as_str().unwrap().starts_with("call "), "{first}");
    let watcher = std::thread::spawn({
        let log = gateway.logs().remove(0);
        move || {
            while !fs::read_to_string(&log).unwrap().contains("\"record\":\"alert\"") {
                std::thread::sleep(Duration::from_millis(5));
            }
            Instant::now()
        }
    });
    let picture = pictures.until(|picture| picture["open_alerts"] == 1);
    let shown = Instant::now();
    let behind = shown.saturating_duration_since(watcher.join().unwrap());
    assert!(behind < Duration::from_secs(1), "{behind:?} behind the log");
    let alert = &picture["calls"][0]["alerts"][0];
    assert_eq!(alert["rule"], "no voice");
    let id = picture["calls"][0]["call"].as_str().unwrap();
    let answer = ask(
        &gateway,
        &format!("POST /wall/calls/{id}/acknowledge"),
        &cookie,
        &format!("{{\"at\":{}}}", alert["at"]),
    );
    assert_eq!(answer.status, 202);
    let picture = pictures.until(|picture| picture["open_alerts"] == 0);
    assert_eq!(picture["calls"][0]["alerts"][0]["is_acknowledged"], true);
    call.wait().unwrap();
    let over = pictures.until(|picture| picture["calls"][0]["now"] == "-");
    assert_eq!(over["calls"][0]["words"], "over");
    let facts = facts(&gateway.logs()[0]);
    let seen: Vec<_> = facts.iter().filter(|fact| fact["record"] == "acknowledged").collect();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0]["by"], "wall");
    assert_eq!(seen[0]["alert_t"].as_f64().unwrap() * 8_000.0, alert["at"].as_f64().unwrap());
}

#[test]
fn nobody_without_the_token_sees_or_changes_anything() {
    let gateway = Gateway::start(SETTINGS);
    for (request, body) in [
        ("GET /wall/pictures", ""),
        ("GET /wall/may", ""),
        ("POST /wall/calls/1/acknowledge", "{\"at\":1}"),
    ] {
        assert_eq!(ask(&gateway, request, "", body).status, 401, "{request}");
        let made_up = "cookie: undertone_wall=0123\r\n";
        assert_eq!(ask(&gateway, request, made_up, body).status, 401, "{request}");
        let proxy = "x-forwarded-user: somebody\r\n";
        assert_eq!(ask(&gateway, request, proxy, body).status, 401, "{request}");
    }
    let guesses = ["{\"token\":\"wrong\"}", "{}", "", "[", "{\"token\":7}"];
    for guess in guesses {
        let begun = Instant::now();
        assert_eq!(ask(&gateway, "POST /wall/login", "", guess).status, 401, "{guess}");
        assert!(begun.elapsed() > Duration::from_millis(400), "who guesses waits");
    }
    assert!(gateway.count("auth_failures_total") >= 5.0);
    let large = "x".repeat(5_000);
    assert_eq!(ask(&gateway, "POST /wall/login", "", &large).status, 413);
    let cookie = logged_in(&gateway);
    let from_elsewhere = format!("{cookie}origin: https://evil.example\r\n");
    let acknowledge = "POST /wall/calls/1/acknowledge";
    assert_eq!(ask(&gateway, acknowledge, &from_elsewhere, "{\"at\":1}").status, 403);
    // Of an alert that is not there nothing comes; what is no time or no call is refused.
    assert_eq!(ask(&gateway, acknowledge, &cookie, "{\"at\":1}").status, 202);
    assert_eq!(ask(&gateway, acknowledge, &cookie, "{\"at\":-1}").status, 422);
    assert_eq!(ask(&gateway, "POST /wall/calls/x/acknowledge", &cookie, "{\"at\":1}").status, 404);
}

#[test]
fn the_page_loads_nothing_from_elsewhere_and_says_so_to_the_browser() {
    let gateway = Gateway::start(SETTINGS);
    for (path, kind) in [
        ("/wall", "text/html"),
        ("/wall/wall.css", "text/css"),
        ("/wall/colours.css", "text/css"),
        ("/wall/wall.js", "text/javascript"),
        ("/wall/icon.svg", "image/svg+xml"),
    ] {
        let answer = ask(&gateway, &format!("GET {path}"), "", "");
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.headers.contains(&format!("content-type: {kind}")), "{}", answer.headers);
        assert!(answer.headers.contains("content-security-policy: default-src 'none';"), "{path}");
        assert!(answer.headers.contains("cache-control: no-store"), "{path}");
        for elsewhere in ["http://", "https://", "src=\"//", "@import", "style=\"", "onclick"] {
            let found = answer.body.replace("http://www.w3.org/2000/svg", "").contains(elsewhere);
            assert!(!found, "{elsewhere} in {path}");
        }
    }
    let without = Gateway::start("");
    assert_eq!(ask(&without, "GET /wall", "", "").status, 404, "a gateway without a wall");
}
