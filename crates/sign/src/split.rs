//! Where a text is cut: at the first mark, found many bytes at a time.

/// What stands before the first `mark`, and what behind it, if there is one. Many bytes are compared at once: first whether the
/// mark is among thirty-two, without a branch, then in which of eight it is.
pub(crate) fn split_at(text: &[u8], mark: u8) -> (&[u8], Option<&[u8]>) {
    const PIECE: usize = 32;
    let has_mark =
        |piece: &[u8; PIECE]| piece.iter().fold(false, |found, &byte| found | (byte == mark));
    let pieces = text.as_chunks().0;
    let without = pieces.iter().position(has_mark).unwrap_or(pieces.len()) * PIECE;
    let near = text.get(without..).unwrap_or_default();
    match position_near(near, mark) {
        Some(place) => {
            let (before, behind) = text.split_at(without + place);
            (before, behind.get(1..))
        }
        None => (text, None),
    }
}

/// The place of the first `mark`, which is not far.
fn position_near(text: &[u8], mark: u8) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let (words, rest) = text.as_chunks();
    // The lowest byte that is zero is the first whose subtraction borrows.
    let found = words.iter().enumerate().find_map(|(number, word)| {
        let differs = u64::from_le_bytes(*word) ^ (ONES * u64::from(mark));
        let zeros = differs.wrapping_sub(ONES) & !differs & (ONES << 7);
        (zeros != 0).then(|| number * 8 + zeros.trailing_zeros() as usize / 8)
    });
    let in_rest =
        || rest.iter().position(|&byte| byte == mark).map(|place| words.len() * 8 + place);
    found.or_else(in_rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_split_at_the_first_mark_wherever_it_is() {
        for length in 0..140 {
            let text: Vec<u8> = (0..length).map(|place| b'%' + 2 * (place % 8)).collect();
            for (place, &mark) in text.iter().enumerate().take(8) {
                let behind = text.get(place + 1..);
                assert_eq!(split_at(&text, mark), (&text[..place], behind));
            }
            assert_eq!(split_at(&text, b'&'), (&text[..], None));
            let far = [&text[..], b"&b&"].concat();
            assert_eq!(split_at(&far, b'&'), (&text[..], Some(&b"b&"[..])));
        }
    }
}
