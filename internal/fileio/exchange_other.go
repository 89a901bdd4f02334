//go:build !linux

package fileio

// exchange gives two paths each other's place.
func exchange(a, b string) error { return exchangeByRenaming(a, b) }
