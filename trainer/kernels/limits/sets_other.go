//go:build !amd64

package limits

func assembled() []Set { return nil }
