package fetch

import (
	"context"
	"errors"
)

// Bytes brings nothing in a browser: what is there stays there, and servers seldom answer pages of others.
func Bytes(context.Context, string, int, func(done, total int)) ([]byte, error) {
	return nil, errors.New("a page in a browser downloads no data")
}
