//! The intrinsics of x86-64, each set behind a type that exists only where the processor has it.
//!
//! This is the one place of the project that is allowed `unsafe`, for two things:
//!
//! - a function is called that is compiled for instructions which the processor may lack. Each type here is made by its
//!   `detect` alone, which asks the processor; who has the value may use the instructions.
//! - a register is filled from, or written to, an array of its own size, through a pointer to that array.

mod avx2;
mod avx512;
mod sha_ni;

pub(crate) use avx2::Avx2;
pub(crate) use avx512::Avx512;
pub(crate) use sha_ni::ShaNi;
