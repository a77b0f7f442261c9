//! Tests of steps: options of a rule on a payload.
use super::*;
use crate::{
    parse::{Variables, parse_rule},
    state::Tables,
};

/// Options on a UDP payload.
fn check(options: &str, payload: &str, expect: bool) {
    let text = format!("alert udp any any -> any any ({options} sid:1;)");
    let rule = parse_rule(&text, &Variables::default(), &mut Tables::default()).expect(&text);
    let buffer = Buffer { bytes: payload.as_bytes(), complete: true, from_start: true };
    let found = rule.groups.iter().all(|group| matches(&group.steps, buffer));
    assert_eq!(found, expect, "{options} on {payload:?}");
}

#[test]
fn contents_lie_where_they_must() {
    check("content:\"b\";", "abc", true);
    check("content:\"B\";", "abc", false);
    check("content:\"B\"; nocase;", "abc", true);
    check("content:\"|62 63|\";", "abc", true);
    check("content:!\"x\";", "abc", true);
    check("content:!\"a\";", "abc", false);
    check("content:\"b\"; offset:2;", "abc", false);
    check("content:\"b\"; depth:1;", "abc", false);
    check("content:\"b\"; offset:1; depth:1;", "abc", true);
    check("content:\"a\"; startswith;", "abc", true);
    check("content:\"b\"; startswith;", "abc", false);
    check("content:\"c\"; endswith;", "abc", true);
    check("content:\"a\"; endswith;", "aba", true);
    check("content:\"b\"; endswith;", "abc", false);
    check("content:\"a\"; content:\"c\"; distance:1;", "abc", true);
    check("content:\"a\"; content:\"c\"; distance:2;", "abc", false);
    check("content:\"a\"; content:\"c\"; within:1;", "abc", false);
    check("content:\"a\"; content:\"c\"; within:2;", "abc", true);
    check("content:\"a\"; content:\"c\"; distance:1; within:1;", "abc", true);
    check("content:\"a\"; content:!\"b\"; within:1;", "abc", false);
    check("content:\"a\"; content:!\"c\"; within:1;", "abc", true);
}

#[test]
fn what_is_missing_is_not_searched_again_for_each_place_before() {
    // Each of many places asks for what follows; a search that has failed answers for all places behind it.
    let body = "value=17&".repeat(100_000);
    check("content:\"value=\"; content:\"evil\"; distance:0;", &body, false);
    check("content:\"value=\"; content:\"17\"; distance:0; content:\"evil\"; distance:0;", &body, false);
    check("content:\"a\"; content:\"b\"; distance:0; content:\"c\"; within:1;", "a b a bc b", true);
    check("content:\"a\"; content:\"c\"; distance:-1; content:\"d\"; within:1;", "cd a a", false);
    check("content:\"a\"; content:!\"c\"; distance:0; content:\"a\"; within:9;", "a c a a", true);
}

#[test]
fn an_earlier_match_moves_on_when_a_later_one_fails() {
    check("content:\"a\"; content:\"c\"; within:1;", "ab ac", true);
    check("content:\"a\"; content:\"b\"; within:1; content:\"d\"; within:1;", "abc abd", true);
    check("content:\"aa\"; content:\"ab\"; distance:0; within:2;", "aaaab", true);
    check("content:\"x\"; pcre:\"/^y/R\";", "xa xy", true);
}

#[test]
fn numbers_are_read_and_compared() {
    check("byte_test:2,=,0x6162,0;", "ab", true);
    check("byte_test:2,>,0x6162,0,little;", "ab", true);
    check("byte_test:3,=,123,1,string,dec;", "a123", true);
    check(
        "content:\"n\"; byte_jump:1,0,relative,string,dec; content:\"x\"; distance:0; within:1;",
        "n2..x",
        true,
    );
    check("byte_math:bytes 1,offset 0,oper +,rvalue 1,result r; byte_test:1,=,r,1;", "ab", true);
    check("byte_math:bytes 1,offset 0,oper *,rvalue 2,result r; byte_test:1,=,r,1;", "ab", false);
    check("byte_extract:1,0,n; byte_jump:n,1,string,dec; isdataat:!1,relative;", "\u{1}2xx", true);
    check(
        "content:\"=\"; base64_decode:bytes 8,relative; base64_data; content:\"foo\"; startswith;",
        "a=Zm9vYmFy",
        true,
    );
    check("base64_decode:bytes 8; base64_data; content:\"bar\"; startswith;", "Zm9vYmFy", false);
    check("byte_extract:1,0,len,string,dec; content:\"b\"; offset:len; depth:1;", "3..b", true);
    check("isdataat:2;", "abc", true);
    check("isdataat:3;", "abc", false);
    check("content:\"c\"; isdataat:!1,relative;", "abc", true);
    check("content:\"b\"; isdataat:!1,relative;", "abc", false);
    check("bsize:3;", "abc", true);
    check("bsize:<3;", "abc", false);
}

#[test]
fn expressions_match_and_are_bounded() {
    check("pcre:\"/b+c$/\";", "abbc", true);
    check("pcre:\"/B+C/i\";", "abbc", true);
    check("pcre:\"/(?<=a)b(?!d)/\";", "abc", true);
    check("pcre:!\"/x/\";", "abc", true);
    check("pcre:\"/(a)\\\\1/\";", "aa", false);
    check("pcre:\"/(a)\\1/\";", "xaa", true);
    check("pcre:\"/(a+)+\\1b/\";", &"a".repeat(40), false);
}
