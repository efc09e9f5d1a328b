//! A real terminal with the program in it.

use crate::sound_card::wait_until;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

/// A terminal (tmux) with one command in it.
pub struct Terminal {
    socket: PathBuf,
}

impl Terminal {
    pub fn tmux(&self, arguments: &[&str]) -> String {
        let mut tmux = Command::new("tmux");
        tmux.env("LC_ALL", "C.UTF-8").env("TERM", "xterm").env_remove("TMUX");
        let output = tmux.args(["-u", "-f", "/dev/null", "-S"]).arg(&self.socket).args(arguments);
        let output = output.output().expect("tmux is installed");
        assert!(output.status.success(), "tmux {arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    pub fn running(command: &str, folder: &Path) -> Terminal {
        let terminal = Terminal { socket: folder.join("tmux") };
        terminal.tmux(&["new-session", "-d", "-x", "100", "-y", "30", command]);
        terminal
    }

    /// Presses these keys, as tmux calls them, one after the other.
    pub fn press(&self, keys: &[&str]) {
        for key in keys {
            self.tmux(&["send-keys", key]);
            sleep(Duration::from_millis(150));
        }
    }

    /// Whether the program still runs there: it was all that did.
    pub fn is_there(&self) -> bool {
        let mut tmux = Command::new("tmux");
        tmux.arg("-S").arg(&self.socket).arg("ls").output().unwrap().status.success()
    }

    /// Waits until all of these are on the screen; how long that took.
    #[track_caller]
    pub fn wait_for(&self, parts: &[&str], limit: Duration) -> Duration {
        wait_until(&format!("{parts:?} on the screen"), limit, || {
            let screen = self.screen();
            parts.iter().all(|part| screen.contains(part))
        })
    }

    pub fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p"])
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = Command::new("tmux").arg("-S").arg(&self.socket).arg("kill-server").output();
    }
}
