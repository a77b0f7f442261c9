//! Table lookup and polynomial products: what is not arithmetic on numbers.

/// Bytes of `table` (two `u64` a vector of 16 bytes, or one for 8) chosen by the bytes of `indices`; where an index is
/// beyond the table, the byte of `otherwise`.
#[must_use]
pub fn table_lookup(table: &[u64], indices: u128, otherwise: u128) -> u128 {
    let mut result = otherwise.to_le_bytes();
    for (to, index) in result.iter_mut().zip(indices.to_le_bytes()) {
        if let Some(eight) = table.get(usize::from(index) / 8) {
            *to = (eight >> (8 * (index & 7))) as u8;
        }
    }
    u128::from_le_bytes(result)
}

/// The product of two polynomials over {0, 1}, of at most 64 terms each.
#[must_use]
pub fn polynomial_multiply(a: u64, b: u64) -> u128 {
    let mut product = 0;
    let mut rest = b;
    while rest != 0 {
        product ^= u128::from(a) << rest.trailing_zeros();
        rest &= rest - 1;
    }
    product
}
