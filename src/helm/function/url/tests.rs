use std::rc::Rc;

use super::TABLE;
use crate::helm::eval::Evaluator;
use crate::helm::function::testing::{called, leaf, printed};
use crate::helm::origin::{OriginId, Origins};
use crate::helm::value::{Data, Value};

fn parts(url: &str) -> String {
    printed(TABLE, "urlParse", &[url.into()])
}

#[test]
fn urls_come_apart() {
    assert_eq!(
        parts("HTTPS://me:p%40s@db.example:5432/a%20b?x=1#top"),
        "map[fragment:top host:db.example:5432 hostname:db.example opaque: path:/a b query:x=1 \
         scheme:https userinfo:me:p%40s]"
    );
    assert_eq!(
        parts("mailto:me@example"),
        "map[fragment: host: hostname: opaque:me@example path: query: scheme:mailto userinfo:]"
    );
    assert_eq!(
        parts("//[::1]:80/x"),
        "map[fragment: host:[::1]:80 hostname:::1 opaque: path:/x query: scheme: userinfo:]"
    );
}

#[test]
fn what_is_no_url() {
    for (url, want) in [
        (":x", "missing protocol scheme"),
        ("http://a:b/", "invalid port \":b\" after host"),
        ("http://a b/", "invalid character \" \" in host name"),
        ("http://a/%zz", "invalid URL escape \"%zz\""),
        ("1:2", "first path segment in URL cannot contain colon"),
    ] {
        assert_eq!(parts(url), format!("error: unable to parse url: parse {url:?}: {want}"));
    }
}

#[test]
fn parts_join_again() {
    for url in [
        "https://me:p%40s@db.example:5432/a%20b?x=1#top",
        "mailto:me@example",
        "/only/a/path",
        "redis://cache",
        "file:///etc/hosts",
    ] {
        let parsed = called(TABLE, "urlParse", &[url.into()]).expect("a URL");
        assert_eq!(printed(TABLE, "urlJoin", &[parsed]), url);
    }
    let parts = called(TABLE, "urlParse", &["http://h".into()]).expect("a URL");
    let Data::Map(entries) = &parts.data else { panic!("a map") };
    entries.borrow_mut().insert("path".into(), 3.into());
    assert!(printed(TABLE, "urlJoin", &[parts]).contains("path key, must be of type string"));
}

#[test]
fn the_host_keeps_its_origin() {
    let origins = Rc::new(Origins::default());
    let host = leaf(&origins, "host");
    let parts = called(TABLE, "urlParse", &["http://old/x".into()]).expect("a URL");
    let Data::Map(entries) = &parts.data else { panic!("a map") };
    entries.borrow_mut().insert("host".into(), Value::str("new", host));
    let evaluator = Evaluator::new(&[], Rc::clone(&origins), |_| None, |_| true);
    let joined = super::url_join(&evaluator, &[parts]).expect("a URL");
    let Data::Str(rope) = joined.data else { panic!("a string") };
    assert_eq!(rope.as_str(), "http://new/x");
    assert_eq!(rope.slice(7..10).origin(&origins), host);
}

#[test]
fn escapes() {
    let run = |name: &str, text: &str| printed(TABLE, name, &[text.into()]);
    assert_eq!(run("urlquery", "a b&c=\u{e9}/~"), "a+b%26c%3D%C3%A9%2F~");
    assert_eq!(run("html", "<a href='x'>\"&"), "&lt;a href=&#39;x&#39;&gt;&#34;&amp;");
    assert_eq!(run("js", "a='\"\\<\n\u{e9}\u{2028}"), r#"a\u003D\'\"\\\u003C\u000Aé\u2028"#);
    let number = Value::new(Data::Int(3), OriginId::NONE);
    assert_eq!(printed(TABLE, "urlquery", &[number, " ".into()]), "3+");
}
