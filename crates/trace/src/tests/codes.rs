//! Things with several codes, and what stock-takings, work and samples do to goods and what is in them.

use super::story::{Story, expect, lot, sgtin};
use crate::{flow, history};

#[test]
fn a_thing_is_found_under_each_of_its_codes() {
    let story = Story::of(
        "maker   commission A
         maker   ship A to agent
         agent   receive of=e2
         agent   alias A,K
         agent   ship K to clinic
         clinic  receive of=e5
         clinic  use K",
    );
    let path = "origin maker confirmed 1 1-
                transfer maker>agent confirmed 2,3 2-3
                transfer agent>clinic confirmed 5,6 5-6
                use clinic confirmed 7 7-";
    for code in ["A", "K"] {
        assert_eq!(story.place(code), "opened clinic");
        assert_eq!(story.report(code).codes, [sgtin("A"), sgtin("K")]);
        assert_eq!(story.report(code).used.get("U"), Some(&20));
        assert_eq!(story.report(code).maker, "org:maker");
        expect(&story.hops(code), path);
        let page = history(&story.view, &sgtin(code), None, 100).unwrap();
        assert_eq!(page.events.iter().map(|e| e.index).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6, 7]);
    }
}

#[test]
fn contents_are_found_under_each_code_of_their_container() {
    let story = Story::of(
        "maker   commission A,B
         maker   pack P A,B
         maker   alias P,Q
         maker   ship Q to clinic
         clinic  receive of=e4
         clinic  unpack Q",
    );
    assert_eq!((story.place("A"), story.place("P")), ("held clinic".into(), "held clinic".into()));
    for code in ["P", "Q"] {
        let found = flow(&story.view, &sgtin(code), 100).unwrap();
        assert_eq!(
            found.places.iter().map(|p| (p.party.as_str(), p.items)).collect::<Vec<_>>(),
            [("org:clinic", 2)]
        );
    }
}

#[test]
fn contents_share_what_happens_to_their_container() {
    let story = Story::of(
        "maker   commission A,B,C,D,E,F
         maker   pack P A
         maker   pack Q B
         maker   pack R C,D
         maker   lose P
         maker   destroy Q
         lab     sample R
         maker   lose C
         maker   find F",
    );
    let places = ["A", "B", "C", "D", "F", "P", "Q", "R"].map(|name| story.place(name));
    assert_eq!(
        places,
        [
            "lost maker in P",
            "destroyed maker in Q",
            "lost maker",
            "held lab in R",
            "held maker",
            "lost maker",
            "destroyed maker",
            "held lab",
        ]
    );
    expect(
        &story.hops("D"),
        "origin maker confirmed 1 1-
                              packing maker confirmed 4 4-
                              transfer maker>lab one-sided 7 -7 in R",
    );
}

#[test]
fn outputs_begin_where_inputs_end() {
    let story = Story::of(
        "maker   commission A
         trader  open-with O
         maker   transform A into X,Y
         maker   ship X to clinic",
    );
    assert_eq!(story.place("A"), "transformed maker");
    expect(
        &story.hops("A"),
        "origin maker confirmed 1 1-
                              use maker confirmed 3 3-",
    );
    expect(&story.hops("Y"), "origin maker confirmed 3 3-");
    expect(&story.hops("O"), "origin trader one-sided 2 2-");
    assert_eq!(story.report("Y").commission.unwrap().lot, lot("L2"));
    let made = flow(&story.view, &lot("L2"), 100).unwrap();
    assert_eq!(made.places.iter().map(|p| p.items).sum::<u64>(), 2);
}
