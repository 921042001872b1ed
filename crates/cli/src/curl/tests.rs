use super::*;

fn read(text: &str) -> CurlRequest {
    parse_curl(text).unwrap()
}

fn method(text: &str) -> String {
    read(text).method
}

fn url(text: &str) -> String {
    read(text).url
}

fn header(text: &str, name: &str) -> Option<String> {
    let headers = read(text).headers;
    headers.into_iter().find(|(other, _)| other == name).map(|(_, value)| value)
}

#[test]
fn a_command_as_people_write_it() {
    let request = read(
        "curl -sSk -X PUT -T 'my file.txt' \\\n  -H 'Content-MD5: x==' --header \"Host: b\" \\\n  -o /dev/null 'https://a/k?q-ak=x&y=1;2'",
    );
    assert_eq!(
        (request.method.as_str(), request.url.as_str()),
        ("PUT", "https://a/k?q-ak=x&y=1;2")
    );
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(request.headers, [pair("Content-MD5", "x=="), pair("Host", "b")]);
}

#[test]
fn the_method_is_what_curl_would_choose() {
    for (text, expected) in [
        ("curl http://a/", "GET"),
        ("/usr/bin/curl -I http://a/", "HEAD"),
        ("curl -T x http://a/k", "PUT"),
        ("curl -d a=b http://a/", "POST"),
        ("curl -F a=b http://a/", "POST"),
        ("curl --json '{}' http://a/", "POST"),
        ("curl -G -d a=b http://a/", "GET"),
        ("curl -XDELETE -d a=b http://a/", "DELETE"),
        ("curl --request OPTIONS --head http://a/", "OPTIONS"),
    ] {
        assert_eq!(method(text), expected, "{text}");
    }
}

#[test]
fn the_url_is_what_curl_would_request() {
    for (text, expected) in [
        ("curl a.example/k", "http://a.example/k"),
        ("curl --url http://a/k -L", "http://a/k"),
        ("curl -- http://a/k", "http://a/k"),
        ("curl -G -d a=b -d 'c=d e' 'http://a/k?x'", "http://a/k?x&a=b&c=d e"),
        ("curl -G --data-urlencode 'p=a b/中' http://a/k", "http://a/k?p=a%20b%2F%E4%B8%AD"),
        ("curl --url-query 'p=a b' --url-query +x=%20 http://a/k#f", "http://a/k?p=a%20b&x=%20#f"),
        ("curl -T 'd/my file' http://a/x/", "http://a/x/my%20file"),
        ("curl -T f http://a", "http://a/f"),
        ("curl -T f 'http://a/?q-ak=1'", "http://a/?q-ak=1"),
        ("curl http://a/x/../y/./z", "http://a/y/z"),
        ("curl 'http://a/x/..?q=/../'", "http://a/?q=/../"),
        ("curl http://a/x/y/..", "http://a/x/"),
        ("curl --path-as-is http://a/x/../y", "http://a/x/../y"),
    ] {
        assert_eq!(url(text), expected, "{text}");
    }
}

#[test]
fn headers_that_curl_adds_for_a_body_are_told() {
    let form = "application/x-www-form-urlencoded";
    let post = "curl -d a=b -d c http://a/";
    assert_eq!(header(post, "Content-Type").as_deref(), Some(form));
    assert_eq!(header(post, "Content-Length").as_deref(), Some("5"));
    assert_eq!(header("curl --data-binary @f http://a/", "Content-Length"), None);
    assert_eq!(header("curl -d x -H 'content-type: a/b' http://a/", "Content-Type"), None);
    assert_eq!(header("curl -d x -H 'Content-Type:' http://a/", "Content-Type"), None);
    assert_eq!(header("curl -H 'X-Empty;' http://a/", "X-Empty").as_deref(), Some(""));
    assert_eq!(header("curl -r 0-9 http://a/", "Range").as_deref(), Some("bytes=0-9"));
    assert_eq!(header("curl -A me http://a/", "User-Agent").as_deref(), Some("me"));
    assert_eq!(
        header("curl --json '{}' http://a/", "Content-Type").as_deref(),
        Some("application/json")
    );
}

#[test]
fn each_command_that_cannot_be_read_has_its_own_cause() {
    for (text, cause) in [
        ("", "curl-not-curl"),
        ("wget http://a/", "curl-not-curl"),
        ("curl -s", "curl-url-missing"),
        ("curl http://a/ http://b/", "curl-several-urls"),
        ("curl --next http://a/", "curl-option"),
        ("curl -u me:hush http://a/", "curl-option"),
        ("curl http://a/ -H", "curl-value-missing"),
        ("curl http://a/ --request", "curl-value-missing"),
        ("curl -H @f http://a/", "curl-from-file"),
        ("curl -G --data-urlencode n@f http://a/", "curl-from-file"),
        ("curl -G -d @f http://a/", "curl-from-file"),
        ("curl http://a/?b&c", "curl-url-cut"),
        ("curl 'http://a/", "curl-words"),
    ] {
        assert_eq!(parse_curl(text).unwrap_err().cause(), cause, "{text}");
    }
}

#[test]
fn a_refused_option_is_named_without_its_value() {
    let refusal = parse_curl("curl -u me:hush http://a/").unwrap_err().to_string();
    assert!(refusal.contains("-u") && !refusal.contains("hush"));
}
