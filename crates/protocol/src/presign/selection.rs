//! Which names are signed: the official list and every parameter, or exactly what the caller lists.

use cospass_sign::is_official_header;

use super::{PresignError, PresignRequest};

/// Names and values, raw.
pub(super) type Pairs<'a> = Vec<(&'a str, &'a str)>;

/// The parameters to sign, from all those of the URL.
pub(super) fn select_params<'a>(
    request: &PresignRequest<'_>,
    params: &[(&'a str, &'a str)],
    selected: &mut Pairs<'a>,
) -> Result<(), PresignError> {
    if let Some(name) = given_twice(params) {
        return Err(PresignError::ParamTwice { name: name.to_owned() });
    }
    let Some(names) = request.signed_params else {
        selected.extend_from_slice(params);
        return Ok(());
    };
    if let Some(name) = names.iter().find(|name| !is_given(name, params)) {
        return Err(PresignError::SignedParamMissing { name: (*name).to_owned() });
    }
    selected.extend(params.iter().filter(|(name, _)| is_among(name, names)));
    Ok(())
}

/// The headers to sign, from the caller's, the host of the URL and the token.
pub(super) fn select_headers<'a>(
    request: &PresignRequest<'a>,
    host: &'a str,
    token: Option<(&'a str, &'a str)>,
    selected: &mut Pairs<'a>,
) -> Result<(), PresignError> {
    let host_given = is_given("host", request.headers);
    let host = Some(("host", host)).filter(|_| request.sign_host && !host_given);
    let candidates = request.headers.iter().copied().chain(host).chain(token);
    match request.signed_headers {
        None => selected.extend(candidates.filter(|(name, _)| is_official_header(name))),
        Some(names) => selected.extend(candidates.filter(|(name, _)| is_among(name, names))),
    }
    if let Some(name) = given_twice(selected) {
        return Err(PresignError::HeaderTwice { name: name.to_owned() });
    }
    let mut names = request.signed_headers.unwrap_or_default().iter();
    match names.find(|name| !is_given(name, selected)) {
        Some(name) => Err(PresignError::SignedHeaderMissing { name: (*name).to_owned() }),
        None => Ok(()),
    }
}

pub(super) fn is_given(name: &str, pairs: &[(&str, &str)]) -> bool {
    pairs.iter().any(|(given, _)| given.eq_ignore_ascii_case(name))
}

fn is_among(name: &str, names: &[&str]) -> bool {
    names.iter().any(|other| other.eq_ignore_ascii_case(name))
}

/// The first name that an earlier one equals, upper and lower case being one.
fn given_twice<'a>(pairs: &[(&'a str, &'a str)]) -> Option<&'a str> {
    pairs.iter().enumerate().find_map(|(position, (name, _))| {
        let mut earlier = pairs.iter().take(position);
        let twice = earlier.any(|(other, _)| name.eq_ignore_ascii_case(other));
        twice.then_some(*name)
    })
}
