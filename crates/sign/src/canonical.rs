//! The one canonicalisation: what is signed, verified and explained comes from here.
//!
//! COS document 436/7778:
//!
//! ```text
//! HttpString   = lower(method) \n decoded path \n params \n headers \n
//! params       = join("&", lower(enc(name)) "=" enc(value)), sorted by lower(enc(name))
//! headers      = the same over the signed headers
//! StringToSign = sha1 \n sign time \n hex(SHA1(HttpString)) \n
//! ```
//!
//! The [`Form`] names the two ways in which official SDKs leave the rule: how a name is written and
//! by what the list is sorted. [`Form::RULE`] is the rule.

use std::cmp::Ordering;

use sha1_lanes::{State, hex};

use crate::percent;

/// How names enter the canonical text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum NameForm {
    /// `lower(enc(name))`, `a/B` as `a%2fb`: the rule.
    EncodedLower,
    /// `enc(lower(name))`, `a/B` as `a%2Fb`: the iOS SDK.
    LowerEncoded,
    /// `lower(name)`, `a/B` as `a/b`: requests of the .NET SDK.
    Unencoded,
}

/// By what a list is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Order {
    /// By `lower(enc(name))`: the rule.
    Encoded,
    /// By `lower(name)`: the Node family (`util.js` `getObjectKeys`), C and iOS.
    Raw,
}

/// How a list of names and values is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Form {
    pub(crate) names: NameForm,
    pub(crate) order: Order,
}

impl Form {
    pub(crate) const RULE: Self = Self { names: NameForm::EncodedLower, order: Order::Encoded };
}

/// The canonical text of one request, in buffers that are used again for the next.
///
/// Signing many requests with one `Canonical` allocates nothing once the buffers have grown.
#[derive(Debug, Default)]
pub struct Canonical {
    http_string: Vec<u8>,
    param_list: Vec<u8>,
    header_list: Vec<u8>,
    /// Positions in the list that is being written, in its order.
    order: Vec<usize>,
}

impl Canonical {
    /// Empty buffers, the first one with room for an ordinary request.
    pub fn new() -> Self {
        Self { http_string: Vec::with_capacity(256), ..Self::default() }
    }

    /// The `HttpString`; the service calls it `FormatString` in its error documents. Raw bytes: the
    /// path stands in it decoded.
    pub fn http_string(&self) -> &[u8] {
        &self.http_string
    }

    /// The value of `q-url-param-list`.
    pub fn param_list(&self) -> &str {
        list_text(&self.param_list)
    }

    /// The value of `q-header-list`.
    pub fn header_list(&self) -> &str {
        list_text(&self.header_list)
    }

    /// Makes the canonical text of a request by the rule.
    ///
    /// `path` is decoded and begins with `/`; `params` and `headers` are those to be signed, decoded,
    /// names in any case, in any order.
    ///
    /// ```
    /// use cospass_sign::Canonical;
    ///
    /// let mut canonical = Canonical::new();
    /// canonical.write("PUT", b"/a b", &[("acl", "")], &[("Host", "h")]);
    /// assert_eq!(canonical.http_string(), b"put\n/a b\nacl=\nhost=h\n");
    /// assert_eq!((canonical.param_list(), canonical.header_list()), ("acl", "host"));
    /// ```
    pub fn write<PN, PV, HN, HV>(
        &mut self,
        method: &str,
        path: &[u8],
        params: &[(PN, PV)],
        headers: &[(HN, HV)],
    ) where
        PN: AsRef<[u8]>,
        PV: AsRef<[u8]>,
        HN: AsRef<[u8]>,
        HV: AsRef<[u8]>,
    {
        self.write_in(Form::RULE, method, path, params, headers);
    }

    /// Like [`write`](Self::write), in a form that may leave the rule.
    pub(crate) fn write_in<PN, PV, HN, HV>(
        &mut self,
        form: Form,
        method: &str,
        path: &[u8],
        params: &[(PN, PV)],
        headers: &[(HN, HV)],
    ) where
        PN: AsRef<[u8]>,
        PV: AsRef<[u8]>,
        HN: AsRef<[u8]>,
        HV: AsRef<[u8]>,
    {
        let text = &mut self.http_string;
        text.clear();
        text.extend_from_slice(method.as_bytes());
        text.make_ascii_lowercase();
        text.push(b'\n');
        text.extend_from_slice(path);
        text.push(b'\n');
        write_list(form, params, &mut self.order, text, &mut self.param_list);
        text.push(b'\n');
        write_list(form, headers, &mut self.order, text, &mut self.header_list);
        text.push(b'\n');
    }

    /// The hash of the `HttpString` as it enters the `StringToSign`.
    pub(crate) fn http_string_hash(&self) -> [u8; 40] {
        hex(&State::INITIAL.hash(&self.http_string))
    }

    /// Appends the `StringToSign` of this text: `sha1`, the sign time as it stands in the signature,
    /// and the hash of the `HttpString`, each with its line end.
    pub fn write_string_to_sign(&self, sign_time: &str, out: &mut String) {
        out.push_str("sha1\n");
        out.push_str(sign_time);
        out.push('\n');
        out.push_str(std::str::from_utf8(&self.http_string_hash()).unwrap_or_default());
        out.push('\n');
    }
}

/// Appends the pairs to `text` in their order, and makes the list of their names.
fn write_list<N: AsRef<[u8]>, V: AsRef<[u8]>>(
    form: Form,
    pairs: &[(N, V)],
    order: &mut Vec<usize>,
    text: &mut Vec<u8>,
    list: &mut Vec<u8>,
) {
    list.clear();
    order.clear();
    order.extend(0..pairs.len());
    let name = |position: usize| pairs.get(position).map_or(&[][..], |(name, _)| name.as_ref());
    // Equal names keep the caller's order.
    order.sort_unstable_by(|&a, &b| form.order.compare(name(a), name(b)).then(a.cmp(&b)));
    let ordered = order.iter().filter_map(|&position| pairs.get(position));
    for (position, (name, value)) in ordered.enumerate() {
        if position > 0 {
            text.push(b'&');
            list.push(b';');
        }
        let start = text.len();
        write_name(text, form.names, name.as_ref());
        list.extend_from_slice(text.get(start..).unwrap_or_default());
        text.push(b'=');
        percent::encode_into(text, value.as_ref());
    }
}

impl Order {
    fn compare(self, a: &[u8], b: &[u8]) -> Ordering {
        match self {
            Self::Encoded => percent::cmp_lower_encoded(a, b),
            Self::Raw => {
                a.iter().map(u8::to_ascii_lowercase).cmp(b.iter().map(u8::to_ascii_lowercase))
            }
        }
    }
}

fn write_name(text: &mut Vec<u8>, form: NameForm, name: &[u8]) {
    match form {
        NameForm::EncodedLower => percent::encode_lower_into(text, name),
        NameForm::LowerEncoded => percent::encode_into(text, &name.to_ascii_lowercase()),
        NameForm::Unencoded => text.extend(name.iter().map(u8::to_ascii_lowercase)),
    }
}

/// Names are ASCII in the rule's form; only a deviating one can hold other bytes, and its list is
/// not read again.
fn list_text(list: &[u8]) -> &str {
    std::str::from_utf8(list).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    type Pairs<'a> = &'a [(&'a str, &'a str)];

    fn http_string(form: Form, params: Pairs<'_>, headers: Pairs<'_>) -> String {
        let mut canonical = Canonical::new();
        canonical.write_in(form, "GET", b"/k", params, headers);
        String::from_utf8(canonical.http_string().to_vec()).unwrap()
    }

    const AWKWARD: Pairs<'_> = &[("a-", "1"), ("a/", "2"), ("a0", "3"), ("a", "4"), ("aB", "5")];

    #[test]
    fn the_rule_sorts_by_the_encoded_name() {
        assert_eq!(http_string(Form::RULE, AWKWARD, &[]), "get\n/k\na=4&a%2f=2&a-=1&a0=3&ab=5\n\n");
    }

    #[test]
    fn the_raw_order_sorts_by_the_lower_name() {
        let form = Form { order: Order::Raw, ..Form::RULE };
        assert_eq!(http_string(form, AWKWARD, &[]), "get\n/k\na=4&a-=1&a%2f=2&a0=3&ab=5\n\n");
    }

    #[test]
    fn names_take_three_forms() {
        let with = |names| http_string(Form { names, ..Form::RULE }, &[("a/B", "c/d")], &[]);
        assert_eq!(with(NameForm::EncodedLower), "get\n/k\na%2fb=c%2Fd\n\n");
        assert_eq!(with(NameForm::LowerEncoded), "get\n/k\na%2Fb=c%2Fd\n\n");
        assert_eq!(with(NameForm::Unencoded), "get\n/k\na/b=c%2Fd\n\n");
    }

    #[test]
    fn equal_names_keep_their_order() {
        let pairs = [("foo", "2"), ("bar", ""), ("Foo", "1")];
        assert_eq!(http_string(Form::RULE, &pairs, &[]), "get\n/k\nbar=&foo=2&foo=1\n\n");
    }

    #[test]
    fn the_buffers_hold_nothing_of_the_request_before() {
        let mut canonical = Canonical::new();
        canonical.write("PUT", b"/long/path", &[("a", "b")], &[("host", "h")]);
        canonical.write::<&str, &str, &str, &str>("GET", b"/", &[], &[]);
        assert_eq!(canonical.http_string(), b"get\n/\n\n\n");
        assert_eq!((canonical.param_list(), canonical.header_list()), ("", ""));
    }

    /// The two canonical strings that the service printed with their hashes (issue PicGo#638 and
    /// document 436/7778's list of errors).
    #[test]
    fn the_service_hashes_the_same_text() {
        let mut canonical = Canonical::new();
        let host = [("host", "o2-1258123310.cos.ap-beijing.myqcloud.com")];
        let path = "/imagesresume-zh en_页面_1.png".as_bytes();
        canonical.write::<&str, &str, _, _>("PUT", path, &[], &host);
        let mut text = String::new();
        canonical.write_string_to_sign("1;2", &mut text);
        assert_eq!(text, "sha1\n1;2\nc7503b92a8581b3f3f68c8f7f64a8917b03a1a95\n");
    }
}
