//! The steps of SHA-1, written once for words of any width.

/// One of the eighty steps of FIPS 180-4 §6.1.2 over vectors, for functions of these names in scope: `add`, `xor`,
/// `rotate` (by a constant), `choice`, `parity`, `majority`, `splat`.
///
/// The five words do not move: what is `a` in one step is `b` in the next, and so stands where it stood.
macro_rules! steps {
    ($state:ident, $words:ident, $f:ident, $k:literal, $($t:literal)*) => {
        let k = splat($k);
        $({
            const T: usize = $t;
            const A: usize = (80 - T) % 5;
            const B: usize = (81 - T) % 5;
            const C: usize = (82 - T) % 5;
            const D: usize = (83 - T) % 5;
            const E: usize = (84 - T) % 5;
            if T >= 16 {
                let mixed = parity($words[(T + 13) % 16], $words[(T + 8) % 16], $words[(T + 2) % 16]);
                $words[T % 16] = rotate::<1, 31>(xor(mixed, $words[T % 16]));
            }
            let mixed = $f($state[B], $state[C], $state[D]);
            let sum = add(add($state[E], k), $words[T % 16]);
            $state[E] = add(rotate::<5, 27>($state[A]), add(mixed, sum));
            $state[B] = rotate::<30, 2>($state[B]);
        })*
    };
}
pub(crate) use steps;

/// All of them.
macro_rules! eighty_steps {
    ($state:ident, $words:ident) => {
        steps!($state, $words, choice, 0x5a82_7999, 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19);
        steps!($state, $words, parity, 0x6ed9_eba1, 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39);
        steps!($state, $words, majority, 0x8f1b_bcdc, 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59);
        steps!($state, $words, parity, 0xca62_c1d6, 60 61 62 63 64 65 66 67 68 69 70 71 72 73 74 75 76 77 78 79);
    };
}
pub(crate) use eighty_steps;
