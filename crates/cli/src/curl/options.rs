//! curl's options, as far as they matter: which take a value, and which change the request.

/// What an option does to the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing, without a value.
    Flag,
    /// Nothing, with a value.
    Value,
    Method,
    Header,
    /// The value of this header.
    HeaderNamed(&'static str),
    Range,
    Url,
    Head,
    Get,
    Form,
    Upload,
    Data,
    DataRaw,
    DataUrlEncoded,
    Json,
    UrlQuery,
    PathAsIs,
}

impl Kind {
    pub(super) fn takes_value(self) -> bool {
        !matches!(self, Kind::Flag | Kind::Head | Kind::Get | Kind::PathAsIs)
    }
}

/// An option of one letter.
pub(super) fn short(letter: char) -> Option<Kind> {
    Some(match letter {
        'X' => Kind::Method,
        'H' => Kind::Header,
        'I' => Kind::Head,
        'G' => Kind::Get,
        'T' => Kind::Upload,
        'd' => Kind::Data,
        'F' => Kind::Form,
        'r' => Kind::Range,
        'A' => Kind::HeaderNamed("User-Agent"),
        'e' => Kind::HeaderNamed("Referer"),
        'b' => Kind::HeaderNamed("Cookie"),
        '#' | '0' | '1' | '2' | '3' | '4' | '6' | 'a' | 'f' | 'g' | 'i' | 'j' | 'J' | 'k' | 'l'
        | 'L' | 'N' | 'O' | 'p' | 'q' | 'R' | 's' | 'S' | 'v' | 'Z' => Kind::Flag,
        'c' | 'C' | 'D' | 'E' | 'K' | 'm' | 'o' | 'P' | 'U' | 'w' | 'x' | 'y' | 'Y' | 'z' => {
            Kind::Value
        }
        _ => return None,
    })
}

/// An option with its name written out, two dashes included.
pub(super) fn long(option: &str) -> Option<Kind> {
    Some(match option.strip_prefix("--")? {
        "request" => Kind::Method,
        "header" => Kind::Header,
        "url" => Kind::Url,
        "head" => Kind::Head,
        "get" => Kind::Get,
        "upload-file" => Kind::Upload,
        "data" | "data-ascii" => Kind::Data,
        "data-raw" | "data-binary" => Kind::DataRaw,
        "data-urlencode" => Kind::DataUrlEncoded,
        "json" => Kind::Json,
        "url-query" => Kind::UrlQuery,
        "form" | "form-string" => Kind::Form,
        "range" => Kind::Range,
        "user-agent" => Kind::HeaderNamed("User-Agent"),
        "referer" => Kind::HeaderNamed("Referer"),
        "cookie" => Kind::HeaderNamed("Cookie"),
        "path-as-is" => Kind::PathAsIs,
        "anyauth"
        | "append"
        | "compressed"
        | "create-dirs"
        | "disable"
        | "fail"
        | "fail-early"
        | "fail-with-body"
        | "globoff"
        | "http0.9"
        | "http1.0"
        | "http1.1"
        | "http2"
        | "http2-prior-knowledge"
        | "http3"
        | "include"
        | "insecure"
        | "ipv4"
        | "ipv6"
        | "junk-session-cookies"
        | "location"
        | "no-buffer"
        | "no-clobber"
        | "no-keepalive"
        | "no-progress-meter"
        | "no-sessionid"
        | "parallel"
        | "progress-bar"
        | "proxytunnel"
        | "raw"
        | "remote-header-name"
        | "remote-name"
        | "remote-time"
        | "retry-all-errors"
        | "retry-connrefused"
        | "show-error"
        | "show-headers"
        | "silent"
        | "ssl"
        | "ssl-reqd"
        | "tcp-fastopen"
        | "tcp-nodelay"
        | "tlsv1"
        | "tlsv1.2"
        | "tlsv1.3"
        | "tr-encoding"
        | "trace-time"
        | "verbose" => Kind::Flag,
        "abstract-unix-socket"
        | "cacert"
        | "capath"
        | "cert"
        | "cert-type"
        | "ciphers"
        | "connect-timeout"
        | "connect-to"
        | "continue-at"
        | "cookie-jar"
        | "curves"
        | "dns-servers"
        | "doh-url"
        | "dump-header"
        | "etag-save"
        | "expect100-timeout"
        | "interface"
        | "keepalive-time"
        | "key"
        | "key-type"
        | "limit-rate"
        | "local-port"
        | "max-filesize"
        | "max-redirs"
        | "max-time"
        | "noproxy"
        | "output"
        | "output-dir"
        | "pinnedpubkey"
        | "preproxy"
        | "proxy"
        | "proxy-user"
        | "rate"
        | "resolve"
        | "retry"
        | "retry-delay"
        | "retry-max-time"
        | "socks5"
        | "socks5-hostname"
        | "speed-limit"
        | "speed-time"
        | "stderr"
        | "tls-max"
        | "trace"
        | "trace-ascii"
        | "unix-socket"
        | "write-out" => Kind::Value,
        _ => return None,
    })
}
