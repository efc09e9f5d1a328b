//! Tells the linker how to make the program smaller.

use std::process::Command;

/// From this version on the C library reads packed relocations.
const READS_PACKED: (u32, u32) = (2, 36);

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let [target, host] = ["TARGET", "HOST"].map(|name| std::env::var(name).unwrap_or_default());
    // There the compiler brings its own linker (LLD), which can do it.
    if target != "x86_64-unknown-linux-gnu" {
        return;
    }
    // Functions of the same code are kept once: generated kernels have many of them.
    println!("cargo::rustc-link-arg-bins=-Wl,--icf=all");
    // 220,000 addresses that are set at each start, mostly of generated kernels nobody calls: packed they are
    // 5 MB less in the file, and 7 MB less in memory.
    if host == target && c_library().is_some_and(|version| version >= READS_PACKED) {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

/// The version of this machine's GNU C library, which the program then needs wherever it runs.
fn c_library() -> Option<(u32, u32)> {
    let told = Command::new("getconf").arg("GNU_LIBC_VERSION").output().ok()?;
    let text = String::from_utf8(told.stdout).ok()?;
    let (major, minor) = text.trim().strip_prefix("glibc ")?.split_once('.')?;
    Some((major.parse().ok()?, minor.split('.').next()?.parse().ok()?))
}
