//! Words as a POSIX shell makes them from a command line, and quoting so that it leaves them alone.
//!
//! (POSIX.1-2017, Shell Command Language, §2.2 quoting and §2.3 token recognition; `$'…'` as bash and browsers write it.)

use std::iter::Peekable;
use std::str::Chars;

/// Why a text is not one command with plain words.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum WordsError {
    /// A quote that is not closed.
    OpenQuote(char),
    /// A variable or a command to substitute, which only the shell could tell.
    Substitution(String),
    /// `&`, `;` or the like outside quotes, where the shell ends the command.
    CutAt(char),
}

impl std::fmt::Display for WordsError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::OpenQuote(quote) => write!(f, "a {quote} is opened and never closed"),
            Self::Substitution(text) => write!(
                f,
                "{text} stands where the shell puts something else in its place; give the command with the value written \
                 out, or with single quotes around it"
            ),
            Self::CutAt(found) => write!(
                f,
                "a {found} stands outside quotes, and the shell ends the command there, so that the rest of the URL is \
                 lost; put the URL in single quotes"
            ),
        }
    }
}

/// Splits a command into its words. A pipe, a redirection or a line's end outside quotes ends the command.
pub(crate) fn words(text: &str) -> Result<Vec<String>, WordsError> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = text.trim().chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            ' ' | '\t' => words.extend(word.take()),
            '\n' | '\r' | '|' | '<' | '>' => break,
            '&' | ';' if chars.clone().all(char::is_whitespace) => break,
            '&' | ';' => return Err(WordsError::CutAt(char)),
            '\'' => single_quoted(&mut chars, word.get_or_insert_default())?,
            '"' => double_quoted(&mut chars, word.get_or_insert_default())?,
            '$' if chars.next_if_eq(&'\'').is_some() => {
                ansi_quoted(&mut chars, word.get_or_insert_default())?;
            }
            '\\' => match chars.next() {
                Some('\n') | None => {}
                Some('\r') if chars.next_if_eq(&'\n').is_some() => {}
                Some(escaped) => word.get_or_insert_default().push(escaped),
            },
            '$' | '`' => literal_dollar(char, &mut chars, word.get_or_insert_default())?,
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    Ok(words)
}

fn single_quoted(chars: &mut Peekable<Chars<'_>>, word: &mut String) -> Result<(), WordsError> {
    for char in chars {
        if char == '\'' {
            return Ok(());
        }
        word.push(char);
    }
    Err(WordsError::OpenQuote('\''))
}

fn double_quoted(chars: &mut Peekable<Chars<'_>>, word: &mut String) -> Result<(), WordsError> {
    while let Some(char) = chars.next() {
        match char {
            '"' => return Ok(()),
            '\\' => match chars.next() {
                Some('\n') => {}
                Some(escaped @ ('$' | '`' | '"' | '\\')) => word.push(escaped),
                Some(other) => word.extend(['\\', other]),
                None => break,
            },
            '$' | '`' => literal_dollar(char, chars, word)?,
            other => word.push(other),
        }
    }
    Err(WordsError::OpenQuote('"'))
}

/// A `$` that begins nothing is itself.
fn literal_dollar(
    char: char,
    chars: &mut Peekable<Chars<'_>>,
    word: &mut String,
) -> Result<(), WordsError> {
    let begins = |next: &char| next.is_ascii_alphanumeric() || "_{(@*#?$!-".contains(*next);
    if char == '$' && !chars.peek().is_some_and(begins) {
        word.push('$');
        return Ok(());
    }
    let is_name = |next: &char| next.is_ascii_alphanumeric() || "_{(".contains(*next);
    let rest: String = chars.clone().take_while(is_name).take(20).collect();
    Err(WordsError::Substitution(format!("{char}{rest}")))
}

fn ansi_quoted(chars: &mut Peekable<Chars<'_>>, word: &mut String) -> Result<(), WordsError> {
    while let Some(char) = chars.next() {
        match char {
            '\'' => return Ok(()),
            '\\' => match chars.next() {
                Some('n') => word.push('\n'),
                Some('r') => word.push('\r'),
                Some('t') => word.push('\t'),
                Some('x') => word.extend(code_point(chars, 2)),
                Some('u') => word.extend(code_point(chars, 4)),
                Some('U') => word.extend(code_point(chars, 8)),
                Some(escaped @ ('\\' | '\'' | '"' | '?')) => word.push(escaped),
                Some(other) => word.extend(['\\', other]),
                None => break,
            },
            other => word.push(other),
        }
    }
    Err(WordsError::OpenQuote('\''))
}

fn code_point(chars: &mut Peekable<Chars<'_>>, most: usize) -> Option<char> {
    let mut value = 0;
    for _ in 0..most {
        let Some(digit) = chars.peek().and_then(|char| char.to_digit(16)) else { break };
        value = value * 16 + digit;
        chars.next();
    }
    char::from_u32(value)
}

/// Quotes a word for a shell, if it needs it. Control characters are written out, so that a terminal shows the word and
/// does not obey it.
pub(crate) fn quote(word: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=,+@%".contains(&byte);
    if !word.is_empty() && word.bytes().all(is_plain) {
        return word.to_owned();
    }
    if !word.chars().any(char::is_control) {
        return format!("'{}'", word.replace('\'', r"'\''"));
    }
    let mut out = "$'".to_owned();
    for char in word.chars() {
        match char {
            '\\' | '\'' => out.extend(['\\', char]),
            '\n' => out.push_str("\\n"),
            char if char.is_ascii_control() => out.push_str(&format!("\\x{:02x}", u32::from(char))),
            char if char.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(char))),
            char => out.push(char),
        }
    }
    out + "'"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<String> {
        words(text).unwrap()
    }

    #[test]
    fn words_are_split_and_quotes_removed() {
        assert_eq!(split("curl  -H 'a: b' \"c d\"e f\\ g"), ["curl", "-H", "a: b", "c de", "f g"]);
        assert_eq!(split("a \\\n  b \\\r\n c\n"), ["a", "b", "c"]);
        assert_eq!(split(r#"'a'\''b' "\"\$\n""#), ["a'b", "\"$\\n"]);
        assert_eq!(split(r"$'a\'\n\x41\u4e2d' '' $"), ["a'\nA中", "", "$"]);
        assert_eq!(split("  "), Vec::<String>::new());
    }

    #[test]
    fn the_command_ends_at_a_pipe_a_redirection_or_a_trailing_separator() {
        for text in ["a b | jq .", "a b >f", "a b &", "a b; ", "a b\nc"] {
            assert_eq!(split(text), ["a", "b"], "{text}");
        }
    }

    #[test]
    fn a_url_without_quotes_is_cut() {
        assert_eq!(words("curl http://a/?b=c&d=e"), Err(WordsError::CutAt('&')));
        assert_eq!(words("curl http://a/?t=1;2"), Err(WordsError::CutAt(';')));
    }

    #[test]
    fn what_only_the_shell_knows_is_refused() {
        for text in ["curl $URL", "curl \"$URL\"", "curl ${URL}", "curl $(x)", "curl `x`"] {
            assert!(matches!(words(text), Err(WordsError::Substitution(_))), "{text}");
        }
        assert_eq!(split("'$URL'"), ["$URL"]);
    }

    #[test]
    fn open_quotes_are_refused() {
        for (text, quote) in [("'a", '\''), ("\"a", '"'), ("$'a", '\''), ("\"a\\", '"')] {
            assert_eq!(words(text), Err(WordsError::OpenQuote(quote)), "{text}");
        }
    }

    #[test]
    fn quoting_is_undone_by_splitting() {
        for word in [
            "a",
            "",
            "a b",
            "it's",
            "a&b;c",
            "$x",
            "中\n",
            "\\",
            "\"",
            "*",
            "~",
            "#",
            "\x1b[0m'\\1",
        ] {
            assert_eq!(split(&quote(word)), [word], "{word}");
        }
        assert_eq!(quote("http://a/b%20c"), "http://a/b%20c");
        assert_eq!(quote("\x1b\u{9b}'"), r"$'\x1b\u009b\''");
    }
}
