use proto::v1::{self, statement::Body};
use statement::GoodsAct;

use super::story::{MINUTE, NOON, Story};
use crate::desk;

fn request(to: &str) -> Body {
    Body::AssistRequest(v1::AssistRequest {
        number: "cert:XC/1".into(),
        addressee: format!("org:{to}"),
        purpose: "stock".into(),
        question: "what have you of it?".into(),
        due_on: "2026-03-20".into(),
        legal_basis: "article 100".into(),
        ..v1::AssistRequest::default()
    })
}

fn say(story: &mut Story, who: &str, label: &str, body: Body) -> u64 {
    story.say(who, label.into(), NOON + MINUTE, String::new(), body)
}

fn answer(story: &mut Story, who: &str, label: &str, to: &str) -> u64 {
    let body = Body::AssistReply(v1::AssistReply {
        request: Some(story.reference(to)),
        outcome: "answered".into(),
        findings: "two boxes".into(),
        ..v1::AssistReply::default()
    });
    say(story, who, label, body)
}

/// All requests to a party in pages of `limit`: entry, and answers.
fn asked(story: &Story, party: &str, open: bool, limit: usize) -> Vec<(u64, Vec<u64>)> {
    let (mut all, mut start) = (Vec::new(), 0);
    for _ in 0..100 {
        let (found, next) = desk::requests(&story.view, party, open, start, limit).unwrap();
        assert!(found.len() <= limit);
        all.extend(found.iter().map(|a| (a.content.root_index, a.answered_by.clone())));
        match next {
            Some(next) => start = next,
            None => return all,
        }
    }
    panic!("pages do not end");
}

#[test]
fn requests_are_listed_as_they_count_with_the_answers_that_do() {
    let mut story = Story::new();
    let [a, b, c, d] = ["a", "b", "c", "d"].map(|label| say(&mut story, "office", label, request("maker")));
    let first = answer(&mut story, "maker", "ra", "a");
    let second = answer(&mut story, "maker", "ra2", "a");
    let gone = answer(&mut story, "maker", "rb", "b");
    let moved = GoodsAct::of(&request("clinic")).unwrap().to_replacement();
    let moved = v1::Correct {
        target: Some(story.reference("c")),
        reason: "mistake".into(),
        replacement: Some(v1::Replacement { body: Some(moved), ..v1::Replacement::default() }),
        ..v1::Correct::default()
    };
    say(&mut story, "office", "c2", Body::Correct(moved));
    for limit in [1, 2, 10] {
        let expect = vec![(a, vec![first, second]), (b, vec![gone]), (d, vec![])];
        assert_eq!(asked(&story, "org:maker", false, limit), expect);
        assert_eq!(asked(&story, "org:maker", true, limit), [(d, vec![])]);
        assert_eq!(asked(&story, "org:clinic", true, limit), [(c, vec![])]);
        assert_eq!(asked(&story, "org:office", false, limit), []);
    }
    // An answer taken back is none, nor is a request.
    story.tell("maker void rb @7");
    story.tell("office void d @8");
    assert_eq!(asked(&story, "org:maker", true, 1), [(b, vec![])]);
    assert_eq!(asked(&story, "org:maker", false, 1), [(a, vec![first, second]), (b, vec![])]);
}

#[test]
fn of_many_answers_the_first_are_told() {
    let mut story = Story::new();
    say(&mut story, "office", "a", request("maker"));
    let answers: Vec<u64> = (0..20).map(|n| answer(&mut story, "maker", &format!("r{n}"), "a")).collect();
    assert_eq!(asked(&story, "org:maker", false, 5)[0].1, answers[..16]);
}
