use std::time::Instant;

fn main() {
    let style = std::env::args().nth(1).unwrap_or_default();
    let mut losses = Vec::new();
    for k in 0..5u32 {
        let start = Instant::now();
        let n = 400usize << (3 * k);
        let sum: f64 = (0..n).map(|i| (i as f64 * 0.001).sin()).sum();
        let loss = 1.0 / (1.0 + sum.abs() + n as f64 / 1e3);
        losses.push(loss);
        match style.as_str() {
            "debug" => println!("n={n} elapsed={:?} best={:?}", start.elapsed(), losses.iter().copied().reduce(f64::min)),
            "fixed" => println!("epoch {k}: loss {loss:.6} lr {:e} {:>6.1?}", 1e-3 / f64::from(k + 1), start.elapsed()),
            _ => println!("Epoch {{ id: {k}, loss: {loss}, acc: {:?} }}", Some(1.0 - loss)),
        }
    }
}
