pub fn total(prices: &[i32]) -> i32 {
    prices.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn adds_up() {
        assert_eq!(total(&[1, 2]), 4);
    }
    #[test]
    fn is_fine() {}
    #[test]
    #[ignore]
    fn not_today() {}
    #[test]
    fn flaky() {
        let p = "/tmp/flaked";
        let n: i32 = std::fs::read_to_string(p).ok().and_then(|s| s.parse().ok()).unwrap_or(0);
        std::fs::write(p, (n + 1).to_string()).unwrap();
        assert!(n % 2 == 1, "flaked");
    }
    #[test]
    fn slow() {
        std::thread::sleep(std::time::Duration::from_secs(5));
    }
    #[test]
    fn leaks() {
        std::process::Command::new("sleep").arg("3").spawn().unwrap();
    }
    #[test]
    fn aborts() {
        std::process::abort();
    }
    #[test]
    fn returns_error() -> Result<(), String> {
        Err("no stock".into())
    }
    #[test]
    fn prints() {
        println!("a line");
        eprintln!("another");
        let v: Vec<i32> = vec![];
        let _ = v[3];
    }
}
