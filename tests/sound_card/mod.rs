//! The virtual sound card of `tests/sound_card.sh`: outputs that come and go, a server that hangs or ends.
//!
//! In: what shall happen to it. Out: nothing but that. Keeps what has to be put right when a test ends.

use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// One test at a time has the sound card. Fails, and does not skip, without one.
pub fn sound_card() -> MutexGuard<'static, ()> {
    static CARD: Mutex<()> = Mutex::new(());
    assert!(
        std::env::var_os("UNDERTONE_SOUND_CARD").is_some(),
        "run it as: bash tests/sound_card.sh cargo test --release --test live --test monitor"
    );
    CARD.lock().unwrap_or_else(PoisonError::into_inner)
}

pub fn pactl(arguments: &[&str]) -> String {
    let output = Command::new("pactl").args(arguments).output().expect("pactl is installed");
    assert!(output.status.success(), "pactl {arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// An output that can be unplugged; it is heard as `pulseaudio:extra.monitor`.
pub struct Extra {
    module: Option<String>,
}

impl Extra {
    pub fn plugged_in() -> Extra {
        let mut extra = Extra { module: None };
        extra.plug_in();
        extra
    }

    pub fn plug_in(&mut self) {
        let module = pactl(&["load-module", "module-null-sink", "sink_name=extra", "norewinds=1"]);
        self.module = Some(module.trim().to_owned());
    }

    pub fn unplug(&mut self) {
        if let Some(module) = self.module.take() {
            pactl(&["unload-module", &module]);
        }
    }
}

impl Drop for Extra {
    fn drop(&mut self) {
        if let Some(module) = self.module.take() {
            let _ = Command::new("pactl").args(["unload-module", &module]).output();
        }
    }
}

/// Sends the sound server a signal, as `-STOP`.
pub fn signal_server(signal: &str) {
    let folder = std::env::var("PULSE_RUNTIME_PATH").expect("set by sound_card.sh");
    let pid = std::fs::read_to_string(Path::new(&folder).join("pid")).unwrap();
    assert!(Command::new("kill").args([signal, pid.trim()]).status().unwrap().success());
}

/// A sound server that was killed; it is started again at the latest when this is dropped.
pub struct Killed {
    is_down: bool,
}

impl Killed {
    pub fn new() -> Killed {
        signal_server("-KILL");
        Killed { is_down: true }
    }

    pub fn start_again(&mut self) {
        self.is_down = false;
        // A function that sound_card.sh exports.
        let started = Command::new("bash").args(["-c", "start_server"]).status().unwrap();
        assert!(started.success(), "PulseAudio did not start again");
    }
}

impl Drop for Killed {
    fn drop(&mut self) {
        if self.is_down {
            self.start_again();
        }
    }
}

/// Waits until something is so, and says how long that took.
#[track_caller]
pub fn wait_until(what: &str, limit: Duration, mut is_so: impl FnMut() -> bool) -> Duration {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < limit, "{what} not within {limit:?}");
        sleep(Duration::from_millis(5));
    }
    begun.elapsed()
}
