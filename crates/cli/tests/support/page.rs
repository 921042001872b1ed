//! Pages of the documentation, whose commands are run as they stand there.
#![allow(dead_code, reason = "each test file uses its part")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Stands before what each command says.
const MARK: &str = "@@command ";

/// A command of a page.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) command: String,
    pub(crate) exit_code: i32,
    /// What it says, standard error included; `…` stands for anything, on a line of its own for any lines.
    said: Vec<String>,
}

impl Step {
    fn goes_on(&self) -> bool {
        self.said.is_empty() && self.command.ends_with('\\')
    }
}

/// The commands of a page's blocks `console`. A line that ends with a backslash goes on in the next.
pub(crate) fn steps(page: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut is_inside = false;
    for line in page.lines() {
        match (is_inside, line) {
            (false, "```console") => is_inside = true,
            (true, "```") => is_inside = false,
            (true, line) if steps.last().is_some_and(Step::goes_on) => {
                let last = steps.last_mut().unwrap();
                last.command += &format!("\n{line}");
            }
            (true, line) => match line.strip_prefix("$ ") {
                Some(command) => {
                    let (command, code) =
                        command.split_once(" # exit code ").unwrap_or((command, "0"));
                    let exit_code = code.parse().unwrap();
                    steps.push(Step { command: command.to_owned(), exit_code, said: Vec::new() });
                }
                // Commands of root stand before `#`, and are none of ours.
                None => {
                    if let Some(last) = steps.last_mut() {
                        last.said.push(line.to_owned());
                    }
                }
            },
            (false, _) => {}
        }
    }
    steps
}

/// Whether a line is what the page says, with `…` for anything.
fn is_alike(line: &str, told: &str) -> bool {
    let mut pieces = told.split('…');
    let Some(mut rest) = line.strip_prefix(pieces.next().unwrap_or_default()) else { return false };
    let mut last_is_end = true;
    for piece in pieces {
        last_is_end = piece.is_empty();
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.is_empty() || (told.contains('…') && last_is_end)
}

/// Whether lines are what the page says.
fn are_alike(lines: &[&str], told: &[String]) -> bool {
    match (lines.split_first(), told.split_first()) {
        (None, None) => true,
        (_, Some((any, rest))) if any == "…" => {
            are_alike(lines, rest)
                || lines.split_first().is_some_and(|(_, lines)| are_alike(lines, told))
        }
        (Some((line, lines)), Some((one, told))) => is_alike(line, one) && are_alike(lines, told),
        _ => false,
    }
}

/// The text of a page, by its path from the root of the project.
pub(crate) fn text_of(page: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(page);
    std::fs::read_to_string(path).unwrap()
}

/// A shell in a folder, which finds the command under test, and nothing of the surroundings.
pub(crate) fn shell(folder: &Path, script: &str) -> Command {
    let bin = PathBuf::from(env!("CARGO_BIN_EXE_cospass"));
    let path = format!("{}:{}", bin.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let mut command = Command::new("bash");
    command
        .args(["-c", script])
        .current_dir(folder)
        .env_clear()
        .env("PATH", path)
        .env("HOME", folder)
        .env("COSPASS_METADATA_ENDPOINT", "")
        .stdin(Stdio::null());
    command
}

/// Whether the shell itself says that a job of its own has ended, `[1]+  Done …`, which it does if it sees it in time.
fn is_of_shell(line: &str) -> bool {
    let number = line.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    number.is_some_and(|(number, rest)| {
        number.parse::<u32>().is_ok() && rest.trim_start_matches(['+', '-']).starts_with("  Done")
    })
}

/// Runs the commands in one shell, and compares what they say and how they end with what the page says.
pub(crate) fn follow(folder: &Path, steps: &[Step]) {
    let mut script = "exec 2>&1; set -m\n".to_owned();
    for step in steps {
        script += &format!("{}\necho \"{MARK}$?\"\n", step.command);
    }
    let ran = shell(folder, &script).output().unwrap();
    let text = String::from_utf8(ran.stdout).unwrap();
    let mut said = Vec::new();
    let mut lines = text.lines().filter(|line| !is_of_shell(line));
    for step in steps {
        let before = said.len();
        let mut code = None;
        for line in lines.by_ref() {
            match line.strip_prefix(MARK) {
                Some(number) => {
                    code = number.parse::<i32>().ok();
                    break;
                }
                None => said.push(line),
            }
        }
        assert_eq!(code, Some(step.exit_code), "{step:?}\n{text}");
        assert!(are_alike(&said[before..], &step.said), "{step:#?}\n{text}");
    }
}

#[test]
fn what_the_shell_says_of_its_jobs_is_known() {
    assert!(is_of_shell("[1]+  Done                    cospass serve --in-memory"));
    for line in ["[1]", "[1]+  Exit 1   cospass serve", "[a]  Done", "allowed", "[]"] {
        assert!(!is_of_shell(line), "{line}");
    }
}

#[test]
fn an_ellipsis_is_anything_and_nothing_else_is() {
    let told = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
    assert!(are_alike(&["a b c"], &told(&["a … c"])) && are_alike(&["a b"], &told(&["a…"])));
    assert!(are_alike(&["x", "y", "z"], &told(&["…", "z"])) && are_alike(&[], &told(&["…"])));
    for (lines, expected) in [
        (&["a b"][..], &["a"][..]),
        (&["a"], &["a b"]),
        (&["a", "b"], &["a"]),
        (&[], &["a"]),
        (&["a c d"], &["a … c"]),
    ] {
        assert!(!are_alike(lines, &told(expected)), "{lines:?} {expected:?}");
    }
}
