//! Documents: in, out, to whom, and gone.

use std::time::Duration;

use futures::stream;
use prost::Message as _;
use proto::v1::{
    Attachment, AttachmentHead, AttachmentState, DownloadAttachmentRequest, Erase, GetAttachmentRequest,
    GetAttachmentResponse, Header, Role, SignedStatement, Statement, StatementRef, UploadAttachmentRequest,
    UploadAttachmentResponse, download_attachment_response::Part as Down, statement::Body,
    upload_attachment_request::Part as Up,
};
use statement::attachment_digest;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::world::{Actor, World, commission, ship, unit};

fn reason(status: &Status) -> String {
    status.get_error_details().error_info().map(|i| i.reason.clone()).unwrap_or_default()
}

const SALT: [u8; 32] = [0xa7; 32];

/// A paper of a length, evidently text.
fn paper(length: usize) -> Vec<u8> {
    "a contract that nobody else shall read; ".bytes().cycle().take(length).collect()
}

fn head(bytes: &[u8]) -> AttachmentHead {
    AttachmentHead {
        salt: SALT.to_vec(),
        digest: attachment_digest(&SALT, bytes).to_vec(),
        size: bytes.len() as u64,
        media_type: "text/plain".into(),
    }
}

fn first(head: AttachmentHead) -> UploadAttachmentRequest {
    UploadAttachmentRequest { part: Some(Up::Head(head)), statement: None }
}

fn chunk(bytes: &[u8]) -> UploadAttachmentRequest {
    UploadAttachmentRequest { part: Some(Up::Chunk(bytes.to_vec().into())), statement: None }
}

async fn send(
    world: &World,
    party: &Actor,
    messages: Vec<UploadAttachmentRequest>,
) -> Result<UploadAttachmentResponse, Status> {
    let request = world.by(party, stream::iter(messages));
    world.attachments().upload_attachment(request).await.map(tonic::Response::into_inner)
}

async fn upload(world: &World, party: &Actor, bytes: &[u8]) -> Result<UploadAttachmentResponse, Status> {
    let messages = std::iter::once(first(head(bytes))).chain(bytes.chunks(100_000).map(chunk));
    send(world, party, messages.collect()).await
}

/// A statement that names papers.
fn naming(world: &World, party: &Actor, papers: &[&[u8]], body: Body) -> SignedStatement {
    let named = |bytes: &&[u8]| Attachment {
        digest: head(bytes).digest,
        role: "contract".into(),
        media_type: "text/plain".into(),
        size: bytes.len() as u64,
    };
    party.sign_with(&world.id, body, |h: &mut Header| h.attachments = papers.iter().map(named).collect())
}

fn reference(signed: &SignedStatement) -> StatementRef {
    let header = Statement::decode(signed.payload.clone()).unwrap().header.unwrap();
    StatementRef { party: header.party, id: header.id, digest: Vec::new() }
}

async fn download(
    world: &World,
    reader: &Actor,
    statement: &SignedStatement,
    bytes: &[u8],
) -> Result<Vec<u8>, Status> {
    let request =
        DownloadAttachmentRequest { statement: Some(reference(statement)), digest: head(bytes).digest };
    let mut pieces = world.attachments().download_attachment(world.by(reader, request)).await?.into_inner();
    let Some(Down::Head(told)) = pieces.message().await?.unwrap().part else { panic!("no head") };
    assert_eq!(told, head(bytes));
    let mut all = Vec::new();
    while let Some(piece) = pieces.message().await? {
        let Some(Down::Chunk(piece)) = piece.part else { panic!("no bytes") };
        all.extend(piece);
    }
    Ok(all)
}

async fn info(
    world: &World,
    reader: &Actor,
    statement: &SignedStatement,
    bytes: &[u8],
) -> Result<GetAttachmentResponse, Status> {
    let request = GetAttachmentRequest { statement: Some(reference(statement)), digest: head(bytes).digest };
    world.attachments().get_attachment(world.by(reader, request)).await.map(tonic::Response::into_inner)
}

/// Until a document has the state; it must come to it within seconds.
async fn until(
    world: &World,
    reader: &Actor,
    statement: &SignedStatement,
    bytes: &[u8],
    state: AttachmentState,
) {
    for _ in 0..500 {
        if info(world, reader, statement, bytes).await.unwrap().state() == state {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("not {state:?} within ten seconds");
}

struct Story {
    world: World,
    maker: Actor,
    dealer: Actor,
    stranger: Actor,
}

async fn story(settings: server::AttachmentSettings) -> Story {
    let world = World::of(server::ServerConfig { attachments: settings, ..World::config() }).await;
    let (maker, dealer, stranger) =
        (Actor::new("org:Maker", 2), Actor::new("org:Dealer", 3), Actor::new("org:Stranger", 4));
    world.register(&maker, Role::Manufacturer).await;
    world.register(&dealer, Role::Distributor).await;
    world.register(&stranger, Role::Distributor).await;
    world.submit(maker.sign(&world.id, commission(vec![unit(1), unit(2)]))).await.unwrap();
    // Uploads begin when the log has been followed.
    for _ in 0..500 {
        match upload(&world, &maker, b"first").await {
            Err(status) if reason(&status) == "ATTACHMENTS_BEHIND" => {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            other => {
                other.unwrap();
                break;
            }
        }
    }
    Story { world, maker, dealer, stranger }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_reaches_those_who_may_read_its_statement_and_nobody_else() {
    let Story { world, maker, dealer, stranger } = story(server::AttachmentSettings::default()).await;
    let bytes = paper(700_000);
    let told = upload(&world, &maker, &bytes).await.unwrap();
    assert!(!told.known && told.expires_at > 0 && told.digest == head(&bytes).digest);
    assert!(upload(&world, &maker, &bytes).await.unwrap().known);
    let sent = naming(&world, &maker, &[&bytes], ship(vec![unit(1)], &dealer));
    world.submit(sent.clone()).await.unwrap();
    for reader in [&maker, &dealer, &world.root] {
        assert!(download(&world, reader, &sent, &bytes).await.unwrap() == bytes, "{}", reader.party);
    }
    let answer = info(&world, &dealer, &sent, &bytes).await.unwrap();
    assert_eq!((answer.state(), answer.size), (AttachmentState::Present, 700_000));

    // To a stranger the statement does not exist.
    let nothing = StatementRef { id: vec![1; 16], ..reference(&sent) };
    let request = DownloadAttachmentRequest { statement: Some(nothing), digest: head(&bytes).digest };
    let never = world.attachments().download_attachment(world.by(&dealer, request)).await.unwrap_err();
    for refused in [
        download(&world, &stranger, &sent, &bytes).await.unwrap_err(),
        info(&world, &stranger, &sent, &bytes).await.unwrap_err(),
        // Nor does an attachment that the statement does not name.
        download(&world, &dealer, &sent, b"first").await.unwrap_err(),
    ] {
        assert_eq!((refused.code(), refused.message()), (never.code(), never.message()));
        assert_eq!((never.code(), refused.details()), (Code::NotFound, never.details()));
    }
    // Whoever knows the digest gains nothing by naming it in a statement of its own.
    let claimed = naming(&world, &stranger, &[&bytes], ship(vec![unit(9)], &dealer));
    world.submit(claimed.clone()).await.unwrap();
    let refused = download(&world, &stranger, &claimed, &bytes).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::NotFound, "ATTACHMENT_MISSING"));
    let no_token = DownloadAttachmentRequest { statement: Some(reference(&sent)), digest: vec![1; 32] };
    let status = world.attachments().download_attachment(no_token).await.unwrap_err();
    assert_eq!(reason(&status), "TOKEN_MISSING");
    let status = world.attachments().upload_attachment(stream::iter([first(head(b"x"))])).await.unwrap_err();
    assert_eq!(reason(&status), "TOKEN_MISSING");
    world.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erased_document_is_gone_and_says_by_which_entry() {
    let Story { world, maker, dealer, stranger } = story(server::AttachmentSettings::default()).await;
    let (gone, stays, other) = (paper(200_000), paper(1_000), paper(2_000));
    for bytes in [&gone, &stays, &other] {
        upload(&world, &maker, bytes).await.unwrap();
    }
    let sent = naming(&world, &maker, &[&gone, &stays], ship(vec![unit(1)], &dealer));
    world.submit(sent.clone()).await.unwrap();
    until(&world, &maker, &sent, &gone, AttachmentState::Present).await;
    // A stranger names it, and erases that.
    let claimed = naming(&world, &stranger, &[&gone], ship(vec![unit(9)], &dealer));
    world.submit(claimed.clone()).await.unwrap();
    let erase = |target: &SignedStatement, digests: Vec<Vec<u8>>| {
        let target =
            Some(StatementRef { digest: merkle::sha256(&[&target.payload]).to_vec(), ..reference(target) });
        let (reason, legal_basis) = ("asked for".into(), "个人信息保护法 47".into());
        Body::Erase(Erase { target, digests, reason, legal_basis })
    };
    world.submit(stranger.sign(&world.id, erase(&claimed, vec![]))).await.unwrap();
    // Its signer erases one of two by name.
    let digest = head(&gone).digest;
    let entry = world.submit(maker.sign(&world.id, erase(&sent, vec![digest]))).await.unwrap().index;
    until(&world, &dealer, &sent, &gone, AttachmentState::Erased).await;
    assert_eq!(info(&world, &dealer, &sent, &gone).await.unwrap().erased_by, Some(entry));
    let status = download(&world, &dealer, &sent, &gone).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::NotFound, "ATTACHMENT_ERASED"));
    let details = status.get_error_details();
    assert_eq!(details.error_info().unwrap().metadata["entry"], entry.to_string());
    assert!(download(&world, &dealer, &sent, &stays).await.unwrap() == stays);
    let again = upload(&world, &maker, &gone).await.unwrap_err();
    assert_eq!(
        (again.code(), reason(&again).as_str()),
        (Code::FailedPrecondition, "ATTACHMENT_ERASED_BEFORE")
    );
    let theirs = info(&world, &stranger, &claimed, &gone).await.unwrap();
    assert_eq!(theirs.state(), AttachmentState::Missing, "it never was theirs");

    // An authority erases all of another one; what waits unnamed is not concerned.
    let sent = naming(&world, &maker, &[&other], ship(vec![unit(2)], &dealer));
    world.submit(sent.clone()).await.unwrap();
    world.submit(world.root.sign(&world.id, erase(&sent, vec![]))).await.unwrap();
    until(&world, &dealer, &sent, &other, AttachmentState::Erased).await;
    assert!(upload(&world, &maker, b"first").await.unwrap().known);
    world.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_lost_is_uploaded_again_for_its_recorded_statement() {
    let Story { world, maker, dealer, .. } = story(server::AttachmentSettings::default()).await;
    let bytes = paper(5_000);
    let sent = naming(&world, &maker, &[&bytes], ship(vec![unit(1)], &dealer));
    world.submit(sent.clone()).await.unwrap();
    assert_eq!(info(&world, &dealer, &sent, &bytes).await.unwrap().state(), AttachmentState::Missing);
    let status = download(&world, &dealer, &sent, &bytes).await.unwrap_err();
    assert_eq!(reason(&status), "ATTACHMENT_MISSING");
    let with = |statement: StatementRef| {
        let head = UploadAttachmentRequest { statement: Some(statement), ..first(head(&bytes)) };
        vec![head, chunk(&bytes)]
    };
    let theirs = send(&world, &dealer, with(reference(&sent))).await.unwrap_err();
    assert_eq!((theirs.code(), reason(&theirs).as_str()), (Code::InvalidArgument, "INVALID_REQUEST"));
    let other = send(&world, &maker, with(StatementRef { id: vec![3; 16], ..reference(&sent) })).await;
    assert_eq!(reason(&other.unwrap_err()), "NOT_FOUND");
    let told = send(&world, &maker, with(reference(&sent))).await.unwrap();
    assert_eq!((told.known, told.expires_at), (false, 0));
    assert!(download(&world, &dealer, &sent, &bytes).await.unwrap() == bytes);
    world.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_as_it_should_be_is_refused_with_its_reason() {
    let settings = server::AttachmentSettings {
        max_mib: 1,
        waiting_per_party_mib: 2,
        waiting_in_all_mib: 3,
        uploads: 4,
        ..server::AttachmentSettings::default()
    };
    let Story { world, maker, dealer, .. } = story(settings).await;
    let bytes = paper(3_000);
    let good = || head(&bytes);
    let whole = |head: AttachmentHead| vec![first(head), chunk(&bytes)];
    let large = paper((1 << 20) + 1);
    let full = || paper(1 << 20);
    let table = [
        ("nothing", vec![], "INVALID_REQUEST"),
        ("no head", vec![chunk(&bytes)], "INVALID_REQUEST"),
        ("two heads", vec![first(good()), first(good())], "INVALID_REQUEST"),
        ("no part", vec![first(good()), UploadAttachmentRequest::default()], "INVALID_REQUEST"),
        ("empty chunk", vec![first(good()), chunk(&[])], "INVALID_REQUEST"),
        ("huge chunk", vec![first(good()), chunk(&large)], "INVALID_REQUEST"),
        ("short salt", whole(AttachmentHead { salt: vec![1; 31], ..good() }), "INVALID_REQUEST"),
        ("short digest", whole(AttachmentHead { digest: vec![1; 31], ..good() }), "INVALID_REQUEST"),
        ("size 0", whole(AttachmentHead { size: 0, ..good() }), "INVALID_REQUEST"),
        ("other digest", whole(AttachmentHead { digest: vec![1; 32], ..good() }), "ATTACHMENT_MISMATCH"),
        ("too little", whole(AttachmentHead { size: 3_001, ..good() }), "ATTACHMENT_MISMATCH"),
        ("too much", whole(AttachmentHead { size: 2_999, ..good() }), "ATTACHMENT_MISMATCH"),
        (
            "no such type",
            whole(AttachmentHead { media_type: "text/html".into(), ..good() }),
            "ATTACHMENT_TYPE",
        ),
        (
            "not a PDF",
            whole(AttachmentHead { media_type: "application/pdf".into(), ..good() }),
            "ATTACHMENT_TYPE",
        ),
        ("too large", vec![first(head(&large))], "ATTACHMENT_TOO_LARGE"),
    ];
    for (name, messages, expect) in table {
        let status = send(&world, &maker, messages).await.unwrap_err();
        assert_eq!(
            (reason(&status).as_str(), status.code()),
            (expect, Code::InvalidArgument),
            "{name}: {status}"
        );
    }
    // More than fits, refused while the rest is still being sent.
    let endless = stream::iter(std::iter::once(first(good())).chain(std::iter::repeat_n(chunk(&full()), 40)));
    let status = world.attachments().upload_attachment(world.by(&maker, endless)).await.unwrap_err();
    assert_eq!(reason(&status), "ATTACHMENT_MISMATCH", "{status}");

    // "first" of the story waits too, and counts as 64 KiB.
    let [a, b, c] = ["a", "b", "c"].map(|mark| [mark.as_bytes(), &full()[1..]].concat());
    upload(&world, &maker, &a).await.unwrap();
    let quota = upload(&world, &maker, &b).await.unwrap_err();
    assert_eq!((quota.code(), reason(&quota).as_str()), (Code::FailedPrecondition, "ATTACHMENT_QUOTA"));
    upload(&world, &dealer, &b).await.unwrap();
    let taken = upload(&world, &dealer, &a).await.unwrap_err();
    assert_eq!(reason(&taken), "ATTACHMENTS_FULL", "no room even to compare");
    let full = upload(&world, &dealer, &c).await.unwrap_err();
    assert_eq!((full.code(), reason(&full).as_str()), (Code::ResourceExhausted, "ATTACHMENTS_FULL"));
    assert!(full.get_error_details().retry_info().unwrap().retry_delay.is_some());

    // One party, one upload at a time of four; the second waits for nobody.
    let (hold, held) = tokio::sync::mpsc::channel(2);
    hold.send(first(good())).await.unwrap();
    let mut client = world.attachments();
    let request = world.by(&maker, tokio_stream::wrappers::ReceiverStream::new(held));
    let running = tokio::spawn(async move { client.upload_attachment(request).await });
    let mut busy = None;
    for _ in 0..200 {
        tokio::time::sleep(Duration::from_millis(10)).await;
        busy = upload(&world, &maker, b"second").await.err();
        if busy.is_some() {
            break;
        }
    }
    let busy = busy.expect("the only place is taken");
    assert_eq!((busy.code(), reason(&busy).as_str()), (Code::ResourceExhausted, "TOO_MANY_TRANSFERS"));
    hold.send(chunk(&bytes)).await.unwrap();
    drop(hold);
    assert!(running.await.unwrap().is_ok());
    world.stop().await.unwrap();
}
