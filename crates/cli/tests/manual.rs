//! Completions and manual pages, read by the programs that they are for where those are installed.
#![allow(clippy::unwrap_used, reason = "tests alone")]

mod support;

use std::process::Command;

use support::{bare, run, run_with};

/// Whether a program can be run here.
fn is_installed(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok()
}

#[test]
fn a_shell_completes_commands_and_options() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = run(bare().args(["completions", shell])).ends_with(0);
        assert!(script.stdout.contains("presign"), "{shell}: {script:?}");
    }
    run(bare().args(["completions", "tcsh"])).ends_with(2);
    if !is_installed("bash") {
        return;
    }
    let script = run(bare().args(["completions", "bash"])).ends_with(0).stdout;
    let ask = |words: &[&str]| {
        let line = words.join(" ");
        let last = words.len() - 1;
        let asked = format!(
            "{script}\nCOMP_WORDS=({line} '')\nCOMP_CWORD={}\n_cospass cospass '' {}\necho \"${{COMPREPLY[@]}}\"",
            last + 1,
            words[last],
        );
        run_with(Command::new("bash").arg("-s"), asked.as_bytes()).ends_with(0).stdout
    };
    assert!(ask(&["cospass"]).contains("presign"), "{}", ask(&["cospass"]));
    assert!(ask(&["cospass", "presign"]).contains("--expires"), "{}", ask(&["cospass", "presign"]));
}

#[test]
fn each_command_has_a_manual_page() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("man1");
    let told = run(bare().arg("man").arg(&pages)).ends_with(0);
    assert!(told.stdout.is_empty() && told.stderr.contains("man1"), "{told:?}");
    let read = |name: &str| std::fs::read_to_string(pages.join(name)).unwrap();
    assert!(read("cospass.1").contains("cospass\\-presign(1)"), "{}", read("cospass.1"));
    let help = run(bare().arg("--help")).ends_with(0).stdout;
    let listed = help.split("Commands:\n").nth(1).unwrap().lines();
    let names = listed.map_while(|line| line.split_whitespace().next());
    let mut count = 0;
    for name in names.filter(|name| *name != "help") {
        let page = read(&format!("cospass-{name}.1"));
        assert!(page.contains(&format!("cospass {name}").replace('-', "\\-")), "{page}");
        count += 1;
    }
    assert!(count > 15, "{help}");
    run(bare().args(["man", "/dev/null/pages"])).ends_with(1);
}
