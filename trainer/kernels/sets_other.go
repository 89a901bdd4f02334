//go:build !amd64

package kernels

func assembled() []set { return nil }
