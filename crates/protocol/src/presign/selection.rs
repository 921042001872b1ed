//! Which names are signed: the official list and every parameter, or exactly what the caller lists.

use std::collections::BTreeSet;

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
    let listed = Names::new(names.iter().copied());
    selected.extend(params.iter().filter(|(name, _)| listed.contain(name)));
    match first_missing(names, selected) {
        Some(name) => Err(PresignError::SignedParamMissing { name: name.to_owned() }),
        None => Ok(()),
    }
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
        Some(names) => {
            let listed = Names::new(names.iter().copied());
            selected.extend(candidates.filter(|(name, _)| listed.contain(name)));
        }
    }
    if let Some(name) = given_twice(selected) {
        return Err(PresignError::HeaderTwice { name: name.to_owned() });
    }
    match first_missing(request.signed_headers.unwrap_or_default(), selected) {
        Some(name) => Err(PresignError::SignedHeaderMissing { name: name.to_owned() }),
        None => Ok(()),
    }
}

pub(super) fn is_given(name: &str, pairs: &[(&str, &str)]) -> bool {
    pairs.iter().any(|(given, _)| given.eq_ignore_ascii_case(name))
}

/// The first name that is listed and not among the pairs.
fn first_missing<'a>(listed: &[&'a str], pairs: &[(&str, &str)]) -> Option<&'a str> {
    let given = Names::new(pairs.iter().map(|(name, _)| *name));
    listed.iter().copied().find(|name| !given.contain(name))
}

/// The first name that an earlier one equals, upper and lower case being one.
fn given_twice<'a>(pairs: &[(&'a str, &'a str)]) -> Option<&'a str> {
    let mut names = pairs.iter().map(|(name, _)| *name);
    if pairs.len() > FEW {
        let mut seen = BTreeSet::new();
        return names.find(|name| !seen.insert(name.to_ascii_lowercase()));
    }
    let is_earlier = |position: usize, name: &str| {
        pairs.iter().take(position).any(|(other, _)| other.eq_ignore_ascii_case(name))
    };
    names.enumerate().find_map(|(position, name)| is_earlier(position, name).then_some(name))
}

/// Names to look others up in, upper and lower case being one.
enum Names<I> {
    Few(I),
    Many(BTreeSet<String>),
}

/// Up to so many names are compared one by one, without an allocation.
const FEW: usize = 64;

impl<'a, I: ExactSizeIterator<Item = &'a str> + Clone> Names<I> {
    fn new(names: I) -> Self {
        if names.len() <= FEW {
            Self::Few(names)
        } else {
            Self::Many(names.map(str::to_ascii_lowercase).collect())
        }
    }

    fn contain(&self, name: &str) -> bool {
        match self {
            Self::Few(names) => names.clone().any(|other| other.eq_ignore_ascii_case(name)),
            Self::Many(names) => names.contains(&name.to_ascii_lowercase()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_names_are_looked_up_like_few() {
        for count in [2, FEW, FEW + 1, 1000] {
            let mut names: Vec<String> = (0..count).map(|n| format!("name-{n}")).collect();
            let twice = |names: &[String]| {
                let pairs: Vec<_> = names.iter().map(|name| (name.as_str(), "")).collect();
                given_twice(&pairs).map(str::to_owned)
            };
            assert_eq!(twice(&names), None);
            let listed = Names::new(names.iter().map(String::as_str));
            assert!(listed.contain("NAME-1") && !listed.contain("name"));
            names.push("Name-0".to_owned());
            assert_eq!(twice(&names), Some("Name-0".to_owned()));
        }
    }
}
