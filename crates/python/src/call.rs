//! What one call asks to be signed, taken out of Python's values before anything is computed.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyMapping, PyString};

use cospass_sign::is_official_header;

use crate::refusal::Refusal;
use crate::text::{bytes_of, type_name};

/// Names and values, as bytes, in the caller's order.
pub(crate) type Pairs<'py> = Vec<(Bound<'py, PyBytes>, Bound<'py, PyBytes>)>;

/// One of them, borrowed.
pub(crate) type Pair<'a> = (&'a [u8], &'a [u8]);

/// The same pairs, borrowed.
pub(crate) fn borrowed<'a>(pairs: &'a Pairs<'_>) -> Vec<Pair<'a>> {
    pairs.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect()
}

/// Parameters: any mapping, names and values of any type.
pub(crate) fn params_of<'py>(params: Option<&Bound<'py, PyAny>>) -> Result<Pairs<'py>, Refusal> {
    let mut pairs = Pairs::new();
    each_item(params, "Params", |name, value| {
        pairs.push((bytes_of(&name)?, bytes_of(&value)?));
        Ok(())
    })?;
    Ok(pairs)
}

/// The headers that are signed (`filter_headers`).
pub(crate) fn headers_of<'py>(headers: Option<&Bound<'py, PyAny>>) -> Result<Pairs<'py>, Refusal> {
    let is_signed = |name: &Bound<'_, PyBytes>| {
        std::str::from_utf8(name.as_bytes()).is_ok_and(is_official_header)
    };
    headers_where(headers, is_signed)
}

/// All headers.
pub(crate) fn every_header_of<'py>(
    headers: Option<&Bound<'py, PyAny>>,
) -> Result<Pairs<'py>, Refusal> {
    headers_where(headers, |_| true)
}

fn headers_where<'py>(
    headers: Option<&Bound<'py, PyAny>>,
    wanted: impl Fn(&Bound<'py, PyBytes>) -> bool,
) -> Result<Pairs<'py>, Refusal> {
    let mut pairs = Pairs::new();
    each_item(headers, "Headers", |name, value| {
        if !name.is_instance_of::<PyString>() {
            return Err(Refusal::HeaderName { found: type_name(&name) });
        }
        let name = bytes_of(&name)?;
        if wanted(&name) {
            pairs.push((name, bytes_of(&value)?));
        }
        Ok(())
    })?;
    Ok(pairs)
}

/// Calls `take` for the items of a mapping; one that is empty, or false like `None`, has none. The items are listed
/// first: what is called for a value may change the mapping.
fn each_item<'py>(
    mapping: Option<&Bound<'py, PyAny>>,
    what: &'static str,
    mut take: impl FnMut(Bound<'py, PyAny>, Bound<'py, PyAny>) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let Some(mapping) = mapping else { return Ok(()) };
    if let Ok(dict) = mapping.cast_exact::<PyDict>() {
        if dict.is_empty() {
            return Ok(());
        }
        let items: Vec<_> = dict.iter().collect();
        return items.into_iter().try_for_each(|(name, value)| take(name, value));
    }
    if !mapping.is_truthy()? {
        return Ok(());
    }
    let not_mapping = || Refusal::NotMapping { what, found: type_name(mapping) };
    let items = mapping.cast::<PyMapping>().map_err(|_| not_mapping())?.items()?;
    for item in items.iter() {
        let (name, value) = item.extract()?;
        take(name, value)?;
    }
    Ok(())
}

/// Whether no two names are equal in lower case.
pub(crate) fn are_distinct(pairs: &[Pair<'_>]) -> bool {
    let mut rest = pairs;
    while let Some(((name, _), others)) = rest.split_first() {
        if others.iter().any(|(other, _)| other.eq_ignore_ascii_case(name)) {
            return false;
        }
        rest = others;
    }
    true
}

/// Keeps the last of the pairs whose names are equal in lower case, as the official SDK's dictionaries do.
pub(crate) fn keep_last(pairs: &mut Vec<Pair<'_>>) {
    let mut position = 0;
    while let Some((name, _)) = pairs.get(position) {
        let again =
            pairs.iter().skip(position + 1).any(|(other, _)| other.eq_ignore_ascii_case(name));
        if again {
            pairs.remove(position);
        } else {
            position += 1;
        }
    }
}
