//! The view is a function of the log: rebuilding gives the same bytes after any prefix and any end.

use std::fs;

use proto::v1::{GetItemRequest, GetItemResponse};

use crate::kit::{Dice, Server, SimLedger, copy_dir, run};

fn rebuild(data: &std::path::Path) -> serde_json::Value {
    run(["rebuild".as_ref(), "--data".as_ref(), data.as_os_str()]).ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuilt_view_equals_the_live_one_after_any_prefix_and_any_crash() {
    let mut dice = Dice::new("rebuild");
    for round in 0..3 {
        let ledger = SimLedger::create(dice.roll(), dice.between(300, 900));
        let all = ledger.statements.len();
        let mut done = 0;
        let mut part = 0;
        while done < all {
            let next = (done + dice.between(1, 300)).min(all);
            let mut server = Server::start(&ledger.data);
            ledger.submit(&ledger.client(&server).await, done..next).await;
            done = next;
            if dice.between(0, 2) == 0 {
                server.kill();
                // What the crash left of the view is completed by replay.
                server = Server::start(&ledger.data);
            }
            assert_eq!(server.stop(), 0);
            // A copy is rebuilt, so that the live view goes on as it has grown.
            let copy = ledger.beside(&format!("copy-{part}"));
            copy_dir(&ledger.data, &copy);
            let report = rebuild(&copy);
            assert_eq!(report["same"], true, "round {round}, {done} statements: {report}");
            assert_eq!(report["entries"], done as u64 + 1);
            assert_eq!(rebuild(&copy)["digest"], report["digest"], "again the same");
            part += 1;
        }
        ledger.verify();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_its_view_makes_it_anew_and_answers_the_same() {
    let mut dice = Dice::new("view deleted");
    let ledger = SimLedger::create(dice.roll(), 1_200);
    let server = Server::start(&ledger.data);
    let client = ledger.client(&server).await;
    ledger.submit(&client, 0..ledger.statements.len()).await;
    let items = items(&ledger, &mut dice);
    let ask = async |client: &client::Client| {
        let mut answers: Vec<GetItemResponse> = Vec::new();
        for item in &items {
            answers.push(client.get_item(GetItemRequest { item: item.clone() }).await.unwrap());
        }
        answers
    };
    let before = ask(&client).await;
    assert_eq!(server.stop(), 0);
    let as_it_was = rebuild(&ledger.data);
    assert_eq!(as_it_was["same"], true);

    fs::remove_dir_all(ledger.data.join("view")).unwrap();
    let server = Server::start(&ledger.data);
    let client = ledger.client(&server).await;
    assert_eq!(ask(&client).await, before);
    assert_eq!(server.stop(), 0);
    let made_anew = rebuild(&ledger.data);
    assert_eq!((&made_anew["same"], &made_anew["digest"]), (&true.into(), &as_it_was["digest"]));

    for damage in ["", "junk", "18446744073709551615"] {
        fs::write(ledger.data.join("view/CURRENT"), damage).unwrap();
        let checked = run(["verify".as_ref(), "--data".as_ref(), ledger.data.as_os_str()]);
        let report = checked.json();
        assert_eq!((checked.code, &report["view_ok"]), (Some(1), &false.into()), "{damage:?}: {report}");
        assert_eq!(
            report["error"]["message"].as_str().unwrap().matches("yuanliu rebuild").count(),
            1,
            "{report}"
        );
        let mended = rebuild(&ledger.data);
        ledger.verify();
        assert_eq!(mended["digest"], as_it_was["digest"], "CURRENT holds {damage:?}");
    }
    assert_eq!(rebuild(&ledger.data)["same"], true);
}

/// Items that were commissioned, some of them.
fn items(ledger: &SimLedger, dice: &mut Dice) -> Vec<String> {
    use prost::Message as _;
    use proto::v1::{Statement, statement::Body};
    let made = ledger.statements.iter().filter_map(|s| {
        match Statement::decode(s.statement.payload.clone()).unwrap().body.unwrap() {
            Body::Commission(b) => Some(b.items),
            _ => None,
        }
    });
    let all: Vec<String> = made.flatten().collect();
    let mut some: Vec<String> = (0..30).map(|_| all[dice.between(0, all.len())].clone()).collect();
    some.push(ledger.example.clone());
    some
}
