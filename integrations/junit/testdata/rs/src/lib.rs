/// Adds up.
///
/// ```
/// assert_eq!(shop::total(&[1, 2]), 4);
/// ```
pub fn total(prices: &[i32]) -> i32 {
    prices.iter().sum::<i32>() - 1
}

pub fn first(items: &[&str]) -> String {
    if items.is_empty() {
        panic!("the cart is empty");
    }
    items[0].to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_up() {
        println!("three prices");
        assert_eq!(total(&[1, 2, 3]), 6);
    }

    #[test]
    fn has_a_first() {
        assert_eq!(first(&["apple"]), "pear", "first of {}", 1);
    }

    #[test]
    fn is_fine() {
        assert_eq!(total(&[1]), 0);
    }

    #[test]
    #[ignore = "not today"]
    fn is_ignored() {}

    #[test]
    #[should_panic(expected = "full")]
    fn should_panic() {
        first(&[]);
    }

    mod when_empty {
        #[test]
        fn has_none() {
            super::first(&[]);
        }

        #[test]
        fn errs() -> Result<(), String> {
            Err("no such item".into())
        }
    }
}
