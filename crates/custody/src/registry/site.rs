//! Sites and their licences. A site is one party's at a time; what was stated of it while it was another's is closed,
//! not overwritten, and its licences do not pass on: they were given to who had it.

use proto::v1;
use statement::SubjectKind;

use super::{edit, edit_party, site, supersede};
use crate::{
    View, ViewError,
    draft::Draft,
    tables::{LicenceRow, PartyRow, SiteRow, TenureRow},
};

/// The registered sites of a party: its row lists those too that have become another's since, which is no statement
/// about it.
///
/// # Errors
/// The view cannot be read.
pub fn sites_of<V: View + ?Sized>(view: &V, row: &PartyRow) -> Result<Vec<String>, ViewError> {
    let mut sites = Vec::with_capacity(row.sites.len());
    for text in &row.sites {
        // What bears the party in its name stays its own.
        if text.contains('/')
            || site(view, text)?.and_then(|row| row.site).is_some_and(|s| s.party == row.party)
        {
            sites.push(text.clone());
        }
    }
    Ok(sites)
}

/// Facts of a site. Who may move it to another party, admission has checked.
pub(super) fn apply<V: View + ?Sized>(
    draft: &mut Draft<'_, V>,
    b: &v1::Site,
    at: i64,
    index: u64,
) -> Result<(), ViewError> {
    let known = site(draft, &b.site)?;
    let is_newest = known.as_ref().is_none_or(|row| row.site_at <= at);
    let owner = known.and_then(|row| row.site).map(|s| s.party).filter(|owner| *owner != b.party);
    edit_party(draft, &b.party, index, |row| {
        let is_its = owner.is_none() || is_newest;
        if is_its && !row.sites.contains(&b.site) {
            row.sites.push(b.site.clone());
        }
    })?;
    edit(draft, SubjectKind::Site, &b.site, |row: &mut SiteRow| {
        if is_newest {
            if owner.is_some() {
                let (site, licences) = (row.site.take(), std::mem::take(&mut row.licences));
                row.before.push(TenureRow { site, licences, until: at, index });
            }
            row.site = Some(b.clone());
            row.site_at = at;
        }
        row.last_index = index;
    })
}

/// The licences of whose site it was at a time, µs.
pub(crate) fn licences_at(row: &mut SiteRow, at: i64) -> &mut Vec<LicenceRow> {
    let then = row.before.iter_mut().find(|tenure| at < tenure.until);
    then.map_or(&mut row.licences, |tenure| &mut tenure.licences)
}

/// A licence on a site: of whose that was when the licence was stated to hold.
pub(super) fn apply_licence<V: View + ?Sized>(
    draft: &mut Draft<'_, V>,
    new: LicenceRow,
) -> Result<(), ViewError> {
    let site = new.licence.site.clone();
    edit(draft, SubjectKind::Site, &site, |row: &mut SiteRow| {
        row.last_index = new.index;
        let (kind, number) = (new.licence.kind.clone(), new.licence.number.clone());
        let same = |l: &LicenceRow| (&l.licence.kind, &l.licence.number) == (&kind, &number);
        supersede(licences_at(row, new.occurred_at), new, same, |l| l.occurred_at);
    })
}
