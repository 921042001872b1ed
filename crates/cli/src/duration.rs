//! How long a signature is to hold, as a person writes it: `300`, `300s`, `15m`, `2h`, `7d`.

use cospass_protocol::Expires;

const FORM: &str = "give seconds (300), or a number with s, m, h or d (15m, 2h, 7d)";

/// Reads `--expires`. Zero, negative and over-long values are refused where the time is known.
pub(crate) fn parse_expires(text: &str) -> Result<Expires, String> {
    let (number, unit) = match text.char_indices().last() {
        Some((at, 's')) => (text.get(..at), 1),
        Some((at, 'm')) => (text.get(..at), 60),
        Some((at, 'h')) => (text.get(..at), 60 * 60),
        Some((at, 'd')) => (text.get(..at), 24 * 60 * 60),
        _ => (Some(text), 1),
    };
    let number = number.unwrap_or_default();
    let digits = number.strip_prefix('-').unwrap_or(number);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("it is not a length of time; {FORM}"));
    }
    let seconds = number.parse::<i128>().ok().and_then(|number| number.checked_mul(unit));
    seconds.map(Expires::from).ok_or_else(|| format!("it is too long a time; {FORM}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_is_read() {
        for (text, seconds) in [
            ("300", 300),
            ("300s", 300),
            ("15m", 900),
            ("2h", 7200),
            ("7d", 604_800),
            ("0", 0),
            ("-5", -5),
        ] {
            assert_eq!(parse_expires(text), Ok(Expires::from(seconds)), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused_with_the_form() {
        for text in ["", "s", "5w", "1.5h", "+5", "5 m", "m5", "५", "1h30m", "--5"] {
            assert!(parse_expires(text).unwrap_err().contains("15m, 2h, 7d"), "{text}");
        }
    }

    #[test]
    fn a_number_over_every_bound_is_refused() {
        let text = format!("{}d", i128::MAX);
        assert!(parse_expires(&text).unwrap_err().contains("too long"));
    }
}
