use super::{TABLE, highest, satisfies};
use crate::helm::function::testing::{called, printed};
use crate::helm::origin::Origins;
use crate::helm::print;
use crate::helm::value::{Data, Value};

fn check(constraint: &str, yes: &[&str], no: &[&str]) {
    for version in yes {
        assert_eq!(satisfies(constraint, version), Ok(true), "{constraint} {version}");
    }
    for version in no {
        assert_eq!(satisfies(constraint, version), Ok(false), "{constraint} {version}");
    }
}

#[test]
fn comparisons() {
    check(">=1.19", &["1.19.0", "v1.30.2"], &["1.18.9", "1.20.0-rc.1"]);
    check(">=1.19-0", &["v1.19.0", "1.20.0-gke.1", "1.19.0-0"], &["1.18.0-1"]);
    check("> 1", &["2.0.0"], &["1.9.0", "1.0.0"]);
    check(">1.2", &["1.3.0", "2.0.0"], &["1.2.9"]);
    check("<1.21-0", &["1.20.9", "1.20.0-x"], &["1.21.0", "1.21.0-a"]);
    check("<=1.2", &["1.2.9", "1.0.0"], &["1.3.0"]);
    check("=<1", &["1.9.0"], &["2.0.0"]);
    check("!=1.2.3", &["1.2.4"], &["1.2.3"]);
    check("!=1.2", &["1.3.0"], &["1.2.3"]);
    check("!=1.x", &["2.3.0"], &["1.2.3"]);
    check("1.2.3", &["v1.2.3", "1.2.3+build"], &["1.2.4"]);
    check("1.2", &["1.2.9"], &["1.3.0", "1.1.0"]);
    check("= 1.x.x", &["1.2.9"], &["2.0.0"]);
    check("*", &["1.2.9"], &["1.0.0-a"]);
    check("*-0", &["1.2.9", "1.0.0-a"], &[]);
}

#[test]
fn tilde_and_caret() {
    check("~1.2.3", &["1.2.3", "1.2.9"], &["1.3.0", "1.2.2", "2.2.3"]);
    check("~>1", &["1.9.0"], &["2.0.0"]);
    check("~0.0.0", &["5.0.0"], &[]);
    check("^1.2.3", &["1.9.0"], &["1.2.2", "2.0.0"]);
    check("^0.2.3", &["0.2.9"], &["0.3.0", "0.2.2", "1.2.3"]);
    check("^0.0.3", &["0.0.3"], &["0.0.4", "0.1.3"]);
    check("^0.0", &["0.0.9"], &["0.1.0"]);
    check("^0", &["0.9.0"], &["1.0.0"]);
}

#[test]
fn groups_and_ranges() {
    check(">=1.2, <2 || >=3.1", &["1.5.0", "3.1.0"], &["2.5.0", "3.0.9"]);
    check(">=1.2 <2", &["1.5.0"], &["2.0.0"]);
    check("1.2 - 1.4.5", &["1.2.0", "1.4.5"], &["1.4.6", "1.1.0"]);
    check(">=1.2.3-alpha, <2", &["1.5.0-beta"], &["1.2.3-a"]);
    check("1.2.3-alpha.10", &["1.2.3-alpha.10"], &["1.2.3-alpha.9"]);
    check(">1.2.3-alpha.9", &["1.2.3-alpha.10", "1.2.3-alpha.beta", "1.2.3"], &["1.2.3-alpha"]);
}

#[test]
fn the_highest_that_meets_a_constraint() {
    let versions = ["1.9.0", "v1.10.0", "2.0.0-rc.1", "latest", "1.10.0+b", "0.9"];
    for (constraint, want) in [
        (None, Some("v1.10.0")),
        (Some(""), Some("v1.10.0")),
        (Some("1.10.0"), Some("v1.10.0")),
        (Some("1.10.0+b"), Some("1.10.0+b")),
        (Some("<1"), Some("0.9")),
        (Some(">=1-0"), Some("2.0.0-rc.1")),
        (Some("^3"), None),
        (Some("latest"), Some("latest")),
    ] {
        let found = highest(constraint, &versions).expect("a constraint");
        assert_eq!(found.map(|at| versions[at]), want, "{constraint:?}");
    }
    assert!(highest(Some("newest"), &versions).is_err());
}

#[test]
fn what_is_refused() {
    let improper = |text: &str| Err(format!("improper constraint: {text:?}"));
    for text in ["", "a", ">=", "1.2,", ">1.0<2.0", "1.2.3.4", "1.2-", ">>1"] {
        assert_eq!(satisfies(text, "1.0.0"), improper(text));
    }
    for version in ["", "a", "1.2.3.4", "1.2.3-", "1..2", "vv1", "1.2.3-a_b"] {
        assert_eq!(satisfies("*", version), Err("invalid semantic version".into()), "{version}");
    }
    assert_eq!(satisfies("*", "1.2.3-01"), Err("version segment starts with 0".into()));
    assert_eq!(satisfies("1x", "1.0.0"), Err("constraint parser error".into()));
    assert!(satisfies("*", "99999999999999999999").is_err());
    assert_eq!(satisfies("*", "v01.002"), Ok(true));
}

fn method(version: &str, name: &str, args: &[Value]) -> Value {
    let value = called(TABLE, "semver", &[version.into()]).expect("a version");
    let Data::Object(object) = value.data else { panic!("an object") };
    object.call(name, args, &Origins::default()).expect("a method").expect("a result")
}

#[test]
fn versions_have_methods() {
    for (name, want) in [
        ("Major", "1"),
        ("Minor", "2"),
        ("Patch", "0"),
        ("Prerelease", "rc.1"),
        ("Metadata", "b7"),
        ("Original", "v1.2-rc.1+b7"),
        ("String", "1.2.0-rc.1+b7"),
        ("IncMajor", "2.0.0"),
        ("IncMinor", "1.3.0"),
        ("IncPatch", "1.2.0"),
    ] {
        assert_eq!(print::plain(&method("v1.2-rc.1+b7", name, &[])), want, "{name}");
    }
    assert_eq!(print::plain(&method("1.2.3", "SetPrerelease", &["a".into()])), "1.2.3-a");
    let other = called(TABLE, "semver", &["1.10.0".into()]).expect("a version");
    for (name, want) in [("Compare", "-1"), ("LessThan", "true"), ("Equal", "false")] {
        assert_eq!(print::plain(&method("1.9", name, std::slice::from_ref(&other))), want);
    }
    assert_eq!(printed(TABLE, "semver", &["v1.2".into()]), "1.2.0");
    assert_eq!(printed(TABLE, "semverCompare", &["^1".into(), "v1.2".into()]), "true");
    assert_eq!(printed(TABLE, "semver", &["x".into()]), "error: invalid semantic version");
}
