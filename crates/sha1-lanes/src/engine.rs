//! The ways of hashing, and which of them this processor can run.

use std::fmt;

use crate::blocks::Blocks;
use crate::state::Digest;
use crate::{portable, schedule};

#[cfg(target_arch = "x86_64")]
use crate::x86::{Avx2, Avx512, ShaNi};

/// A way of hashing that this processor can run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Engine(Kind);

/// The value in a variant exists only on a processor that has the instructions.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Portable,
    #[cfg(target_arch = "x86_64")]
    ShaNi(ShaNi),
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
}

impl Engine {
    /// The one that every processor can run.
    pub fn portable() -> Self {
        Self(Kind::Portable)
    }

    /// All that this processor can run. The first is the [portable](Self::portable) one; the order says nothing of speed.
    pub fn available() -> impl Iterator<Item = Self> {
        let portable = std::iter::once(Kind::Portable);
        #[cfg(target_arch = "x86_64")]
        let kinds = portable
            .chain(ShaNi::detect().map(Kind::ShaNi))
            .chain(Avx2::detect().map(Kind::Avx2))
            .chain(Avx512::detect().map(Kind::Avx512));
        #[cfg(not(target_arch = "x86_64"))]
        let kinds = portable;
        kinds.map(Self)
    }

    /// Its name: the instructions and the number of lanes.
    pub fn name(&self) -> &'static str {
        match self.0 {
            Kind::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Kind::ShaNi(_) => "SHA-NI x4",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2(_) => "AVX2 x8",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512(_) => "AVX-512 x16",
        }
    }

    /// Hashes each message; the digests take the place of what `digests` held, in the order of the messages.
    pub fn hash(&self, messages: &Blocks, digests: &mut Vec<Digest>) {
        match self.0 {
            Kind::Portable => schedule::run(messages, digests, |state, blocks| {
                portable::compress(state, blocks);
            }),
            #[cfg(target_arch = "x86_64")]
            Kind::ShaNi(engine) => {
                schedule::run(messages, digests, |state, blocks| engine.compress(state, blocks));
            }
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2(engine) => {
                schedule::run(messages, digests, |state, blocks| engine.compress(state, blocks));
            }
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512(engine) => {
                schedule::run(messages, digests, |state, blocks| engine.compress(state, blocks));
            }
        }
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Engine({})", self.name())
    }
}
