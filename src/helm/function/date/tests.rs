use super::TABLE;
use crate::helm::function::testing::{called, printed};
use crate::helm::origin::Origins;
use crate::helm::print;
use crate::helm::value::{Data, Value};

fn time(layout: &str, value: &str) -> Value {
    called(TABLE, "mustToDate", &[layout.into(), value.into()]).expect("a time")
}

fn method(time: &Value, name: &str, args: &[Value]) -> Value {
    let Data::Object(object) = &time.data else { panic!("an object") };
    object.call(name, args, &Origins::default()).expect("a method").expect("a result")
}

fn text(name: &str, args: &[Value]) -> String {
    printed(TABLE, name, args)
}

const ISO: &str = "2006-01-02T15:04:05Z07:00";

#[test]
fn layouts() {
    let at = time("2006-01-02 15:04:05.000", "2021-03-07 16:05:09.120");
    for (layout, want) in [
        ("Mon Jan _2 15:04:05 2006", "Sun Mar  7 16:05:09 2021"),
        ("Monday, 02-Jan-06 03:04PM MST", "Sunday, 07-Mar-21 04:05PM UTC"),
        (ISO, "2021-03-07T16:05:09Z"),
        ("20060102150405", "20210307160509"),
        ("1/2/06 3:4:5pm", "3/7/21 4:5:9pm"),
        ("002 __2 .000 .999 ,9", "066  66 .120 .12 ,1"),
        ("-0700 -07:00 Z0700 -07", "+0000 +00:00 Z +00"),
        ("January Janet _2006 Mondays", "March Janet _2021 Sundays"),
    ] {
        assert_eq!(print::plain(&method(&at, "Format", &[layout.into()])), want, "{layout}");
    }
}

#[test]
fn zones() {
    let layout = "2006-01-02 15:04 MST -0700";
    assert_eq!(
        text("dateInZone", &[layout.into(), 0.into(), "UTC".into()]),
        "1970-01-01 00:00 UTC +0000"
    );
    assert_eq!(
        text("date_in_zone", &[layout.into(), 0.into(), "Nowhere/None".into()]),
        "1970-01-01 00:00 UTC +0000"
    );
    assert_eq!(
        text("date", &[layout.into(), time(ISO, "2021-03-07T16:05:09+02:00")]),
        "2021-03-07 14:05 UTC +0000"
    );
    assert_eq!(
        print::plain(&time(ISO, "2021-03-07T16:05:09+02:00")),
        "2021-03-07 16:05:09 +0200 +0200"
    );
}

#[test]
fn what_is_no_time_is_the_present() {
    let now = text("now", &[]);
    assert_eq!(now, "2026-01-02 03:04:05 +0000 UTC");
    assert_eq!(text("htmlDate", &["2001-01-01".into()]), "2026-01-02");
    assert_eq!(text("htmlDateInZone", &[86400.into(), "UTC".into()]), "1970-01-02");
    assert_eq!(text("unixEpoch", &[called(TABLE, "now", &[]).expect("now")]), "1767323045");
    assert_eq!(
        text("unixEpoch", &["x".into()]),
        "error: wrong type for value; expected time.Time; got string"
    );
}

#[test]
fn times_are_read() {
    for (layout, value, want) in [
        ("2006-01-02", "2021-12-31", "2021-12-31 00:00:00 +0000 UTC"),
        ("Jan 2, 06 3:04 PM", "feb 9, 99 12:30 AM", "1999-02-09 00:30:00 +0000 UTC"),
        ("2006 002", "2020 366", "2020-12-31 00:00:00 +0000 UTC"),
        ("15:04:05", "01:02:03.5", "0000-01-01 01:02:03.5 +0000 UTC"),
        ("2006-01-02 MST", "2021-01-01 CEST", "2021-01-01 00:00:00 +0000 CEST"),
    ] {
        assert_eq!(text("mustToDate", &[layout.into(), value.into()]), want, "{layout}");
    }
    for (layout, value, want) in [
        (
            "2006-01-02",
            "2021",
            "parsing time \"2021\" as \"2006-01-02\": cannot parse \"\" as \"-\"",
        ),
        ("2006-01-02", "2021-13-01", "parsing time \"2021-13-01\": month out of range"),
        ("2006-01-02", "2021-02-30", "parsing time \"2021-02-30\": day out of range"),
        ("2006", "2021x", "parsing time \"2021x\": extra text: \"x\""),
        ("2006", "x", "parsing time \"x\" as \"2006\": cannot parse \"x\" as \"2006\""),
    ] {
        let got = text("mustToDate", &[layout.into(), value.into()]);
        assert_eq!(got, format!("error: {want}"));
    }
    assert_eq!(text("toDate", &["2006".into(), "x".into()]), "0001-01-01 00:00:00 +0000 UTC");
}

#[test]
fn times_move() {
    let at = time(ISO, "2024-01-31T12:00:00Z");
    assert_eq!(text("dateModify", &["-1.5h".into(), at.clone()]), "2024-01-31 10:30:00 +0000 UTC");
    assert_eq!(text("date_modify", &["1d".into(), at.clone()]), "2024-01-31 12:00:00 +0000 UTC");
    assert_eq!(
        text("mustDateModify", &["1d".into(), at.clone()]),
        "error: time: unknown unit \"d\" in duration \"1d\""
    );
    let later = method(&at, "AddDate", &[0.into(), 1.into(), 0.into()]);
    assert_eq!(print::plain(&later), "2024-03-02 12:00:00 +0000 UTC");
    let since = method(&later, "Sub", std::slice::from_ref(&at));
    assert_eq!(print::plain(&since), "744h0m0s");
    assert_eq!(print::plain(&method(&since, "Hours", &[])), "744");
    assert_eq!(print::plain(&method(&at, "Before", &[later])), "true");
    assert_eq!(print::plain(&method(&at, "Month", &[])), "January");
    assert_eq!(print::plain(&method(&at, "Unix", &[])), "1706702400");
    assert_eq!(
        print::plain(&method(&at, "Truncate", &[86_400_000_000_000.into()])),
        "2024-01-31 00:00:00 +0000 UTC"
    );
}

#[test]
fn durations() {
    assert_eq!(text("duration", &["95".into()]), "1m35s");
    assert_eq!(text("duration", &[95.into()]), "0s");
    assert_eq!(text("durationRound", &["2h10m5s".into()]), "2h");
    assert_eq!(text("durationRound", &["-2400h5m".into()]), "3mo");
    assert_eq!(text("durationRound", &["1s".into()]), "0s");
    assert_eq!(text("ago", &[time(ISO, "2026-01-02T01:04:04.4Z")]), "2h0m1s");
    for (text, want) in [
        ("1h2m3.5s", "1h2m3.5s"),
        ("1.5ms", "1.5ms"),
        ("0.000001s", "1\u{b5}s"),
        ("-3ns", "-3ns"),
        (".5h", "30m0s"),
        ("0", "0s"),
    ] {
        assert_eq!(super::duration::print(super::duration::parse(text).expect("one")), want);
    }
    for (text, want) in [
        ("", "invalid duration \"\""),
        ("1", "missing unit in duration \"1\""),
        ("1.2.3s", "invalid duration \"1.2.3s\""),
        ("9999999999h", "invalid duration \"9999999999h\""),
    ] {
        assert_eq!(super::duration::parse(text), Err(format!("time: {want}")));
    }
}
