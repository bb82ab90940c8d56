pub fn f() -> i32 {
    missing
}
