use std::{sync::atomic::Ordering::Relaxed, time::Instant};

use super::fixture::*;

fn cpu_ns() -> u64 {
    std::fs::read_dir("/proc/self/task").unwrap().filter_map(|t| {
        std::fs::read_to_string(t.unwrap().path().join("schedstat")).ok()?.split(' ').next()?.parse::<u64>().ok()
    }).sum()
}
fn self_ns() -> u64 {
    std::fs::read_to_string("/proc/thread-self/schedstat").unwrap().split(' ').next().unwrap().parse().unwrap()
}

#[test]
#[ignore]
fn speed() {
    let (temp, mut trade) = create();
    let ledger = trade.open_with(temp.path(), crate::Config { store: store::Config::default(), ..crate::Config::default() }).unwrap();
    submit(&ledger, trade.setup());
    let n: u32 = std::env::var("N").map_or(200_000, |v| v.parse().unwrap());
    let t = Instant::now();
    for k in (0..n).step_by(1000) {
        trade.clock.advance(1000);
        assert!(submit(&ledger, vec![trade.commission(k..k + 1000)])[0].is_ok());
    }
    eprintln!("commissioned {n} in {:?}", t.elapsed());
    let per = |ns: u64| ns as f64 / 1e3 / f64::from(n);
    let (mut make, mut prep) = (0, 0);
    let c = ledger.counters();
    let (t, cpu, apply0) = (Instant::now(), cpu_ns(), c.apply_ns.load(Relaxed));
    let mut pending = std::collections::VecDeque::new();
    for k in (0..n).step_by(256) {
        trade.clock.advance(1000);
        let t0 = self_ns();
        let all: Vec<_> = (k..(k + 256).min(n)).map(|i| trade.ship(&[(i * 7919) % n])).collect();
        let t1 = self_ns();
        let all = prepare(&ledger, all);
        let t2 = self_ns();
        make += t1 - t0;
        prep += t2 - t1;
        pending.push_back(block_on(ledger.enqueue(all)));
        if pending.len() > 8 {
            assert!(block_on(pending.pop_front().unwrap()).iter().all(Result::is_ok));
        }
    }
    pending.into_iter().for_each(|p| drop(block_on(p)));
    let wall = t.elapsed();
    let total = cpu_ns() - cpu - make;
    eprintln!("{:.0}/s; cpu {:.1} us; prepare {:.1}; apply (wall) {:.1}; rest {:.1}; rows/st {:.1}; sync {:?} view {:?}", f64::from(n) / wall.as_secs_f64(), per(total), per(prep),
        per(c.apply_ns.load(Relaxed) - apply0), per(total - prep), c.rows.load(Relaxed) as f64 / f64::from(n), c.log_sync_us.sum(), c.view_write_us.sum());
    for task in std::fs::read_dir("/proc/self/task").unwrap() {
        let p = task.unwrap().path();
        eprintln!("{} {:.1}", std::fs::read_to_string(p.join("comm")).unwrap().trim(), per(std::fs::read_to_string(p.join("schedstat")).unwrap().split(' ').next().unwrap().parse().unwrap()));
    }
    let t = Instant::now();
    let image = crash_image(temp.path());
    eprintln!("copy {:?}", t.elapsed());
    let t = Instant::now();
    let again = trade.open(image.path()).unwrap();
    eprintln!("open after crash: {:?} {}", t.elapsed(), again.head() == ledger.head());
    let t = Instant::now();
    ledger.shutdown().unwrap();
    eprintln!("shutdown {:?}", t.elapsed());
}
