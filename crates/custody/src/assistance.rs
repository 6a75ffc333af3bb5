//! Requests for assistance by whom they ask, and the answers to each: the contents that count now are for the
//! reader to look up. Confidential ones are found in no other way.

use proto::v1::{StatementRef, statement::Body};
use statement::{GoodsAct, Statement};

use crate::{
    Table, View, ViewError,
    control::{find, root_of, target_of},
    draft::Draft,
    tables::{decode_u64, short_hash},
};

const ASKED: u8 = 4;
const ANSWERED: u8 = 5;

/// What a statement says about goods, or puts in place of what was said.
pub(crate) fn act_of(body: &Body) -> Option<GoodsAct<'_>> {
    match body {
        Body::Correct(b) => b.replacement.as_ref().and_then(|r| r.body.as_ref()).map(GoodsAct::replacing),
        body => GoodsAct::of(body),
    }
}

/// The request that an answer or opinion names.
pub(crate) fn request_of(act: GoodsAct<'_>) -> Option<&StatementRef> {
    match act {
        GoodsAct::AssistReply(b) => b.request.as_ref(),
        GoodsAct::AuthenticityReply(b) => b.request.as_ref(),
        GoodsAct::Opinion(b) => b.request.as_ref(),
        _ => None,
    }
}

fn asked_prefix(addressee: &str) -> Vec<u8> {
    [&[ASKED][..], &short_hash(&[addressee.as_bytes()])].concat()
}

fn answered_prefix(request: u64) -> Vec<u8> {
    [&[ANSWERED][..], &request.to_be_bytes()].concat()
}

/// Keeps whom a statement asks, or what it answers, for the original that it is or corrects.
pub(crate) fn record<V: View + ?Sized>(
    draft: &mut Draft<'_, V>,
    statement: &Statement,
    index: u64,
) -> Result<(), ViewError> {
    let Some(act) = act_of(statement.body()) else { return Ok(()) };
    let prefix = match (act, request_of(act)) {
        (GoodsAct::AssistRequest(b), _) if !b.addressee.is_empty() => asked_prefix(&b.addressee),
        (_, Some(request)) => match find(draft, request)? {
            Some(request) => answered_prefix(request),
            None => return Ok(()),
        },
        _ => return Ok(()),
    };
    let target = target_of(statement).map_or(Ok(None), |named| find(draft, named))?;
    let root = target.map_or(Ok(index), |target| root_of(draft, target))?;
    draft.put(Table::Response, [&prefix[..], &root.to_be_bytes()].concat(), vec![1]);
    Ok(())
}

/// Visits the requests that were ever addressed to a party (entries of the originals) from entry `from` on,
/// ascending; `visit` returns false to stop.
///
/// # Errors
/// The view cannot be read, or `visit` failed.
pub fn requests_to<V: View + ?Sized>(
    view: &V,
    party: &str,
    from: u64,
    visit: &mut dyn FnMut(u64) -> Result<bool, ViewError>,
) -> Result<(), ViewError> {
    seconds(view, &asked_prefix(party), from, visit)
}

/// Visits the answers to a request (entries of the originals) likewise.
///
/// # Errors
/// The view cannot be read, or `visit` failed.
pub fn answers_to<V: View + ?Sized>(
    view: &V,
    request: u64,
    visit: &mut dyn FnMut(u64) -> Result<bool, ViewError>,
) -> Result<(), ViewError> {
    seconds(view, &answered_prefix(request), 0, visit)
}

fn seconds<V: View + ?Sized>(
    view: &V,
    prefix: &[u8],
    from: u64,
    visit: &mut dyn FnMut(u64) -> Result<bool, ViewError>,
) -> Result<(), ViewError> {
    let start = [prefix, &from.to_be_bytes()].concat();
    view.scan(Table::Response, prefix, &start, &mut |key, _| {
        visit(decode_u64(key.get(prefix.len()..).unwrap_or_default())?)
    })
}
