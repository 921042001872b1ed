//! SHA-1 (FIPS 180-4) of many short messages at once, each in a lane of its own.
//!
//! One message keeps a processor waiting for itself: each of the eighty steps needs the one before it. Several messages
//! side by side do not wait for each other. [`Blocks`] holds messages that are padded already, one after the other; an
//! [`Engine`] hashes them all, from a [`State`] that they share, so that HMAC needs nothing more than two such states.
//!
//! ```
//! use sha1_lanes::{Blocks, Engine, State};
//!
//! let mut messages = Blocks::new(&State::INITIAL);
//! for text in ["abc", ""] {
//!     messages.push(|out| out.extend_from_slice(text.as_bytes()));
//! }
//! let mut digests = Vec::new();
//! Engine::portable().hash(&messages, &mut digests);
//! assert_eq!(digests[0][..4], [0xa9, 0x99, 0x3e, 0x36]);
//! assert_eq!(digests[1][..4], [0xda, 0x39, 0xa3, 0xee]);
//! ```
//!
//! One message alone is hashed by [`State::hash`] and signed by an [`Hmac`], with no more than the compressions that it
//! needs and nothing between them.
//!
//! Which engine is the fastest differs from one processor to the next, and a crate without a clock cannot find out:
//! [`Engine::available`] lists those that this processor can run, for a caller who measures.
//!
//! SHA-1 is broken where collisions matter. It is here because HMAC-SHA1 is what Tencent Cloud COS signs with.

mod alike;
mod blocks;
mod engine;
mod hmac;
mod portable;
mod schedule;
mod single;
mod state;
mod steps;
#[cfg(target_arch = "x86_64")]
mod x86;

pub use alike::Alike;
pub use blocks::Blocks;
pub use engine::Engine;
pub use hmac::{HexMessage, Hmac, hex};
pub use state::{Digest, State};
