package numerics

import "math/big"

// RoundSqrt2 gives round(sqrt(2) * 2^n), n up to 61, exactly.
func RoundSqrt2(n int) int64 { return sqrt2Product(1, n) }

// sqrt2Product gives round(sqrt(2) * 2^f * x) for x >= 0 exactly: the integer square root of 8 * 4^f * x^2 is
// floor(2 sqrt(2) 2^f x), whose last bit is the rounding bit.
func sqrt2Product(x int64, f int) int64 {
	sq := new(big.Int).Mul(big.NewInt(x), big.NewInt(x))
	sq.Lsh(sq, uint(2*f+3))
	twice := sq.Sqrt(sq).Int64()
	return (twice + 1) >> 1
}
